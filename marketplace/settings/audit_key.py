"""The key that signs the audit, from the environment or its file. What is signed with it is in `marketplace/audit`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from marketplace.settings.data_folder import make_folder
from marketplace.settings.reading import ConfigError

MAKE_AUDIT_KEY = "Make one with: python -m marketplace.audit.key NAME-OF-THE-SITE (see docs/deployment.md)"
AUDIT_NAME = re.compile(r"[A-Za-z0-9._:/-]{1,100}", re.ASCII)


def read_audit_key(env: Mapping[str, str], data_dir: Path, *, is_live: bool) -> str:
    """The key that signs the audit: AUDIT_KEY, or the file that AUDIT_KEY_FILE names; a demo makes its own.

    Raises:
        ConfigError: a live site has none, or one that lies in its data folder, or it is no such key.
    """
    text = env.get("AUDIT_KEY", "").strip()
    named = env.get("AUDIT_KEY_FILE", "").strip()
    if text and named:
        raise ConfigError("Set AUDIT_KEY or AUDIT_KEY_FILE, not both")
    if named:
        path = Path(named).resolve()
        # The data folder is what is copied and restored: anyone who has it must not be able to sign.
        if is_live and path.is_relative_to(data_dir):
            raise ConfigError(
                f"AUDIT_KEY_FILE must not lie in DATA_DIR ({data_dir}): put it elsewhere, readable by the site only"
            )
        try:
            text = path.read_text().strip()
        except (OSError, UnicodeError) as error:
            raise ConfigError(f"AUDIT_KEY_FILE cannot be read: {error}") from None
    # A key that the site makes by itself would lie in DATA_DIR, which is copied and restored.
    if not text and is_live:
        raise ConfigError(
            f"A live site needs AUDIT_KEY or AUDIT_KEY_FILE, which signs its audit. {MAKE_AUDIT_KEY}"
        )
    where = named or "AUDIT_KEY"
    if not text and not named:
        text = _own_audit_key(data_dir)
        where = str(data_dir / "audit.key")
    if not _is_audit_key(text):
        raise ConfigError(
            f"The audit key in {where} is none, or mistyped. Put back the one that signed before. {MAKE_AUDIT_KEY}"
        )
    return text


def _own_audit_key(data_dir: Path) -> str:
    """The key of a demo site, made at the first start in a file that only its owner reads.

    Raises:
        ConfigError: it cannot be written or read.
    """
    path = data_dir / "audit.key"
    make_folder(data_dir)
    try:
        # As for the other secrets: of two processes that start together one makes it. It is written apart and linked
        # in one step, so that the other one never reads half of it.
        if not path.exists():
            # A new key would sign a new tree as if nothing had been before (bernstein #1155).
            if (data_dir / "audit" / "checkpoint").exists():
                raise ConfigError(
                    f"{path} is gone, and checkpoints are signed with it: put it back from a copy,"
                    " or begin again in an empty DATA_DIR"
                )
            fresh = path.with_name(f".audit.key.{os.getpid()}")
            # Closed from the first byte on: a mode that is set afterwards comes too late.
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(f"{_audit_key('demo', secrets.token_bytes(32))}\n")
            with suppress(FileExistsError):
                os.link(fresh, path)
            fresh.unlink()
        return path.read_text().strip()
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{path} cannot be written or read: {error}") from None


def _audit_key(name: str, seed: bytes) -> str:
    """A private key as C2SP signed-note writes it: PRIVATE+KEY+name+number+seed; see `marketplace/audit/notes.py`."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    number = hashlib.sha256(f"{name}\n".encode() + b"\x01" + public).hexdigest()[:8]
    encoded = base64.b64encode(b"\x01" + seed).decode()
    return f"PRIVATE+KEY+{name}+{number}+{encoded}"


def _is_audit_key(text: str) -> bool:
    """Whether a text is a private key whose number is right, which a mistyped one has not."""
    # Filled up with empty parts: a text without signs in it must be refused like any other.
    private, word, name, *rest = [*text.split("+", 4), "", "", ""][:5]
    try:
        content = base64.b64decode(rest[-1], validate=True)
    except (binascii.Error, ValueError):
        return False
    if (private, word) != ("PRIVATE", "KEY") or len(content) != 33:
        return False
    # Written once more and compared: so every part of it is checked, its number too.
    return bool(AUDIT_NAME.fullmatch(name)) and _audit_key(name, content[1:]) == text
