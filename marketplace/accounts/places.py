"""Which places an organisation of a kind has, and those of people when theirs is merged. Nothing is committed here."""

from __future__ import annotations

from typing import Any

from marketplace.accounts.models import INSTITUTIONS, PLACES, Membership
from marketplace.extensions import db
from marketplace.organisations.models import Organisation


def fits_kind(place: str, kind: str) -> bool:
    """Whether organisations of a kind have a place: institutions have researchers and desks, all others members."""
    return place in PLACES and (place == "member") != (kind in INSTITUTIONS)


def place_in_kind(place: str, kind: str, *, administers: bool) -> str:
    """The place of somebody whose organisation becomes one of another kind: theirs where that kind has it."""
    if fits_kind(place, kind):
        return place
    if kind not in INSTITUTIONS:
        return "member"
    # As who enters a university an administrator speaks for it. The others get the lesser right: they write what is
    # theirs, and an administrator may give them more.
    return "desk" if administers else "researcher"


def move_between(gone_id: int, kept_id: int) -> dict[str, Any]:
    """Give everybody of one organisation their place in another; who is there already keeps that place.

    Returns:
        `moved`: numbers of the people who went over; `left`: the places of those who had both, as they were; `roles`:
        the former places of those whose place the other organisation does not have.
    """
    kind = db.session.get_one(Organisation, kept_id).kind
    # Two places of one person in one organisation would break the key of the table.
    remaining = set(
        db.session.scalars(
            db.select(Membership.person_id).where(Membership.organisation_id == kept_id)
        )
    )
    query = db.select(Membership).where(Membership.organisation_id == gone_id)
    moved: list[int] = []
    left: list[dict[str, Any]] = []
    roles: list[dict[str, Any]] = []
    for place in db.session.scalars(query):
        if place.person_id not in remaining:
            place.organisation_id = kept_id
            moved.append(place.person_id)
            if not fits_kind(place.role, kind):
                roles.append({"person_id": place.person_id, "role": place.role})
                place.role = place_in_kind(
                    place.role, kind, administers=place.is_administrator
                )
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
    return {"moved": moved, "left": left, "roles": roles}


def move_back(gone_id: int, kept_id: int, moved: dict[str, Any]) -> None:
    """Give people their former places back; who has left since is not brought back."""
    query = db.select(Membership).where(
        Membership.organisation_id == kept_id, Membership.person_id.in_(moved["moved"])
    )
    # Merges of former versions left the places as they were.
    roles = {one["person_id"]: one["role"] for one in moved.get("roles", [])}
    for place in db.session.scalars(query):
        place.organisation_id = gone_id
        place.role = roles.get(place.person_id, place.role)
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
