"""Packs are printed, proven against a signed checkpoint and packed in the background; old files are removed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from flask import current_app

from marketplace import persistence
from marketplace.audit import publishing
from marketplace.audit.entries import canonical
from marketplace.audit.models import Entry
from marketplace.clock import day_in_china, now
from marketplace.contracts.models import ContractPaper
from marketplace.deals.child_models import DealLetter
from marketplace.evidence import announcements, queries
from marketplace.evidence.models import EvidencePack
from marketplace.evidence.packing import (
    CASE,
    PROOFS_FORMAT,
    RECORD,
    attachments_of,
    make_zip,
    manifest_text,
    names_manifest,
    sha256,
)
from marketplace.evidence.printing import print_case
from marketplace.extensions import db
from marketplace.files import storage
from marketplace.notices.deeds import path_of

log = structlog.get_logger(__name__)
PAUSE = 3600.0  # seconds after which one that could not be made is tried again
STORED_DAYS = 365  # days for which the files of a pack are there; its hashes stay
# Number of a pack → when that is, by `time.monotonic`. Of this process: after a start all are tried.
_put_off: dict[int, float] = {}


def make_missing() -> int:
    """Print the packs that were requested, prove and pack those that are printed. Returns how many were finished."""
    for number in _due("requested"):
        _try(number, _print_one)
    waiting = _due("printed")
    # One checkpoint for all that wait: signing verifies the whole audit first.
    if not waiting or not _sign():
        return 0
    return sum(_try(number, _prove_one) for number in waiting)


def remove_old() -> int:
    """Remove the files of packs that are older than `STORED_DAYS`. Returns of how many."""
    persistence.begin_write()
    rows = queries.ready_before(now() - timedelta(days=STORED_DAYS))
    for row in rows:
        # Files alone: record, manifest and hashes stay, and what somebody took out can still be verified.
        row.archive = None
        row.life.move(row, "remove", by=None)
    persistence.commit()
    return len(rows)


def _due(state: str) -> list[int]:
    moment = time.monotonic()
    return [one for one in queries.in_state(state) if _put_off.get(one, 0.0) <= moment]


def _try(number: int, work: Callable[[int], bool]) -> bool:
    """Do something for one pack; what fails is logged, put off, and holds up no other."""
    try:
        return work(number)
    # Whatever it is, also a store of files that does not answer; whoever looks after the site reads why.
    except Exception as error:
        db.session.rollback()
        _put_off[number] = time.monotonic() + PAUSE
        log.error("evidence_not_made", pack=number, error=repr(error))
        return False


def _print_one(number: int) -> bool:
    pack = db.session.get_one(EvidencePack, number)
    record, digest, title = pack.record, pack.record_sha256, pack.title
    made_on = day_in_china(pack.requested_at)
    parts = {RECORD: record.encode()}
    missing = []
    frozen = json.loads(record)
    for one in frozen["files"]:
        if one["why"]:
            continue
        content = _content_of(one)
        if content is None or sha256(content) != one["sha256"]:
            # Removed since, or not what it was: the record says which one it should have been.
            missing.append(one["name"])
            continue
        parts[one["name"]] = content
    # Nobody waits for the printer with the database in hand.
    db.session.rollback()
    address = f"{current_app.config['SITE_ADDRESS']}{path_of('audit.checkpoint')}"
    # May take a minute; everything it needs was read before.
    printed = print_case(record, digest, made_on, parts, address)
    entries = frozen["audit"]["positions"]
    manifest = manifest_text(title, {CASE: printed, **parts}, missing, entries)
    persistence.begin_write()
    pack = db.session.get_one(EvidencePack, number)
    # Printed by somebody else meanwhile: the audit has the hash of that manifest, so that print is the one to pack.
    if pack.state != "requested":
        db.session.rollback()
        return False
    pack.printed = printed
    pack.manifest = manifest
    # With this the audit holds the hash of everything in the pack, and the next checkpoint signs it.
    pack.manifest_sha256 = sha256(manifest.encode())
    pack.life.move(pack, "print", by=None)
    persistence.commit()
    return True


def _content_of(one: dict[str, Any]) -> bytes | None:
    """The content of a file of a pack; None where it is gone."""
    kind, _, number = one["source"].partition(" ")
    if kind == "deal_letter":
        letter = db.session.get(DealLetter, int(number))
        return letter.text.encode() if letter is not None else None
    if kind == "contract_paper":
        paper = db.session.get(ContractPaper, int(number))
        return paper.pdf if paper is not None else None
    opened = storage.open_content(one["sha256"])
    if opened is None:
        return None
    file, size = opened
    with file:
        return file.read(size)


def _sign() -> bool:
    """Whether a checkpoint could be signed that covers everything there is now."""
    db.session.rollback()
    try:
        publishing.sign_checkpoint()
    except publishing.AuditBrokenError:
        # Logged where it was found. No pack is proven against a log that is not what was published.
        db.session.rollback()
        return False
    return True


def _prove_one(number: int) -> bool:
    pack = db.session.get_one(EvidencePack, number)
    assert pack.printed is not None  # noqa: S101  of one that is printed
    assert pack.manifest is not None  # noqa: S101
    printed, manifest, record = pack.printed, pack.manifest, pack.record
    # The pack names its own entry: with it the proofs bind every byte (decision 126).
    own = _own_position(pack)
    positions = [*json.loads(record)["audit"]["positions"], own]
    note, proofs = publishing.proofs_of(positions)
    # Of the checkpoint that the proofs lead to, which may be a newer one than ours.
    size = publishing.size_of(note)
    texts = canonical(
        {
            "format": PROOFS_FORMAT,
            "manifest": manifest,
            "pack": own,
            "entries": proofs,
            "checkpoint": note,
        }
    )
    # Taken from the print: removed files are gone from the site, and the manifest has the hashes of these bytes.
    parts = {CASE: printed, **attachments_of(printed)}
    archive = make_zip(parts, manifest, texts)
    db.session.rollback()
    persistence.begin_write()
    pack = db.session.get_one(EvidencePack, number)
    if pack.state != "printed":
        db.session.rollback()
        return False
    pack.archive, pack.printed = archive, None
    pack.tree_size, pack.ready_at = size, now()
    pack.life.move(pack, "prove", by=None)
    # The notice names the size of the tree, which is written with this.
    db.session.flush()
    announcements.announce_ready(pack)
    persistence.commit()
    return True


def _own_position(pack: EvidencePack) -> int:
    """The entry of the audit that holds the hash of the manifest of a pack."""
    assert pack.manifest_sha256 is not None  # noqa: S101  of one that is printed
    query = sa.select(Entry.position, Entry.text).where(
        Entry.kind == "evidence_pack", Entry.thing == str(pack.id)
    )
    for position, text in db.session.execute(query.order_by(Entry.position)).tuples():
        if names_manifest(text, pack.manifest_sha256):
            return position
    raise LookupError(f"no entry of the manifest of pack {pack.id}")
