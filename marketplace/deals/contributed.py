"""What the room lays out for the hubs and beside a listing."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.deals.life import DEAL_LIFE


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to deals, and what the permission table calls it."""
    for deed, name in DEAL_LIFE.deeds.items():
        yield f"deal.{deed}", f"交易：{name}"
    yield "deal.propose", "提出交易"
    yield "deal.read", "看交易"
    yield "deal.hold", "代持有方办理交易"
    yield "deal.act", "代一方办理交易"
    yield "deal.approve", "批准定价"
    yield "deal.follow_up", "跟进交易"
