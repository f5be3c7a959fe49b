"""A move of a deal as it is written: the state, what follows from it in the row, its History. Nothing is committed here.

Every move of a deal goes through here, also those of the rooms above (contract, perform, convert).
"""

from __future__ import annotations

from marketplace import persistence
from marketplace.clock import now
from marketplace.deals.life import ENDED
from marketplace.deals.models import Deal
from marketplace.errors import Stale
from marketplace.extensions import db
from marketplace.permissions import Reader


def require_seen(deal: Deal, seen: int) -> None:
    """Refuse what was decided on a page that is no longer true. Raises Stale."""
    if deal.revision != seen:
        raise Stale("这笔交易刚有变化。", "请重新打开，看过再决定。")


def move_deal(deal: Deal, deed: str, *, by: Reader | None, note: str = "") -> None:
    """Carry out a deed of the life table and write it (flushed, not committed).

    Args:
        deal: loaded in this session.
        deed: a deed of `DEAL_LIFE`.
        by: the acting person; None: the site itself.
        note: a remark, for the History row.

    Raises:
        NotNow: the table has no such move.
        Stale: somebody else was quicker.
    """
    deal.life.permits(deal, deed, by)
    deal.changed_at = now()
    after = deal.life.moves[deal.state, deed]
    if after in ENDED:
        deal.ended_at = deal.changed_at
    deal.life.move(deal, deed, by=by, note=note)
    with persistence.refusals():
        db.session.flush()
