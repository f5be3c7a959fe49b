"""The folding of characters: one thing spelled differently, what stays two, and the way back to the original."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import folding
from matching.radicals import RADICALS


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        # radicals as fonts of PDF files give them
        ("⻓寿命轴承", "长寿命轴承"),
        ("⻘储饲料", "青储饲料"),
        ("⻝品⻋间", "食品车间"),
        ("⻛电⻔窗", "风电门窗"),
        ("⻰头企业", "龙头企业"),
        ("⾼强⽅钢", "高强方钢"),
        ("⻑度", "长度"),
        # traditional characters
        ("軸承軟件", "轴承软件"),
        ("需求名稱", "需求名称"),
        ("熱處理設備", "热处理设备"),
        ("風電葉⽚", "风电叶片"),
        ("矽鋼片鑄鐵煉堿", "硅钢片铸铁炼碱"),
        # as they are written in Japan, in Korean fonts and in older books
        ("転炉関連試験", "转炉关连试验"),
        ("薬品検査機", "药品检查机"),
        ("溫度値硏磨靑銅", "温度值研磨青铜"),
        # overlaid in a chat
        ("轴\u0336承\u0336", "轴承"),
        ("P\u0332L\u0332C\u0332", "plc"),
        ("保\u0301持\u0308架", "保持架"),
        ("1\ufe0f\u20e3轴承", "1轴承"),
        # characters that nobody sees
        ("轴\ufe0f承", "轴承"),
        ("轴\u200b承\u200d保\ufeff持\u2060架", "轴承保持架"),
        ("轴\u00ad承", "轴承"),
        ("\u202e架持保\u202c", "架持保"),
        ("\u206613800000000\u2069", "13800000000"),
        ("轴\U000e0101承", "轴承"),
        ("轴\u3164承\u115f", "轴承"),
        ("轴\x00承\x1a", "轴承"),
        ("cafe\u200b\u0301", "caf\u00e9"),
        # width, case, compatible forms
        ("ＰＡ６６", "pa66"),
        ("面积㎡", "面积m2"),
        ("½", "1/2"),
        # signs of one meaning
        ("−40℃", "-40°c"),
        ("7075‑T6", "7075-t6"),
        ("3～5", "3~5"),
        ("3〜5", "3~5"),
        ("≧5 ≦6", "≥5 ≤6"),
        ("1∶10", "1:10"),
        ("Ø20 ø20 Φ20 φ20 ϕ20 ⌀20 ∅20 Ф20", " ".join(["φ20"] * 8)),
        ("µm μm", "μm μm"),
    ],
)
def test_one_thing_spelled_differently_folds_alike(written: str, expected: str) -> None:
    assert folding.normalise(written) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.5MW", "15MW"),
        ("-40℃", "40℃"),
        ("C++", "C"),
        ("显著", "显着"),
        ("轴 承", "轴承"),
        ("38 dB", "38%"),
    ],
)
def test_what_differs_stays_different(one: str, other: str) -> None:
    assert folding.normalise(one) != folding.normalise(other)


def test_no_simplified_text_is_touched() -> None:
    written = "显著提高的着力点，皇后，面积，干部，征收，里程，台风，后续，发展，复合"

    assert folding.normalise(written) == written.replace("，", ",")


def test_folding_any_assigned_character_is_final() -> None:
    wrong = []
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) in ("Cn", "Co", "Cs"):
            continue
        once = folding.normalise(chr(code))
        if folding.normalise(once) != once or any(map(folding.is_unseen, once)):
            wrong.append(hex(code))

    assert wrong == []


def test_each_radical_has_its_ideograph() -> None:
    # U+2E80 and the free U+2E9A have none.
    without = [code for code, sign in RADICALS.items() if chr(code) == sign]
    assert without == [0x2E80, 0x2E9A]
    for code, sign in RADICALS.items():
        if code not in without:
            assert unicodedata.name(sign).startswith("CJK UNIFIED IDEOGRAPH")
    # The two that NFKC knows too.
    for code in (0x2E9F, 0x2EF3):
        assert unicodedata.normalize("NFKC", chr(code)) == RADICALS[code]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("\u202d13800000000\u202c", "13800000000"),
        ("91371500\u200e", "91371500"),
        ("\ufeff\ufeff需求名称", "需求名称"),
        ("轴承\n\t保持架", "轴承\n\t保持架"),
        ("Ａ\u3000名稱", "Ａ\u3000名稱"),
    ],
)
def test_unseen_characters_are_dropped_and_nothing_else(
    written: str, expected: str
) -> None:
    assert folding.drop_unseen(written) == expected


@pytest.mark.parametrize(
    "label",
    ["需求名称", "需求名稱", "需 求 名 称", "\u200b需求\u3000名称", "需求名\n称"],
)
def test_spellings_of_a_label_are_one(label: str) -> None:
    assert folding.fold_label(label) == "需求名称"


LETTERS = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "轴承軸著⻓⾼\u200b\u202e\ufe0f\u0301\u0316각가\u1160ﬁ①½ſİßǅ㎡"
        ),
    ),
    max_size=60,
)


@given(LETTERS)
def test_folding_twice_is_folding_once(written: str) -> None:
    once = folding.normalise(written)

    assert folding.normalise(once) == once


@given(LETTERS)
def test_unseen_characters_change_nothing(written: str) -> None:
    spread = "\u200b".join(written)

    assert folding.normalise(spread) == folding.normalise(written)


@given(LETTERS)
def test_every_folded_character_has_its_place(written: str) -> None:
    folded = folding.normalise(written)
    starts, ends = folding.original_offsets(written)

    assert len(starts) == len(ends) == len(folded)
    for place, character in enumerate(folded):
        assert 0 <= starts[place] < ends[place] <= len(written)
        piece = written[starts[place] : ends[place]]
        assert character in folding.normalise(piece)
    if folding.keeps_offsets(written):
        assert starts == list(range(len(written)))
