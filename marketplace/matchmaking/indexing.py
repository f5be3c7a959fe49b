"""The matchers of this process: loaded from their artefacts, kept in step with the database, built anew where needed.

What a ranking means and who sees what of it stands in `rules.py`; how a matcher ranks stands in `matching`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from flask import Flask, current_app
from sqlalchemy import ColumnElement

import search
from marketplace.clock import now
from marketplace.errors import SearchUnavailable
from marketplace.extensions import db
from marketplace.listings import index as listing_index
from marketplace.listings.disclosure import common_view
from marketplace.listings.models import LISTINGS, Demand
from matching import Matcher, UnusableArtefact
from matching.candidates import CandidateMatcher

log = structlog.get_logger(__name__)

MARGIN = timedelta(
    seconds=60
)  # clocks of several hosts differ, and a transaction commits after it has dated its rows
AUDIT = timedelta(
    seconds=60
)  # how often counts are compared as well: what took longer than the margin is found here
SMALL = 2000  # so many changed rows are taken in while the reader waits; more go to a build in the background
BATCH = 500  # rows loaded at a time
RETRY = 30.0  # seconds between two attempts to build what failed
EPOCH = datetime(1970, 1, 1)  # as the databases store moments: UTC without zone

Stamp = tuple[int, int]  # revision, and the moment of the last change in microseconds


@dataclass
class Catalogue:
    """What may be offered of one kind to one circle of readers, as this process holds it.

    Attributes:
        kind: `achievement` or `demand`.
        inner: confidential listings are in it too: for brokers and operators. The others get a catalogue that has
            never seen them, so that no weight and no "found nowhere" tells of their texts.
        stamps: id → which state of the row the matcher holds.
        generation: name of the current artefact; empty where there is none. `usable`: it could be loaded.
        seen: up to when changes have been taken in; `audited`: when all was compared last.
    """

    kind: str
    inner: bool
    matcher: Matcher | None = None
    stamps: dict[int, Stamp] = field(default_factory=dict)
    generation: str = ""
    usable: bool = False
    seen: datetime | None = None
    audited: datetime | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)

    def offered(self) -> ColumnElement[bool]:
        """Filter: the rows that belong in here: findable, and of a need that a technology can meet."""
        table = LISTINGS[self.kind]
        found = table.found_by(None)
        if table is Demand:
            found = found & (Demand.need == "technology")
        return found if self.inner else found & (table.visibility != "confidential")


class Matchers:
    """The matchers of one process, by kind and circle of readers.

    Args:
        folder: where the artefacts live; each kind has its own folder in it.
        pools: address of the Elasticsearch that the documents lie in and candidates come from; "": all in memory.
    """

    def __init__(self, folder: Path, pools: str = "") -> None:
        self.folder = folder
        self.pools = pools
        self._catalogues = {
            (k, inner): Catalogue(k, inner) for k in LISTINGS for inner in (False, True)
        }
        self._guard = threading.Lock()
        self._builds: dict[str, threading.Thread] = {}
        self._tried: dict[str, float] = {}

    @contextmanager
    def using(self, kind: str, *, inner: bool = False) -> Iterator[Matcher]:
        """The matcher over what may be offered, in step with the database, for this thread alone.

        Args:
            kind: what is ranked: `achievement` or `demand`.
            inner: with the confidential ones, for readers who may find those.

        Raises:
            SearchUnavailable: it is being built; the reader is asked to come back in a minute.
            search.SearchUnavailable: the candidates lie in a cluster that does not answer.
        """
        catalogue = self._catalogues[kind, inner]
        with catalogue.lock:
            self._take_generation(catalogue)
            self._catch_up(catalogue)
            assert catalogue.matcher is not None  # noqa: S101  (for the type checker: _take_generation has set it)
            try:
                yield catalogue.matcher
            except search.NotBuilt:  # the candidates went away beneath us; the next use finds that out and what to do
                catalogue.matcher, catalogue.generation = None, ""
                raise

    def generation(self, kind: str, *, inner: bool = False) -> str:
        """The name of the artefact this process ranks with; empty where there is none."""
        return self._catalogues[kind, inner].generation

    def fit(self, kinds: tuple[str, ...] = tuple(LISTINGS)) -> dict[str, int]:
        """Build the artefacts from the database and put them in the place of the old ones.

        Returns:
            kind → number of documents.
        """
        counts = {}
        for kind in kinds:
            with self._building(kind, wait=True):
                counts[kind] = self._fit(kind)
        return counts

    def status(self) -> dict[str, dict[str, Any]]:
        """Kind → what the artefact holds and how far the database is from it.

        Returns:
            `generation` (its name, `none` where there is no usable one), `built` (local time or None), `documents` (in
            it), `findable` (in the database), `behind` (documents to put, replace or remove).
        """
        found = {}
        for kind in LISTINGS:
            catalogue = Catalogue(kind, inner=False)
            self._take_generation(catalogue)
            truth = self._truth(catalogue)
            name = catalogue.generation if catalogue.usable else ""
            found[kind] = {
                "generation": name or "none",
                "built": datetime.fromtimestamp(
                    (self.folder / kind / name).stat().st_mtime
                )
                if name
                else None,
                "documents": len(catalogue.stamps),
                "findable": len(truth),
                "behind": sum(
                    catalogue.stamps.get(i) != stamp for i, stamp in truth.items()
                )
                + len(catalogue.stamps.keys() - truth.keys()),
            }
        return found

    def reset(self) -> None:
        """Forget everything, the artefacts too: the next use begins with the database as it then is."""
        for catalogue in self._catalogues.values():
            with catalogue.lock:
                self._empty(catalogue)
        for path in self.folder.glob("*/*/") if self.pools else ():
            self._pool(path.parent.name, path.name).drop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._tried.clear()

    # artefacts

    def _take_generation(self, catalogue: Catalogue) -> None:
        """Load the artefact where another one than the loaded is current, or none is loaded yet."""
        while (
            catalogue.matcher is None
            or self._current(catalogue.kind) != catalogue.generation
        ):
            name = self._current(catalogue.kind)
            self._empty(catalogue, generation=name)
            path = self.folder / catalogue.kind / name
            try:
                if name:
                    matcher = self._load(catalogue.kind, path)
                    table = np.load(path / "stamps.npy", allow_pickle=False)
                    catalogue.stamps = {int(i): (int(r), int(at)) for i, r, at in table}
                    catalogue.matcher, catalogue.usable = matcher, True
            except (
                search.SearchUnavailable
            ):  # the cluster is away, the artefact may be sound: look again next time
                catalogue.matcher, catalogue.generation = None, ""
                raise
            except (
                UnusableArtefact,
                OSError,
                EOFError,
                ValueError,
            ) as error:  # the database can replace it
                if name == self._current(
                    catalogue.kind
                ):  # else it was swapped away while we read it
                    log.error(
                        "matcher_artefact_unusable",
                        kind=catalogue.kind,
                        path=str(path),
                        reason=repr(error),
                    )

    def _load(self, kind: str, path: Path) -> Matcher:
        if not self.pools:
            return Matcher.load(path / "matcher")
        pool = self._pool(kind, path.name)
        if not pool.there():
            raise UnusableArtefact(
                f"the candidates of {path.name} are not in Elasticsearch"
            )
        return CandidateMatcher.open(path / "matcher", pool)

    def _pool(self, kind: str, generation: str) -> Any:
        """The documents of one generation in Elasticsearch; its client costs half a second that others need not pay."""
        from search.candidates import CandidatePool

        return CandidatePool(self.pools, f"{kind}-{generation.replace('-', '.')}")

    def _empty(self, catalogue: Catalogue, generation: str = "") -> None:
        catalogue.matcher = CandidateMatcher() if self.pools else Matcher().fit([])
        catalogue.stamps, catalogue.generation = {}, generation
        catalogue.seen = catalogue.audited = None
        catalogue.usable = False

    def _current(self, kind: str) -> str:
        """Name of the current generation, or nothing; one small read."""
        try:
            return (self.folder / kind / "current").read_text().strip()
        except (OSError, ValueError):  # not there, or not ours
            return ""

    # in step with the database

    def _catch_up(self, catalogue: Catalogue) -> None:
        """Put what became findable or changed, remove what is no longer findable; twice is as good as once."""
        moment = now()
        if (
            catalogue.audited is None
            or catalogue.seen is None
            or moment - catalogue.audited > AUDIT
        ):
            changed, gone = self._audit(catalogue)
            catalogue.audited = moment
        else:
            changed, gone = self._recent(catalogue, catalogue.seen - MARGIN)
        if (
            len(changed) > SMALL
            and len(changed.keys() - self._confidential(catalogue)) > SMALL
        ):
            catalogue.audited = None
            self._prepare(catalogue.kind)
            raise SearchUnavailable(
                "匹配模型正在准备。",
                "一般一分钟内就好，请稍后刷新。搜索和浏览不受影响。",
            )
        self._apply(catalogue, changed, gone)
        catalogue.seen = moment

    def _recent(
        self, catalogue: Catalogue, since: datetime
    ) -> tuple[dict[int, Stamp], set[int]]:
        table = LISTINGS[catalogue.kind]
        query = db.select(
            table.id, table.revision, table.updated_at, catalogue.offered()
        ).where(table.updated_at >= since)
        changed, gone = {}, set()
        for row_id, revision, updated_at, offered in db.session.execute(query):
            stamp = _stamp(revision, updated_at)
            if offered and catalogue.stamps.get(row_id) != stamp:
                changed[row_id] = stamp
            elif not offered and row_id in catalogue.stamps:
                gone.add(row_id)
        return changed, gone

    def _audit(self, catalogue: Catalogue) -> tuple[dict[int, Stamp], set[int]]:
        """Compare all there is: rows dated long before they were committed, restored, deleted or past their day."""
        truth = self._truth(catalogue)
        changed = {
            i: stamp for i, stamp in truth.items() if catalogue.stamps.get(i) != stamp
        }
        return changed, catalogue.stamps.keys() - truth.keys()

    def _truth(self, catalogue: Catalogue) -> dict[int, Stamp]:
        table = LISTINGS[catalogue.kind]
        query = db.select(table.id, table.revision, table.updated_at).where(
            catalogue.offered()
        )
        return {
            row_id: _stamp(revision, at)
            for row_id, revision, at in db.session.execute(query)
        }

    def _confidential(self, catalogue: Catalogue) -> set[int]:
        """Rows that no artefact holds: an inner catalogue always takes them in by itself."""
        table = LISTINGS[catalogue.kind]
        query = db.select(table.id).where(
            catalogue.offered(), table.visibility == "confidential"
        )
        return set(db.session.scalars(query))

    def _apply(
        self, catalogue: Catalogue, changed: dict[int, Stamp], gone: set[int]
    ) -> None:
        table, matcher = LISTINGS[catalogue.kind], catalogue.matcher
        assert matcher is not None  # noqa: S101  (for the type checker)
        if gone:
            matcher.remove(sorted(gone))
            for row_id in gone:
                del catalogue.stamps[row_id]
        ids = sorted(changed)
        for start in range(0, len(ids), BATCH):
            rows = db.session.scalars(
                db.select(table).where(table.id.in_(ids[start : start + BATCH]))
            )
            matcher.put(
                [listing_index.matching_document(common_view(row)) for row in rows]
            )
            catalogue.stamps.update((i, changed[i]) for i in ids[start : start + BATCH])

    # building

    def _prepare(self, kind: str) -> None:
        """Start a build in the background, unless one runs here or one has just failed."""
        with self._guard:
            running = self._builds.get(kind)
            if (
                running is not None and running.is_alive()
            ) or time.monotonic() - self._tried.get(kind, -RETRY) < RETRY:
                return
            self._tried[kind] = time.monotonic()
            app = current_app._get_current_object()  # type: ignore[attr-defined]
            thread = threading.Thread(
                target=self._build, args=(app, kind), name=f"fit-{kind}", daemon=True
            )
            self._builds[kind] = thread
            thread.start()

    def _build(self, app: Flask, kind: str) -> None:
        with app.app_context(), self._building(kind, wait=False) as mine:
            if not mine:
                return  # another process is at it; its artefact will be noticed
            try:
                self._fit(kind)
            except Exception as error:  # a thread has nobody else to tell
                log.error("matcher_build_failed", kind=kind, reason=repr(error))

    @contextmanager
    def _building(self, kind: str, *, wait: bool) -> Iterator[bool]:
        """The right to build a kind, held by one process at a time and let go with it."""
        folder = self.folder / kind
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
            else:
                yield True

    def _fit(self, kind: str) -> int:
        began = time.monotonic()
        offered = Catalogue(kind, inner=False)
        rows: dict[int, Stamp] = {}

        def documents() -> Iterator[Any]:
            for row in listing_index.published(kind):
                if row.visibility == "confidential" or (
                    isinstance(row, Demand) and row.need != "technology"
                ):
                    continue
                rows[row.id] = _stamp(row.revision, row.updated_at)
                yield listing_index.matching_document(common_view(row))
            db.session.rollback()  # all is read: a server ends transactions that lie idle while a matcher learns

        name = f"{now():%Y%m%d%H%M%S}-{uuid.uuid4().hex[:8]}"
        folder = self.folder / kind
        path = folder / name
        path.mkdir(parents=True)
        if self.pools:
            pool = self._pool(kind, name)
            try:
                CandidateMatcher.build(documents(), path / "matcher", pool)
            except BaseException:
                shutil.rmtree(path, ignore_errors=True)
                with suppress(search.SearchError):
                    pool.drop()
                raise
        else:
            Matcher().fit(documents()).save(path / "matcher")
        table = np.array(
            [(i, *stamp) for i, stamp in rows.items()], dtype=np.int64
        ).reshape(-1, 3)
        np.save(path / "stamps.npy", table, allow_pickle=False)
        kept = {name, self._current(kind)}  # a process may be reading the one before
        (folder / "next").write_text(name)
        os.replace(folder / "next", folder / "current")
        for other in folder.iterdir():
            if other.is_dir() and other.name not in kept:
                shutil.rmtree(other, ignore_errors=True)
                if (
                    self.pools
                ):  # only what was made here: another host has generations of its own
                    self._pool(kind, other.name).drop()
        log.info(
            "matcher_fitted",
            kind=offered.kind,
            documents=len(rows),
            seconds=round(time.monotonic() - began, 1),
        )
        return len(rows)


def _stamp(revision: int, updated_at: datetime) -> Stamp:
    return revision, (updated_at - EPOCH) // timedelta(microseconds=1)


def init_app(app: Flask) -> None:
    """Hang the matchers of this process in the application."""
    pools = app.config["SEARCH_URL"] if app.config["MATCHING"] == "candidates" else ""
    app.extensions["matchers"] = Matchers(
        Path(app.config["DATA_DIR"]) / "matcher", pools
    )
