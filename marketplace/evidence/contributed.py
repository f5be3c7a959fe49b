"""What the room lays out for the hubs and on the page of a deal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for

from marketplace.contributions import Link, Panel, Place
from marketplace.deals.models import Deal
from marketplace.evidence.deeds import TOO_EARLY
from marketplace.evidence.life import EVIDENCE_LIFE
from marketplace.permissions import Reader, may


def case_panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """On the page of a deal: the way to its evidence, for those who may have it."""
    if not isinstance(row, Deal) or row.state in TOO_EARLY:
        return
    if may(reader, "evidence.make", row):
        yield Panel("evidence/_of_deal.html", {"deal": row}, position=9)


def nav(reader: Reader) -> Iterator[Link]:
    """All packs, for operators and auditors."""
    if may(reader, "evidence.list"):
        # Auditors have no menu of operators.
        place: Place = "operators" if may(reader, "office.read") else "begin"
        yield Link("证据包", url_for("evidence.packs"), place)


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to packs, and what the permission table calls it."""
    for deed, name in EVIDENCE_LIFE.deeds.items():
        yield f"evidence_pack.{deed}", f"证据包：{name}"
    yield "evidence.make", "生成和下载证据包"
    yield "evidence.list", "看全部证据包"
    yield "evidence.download", "下载证据包"
    yield "command.deals.verify", "核对证据包"
    yield "job.evidence_packs", "生成证据包"
    yield "job.evidence_ends", "删除到期的证据包文件"
