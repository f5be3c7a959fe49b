"""The generations of matchers on disk: written by one process, loaded by every one, swapped in one step.

Which rows a generation has, and how a loaded one keeps in step with the database, is decided in `matchers.py`.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

import search
from marketplace.clock import now
from matching import (
    Document,
    Matcher,
    UnusableArtefact,
    check_files,
    file_identities,
)
from matching.remote import CandidateMatcher

if TYPE_CHECKING:
    from search.cluster.candidates import CandidateIndex

# 20261128050301-1a2b3c4d
NAME = re.compile(r"[0-9]{14}-[0-9a-z]{1,16}")
STAMPS = "stamps"
SEAL = 4  # bytes of the check sum in front of the stamps
ROW = 3 * 8  # bytes of a stamp: id, revision, microseconds
Stamp = tuple[int, int]  # revision of a row, its last change in microseconds


class Generations:
    """The generations of both kinds.

    Each kind has a folder: `current` names its generation, `lock` belongs to the process that builds, and each
    generation has a folder with the matcher and `stamps`, which says which state of each row it has.

    Args:
        folder: where the folders of the kinds are.
        pools: address of the Elasticsearch that has the documents and gives candidates; "": all in memory.
    """

    def __init__(self, folder: Path, pools: str) -> None:
        self.folder = folder
        self.pools = pools
        # Kind → the generation that was whole, and its files as they were then.
        self._checked: dict[str, tuple[str, dict[str, tuple[int, ...]]]] = {}

    def current(self, kind: str) -> str:
        """Name of the current generation, empty where there is none; one small read."""
        try:
            name = (self.folder / kind / "current").read_text().strip()
        except (OSError, ValueError):  # missing, or written by something else
            return ""
        # A name of ours and no path: what it leads to is read and, in time, removed.
        return name if NAME.fullmatch(name) else ""

    def path_of(self, kind: str, name: str) -> Path:
        """The folder of a generation."""
        return self.folder / kind / name

    def built_at(self, kind: str, name: str) -> datetime:
        """When a generation was built, local time.

        Raises:
            OSError: there is no such generation (any more).
        """
        return datetime.fromtimestamp(self.path_of(kind, name).stat().st_mtime)

    def empty_matcher(self) -> Matcher:
        """A matcher without documents."""
        return CandidateMatcher() if self.pools else Matcher().fit([])

    def load(self, kind: str, name: str) -> tuple[Matcher, dict[int, Stamp]]:
        """A generation: its matcher, and id → stamp of the rows it has.

        Raises:
            UnusableArtefact, OSError, EOFError, ValueError: it is missing or damaged.
            search.SearchUnavailable: the cluster with its candidates does not answer.
        """
        path = self.path_of(kind, name)
        matcher = self._load_matcher(kind, name)
        table = read_stamps(path)
        stamps = {}
        for row_id, revision, changed in table:
            stamps[int(row_id)] = (int(revision), int(changed))
        return matcher, stamps

    def write(
        self, kind: str, documents: Iterable[Document], stamps: Mapping[int, Stamp]
    ) -> str:
        """Build a generation, make it current and remove all but it and the one before.

        Args:
            kind: `achievement` or `demand`.
            documents: what it is to have, read once.
            stamps: id → stamp of each document; may be filled while the documents are read.

        Returns:
            its name.
        """
        # Sorted by name is sorted by time; the rest tells two builds of one second apart.
        name = f"{now():%Y%m%d%H%M%S}-{uuid.uuid4().hex[:8]}"
        path = self.path_of(kind, name)
        try:
            path.mkdir(parents=True)
            return self._write_into(path, kind, documents, stamps)
        except BaseException:
            # Half a generation would only take room, which may be what was missing.
            shutil.rmtree(path, ignore_errors=True)
            raise

    def _write_into(
        self,
        path: Path,
        kind: str,
        documents: Iterable[Document],
        stamps: Mapping[int, Stamp],
    ) -> str:
        name = path.name
        if self.pools:
            self._build_candidates(kind, name, documents)
        else:
            Matcher().fit(documents).save(path / "matcher")
        rows = [(row_id, *stamp) for row_id, stamp in stamps.items()]
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        write_stamps(path, table)
        # `os.replace` is one step: a process reads the old name or the new one, never half of it.
        before = self.current(kind)
        fresh = self.folder / kind / f"next-{name}"
        fresh.write_text(name)
        _remove_folder(self.folder / kind / "current")
        os.replace(fresh, self.folder / kind / "current")
        # The one before stays: another process may be loading it.
        self._remove_all_but(kind, {name, before})
        return name

    @contextmanager
    def build_lock(self, kind: str, *, wait: bool) -> Iterator[bool]:
        """The right to build a kind, held by one process at a time; it ends with the process.

        Args:
            kind: `achievement` or `demand`.
            wait: False to go on at once where another process has it.

        Yields:
            whether this process has it.
        """
        folder = self.folder / kind
        for place in (self.folder, folder):
            # Something else of that name would be in the way for ever.
            if place.exists() and not place.is_dir():
                place.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        _remove_folder(folder / "lock")
        # A lock of the operating system: it cannot be left behind by a process that was killed.
        mode = fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB
        with (folder / "lock").open("w") as file:
            try:
                fcntl.flock(file, mode)
            except BlockingIOError:
                yield False
                return
            yield True

    def files(self, kind: str, name: str) -> dict[str, tuple[int, ...]]:
        """File of a generation → what changes when somebody writes to it; a fraction of a millisecond."""
        path = self.path_of(kind, name)
        identities = file_identities(path / "matcher")
        with suppress(OSError):
            status = (path / STAMPS).stat()
            identities[STAMPS] = (status.st_ino, status.st_size, status.st_mtime_ns)
        return identities

    def check(self, kind: str) -> int:
        """Read the whole current generation, unless none of its files changed since the last check of this process.

        Returns:
            number of its documents.

        Raises:
            UnusableArtefact, OSError, ValueError: it is missing or damaged.
        """
        name = self.current(kind)
        path = self.path_of(kind, name)
        if not name:
            raise UnusableArtefact(f"{self.folder / kind} has no generation")
        files = self.files(kind, name)
        if self._checked.get(kind) != (name, files):
            check_files(path / "matcher")
            read_stamps(path)
            self._checked[kind] = (name, files)
        return (files[STAMPS][1] - SEAL) // ROW

    def clear(self) -> None:
        """Remove every generation."""
        if self.pools:
            for path in self.folder.glob("*/*/"):
                self.candidate_pool(path.parent.name, path.name).drop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def candidate_pool(self, kind: str, name: str) -> CandidateIndex:
        """The documents of one generation in Elasticsearch."""
        # Here: the client of Elasticsearch takes half a second to import, which a site in memory need not pay.
        from search.cluster.candidates import CandidateIndex

        return CandidateIndex(self.pools, f"{kind}-{name.replace('-', '.')}")

    def _load_matcher(self, kind: str, name: str) -> Matcher:
        path = self.path_of(kind, name) / "matcher"
        if not self.pools:
            return Matcher.load(path)
        pool = self.candidate_pool(kind, name)
        # The cluster may have been emptied or exchanged behind the artefact's back.
        if not pool.exists():
            raise UnusableArtefact(f"the candidates of {name} are not in Elasticsearch")
        return CandidateMatcher.open(path, pool)

    def _build_candidates(
        self, kind: str, name: str, documents: Iterable[Document]
    ) -> None:
        path = self.path_of(kind, name)
        pool = self.candidate_pool(kind, name)
        try:
            CandidateMatcher.build(documents, path / "matcher", pool)
        except BaseException:
            # Half a pool is worth nothing, and nobody would ever drop it.
            shutil.rmtree(path, ignore_errors=True)
            with suppress(search.SearchError):
                pool.drop()
            raise

    def _remove_all_but(self, kind: str, names: set[str]) -> None:
        for path in (self.folder / kind).iterdir():
            if not path.is_dir() or path.name in names:
                continue
            shutil.rmtree(path, ignore_errors=True)
            # Only what was made in this folder: another host has generations of its own in the same cluster.
            if self.pools:
                self.candidate_pool(kind, path.name).drop()


def write_stamps(path: Path, table: npt.NDArray[np.int64]) -> None:
    """Write the stamps of a generation: a check sum, then the table.

    Args:
        path: folder of the generation.
        table: id, revision, microseconds of each row, int64, shape (rows, 3).
    """
    content = table.astype("<i8").tobytes()
    seal = zlib.crc32(content).to_bytes(SEAL, "little")
    (path / STAMPS).write_bytes(seal + content)


def read_stamps(path: Path) -> npt.NDArray[np.int64]:
    """What `write_stamps` wrote, int64, shape (rows, 3).

    Raises:
        UnusableArtefact: it was cut or changed.
        OSError: it is missing.
    """
    content = (path / STAMPS).read_bytes()
    seal = content[:SEAL]
    table = content[SEAL:]
    if zlib.crc32(table).to_bytes(SEAL, "little") != seal or len(table) % ROW:
        raise UnusableArtefact(f"{path / STAMPS} is not what was saved")
    return np.frombuffer(table, dtype="<i8").reshape(-1, 3).astype(np.int64)


def _remove_folder(path: Path) -> None:
    """Remove a folder that bears the name of a file of ours."""
    if path.is_dir():
        shutil.rmtree(path)
