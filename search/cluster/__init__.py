"""The cluster engine: Elasticsearch 8 with nothing that needs a plugin or module (decision 022), and its candidates.
Not here: the contract and what a query means (search), the embedded engine (search.embedded).
"""

from search.cluster.engine import ElasticEngine

__all__ = ["ElasticEngine"]
