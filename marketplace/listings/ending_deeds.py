"""What is done at the end of a listing: renewing it, closing a demand and reopening it.

`deeds.py` offers them, `settling.py` commits; the signed links stand in `renewal_links.py`.
"""

from __future__ import annotations

from marketplace.audit.acting import work_named
from marketplace.clock import now, today
from marketplace.errors import Invalid, NotNow
from marketplace.extensions import db
from marketplace.listings import change_deeds, renewal_links, rewriting_deeds, versions
from marketplace.listings.life import OUTCOMES, RENEWED_FROM, REOPEN_DAYS
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.review_deeds import year_from
from marketplace.listings.settling import (
    move_listing,
    require_complete,
)
from marketplace.listings.writing import check_revision, reject_duplicate_title
from marketplace.permissions import Reader, require

LINK_NOTE = "由提醒邮件里的链接续期"


def close(
    row: Demand,
    *,
    by: Reader | None,
    seen: int,
    note: str = "",
    outcome: str | None = None,
) -> None:
    """End a demand that is met or no longer pursued; its page stays and says so.

    Args:
        row: the demand.
        by: the acting person.
        seen: the revision they saw.
        note: how it was met, for its own people and the operators.
        outcome: a key of `OUTCOMES`, which is public; None where nobody could be asked.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: nobody chose how it ended.
    """
    require(by, "listing.close", row)
    check_revision(row, seen)
    # Before the outcome is looked at: what is closed already needs no choice.
    row.life.permits(row, "close", by)
    if outcome is not None and outcome not in OUTCOMES:
        message = "选一项：怎么结束的。"
        raise Invalid(message, problems={"outcome": [message]})
    row.outcome = outcome
    # From this moment the days count in which it may be reopened.
    row.closed_at = now()
    # What waits for a decision would otherwise be decided on after the end.
    change_deeds.drop_change(row)
    rewriting_deeds.drop_rewriting(row, by=by)
    move_listing(row, "close", by=by, note=note)


def reopen(row: Demand, *, by: Reader | None, seen: int) -> None:
    """Take a demand that was closed too early back as a draft, which goes through the review again.

    Raises:
        NotAllowed, Stale.
        NotNow: it is not closed, or was closed too long ago.
        DuplicateTitle: the organisation has a living demand of that title.
    """
    require(by, "listing.close", row)
    check_revision(row, seen)
    row.life.permits(row, "reopen", by)
    # The life table knows states only; the days since the closing it does not.
    if not row.is_reopenable:
        raise NotNow(
            f"关闭已经超过 {REOPEN_DAYS} 天，不能重新打开。",
            "可以「复制为新草稿」，改好再送审。",
        )
    try:
        reject_duplicate_title(row)
    except Invalid:
        db.session.rollback()
        raise
    row.outcome = None
    row.closed_at = None
    # The end it had may be past: what is approved again is valid from then.
    row.valid_until = None
    move_listing(row, "reopen", by=by)


def renew(row: Achievement | Demand, *, by: Reader | None, seen: int) -> None:
    """仍然有效: make a listing that is over, or soon will be, valid for another year, without a new review.

    Raises:
        NotAllowed, Stale.
        NotNow: its end is not near: whoever pressed first has renewed it.
        Invalid: it lacks something, or it is over and does not say what was approved.
    """
    _renew(row, by=by, seen=seen)


def renew_by_link(token: str) -> Achievement | Demand:
    """仍然有效, by the link of a reminder: signed in or not, for whom it was sent to.

    Returns:
        the listing; where it was renewed since, nothing is done.

    Raises:
        NotFound: the site has not signed it, or the listing is gone.
        NotAllowed: they no longer look after the listing.
        NotNow: the link is too old, or the listing is neither public nor over.
        Invalid, Stale: as `renew`.
    """
    link = renewal_links.read_link(token)
    row = renewal_links.listing_of(link)
    # A link may be pressed twice: the end it was signed for is then not the end any more, and nothing is left to do.
    if row.valid_until != link.end:
        return row
    # The link proves who was written to; whether they still look after the listing is looked up each time (095).
    person = renewal_links.person_of(link, row)
    # Named: the entries of the audit would otherwise bear no deed, for no page of a signed-in person calls this.
    with work_named("listing.renew_by_link"):
        _renew(row, by=person, seen=row.revision, note=LINK_NOTE)
    return row


def _renew(
    row: Achievement | Demand, *, by: Reader | None, seen: int, note: str = ""
) -> None:
    require(by, "listing.edit", row)
    # A second press finds the end far away; that it was renewed says more than that somebody was quicker.
    if row.state == "published" and not row.is_renewable:
        raise NotNow(
            f"有效期到 {row.valid_until}，现在不用续期。",
            f"到期前 {RENEWED_FROM} 天起可以续期。",
        )
    check_revision(row, seen)
    # The state is settled before what is lacking: of what is withdrawn nobody has to mend anything.
    row.life.permits(row, "renew", by)
    require_complete(row, "续期")
    # Nothing of what is over can be edited; where it differs all the same, renewing would publish it unread.
    if row.state == "expired" and not _says_what_was_approved(row):
        raise Invalid("内容和审核通过的版本不同，不能直接续期。", "请联系平台运营方。")
    # From today and not from the old end: two renewals in a row do not add up to two years.
    row.valid_until = year_from(now())
    move_listing(row, "renew", by=by, note=note)


def _says_what_was_approved(row: Achievement | Demand) -> bool:
    # Of some listings from before there were versions none is stored; nothing of theirs can have changed.
    return versions.last_version(row) is None or versions.is_approved(row)


def expire_imported(row: Achievement | Demand) -> bool:
    """Move a published listing to 已过期 whose validity a list has put into the past (no commit).

    Returns:
        whether it was moved.
    """
    # Only what is public can expire; a draft with a past validity gets a new one when it is approved.
    if row.state != "published" or not is_over(row):
        return False
    row.life.move(row, "expire", by=None, note="批量导入")
    return True


def is_over(row: Achievement | Demand) -> bool:
    """Whether the validity of a listing has ended, whatever its state."""
    # The last day is a day of China and belongs to the validity.
    return row.valid_until is not None and row.valid_until < today()
