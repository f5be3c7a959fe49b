"""The two forms of each loop give the same bits, and the best of a scan are those of a full sort."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from matching import Document, Matcher, features
from matching.index import feature_index as channel
from matching.index import kernels, segment
from matching.index.feature_index import SUBLINEAR_32
from tests.matching.conftest import CATALOGUE

SIZES = [(1, 1), (5, 3), (400, 30), (20_000, 200)]


@pytest.fixture(scope="module")
def compiled() -> kernels.Loops:
    return kernels.Compiled()


def postings(
    documents: int, terms: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(documents)
    lists = [
        np.flatnonzero(random.random(documents) < random.random() ** 3).astype(
            np.uint32
        )
        for _ in range(terms)
    ]
    packed = [
        (one << 6) | random.integers(1, 64, len(one)).astype(np.uint32) for one in lists
    ]
    ends = np.cumsum([0, *(len(one) for one in packed)])
    return (
        np.concatenate(packed),
        ends[:-1],
        ends[1:],
        random.random(terms).astype(np.float32),
    )


@pytest.mark.parametrize(("documents", "terms"), SIZES)
def test_sums_are_equal_bit_for_bit(
    compiled: kernels.Loops, documents: int, terms: int
) -> None:
    found = []
    for loops in (kernels.Plain(), compiled):
        sums = np.zeros(documents, dtype=np.float32)
        loops.add(*postings(documents, terms), SUBLINEAR_32, sums)
        found.append(sums.tobytes())

    assert found[0] == found[1]


@pytest.mark.parametrize(("documents", "_terms"), SIZES)
@pytest.mark.parametrize("top", [1, 2, 20, 1000])
def test_the_best_are_among_those_found(
    compiled: kernels.Loops, documents: int, _terms: int, top: int
) -> None:
    random = np.random.default_rng(top)
    scores = np.round(random.random(documents) ** 9, 3).astype(np.float32)
    allowed = random.random(documents) < 0.8
    offered = np.where(allowed, scores, 0)
    top = min(top, documents)
    last = np.sort(offered)[::-1][:top][-1]
    expected = set(np.flatnonzero((offered > 0) & (offered >= last)).tolist())
    for loops in (kernels.Plain(), compiled):
        found = set(loops.best(scores, allowed, top).tolist())

        assert expected <= found
        assert all(allowed[n] and scores[n] > 0 for n in found)


@pytest.mark.parametrize(
    "scores",
    [
        np.full(5_000, 0.5),
        np.linspace(0.1, 1, 5_000),
        np.linspace(1, 0, 5_000),
        np.zeros(5_000),
    ],
)
def test_as_many_are_found_as_tie_or_rise(
    compiled: kernels.Loops, scores: npt.NDArray[np.float64]
) -> None:
    allowed = np.arange(5_000) % 3 > 0
    expected = kernels.Plain().best(scores.astype(np.float32), allowed, 5)

    assert np.array_equal(
        compiled.best(scores.astype(np.float32), allowed, 5), expected
    )


def test_blends_are_equal_bit_for_bit(compiled: kernels.Loops) -> None:
    random = np.random.default_rng(1)
    sums, factors, before = random.random((3, 1000)).astype(np.float32)
    found = []
    for loops in (kernels.Plain(), compiled):
        scores = before.copy()
        loops.blend(sums, factors, np.float32(0.57), scores)
        found.append(scores.tobytes())

    assert found[0] == found[1]


@pytest.mark.parametrize(("documents", "terms"), SIZES)
def test_shifts_are_equal(compiled: kernels.Loops, documents: int, terms: int) -> None:
    random = np.random.default_rng(terms)
    old, new = random.integers(0, 60_000, (2, terms))
    by_count = random.integers(0, 100_000, 64)
    found = []
    for loops in (kernels.Plain(), compiled):
        to = np.ones((documents, 3), dtype=np.int64)
        loops.shift(*postings(documents, terms)[:3], old, new, by_count, to)
        found.append(to.tolist())

    assert found[0] == found[1]


def test_inverse_lengths_are_equal_bit_for_bit(compiled: kernels.Loops) -> None:
    a = np.random.default_rng(4).integers(0, 10**7, 1000)
    sums = np.stack([a, a * 3000, a * 3000**2], axis=1)
    sums[::7] = 0  # documents without features
    plain, fast = (
        loops.inverse(sums, 12_000, np.float32(65536))
        for loops in (kernels.Plain(), compiled)
    )

    assert plain.tobytes() == fast.tobytes()
    assert not plain[::7].any()
    filled = a > 0
    filled[::7] = False
    assert plain[filled] == pytest.approx(65536 / (9000 * np.sqrt(a[filled])), rel=1e-6)


def test_large_catalogues_are_laid_down_as_small_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(3)
    documents = [
        features.Counted(keys, random.integers(1, 64, len(keys)).astype(np.uint8))
        for keys in (
            np.unique(random.integers(0, 90, size).astype(np.uint64))
            for size in random.integers(0, 40, 50)
        )
    ]
    small = channel.Channel(segment.of(documents))
    monkeypatch.setattr(segment, "LARGE", 1)
    large = channel.Channel(segment.of(documents))

    assert np.array_equal(small.sums, large.sums)
    for part in ("keys", "term_ends", "by_term", "document_ends", "by_document"):
        assert np.array_equal(getattr(small.main, part), getattr(large.main, part)), (
            part
        )


def test_waiting_gives_the_compiled_loops() -> None:
    assert isinstance(kernels.ready(), kernels.Compiled)


def test_nothing_is_compiled_while_somebody_waits(tmp_path: Path) -> None:
    from matching.index import compiled as loops

    kernels.ready()

    def known() -> dict[str, int]:
        names = ("add", "blend", "best", "shift", "inverse")
        return {name: len(getattr(loops, name).signatures) for name in names}

    before = known()
    Matcher().fit(CATALOGUE).save(tmp_path)
    mapped = Matcher.load(tmp_path)
    mapped.rank(CATALOGUE[0])
    mapped.put([Document("new", "轴承保持架", "尼龙保持架的注塑")])
    mapped.rank(CATALOGUE[0])

    assert known() == before
