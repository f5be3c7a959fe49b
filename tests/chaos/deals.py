"""The trial of deals: a process that serves them is killed in the middle of each step, and before it could say so.

    python -m tests.chaos.deals [--rounds 1] [--database postgresql://…]          part of `make chaos`

At every step from the proposal to the shared money (`tests/marketplace/deals/steps.py`) one process presses and is
killed by SIGKILL at a statement drawn by lot, another one when it is about to commit, a third one when the commit has
returned and nobody knows yet; the next one finds what they left. Ends with 1 where an acknowledged step is lost, a step
is half done, or state, History, releases, ledger and audit disagree. Without a database it is an SQLite file of its
own; with one, that database must be empty.
"""

from __future__ import annotations

import argparse
import os
import pickle
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Engine, event

from config import Config
from marketplace import create_app, persistence
from marketplace.audit import publishing
from marketplace.extensions import db
from marketplace.setup import preparing
from tests.factories import Factory
from tests.forked import start_child, wait_for
from tests.marketplace.deals.steps import (
    STEPS,
    At,
    Sight,
    Step,
    let_days_pass,
    look,
    models_of,
    people_of,
    shape_of,
)
from tests.marketplace.deals.world import World

ACKNOWLEDGED = b"done"
HANGING = 120  # seconds after which a step that hangs is ended
# Where a process is killed: within the step, before its commit, or after it.
PLACES = ("within", "before the commit", "after the commit")


@dataclass
class Outcome:
    """What the trial came to.

    Attributes:
        kills: processes that were killed, by place.
        survived: steps that a killed process had done all the same.
        acknowledged: steps that a process said it had done.
        problems: what is wrong; empty where nothing is.
    """

    kills: dict[str, int] = field(default_factory=dict)
    survived: int = 0
    acknowledged: int = 0
    problems: list[str] = field(default_factory=list)


class Killer:
    """Kills its own process by SIGKILL when it has come to a place.

    Args:
        engine: whose statements are counted.
        place: one of `PLACES`.
        statement: of `within`: at which one.
    """

    def __init__(self, engine: Engine, place: str, statement: int) -> None:
        self.statements = 0
        self.last = statement
        if place == "within":
            event.listen(engine, "before_cursor_execute", self._count)
        elif place == "before the commit":
            event.listen(engine, "commit", _end)

    def _count(self, *_: object) -> None:
        self.statements += 1
        if self.statements == self.last:
            _end()


