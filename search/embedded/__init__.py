"""The embedded engine: SQLite FTS5 in a file of its own, readers never blocked (decision 021).
Not here: the contract and what a query means (search), the cluster engine (search.cluster).
"""

from search.embedded.engine import FtsEngine

__all__ = ["FtsEngine"]
