"""What every move of a listing ends with: its note, the places of unnamed firms, notices, one commit, then the index.

The deeds stand in `deeds.py` and `review_deeds.py`; the life tables in `life.py`.
"""

from __future__ import annotations

import structlog
from sqlalchemy.exc import OperationalError

from marketplace import contributions, persistence
from marketplace.errors import Invalid, MarketError, NotNow, Stale
from marketplace.extensions import db
from marketplace.listings import announcements, index, places
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.listings.readiness import publication_problems
from marketplace.parsing.secrecy import REFUSAL, secret_mark
from marketplace.permissions import Reader
from marketplace.typed_texts import checked_text

MAX_NOTE = 500  # characters of what is said with a deed

log = structlog.get_logger(__name__)


def checked_reason(note: str) -> str:
    missing = f"写明原因（2–{MAX_NOTE} 字），对方才知道怎么办。"
    return checked_text("note", note, MAX_NOTE, missing=missing)


def checked_note(note: str) -> str:
    """What is said with a deed, unless it bears the mark of a state secret."""
    # History, notices and mails carry a note on, so it is held to the same rule as the texts of a listing.
    if secret_mark(note):
        raise Invalid(REFUSAL, problems={"note": [REFUSAL]})
    return note


def refuse_holes(row: Achievement | Demand) -> None:
    """Refuse to save what is public, or will be again without another review, unless it is complete. Raises Invalid."""
    if problems := publication_problems(row):
        raise Invalid(
            "已发布的内容要保持完整，这次修改没有保存。",
            "请补齐标出的几处。",
            problems=problems,
        )


def require_complete(row: Achievement | Demand, deed: str) -> None:
    """Refuse a deed that shows a listing again which lacks something, or whose organisation is suspended.

    Raises:
        Invalid, NotNow.
    """
    if not row.owner_acts:
        raise NotNow(
            f"「{row.holder_name}」已暂停，它的内容现在不能{deed}。",
            "请先恢复这个单位。",
        )
    # What was public once may have lost its contact, or be older than what the public needs today.
    if problems := publication_problems(row):
        advice = "；".join("；".join(messages) for messages in problems.values())
        raise Invalid(f"内容不全，不能{deed}。", advice, problems=problems)


def move_listing(
    row: Achievement | Demand, deed: str, *, by: Reader | None, note: str = ""
) -> None:
    # A move refuses what the life does not allow, before anybody is notified of it.
    row.life.move(row, deed, by=by, note=checked_note(note))
    finish_move(row, deed, by=by, note=note)


def finish_move(
    row: Achievement | Demand, deed: str, *, by: Reader | None, note: str = ""
) -> None:
    """What follows a move: the places of others, notices, the commit, the index."""
    others = settle_others(row)
    announcements.announce_decision(row, deed, by=by, note=note)
    commit_listing()
    sync_index(row, *others)


def announce(
    row: Achievement | Demand, deed: str, *, by: Reader | None, note: str
) -> None:
    """Notify the people of a listing of what somebody else did to it (no commit)."""
    # Whom to notify is asked of the database, which writes first what is waiting.
    with persistence.refusals(duplicates=duplicate_titles()):
        db.session.flush()
    announcements.announce_decision(row, deed, by=by, note=note)


def let_through(row: Achievement | Demand) -> None:
    """Let the other rooms know that a listing, or a change of it, was let through by an operator (no commit)."""
    # They ask the database, which writes first what is waiting: who was quicker is met here.
    with persistence.refusals(duplicates=duplicate_titles()):
        contributions.listing_approved(row)


def settle_others(row: Achievement | Demand) -> list[Achievement | Demand]:
    """After a firm came or went: other unnamed demands of which another part of their place is shown now."""
    with persistence.refusals(duplicates=duplicate_titles()):
        # It flushes first, and somebody who was quicker with the title is met there.
        settled = places.settle_places()
    others: list[Achievement | Demand] = []
    for row_id in settled:
        other = db.session.get(Demand, row_id)
        # The listing itself is indexed by the caller anyway.
        if other is not None and other is not row:
            others.append(other)
    return others


def commit_listing() -> None:
    persistence.commit(duplicates=duplicate_titles())


def duplicate_titles() -> dict[str, MarketError]:
    """What is raised where two drafts of one title were saved at the same moment: constraint → error."""
    message = "同一单位已有同名的一条。"
    duplicate = Invalid(message, problems={"title": [message]})
    refusals: dict[str, MarketError] = {}
    for kind in LISTINGS:
        refusals[f"uq_{kind}_owner_title"] = duplicate
    refusals["uq_listing_change_open"] = NotNow(
        "同一时刻有别人改了这一条。", "请刷新，看过新的内容再改。"
    )
    refusals["uq_listing_rewriting_open"] = NotNow(
        "同一时刻有别人代为改写了这一条。", "请刷新，看过新的内容再改。"
    )
    refusals["uq_review_batch_form"] = Stale("这一批已经提交过。", "看它的结果。")
    # Two who approve at the same moment would write the same version.
    refusals["uq_listing_version"] = Stale(
        "这一条刚有人处理过。",
        "请重新打开，看过新的内容再决定。",
    )
    return refusals


def sync_index(*rows: Achievement | Demand) -> None:
    """After the commit: the copy in the index follows; whatever fails there leaves the rows dirty, never undone."""
    try:
        # `sync` ends the transaction to wait for the engine and begins another one for its note: that one is
        # committed here.
        if index.sync(rows):
            db.session.commit()
    # SQLite locked by another writer, or a server gone since the commit: `upkeep.index_sync` finds the rows later.
    except OperationalError as error:
        db.session.rollback()
        log.warning("index_note_behind", rows=len(rows), reason=str(error.orig))
