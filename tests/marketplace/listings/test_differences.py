"""How two texts differ: joined again they are the texts, words are not cut in two, and it is quick."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.listings.differences import text_difference

TEXTS = (
    (
        "振动值由 45 dB 降到 36 dB，已在两条线上试用。",
        "振动值由 45 dB 降到 34 dB，已在三条线上使用。",
        [
            ("same", "振动值由 45 dB 降到 "),
            ("gone", "36"),
            ("new", "34"),
            ("same", " dB，已在"),
            # 上试用 is one word to the segmenter, so the whole of it is new.
            ("gone", "两条线上试用"),
            ("new", "三条线上使用"),
            ("same", "。"),
        ],
    ),
    ("", "", []),
    ("", "轴承", [("new", "轴承")]),
    ("轴承", "", [("gone", "轴承")]),
    ("轴承", "轴承", [("same", "轴承")]),
    (
        "耐温 900℃。",
        "耐温 950℃。",
        [("same", "耐温 "), ("gone", "900"), ("new", "950"), ("same", "℃。")],
    ),
    (
        "AlCrN 涂层",
        "AlTiN 涂层",
        [("gone", "AlCrN"), ("new", "AlTiN"), ("same", " 涂层")],
    ),
    (
        "一行\n二行",
        "一行\n三行\n二行",
        [("same", "一行\n"), ("new", "三行\n"), ("same", "二行")],
    ),
)


@pytest.mark.parametrize(("before", "after", "parts"), TEXTS)
def test_words_that_went_and_came(
    before: str, after: str, parts: list[tuple[str, str]]
) -> None:
    assert text_difference(before, after) == parts


ANY_TEXT = st.text(st.sampled_from("轴承振动的降低aB1.5 ，。\n℃𠮷​"), max_size=60)


@given(ANY_TEXT, ANY_TEXT)
def test_joined_the_parts_are_the_texts(before: str, after: str) -> None:
    parts = text_difference(before, after)
    assert "".join(text for part, text in parts if part != "new") == before
    assert "".join(text for part, text in parts if part != "gone") == after
    assert all(text for _, text in parts)


SENTENCES = [
    f"第{number}组试验把滚道超精研磨的压力调到 {number} MPa，振动值降低 {number % 7} dB，"
    f"废品率由百分之{number % 9}降下来；"
    for number in range(90)
]
LONG = "".join(SENTENCES)[:3000]
CHANGED = random.Random(7)  # noqa: S311  the same text in every run


@pytest.mark.parametrize(
    "after",
    [
        "".join(
            CHANGED.choice("的了和") if CHANGED.random() < 0.02 else one for one in LONG
        ),
        "".join(CHANGED.sample(SENTENCES, len(SENTENCES)))[:3000],
        ("轴承振动大的" * 500)[3:3003],
        LONG[::-1],
    ],
    ids=["edits", "other order", "repeated", "reversed"],
)
def test_two_texts_of_3000_characters_take_50_ms(after: str) -> None:
    text_difference("轴承", "轴承的振动")  # the dictionary is read once
    times = []
    for _ in range(3):
        begun = time.process_time()
        text_difference(LONG, after)
        times.append(time.process_time() - begun)
    assert min(times) <= 0.05
