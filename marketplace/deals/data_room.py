"""Staged disclosure: with an NDA the files of a listing that are handed out on request open for the other side.

What lets somebody have a file is in the room `files`; here is which ones, for whom and until when. No commit.
"""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.clock import now
from marketplace.deals.child_models import DealLetter
from marketplace.deals.models import Deal
from marketplace.extensions import db
from marketplace.files.models import Attachment, FileAccess
from marketplace.files.queries import attachments_of


def open_files(deal: Deal, letter: DealLetter) -> int:
    """Let each side's people have the other side's restricted files up to the day of the NDA; how many files.

    Args:
        deal: both sides have confirmed its NDA.
        letter: the NDA.
    """
    count = 0
    for attachment, person_id, organisation_id in _opened(deal):
        before = _grants(deal, attachment, person_id)
        if before:
            # A later NDA moves the day.
            for access in before:
                access.until = letter.access_until
        else:
            _grant(deal, letter, attachment, person_id, organisation_id)
        count += 1
    db.session.flush()
    return count


def close_files(deal: Deal) -> None:
    """End what the NDA of a deal has opened."""
    for attachment, person_id, _ in _opened(deal):
        # Only what this deal has opened: what the owner granted by hand is not taken back.
        for access in _grants(deal, attachment, person_id):
            access.life.move(access, "revoke", by=None, note=_reason(deal))
            access.decided_at = now()


def opened_files(deal: Deal) -> list[tuple[Attachment, FileAccess]]:
    """The files that the NDA of a deal has opened, each with what lets somebody have it."""
    found = []
    for attachment, person_id, _ in _opened(deal):
        for access in _grants(deal, attachment, person_id):
            found.append((attachment, access))
    return found


def _opened(deal: Deal) -> Iterator[tuple[Attachment, int, int]]:
    """Restricted files, each with the person and the organisation of the other side."""
    # A listing opens to who carries the deal for the other side, never to a whole organisation.
    for row, side in ((deal.achievement, "receiver"), (deal.demand, "holder")):
        person_id = getattr(deal, f"{side}_person_id")
        if row is None or person_id is None:
            continue
        for attachment in attachments_of(row):
            # What review has not let through yet is handed out to nobody.
            if attachment.visibility == "request" and attachment.approved_at:
                yield attachment, person_id, deal.organisation_of(side)


def _grants(deal: Deal, attachment: Attachment, person_id: int) -> list[FileAccess]:
    query = db.select(FileAccess).where(
        FileAccess.attachment_id == attachment.id,
        FileAccess.person_id == person_id,
        FileAccess.state == "granted",
        # The reason names the deal, and is what tells its grants from all others.
        FileAccess.reason == _reason(deal),
    )
    return list(db.session.scalars(query))


def _grant(
    deal: Deal,
    letter: DealLetter,
    attachment: Attachment,
    person_id: int,
    organisation_id: int,
) -> None:
    access = FileAccess(
        attachment=attachment,
        person_id=person_id,
        organisation_id=organisation_id,
        state="requested",
        reason=_reason(deal),
        until=letter.access_until,
    )
    undecided = db.select(FileAccess).where(
        FileAccess.attachment_id == attachment.id,
        FileAccess.person_id == person_id,
        FileAccess.state == "requested",
    )
    asked = db.session.scalar(undecided)
    if asked is not None:
        # Two requests of one person cannot wait at once: the one that waits is granted by the NDA.
        access = asked
        access.until = letter.access_until
        access.reason = _reason(deal)
    else:
        db.session.add(access)
        # The History row needs its number.
        db.session.flush()
        access.life.born(access, by=None)
        db.session.flush()
    access.life.move(access, "grant", by=None, note=f"到 {letter.access_until}")
    access.decided_at = now()


def _reason(deal: Deal) -> str:
    return f"交易 {deal.number}：双方已确认保密协议"
