#!/usr/bin/env python3
"""Checks the audit of a site without a line of its program: Python's own library and `cryptography` (Ed25519).

    verify_audit.py entries FILE CHECKPOINT... --key PUBLIC-KEY   every entry, exported, against signed checkpoints
    verify_audit.py proof FILE --key PUBLIC-KEY                   one entry with its path to the signed root

FILE of `entries` is what `flask audit export` wrote: the exact text of one entry a line. CHECKPOINT is what /checkpoint
showed, or what was mailed. Ends with 1 where something is wrong, and says what.

Formats: RFC 6962 (hashes), C2SP signed-note and tlog-checkpoint (signatures).
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class WrongError(Exception):
    """Something is not what was signed."""


def hash_leaf(text: bytes) -> bytes:
    """RFC 6962 §2.1: the hash of an entry."""
    return hashlib.sha256(b"\x00" + text).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """RFC 6962 §2.1: the hash of two neighbours."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: list[bytes]) -> bytes:
    """The root of a tree, level by level: a node without a neighbour goes up as it is."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = leaves
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [hash_node(left, right) for left, right in pairs]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


def open_checkpoint(note: str, key: str) -> tuple[int, bytes]:
    """Size and root of a signed checkpoint.

    Raises:
        WrongError: this key has not signed it as it stands.
    """
    name, number, encoded = key.strip().split("+", 2)
    public = base64.b64decode(encoded)[1:]
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        if not line.startswith(f"\u2014 {name} "):
            continue
        content = base64.b64decode(line.rsplit(" ", 1)[1])
        if content[:4].hex() != number:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(
                content[4:], text.encode()
            )
        except InvalidSignature:
            raise WrongError("the signature of the checkpoint is wrong") from None
        origin, size, root = text.split("\n")[:3]
        if origin != name:
            raise WrongError(f"the checkpoint is of another log: {origin}")
        return int(size), base64.b64decode(root)
    raise WrongError(f"the checkpoint is not signed by {name}")


def check_entries(file: Path, checkpoints: list[Path], key: str) -> str:
    """Compare exported entries with signed checkpoints.

    Raises:
        WrongError: they differ.
    """
    # Lines end with a line feed only: no other sign that Python takes for the end of a line is one.
    texts = file.read_bytes().split(b"\n")
    if texts.pop() != b"":
        raise WrongError("the last line is not whole")
    leaves = []
    for position, text in enumerate(texts):
        if json.loads(text)["position"] != position:
            raise WrongError(f"entry {position} is missing or out of its order")
        leaves.append(hash_leaf(text))
    for path in checkpoints:
        size, root = open_checkpoint(path.read_text(encoding="utf-8"), key)
        if size > len(leaves):
            raise WrongError(f"{path} covers {size} entries, there are {len(leaves)}")
        if root_of(leaves[:size]) != root:
            raise WrongError(f"{path}: one of the first {size} entries was changed")
    return f"{len(leaves)} entries agree with {len(checkpoints)} checkpoints"


def check_proof(file: Path, key: str) -> str:
    """Follow the path of one entry to the signed root (RFC 9162 §2.1.3.2).

    Raises:
        WrongError: it leads elsewhere.
    """
    proof = json.loads(file.read_text(encoding="utf-8"))
    size, root = open_checkpoint(proof["checkpoint"], key)
    place, last = proof["index"], size - 1
    if not 0 <= place <= last:
        raise WrongError("there is no such entry under the checkpoint")
    if json.loads(proof["entry"])["position"] != place:
        raise WrongError("the entry is of another place")
    node = hash_leaf(proof["entry"].encode())
    for step in map(bytes.fromhex, proof["proof"]):
        if last == 0:
            raise WrongError("the path is too long")
        if place & 1 or place == last:
            node = hash_node(step, node)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            node = hash_node(node, step)
        place >>= 1
        last >>= 1
    if last != 0 or node != root:
        raise WrongError("the entry is not in the signed tree as it stands here")
    return f"entry {proof['index']} is in the signed tree of {size}"


def main() -> int:
    """Check what the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("entries", "proof"))
    parser.add_argument("file", type=Path)
    parser.add_argument("checkpoints", type=Path, nargs="*")
    parser.add_argument("--key", required=True, help="the public key, NAME+ID+KEY")
    given = parser.parse_args()
    try:
        if given.what == "proof":
            outcome = check_proof(given.file, given.key)
        else:
            outcome = check_entries(given.file, given.checkpoints, given.key)
    except (WrongError, OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"WRONG: {error}\n")
        return 1
    sys.stdout.write(f"{outcome}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
