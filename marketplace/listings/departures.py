"""What becomes of the listings that name somebody as their contact who closes their account (decision 085).

The contact goes, what was public leaves the public until somebody gives another, and the organisation is notified.
Nothing is committed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import and_, or_

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.extensions import db
from marketplace.lifecycle import last_event
from marketplace.listings import announcements, places, versions
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.listings.readiness import publication_problems
from marketplace.memberships.queries import administrators_of
from marketplace.parsing.person_names import is_full_name
from marketplace.permissions import Reader, member

Row = Achievement | Demand
CONTACT = ("contact_name", "contact_phone", "contact_email")
# What History says of a listing that waits for a contact; by it the listing is shown again once it has one.
CONTACT_GONE = "联系人的账号已注销，联系方式已删除；写上新的联系人，保存后恢复公开"
# From these states a cleared contact leads to another; a draft or what is over stays what it is.
MOVES = {
    "published": "suspend",
    "at_desk": "recall",
    "submitted": "recall",
    "in_review": "return",
}
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
# Fewer digits than the shortest telephone number are an extension or a slip.
_MIN_DIGITS = 7


@dataclass(frozen=True)
class Departure:
    """What the closing of an account changed.

    Attributes:
        rows: the listings that lost their contact, or that somebody else looks after now.
        values: what was cleared, so that the audit can forget it too.
    """

    rows: list[Row]
    values: list[str]


def part_from(person: Person) -> Departure:
    """Take a person who closes their account out of the listings of organisations; before the account is erased.

    Args:
        person: with their name, addresses and places still in the row.
    """
    rows: list[Row] = []
    values: set[str] = set()
    cleared: dict[int, list[Row]] = {}
    # Every listing that may name them: the parts are compared in Python, for spelling leaves numbers open.
    for row in _candidates(person):
        if _names_person(row, person):
            # Written as of its present owner, so that what the audit holds of it is erased with the account.
            values.update(getattr(row, name) for name in CONTACT)
            # The old values are collected before they are emptied, since the audit has to forget exactly these.
            _clear_contact(row, person)
            cleared.setdefault(row.organisation_id or 0, []).append(row)
            rows.append(row)
    db.session.flush()
    for row in _written(person):
        if row not in rows:
            rows.append(row)
        _hand_over(row, person)
    for organisation_id, gone in cleared.items():
        announcements.announce_contact_gone(organisation_id, gone, by=person)
    # A firm less with a demand in public may uncover another one's place.
    for row_id in places.settle_places():
        other = db.session.get(Demand, row_id)
        if other is not None and other not in rows:
            rows.append(other)
    return Departure(rows, sorted(values - {""}))


def settle_contact(row: Row, *, by: Reader | None) -> None:
    """After a change: show a listing again that waited for a contact, and let who gave it look after it."""
    owner = row.owner
    # Nobody agrees any more for an account that is closed: who writes the contact decides about showing it.
    nobody_agrees = owner is not None and owner.is_erased
    if nobody_agrees and isinstance(by, Person) and member(by, row):
        row.owner = by
    # With other words nobody approved it: the operators look at it first.
    if (
        row.state == "suspended"
        and row.owner_acts
        and _waits_for_contact(row)
        and versions.is_approved(row)
    ):
        row.life.move(row, "resume", by=by)


def resume_with_owner(row: Row, *, by: Reader | None) -> None:
    """Show a listing again whose organisation is back, unless it lost its contact meanwhile: then it waits for one.

    With other words than were approved it stays hidden until the operators show it.
    """
    if not versions.is_approved(row):
        return
    row.life.move(row, "resume", by=by)
    if publication_problems(row):
        row.life.move(row, "suspend", by=by, note=CONTACT_GONE)


def _candidates(person: Person) -> Iterator[Row]:
    """The listings of organisations that have a contact and may name a person."""
    # By the mailbox as well: a contact may have been typed by a colleague of theirs.
    mails = [f"%{person.email}%"]
    for table in LISTINGS.values():
        named = [
            table.owner_id == person.id,
            table.contact_email.ilike(*mails),
        ]
        if person.organisation_ids:
            # Of their own organisations a name alone is enough, so all of these are looked at.
            named.append(table.organisation_id.in_(person.organisation_ids))
        # Numbers are stored in one spelling, whose last digits never hold a hyphen.
        for number in _numbers_of(person):
            named.append(table.contact_phone.contains(number[-_MIN_DIGITS:]))
        filled = table.contact_name + table.contact_phone + table.contact_email != ""
        query = db.select(table).where(
            and_(table.organisation_id.is_not(None), filled, or_(*named))
        )
        yield from db.session.scalars(query.order_by(table.id))


def _written(person: Person) -> Iterator[Row]:
    for table in LISTINGS.values():
        query = db.select(table).where(
            table.owner_id == person.id, table.organisation_id.is_not(None)
        )
        yield from db.session.scalars(query.order_by(table.id))


def _names_person(row: Row, person: Person) -> bool:
    """Whether the contact of a listing is this person."""
    # In one text there may be several addresses; theirs among them is enough.
    if person.email.casefold() in row.contact_email.casefold():
        return True
    # Hyphens, blanks and brackets are how people write it, not another number.
    digits = re.sub(r"\D", "", row.contact_phone)
    if any(number in digits for number in _numbers_of(person)):
        return True
    # A namesake elsewhere is somebody else; in one organisation, or written by themselves, it is them.
    own = row.owner_id == person.id
    if own or row.organisation_id in person.organisation_ids:
        # 张 三 is written with a blank to fill two columns; it is the same name.
        name = re.sub(r"\s", "", person.name)
        if name and name in re.sub(r"\s", "", row.contact_name):
            return True
    # What they typed is theirs unless it is plainly that of a desk: too much cleared costs one click, too little a
    # number of somebody who has gone.
    return own and not _is_desk(row)


def _is_desk(row: Row) -> bool:
    """Whether a contact names no person: a department, and no mobile telephone."""
    if _MOBILE.search(re.sub(r"[\s-]", "", row.contact_phone)):
        return False
    return not any(is_full_name(part) for part in _HAN.findall(row.contact_name))


def _numbers_of(person: Person) -> list[str]:
    numbers = []
    for text in (person.phone, person.mobile or ""):
        digits = re.sub(r"\D", "", text.removeprefix("+86"))
        if len(digits) >= _MIN_DIGITS:
            numbers.append(digits)
    return numbers


def _clear_contact(row: Row, person: Person) -> None:
    # All three: whose number stands next to the name of another nobody can say.
    for name in CONTACT:
        setattr(row, name, "")
    row.updated_at = now()
    deed = MOVES.get(row.state, "")
    if deed:
        row.life.move(row, deed, by=person, note=CONTACT_GONE)


def _hand_over(row: Row, person: Person) -> None:
    """Let the administrator who has been there longest look after what a person wrote for the organisation."""
    assert row.organisation_id is not None  # noqa: S101  asked for by it
    others = [one for one in administrators_of(row.organisation_id) if one != person]
    # Without one it stays with the closed account: masked, until somebody writes the contact anew.
    if others:
        row.owner = min(others, key=lambda one: one.id)


def _waits_for_contact(row: Row) -> bool:
    last = last_event(row, "suspend")
    # By its note: what the operators suspended for a reason of theirs waits for them.
    return last is not None and last.note == CONTACT_GONE
