"""What is read for reports: contracting processes, and the year of an institution."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.orm import selectinload

from marketplace import persistence
from marketplace.contracts.models import TechContract
from marketplace.deals.models import Deal
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, may
from marketplace.proceeds.models import Milestone, Receipt
from marketplace.reports.releases import Process
from marketplace.reports.yearly import sellers

# A cancelled contract was registered once: its entries stay, and add up to nothing.
IN_LEDGER = ("registered", "cancelled")
# Parameters of a statement, and deals with all their releases in memory at a time.
CHUNK = 200
Row = TypeVar("Row", Receipt, Milestone)


def processes(year: int | None = None) -> Iterator[Process]:
    """The deals and the contracts of the ledger, by number; of a year those that began in it."""
    query = db.select(Deal.id).order_by(Deal.id)
    for numbers in persistence.chunked(list(db.session.scalars(query)), CHUNK):
        rows = db.session.scalars(
            db.select(Deal)
            .where(Deal.id.in_(numbers))
            .options(selectinload(Deal.releases))
            .order_by(Deal.id)
        ).all()
        contracted = _contracted(TechContract.deal_id.in_(numbers))
        by_deal = {process.deal: process for process in contracted}
        for deal in rows:
            process = by_deal.get(deal) or Process(deal, None)
            if year is None or process.year == year:
                yield process
    # Of the register only: there is no deal behind them.
    for process in _contracted(TechContract.deal_id.is_(None)):
        if year is None or process.year == year:
            yield process


def _contracted(condition: ColumnElement[bool]) -> list[Process]:
    """The processes of contracts of the ledger, by number of the contract, with their money and milestones."""
    query = (
        db.select(TechContract)
        .where(condition, TechContract.state.in_(IN_LEDGER))
        .options(selectinload(TechContract.entries))
        .order_by(TechContract.id)
    )
    contracts = list(db.session.scalars(query))
    numbers = [one.id for one in contracts]
    receipts = _by_contract(Receipt, numbers, (Receipt.id,))
    # As they were planned: the merge of releases has them in this order.
    order = (Milestone.planned_at, Milestone.id)
    milestones = _by_contract(Milestone, numbers, order)
    found = []
    for one in contracts:
        money, planned = tuple(receipts[one.id]), tuple(milestones[one.id])
        found.append(Process(one.deal, one, money, planned))
    return found


def _by_contract(
    table: type[Row], numbers: list[int], order: tuple[Any, ...]
) -> defaultdict[int, list[Row]]:
    """Number of a contract → its rows of a table, in an order."""
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for part in persistence.chunked(numbers, CHUNK):
        query = db.select(table).where(table.contract_id.in_(part)).order_by(*order)
        for one in db.session.scalars(query):
            found[one.contract_id].append(one)
    return found


def get_organisation(number: int, *, by: Reader) -> Organisation:
    """An organisation whose year somebody may read. Raises NotFound."""
    row = persistence.find_row(Organisation, number)
    if row is None or not may(by, "report.read", row):
        raise NotFound("没有找到这个单位的年度报告。", "从「我的」或「报告」进入。")
    return row


def organisations_for(person: Reader) -> list[Organisation]:
    """The organisations whose years somebody finds on the page of reports: all that sold, or their own."""
    # Who supervises finds whoever sold, also organisations that are suspended by now.
    if may(person, "report.list"):
        return sellers()
    numbers = sorted({*person.handled_ids, *person.administered_ids})
    query = db.select(Organisation).where(Organisation.id.in_(numbers))
    return list(db.session.scalars(query.order_by(Organisation.name)))


def process_years() -> list[int]:
    """The years in which processes began, newest first."""
    days = list(db.session.scalars(db.select(Deal.began_on).distinct()))
    # As `Process.year`: a contract without a deal begins with its registration.
    alone = db.select(TechContract.registered_on).where(
        TechContract.deal_id.is_(None), TechContract.state.in_(IN_LEDGER)
    )
    days += db.session.scalars(alone.distinct())
    return sorted({one.year for one in days}, reverse=True)
