"""One page of what was scored: the orders of the contract, the top k, the hits.
Not here: which documents pass the filters (docvalues), scores (scoring).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from search.contract import Hit, Query
from search.embedded.arrays import Bools, Float64s, Int64s
from search.embedded.docvalues import DocValues
from search.embedded.scoring import ScoredDocuments
from search.terms import ParsedQuery


def page_hits(
    query: Query,
    parsed: ParsedQuery,
    doc_values: DocValues,
    scored: ScoredDocuments,
    passes: Bools,
) -> list[Hit]:
    """The hits of one page.

    Args:
        query, parsed: what was looked for.
        doc_values: of the same moment.
        scored: m documents.
        passes: shape (m,), bool; which of them pass the filters.
    """
    rows = scored.rows[passes]
    scores = scored.scores[passes]
    shares = scored.shares[passes]
    sort = query.sort
    if sort == "relevance" and not parsed.terms:
        # Without a text all scores are equal, so relevance means newest.
        sort = "newest"
    keys = sort_keys(sort, doc_values, rows, scores)
    first = (query.page - 1) * query.size
    positions = page_positions(rows, keys, first, query.size)
    kinds = doc_values.columns["kind"]
    hits = []
    for position in positions:
        number = rows[position]
        (kind,) = kinds.meanings[kinds.codes[number]]
        hits.append(
            Hit(
                kind=str(kind),
                id=int(doc_values.ids[number]),
                score=float(scores[position]),
                matched_share=float(shares[position]),
            )
        )
    return hits


def sort_keys(
    sort: str, doc_values: DocValues, rows: Int64s, scores: Float64s
) -> list[npt.NDArray[Any]]:
    """The keys that put documents in an order of the contract, most important first, the last without ties.

    Args:
        sort: one of SORTS.
        doc_values: of the same moment.
        rows, scores: shape (m,), int64 and float64.

    Returns:
        Arrays of shape (m,), ascending is better.
    """
    if sort == "deadline":
        return [doc_values.by_deadline[rows]]
    if sort == "newest":
        return [doc_values.by_newest[rows]]
    # Rounded: scores that differ by the order of additions alone are ties, and ties go by id.
    rounded = np.round(scores, 6)
    return [-rounded, doc_values.by_id[rows]]


def page_positions(
    rows: Int64s,
    keys: Sequence[npt.NDArray[Any]],
    first: int,
    size: int,
) -> Int64s:
    """The positions of one page; what is beyond the page stays unordered (top-k by partition).

    Args:
        rows: shape (m,), int64; numbers of the found documents.
        keys: arrays of shape (m,) to order by, ascending, most important first; the last must have no ties.
        first: position of the page's first document in the order.
        size: documents on the page.

    Returns:
        shape (at most size,), int64; positions in rows.
    """
    last = min(first + size, len(rows))
    if first >= last:
        return rows[:0]
    # Sorting everything for twenty rows is what a search of a common word would spend its time on.
    candidates = np.arange(len(rows))
    if last < len(rows):
        # Everything not beyond the page's last main key is a candidate, ties included.
        main = keys[0]
        bound = np.partition(main, last - 1)[last - 1]
        candidates = np.flatnonzero(main <= bound)
    # lexsort takes the most important key last.
    reversed_keys = [key[candidates] for key in reversed(keys)]
    order = np.lexsort(tuple(reversed_keys))
    return candidates[order[first:last]]
