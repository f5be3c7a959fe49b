"""Secrets that sign and encrypt: required of a live site, made once for a demo. The key of the audit is not here."""

from __future__ import annotations

import itertools
import os
import secrets
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from marketplace.settings.data_folder import make_folder
from marketplace.settings.reading import ConfigError

SECRET_NAMES = ("SECRET_KEY", "PASSWORD_SALT")


MAKE_ONE = (
    "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
)
# Hexadecimal digits have 16 different characters, of which 32 random ones hold fewer than 9 in one of 20,000 cases.
MIN_VARIETY = 9
MIN_DISTINCT = 0.7  # of the pieces of four characters


PLACEHOLDERS = (
    "changeme",
    "change-me",
    "change_me",
    "password",
    "secret",
    "example",
    "placeholder",
    "qwerty",
    "12345678",
    "liaocheng",
)


def read_signing_secrets(
    env: Mapping[str, str], data_dir: Path, *, is_live: bool
) -> dict[str, str]:
    """The signing secrets by name: from the environment, in a demo else from its own file.

    Raises:
        ConfigError: a live site has none or short ones.
    """
    given = {name: env.get(name, "") for name in SECRET_NAMES}
    # 32 random characters are beyond guessing; a live site never makes its own, for several hosts must share them.
    if is_live and any(len(text) < 32 for text in given.values()):
        raise ConfigError(
            "A live site needs SECRET_KEY and PASSWORD_SALT of at least 32 characters each"
        )
    if is_live:
        for name, text in given.items():
            if is_guessable(text):
                raise ConfigError(f"{name} can be guessed. {MAKE_ONE}")
        # Who learns one of them must not have the other.
        if given["SECRET_KEY"].casefold() == given["PASSWORD_SALT"].casefold():
            raise ConfigError(
                f"SECRET_KEY and PASSWORD_SALT must not be the same. {MAKE_ONE}"
            )
    if all(given.values()):
        return given
    stored = _stored_secrets(data_dir)
    for name, text in given.items():
        if text:
            stored[name] = text
    return stored


def is_guessable(text: str) -> bool:
    """Whether a long text is a short one in disguise: few characters, a repetition, a run, or a placeholder."""
    if len(set(text)) < MIN_VARIETY:
        return True
    # A text that repeats a part of itself is found in its own double before its end.
    if (text + text).find(text, 1) < len(text):
        return True
    # abcdef…, 2468…, 97531…: the same step from nearly every character to the next.
    steps = Counter(
        ord(after) - ord(before) for before, after in itertools.pairwise(text)
    )
    if steps.most_common(1)[0][1] > len(text) / 2:
        return True
    # Parts of it said again, as in abc…xyzabc…xyz1: four characters in a row hardly ever come twice in a random text.
    pieces = [text[start : start + 4] for start in range(len(text) - 3)]
    if len(set(pieces)) < len(pieces) * MIN_DISTINCT:
        return True
    folded = text.casefold()
    return any(word in folded for word in PLACEHOLDERS)


def _stored_secrets(data_dir: Path) -> dict[str, str]:
    """Secrets of a demo site, made at the first start and stored in a file that only its owner reads.

    Raises:
        ConfigError: the file lacks one of them.
    """
    path = data_dir / "secrets"
    make_folder(data_dir)
    try:
        if not path.exists():
            _make_secrets(path)
    except OSError as error:
        raise ConfigError(
            f"{data_dir} cannot be written to ({error.strerror}): give the folder to the user of this process, make"
            " room, or check whether its disk is mounted read-only"
        ) from None
    stored = {}
    try:
        lines = path.read_text().splitlines()
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path} cannot be read: {error}. Give it to the user of this process"
        ) from None
    for line in lines:
        name, equals, text = line.partition("=")
        if equals:
            stored[name] = text
    if set(SECRET_NAMES) - stored.keys():
        raise ConfigError(
            f"{path} is damaged; delete it (everybody must then sign in again) and start once more"
        )
    return stored


def _make_secrets(path: Path) -> None:
    """Make a file of new secrets, unless another process makes one at the same moment. Raises OSError."""
    lines = [f"{name}={secrets.token_urlsafe(48)}\n" for name in SECRET_NAMES]
    # Only its owner reads it; the name is nobody else's.
    descriptor, unfinished = tempfile.mkstemp(prefix=".secrets-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.writelines(lines)
        # Whole from its first moment on. Of two processes that start together the second link is refused, and both
        # read what the first one made; a rename would exchange it under a process that has read it.
        with suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        os.unlink(unfinished)


def read_backup_key(env: Mapping[str, str]) -> str:
    """The key of backups; never one of the signing secrets, which must not lie where backups are read.

    Raises:
        ConfigError: it is short, can be guessed, or is one of the other secrets.
    """
    text = env.get("BACKUP_KEY", "").strip()
    if not text:
        return ""
    if len(text) < 32 or is_guessable(text):
        raise ConfigError(f"BACKUP_KEY can be guessed. {MAKE_ONE}")
    if text in (env.get(name, "").strip() for name in SECRET_NAMES):
        raise ConfigError(f"BACKUP_KEY must be a key of its own. {MAKE_ONE}")
    return text
