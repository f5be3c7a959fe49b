"""The whole audit is computed again from the stored texts and compared with every hash and every published checkpoint.

Reading only. The same without a line of this project: `scripts/verify_audit.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
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
from marketplace.audit.second_process import (
    HASH,
    Batch,
    SecondProcess,
    Span,
    processors,
)
from marketplace.audit.spans import (
    DEED,
    ENTRIES,
    WITHHELD,
    Row,
    WithheldRows,
    are_sound,
    hashes_of,
)
from marketplace.audit.tree import Tree

BATCH = 1_024  # rows that are read at once: a power of two fills whole subtrees, and so few stay in the cache
SPAN = 16 * BATCH  # entries that one process checks before the next is asked for some
# Entries from which a second process is worth its start: 0.1 s, in which one checks some ten thousand.
LARGE = 8 * SPAN
FIRST, LAST = -(2**63), 2**63 - 1  # no position is beyond these
# The deed whose entries name withheld values that were erased.
ERASE = "audit.erase"
Erased = set[tuple[int, int]]


def verify_audit(
    connection: sa.Connection,
    published: Sequence[Published],
    verifier: Verifier,
    copy: bytes = b"",
    *,
    batch: int = BATCH,
    span: int = SPAN,
    large: int = LARGE,
) -> Report:
    """Compute the tree again and compare it.

    Args:
        connection: to the database.
        published: every checkpoint there is: stored, in the file of the data folder, and given.
        verifier: the public key of the audit.
        copy: the hashes of the entries as the data folder has them, 32 bytes each: with it a rewriting that is
            consistent in itself is traced to its entries.
        batch, span: entries that are read and that are checked at once; a power of two, and a multiple of it.
        large: entries from which a second process helps, where there are two processors.
    """
    sizes = {one.checkpoint.size for one in published}
    reading = _Reading(connection, verifier, sizes, batch)
    count = connection.scalar(sa.text("select count(*) from audit_entry")) or 0
    spans = [(begin, begin + span) for begin in range(0, count, span)]
    # The first and the last one have no end: what stands at a position that cannot be is found there.
    spans = [*spans[:-1], (spans[-1][0] if spans else 0, LAST)]
    is_shared = len(spans) > 2 and count >= large and processors() > 1
    shared = spans[1:-1] if is_shared else []
    # Of these the order counts, which only the process that grows the tree knows (125).
    second = SecondProcess(connection, shared, batch, [ERASE, STATEMENT])
    try:
        _go_through(reading, spans, second)
    # Also where the reading failed: a process that checks for nobody would go on for minutes.
    finally:
        second.end()
    report = reading.finish()
    compare_checkpoints(report, published, reading.roots, reading.branches)
    trace_rewriting(report, copy)
    return report


def _go_through(reading: _Reading, spans: list[Span], second: SecondProcess) -> None:
    """Take all spans in their order: each read here, or found sound by the second process."""
    first, *middle = spans
    begin, end = first
    # From below any position that can be, so that an entry at -1 is found.
    reading.read_span(FIRST, end)
    while span := second.take_next():
        reading.read_span(*span)
        begin = span[0]
    checked = second.checked()
    for span in middle:
        # Read above already.
        if span[0] <= begin:
            continue
        reading.take_span(span, checked.get(span[0]))


class _Reading:
    """One pass over the entries.

    Args:
        connection: to the database.
        verifier: the public key of the audit.
        sizes: of the checkpoints, at which the root is wanted.
        batch: entries that are read at once.
    """

    def __init__(
        self,
        connection: sa.Connection,
        verifier: Verifier,
        sizes: set[int],
        batch: int,
    ) -> None:
        self._connection = connection
        self._batch = batch
        self.report = Report()
        self.roots: dict[int, bytes] = {}
        self.branches: list[Branch] = []
        self._verifier = verifier
        self._sizes = sizes
        self._tree = Tree()
        self._missing: Erased = set()
        self._erased: Erased = set()
        # A checkpoint of an empty tree, signed before anything was done.
        if 0 in sizes:
            self.roots[0] = self._tree.root()

    def read_span(self, begin: int, end: int) -> None:
        """Read a span, check it and add it to the tree."""
        withheld = WithheldRows(
            _batches(self._connection, WITHHELD.format(begin, end), self._batch)
        )
        entries = ENTRIES.format(begin, end)
        for rows in _batches(self._connection, entries, self._batch):
            self._take(rows, withheld.until(rows[-1][0]))
        for position in withheld.until(None):
            self._note_stray(position)

    def take_span(self, span: Span, batches: list[Batch] | None) -> None:
        """Add a span that the second process checked; what of it was not found sound is read here."""
        # It had no time for it, or failed.
        if batches is None:
            self.read_span(*span)
            return
        for begin, batch in zip(range(*span, self._batch), batches, strict=True):
            # After a gap every entry stands where another belongs, and each is to be named.
            if batch is None or self._tree.size != begin:
                self.read_span(begin, begin + self._batch)
                continue
            root, hashes = batch
            self.report.leaves += hashes
            end = begin + self._batch
            # A root inside the batch is wanted: its leaves are added one part after the other.
            if any(begin < size < end for size in self._sizes):
                leaves = [
                    hashes[place : place + HASH]
                    for place in range(0, len(hashes), HASH)
                ]
                self._grow(leaves, {})
                continue
            # A whole batch at once: its leaves need not be hashed together once more.
            self._tree.add_subtree(root, self._batch)
            if end in self._sizes:
                self.roots[end] = self._tree.root()

    def _take(self, rows: Sequence[Row], withheld: dict[int, list[Row]]) -> None:
        """Check a batch of entries and add it to the tree."""
        begin = self._tree.size
        hashes = hashes_of(rows)
        # As a whole, which is nearly always sound and twice as fast; one by one where it is not.
        if not are_sound(rows, begin, hashes, withheld):
            for expected, (row, hashed) in enumerate(
                zip(rows, hashes, strict=True), begin
            ):
                self._examine(row, expected, hashed, withheld.pop(row[0], []))
            for position in withheld:
                self._note_stray(position)
        # The computed hashes, not the stored ones: they are written next to the database when all is sound.
        self.report.leaves += b"".join(hashes)
        spoken = {
            place: row
            for place, row in enumerate(rows)
            if row[DEED] in (ERASE, STATEMENT)
        }
        self._grow(hashes, spoken)

    def _grow(self, hashes: list[bytes], spoken: dict[int, Row]) -> None:
        """Add a batch to the tree, with a stop wherever the root is wanted.

        Args:
            hashes: of its entries.
            spoken: place in the batch → entry that says something about others.
        """
        begin = self._tree.size
        stops = {size - begin for size in self._sizes} | {*spoken} | {len(hashes)}
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
                self._listen(spoken[stop])

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
        # At the end, for an erasure may stand thousands of entries later.
        for position, number in sorted(self._missing - self._erased):
            report.note(
                f"entry {position}: a withheld value ({number}) is gone, and no entry says that it was erased",
                position,
            )
        return report


def _batches(
    connection: sa.Connection, query: str, size: int
) -> Iterator[Sequence[Row]]:
    """Rows as the driver gives them."""
    if connection.dialect.name == "sqlite":
        # Straight from the driver: a row of SQLAlchemy costs as much as hashing it.
        cursor = connection.connection.driver_connection.execute(query)  # type: ignore[union-attr]
        while rows := cursor.fetchmany(size):
            yield rows
        return
    result = connection.exec_driver_sql(query)
    yield from result.partitions(size)


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
        # A problem of its own: somebody tried to explain a checkpoint away.
        report.note(f"entry {position}: it explains nothing: {error}", position)
        return []
    # The statement is about this place and what stood before it, or it could be used again elsewhere.
    if (branch.position, branch.root) != (position, tree.root()):
        report.note(f"entry {position}: its statement is about another tree", position)
        return []
    return [branch]
