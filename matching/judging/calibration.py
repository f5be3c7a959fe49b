"""A grade learned from verdicts: how probable it is that a person judges a pair with these reasons and facts relevant.
Not here: the fixed cut points that hold before (grades), the order (ranking): a learned grade never changes it.

Ordinal: one logistic regression for each "at least this level", on what a page shows besides the score. Learned and
tested on different demand TEXTS, for the same demand is often posted twice. Stored as JSON, never as a pickle. Whether
there is evidence at all stays with the cut points: a learned grade is a hint and hides nothing (decision 015).
"""

from __future__ import annotations

import json
import re
from collections.abc import (
    Mapping,
    Sequence,
)
from itertools import product
from typing import (
    Any,
    Self,
)

import numpy as np
import numpy.typing as npt

from matching import text as words_of
from matching.arrays import (
    Bools,
    Float64s,
    Int64s,
)
from matching.documents import Document
from matching.errors import (
    NotFitted,
    UnusableArtefact,
)
from matching.explaining.facts import (
    Fact,
    Name,
)
from matching.explaining.reasons import Reasons
from matching.judging import grades
from matching.judging.quality import TooFew
from matching.judging.reordering import RELEVANT
from matching.match import Pair

# Judged demand texts below which nothing is learned.
MIN_TEXTS = 50
FOLDS = 5
# The inverse of the penalty: some hundred pairs teach twenty features little.
STRENGTH = 0.3
# Of what to_json() writes; raise it when that changes.
FORM = 1
# "At least this level", one regression each.
STEPS = (2, 3, 4)
GRADE_LEVELS: Mapping[grades.Grade | None, int] = {
    "high": 4,
    "fair": 3,
    "weak": 2,
    None: 1,
}
_BY_STEP: tuple[grades.Grade, ...] = ("weak", "fair", "high")
_FACTS: tuple[Name, ...] = ("field", "chain", "stage", "mode", "money", "due")
# (fact, verdict) of one feature each.
_FACT_FEATURES = list(product(_FACTS, ("agree", "differ")))
# The names are stored with every model, and a model of other names is refused: they stay as they are.
FEATURES = (
    "score",
    "root of score",
    "told words' part of the score",
    "largest share",
    "second share",
    "specific words",
    "specific words' share",
    "covered",
    "unknown weight",
    "length",
    *(f"{name} {verdict}s" for name, verdict in _FACT_FEATURES),
)
# Odds beyond e^30 are certain enough, and exp() must not overflow.
_MAX_ODDS = 30
# Bands of probability in the table of figures.
_BAND = 0.2


def pair_features(
    reasons: Reasons,
    facts: Sequence[Fact],
) -> list[float]:
    """What is known of a pair, as FEATURES names it. An unknown fact is neither agreeing nor differing."""
    shares = [share for _, share in reasons.words]
    # 0 where there are fewer than two.
    largest, second = (*shares[:2], 0.0, 0.0)[:2]
    specific = [share for word, share in reasons.words if word in reasons.specific]
    named_part = sum(shares) / reasons.score if reasons.score > 0 else 0.0
    verdicts = {fact.name: fact.verdict for fact in facts}
    return [
        reasons.score,
        reasons.score**0.5,
        named_part,
        largest,
        second,
        float(len(specific)),
        sum(specific),
        reasons.covered,
        reasons.unknown_weight,
        float(np.log1p(len(reasons.weighed))),
        *(float(verdicts.get(name) == verdict) for name, verdict in _FACT_FEATURES),
    ]


def text_key(document: Document) -> str:
    """What two postings of one text share, whatever their ids, blanks and punctuation."""
    return re.sub(
        r"[\W_]+",
        "",
        words_of.plain_text(f"{document.title}{document.text}"),
    )


def assign_folds(texts: Sequence[str]) -> Int64s:
    """The fold 0…FOLDS−1 of each pair, shape (n,); pairs of one demand text are always in one fold.

    Args:
        texts: of each pair the demand's text_key().
    """
    number_of = {key: number for number, key in enumerate(sorted(set(texts)))}
    numbers = np.array(
        [number_of[key] for key in texts],
        dtype=np.int64,
    )
    counts = np.bincount(numbers, minlength=len(number_of))
    sizes = np.zeros(FOLDS, dtype=np.int64)
    folds = np.zeros(len(number_of), dtype=np.int64)
    # The largest text first, each to the fold that has least.
    for number in np.argsort(-counts, kind="stable"):
        folds[number] = np.argmin(sizes)
        sizes[folds[number]] += counts[number]
    return folds[numbers]


