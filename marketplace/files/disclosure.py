"""Who may know of a file, and who may have it: decided here for pages, downloads and lists alike.

Which listings a reader may open is decided in `listings.models`, how much of one in `listings.disclosure`.
"""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.clock import today
from marketplace.extensions import db
from marketplace.files.models import Attachment, FileAccess
from marketplace.listings.disclosure import knowledge_of
from marketplace.listings.models import Row
from marketplace.permissions import Reader, acting_person, may, member


@dataclass(frozen=True)
class Sight:
    """What one reader may know of the files of one listing.

    Attributes:
        inside: of its owner, or a reviewer: every file, in every state.
        member: of the organisation that owns it.
        full: the whole text of the listing, and with it that there are files.
        firm: whose the listing is; names and contents of files tell it.
    """

    inside: bool
    member: bool
    full: bool
    firm: bool


def sight_of(row: Row, reader: Reader | None) -> Sight:
    """What a reader may know of the files of a listing whose page they may open."""
    knows = knowledge_of(row, reader)
    return Sight(
        # Whoever may add a file may know all of them: owner, desk, operators.
        inside=may(reader, "files.write", row),
        member=reader is not None and member(reader, row),
        full=knows.full,
        firm=knows.firm,
    )


def may_know(attachment: Attachment, sight: Sight) -> bool:
    """Whether somebody may know that there is this file."""
    # A removed one is a row without content, there for the record of who had it.
    if attachment.file is None:
        return False
    if sight.inside:
        return True
    # What nobody has looked through, or nobody has approved, is not there for others.
    return sight.full and attachment.approved_at is not None and not attachment.is_held


def may_have(attachment: Attachment, sight: Sight, reader: Reader | None) -> bool:
    """Whether somebody may have the content of a file that they may know of."""
    if not may_know(attachment, sight) or attachment.is_held:
        return False
    if sight.inside or sight.member:
        # The owner's side reads every file once it is scanned, approved or not.
        return True
    # A report bears the name of the firm: where that is hidden, so is the file.
    if attachment.visibility == "public" and sight.firm:
        return True
    return reader is not None and open_access(attachment, reader) is not None


def open_access(attachment: Attachment, reader: Reader) -> FileAccess | None:
    """What lets a reader have a file today: granted, not over, and for an organisation they still act for."""
    if reader.id is None:
        return None
    query = db.select(FileAccess).where(
        FileAccess.attachment_id == attachment.id,
        FileAccess.person_id == reader.id,
        FileAccess.state == "granted",
        # By the day: the job that ends it says so later, and lets nobody read longer.
        FileAccess.until >= today(),
        # For an organisation they still act for: who leaves it takes no file along.
        FileAccess.organisation_id.in_(acting_ids(reader)),
    )
    return db.session.scalars(query.limit(1)).first()


def acting_ids(reader: Reader) -> set[int]:
    """The verified organisations for which somebody may act now."""
    return set(reader.verified_ids) & set(reader.active_ids)


def verified_actor(person: Reader, _thing: object) -> bool:
    """Somebody who acts for an organisation whose identity has been checked."""
    return acting_person(person, None) and bool(acting_ids(person))


def asker(person: Reader, thing: object) -> bool:
    """Who asked to see a file."""
    return person.id is not None and getattr(thing, "person_id", None) == person.id


def shown_name(attachment: Attachment, sight: Sight) -> str:
    """The name of a file as a reader may know it: it may say whose the listing is."""
    if sight.firm or sight.inside or sight.member:
        return attachment.name
    return f"{attachment.use_name}（名称不公开）"
