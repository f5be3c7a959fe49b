"""Checkpoints: signed, stored, laid next to the database, published; none that does not continue the one before.

The files lie in DATA_DIR/audit, where somebody who can only write to the database does not reach them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from flask import current_app

from marketplace import contributions, persistence
from marketplace.audit.appending import take_turn
from marketplace.audit.branches import Branch, statement_text
from marketplace.audit.comparing import Published, Report
from marketplace.audit.deeds import record
from marketplace.audit.entries import canonical, entry_leaf, moment_text
from marketplace.audit.models import Entry, StoredCheckpoint
from marketplace.audit.notes import Checkpoint, NoteError, Signer, open_checkpoint
from marketplace.audit.tree import inclusion_proofs
from marketplace.audit.verifying import verify_audit
from marketplace.clock import now
from marketplace.errors import Invalid, NotFound, NotNow
from marketplace.extensions import db
from marketplace.permissions import Reader, require

log = structlog.get_logger(__name__)

NOTE_FILE = "checkpoint"
LEAVES_FILE = "leaves"  # the hash of every entry that was signed, 32 bytes each


class AuditBrokenError(Exception):
    """The audit is not what was published; the message says where."""


def signer() -> Signer:
    """The key of this site."""
    return Signer.from_text(current_app.config["AUDIT_KEY"])


def folder() -> Path:
    """Where checkpoint and hashes lie next to the database."""
    return Path(current_app.config["DATA_DIR"]) / "audit"


def published_note() -> str | None:
    """The newest checkpoint, as /checkpoint shows it: of the database and of the file the one that covers more.

    Both are read, for somebody who removes the newest one from the database would publish an older one.
    """
    query = sa.select(StoredCheckpoint.note).order_by(StoredCheckpoint.number.desc())
    notes = [*db.session.scalars(query.limit(1))]
    with suppress(OSError):
        notes.append((folder() / NOTE_FILE).read_text())
    sizes: dict[int, str] = {}
    # The database last, so that of two of one size its own is published.
    for note in reversed(notes):
        # A damaged note must not hide the other one.
        with suppress(NoteError):
            sizes[size_of(note)] = note
    if not sizes:
        return None
    return sizes[max(sizes)]


def verify(given: Iterable[Path] = ()) -> Report:
    """Verify the audit against every checkpoint: the stored ones, the one in the data folder, and files.

    Args:
        given: files with a signed checkpoint, such as the one that was mailed.

    Raises:
        Invalid: a file cannot be read, or its signature is wrong.
    """
    key = signer().verifier
    problems = []
    published = []
    missing = []
    copy = b""
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            # Entries, withheld values and checkpoints as of one moment.
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
            # A large audit takes longer to read than any page may.
            connection.execute(sa.text("set local statement_timeout = 0"))
        query = sa.select(StoredCheckpoint.number, StoredCheckpoint.note)
        for number, note in connection.execute(query.order_by(StoredCheckpoint.number)):
            try:
                checkpoint = open_checkpoint(note, key)
            except NoteError as error:
                problems.append(f"checkpoint {number} in the database: {error}")
                continue
            where = f"checkpoint {number} in the database"
            published.append(Published(where, checkpoint))
        laid_down = folder() / NOTE_FILE
        if laid_down.exists():
            # A damaged file must not hide what the other checkpoints say of the entries.
            try:
                published.append(Published(str(laid_down), _read_note(laid_down)))
            except (OSError, UnicodeError, NoteError) as error:
                problems.append(f"{laid_down}: no checkpoint of this site: {error}")
        elif published:
            # No problem of the audit itself, whose checkpoints in the database are compared all the same.
            missing.append(f"{laid_down} is missing; the next night lays it down again")
        for path in given:
            published.append(Published(str(path), _read_checkpoint(path)))
        # A new site has none yet; without it a rewriting is noticed but not traced.
        with suppress(FileNotFoundError):
            copy = (folder() / LEAVES_FILE).read_bytes()
        report = verify_audit(connection, published, key, copy)
    # First: a signature that is wrong outweighs what follows.
    report.problems[:0] = problems
    report.explained[:0] = missing
    return report


def _read_checkpoint(path: Path) -> Checkpoint:
    try:
        return _read_note(path)
    except (OSError, UnicodeError, NoteError) as error:
        raise Invalid(
            f"{path}：不是本站签过的检查点（{error}）。",
            "文件可能被改过，或是别的钥匙签的：请与公布的原文核对，再用 flask audit public-key 核对钥匙。",
        ) from None


def _read_note(path: Path) -> Checkpoint:
    return open_checkpoint(path.read_text(), signer().verifier)


def sign_checkpoint() -> str:
    """Verify the whole audit and sign the head of its tree: the work of each night.

    Returns:
        a few words about what was signed.

    Raises:
        AuditBrokenError: the tree does not continue what was signed before; then nothing is signed.
    """
    # Signed is only what was computed from the texts just now.
    report = verify()
    if not report.is_sound:
        # In the log too: the exception ends a job, which tells three of them.
        log.error("audit_broken", problems=report.problems, more=report.more)
        raise AuditBrokenError("; ".join(report.problems[:3]))
    key = signer()
    checkpoint = Checkpoint(key.name, report.size, report.root)
    # After verifying, which takes seconds in which everybody else may save.
    persistence.begin_write()
    last = _last_stored()
    if last is not None and open_checkpoint(last.note, key.verifier) == checkpoint:
        # Nothing is stored: nights without a deed leave no row.
        db.session.rollback()
        # They may have been lost, or the process ended before it wrote them.
        _write_files(last.note, report)
        return f"nothing new since {report.size} entries"
    note = key.sign_note(checkpoint.text)
    _store_note(last, report.size, note)
    persistence.commit()
    _write_files(note, report)
    return f"signed {report.size} entries"


def proof_of(position: int) -> str:
    """The proof that an entry is in the published tree: its text, the path to the root, and the checkpoint.

    Args:
        position: of the entry.

    Returns:
        JSON: `index`, `entry`, `proof` in hexadecimal digits, `checkpoint`.

    Raises:
        NotFound: there is no such entry, or the published checkpoint does not cover it yet.
    """
    note, (proof,) = proofs_of([position])
    return canonical({**proof, "checkpoint": note})


def proofs_of(positions: Sequence[int]) -> tuple[str, list[dict[str, Any]]]:
    """The published checkpoint, and for each of some entries its text and its path to the root.

    Args:
        positions: of the entries.

    Returns:
        the signed note; for each entry `index`, `entry`, `proof` in hexadecimal digits.

    Raises:
        NotFound: there is no such entry, or the published checkpoint does not cover it yet.
    """
    note = published_note()
    # Entries since the last night are in no published tree, and prove nothing yet.
    covered = size_of(note) if note is not None else 0
    wanted = set(positions)
    found: dict[int, str] = {}
    # From the texts, not the stored hashes: a proof that does not lead to the signed root says that they differ.
    texts = sa.select(Entry.position, Entry.text).where(Entry.position < covered)
    leaves = []
    for position, text in db.session.execute(texts.order_by(Entry.position)).tuples():
        leaves.append(entry_leaf(text))
        if position in wanted:
            found[position] = text
    if note is None or found.keys() != wanted:
        raise NotFound("已公布的检查点里没有这一条。", "新的一条要等到下一次签名。")
    proofs = []
    for position, path in zip(
        positions, inclusion_proofs(leaves, positions), strict=True
    ):
        steps = [step.hex() for step in path]
        proofs.append({"index": position, "entry": found[position], "proof": steps})
    return note, proofs


def size_of(note: str) -> int:
    """How many entries a checkpoint covers. Raises NoteError: it is none of this site."""
    return open_checkpoint(note, signer().verifier).size


def note_of_size(size: int) -> str:
    """The checkpoint of a size that was published, for who holds something that was proven against it.

    Raises:
        NotFound: none of that size was published.
    """
    query = sa.select(StoredCheckpoint.note).where(StoredCheckpoint.size == size)
    for note in db.session.scalars(query):
        with suppress(NoteError):
            # The signature is verified again: what somebody wrote into the table is not handed out as ours.
            if size_of(note) == size:
                return note
    raise NotFound("没有公布过这一大小的检查点。", "最新的在 /checkpoint。")


def _last_stored() -> StoredCheckpoint | None:
    query = sa.select(StoredCheckpoint).order_by(StoredCheckpoint.number.desc())
    last: StoredCheckpoint | None = db.session.scalar(query.limit(1))
    return last


def _store_note(last: StoredCheckpoint | None, size: int, note: str) -> None:
    """Add a checkpoint to the session, and let the rooms above send it (the notices mail it to the auditor)."""
    # Numbered by us and without gaps: two that sign at one moment meet at the key, and one fails.
    number = 0 if last is None else last.number + 1
    db.session.add(
        StoredCheckpoint(number=number, size=size, note=note, at=moment_text(now()))
    )
    # The one place from which a checkpoint leaves the house by itself, in the transaction that stores it.
    contributions.checkpoint_signed(note)


def _write_files(note: str, report: Report) -> None:
    """Lay checkpoint and hashes next to the database; what is there already is what they begin with."""
    place = folder()
    place.mkdir(mode=0o750, exist_ok=True)
    for name, content in (
        # The hashes first: a kill in between leaves a checkpoint that covers less than the copy, never more.
        (LEAVES_FILE, bytes(report.leaves)),
        (NOTE_FILE, note.encode()),
    ):
        fresh = place / f".{name}.{os.getpid()}"
        # Written apart and moved over, so that no reader meets half a file.
        fresh.write_bytes(content)
        with fresh.open("rb") as file:
            # Else a power cut could leave the new name with no content.
            os.fsync(file.fileno())
        fresh.replace(place / name)


def resume(reason: str, *, given: Iterable[Path] = (), by: Reader | None = None) -> str:
    """Go on with a tree that does not continue what was published, as after a backup was restored, and say so for ever.

    The entry that says it is signed: who can write to the database alone explains nothing away.

    Args:
        reason: why, for those who compare an old checkpoint.
        given: files with published checkpoints that are neither in the database nor in the data folder.
        by: the acting person; None for the command line.

    Returns:
        a few words about what was signed.

    Raises:
        NotNow: the tree continues every checkpoint, so that there is nothing to explain.
        Invalid: no reason, or a file is no checkpoint of this site.
    """
    require(by, "audit.resume")
    reason = reason.strip()
    # It stays for ever, and a word of two letters explains nothing to an auditor.
    if not 10 <= len(reason) <= 500:
        raise Invalid("请写明原因，10–500 个字。")
    given = list(given)
    persistence.begin_write()
    # Nobody appends until the statement has its place: it is about the tree as it stands before it.
    take_turn(db.session.connection())
    report = verify(given)
    if not report.broken:
        db.session.rollback()
        raise NotNow("审计树与已公布的检查点一致。", "没有需要说明的。")
    key = signer()
    # Only those that do not fit: an older one that the tree continues goes on binding it.
    left = [one.checkpoint for one in report.broken]
    branch = Branch(report.size, report.root, left, reason)
    record(
        "audit.resume",
        kind="checkpoint",
        thing=report.size,
        by=by,
        values={
            "reason": reason,
            "statement": key.sign_note(statement_text(key.name, branch)),
        },
    )
    persistence.commit()
    # At once: until a head of the new branch is signed nothing of it is published.
    outcome = sign_checkpoint()
    return f"{len(left)} checkpoints given up; {outcome}"
