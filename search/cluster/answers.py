"""What the cluster answered to a search, as the contract has it, and how much of a query each of its terms is.
Not here: what is asked (queries), sending it (engine).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elastic_transport import ObjectApiResponse

from search.cluster.queries import ACCEPTED, ALL_HITS, VALUES
from search.contract import (
    FACETS,
    FacetCounts,
    Hit,
    NotBuilt,
    Result,
    Value,
    order_facet,
)
from search.schema import inverse_document_frequency
from search.terms import Term

FOREIGN = "the search index holds what this site did not write"
Answer = ObjectApiResponse[Any]


def with_parts(terms: Sequence[Term]) -> list[Term]:
    """The terms and their parts, each once: one request counts them all."""
    every = {term.phrase: term for term in terms}
    for term in terms:
        for part in term.parts:
            every.setdefault(part.phrase, part)
    return list(every.values())


def term_shares(having: Sequence[int], documents: int) -> list[float]:
    """How much of a query each term is, by its rarity.

    Args:
        having: for each term how many documents have it.
        documents: all that the reader may see.
    """
    weights = [inverse_document_frequency(count, documents) for count in having]
    # The words were counted a moment after the documents: each of them may weigh 0 then (see the weight).
    total = sum(weights) or 1.0
    return [weight / total for weight in weights]


def has_hits(answer: Answer) -> bool:
    """Whether anything was found before the filters."""
    return int(answer["aggregations"][ALL_HITS]["doc_count"]) > 0


def read_result(
    answer: Answer,
    shares: Sequence[float] = (),
    relaxed: bool = False,
    missing: Sequence[str] = (),
) -> Result:
    """An answer to page_request as the contract has it. shares: of the terms of any_term_query."""
    hits = []
    for hit in answer["hits"]["hits"]:
        # Without shares every term was required, so all of the query was found.
        share = 1.0
        if shares:
            matched = hit.get("matched_queries", ())
            share = sum(shares[int(place)] for place in matched)
            # Sums of floats may end a hair above one.
            share = min(share, 1.0)
        source = hit["_source"]
        # Written by somebody else's hand: without these the database cannot be queried for it.
        if not {"kind", "id"} <= source.keys():
            raise NotBuilt(FOREIGN)
        # None where the order is another one than by score.
        score = float(hit.get("_score") or 0.0)
        hits.append(
            Hit(
                kind=source["kind"],
                id=source["id"],
                score=score,
                matched_share=share,
            )
        )
    return Result(
        total=int(answer["hits"]["total"]["value"]),
        hits=hits,
        facets={facet: _facet_counts(answer, facet) for facet in FACETS},
        relaxed=relaxed,
        missing=list(missing),
    )


def _facet_counts(answer: Answer, facet: str) -> FacetCounts:
    counted = answer["aggregations"][facet]
    accepted = _read_buckets(counted.get(ACCEPTED, {"buckets": ()}))
    return order_facet(_read_buckets(counted[VALUES]) | accepted, accepted)


def _read_buckets(counted: Answer | dict[str, Any]) -> dict[Value, int]:
    return {bucket["key"]: bucket["doc_count"] for bucket in counted["buckets"]}
