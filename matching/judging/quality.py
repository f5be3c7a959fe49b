"""How good an order is by what people judged: P@5, NDCG@10, what a grade was worth. Refuses to speak from too little.
Not here: the order (matcher), who judged (the marketplace's verdicts), a learned grade (calibration).

Only judged pairs are counted, in the order of the matcher (condensed lists: Sakai 2007, Alternatives to Bpref).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matching.judging.reordering import RELEVANT

LEAST = 20  # judged demands below which no figure is told
AT_PRECISION = 5
AT_GAIN = 10


class TooFew(Exception):  # noqa: N818
    """Fewer demands were judged than a figure needs; `there` and `needed` say how many."""

    def __init__(self, there: int, needed: int) -> None:
        super().__init__(f"{there} judged demands, {needed} needed")
        self.there = there
        self.needed = needed


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over demands, its standard error, and over how many; mean is None where there are fewer than LEAST."""

    mean: float | None
    error: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured. demands and pairs judged; precision P@5 over all of them; gain NDCG@10 over those in which
    an order can be right or wrong: two pairs or more, and something worth finding among them.
    """

    demands: int
    pairs: int
    precision: Mean
    gain: Mean


@dataclass(frozen=True, slots=True)
class Band:
    """What a grade was worth: pairs judged that had it, the share of finds among them, their mean level."""

    grade: str | None
    pairs: int
    finds: float
    level: float


def precision(levels: Sequence[float]) -> float:
    """P@5: the share of finds among the first five judged pairs (or all there are), levels in order."""
    first = levels[:AT_PRECISION]
    return sum(level >= RELEVANT for level in first) / len(first)


def gain(levels: Sequence[float]) -> float | None:
    """NDCG@10 with gain level − 1; None where no order could be better than another."""
    gains = np.asarray(levels, dtype=np.float64) - 1
    if len(gains) < 2 or not gains.any():
        return None
    discounts = 1 / np.log2(np.arange(2, min(AT_GAIN, len(gains)) + 2))
    best = np.sort(gains)[::-1][: len(discounts)] @ discounts
    return float(gains[: len(discounts)] @ discounts / best)


def measure(lists: Iterable[Sequence[float]]) -> Quality:
    """The quality over demands, each given as the levels of its judged pairs in the order of the matcher.

    A demand posted twice must have been made one: by its text. Raises TooFew.
    """
    judged = [levels for levels in lists if len(levels)]
    if len(judged) < LEAST:
        raise TooFew(len(judged), LEAST)
    gains = [value for levels in judged if (value := gain(levels)) is not None]
    return Quality(
        len(judged),
        sum(map(len, judged)),
        _mean([precision(levels) for levels in judged]),
        _mean(gains),
    )


def bands(pairs: Iterable[tuple[str | None, float]], demands: int) -> list[Band]:
    """What each grade was worth, best first, from (grade shown, level judged) of pairs of so many demands.

    Raises TooFew.
    """
    if demands < LEAST:
        raise TooFew(demands, LEAST)
    levels: Mapping[str | None, list[float]] = {
        "high": [],
        "fair": [],
        "weak": [],
        None: [],
    }
    for grade, level in pairs:
        levels[grade].append(level)
    return [
        Band(
            grade,
            len(found),
            sum(level >= RELEVANT for level in found) / len(found),
            sum(found) / len(found),
        )
        for grade, found in levels.items()
        if found
    ]


def _mean(values: Sequence[float]) -> Mean:
    if len(values) < LEAST:
        return Mean(None, None, len(values))
    return Mean(
        float(np.mean(values)),
        float(np.std(values, ddof=1) / np.sqrt(len(values))),
        len(values),
    )
