"""A signed statement that the tree does not continue a published checkpoint, as after a backup was restored.

The one thing that explains a checkpoint away; who can only write to the database cannot make one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from marketplace.audit.entries import canonical
from marketplace.audit.notes import Checkpoint

STATEMENT = "audit.resume"  # the deed, and the first line of what is signed


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


def statement_text(origin: str, branch: Branch) -> str:
    """What is signed when a tree does not continue checkpoints of a log."""
    left = [[one.size, one.root.hex()] for one in branch.left]
    content = {
        "left": left,
        # The name of the log is signed too: a statement of another site explains nothing here.
        "log": origin,
        "position": branch.position,
        "reason": branch.reason,
        "root": branch.root.hex(),
    }
    return f"{STATEMENT}\n{canonical(content)}\n"


def read_statement(text: str) -> Branch:
    """What `statement_text` wrote.

    Raises:
        ValueError, KeyError, TypeError: it is something else.
    """
    kind, _, rest = text.partition("\n")
    # The first line tells what was signed; a checkpoint of the same key is no statement.
    if kind != STATEMENT:
        raise ValueError("it is no statement about a branch")
    content = json.loads(rest)
    left = []
    for size, root in content["left"]:
        left.append(Checkpoint(content["log"], size, bytes.fromhex(root)))
    root = bytes.fromhex(content["root"])
    return Branch(content["position"], root, left, content["reason"])
