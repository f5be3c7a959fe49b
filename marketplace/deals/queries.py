"""What is read of deals: whose they are, what waits for whom, what is public of them.
Not here: a deal as it stood on a day (standing).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_

from marketplace.brokerage.queries import carried_introductions
from marketplace.clock import now, today
from marketplace.counting import Count, as_count
from marketplace.deals import terms
from marketplace.deals.child_models import DealObjection, DealPublicity
from marketplace.deals.disclosure import carries, side_of
from marketplace.deals.life import RUNNING
from marketplace.deals.models import SIDES, Deal, SideName
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.introductions.models import Introduction
from marketplace.introductions.queries import may_read
from marketplace.listings.queries import looked_after
from marketplace.lookup_codes import hash_of
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, assigned_broker, may
from marketplace.persistence import Page, find_row
from marketplace.rules.content import Value
from marketplace.rules.queries import thawed
from marketplace.workdays.calendar import Deadline

PAGE = 20
NO_DEAL = NotFound("没有找到这笔交易。", "请从「我的」进入。")
NO_PUBLICITY = NotFound("没有找到这项公示。", "请从「公示」进入。")
NO_OBJECTION = NotFound("没有找到这份异议。", "请核对受理编号和查询码，两个都要对。")


def get_deal(deal_id: int, *, by: Reader) -> Deal:
    """A deal that somebody may read. Raises NotFound: there is none, or it is none of theirs."""
    row = find_row(Deal, deal_id)
    if row is None or not may(by, "deal.read", row):
        raise NO_DEAL
    return row


def get_introduction(number: int, *, by: Reader) -> Introduction:
    """An introduction from which somebody may propose a deal, or whose page they may read. Raises NotFound."""
    row = find_row(Introduction, number)
    if row is None or not (proposing_side(row, by) or may_read(row, by)):
        raise NotFound("没有找到这次对接。", "请从「我的」进入。")
    return row


def deal_of(case: Introduction) -> Deal | None:
    """The deal that goes on, or was carried out, between the two sides of an introduction."""
    query = db.select(Deal).where(
        Deal.introduction_id == case.id, Deal.state != "terminated"
    )
    found: Deal | None = db.session.scalar(query)
    return found


def proposing_side(case: Introduction, person: Reader) -> SideName | str | None:
    """For which side somebody may propose a deal; `broker` for one who serves a side; None: not at all."""
    # A deal that is not stored yet tells who belongs to which side.
    side = side_of(person, draft_of(case))
    if side is not None:
        return side
    for row in (case.wanted, case.own):
        if row is not None and assigned_broker(person, row):
            return "broker"
    return "broker" if person.mediates and carries(case.id, person) else None


def draft_of(case: Introduction) -> Deal:
    """A deal of an introduction with its two sides, in no session: who holds the technology and who receives it."""
    wanted, own = case.wanted, case.own
    decided = case.decided_by
    wanted_person = wanted.owner_id
    if decided is not None and wanted.organisation_id in decided.organisation_ids:
        wanted_person = decided.id
    answering = (wanted.organisation_id, wanted_person)
    asking = (case.asking_organisation_id, case.asked_by_id)
    holds = answering if case.wanted_kind == "achievement" else asking
    receives = asking if case.wanted_kind == "achievement" else answering
    achievement = wanted if case.wanted_kind == "achievement" else own
    demand = own if case.wanted_kind == "achievement" else wanted
    return Deal(
        introduction_id=case.id,
        achievement_id=achievement.id if achievement is not None else None,
        demand_id=demand.id if demand is not None else None,
        title=wanted.title,
        holder_organisation_id=holds[0],
        holder_person_id=holds[1],
        receiver_organisation_id=receives[0],
        receiver_person_id=receives[1],
    )


def holder_of(case: Introduction) -> Organisation:
    """The organisation that holds the technology in a deal of an introduction."""
    return db.session.get_one(Organisation, draft_of(case).holder_organisation_id)


def own_page(person: Reader, page: int) -> tuple[list[Deal], Page]:
    """A page of the deals somebody takes part in, running ones first, and the arithmetic of the pages."""
    own = db.select(Deal).where(_takes_part(person))
    return _page_of(own, page, Deal.state.not_in(RUNNING), Deal.id.desc())


def running_page(page: int) -> tuple[list[Deal], Page]:
    """A page of all running deals, those whose term is over first, for the operators."""
    running = db.select(Deal).where(Deal.state.in_(RUNNING))
    return _page_of(running, page, Deal.due_on, Deal.id)


@as_count(day=today)
def overdue_count() -> Any:
    """How many running deals are past their term."""
    late = Deal.due_on < bindparam("day")
    return db.select(func.count()).where(Deal.state.in_(RUNNING), late)


def own_count(person: Reader) -> int:
    """How many deals somebody takes part in."""
    return _count(db.select(Deal).where(_takes_part(person)))


def waiting_for(person: Reader) -> list[Deal]:
    """The deals that wait for somebody, the most urgent first."""
    query = db.select(Deal).where(_waits_for(seats_of(person)))
    ordered = query.order_by(Deal.due_on, Deal.id).limit(PAGE)
    return list(db.session.scalars(ordered))


def waiting_count(person: Reader) -> Count | int:
    """How many those are: the header of every page asks."""
    if person.id is None:
        return 0
    return Count(_waiting_query(), vars(seats_of(person)))


@cache
def _waiting_query() -> Any:
    """Built once: building takes longer than counting (109)."""
    return db.select(func.count()).select_from(Deal).where(_waits_for(ANYBODY))


def running_of(introduction_ids: Sequence[int]) -> list[Deal]:
    """The deals that go on between the sides of some introductions."""
    query = db.select(Deal).where(
        Deal.introduction_id.in_(introduction_ids), Deal.state.in_(RUNNING)
    )
    return list(db.session.scalars(query.order_by(Deal.id)))


def carried_by(person: Reader) -> Iterator[Deal]:
    """Everything a person carries for a side or has proposed."""
    query = db.select(Deal).where(
        or_(
            Deal.holder_person_id == person.id,
            Deal.receiver_person_id == person.id,
            Deal.proposed_by_id == person.id,
        )
    )
    yield from db.session.scalars(query.order_by(Deal.id))


def public_page(page: int) -> tuple[list[DealPublicity], Page]:
    """A page of what is or was made public, what runs first, then the newest."""
    query = db.select(DealPublicity)
    total = db.session.scalar(db.select(func.count()).select_from(DealPublicity)) or 0
    arithmetic = Page(total, PAGE)
    ordered = query.order_by(DealPublicity.state != "running", DealPublicity.id.desc())
    rows = db.session.scalars(ordered.offset(arithmetic.offset(page)).limit(PAGE))
    return list(rows), arithmetic


def get_publicity(publicity_id: int) -> DealPublicity:
    """A publicity, which anybody may read. Raises NotFound."""
    row = find_row(DealPublicity, publicity_id)
    if row is None:
        raise NO_PUBLICITY
    return row


def deadline_of(publicity: DealPublicity) -> Deadline:
    """The end of a publicity, with the years whose days off may still move it."""
    return Deadline(publicity.ends_on, tuple(publicity.unannounced))


def rule_of(publicity: DealPublicity) -> Value:
    """The rule a publicity goes by for its days: that of the day its deal began."""
    deal = db.session.get_one(Deal, publicity.deal_id)
    return thawed(deal.rules)[terms.PUBLICITY_DAYS]


def takes_objections(publicity: DealPublicity) -> bool:
    """Whether somebody may object now: until 24:00 of the last day in China."""
    return publicity.state == "running" and now() < deadline_of(publicity).end


def due_publicities() -> list[DealPublicity]:
    """What runs, and was to end by now or may have been moved by a notice of days off."""
    query = db.select(DealPublicity).where(DealPublicity.state == "running")
    return list(db.session.scalars(query.order_by(DealPublicity.id)))


def publicised_deals(achievement_id: int) -> list[Deal]:
    """The deals about an achievement whose publicity runs, or is over and not followed by a contract yet."""
    query = db.select(Deal).where(
        Deal.achievement_id == achievement_id,
        Deal.publicity_due,
        Deal.state.in_(("in_publicity", "approved")),
    )
    return list(db.session.scalars(query.order_by(Deal.id)))


def has_open_objection(achievement_id: int) -> bool:
    """Whether somebody objects to what is made public of an achievement, and waits for the answer."""
    query = db.select(Deal.id).where(
        Deal.achievement_id == achievement_id, Deal.state == "objection"
    )
    return db.session.scalars(query.limit(1)).first() is not None


def objections_of(person_id: int) -> Iterator[DealObjection]:
    """What a person objected to, oldest first."""
    query = db.select(DealObjection).filter_by(by_id=person_id)
    yield from db.session.scalars(query.order_by(DealObjection.id))


def objection_of(code: str) -> DealObjection | None:
    """The objection with that code."""
    query = db.select(DealObjection).where(DealObjection.code_hash == hash_of(code))
    row: DealObjection | None = db.session.scalar(query)
    return row


def objection_by_number(number: str, code: str) -> DealObjection:
    """An objection for who knows its number and code. Raises NotFound: one answer whichever is wrong."""
    row = objection_of(code)
    if row is None or row.number != "".join(number.split()).upper():
        raise NO_OBJECTION
    return row


def get_objection(deal: Deal, objection_id: int) -> DealObjection:
    """An objection to a deal. Raises NotFound."""
    for row in deal.objections:
        if row.id == objection_id:
            return row
    raise NO_OBJECTION


def _page_of(
    query: Select[tuple[Deal]], page: int, *order: Any
) -> tuple[list[Deal], Page]:
    arithmetic = Page(_count(query), PAGE)
    ordered = query.order_by(*order)
    rows = db.session.scalars(ordered.offset(arithmetic.offset(page)).limit(PAGE))
    return list(rows), arithmetic


def _count(query: Select[tuple[Deal]]) -> int:
    return db.session.scalar(db.select(func.count()).select_from(query.subquery())) or 0


@dataclass(frozen=True)
class Seats:
    """For whom a statement looks for deals.

    Attributes:
        person_id: who carries them.
        active_ids: the organisations in which they are active.
        answering_ids: the organisations for whose decisions they answer.
    """

    person_id: Any
    active_ids: Any
    answering_ids: Any


# Whose numbers are named when a statement is carried out: for those that are built once, with `vars(seats_of(person))`.
ANYBODY = Seats(
    bindparam("person_id"),
    bindparam("active_ids", expanding=True),
    bindparam("answering_ids", expanding=True),
)


def seats_of(person: Reader) -> Seats:
    """The numbers of a person."""
    answering = {*person.handled_ids, *person.administered_ids}
    return Seats(person.id, sorted(person.active_ids), sorted(answering))


def of_sides(seats: Seats) -> ColumnElement[bool]:
    """Filter: `side_of`, of many rows."""
    return or_(*(_acts_for(seats, side) for side in SIDES))


def of_holder(seats: Seats) -> ColumnElement[bool]:
    """Filter: `side_of` says the holder, of many rows."""
    return _acts_for(seats, "holder")


def _takes_part(person: Reader) -> ColumnElement[bool]:
    return or_(of_sides(seats_of(person)), _given(person))


def _waits_for(seats: Seats) -> ColumnElement[bool]:
    """Filter: the station waits for a side of somebody. Approvals are for the desk and the administrators."""
    holder, receiver = (_acts_for(seats, side) for side in SIDES)
    approver = Deal.holder_organisation_id.in_(seats.answering_ids)
    return and_(
        Deal.state.in_(RUNNING),
        or_(
            and_(Deal.turn.in_(("holder", "both")), holder),
            and_(Deal.turn.in_(("receiver", "both")), receiver),
            and_(Deal.turn == "approver", approver),
        ),
    )


def _acts_for(seats: Seats, side: str) -> ColumnElement[bool]:
    """Filter: `of_holder` or `of_receiver`, of many rows."""
    organisation = getattr(Deal, f"{side}_organisation_id")
    carries = and_(
        getattr(Deal, f"{side}_person_id") == seats.person_id,
        organisation.in_(seats.active_ids),
    )
    return or_(carries, organisation.in_(seats.answering_ids))


def _given(person: Reader) -> ColumnElement[bool]:
    """Filter: a listing of the deal was given to this broker, or a case of theirs has led to it."""
    numbers = person.broker_numbers
    return or_(
        Deal.introduction_id.in_(carried_introductions(numbers)),
        Deal.achievement_id.in_(looked_after("achievement", numbers)),
        Deal.demand_id.in_(looked_after("demand", numbers)),
    )
