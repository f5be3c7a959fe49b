"""Statuses of an organisation go over when it is merged into another, and come back (072)."""

from __future__ import annotations

from marketplace.clock import now
from marketplace.extensions import db
from marketplace.statuses.models import OrganisationStatus

CURRENT = OrganisationStatus.life.phases["current"]


def move_between(gone_id: int, kept_id: int) -> list[int]:
    """Let statuses belong to another organisation; the ids of those that were moved."""
    known = {(row.code, row.valid_from) for row in _of(kept_id) if row.state in CURRENT}
    moved = []
    for row in _of(gone_id):
        if row.state in CURRENT and (row.code, row.valid_from) in known:
            # Both had the same one; a checked one stays where it was, for the record.
            if row.state == "verified":
                continue
            # One of two that wait is enough for an operator to compare.
            row.life.move(row, "withdraw", by=None)
            row.decided_at = now()
        row.organisation_id = kept_id
        moved.append(row.id)
    db.session.flush()
    return moved


def move_back(gone_id: int, kept_id: int, moved: list[int]) -> None:
    """Let them belong to the former organisation again."""
    for row in _of(kept_id):
        # Those that were moved on by another merge since stay there.
        if row.id in moved:
            row.organisation_id = gone_id
    db.session.flush()


def _of(number: int) -> list[OrganisationStatus]:
    query = db.select(OrganisationStatus).filter_by(organisation_id=number)
    return list(db.session.scalars(query))
