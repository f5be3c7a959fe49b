"""P@5, NDCG@10 and the worth of grades, and that none is told from too little."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.judging.quality import (
    MIN_DEMANDS,
    TooFew,
    measure_bands,
    measure_quality,
    ndcg_at_10,
    precision_at_5,
)

LEVELS = st.lists(st.integers(1, 4), min_size=1, max_size=15)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([4], 1.0),
        ([1], 0.0),
        ([3, 2], 0.5),
        ([4, 3, 1, 1, 2, 4, 4], 0.4),
        ([1, 1, 1, 1, 1, 4], 0.0),
    ],
)
def test_precision(levels: list[int], expected: float) -> None:
    assert precision_at_5(levels) == expected


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([4], None),  # one pair has one order
        ([1, 1, 1], None),  # nothing to find
        ([4, 1], 1.0),
        ([1, 4], 1 / math.log2(3)),
        ([2, 4], (1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3))),
        ([1] * 10 + [4], 0.0),  # found too late
    ],
)
def test_gain(levels: list[int], expected: float | None) -> None:
    assert ndcg_at_10(levels) == (
        expected if expected is None else pytest.approx(expected)
    )


@given(LEVELS)
def test_the_best_order_is_never_beaten(levels: list[int]) -> None:
    best = ndcg_at_10(sorted(levels, reverse=True))

    assert best in (None, pytest.approx(1.0))
    assert (ndcg_at_10(levels) or 0) <= 1 + 1e-12


@given(st.lists(LEVELS, max_size=MIN_DEMANDS - 1))
def test_fewer_than_twenty_demands_are_never_measured(lists: list[list[int]]) -> None:
    with pytest.raises(TooFew) as refused:
        measure_quality([*lists, [], []])  # a demand nobody judged is no judged demand

    assert (refused.value.judged, refused.value.needed) == (len(lists), MIN_DEMANDS)


def test_twenty_demands_are_measured_but_no_figure_comes_from_fewer() -> None:
    lists = [[4, 1]] * (MIN_DEMANDS - 1) + [[1]]

    found = measure_quality(lists)

    assert (found.demands, found.pairs) == (MIN_DEMANDS, 2 * (MIN_DEMANDS - 1) + 1)
    assert found.precision.mean == pytest.approx(0.5 * (MIN_DEMANDS - 1) / MIN_DEMANDS)
    assert found.precision.n == MIN_DEMANDS
    assert (found.gain.mean, found.gain.n) == (None, MIN_DEMANDS - 1)


def test_bands_tell_what_each_grade_was_worth() -> None:
    pairs = [("high", 4), ("high", 1), ("weak", 2), (None, 1)]
    expected = [("high", 2, 0.5, 2.5), ("weak", 1, 0.0, 2.0), (None, 1, 0.0, 1.0)]

    assert [
        (b.grade, b.pairs, b.finds, b.level) for b in measure_bands(pairs, MIN_DEMANDS)
    ] == expected
    with pytest.raises(TooFew):
        measure_bands(pairs, MIN_DEMANDS - 1)
