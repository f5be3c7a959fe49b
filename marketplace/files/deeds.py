"""What is done to files by people: one function a button. Asking to see one is in `access_deeds.py`.

How a content is recognised is in `recognising.py`; where its bytes lie, in `storage.py`; what is decided about a file,
in `review_deeds.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from flask import current_app

from marketplace import persistence
from marketplace.clock import now
from marketplace.errors import Invalid, NotNow
from marketplace.extensions import db
from marketplace.files import (
    access_deeds,
    queries,
    recognising,
    review_queue,
    scanning,
    storage,
    upkeep,
)
from marketplace.files.life import EVIDENCE, USES, VISIBILITIES
from marketplace.files.models import (
    Attachment,
    StoredFile,
    ThingFile,
)
from marketplace.files.recognising import FileType, refused
from marketplace.files.storage import Incoming
from marketplace.listings import settling
from marketplace.listings.models import Achievement, Row
from marketplace.parsing.secrecy import REFUSAL, secret_mark
from marketplace.permissions import Reader, reader_id, require

PIECE = 1 << 16  # bytes
MAX_DAYS = 366  # days for which somebody may see a file without asking once more
EVIDENCE_FROM = 7  # maturity from which a file has to show it
TWICE = "这个文件已经在附件里"


@dataclass(frozen=True)
class Taken:
    """An upload that was looked at, before it is attached.

    Attributes:
        incoming: its content.
        kind: what it is.
        name: as it will be shown; `renamed`: the name said another type than the content has.
        scan: what the scanner said.
    """

    incoming: Incoming
    kind: FileType
    name: str
    renamed: bool
    scan: str


def look_at(upload: IO[bytes], raw_name: str, file: IO[bytes], path: Path) -> Taken:
    """Write an upload to a file beside the places and look at it: size, kind, name, scanner. Nothing is attached.

    Args:
        upload: what was sent.
        raw_name: its name, as sent.
        file, path: what `storage.incoming_file` gave.

    Raises:
        Invalid: it may not be attached; the message says why.
        CannotSave: the disk is full, or the store does not answer.
    """
    _copy(upload, file)
    size = file.tell()
    kind = recognising.recognised_type(file, size=size)
    name = recognising.fitting_name(raw_name, kind)
    if secret_mark(name):
        raise Invalid(REFUSAL, problems={"file": [REFUSAL]})
    if kind.is_picture:
        # Written once more without place, time and device of the camera, and without what was hidden in it.
        bare = recognising.bare_picture(file, kind)
        file.seek(0)
        with storage.saying_why():
            file.truncate()
            file.write(bare)
    # On the disk before anything names it: a row must never point to bytes that a power cut took.
    storage.write_through(file)
    # Of what is stored, not of what was sent: a picture has other bytes by now.
    incoming = Incoming(path, _digest_of(file), file.tell())
    renamed = recognising.is_renamed(raw_name, kind)
    scan = scanning.scan(path)
    # Before the transaction, which others wait for: 30 MB take seconds (122).
    storage.send_ahead(incoming)
    return Taken(incoming, kind, name, renamed, scan)


def attach_file(
    row: Row, taken: Taken, *, use: str, visibility: str, by: Reader | None
) -> Attachment:
    """上传附件: attach a file to a listing. Of one that is public, others see it once it is approved.

    Args:
        row: the listing.
        taken: what `look_at` gave.
        use: a key of `USES`; visibility: of `VISIBILITIES`.
        by: somebody of its owner, or an operator.

    Raises:
        NotAllowed, NotNow.
        Invalid: a closed list does not know what was chosen, there are too many, or it is attached already.
        CannotSave: the disk is full.
    """
    require(by, "files.write", row)
    _check_choices(use, visibility)
    # Of two uploads at one moment the second counts what the first has added.
    persistence.hold_row(row)
    # Once the row is held: its state may have changed while the file was looked at.
    row.life.permits(row, "attach", by)
    there = queries.attachments_of(row)
    refuse_more(there, taken)
    stored = stored_file(taken)
    attachment = Attachment(
        listing_kind=row.kind,
        listing_id=row.id,
        file=stored,
        name=free_name(taken.name, {one.name for one in there}),
        use=use,
        visibility=visibility,
        by_id=reader_id(by),
        # None makes it wait at the desk: of what is public an institution reads each text first (140).
        endorsed_at=review_queue.endorsed_from(row, by),
    )
    db.session.add(attachment)
    with persistence.refusals(duplicates=_duplicates()):
        db.session.flush()
    # Within the transaction: a process that is killed here leaves bytes that nothing refers to, and those are swept.
    storage.take_in(taken.incoming)
    note = f"{attachment.name}，{USES[use]}，{VISIBILITIES[visibility]}"
    _note_on_listing(row, "attach", note, by)
    persistence.commit(duplicates=_duplicates() | settling.duplicate_titles())
    settling.sync_index(row)
    return attachment


def remove_attachment(attachment: Attachment, *, by: Reader | None, seen: int) -> None:
    """删除附件: at once, for what must not be public any more cannot wait; who was let see it is notified.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: its listing needs it as evidence while it is public.
    """
    row = attachment.listing
    require(by, "files.write", row)
    # Held, for two who remove at one moment may each find the other's as the last proof.
    persistence.hold_row(row)
    check_seen(attachment, seen)
    row.life.permits(row, "detach", by)
    # While the listing is public its maturity rests on it; a draft is checked when it is handed in.
    if row.state in queries.PUBLIC_STATES and _is_last_evidence(attachment):
        raise Invalid(
            f"技术成熟度 {EVIDENCE_FROM} 级以上要有证明文件，这是最后一份，没有删除。",
            "请先上传替代的检测、中试报告或合同，或把成熟度改低并送审。",
        )
    stored = attachment.file
    detach(attachment)
    _note_on_listing(row, "detach", attachment.name, by)
    settling.commit_listing()
    settling.sync_index(row)
    # After the commit: bytes that are gone while the row still names them would be a broken link.
    if stored is not None:
        upkeep.sweep_content(stored.id)


def detach(attachment: Attachment) -> None:
    """Take a file from its listing, and end what lets others see it (no commit)."""
    access_deeds.end_requests(attachment, "附件已删除")
    # The row stays, for who had the file is read by it (audit); the content goes.
    attachment.file = None
    attachment.removed_at = now()


def change_visibility(
    attachment: Attachment, visibility: str, *, by: Reader | None, seen: int
) -> None:
    """改公开范围: narrower at once; wider, of a listing that is public, once the operators have approved it.

    Raises NotAllowed, NotNow, Stale, Invalid.
    """
    row = attachment.listing
    require(by, "files.write", row)
    _check_choices(attachment.use, visibility)
    check_seen(attachment, seen)
    row.life.permits(row, "attach", by)
    if attachment.visibility == visibility:
        return
    attachment.visibility = visibility
    # Wider than before, so it is read again; narrower needs nobody's consent.
    if visibility == "public":
        attachment.approved_at = None
        attachment.endorsed_at = review_queue.endorsed_from(row, by)
    attachment.returned = ""
    note = f"{attachment.name}，改为{VISIBILITIES[visibility]}"
    _note_on_listing(row, "attach", note, by)
    settling.commit_listing()
    settling.sync_index(row)


# -- what they share ---------------------------------------------------------------------------------------------------


def size_words(size: int) -> str:
    """A limit of so many bytes as people say it."""
    if size >= 1 << 20:
        return f"{size >> 20} MB"
    return f"{size >> 10} KB"


def _copy(upload: IO[bytes], file: IO[bytes]) -> None:
    most = current_app.config["FILE_BYTES"]
    size = 0
    while piece := upload.read(PIECE):
        size += len(piece)
        if size > most:
            raise refused(
                f"文件超过 {size_words(most)}。",
                "请压缩图片、拆成几份，或只传要紧的几页。",
            )
        with storage.saying_why():
            file.write(piece)


def _digest_of(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()


def stored_file(taken: Taken) -> StoredFile:
    """The row of a content, which no sweep removes before this commit."""
    query = db.select(StoredFile).where(StoredFile.sha256 == taken.incoming.sha256)
    # Once more where a sweep removed it between the two.
    for _ in range(3):
        # Held until this commit: a sweep of the same content waits, and then finds it in use.
        stored: StoredFile | None = db.session.scalar(query.with_for_update())
        if stored is not None:
            # A scanner that answers now knows more than it did then.
            if stored.scan != scanning.CLEAN:
                stored.scan = taken.scan
            return stored
        persistence.add_once(
            StoredFile(
                sha256=taken.incoming.sha256,
                size=taken.incoming.size,
                file_type=taken.kind.code,
                scan=taken.scan,
            )
        )
    raise NotNow("同一时刻有人在删除同样的文件。", "请再上传一次。")


def refuse_more(there: Sequence[Attachment | ThingFile], taken: Taken) -> None:
    """Refuse one file too many, and one that is there already. Raises Invalid."""
    most = current_app.config["FILES_PER_LISTING"]
    if len(there) >= most:
        raise refused(f"最多 {most} 个附件。", "请先删去不要的，或合成一份 PDF。")
    for one in there:
        if one.file is not None and one.file.sha256 == taken.incoming.sha256:
            raise refused(f"{TWICE}：{one.name}。", "不用再传。")


def free_name(name: str, taken: set[str]) -> str:
    """The name, with a number where another file of the listing has it."""
    stem, _, ending = name.rpartition(".")
    number = 2
    free = name
    # 报告.pdf twice would be saved over one another by whoever downloads both.
    while free in taken:
        free = f"{stem}（{number}）.{ending}"
        number += 1
    return free


def _check_choices(use: str, visibility: str) -> None:
    problems = {}
    if use not in USES:
        problems["use"] = ["选一种用途。"]
    if visibility not in VISIBILITIES:
        problems["visibility"] = ["选公开范围。"]
    if problems:
        raise Invalid("没有保存。", problems=problems)


def check_seen(attachment: Attachment, seen: int) -> None:
    """Refuse what was meant for a file as it was before. Raises NotNow."""
    if attachment.file is None:
        raise NotNow("这个文件已经删除。")
    if attachment.revision != seen:
        raise NotNow(*persistence.CHANGED_MEANWHILE)


def _is_last_evidence(attachment: Attachment) -> bool:
    row = attachment.listing
    needed = isinstance(row, Achievement) and (row.trl or 0) >= EVIDENCE_FROM
    if not needed or attachment.use not in EVIDENCE:
        return False
    # Removed ones are not among them, so this one is the only one left.
    others = [one for one in queries.attachments_of(row) if one is not attachment]
    return not any(one.use in EVIDENCE for one in others)


def _note_on_listing(row: Row, deed: str, note: str, by: Reader | None) -> None:
    row.life.move(row, deed, by=by, note=note)
    row.updated_at = now()  # who reviews it has seen other files


def _duplicates() -> dict[str, NotNow]:
    return {
        "uq_attachment_content": NotNow(f"{TWICE}。", "不用再传。"),
    }
