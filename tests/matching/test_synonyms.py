"""Words of one group are one term of the ranking, and each side is shown in its own words.
Not here: what search does with the groups (tests/search), what a share is worth (test_shares).
"""

from __future__ import annotations

import numpy as np
import pytest

from matching import Document, Matcher
from matching.explaining.sentence import match_sentence
from matching.features import term_key
from matching.index.reading import read_features
from matching.lexicon import synonym_groups

OFFERED = [
    Document("noise", "深沟球轴承低噪声控制", "沟道超精后噪声下降，振动也小。"),
    Document("motor", "异步电机节能改造", "电机效率提高。"),
    Document("plc", "注塑机PLC控制", "用PLC控制注塑机的温度。"),
    Document("sewage", "废水脱色", "催化氧化使废水脱色。"),
    Document("corn", "玉米脱粒", "籽粒破碎少。"),
]


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(vectors=0).fit(OFFERED)


@pytest.mark.parametrize(
    ("asked", "id_", "word", "other"),
    [
        ("轴承异响", "noise", "异响", "噪声"),
        ("轴承总有杂音", "noise", "杂音", "噪声"),
        ("轴承噪声大", "noise", "噪声", None),
        ("马达效率低", "motor", "马达", "电机"),
        ("可编程控制器换代", "plc", "可编程控制器", "PLC"),
        ("plc换代", "plc", "plc", None),
        ("污水颜色深", "sewage", "污水", "废水"),
    ],
)
def test_a_synonym_is_shared_and_both_words_are_named(
    matcher: Matcher, asked: str, id_: str, word: str, other: str | None
) -> None:
    reasons = matcher.explain(Document("q", asked), id_)

    assert word in dict(reasons.words)
    assert reasons.synonyms.get(word) == other
    assert word not in reasons.missing
    assert word not in reasons.unknown_words
    said = str(match_sentence(reasons))
    assert (f"{word}（成果写作{other}）" in said) == (other is not None)


def test_a_document_frequency_is_that_of_all_words_of_a_group() -> None:
    documents = [
        Document(1, "噪声"),
        Document(2, "异响与噪音"),
        Document(3, "杂音"),
        Document(4, "玉米"),
    ]
    matcher = Matcher(vectors=0).fit(documents)
    index = matcher.catalogue_.indexes["words"]
    keys = {term_key(word) for word in ("噪声", "噪音", "异响", "杂音", "异音")}

    assert len(keys) == 1
    assert index.frequency(np.array(list(keys), dtype=np.uint64)).tolist() == [3]


def test_a_compound_and_its_part_of_one_group_count_once() -> None:
    counted = read_features(Document(1, "", "白羽肉鸡")).words

    assert int(counted.counts[counted.keys == term_key("肉鸡")][0]) == 4


@pytest.mark.parametrize(
    ("bare", "longer", "same"),
    [
        # A cage of bearings, and a holder of flowers; balls of mills; boards of circuits.
        ("保持架", "轴承保持架", "保持器"),
        ("钢球", "轴承钢球", None),
        ("多层板", "胶合板", None),
        ("脱臭", "除臭", None),
    ],
)
def test_a_bare_word_of_many_trades_is_no_other_word_of_its_group(
    bare: str, longer: str, same: str | None
) -> None:
    assert term_key(bare) != term_key(longer)
    assert bare in synonym_groups()
    if same:
        assert term_key(bare) == term_key(same)


def test_a_bare_word_still_meets_the_compound_that_ends_with_it() -> None:
    offered = [
        Document("cage", "轴承保持架兜孔检测"),
        Document("corn", "玉米脱粒"),
    ]
    reasons = Matcher(vectors=0).fit(offered).explain(Document("q", "保持架"), "cage")

    assert [word for word, _ in reasons.words] == ["保持架"]


def test_both_words_of_a_group_in_one_query_share_what_they_earn(
    matcher: Matcher,
) -> None:
    reasons = matcher.explain(Document("q", "轴承异响，噪声大"), "noise")

    assert {"异响", "噪声"} <= set(dict(reasons.words))
    assert sum(dict(reasons.words).values()) <= reasons.score


@pytest.mark.parametrize("word", ["ml", "ev", "pi", "pa", "玉米", "mg"])
def test_short_latin_words_and_words_of_no_group_stand_alone(word: str) -> None:
    assert word not in synonym_groups()
    assert term_key(word) not in {term_key(other) for other in synonym_groups()}


def test_what_is_marked_are_the_words_of_both_sides(matcher: Matcher) -> None:
    reasons = matcher.explain(Document("q", "轴承异响"), "noise")

    assert {"异响", "噪声", "轴承"} <= reasons.marked_words
    assert "电机" not in reasons.marked_words
