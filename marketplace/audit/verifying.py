"""The whole audit is computed again from the stored texts and compared with every hash and every published checkpoint.

Reading only. The same without a line of this project: `scripts/verify_audit.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from marketplace.audit.branches import STATEMENT, Branch, read_statement
from marketplace.audit.comparing import (
    Published,
    Report,
    compare_checkpoints,
    trace_rewriting,
)
from marketplace.audit.entries import digest_of, head_of, tail_of
from marketplace.audit.notes import NoteError, Verifier
from marketplace.audit.tree import Tree

BATCH = 1_024  # rows that are read at once: a power of two fills whole subtrees, and so few stay in the cache
ENTRIES = (
    "select position, text, leaf, actor, at, deed, organisation, kind, thing"
    " from audit_entry order by position"
)
WITHHELD = (
    "select position, number, subject, salt, text from audit_personal"
    " order by position, number"
)
# The deed whose entries name withheld values that were erased.
ERASE = "audit.erase"
DEED = 5  # column of ENTRIES
NOTHING_WITHHELD = tail_of([])
Row = Sequence[Any]
Erased = set[tuple[int, int]]


def verify_audit(
    connection: sa.Connection,
    published: Sequence[Published],
    verifier: Verifier,
    copy: bytes = b"",
) -> Report:
    """Compute the tree again and compare it.

    Args:
        connection: to the database.
        published: every checkpoint there is: stored, in the file of the data folder, and given.
        verifier: the public key of the audit.
        copy: the hashes of the entries as the data folder has them, 32 bytes each: with it a rewriting that is
            consistent in itself is traced to its entries.
    """
    reading = _Reading(connection, verifier, {one.checkpoint.size for one in published})
    for rows in _batches(connection, ENTRIES):
        reading.take(rows)
    report = reading.finish()
    compare_checkpoints(report, published, reading.roots, reading.branches)
    trace_rewriting(report, copy)
    return report


class _Reading:
    """One pass over the entries.

    Args:
        connection: to the database.
        verifier: the public key of the audit.
        sizes: of the checkpoints, at which the root is wanted.
    """

    def __init__(
        self, connection: sa.Connection, verifier: Verifier, sizes: set[int]
    ) -> None:
        self.report = Report()
        self.roots: dict[int, bytes] = {}
        self.branches: list[Branch] = []
        self._verifier = verifier
        self._sizes = sizes
        self._tree = Tree()
        self._missing: Erased = set()
        self._erased: Erased = set()
        self._withheld = _Withheld(connection)
        # A checkpoint of an empty tree, signed before anything was done.
        if 0 in sizes:
            self.roots[0] = self._tree.root()

    def take(self, rows: Sequence[Row]) -> None:
        """Check a batch of entries and add it to the tree."""
        begin = self._tree.size
        # The prefix of a leaf (RFC 6962 §2.1): no leaf can be passed off as a node.
        hashes = [sha256(b"\x00" + row[1].encode()).digest() for row in rows]
        withheld = self._withheld.until(rows[-1][0])
        # As a whole, which is nearly always sound and twice as fast; one by one where it is not.
        if not _are_sound(rows, begin, hashes, withheld):
            for expected, (row, hashed) in enumerate(
                zip(rows, hashes, strict=True), begin
            ):
                self._examine(row, expected, hashed, withheld.pop(row[0], []))
            for position in withheld:
                self._note_stray(position)
        # The computed hashes, not the stored ones: they are written next to the database when all is sound.
        self.report.leaves += b"".join(hashes)
        self._grow(rows, hashes)

    def _grow(self, rows: Sequence[Row], hashes: list[bytes]) -> None:
        """Add a batch to the tree, with a stop wherever the root is wanted."""
        begin = self._tree.size
        spoken = {
            place for place, row in enumerate(rows) if row[DEED] in (ERASE, STATEMENT)
        }
        stops = {size - begin for size in self._sizes} | spoken | {len(hashes)}
        done = 0
        for stop in sorted(stops):
            # Sizes of checkpoints before or after this batch.
            if not done <= stop <= len(hashes):
                continue
            self._tree.extend(hashes[done:stop])
            done = stop
            if self._tree.size in self._sizes:
                self.roots[self._tree.size] = self._tree.root()
            # Before the entry itself is added: it is about the tree as it stood then.
            if stop in spoken:
                self._listen(rows[stop])

    def _listen(self, row: Row) -> None:
        """Take in what an entry says about others: values that were erased, checkpoints that are given up."""
        position, text = row[0], row[1]
        if row[DEED] == ERASE:
            self._erased |= _erased_by(text)
            return
        explained = _branch_of(position, text, self._tree, self._verifier, self.report)
        self.branches += explained

    def _examine(
        self, row: Row, expected: int, hashed: bytes, withheld: list[Row]
    ) -> None:
        """Say what is wrong with one entry."""
        report = self.report
        position, text, leaf, actor, at, deed, organisation, kind, thing = row
        if position != expected:
            report.note(_gap(position, expected), position)
        if hashed != leaf:
            report.note(
                f"entry {position}: the text is not the one that was hashed", position
            )
        head = head_of(actor, at, deed, organisation, kind, position, thing)
        # The cheap comparison first; the JSON is read only where it fails.
        if not text.startswith(head) and not _repeats(text, row):
            report.note(f"entry {position}: its columns differ from its text", position)
        digests = {}
        for one in withheld:
            if not one[4].startswith(_subject_head(one)):
                report.note(
                    f"entry {position}: a withheld value ({one[1]}) is another person's",
                    position,
                )
            digests[one[1]] = _safe_digest(one[3], one[4])
        whole = [*digests] == [*range(len(digests))]
        if not whole or not text.endswith(tail_of([*digests.values()])):
            self._missing |= _missing(position, text, digests, report)

    def _note_stray(self, position: int) -> None:
        self.report.note(
            f"entry {position}: a withheld value belongs to no entry", position
        )

    def finish(self) -> Report:
        """What the whole comes to, before it is compared with checkpoints."""
        report = self.report
        report.size = self._tree.size
        report.root = self._tree.root()
        for position in self._withheld.until(None):
            self._note_stray(position)
        # At the end, for an erasure may stand thousands of entries later.
        for position, number in sorted(self._missing - self._erased):
            report.note(
                f"entry {position}: a withheld value ({number}) is gone, and no entry says that it was erased",
                position,
            )
        return report


def _are_sound(
    rows: Sequence[Row],
    begin: int,
    hashes: list[bytes],
    withheld: dict[int, list[Row]],
) -> bool:
    """Whether nothing at all is wrong, or missing, in a batch."""
    # As lists, which are compared in one step and not in a loop of ours.
    if [row[0] for row in rows] != [*range(begin, begin + len(rows))]:
        return False
    if [row[2] for row in rows] != hashes:
        return False
    try:
        tails = _tails_of(withheld)
    except ValueError:
        return False  # a salt that is none
    if tails is None:
        return False
    for row in rows:
        position, text, _, actor, at, deed, organisation, kind, thing = row
        # As `head_of` writes it, without the call: this line is a third of the time of verifying.
        head = (
            f'{{"actor":{"null" if actor is None else actor},"at":"{at}","deed":"{deed}",'
            f'"for":{"null" if organisation is None else organisation},"kind":"{kind}",'
            f'"position":{position},"thing":"{thing}","values":'
        )
        tail = tails.pop(position, NOTHING_WITHHELD)
        if not (text.startswith(head) and text.endswith(tail)):
            return False
    # What is left belongs to no entry.
    return not tails


def _tails_of(withheld: dict[int, list[Row]]) -> dict[int, str] | None:
    """Position → how the text of its entry should end, of entries with withheld values; None where one is wrong.

    Raises:
        ValueError: a salt is none.
    """
    tails = {}
    for position, values in withheld.items():
        digests = []
        for number, one in enumerate(values):
            _, given, subject, salt, text = one
            head = f'{{"subject":{"null" if subject is None else subject},'
            if given != number or not text.startswith(head):
                return None
            salted = bytes.fromhex(salt) + text.encode()
            digests.append(f'"{sha256(salted).hexdigest()}"')
        tails[position] = f',"withheld":[{",".join(digests)}]}}'
    return tails


def _batches(connection: sa.Connection, query: str) -> Iterator[Sequence[Row]]:
    """Rows as the driver gives them, on a cursor of the server where there is one."""
    if connection.dialect.name == "sqlite":
        # Straight from the driver: a row of SQLAlchemy costs as much as hashing it.
        cursor = connection.connection.driver_connection.execute(query)  # type: ignore[union-attr]
        while rows := cursor.fetchmany(BATCH):
            yield rows
        return
    # Options of the statement: those of the connection would stay with it.
    options = {"stream_results": True, "yield_per": BATCH}
    result = connection.exec_driver_sql(query, execution_options=options)
    yield from result.partitions()


def _gap(position: int, expected: int) -> str:
    if position > expected:
        return f"entries {expected} to {position - 1} are missing"
    return f"entry {position} is there twice or out of its order"


def _repeats(text: str, row: Sequence[Any]) -> bool:
    """Whether the columns of an entry repeat its text, where signs in them are escaped in JSON."""
    position, _, _, actor, at, deed, organisation, kind, thing = row
    repeated = {
        "actor": actor,
        "at": at,
        "deed": deed,
        "for": organisation,
        "kind": kind,
        "position": position,
        "thing": thing,
    }
    values = _read_text(text)
    return all(values.get(name) == value for name, value in repeated.items())


def _read_text(text: str) -> dict[str, Any]:
    """The JSON of an entry; empty where it is none."""
    try:
        values = json.loads(text)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


class _Withheld:
    """The withheld values next to the entries, read in the same order.

    Args:
        connection: to the database.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._batches = _batches(connection, WITHHELD)
        self._rows: Sequence[Row] = ()
        self._next = 0

    def until(self, last: int | None) -> dict[int, list[Row]]:
        """Position → values, of those not given yet and up to a position; None: all that are left."""
        rows: dict[int, list[Row]] = {}
        while True:
            if self._next == len(self._rows):
                self._rows, self._next = next(self._batches, ()), 0
                if not self._rows:
                    return rows
            row = self._rows[self._next]
            # Left for the next batch: both cursors go forward only.
            if last is not None and row[0] > last:
                return rows
            rows.setdefault(row[0], []).append(row)
            self._next += 1


