"""What the page of one listing shows a reader: its facts, contact desk, history and what they may do.

Which fields a reader may know is decided in `disclosure.py`; nothing is written here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.dictionaries.models import HitechField
from marketplace.extensions import db
from marketplace.lifecycle import history_of
from marketplace.listings import index, labels
from marketplace.listings.models import (
    Achievement,
    Demand,
    IntellectualProperty,
    ValueScore,
)
from marketplace.permissions import may, member

Row = Achievement | Demand
LEAD = 120  # characters of the opening of a text
CHECK_DAYS = 180  # days after which the legal status of a patent counts as stale
# What stands in the table of facts of a page, where it has been filled in.
FACTS = {
    "achievement": (
        "achievement_type",
        "forms",
        "attribute",
        "application_status",
        "industry_codes",
        "sei_code",
        "readiness_13",
        "level",
        "evaluation_method",
        "evaluation_by",
        "evaluated_on",
        "evaluation_report",
        "funding_source",
        "ownership",
        "rd_start",
        "rd_end",
        "registration_no",
        "registered_by",
        "registered_on",
        "recommended_by",
        "keywords",
    ),
    "demand": (
        "need",
        "demand_type",
        "activity_type",
        "discipline",
        "industry_codes",
        "solution_mode",
        "intended_partner",
        "start_year",
        "end_year",
        "keywords",
    ),
}
NAMING_FACTS = frozenset(
    {"intended_partner", "recommended_by"}
)  # may tell who an unnamed owner is


@dataclass(frozen=True)
class Reader:
    """What one reader may see of one listing, and do with it.

    Attributes:
        full: the whole text, not only title, field, stage and summary.
        firm: the name of the owner, and with it that there is a contact desk.
        contact: the contact desk unmasked.
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
        reader: what this reader may see and do.
        holder: who stands on the page.
        fields: names of the fields, the main one first.
        facts: (name, value) of the smaller facts.
        lead: the opening of the summary or the problem; `rest`: whether the text goes on after it.
        foundation: the opening of what a demand's firm has already.
        values: the five values, if they were judged.
        contact: (name, value) of the contact desk, masked where this reader may not see it whole.
        overdue: ids of the rights whose legal status must be checked again.
        matching: whether the listing takes part in matching.
        today: the day the page goes by.
        history: every deed, for those who may see it.
    """

    reader: Reader
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
    matching: bool
    history: list[Event]


def reader_of(row: Row, *, by: Any) -> Reader:
    """What this reader may see of this listing, and do with it."""
    full = may(by, "listing.read_full", row)
    firm = full and may(by, "demand.read_firm", row)
    return Reader(
        full=full,
        firm=firm,
        contact=firm and may(by, "listing.read_contact", row),
        history=may(by, "listing.history", row),
        member=member(by, row),
        reviewer=may(by, "listing.review", row),
    )


def detail_for(row: Row, *, by: Any) -> Detail:
    """What the page of a listing shows this reader; `row` is one the reader may open."""
    reader = reader_of(row, by=by)
    main = row.summary if isinstance(row, Achievement) else row.problem
    opening = lead(main)
    return Detail(
        reader=reader,
        holder=row.organisation.name if reader.firm else index.holder(row),
        fields=field_names(row),
        facts=facts(row, reader),
        lead=opening,
        rest=opening != " ".join(main.split()),
        foundation=lead(row.foundation) if isinstance(row, Demand) else "",
        values=list(row.value_scores) if isinstance(row, Achievement) else [],
        contact=contact(row, reader),
        today=today(),
        overdue=frozenset(ip.id for ip in getattr(row, "ips", ()) if check_overdue(ip)),
        matching=row.in_matching,
        history=history(row) if reader.history else [],
    )


def history(row: Row) -> list[Event]:
    """Every deed done to a listing, oldest first, with the names of who did it."""
    rows = history_of(row)
    ids = {one.by_id for one in rows} - {None}
    people = dict(
        db.session.execute(
            db.select(Person.id, Person.name).where(Person.id.in_(ids))
        ).all()
    )
    return [
        Event(
            at=one.at,
            deed=row.life.deeds.get(one.deed, one.deed),
            state=row.life.names.get(one.after, one.after),
            person=people.get(one.by_id, "系统"),
            note=one.note,
        )
        for one in rows
    ]


def facts(row: Row, reader: Reader) -> list[tuple[str, str]]:
    """The smaller facts of a listing that have been filled in and that this reader may see, as (name, value)."""
    if not reader.full:
        return []
    hidden = frozenset() if reader.firm else NAMING_FACTS
    return [
        (labels.label(row.kind, name), labels.said(row, name))
        for name in FACTS[row.kind]
        if name not in hidden and getattr(row, name) not in (None, "", [])
    ]


def contact(row: Row, reader: Reader) -> list[tuple[str, str]]:
    """The contact desk as (name, value): whole, masked, or not at all where the firm is not to be named."""
    if not reader.firm:
        return []
    desk = {
        "联系人": row.contact_name,
        "电话": row.contact_phone,
        "邮箱": row.contact_email,
    }
    return [
        (name, text if reader.contact else masked(text))
        for name, text in desk.items()
        if text
    ]


def field_names(row: Row) -> list[str]:
    """The names of a listing's fields, the main one first."""
    query = db.select(HitechField.code, HitechField.name).where(
        HitechField.code.in_(row.field_codes)
    )
    found = dict(db.session.execute(query).all())
    return [found[code] for code in row.field_codes if code in found]


def lead(text: str, length: int = LEAD) -> str:
    """The opening of a text: its first sentences, as many as fit into `length` characters, at least one cut short."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    ends = [m.end() for m in re.finditer(r"[。！？；]", text[:length])]
    return text[: ends[-1]] if ends else text[:length].rstrip("，、 ") + "…"


def masked(text: str) -> str:
    """A name, telephone number or address as a guest sees it: enough to recognise, too little to use."""
    text = text.strip()
    if "@" in text:
        name, _, host = text.partition("@")
        return f"{name[:1]}***@{host}"
    if any(c.isdigit() for c in text):
        return (
            re.sub(r"\d", "*", text[:-2]) + "**"
            if len(text) < 8
            else f"{text[:4]}****{text[-2:]}"
        )
    return text[:1] + "*" * min(len(text) - 1, 3) if text else ""


def check_overdue(ip: IntellectualProperty) -> bool:
    """Whether the legal status was never checked, or longer ago than `CHECK_DAYS` days."""
    return ip.checked_on is None or ip.checked_on < today() - timedelta(days=CHECK_DAYS)
