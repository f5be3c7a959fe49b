"""What the page of one listing shows a reader: its facts, contact desk, history and what they may do.

Which fields a reader may know is decided in `disclosure.py`; nothing is written here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.dictionaries.models import HitechField, names_of
from marketplace.extensions import db
from marketplace.lifecycle import history_of
from marketplace.listings.child_models import (
    CHECK_DAYS,
    IntellectualProperty,
    ValueScore,
    standing_of_patents,
)
from marketplace.listings.disclosure import View, knowledge_of, masked, view_of
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.schema import SCHEMAS, terms
from marketplace.permissions import Reader, may, member

Row = Achievement | Demand
LEAD = 120  # characters of the opening of a text


@dataclass(frozen=True)
class Standing:
    """What a reader may know of a listing and do with it, for the templates.

    Attributes:
        full, firm, contact: as `disclosure.Knowledge`.
        history: every deed with who did it, not only the public dates.
        member: belongs to the owner; reviewer: may decide on it.
    """

    full: bool
    firm: bool
    contact: bool
    history: bool
    member: bool
    reviewer: bool


@dataclass(frozen=True)
class Event:
    """One line of a listing's history as its owner and the operators see it."""

    at: datetime
    deed: str
    state: str
    person: str
    note: str


@dataclass(frozen=True)
class Detail:
    """What the page of a listing shows one reader beyond the row itself.

    Attributes:
        view: the listing as this reader may know it.
        reader: what they may do with it.
        holder: who stands on the page.
        fields: names of the fields, the main one first.
        facts: (name, value) of the smaller facts.
        lead: the opening of the summary or the problem; `rest`: whether the text goes on after it.
        foundation: the opening of what a demand's firm has already.
        values: the five values, if they were judged.
        contact: (name, value) of the contact desk, masked where this reader may not see it whole.
        overdue: ids of the rights whose legal status must be checked again.
        patents: how its patents stand where none is in force, in words; else empty.
        matching: whether the listing takes part in matching.
        today: the day the page goes by.
        history: every deed, for those who may see it.
    """

    view: View
    reader: Standing
    holder: str
    fields: list[str]
    facts: list[tuple[str, str]]
    lead: str
    rest: bool
    foundation: str
    values: list[ValueScore]
    contact: list[tuple[str, str]]
    today: date
    overdue: frozenset[int]
    patents: str
    matching: bool
    history: list[Event]

    @property
    def shows_contact(self) -> bool:
        """Whether somebody else's contact desk stands on the page unmasked: a look that is recorded."""
        return self.reader.contact and bool(self.contact) and not self.reader.member

    def without_contact(self) -> Detail:
        """The same with the contact desk masked."""
        reader = replace(self.reader, contact=False)
        desk = [(name, masked(text)) for name, text in self.contact]
        return replace(self, reader=reader, contact=desk)


def standing_of(row: Row, *, by: Reader | None) -> Standing:
    """What a reader may know of a listing and do with it."""
    knows = knowledge_of(row, by)
    return Standing(
        full=knows.full,
        firm=knows.firm,
        contact=knows.contact,
        history=may(by, "listing.history", row),
        member=by is not None and member(by, row),
        reviewer=may(by, "listing.review", row),
    )


def detail_for(row: Row, *, by: Reader | None) -> Detail:
    """What the page of a listing shows this reader; `row` is one the reader may open."""
    view = view_of(row, by)
    # The permission alone is not enough: who typed the contact may not have agreed that others see it.
    standing = replace(standing_of(row, by=by), contact=view.sees_contact)
    main = row.summary if isinstance(row, Achievement) else row.problem
    opening = lead(main)
    overdue: list[int] = []
    values: list[ValueScore] = []
    patents = ""
    foundation = ""
    # Rights and scores are those of the view: empty where the reader may not know them.
    if view.is_achievement:
        overdue = [ip.id for ip in view.ips if check_overdue(ip)]
        values = list(view.value_scores)
        patents = terms.PATENT_STANDINGS.get(standing_of_patents(view.ips), "")
    else:
        foundation = lead(view.foundation)
    return Detail(
        view=view,
        reader=standing,
        holder=view.holder,
        fields=field_names(row),
        facts=facts(view),
        lead=opening,
        rest=opening != " ".join(main.split()),
        foundation=foundation,
        values=values,
        contact=view.contact_desk,
        today=today(),
        overdue=frozenset(overdue),
        patents=patents,
        matching=row.in_matching,
        # Who did what is between the owner and the operators; guests see dates only.
        history=history(row) if standing.history else [],
    )


def history(row: Row) -> list[Event]:
    """Every deed done to a listing, oldest first, with the names of who did it."""
    rows = history_of(row)
    # Both: a substitute acts, and the absent person is named with them (097).
    ids = {event.by_id for event in rows} | {event.for_id for event in rows}
    ids -= {None}
    query = db.select(Person.id, Person.name).where(Person.id.in_(ids))
    people: dict[int | None, str] = {}
    for person_id, name in db.session.execute(query):
        people[person_id] = name
    events = []
    for event in rows:
        # A deed or state of an older release may have left the life table: its code is better than nothing.
        deed = row.life.deeds.get(event.deed, event.deed)
        state = row.life.names.get(event.after, event.after)
        person = people.get(event.by_id, "系统")
        if event.for_id in people:
            person = f"{person}（代 {people[event.for_id]}）"
        events.append(Event(event.at, deed, state, person, event.note))
    return events


def facts(view: View) -> list[tuple[str, str]]:
    """The smaller facts of a listing that have been filled in and that the reader may know, as (name, value)."""
    pairs = []
    for field in SCHEMAS[view.kind].facts:
        if field.is_filled(view):
            pairs.append((field.label, field.describe(view)))
    return pairs


def field_names(row: Row) -> list[str]:
    """The names of a listing's fields, the main one first."""
    names = names_of(HitechField, row.field_codes)
    # In the order of the listing, not of the dictionary: the first field is the main one.
    return [names[code] for code in row.field_codes if code in names]


def lead(text: str, length: int = LEAD) -> str:
    """The opening of a text: its first sentences, as many as fit into `length` characters, at least one cut short."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    ends = [match.end() for match in re.finditer(r"[。！？；]", text[:length])]
    if ends:
        return text[: ends[-1]]
    return text[:length].rstrip("，、 ") + "…"


def check_overdue(ip: IntellectualProperty) -> bool:
    """Whether the legal status was never checked, or longer ago than `CHECK_DAYS` days."""
    if ip.checked_on is None:
        return True
    return ip.checked_on < today() - timedelta(days=CHECK_DAYS)
