"""The cluster engine: Elasticsearch 8 through the official client, with nothing that needs a plugin or module.
Not here: the questions themselves (elastic_queries), what a text asks for (terms), when it is down (fallback).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from elastic_transport import ObjectApiResponse
from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError

from search import elastic_queries as ask
from search.contract import (
    FACETS,
    Document,
    Hit,
    NotBuilt,
    Query,
    Result,
    SearchError,
    SearchUnavailable,
    Version,
    order_facet,
)
from search.schema import FIELDS, VERSION, Channels, all_channels, rarity
from search.suggesting import MOST, shown, typed
from search.terms import Asked, Term, relaxed, understand

ALIAS = "market-listings"
FIND_SECONDS = 0.8  # for one answer, all its requests together: a reader waits a second, not for a timeout
DEED_SECONDS = 2.0  # for a few documents after a save, and for state()
BULK_SECONDS = 60.0  # for a batch of a rebuild or a repair
FEW = 20  # documents that somebody is waiting for
BATCH = 500
PAGE = 5_000  # documents per request when all are walked through
FIRST_WAIT = 0.1  # seconds before a refused write is sent again, doubled each time
ABANDONED = 3600.0  # seconds after which a rebuild by another machine is taken for dead

_BUSY = frozenset(
    (403, 429, 502, 503, 504)
)  # 403: the index is closed to writes for the moment of a swap
_T = TypeVar("_T")
_Action = tuple[dict[str, Any], dict[str, Any]]


class ElasticEngine:
    """Full-text search in an Elasticsearch 8 cluster.

    url: http(s)://[user:password@]host:port[,host:port…][/alias]. The alias points at the one live index; a rebuild
    fills another and moves it. The client is made at the first call in each process, so an engine survives fork.
    starts_empty: a first put may make the index. False where another engine stands in meanwhile: an index that was
    lost must come back whole by a rebuild, not answer with the one document that was saved last.
    """

    def __init__(
        self,
        url: str,
        *,
        find_seconds: float = FIND_SECONDS,
        deed_seconds: float = DEED_SECONDS,
        starts_empty: bool = True,
    ) -> None:
        self.url = url
        self.starts_empty = starts_empty
        self.find_seconds = find_seconds
        self.deed_seconds = deed_seconds
        self.hosts, self.user, self.alias = address(url)
        self._client: tuple[int, Elasticsearch] | None = None

    # -- reading ---------------------------------------------------------------------------------------------------

    def find(self, query: Query) -> Result:
        """Answer a query within find_seconds. Raises SearchUnavailable when the cluster has no whole answer by then."""
        asked = understand(query.text)
        end = time.monotonic() + self.find_seconds
        with told():
            try:
                return self._find(query, asked, end)
            except ApiError as failure:
                # Asked at the very moment of a swap: the old index went away beneath the question.
                if failure.meta.status not in (404, 500, 503):
                    raise
                return self._find(query, asked, end)

    def _find(self, query: Query, asked: Asked, end: float) -> Result:
        answer = self._page(
            ask.together(asked, query.audiences), query, end, browse=not asked.terms
        )
        if answer["aggregations"][ask.ALL]["doc_count"] or not asked.terms:
            return _result(answer)
        candidates = _with_parts(asked.terms)
        body = ask.counts(candidates, query.audiences)
        counted = self._search(body, query, end)
        documents = int(counted["hits"]["total"]["value"])
        having = {
            term.phrase: int(counted["aggregations"][str(place)]["doc_count"])
            for place, term in enumerate(candidates)
        }
        nowhere = [term for term in asked.terms if not having[term.phrase]]
        terms = relaxed(asked.terms, nowhere)
        weights = [rarity(having[term.phrase], documents) for term in terms]
        shares = [weight / (sum(weights) or 1.0) for weight in weights]
        answer = self._page(
            ask.some(asked, terms, shares, query.audiences), query, end, browse=False
        )
        found = answer["aggregations"][ask.ALL]["doc_count"] > 0
        return _result(answer, shares, found, [term.shown for term in nowhere])

    def _page(
        self, found: ask.Body, query: Query, end: float, *, browse: bool
    ) -> ObjectApiResponse[Any]:
        return self._search(ask.page(found, query, browse=browse), query, end)

    def _search(
        self, body: ask.Body, query: Query, end: float
    ) -> ObjectApiResponse[Any]:
        left = end - time.monotonic()
        if left <= 0:
            raise SearchUnavailable("search took too long")
        # The same question goes to the same copy: two copies count removed documents differently, and a reader who
        # turns the page would see a row twice.
        copy = hashlib.sha256(query.text.encode("utf-8", "replace")).hexdigest()[:16]
        client = self._connected().options(request_timeout=left)
        return client.search(
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
        size: int = MOST,
    ) -> list[str]:
        """What begins with the typed text, as the contract says, within find_seconds."""
        prefix, audiences = typed(text), sorted(audiences)
        if not prefix or not audiences or size < 1:
            return []
        body = ask.suggestions(prefix, audiences, tuple(kinds), size)
        client = self._connected().options(request_timeout=self.find_seconds)
        with told():
            answer = client.search(
                index=self.alias, body=body, allow_partial_search_results=False
            )
        found = [
            option
            for name in ask.OFFER_FIELDS
            for option in answer["suggest"][name][0]["options"]
        ]
        entries = sorted((-option["_score"], option["text"]) for option in found)
        return shown([entry for _, entry in entries], size)

    def versions(self) -> Iterator[Version]:
        """(kind, id, version) of every document that can be found, by kind and id."""
        with told():
            index = self._live()
            client = self._connected().options(request_timeout=BULK_SECONDS)
            sort: list[Any] = [{"kind": "asc"}, {"id": "asc"}, {"version": "asc"}]
            keys = [
                hit["sort"]
                for hit in _walk(client, index, {"term": {"deleted": False}}, sort)
            ]
        return iter([(str(key[0]), int(key[1]), int(key[2])) for key in keys])

    def state(self) -> dict[str, Any]:
        """engine, count, removed, version, expected, current, built_at, written_at, age (seconds), index, health."""
        with told():
            index = self._live()
            client = self._connected().options(request_timeout=self.deed_seconds)
            meta = client.indices.get_mapping(index=index)[index]["mappings"]["_meta"]
            body = {
                "size": 0,
                "track_total_hits": True,
                "aggs": {
                    "removed": {"filter": {"term": {"deleted": True}}},
                    "last": {"max": {"field": "written_at"}},
                },
            }
            counted = client.search(index=index, body=body)
            health = client.cluster.health(index=index, level="indices")
        removed = int(counted["aggregations"]["removed"]["doc_count"])
        last = counted["aggregations"]["last"]["value"]
        built = datetime.fromisoformat(meta["built_at"])
        written = datetime.fromtimestamp(last / 1000, UTC) if last else built
        return {
            "engine": "elasticsearch",
            "count": int(counted["hits"]["total"]["value"]) - removed,
            "removed": removed,
            "version": meta["version"],
            "expected": VERSION,
            "current": meta["version"] == VERSION,
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
        with told():
            empty = True
            for batch in _batches(documents):
                empty = False
                written += self._write(
                    [_stored(doc, text) for doc, text in all_channels(batch)]
                )
            if empty and self.starts_empty:
                self._ensure()
        return written

    def remove(self, versions: Iterable[Version]) -> int:
        """Write tombstones, which Elasticsearch's own deletes would forget after a minute. Returns how many."""
        with told():
            return sum(
                self._write([_tombstone(version) for version in batch])
                for batch in _batches(versions)
            )

    def _write(self, actions: list[_Action]) -> int:
        patience = self.deed_seconds if len(actions) <= FEW else BULK_SECONDS
        try:
            return self._bulk(
                self.alias, actions, patience, require_alias=True, refresh=True
            )
        except NotFoundError:
            if not self.starts_empty:
                raise
            self._ensure()
            return self._bulk(
                self.alias, actions, patience, require_alias=True, refresh=True
            )

    def _bulk(
        self,
        index: str,
        actions: list[_Action],
        patience: float,
        *,
        require_alias: bool = False,
        refresh: bool = False,
    ) -> int:
        """Send actions, again and again what was refused for being busy. Returns how many were newer than stored."""
        end = time.monotonic() + patience
        wait, written = FIRST_WAIT, 0
        while actions:
            lines = [part for action in actions for part in action]
            client = self._connected().options(
                request_timeout=max(end - time.monotonic(), 0.1)
            )
            answer = client.bulk(
                index=index,
                operations=lines,
                require_alias=require_alias,
                refresh=refresh,
            )
            refused: list[_Action] = []
            for action, item in zip(actions, answer["items"], strict=True):
                status, error = item["index"]["status"], item["index"].get("error", {})
                if status < 300:
                    written += 1
                elif status == 404:
                    raise NotFoundError(
                        str(error.get("reason")), answer.meta, dict(error)
                    )
                elif status in _BUSY:
                    refused.append(action)
                elif (
                    status != 409
                ):  # a higher version is stored: somebody newer won, which is what was wanted
                    raise SearchError(
                        f"{action[0]['index']['_id']}: {error.get('reason')}"
                    )
            if refused and time.monotonic() + wait > end:
                raise SearchUnavailable(
                    f"the search cluster refused {len(refused)} documents: {error.get('reason')}"
                )
            if refused:
                time.sleep(wait)
                wait *= 2
            actions = refused
        return written

    def _ensure(self) -> None:
        """Make the first index; another process may do it at the same moment, so its name is always the same."""
        client = self._connected().options(request_timeout=BULK_SECONDS)
        if client.indices.exists_alias(name=self.alias):
            return
        body = ask.index_body({"built_at": _now(), "owner": _owner()})
        with _already_there():
            client.indices.create(
                index=f"{self.alias}-0", body={**body, "aliases": {self.alias: {}}}
            )

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Fill a new index, carry over what was written meanwhile, move the alias. Raises SearchError when another
        rebuild is running; a rebuild that died is cleared away.
        """
        with told():
            self._ensure()
            live = self._live()
            self._close(
                live, closed=False
            )  # a rebuild that died in its last moment may have left it closed
            fresh = self._begin(live)
            try:
                start = self._last_write(live)
                self._fill(fresh, documents)
                start = self._carry(
                    live, fresh, start
                )  # most of it while writers go on
                self._close(live, closed=True)
                self._carry(live, fresh, start)
                client = self._connected().options(request_timeout=BULK_SECONDS)
                client.indices.refresh(index=fresh)
                moves = [
                    {"remove": {"index": live, "alias": self.alias}},
                    {"add": {"index": fresh, "alias": self.alias}},
                ]
                client.indices.update_aliases(actions=moves)
            except BaseException:
                with contextlib.suppress(ApiError, TransportError):
                    self._close(live, closed=False)
                    self._drop(fresh)
                raise
            self._drop(live)
            counted = client.count(index=fresh, query={"term": {"deleted": False}})
            return int(counted["count"])

    def _fill(self, fresh: str, documents: Iterable[Document]) -> None:
        """Cut and send; one batch is cut while the one before is on its way."""
        with ThreadPoolExecutor(1) as sender:
            sent: Future[int] | None = None
            for batch in _batches(documents):
                actions = [_stored(doc, text) for doc, text in all_channels(batch)]
                if sent is not None:
                    sent.result()
                sent = sender.submit(self._bulk, fresh, actions, BULK_SECONDS)
            if sent is not None:
                sent.result()

    def _begin(self, live: str) -> str:
        """Make the next index. Its very name is the lock: whoever else rebuilds wants the same one."""
        fresh = f"{self.alias}-{int(live.rpartition('-')[2]) + 1}"
        client = self._connected().options(request_timeout=BULK_SECONDS)
        body = ask.index_body({"built_at": _now(), "owner": _owner()})
        for _ in range(2):
            try:
                client.indices.create(index=fresh, body=body)
            except ApiError as failure:
                if failure.error != "resource_already_exists_exception":
                    raise
                meta = client.indices.get_mapping(index=fresh)[fresh]["mappings"][
                    "_meta"
                ]
                if not _died(meta):
                    raise SearchError(
                        "the search index is being rebuilt already"
                    ) from failure
                self._drop(fresh)
            else:
                return fresh
        raise SearchError("the search index is being rebuilt already")

    def _last_write(self, index: str) -> int:
        """The number of the last write of an index."""
        client = self._connected().options(request_timeout=BULK_SECONDS)
        stats = client.indices.stats(index=index, level="shards")["indices"][index][
            "shards"
        ]["0"]
        return max(int(copy["seq_no"]["max_seq_no"]) for copy in stats)

    def _carry(self, live: str, fresh: str, start: int) -> int:
        """Copy what was written after a write, tombstones too. Returns the number of the last write seen before."""
        client = self._connected().options(request_timeout=BULK_SECONDS)
        last = self._last_write(live)
        client.indices.refresh(index=live)
        later = {"range": {"_seq_no": {"gt": start}}}
        hits = _walk(client, live, later, [{"kind": "asc"}, {"id": "asc"}], source=True)
        for batch in _batches(hits):
            actions = [
                _action(hit["_source"]["kind"], hit["_source"]["id"], hit["_source"])
                for hit in batch
            ]
            self._bulk(fresh, actions, BULK_SECONDS)
        return last

    def _close(self, index: str, *, closed: bool) -> None:
        """Close an index to writes, or open it; writers that meet it closed try again within moments."""
        client = self._connected().options(request_timeout=BULK_SECONDS)
        if closed:
            client.indices.add_block(
                index=index, block="write"
            )  # returns when writes under way are done
        else:
            client.indices.put_settings(
                index=index, settings={"index.blocks.write": None}
            )

    def _drop(self, index: str) -> None:
        client = self._connected().options(request_timeout=BULK_SECONDS)
        client.options(ignore_status=404).indices.delete(index=index)

    def _live(self) -> str:
        """The index the alias points at."""
        client = self._connected().options(request_timeout=self.deed_seconds)
        (index,) = client.indices.get_alias(name=self.alias)
        return str(index)

    # -- the client ------------------------------------------------------------------------------------------------

    def _connected(self) -> Elasticsearch:
        """This process's client; a child must not speak through its parent's sockets."""
        held = self._client
        if held is not None and held[0] == os.getpid():
            return held[1]
        client = Elasticsearch(
            self.hosts,
            basic_auth=self.user,
            # A node that refuses is skipped at once; one that is silent is not worth a second wait.
            max_retries=len(self.hosts) - 1,
            retry_on_timeout=False,
            retry_on_status=(),
            dead_node_backoff_factor=1.0,
            max_dead_node_backoff=5.0,
        )
        self._client = (
            os.getpid(),
            client,
        )  # two threads may both come here once; one client is then forgotten
        return client

    def close(self) -> None:
        """Close the sockets of this process."""
        held, self._client = self._client, None
        if held is not None and held[0] == os.getpid():
            held[1].close()


def address(url: str) -> tuple[list[str], tuple[str, str] | None, str]:
    """(hosts, (user, password) or None, alias) of an address. Raises ValueError when there is no host."""
    scheme, _, rest = url.partition("://")
    places, _, path = rest.partition("/")
    user, found, hosts = places.rpartition("@")
    if scheme not in ("http", "https") or not hosts:
        raise ValueError("SEARCH_URL is http(s)://[user:password@]host:port[/alias]")
    default = 443 if scheme == "https" else 9200
    nodes = []
    for host in hosts.split(","):
        parts = urlsplit(f"{scheme}://{host}")
        nodes.append(f"{scheme}://{parts.hostname}:{parts.port or default}")
    name, _, password = user.partition(":")
    return (
        nodes,
        (unquote(name), unquote(password)) if found else None,
        path.strip("/") or ALIAS,
    )


def _with_parts(terms: Sequence[Term]) -> list[Term]:
    """The terms and their parts, each once."""
    every = {term.phrase: term for term in terms}
    for term in terms:
        for part in term.parts:
            every.setdefault(part.phrase, part)
    return list(every.values())


def _result(
    answer: ObjectApiResponse[Any],
    shares: Sequence[float] = (),
    relaxed: bool = False,
    missing: Sequence[str] = (),
) -> Result:
    hits = []
    for hit in answer["hits"]["hits"]:
        share = (
            sum(shares[int(place)] for place in hit.get("matched_queries", ()))
            if shares
            else 1.0
        )
        kept, score = hit["_source"], float(hit.get("_score") or 0.0)
        hits.append(
            Hit(kept["kind"], kept["id"], score, min(share, 1.0), kept.get("shown", ""))
        )
    facets = {
        facet: order_facet(
            {
                b["key"]: b["doc_count"]
                for b in answer["aggregations"][facet]["values"]["buckets"]
            }
        )
        for facet in FACETS
    }
    return Result(
        int(answer["hits"]["total"]["value"]), hits, facets, relaxed, list(missing)
    )


def _stored(document: Document, text: Channels) -> _Action:
    """One document as an action of a bulk request."""
    body: dict[str, Any] = {}
    for name, kind in FIELDS.items():
        value = getattr(document, name)
        if kind == "text" or value in (None, "", ()):
            continue
        body[name] = (
            value.isoformat()
            if isinstance(value, date)
            else list(value)
            if kind == "keywords"
            else value
        )
    body |= {
        "words": " ".join(text.words),
        "chars_title": " ".join(text.title),
        "chars_body": " ".join(text.body),
        **ask.offered(document, text.offers),
        "deleted": False,
        "written_at": _now(),
    }
    return _action(document.kind, document.id, body)


def _tombstone(version: Version) -> _Action:
    kind, ident, number = version
    body = {
        "kind": kind,
        "id": ident,
        "version": number,
        "deleted": True,
        "written_at": _now(),
    }
    return _action(kind, ident, body)


def _action(kind: str, ident: int, body: dict[str, Any]) -> _Action:
    key = {
        "_id": f"{kind}:{ident}",
        "version": body["version"],
        "version_type": "external_gte",
    }
    return {"index": key}, body


def _walk(
    client: Elasticsearch,
    index: str,
    query: ask.Body,
    sort: list[Any],
    *,
    source: bool = False,
) -> Iterator[Mapping[str, Any]]:
    """Every document of a query, from one moment's view of the index."""
    size = BATCH if source else PAGE
    view = client.open_point_in_time(index=index, keep_alive="5m")["id"]
    try:
        after: list[Any] | None = None
        while True:
            more: dict[str, Any] = {"search_after": after} if after else {}
            hits = client.search(
                size=size,
                query=query,
                sort=sort,
                pit={"id": view, "keep_alive": "5m"},
                source=source,
                track_total_hits=False,
                allow_partial_search_results=False,
                **more,
            )["hits"]["hits"]
            yield from hits
            if len(hits) < size:
                return
            after = hits[-1]["sort"]
    finally:
        with contextlib.suppress(ApiError, TransportError):
            client.close_point_in_time(id=view)


def _owner() -> str:
    return f"{socket.gethostname()} {os.getpid()}"


def _died(meta: Mapping[str, str]) -> bool:
    """Whether the process that began an index is gone, as far as one machine can know of another."""
    host, _, pid = meta["owner"].rpartition(" ")
    if host == socket.gethostname():
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False
    age = datetime.now(UTC) - datetime.fromisoformat(meta["built_at"])
    return age.total_seconds() > ABANDONED


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Say every failure of the cluster in one word."""
    try:
        yield
    except NotFoundError as failure:
        raise NotBuilt("the search index has not been built") from failure
    except ApiError as failure:
        if failure.meta.status == 400:
            raise SearchError(
                f"the search cluster did not understand: {failure}"
            ) from failure
        raise SearchUnavailable(f"search cluster: {failure}") from failure
    except TransportError as failure:
        raise SearchUnavailable(f"search cluster: {failure}") from failure


@contextlib.contextmanager
def _already_there() -> Iterator[None]:
    try:
        yield
    except ApiError as failure:
        if failure.error != "resource_already_exists_exception":
            raise


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _batches(items: Iterable[_T], size: int = BATCH) -> Iterator[list[_T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
