"""Two people at one listing at the same moment, each with a session of his own: one wins, the other looks again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from marketplace.errors import Stale
from marketplace.extensions import db
from marketplace.lifecycle import history_of
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import LISTINGS
from tests.factories import Factory

Deed = Callable[[Any, int], object]

DEEDS: dict[str, Deed] = {
    "edit": lambda row, seen: listing_deeds.save(
        row, {"keywords": ["第一"]}, by=None, seen=seen
    ),
    "edit otherwise": lambda row, seen: listing_deeds.save(
        row, {"metrics": []}, by=None, seen=seen
    ),
    "withdraw": lambda row, seen: listing_deeds.withdraw(row, by=None, seen=seen),
    "close": lambda row, seen: listing_deeds.close(row, by=None, seen=seen),
    "suspend": lambda row, seen: listing_deeds.suspend(
        row, by=None, seen=seen, note="权属有争议"
    ),
    "approve": lambda row, seen: listing_deeds.approve(row, by=None, seen=seen),
    "send back": lambda row, seen: listing_deeds.send_back(
        row, by=None, seen=seen, note="请补充指标"
    ),
    "reject": lambda row, seen: listing_deeds.reject(
        row, by=None, seen=seen, note="不属于成果"
    ),
    "recall": lambda row, seen: listing_deeds.recall(row, by=None, seen=seen),
    "submit": lambda row, seen: listing_deeds.submit(row, by=None, seen=seen),
}
RACES = [
    ("achievement", "published", "edit", "edit otherwise"),
    ("achievement", "published", "edit", "withdraw"),
    ("demand", "published", "withdraw", "withdraw"),
    ("demand", "published", "suspend", "edit"),
    ("demand", "published", "close", "edit"),
    ("achievement", "submitted", "approve", "approve"),
    ("achievement", "submitted", "approve", "recall"),
    ("demand", "submitted", "approve", "send back"),
    ("demand", "submitted", "reject", "recall"),
    ("demand", "draft", "submit", "edit"),
]


def at_once(site: Flask, kind: str, listing_id: int, deeds: list[Deed]) -> list[object]:
    """Do every deed in a thread with its own session, after all of them have read the row; what each came to."""
    everybody_has_read = threading.Barrier(len(deeds))
    outcomes: list[object] = [None] * len(deeds)

    def one(place: int, deed: Deed) -> None:
        with site.app_context():
            row = db.session.get(LISTINGS[kind], listing_id)
            seen = row.revision
            everybody_has_read.wait(30)
            try:
                deed(row, seen)
                outcomes[place] = "done"
            except Exception as error:  # a thread has nobody else to tell
                db.session.rollback()
                outcomes[place] = error

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


@pytest.mark.parametrize(("kind", "state", "first", "second"), RACES)
def test_one_wins_and_the_other_is_stale(
    site: Flask, stock: Factory, kind: str, state: str, first: str, second: str
) -> None:
    row = getattr(stock, kind)(
        state=state, keywords=["轴承"], metrics=[{"name": "振动值", "value": 36}]
    )
    seen, told, listing_id = row.revision, len(history_of(row)), row.id
    db.session.remove()

    outcomes = at_once(site, kind, listing_id, [DEEDS[first], DEEDS[second]])

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Stale", "str"], (
        outcomes
    )
    loser = next(outcome for outcome in outcomes if isinstance(outcome, Stale))
    assert loser.advice
    row = db.session.get(LISTINGS[kind], listing_id)
    assert row.revision == seen + 1
    deeds_told = (
        {"take", "approve"}
        if "approve" in (history_of(row)[-1].deed,)
        else {history_of(row)[-1].deed}
    )
    assert {entry.deed for entry in history_of(row)[told:]} - {"take"} == deeds_told - {
        "take"
    }


def test_many_editors_lose_no_edit_that_was_acknowledged(
    site: Flask, stock: Factory
) -> None:
    row = stock.demand(keywords=["零"])
    listing_id, start = row.id, row.revision
    db.session.remove()
    acknowledged: list[str] = []

    def persistent(name: str) -> None:
        with site.app_context():
            for number in range(5):
                while True:
                    db.session.remove()
                    row = db.session.get(LISTINGS["demand"], listing_id)
                    word = f"{name}{number}"
                    try:
                        listing_deeds.save(
                            row,
                            {"note": row.note + f" {word}"},
                            by=None,
                            seen=row.revision,
                        )
                    except Stale:
                        continue
                    acknowledged.append(word)
                    break
            db.session.remove()

    with ThreadPoolExecutor() as people:
        list(people.map(persistent, "甲乙丙"))  # raises what one of them met

    row = db.session.get(LISTINGS["demand"], listing_id)
    assert sorted(row.note.split()) == sorted(acknowledged)
    assert len(acknowledged) == 15
    assert row.revision == start + 15
