"""Many queries ranked together get, each, the very matches that one query gets alone."""

from __future__ import annotations

import random

import pytest

from matching import Document, Match, Matcher
from tests.matching.conftest import CATALOGUE, WORDS

# More than vectors.FEW_TEXTS, so that vectors count.
SIZE = 1_200


def _texts(size: int, seed: int) -> list[Document]:
    draw = random.Random(seed)  # noqa: S311  (texts, no secret)
    documents = []
    for number in range(size):
        title = "".join(draw.choices(WORDS, k=draw.randint(1, 4)))
        text = "".join(draw.choices([*WORDS, "，", "。", "2026年", "PA66"], k=30))
        documents.append(Document(number, title, text))
    # Many that tie for the last place, also beyond the room that is there at first.
    for number in range(size, size + 300):
        documents.append(Document(number, "轴承检测", "激光检测轴承。"))
    return documents


QUERIES = [*_texts(60, 5), *CATALOGUE, Document("none", "", "的")]


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return _texts(SIZE, 1)


def shown(matches: list[Match]) -> list[tuple[int | str, float]]:
    return [(match.id, match.score) for match in matches]


def _assert_as_alone(matcher: Matcher, top: int) -> None:
    together = matcher.rank_all(QUERIES, top=top)

    assert [shown(best) for best in together] == [
        shown(matcher.rank(query, top=top)) for query in QUERIES
    ]


@pytest.mark.parametrize("top", [0, 1, 20, 130])
def test_scores_and_order_are_those_of_one_alone(
    documents: list[Document], top: int
) -> None:
    _assert_as_alone(Matcher().fit(documents), top)


@pytest.mark.parametrize(
    "weights",
    [
        {"vectors": 0.0},
        {"grams": 0.0, "titles": 0.0},
        {"words": 0.0},
    ],
)
def test_kinds_without_a_weight_do_not_count(
    documents: list[Document], weights: dict[str, float]
) -> None:
    _assert_as_alone(Matcher(**weights).fit(documents), 20)


def test_what_came_and_went_since_the_fit_counts(documents: list[Document]) -> None:
    matcher = Matcher().fit(documents)
    matcher.put([Document(f"new{one.id}", one.title, one.text) for one in QUERIES])
    matcher.remove([one.id for one in documents[:50]])
    _assert_as_alone(matcher, 20)

    # More of them, and one that has a feature nobody had.
    matcher.put(
        [Document("odd", "zyxwolite", "zyxwolite"), Document(3, "阿胶", "驴皮")]
    )
    _assert_as_alone(matcher, 20)
    odd = Document("q", "zyxwolite", "")
    assert matcher.rank_all([odd])[0][0].id == "odd"


def test_reasons_are_those_of_one_alone_also_after_changes(
    documents: list[Document],
) -> None:
    matcher = Matcher().fit(documents)
    expected = [
        [match.reasons for match in matcher.rank(query, top=3)] for query in QUERIES
    ]
    together = matcher.rank_all(QUERIES, top=3)
    matcher.remove([one.id for one in documents[:100]]).merge()

    found = [[match.reasons for match in best] for best in together]

    assert found == expected


def test_nothing_is_found_in_an_empty_catalogue() -> None:
    matcher = Matcher().fit([])

    assert matcher.rank_all(QUERIES[:3]) == [[], [], []]
