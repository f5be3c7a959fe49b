"""Lists of work: what waits for a person, the listings of their organisations, and the review queue of the operators.

Reading only; what is done to a listing stands in `deeds.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, literal, union_all

from marketplace.accounts.models import Organisation
from marketplace.clock import today
from marketplace.errors import NotNow
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.permissions import may, organisations_of

PAGE = 50  # rows of one page
DRAFTS = 10  # drafts shown at the foot of the first page
DUE_DAYS = 30  # how long before its end the owner of a published listing is reminded
QUEUED = ("submitted", "in_review")


@dataclass(frozen=True)
class Waiting:
    """One thing that waits: the listing, since or until when, and what was said."""

    row: Achievement | Demand
    at: datetime | None
    note: str = ""


@dataclass
class Desk:
    """What waits for a person.

    Attributes:
        returned: listings to mend, with the reason, longest waiting first.
        due: published listings whose validity ends soon, soonest first.
        handed_in: listings that wait for the office, longest waiting first.
        queue: number of listings the office has to review; None for those who are not the office.
    """

    returned: list[Waiting] = field(default_factory=list)
    due: list[Waiting] = field(default_factory=list)
    handed_in: list[Waiting] = field(default_factory=list)
    queue: int | None = None

    def __len__(self) -> int:
        return (
            len(self.returned) + len(self.due) + len(self.handed_in) + bool(self.queue)
        )


@dataclass(frozen=True)
class OwnPage:
    """One page of a list: its rows, its number from 1, the number of pages and of all rows."""

    rows: list[Achievement | Demand]
    page: int
    pages: int
    total: int


def writing_organisations(person: Any) -> list[Organisation]:
    """The organisations a person may write a new listing for.

    Raises:
        NotNow: there is none.
    """
    if not person.organisations:
        raise NotNow(
            "您的账号还没有加入单位，不能新建。",
            "请联系平台运营方，把您的账号加入所在单位。",
        )
    return person.organisations


def waiting_for(person: Any) -> Desk:
    """Everything that waits for a person, in a handful of queries."""
    desk = Desk(queue=queue_length() if may(person, "office.read") else None)
    own = organisations_of(person)
    if not own:
        return desk
    for table in LISTINGS.values():
        mine = db.select(table).where(table.organisation_id.in_(own))
        returned = list(
            db.session.scalars(mine.where(table.state == "returned").limit(PAGE))
        )
        said = _return_reasons(table.kind, [row.id for row in returned])
        desk.returned += [
            Waiting(row, *said.get(row.id, (None, ""))) for row in returned
        ]
        desk.due += [
            Waiting(row, None)
            for row in db.session.scalars(_expiring(mine, table).limit(PAGE))
        ]
        handed_in = (
            mine.where(table.state.in_(QUEUED)).order_by(table.submitted_at).limit(PAGE)
        )
        desk.handed_in += [
            Waiting(row, row.submitted_at) for row in db.session.scalars(handed_in)
        ]
    desk.returned.sort(key=lambda one: (one.at or datetime.min, one.row.id))
    desk.due.sort(key=lambda one: (one.row.valid_until, one.row.id))
    desk.handed_in.sort(key=lambda one: (one.at, one.row.id))
    return desk


def waiting_count(person: Any) -> int:
    """How many things wait for a deed of this person himself: to mend, to renew, to review."""
    own = organisations_of(person)
    count = queue_length() if may(person, "office.read") else 0
    for table in LISTINGS.values() if own else ():
        mine = db.select(table.id).where(table.organisation_id.in_(own))
        count += _count(mine.where(table.state == "returned")) + _count(
            _expiring(mine, table)
        )
    return count


def queue_length() -> int:
    """How many listings wait for the office."""
    return sum(
        _count(db.select(table.id).where(table.state.in_(QUEUED)))
        for table in LISTINGS.values()
    )


def own_listings(
    person: Any, *, kind: str = "", state: str = "", page: int = 1
) -> OwnPage:
    """One page of the listings of a person's organisations, last changed first.

    Args:
        person: the reader.
        kind: only this kind; empty for both.
        state: only this state; empty for every state but drafts, which have their own list, and what is archived.
        page: from 1; beyond the end the last one is given.
    """
    own = organisations_of(person)
    parts = []
    for table in LISTINGS.values():
        if kind in ("", table.kind):
            wanted = (
                table.state == state
                if state
                else table.state.not_in(("draft", "archived"))
            )
            columns = db.select(
                literal(table.kind).label("kind"),
                table.id.label("id"),
                table.updated_at.label("at"),
            )
            parts.append(columns.where(table.organisation_id.in_(own), wanted))
    everything = union_all(*parts).subquery()
    total = db.session.scalar(db.select(func.count()).select_from(everything)) or 0
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    order = (everything.c.at.desc(), everything.c.kind, everything.c.id.desc())
    chosen = (
        db.select(everything.c.kind, everything.c.id)
        .order_by(*order)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    keys = [(row.kind, row.id) for row in db.session.execute(chosen)]
    return OwnPage(_load_in_order(keys), page, pages, total)


def own_drafts(person: Any) -> tuple[list[Achievement | Demand], int]:
    """The drafts last changed, and how many there are."""
    found = own_listings(person, state="draft")
    return found.rows[:DRAFTS], found.total


def _load_in_order(keys: Iterable[tuple[str, int]]) -> list[Achievement | Demand]:
    """Listings in the order of their (kind, id), one query for each kind."""
    keys = list(keys)
    rows: dict[tuple[str, int], Achievement | Demand] = {}
    for kind, table in LISTINGS.items():
        ids = [row_id for one, row_id in keys if one == kind]
        rows |= {
            (kind, row.id): row
            for row in db.session.scalars(db.select(table).where(table.id.in_(ids)))
        }
    return [rows[key] for key in keys]


def _expiring(query: Select[Any], table: Any) -> Select[Any]:
    """The published ones whose validity ends soon."""
    return query.where(
        table.state == "published",
        table.valid_until <= today() + timedelta(days=DUE_DAYS),
    )


def _return_reasons(kind: str, ids: list[int]) -> dict[int, tuple[datetime, str]]:
    """When each listing was last returned, and the reason given."""
    query = (
        db.select(History)
        .where(
            History.kind == kind, History.thing_id.in_(ids), History.deed == "return"
        )
        .order_by(History.id)
    )
    return {one.thing_id: (one.at, one.note) for one in db.session.scalars(query)}


def _count(query: Select[Any]) -> int:
    return db.session.scalar(db.select(func.count()).select_from(query.subquery())) or 0
