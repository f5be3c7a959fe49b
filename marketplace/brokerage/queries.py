"""What is read of cases: whose they are, the board and the table, what waits for whom, who may be dispatched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_
from sqlalchemy.orm import joinedload, selectinload

from marketplace import contributions
from marketplace.accounts.models import Person
from marketplace.brokerage.child_models import (
    SIDES,
    CaseSide,
    CommissionAgreement,
    SideName,
)
from marketplace.brokerage.disclosure import (
    Side,
    Standing,
    side_for,
    sides_held,
    standing_of,
)
from marketplace.brokerage.life import (
    COLUMN_OF,
    COLUMNS,
    RUNNING,
)
from marketplace.brokerage.models import BrokerageCase, pair_key
from marketplace.brokerage.turns import Turn, turn_of
from marketplace.clock import now, today
from marketplace.counting import Count, as_count
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.introductions.models import Introduction
from marketplace.introductions.queries import may_read
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.listings.queries import get_findable, without_children
from marketplace.listings.worklists import SOMEBODY, numbers_of
from marketplace.permissions import Reader, may, operator
from marketplace.persistence import Page, find_row
from marketplace.profiles import queries as profile_queries

PAGE = 20
MAX_CARDS = 30  # of a column
MAX_TASKS = 100
DEAL_DAYS = 365  # a deal stays on the board so long


@dataclass(frozen=True)
class Filters:
    """What the board and the table are narrowed to; what is empty narrows nothing."""

    column: str = ""
    late: bool = False
    ended: bool = False


@dataclass(frozen=True)
class Card:
    """A case as boards, tables and lists show it.

    Attributes:
        case: its row.
        sides: both, as the reader may know them.
        turn: who must act; None: nobody, it is over.
        who: in words.
        days: how many days it has been in its column.
    """

    case: BrokerageCase
    sides: tuple[Side, Side]
    turn: Turn | None
    who: str
    days: int


@dataclass(frozen=True)
class Candidate:
    """A broker whom a case may be given to.

    Attributes:
        person: who it is.
        knows_field: whether they named a field of the pair.
        load: how many things they look after now.
    """

    person: Person
    knows_field: bool
    load: int


def get_case(case_id: int, *, by: Reader) -> BrokerageCase:
    """A case that somebody may read.

    Raises:
        NotFound: there is none, or it is none of theirs: one answer for both.
    """
    row = find_row(BrokerageCase, case_id)
    if row is None or not may(by, "brokerage.read", row):
        raise NotFound("没有找到这件撮合。", "请从「我的」进入。")
    return row


def get_pair(
    achievement_id: int | None, demand_id: int | None, *, by: Reader
) -> tuple[Achievement, Demand]:
    """The two listings of a pair that somebody proposes: both published, and theirs to find. Raises NotFound."""
    achievement = _findable("achievement", achievement_id, by)
    demand = _findable("demand", demand_id, by)
    if not isinstance(achievement, Achievement) or not isinstance(demand, Demand):
        raise NotFound(
            "没有找到这一对里的某一条，或者它现在没有公开。", "从匹配列表里重新选一对。"
        )
    return achievement, demand


def _findable(kind: str, number: int | None, by: Reader) -> Any:
    if number is None:
        return None
    return get_findable(kind, [number], by=by).get(number)


def current_case(key: str) -> BrokerageCase | None:
    """The case of a pair that goes on, or became a deal."""
    query = db.select(BrokerageCase).where(
        BrokerageCase.pair_key == key, BrokerageCase.state != "terminated"
    )
    found: BrokerageCase | None = db.session.scalar(query)
    return found


def case_of_pair(achievement: Achievement, demand: Demand) -> BrokerageCase | None:
    """The case of two published listings that goes on, or became a deal; None: there is none."""
    assert achievement.organisation_id is not None  # noqa: S101  what is published has an owner
    assert demand.organisation_id is not None  # noqa: S101
    key = pair_key(
        achievement.organisation_id,
        demand.organisation_id,
        achievement.id,
        demand.id,
    )
    return current_case(key)


def case_of_introduction(introduction_id: int) -> BrokerageCase | None:
    """The newest case in which both sides came together by an introduction; None where no broker carries it."""
    query = db.select(BrokerageCase).where(
        BrokerageCase.introduction_id == introduction_id
    )
    found: BrokerageCase | None = db.session.scalars(
        query.order_by(BrokerageCase.id.desc()).limit(1)
    ).first()
    return found


def cards_of(cases: Sequence[BrokerageCase], reader: Reader) -> list[Card]:
    """Cases as a reader may know them: a statement a kind of listing, not two a case."""
    open_ids = _open_listings(cases, reader)
    lines = _lines_above(cases)
    # Asks the database each time that it is read.
    numbers = reader.broker_numbers
    cards = []
    for case in cases:
        sides = _sides(case, standing_of(case, reader, numbers), open_ids)
        turn = lines.get(case.id) or turn_of(case)
        names: dict[str, str] = {one.code: one.name for one in sides}
        if case.broker is not None:
            names["broker"] = f"技术经理人{case.broker.name}"
            if case.broker_id == reader.id:
                names["broker"] = "您"
        who = "" if turn is None else turn.who(names)
        days = (now() - case.entered_at).days
        cards.append(Card(case, sides, turn, who, days))
    return cards


def board(reader: Reader, filters: Filters) -> dict[str, tuple[int, list[Card]]]:
    """Column → how many cases stand in it, and the first of them, the most urgent first."""
    mine = _on_desk(reader, filters)
    columns: dict[str, tuple[int, list[Card]]] = {}
    cases: list[BrokerageCase] = []
    for column in COLUMNS:
        where = (*mine, _in_column(column))
        columns[column] = (_count(*where), [])
        query = _whole(db.select(BrokerageCase).where(*where))
        # Collected over all columns, so that the cards take one round of statements and not five.
        cases += db.session.scalars(query.order_by(*_by_urgency()).limit(MAX_CARDS))
    for card in cards_of(cases, reader):
        own_column = card.case.column
        assert own_column is not None  # noqa: S101  it was found by one
        columns[own_column][1].append(card)
    return columns


def table(reader: Reader, filters: Filters, page: int) -> tuple[list[Card], Page]:
    """A page of the same as a list by last day, and the arithmetic of the pages."""
    where = _on_desk(reader, filters)
    if filters.ended:
        where.append(BrokerageCase.state == "terminated")
    elif filters.column in COLUMNS:
        where.append(_in_column(filters.column))
    else:
        where.append(or_(*(_in_column(one) for one in COLUMNS)))
    return _page_of(*where, order=_by_urgency(), page=page, reader=reader)


def waiting_for(person: Reader) -> list[Card]:
    """The cases in which somebody must act: as their broker, or for a side. The operators' stand in their queue."""
    if person.id is None:
        return []
    query = _whole(db.select(BrokerageCase).where(_waits_for(person)))
    cases = db.session.scalars(query.order_by(*_by_urgency()).limit(MAX_TASKS)).all()
    return cards_of(cases, person)


