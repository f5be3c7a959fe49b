"""Word vectors: trained alike from alike texts, stable under change, and never more than a part of the score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from matching import Document, Matcher, vectors
from tests.matching.conftest import CATALOGUE, WORDS, documents, texts

QUERY = Document("q", "尼龙保持架缺陷检测", "PA66保持架兜孔毛刺")
MANY = [
    Document(i, f"{WORDS[i % 24]}{WORDS[(i * 5 + 1) % 24]}", " ".join(WORDS[(i * k) % 24] for k in range(1, 9)))
    for i in range(60)
]


def shown(matcher: Matcher, query: Document) -> list[tuple[int | str, float]]:
    return [(m.id, m.score) for m in matcher.rank(query)]


def test_off_by_default() -> None:
    matcher = Matcher().fit(MANY)

    assert len(matcher.vectors_.keys) == 0


def test_training_twice_gives_the_same() -> None:
    once, again = (Matcher(vectors=0.1).fit(MANY).vectors_ for _ in range(2))

    assert len(once.keys) > 10
    assert np.array_equal(once.rows, again.rows)


@pytest.mark.parametrize("catalogue", [[], [CATALOGUE[6]], [Document(1, "轴承")], [Document(1, "轴承 轴承")]])
def test_nothing_to_train_on_is_no_error(catalogue: list[Document]) -> None:
    found = shown(Matcher(vectors=0.1).fit(catalogue), Document("q", "轴承"))

    assert [i for i, _ in found] == [d.id for d in catalogue if d.id == 1]


@settings(max_examples=25, deadline=None)
@given(documents("x"), texts)
def test_a_catalogue_that_grew_equals_a_refit_with_the_same_vectors(later: list[Document], asked: str) -> None:
    trained = Matcher(vectors=0.1).fit(MANY)
    grown = Matcher(vectors=0.1).fit(MANY, like=trained).put(later).remove([3, 4])
    kept = {d.id: d for d in [*MANY, *later] if d.id not in (3, 4)}
    whole = Matcher(vectors=0.1).fit(kept.values(), like=trained)
    query = Document("q", asked)

    assert shown(grown, query) == shown(whole, query)
    assert shown(grown.merge(), query) == shown(whole, query)


@settings(max_examples=25, deadline=None)
@given(documents(), texts)
def test_scores_stay_in_bounds_and_reasons_add_up(catalogue: list[Document], asked: str) -> None:
    for match in Matcher(vectors=0.2).fit(catalogue).rank(Document("q", asked)):
        told = sum(share for _, share in match.reasons.words)

        assert 0 < match.score <= 1
        assert told + match.reasons.rest == pytest.approx(match.score, abs=1e-12)
        assert match.reasons.rest >= -1e-9


def test_they_are_saved_with_the_matcher(tmp_path: Path) -> None:
    matcher = Matcher(vectors=0.1).fit(MANY)
    matcher.save(tmp_path)
    loaded = Matcher.load(tmp_path)

    assert loaded.vectors == 0.1
    assert shown(loaded, MANY[7]) == shown(matcher, MANY[7])
    assert loaded.score(MANY[7], [7, 999])[1] == 0


def test_words_used_alike_are_near() -> None:
    pairs = [("石墨烯", "导热"), ("碳纳米管", "导热"), ("阿胶", "酶解"), ("驴皮", "酶解")]
    catalogue = [Document(i, a, f"{a}{b} {a}{b}") for i, (a, b) in enumerate(pairs * 5)]
    matcher = Matcher(vectors=0.5).fit(catalogue)
    key = {w: i for i, w in enumerate(matcher.vectors_.keys.tolist())}
    from matching.features import word_key

    def near(a: str, b: str) -> float:
        rows = matcher.vectors_.rows
        return float(rows[key[word_key(a)]] @ rows[key[word_key(b)]])

    assert near("石墨烯", "碳纳米管") > near("石墨烯", "驴皮")


def test_the_mean_of_unknown_words_is_nothing() -> None:
    found = vectors.nothing().mean(np.array([1], dtype=np.uint64), np.ones(1), np.zeros(1, dtype=np.int64), 2)

    assert found.shape == (2, vectors.DIMENSIONS)
    assert not found.any()
