"""Ranking: what is ranked and how, ties, ids, taking in and out, files that cannot be trusted."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import cosine_similarity

from matching import Document, Match, Matcher, NotFitted, UnusableArtefact, features
from matching import text as words_of
from matching.artefact import check_segment
from matching.features import FEATURE_KINDS
from matching.index import storage
from matching.index.reading import read_features
from matching.index.segment import Segment
from matching.judging.grades import fixed_grade, grade_of_pair
from tests.matching.conftest import CATALOGUE, documents, texts

QUERY = Document(
    "q",
    "求尼龙保持架缺陷检测方法",
    "PA66保持架兜孔毛刺人工抽检漏检多，想上在线视觉检测。",
)


def shown(matches: list[Match]) -> list[tuple[int | str, float]]:
    return [(m.id, m.score) for m in matches]


def test_the_fitting_one_comes_first(matcher: Matcher) -> None:
    expected = 31

    assert matcher.rank(QUERY)[0].id == expected


def test_many_are_ranked_as_each_alone(matcher: Matcher) -> None:
    many = [
        QUERY,
        Document("", "", ""),
        *CATALOGUE,
        Document("q2", "PA66 ﬁ", "2018年\ud800"),
    ]

    found = matcher.rank_all(iter(many), top=3)

    assert [shown(best) for best in found] == [
        shown(matcher.rank(document, top=3)) for document in many
    ]
    assert found[0][0].reasons == matcher.rank(QUERY)[0].reasons
    assert matcher.rank_all([]) == []


@pytest.mark.parametrize(
    "document", [d for d in CATALOGUE if d.id not in (5, 6)], ids=lambda d: str(d.id)
)
def test_a_text_is_nearest_to_itself(matcher: Matcher, document: Document) -> None:
    best = matcher.rank(document, top=1)[0]

    assert best.id == document.id
    assert best.score == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("", "", "empty"),
        ("　", "\n ，。…", "empty"),
        ("合作", "我公司希望寻求合作，欢迎联系", "boilerplate"),
        ("2018年", "500万元", "boilerplate"),
        ("", "一种的方法", "boilerplate"),
        ("轴承", "", None),
    ],
)
def test_a_text_that_says_nothing_is_not_ranked_but_explained(
    matcher: Matcher, title: str, text: str, expected: str | None
) -> None:
    document = Document("q", title, text)

    assert matcher.analyze(document).empty_reason == expected
    assert (matcher.rank(document) == []) == (expected is not None)


def test_documents_that_say_nothing_are_never_ranked(matcher: Matcher) -> None:
    query = Document(
        "q", "我公司需求合作：轴承保持架", "我公司希望寻求合作，欢迎联系，电话面议。"
    )

    assert {5, 6}.isdisjoint(m.id for m in matcher.rank(query))
    assert matcher.score(query, [5, 6]).tolist() == [0.0, 0.0]


def test_unknown_words_are_told(matcher: Matcher) -> None:
    query = Document("q", "保持架与星载铷原子钟封装")
    understanding = matcher.analyze(query)

    assert "原子钟" in understanding.unknown
    assert "保持架" not in understanding.unknown
    assert (
        "评片"
        not in Matcher()
        .fit([Document(1, "射线评片员培训")])
        .analyze(Document("q", "评片"))
        .unknown
    )
    assert sum(weight for _, weight in understanding.weighed) == pytest.approx(1.0)
    assert [w for _, w in understanding.weighed] == sorted(
        (w for _, w in understanding.weighed), reverse=True
    )


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([3, 1, 2], [1, 2, 3]),
        (["b", "a", "c"], ["a", "b", "c"]),
        (["2", 10, "10", 9], [9, 10, "10", "2"]),
    ],
)
def test_equal_scores_are_ordered_by_id(
    ids: list[int | str], expected: list[int | str]
) -> None:
    matcher = Matcher().fit([Document(i, "轴承保持架", "冲压") for i in ids])

    assert [m.id for m in matcher.rank(QUERY)] == expected
    assert [m.id for m in matcher.rank(QUERY, top=2)] == expected[:2]


@pytest.mark.parametrize(
    ("only", "expected"),
    [(None, 4), ({31, "b-2"}, 2), (set(), 0), ({"nobody"}, 0), ({6}, 0)],
)
def test_only_what_is_allowed_is_ranked(
    matcher: Matcher, only: set[int | str] | None, expected: int
) -> None:
    query = Document("q", "保持架检测 隔膜涂覆 废水脱色 驴皮酶解")
    found = matcher.rank(query, only=only)

    assert len(found) == expected
    assert only is None or {m.id for m in found} <= only


@pytest.mark.parametrize(
    ("top", "expected"), [(0, 0), (-1, 0), (1, 1), (3, 3), (50, 4)]
)
def test_top_is_an_upper_bound(matcher: Matcher, top: int, expected: int) -> None:
    assert (
        len(
            matcher.rank(
                Document("q", "保持架检测 隔膜涂覆 废水脱色 驴皮酶解"), top=top
            )
        )
        == expected
    )


def test_a_text_without_title_is_headed_by_its_first_sentence(matcher: Matcher) -> None:
    pasted = Document("q", "", "尼龙保持架缺陷怎么检测？人工抽检漏检多。")
    titled = Document(
        "q", "尼龙保持架缺陷怎么检测", "尼龙保持架缺陷怎么检测？人工抽检漏检多。"
    )

    assert shown(matcher.rank(pasted)) == shown(matcher.rank(titled))


def test_an_empty_catalogue_ranks_nothing_and_can_grow() -> None:
    matcher = Matcher().fit([])

    assert matcher.rank(QUERY) == []
    assert len(matcher) == 0
    assert shown(matcher.put(CATALOGUE).rank(QUERY)) == shown(
        Matcher().fit(CATALOGUE).rank(QUERY)
    )


def test_an_unfitted_matcher_says_so() -> None:
    uses: list[Callable[[Matcher], object]] = [
        lambda m: m.rank(QUERY),
        lambda m: m.explain(QUERY, 1),
        lambda m: m.put([]),
        lambda m: m.remove([1]),
        lambda m: m.save("nowhere"),
        lambda m: m.analyze(QUERY),
        len,
    ]
    for use in uses:
        with pytest.raises(NotFitted):
            use(Matcher())


def test_an_id_that_occurs_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="same id"):
        Matcher().fit([CATALOGUE[0], CATALOGUE[0]])


def test_explaining_a_stranger_by_id_is_refused(matcher: Matcher) -> None:
    with pytest.raises(KeyError):
        matcher.explain(QUERY, 999)


def test_the_word_features_give_the_cosine_of_scikit_learn() -> None:
    kept = [d for d in CATALOGUE if read_features(d).has_content]

    def words(document: Document) -> list[str]:
        title, text = features.title_and_text(document)
        return words_of.words(title, stop=True) * 3 + words_of.words(text, stop=True)

    vectors = TfidfVectorizer(analyzer=words, sublinear_tf=True).fit_transform(kept)
    expected = cosine_similarity(vectors)
    matcher = Matcher().fit(kept)
    index = matcher.catalogue_.indexes["words"]
    found = np.array(
        [
            index.dot(index.weigh(read_features(d).words, len(kept)))
            / index.norms(len(kept), np.arange(len(kept)))
            for d in kept
        ]
    )

    assert found == pytest.approx(expected, abs=1e-3)  # idf in 1024-th parts


@settings(max_examples=60)
@given(documents(), documents("x"), st.sets(st.integers(0, 9)), texts)
def test_a_catalogue_that_changed_equals_one_fitted_at_once(
    first: list[Document], later: list[Document], gone: set[int], asked: str
) -> None:
    grown = Matcher().fit(first).put(later).remove(gone)
    everything = {d.id: d for d in [*first, *later]}
    whole = Matcher().fit([d for i, d in everything.items() if i not in gone])
    query = Document("q", asked, asked)
    expected = shown(whole.rank(query))

    assert shown(grown.rank(query)) == expected
    assert [m.reasons for m in grown.rank(query)] == [
        m.reasons for m in whole.rank(query)
    ]
    assert shown(grown.merge().rank(query)) == expected
    assert len(grown) == len(whole)


def test_many_changes_leave_nothing_behind() -> None:
    matcher = Matcher().fit(CATALOGUE)
    expected = shown(matcher.rank(QUERY))
    for turn in range(30):
        matcher.put(
            [
                Document(f"t{turn}", "保持架缺陷检测", "尼龙保持架"),
                Document(31, "酶解", "驴皮"),
            ]
        )
        assert shown(matcher.rank(QUERY)) != expected
        matcher.remove([f"t{turn}"]).put([CATALOGUE[0]])

    assert shown(matcher.rank(QUERY)) == expected


@settings(max_examples=60)
@given(documents(), texts)
def test_scores_lie_between_0_and_1_and_fall(
    catalogue: list[Document], asked: str
) -> None:
    found = Matcher().fit(catalogue).rank(Document("q", asked))
    scores = [m.score for m in found]

    assert all(0 < score <= 1 for score in scores)
    assert scores == sorted(scores, reverse=True)


@settings(max_examples=60)
@given(documents(), texts)
def test_the_same_question_gets_the_same_answer(
    catalogue: list[Document], asked: str
) -> None:
    query = Document("q", asked)
    once = Matcher().fit(catalogue).rank(query)
    again = Matcher().fit(reversed(catalogue)).rank(query)

    assert shown(once) == shown(again)


@settings(max_examples=40)
@given(documents(), texts, st.text(max_size=30))
def test_any_text_may_be_asked(
    catalogue: list[Document], title: str, text: str
) -> None:
    matcher = Matcher().fit(catalogue)
    query = Document("q", title, text)

    for match in matcher.rank(query):
        assert match.reasons.score == match.score


@pytest.mark.parametrize(
    "weights",
    [{"grams": 0.0}, {"titles": 0.0}, {"words": 0.0}, {"grams": 0.0, "titles": 0.0}],
)
def test_any_kind_of_features_may_be_left_out(
    weights: dict[str, float], tmp_path: Path
) -> None:
    matcher = Matcher(**weights).fit(CATALOGUE).put([Document(99, "保持架缺陷")])
    matcher.save(tmp_path)
    loaded = Matcher.load(tmp_path)

    assert matcher.rank(QUERY)[0].id in (31, 99)
    assert shown(loaded.rank(QUERY)) == shown(matcher.rank(QUERY))
    for match in loaded.rank(QUERY):
        assert sum(
            s for _, s in match.reasons.words
        ) + match.reasons.residual == pytest.approx(match.score)


def test_very_long_texts_are_read_and_ranked() -> None:
    matcher = Matcher().fit(
        [Document(1, "保持架", "轴承保持架颤振。" * 20_000), *CATALOGUE[1:]]
    )

    assert matcher.rank(Document("q", "保持架" * 500, "颤振" * 50_000))[0].id == 1


# files


def test_what_was_saved_answers_the_same(matcher: Matcher, tmp_path: Path) -> None:
    matcher.put([Document("n", "保持架注塑", "尼龙")]).remove([12])
    expected = shown(matcher.rank(QUERY))
    matcher.save(tmp_path / "m")
    loaded = Matcher.load(tmp_path / "m")

    assert shown(loaded.rank(QUERY)) == expected
    assert [m.reasons for m in loaded.rank(QUERY)] == [
        m.reasons for m in matcher.rank(QUERY)
    ]
    assert "n" in loaded
    assert 12 not in loaded


def test_a_loaded_matcher_can_change_without_touching_the_files(
    matcher: Matcher, tmp_path: Path
) -> None:
    matcher.save(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    loaded = (
        Matcher.load(tmp_path)
        .remove([31])
        .put([Document(99, "保持架检测"), Document(7, "驴皮", "酶解")])
    )
    everything = [d for d in CATALOGUE if d.id not in (31, 7)] + [
        Document(99, "保持架检测"),
        Document(7, "驴皮", "酶解"),
    ]

    assert shown(loaded.rank(QUERY)) == shown(Matcher().fit(everything).rank(QUERY))
    assert {
        path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()
    } == before


def test_an_empty_matcher_can_be_saved(tmp_path: Path) -> None:
    Matcher().fit([]).save(tmp_path)

    assert len(Matcher.load(tmp_path)) == 0


def test_a_new_generation_takes_the_place_of_the_old(
    matcher: Matcher, tmp_path: Path
) -> None:
    reader = (matcher.save(tmp_path), Matcher.load(tmp_path))[1]
    expected = shown(reader.rank(QUERY))
    names = [
        matcher.put([Document(f"n{i}", "保持架检测")]).save(tmp_path) for i in range(3)
    ]
    folders = sorted(p.name for p in tmp_path.iterdir() if p.is_dir())

    assert (tmp_path / "CURRENT").read_text() == names[-1]
    assert folders == names[-2:]
    assert (
        shown(reader.rank(QUERY)) == expected
    )  # the old files stay open where they are read
    assert "n2" in Matcher.load(tmp_path)


def test_nothing_is_pickled(matcher: Matcher, tmp_path: Path) -> None:
    matcher.save(tmp_path)
    kinds = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}

    assert kinds == {"", ".npy", ".json"}
    for path in tmp_path.rglob("*.npy"):
        np.load(path, allow_pickle=False)


def damage_missing(folder: Path) -> None:
    shutil.rmtree(folder)


def damage_pointer(folder: Path) -> None:
    (folder / "CURRENT").write_text("../../etc")


def damage_pointer_bytes(folder: Path) -> None:
    (folder / "CURRENT").write_bytes(b"\xff\xfe\x00")


def damage_generation(folder: Path) -> None:
    shutil.rmtree(folder / (folder / "CURRENT").read_text())


def damage_manifest(folder: Path) -> None:
    next(folder.rglob("manifest.json")).write_text("{")


def damage_manifest_kind(folder: Path) -> None:
    next(folder.rglob("manifest.json")).write_text("[]")


def damage_format(folder: Path) -> None:
    path = next(folder.rglob("manifest.json"))
    path.write_text(
        json.dumps({**json.loads(path.read_text()), "format": "another program 7"})
    )


def damage_words(folder: Path) -> None:
    path = next(folder.rglob("manifest.json"))
    manifest = json.loads(path.read_text())
    manifest["facts"]["words"] = "older"
    path.write_text(json.dumps(manifest))


def damage_facts(folder: Path) -> None:
    path = next(folder.rglob("manifest.json"))
    manifest = json.loads(path.read_text())
    del manifest["facts"]["weights"]
    path.write_text(json.dumps(manifest))


def damage_cut(folder: Path) -> None:
    path = next(folder.rglob("grams-by_term.npy"))
    path.write_bytes(path.read_bytes()[:-10])


def damage_bytes(folder: Path) -> None:
    path = next(folder.rglob("words-keys.npy"))
    path.write_bytes(path.read_bytes()[:-4] + b"zzzz")


def damage_file(folder: Path) -> None:
    next(folder.rglob("ranked.npy")).unlink()


def damage_foreign(folder: Path) -> None:
    path = next(folder.rglob("titles-keys.npy"))
    path.write_bytes(b"PK\x03\x04 not an array")


DAMAGE = [
    value for name, value in sorted(globals().items()) if name.startswith("damage_")
]


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda d: d.__name__)
def test_a_damaged_artefact_raises_one_clear_error(
    matcher: Matcher, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = tmp_path / "m"
    matcher.save(folder)
    damage(folder)

    with pytest.raises(UnusableArtefact, match="m"):
        Matcher.load(folder)


@pytest.mark.parametrize("copied", [0, storage.COPIED], ids=["mapped", "copied"])
def test_any_bit_that_changes_is_found(
    matcher: Matcher,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    copied: int,
) -> None:
    monkeypatch.setattr(storage, "COPIED", copied)
    matcher.save(tmp_path)
    dice = random.Random(7)  # noqa: S311  dice

    for path in sorted(tmp_path.rglob("*.*")):
        content = path.read_bytes()
        for _ in range(5):
            spoilt = bytearray(content)
            spoilt[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
            path.write_bytes(spoilt)
            with pytest.raises(UnusableArtefact):
                Matcher.load(tmp_path)
            with pytest.raises(UnusableArtefact):
                storage.check_files(tmp_path)
        path.write_bytes(content)
    storage.check_files(tmp_path)

    assert len(Matcher.load(tmp_path)) == len(matcher)


GOOD = {
    "keys": np.array([3, 9], np.uint64),
    "term_ends": np.array([0, 1, 3], np.int64),
    "by_term": np.array([0 << 6 | 1, 0 << 6 | 2, 1 << 6 | 1], np.uint32),
    "document_ends": np.array([0, 2, 3], np.int64),
    "by_document": np.array([0 << 6 | 1, 1 << 6 | 2, 1 << 6 | 1], np.uint32),
}


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("keys", np.array([9, 3], np.uint64)),
        ("keys", np.array([3, 3], np.uint64)),
        ("keys", np.array([3, 9], np.int64)),
        ("keys", np.array([3], np.uint64)),
        ("term_ends", np.array([0, 1, 4], np.int64)),
        ("term_ends", np.array([1, 1, 3], np.int64)),
        ("term_ends", np.array([0, -5, 3], np.int64)),
        ("term_ends", np.array([0, 9, 3], np.int64)),
        ("term_ends", np.array([], np.int64)),
        ("term_ends", np.array([0, 1, 3], np.int32)),
        ("by_term", np.array([1, 2, 2 << 6 | 1], np.uint32)),
        ("by_term", np.array([1, 2, 2**32 - 1], np.uint32)),
        ("by_term", np.array([[1, 2, 65]], np.uint32)),
        ("document_ends", np.array([0, 3], np.int64)),
        ("document_ends", np.array([0, 2, 2**40], np.int64)),
        ("by_document", np.array([1, 66, 2 << 6 | 1], np.uint32)),
        ("by_document", np.array([1, 66, 65], np.uint64)),
        ("by_document", np.array([1, 66], np.uint32)),
    ],
)
def test_postings_that_point_outside_are_refused(part: str, values: Any) -> None:
    check_segment(Segment(**GOOD))

    with pytest.raises(ValueError, match="not what a matcher writes"):
        check_segment(Segment(**{**GOOD, part: values}))


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda d: d.__name__)
def test_saving_mends_a_damaged_artefact(
    matcher: Matcher, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = tmp_path / "m"
    matcher.save(folder)
    damage(folder)
    matcher.save(folder)

    assert len(Matcher.load(folder)) == len(matcher)


@settings(max_examples=60)
@given(documents(), documents("x"), texts)
def test_few_documents_are_summed_like_all(
    first: list[Document], later: list[Document], asked: str
) -> None:
    matcher = Matcher().fit(first).put(later)
    query = read_features(Document("q", asked, asked))
    for kind, index in matcher.catalogue_.indexes.items():
        weighted = index.weigh(getattr(query, kind), len(matcher))
        every = index.dot(weighted)
        main, all_numbers = np.arange(index.main.size), np.arange(len(every))
        for numbers in (main, all_numbers):
            found = index.dot_documents(weighted, numbers)
            # Bit for bit: a pair has one score on whichever page it stands.
            assert found.tobytes() == every[numbers].tobytes()


@settings(max_examples=60)
@given(documents(), texts)
def test_a_pair_has_the_grade_of_its_reasons(
    catalogue: list[Document], asked: str
) -> None:
    matcher = Matcher().fit(catalogue)
    query = Document("q", asked, asked)
    for match in matcher.rank(query):
        pair = matcher.pair(query, match.id)
        assert (pair.score, pair.length_ratio) == (match.score, match.length_ratio)
        assert grade_of_pair(pair) == fixed_grade(match.reasons)


@settings(max_examples=60)
@given(documents(), documents("x"), texts)
def test_stored_features_are_those_of_the_text(
    first: list[Document], later: list[Document], asked: str
) -> None:
    matcher = Matcher().fit(first).put(later)
    by_id = {document.id: document for document in [*first, *later]}
    for match in matcher.rank(Document("q", asked, asked)):
        document = by_id[match.id]
        read = read_features(document)
        for kind in FEATURE_KINDS:
            stored, counted = getattr(match.features, kind), getattr(read, kind)
            assert stored.keys.tolist() == counted.keys.tolist()
            assert stored.counts.tolist() == counted.counts.tolist()
        # As the page of an achievement reads the demands that are near to it.
        pair = matcher.pair(document, match.id, match.features)
        plain = matcher.pair(document, match.id)
        assert (pair.score, pair.reasons) == (plain.score, plain.reasons)
