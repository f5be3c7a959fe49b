"""What is read of people and organisations. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable

from marketplace.accounts.models import Organisation, Person, Role, key_of
from marketplace.extensions import db


def find_organisation(name: str, uscc: str | None = None) -> Organisation | None:
    """The organisation of that code, else of that name (spelling aside)."""
    # The code first: names change and are spelt in many ways, a code belongs to one body for good.
    if uscc:
        by_code = db.select(Organisation).where(Organisation.uscc == uscc)
        registered: Organisation | None = db.session.scalar(by_code)
        if registered is not None:
            return registered
    by_name = db.select(Organisation).where(Organisation.name_key == key_of(name))
    named: Organisation | None = db.session.scalar(by_name)
    return named


def find_person(email: str) -> Person | None:
    """The person of that sign-in name."""
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


def people_by_id(ids: Iterable[int | None]) -> dict[int, Person]:
    """The people of those ids, in one query; None, which is the site itself, is passed over."""
    wanted = {person_id for person_id in ids if person_id is not None}
    people = db.session.scalars(db.select(Person).where(Person.id.in_(wanted)))
    return {person.id: person for person in people}


def names_of_organisations(ids: Iterable[int]) -> dict[str, str]:
    """Id, as an address writes it → name, of the organisations with these ids."""
    # Two columns through the core connection: a search names dozens, and whole rows cost three times as much.
    query = db.select(Organisation.id, Organisation.name).where(
        Organisation.id.in_(list(ids))
    )
    return {str(row.id): row.name for row in db.session.connection().execute(query)}
