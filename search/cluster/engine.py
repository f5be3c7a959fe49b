"""The cluster engine: the contract's calls on Elasticsearch 8 through the official client.
Not here: the requests themselves (queries), documents (mapping), sending many (bulk), what happens when it is down
(fallback).
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from elasticsearch import ApiError, NotFoundError, TransportError

from search.analysis import analyze_all
from search.cluster.answers import (
    FOREIGN,
    Answer,
    has_hits,
    read_result,
    term_shares,
    with_parts,
)
from search.cluster.bulk import BULK_SECONDS, batched, send_actions, walk_documents
from search.cluster.client import ClusterClient, parse_address, translate_errors
from search.cluster.indices import Indices
from search.cluster.live import ShardWatch
from search.cluster.mapping import (
    Action,
    Body,
    put_action,
    tombstone_action,
)
from search.cluster.queries import (
    all_terms_query,
    any_term_query,
    count_request,
    page_request,
)
from search.cluster.wording import ReadersWords
from search.contract import (
    DEFAULT_CORRECTIONS,
    DEFAULT_SUGGESTIONS,
    Document,
    NotBuilt,
    Query,
    Result,
    SearchError,
    SearchUnavailable,
    TakesNoWrites,
    Version,
)
from search.schema import index_version
from search.spelling import corrected_texts
from search.terms import ParsedQuery, fallback_terms, parse_query

FIND_SECONDS = 0.8  # for one answer, all its requests together: a reader waits a second, not for a timeout
DEED_SECONDS = 2.0  # for a few documents after a save, and for state()
FEW = 20  # documents that somebody is waiting for

# The statuses of a search that met a swap: the old index went away beneath it.
_SWAPPED = (404, 500, 503)


class ElasticEngine:
    """Full-text search in an Elasticsearch 8 cluster; the contract is search.contract.Engine.

    The alias points at the one live index; a rebuild fills another and moves it. The client is made at the first call
    in each process, so an engine survives fork.
    """

    def __init__(
        self,
        url: str,
        *,
        find_seconds: float = FIND_SECONDS,
        deed_seconds: float = DEED_SECONDS,
        starts_empty: bool = True,
        edition: int = 0,
    ) -> None:
        """Name the cluster; nothing is connected before the first call.

        Args:
            url: http(s)://[user:password@]host:port[,host:port…][/alias].
            find_seconds: for one answer.
            deed_seconds: for writing a few documents, and for state().
            starts_empty: a first put may make the index. False where another engine answers meanwhile: an index that
                was lost must come back whole by a rebuild, not answer with the one document that was saved last.
            edition: of the word lists; each has an alias of its own.
        """
        self.url = url
        self.starts_empty = starts_empty
        self.find_seconds = find_seconds
        self.deed_seconds = deed_seconds
        hosts, user, alias = parse_address(url)
        self.alias = f"{alias}.w{edition}" if edition else alias
        self.cluster = ClusterClient(hosts, user)
        self.indices = Indices(self.cluster, self.alias)
        self._shards = ShardWatch()

    # -- reading ---------------------------------------------------------------------------------------------------

    def find(self, query: Query) -> Result:
        """Answer a query within find_seconds.

        Raises:
            SearchUnavailable: the cluster has no whole answer by then.
        """
        parsed = parse_query(query.text)
        end = time.monotonic() + self.find_seconds
        with self._reading():
            self.indices.check(self.find_seconds)
            try:
                found = self._find(query, parsed, end)
            except ApiError as failure:
                if failure.meta.status not in _SWAPPED:
                    raise
                found = self._find(query, parsed, end)
            # Nothing found may mean that the index was exchanged since it was looked at: that has to be sure.
            if not found.total:
                self.indices.sound(self.find_seconds)
            return found

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Translate errors; after one the index is looked at again before it is believed."""
        try:
            with translate_errors():
                yield
        except SearchError:
            self.indices.forget_check()
            raise

    def _find(self, query: Query, parsed: ParsedQuery, end: float) -> Result:
        """Documents with all terms; where there is none, those with some of them (decision 020)."""
        result = all_terms_query(parsed, query.audiences)
        body = page_request(result, query, browse=not parsed.terms)
        answer = self._search(body, query, end)
        # Mostly one request is enough; two more are sent only when no document has all the terms.
        if has_hits(answer) or not parsed.terms:
            return replace(read_result(answer), signs_only=parsed.signs_only)
        candidates = with_parts(parsed.terms)
        body = count_request(candidates, query.audiences)
        counted = self._search(body, query, end)
        having = {}
        for place, term in enumerate(candidates):
            count = counted["aggregations"][str(place)]["doc_count"]
            having[term.phrase] = int(count)
        nowhere = [term for term in parsed.terms if not having[term.phrase]]
        terms = fallback_terms(parsed.terms, nowhere)
        documents = int(counted["hits"]["total"]["value"])
        shares = term_shares([having[term.phrase] for term in terms], documents)
        result = any_term_query(parsed, terms, shares, query.audiences)
        body = page_request(result, query, browse=False)
        answer = self._search(body, query, end)
        missing = [term.surface for term in nowhere]
        return read_result(answer, shares, has_hits(answer), missing)

    def _search(self, body: Body, query: Query, end: float) -> Answer:
        """Send one search of a query that has to be answered by a time of the monotonic clock."""
        # One budget for all requests of an answer, not one for each.
        left = end - time.monotonic()
        if left <= 0:
            raise SearchUnavailable("search took too long")
        # The same text goes to the same copy: two copies count removed documents differently, and a reader who turns
        # the page would see a row twice.
        text = query.text.encode("utf-8", "replace")
        copy = hashlib.sha256(text).hexdigest()[:16]
        return self.cluster.within(left).search(
            index=self.alias,
            body=body,
            preference=copy,
            allow_partial_search_results=False,
        )

    def suggest(
        self,
        text: str,
        audiences: Iterable[str],
        kinds: Iterable[str] = (),
        size: int = DEFAULT_SUGGESTIONS,
    ) -> list[str]:
        """What begins with the typed text, as the contract says, within find_seconds."""
        readers = sorted(audiences)
        if not readers:
            return []
        with self._reading():
            self.indices.check(self.find_seconds)
            return self._words(readers).suggest(text, tuple(kinds), size)

    def corrections(
        self, text: str, audiences: Iterable[str], size: int = DEFAULT_CORRECTIONS
    ) -> list[str]:
        """What may have been meant, as the contract says, within find_seconds."""
        words = self._words(sorted(audiences))
        with self._reading():
            self.indices.check(self.find_seconds)
            return corrected_texts(text, words.count, words.lookup, size)

    def _words(self, readers: list[str]) -> ReadersWords:
        """The words of what some readers may find, within find_seconds from now."""
        return ReadersWords(self.cluster, self.alias, readers, self.find_seconds)

    def versions(self) -> Iterator[Version]:
        """(kind, id, version) of every document that can be found, by kind and id."""
        alive = {"term": {"deleted": False}}
        # The version decides nothing here; a sort key is the cheapest way to have it brought.
        order = [
            {"kind": "asc"},
            {"id": "asc"},
            {"version": "asc"},
        ]
        versions: list[Version] = []
        with translate_errors():
            index = self.indices.live(self.deed_seconds)
            client = self.cluster.within(BULK_SECONDS)
            for hit in walk_documents(client, index, alive, order):
                # A point in time appends a tie-break of its own.
                kind, ident, version, *_ = hit["sort"]
                if kind is None or ident is None or version is None:
                    raise NotBuilt(FOREIGN)
                triple = (str(kind), int(ident), int(version))
                versions.append(triple)
        return iter(versions)

    def state(self) -> dict[str, Any]:
        """engine, count, removed, version, expected, current, blocked, built_at, written_at, age, index, health.

        blocked: why it takes no writes: "disk" (the cluster's are nearly full), "hand", or "". current is False where a
        rebuild would help.

        Raises:
            NotBuilt: the index is missing, closed, not ours, or its shards have been gone for `RED_SECONDS`.
            SearchUnavailable: the cluster does not answer.
        """
        body = {
            "size": 0,
            "track_total_hits": True,
            "aggs": {
                "removed": {"filter": {"term": {"deleted": True}}},
                "last": {"max": {"field": "written_at"}},
            },
        }
        with self._reading():
            live = self.indices.sound(self.deed_seconds)
            index, meta = live.name, live.meta
            client = self.cluster.within(self.deed_seconds)
            health = client.cluster.health(index=index, level="indices")
            self._shards.note_health(str(health["status"]))
            counted = client.search(index=index, body=body)
            current = live.is_current
            # A rebuild that died between closing the old index to writes and its swap; one that a person closed is
            # theirs to open.
            if live.block == "hand" and self.indices.left_behind():
                current = False
        removed = int(counted["aggregations"]["removed"]["doc_count"])
        last = counted["aggregations"]["last"]["value"]
        # An empty index has no last write.
        written = datetime.fromisoformat(meta["built_at"])
        if last:
            written = datetime.fromtimestamp(last / 1000, UTC)
        return {
            "engine": "elasticsearch",
            "count": int(counted["hits"]["total"]["value"]) - removed,
            "removed": removed,
            "version": meta["version"],
            "expected": index_version(),
            "current": current,
            "blocked": live.block,
            "built_at": meta["built_at"],
            "written_at": written.isoformat(),
            "age": (datetime.now(UTC) - written).total_seconds(),
            "index": index,
            "health": health["status"],
        }

    # -- writing ---------------------------------------------------------------------------------------------------

    def put(self, documents: Iterable[Document]) -> int:
        """Write documents unless a higher version is stored; makes the index. Returns how many were written."""
        written = 0
        empty = True
        with translate_errors():
            for batch in batched(documents):
                empty = False
                written += self._write(_put_actions(batch))
            if empty and self.starts_empty:
                self.indices.ensure()
        return written

    def remove(self, versions: Iterable[Version]) -> int:
        """Take documents out and leave tombstones with the version. Returns how many tombstones were written."""
        written = 0
        with translate_errors():
            for batch in batched(versions):
                written += self._write([tombstone_action(one) for one in batch])
        return written

    def _write(self, actions: list[Action]) -> int:
        try:
            return self._send_to_live(actions)
        except NotFoundError:
            # The alias is missing: nothing was written, because every request demands an alias.
            if not self.starts_empty:
                raise
            self.indices.ensure()
            return self._send_to_live(actions)

    def _send_to_live(self, actions: list[Action]) -> int:
        seconds = self.deed_seconds if len(actions) <= FEW else BULK_SECONDS
        # What a foreign index takes without a word, nobody would find; and the cluster says at once what waiting for a
        # full disk would say in two seconds.
        live = self.indices.check(self.deed_seconds)
        if live.block:
            live = self.indices.sound(self.deed_seconds)
        if live.block == "disk":
            raise TakesNoWrites("a disk of the search cluster is nearly full")
        # refresh: the writer finds what was written; a market makes a few writes a minute (decision 022).
        return send_actions(
            self.cluster,
            self.alias,
            actions,
            seconds,
            require_alias=True,
            refresh=True,
        )

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Fill a new index, replay what was written meanwhile, move the alias.

        Returns:
            How many documents the new index holds.

        Raises:
            SearchError: another rebuild is running; one that died is cleared away.
        """
        indices = self.indices
        with translate_errors():
            # Where another engine answers meanwhile there is none until it is whole: an empty one would answer too.
            if self.starts_empty:
                indices.ensure()
            live = indices.usable_live(self.deed_seconds)
            target = indices.begin_next()
            try:
                if live is None:
                    self._fill(target, documents)
                else:
                    self._fill_beside(live, target, documents)
                indices.swap(target)
            except BaseException:
                with contextlib.suppress(ApiError, TransportError):
                    if live is not None:
                        indices.block_writes(live, blocked=False)
                    indices.drop(target)
                raise
            indices.drop_older(target)
            return indices.count(target)

    def _fill_beside(
        self, live: str, target: str, documents: Iterable[Document]
    ) -> None:
        """Fill an index and carry over what is written to the live one meanwhile, which then takes no writes."""
        indices = self.indices
        # A rebuild that died in its last moment may have left it closed.
        indices.block_writes(live, blocked=False)
        begun = indices.last_write(live)
        self._fill(target, documents)
        # Most of it while writers go on, the rest in the moment when they may not.
        begun = indices.replay_writes(live, target, begun)
        indices.block_writes(live, blocked=True)
        indices.replay_writes(live, target, begun)

    def _fill(self, index: str, documents: Iterable[Document]) -> None:
        """Analyze and send; one batch is analyzed while the one before is on its way."""
        with ThreadPoolExecutor(1) as sender:
            sent: Future[int] | None = None
            for batch in batched(documents):
                actions = _put_actions(batch)
                if sent is not None:
                    sent.result()
                sent = sender.submit(send_actions, self.cluster, index, actions)
            if sent is not None:
                sent.result()

    def discard(self) -> None:
        """Delete every index behind the alias: that of word lists that are no longer in use."""
        with translate_errors():
            self.indices.drop_all()

    def close(self) -> None:
        """Close the sockets of this process."""
        self.cluster.close()


def _put_actions(documents: Iterable[Document]) -> list[Action]:
    return [put_action(document, text) for document, text in analyze_all(documents)]
