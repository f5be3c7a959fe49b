"""The places of people when their organisation is merged into another. Nothing is committed here."""

from __future__ import annotations

from typing import Any

from marketplace.accounts.models import Membership
from marketplace.extensions import db


def move_between(gone_id: int, kept_id: int) -> dict[str, Any]:
    """Give everybody of one organisation their place in another; who is there already keeps that place.

    Returns:
        `moved`: numbers of the people who went over; `left`: the places of those who had both, as they were.
    """
    # Two places of one person in one organisation would break the key of the table.
    remaining = set(
        db.session.scalars(
            db.select(Membership.person_id).where(Membership.organisation_id == kept_id)
        )
    )
    query = db.select(Membership).where(Membership.organisation_id == gone_id)
    moved: list[int] = []
    left: list[dict[str, Any]] = []
    for place in db.session.scalars(query):
        if place.person_id not in remaining:
            place.organisation_id = kept_id
            moved.append(place.person_id)
            continue
        # Copied before the row goes, so that a merger that is taken back can give it again.
        left.append(
            {
                "person_id": place.person_id,
                "role": place.role,
                "is_administrator": place.is_administrator,
                "post": place.post,
            }
        )
        db.session.delete(place)
    db.session.flush()
    return {"moved": moved, "left": left}


def move_back(gone_id: int, kept_id: int, moved: dict[str, Any]) -> None:
    """Give people their former places back; who has left since is not brought back."""
    query = db.select(Membership).where(
        Membership.organisation_id == kept_id, Membership.person_id.in_(moved["moved"])
    )
    for place in db.session.scalars(query):
        place.organisation_id = gone_id
    # Who left the remaining organisation since has left both: a place that both had was one decision of theirs.
    present = set(
        db.session.scalars(
            db.select(Membership.person_id).where(Membership.organisation_id == kept_id)
        )
    )
    for one in moved["left"]:
        if one["person_id"] in present:
            db.session.add(Membership(organisation_id=gone_id, **one))
    db.session.flush()
