"""What is read of contracts: one, those of a person, those that wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager, selectinload

from marketplace import persistence
from marketplace.contracts.life import AT_OFFICE
from marketplace.contracts.models import (
    ContractConfirmation,
    ContractPaper,
    TechContract,
)
from marketplace.counting import Count
from marketplace.deals.models import Deal
from marketplace.deals.queries import (
    ANYBODY,
    Seats,
    of_holder,
    of_sides,
    seats_of,
)
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.permissions import Reader, may
from marketplace.persistence import Page

SIZE = 20
CONFIRMED = ("confirming",)  # each side confirms for itself
# The seller applies for registration (reference §3.3).
WITH_HOLDER = ("signed", "not_registered", *AT_OFFICE)
WAITING = ("drafting", *CONFIRMED, *WITH_HOLDER)
NOT_FOUND = ("没有找到这份合同。", "可以从「我的」→「合同」进入。")


def get_contract(number: int, *, by: Reader) -> TechContract:
    """A contract that this reader may read. Raises NotFound."""
    row = persistence.find_row(TechContract, number)
    if row is None or not may(by, "contract.read", row):
        raise NotFound(*NOT_FOUND)
    return row


def get_deal(number: int, *, by: Reader) -> Deal:
    """A deal whose contract this reader may write. Raises NotFound."""
    deal = persistence.find_row(Deal, number)
    if deal is None or not may(by, "deal.act", deal):
        raise NotFound("没有找到这笔交易。", "可以从「我的」进入。")
    return deal


def get_paper(contract: TechContract, number: int) -> ContractPaper:
    """A paper of a contract. Raises NotFound."""
    for paper in contract.papers:
        if paper.number == number:
            return paper
    raise NotFound("没有这一稿。", "合同页上列出了每一稿。")


def contract_of(deal: Deal) -> TechContract | None:
    """The contract of a deal."""
    query = db.select(TechContract).filter_by(deal_id=deal.id)
    row: TechContract | None = db.session.scalar(query)
    return row


def own_page(person: Reader, page: int) -> tuple[list[TechContract], Page]:
    """The contracts of one's sides, newest first."""
    query = _own(person)
    total = db.session.scalar(db.select(db.func.count()).select_from(query.subquery()))
    arithmetic = Page(total or 0, SIZE)
    rows = db.session.scalars(
        query.order_by(TechContract.id.desc())
        .limit(SIZE)
        .offset(arithmetic.offset(page))
    )
    return list(rows), arithmetic


def own_count(person: Reader) -> int:
    """How many they are."""
    query = db.select(db.func.count()).select_from(_own(person).subquery())
    return db.session.scalar(query) or 0


def running(person: Reader, states: Sequence[str] = WAITING) -> list[TechContract]:
    """Those of one's sides that wait for something, with what says whose turn it is.

    Args:
        person: who reads them.
        states: those of `WAITING` that are wanted.
    """
    query = (
        _own(person)
        .where(TechContract.state.in_(states))
        # Whose turn it is follows from these; loaded row by row they would be two statements each.
        .options(
            contains_eager(TechContract.deal),
            selectinload(TechContract.papers).selectinload(ContractPaper.confirmations),
        )
    )
    return list(db.session.scalars(query.order_by(TechContract.id)))


def waiting_count(person: Reader, exact: Callable[[], int]) -> Count | int:
    """How many things wait for somebody.

    Args:
        person: whose they are.
        exact: counts the contracts in `CONFIRMED` whose turn is with their side, which the state alone does not say.
    """
    if not person.active_ids:
        return 0
    values = vars(seats_of(person))
    counted = Count(_to_contract_count(), values) + Count(_turn_count(), values)
    return counted + Count(_confirmed_count(), values, exact)


@cache
def _turn_count() -> Select[tuple[int]]:
    """Contracts whose turn is with somebody's side by their state (`turn_of`). Built once: it takes longer (109)."""
    ours = and_(TechContract.state == "drafting", of_sides(ANYBODY))
    holders = and_(TechContract.state.in_(WITH_HOLDER), of_holder(ANYBODY))
    return _counted().where(or_(ours, holders))


