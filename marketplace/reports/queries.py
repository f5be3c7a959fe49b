"""What is read for reports: contracting processes, and the year of an institution."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

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

IN_LEDGER = ("registered", "cancelled")
CHUNK = 200


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
        contracts = _contracts(TechContract.deal_id.in_(numbers))
        by_deal = {one.deal_id: one for one in contracts}
        numbers_of = [one.id for one in contracts]
        receipts, milestones = _receipts(numbers_of), _milestones(numbers_of)
        for deal in rows:
            found = by_deal.get(deal.id)
            process = Process(deal, None)
            if found is not None:
                process = _whole(found, receipts, milestones)
            if year is None or process.year == year:
                yield process
    # Of the register only: there is no deal behind them.
    alone = _contracts(TechContract.deal_id.is_(None))
    numbers_of = [one.id for one in alone]
    receipts, milestones = _receipts(numbers_of), _milestones(numbers_of)
    for contract in alone:
        process = _whole(contract, receipts, milestones)
        if year is None or process.year == year:
            yield process


def process_of(deal: Deal) -> Process:
    """The process of one deal."""
    contracts = _contracts(TechContract.deal_id == deal.id)
    if not contracts:
        return Process(deal, None)
    number = contracts[0].id
    return _whole(contracts[0], _receipts([number]), _milestones([number]))


def _whole(
    contract: TechContract,
    receipts: defaultdict[int, list[Receipt]],
    milestones: defaultdict[int, list[Milestone]],
) -> Process:
    """The process of a contract with its money and its milestones, by number of the contract."""
    return Process(
        contract.deal,
        contract,
        tuple(receipts[contract.id]),
        tuple(milestones[contract.id]),
    )


def _contracts(condition: object) -> list[TechContract]:
    query = (
        db.select(TechContract)
        .where(condition, TechContract.state.in_(IN_LEDGER))
        .options(selectinload(TechContract.entries))
        .order_by(TechContract.id)
    )
    return list(db.session.scalars(query))


def _receipts(numbers: list[int]) -> defaultdict[int, list[Receipt]]:
    found: defaultdict[int, list[Receipt]] = defaultdict(list)
    for part in persistence.chunked(numbers, CHUNK):
        query = db.select(Receipt).where(Receipt.contract_id.in_(part))
        for one in db.session.scalars(query.order_by(Receipt.id)):
            found[one.contract_id].append(one)
    return found


def _milestones(numbers: list[int]) -> defaultdict[int, list[Milestone]]:
    found: defaultdict[int, list[Milestone]] = defaultdict(list)
    for part in persistence.chunked(numbers, CHUNK):
        query = db.select(Milestone).where(Milestone.contract_id.in_(part))
        # As they were planned: the merge of releases has them in this order.
        ordered = query.order_by(Milestone.planned_at, Milestone.id)
        for one in db.session.scalars(ordered):
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
    if may(person, "report.list"):
        return sellers()
    numbers = sorted({*person.handled_ids, *person.administered_ids})
    query = db.select(Organisation).where(Organisation.id.in_(numbers))
    return list(db.session.scalars(query.order_by(Organisation.name)))


def process_years() -> list[int]:
    """The years in which processes began, newest first."""
    days = list(db.session.scalars(db.select(Deal.began_on).distinct()))
    alone = db.select(TechContract.registered_on).where(
        TechContract.deal_id.is_(None), TechContract.state.in_(IN_LEDGER)
    )
    days += db.session.scalars(alone.distinct())
    return sorted({one.year for one in days}, reverse=True)
