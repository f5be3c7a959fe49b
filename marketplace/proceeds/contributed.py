"""What the room lays out for the hubs: names of its deeds, its part of the page of a contract, an inventor's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marketplace.accounts.models import Person
from marketplace.contracts.models import TechContract
from marketplace.contracts.queries import contract_of
from marketplace.contributions import Panel
from marketplace.deals.models import Deal
from marketplace.permissions import Reader, may
from marketplace.proceeds.life import DISTRIBUTION_LIFE
from marketplace.proceeds.queries import (
    PAID_STATES,
    own_count,
    received_fen,
    shares_of,
)
from marketplace.wording import yuan


def case_panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """On the page of a contract, and of its deal: what was received of it."""
    # The deal says that it ends there.
    if isinstance(row, Deal):
        row = contract_of(row)
    if not isinstance(row, TechContract) or row.state not in PAID_STATES:
        return
    if may(reader, "proceeds.read", row):
        values = {"contract": row, "received": received_fen(row)}
        yield Panel("proceeds/_of_contract.html", values)


def sections(person: Person, filters: Mapping[str, str]) -> Iterator[Panel]:
    """On 我的: the way to one's own statements; left out of a list that is narrowed, and where there is none."""
    if filters or person.id is None:
        return
    count = own_count(person.id)
    if count:
        yield Panel("proceeds/_section.html", {"count": count}, position=2)


def personal_copy(person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What a person got of the income of contracts, for the copy of their data."""
    rows = []
    for share in shares_of(person.id):
        row = share.distribution
        rows.append(
            {
                "合同": row.contract.number,
                "单位": row.contract.seller_name,
                "占完成人部分的百分比": share.percent,
                "应得（元）": yuan(share.amount_fen),
                "方案定于": (row.settled_on or row.planned_on).isoformat(),
                "明细的 SHA-256": share.sha256,
            }
        )
    yield "收入分配", rows


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to the money of contracts, and what the permission table calls it."""
    for deed, name in DISTRIBUTION_LIFE.deeds.items():
        yield f"distribution.{deed}", f"分配：{name}"
    yield "proceeds.read", "看合同的款项"
    yield "proceeds.record", "记录合同的款项"
    yield "proceeds.share", "分配转化收入"
    yield "proceeds.statement", "看收入分配明细"
    yield "job.statements", "生成分配明细"
    yield "job.milestones", "提醒合同节点"
