"""The notice to the person who requested a pack. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import NoticeKind
from marketplace.evidence.models import EvidencePack
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.wording import in_quotes

READY = "evidence.ready"


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(
        READY, "证据包已生成", "您收到这封邮件，是因为您要求生成这份证据包。"
    )


def announce_ready(pack: EvidencePack) -> None:
    """The files are there."""
    notify(
        READY,
        Recipient.of(pack.by),
        key=f"evidence {pack.id}",
        subject=f"证据包已生成：{pack.title}",
        happened=f"交易{in_quotes(pack.deal.title)}的证据包 {pack.title} 已经生成，"
        f"由 {pack.tree_size} 条的审计检查点证明。",
        to_do="打开链接，下载 PDF 或 zip，并留存同一大小的检查点。",
        link=path_of("evidence.of_deal", deal_id=pack.deal_id),
        about=("evidence_pack", pack.id),
    )
