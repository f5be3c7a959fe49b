"""Statements are printed in the background; milestones that come near or are over are announced."""

from __future__ import annotations

from datetime import timedelta

import structlog

from marketplace import persistence
from marketplace.clock import today
from marketplace.contracts.announcements import REMINDED, announce_due
from marketplace.contracts.models import sha256_of
from marketplace.extensions import db
from marketplace.issues.printing import PrintingError
from marketplace.proceeds import queries
from marketplace.proceeds.models import InventorShare
from marketplace.proceeds.printing import render_statement
from marketplace.wording import in_quotes

log = structlog.get_logger(__name__)
# Numbers of shares that could not be printed: of this process, a start tries them again.
_refused: set[int] = set()


def render_missing() -> int:
    """Print the statements of settled distributions. Returns how many were stored."""
    count = 0
    for number in queries.unrendered_shares():
        if number not in _refused:
            count += _render_one(number)
    return count


def _render_one(number: int) -> int:
    try:
        pdf = render_statement(db.session.get_one(InventorShare, number))
    except PrintingError as error:
        _refused.add(number)
        log.error("statement_not_rendered", share=number, error=str(error))
        return 0
    # Printed as a reader; written as a writer.
    db.session.rollback()
    persistence.begin_write()
    share = db.session.get_one(InventorShare, number)
    share.pdf, share.sha256 = pdf, sha256_of(pdf)
    persistence.commit()
    return 1


def remind() -> int:
    """Remind both sides of milestones. Returns the number of notices."""
    persistence.begin_write()
    count = 0
    # The first reminder is that of the largest stage; what is further away waits.
    for one in queries.near_milestones(today() + timedelta(days=max(REMINDED))):
        count += announce_due(
            one.contract,
            f"milestone-{one.id}",
            f"节点{in_quotes(one.title)}",
            one.due_on,
            "按合同交付或付款，办好后由卖方记录。",
        )
    persistence.commit()
    return count
