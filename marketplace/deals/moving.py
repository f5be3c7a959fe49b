"""Deals of an organisation go over when it is merged into another, and come back."""

from __future__ import annotations

from marketplace.clock import now
from marketplace.deals import publicity_deeds
from marketplace.deals.models import SIDES, Deal
from marketplace.deals.writing import PARTY_MOVED, write_release
from marketplace.extensions import db
from marketplace.persistence import refusals

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
            _move_party(deal, side, kept_id)
            moved.append(deal.id * _SEPARATOR + place)
    db.session.flush()
    return moved


def move_back(gone_id: int, kept_id: int, moved: list[int]) -> None:
    """Let them belong to the former organisation again."""
    for place, side in enumerate(SIDES):
        for deal in _of_side(side, kept_id):
            # Those that were moved on by another merge since stay there.
            if deal.id * _SEPARATOR + place in moved:
                _move_party(deal, side, gone_id)
    db.session.flush()


def _of_side(side: str, number: int) -> list[Deal]:
    query = db.select(Deal).filter_by(**{f"{side}_organisation_id": number})
    return list(db.session.scalars(query.order_by(Deal.id)))


def _move_party(deal: Deal, side: str, organisation_id: int) -> None:
    """Let a side of a deal be another organisation (no commit).

    What is determined or made public names its parties: it begins again, as with any other change.
    """
    setattr(deal, f"{side}_organisation_id", organisation_id)
    # Once the price is determined, what was decided and made public names these very parties.
    if deal.life.can(deal.state, "revise"):
        publicity_deeds.price_again(deal)
        return
    # Objections lock it: what they are about begins again with the answer to the last one (publicity_deeds).
    deal.changed_at = now()
    with refusals():
        db.session.flush()
    # There was no move, so that no release names the new party yet.
    write_release(deal, PARTY_MOVED, by=None)
