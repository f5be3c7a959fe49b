"""Bytes of files, each content once, named by its SHA-256: below `DATA_DIR/files`, or in the store of `FILES_URL`.

A content is written beside its place and moved there: it is whole or not there, whatever is killed (099). What comes in
is looked at on the disk of this host in either case (122). No table is known here.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import structlog
from flask import current_app

from marketplace import persistence
from marketplace.errors import CannotSave
from marketplace.files.object_store import ObjectReader, ObjectStore
from marketplace.settings.file_store import FileStore

log = structlog.get_logger(__name__)

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


def object_store() -> ObjectStore | None:
    """The store of this site; None where its files lie in the data folder."""
    place = current_app.config["FILE_STORE"]
    if place is None:
        return None
    stores: dict[FileStore, ObjectStore] = current_app.extensions.setdefault(
        "file_stores", {}
    )
    return stores.setdefault(place, ObjectStore(place))


def files_folder() -> Path:
    """The folder of all contents, and of what is on its way in."""
    return Path(current_app.config["DATA_DIR"]) / FOLDER


def place_of(sha256: str) -> Path:
    """Where a content lies; two levels of folders, for some file systems are slow with 100,000 names in one."""
    # A name from anywhere else could lead out of the folder.
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
            # In the same folder as the places, for moving a file is whole only within one file system.
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


def send_ahead(incoming: Incoming) -> None:
    """Send a content to the store before anything is locked: it takes seconds, in which others save. Raises CannotSave.

    On the disk there is nothing to do before `take_in`.
    """
    store = object_store()
    if store is not None:
        store.put(incoming.sha256, incoming.path)


def take_in(incoming: Incoming) -> None:
    """Move a content to its place, where it is not there yet. Raises CannotSave."""
    store = object_store()
    if store is not None:
        # It was sent ahead; a sweep that came between has removed it.
        # By its size: a store that broke off in the middle has another one.
        if store.size_of(incoming.sha256, saving=True) != incoming.size:
            store.put(incoming.sha256, incoming.path)
        return
    place = place_of(incoming.sha256)
    with saying_why():
        if place.is_file() and place.stat().st_size == incoming.size:
            # Young again, so that no sweep takes it for what an upload left behind that was killed.
            os.utime(place)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        # At once: a reader finds the whole content or none.
        os.replace(incoming.path, place)
        # Without it a power cut may leave the row and take the name.
        for folder in (place.parent, place.parent.parent, files_folder()):
            write_path_through(folder)


def open_content(sha256: str) -> tuple[IO[bytes], int] | None:
    """A content as a file that can be read from any byte on, and how many bytes it has; None where it is lost.

    Raises:
        Busy: the store does not answer.
    """
    store = object_store()
    if store is None:
        with suppress(FileNotFoundError):
            file = place_of(sha256).open("rb")
            return file, os.fstat(file.fileno()).st_size
        return None
    size = store.size_of(sha256)
    if size is None:
        return None
    # Raw, and yet all that is read of it is what a file has: bytes in order, from a place on.
    return ObjectReader(store, sha256, size), size  # type: ignore[return-value]


@contextmanager
def content_on_disk(sha256: str) -> Iterator[Path]:
    """Where a content can be read by a program; fetched from the store for that time.

    Raises:
        Busy: the store does not answer, or does not have it.
        CannotSave: the disk is full.
    """
    store = object_store()
    if store is None:
        yield place_of(sha256)
        return
    with incoming_file() as (file, path):
        store.fetch(sha256, file)
        file.flush()
        yield path


def remove_content(sha256: str) -> None:
    """Remove a content; one that is not there is no error. Raises Busy where the store does not answer."""
    store = object_store()
    if store is None:
        place_of(sha256).unlink(missing_ok=True)
    else:
        store.remove(sha256)


def old_contents() -> Iterator[str]:
    """The SHA-256 of every content that was not written within the last hour. Raises Busy."""
    # Younger ones may belong to an upload whose row is not committed yet.
    edge = time.time() - GRACE
    store = object_store()
    dated = _contents_on_disk() if store is None else store.contents()
    for name, written in dated:
        if written < edge and _DIGEST.fullmatch(name):
            yield name


def copy_contents(folder: Path) -> None:
    """Copy every content to a folder, as they lie in the data folder; of a store or of the disk. Raises Busy.

    One that somebody removes meanwhile is left out: nothing names it any more.
    """
    store = object_store()
    if store is None:
        if files_folder().is_dir():
            shutil.copytree(
                files_folder(),
                folder,
                ignore=shutil.ignore_patterns(INCOMING),
                copy_function=_copy_present,
            )
        return
    for name, _ in store.contents():
        if _DIGEST.fullmatch(name) and store.size_of(name) is not None:
            place = folder / name[:2] / name[2:4] / name
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("wb") as file:
                store.fetch(name, file)


def put_contents(folder: Path) -> int:
    """Write every content of such a folder to the store of the site. Returns how many; 0 where there is no store.

    Raises:
        CannotSave: the store does not answer, or refuses.
    """
    store = object_store()
    if store is None:
        return 0
    count = 0
    for path in _content_paths(folder):
        store.put(path.name, path)
        count += 1
    return count


def remove_leftovers() -> int:
    """Remove what uploads left that were killed before their content was whole. Returns how many."""
    edge = time.time() - GRACE
    count = 0
    # Killed uploads left them; a living one is never older than the grace.
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
                "腾出空间以后再上传一次，已经记入日志，由运营方处理。",
            ) from None
        raise CannotSave(
            "存放文件的文件夹写不进去，文件没有存上。",
            "要由运营方检查 DATA_DIR/files 的属主、权限和所在的磁盘。",
        ) from None


def write_path_through(path: Path) -> None:
    """Let a file, or the names in a folder, be on the disk: a new name is there once its folder is."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _content_paths(folder: Path) -> Iterator[Path]:
    """The contents of a folder that is laid out like the data folder, in the order of their names."""
    for path in sorted(folder.glob("??/??/*")):
        if _DIGEST.fullmatch(path.name):
            yield path


def _contents_on_disk() -> Iterator[tuple[str, float]]:
    for path in _content_paths(files_folder()):
        with suppress(FileNotFoundError):
            yield path.name, path.stat().st_mtime


def _copy_present(source: str, target: str) -> str:
    """Copy a file that may be removed at this very moment."""
    with suppress(FileNotFoundError):
        shutil.copy2(source, target)
    return target
