"""Certificates are printed in the background, and their holders learn when the ledger was corrected."""

from __future__ import annotations

import structlog
from flask import current_app

from marketplace import persistence
from marketplace.certificates import announcements, queries
from marketplace.certificates.models import ConversionCertificate
from marketplace.certificates.printing import render_certificate
from marketplace.clock import now
from marketplace.contracts.models import sha256_of
from marketplace.extensions import db
from marketplace.issues.printing import PrintingError
from marketplace.notices.deeds import path_of
from marketplace.organisations.models import Organisation

log = structlog.get_logger(__name__)
# Numbers of certificates that could not be printed: of this process, a start tries them again.
_refused: set[int] = set()


def render_missing() -> int:
    """Print the issued certificates that have no file yet. Returns how many were stored."""
    count = 0
    for number in queries.unprinted():
        if number not in _refused:
            count += _render_one(number)
    return count


def _render_one(number: int) -> int:
    row = db.session.get_one(ConversionCertificate, number)
    # Taken out of the row, which is not there any more after the rollback.
    content, code = row.content, row.code or ""
    # Nobody waits for the printer with the database in hand.
    db.session.rollback()
    site = current_app.config["SITE_ADDRESS"].rstrip("/")
    page = f"{site}{path_of('certificates.verify')}"
    address = f"{site}{path_of('certificates.verify_code', code=code)}"
    try:
        pdf = render_certificate(content, code=code, address=address, page=page)
    except PrintingError as error:
        _refused.add(number)
        log.error("certificate_not_rendered", certificate=number, error=str(error))
        return 0
    persistence.begin_write()
    row = db.session.get_one(ConversionCertificate, number)
    # Meanwhile its holder may have closed their account, or another host printed it.
    if row.content != content or row.sha256 is not None:
        db.session.rollback()
        return 0
    row.pdf, row.sha256 = pdf, sha256_of(pdf)
    persistence.commit()
    return 1


def announce_corrections() -> int:
    """Notify the holders of certificates whose numbers are no longer those of the ledger. Returns how many."""
    persistence.begin_write()
    for row in queries.announced_and_restored():
        # The numbers are right again: what changes them the next time is news.
        row.corrected_at = None
    rows = queries.unannounced_corrections()
    for row in rows:
        # In the transaction of the notice: a kill in between sends it neither twice nor never.
        row.corrected_at = now()
        announcements.announce_correction(row)
    persistence.commit()
    return len(rows)


def move_between(gone_id: int, kept_id: int) -> list[int]:
    """Let the certificates of an organisation belong to another; the ids of those that were moved."""
    taken = db.select(ConversionCertificate.person_id).filter_by(
        organisation_id=kept_id, state="requested"
    )
    waiting = set(db.session.scalars(taken))
    moved = []
    query = db.select(ConversionCertificate).filter_by(organisation_id=gone_id)
    for row in db.session.scalars(query.order_by(ConversionCertificate.id)):
        # Somebody with a request to each has one too many: it stays, and may be cancelled.
        if row.state != "requested" or row.person_id not in waiting:
            row.organisation = db.session.get_one(Organisation, kept_id)
            moved.append(row.id)
    db.session.flush()
    return moved


def move_back(gone_id: int, kept_id: int, moved: list[int]) -> None:
    """Let them belong to the former organisation again."""
    query = db.select(ConversionCertificate).where(
        ConversionCertificate.id.in_(moved),
        # What was moved on by another merger since stays there.
        ConversionCertificate.organisation_id == kept_id,
    )
    for row in db.session.scalars(query):
        row.organisation = db.session.get_one(Organisation, gone_id)
    db.session.flush()
