"""What was typed by ear is read as it was meant, and what is only like a term is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import text as words_of
from matching.heard_text import is_pinyin, read_by_ear


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("轴承套圈热处里以后变形大", "轴承套圈热处理以后变形大"),
        ("铝形材氧化有花斑", "铝型材氧化有花斑"),
        ("驴胶熬制出焦率低", "驴胶熬制出胶率低"),
        ("新能源电池拖盘漏液", "新能源电池托盘漏液"),
        ("冷拔无逢钢管拉伤", "冷拔无缝钢管拉伤"),
        ("ejiao chu jiao lv di", "阿胶 出胶率"),
        ("rechuli bianxing da", "热处理 变形"),
        # Terms in pinyin among Han characters.
        ("zhoucheng 异响大", "轴承 异响大"),
        ("电机zhoucheng异响", "电机轴承异响"),
        ("Baochijia断裂，biaoshi zhendong 大", "保持架断裂，biaoshi 振动 大"),
        ("xinhua 牌轴承，qigong 学校", None),
        ("pump 的 gear，chulin 池，www.zhoucheng.com 轴承", None),
        ("zhouchenggang 轴承", "轴承钢 轴承"),
        # Two characters may sound like many words.
        ("防粘处理，轴成异响", None),
        # What ends with a word is that word and something else.
        ("电池和电机", None),
        ("电子密度半高宽", None),
        ("加速其死亡", None),
        ("齿轮相啮合", None),
        # A term that is written right, and what no term sounds like.
        ("热处理变形", None),
        ("梨膏", None),
        ("We need a new bearing, can you help men", None),
        ("PLC CNC", None),
        ("zhang wei", None),
        ("", None),
    ],
)
def test_a_slip_of_the_ear_is_read_as_it_was_meant(text: str, read: str | None) -> None:
    result, heard = read_by_ear(text)

    assert result == (text if read is None else read)
    assert bool(heard) == (read is not None)
    for one in heard:
        assert one.meant in result
        assert one.written != one.meant


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("wo men chang de ji qi", True),
        ("zhoucheng yixiang", True),
        ("轴承 zhoucheng", False),
        ("bearing noise", False),
        ("123", False),
        ("", False),
    ],
)
def test_a_text_in_pinyin_is_known(text: str, spelt: bool) -> None:
    assert is_pinyin(text) is spelt


@given(
    st.text(alphabet="热处里理铝形型材轴承成电池拖托盘的，。 azhongche12", max_size=40)
)
def test_what_is_read_has_its_length_and_no_slip_is_left(text: str) -> None:
    read, heard = read_by_ear(text)
    if any(map(words_of.is_han, text)):
        assert len(read) == len(text)
        assert all(one.written in text for one in heard)
