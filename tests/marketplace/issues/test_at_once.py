"""Two people who publish at the same moment, and a process that is killed: no number twice, none left out, no half."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.errors import MarketError
from marketplace.extensions import db
from marketplace.issues import deeds, upkeep
from marketplace.issues.choosing import choose_lines
from marketplace.issues.models import Issue, IssueFile, IssueProof, IssueRow
from tests.factories import Factory
from tests.racing import at_once, committing_site


@pytest.fixture
def site(tmp_path: Any, migrated: str) -> Iterator[Flask]:
    """A site whose commits are real."""
    with committing_site(tmp_path, migrated) as app:
        yield app


@pytest.fixture
def world(site: Flask) -> SimpleNamespace:
    """Ids of two operators and four proofs: three of demands, one of achievements."""
    make = Factory(db.session)
    firm = make.organisation()
    make.demand("轴承异音难题", owner=firm)
    make.achievement("降噪磨削工艺", owner=firm)
    people = [make.person("operator") for _ in range(2)]
    proofs = []
    # Different days: a proof that one person begins twice is one.
    kinds = ("demand", "demand", "demand", "achievement")
    for more, kind in enumerate(kinds):
        days = {"since": today() - timedelta(days=300 + more), "until": today()}
        proofs.append(deeds.begin_proof(kind, None, days, by=people[0]).id)
    found = SimpleNamespace(people=[one.id for one in people], proofs=proofs)
    db.session.remove()
    return found


def publish(world: SimpleNamespace, proof: int, person: int = 0) -> None:
    """Look at a proof and publish it, as a request does."""
    row = db.session.get(IssueProof, world.proofs[proof])
    seen, lines = row.revision, choose_lines(row).fingerprint
    if db.engine.dialect.name == "sqlite":
        persistence.begin_write()
    by = db.session.get(Person, world.people[person])
    deeds.publish_proof(row, seen=seen, fingerprint=lines, by=by)


def test_a_proof_begun_by_a_double_press_is_one(
    site: Flask, world: SimpleNamespace
) -> None:
    days = {"since": today() - timedelta(days=10), "until": today()}

    def begin(person: int = 0, **values: object) -> None:
        if db.engine.dialect.name == "sqlite":
            persistence.begin_write()
        by = db.session.get(Person, world.people[person])
        deeds.begin_proof("demand", None, days | values, by=by)

    before = db.session.scalar(sa.select(sa.func.count(IssueProof.id)))
    db.session.remove()
    assert come_to(site, begin, begin) == ["done", "done"]
    assert proofs_since(before) == 1

    # Other values, somebody else, and one that was worked on, are proofs of their own.
    begin(since=today() - timedelta(days=9))
    begin(person=1)
    mine = sa.select(IssueProof).order_by(IssueProof.id).offset(before)
    db.session.scalars(mine).first().left_out = [1]
    db.session.commit()
    begin()
    assert proofs_since(before) == 4


def proofs_since(before: int) -> int:
    count = db.session.scalar(sa.select(sa.func.count(IssueProof.id)))
    db.session.remove()
    return count - before


def come_to(site: Flask, *tried: Callable[[], object]) -> list[str]:
    """Do each at once; `done` or the name of what it raised, sorted."""
    outcomes = at_once(site, *(lambda deed=deed: deed for deed in tried))
    return sorted(_named(outcome) for outcome in outcomes)


def _named(outcome: object) -> str:
    if isinstance(outcome, MarketError):
        return type(outcome).__name__
    return str(outcome)


def numbers_of(kind: str) -> list[int]:
    query = sa.select(Issue.number).where(Issue.kind == kind).order_by(Issue.number)
    return list(db.session.scalars(query))


def test_one_proof_that_two_publish_is_one_issue(
    site: Flask, world: SimpleNamespace
) -> None:
    outcomes = come_to(site, lambda: publish(world, 0), lambda: publish(world, 0, 1))

    assert outcomes == ["NotNow", "done"]
    assert numbers_of("demand") == [1]


def test_different_proofs_get_numbers_that_follow(
    site: Flask, world: SimpleNamespace
) -> None:
    """The very first ones, so that the series itself is made by several at once."""
    outcomes = come_to(
        site,
        lambda: publish(world, 0),
        lambda: publish(world, 1, 1),
        lambda: publish(world, 2),
        lambda: publish(world, 3, 1),
    )

    assert outcomes == ["done"] * 4
    assert numbers_of("demand") == [1, 2, 3]
    assert numbers_of("achievement") == [1]


def test_two_who_render_store_one_file_each(
    site: Flask, world: SimpleNamespace
) -> None:
    publish(world, 0)
    db.session.remove()
    outcomes = come_to(site, upkeep.render_missing, upkeep.render_missing)

    assert outcomes == ["done", "done"]
    assert upkeep._put_off == {}
    assert db.session.scalar(sa.select(sa.func.count(IssueFile.format))) == 2


KILLED = """
import os, signal, sys
import sqlalchemy as sa
from sqlalchemy.orm import Session
from config import Config
from marketplace import create_app
from tests.marketplace.issues import test_at_once
app = create_app(Config.from_env(os.environ))
event, work, world = sys.argv[1:]
with app.app_context():
    sa.event.listen(Session, event, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    getattr(test_at_once, work)(world)
"""


def publish_first(world: str) -> None:
    publish(SimpleNamespace(**json.loads(world)), 0)


def render_files(_world: str) -> None:
    upkeep.render_missing()


def _killed(
    site: Flask, event: str, work: Callable[[str], None], world: SimpleNamespace
) -> int:
    """Do something in a process that is killed at an event of its session; how it ended.

    A process of its own and no copy of this one: the printer has threads, which a copy has not.
    """
    db.session.remove()
    address = db.engine.url.render_as_string(hide_password=False)
    environ = {"MARKET_ENV": "test", "DATABASE_URL": address}
    return subprocess.run(
        [sys.executable, "-c", KILLED, event, work.__name__, json.dumps(vars(world))],
        env=os.environ | environ | {"DATA_DIR": str(site.config["DATA_DIR"])},
        timeout=120,
        check=False,
    ).returncode


@pytest.mark.long
def test_a_process_killed_before_it_commits_takes_no_number(
    site: Flask, world: SimpleNamespace
) -> None:
    ended = _killed(site, "after_flush", publish_first, world)
    assert ended == -signal.SIGKILL
    assert numbers_of("demand") == []
    assert db.session.scalar(sa.select(sa.func.count(IssueRow.position))) == 0
    db.session.rollback()

    publish(world, 1)
    assert numbers_of("demand") == [1]


@pytest.mark.long
def test_a_process_killed_while_it_renders_is_gone_on_with(
    site: Flask, world: SimpleNamespace
) -> None:
    publish(world, 0)
    ended = _killed(site, "before_commit", render_files, world)
    assert ended == -signal.SIGKILL
    assert db.session.scalar(sa.select(sa.func.count(IssueFile.format))) == 0
    db.session.rollback()

    assert upkeep.render_missing() == 2
    assert upkeep.render_missing() == 0
