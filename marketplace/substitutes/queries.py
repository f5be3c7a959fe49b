"""What is read of substitutes: seats, who may be named at them, who stands in today. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_

from marketplace import contributions
from marketplace.accounts.models import INSTITUTIONS, Membership, Person, Role
from marketplace.clock import begin_of_day, today
from marketplace.contributions import Seat
from marketplace.diagnosis.models import DiagnosisCase
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.listings.models import KIND_NAMES, LISTINGS
from marketplace.listings.queries import load_row
from marketplace.mediation.models import BrokerRequest
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader
from marketplace.persistence import find_row
from marketplace.substitutes.models import ROLE_NAMES, Substitution
from marketplace.wording import in_quotes

MAX_ROWS = 100  # of one's own page
MAX_DONE = 500  # deeds that a report lists


@dataclass(frozen=True)
class HeldSeat:
    """A seat that a person holds.

    Attributes:
        role: a key of `ROLE_NAMES`.
        organisation: its organisation; None for the operators.
        person: who holds it.
    """

    role: str
    organisation: Organisation | None
    person: Person

    @property
    def organisation_id(self) -> int | None:
        """The number of its organisation."""
        return None if self.organisation is None else self.organisation.id

    @property
    def code(self) -> str:
        """The seat as a form sends it."""
        return f"{self.person.id}-{self.role}-{self.organisation_id or 0}"

    @property
    def name(self) -> str:
        """The seat in words."""
        holder = "" if self.organisation is None else self.organisation.name
        return f"{holder}{ROLE_NAMES[self.role]}"


@dataclass(frozen=True)
class Done:
    """What was done in somebody's place.

    Attributes:
        event: its History row.
        title: what it was done to, in words.
        name: the deed in words.
        by: who did it.
    """

    event: History
    title: str
    name: str
    by: str


def seats_of(person: Person) -> list[HeldSeat]:
    """The seats that somebody holds now: at the desk of an institution, among the operators, as a broker of a body."""
    # A seat of a stopped account is held by nobody, so nobody can take its place.
    if not person.active or not person.acts:
        return []
    seats = []
    if "operator" in person.role_names:
        seats.append(HeldSeat("operator", None, person))
    for place in person.memberships:
        organisation = place.organisation
        # What a suspended organisation has is done by nobody until it is back.
        if not organisation.is_active:
            continue
        # Only institutions have a desk that decides.
        if place.role == "desk" and organisation.kind in INSTITUTIONS:
            seats.append(HeldSeat("desk", organisation, person))
        # Whose certificate is over reads nothing, and nobody reads it in their place.
        if person.mediates:
            seats.append(HeldSeat("broker", organisation, person))
    return seats


def holds_seat(person: Person, role: str, organisation_id: int | None) -> bool:
    """Whether somebody holds a seat now."""
    wanted = (role, organisation_id)
    return wanted in [(seat.role, seat.organisation_id) for seat in seats_of(person)]


def colleagues_at(seat: HeldSeat) -> list[Person]:
    """Those who hold the same seat as well, by name."""
    query = db.select(Person).where(Person.active, Person.id != seat.person.id)
    if seat.organisation is not None:
        inside = db.select(Membership.person_id).where(
            Membership.organisation_id == seat.organisation.id
        )
        query = query.where(Person.id.in_(inside))
    else:
        query = query.where(Person.roles.any(Role.name == "operator"))
    people = []
    for person in db.session.scalars(query.order_by(Person.name, Person.id)):
        # The statement narrows, this decides: role, kind and certificate are read in one place.
        if holds_seat(person, seat.role, seat.organisation_id):
            people.append(person)
    return people


def nameable_seats(by: Person) -> list[HeldSeat]:
    """The seats for which somebody may name a substitute: their own, and those of people they look after."""
    seats = seats_of(by)
    inside = db.select(Membership.person_id).where(
        Membership.organisation_id.in_(by.administered_ids)
    )
    looked_after: ColumnElement[bool] = Person.id.in_(inside)
    if "operator" in by.role_names:
        # Brokers who fell ill may have no administrator; of an institution its own people decide.
        staff = Person.roles.any(Role.name.in_(("operator", "broker")))
        looked_after = or_(looked_after, staff)
    query = db.select(Person).where(looked_after, Person.active, Person.id != by.id)
    for person in db.session.scalars(query.order_by(Person.name, Person.id)):
        seats += [seat for seat in seats_of(person) if may_name(by, seat)]
    return seats


def may_name(by: Reader | None, seat: HeldSeat) -> bool:
    """Whether somebody may name a substitute for a seat: for their own, or where they look after its people."""
    if by is None or by.id == seat.person.id:
        return True
    if seat.organisation_id in by.administered_ids:
        return True
    # What is at a desk is the institution's: the site does not choose who decides there.
    return seat.role != "desk" and "operator" in by.role_names


def may_end(by: Reader, row: Substitution) -> bool:
    """Whether somebody may end a substitution: both of its people, and who may name one there."""
    # Also the substitute: nobody carries another one's work against their will.
    if by.id in (row.absent_id, row.substitute_id, row.named_by_id):
        return True
    return may_name(by, HeldSeat(row.role, row.organisation, row.absent))


def get_substitution(number: int, *, by: Reader) -> Substitution:
    """A substitution that concerns somebody. Raises NotFound: there is none, or it does not: one answer for both."""
    row = find_row(Substitution, number)
    if row is None or not may_end(by, row):
        raise NotFound("没有找到这份代办。", "请从「代办」页面进入。")
    return row


def listed_for(person: Person) -> list[Substitution]:
    """The substitutions that concern somebody, newest first."""
    concerned = [
        Substitution.absent_id == person.id,
        Substitution.substitute_id == person.id,
        Substitution.named_by_id == person.id,
        Substitution.organisation_id.in_(person.administered_ids),
    ]
    if "operator" in person.role_names:
        concerned.append(Substitution.role == "operator")
    query = db.select(Substitution).where(or_(*concerned))
    newest = query.order_by(Substitution.id.desc()).limit(MAX_ROWS)
    return list(db.session.scalars(newest))


def running_for(person_id: int) -> list[Substitution]:
    """Those in which somebody stands in for others today, oldest first; both still hold the seat."""
    query = db.select(Substitution).where(
        Substitution.substitute_id == person_id,
        Substitution.first_day <= today(),
        Substitution.last_day >= today(),
        Substitution.ended_at.is_(None),
    )
    rows = []
    for row in db.session.scalars(query.order_by(Substitution.id)):
        if holds_both(row):
            rows.append(row)
    return rows


def holds_both(row: Substitution) -> bool:
    """Whether both people of a substitution hold its seat: who left it gives nothing to anybody any more."""
    # Looked at on the day: a right that one of them lost since would come back in by this door.
    seat = (row.role, row.organisation_id)
    return holds_seat(row.absent, *seat) and holds_seat(row.substitute, *seat)


def standing_in(person_id: int) -> Iterator[Seat]:
    """The seats in which somebody stands in today, as `contributions` says."""
    # Only their own: standing in is not passed on, so there is no chain (decision 097).
    for row in running_for(person_id):
        role: Any = row.role
        yield Seat(role, row.organisation_id, row.absent_id, row.absent.name)


def overlapping(
    seat: HeldSeat, first_day: Any, last_day: Any, *, away: Person | None = None
) -> Substitution | None:
    """A substitution of a seat, or of another person at it, that has a day with a period in common."""
    person = away or seat.person
    query = db.select(Substitution).where(
        Substitution.role == seat.role,
        Substitution.absent_id == person.id,
        Substitution.ended_at.is_(None),
        # Two periods meet where each begins before the other one ends.
        Substitution.first_day <= last_day,
        Substitution.last_day >= first_day,
    )
    # In SQL nothing equals NULL.
    if seat.organisation_id is None:
        query = query.where(Substitution.organisation_id.is_(None))
    else:
        query = query.where(Substitution.organisation_id == seat.organisation_id)
    found: Substitution | None = db.session.scalars(query.limit(1)).first()
    return found


def unreported() -> list[Substitution]:
    """Those that are over and of which the person who was away has not been notified."""
    query = db.select(Substitution).where(
        Substitution.reported_at.is_(None),
        or_(Substitution.ended_at.is_not(None), Substitution.last_day < today()),
    )
    return list(db.session.scalars(query.order_by(Substitution.id)))


def done_in(row: Substitution) -> list[Done]:
    """What the substitute did in the other's place, oldest first."""
    query = db.select(History).where(
        # What they did in their own right is theirs, and nobody else's to read here.
        History.for_id == row.absent_id,
        History.by_id == row.substitute_id,
        History.at >= begin_of_day(row.first_day),
        # Moments in UTC, days in China: the last day ends at 24:00 there.
        History.at < begin_of_day(row.last_day + timedelta(days=1)),
    )
    if row.ended_at is not None:
        # Another one may begin on the same day, with the same two people.
        query = query.where(History.at <= row.ended_at)
    done = []
    for event in db.session.scalars(query.order_by(History.id).limit(MAX_DONE)):
        title, name = _described(event)
        done.append(Done(event, title, name, row.substitute.name))
    return done


