"""The generations of matchers on disk: written by one process, loaded by every one, swapped in one step.

Which rows a generation has, and how a loaded one keeps in step with the database, is decided in `matchers.py`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import search
from marketplace.clock import now
from matching import Document, Matcher, UnusableArtefact
from matching.remote import CandidateMatcher

if TYPE_CHECKING:
    from search.cluster.candidates import CandidateIndex

Stamp = tuple[int, int]  # revision of a row, its last change in microseconds


class Generations:
    """The generations of both kinds.

    Each kind has a folder: `current` names its generation, `lock` belongs to the process that builds, and each
    generation has a folder with the matcher and `stamps.npy`, which says which state of each row it has.

    Args:
        folder: where the folders of the kinds are.
        pools: address of the Elasticsearch that has the documents and gives candidates; "": all in memory.
    """

    def __init__(self, folder: Path, pools: str) -> None:
        self.folder = folder
        self.pools = pools

    def current(self, kind: str) -> str:
        """Name of the current generation, empty where there is none; one small read."""
        try:
            return (self.folder / kind / "current").read_text().strip()
        except (OSError, ValueError):  # missing, or written by something else
            return ""

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
        # int64, shape (rows, 3): id, revision, microseconds
        table = np.load(path / "stamps.npy", allow_pickle=False)
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
        path.mkdir(parents=True)
        if self.pools:
            self._build_candidates(kind, name, documents)
        else:
            Matcher().fit(documents).save(path / "matcher")
        rows = [(row_id, *stamp) for row_id, stamp in stamps.items()]
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        np.save(path / "stamps.npy", table, allow_pickle=False)
        # `os.replace` is one step: a process reads the old name or the new one, never half of it.
        before = self.current(kind)
        (self.folder / kind / "next").write_text(name)
        os.replace(self.folder / kind / "next", self.folder / kind / "current")
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
        folder.mkdir(parents=True, exist_ok=True)
        # A lock of the operating system: it cannot be left behind by a process that was killed.
        mode = fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB
        with (folder / "lock").open("w") as file:
            try:
                fcntl.flock(file, mode)
            except BlockingIOError:
                yield False
                return
            yield True

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
