"""Two engines as one: the first answers while it can, the embedded one when it cannot, and the result says so.
Not here: the engines themselves. The breaker keeps readers from waiting for an engine that is known to be down.
"""

from __future__ import annotations

import json
import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import IO, Any, TypeVar

from search.contract import (
    DEFAULT_CORRECTIONS,
    DEFAULT_SUGGESTIONS,
    Document,
    Engine,
    NotBuilt,
    Query,
    Result,
    SearchError,
    SearchUnavailable,
    TakesNoWrites,
    Version,
)

# In a row, before an engine counts as down: with two, the breaker of a working cluster on a busy machine was open most
# of the time (85 % of a trial's searches were degraded, 32 % with five; decision 023).
FAILURE_LIMIT = 5
REST_SECONDS = 5.0  # an engine is left alone; then one query tries it again
ABSENT_VERSION = -1  # of a document that only one of the engines holds

log = logging.getLogger(__name__)

_T = TypeVar("_T")


class Breaker:
    """Knows whether a thing that failed is worth another try; one per process, safe for threads.

    Closed it lets every call through; after `failures` in a row it is open for `rest` seconds and lets none through;
    then one caller may try, and the outcome decides.
    """

    def __init__(
        self,
        failures: int = FAILURE_LIMIT,
        rest: float = REST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.failures = failures
        self.rest = rest
        self.clock = clock
        self._lock = threading.Lock()
        self._failed = 0
        self._next_try = 0.0

    @property
    def state(self) -> str:
        """ "closed" all is well, "open" left alone, "trying" the next caller finds out."""
        with self._lock:
            if self._failed < self.failures:
                return "closed"
            if self.clock() >= self._next_try:
                return "trying"
            return "open"

    def allows_call(self) -> bool:
        """Whether to try now. When it was open and its rest is over, the first caller is the one who tries."""
        with self._lock:
            if self._failed < self.failures:
                return True
            if self.clock() < self._next_try:
                return False
            # The next caller waits another rest, so that one alone pays for finding out.
            self._next_try = self.clock() + self.rest
            return True

    def record_success(self) -> None:
        """The call was answered."""
        with self._lock:
            self._failed = 0

    def record_failure(self) -> None:
        """The call was not answered."""
        with self._lock:
            self._failed += 1
            self._next_try = self.clock() + self.rest


class FallbackEngine:
    """A first engine backed by an embedded one; both are written.

    A write that misses either raises SearchUnavailable after both were tried: the row stays dirty and is written to
    both again later, which versions make harmless.
    """

    def __init__(
        self, primary: Engine, embedded: Engine, breaker: Breaker | None = None
    ) -> None:
        self.primary = primary
        self.embedded = embedded
        self.breaker = breaker or Breaker()
        self._trouble = ""

    def find(self, query: Query) -> Result:
        """The first engine's answer, or the embedded one's marked degraded.

        Raises:
            SearchUnavailable: neither answers.
        """
        result = self._try_primary(lambda engine: engine.find(query))
        if result is not None:
            return result
        return replace(self.embedded.find(query), degraded=True)

    def suggest(
        self,
        text: str,
        audiences: Iterable[str],
        kinds: Iterable[str] = (),
        size: int = DEFAULT_SUGGESTIONS,
    ) -> list[str]:
        """The first engine's suggestions, or the embedded one's, which are the same."""
        # Either may be read twice, an iterator could not.
        readers = tuple(audiences)
        wanted = tuple(kinds)
        texts = self._try_primary(
            lambda engine: engine.suggest(text, readers, wanted, size)
        )
        if texts is not None:
            return texts
        return self.embedded.suggest(text, readers, wanted, size)

    def corrections(
        self, text: str, audiences: Iterable[str], size: int = DEFAULT_CORRECTIONS
    ) -> list[str]:
        """What may have been meant, from the first engine or the embedded one, which offer the same."""
        readers = tuple(audiences)
        texts = self._try_primary(
            lambda engine: engine.corrections(text, readers, size)
        )
        if texts is not None:
            return texts
        return self.embedded.corrections(text, readers, size)

    def _try_primary(self, call: Callable[[Engine], _T]) -> _T | None:
        """The first engine's answer; None when it gives none or is left alone."""
        if not self.breaker.allows_call():
            return None
        try:
            answer = call(self.primary)
        # A request the cluster did not understand too: a reader is better served by the other engine than by an error.
        except SearchError as failure:
            self.breaker.record_failure()
            self._note_trouble(str(failure))
            return None
        self.breaker.record_success()
        self._note_trouble("")
        return answer

    def _note_trouble(self, trouble: str) -> None:
        """Write down once why the embedded engine answers, and that it no longer has to."""
        before, self._trouble = self._trouble, trouble
        if trouble and trouble != before:
            log.warning("the embedded search answers: %s", trouble)
        elif before and not trouble:
            log.warning("the search cluster answers again")

    def put(self, documents: Iterable[Document]) -> int:
        """Write to both. Returns how many the first engine wrote."""
        # Read once: an iterator would be empty for the second engine.
        batch = list(documents)
        # Nothing reaches the cluster with nothing to write, which would pass for its answer and close the breaker.
        if not batch:
            return 0
        return self._write_both(lambda engine: engine.put(batch))

    def remove(self, versions: Iterable[Version]) -> int:
        """Take out of both. Returns how many tombstones the first engine wrote."""
        batch = list(versions)
        if not batch:
            return 0
        return self._write_both(lambda engine: engine.remove(batch))

    def _write_both(self, write: Callable[[Engine], int]) -> int:
        trouble: SearchUnavailable | None = None
        # First the engine that never keeps anybody waiting.
        try:
            write(self.embedded)
        except SearchUnavailable as failure:
            # Not raised yet: the first engine is to have it all the same.
            trouble = failure
        if not self.breaker.allows_call():
            raise SearchUnavailable(
                "the search cluster is down; what was saved is indexed later"
            ) from trouble
        try:
            written = write(self.primary)
        except TakesNoWrites:
            # It still answers those who search.
            raise
        except SearchUnavailable:
            self.breaker.record_failure()
            raise
        self.breaker.record_success()
        # Both were tried, so one that works is up to date even while the other is not.
        if trouble is not None:
            raise trouble
        return written

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Rebuild both from the same documents. Returns the first engine's count."""
        embedded_tried = False
        # A spool on disk: both must hold the same, the documents may be read once, and they need not fit in memory.
        with tempfile.TemporaryFile(
            "w+", encoding="utf-8", errors="surrogatepass"
        ) as spool:

            def read_once() -> Iterator[Document]:
                nonlocal embedded_tried
                embedded_tried = True
                self.embedded.rebuild(_copy_to_spool(documents, spool))
                spool.seek(0)
                yield from map(_read_document, spool)

            # The first engine begins before anything is read, for it carries over what is written after its
            # beginning: what was withdrawn while the embedded one was filled would come back in it.
            try:
                count = self.primary.rebuild(read_once())
            except SearchError:
                # It may be out of reach; the one that answers in its place is filled all the same.
                if not embedded_tried:
                    self.embedded.rebuild(documents)
                raise
        # What took a whole index is up again: nobody has to find that out by waiting.
        self.breaker.record_success()
        return count

    def versions(self) -> Iterator[Version]:
        """What both hold: the lower version where they differ, ABSENT_VERSION where one lacks the document.

        So a comparison with the database finds, and repairs, a fault of either.
        """
        first = _by_key(self.primary.versions())
        second = _by_key(self.embedded.versions())
        for key in sorted(first.keys() | second.keys()):
            version = first.get(key, ABSENT_VERSION)
            other = second.get(key, ABSENT_VERSION)
            yield (*key, min(version, other))

    def state(self) -> dict[str, Any]:
        """The first engine's state with breaker, degraded and the embedded engine's state under "embedded".

        When the first does not answer, the embedded engine's state is given and degraded is True. Whatever does not
        answer is named under "trouble", and where a rebuild would help, current is False.

        Raises:
            SearchUnavailable: neither answers.
        """
        breaker = self.breaker.state
        try:
            first = self.primary.state()
        except SearchError as failure:
            state = self.embedded.state()
            # A rebuild heals an index that is not there, not a cluster that does not answer.
            built = not isinstance(failure, NotBuilt)
            return state | {
                "degraded": True,
                "trouble": str(failure),
                "breaker": breaker,
                "current": bool(state["current"]) and built,
            }
        try:
            embedded = self.embedded.state()
        except SearchUnavailable as failure:
            return first | {
                "current": False,
                "degraded": False,
                "trouble": str(failure),
                "breaker": breaker,
            }
        return first | {
            "current": bool(first["current"] and embedded["current"]),
            "degraded": False,
            "breaker": breaker,
            "embedded": embedded,
        }

    def discard(self) -> None:
        """Remove the index of both."""
        self.embedded.discard()
        self.primary.discard()

    def close(self) -> None:
        """Close both."""
        self.primary.close()
        self.embedded.close()


def _by_key(versions: Iterable[Version]) -> dict[tuple[str, int], int]:
    """(kind, id) → version."""
    return {(kind, ident): version for kind, ident, version in versions}


def _copy_to_spool(
    documents: Iterable[Document],
    spool: IO[str],
) -> Iterator[Document]:
    """Pass documents on and write a copy of each, one per line."""
    for document in documents:
        # JSON escapes line ends, so a document is one line whatever its text.
        line = json.dumps(asdict(document), default=_iso_text)
        spool.write(line + "\n")
        yield document


def _read_document(line: str) -> Document:
    fields = json.loads(line)
    if fields["published_at"]:
        fields["published_at"] = datetime.fromisoformat(fields["published_at"])
    if fields["deadline"]:
        fields["deadline"] = date.fromisoformat(fields["deadline"])
    return Document(**fields)


def _iso_text(day: date) -> str:
    """A day or a moment as text; `date.isoformat` itself would drop the hours of a moment."""
    return day.isoformat()
