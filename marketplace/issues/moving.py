"""What becomes of lists when an organisation is merged into another: proofs go along, what is published stays."""

from __future__ import annotations

from typing import Any

from marketplace.extensions import db
from marketplace.issues.models import IssueProof


def move_between(gone_id: int, kept_id: int) -> dict[str, Any]:
    """Give the open proofs of one organisation to another (no commit); what was published is history and stays."""
    # An issue bears the name of its holder on that day, so only what is not published yet goes along.
    query = db.select(IssueProof).where(
        IssueProof.organisation_id == gone_id, IssueProof.state == "open"
    )
    moved = []
    for proof in db.session.scalars(query):
        proof.organisation_id = kept_id
        moved.append(proof.id)
    return {"proofs": moved}


def move_back(gone_id: int, kept_id: int, moved: dict[str, Any]) -> None:
    """Undo it; what was published or dropped since stays (no commit)."""
    query = db.select(IssueProof).where(
        IssueProof.id.in_(moved["proofs"]),
        IssueProof.organisation_id == kept_id,
        IssueProof.state == "open",
    )
    for proof in db.session.scalars(query):
        proof.organisation_id = gone_id
