"""Full-text search over listings: one contract, an embedded engine and a cluster engine behind it.
Not here: who may see what (the caller names the audiences), the listings themselves (the database holds them).
"""

from search.contract import (
    FACETS,
    FILTERS,
    SORTS,
    Document,
    Engine,
    Hit,
    NotBuilt,
    Query,
    Result,
    SearchError,
    SearchUnavailable,
)
from search.factory import open_engine
from search.schema import index_version

__all__ = [
    "FACETS",
    "FILTERS",
    "SORTS",
    "Document",
    "Engine",
    "Hit",
    "NotBuilt",
    "Query",
    "Result",
    "SearchError",
    "SearchUnavailable",
    "index_version",
    "open_engine",
]
