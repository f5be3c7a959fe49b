"""Two who decide about one introduction at the same moment: one wins, the other is refused, nothing is half done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.errors import MarketError
from marketplace.extensions import db
from marketplace.introductions import deeds, queries
from marketplace.introductions.models import Introduction
from marketplace.lifecycle import history_of
from tests.factories import Factory
from tests.racing import at_once, committing_site


@pytest.fixture
def site(tmp_path: Any, migrated: str) -> Iterator[Flask]:
    """A site whose commits are real."""
    with committing_site(tmp_path, migrated) as app:
        yield app


def outcomes_of(site: Flask, *tried: Callable[[], object]) -> list[str]:
    """Do each at once; `done` or the name of what it raised, sorted."""
    names = []
    for outcome in at_once(site, *(lambda deed=deed: deed for deed in tried)):
        refused = isinstance(outcome, MarketError)
        names.append("refused" if refused else str(outcome))
    return sorted(names)


def begin_turn() -> None:
    if db.engine.dialect.name == "sqlite":
        persistence.begin_write()  # as a request that writes does


def test_one_answer_of_two(site: Flask) -> None:
    make = Factory(db.session)
    firm, lab = make.organisation(), make.organisation(kind="institute")
    chief = make.person("firm", firm, administers=True)
    desk = make.person("desk", lab)
    wanted = make.achievement(owner=lab)
    numbers = {"wanted": wanted.id, "chief": chief.id, "desk": desk.id, "firm": firm.id}
    db.session.remove()

    def ask() -> None:
        begin_turn()
        by = db.session.get_one(Person, numbers["chief"])
        row = queries.get_wanted("achievement", numbers["wanted"], by=by)
        (name,) = queries.names_for(row, by)
        deeds.request_introduction(
            row, name, message="", agrees=True, opens_firm=True, by=by
        )

    assert outcomes_of(site, ask, ask, ask) == ["done", "refused", "refused"]
    case = db.session.scalars(sa.select(Introduction)).one()
    number, seen = case.id, case.revision
    db.session.remove()

    def accept() -> None:
        begin_turn()
        row = db.session.get_one(Introduction, number)
        by = db.session.get_one(Person, numbers["desk"])
        deeds.accept_introduction(row, agrees=True, opens_firm=True, by=by, seen=seen)

    def withdraw() -> None:
        begin_turn()
        row = db.session.get_one(Introduction, number)
        by = db.session.get_one(Person, numbers["chief"])
        deeds.withdraw_introduction(row, note="另有安排", by=by, seen=seen)

    assert outcomes_of(site, accept, withdraw) == ["done", "refused"]
    if db.session.get_one(Introduction, number).state == "accepted":
        db.session.remove()

        def say() -> None:
            begin_turn()
            row = db.session.get_one(Introduction, number)
            by = db.session.get_one(Person, numbers["desk"])
            deeds.write_message(row, "周三下午可以谈。", by=by)

        assert outcomes_of(site, say, say) == ["done", "done"]
        assert len(db.session.get_one(Introduction, number).messages) == 1
    case = db.session.get_one(Introduction, number)
    events = [one.deed for one in history_of(case)]
    assert events == ["create", {"accepted": "accept"}.get(case.state, "withdraw")]
    assert case.decided_at is not None
