"""What becomes of rights without anybody pressing anything: reminders, and consents of merged organisations."""

from __future__ import annotations

from marketplace import persistence
from marketplace.extensions import db
from marketplace.rights import announcements, queries
from marketplace.rights.models import CoOwnerConsent


def remind() -> int:
    """Remind of patents that end soon and of co-owners who do not answer. Returns the number of notices."""
    persistence.begin_write()
    count = announcements.announce_endings()
    count += announcements.announce_unanswered()
    db.session.commit()
    return count


def forget_person(person_id: int) -> None:
    """An account was closed: what was answered stays with the organisation, the name goes (no commit)."""
    for consent in queries.consents_answered_by(person_id):
        # The list holds requests they only sent, too: those were answered by somebody else.
        if consent.answered_by_id == person_id:
            consent.answered_as = "（账号已注销）"


def move_between(gone_id: int, kept_id: int) -> list[int]:
    """Let consents be asked of another organisation; the ids of those that were moved."""
    moved = []
    for consent in db.session.scalars(
        db.select(CoOwnerConsent).filter_by(co_owner_id=gone_id)
    ):
        consent.co_owner_id = kept_id
        moved.append(consent.id)
    db.session.flush()
    return moved


def move_back(gone_id: int, kept_id: int, moved: list[int]) -> None:
    """Let them be asked of the former organisation again."""
    # Those that another merge has moved on since stay there.
    query = db.select(CoOwnerConsent).where(
        CoOwnerConsent.id.in_(moved), CoOwnerConsent.co_owner_id == kept_id
    )
    for consent in db.session.scalars(query):
        consent.co_owner_id = gone_id
    db.session.flush()