def personal_copy(person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The substitutions of a person, for the copy of their data."""
    rows = []
    mine = or_(
        Substitution.absent_id == person.id, Substitution.substitute_id == person.id
    )
    for row in db.session.scalars(db.select(Substitution).where(mine)):
        rows.append(
            {
                "岗位": row.seat_name,
                "不在的人": row.absent.name,
                "代办人": row.substitute.name,
                "从": row.first_day.isoformat(),
                "到": row.last_day.isoformat(),
            }
        )
    yield "代办", rows


def _described(event: History) -> tuple[str, str]:
    """The thing of a History row, and its deed, in words."""
    kind, number = event.kind, event.thing_id
    life = None
    # Named by its listing: a request has no title of its own.
    if kind == BrokerRequest.kind:
        request = db.session.get(BrokerRequest, number)
        if request is not None:
            kind, number, life = request.listing_kind, request.listing_id, request.life
    elif kind == DiagnosisCase.kind:
        case = db.session.get(DiagnosisCase, number)
        if case is not None:
            kind, number, life = "demand", case.demand_id, case.life
    if kind not in LISTINGS:
        # Rooms above say what theirs are.
        words = contributions.thing_words(kind, number, event.deed)
        return words or (kind, event.deed)
    row = load_row(kind, number)
    deeds = life.deeds if life is not None else LISTINGS[kind].life.deeds
    title = (
        f"{KIND_NAMES[kind]}{in_quotes(row.title)}"
        if row is not None
        else KIND_NAMES[kind]
    )
    return title, deeds.get(event.deed, event.deed)