def waiting_count(person: Reader) -> Count | int:
    """How many those are: the header of every page asks."""
    if person.id is None:
        return 0
    return Count(_waiting_query(), numbers_of(person))


@cache
def _waiting_query() -> Any:
    """Built once: building takes longer than counting."""
    query = db.select(func.count()).select_from(BrokerageCase)
    return query.where(_waits_for(SOMEBODY))


def own_cases(person: Reader) -> int:
    """How many cases somebody takes part in for a side."""
    return _count(_known_to(person))


def own_page(person: Reader, page: int) -> tuple[list[Card], Page]:
    """A page of those, newest first, and the arithmetic of the pages."""
    newest = (BrokerageCase.id.desc(),)
    return _page_of(_known_to(person), order=newest, page=page, reader=person)


def referred_by(person: Reader) -> list[BrokerageCase]:
    """The cases that somebody referred, newest first."""
    query = db.select(BrokerageCase).where(BrokerageCase.referrer_id == person.id)
    newest = query.order_by(BrokerageCase.id.desc()).limit(PAGE)
    return list(db.session.scalars(newest))


# -- the operators' queue ----------------------------------------------------------------------------------------------


@as_count(day=today)
def queue_count() -> Any:
    """How many cases wait for an operator: leads, those without a broker, and what is late."""
    query = db.select(func.count()).select_from(BrokerageCase)
    return query.where(_waits_for_operators(bindparam("day")))


