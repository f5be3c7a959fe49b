"""Two people who decide about one request, invitation, organisation or code at the same moment: one of them wins.

Each has their own session and has read the row before either writes. On SQLite the second waits to begin; what
decides on PostgreSQL, where both have begun, is the lock of the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from marketplace import persistence
from marketplace.accounts import agreements
from marketplace.accounts.models import Membership, Person
from marketplace.errors import MarketError
from marketplace.extensions import db
from marketplace.memberships import deeds
from marketplace.memberships.models import Invitation, JoinRequest
from marketplace.organisations import deeds as organisation_deeds
from marketplace.organisations.models import Organisation
from tests.factories import Factory, new_uscc
from tests.racing import Racer, at_once, committing_site

Deed = Callable[[Any], object]


@pytest.fixture
def site(tmp_path: Any, migrated: str) -> Iterator[Flask]:
    """A site whose commits are real."""
    with committing_site(tmp_path, migrated) as app:
        yield app


@pytest.fixture
def firm(site: Flask) -> SimpleNamespace:
    """Ids of a firm with two administrators, a request that waits for them and an invitation to who asks."""
    make = Factory(db.session)
    row = make.organisation()
    chiefs = [make.person("firm", row, administers=True) for _ in range(2)]
    asker = make.person("firm")
    asked = deeds.ask_to_join(row, by=asker)
    invitation, _ = deeds.invite_person(row, asker.email, place="member", by=chiefs[0])
    found = SimpleNamespace(
        id=row.id,
        chiefs=[chief.id for chief in chiefs],
        asker=asker.id,
        request=asked.id,
        invitation=invitation.id,
    )
    db.session.remove()
    return found


def come_to(site: Flask, firm: Any, *tried: Deed) -> list[str]:
    """Do every deed at once, after all have loaded their rows; what each came to, sorted."""
    outcomes = at_once(site, *(_with_rows(firm, deed) for deed in tried))
    return sorted(_worded(outcome) for outcome in outcomes)


def _with_rows(firm: Any, deed: Deed) -> Racer:
    def read() -> Callable[[], object]:
        rows = SimpleNamespace(
            organisation=db.session.get(Organisation, firm.id),
            chiefs=[db.session.get(Person, number) for number in firm.chiefs],
            asker=db.session.get(Person, firm.asker),
            request=db.session.get(JoinRequest, firm.request),
            invitation=db.session.get(Invitation, firm.invitation),
        )

        def write() -> None:
            # On SQLite who has read cannot write any more: a request begins as a writer, which this imitates.
            if db.engine.dialect.name == "sqlite":
                persistence.begin_write()
            deed(rows)

        return write

    return read


def _worded(outcome: object) -> str:
    return "refused" if isinstance(outcome, MarketError) else str(outcome)


def accept(rows: Any) -> None:
    deeds.accept_request(rows.request, place="member", by=rows.chiefs[0])


def decline(rows: Any) -> None:
    deeds.decline_request(rows.request, reason="不认识", by=rows.chiefs[1])


def withdraw(rows: Any) -> None:
    deeds.withdraw_request(rows.request, by=rows.asker)


def take(rows: Any) -> None:
    deeds.take_invitation(rows.invitation, by=rows.asker)


def revoke(rows: Any) -> None:
    deeds.revoke_invitation(rows.invitation, by=rows.chiefs[1])


RACES = {
    "accept twice": (accept, accept),
    "accept and decline": (accept, decline),
    "decline and withdraw": (decline, withdraw),
    "accept and withdraw": (accept, withdraw),
    "take twice": (take, take),
    "take and revoke": (take, revoke),
    "both administrators leave": (
        lambda rows: deeds.leave_organisation(rows.organisation, by=rows.chiefs[0]),
        lambda rows: deeds.leave_organisation(rows.organisation, by=rows.chiefs[1]),
    ),
    "each lets the other go": (
        lambda rows: deeds.remove_member(
            rows.chiefs[1].place_in(rows.organisation.id), by=rows.chiefs[0]
        ),
        lambda rows: deeds.remove_member(
            rows.chiefs[0].place_in(rows.organisation.id), by=rows.chiefs[1]
        ),
    ),
    "suspend twice": (
        lambda rows: organisation_deeds.suspend_organisation(
            rows.organisation, note="有争议", by=None
        ),
        lambda rows: organisation_deeds.suspend_organisation(
            rows.organisation, note="有投诉", by=None
        ),
    ),
}


@pytest.mark.parametrize("race", RACES)
def test_one_wins(site: Flask, firm: SimpleNamespace, race: str) -> None:
    outcomes = come_to(site, firm, *RACES[race])

    assert outcomes == ["done", "refused"]
    request = db.session.get(JoinRequest, firm.request)
    invitation = db.session.get(Invitation, firm.invitation)
    places = db.session.scalars(
        db.select(Membership).filter_by(organisation_id=firm.id)
    )
    people = {place.person_id: place.is_administrator for place in places}
    assert any(people.values())
    # Who belongs to it is who was let in, and nobody else.
    let_in = request.state == "accepted" or invitation.used_at is not None
    assert (firm.asker in people) == let_in


def test_one_code_founded_by_two_is_one_organisation(
    site: Flask, firm: SimpleNamespace
) -> None:
    code = new_uscc()

    def found(number: int) -> Deed:
        def deed(rows: Any) -> None:
            by = (rows.asker, rows.chiefs[0])[number]
            deeds.found_organisation(
                "临清同时登记的轴承厂（示例）",
                uscc=code,
                kind="firm",
                district_code=None,
                by=by,
            )

        return deed

    assert come_to(site, firm, found(0), found(1)) == ["done", "refused"]
    assert (
        len(list(db.session.scalars(db.select(Organisation).filter_by(uscc=code)))) == 1
    )


def test_the_first_two_who_agree_to_a_text_both_come_in(
    site: Flask, firm: SimpleNamespace
) -> None:
    def agree(number: int) -> Deed:
        def deed(rows: Any) -> None:
            person = (rows.asker, rows.chiefs[0])[number]
            with persistence.refusals():
                agreements.note_consents(person)
            db.session.commit()

        return deed

    assert come_to(site, firm, agree(0), agree(1)) == ["done", "done"]
    people = db.session.scalars(db.select(Person).where(Person.id.in_([firm.asker])))
    assert all(agreements.consents_of(person) for person in people)
