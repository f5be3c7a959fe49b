"""The matchers of this process: loaded from their generations, kept in step with the database, built where needed.

What a ranking means and who sees what of it is decided in `ranking.py`; how a matcher ranks, in `matching`.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, current_app

import search
from marketplace import lists_in_use
from marketplace.clock import in_real_time, now
from marketplace.errors import SearchUnavailable
from marketplace.extensions import db
from marketplace.listings import index as listing_index
from marketplace.listings.models import LISTINGS, Row
from marketplace.matchmaking.catalogues import (
    Catalogue,
    differences,
    read_stamps,
    recent_differences,
    stamp_of,
)
from marketplace.matchmaking.generations import Generations, Stamp
from marketplace.verdicts.projections import common_document
from matching import COPIED, Document, Features, Matcher, UnusableArtefact

log = structlog.get_logger(__name__)

# Clocks of several hosts differ, and a transaction commits after it has dated its rows.
MARGIN = timedelta(seconds=60)
# How often all rows are compared as well: what took longer than the margin is found then.
AUDIT = timedelta(seconds=60)
# So many changed rows are taken in while the reader waits; more go to a build in the background.
CHANGES_AT_ONCE = 2000
BATCH = 500  # rows loaded at a time
LOOK = 5.0  # seconds between two looks at the files of a generation
RETRY = 30.0  # seconds between two attempts to build, so that a disk that spoils what is built costs no more
BEING_PREPARED = (
    "匹配模型正在准备。",
    "一般一分钟内就好，请稍后刷新。搜索和浏览不受影响。",
)
UNREADABLE = (UnusableArtefact, OSError, EOFError, ValueError)


class Matchers:
    """The matchers of one process, by kind and circle of readers.

    Args:
        folder: where the artefacts are; each kind has its own folder in it.
        pools: address of the Elasticsearch that has the documents and gives candidates; "": all in memory.
    """

    def __init__(self, folder: Path, pools: str = "") -> None:
        self.generations = Generations(folder, pools)
        self._catalogues: dict[tuple[str, bool], Catalogue] = {}
        for kind in LISTINGS:
            for inner in (False, True):
                self._catalogues[kind, inner] = Catalogue(kind, inner)
        self._guard = threading.Lock()  # of the two below, which all threads share
        self._builds: dict[str, threading.Thread] = {}
        self._tried: dict[str, float] = {}

    @property
    def folder(self) -> Path:
        """Where the artefacts are."""
        return self.generations.folder

    @contextmanager
    def using(self, kind: str, *, inner: bool = False) -> Iterator[Matcher]:
        """The matcher over what may be offered, in step with the database, for this thread alone.

        Args:
            kind: what is ranked: `achievement` or `demand`.
            inner: with the confidential ones, for readers who may find those.

        Raises:
            SearchUnavailable: it is being built; the reader is to come back in a minute.
            search.SearchUnavailable: the candidates are in a cluster that does not answer.
        """
        catalogue = self._catalogues[kind, inner]
        with catalogue.lock:
            self._take_generation(catalogue)
            self._catch_up(catalogue)
            assert catalogue.matcher is not None  # noqa: S101  for the type checker: _take_generation has set it
            try:
                yield catalogue.matcher
            except (IndexError, ValueError, OverflowError) as error:
                # Mapped files that somebody wrote to this very moment give numbers that lead nowhere.
                catalogue.looked = 0.0
                if not (catalogue.is_mapped and self._is_damaged(catalogue)):
                    raise
                log.error("matcher_files_changed", kind=kind, reason=repr(error))
                self._empty(catalogue)
                self._prepare(kind)
                raise SearchUnavailable(*BEING_PREPARED) from error
            except search.NotBuilt:
                # The candidates were dropped while we ranked; the next use loads the generation again and finds out
                # whether there is one.
                catalogue.matcher = None
                catalogue.generation = ""
                raise

    def generation(self, kind: str, *, inner: bool = False) -> str:
        """The name of the artefact this process ranks with; empty where there is none."""
        return self._catalogues[kind, inner].generation

    def stamps_of(
        self, kind: str, ids: Iterable[int], *, inner: bool = False
    ) -> dict[int, Stamp]:
        """Id → which state of a row a matcher has, of those it has; for the thread that uses it."""
        stamps = self._catalogues[kind, inner].stamps
        return {row_id: stamps[row_id] for row_id in ids if row_id in stamps}

    def features_of(self, row: Row, *, inner: bool = False) -> Features | None:
        """What a listing is ranked by, where the matcher of its kind has it as it is; else None, and it is read."""
        try:
            with self.using(row.kind, inner=inner) as matcher:
                known = self.stamps_of(row.kind, [row.id], inner=inner)
                if known.get(row.id) == stamp_of(row.revision, row.updated_at):
                    return matcher.features_of(row.id)
        except (SearchUnavailable, search.SearchUnavailable):
            # This only saves time: the text is there to be read.
            return None
        return None

    def fit(self, kinds: tuple[str, ...] = tuple(LISTINGS)) -> dict[str, int]:
        """Build the artefacts from the database and make them the current ones.

        Returns:
            kind → number of documents.
        """
        counts = {}
        for kind in kinds:
            # Two builds at once would only remove each other's generations.
            with self.generations.build_lock(kind, wait=True):
                counts[kind] = self._fit(kind)
        return counts

    def status(self) -> dict[str, dict[str, Any]]:
        """Kind → what the artefact has and how far the database is from it.

        Returns:
            `generation` (its name, `none` where there is no usable one), `built` (local time or None), `documents` (in
            it), `findable` (in the database), `behind` (documents to put, replace or remove).
        """
        states = {}
        for kind in LISTINGS:
            # A catalogue of its own: looking at the state must not change what readers rank with.
            catalogue = Catalogue(kind, inner=False)
            self._take_generation(catalogue, mend=False)
            current = read_stamps(catalogue)
            changed, gone = differences(catalogue, current)
            name = catalogue.generation if catalogue.usable else ""
            states[kind] = {
                "generation": name or "none",
                "built": self.generations.built_at(kind, name) if name else None,
                "documents": len(catalogue.stamps),
                "findable": len(current),
                "behind": len(changed) + len(gone),
            }
        return states

    def reset(self) -> None:
        """Forget everything, the artefacts too: the next use begins with the database as it then is."""
        for catalogue in self._catalogues.values():
            with catalogue.lock:
                self._empty(catalogue)
        self.generations.clear()
        self._tried.clear()

    def _take_generation(self, catalogue: Catalogue, *, mend: bool = True) -> None:
        """Load the artefact where another one than the loaded is current, or none is loaded yet.

        Args:
            catalogue: gets it.
            mend: have a damaged artefact built again in the background.
        """
        kind = catalogue.kind
        while True:
            name = self.generations.current(kind)
            if catalogue.matcher is not None and name == catalogue.generation:
                if name and not catalogue.usable:
                    # It was found damaged; where a build ran lately, it has not been built again yet.
                    self._prepare(kind)
                    return
                if not self._is_damaged(catalogue):
                    return
                self._prepare(kind)
                if not catalogue.is_mapped:
                    return  # what is in memory is sound
            elif catalogue.usable and not name:
                # All files are gone. What is mapped or in memory lives on until a new artefact is there.
                self._prepare(kind)
                return
            self._empty(catalogue, generation=name)
            if not name:
                return
            # Before loading: what is written meanwhile counts as a change.
            files = self.generations.files(kind, name)
            try:
                loaded = self.generations.load(kind, name)
            except search.SearchUnavailable:
                # The cluster is away and the artefact may be sound: the next use tries again.
                catalogue.matcher = None
                catalogue.generation = ""
                raise
            except UNREADABLE as error:
                if name == self.generations.current(kind):
                    # The database replaces it, and the next build the artefact.
                    path = str(self.generations.path_of(kind, name))
                    reason = repr(error)
                    log.error(
                        "matcher_artefact_unusable", kind=kind, path=path, reason=reason
                    )
                    if mend:
                        self._prepare(kind)
                    return
                # else it was swapped away while we read it
            else:
                catalogue.matcher, catalogue.stamps = loaded
                catalogue.usable = True
                catalogue.files = files
                size = sum(status[1] for status in files.values())
                catalogue.is_mapped = size > COPIED
                catalogue.looked = time.monotonic()
                log.info(
                    "matcher_loaded", kind=kind, generation=name, process=os.getpid()
                )

    def _is_damaged(self, catalogue: Catalogue) -> bool:
        """Whether somebody wrote to the files of the loaded generation, looked at every `LOOK` seconds."""
        moment = time.monotonic()
        if not catalogue.usable or moment - catalogue.looked < LOOK:
            return False
        catalogue.looked = moment
        kind = catalogue.kind
        files = self.generations.files(kind, catalogue.generation)
        if files == catalogue.files:
            return False
        # The generation before goes when another one comes.
        return self.generations.current(kind) == catalogue.generation

    def _empty(self, catalogue: Catalogue, generation: str = "") -> None:
        catalogue.matcher = self.generations.empty_matcher()
        catalogue.stamps = {}
        catalogue.generation = generation
        catalogue.seen = None
        catalogue.audited = None
        catalogue.usable = False
        catalogue.files = {}
        catalogue.is_mapped = False

    # in step with the database

    def _catch_up(self, catalogue: Catalogue) -> None:
        """Put what became findable or changed, remove what is no longer findable; twice is as good as once."""
        moment = now()
        seen = catalogue.seen
        audited = catalogue.audited
        if seen is None or audited is None or moment - audited > in_real_time(AUDIT):
            # All rows: some are dated long before they were committed, restored, deleted or past their day.
            changed, gone = differences(catalogue, read_stamps(catalogue))
            catalogue.audited = moment
        else:
            changed, gone = recent_differences(catalogue, seen - in_real_time(MARGIN))
        if _too_many(catalogue, changed):
            # So that the next use compares all again: the build may be there by then.
            catalogue.audited = None
            self._prepare(catalogue.kind)
            raise SearchUnavailable(*BEING_PREPARED)
        _apply(catalogue, changed, gone)
        # The moment before the query: what was committed during it is taken in once more next time.
        catalogue.seen = moment

    # building

    def _prepare(self, kind: str) -> None:
        """Start a build in the background, unless one runs here or began within `RETRY` seconds."""
        with self._guard:
            running = self._builds.get(kind)
            if running is not None and running.is_alive():
                return
            if time.monotonic() - self._tried.get(kind, -RETRY) < RETRY:
                return
            self._tried[kind] = time.monotonic()
            app = current_app._get_current_object()  # type: ignore[attr-defined]  # a thread needs the application
            thread = threading.Thread(
                target=self._build, args=(app, kind), name=f"fit-{kind}", daemon=True
            )
            self._builds[kind] = thread
            thread.start()

    def _build(self, app: Flask, kind: str) -> None:
        """Build in a thread, for which nobody waits: the log is all there is of what fails."""
        try:
            with (
                app.app_context(),
                self.generations.build_lock(kind, wait=False) as ours,
            ):
                # Another process builds; its artefact will be noticed.
                if ours:
                    self._fit(kind)
        except Exception as error:
            log.error("matcher_build_failed", kind=kind, reason=repr(error))

    def _fit(self, kind: str) -> int:
        """Build one artefact and swap it in; what changes meanwhile is caught up by its stamps."""
        began = time.monotonic()
        stamps: dict[int, Stamp] = {}
        self.generations.write(kind, _documents(kind, stamps), stamps)
        seconds = round(time.monotonic() - began, 1)
        log.info("matcher_fitted", kind=kind, documents=len(stamps), seconds=seconds)
        return len(stamps)


def _documents(kind: str, stamps: dict[int, Stamp]) -> Iterator[Document]:
    """What an artefact of a kind has, and no confidential listing; fills in the stamp of each."""
    for row in listing_index.published(kind):
        # One artefact serves both circles, so it has only what everybody may find.
        if row.visibility != "confidential" and row.is_matchable:
            stamps[row.id] = stamp_of(row.revision, row.updated_at)
            yield common_document(row)
    # All is read: a server ends transactions that lie idle while a matcher is fitted.
    db.session.rollback()


def _too_many(catalogue: Catalogue, changed: dict[int, Stamp]) -> bool:
    """Whether so much changed that an artefact is built first.

    Confidential rows do not count: no artefact has them, an inner catalogue always takes them in by itself.
    """
    if len(changed) <= CHANGES_AT_ONCE:
        return False
    table = LISTINGS[catalogue.kind]
    query = db.select(table.id).where(
        catalogue.offered(), table.visibility == "confidential"
    )
    confidential = set(db.session.scalars(query))
    return len(changed.keys() - confidential) > CHANGES_AT_ONCE


def _apply(catalogue: Catalogue, changed: dict[int, Stamp], gone: set[int]) -> None:
    table = LISTINGS[catalogue.kind]
    matcher = catalogue.matcher
    assert matcher is not None  # noqa: S101  for the type checker: _take_generation has set it
    # First out, then in: a row that left and came back under one id must end up inside.
    if gone:
        matcher.remove(sorted(gone))
        for row_id in gone:
            del catalogue.stamps[row_id]
    ids = sorted(changed)
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        rows = db.session.scalars(db.select(table).where(table.id.in_(batch)))
        matcher.put([common_document(row) for row in rows])
        for row_id in batch:
            catalogue.stamps[row_id] = changed[row_id]


def init_app(app: Flask) -> None:
    """Give the application the matchers of this process."""
    lists_in_use.follow(app, _open_matchers)


def _open_matchers(app: Flask, edition: int) -> None:
    """Rank with the artefacts of one edition of the word lists from now on; one under way keeps its own."""
    app.extensions["matchers"] = matchers_of(app, edition)


def matchers_of(app: Flask, edition: int) -> Matchers:
    """Matchers over the artefacts of an edition of the word lists: each has a folder of its own."""
    pools = app.config["SEARCH_URL"] if app.config["MATCHING"] == "candidates" else ""
    name = f"matcher.w{edition}" if edition else "matcher"
    return Matchers(Path(app.config["DATA_DIR"]) / name, pools)