def queue_page(page: int, reader: Reader) -> tuple[list[Card], Page]:
    """A page of those, the most urgent first, and the arithmetic of the pages."""
    where = _waits_for_operators(today())
    return _page_of(where, order=_by_urgency(), page=page, reader=reader)


def candidates_for(case: BrokerageCase) -> list[Candidate]:
    """The brokers whom a case may be given to: who knows its field first, then who has least to do, then by name."""
    people = profile_queries.acting_brokers()
    profiles = profile_queries.profiles_of(people)
    loads = contributions.broker_loads(one.id for one in people)
    fields: set[str] = set()
    for side in SIDES:
        listing = case.listing_of(side)
        codes = [] if listing is None else listing.field_codes
        # The main field alone: the two figures at the front, whichever of its subfields is named.
        fields.update(code[:2] for code in codes)
    found = []
    for person in people:
        profile = profiles.get(person.id)
        named = set() if profile is None else {code[:2] for code in profile.field_codes}
        found.append(Candidate(person, bool(fields & named), loads[person.id]))
    found.sort(
        key=lambda one: (not one.knows_field, one.load, one.person.name, one.person.id)
    )
    return found


def broker_loads(ids: list[int]) -> Iterator[tuple[int, int]]:
    """Id of a broker → how many running cases they carry."""
    query = (
        db.select(BrokerageCase.broker_id, func.count())
        .where(BrokerageCase.broker_id.in_(ids), BrokerageCase.state.in_(RUNNING))
        .group_by(BrokerageCase.broker_id)
    )
    for number, count in db.session.execute(query).tuples():
        if number is not None:
            yield number, count


# -- brokers -----------------------------------------------------------------------------------------------------------


def carried_by(person_id: int) -> list[BrokerageCase]:
    """The running cases of a broker."""
    carried = BrokerageCase.broker_id == person_id
    query = db.select(BrokerageCase).where(carried, BrokerageCase.state.in_(RUNNING))
    return list(db.session.scalars(query.order_by(BrokerageCase.id)))


def broker_of_introduction(introduction: Introduction) -> int | None:
    """The broker who serves one of its listings: of the side that answers first, by number; None: nobody does."""
    for row in (introduction.wanted, introduction.own):
        if row is not None and row.broker_ids:
            acting = {one.id for one in profile_queries.acting_brokers()}
            # By number: of several brokers it is the same one each time.
            serving = sorted(acting & set(row.broker_ids))
            if serving:
                return serving[0]
    return None


# -- pieces ------------------------------------------------------------------------------------------------------------


def _count(*where: ColumnElement[bool]) -> int:
    query = db.select(func.count()).select_from(BrokerageCase)
    return db.session.scalar(query.where(*where)) or 0


def _page_of(
    *where: ColumnElement[bool], order: tuple[Any, ...], page: int, reader: Reader
) -> tuple[list[Card], Page]:
    """A page of cards, and the arithmetic of the pages."""
    arithmetic = Page(_count(*where), PAGE)
    query = _whole(db.select(BrokerageCase).where(*where)).order_by(*order)
    cases = db.session.scalars(query.offset(arithmetic.offset(page)).limit(PAGE)).all()
    return cards_of(cases, reader), arithmetic


def _whole(query: Select[Any]) -> Select[Any]:
    """With everything a card names, in a few statements for all of them."""
    # A card has titles and no figures: child rows would take five statements a column of the board.
    achievement = joinedload(BrokerageCase.achievement)
    demand = joinedload(BrokerageCase.demand)
    return query.options(
        achievement.options(*without_children("achievement")),
        demand.options(*without_children("demand")),
        joinedload(BrokerageCase.holder),
        joinedload(BrokerageCase.receiver),
        joinedload(BrokerageCase.broker),
        joinedload(BrokerageCase.introduction),
        selectinload(BrokerageCase.sides),
        selectinload(BrokerageCase.declarations),
        selectinload(BrokerageCase.agreements),
    )


