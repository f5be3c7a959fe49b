"""What is done to people and organisations. The only file of this room that commits."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from flask_security import hash_password

from marketplace import persistence
from marketplace.accounts import granting
from marketplace.accounts.models import PLACES, ROLES, Person, Role
from marketplace.accounts.queries import find_person
from marketplace.clock import now
from marketplace.errors import Invalid
from marketplace.extensions import db
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader


def seed_roles() -> None:
    """Make sure that every role of `ROLES` has its row."""
    known = set(db.session.scalars(db.select(Role.name)))
    for code, name in ROLES.items():
        # Roles that left the table keep their rows: people may still have them.
        if code not in known:
            db.session.add(Role(name=code, description=name))
    persistence.commit()


def add_person(
    email: str,
    *,
    name: str,
    password: str,
    roles: Iterable[str] = (),
    organisations: Iterable[Organisation] = (),
    place: str = "member",
    administers: bool = False,
    by: Reader | None = None,
) -> Person:
    """Add a person, or give the one with that address the named roles and places.

    Args:
        email: the sign-in name.
        name: how the person is called.
        password: in clear; stored as argon2 hash. That of a person who exists does not change.
        roles: codes of `ROLES`.
        organisations: rows the person belongs to.
        place: their place in those, a code of `PLACES`.
        administers: whether they look after the people of those.
        by: the acting person; None from the command line.

    Raises:
        Invalid: an unknown role or place.
        NotNow: roles and places that do not go together (`granting`).
    """
    wanted = set(roles)
    # A typing error in a command must not make somebody who may do nothing.
    if wanted - ROLES.keys():
        raise Invalid(f"没有这样的角色：{'、'.join(sorted(wanted - ROLES.keys()))}。")
    if place not in PLACES:
        raise Invalid(f"没有这样的身份：{place}。")
    person = find_person(email)
    if person is None:
        person = Person(
            # Lower case, as Flask-Security compares it (`SECURITY_USER_IDENTITY_ATTRIBUTES`).
            email=email.strip().lower(),
            name=name,
            password=hash_password(password),
            fs_uniquifier=uuid.uuid4().hex,
            # Made by whoever runs the site, who answers for the address: no mail has to be confirmed.
            confirmed_at=now(),
        )
        db.session.add(person)
    # Places first: an auditor may have had one before, and is given none.
    for organisation in organisations:
        if organisation.id not in person.organisation_ids:
            granting.give_place(person, organisation, place, administers=administers)
    granting.give_roles(person, wanted)
    persistence.commit()
    return person
