"""The canonical text: the same whoever writes it, and nothing else is taken for it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from marketplace.issues.columns import headers_of
from marketplace.issues.content import (
    Content,
    ContentError,
    grouped,
    read_content,
    sha256_of,
)

WIDTH = len(headers_of("demand"))
CONTENT = Content(
    kind="demand",
    title="聊城科技大市场需求清单 第 1 期",
    holder="聊城市科学技术局",
    number=1,
    since="2026-01-01",
    until="2026-06-30",
    narrowed="",
    published_on="2026-07-01",
    address="https://market.example/lists/1",
    contact="对接台",
    columns=headers_of("demand"),
    rows=(('900℃ 下\n的 "磨损"', *[""] * (WIDTH - 1)),),
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.lists(TEXT, min_size=WIDTH, max_size=WIDTH), TEXT, st.integers(1, 2**31))
def test_it_is_what_the_standard_writes(row: list[str], name: str, number: int) -> None:
    content = replace(CONTENT, rows=(tuple(row),), holder=name, number=number)
    raw = content.as_bytes()

    # An independent implementation of RFC 8785, of Trail of Bits.
    assert raw == rfc8785.dumps(json.loads(raw))
    assert read_content(raw) == content
    # However somebody else lays it out, it is the same content.
    assert read_content(json.dumps(json.loads(raw), indent=3).encode()) == content


def test_the_hash_of_an_example_never_changes() -> None:
    """Whoever changes what is hashed breaks every list that was published: give the format another number instead."""
    assert sha256_of(CONTENT.as_bytes()) == EXAMPLE
    assert grouped(EXAMPLE).split()[0] == EXAMPLE[:4]
    assert grouped(EXAMPLE).replace(" ", "") == EXAMPLE


EXAMPLE = "493dad26964782848f1dbd48e246ed14eeebefcfa201bb1f546e2b466a7fe3d1"

GOOD = json.loads(CONTENT.as_bytes())
AWKWARD = {
    "nothing": b"",
    "no json": b"hello",
    "another encoding": "清单".encode("gb18030"),
    "a number": b"12",
    "a list": b"[]",
    "not a number": b'{"format": NaN}',
    "deep": b"[" * 100_000,
    "half a pair": json.dumps({**GOOD, "title": "\ud800"}).encode(),
    "another format": json.dumps({**GOOD, "format": "x"}).encode(),
    "rows as text": json.dumps({**GOOD, "rows": "abc"}).encode(),
    "a row as text": json.dumps({**GOOD, "rows": ["abc"]}).encode(),
    "a number in a cell": json.dumps({**GOOD, "rows": [[1]]}).encode(),
    "a period of three": json.dumps({**GOOD, "period": ["", "", ""]}).encode(),
    "a number that is none": json.dumps({**GOOD, "number": True}).encode(),
    "a huge number": b'{"format":' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("name", AWKWARD)
def test_nothing_else_is_taken_for_it(name: str) -> None:
    with pytest.raises(ContentError):
        read_content(AWKWARD[name])
