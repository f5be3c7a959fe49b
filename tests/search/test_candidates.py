"""Candidates from a real Elasticsearch, scored as the matcher in memory scores them.
Not here: how many are lost on real texts (benchmarks.candidates).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from benchmarks import texts
from matching import Document, Matcher, UnusableArtefact
from matching.remote import CandidateMatcher
from search import NotBuilt
from search.cluster.candidates import CandidateIndex
from tests.search.conftest import URL, required

pytestmark = pytest.mark.server
TEXTS = texts.read_samples()
CATALOGUE = list(
    texts.generate_catalogue(TEXTS, 1_100)
)  # so many that word vectors are trained
QUESTIONS = texts.draw_demands(TEXTS, 12)


@pytest.fixture
def pool() -> Iterator[CandidateIndex]:
    required()
    pool = CandidateIndex(f"{URL}/test-{uuid4().hex}", "achievement-1")
    yield pool
    pool.drop()
    pool.close()


def build_matcher(folder: Path, pool: CandidateIndex) -> CandidateMatcher:
    """All that have a term of the query are candidates, so that nothing but the scores can differ."""
    CandidateMatcher.build(CATALOGUE, folder, pool)
    return CandidateMatcher.open(folder, pool, candidates=len(CATALOGUE))


@pytest.fixture
def matcher(pool: CandidateIndex, tmp_path: Path) -> CandidateMatcher:
    """One of a test's own, which it may change and take the index from."""
    return build_matcher(tmp_path, pool)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CandidateMatcher]:
    """One for all tests that only ask: to build it costs two seconds."""
    required()
    pool = CandidateIndex(f"{URL}/test-{uuid4().hex}", "achievement-1")
    yield build_matcher(tmp_path_factory.mktemp("candidates"), pool)
    pool.drop()
    pool.close()


@pytest.fixture(scope="module")
def exact() -> Matcher:
    """The matcher in memory on the same catalogue, for tests that only ask."""
    return Matcher().fit(CATALOGUE)


def same(matcher: CandidateMatcher, exact: Matcher) -> None:
    """Every score, reason and order is that of the matcher in memory."""
    assert len(matcher) == len(exact)
    for question in QUESTIONS:
        best = exact.rank(question, 20)
        assert matcher.rank(question, 20) == best
        ids = [match.id for match in best] + [1, 77, -5]
        assert (
            matcher.score(question, ids).tolist() == exact.score(question, ids).tolist()
        )
        assert matcher.explain(question, best[0].id) == exact.explain(
            question, best[0].id
        )
        assert matcher.explain(question, CATALOGUE[3]) == exact.explain(
            question, CATALOGUE[3]
        )
        assert matcher.analyze(question) == exact.analyze(question)
        assert matcher.rank(question, 20)[1].reasons == best[1].reasons


def test_scores_and_reasons_equal_those_in_memory(
    asked: CandidateMatcher, exact: Matcher
) -> None:
    same(asked, exact)
    assert asked.rank_all(iter(QUESTIONS)) == exact.rank_all(QUESTIONS)


def test_what_is_put_and_removed_later_counts_as_if_fitted(
    matcher: CandidateMatcher,
) -> None:
    exact = Matcher().fit(CATALOGUE)
    title, text = TEXTS[0]
    steps = [
        [
            Document(5, "轴承套圈超精研磨", "振动值稳定"),
            Document(9_999, title, text + "全新的词 qwxyz"),
        ],
        [Document(9_999, "改过的题目", text), Document(10_000, "", "")],
        [CATALOGUE[5]],
    ]
    for new in steps:
        assert matcher.put(new) is matcher
        exact.put(new)
        same(matcher, exact)
    for gone in ([7, 8, 12_345], [9_999, 5], [8]):
        matcher.remove(gone)
        exact.remove(gone)
        same(matcher, exact)
    assert 9_999 not in matcher
    assert 7 not in matcher
    assert 10_000 in matcher
    assert 6 in matcher


@pytest.mark.parametrize("many", [5, 400])
def test_only_among_the_ids_given(
    asked: CandidateMatcher, exact: Matcher, many: int
) -> None:
    only = set(range(0, 2 * many, 2)) | {12_345}

    ranked = asked.rank(QUESTIONS[0], 20, only)

    assert ranked == exact.rank(QUESTIONS[0], 20, only)


@pytest.mark.parametrize("text", ["", "的", "😀", "没有的词 zzzz", "\x00"])
def test_texts_that_say_nothing(
    asked: CandidateMatcher, exact: Matcher, text: str
) -> None:
    document = Document(0, text)

    assert asked.rank(document) == exact.rank(document)
    assert asked.analyze(document) == exact.analyze(document)


def test_an_empty_catalogue(pool: CandidateIndex, tmp_path: Path) -> None:
    assert CandidateMatcher.build([], tmp_path, pool) == 0
    matcher = CandidateMatcher.open(tmp_path, pool)
    assert matcher.rank(QUESTIONS[0]) == []
    matcher.put(CATALOGUE[:3])
    assert matcher.rank(QUESTIONS[0]) == Matcher().fit(CATALOGUE[:3]).rank(QUESTIONS[0])


def test_a_lost_index_and_a_foreign_artefact_are_reported(
    matcher: CandidateMatcher, pool: CandidateIndex
) -> None:
    pool.drop()

    with pytest.raises(NotBuilt):
        matcher.rank(QUESTIONS[0])
    assert not pool.exists()


def test_an_artefact_of_a_matcher_in_memory_is_refused(
    pool: CandidateIndex, tmp_path: Path
) -> None:
    Matcher().fit(CATALOGUE[:3]).save(tmp_path)

    with pytest.raises(UnusableArtefact):
        CandidateMatcher.open(tmp_path, pool)


def test_an_id_that_occurs_twice_is_refused(
    pool: CandidateIndex, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="same id"):
        CandidateMatcher.build([CATALOGUE[0], CATALOGUE[0]], tmp_path, pool)
