"""What becomes of files without anybody pressing anything: scanned, ended when their day is over, swept."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import exists

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.clock import now, today
from marketplace.errors import Busy, Invalid
from marketplace.extensions import db
from marketplace.files import access_deeds, announcements, queries, scanning, storage
from marketplace.files.models import Attachment, FileAccess, StoredFile
from marketplace.listings.models import LISTINGS
from marketplace.listings.ownership import has_desk

log = structlog.get_logger(__name__)
AT_ONCE = 50  # contents scanned in one go


def sweep_content(stored_id: int) -> bool:
    """Remove a content and its bytes where nothing refers to it any more.

    Returns:
        whether it was removed.
    """
    query = db.select(StoredFile).where(StoredFile.id == stored_id)
    # Whoever uploads the same content waits here, and then writes it once more.
    stored = db.session.scalar(query.with_for_update())
    # Another listing bears the same content: bytes go with the last one only.
    if stored is None or queries.referring_count(stored):
        return False
    sha256 = stored.sha256
    db.session.delete(stored)
    db.session.flush()
    # Before the commit: killed in between, a row without bytes and without a file of a listing is left, and swept.
    try:
        storage.remove_content(sha256)
    except Busy:
        # The store is away: its listing is rid of it already, and the next sweep removes the bytes.
        db.session.rollback()
        return False
    db.session.commit()
    return True


def sweep() -> int:
    """Remove what nothing refers to: rows, and bytes that an upload left which was killed. Returns how many."""
    unused = db.select(StoredFile.id)
    # Of every room that bears contents, or files of deals would be swept as unused.
    for model in queries.bearing_models():
        unused = unused.where(~exists().where(model.file_id == StoredFile.id))
    count = 0
    for stored_id in db.session.scalars(unused).all():
        # A transaction each: an upload of the same content waits for one of them at most.
        persistence.begin_write()
        count += sweep_content(stored_id)
    # A new one, so that what was committed meanwhile is seen: its bytes are no orphans.
    persistence.begin_write()
    for sha256 in storage.old_contents():
        count += _sweep_orphan(sha256)
    db.session.rollback()
    return count + storage.remove_leftovers()


def _sweep_orphan(sha256: str) -> bool:
    known = db.session.scalar(
        db.select(StoredFile.id).where(StoredFile.sha256 == sha256)
    )
    if known is not None:
        return False
    storage.remove_content(sha256)
    log.warning("orphan_removed", sha256=sha256)
    return True


def scan_held() -> int:
    """Scan what could not be scanned when it came; what is infected is taken from its listings.

    Returns:
        how many contents were decided about.
    """
    query = db.select(StoredFile.id).where(StoredFile.scan == scanning.HELD)
    count = 0
    for stored_id in db.session.scalars(query.limit(AT_ONCE)).all():
        stored = db.session.get(StoredFile, stored_id)
        if stored is None:
            continue
        sha256 = stored.sha256
        # Long: nobody waits for the database meanwhile.
        db.session.rollback()
        try:
            with storage.content_on_disk(sha256) as path:
                result = scanning.scan(path)
        except Invalid:
            result = "infected"
        if result == scanning.HELD:
            # The others would only be refused as well; the next run begins with them.
            break  # the scanner is still away
        count += _settle_scan(stored_id, result)
    return count


def _settle_scan(stored_id: int, result: str) -> bool:
    persistence.begin_write()
    stored = db.session.get(StoredFile, stored_id)
    if stored is None:
        return False
    bearing = db.select(Attachment).where(Attachment.file_id == stored_id)
    for attachment in db.session.scalars(bearing).all():
        if result == "infected":
            announcements.announce_decision(
                attachment,
                "查出恶意程序，已删除。",
                by=None,
                key="infected",
                to_do="请先杀毒，再传一份干净的。",
            )
            access_deeds.end_requests(attachment, "附件查出恶意程序")
            # Without content from here on; the row stays for the record of who had it.
            attachment.file = None
            attachment.removed_at = now()
        else:
            announcements.announce_decision(
                attachment, "已查毒，没有问题。", by=None, key="scanned"
            )
    if result != "infected":
        stored.scan = result
        db.session.commit()
        return True
    # What rooms above attach, of claims for example, goes too: else the content would stay for ever.
    for model in queries.bearing_models():
        borne = db.select(model).where(model.file_id == stored_id)
        for one in db.session.scalars(borne).all():
            uploader = None
            if one.by_id is not None:
                uploader = db.session.get(Person, one.by_id)
            key = f"{model.__tablename__} {one.id}"
            announcements.announce_infected(one.name, uploader, key=key)
            one.file, one.removed_at = None, now()
    db.session.commit()
    # In a transaction of its own: until the commit above, rows still bore the content.
    persistence.begin_write()
    sweep_content(stored_id)
    return True


def expire_grants() -> int:
    """Note that what was granted until yesterday is over, and notify both; nobody could read since the day itself.

    Returns:
        how many there were.
    """
    persistence.begin_write()
    query = db.select(FileAccess).where(
        FileAccess.state == "granted", FileAccess.until < today()
    )
    ended = db.session.scalars(query).all()
    for access in ended:
        access.life.move(access, "expire", by=None)
        # It is over from now on: how long the request is stored counts from its end.
        access.decided_at = now()
        # What was written when it was granted is no word about its end.
        access.answer = ""
        announcements.announce_answer(access, "expire", name=access.attachment.name)
        announcements.announce_expiry(access)
    db.session.commit()
    return len(ended)


def forget_person(person_id: int) -> None:
    """An account was closed: what it asked for ends, and the files of its own drafts go (no commit)."""
    query = db.select(FileAccess).where(
        FileAccess.person_id == person_id,
        FileAccess.state.in_(("requested", "granted")),
    )
    for access in db.session.scalars(query):
        access.life.move(access, "end", by=None, note="账号已注销")
        access.decided_at = now()
    for attachment in queries.uploads_of(person_id):
        row = attachment.listing
        # What belongs to an organisation stays with it; the job removes the bytes of the others.
        if row.organisation_id is None and row.owner_id == person_id:
            attachment.file = None
            attachment.removed_at = attachment.removed_at or now()


def remove_requests(before: datetime) -> int:
    """Remove requests that were over before a moment (no commit). Returns how many."""
    over = db.delete(FileAccess).where(
        FileAccess.state.not_in(("requested", "granted")),
        FileAccess.decided_at < before,
    )
    return persistence.count_changed(over)


def move_between(gone_id: int, kept_id: int) -> list[int]:
    """Let requests be those of another organisation; the ids of those that were moved.

    Files that wait for the desk of an institution go on to the operators where there is no desk any more.
    """
    if not has_desk(kept_id):
        _skip_desk(gone_id, kept_id)
    moved = []
    query = db.select(FileAccess).filter_by(organisation_id=gone_id)
    for access in db.session.scalars(query):
        access.organisation_id = kept_id
        moved.append(access.id)
    db.session.flush()
    return moved


def _skip_desk(*organisation_ids: int) -> None:
    # Of both: which room moves what is its own first is not said, and nothing waits at the desk of a firm.
    for table in LISTINGS.values():
        listings = db.select(table.id).where(
            table.organisation_id.in_(organisation_ids)
        )
        waiting = db.update(Attachment).where(
            Attachment.endorsed_at.is_(None),
            Attachment.listing_kind == table.kind,
            Attachment.listing_id.in_(listings),
        )
        db.session.execute(waiting.values(endorsed_at=now()))


def move_back(gone_id: int, kept_id: int, moved: list[int]) -> None:
    """Let them be those of the former organisation again."""
    query = db.select(FileAccess).where(
        FileAccess.id.in_(moved), FileAccess.organisation_id == kept_id
    )
    for access in db.session.scalars(query):
        access.organisation_id = gone_id
    db.session.flush()
