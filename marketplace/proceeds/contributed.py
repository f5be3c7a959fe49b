"""What the room lays out for the hubs: names of its deeds, and its part of the page of a contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from marketplace.contracts.models import TechContract
from marketplace.contributions import Panel
from marketplace.permissions import Reader, may
from marketplace.proceeds.life import DISTRIBUTION_LIFE
from marketplace.proceeds.queries import PAID_STATES, received_fen


def case_panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """On the page of a contract: what was received of it."""
    if not isinstance(row, TechContract) or row.state not in PAID_STATES:
        return
    if may(reader, "proceeds.read", row):
        values = {"contract": row, "received": received_fen(row)}
        yield Panel("proceeds/_of_contract.html", values)


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to the money of contracts, and what the permission table calls it."""
    for deed, name in DISTRIBUTION_LIFE.deeds.items():
        yield f"distribution.{deed}", f"分配：{name}"
    yield "proceeds.read", "看合同的款项"
    yield "proceeds.record", "记录合同的款项"
    yield "proceeds.share", "分配转化收入"
    yield "job.statements", "生成分配明细"
    yield "job.milestones", "提醒合同节点"
