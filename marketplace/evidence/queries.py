"""What is read of evidence packs: one, those of a deal, all of them, and those the site still has to finish."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func
from sqlalchemy.orm import defer, joinedload

from marketplace.deals.models import Deal
from marketplace.errors import Invalid, NotFound
from marketplace.evidence.life import UNFINISHED
from marketplace.evidence.models import EvidencePack
from marketplace.extensions import db
from marketplace.permissions import Reader, may
from marketplace.persistence import Page, find_row

SIZE = 20
# Lists show who and when, and neither the record nor the manifest.
_LISTED = (
    joinedload(EvidencePack.deal),
    joinedload(EvidencePack.by),
    defer(EvidencePack.record),
    defer(EvidencePack.manifest),
)
NO_DEAL = NotFound("没有找到这笔交易。", "请核对编号，或从「我的」进入。")
NO_PACK = NotFound("没有找到这份证据包。", "从交易的证据包页进入。")
_NUMBER = re.compile(r"JY\d{4}(\d{5,9})", re.ASCII)


def get_deal(deal_id: int, *, by: Reader) -> Deal:
    """A deal of which somebody may have evidence. Raises NotFound."""
    row = find_row(Deal, deal_id)
    if row is None or not may(by, "evidence.make", row):
        raise NO_DEAL
    return row


def deal_by_number(number: str, *, by: Reader) -> Deal:
    """A deal by what people call it, JY and digits.

    Raises:
        Invalid: it is no such number, or none of a deal of which they may have evidence.
    """
    # Copied from a letter it has blanks, typed by hand small letters.
    plain = "".join(number.split()).upper()
    matched = _NUMBER.fullmatch(plain)
    message = "写交易编号，如 JY202600012；编号在交易页的上方。"
    if matched is None:
        raise Invalid(message, problems={"number": [message]})
    row = find_row(Deal, int(matched.group(1)))
    # The year is compared too, and all three faults give one answer: nobody learns which numbers are taken.
    if row is None or row.number != plain or not may(by, "evidence.make", row):
        message = f"没有编号是 {plain[:20]} 的交易，请核对。"
        raise Invalid(message, problems={"number": [message]})
    return row


def get_pack(evidence_id: int, *, by: Reader) -> EvidencePack:
    """A pack that somebody may have. Raises NotFound."""
    row = find_row(EvidencePack, evidence_id)
    if row is None or not may(by, "evidence.make", row.deal):
        raise NO_PACK
    return row


def packs_of(deal: Deal) -> Sequence[EvidencePack]:
    """The packs of a deal, newest first."""
    query = db.select(EvidencePack).options(*_LISTED).filter_by(deal_id=deal.id)
    return db.session.scalars(query.order_by(EvidencePack.number.desc())).all()


def unfinished_of(deal: Deal) -> EvidencePack | None:
    """The pack of a deal that the site is still making."""
    query = db.select(EvidencePack).where(
        EvidencePack.deal_id == deal.id, EvidencePack.state.in_(UNFINISHED)
    )
    found: EvidencePack | None = db.session.scalar(query)
    return found


def next_number(deal: Deal) -> int:
    """The number of the next pack of a deal."""
    # The highest and not the count; the deal is held by the caller, and the table refuses a number twice.
    query = db.select(func.max(EvidencePack.number)).filter_by(deal_id=deal.id)
    return (db.session.scalar(query) or 0) + 1


def page_of_all(page: int) -> tuple[list[EvidencePack], Page]:
    """A page of all packs, newest first."""
    total = db.session.scalar(db.select(func.count(EvidencePack.id))) or 0
    arithmetic = Page(total, SIZE)
    query = db.select(EvidencePack).options(*_LISTED).order_by(EvidencePack.id.desc())
    rows = db.session.scalars(query.limit(SIZE).offset(arithmetic.offset(page)))
    return list(rows), arithmetic


def in_state(state: str) -> Sequence[int]:
    """Numbers of the packs in a state, oldest first."""
    query = db.select(EvidencePack.id).filter_by(state=state)
    return db.session.scalars(query.order_by(EvidencePack.id)).all()


def ready_before(moment: datetime) -> Sequence[EvidencePack]:
    """The packs that were finished before a moment and still have their files."""
    query = db.select(EvidencePack).where(
        EvidencePack.state == "ready", EvidencePack.ready_at < moment
    )
    return db.session.scalars(query.order_by(EvidencePack.id)).all()
