"""Each compiled loop gives the bits of its numpy form, and the best of a scan are those of a full sort."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from matching import (
    Document,
    Matcher,
    sentence_kernels,
    text_kernels,
    vector_kernels,
)
from matching.explaining import kernels as explaining_kernels
from matching.features import FeatureCounts
from matching.index import compiling, kernels, token_kernels
from matching.index.feature_index import FeatureIndex
from matching.index.segment import Segment
from matching.index.weighting import SQUARED, SUBLINEAR, SUBLINEAR_32, scaled_log
from tests.matching.conftest import CATALOGUE
from tests.matching.oracle import NumpyKernels, PlainReasons

SIZES = [(1, 1), (5, 3), (400, 30), (20_000, 200)]
FORMS = (NumpyKernels, kernels)
REASONS = (PlainReasons, explaining_kernels)
_MODULES = (kernels, token_kernels, text_kernels, sentence_kernels, vector_kernels)


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
def test_sums_are_equal_bit_for_bit(documents: int, terms: int) -> None:
    found = []
    for form in FORMS:
        sums = np.zeros(documents, dtype=np.float32)
        form.sum_postings(*postings(documents, terms), SUBLINEAR_32, sums)
        found.append(sums.tobytes())

    assert found[0] == found[1]


@pytest.mark.parametrize(("documents", "_terms"), SIZES)
@pytest.mark.parametrize("top", [1, 2, 20, 1000])
def test_the_best_are_among_those_found(documents: int, _terms: int, top: int) -> None:
    random = np.random.default_rng(top)
    scores = np.round(random.random(documents) ** 9, 3).astype(np.float32)
    allowed = random.random(documents) < 0.8
    offered = np.where(allowed, scores, 0)
    top = min(top, documents)
    last = np.sort(offered)[::-1][:top][-1]
    expected = set(np.flatnonzero((offered > 0) & (offered >= last)).tolist())
    for form in FORMS:
        found = set(form.top_candidates(scores, allowed, top, kernels.NEAR).tolist())

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
def test_as_many_are_found_as_tie_or_rise(scores: npt.NDArray[np.float64]) -> None:
    allowed = np.arange(5_000) % 3 > 0
    expected, found = (
        form.top_candidates(scores.astype(np.float32), allowed, 5, kernels.NEAR)
        for form in FORMS
    )

    assert np.array_equal(found, expected)


def test_accumulated_scores_are_equal_bit_for_bit() -> None:
    random = np.random.default_rng(1)
    sums, factors, before = random.random((3, 1000)).astype(np.float32)
    found = []
    for form in FORMS:
        scores = before.copy()
        form.accumulate(sums, factors, np.float32(0.57), scores)
        found.append(scores.tobytes())

    assert found[0] == found[1]


@pytest.mark.parametrize(("documents", "terms"), SIZES)
def test_updated_norm_sums_are_equal(documents: int, terms: int) -> None:
    random = np.random.default_rng(terms)
    old, new = random.integers(0, 60_000, (2, terms))
    by_count = random.integers(0, 100_000, 64)
    found = []
    for form in FORMS:
        to = np.ones((documents, 3), dtype=np.int64)
        form.update_norm_sums(*postings(documents, terms)[:3], old, new, by_count, to)
        found.append(to.tolist())

    assert found[0] == found[1]


def test_inverse_norms_are_equal_bit_for_bit() -> None:
    a = np.random.default_rng(4).integers(0, 10**7, 1000)
    sums = np.stack([a, a * 3000, a * 3000**2], axis=1)
    sums[::7] = 0  # documents without features
    plain, fast = (
        form.inverse_norms(sums, 12_000, np.float32(65536)) for form in FORMS
    )

    assert plain.tobytes() == fast.tobytes()
    assert not plain[::7].any()
    filled = a > 0
    filled[::7] = False
    assert plain[filled] == pytest.approx(65536 / (9000 * np.sqrt(a[filled])), rel=1e-6)


def test_segments_and_their_norm_sums_are_those_of_numpy() -> None:
    random = np.random.default_rng(3)
    documents = [
        FeatureCounts(keys, random.integers(1, 64, len(keys)).astype(np.uint8))
        for keys in (
            np.unique(random.integers(0, 90, size).astype(np.uint64))
            for size in random.integers(0, 40, 50)
        )
    ]
    segment = Segment.from_documents(documents)
    numbers = segment.by_document >> np.uint32(6)
    frequencies = NumpyKernels.count_numbers(numbers, len(segment.keys))
    inverted = NumpyKernels.invert_postings(
        segment.by_document, segment.document_ends, segment.term_ends
    )
    sums = NumpyKernels.norm_sums(
        segment.by_document, segment.document_ends, scaled_log(frequencies), SQUARED
    )

    assert np.array_equal(segment.frequencies, frequencies)
    assert np.array_equal(segment.by_term, inverted)
    assert np.array_equal(FeatureIndex(segment).sums, sums)


@pytest.mark.parametrize("norm", [0.0, 0.37])
@pytest.mark.parametrize(("own", "theirs"), [(0, 5), (1, 0), (40, 60), (900, 500)])
def test_what_features_earn_is_equal_bit_for_bit(
    own: int, theirs: int, norm: float
) -> None:
    random = np.random.default_rng(own + theirs)
    everything = random.permutation(own + theirs).astype(np.uint64) << np.uint64(50)
    known = np.sort(everything[:own])
    # Half of the document's features are the query's; they come in the order in which they were added.
    keys = random.permutation(everything[own // 2 : own // 2 + theirs])
    counts = random.integers(1, 64, len(keys)).astype(np.uint8)
    weights = random.random(own)
    found = []
    for form in REASONS:
        parts, shared = np.zeros(own), np.zeros(own, dtype=np.bool_)
        total = form.earn_parts(
            known, weights, keys, counts, SUBLINEAR, norm, 0.3, parts, shared
        )
        found.append((total, parts.tobytes(), shared.tobytes()))
        assert set(known[shared]) == set(known) & set(keys)
        assert np.all((parts > 0) == (shared if norm else False))

    assert found[0] == found[1]


def test_parts_go_to_the_word_that_covers_the_whole_place() -> None:
    random = np.random.default_rng(8)
    # Spans of one to five characters with gaps between some of them; two spans may be one word.
    sizes = random.integers(1, 6, 60)
    owner = np.where(random.random(60) < 0.3, -1, np.arange(60))
    owners = np.repeat(owner, sizes).astype(np.int32)
    words = random.integers(0, 20, 60).astype(np.int32)
    starts = random.integers(0, len(owners) - 4, 500)
    ends = starts + random.integers(1, 4, 500)
    features = np.sort(random.integers(0, 90, 500))
    found = []
    for form in REASONS:
        earned = np.zeros(20)
        parts, shares = np.linspace(0, 1, 90), np.linspace(1, 0, 500)
        form.share_places(parts, features, starts, ends, shares, owners, words, earned)
        found.append(earned.tobytes())
        assert 0 < earned.sum() < np.sum(parts[features] * shares)

    assert found[0] == found[1]


@pytest.mark.parametrize("name", [n for n in vars(NumpyKernels) if n[0] != "_"])
def test_a_loop_is_compiled_once_at_the_import(name: str) -> None:
    assert len(getattr(kernels, name).signatures) == 1


def test_what_is_stored_is_void_when_any_file_of_loops_changes() -> None:
    """Loops are compiled into those of other files, of which numba by itself notices no change."""
    found = 0
    for module in list(sys.modules.values()):
        if not module.__name__.startswith("matching."):
            continue
        for name, loop in vars(module).items():
            if hasattr(loop, "py_func"):
                stored = loop._cache._impl.locator
                assert stored.get_source_stamp() == compiling.stamp_of_loops(), name
                found += 1
    assert found > 50


def test_loops_take_nothing_from_files_that_the_stamp_leaves_out() -> None:
    stamped = {path.stem for path in compiling.files_of_loops()}
    for path in compiling.files_of_loops():
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            # Those that only have constants of loops take none themselves.
            if "_loop" not in source or not isinstance(node, ast.ImportFrom):
                continue
            names = {alias.name for alias in node.names}
            if node.module == "matching.index":
                assert names <= stamped, path
            # The types of arrays are no part of what is compiled.
            elif (node.module or "").startswith("matching."):
                assert node.module.rpartition(".")[2] in {*stamped, "arrays"}, path


def test_nothing_is_compiled_while_somebody_waits(tmp_path: Path) -> None:
    def known() -> dict[str, int]:
        loops: dict[str, int] = {}
        for module in _MODULES:
            for name, loop in vars(module).items():
                if hasattr(loop, "py_func"):
                    loops[f"{module.__name__}.{name}"] = len(loop.signatures)
        return loops

    before = known()
    Matcher().fit(CATALOGUE).save(tmp_path)
    mapped = Matcher.load(tmp_path)
    mapped.rank(CATALOGUE[0])
    mapped.put([Document("new", "轴承保持架", "尼龙保持架的注塑")])
    mapped.rank(CATALOGUE[0])

    assert len(before) > 20
    assert known() == before
