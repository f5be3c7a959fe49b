"""Fifty who claim at the same moment: never more than there is, nothing twice, on either database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError, TimeoutError

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.envelopes import cohort_deeds, deeds, review_deeds
from marketplace.envelopes.child_models import CohortMember, TrainingCohort
from marketplace.envelopes.models import Envelope, FundClaim
from marketplace.errors import Busy, NotNow
from marketplace.extensions import db
from marketplace.permissions import Reader
from tests.factories import Factory
from tests.marketplace.envelopes.world import WAN, World, stored_sums, sums_of
from tests.racing import at_once, committing_site

pytestmark = pytest.mark.long

PARALLEL = 50


@pytest.fixture
def site(tmp_path: Any, migrated: str) -> Iterator[Flask]:
    with committing_site(tmp_path, migrated) as site:
        yield site


def submits(claim_id: int, person_id: int) -> Callable[[], Callable[[], object]]:
    """Handing a claim in, as a request does: it begins as a writer, and reads then.

    Who is refused because the site is overrun presses again as people do.
    """

    def read() -> Callable[[], object]:
        return submit

    def submit() -> None:
        while not was_taken():
            db.session.rollback()

    def was_taken() -> bool:
        """Whether the site took it at all: every connection may be taken, or the turn may not come in five seconds."""
        try:
            persistence.begin_write()
            row = db.session.get_one(FundClaim, claim_id)
            person = db.session.get_one(Person, person_id)
            deeds.submit_claim(row, by=person, seen=row.revision)
        except (TimeoutError, Busy):
            return False
        except OperationalError as error:
            if not persistence.is_locked(error):
                raise
            return False
        return True

    return read


def test_fifty_claims_never_take_more_than_there_is(site: Flask) -> None:
    make = Factory(db.session)
    world = World(make)
    # Enough for seven claims and a half.
    envelope = world.open_envelope(75 * WAN, name="抢的资金")
    racers = []
    for _ in range(PARALLEL):
        firm = make.organisation()
        person = make.person("firm", firm, administers=True)
        row = world.complete(envelope=envelope, organisation=firm, by=person)
        racers.append(submits(row.id, person.id))
    number = envelope.id
    db.session.remove()

    outcomes = at_once(site, *racers)

    counts = Counter(type(one).__name__ for one in outcomes)
    assert counts == {"str": 7, "NotNow": PARALLEL - 7}, outcomes
    envelope = db.session.get_one(Envelope, number)
    assert stored_sums(envelope) == (75 * WAN, 70 * WAN, 0)
    assert sums_of(envelope) == stored_sums(envelope)


def test_one_thing_is_claimed_once_by_fifty(site: Flask) -> None:
    make = Factory(db.session)
    world = World(make)
    racers = []
    for _ in range(PARALLEL):
        racers.append(submits(world.complete().id, world.person.id))
    number = world.envelope.id
    db.session.remove()

    outcomes = at_once(site, *racers)

    counts = Counter(type(one).__name__ for one in outcomes)
    assert counts == {"str": 1, "NotNow": PARALLEL - 1}, outcomes
    envelope = db.session.get_one(Envelope, number)
    assert stored_sums(envelope) == (100 * WAN, 10 * WAN, 0)
    assert sums_of(envelope) == stored_sums(envelope)


Decide = Callable[[FundClaim, Reader, int], None]


def withdraw(row: FundClaim, by: Reader, seen: int) -> None:
    deeds.withdraw_claim(row, by=by, seen=seen)


def approve(row: FundClaim, by: Reader, seen: int) -> None:
    review_deeds.approve(row, None, "", by=by, seen=seen)


def refuse(row: FundClaim, by: Reader, seen: int) -> None:
    review_deeds.refuse(row, "材料不全。", by=by, seen=seen)


@pytest.mark.parametrize(
    ("first", "second"), [(approve, withdraw), (approve, refuse), (approve, approve)]
)
def test_of_two_who_decide_one_is_refused(
    site: Flask, first: Decide, second: Decide
) -> None:
    world = World(Factory(db.session))
    row = world.submitted()
    number, seen, envelope_id = row.id, row.revision, world.envelope.id
    people = {withdraw: world.person.id, approve: world.operator.id, refuse: world.other.id}  # fmt: skip
    db.session.remove()

    def racer(decide: Decide) -> Callable[[], Callable[[], object]]:
        def read() -> Callable[[], object]:
            return press

        def press() -> None:
            persistence.begin_write()
            row = db.session.get_one(FundClaim, number)
            decide(row, db.session.get_one(Person, people[decide]), seen)

        return read

    outcomes = at_once(site, racer(first), racer(second))

    assert sorted(type(one).__name__ for one in outcomes) == ["Stale", "str"], outcomes
    envelope = db.session.get_one(Envelope, envelope_id)
    assert sums_of(envelope) == stored_sums(envelope)
    state = db.session.get_one(FundClaim, number).state
    assert (envelope.reserved_fen > 0) == (state == "approved")
    assert not any(isinstance(one, NotNow) for one in outcomes)


def test_a_certificate_is_claimed_for_or_removed(site: Flask) -> None:
    world = World(Factory(db.session))
    day = today()
    cohort = cohort_deeds.create_cohort(world.firm, "第一期", day, day, by=world.person)
    line = f"李四,0001,中级,C-1,协会（示例）,{day}"
    cohort_deeds.add_members(cohort, line, by=world.person, seen=cohort.revision)
    numbers = (cohort.id, cohort.members[0].id)
    envelope_id, person_id = world.envelope.id, world.person.id
    db.session.remove()

    def claims() -> Callable[[], object]:
        return claim

    def claim() -> None:
        persistence.begin_write()
        row = db.session.get_one(TrainingCohort, numbers[0])
        deeds.begin_claim(
            db.session.get_one(Envelope, envelope_id),
            "P-20a",
            organisation=row.organisation,
            cohort=row,
            by=db.session.get_one(Person, person_id),
        )

    def removes() -> Callable[[], object]:
        return remove

    def remove() -> None:
        persistence.begin_write()
        member = db.session.get_one(CohortMember, numbers[1])
        person = db.session.get_one(Person, person_id)
        cohort_deeds.remove_member(member, by=person)

    outcomes = at_once(site, claims, removes)

    assert sorted(type(one).__name__ for one in outcomes) == ["NotNow", "str"], outcomes
