"""From an address to an engine. The only place that knows which engines there are."""

from __future__ import annotations

from pathlib import Path

from search.contract import Engine

_SQLITE = "sqlite:///"


def open_engine(url: str, *, fallback: str = "") -> Engine:
    """The engine behind an address; nothing is touched until it is used.

    url: "sqlite:///relative.db", "sqlite:////absolute/search.db" or "http(s)://[user:password@]host:port[/alias]".
    fallback: a sqlite address that answers while the cluster of an http address does not.
    Raises ValueError for anything else.
    """
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        from search.fts import FtsEngine

        return FtsEngine(Path(url.removeprefix(_SQLITE)))
    if url.startswith(("http://", "https://")):
        from search.elastic import (
            ElasticEngine,
        )  # the client costs half a second that a small site need not pay
        from search.fallback import FallbackEngine

        if not fallback:
            return ElasticEngine(url)
        return FallbackEngine(
            ElasticEngine(url, starts_empty=False), open_engine(fallback)
        )
    raise ValueError(
        "SEARCH_URL starts with sqlite:/// and names a file, or with http:// and names a host"
    )
