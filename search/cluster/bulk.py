"""Sending many documents to the cluster and walking through many of them.
Not here: what a document looks like (mapping), which index is live (indices).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from elastic_transport import ObjectApiResponse
from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError

from search.cluster.client import CLOSED, ClusterClient
from search.cluster.mapping import Action, Body
from search.contract import NotBuilt, SearchError, SearchUnavailable

BULK_SECONDS = 60.0  # for a batch of a rebuild or a repair
BATCH = 500  # documents per request that carries them
PAGE = 5_000  # documents per request that names them only
FIRST_WAIT = 0.1  # seconds before a refused write is sent again, doubled each time
VIEW_LIFETIME = "5m"  # of a point in time between two requests

# 403: the index is closed to writes for the moment of a swap; the others: the cluster is busy.
_TRY_AGAIN = frozenset((403, 429, 502, 503, 504))
# A higher version is stored: somebody newer won, which is what was wanted.
_CONFLICT = 409
_T = TypeVar("_T")


def send_actions(
    cluster: ClusterClient,
    index: str,
    actions: list[Action],
    seconds: float = BULK_SECONDS,
    *,
    require_alias: bool = False,
    refresh: bool = False,
) -> int:
    """Send actions, again and again those that were refused for being busy.

    Args:
        cluster: where to.
        index: an index, or with require_alias an alias that must be there.
        actions: as mapping makes them.
        seconds: until every action must be done.
        refresh: answer when what was written can be found.

    Returns:
        How many were written; the others were older than what is stored.

    Raises:
        NotFoundError: there is no such index or alias.
        NotBuilt: the index is closed.
        SearchError: a document does not fit the mapping.
        SearchUnavailable: documents were still refused when the time was over.
    """
    end = time.monotonic() + seconds
    wait = FIRST_WAIT
    written = 0
    # Only what was refused is sent again; versions would make sending all harmless, and slow.
    while actions:
        lines: list[Body] = []
        for action in actions:
            lines.extend(action)
        # The first attempt has its chance even where the time is over.
        left = max(end - time.monotonic(), 0.1)
        answer = cluster.within(left).bulk(
            index=index,
            operations=lines,
            require_alias=require_alias,
            refresh=refresh,
        )
        newly_written, refused, reason = _read_answer(actions, answer)
        written += newly_written
        if refused and time.monotonic() + wait > end:
            raise SearchUnavailable(
                f"the search cluster refused {len(refused)} documents: {reason}"
            )
        if refused:
            time.sleep(wait)
            wait *= 2
        actions = refused
    return written


def _read_answer(
    actions: list[Action],
    answer: ObjectApiResponse[Any],
) -> tuple[int, list[Action], str]:
    """(how many were written, those refused for being busy, why) of a bulk answer.

    Raises:
        NotFoundError, SearchError: as send_actions.
    """
    written = 0
    refused: list[Action] = []
    refusal = ""
    # A bulk request succeeds as a whole where single actions fail: each has a status of its own.
    for action, item in zip(actions, answer["items"], strict=True):
        status = item["index"]["status"]
        error = item["index"].get("error", {})
        reason = str(error.get("reason"))
        if status < 300:
            written += 1
        elif status == 404:
            raise NotFoundError(reason, answer.meta, dict(error))
        elif error.get("type") == CLOSED:
            raise NotBuilt(reason)
        elif status in _TRY_AGAIN:
            refused.append(action)
            refusal = reason
        elif status != _CONFLICT:
            ident = action[0]["index"]["_id"]
            raise SearchError(f"{ident}: {reason}")
    return written, refused, refusal


def walk_documents(
    client: Elasticsearch,
    index: str,
    query: Body,
    sort: list[Any],
    *,
    source: bool = False,
) -> Iterator[Mapping[str, Any]]:
    """Every document of a query, from one moment's view of the index.

    Args:
        client: with its time limit.
        index: where.
        query: which.
        sort: an order without ties.
        source: whether to bring the documents themselves, not only their sort keys.
    """
    size = BATCH if source else PAGE
    view = client.open_point_in_time(index=index, keep_alive=VIEW_LIFETIME)["id"]
    try:
        after: dict[str, Any] = {}
        while True:
            hits = client.search(
                size=size,
                query=query,
                sort=sort,
                pit={"id": view, "keep_alive": VIEW_LIFETIME},
                source=source,
                track_total_hits=False,
                allow_partial_search_results=False,
                **after,
            )["hits"]["hits"]
            yield from hits
            # A short page is the last one; another request would only say so.
            if len(hits) < size:
                return
            after = {"search_after": hits[-1]["sort"]}
    finally:
        # A view that stays open goes by itself; it must not hide what went wrong.
        with contextlib.suppress(ApiError, TransportError):
            client.close_point_in_time(id=view)


def batched(items: Iterable[_T]) -> Iterator[list[_T]]:
    """Items in lists of BATCH."""
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch
