"""Two engines as one: the first answers while it can, the embedded one when it cannot, and says that it did.
Not here: the engines themselves. The breaker keeps readers from waiting for an engine that is known to be down.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from datetime import date
from typing import IO, Any

from search.contract import (
    Document,
    Engine,
    NotBuilt,
    Query,
    Result,
    SearchUnavailable,
    Version,
)
from search.suggesting import MOST

FAILURES = (
    5  # in a row, before an engine counts as down: a busy machine is slow now and then
)
REST = 5.0  # seconds it is left alone; then one question tries it again
ABSENT = -1  # version() of a document that only one of the engines holds


class Breaker:
    """Knows whether a thing that failed is worth another try.

    Closed it lets everybody through; after `failures` in a row it is open for `rest` seconds and lets nobody through;
    then one caller may try, and what happens to him decides. One per process, safe for threads.
    """

    def __init__(
        self,
        failures: int = FAILURES,
        rest: float = REST,
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
            return "trying" if self.clock() >= self._next_try else "open"

    def allows(self) -> bool:
        """Whether to try now. When it was open and its rest is over, the first who asks is the one who tries."""
        with self._lock:
            if self._failed < self.failures:
                return True
            if self.clock() < self._next_try:
                return False
            self._next_try = self.clock() + self.rest
            return True

    def worked(self) -> None:
        """It answered."""
        with self._lock:
            self._failed = 0

    def failed(self) -> None:
        """It did not."""
        with self._lock:
            self._failed += 1
            self._next_try = self.clock() + self.rest


class FallbackEngine:
    """A first engine with an embedded one beside it, kept in step by writing both.

    A write that misses either raises SearchUnavailable after both were tried: the row stays dirty and is written to
    both again later, which versions make harmless.
    """

    def __init__(
        self, primary: Engine, embedded: Engine, breaker: Breaker | None = None
    ) -> None:
        self.primary = primary
        self.embedded = embedded
        self.breaker = breaker or Breaker()

    def find(self, query: Query) -> Result:
        """The first engine's answer, or the embedded one's marked degraded. Raises SearchUnavailable if both fail."""
        if self.breaker.allows():
            try:
                result = self.primary.find(query)
            except SearchUnavailable:
                self.breaker.failed()
            else:
                self.breaker.worked()
                return result
        return replace(self.embedded.find(query), degraded=True)

    def suggest(
        self,
        text: str,
        audiences: Iterable[str],
        kinds: Iterable[str] = (),
        size: int = MOST,
    ) -> list[str]:
        """The first engine's suggestions, or the embedded one's, which are the same."""
        audiences, kinds = tuple(audiences), tuple(kinds)
        if self.breaker.allows():
            try:
                offered = self.primary.suggest(text, audiences, kinds, size)
            except SearchUnavailable:
                self.breaker.failed()
            else:
                self.breaker.worked()
                return offered
        return self.embedded.suggest(text, audiences, kinds, size)

    def put(self, documents: Iterable[Document]) -> int:
        """Write to both. Returns how many the first engine took."""
        listed = list(documents)
        return self._both(lambda engine: engine.put(listed))

    def remove(self, versions: Iterable[Version]) -> int:
        """Take out of both. Returns how many the first engine took note of."""
        listed = list(versions)
        return self._both(lambda engine: engine.remove(listed))

    def _both(self, deed: Callable[[Engine], int]) -> int:
        trouble: SearchUnavailable | None = None
        try:
            deed(self.embedded)
        except SearchUnavailable as failure:
            trouble = failure
        if not self.breaker.allows():
            raise SearchUnavailable(
                "the search cluster is down; what was saved is indexed later"
            ) from trouble
        try:
            done = deed(self.primary)
        except SearchUnavailable:
            self.breaker.failed()
            raise
        self.breaker.worked()
        if trouble is not None:
            raise trouble
        return done

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Rebuild the embedded engine, then the first from the same documents. Returns the first engine's count."""
        with tempfile.TemporaryFile(
            "w+", encoding="utf-8", errors="surrogatepass"
        ) as spool:
            self.embedded.rebuild(_spooled(documents, spool))
            spool.seek(0)
            count = self.primary.rebuild(_document(line) for line in spool)
        self.breaker.worked()
        return count

    def versions(self) -> Iterator[Version]:
        """What both hold: the lower version where they differ, ABSENT where one lacks the document.

        So a comparison with the database finds, and repairs, a fault of either.
        """
        first = {
            (kind, ident): version for kind, ident, version in self.primary.versions()
        }
        second = {
            (kind, ident): version for kind, ident, version in self.embedded.versions()
        }
        for key in sorted(first.keys() | second.keys()):
            yield (*key, min(first.get(key, ABSENT), second.get(key, ABSENT)))

    def state(self) -> dict[str, Any]:
        """The first engine's state with breaker, degraded and the embedded engine's state under "embedded".

        When the first does not answer, the embedded engine's state stands in its place and degraded is True. Whatever
        does not answer is named under "trouble", and where a rebuild would help, current is False. Raises
        SearchUnavailable when neither answers.
        """
        breaker = self.breaker.state
        try:
            first = self.primary.state()
        except SearchUnavailable as failure:
            state = {
                **self.embedded.state(),
                "degraded": True,
                "trouble": str(failure),
                "breaker": breaker,
            }
            return {
                **state,
                "current": bool(state["current"]) and not isinstance(failure, NotBuilt),
            }
        try:
            embedded = self.embedded.state()
        except SearchUnavailable as failure:
            return {
                **first,
                "current": False,
                "degraded": False,
                "trouble": str(failure),
                "breaker": breaker,
            }
        current = bool(first["current"] and embedded["current"])
        return {
            **first,
            "current": current,
            "degraded": False,
            "breaker": breaker,
            "embedded": embedded,
        }

    def close(self) -> None:
        """Close both."""
        self.primary.close()
        self.embedded.close()


def _spooled(documents: Iterable[Document], spool: IO[str]) -> Iterator[Document]:
    """Pass documents on and keep a copy of each, one per line."""
    for document in documents:
        spool.write(json.dumps(asdict(document), default=date.isoformat) + "\n")
        yield document


def _document(line: str) -> Document:
    fields = json.loads(line)
    for name in ("published_on", "deadline"):
        fields[name] = date.fromisoformat(fields[name]) if fields[name] else None
    return Document(**fields)
