"""Folders that a backup or a restore works in, and those that one which was killed has left behind.

What a killed one leaves is the site's data, unencrypted; nobody else would ever remove it.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from marketplace.files.storage import write_path_through


@contextmanager
def working_folder(place: Path, prefix: str) -> Iterator[Path]:
    """A new folder, removed at the end; first whatever others of this prefix have left that run no more.

    Args:
        place: where it is made; its file system has to hold what is written.
        prefix: how its name begins. Files that are called like the folder, with any suffix, belong to it.
    """
    # One at a time: a folder that was made a moment ago and is not held yet would be taken for one that was left.
    with _held(place):
        _remove_leftovers(place, prefix)
        folder = Path(tempfile.mkdtemp(dir=place, prefix=prefix))
        # Let go by the system with the process, however that ends. Programs it starts do not inherit it.
        descriptor = os.open(folder, os.O_RDONLY)
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        yield folder
    finally:
        try:
            shutil.rmtree(folder)
        finally:
            os.close(descriptor)


def put_in_place(fresh: Path, target: Path) -> None:
    """Let a written file take its name, with all of its bytes on the disk: a power cut leaves it whole or not there."""
    write_path_through(fresh)
    fresh.replace(target)
    # A new name is on the disk once its folder is; some file systems of the network cannot say so.
    with suppress(OSError):
        write_path_through(target.parent)


@contextmanager
def _held(place: Path) -> Iterator[None]:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        # A file system without such locks: then nothing that was left can be told from what runs, and it stays.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _remove_leftovers(place: Path, prefix: str) -> None:
    # As `tempfile` names them and nothing else: people put files of their own next to their backups.
    pattern = re.compile(rf"({re.escape(prefix)}[a-z0-9_]{{8}})(\..+)?")
    for path in sorted(place.iterdir()):
        found = pattern.fullmatch(path.name)
        if found is None or path.is_symlink() or _is_running(place / found[1]):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _is_running(folder: Path) -> bool:
    """Whether somebody works in a folder; also where that cannot be known."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        # Its files without it: what ends properly removes them first.
        return False
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
