"""What is read of the ledger: who first brought which pair together, and what is disputed. Nothing is written here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_
from sqlalchemy.orm import joinedload, selectinload

from marketplace.brokerage.child_models import Attribution, AttributionDispute
from marketplace.brokerage.disclosure import name_in_ledger
from marketplace.brokerage.models import BrokerageCase
from marketplace.counting import as_count
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.introductions.models import Introduction
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.queries import looked_after
from marketplace.permissions import Reader, operator
from marketplace.persistence import Page, find_row

PAGE = 20


def attribution_of(key: str) -> Attribution | None:
    """Who first brought a pair together; None: nobody has yet."""
    query = db.select(Attribution).where(Attribution.pair_key == key)
    found: Attribution | None = db.session.scalar(query)
    return found


def ledger_page(reader: Reader, page: int) -> tuple[list[Attribution], Page]:
    """A page of the ledger, newest first: of an operator everything, of a broker what concerns them."""
    where: list[ColumnElement[bool]] = []
    if not operator(reader, None):
        # Asks the database each time that it is read.
        where.append(_concerns(list(reader.broker_numbers)))
    counted = db.select(func.count()).select_from(Attribution).where(*where)
    arithmetic = Page(db.session.scalar(counted) or 0, PAGE)
    query = _named(db.select(Attribution).where(*where)).order_by(Attribution.id.desc())
    rows = db.session.scalars(query.offset(arithmetic.offset(page)).limit(PAGE)).all()
    return list(rows), arithmetic


def get_attribution(attribution_id: int, *, by: Reader) -> Attribution:
    """A row of the ledger that somebody may read. Raises NotFound."""
    row = find_row(Attribution, attribution_id)
    if row is None or not may_read(row, by):
        raise NotFound("没有找到这条归属记录。", "请从「撮合台账」进入。")
    return row


def pairs_in_words(rows: Sequence[Attribution], reader: Reader) -> dict[int, str]:
    """Number of a row → its two sides, as a reader may know them: by name, or what kind they are.

    A statement a table, however many rows there are.
    """
    words = {row.id: f"{row.holder.name} 与 {row.receiver.name}" for row in rows}
    # Operators rule on disputes, and have to know whom a row is about.
    if operator(reader, None):
        return words
    # By pair and not by case: who carried an earlier case of it knows both names already.
    carried = _carried_pairs([row.pair_key for row in rows], reader)
    others = [row for row in rows if row.pair_key not in carried]
    introductions = _by_number(Introduction, [row.introduction_id for row in others])
    achievements = _by_number(Achievement, [row.achievement_id for row in others])
    demands = _by_number(Demand, [row.demand_id for row in others])
    for row in others:
        introduction = introductions.get(row.introduction_id)
        holder = achievements.get(row.achievement_id)
        receiver = demands.get(row.demand_id)
        names = (
            name_in_ledger(row, "holder", holder, introduction, reader),
            name_in_ledger(row, "receiver", receiver, introduction, reader),
        )
        words[row.id] = " 与 ".join(names)
    return words


def _carried_pairs(keys: list[str], reader: Reader) -> set[str]:
    """The pairs that a reader has known in full: they carried them, and had declared their interests."""
    query = db.select(BrokerageCase.pair_key).where(
        BrokerageCase.pair_key.in_(keys),
        BrokerageCase.broker_id.in_(reader.broker_numbers),
        # Before they declared their interests they saw the kinds of the two alone.
        BrokerageCase.declared_at.is_not(None),
    )
    return set(db.session.scalars(query))


def _by_number(table: Any, numbers: Sequence[int | None]) -> dict[int | None, Any]:
    """Number → row, of those numbers that are some."""
    known = {number for number in numbers if number is not None}
    if not known:
        return {}
    query = db.select(table).where(table.id.in_(known))
    return {row.id: row for row in db.session.scalars(query)}


def get_dispute(dispute_id: int) -> AttributionDispute:
    """A dispute. Raises NotFound."""
    row = find_row(AttributionDispute, dispute_id)
    if row is None:
        raise NotFound("没有找到这份异议。", "请从「撮合台账」进入。")
    return row


@as_count()
def dispute_count() -> Any:
    """How many disputes wait for a ruling."""
    query = db.select(func.count()).select_from(AttributionDispute)
    return query.where(AttributionDispute.state == "open")


def open_disputes() -> list[AttributionDispute]:
    """Those, the oldest first."""
    query = db.select(AttributionDispute).where(AttributionDispute.state == "open")
    attribution = AttributionDispute.attribution
    query = query.options(
        joinedload(AttributionDispute.claimed_by),
        joinedload(attribution).joinedload(Attribution.holder),
        joinedload(attribution).joinedload(Attribution.receiver),
        joinedload(attribution).joinedload(Attribution.broker),
        joinedload(attribution).selectinload(Attribution.disputes),
    )
    return list(db.session.scalars(query.order_by(AttributionDispute.id).limit(PAGE)))


def _named(query: Select[tuple[Attribution]]) -> Select[tuple[Attribution]]:
    """With everybody whom a row of the list names, in a few statements for all rows."""
    return query.options(
        joinedload(Attribution.holder),
        joinedload(Attribution.receiver),
        joinedload(Attribution.broker),
        selectinload(Attribution.disputes).joinedload(AttributionDispute.claimed_by),
    )


def may_read(row: Attribution, reader: Reader) -> bool:
    """Whether a row of the ledger is open to a reader."""
    if operator(reader, row):
        return True
    # The two organisations learn to whom they are credited, and what a dispute about it says. Where only an operator
    # has confirmed the pair, one may not know the name of the other yet.
    pair = {row.holder_organisation_id, row.receiver_organisation_id}
    if row.basis == "both_sides" and pair.intersection(reader.organisation_ids):
        return True
    query = db.select(Attribution.id).where(
        Attribution.id == row.id, _concerns(list(reader.broker_numbers))
    )
    return db.session.scalar(query) is not None


def _concerns(numbers: list[int]) -> ColumnElement[bool]:
    """Rows that some brokers may read: theirs, those they dispute, and all of which they may say that they are theirs.

    Who carried or referred the pair, introduced it, or looks after one of its listings may dispute it.
    """
    # Also what was ruled against them: they may read why.
    claimed = db.select(AttributionDispute.attribution_id).where(
        AttributionDispute.claimed_by_id.in_(numbers)
    )
    carried = db.select(BrokerageCase.pair_key).where(
        or_(
            BrokerageCase.broker_id.in_(numbers),
            BrokerageCase.referrer_id.in_(numbers),
            BrokerageCase.proposed_by_id.in_(numbers),
        )
    )
    return or_(
        Attribution.broker_id.in_(numbers),
        Attribution.introduced_by_id.in_(numbers),
        Attribution.id.in_(claimed),
        Attribution.pair_key.in_(carried),
        Attribution.achievement_id.in_(looked_after("achievement", numbers)),
        Attribution.demand_id.in_(looked_after("demand", numbers)),
    )
