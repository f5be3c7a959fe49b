"""Accounts as operators find them. Nothing is written here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy.orm import selectinload

from marketplace.accounts.models import (
    ERASED_DOMAIN,
    STAFF_ROLES,
    Membership,
    Person,
    Role,
)
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.organisations.models import Organisation
from marketplace.parsing import ParseError
from marketplace.parsing.telephones import read_mobile
from marketplace.parsing.text import half_width
from marketplace.persistence import Page

PAGE = 50  # accounts on a page
MIN_TEXT = 2  # characters: one would find nearly everybody


def login_mark(person: Person) -> str:
    """What is another one whenever the password of a person was changed or their account reset; it opens nothing."""
    # A digest and not the value itself, which sessions and links hold: the mark goes into a page.
    return hashlib.sha256(person.fs_uniquifier.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Found:
    """A page of the accounts that a text finds.

    Attributes:
        people: on this page, by name.
        page: its number, from 1.
        pages, total: how many pages and accounts there are.
    """

    people: list[Person]
    page: int
    pages: int
    total: int


def staff_members() -> list[Person]:
    """Who runs or audits the site, stopped accounts too, by number."""
    # Stopped ones too: a role that rests comes back with the account.
    held = Person.roles.any(Role.name.in_(STAFF_ROLES))
    query = db.select(Person).where(held, _is_living()).options(*_with_places())
    return list(db.session.scalars(query.order_by(Person.id)))


def find_people(text: str, page: int) -> Found:
    """The accounts whose name, address, number or organisation holds a text.

    Args:
        text: at least MIN_TEXT characters.
        page: from 1; the nearest one there is.
    """
    text = half_width(text)
    # As it is stored: with the code of the country, without blanks.
    try:
        mobile = read_mobile(text)
    except ParseError:
        mobile = None
    # Escaped: % and _ in a name are signs and no pattern.
    inside = Organisation.name.contains(text, autoescape=True)
    found = or_(
        Person.name.contains(text, autoescape=True),
        Person.email.contains(text.lower(), autoescape=True),
        # Whole numbers only: parts of them would find people by trying figures.
        Person.mobile == (mobile or text),
        Person.memberships.any(Membership.organisation.has(inside)),
    )
    where = (found, _is_living())
    total = db.session.scalar(db.select(func.count(Person.id)).where(*where)) or 0
    arithmetic = Page(total, PAGE)
    query = db.select(Person).where(*where).options(*_with_places())
    # The number last: people of one name would change places between two pages.
    query = query.order_by(Person.name, Person.id)
    query = query.offset(arithmetic.offset(page)).limit(PAGE)
    people = list(db.session.scalars(query))
    return Found(people, arithmetic.clamp(page), arithmetic.pages, total)


def get_person(person_id: int) -> Person:
    """The account of that number. Raises NotFound, also of one that its owner has closed for good."""
    query = db.select(Person).where(Person.id == person_id, _is_living())
    person: Person | None = db.session.scalar(query)
    if person is None:
        raise NotFound("没有这个账号。", "可能已经注销；请从「账号和角色」里找。")
    return person


def hold_operators() -> None:
    """Let nobody else give or take the role of an operator, or stop one, before this commit."""
    # SQLite lets one request write at a time; PostgreSQL waits at the row.
    query = db.select(Role.id).where(Role.name == "operator")
    db.session.execute(query.with_for_update())


def _is_living() -> ColumnElement[bool]:
    # An erased account has nothing personal left, and nothing that could be looked after.
    return ~Person.email.endswith(ERASED_DOMAIN, autoescape=True)


def _with_places() -> tuple[object, ...]:
    places = selectinload(Person.memberships).joinedload(Membership.organisation)
    return (places, selectinload(Person.roles))
