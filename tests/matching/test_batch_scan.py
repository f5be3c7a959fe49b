"""A scan by columns finds the very candidates, with the very sums, that a scan by lists finds."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from matching import Document, Matcher
from matching.batch import QueryBatch
from matching.batch_scan import BatchScan, Found
from matching.features import FeatureCounts
from matching.index.column_scan import BLOCK, TOGETHER
from matching.index.reading import read_catalogue
from matching.index.resumming import MOST_FEATURES
from matching.index.segment import Segment
from tests.matching.conftest import CATALOGUE, WORDS

# More blocks than are read together, the last one not full.
SIZE = TOGETHER * BLOCK + BLOCK + 77
# Nobody else has these; the others have few features, so that many tie.
RARE = "掺钕钇铝石榴石"


def _texts(size: int, seed: int, words: int) -> list[Document]:
    draw = random.Random(seed)  # noqa: S311  (texts, no secret)
    documents = []
    for number in range(size):
        title = "".join(draw.choices(WORDS, k=draw.randint(1, 2)))
        text = "".join(draw.choices([*WORDS, "，", "。", "PA66"], k=words))
        documents.append(Document(number, title, text))
    return documents


QUERIES = [
    *_texts(40, 5, 30),
    *CATALOGUE,
    Document("none", "", "的"),
    Document("empty", "", ""),
    Document("unknown", "zyxwolite", "qwertzium"),
    Document("rare", RARE, f"{RARE}晶体"),
    Document("same", "轴承", "轴承"),
    # Longer than anything that fits the cache, and the same feature 63 times and more.
    Document(
        "long", "轴承检测", "".join(map(chr, range(0x4E00, 0x9000))) + "轴承" * 90
    ),
]


@pytest.fixture(scope="module")
def fitted() -> Matcher:
    documents = _texts(SIZE, 1, 5)
    documents[4_000] = Document(4_000, RARE, "轴承")
    return Matcher().fit(documents)


def _assert_equal(
    matcher: Matcher, depth: int, queries: Sequence[Document] = QUERIES
) -> Found:
    catalogue = matcher.catalogue_
    batch = QueryBatch(
        catalogue,
        matcher.weights,
        queries,
        read_catalogue(queries, list(catalogue.indexes)),
    )
    scan = BatchScan(catalogue, batch.weighted, batch.shares(), depth)
    # Any part of a batch too, for threads take parts.
    _assert_same(scan, range(1, 1 + len(queries) // 2))
    return _assert_same(scan, range(len(queries)))


def _assert_same(scan: BatchScan, chunk: range) -> Found:
    found = scan.by_columns(chunk)
    expected = scan.by_lists(np.asarray(chunk))

    np.testing.assert_array_equal(found.ends, expected.ends)
    np.testing.assert_array_equal(found.numbers, expected.numbers)
    np.testing.assert_array_equal(found.sums, expected.sums)
    return found


@pytest.mark.parametrize("depth", [1, 20, 100, 700])
def test_candidates_and_sums_are_those_of_lists(fitted: Matcher, depth: int) -> None:
    _assert_equal(fitted, depth)


@pytest.mark.parametrize("number", range(0, len(QUERIES), 7))
def test_one_query_is_a_batch_too(fitted: Matcher, number: int) -> None:
    _assert_equal(fitted, 20, QUERIES[number : number + 1] * 2)


def test_more_that_tie_than_there_is_room_for() -> None:
    same = [Document(f"same{n}", "轴承检测", "激光检测轴承。") for n in range(900)]
    queries = [*QUERIES, Document("q", "轴承检测", "激光检测")]
    found = _assert_equal(Matcher().fit([*same, *_texts(9_000, 2, 8)]), 20, queries)

    assert np.diff(found.ends)[-1] == len(same)


def test_a_query_of_more_features_than_places_have_numbers_for(fitted: Matcher) -> None:
    # No text has so many; places would begin again at 0.
    catalogue = fitted.catalogue_
    weighted = {}
    for kind, index in catalogue.indexes.items():
        others = np.arange(MOST_FEATURES + 1, dtype=np.uint64)
        keys = np.unique(np.concatenate([others, index.main.keys[-50:]]))
        query = FeatureCounts(keys, np.ones(len(keys), dtype=np.uint8))
        segment = Segment.from_documents([query, query])
        weighted[kind] = index.weigh_all(segment, catalogue.size)
    scan = BatchScan(catalogue, weighted, np.ones((2, 3), dtype=np.float32), 20)

    _assert_same(scan, range(2))


@pytest.mark.parametrize("weights", [{"grams": 0.0, "titles": 0.0}, {"words": 0.0}])
def test_kinds_without_a_weight_do_not_count(weights: dict[str, float]) -> None:
    _assert_equal(Matcher(**weights).fit(_texts(5_000, 3, 12)), 20)


def test_what_came_and_went_since_the_fit_counts() -> None:
    matcher = Matcher().fit(_texts(5_000, 4, 12))
    matcher.put(
        [Document(f"new{one.id}", one.title, one.text[:400]) for one in QUERIES]
    )
    matcher.remove(range(0, 5_000, 3))
    _assert_equal(matcher, 100)

    matcher.remove(range(5_000))
    _assert_equal(matcher, 100)
