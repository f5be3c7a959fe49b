"""How good an order is by people's judgements: P@5, NDCG@10, what a grade meant. Refuses to speak from too little.
Not here: the order (ranking), who judged (the marketplace's verdicts), a learned grade (calibration).

Only judged pairs are counted, in the order of the matcher (condensed lists: Sakai 2007, Alternatives to Bpref).
"""

from __future__ import annotations

from collections.abc import (
    Iterable,
    Sequence,
)
from dataclasses import dataclass

import numpy as np

from matching.judging.reordering import RELEVANT

# Judged demands below which there are no figures.
MIN_DEMANDS = 20
_PRECISION_DEPTH = 5
_NDCG_DEPTH = 10


class TooFew(Exception):  # noqa: N818
    """Fewer demands were judged than a figure needs; `judged` and `needed` say how many."""

    def __init__(
        self,
        judged: int,
        needed: int,
    ) -> None:
        super().__init__(f"{judged} judged demands, {needed} needed")
        self.judged = judged
        self.needed = needed


# The names of the fields below are those of the stored reports , which a page reads: they stay.


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over demands.

    Attributes:
        mean: None where there are fewer than MIN_DEMANDS.
        error: the standard error of the mean, or None.
        n: over how many demands.
    """

    mean: float | None
    error: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured.

    Attributes:
        demands, pairs: how many were judged.
        precision: P@5 over all demands.
        gain: NDCG@10 over those whose order can be right or wrong: two pairs or more, and a gain among them.
    """

    demands: int
    pairs: int
    precision: Mean
    gain: Mean


@dataclass(frozen=True, slots=True)
class Band:
    """What a grade meant.

    Attributes:
        grade: None for pairs without one.
        pairs: judged pairs that had it.
        finds: the share of relevant ones among them.
        level: their mean level.
    """

    grade: str | None
    pairs: int
    finds: float
    level: float


def precision_at_5(levels: Sequence[float]) -> float:
    """The share of relevant pairs among the first five judged ones (or all there are); levels in order."""
    # Of a shorter list all that was judged: missing places are no failures of the order.
    first = levels[:_PRECISION_DEPTH]
    return sum(level >= RELEVANT for level in first) / len(first)


def ndcg_at_10(levels: Sequence[float]) -> float | None:
    """NDCG@10 with the gain level − 1; None where no order could be better than another."""
    gains = np.asarray(levels, dtype=np.float64) - 1
    if len(gains) < 2 or not gains.any():
        return None
    depth = min(_NDCG_DEPTH, len(gains))
    discounts = 1 / np.log2(np.arange(2, depth + 2))
    best = np.sort(gains)[::-1][:depth] @ discounts
    return float(gains[:depth] @ discounts / best)


def measure_quality(lists: Iterable[Sequence[float]]) -> Quality:
    """The quality over demands.

    Args:
        lists: for each demand the levels of its judged pairs in the order of the matcher. A demand posted twice must
            have been made one, by its text.

    Raises:
        TooFew: fewer than MIN_DEMANDS were judged.
    """
    judged = [levels for levels in lists if len(levels)]
    if len(judged) < MIN_DEMANDS:
        raise TooFew(len(judged), MIN_DEMANDS)
    pairs = sum(map(len, judged))
    precisions = [precision_at_5(levels) for levels in judged]
    # Lists that no order could improve would only flatter the mean.
    gains = [value for value in map(ndcg_at_10, judged) if value is not None]
    return Quality(
        len(judged),
        pairs,
        _mean(precisions),
        _mean(gains),
    )


def measure_bands(
    pairs: Iterable[tuple[str | None, float]], demands: int
) -> list[Band]:
    """What each grade meant, best first.

    Args:
        pairs: (grade shown, level judged).
        demands: of how many demands.

    Raises:
        TooFew: of fewer than MIN_DEMANDS.
    """
    if demands < MIN_DEMANDS:
        raise TooFew(demands, MIN_DEMANDS)
    # Best first, and only known grades.
    by_grade: dict[str | None, list[float]] = {
        "high": [],
        "fair": [],
        "weak": [],
        None: [],
    }
    for grade, level in pairs:
        by_grade[grade].append(level)
    return [_band(grade, levels) for grade, levels in by_grade.items() if levels]


def _band(
    grade: str | None,
    levels: Sequence[float],
) -> Band:
    relevant = sum(level >= RELEVANT for level in levels)
    size = len(levels)
    return Band(grade, size, relevant / size, sum(levels) / size)


def _mean(values: Sequence[float]) -> Mean:
    if len(values) < MIN_DEMANDS:
        return Mean(None, None, len(values))
    # Of the mean over demands: pairs of one demand are not independent.
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    return Mean(float(np.mean(values)), float(error), len(values))
