"""How much work a text may make, counted in operations and not in seconds: in proportion to its length, whatever it is.

One piece of three thousand characters once took the cube of its length: anybody could keep a processor busy by 试配.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Document, Matcher, text
from matching.explaining import query_text
from tests.matching.conftest import CATALOGUE

# Operations a character, and those of any text; prose takes about a third of it.
EACH = 120
ANY = 12_000
LENGTH = 1_500

HAN = "".join(map(chr, range(0x4E00, 0x9FA5)))
PIECES = st.one_of(
    st.sampled_from(HAN),
    st.text(st.sampled_from(HAN), min_size=1, max_size=9),
    st.text(st.sampled_from("轴承保持架的一二三十百千万年月"), min_size=1, max_size=9),
    st.text(st.sampled_from("0123456789.,-/%~±"), min_size=1, max_size=9),
    st.text(st.sampled_from("abXY+#&.-_'/ "), min_size=1, max_size=9),
    st.text(
        st.sampled_from("<>&;brspan/= \n\t\u200b\u0301\u0316。，"),
        min_size=1,
        max_size=9,
    ),
    st.text(
        st.sampled_from("[轴]【】&#x8f74;%u\\U+=?è½´杞存壙€┤"), min_size=1, max_size=9
    ),
    st.text(st.characters(), min_size=1, max_size=9),
)
# One piece over and over, or many different ones run together.
TEXTS = st.one_of(
    PIECES.map(lambda piece: (piece * LENGTH)[:LENGTH]),
    st.lists(PIECES, min_size=1, max_size=60).map(
        lambda pieces: ("".join(pieces) * LENGTH)[:LENGTH]
    ),
    st.lists(PIECES, min_size=1, max_size=60).map(
        lambda pieces: (" ".join(pieces) * LENGTH)[:LENGTH]
    ),
)


def operations(deed: Callable[[], Any]) -> int:
    """Calls of functions, of Python and of C, while something is done."""
    counted = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        deed()
    finally:
        sys.setprofile(before)
    return counted


@pytest.fixture(scope="module", autouse=True)
def read_each_time() -> Iterator[None]:
    """Nothing is remembered of a text, or its second reading would cost nothing."""
    longest = query_text.LONGEST_REMEMBERED
    query_text.LONGEST_REMEMBERED = -1
    yield
    query_text.LONGEST_REMEMBERED = longest


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher().fit(CATALOGUE)


def everything(matcher: Matcher, written: str) -> None:
    """What 试配 does with a text."""
    document = Document("text", "", written)
    for match in matcher.rank(document, top=5):
        assert match.reasons.score == match.score
    matcher.analyze(document)
    text.spans(written)


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_work_grows_with_the_length(matcher: Matcher, written: str) -> None:
    assert operations(lambda: everything(matcher, written)) <= ANY + EACH * LENGTH


@settings(max_examples=60)
@given(st.text(st.sampled_from(HAN), min_size=2, max_size=20), st.integers(1, 300))
def test_looked_up_parts_grow_with_the_length(piece: str, times: int) -> None:
    word = piece * times
    looked_up = sum(len(part) for _, part in text.candidate_parts(word))

    assert looked_up <= len(word) * text.longest_term() ** 2


@pytest.mark.parametrize(
    "piece", ["轴", "轴承", "保持架", "-", ".", "<", "&", "1-", "a\u0301"]
)
def test_twice_the_length_is_about_twice_the_work(matcher: Matcher, piece: str) -> None:
    # Begun once, so that what is made at the first text counts for neither.
    everything(matcher, piece * 10)
    one = operations(lambda: everything(matcher, piece * 1_000))
    two = operations(lambda: everything(matcher, piece * 2_000))

    assert two <= 2.2 * one + ANY


def test_a_long_piece_has_the_parts_of_a_short_one() -> None:
    short = text.words("轴承保持架")

    assert set(short) <= set(text.words("轴承保持架" * 600))
