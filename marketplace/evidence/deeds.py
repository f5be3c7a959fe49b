"""What people do about evidence: one function a button. What the site does by itself is in `upkeep.py`."""

from __future__ import annotations

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.audit.entries import canonical
from marketplace.deals.models import Deal
from marketplace.errors import NotNow
from marketplace.evidence import queries
from marketplace.evidence.models import EvidencePack
from marketplace.evidence.packing import sha256
from marketplace.evidence.record import build_record
from marketplace.extensions import db
from marketplace.permissions import require, roles_of

# Before both sides have agreed to begin there is nothing to show, and one of them may not want to be named.
TOO_EARLY = ("proposed",)
RUNNING = NotNow("这笔交易的证据包正在生成。", "过一两分钟刷新页面，就能下载。")


def request_pack(deal: Deal, *, by: Person) -> EvidencePack:
    """生成证据包: freeze what the site knows of a deal; the files are made in the background.

    Args:
        deal: one that both sides have agreed to begin.
        by: the holder's desk or administrators, an operator, an auditor.

    Raises:
        NotAllowed.
        NotNow: the deal has not begun, or a pack of it is being made.
    """
    require(by, "evidence.make", deal)
    # Nobody changes it while it is read; of two who press at once the second sees the pack of the first.
    persistence.hold_row(deal)
    if deal.state in TOO_EARLY:
        raise NotNow("双方还没有同意开始这笔交易。", "同意以后才有可以留存的证据。")
    if queries.unfinished_of(deal) is not None:
        raise RUNNING
    number = queries.next_number(deal)
    # Frozen now and printed later: what changes in the minutes between is not in it.
    record = canonical(build_record(deal, number=number, made_for=_office_of(deal, by)))
    pack = EvidencePack(
        deal=deal,
        number=number,
        record=record,
        record_sha256=sha256(record.encode()),
        by_id=by.id,
    )
    db.session.add(pack)
    refused = {
        "uq_evidence_pack_unfinished": RUNNING,
        # Two who read the same highest number: the second one finds a pack in the making.
        "uq_evidence_pack_number": RUNNING,
    }
    with persistence.refusals(duplicates=refused):
        db.session.flush()
    pack.life.born(pack, by=by)
    persistence.commit(duplicates=refused)
    return pack


def _office_of(deal: Deal, by: Person) -> str:
    """For whom somebody requests a pack: the holder, or an office of the platform. It names no person."""
    # First of all the holder: an operator with a place there requests it for the holder.
    numbers = {*by.handled_ids, *by.administered_ids}
    if deal.holder_organisation_id in numbers:
        return deal.holder.name
    if "auditor" in roles_of(by):
        return "平台审计"
    return "平台运营"
