"""A grade learned from verdicts: when, from what, and that unseen texts stay unseen."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import Document, ExplainedPair, Matcher
from matching.errors import UnusableArtefact
from matching.explaining.facts import compare_facts
from matching.explaining.reasons import Reasons
from matching.judging.calibration import (
    FEATURES,
    MIN_TEXTS,
    Calibration,
    assign_folds,
    pair_features,
    text_key,
)
from matching.judging.quality import TooFew


def reasons(
    score: float, words: list[tuple[str, float]], specific: list[str] | None = None
) -> Reasons:
    specific = [word for word, _ in words] if specific is None else specific
    told = sum(share for _, share in words)
    return Reasons(
        words,
        score - told,
        score,
        specific,
        0.3,
        [("轴承", 0.6), ("异音", 0.4)],
        ["异音"],
    )


def sample(texts: int, seed: int = 3) -> dict[str, Any]:
    """Judged pairs in which the largest share decides: three for each of so many demand texts."""
    chance = np.random.default_rng(seed)
    pairs, levels, keys = [], [], []
    for number in range(texts):
        for _ in range(3):
            share = chance.random() * 0.4
            pairs.append(pair_features(reasons(0.3, [("轴承", share)]), []))
            levels.append(4 if share + chance.normal(0, 0.03) > 0.2 else 1)
            keys.append(f"需求{number}")
    return {"pairs": pairs, "levels": levels, "texts": keys, "fixed": [3] * len(levels)}


@cache
def learned_model() -> Calibration:
    """One model for all tests that only read it; learned with the first, for each worker collects this file."""
    return Calibration().fit(**sample(MIN_TEXTS))


@given(st.lists(st.text("甲乙丙丁", max_size=2), max_size=80))
def test_one_text_is_never_on_both_sides(texts: list[str]) -> None:
    sides = defaultdict(set)
    for key, fold in zip(texts, assign_folds(texts).tolist(), strict=True):
        sides[key].add(fold)

    assert all(len(found) == 1 for found in sides.values())


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (
            Document(1, "轴承异音", "振动值 45 dB。"),
            Document(99, "轴承 异音", "振动值45dB"),
            True,
        ),
        (Document(1, "ＰＡ６６ 增强", "阻燃"), Document(2, "PA66增强", "阻燃。"), True),
        (
            Document(1, "轴承异音", "振动值 45 dB。"),
            Document(1, "轴承异音", "振动值 46 dB。"),
            False,
        ),
    ],
)
def test_the_same_text_under_two_ids_is_one_text(
    one: Document, other: Document, same: bool
) -> None:
    assert (text_key(one) == text_key(other)) is same


def test_fewer_than_fifty_texts_teach_nothing() -> None:
    judged = sample(MIN_TEXTS - 1)

    with pytest.raises(TooFew) as refused:
        Calibration().fit(**judged)

    assert (refused.value.judged, refused.value.needed) == (MIN_TEXTS - 1, MIN_TEXTS)


def test_many_postings_of_few_texts_teach_nothing() -> None:
    judged = sample(3 * MIN_TEXTS)
    judged["texts"] = [f"需求{number % 7}" for number in range(len(judged["texts"]))]

    with pytest.raises(TooFew):
        Calibration().fit(**judged)


def test_it_learns_what_decides_and_says_how_it_does_on_unseen_texts() -> None:
    learned = Calibration().fit(**sample(MIN_TEXTS + 10))
    good, poor = (reasons(0.3, [("轴承", share)]) for share in (0.38, 0.02))

    assert learned.grade(ExplainedPair(good), []) == "high"
    assert learned.grade(ExplainedPair(poor), []) == "weak"
    assert learned.is_better
    assert (learned.demands_, learned.pairs_) == (MIN_TEXTS + 10, 3 * (MIN_TEXTS + 10))
    assert sum(row[2] for row in learned.figures_["table"]) == learned.pairs_


def test_what_tells_nothing_does_not_come_into_force() -> None:
    judged = sample(MIN_TEXTS + 10)
    chance = np.random.default_rng(5)
    judged["levels"] = [
        4 if chance.random() < 0.1 else 1 for _ in judged["levels"]
    ]  # nearer by refusing everything

    learned = Calibration().fit(**judged)

    assert learned.figures_["error"] < learned.figures_["fixed_error"]
    assert not learned.is_better


def test_a_learned_grade_hides_nothing_that_has_evidence() -> None:
    judged = sample(MIN_TEXTS)
    judged["levels"] = [1] * len(judged["levels"])
    pair = reasons(0.3, [("轴承", 0.2)])

    assert Calibration().fit(**judged).grade(ExplainedPair(pair), []) == "weak"


def test_without_a_specific_word_nothing_is_a_match_however_high_the_score() -> None:
    learned = Calibration().fit(**sample(MIN_TEXTS))

    assert (
        learned.grade(ExplainedPair(reasons(0.9, [("轴承", 0.39)], specific=[])), [])
        == "weak"
    )
    assert (
        learned.grade(ExplainedPair(reasons(0.9, [], specific=["轴承"])), []) == "weak"
    )
    assert learned.grade(ExplainedPair(reasons(0.01, [], specific=[])), []) is None


def test_one_sided_verdicts_do_not_break_it() -> None:
    judged = sample(MIN_TEXTS)
    judged["levels"] = [4] * len(judged["levels"])

    learned = Calibration().fit(**judged)

    assert learned.grade(ExplainedPair(reasons(0.3, [("轴承", 0.1)])), []) == "high"


@given(st.lists(st.floats(-5, 5), min_size=len(FEATURES), max_size=len(FEATURES)))
def test_a_higher_level_is_never_more_probable_than_a_lower(pair: list[float]) -> None:
    probable = learned_model().probabilities([pair])[0]

    assert (np.diff(probable) <= 0).all()
    assert ((probable >= 0) & (probable <= 1)).all()


def test_it_is_the_same_after_a_journey_through_json() -> None:
    model = learned_model()
    back = Calibration.from_json(model.to_json())
    pair = pair_features(reasons(0.4, [("轴承", 0.2)]), [])

    assert back.probabilities([pair]).tolist() == model.probabilities([pair]).tolist()
    assert back.figures_ == json.loads(json.dumps(model.figures_))
    assert (back.demands_, back.pairs_) == (model.demands_, model.pairs_)


@pytest.mark.parametrize(
    "change",
    [
        {"form": 0},
        {"features": ["score"]},
        {"weights": [[0.0]]},
        {"centre": [float("nan")] * len(FEATURES)},
        {"scale": "wide"},
        {"demands": None},
    ],
    ids=str,
)
def test_a_foreign_or_damaged_model_is_refused(change: dict[str, Any]) -> None:
    text = json.dumps(json.loads(learned_model().to_json()) | change)

    with pytest.raises(UnusableArtefact):
        Calibration.from_json(text)


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", "pickle"])
def test_what_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(UnusableArtefact):
        Calibration.from_json(text)


def test_what_no_document_has_weighs_on_a_pair() -> None:
    known = Document(1, "轴承套圈冷辗扩", "套圈毛坯在辗环机上成形")
    matcher = Matcher().fit([known, Document(2, "驴皮酶解制低聚肽")])
    weights = []
    for title in ("轴承套圈冷辗扩", "轴承套圈磨削烧伤", "关节轴承清洁度"):
        pair = matcher.explain(Document("q", title), 1)
        named = dict(zip(FEATURES, pair_features(pair, []), strict=True))
        weights.append(named["unknown weight"])

    assert weights[0] == 0
    assert all(0 < weight <= 1 for weight in weights[1:])


def test_an_unknown_fact_is_neither_half_nor_anything() -> None:
    known = compare_facts(
        Document(1, "甲", field="8", stage="pilot"),
        Document(2, "乙", field="8", stage="rnd"),
    )
    named = dict(zip(FEATURES, pair_features(reasons(0.3, []), known), strict=True))

    assert (named["field agrees"], named["field differs"]) == (1, 0)
    assert (named["stage agrees"], named["stage differs"]) == (0, 1)
    assert (named["chain agrees"], named["chain differs"]) == (0, 0)
