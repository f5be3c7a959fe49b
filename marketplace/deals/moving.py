"""Deals of an organisation go over when it is merged into another, and come back."""

from __future__ import annotations

from marketplace.deals.deeds import move_parties
from marketplace.deals.models import SIDES, Deal
from marketplace.extensions import db

# What was moved is noted as one whole number each: ten times the deal, and 0 for the holder or 1 for the receiver.
_SEPARATOR = 10


def move_between(gone_id: int, kept_id: int) -> list[int]:
    """Let the sides of an organisation belong to another; what was moved, as number × 10 + side.

    Of a deal whose price is determined the party changes, which begins publicity anew. One between the two that become
    one stays as it is, for the record.
    """
    moved = []
    for place, side in enumerate(SIDES):
        other = SIDES[1 - place]
        for deal in _of_side(side, gone_id):
            # With one organisation on both sides the constraint `sides` would refuse the whole merger.
            if deal.organisation_of(other) == kept_id:
                continue
            move_parties(deal, side, kept_id)
            moved.append(deal.id * _SEPARATOR + place)
    db.session.flush()
    return moved


def move_back(gone_id: int, kept_id: int, moved: list[int]) -> None:
    """Let them belong to the former organisation again."""
    for place, side in enumerate(SIDES):
        for deal in _of_side(side, kept_id):
            # Those that were moved on by another merge since stay there.
            if deal.id * _SEPARATOR + place in moved:
                move_parties(deal, side, gone_id)
    db.session.flush()


def _of_side(side: str, number: int) -> list[Deal]:
    query = db.select(Deal).filter_by(**{f"{side}_organisation_id": number})
    return list(db.session.scalars(query.order_by(Deal.id)))
