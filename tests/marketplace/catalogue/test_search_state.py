"""The search page's address: whatever is typed is read, and every state has an address that reads back the same.

What is found is tested in `test_search.py`.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from marketplace.catalogue.search_state import (
    FACETS,
    PAGE_LIMIT,
    SORTS,
    TEXT_LIMIT,
    SearchState,
    clean_query,
)

NAMES = {
    "field": {"40": "新材料", "80": "先进制造与自动化"},
    "chain": {"bearing": "轴承"},
    "stage": {"pilot": "中试", "lab_scale": "小试"},
    "mode": {"license": "许可"},
    "district": {"371581": "临清市", "LC-EDZ": "聊城经济技术开发区"},
    "year": {},
    "institution": {},
    "need": {"talent": "人才需求", "capital": "资金需求"},
    "achievement_type": {"applied_technology": "应用技术类"},
}


def read(*pairs: tuple[str, str]) -> SearchState:
    return SearchState.from_address(MultiDict(pairs), NAMES)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("", ""),
        ("  轴承　振动 \n", "轴承 振动"),
        ("轴承\x00振动", "轴承 振动"),
        ("\ud800PA66", "PA66"),
        ('🔩 C++ AND "', '🔩 C++ AND "'),
        ("' OR 1=1; --", "' OR 1=1; --"),
    ],
)
def test_a_query_is_cleaned_and_never_syntax(typed: str, text: str) -> None:
    assert read(("q", typed)).text == text


def test_a_very_long_query_is_cut_and_kept_for_the_trial() -> None:
    typed = "轴承异音" * 1250

    state = read(("q", typed))

    assert (len(state.text), state.whole) == (TEXT_LIMIT, typed)


@pytest.mark.parametrize(
    ("typed", "page"),
    [
        ("3", 3),
        ("", 1),
        ("0", 1),
        ("-2", 1),
        ("二", 1),
        ("²", 1),
        ("1.5", 1),
        ("1e3", 1),
        ("9" * 40, PAGE_LIMIT),
    ],
)
def test_a_page_that_is_none_is_the_first(typed: str, page: int) -> None:
    assert read(("page", typed)).page == page


def test_unknown_values_are_left_out_and_named() -> None:
    state = read(
        ("stage", "pilot"),
        ("stage", "tomorrow"),
        ("chain", "<b>"),
        ("year", "20x6"),
        ("year", "2026"),
        ("kind", "x"),
    )

    assert state.filters == {"stage": ("pilot",), "year": ("2026",)}
    assert set(state.unknown) == {"<b>", "tomorrow", "20x6"}
    assert state.kind == ""


def test_neighbours_start_on_the_first_page() -> None:
    state = read(
        ("q", "轴承"), ("stage", "pilot"), ("stage", "lab_scale"), ("page", "4")
    )

    without = state.without("stage", "pilot").arguments()

    assert without == {"q": "轴承", "stage": ["lab_scale"]}
    assert state.on_page(5).arguments()["page"] == "5"
    assert state.of_kind("demand").arguments() == {
        "q": "轴承",
        "kind": "demand",
        "stage": ["pilot", "lab_scale"],
    }
    assert state.unfiltered().arguments() == {"q": "轴承"}
    assert list(state.hidden_fields("q")) == [
        ("stage", "pilot"),
        ("stage", "lab_scale"),
    ]


def test_the_usual_order_depends_on_whether_there_are_words() -> None:
    assert read(("q", "轴承")).order == "relevance"
    assert read().order == "newest"
    assert read(("sort", "deadline")).order == "deadline"
    assert read(("sort", "price; drop")).order == "newest"


@given(st.text(), st.text(), st.text(), st.text())
def test_no_address_is_an_error(q: str, page: str, facet: str, sort: str) -> None:
    state = read(
        ("q", q),
        ("page", page),
        ("stage", facet),
        ("year", facet),
        ("sort", sort),
        ("kind", facet),
    )

    state.query(frozenset({"public"}), size=20)
    assert len(state.text) <= TEXT_LIMIT


@given(
    st.text(max_size=TEXT_LIMIT),
    st.sampled_from(["", "achievement", "demand"]),
    st.fixed_dictionaries(
        {},
        optional={
            f: st.sets(st.sampled_from(sorted(NAMES[f])), min_size=1)
            for f in FACETS
            if NAMES[f]
        },
    ),
    st.sampled_from(["", *SORTS]),
    st.integers(1, PAGE_LIMIT),
)
def test_every_state_has_an_address_that_reads_back_the_same(
    text: str, kind: str, filters: dict[str, set[str]], sort: str, page: int
) -> None:
    state = SearchState(
        clean_query(text),
        kind,
        {f: tuple(sorted(v)) for f, v in filters.items()},
        sort,
        page,
    )

    again = SearchState.from_address(MultiDict(state.arguments()), NAMES)

    assert (again.text, again.kind, dict(again.filters), again.sort, again.page) == (
        state.text, state.kind, state.filters, state.sort, state.page,
    )  # fmt: skip
