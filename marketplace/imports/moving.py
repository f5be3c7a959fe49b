"""Imports of an organisation go over when it is merged into another, and come back."""

from __future__ import annotations

from marketplace.extensions import db
from marketplace.imports.models import ListImport


def move_between(gone_id: int, kept_id: int) -> list[int]:
    """Let imports belong to another organisation; the ids of those that were moved."""
    # With their rows: what was imported can still be taken back by the people who have it now.
    query = db.select(ListImport).filter_by(organisation_id=gone_id)
    moved = []
    for row in db.session.scalars(query):
        row.organisation_id = kept_id
        moved.append(row.id)
    db.session.flush()
    return moved


def move_back(gone_id: int, kept_id: int, moved: list[int]) -> None:
    """Let them belong to the former organisation again."""
    query = db.select(ListImport).where(
        ListImport.id.in_(moved), ListImport.organisation_id == kept_id
    )
    for row in db.session.scalars(query):
        # Those that were moved on by another merge since stay there.
        row.organisation_id = gone_id
    db.session.flush()