@cache
def _confirmed_count() -> Select[tuple[int]]:
    """Contracts of somebody's sides of which a paper is made or confirmed."""
    return _counted().where(TechContract.state.in_(CONFIRMED), of_sides(ANYBODY))


def _counted() -> Select[tuple[int]]:
    # Inner: what came from the register waits for nobody here.
    query = select(func.count(TechContract.id))
    return query.join(Deal, Deal.id == TechContract.deal_id)


@cache
def _to_contract_count() -> Select[tuple[int]]:
    return select(func.count(Deal.id)).where(*_to_contract(ANYBODY))


def deals_to_contract(person: Reader) -> list[Deal]:
    """The approved deals of one's sides that have no contract yet."""
    query = db.select(Deal).where(*_to_contract(seats_of(person)))
    return list(db.session.scalars(query.order_by(Deal.id)))


def _to_contract(seats: Seats) -> tuple[ColumnElement[bool], ...]:
    # Without NULL: `not in` finds nothing at all where the list holds one.
    has_contract = select(TechContract.deal_id).where(TechContract.deal_id.is_not(None))
    return (
        Deal.state == "approved",
        # Until the priority is settled, the deal itself waits for the holder.
        Deal.priority != "",
        Deal.id.not_in(has_contract),
        of_sides(seats),
    )


def at_office_page(page: int) -> tuple[list[TechContract], Page]:
    """Those whose registration the office decides about, the nearest end first."""
    arithmetic = Page(at_office_count(), SIZE)
    query = (
        db.select(TechContract)
        .where(TechContract.state.in_(AT_OFFICE))
        .order_by(TechContract.decide_by, TechContract.id)
        .limit(SIZE)
        .offset(arithmetic.offset(page))
    )
    return list(db.session.scalars(query)), arithmetic


def at_office_count() -> int:
    """How many they are."""
    query = db.select(db.func.count(TechContract.id)).where(
        TechContract.state.in_(AT_OFFICE)
    )
    return db.session.scalar(query) or 0


def unrendered_papers() -> list[int]:
    """Numbers of the papers that have no file yet, oldest first."""
    query = db.select(ContractPaper.id).where(ContractPaper.sha256.is_(None))
    return list(db.session.scalars(query.order_by(ContractPaper.id)))


def with_ends() -> list[TechContract]:
    """The contracts of deals that may have an end to come."""
    # Registered ones too: a patent licence may still have to be recorded.
    query = db.select(TechContract).where(
        TechContract.deal_id.is_not(None),
        TechContract.state.in_(("signed", "not_registered", "registered", *AT_OFFICE)),
    )
    return list(db.session.scalars(query.order_by(TechContract.id)))


def _own(person: Reader) -> Select[tuple[TechContract]]:
    seats = seats_of(person)
    of_register = TechContract.deal_id.is_(None) & or_(
        TechContract.seller_id.in_(seats.answering_ids),
        TechContract.buyer_id.in_(seats.answering_ids),
    )
    query: Select[tuple[TechContract]] = (
        db.select(TechContract)
        .outerjoin(Deal, Deal.id == TechContract.deal_id)
        .where(or_(of_register, of_sides(seats)))
    )
    return query


def confirmed_by(person: Reader) -> list[ContractConfirmation]:
    """What a person confirmed, oldest first."""
    query = db.select(ContractConfirmation).filter_by(by_id=person.id)
    return list(db.session.scalars(query.order_by(ContractConfirmation.id)))


def by_number(numbers: list[int]) -> list[TechContract]:
    """Contracts by their numbers, in that order, with their entries."""
    rows: dict[int, TechContract] = {}
    # A statement takes only so many values.
    for part in persistence.chunked(numbers, 500):
        query = (
            db.select(TechContract)
            .where(TechContract.id.in_(part))
            .options(selectinload(TechContract.entries))
        )
        rows.update({row.id: row for row in db.session.scalars(query)})
    return [rows[number] for number in numbers]
