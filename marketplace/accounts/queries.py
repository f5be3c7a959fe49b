"""What is read of people and organisations. Nothing is written here."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import ColumnElement, ColumnExpressionArgument, and_

from marketplace.accounts.models import Membership, Person, Role
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.organisations.models import Organisation

# How notes of History name people (`numbered`).
NUMBERED = re.compile(r"账号 (\d{1,9})")


def find_person(email: str) -> Person | None:
    """The person of that sign-in name."""
    # Addresses are stored in lower case (`mail.Mail.normalize`), so the unique index answers.
    query = db.select(Person).where(Person.email == email.strip().lower())
    person: Person | None = db.session.scalar(query)
    return person


def find_person_of_mobile(mobile: str) -> Person | None:
    """The person whose second sign-in name that is, as `parsing.telephones.read_mobile` writes it."""
    query = db.select(Person).where(Person.mobile == mobile)
    person: Person | None = db.session.scalar(query)
    return person


def has_operator() -> bool:
    """Whether somebody runs the site: an account that is open and has that role."""
    query = db.select(Person.id).where(
        Person.active, Person.roles.any(Role.name == "operator")
    )
    return db.session.scalar(query.limit(1)) is not None


def brokers() -> list[Person]:
    """The brokers who may sign in, by name."""
    query = db.select(Person).join(Person.roles).where(Role.name == "broker")
    # Earlier releases let an auditor be a broker too.
    return list(db.session.scalars(query.where(can_act()).order_by(Person.name)))


def people_by_id(ids: Iterable[int | None]) -> dict[int, Person]:
    """The people of those ids, in one query; None, which is the site itself, is passed over."""
    wanted = {person_id for person_id in ids if person_id is not None}
    people = db.session.scalars(db.select(Person).where(Person.id.in_(wanted)))
    return {person.id: person for person in people}


def unreachable(person_ids: Iterable[int]) -> list[int]:
    """Those people whose account is closed: nothing is sent to them any more."""
    query = db.select(Person.id).where(Person.id.in_(person_ids), ~Person.active)
    return list(db.session.scalars(query))


def hold_people(organisation_id: int) -> None:
    """Let nobody else change the people of an organisation before this commit."""
    # SQLite lets one request write at a time; PostgreSQL waits at the row.
    query = db.select(Organisation.id).where(Organisation.id == organisation_id)
    db.session.execute(query.with_for_update())


def hold_person(person_id: int | None) -> None:
    """Let of two deeds of one person the second wait for this commit; what names them may be written meanwhile."""
    query = db.select(Person.id).where(Person.id == person_id)
    db.session.execute(query.with_for_update(key_share=True))


def can_act() -> ColumnElement[bool]:
    """Filter of people: who may sign in, and act for organisations (the same as `Person.acts`, in SQL)."""
    return and_(Person.active, ~Person.roles.any(Role.name == "auditor"))


def is_last_administrator(place: Membership) -> bool:
    """Whether nobody else looks after the people of that organisation, who can still sign in and act for it."""
    return _lacks_others(place, Membership.is_administrator)


def leaves_nobody(place: Membership) -> bool:
    """Whether nobody else is left in that organisation who can sign in and act for it."""
    return _lacks_others(place)


def _lacks_others(place: Membership, *filters: ColumnExpressionArgument[bool]) -> bool:
    """Whether an organisation has no other such places of people who can act; False for one who cannot either."""
    # An auditor acts by no place, so nothing is lost with theirs.
    if not place.person.acts:
        return False
    others = (
        db.select(Membership.person_id)
        .join(Person)
        .where(
            Membership.organisation_id == place.organisation_id,
            Membership.person_id != place.person_id,
            can_act(),
            *filters,
        )
    )
    return db.session.scalar(others.limit(1)) is None


def was_verified(organisation: Organisation) -> bool:
    """Whether an organisation was ever verified; else it has published nothing and has no deals."""
    verified = db.select(History.id).where(
        History.kind == "organisation",
        History.thing_id == organisation.id,
        History.deed == "verify",
    )
    return (
        organisation.verified_at is not None
        or db.session.scalar(verified.limit(1)) is not None
    )


def hold_sole_administrations(person: Person) -> list[Membership]:
    """Hold the people of all organisations of a person, and find the places of those that they alone administer."""
    # In one order, so that two deeds about people of the same organisations never wait for each other.
    for number in sorted(person.organisation_ids):
        hold_people(number)
    found = []
    for place in person.memberships:
        if place.is_administrator and is_last_administrator(place):
            found.append(place)
    return found


def numbered(person_id: int | None) -> str:
    """How a note of History names a person: by number, for the note stays when the account is closed (086)."""
    return f"账号 {person_id}"


def name_people(note: str) -> str:
    """A note of History with the present names of its people before their numbers, for who may know them."""
    numbers = {int(number) for number in NUMBERED.findall(note)}
    people = people_by_id(numbers)

    def named(match: re.Match[str]) -> str:
        person = people.get(int(match[1]))
        return match[0] if person is None else f"{person.name}（{match[0]}）"

    return NUMBERED.sub(named, note)