def _by_urgency() -> tuple[Any, ...]:
    # A deal has no day here, and stands last.
    return BrokerageCase.due_on.is_(None), BrokerageCase.due_on, BrokerageCase.id


def _in_column(column: str) -> ColumnElement[bool]:
    """Filter: `BrokerageCase.column`, of many rows."""
    states = [state for state, name in COLUMN_OF.items() if name == column]
    inside = BrokerageCase.state.in_(states)
    held = and_(BrokerageCase.state == "on_hold", BrokerageCase.held_from.in_(states))
    if column == "deal":
        since = now() - timedelta(days=DEAL_DAYS)
        return and_(inside, BrokerageCase.ended_at > since)
    return or_(inside, held)


def _on_desk(reader: Reader, filters: Filters) -> list[ColumnElement[bool]]:
    """Whose desk it is, and what it is narrowed to."""
    where: list[ColumnElement[bool]] = []
    if not operator(reader, None):
        where.append(BrokerageCase.broker_id.in_(reader.broker_numbers))
    if filters.late:
        where.append(BrokerageCase.due_on < today())
    return where


def _waits_for(person: Reader) -> ColumnElement[bool]:
    """Filter: cases that run and whose `turn_of` is somebody's, as their broker or for one of their sides."""
    state = BrokerageCase.state
    consenting = and_(state == "dispatched", BrokerageCase.declared_at.is_not(None))
    answering = and_(state == "matching", BrokerageCase.asked_at.is_not(None))
    carrying = or_(
        state.in_(("meeting", "intention", "on_hold")),
        and_(state == "dispatched", BrokerageCase.declared_at.is_(None)),
        and_(
            state == "matching",
            or_(
                BrokerageCase.asked_at.is_(None),
                ~BrokerageCase.sides.any(answer="waiting"),
            ),
        ),
    )
    parts = [and_(carrying, BrokerageCase.broker_id.in_(person.broker_numbers))]
    # As `BrokerageCase.lacking_consent`: consent to an earlier dispatch is none to this one.
    lacks_consent = or_(
        CaseSide.consented_at.is_(None),
        CaseSide.consented_at < BrokerageCase.declared_at,
    )
    for side, held in _held_sides(person).items():
        turn = or_(
            and_(answering, BrokerageCase.sides.any(side=side, answer="waiting")),
            and_(consenting, BrokerageCase.sides.any(lacks_consent, side=side)),
        )
        parts.append(and_(turn, held))
    return or_(*parts)


def _held_sides(person: Reader) -> dict[SideName, ColumnElement[bool]]:
    """Side → filter: `sides_held`, of many rows."""
    requested = db.select(Introduction.id).where(
        Introduction.asked_by_id == person.id,
        Introduction.asking_organisation_id.in_(person.active_ids),
    )
    places: tuple[tuple[SideName, Any, Any, Any], ...] = (
        (
            "holder",
            Achievement,
            BrokerageCase.achievement_id,
            BrokerageCase.holder_organisation_id,
        ),
        (
            "receiver",
            Demand,
            BrokerageCase.demand_id,
            BrokerageCase.receiver_organisation_id,
        ),
    )
    held = {}
    for side, listing, column, organisation in places:
        mine = db.select(listing.id).where(listing.looked_after_by(person))
        alone = or_(
            organisation.in_(person.handled_ids),
            BrokerageCase.introduction_id.in_(requested),
        )
        held[side] = or_(column.in_(mine), and_(column.is_(None), alone))
    return held


def _known_to(person: Reader) -> ColumnElement[bool]:
    """Filter: cases of which a side of somebody knows."""
    known = or_(
        BrokerageCase.introduction_id.is_not(None),
        BrokerageCase.asked_at.is_not(None),
        and_(
            BrokerageCase.state == "dispatched", BrokerageCase.declared_at.is_not(None)
        ),
    )
    return and_(known, or_(*_held_sides(person).values()))


