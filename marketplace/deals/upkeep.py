"""What becomes of publicity when its achievement is changed, and of contacts in objections when they are old."""

from __future__ import annotations

from datetime import datetime

from marketplace import persistence
from marketplace.deals import announcements, queries
from marketplace.deals.child_models import DealObjection
from marketplace.deals.writing import move_deal, void_publicity
from marketplace.extensions import db
from marketplace.listings.models import Achievement
from marketplace.listings.versions import last_version


def restart_for(achievement: Achievement) -> None:
    """An achievement was let through: what was made public of another text of it begins again (no commit).

    Source: 山东省促进科技成果转化条例 art. 14 wants the name of the achievement and its price made public, so that
    another text of it is another publicity.
    """
    last = last_version(achievement)
    if last is None:
        return
    for deal in queries.publicised_deals(achievement.id):
        # An objection or an ending may be under way: wait for it, and read the state again.
        persistence.hold_row(deal)
        # A text that was let through before the publicity began is the one that is public.
        if not deal.publicities or last.at <= deal.publicities[-1].started_at:
            continue
        # The deal was found before its row was held, and may be at another station by now.
        if not deal.life.can(deal.state, "restart_publicity"):
            continue
        reason = "成果的内容改过"
        # Voiding clears the closing day; flushed before the move, an approved deal without it breaks a constraint.
        with db.session.no_autoflush:
            void_publicity(deal, reason)
            move_deal(deal, "restart_publicity", by=None, note=reason)
        announcements.announce(deal, "成果改过，公示作废，要重新公示", by=None)


def remove_contacts(before: datetime) -> int:
    """Remove how to reach authors of objections that were answered before a moment (no commit). Returns how many."""
    rows = db.session.scalars(
        db.select(DealObjection).where(
            DealObjection.answered_at < before, DealObjection.contact_reply != ""
        )
    ).all()
    # Emptied, not removed: the objection stays public with its answer.
    for row in rows:
        row.contact_reply = ""
    db.session.flush()
    return len(rows)
