"""Requests and invitations when an organisation is merged into another, and when they are old. Nothing is committed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marketplace.accounts.places import place_in_kind
from marketplace.extensions import db
from marketplace.memberships.models import Invitation, JoinRequest
from marketplace.organisations.models import Organisation
from marketplace.persistence import count_changed

WAYS: dict[str, type[JoinRequest] | type[Invitation]] = {
    "requests": JoinRequest,
    "invitations": Invitation,
}


def move_between(gone_id: int, kept_id: int) -> dict[str, Any]:
    """Let requests and invitations lead to another organisation; who asked both has asked once.

    Returns:
        name of the way → ids of what was moved; `places`: [id, place] of the invitations as they were.
    """
    kind = db.session.get_one(Organisation, kept_id).kind
    requesters = db.select(JoinRequest.person_id).where(
        JoinRequest.organisation_id == kept_id, JoinRequest.state == "waiting"
    )
    # The unique index holds one waiting request of a person and an organisation.
    already = set(db.session.scalars(requesters))
    moved: dict[str, Any] = {"places": []}
    for name, table in WAYS.items():
        moved[name] = []
        query = db.select(table).where(table.organisation_id == gone_id)
        # As rows and not by one statement, so that the audit has an entry of each.
        for row in db.session.scalars(query):
            waits = isinstance(row, JoinRequest) and row.state == "waiting"
            if waits and row.person_id in already:
                # It stays with the merged row, where nobody decides on it, and is back when the merge is undone.
                continue
            row.organisation_id = kept_id
            if isinstance(row, Invitation) and row.is_open:
                # A university has no place of a firm, and the contrary; what was used is a record.
                moved["places"].append([row.id, row.role])
                row.role = place_in_kind(
                    row.role, kind, administers=row.is_administrator
                )
            # Ids and not conditions: what came in after the merge must not go back with it.
            moved[name].append(row.id)
    db.session.flush()
    return moved


def move_back(gone_id: int, kept_id: int, moved: dict[str, Any]) -> None:
    """Let them lead to the former organisation again."""
    # Merges of former versions left the places as they were.
    places = dict(moved.get("places", []))
    for name, table in WAYS.items():
        query = db.select(table).where(
            table.id.in_(moved[name]), table.organisation_id == kept_id
        )
        for row in db.session.scalars(query):
            # Those that were moved on by another merge since stay there.
            row.organisation_id = gone_id
            if isinstance(row, Invitation):
                row.role = places.get(row.id, row.role)
    db.session.flush()


def remove_invitations(before: datetime) -> int:
    """Remove the invitations that were over before a moment, used or not; how many there were (no commit)."""
    return count_changed(db.delete(Invitation).where(Invitation.expires_at < before))


def remove_requests(before: datetime) -> int:
    """Remove the requests that were decided before a moment; how many there were (no commit)."""
    return count_changed(db.delete(JoinRequest).where(JoinRequest.decided_at < before))
