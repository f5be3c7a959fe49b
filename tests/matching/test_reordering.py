"""Verdicts put what is left in another order, or in none. Not here: who judges (tests/marketplace/verdicts)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.judging.reordering import MIN_VERDICTS, RELEVANT, can_reorder, reorder

SHARE = st.floats(0, 1, allow_nan=False)


@st.composite
def judged_lists(
    draw: st.DrawFn, levels: st.SearchStrategy[int], least: int = 0, most: int = 9
) -> tuple:
    """Scores best first, similarities and levels."""
    scores = sorted(draw(st.lists(SHARE, max_size=12)), reverse=True)
    given = draw(st.lists(levels, min_size=least, max_size=most))
    similarities = draw(
        st.lists(
            st.lists(SHARE, min_size=len(given), max_size=len(given)),
            min_size=len(scores),
            max_size=len(scores),
        )
    )
    return scores, np.array(similarities).reshape(len(scores), len(given)), given


@given(judged_lists(st.integers(1, RELEVANT - 1), most=12))
def test_refusals_alone_never_change_an_order(case: tuple) -> None:
    scores, similarities, levels = case

    assert reorder(scores, similarities, levels) == list(range(len(scores)))


@given(judged_lists(st.integers(1, 4), most=MIN_VERDICTS - 1))
def test_fewer_than_five_verdicts_never_change_an_order(case: tuple) -> None:
    scores, similarities, levels = case

    assert reorder(scores, similarities, levels) == list(range(len(scores)))


@given(judged_lists(st.integers(1, 4)))
def test_nothing_is_ever_lost_or_told_twice(case: tuple) -> None:
    scores, similarities, levels = case

    assert sorted(reorder(scores, similarities, levels)) == list(range(len(scores)))


def test_what_is_like_the_liked_rises_and_what_is_like_the_refused_does_not() -> None:
    scores = [0.30, 0.29, 0.28, 0.10]
    like_the_good, like_the_bad = [0.9, 0, 0, 0, 0], [0, 0.9, 0.9, 0, 0]
    similarities = [like_the_bad, [0.0] * 5, like_the_good, [0.0] * 5]
    levels = [4, 1, 1, 2, 2]

    assert reorder(scores, similarities, levels) == [2, 0, 1, 3]


def test_the_formula() -> None:
    scores, levels = [0.5, 0.4, 0.2], [4, 1, 2, 1, 3]
    similarities = np.array(
        [[0.1, 0.5, 0, 0.2, 0], [0.8, 0, 0.1, 0, 0.3], [0.2, 0.2, 0.2, 0.2, 0.9]]
    )
    squares = similarities**2
    worth = (squares * (np.array(levels) - 1)).sum(1) / (squares.sum(1) + 0.05)
    sums = (np.array(scores) - np.mean(scores)) / np.std(scores) + 0.5 * (
        worth - worth.mean()
    ) / worth.std()
    expected = np.argsort(-sums, kind="stable").tolist()

    assert reorder(scores, similarities, levels) == expected


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([], False),
        ([4] * 4, False),
        ([1] * 9, False),
        ([2] * 9, False),
        ([1, 1, 1, 1, 3], True),
        ([4] * 5, True),
    ],
)
def test_what_is_enough(levels: list[int], expected: bool) -> None:
    assert can_reorder(levels) is expected
