"""What verifying comes to, and how the tree compares with published checkpoints and with the copy of its hashes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from marketplace.audit.branches import Branch
from marketplace.audit.notes import Checkpoint

MAX_PROBLEMS = 50  # that are listed one by one; more are counted


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
        leaves: hashes of all entries, 32 bytes each, in their order.
    """

    size: int = 0
    root: bytes = b""
    problems: list[str] = field(default_factory=list)
    more: int = 0
    wrong: list[int] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)
    matched: list[str] = field(default_factory=list)
    broken: list[Published] = field(default_factory=list)
    leaves: bytearray = field(default_factory=bytearray)

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def note(self, problem: str, position: int | None = None) -> None:
        """Note what is wrong."""
        if position is not None:
            self.wrong.append(position)
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)
        else:
            self.more += 1


def compare_checkpoints(
    report: Report,
    published: Iterable[Published],
    roots: dict[int, bytes],
    branches: Sequence[Branch],
) -> None:
    """Compare the tree with every published checkpoint."""
    good = []
    bad: list[Published] = []
    # By size, so that the last one that agrees bounds where a rewriting begins.
    for one in sorted(published, key=lambda one: one.checkpoint.size):
        checkpoint = one.checkpoint
        if roots.get(checkpoint.size) == checkpoint.root:
            good.append(checkpoint.size)
            report.matched.append(f"{one.where}: {checkpoint.size} entries")
        else:
            bad.append(one)
    reasons: dict[Checkpoint, Branch] = {}
    for branch in branches:
        # By size and root: a statement explains the checkpoints it names and no others of the same size.
        reasons.update(dict.fromkeys(branch.left, branch))
    for one in bad:
        checkpoint = one.checkpoint
        if checkpoint in reasons:
            branch = reasons[checkpoint]
            report.explained.append(
                f"{one.where}: given up by entry {branch.position}: {branch.reason}"
            )
            continue
        # Apart from the problems: `publishing.resume` names exactly these in its statement.
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


def trace_rewriting(report: Report, copy: bytes) -> None:
    """Name the entries whose hashes differ from the copy in the data folder, where there is anything to trace."""
    if report.is_sound:
        return
    known = set(report.wrong)
    copied = len(copy) // 32
    # The copy ends with the last signature; later entries have nothing to be compared with.
    for position in range(min(copied, len(report.leaves) // 32)):
        place = slice(position * 32, position * 32 + 32)
        if copy[place] != report.leaves[place] and position not in known:
            report.note(
                f"entry {position}: rewritten: its hash differs from the copy in the data folder",
                position,
            )
