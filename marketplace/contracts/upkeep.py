"""The papers of contracts are rendered once, in the background; ends that come near are announced."""

from __future__ import annotations

import time
from typing import Any

import structlog

from marketplace import persistence
from marketplace.contracts import announcements, queries, readiness
from marketplace.contracts.models import ContractPaper, sha256_of
from marketplace.contracts.printing import render_paper
from marketplace.extensions import db
from marketplace.issues.printing import PrintingError

log = structlog.get_logger(__name__)
PAUSE = 3600.0  # seconds after which a paper that could not be rendered is tried again
# Number of a paper → when that is, by `time.monotonic`. Of this process: after a start all are tried.
_put_off: dict[int, float] = {}


def render_missing() -> int:
    """Render the papers that have no file yet. Returns how many were stored."""
    count = 0
    for number in queries.unrendered_papers():
        if _put_off.get(number, 0.0) <= time.monotonic():
            count += _render_one(number)
    return count


def _render_one(number: int) -> int:
    paper = db.session.get_one(ContractPaper, number)
    values: dict[str, Any] = {
        "number": paper.contract.number,
        "version": paper.number,
        "issued_on": paper.issued_on,
    }
    content = paper.content
    # Nobody waits for the printer with the database in hand.
    db.session.rollback()
    try:
        pdf = render_paper(content, **values)
    # One paper that cannot be printed must not hold up the others.
    except PrintingError as error:
        _put_off[number] = time.monotonic() + PAUSE
        log.error("contract_not_rendered", paper=number, error=str(error))
        return 0
    persistence.begin_write()
    paper = db.session.get_one(ContractPaper, number)
    # Another process was quicker, and its file may be confirmed by now.
    if paper.sha256 is not None:
        db.session.rollback()
        return 0
    paper.pdf, paper.sha256 = pdf, sha256_of(pdf)
    db.session.flush()
    # The contract may have been changed meanwhile: nobody is to confirm an old paper.
    if paper.contract.current_paper is paper and paper.contract.state == "confirming":
        announcements.announce_paper(paper)
    persistence.commit()
    return 1


def remind() -> int:
    """Remind of ends that come near. Returns the number of notices."""
    persistence.begin_write()
    count = 0
    for contract in queries.with_ends():
        for end in readiness.ends_of(contract):
            # An end has a key for each stage: a second run on one day sends nothing.
            count += announcements.announce_due(
                contract, end.code, end.words, end.day, end.to_do
            )
    persistence.commit()
    return count
