"""Signed notes and checkpoints as C2SP writes them (signed-note, tlog-checkpoint), with Ed25519 keys.

Texts and keys only: which tree is signed, and where a checkpoint lies, stands in `publishing.py`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

ED25519 = b"\x01"  # the kind of key of C2SP signed-note
PRIVATE = "PRIVATE+KEY+"
DASH = "\u2014"  # what a line of a signature begins with
# No blank and no plus sign (C2SP signed-note), and nothing that needs escaping anywhere.
NAME = re.compile(r"[A-Za-z0-9._:/-]{1,100}", re.ASCII)
SIZE = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


class NoteError(ValueError):
    """A note, a checkpoint or a key is not one, or a signature is wrong; the message says which."""


@dataclass(frozen=True)
class Verifier:
    """A public key with its name, written NAME+ID+KEY.

    Attributes:
        name: name of the key, which is the origin of its checkpoints too.
        public: the 32 bytes of the key.
    """

    name: str
    public: bytes

    @classmethod
    def from_text(cls, text: str) -> Verifier:
        """Read one.

        Raises:
            NoteError: it is no such key, or mistyped.
        """
        name, _, rest = text.strip().partition("+")
        number, _, encoded = rest.partition("+")
        content = _decode(encoded)
        if not NAME.fullmatch(name) or len(content) != 33 or content[:1] != ED25519:
            raise NoteError("this is no public key of an audit (NAME+ID+KEY)")
        key = cls(name, content[1:])
        # The number is computed from name and key, so that one wrong letter of either is found.
        if number != key.number.hex():
            raise NoteError("the public key is mistyped: its number is another one")
        return key

    @cached_property
    def number(self) -> bytes:
        """The four bytes by which a signature names its key."""
        content = f"{self.name}\n".encode() + ED25519 + self.public
        return hashlib.sha256(content).digest()[:4]

    def __str__(self) -> str:
        encoded = base64.b64encode(ED25519 + self.public).decode()
        return f"{self.name}+{self.number.hex()}+{encoded}"

    def open_note(self, note: str) -> str:
        """The text of a note that this key has signed, with its last line end.

        Raises:
            NoteError: it is no note, or this key has not signed it as it stands.
        """
        # The last empty line: the text itself may hold others.
        text, cut, signatures = note.rpartition("\n\n")
        if not cut or not signatures.endswith("\n"):
            raise NoteError("this is no signed note: it has no line of a signature")
        text += "\n"
        for line in signatures.splitlines():
            content = _signature_of(line, self.name)
            if content[:4] != self.number:
                continue  # of another key, perhaps a witness
            try:
                public = Ed25519PublicKey.from_public_bytes(self.public)
                public.verify(content[4:], text.encode())
            except InvalidSignature:
                raise NoteError(
                    "the signature is wrong: the text was changed"
                ) from None
            return text
        raise NoteError(f"the key {self.name} has not signed this")


def _signature_of(line: str, name: str) -> bytes:
    """Number of the key and signature of a line, or nothing where it is another key's."""
    dash, _, rest = line.partition(" ")
    named, _, encoded = rest.partition(" ")
    if dash != DASH:
        raise NoteError("this is no signed note: a line of a signature is malformed")
    if named != name:
        return b""
    return _decode(encoded)


@dataclass(frozen=True)
class Signer:
    """A private key with its name, written PRIVATE+KEY+NAME+ID+SEED.

    Attributes:
        name: name of the key.
        seed: its 32 secret bytes.
    """

    name: str
    seed: bytes

    @classmethod
    def generate(cls, name: str) -> Signer:
        """A new key.

        Raises:
            NoteError: the name may not be one.
        """
        if not NAME.fullmatch(name):
            raise NoteError("a key is named by letters, digits and . _ : / - only")
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def from_text(cls, text: str) -> Signer:
        """Read one.

        Raises:
            NoteError: it is no such key, or mistyped. The message never repeats it.
        """
        text = text.strip()
        name, _, rest = text.removeprefix(PRIVATE).partition("+")
        number, _, encoded = rest.partition("+")
        content = _decode(encoded)
        well_formed = text.startswith(PRIVATE) and NAME.fullmatch(name)
        if not well_formed or len(content) != 33 or content[:1] != ED25519:
            raise NoteError("it is no key of an audit (PRIVATE+KEY+NAME+ID+SEED)")
        signer = cls(name, content[1:])
        # A mistyped key would sign checkpoints that nobody can verify, night after night.
        if number != signer.verifier.number.hex():
            raise NoteError("it is mistyped: its number is another one")
        return signer

    @cached_property
    def verifier(self) -> Verifier:
        """The public key."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        return Verifier(self.name, key.public_key().public_bytes_raw())

    def __str__(self) -> str:
        encoded = base64.b64encode(ED25519 + self.seed).decode()
        return f"{PRIVATE}{self.name}+{self.verifier.number.hex()}+{encoded}"

    def sign_note(self, text: str) -> str:
        """A note: the text, which ends with a line end, and its signature."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        content = self.verifier.number + key.sign(text.encode())
        return f"{text}\n{DASH} {self.name} {base64.b64encode(content).decode()}\n"


@dataclass(frozen=True)
class Checkpoint:
    """The head of a tree.

    Attributes:
        origin: name of the log.
        size: leaves of the tree.
        root: its root, 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\n"

    @classmethod
    def from_text(cls, text: str) -> Checkpoint:
        """Read what was signed.

        Raises:
            NoteError: it is no checkpoint.
        """
        lines = text.split("\n")
        # Three lines and the end of the last one; C2SP lets extensions follow.
        if len(lines) < 4 or not SIZE.fullmatch(lines[1]):
            raise NoteError("this is no checkpoint")
        root = _decode(lines[2])
        if len(root) != 32:
            raise NoteError("this is no checkpoint: its root is no SHA-256")
        return cls(lines[0], int(lines[1]), root)


def open_checkpoint(note: str, verifier: Verifier) -> Checkpoint:
    """The head of a tree that a key has signed.

    Raises:
        NoteError: it is none, the signature is wrong, or it is of another log.
    """
    checkpoint = Checkpoint.from_text(verifier.open_note(note))
    # A key may sign notes about anything; only those of its own log count here.
    if checkpoint.origin != verifier.name:
        raise NoteError(f"this checkpoint is of another log: {checkpoint.origin}")
    return checkpoint


def _decode(text: str) -> bytes:
    """Bytes of Base64; nothing where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
