"""Kept estimates that go over when organisations are merged, and back when that is undone (072)."""

from __future__ import annotations

from marketplace.extensions import db
from marketplace.policies.models import PolicyEstimate


def move_between(gone_id: int, kept_id: int) -> list[int]:
    """Let estimates belong to another organisation; the ids of those that were moved."""
    moved = []
    for row in _of_organisation(gone_id):
        row.organisation_id = kept_id
        moved.append(row.id)
    db.session.flush()
    return moved


def move_back(gone_id: int, kept_id: int, moved: list[int]) -> None:
    """Let them belong to the former organisation again."""
    for row in _of_organisation(kept_id):
        # What the other organisation had before, or has stored since, stays with it.
        if row.id in moved:
            row.organisation_id = gone_id
    db.session.flush()


def _of_organisation(number: int) -> list[PolicyEstimate]:
    query = db.select(PolicyEstimate).where(PolicyEstimate.organisation_id == number)
    return list(db.session.scalars(query))
