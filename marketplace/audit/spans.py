"""Whole batches of entries: read, hashed, and sound or not, as cheaply as Python can; in this process and a second one.

Run as a file, it checks the spans that it reads from its standard input and answers with their hashes: two processors
of a small machine then share a large audit (125). Python's library and the driver only, and nothing of this project:
importing the site takes as long as checking a hundred thousand entries. What is wrong, and how it is said, is a matter
of `verifying.py`, which reads again whatever is not found sound here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Any

Row = Sequence[Any]
Read = Callable[[str], Iterator[Sequence[Row]]]

# Of a span, and in their order; begin and end are numbers of ours.
ENTRIES = (
    "select position, text, leaf, actor, at, deed, organisation, kind, thing from audit_entry"
    " where position >= {} and position < {} order by position"
)
WITHHELD = (
    "select position, number, subject, salt, text from audit_personal"
    " where position >= {} and position < {} order by position, number"
)
DEED = 5  # column of ENTRIES
NOTHING_WITHHELD = ',"withheld":[]}'
SOUND, OTHER = b"\x01", b"\x00"


def hashes_of(rows: Sequence[Row]) -> list[bytes]:
    """The hashes of the texts of entries, computed."""
    # The prefix of a leaf (RFC 6962 §2.1): no leaf can be passed off as a node.
    return [sha256(b"\x00" + row[1].encode()).digest() for row in rows]


def subtree_root(leaves: Sequence[bytes]) -> bytes:
    """The root of a complete subtree (RFC 6962 §2.1): 1, 2, 4, 8 … leaves."""
    level = leaves
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [sha256(b"\x01" + one + other).digest() for one, other in pairs]
    return level[0]


def are_sound(
    rows: Sequence[Row],
    begin: int,
    hashes: list[bytes],
    withheld: dict[int, list[Row]],
) -> bool:
    """Whether nothing at all is wrong, or missing, in a batch.

    Args:
        rows: of ENTRIES.
        begin: where the first of them should stand.
        hashes: of their texts, computed.
        withheld: position → rows of WITHHELD.
    """
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
        # As `entries.head_of` writes it, without the call: this line is a third of the time of verifying.
        head = (
            f'{{"actor":{"null" if actor is None else actor},"at":"{at}","deed":"{deed}",'
            f'"for":{"null" if organisation is None else organisation},"kind":"{kind}",'
            f'"position":{position},"thing":"{thing}","values":'
        )
        # Taken out, so that whatever is left at the end belongs to no entry of the batch.
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
            # Gaps are no fault where a value was erased; `verifying.py` judges that, entry by entry.
            if given != number or not text.startswith(head):
                return None
            salted = bytes.fromhex(salt) + text.encode()
            digests.append(f'"{sha256(salted).hexdigest()}"')
        tails[position] = f',"withheld":[{",".join(digests)}]}}'
    return tails


class WithheldRows:
    """The withheld values of a span next to its entries, read in the same order.

    Args:
        batches: rows of WITHHELD.
    """

    def __init__(self, batches: Iterator[Sequence[Row]]) -> None:
        self._batches = batches
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


def check_span(
    read: Read, begin: int, end: int, size: int, in_order: frozenset[str]
) -> Iterator[bytes]:
    """Check a span of entries: for each batch SOUND, its root and its hashes, or OTHER.

    Args:
        read: reads the rows of a statement, `size` at once.
        begin, end: the span, in whole batches.
        size: entries of a batch, a power of two.
        in_order: deeds whose entries say something about others, which is read where the tree is.
    """
    withheld = WithheldRows(read(WITHHELD.format(begin, end)))
    place = begin
    for rows in read(ENTRIES.format(begin, end)):
        hashes = hashes_of(rows)
        deeds = {row[DEED] for row in rows}
        is_sound = len(rows) == size and deeds.isdisjoint(in_order)
        if is_sound and are_sound(rows, place, hashes, withheld.until(rows[-1][0])):
            yield b"".join([SOUND, subtree_root(hashes), *hashes])
        else:
            # Whatever is withheld from it is read again with it.
            withheld.until(place + size - 1)
            yield OTHER
        place += size
    # Entries are missing, and then fewer batches came.
    for _ in range(place, end, size):
        yield OTHER


def _reader(address: dict[str, Any], size: int) -> Read:
    """Reads from the database that is named, and can do nothing else there."""
    # A span is read whole from a server: it is small, and cursors of a server are slower.
    connect = _open_file if "file" in address else _open_server
    database = connect(address)

    def read(query: str) -> Iterator[Sequence[Row]]:
        cursor = database.execute(query)
        while rows := cursor.fetchmany(size):
            yield rows

    return read


def _open_file(address: dict[str, Any]) -> Any:
    # Inside: the other database's driver need not be there, and importing takes time.
    import sqlite3
    from urllib.parse import quote

    return sqlite3.connect(f"file:{quote(address['file'])}?mode=ro", uri=True)


def _open_server(address: dict[str, Any]) -> Any:
    import psycopg

    server = psycopg.connect(address["server"], autocommit=True)
    server.read_only = True
    server.execute("set statement_timeout = 0")
    return server


def main() -> None:
    """Answer to lines of `begin end` until there are none; the first line names the database."""
    settings = json.loads(sys.stdin.readline())
    size, in_order = int(settings["size"]), frozenset(settings["in_order"])
    read = _reader(settings, size)
    out = sys.stdout.buffer
    for line in sys.stdin:
        begin, end = map(int, line.split())
        for answer in check_span(read, begin, end, size, in_order):
            out.write(answer)
        # The first process counts the bytes it waits for, and a span must not lie in a buffer.
        out.flush()


if __name__ == "__main__":
    main()
