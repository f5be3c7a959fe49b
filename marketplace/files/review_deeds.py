"""Deciding about a file that was added to what is public: the desk of its institution first, then the operators.

The files of what is not public yet are approved with it.
"""

from __future__ import annotations

from marketplace import persistence
from marketplace.clock import now
from marketplace.errors import NotAllowed, NotNow
from marketplace.files import access_deeds, announcements, queries, review_queue
from marketplace.files.deeds import check_seen
from marketplace.files.models import Attachment
from marketplace.listings.models import Row
from marketplace.permissions import Reader, require

NOT_WAITING = ("这个附件现在不用审核。", "请刷新后再看。")
OWN_FILE = "这个附件是您自己或您的单位上传的，不能由您通过。"


def endorse_attachment(attachment: Attachment, *, by: Reader | None, seen: int) -> None:
    """机构通过附件: let it go on to the operators.

    Raises:
        NotAllowed: also where `by` uploaded it.
        NotNow: it does not wait at the desk, or was changed.
    """
    # Held first: its owner may be removing it at this moment.
    _hold(attachment, "files.endorse", by, seen)
    if not review_queue.waits_at_desk(attachment):
        raise NotNow(*NOT_WAITING)
    # Another of the desk reads it; what is one's own nobody lets through (092).
    if by is not None and attachment.by_id == by.id:
        raise NotAllowed(
            "这个附件是您自己上传的，不能由您通过。",
            "请单位里其他成果转化岗的同事审核；退回可以自己做。",
        )
    attachment.endorsed_at = now()
    announcements.announce_decision(
        attachment,
        "已由本单位通过，送到平台审核。",
        by=by,
        key=f"endorsed {attachment.revision}",
    )
    persistence.commit()


def desk_return_attachment(
    attachment: Attachment, *, reason: str, by: Reader | None, seen: int
) -> None:
    """机构退回附件, with the reason. Raises NotAllowed, NotNow, Invalid."""
    _hold(attachment, "files.desk_review", by, seen)
    if not review_queue.waits_at_desk(attachment):
        raise NotNow(*NOT_WAITING)
    _return(attachment, reason, by)


def approve_attachment(attachment: Attachment, *, by: Reader | None, seen: int) -> None:
    """通过附件 of a listing that is public already.

    Raises:
        NotAllowed: also where `by` uploaded it, or belongs to its owner.
        NotNow: it is approved, waits for the desk of its institution or for the scanner. Stale.
    """
    _decidable(attachment, by, seen)
    _refuse_own(attachment, by)
    # What the scanner has not seen nobody may have, and so nobody lets it through.
    if attachment.is_held:
        raise NotNow(
            "这个文件还没有查毒，不能通过。", "查完再通过；要急用请检查查毒程序。"
        )
    attachment.approved_at = now()
    announcements.announce_decision(
        attachment, "已通过审核。", by=by, key=f"approved {attachment.revision}"
    )
    persistence.commit()


def return_attachment(
    attachment: Attachment, *, reason: str, by: Reader | None, seen: int
) -> None:
    """退回附件, with the reason, which its owner reads. Raises NotAllowed, NotNow, Stale, Invalid."""
    _decidable(attachment, by, seen)
    _return(attachment, reason, by)


def approve_with_listing(row: Row) -> None:
    """What was attached to a listing when it was approved is approved with it (no commit).

    Not what waits at the desk of an institution: an operator who approves something else has not read it for the desk.
    """
    for attachment in queries.attachments_of(row):
        # A file that is held stays as it is: it waits for the scanner, not for this decision.
        if attachment.endorsed_at is None or attachment.is_held:
            continue
        if attachment.approved_at is None:
            attachment.approved_at = now()
            attachment.returned = ""


def _hold(attachment: Attachment, deed: str, by: Reader | None, seen: int) -> None:
    require(by, deed, attachment)
    persistence.hold_row(attachment)
    check_seen(attachment, seen)


def _return(attachment: Attachment, reason: str, by: Reader | None) -> None:
    attachment.returned = access_deeds.checked_reason(reason)
    announcements.announce_decision(
        attachment,
        f"没有通过审核，没有公开。\n原因：{attachment.returned}",
        by=by,
        key=f"returned {attachment.revision}",
        to_do="删去它，或换一份再上传。",
    )
    persistence.commit()


def _decidable(attachment: Attachment, by: Reader | None, seen: int) -> None:
    _hold(attachment, "files.review", by, seen)
    if review_queue.waits_at_desk(attachment):
        raise NotNow("这个附件还等它的单位审核。", "单位通过以后会排进平台的列表。")
    # What was returned waits for its owner, who removes it or replaces it.
    waits = attachment.approved_at is None and not attachment.returned
    if not waits or attachment.listing.state not in queries.PUBLIC_STATES:
        raise NotNow(*NOT_WAITING)


def _refuse_own(attachment: Attachment, by: Reader | None) -> None:
    if by is None:
        return
    # An operator who belongs to its owner would let through what is their own firm's.
    owner = attachment.listing.organisation
    is_market = owner is not None and owner.kind == "operator"
    inside = attachment.organisation_id in by.organisation_ids and not is_market
    if attachment.by_id == by.id or inside:
        raise NotAllowed(OWN_FILE, "请其他运营人员审核；退回可以自己做。")
