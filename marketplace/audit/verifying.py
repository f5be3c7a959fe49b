"""The whole audit is computed again from the stored texts and compared with every hash and every published checkpoint.

Reading only. The same without a line of this project: `scripts/verify_audit.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import Any

import sqlalchemy as sa

from marketplace.audit.entries import canonical, digest_of, head_of, tail_of
from marketplace.audit.notes import Checkpoint, NoteError, Verifier
from marketplace.audit.tree import Tree

BATCH = 10_000  # rows that are read at once
PROBLEMS_MOST = 50  # that are listed one by one; more are counted
ENTRIES = (
    "select position, text, leaf, actor, at, deed, organisation, kind, thing"
    " from audit_entry order by position"
)
WITHHELD = (
    "select position, number, subject, salt, text from audit_personal"
    " order by position, number"
)
STATEMENT = "audit.resume"
Erased = set[tuple[int, int]]


@dataclass(frozen=True)
class Published:
    """A checkpoint that the audit must agree with.

    Attributes:
        where: where it was read, for the report.
        checkpoint: what it says; its signature was checked.
    """

    where: str
    checkpoint: Checkpoint


@dataclass
class Report:
    """What verifying came to.

    Attributes:
        size: entries that were read.
        root: root of their tree.
        problems: what is wrong, each naming the entry or the range it is about.
        more: problems beyond those listed.
        wrong: positions of entries that are not what they were.
        explained: checkpoints that do not belong to the tree, and the signed entry that says why.
        matched: checkpoints that do.
        broken: checkpoints that do not, and that nothing explains.
        leaves: hashes of all entries, in their order.
    """

    size: int = 0
    root: bytes = b""
    problems: list[str] = field(default_factory=list)
    more: int = 0
    wrong: list[int] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)
    matched: list[str] = field(default_factory=list)
    broken: list[Published] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def note(self, problem: str, position: int | None = None) -> None:
        """Note what is wrong."""
        if position is not None:
            self.wrong.append(position)
        if len(self.problems) < PROBLEMS_MOST:
            self.problems.append(problem)
        else:
            self.more += 1


@dataclass(frozen=True)
class Branch:
    """A signed entry that says that the tree no longer continues checkpoints, as after a backup was restored.

    Attributes:
        position: of that entry.
        root: of the tree before it.
        left: the checkpoints that are given up.
        reason: why, in the words of who did it.
    """

    position: int
    root: bytes
    left: list[Checkpoint]
    reason: str


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
    report = Report()
    sizes = {one.checkpoint.size for one in published}
    roots: dict[int, bytes] = {}
    branches: list[Branch] = []
    tree = Tree()
    if 0 in sizes:
        roots[0] = tree.root()
    missing: Erased = set()
    erased: Erased = set()
    withheld = _Withheld(connection)
    for row in _rows(connection, ENTRIES):
        position, text, leaf, actor, at, deed, organisation, kind, thing = row
        expected = tree.size
        if position != expected:
            report.note(_gap(position, expected), position)
        hashed = sha256(b"\x00" + text.encode()).digest()
        if hashed != leaf:
            report.note(
                f"entry {position}: the text is not the one that was hashed", position
            )
        head = head_of(actor, at, deed, organisation, kind, position, thing)
        if not text.startswith(head) and not _repeats(text, row):
            report.note(f"entry {position}: its columns differ from its text", position)
        tail, erasable = withheld.tail_of(position, report)
        if not text.endswith(tail):
            missing |= _missing(position, text, erasable, report)
        if deed == "audit.erase":
            erased |= _erased_by(text)
        elif deed == "audit.resume":
            branch = _branch_of(position, text, tree, verifier, report)
            branches += branch
        report.leaves.append(hashed)
        tree.append(hashed)
        if tree.size in sizes:
            roots[tree.size] = tree.root()
    report.size = tree.size
    report.root = tree.root()
    withheld.finish(report)
    for position, number in sorted(missing - erased):
        report.note(
            f"entry {position}: a withheld value ({number}) is gone, and no entry says that it was erased",
            position,
        )
    _compare(report, published, roots, branches)
    _trace(report, copy)
    return report


def _rows(connection: sa.Connection, query: str) -> Iterator[Any]:
    """Rows as the driver gives them, in batches, on a cursor of the server where there is one."""
    if connection.dialect.name == "sqlite":
        # Straight from the driver: a row of SQLAlchemy costs as much as hashing it.
        cursor = connection.connection.driver_connection.execute(query)  # type: ignore[union-attr]
        while rows := cursor.fetchmany(BATCH):
            yield from rows
        return
    streamed = connection.execution_options(stream_results=True, yield_per=BATCH)
    for batch in streamed.exec_driver_sql(query).partitions():
        yield from batch


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
    """The withheld values beside the entries, read in the same order.

    Args:
        connection: to the database.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._rows = _rows(connection, WITHHELD)
        self._next = next(self._rows, None)

    def tail_of(self, position: int, report: Report) -> tuple[str, dict[int, str]]:
        """How the text of an entry should end, and number → digest of its values that are there."""
        row = self._next
        if row is None or row[0] > position:
            return NOTHING_WITHHELD, {}
        digests: dict[int, str] = {}
        while row is not None and row[0] <= position:
            at, number, subject, salt, text = row
            if at < position:
                report.note(f"entry {at}: a withheld value belongs to no entry", at)
            else:
                whose = "null" if subject is None else subject
                if not text.startswith(f'{{"subject":{whose},'):
                    report.note(
                        f"entry {at}: a withheld value ({number}) is another person's",
                        at,
                    )
                digests[number] = _safe_digest(salt, text)
            row = next(self._rows, None)
        self._next = row
        if [*digests] != [*range(len(digests))]:
            return (
                NO_TAIL,
                digests,
            )  # some are gone, or were given another number: each is looked at
        return tail_of([*digests.values()]), digests

    def finish(self, report: Report) -> None:
        """Values behind the last entry belong to none."""
        while self._next is not None:
            at = self._next[0]
            report.note(f"entry {at}: a withheld value belongs to no entry", at)
            self._next = next(self._rows, None)