def _subject_head(row: Row) -> str:
    """How the text of a withheld value begins, as its column repeats it."""
    subject = row[2]
    return f'{{"subject":{"null" if subject is None else subject},'


def _safe_digest(salt: str, text: str) -> str:
    try:
        return digest_of(salt, text)
    except ValueError:
        return ""  # the salt is none, so that no entry has this digest


def _missing(
    position: int, text: str, digests: dict[int, str], report: Report
) -> Erased:
    """Withheld values of an entry that are not there; what is there must be what the entry says."""
    named = _read_text(text).get("withheld")
    if not isinstance(named, list):
        report.note(f"entry {position}: its text is not one of the audit", position)
        return set()
    # A value may be missing where it was erased; a wrong one never may.
    for number, digest in digests.items():
        if number >= len(named) or named[number] != digest:
            report.note(
                f"entry {position}: a withheld value ({number}) is not the one that was hashed",
                position,
            )
    return {(position, number) for number in range(len(named)) if number not in digests}


def _erased_by(text: str) -> Erased:
    places = _read_text(text).get("values", {}).get("erased", [])
    return {(position, number) for position, number in places}


def _branch_of(
    position: int, text: str, tree: Tree, verifier: Verifier, report: Report
) -> list[Branch]:
    """What a signed entry says about a checkpoint that is given up; nothing where its signature is wrong."""
    values = _read_text(text).get("values", {})
    try:
        branch = read_statement(verifier.open_note(str(values.get("statement"))))
    except (NoteError, ValueError, KeyError, TypeError) as error:
        report.note(f"entry {position}: it explains nothing: {error}", position)
        return []
    # The statement is about this place and what stood before it, or it could be used again elsewhere.
    if (branch.position, branch.root) != (position, tree.root()):
        report.note(f"entry {position}: its statement is about another tree", position)
        return []
    return [branch]
