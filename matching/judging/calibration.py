"""A grade learned from verdicts: how probable it is that a person calls a pair with these reasons and facts a find.
Not here: the fixed cut points that hold before (grades), the order (matcher): a learned grade never changes it.

Ordinal: one logistic regression for each "at least this level", on what the page shows beside the score. Learned and
tested on different demand TEXTS, for the same demand is often posted twice. Kept as JSON, never as a pickle. Whether
there is evidence at all stays with the cut points: a learned grade is a hint and hides nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from matching import text as words_of
from matching.documents import Document
from matching.errors import NotFitted, UnusableArtefact
from matching.explaining.facts import Fact, Name
from matching.explaining.reasons import Reasons
from matching.judging import grades
from matching.judging.quality import TooFew
from matching.judging.reordering import RELEVANT

Floats = npt.NDArray[np.float64]

LEAST = 50  # judged demand texts below which nothing is learned
FOLDS = 5
STRENGTH = (
    0.3  # inverse of the penalty: some hundred pairs teach twenty features little
)
FORM = 1  # of what to_json writes
STEPS = (2, 3, 4)  # "at least this level"
LEVEL: Mapping[grades.Grade | None, int] = {"high": 4, "fair": 3, "weak": 2, None: 1}
_FACTS: tuple[Name, ...] = ("field", "chain", "stage", "mode", "money", "due")
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
    *(f"{name} {verdict}" for name in _FACTS for verdict in ("agrees", "differs")),
)


def features(reasons: Reasons, facts: Sequence[Fact]) -> list[float]:
    """What is known of a pair, as FEATURES names it. A fact that is unknown is neither agreeing nor differing."""
    shares = [share for _, share in reasons.words]
    specific = [share for word, share in reasons.words if word in reasons.specific]
    weights = dict(reasons.weighed)
    said = {fact.name: fact.verdict for fact in facts}
    return [
        reasons.score,
        reasons.score**0.5,
        sum(shares) / reasons.score if reasons.score > 0 else 0.0,
        shares[0] if shares else 0.0,
        shares[1] if len(shares) > 1 else 0.0,
        float(len(specific)),
        sum(specific),
        reasons.covered,
        sum(weights.get(word, 0.0) for word in reasons.unknown_words),
        float(np.log1p(len(weights))),
        *(
            float(said.get(name) == verdict)
            for name in _FACTS
            for verdict in ("agree", "differ")
        ),
    ]


def text_key(document: Document) -> str:
    """What two postings of one text share, whatever their ids, blanks and punctuation."""
    return re.sub(r"[\W_]+", "", words_of.normalise(f"{document.title}{document.text}"))


def folds(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """Fold 0…FOLDS−1 of each pair, so that pairs of one demand text are always in one fold. texts as text_key gives."""
    order = {key: number for number, key in enumerate(sorted(set(texts)))}
    sizes = np.zeros(FOLDS, dtype=np.int64)
    counts = np.bincount([order[key] for key in texts], minlength=len(order))
    fold = np.zeros(len(order), dtype=np.int64)
    for number in np.argsort(
        -counts, kind="stable"
    ):  # the largest first, each where least is
        fold[number] = np.argmin(sizes)
        sizes[fold[number]] += counts[number]
    return fold[[order[key] for key in texts]]


class Calibration:
    """Grades pairs by what verdicts taught. fit() learns centre_, scale_, weights_, demands_, pairs_ and figures_."""

    centre_: Floats  # shape (features,)
    scale_: Floats  # shape (features,)
    weights_: Floats  # shape (steps, 1 + features), the constant first
    demands_: int
    pairs_: int
    figures_: dict[str, Any]  # on texts it had not seen: see _figures

    def fit(
        self,
        pairs: npt.ArrayLike,
        levels: Sequence[float],
        texts: Sequence[str],
        fixed: Sequence[int],
    ) -> Self:
        """Learn from judged pairs.

        pairs shape (n, features); levels 1…4 as judged; texts as text_key gives; fixed the LEVEL of the grade that
        the cut points give. Raises TooFew with fewer than LEAST texts.
        """
        x, y = np.asarray(pairs, dtype=np.float64), np.asarray(levels, dtype=np.float64)
        if len(set(texts)) < LEAST:
            raise TooFew(len(set(texts)), LEAST)
        fold = folds(texts)
        unseen = np.zeros((len(y), len(STEPS)))
        for number in range(FOLDS):
            self._learn(x[fold != number], y[fold != number])
            unseen[fold == number] = self.probabilities(x[fold == number])
        self._learn(x, y)
        self.demands_, self.pairs_ = len(set(texts)), len(y)
        self.figures_ = _figures(unseen, y, np.asarray(fixed))
        return self

    @property
    def better(self) -> bool:
        """Whether on unseen texts its grades came nearer than the cut points', and its probabilities told something."""
        closer = self.figures_["error"] < self.figures_["fixed_error"]
        return bool(closer and self.figures_["brier"] < self.figures_["rate_brier"])

    def probabilities(self, pairs: npt.ArrayLike) -> Floats:
        """How probable the levels ≥ 2, ≥ 3 and ≥ 4 are, never rising. shape (n, 3) for pairs of shape (n, features)."""
        if not hasattr(self, "weights_"):
            raise NotFitted("the calibration has not been fitted")
        x = (np.asarray(pairs, dtype=np.float64) - self.centre_) / self.scale_
        odds = x @ self.weights_[:, 1:].T + self.weights_[:, 0]
        return np.minimum.accumulate(1 / (1 + np.exp(-np.clip(odds, -30, 30))), axis=1)

    def grade(self, reasons: Reasons, facts: Sequence[Fact]) -> grades.Grade | None:
        """The best grade that is more probable than not, at least "weak"; None where the cut points give none."""
        if grades.grade(reasons.score, reasons) is None:
            return None
        return _graded(self.probabilities([features(reasons, facts)])[0])

    def to_json(self) -> str:
        """All that was learned, as text."""
        return json.dumps(
            {
                "form": FORM,
                "features": list(FEATURES),
                "centre": self.centre_.tolist(),
                "scale": self.scale_.tolist(),
                "weights": self.weights_.tolist(),
                "demands": self.demands_,
                "pairs": self.pairs_,
                "figures": self.figures_,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What to_json wrote. Raises UnusableArtefact when it is of another form or other features."""
        try:
            found = json.loads(text)
            made = cls()
            if found["form"] != FORM or tuple(found["features"]) != FEATURES:
                raise UnusableArtefact(
                    "the grade model is of another form or other features"
                )
            made.centre_ = np.array(found["centre"], dtype=np.float64)
            made.scale_ = np.array(found["scale"], dtype=np.float64)
            made.weights_ = np.array(found["weights"], dtype=np.float64)
            made.demands_, made.pairs_ = int(found["demands"]), int(found["pairs"])
            made.figures_ = dict(found["figures"])
        except (KeyError, TypeError, ValueError) as error:
            raise UnusableArtefact(f"this is no grade model: {error!r}") from error
        n = len(FEATURES)
        shapes = (made.centre_.shape, made.scale_.shape, made.weights_.shape)
        numbers = (
            np.concatenate([made.centre_, made.scale_, made.weights_.ravel()])
            if shapes[0] == (n,)
            else None
        )
        if (
            shapes != ((n,), (n,), (len(STEPS), 1 + n))
            or numbers is None
            or not np.isfinite(numbers).all()
        ):
            raise UnusableArtefact("the grade model is damaged")
        return made

    def _learn(self, x: Floats, y: Floats) -> None:
        from sklearn.linear_model import LogisticRegression

        self.centre_, spread = x.mean(axis=0), x.std(axis=0)
        self.scale_ = np.where(spread > 1e-9, spread, 1.0)
        self.weights_ = np.zeros((len(STEPS), 1 + x.shape[1]))
        for row, step in enumerate(STEPS):
            reached = y >= step
            if (
                reached.all() or not reached.any()
            ):  # nothing to learn: the smoothed rate
                self.weights_[row, 0] = np.log(
                    (reached.sum() + 0.5) / ((~reached).sum() + 0.5)
                )
                continue
            model = LogisticRegression(C=STRENGTH, max_iter=1000).fit(
                (x - self.centre_) / self.scale_, reached
            )
            self.weights_[row, 0], self.weights_[row, 1:] = (
                model.intercept_[0],
                model.coef_[0],
            )


def _graded(probable: Floats) -> grades.Grade:
    by_step: tuple[grades.Grade, ...] = ("weak", "fair", "high")
    return by_step[max(0, int((probable >= 0.5).sum()) - 1)]


def _figures(
    unseen: Floats, levels: Floats, fixed: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """On unseen texts. error: mean distance of the grade's level from the judged one; fixed_error: of the cut points';
    brier: mean squared error of the probability of a find; rate_brier: of saying the share of finds each time; table:
    (from, to, pairs, mean probability said, share of finds) of that probability, where any pair is.
    """
    given = np.array(
        [
            LEVEL[_graded(row)] if level > 1 else 1
            for row, level in zip(unseen, fixed, strict=True)
        ]
    )
    said, found = unseen[:, STEPS.index(RELEVANT)], levels >= RELEVANT
    table = []
    for low in np.arange(0, 1, 0.2):
        inside = (said >= low) & ((said < low + 0.2) | (low >= 0.8))
        if inside.any():
            row = (
                low,
                low + 0.2,
                int(inside.sum()),
                said[inside].mean(),
                found[inside].mean(),
            )
            table.append([round(float(value), 4) for value in row])
    return {
        "error": round(float(np.abs(given - levels).mean()), 4),
        "fixed_error": round(float(np.abs(fixed - levels).mean()), 4),
        "brier": round(float(((said - found) ** 2).mean()), 4),
        "rate_brier": round(float(((found.mean() - found) ** 2).mean()), 4),
        "table": table,
    }
