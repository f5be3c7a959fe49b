"""What a text asks for: terms, whole phrases, parts, limits. No engine here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.embedded.encoding import phrase_query, word_query
from search.folding import FoldedText, fold_character, fold_text
from search.terms import MAX_PAIRS, MAX_TERMS, MAX_TEXT, fallback_terms, parse_query


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \t\x00\u200b", []),
        ("电池", ["电池"]),
        ("电池 电池", ["电池"]),
        ("C++", ["c++"]),
        ("(电池)", ["电池"]),
        ("++", []),  # signs alone ask for nothing
        ("， 。", []),
        ("★ 😀", ["★", "😀"]),
        ("ＰＡ６６", ["pa66"]),
    ],
)
def test_terms_of(text: str, expected: list[str]) -> None:
    assert [term.phrase for term in parse_query(text).terms] == expected


def test_a_long_text_is_read_to_its_limit_and_keeps_its_longest_words() -> None:
    terms = parse_query(
        " ".join(f"w{'x' * (i % 40)}{i}" for i in range(2000))[: 10 * MAX_TEXT]
    ).terms
    assert len(terms) == MAX_TERMS
    assert min(len(term.phrase) for term in terms) > 20


def test_a_word_found_nowhere_gives_way_to_its_parts() -> None:
    terms = parse_query("锂离子电池").terms
    whole_terms = [term.phrase for term in fallback_terms(terms, [])]
    parts = [term.phrase for term in fallback_terms(terms, terms)]
    assert whole_terms == [term.phrase for term in terms]
    assert len(terms) > 1 or parts != whole_terms


def test_stop_words_are_not_enough_for_a_relaxed_answer() -> None:
    terms = parse_query("轴承的").terms
    assert [term.phrase for term in fallback_terms(terms, [])] == ["轴承"]
    only = parse_query("的").terms
    assert fallback_terms(only, []) == list(only)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ａb　C", "abc"),
        ("①㎡", "1m2"),
        ("ß", "ss"),
        ("é", "e\u0301"),
        ("\ue000a\x00", "a"),
    ],
)
def test_folding(text: str, expected: str) -> None:
    assert fold_text(text) == expected
    assert FoldedText.fold_all([text])[0].text == expected


TEXT = st.text(
    st.one_of(st.characters(), st.sampled_from("轴承 \n①㎡ﬃA½㍿\u0301\u3000\x01")),
    max_size=20,
)


@given(st.lists(TEXT, max_size=5))
def test_every_folded_character_knows_where_it_stood(texts: list[str]) -> None:
    together = FoldedText.fold_all(texts)

    assert [found.text for found in together] == [fold_text(text) for text in texts]
    assert [
        [found.origin(place) for place in range(len(found.text))] for found in together
    ] == [
        [
            place
            for place, character in enumerate(text)
            for _ in fold_character(character)
        ]
        for text in texts
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("轴承", []),
        # two words are ranked as words
        ("轴承故障", []),
        # keywords, each by itself
        ("轴承 故障 诊断 系统", []),
        ("轴承的故障诊断", ["轴承", "承的", "的故", "故障", "障诊", "诊断"]),
        # what is written together counts, not what a blank or a sign keeps apart
        (
            "轴承故障，在线 诊断系统",
            ["轴承", "承故", "故障", "在线", "诊断", "断系", "系统"],
        ),
        # two Latin letters are a piece of a word; one beside a character is none
        ("PA66保持架的磨削", ["6保", "保持", "持架", "架的", "的磨", "磨削"]),
        ("make bearing steel parts", []),
        # a pair is a pair once
        (
            "轴承轴承的故障诊断",
            ["轴承", "承轴", "承的", "的故", "故障", "障诊", "诊断"],
        ),
        # as it is folded
        ("軸承的故障診斷", ["轴承", "承的", "的故", "故障", "障诊", "诊断"]),
        # a page
        ("针对动力电池热失控采用纳米氧化铝陶瓷浆料在聚烯烃隔膜上双面涂覆" * 9, []),
        ("，。！？轴承的故障" + "、" * 300, []),
    ],
)
def test_pairs_of_a_long_text(text: str, expected: list[str]) -> None:
    assert list(parse_query(text).pairs) == expected


def test_a_text_of_more_pairs_than_a_title_has_is_a_page() -> None:
    # Every character another one, so that no pair is there twice.
    characters = "".join(map(chr, range(0x4E00, 0x4E00 + 2 * MAX_PAIRS)))
    assert len(parse_query(characters[: MAX_PAIRS + 1]).pairs) == MAX_PAIRS
    assert parse_query(characters[: MAX_PAIRS + 2]).pairs == ()


def test_signs_cannot_leave_the_quotes() -> None:
    assert phrase_query('a"b').count('"') == 2
    assert word_query('c"').count('"') == 2
    assert phrase_query("ab", title=True) == 'title : "ab"'
