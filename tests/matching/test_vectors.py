"""Word vectors: trained alike from alike texts, stable under change, and never more than a part of the score."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.sparse import csr_array

from matching import Document, Matcher, vectors
from matching.features import FeatureCounts, word_key
from matching.index.reading import read_features
from tests.matching.conftest import WORDS, documents, texts

QUERY = Document("q", "尼龙保持架缺陷检测", "PA66保持架兜孔毛刺")
MANY = [
    Document(
        i,
        f"{WORDS[i % 24]}{WORDS[(i * 5 + 1) % 24]}",
        " ".join(WORDS[(i * k) % 24] for k in range(1, 9)),
    )
    for i in range(vectors.FEW_TEXTS + 1)
]


@pytest.fixture(scope="module")
def trained() -> Matcher:
    return Matcher().fit(MANY)


def shown(matcher: Matcher, query: Document) -> list[tuple[int | str, float]]:
    return [(m.id, m.score) for m in matcher.rank(query)]


def test_few_texts_train_none_and_are_ranked_by_text_alone() -> None:
    few = MANY[: vectors.FEW_TEXTS]
    matcher = Matcher().fit(few)

    assert len(matcher.catalogue_.word_vectors.keys) == 0
    assert shown(matcher, QUERY) == shown(Matcher(vectors=0).fit(few), QUERY)


def test_training_twice_gives_the_same(trained: Matcher) -> None:
    once = trained.catalogue_.word_vectors
    again = Matcher().fit(MANY).catalogue_.word_vectors

    assert len(once.keys) > 10
    assert np.array_equal(once.rows, again.rows)


@pytest.mark.parametrize(
    "read",
    [
        [],
        [[]],
        [["轴承"]],
        [["轴承", "轴承"]],
        [["轴承"], ["轴承"]],
        [["轴承", "阿胶"]],
        [["轴承", "阿胶"]] * 2,
    ],
)
def test_nothing_to_train_on_is_no_error(read: list[list[str]]) -> None:
    found = vectors.train(
        [np.array([word_key(w) for w in words], dtype=np.uint64) for words in read]
    )

    assert np.isfinite(found.rows).all()
    assert len(found.keys) == len(found.rows)


@settings(max_examples=25)
@given(documents("x"), texts)
def test_a_catalogue_that_grew_equals_a_refit_with_the_same_vectors(
    trained: Matcher, later: list[Document], asked: str
) -> None:
    some = MANY[:60]
    grown = Matcher().fit(some, like=trained).put(later).remove([3, 4])
    kept = {d.id: d for d in [*some, *later] if d.id not in (3, 4)}
    whole = Matcher().fit(kept.values(), like=trained)
    query = Document("q", asked)

    assert shown(grown, query) == shown(whole, query)
    assert shown(grown.merge(), query) == shown(whole, query)


@settings(max_examples=25)
@given(documents(), texts)
def test_scores_stay_in_bounds_and_reasons_add_up(
    trained: Matcher, catalogue: list[Document], asked: str
) -> None:
    for match in Matcher().fit(catalogue, like=trained).rank(Document("q", asked)):
        told = sum(share for _, share in match.reasons.words)

        assert 0 < match.score <= 1
        assert told + match.reasons.residual == pytest.approx(match.score, abs=1e-12)
        assert 0 <= match.reasons.vector_share <= match.reasons.residual + 1e-9


def test_what_words_used_alike_bring_is_told(trained: Matcher) -> None:
    best = trained.rank(MANY[7])[0]
    whole = 1.75 + 0.4 * vectors.length_confidence(
        len(read_features(MANY[7]).words.keys)
    )

    assert best.id == 7
    assert best.score == pytest.approx(1)
    assert best.reasons.vector_share == pytest.approx(1 - 1.75 / whole, abs=1e-4)


def test_they_are_saved_with_the_matcher(trained: Matcher, tmp_path: Path) -> None:
    trained.save(tmp_path)
    loaded = Matcher.load(tmp_path)

    assert loaded.vectors == trained.vectors > 0
    assert shown(loaded, MANY[7]) == shown(trained, MANY[7])
    assert loaded.score(MANY[7], [7, 9999])[1] == 0


def test_additions_after_the_texts_that_train_equal_any_refit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vectors, "MAX_TEXTS", len(MANY))
    later = [
        Document(f"x{i}", f"新型{WORDS[i]}", f"{WORDS[i]}与{WORDS[i + 1]}联用")
        for i in range(20)
    ]
    grown, whole = Matcher().fit(MANY).put(later), Matcher().fit([*MANY, *later])

    assert len(whole.catalogue_.word_vectors.keys) > 10
    for query in (QUERY, *later[:5]):
        assert shown(grown, query) == shown(whole, query)


@pytest.mark.parametrize(
    ("occurrences", "words", "in_text", "window"),
    [(0, 3, 5, 5), (1, 1, 1, 5), (40, 3, 7, 2), (900, 60, 50, 5), (900, 2_000, 3, 5)],
)
def test_neighbours_are_counted_as_one_by_one(
    occurrences: int, words: int, in_text: int, window: int
) -> None:
    numbers = np.random.default_rng(words).integers(0, words, occurrences)
    text_of = np.arange(occurrences) // in_text
    ends, others, times = vectors.count_neighbours(numbers, text_of, words, window)
    found = csr_array((times, others, ends), shape=(words, words)).toarray()

    expected = np.zeros((words, words), dtype=np.int64)
    for one, other in combinations(range(occurrences), 2):
        if other - one <= window and text_of[one] == text_of[other]:
            expected[numbers[one], numbers[other]] += 1
            expected[numbers[other], numbers[one]] += 1
    assert np.array_equal(found, expected)


# A few large eigenvalues of both signs, as of words; all of one size; and few that are not 0, so that blocks end.
@pytest.mark.parametrize(
    ("values", "error"),
    [
        (100 / np.arange(1, 801) * np.resize([1, -1], 800), 1e-3),
        (np.append(np.full(50, -7.0), np.ones(750)), 1e-3),
        (np.append(np.arange(1.0, 41), np.zeros(760)), 1e-3),
        (np.arange(300.0, 0, -1), 1e-3),
    ],
)
def test_leading_eigenvectors_are_those_of_the_whole_matrix(
    values: np.ndarray, error: float
) -> None:
    turned, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(len(values),) * 2))
    matrix = (turned * values @ turned.T).astype(np.float32)
    found, sizes = vectors._leading_eigenvectors(csr_array(matrix), 20)
    largest = np.sort(np.abs(values))[::-1][:20]

    assert sizes == pytest.approx(largest, rel=error)
    assert np.abs(found.T @ found - np.eye(20)).max() < error
    assert np.linalg.norm(matrix @ found, axis=0) == pytest.approx(sizes, rel=error)


def test_words_used_alike_are_near() -> None:
    pairs = [
        ("石墨烯", "导热"),
        ("碳纳米管", "导热"),
        ("阿胶", "酶解"),
        ("驴皮", "酶解"),
    ]
    trained = vectors.train(
        [
            np.array([word_key(a), word_key(b)] * 2, dtype=np.uint64)
            for a, b in pairs * 5
        ]
    )

    def near(a: str, b: str) -> float:
        one, other = (
            trained.rows[np.flatnonzero(trained.keys == np.uint64(word_key(w)))[0]]
            for w in (a, b)
        )
        return float(one.astype(np.float64) @ other)

    assert near("石墨烯", "碳纳米管") > near("石墨烯", "驴皮")


def test_a_text_of_few_words_counts_less() -> None:
    words = [
        "轴承",
        "润滑",
        "保持架",
        "尼龙",
        "滚子",
        "淬火",
        "磨削",
        "装配",
        "振动",
        "噪声",
    ]
    keys = np.sort(np.array([word_key(w) for w in words], dtype=np.uint64))
    same = vectors.WordVectors(keys, np.ones((len(keys), 2), dtype=np.int16))
    long, short = (FeatureCounts(keys[:n], np.ones(n, dtype=np.uint8)) for n in (10, 1))
    means = same.mean_vectors([long, long, short])

    assert vectors.vector_similarities(
        vectors.directions(means[:1]), np.zeros(2, dtype=np.int64), means[1:]
    ) == pytest.approx([0.5, 1 / 11], rel=1e-3)


def test_means_one_by_one_are_those_of_the_whole_catalogue(trained: Matcher) -> None:
    read = [read_features(document).words for document in MANY[:50]]
    catalogue = trained.catalogue_

    assert catalogue.means.any(axis=1).all()
    assert np.array_equal(
        catalogue.word_vectors.mean_vectors(read), catalogue.means[:50]
    )


def test_the_mean_of_unknown_words_is_nothing(trained: Matcher) -> None:
    unknown = FeatureCounts(np.array([1], dtype=np.uint64), np.ones(1, dtype=np.uint8))

    for found in (
        vectors.no_vectors().mean_vectors([unknown]),
        trained.catalogue_.word_vectors.mean_vectors([unknown]),
    ):
        assert found.shape == (1, found.shape[1])
        assert not found.any()
