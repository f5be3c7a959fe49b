"""From an address to an engine. The only place that knows which engines there are."""

from __future__ import annotations

from pathlib import Path

from search.contract import Engine
from search.fts import FtsEngine

_SQLITE = "sqlite:///"


def open_engine(url: str) -> Engine:
    """The engine behind an address; nothing is touched until it is used.

    url: "sqlite:///relative.db" or "sqlite:////absolute/search.db". Raises ValueError for anything else.
    """
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        return FtsEngine(Path(url.removeprefix(_SQLITE)))
    raise ValueError("SEARCH_URL starts with sqlite:/// and names a file")