NOTHING_WITHHELD = tail_of([])
NO_TAIL = "\x00"  # how no text ends


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


def statement_text(origin: str, branch: Branch) -> str:
    """What is signed when a tree does not continue checkpoints of a log."""
    left = [[one.size, one.root.hex()] for one in branch.left]
    said = {
        "left": left,
        "log": origin,
        "position": branch.position,
        "reason": branch.reason,
        "root": branch.root.hex(),
    }
    return f"{STATEMENT}\n{canonical(said)}\n"


def read_statement(text: str) -> Branch:
    """What `statement_text` wrote.

    Raises:
        ValueError, KeyError, TypeError: it is something else.
    """
    kind, _, rest = text.partition("\n")
    if kind != STATEMENT:
        raise ValueError("it is no statement about a branch")
    said = json.loads(rest)
    left = []
    for size, root in said["left"]:
        left.append(Checkpoint(said["log"], size, bytes.fromhex(root)))
    root = bytes.fromhex(said["root"])
    return Branch(said["position"], root, left, said["reason"])


def _compare(
    report: Report,
    published: Iterable[Published],
    roots: dict[int, bytes],
    branches: Sequence[Branch],
) -> None:
    """Compare the tree with every published checkpoint."""
    good = []
    bad: list[Published] = []
    for one in sorted(published, key=lambda one: one.checkpoint.size):
        checkpoint = one.checkpoint
        if roots.get(checkpoint.size) == checkpoint.root:
            good.append(checkpoint.size)
            report.matched.append(f"{one.where}: {checkpoint.size} entries")
        else:
            bad.append(one)
    reasons: dict[Checkpoint, Branch] = {}
    for branch in branches:
        reasons.update(dict.fromkeys(branch.left, branch))
    for one in bad:
        checkpoint = one.checkpoint
        if checkpoint in reasons:
            branch = reasons[checkpoint]
            report.explained.append(
                f"{one.where}: given up by entry {branch.position}: {branch.reason}"
            )
            continue
        report.broken.append(one)
        if checkpoint.size > report.size:
            report.note(
                f"{one.where}: it covers {checkpoint.size} entries, the audit has {report.size}: entries"
                f" {report.size} to {checkpoint.size - 1} are gone. After a backup was restored: flask audit resume"
            )
            continue
        begin = max((size for size in good if size < checkpoint.size), default=0)
        report.note(
            f"{one.where}: the tree of its {checkpoint.size} entries has another root: some of the entries"
            f" {begin} to {checkpoint.size - 1} were rewritten"
        )


def _trace(report: Report, copy: bytes) -> None:
    """Name the entries whose hashes differ from the copy in the data folder, where there is anything to trace."""
    if report.is_sound:
        return
    known = set(report.wrong)
    copied = len(copy) // 32
    for position, leaf in enumerate(islice(report.leaves, copied)):
        if copy[position * 32 : position * 32 + 32] != leaf and position not in known:
            report.note(
                f"entry {position}: rewritten: its hash differs from the copy in the data folder",
                position,
            )
