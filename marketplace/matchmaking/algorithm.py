"""算法说明: the figures that the page of how ranking works gives, read from where they are in force.

The page itself, in plain words, is `templates/matchmaking/algorithm.html`.
"""

from __future__ import annotations

from dataclasses import dataclass

import matching
from marketplace.matchmaking.evidence import ALIKE, REST
from marketplace.verdicts import grading, judgements, queries
from marketplace.verdicts.grading import ActiveGrader
from matching import vectors
from matching.judging import grades


@dataclass(frozen=True)
class Algorithm:
    """What ranks and grades now.

    Attributes:
        weights: of the four parts of a score: pieces of text, titles, words, words used alike.
        rest, alike: what the parts are called that no word earned.
        vectors_from: texts below which there is no fourth part.
        vectors_texts: texts at most from which it is fitted.
        rescored: of how many of the best it changes the order.
        cut_points: (code of a grade, what it requires), best first.
        length_exponent: of the ratio of two texts' lengths, by which the strength of a pair is its score.
        grader: what grades pairs now.
        fitted_from: judged demands from which grades are fitted.
        judgements_least: judgements from which a list is reordered.
        firms_least: firms from which the reasons of declining are given.
    """

    weights: tuple[str, ...]
    rest: str
    alike: str
    vectors_from: int
    vectors_texts: int
    rescored: int
    cut_points: tuple[tuple[str, str], ...]
    length_exponent: float
    grader: ActiveGrader
    fitted_from: int
    judgements_least: int
    firms_least: int


def describe_algorithm() -> Algorithm:
    """The figures of the page (互联网信息服务算法推荐管理规定 art. 16: the basic principles are to be published)."""
    # A matcher as the site makes them: what is published are the defaults in force, not figures typed again.
    matcher = matching.Matcher()
    weights = (matcher.grams, matcher.titles, matcher.words, matcher.vectors)
    return Algorithm(
        weights=tuple(f"{weight:g}" for weight in weights),
        rest=REST,
        alike=ALIKE,
        vectors_from=vectors.FEW_TEXTS,
        vectors_texts=vectors.MAX_TEXTS,
        rescored=vectors.RESCORED,
        cut_points=cut_points(),
        length_exponent=grades.LENGTH_EXPONENT,
        grader=grading.active_grader(),
        fitted_from=grading.FITTED_FROM,
        judgements_least=judgements.MIN_JUDGEMENTS,
        firms_least=queries.MIN_FIRMS,
    )


def cut_points() -> tuple[tuple[str, str], ...]:
    """The grades of the fixed cut points, best first: (code, what it requires)."""
    # Of the numbers in force, so that what is published cannot lag behind a change of them.
    one_word = (
        f"至少有 1 个少见的词两边都有，它自己得到 {grades.FAIR_SHARE:.2f} 以上，"
        f"但没有哪个词独占得分的 {grades.LONE_WORD:.0%}"
    )
    high = f"力度不低于 {grades.HIGH:.2f}，并且至少有 {grades.HIGH_WORDS} 个少见的词两边都有"
    fair = f"力度不低于 {grades.FAIR:.2f}，并且{one_word}"
    weak = f"力度不低于 {grades.WEAK:.2f}"
    return (("high", high), ("fair", fair), ("weak", weak), ("none", "以上都不到"))
