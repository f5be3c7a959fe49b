"""Spans of words that lie in each other: whole terms without their parts.
Not here: which words are shown (naming), what they earned (query_explainer).
"""

from __future__ import annotations

from collections.abc import Iterable

from matching.text import Span


def longest_spans(spans: Iterable[Span]) -> list[Span]:
    """The spans that overlap no longer one, in reading order: whole terms, not their parts."""
    return without_overlaps(sorted(spans, key=span_order))


def span_order(span: Span) -> tuple[int, int]:
    """Longest first, and among equals in reading order."""
    return span.start - span.end, span.start


def without_overlaps(longest_first: Iterable[Span]) -> list[Span]:
    """The spans that overlap none that comes before them, in reading order."""
    chosen: list[Span] = []
    covered: set[int] = set()
    for span in longest_first:
        # What was chosen before is no shorter, so it would cover an end of this one.
        if span.start not in covered and span.end - 1 not in covered:
            chosen.append(span)
            covered.update(range(span.start, span.end))
    return sorted(chosen, key=lambda s: s.start)
