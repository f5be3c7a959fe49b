"""What is read of the money of contracts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy.orm import joinedload

from marketplace import persistence
from marketplace.accounts.models import Membership, Person
from marketplace.contracts.models import TechContract
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.permissions import Reader, may
from marketplace.proceeds.models import Distribution, InventorShare, Milestone, Receipt
from marketplace.proceeds.sharing import Bracket, share_more
from marketplace.workdays.calendar import Deadline
from marketplace.workdays.queries import load_calendar

NOT_FOUND = ("没有找到这份合同。", "可以从「我的」→「合同」进入。")
LONGEST_HOLIDAY = timedelta(days=30)  # 春节 and 国庆 have at most 9 days in a row
# From the second confirmation on; a cancelled registration takes in no more money.
PAID_STATES = ("signed", "filed", "accepted", "registered", "not_registered")


def get_contract(number: int, *, by: Reader) -> TechContract:
    """A contract whose money this reader may see. Raises NotFound."""
    row = persistence.find_row(TechContract, number)
    if row is None or not may(by, "proceeds.read", row):
        raise NotFound(*NOT_FOUND)
    return row


def get_milestone(number: int, *, by: Reader) -> Milestone:
    """A milestone of such a contract. Raises NotFound."""
    row = persistence.find_row(Milestone, number)
    if row is None or not may(by, "proceeds.read", row.contract):
        raise NotFound(*NOT_FOUND)
    return row


def get_receipt(number: int, *, by: Reader) -> Receipt:
    """A receipt of such a contract. Raises NotFound."""
    row = persistence.find_row(Receipt, number)
    if row is None or not may(by, "proceeds.read", row.contract):
        raise NotFound(*NOT_FOUND)
    return row


def get_distribution(number: int, *, by: Reader) -> Distribution:
    """A distribution, for the seller's people and operators. Raises NotFound."""
    row = persistence.find_row(Distribution, number)
    if row is None or not may(by, "proceeds.share", row.contract):
        raise NotFound(*NOT_FOUND)
    return row


def get_share(number: int, *, by: Reader) -> InventorShare:
    """A share whose statement somebody may have: of the seller's people, and of whose share it is. Raises NotFound."""
    row = persistence.find_row(InventorShare, number)
    if row is None or not may(by, "proceeds.statement", row):
        raise NotFound("没有找到这份明细。", "可以从「我的」→「收入分配」进入。")
    return row


def shares_of(person_id: int) -> Sequence[InventorShare]:
    """The shares whose statements somebody was given, the newest first."""
    query = (
        db.select(InventorShare)
        .filter_by(person_id=person_id)
        .options(
            joinedload(InventorShare.distribution).joinedload(Distribution.contract)
        )
    )
    return db.session.scalars(query.order_by(InventorShare.id.desc())).all()


def own_count(person_id: int) -> int:
    """How many they are."""
    query = db.select(db.func.count(InventorShare.id)).filter_by(person_id=person_id)
    return db.session.scalar(query) or 0


def people_of_seller(contract: TechContract) -> Sequence[Person]:
    """The people of the seller who may sign in, by name: those to whom a statement may be given."""
    query = (
        db.select(Person)
        .join(Membership)
        .where(Membership.organisation_id == contract.seller_id, Person.active)
    )
    return db.session.scalars(query.order_by(Person.name, Person.id)).all()


def milestones_of(contract: TechContract) -> Sequence[Milestone]:
    """What is to be delivered or paid, by day."""
    query = db.select(Milestone).filter_by(contract_id=contract.id)
    return db.session.scalars(query.order_by(Milestone.due_on, Milestone.id)).all()


def planned_fen(contract: TechContract) -> int:
    """What is to be paid by all of them, 分."""
    query = db.select(db.func.sum(Milestone.plan_fen))
    return int(db.session.scalar(query.filter_by(contract_id=contract.id)) or 0)


def receipts_of(contract: TechContract) -> Sequence[Receipt]:
    """Every receipt and entry against one, oldest first."""
    query = db.select(Receipt).filter_by(contract_id=contract.id)
    return db.session.scalars(query.order_by(Receipt.received_on, Receipt.id)).all()


def distributions_of(contract: TechContract) -> Sequence[Distribution]:
    """Every distribution, oldest first."""
    query = db.select(Distribution).filter_by(contract_id=contract.id)
    return db.session.scalars(query.order_by(Distribution.id)).all()


def received_fen(contract: TechContract) -> int:
    """What has been received so far, less what was taken back."""
    query = db.select(db.func.sum(Receipt.amount_fen)).filter_by(
        contract_id=contract.id
    )
    return int(db.session.scalar(query) or 0)


def shared_before(contract: TechContract) -> int:
    """The net income that settled distributions have shared."""
    # Each settled plan covers all income so far: the newest has the largest net.
    query = db.select(db.func.max(Distribution.net_after_fen)).filter_by(
        contract_id=contract.id, state="settled"
    )
    return int(db.session.scalar(query) or 0)


def bound_fen(contract: TechContract) -> int:
    """What must have been received for settled distributions to stand: what they shared, and the costs before it."""
    # Net and costs of one plan together, for a later one may have lower costs.
    query = db.select(
        db.func.max(Distribution.net_after_fen + Distribution.costs_fen)
    ).filter_by(contract_id=contract.id, state="settled")
    return int(db.session.scalar(query) or 0)


def is_reversed(receipt: Receipt) -> bool:
    """Whether an entry has taken a receipt back."""
    query = db.select(Receipt.id).filter_by(reverses_id=receipt.id)
    return db.session.scalar(query) is not None


def near_milestones(latest: date) -> Sequence[Milestone]:
    """Those that are not done and end by a day."""
    query = db.select(Milestone).where(
        Milestone.done_on.is_(None), Milestone.due_on <= latest
    )
    return db.session.scalars(query.order_by(Milestone.id)).all()


def end_of_publicity(row: Distribution) -> Deadline | None:
    """Until when it is public; None where it never was.

    While it runs, the notice of days off may still come and move the last day.
    """
    if row.ends_on is None:
        return None
    if row.state == "in_publicity":
        return load_calendar().moved(row.ends_on)
    return Deadline(row.ends_on)


def publicised(day: date) -> list[tuple[Distribution, Deadline]]:
    """The distributions that are public on a day and until when, the one that ends next first."""
    # Those that days off have moved on end later than stored.
    since = day - LONGEST_HOLIDAY
    query = db.select(Distribution).where(
        Distribution.state == "in_publicity", Distribution.ends_on >= since
    )
    rows = []
    for row in db.session.scalars(query.order_by(Distribution.ends_on)):
        end = end_of_publicity(row)
        if end is not None and end.day >= day:
            rows.append((row, end))
    # Days off that moved an end may have changed the order.
    return sorted(rows, key=lambda one: (one[1].day, one[0].id))


def lift_of(row: Distribution) -> int:
    """What the floor adds to the inventors' part beyond the brackets that were typed, 分."""
    brackets = []
    low = 0
    for high, first, second, third in row.brackets:
        shares = (Decimal(first), Decimal(second), Decimal(third))
        brackets.append(Bracket(low, high, *shares))
        low = high or low
    typed = share_more(row.net_before_fen, row.net_after_fen, brackets, Decimal(0))
    return max(0, row.inventors_fen - typed.inventors)


def unrendered_shares() -> Sequence[int]:
    """Numbers of the shares of settled distributions without a statement."""
    query = (
        db.select(InventorShare.id)
        .join(Distribution)
        .where(InventorShare.sha256.is_(None), Distribution.state == "settled")
    )
    return db.session.scalars(query.order_by(InventorShare.id)).all()
