"""Bytes of files below `DATA_DIR/files`, each content once, named by its SHA-256. No table is known here.

A content is written beside its place and moved there: it is whole or not there, whatever is killed (099).
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from flask import current_app

from marketplace import persistence
from marketplace.errors import CannotSave

FOLDER = "files"
INCOMING = "incoming"  # below it: what is not whole or not looked at yet
GRACE = 3600  # seconds after which nobody is writing a file any more: bodies are read in at most six minutes
MODE = 0o640
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Incoming:
    """A content on its way in.

    Attributes:
        path: where it lies until it is taken in.
        sha256: of it, hexadecimal.
        size: bytes.
    """

    path: Path
    sha256: str
    size: int


def files_folder() -> Path:
    """The folder of all contents."""
    return Path(current_app.config["DATA_DIR"]) / FOLDER


def place_of(sha256: str) -> Path:
    """Where a content lies; two levels of folders, for some file systems are slow with 100,000 names in one."""
    if not _DIGEST.fullmatch(sha256):
        raise ValueError(sha256[:70])
    return files_folder() / sha256[:2] / sha256[2:4] / sha256


@contextmanager
def incoming_file() -> Iterator[tuple[IO[bytes], Path]]:
    """A new file beside the places, and where it is; it is gone afterwards unless `take_in` has moved it.

    Raises:
        CannotSave: the disk is full, or may not be written to.
    """
    folder = files_folder() / INCOMING
    name = ""
    try:
        with saying_why():
            folder.mkdir(parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(number, "w+b") as file:
            os.fchmod(number, MODE)
            yield file, Path(name)
    finally:
        if name:
            Path(name).unlink(missing_ok=True)


def write_through(file: IO[bytes]) -> None:
    """Let a file reach the disk before anything says that it is there. Raises CannotSave."""
    with saying_why():
        file.flush()
        os.fsync(file.fileno())


def take_in(incoming: Incoming) -> None:
    """Move a content to its place, where it is not there yet. Raises CannotSave."""
    place = place_of(incoming.sha256)
    with saying_why():
        if place.is_file() and place.stat().st_size == incoming.size:
            # Young again, so that no sweep takes it for what an upload left behind that was killed.
            os.utime(place)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(incoming.path, place)
        for folder in (place.parent, place.parent.parent, files_folder()):
            _write_folder_through(folder)


def remove_content(sha256: str) -> None:
    """Remove a content; one that is not there is no error."""
    place_of(sha256).unlink(missing_ok=True)


def old_contents() -> Iterator[str]:
    """The SHA-256 of every content that was not written within the last hour."""
    edge = time.time() - GRACE
    for path in sorted(files_folder().glob("??/??/*")):
        with suppress(FileNotFoundError):
            if _DIGEST.fullmatch(path.name) and path.stat().st_mtime < edge:
                yield path.name


def remove_leftovers() -> int:
    """Remove what uploads left that were killed before their content was whole. Returns how many."""
    edge = time.time() - GRACE
    count = 0
    for path in (files_folder() / INCOMING).glob("*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < edge:
                path.unlink()
                count += 1
    return count


@contextmanager
def saying_why() -> Iterator[None]:
    """Turn a full or closed disk into words. Raises CannotSave."""
    try:
        yield
    except OSError as error:
        why = persistence.why_unwritable(error)
        if not why and not isinstance(error, PermissionError):
            raise
        if why == "full":
            raise CannotSave(
                "存放文件的磁盘满了，文件没有存上。",
                "腾出空间以后再上传一次，已经请运营方处理。",
            ) from None
        raise CannotSave(
            "存放文件的文件夹写不进去，文件没有存上。",
            "要由运营方检查 DATA_DIR/files 的属主、权限和所在的磁盘。",
        ) from None


def _write_folder_through(folder: Path) -> None:
    """A new name is on the disk once its folder is."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
