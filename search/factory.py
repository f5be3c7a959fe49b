"""From an address to an engine. The only place that knows which engines there are.
Not here: the engines themselves (embedded, cluster, fallback).
"""

from __future__ import annotations

from pathlib import Path

from search.contract import Engine

_SQLITE = "sqlite:///"


def open_engine(url: str, *, fallback: str = "", edition: int = 0) -> Engine:
    """The engine behind an address; nothing is touched until it is used.

    Args:
        url: "sqlite:///relative.db", "sqlite:////absolute/search.db" or
            "http(s)://[user:password@]host:port[,host:port…][/alias]".
        fallback: a sqlite address that answers while the cluster of an http address does not.
        edition: of the word lists that its words are of: each has an index of its own, in a file or behind an alias
            beside the first one, so that one may be filled while another answers.

    Raises:
        ValueError: the address is neither.
    """
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        from search.embedded import FtsEngine

        path = Path(url.removeprefix(_SQLITE))
        if edition:
            path = path.with_name(f"{path.stem}.w{edition}{path.suffix}")
        return FtsEngine(path)
    if url.startswith(("http://", "https://")):
        # Imported here: the client costs half a second that a small site need not pay.
        from search.cluster import ElasticEngine
        from search.fallback import FallbackEngine

        if not fallback:
            return ElasticEngine(url, edition=edition)
        # An index that was lost must come back whole: until it is rebuilt the fallback answers.
        cluster = ElasticEngine(url, starts_empty=False, edition=edition)
        return FallbackEngine(cluster, open_engine(fallback, edition=edition))
    raise ValueError(
        "SEARCH_URL starts with sqlite:/// and names a file, or with http:// and names a host"
    )
