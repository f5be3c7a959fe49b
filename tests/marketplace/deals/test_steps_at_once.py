"""At every step of a deal, its contract and its money two press at once: one wins, the other is told, nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from marketplace import persistence
from marketplace.contracts import deeds as contract_deeds
from marketplace.contracts import filing_deeds
from marketplace.deals import deeds, pricing_deeds
from marketplace.errors import MarketError
from marketplace.extensions import db
from marketplace.proceeds import deeds as proceeds_deeds
from tests.factories import Factory
from tests.marketplace.deals.steps import (
    PRICE,
    STEPS,
    TECH,
    At,
    Sight,
    in_place_of,
    let_days_pass,
    look,
    models_of,
    people_of,
    shape_of,
)
from tests.marketplace.deals.world import NOTE, World
from tests.racing import at_once, committing_site

pytestmark = pytest.mark.long

Press = Callable[[At], object]


@pytest.fixture
def site(tmp_path: Path, migrated: str) -> Iterator[Flask]:
    """A site whose commits are real."""
    with committing_site(tmp_path, migrated) as app:
        yield app


def outcomes_of(site: Flask, *presses: tuple[Press, Sight]) -> list[str]:
    """Let each press; `done`, `refused`, or what else came of it, sorted."""

    def racer(press: Press, sight: Sight) -> Callable[[], Callable[[], object]]:
        def pressed() -> None:
            if db.engine.dialect.name == "sqlite":
                persistence.begin_write()  # as a request that writes does
            press(At(sight))

        return lambda: pressed

    names = []
    for outcome in at_once(site, *(racer(*one) for one in presses)):
        names.append("refused" if isinstance(outcome, MarketError) else str(outcome))
    return sorted(names)


def test_one_of_two_wins_at_every_step(site: Flask, subtests: pytest.Subtests) -> None:
    world = World(Factory(db.session))
    shapes = models_of(world.introduced().id, people_of(world))
    case_id, people = world.introduced().id, people_of(world)
    for number, step in enumerate(STEPS):
        with subtests.test(step.name):
            let_days_pass(step, look(case_id, people))
            first = look(case_id, people)
            second = look(case_id, in_place_of(step, people))
            db.session.commit()

            outcomes = outcomes_of(site, (step.press, first), (step.press, second))

            assert outcomes == ["done", "done" if step.both else "refused"]
            db.session.expire_all()
            assert shape_of(case_id) == shapes[number + 1]
            db.session.commit()


def save(at: At) -> None:
    contract_deeds.save_contract(
        at.contract, {"breach": "另一种写法。"}, by=at.chief, seen=at.seen("contract")
    )


def correct(at: At) -> None:
    contract_deeds.correct_contract(
        at.contract,
        {"breach": "运营方的写法。"},
        why=NOTE,
        by=at.operator,
        seen=at.seen("contract"),
    )


def refuse(at: At) -> None:
    filing_deeds.refuse_registration(
        at.contract, "材料不全", by=at.operator, seen=at.seen("contract")
    )


def cancel(at: At) -> None:
    filing_deeds.cancel_registration(
        at.contract, "当事人申请", by=at.operator, seen=at.seen("contract")
    )


def terminate(at: At) -> None:
    deeds.terminate_deal(
        at.deal, reason="budget", note=NOTE, by=at.chief, seen=at.seen("deal")
    )


def revise(at: At) -> None:
    deal = at.deal
    pricing_deeds.revise_deal(
        deal,
        title=deal.title,
        owner_type=deal.owner_type,
        contract_type=deal.contract_type,
        contract_subtype=deal.contract_subtype,
        conversion_mode=deal.conversion_mode,
        note=NOTE,
        by=at.desk,
        seen=at.seen("deal"),
    )


def take_back(at: At) -> None:
    proceeds_deeds.reverse_receipt(at.receipt, "记错合同", by=at.dean)


def press_of(name: str) -> Press:
    """What is pressed at a step."""
    (step,) = [one for one in STEPS if one.name == name]
    return step.press


# (the step that has not been done yet, what one presses, what the other presses in its place)
DIFFERENT: list[tuple[str, Press, Press]] = [
    ("issue paper", press_of("issue paper"), save),
    ("confirm by seller", press_of("confirm by seller"), save),
    ("confirm by buyer", press_of("confirm by buyer"), save),
    ("confirm by buyer", press_of("confirm by buyer"), correct),
    ("confirm by buyer", press_of("confirm by buyer"), terminate),
    ("confirm by buyer", press_of("confirm by buyer"), revise),
    ("file contract", press_of("file contract"), save),
    ("accept filing", press_of("accept filing"), refuse),
    ("register contract", press_of("register contract"), refuse),
    ("register contract", press_of("register contract"), correct),
    ("amend registration", press_of("amend registration"), cancel),
    ("amend registration", cancel, cancel),
    ("receive the first", press_of("receive the first"), cancel),
    ("receive another", press_of("receive another"), press_of("plan milestone")),
    ("publicise distribution", press_of("publicise distribution"), press_of("drop distribution")),
    ("settle distribution", press_of("settle distribution"), take_back),
    ("settle distribution", press_of("settle distribution"), press_of("drop distribution")),
    ("finish conversion", press_of("finish conversion"), terminate),
]  # fmt: skip


def test_two_different_presses_leave_one_story(
    site: Flask, subtests: pytest.Subtests
) -> None:
    world = World(Factory(db.session))
    people = people_of(world)
    for name, first, second in DIFFERENT:
        with subtests.test(f"{name}: {first.__name__}, {second.__name__}"):
            case_id = world.introduced().id
            for step in STEPS:
                let_days_pass(step, look(case_id, people))
                if step.name == name:
                    break
                step.press(At(look(case_id, people)))
                db.session.expire_all()
            before = shape_of(case_id)
            sight = look(case_id, people)
            db.session.commit()

            assert outcomes_of(site, (first, sight), (second, sight)) == [
                "done",
                "refused",
            ]
            db.session.expire_all()
            # It holds by itself, whichever of the two it was.
            after = shape_of(case_id)
            assert after != before
            db.session.commit()


def test_the_table_leads_to_the_end(site: Flask) -> None:
    world = World(Factory(db.session))
    shapes = models_of(world.introduced().id, people_of(world))
    assert len({step.name for step in STEPS}) == len(STEPS)
    last = shapes[-1]
    assert (last["deal"], last["contract"]) == ("converted", "registered")
    assert last["receipts"] == [PRICE, 7, -7]
    assert last["ledger"] == [
        ("registered", PRICE, TECH),
        ("amended", 0, -100),
    ]
    # Each step leaves something.
    for before, after in zip(shapes, shapes[1:], strict=False):
        assert before != after