def _end(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def press_in_child(
    app: Flask, step: Step, sight: Sight, place: str = "", statement: int = 0
) -> tuple[int, bool]:
    """Let a process of its own do a step.

    Args:
        app: the site.
        step, sight: what is pressed, and on which page.
        place: where it is killed; empty: nowhere.
        statement: see `Killer`.

    Returns:
        the status it ended with, and whether it said that the step was done.
    """
    reading, writing = os.pipe()

    def work() -> None:
        signal.alarm(HANGING)
        with app.app_context():
            # A connection that was open before the fork belongs to the parent.
            db.engine.dispose(close=False)
            db.session.remove()
            if place:
                Killer(db.engine, place, statement)
            if db.engine.dialect.name == "sqlite":
                persistence.begin_write()  # as a request that writes does
            step.press(At(sight))
            if place == "after the commit":
                _end()
            os.write(writing, ACKNOWLEDGED)

    child = start_child(work)
    os.close(writing)
    status = wait_for(child)
    said = os.read(reading, len(ACKNOWLEDGED))
    os.close(reading)
    return status, said == ACKNOWLEDGED


def answer_of(app: Flask, work: Callable[[], object]) -> Any:
    """What a function returns in a process of its own: no later copy of this one has the threads of the printer."""
    reading, writing = os.pipe()

    def send() -> None:
        with app.app_context():
            db.engine.dispose(close=False)
            db.session.remove()
            with os.fdopen(writing, "wb") as out:
                pickle.dump(work(), out)

    child = start_child(send)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        found = pickle.load(answer)  # noqa: S301  from our own process
    wait_for(child)
    return found


def statements_of(step: Step, case_id: int, people: dict[str, int]) -> int:
    """How many statements a step takes, as it is done once here."""
    count = 0

    def one_more(*_: object) -> None:
        nonlocal count
        count += 1

    event.listen(db.engine, "before_cursor_execute", one_more)
    try:
        step.press(At(look(case_id, people)))
    finally:
        event.remove(db.engine, "before_cursor_execute", one_more)
    return count


class Trial:
    """One deal after the other, each step of which several processes try and are killed at.

    Args:
        app: a site on a migrated, empty database, within its context.
        rounds: how many deals there are to be.
        dice: where a process is killed within a step.
    """

    def __init__(self, app: Flask, rounds: int, dice: random.Random) -> None:
        self.app, self.dice = app, dice
        self.outcome = Outcome(dict.fromkeys(PLACES, 0))
        world = World(Factory(db.session))
        self.people = people_of(world)
        case_id, other_id, *self.case_ids = [
            world.introduced().id for _ in range(rounds + 2)
        ]
        end_transaction()
        self.shapes = answer_of(app, lambda: models_of(case_id, self.people))
        self.lengths = answer_of(app, lambda: self._measure(other_id))

    def _measure(self, case_id: int) -> list[int]:
        """How many statements each step takes."""
        lengths = []
        for step in STEPS:
            let_days_pass(step, look(case_id, self.people))
            lengths.append(statements_of(step, case_id, self.people))
            db.session.expire_all()
        return lengths

    def walk(self, case_id: int) -> None:
        """Carry the deal of an introduction through every step, against all kills."""
        for number, step in enumerate(STEPS):
            let_days_pass(step, look(case_id, self.people))
            before = self._shape(case_id)
            tries = iter([*PLACES, ""])
            while self._shape(case_id) != self.shapes[number + 1]:
                if not self._try(number, case_id, before, next(tries)):
                    return

    def _try(
        self, number: int, case_id: int, before: dict[str, object], place: str
    ) -> bool:
        """Let one process try a step; whether the trial can go on."""
        step = STEPS[number]
        sight = look(case_id, self.people)
        end_transaction()
        statement = self.dice.randint(1, max(1, self.lengths[number]))
        status, said = press_in_child(self.app, step, sight, place, statement)
        killed = status == -signal.SIGKILL
        shape = self._shape(case_id)
        is_done = shape == self.shapes[number + 1]
        where = f"{step.name}, killed {place}" if killed else step.name
        if killed:
            self.outcome.kills[place] += 1
            self.outcome.survived += is_done
            if place == PLACES[-1] and not is_done:
                self._report(
                    f"{where}: its commit had returned, and it is lost: {shape}"
                )
                return False
        elif place and not said:
            self._report(f"{where}: ended with {status} and was not killed")
        if said:
            self.outcome.acknowledged += 1
            if not is_done:
                self._report(f"{where}: acknowledged and lost: {shape}")
                return False
        if not is_done and shape != before:
            self._report(f"{where}: half done: {shape}")
            return False
        if not place and not is_done:
            self._report(f"{where}: nobody can do it, status {status}")
            return False
        return True

    def _shape(self, case_id: int) -> dict[str, object]:
        db.session.expire_all()
        try:
            return shape_of(case_id)
        except AssertionError as error:
            return {"does not hold": repr(error)}

    def _report(self, problem: str) -> None:
        self.outcome.problems.append(problem)


def end_transaction() -> None:
    """Hold no transaction and no lock while another process works."""
    db.session.commit()
    db.session.remove()


def run_trial(address: str, folder: Path, rounds: int, seed: int) -> Outcome:
    """Carry deals through all kills, then verify the audit.

    Args:
        address: of an empty database.
        folder: where the site of the trial may write.
        rounds: how many deals.
        seed: the same seed kills at the same statements.
    """
    environ = {"MARKET_ENV": "test", "DATA_DIR": str(folder), "DATABASE_URL": address}
    app = create_app(Config.from_env(environ))
    with app.app_context():
        upgrade()
        preparing.add_first_rows()
        trial = Trial(app, rounds, random.Random(seed))  # noqa: S311
        for case_id in trial.case_ids:
            trial.walk(case_id)
            if trial.outcome.problems:
                break
        trial.outcome.problems += publishing.verify().problems
        db.session.remove()
        db.engine.dispose()
    return trial.outcome


def main() -> int:
    """Run it, and say what it came to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311
    parser.add_argument("--database", default="")
    given = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="market-deals-") as name:
        folder = Path(name)
        address = given.database or f"sqlite:///{folder / 'market.db'}"
        outcome = run_trial(address, folder, given.rounds, given.seed)
    kills = sum(outcome.kills.values())
    print(
        f"{given.rounds} deals of {len(STEPS)} steps, {kills} kills ({outcome.survived} of them left their step done),"
        f" {outcome.acknowledged} acknowledged steps, {len(outcome.problems)} problems, seed {given.seed},"
        f" {time.monotonic() - began:.0f} s"
    )
    for problem in outcome.problems:
        print(f"  {problem}")
    return int(bool(outcome.problems) or not kills)


if __name__ == "__main__":
    sys.exit(main())
