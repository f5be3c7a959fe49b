"""What is read of introductions: whose they are, what waits for whom, in whose name one may ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, true

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.counting import Count, as_count
from marketplace.errors import NotFound, SearchUnavailable
from marketplace.extensions import db
from marketplace.introductions.disclosure import Key, answers, asks
from marketplace.introductions.life import UNANSWERED
from marketplace.introductions.models import Introduction, IntroductionMessage
from marketplace.listings.disclosure import knowledge_of
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.listings.queries import get_findable, load_rows, looked_after
from marketplace.listings.worklists import SOMEBODY, numbers_of
from marketplace.matchmaking.answers import TOP, top_matches
from marketplace.permissions import Guest, Reader, operator
from marketplace.persistence import Page, find_row
from marketplace.wording import in_quotes
from matching.judging import grades

Row = Achievement | Demand
PAGE = 20
MAX_OWN = 200  # listings one may choose from
GRADE_NAMES: dict[str, str] = dict(grades.NAMES.items())
FEW = 5  # listings that stand open on the page where none fits
ONE_DAY = timedelta(days=1)
CURRENT = (*UNANSWERED, "accepted")


@dataclass(frozen=True)
class Name:
    """In whose name somebody may ask.

    Attributes:
        code: as the form writes it.
        organisation_id: who asks.
        row: the listing in whose name; None: the organisation alone.
        is_unnamed: that listing does not tell everybody whose it is.
        fits: it is among the matches of what is wanted.
    """

    code: str
    text: str
    organisation_id: int
    row: Row | None = None
    is_unnamed: bool = False
    fits: bool = False


def get_wanted(kind: str, listing_id: int, *, by: Reader) -> Row:
    """A listing with whose holder somebody may want to talk: published, and theirs to find. Raises NotFound."""
    row: Row | None = get_findable(kind, [listing_id], by=by).get(listing_id)
    if row is None:
        raise NotFound("没有找到这一条，或者它现在没有公开。", "可以用搜索找找相近的。")
    return row


def get_case(introduction_id: int, *, by: Reader) -> Introduction:
    """An introduction that somebody may read: as one of the two sides, or as an operator.

    Raises:
        NotFound: there is none, or it is none of theirs: one answer for both.
    """
    row = find_row(Introduction, introduction_id)
    if row is None or not may_read(row, by):
        raise NotFound("没有找到这次对接。", "请从「我的」进入。")
    return row


def may_read(row: Introduction, reader: Reader) -> bool:
    """Whether a reader belongs to one of the two sides, or follows it up."""
    return asks(row, reader) or answers(row, reader) or operator(reader, row)


def names_for(wanted: Row, person: Person) -> list[Name]:
    """In whose names somebody may want to talk: published listings of the other kind, then organisations.

    No achievement meets a demand for money or people: whose firm it is, is not to be told by a box that was ticked.
    """
    table = LISTINGS[wanted.counterpart]
    fitting = Demand.need == "technology" if table is Demand else true()
    query = (
        db.select(table)
        .where(
            table.looked_after_by(person),
            table.findable_by(person),
            # An introduction is begun by an organisation, and only a verified one may.
            table.organisation_id.in_(person.verified_ids),
            table.organisation_id != wanted.organisation_id,
            fitting,
        )
        .order_by(table.published_at.desc(), table.id.desc())
        .limit(MAX_OWN)
    )
    names = []
    for row in db.session.scalars(query):
        # Whether everybody may know whose it is: this person does in any case.
        unnamed = not knowledge_of(row, Guest()).firm
        suffix = "，未公开单位" if unnamed else ""
        text = f"{row.kind_word}{in_quotes(row.title)}{suffix}"
        code = f"{row.kind}-{row.id}"
        assert row.organisation_id is not None  # noqa: S101
        names.append(Name(code, text, row.organisation_id, row, unnamed))
    for membership in person.memberships:
        number = membership.organisation_id
        if number in person.verified_ids and number != wanted.organisation_id:
            name = membership.organisation.name
            names.append(Name(f"organisation-{number}", f"单位：{name}", number))
    return names


def best_first(names: Sequence[Name], wanted: Row, *, by: Reader) -> list[Name]:
    """The same choices, those first that match best, with their grade; the others follow as they were.

    While the matcher is being prepared all stay as they were: any of them may be chosen.
    """
    try:
        answer = top_matches(wanted, by, top=TOP)
    except SearchUnavailable:
        return list(names)
    by_listing = {one.row.id: one for one in names if one.row is not None}
    ordered: dict[str, Name] = {}
    for offer in (*answer.chosen, *answer.offers):
        name = by_listing.get(offer.row.id)
        if name is not None:
            grade = f"（{GRADE_NAMES[offer.grade]}）" if offer.grade else ""
            ordered[name.code] = replace(name, text=name.text + grade, fits=True)
    for name in names:
        ordered.setdefault(name.code, name)
    return list(ordered.values())


def open_choices(names: Sequence[Name]) -> set[str]:
    """Codes of the choices that stand open on the page: what fits, else the newest few, and the organisations."""
    listings = [one for one in names if one.row is not None]
    fitting = [one for one in listings if one.fits] or listings[:FEW]
    organisations = [one for one in names if one.row is None]
    return {one.code for one in (*fitting, *organisations)}


def current_between(row: Row, organisation_ids: Sequence[int]) -> Introduction | None:
    """What goes on between the holder of a listing and some organisations; None where nothing does."""
    query = db.select(Introduction).where(
        Introduction.wanted_kind == row.kind,
        Introduction.wanted_id == row.id,
        Introduction.asking_organisation_id.in_(organisation_ids),
        Introduction.state.in_(CURRENT),
    )
    found: Introduction | None = db.session.scalars(
        query.order_by(Introduction.id.desc()).limit(1)
    ).first()
    return found


def begun_lately(organisation_id: int) -> int:
    """How many introductions an organisation has begun within a day."""
    query = db.select(func.count()).select_from(Introduction)
    # 24 hours and no day of the calendar: around midnight a limit would be doubled.
    lately = Introduction.created_at > now() - ONE_DAY
    of_firm = Introduction.asking_organisation_id == organisation_id
    return db.session.scalar(query.where(of_firm, lately)) or 0


def waiting_for(person: Reader) -> list[Introduction]:
    """The introductions that wait for an answer of somebody, the most urgent first."""
    query = db.select(Introduction).where(
        Introduction.state.in_(UNANSWERED), _answered_by(person)
    )
    ordered = query.order_by(Introduction.due_on, Introduction.id).limit(PAGE)
    return with_rows(db.session.scalars(ordered).all())


def waiting_count(person: Reader) -> Count | int:
    """How many those are: the header of every page asks."""
    if person.id is None:
        return 0
    return Count(_waiting_query(), numbers_of(person))


@cache
def _waiting_query() -> Any:
    """Built once: building takes longer than counting."""
    query = db.select(func.count()).select_from(Introduction)
    condition = and_(Introduction.state.in_(UNANSWERED), _answered_by(SOMEBODY))
    return query.where(condition)


def own_count(person: Reader) -> int:
    """How many introductions a person takes part in."""
    query = db.select(func.count()).select_from(Introduction)
    return db.session.scalar(query.where(_takes_part(person))) or 0


def own_page(person: Reader, page: int) -> tuple[list[Introduction], Page]:
    """A page of everything a person takes part in, newest first, and the arithmetic of the pages."""
    arithmetic = Page(own_count(person), PAGE)
    query = (
        db.select(Introduction)
        .where(_takes_part(person))
        .order_by(Introduction.id.desc())
        .offset(arithmetic.offset(page))
        .limit(PAGE)
    )
    return with_rows(db.session.scalars(query).all()), arithmetic


@as_count()
def overdue_count() -> Any:
    """How many nobody has answered in time."""
    query = db.select(func.count()).select_from(Introduction)
    return query.where(Introduction.state == "overdue")


def overdue_page(page: int) -> tuple[list[Introduction], Page]:
    """A page of those, the oldest first, and the arithmetic of the pages."""
    arithmetic = Page(int(overdue_count()), PAGE)
    query = (
        db.select(Introduction)
        .where(Introduction.state == "overdue")
        .order_by(Introduction.due_on, Introduction.id)
        .offset(arithmetic.offset(page))
        .limit(PAGE)
    )
    return with_rows(db.session.scalars(query).all()), arithmetic


def lapsed(day: date) -> list[Introduction]:
    """Those whose last day was before a day."""
    query = db.select(Introduction).where(
        Introduction.state == "waiting", Introduction.due_on < day
    )
    return list(db.session.scalars(query.order_by(Introduction.id)))


def begun_by(person: Person) -> Iterator[Introduction]:
    """Everything a person began, for the copy of their data."""
    query = db.select(Introduction).where(Introduction.asked_by_id == person.id)
    yield from db.session.scalars(query.order_by(Introduction.id))


def with_rows(found: Sequence[Introduction]) -> list[Introduction]:
    """The introductions with their listings: a statement a kind, not two a row."""
    places = []
    for one in found:
        places.append((one.wanted_kind, one.wanted_id))
        if one.own_kind is not None and one.own_id is not None:
            places.append((one.own_kind, one.own_id))
    rows = load_rows(places)
    for one in found:
        # Set where `cached_property` looks first, so that nothing is loaded later.
        one.wanted = rows[one.wanted_kind, one.wanted_id]
        if one.own_kind is not None and one.own_id is not None:
            one.own = rows[one.own_kind, one.own_id]
    return list(found)


def visible_listings(cases: Iterable[Introduction], reader: Reader) -> set[Key]:
    """Those listings of introductions whose pages a reader may open: a statement a kind."""
    ids: dict[str, set[int]] = defaultdict(set)
    for case in cases:
        ids[case.wanted_kind].add(case.wanted_id)
        if case.own_kind is not None and case.own_id is not None:
            ids[case.own_kind].add(case.own_id)
    visible = set()
    for kind, numbers in ids.items():
        table = LISTINGS[kind]
        query = db.select(table.id).where(table.id.in_(numbers))
        for number in db.session.scalars(query.where(table.visible_to(reader))):
            visible.add((kind, number))
    return visible


def _takes_part(person: Reader) -> ColumnElement[bool]:
    return or_(_asked_by(person), _answered_by(person))


def _asked_by(person: Reader) -> ColumnElement[bool]:
    """Filter: `asks`, of many rows."""
    mine = and_(
        # Only as long as they belong to the organisation in whose name they began it.
        Introduction.asked_by_id == person.id,
        Introduction.asking_organisation_id.in_(person.active_ids),
    )
    return or_(mine, Introduction.asking_organisation_id.in_(person.handled_ids))


def _answered_by(person: Reader) -> ColumnElement[bool]:
    """Filter: `answers`, of many rows."""
    kinds = []
    for kind, table in LISTINGS.items():
        given = table.id.in_(looked_after(kind, person.broker_numbers))
        ids = db.select(table.id).where(or_(table.looked_after_by(person), given))
        kinds.append(
            and_(Introduction.wanted_kind == kind, Introduction.wanted_id.in_(ids))
        )
    return or_(*kinds)


def last_message(case: Introduction) -> IntroductionMessage | None:
    """What was written last, read from the database: the list of the row may be older."""
    query = db.select(IntroductionMessage).filter_by(introduction_id=case.id)
    ordered = query.order_by(IntroductionMessage.id.desc()).limit(1)
    row: IntroductionMessage | None = db.session.scalar(ordered)
    return row