class Calibration:
    """Grades pairs by what verdicts taught; fit() learns what ends in an underscore.

    Attributes:
        centre_, scale_: of the features, float64, shape (features,).
        weights_: the constant first, float64, shape (steps, 1 + features).
        demands_, pairs_: how many demand texts and pairs were learned from.
        figures_: on texts it had not seen, see _figures().
    """

    centre_: Float64s
    scale_: Float64s
    weights_: Float64s
    demands_: int
    pairs_: int
    figures_: dict[str, Any]

    def fit(
        self,
        pairs: npt.ArrayLike,
        levels: Sequence[float],
        texts: Sequence[str],
        fixed: Sequence[int],
    ) -> Self:
        """Learn from judged pairs.

        Args:
            pairs: as pair_features() gives them, shape (n, features).
            levels: 1…4 as judged, shape (n,).
            texts: as assign_folds() takes them, n of them.
            fixed: the GRADE_LEVELS of the grades by the cut points, shape (n,).

        Raises:
            TooFew: fewer than MIN_TEXTS texts.
        """
        x = np.asarray(pairs, dtype=np.float64)
        y = np.asarray(levels, dtype=np.float64)
        demands = len(set(texts))
        if demands < MIN_TEXTS:
            raise TooFew(demands, MIN_TEXTS)
        fold = assign_folds(texts)
        # Each pair is graded by a model that has not seen its text; the last fit uses all.
        unseen = np.zeros((len(y), len(STEPS)))
        for number in range(FOLDS):
            inside = fold == number
            self._learn(x[~inside], y[~inside])
            unseen[inside] = self.probabilities(x[inside])
        self._learn(x, y)
        self.demands_ = demands
        self.pairs_ = len(y)
        self.figures_ = _figures(unseen, y, np.asarray(fixed))
        return self

    @property
    def is_better(self) -> bool:
        """Whether on unseen texts its grades came nearer than the cut points', and its probabilities say something."""
        figures = self.figures_
        is_closer = figures["error"] < figures["fixed_error"]
        return bool(is_closer and figures["brier"] < figures["rate_brier"])

    def probabilities(self, pairs: npt.ArrayLike) -> Float64s:
        """How probable the levels ≥ 2, ≥ 3 and ≥ 4 are, never rising.

        Args:
            pairs: shape (n, features).

        Returns:
            shape (n, 3).

        Raises:
            NotFitted: before fit() or from_json().
        """
        if not hasattr(self, "weights_"):
            raise NotFitted("the calibration has not been fitted")
        x = (np.asarray(pairs, dtype=np.float64) - self.centre_) / self.scale_
        odds = x @ self.weights_[:, 1:].T + self.weights_[:, 0]
        probable = 1 / (1 + np.exp(-np.clip(odds, -_MAX_ODDS, _MAX_ODDS)))
        # Three separate regressions may cross; a higher level is never more probable than a lower.
        return np.minimum.accumulate(probable, axis=1)

    def grade(
        self,
        pair: Pair,
        facts: Sequence[Fact],
    ) -> grades.Grade | None:
        """The best grade that is more probable than not, at least "weak"; None where the cut points give none."""
        # Evidence first: a model of few verdicts must not call a chance likeness a match.
        fixed = grades.grade_of_pair(pair)
        if fixed is None:
            return None
        reasons = pair.reasons
        if not reasons.specific or not reasons.words:
            return fixed
        return _likely_grade(self.probabilities([pair_features(reasons, facts)])[0])

    def to_json(self) -> str:
        """All that was learned, as text."""
        learned = {
            "form": FORM,
            "features": list(FEATURES),
            "centre": self.centre_.tolist(),
            "scale": self.scale_.tolist(),
            "weights": self.weights_.tolist(),
            "demands": self.demands_,
            "pairs": self.pairs_,
            "figures": self.figures_,
        }
        return json.dumps(learned)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What to_json() wrote.

        Raises:
            UnusableArtefact: it is of another form or other features, or damaged.
        """
        try:
            content = json.loads(text)
            made = cls()
            if content["form"] != FORM or tuple(content["features"]) != FEATURES:
                raise UnusableArtefact(
                    "the grade model is of another form or other features"
                )
            made.centre_ = np.array(content["centre"], dtype=np.float64)
            made.scale_ = np.array(content["scale"], dtype=np.float64)
            made.weights_ = np.array(content["weights"], dtype=np.float64)
            made.demands_ = int(content["demands"])
            made.pairs_ = int(content["pairs"])
            made.figures_ = dict(content["figures"])
        except (KeyError, TypeError, ValueError) as error:
            raise UnusableArtefact(f"this is no grade model: {error!r}") from error
        if not made._is_sound():
            raise UnusableArtefact("the grade model is damaged")
        return made

    def _is_sound(self) -> bool:
        """Whether all arrays have their shapes and hold numbers."""
        size = len(FEATURES)
        shapes = (self.centre_.shape, self.scale_.shape, self.weights_.shape)
        if shapes != ((size,), (size,), (len(STEPS), 1 + size)):
            return False
        arrays = (self.centre_, self.scale_, self.weights_)
        return all(bool(np.isfinite(values).all()) for values in arrays)

    def _learn(
        self,
        x: Float64s,
        y: Float64s,
    ) -> None:
        """Learn from features, shape (n, features), and levels, shape (n,)."""
        # Imported where it is used: a process that only answers does without.
        from sklearn.linear_model import LogisticRegression

        deviation = x.std(axis=0)
        self.centre_ = x.mean(axis=0)
        # A feature that never varied must not divide by zero.
        self.scale_ = np.where(deviation > 1e-9, deviation, 1.0)
        self.weights_ = np.zeros((len(STEPS), 1 + x.shape[1]))
        scaled = (x - self.centre_) / self.scale_
        for row, step in enumerate(STEPS):
            reached = y >= step
            if reached.all() or not reached.any():
                # Nothing to learn from one class: the smoothed rate.
                self.weights_[row, 0] = _smoothed_odds(reached)
                continue
            model = LogisticRegression(C=STRENGTH, max_iter=1000).fit(
                scaled,
                reached,
            )
            self.weights_[row, 0] = model.intercept_[0]
            self.weights_[row, 1:] = model.coef_[0]


def _smoothed_odds(reached: Bools) -> float:
    """The logarithm of the odds of true, half a case added to both sides, shape (n,)."""
    return float(np.log((reached.sum() + 0.5) / ((~reached).sum() + 0.5)))


def _likely_grade(probable: Float64s) -> grades.Grade:
    """The best grade that is more probable than not, by the probabilities of the steps, shape (3,)."""
    return _BY_STEP[max(0, int((probable >= 0.5).sum()) - 1)]


def _figures(
    unseen: Float64s,
    levels: Float64s,
    fixed: Int64s,
) -> dict[str, Any]:
    """How good the grades of unseen texts are.

    Args:
        unseen: probabilities of the steps, shape (n, 3).
        levels: as judged, shape (n,).
        fixed: levels of the grades by the cut points, shape (n,).

    Returns:
        error: mean distance of the grade's level from the judged one; fixed_error: that of the cut points; brier: mean
        squared error of the probability of being relevant; rate_brier: of giving the share of relevant pairs each
        time; table: (from, to, pairs, mean probability, share of relevant ones) of that probability, where any pair
        is.
    """
    given: list[int] = []
    for row, level in zip(unseen, fixed, strict=True):
        # Without evidence there is no grade, whatever the model says.
        given.append(GRADE_LEVELS[_likely_grade(row)] if level > 1 else 1)
    predicted = unseen[:, STEPS.index(RELEVANT)]
    relevant = levels >= RELEVANT
    return {
        "error": round(float(np.abs(np.array(given) - levels).mean()), 4),
        "fixed_error": round(float(np.abs(fixed - levels).mean()), 4),
        "brier": round(float(((predicted - relevant) ** 2).mean()), 4),
        "rate_brier": round(
            float(((relevant.mean() - relevant) ** 2).mean()),
            4,
        ),
        "table": _reliability(predicted, relevant),
    }


def _reliability(
    predicted: Float64s,
    relevant: Bools,
) -> list[list[float]]:
    """The table of _figures() from probabilities and outcomes, both of shape (n,)."""
    table: list[list[float]] = []
    for low in np.arange(0, 1, _BAND):
        # The last band holds 1 too.
        is_below = (predicted < low + _BAND) | (low >= 1 - _BAND)
        inside = (predicted >= low) & is_below
        if inside.any():
            pairs = int(inside.sum())
            means = (predicted[inside].mean(), relevant[inside].mean())
            row = (low, low + _BAND, pairs, *means)
            table.append([round(float(value), 4) for value in row])
    return table
