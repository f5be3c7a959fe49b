"""What is read of files: those of a listing, one to be sent, requests, and who has looked. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_

from marketplace.accounts.queries import people_by_id
from marketplace.audit.models import Entry
from marketplace.counting import Count
from marketplace.errors import NotAllowed, NotFound
from marketplace.extensions import Model, db
from marketplace.files import disclosure
from marketplace.files.disclosure import Sight
from marketplace.files.life import EVIDENCE
from marketplace.files.models import Attachment, FileAccess, StoredFile, ThingFile
from marketplace.listings.models import LISTINGS, Row
from marketplace.listings.queries import get_visible
from marketplace.listings.worklists import SOMEBODY, own_numbers
from marketplace.organisations.queries import names_of_organisations
from marketplace.permissions import Reader, may, require
from marketplace.persistence import find_row

MAX_LOOKS = 200
MAX_ROWS = 100  # of a page of the operators
# Listings whose files others may see without another review: what is added to them waits for one.
PUBLIC_STATES = ("published", "suspended", "expired", "closed")
# Deeds about a file itself; the permissions of its owner are those of the listing.
REVIEWING = ("files.review", "files.desk_review", "files.endorse")
NO_FILE = ("没有找到这个文件。", "它可能已被删除，请回到成果或需求的页面看。")


@dataclass(frozen=True)
class ShownFile:
    """A file as one reader sees it on a page.

    Attributes:
        attachment: the row.
        name: as they may know it.
        readable: they may have it now.
        access: their latest request to see it.
        may_ask: they may ask to see it.
    """

    attachment: Attachment
    name: str
    readable: bool
    access: FileAccess | None
    may_ask: bool


@dataclass(frozen=True)
class Look:
    """One time that somebody of others had a file sent to them.

    Attributes:
        at: moment in UTC.
        file: its name.
        person, organisation: who, and for whom; empty for a guest.
    """

    at: datetime
    file: str
    person: str
    organisation: str


def attachments_of(row: Row) -> list[Attachment]:
    """The files of a listing that were not removed, in the order they came."""
    place = {"kind": row.kind, "listing": row.id}
    found = list(db.session.scalars(_attachments_query(), place))
    for one in found:
        one.listing = row  # spares a query each
    return found


@cache
def _attachments_query() -> Any:
    """Built once, for the page of every listing asks."""
    of_row = _of_row(bindparam("kind"), bindparam("listing"))
    return (
        db.select(Attachment)
        .where(*of_row, Attachment.file_id.is_not(None))
        .order_by(Attachment.id)
    )


def shown_files(row: Row, reader: Reader) -> list[ShownFile]:
    """The files of a listing that a reader may know of; the row is one whose page they may open."""
    sight = disclosure.sight_of(row, reader)
    shown = []
    asked = _latest_requests(row, reader)
    for one in attachments_of(row):
        if not disclosure.may_know(one, sight):
            continue
        readable = disclosure.may_have(one, sight, reader)
        access = asked.get(one.id)
        waits = access is not None and access.state == "requested"
        shown.append(
            ShownFile(
                attachment=one,
                name=disclosure.shown_name(one, sight),
                readable=readable,
                access=access,
                # Not again while one waits, and not by who has it anyway.
                may_ask=not (readable or waits or sight.inside),
            )
        )
    return shown


def get_attachment(attachment_id: int, *, by: Reader) -> tuple[Attachment, Sight]:
    """A file that a reader may know of, with what they may know.

    Raises:
        NotFound: there is none, or they may not know of it.
    """
    attachment = find_row(Attachment, attachment_id)
    if attachment is None or attachment.file is None:
        raise NotFound(*NO_FILE)
    # Through the filter of the listing: a file is no way around a page that one may not open.
    row = get_visible(attachment.listing_kind, attachment.listing_id, by=by)
    attachment.listing = row
    sight = disclosure.sight_of(row, by)
    if not disclosure.may_know(attachment, sight):
        raise NotFound(*NO_FILE)
    return attachment, sight


def get_readable(attachment_id: int, *, by: Reader) -> tuple[Attachment, Sight]:
    """A file whose content a reader may have.

    Raises:
        NotFound: as `get_attachment`.
        NotAllowed: they may know of it, and may not have it now.
    """
    attachment, sight = get_attachment(attachment_id, by=by)
    if attachment.is_held:
        raise NotAllowed("这个文件还没有查毒，查完才能打开。", "过几分钟再看。")
    if not disclosure.may_have(attachment, sight, by):
        advice = "在成果或需求的页面上点「申请查看」，持有方同意以后才能打开。"
        if not by.is_authenticated:
            advice = f"请先登录，再{advice}"
        raise NotAllowed("这个文件要申请，现在不能打开。", advice)
    return attachment, sight


def get_own(attachment_id: int, *, by: Reader, deed: str = "files.write") -> Attachment:
    """A file to which somebody may do a deed of its owner or of the reviewers.

    Raises:
        NotFound, NotAllowed.
    """
    attachment, _ = get_attachment(attachment_id, by=by)
    # Reviewing is another right than editing: who uploaded it may not let it through.
    thing: object = attachment if deed in REVIEWING else attachment.listing
    require(by, deed, thing)
    return attachment


def get_access(access_id: int, *, by: Reader, deed: str) -> FileAccess:
    """A request that somebody may decide on (`files.grant`) or take back (`files.withdraw`).

    Raises:
        NotFound: there is none, or it is not theirs: one answer for both.
    """
    access = find_row(FileAccess, access_id)
    missing = NotFound("没有找到这份申请。", "请从「我的」进入。")
    if access is None:
        raise missing
    # A request is taken back by who wrote it and decided on by who owns the file.
    thing: object = access if deed == "files.withdraw" else access.attachment.listing
    if not may(by, deed, thing):
        raise missing
    return access


def requests_for(row: Row) -> list[FileAccess]:
    """Every request to see a file of a listing, those that wait first, then the newest."""
    query = (
        db.select(FileAccess)
        .join(Attachment, Attachment.id == FileAccess.attachment_id)
        .where(*_of_row(row.kind, row.id))
        .order_by(FileAccess.state != "requested", FileAccess.id.desc())
    )
    return list(db.session.scalars(query.limit(MAX_LOOKS)))


def waiting_requests(person: Reader) -> list[FileAccess]:
    """The requests that wait for a person as the owner of a file, oldest first."""
    query = _waiting(db.select(FileAccess), person).order_by(FileAccess.id)
    return list(db.session.scalars(query.limit(MAX_ROWS)))


def waiting_count(person: Reader) -> Count | int:
    """How many those are: the header of every page asks."""
    if person.id is None:
        return 0
    return Count(_waiting_query(), own_numbers(person))


@cache
def _waiting_query() -> Any:
    """Built once: building took longer than counting."""
    return _waiting(db.select(func.count()).select_from(FileAccess), SOMEBODY)


def _waiting(query: Any, person: Reader) -> Any:
    """A query of requests, narrowed to those that wait for a person as the owner of a file."""
    joined = query.join(Attachment, Attachment.id == FileAccess.attachment_id)
    return joined.where(FileAccess.state == "requested", _looked_after_by(person))


def own_requests(person_id: int) -> list[FileAccess]:
    """What somebody has asked to see, the newest first."""
    query = db.select(FileAccess).where(FileAccess.person_id == person_id)
    newest = query.order_by(FileAccess.id.desc()).limit(MAX_ROWS)
    return list(db.session.scalars(newest))


def open_requests_to(attachment: Attachment) -> list[FileAccess]:
    """The requests for a file that wait or that let somebody read."""
    query = db.select(FileAccess).where(
        FileAccess.attachment_id == attachment.id,
        FileAccess.state.in_(("requested", "granted")),
    )
    return list(db.session.scalars(query))


def has_evidence(row: Row) -> bool:
    """Whether a file shows that the stage of a listing was reached."""
    query = db.select(Attachment.id).where(
        *_of_row(row.kind, row.id),
        Attachment.file_id.is_not(None),
        Attachment.use.in_(EVIDENCE),
    )
    return db.session.scalars(query.limit(1)).first() is not None


def looks_at(row: Row) -> list[Look]:
    """Who of others had files of a listing sent, newest first; at most MAX_LOOKS."""
    query = db.select(Attachment.id, Attachment.name).where(*_of_row(row.kind, row.id))
    names: dict[str, str] = {}
    for number, name in db.session.execute(query):
        names[str(number)] = name
    entries = list(
        db.session.scalars(
            db.select(Entry)
            .where(
                Entry.deed == "files.read",
                Entry.kind == "attachment",
                # Also those of files that were removed since: who had them stays to be read.
                Entry.thing.in_(list(names)),
            )
            .order_by(Entry.position.desc())
            .limit(MAX_LOOKS)
        )
    )
    people = people_by_id({entry.actor for entry in entries})
    organisations = names_of_organisations(
        entry.organisation for entry in entries if entry.organisation is not None
    )
    looks = []
    for entry in entries:
        person = people.get(entry.actor or 0)
        looks.append(
            Look(
                at=datetime.fromisoformat(entry.at.rstrip("Z")),
                file=names[entry.thing],
                person=person.name if person is not None else "",
                organisation=organisations.get(str(entry.organisation), ""),
            )
        )
    return looks


def referring_count(stored: StoredFile) -> int:
    """How many rows bear a content, of whatever room."""
    total = 0
    # A count a room: a new one that bears files is found by its foreign key.
    for model in bearing_models():
        query = db.select(db.func.count()).select_from(model)
        total += db.session.scalar(query.where(model.file_id == stored.id)) or 0
    return total


@cache
def bearing_models() -> tuple[Any, ...]:
    """The models of every room whose rows bear a content as `file`, and stay without it from `removed_at` on."""
    found = []
    for mapper in Model.registry.mappers:
        targets = {key.target_fullname for key in mapper.local_table.foreign_keys}
        if "stored_file.id" in targets:
            found.append(mapper.class_)
    return tuple(found)


def files_of(kind: str, number: int) -> list[ThingFile]:
    """The files of a thing that is no listing, oldest first; those that were removed are left out."""
    query = db.select(ThingFile).where(
        ThingFile.thing_kind == kind,
        ThingFile.thing_id == number,
        ThingFile.file_id.is_not(None),
    )
    return list(db.session.scalars(query.order_by(ThingFile.id)))


def uploads_of(person_id: int) -> list[Attachment]:
    """What somebody has uploaded, removed or not."""
    query = db.select(Attachment).where(Attachment.by_id == person_id)
    return list(db.session.scalars(query.order_by(Attachment.id)))


def _latest_requests(row: Row, reader: Reader) -> dict[int, FileAccess]:
    if reader.id is None:
        return {}
    query = (
        db.select(FileAccess)
        .join(Attachment, Attachment.id == FileAccess.attachment_id)
        .where(FileAccess.person_id == reader.id, *_of_row(row.kind, row.id))
        .order_by(FileAccess.id)
    )
    return {one.attachment_id: one for one in db.session.scalars(query)}


def _of_row(kind: Any, listing_id: Any) -> tuple[ColumnElement[bool], ...]:
    return Attachment.listing_kind == kind, Attachment.listing_id == listing_id


def _looked_after_by(person: Reader) -> ColumnElement[bool]:
    return or_(*of_listings(lambda table: table.looked_after_by(person)))


def of_listings(condition: object) -> Iterable[ColumnElement[bool]]:
    """Filters of files: their listing, of each kind, fulfils a condition."""
    for kind, table in LISTINGS.items():
        of_listing = exists().where(
            table.id == Attachment.listing_id,
            condition(table),  # type: ignore[operator]
        )
        yield and_(Attachment.listing_kind == kind, of_listing)
