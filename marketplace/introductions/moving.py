"""Introductions of an organisation go over when it is merged into another, and come back."""

from __future__ import annotations

from marketplace.clock import now
from marketplace.extensions import db
from marketplace.introductions.life import UNANSWERED
from marketplace.introductions.models import Introduction
from marketplace.introductions.queries import CURRENT


def move_between(gone_id: int, kept_id: int) -> list[int]:
    """Let introductions belong to another organisation; the ids of those that were moved."""
    goes_on = set()
    for case in _of_organisation(kept_id):
        if case.state in CURRENT:
            goes_on.add((case.wanted_kind, case.wanted_id))
    moved = []
    for case in _of_organisation(gone_id):
        if (case.wanted_kind, case.wanted_id) in goes_on:
            # Both wanted the same: one of them is enough. What was accepted twice stays where it was, for the record.
            if case.state in UNANSWERED:
                case.life.move(case, "withdraw", by=None)
                # The constraint wants a moment with every decision.
                case.decided_at = now()
            elif case.state == "accepted":
                continue
        # What is over goes along: the record of an organisation stays in one place.
        case.asking_organisation_id = kept_id
        moved.append(case.id)
    db.session.flush()
    return moved


def move_back(gone_id: int, kept_id: int, moved: list[int]) -> None:
    """Let them belong to the former organisation again."""
    for case in _of_organisation(kept_id):
        # Those that were moved on by another merge since stay there.
        if case.id in moved:
            case.asking_organisation_id = gone_id
    db.session.flush()


def _of_organisation(number: int) -> list[Introduction]:
    query = db.select(Introduction).filter_by(asking_organisation_id=number)
    return list(db.session.scalars(query))
