"""What a text asks for: terms, whole phrases, parts, limits. No engine here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.embedded.encoding import phrase_query, word_query
from search.folding import FoldedText, fold_character, fold_text
from search.terms import MAX_TERMS, MAX_TEXT, fallback_terms, parse_query


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


def test_signs_cannot_leave_the_quotes() -> None:
    assert phrase_query('a"b').count('"') == 2
    assert word_query('c"').count('"') == 2
    assert phrase_query("ab", title=True) == 'title : "ab"'