def _waits_for_operators(day: Any) -> ColumnElement[bool]:
    # What a broker or a side is late with, and what was put off until a day that is past.
    late = and_(BrokerageCase.state.in_(RUNNING), BrokerageCase.due_on < day)
    return or_(BrokerageCase.state.in_(("lead", "qualified")), late)


def _open_listings(
    cases: Iterable[BrokerageCase], reader: Reader
) -> set[tuple[str, int]]:
    """Those listings of cases whose pages a reader may open: a statement a kind."""
    ids: dict[str, set[int]] = {kind: set() for kind in LISTINGS}
    for case in cases:
        for side in SIDES:
            listing = case.listing_of(side)
            if listing is not None:
                ids[listing.kind].add(listing.id)
    found = set()
    for kind, numbers in ids.items():
        if not numbers:
            continue
        rows = LISTINGS[kind]
        query = db.select(rows.id).where(rows.id.in_(numbers), rows.visible_to(reader))
        found |= {(kind, number) for number in db.session.scalars(query)}
    return found


def _sides(
    case: BrokerageCase, standing: Standing, open_ids: set[tuple[str, int]]
) -> tuple[Side, Side]:
    def one(side: SideName) -> Side:
        listing = case.listing_of(side)
        opens = listing is not None and (listing.kind, listing.id) in open_ids
        return side_for(case, side, standing, opens=opens)

    return one("holder"), one("receiver")


def _lines_above(cases: Iterable[BrokerageCase]) -> dict[int, Turn]:
    """Number of a case → who must act, as the room of its deal says it (`contributions.deal_lines`)."""
    began = {one.introduction_id: one.id for one in cases if one.state == "deal"}
    numbers = [number for number in began if number is not None]
    if not numbers:
        return {}
    lines = {}
    for introduction_id, actors, what, due_on in contributions.deal_lines(numbers):
        lines[began[introduction_id]] = Turn(actors, what, due_on)
    return lines


# -- the page of a case ------------------------------------------------------------------------------------------------


def represented_by(case: BrokerageCase, reader: Reader) -> int | None:
    """In whose place somebody acts: the broker of the case, where the reader stands in for them; else nobody's."""
    broker_id = case.broker_id
    if broker_id is None or broker_id == reader.id:
        return None
    # They act in their own right, and History must not say that they stood in for the broker (decision 097).
    if operator(reader, case) or sides_held(case, reader):
        return None
    return broker_id if broker_id in reader.broker_numbers else None


def shown_agreement(case: BrokerageCase, reader: Reader) -> CommissionAgreement | None:
    """The commission as far as it concerns a reader: its broker, operators, and the sides that pay."""
    agreement = case.agreement
    if agreement is None:
        return None
    if may(reader, "brokerage.end", case):
        return agreement
    # The side that pays nothing need not know what the other one pays.
    concerned = set(agreement.payers) & set(sides_held(case, reader))
    return agreement if concerned else None


def carried_introductions(broker_ids: Collection[int]) -> Select[tuple[int | None]]:
    """The numbers of the introductions that cases of these brokers have led to, for the filters of rooms above."""
    query: Select[tuple[int | None]] = db.select(BrokerageCase.introduction_id)
    return query.where(
        BrokerageCase.introduction_id.is_not(None),
        BrokerageCase.broker_id.in_(broker_ids),
        BrokerageCase.state != "terminated",
    )


def brokers_of(introduction_id: int) -> list[int]:
    """The numbers of the brokers whose cases have led to an introduction."""
    query = db.select(BrokerageCase.broker_id).where(
        BrokerageCase.introduction_id == introduction_id,
        BrokerageCase.broker_id.is_not(None),
        BrokerageCase.state != "terminated",
    )
    return [number for number in db.session.scalars(query) if number is not None]


def opens_introduction(case: BrokerageCase, reader: Reader) -> bool:
    """Whether a reader may open the introduction of a case, where contacts and messages are."""
    return case.introduction is not None and may_read(case.introduction, reader)
