"""What makes two names one and what does not: a lost figure or sign lets one listing overwrite another."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from marketplace.parsing.names import MAX_KEY, name_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.5MW 风电主轴轴承寿命提升", "15MW 风电主轴轴承寿命提升"),
        ("1.5mW 激光器", "1.5MW 激光器"),
        ("黏度 3 mPa·s", "黏度 3 MPa·s"),
        ("粒径 0.5 μm", "粒径 05 μm"),
        (".5MW 机组", "5MW 机组"),
        ("GB 3.5.1 条", "GB 351 条"),
        ("1. 50 吨", "1.50 吨"),
        ("1,000 吨", "1.000 吨"),
        # signs of figures
        ("耐 -40℃ 密封圈", "耐 40℃ 密封圈"),
        ("耐-40℃密封圈", "耐40℃密封圈"),
        ("耐−40℃密封圈", "耐40℃密封圈"),
        ("耐—40℃密封圈", "耐40℃密封圈"),
        ("SUV -40℃ 启动", "SUV 40℃ 启动"),
        ("（-40℃）启动", "（40℃）启动"),
        ("-40~-20℃", "40~20℃"),
        ("±5 微米", "5 微米"),
        ("≥5 微米", "≤5 微米"),
        ("≥5 微米", "5 微米"),
        ("<5 微米", ">5 微米"),
        ("~50 微米", "50 微米"),
        ("≈50 微米", "50 微米"),
        # what stands between two figures
        ("3/4 英寸", "34 英寸"),
        ("1:10 减速器", "110 减速器"),
        ("10×20 型材", "1020 型材"),
        ("10x20 型材", "1020 型材"),
        ("10*20 型材", "1020 型材"),
        ("10-20 毫米", "1020 毫米"),
        ("10～20 毫米", "1020 毫米"),
        ("10 20 毫米", "1020 毫米"),
        ("3(4) 轴", "34 轴"),
        ("1、2 号线", "12 号线"),
        ("1，2 号线", "12 号线"),
        ("1;2 号线", "12 号线"),
        ("10^3 级", "103 级"),
        # percent and the like
        ("真空度 1e-5 Pa", "真空度 1e5 Pa"),
        ("漏率 3E-8", "漏率 3E8"),
        ("2.0% 损耗", "20 % 损耗"),
        ("2% 损耗", "2 损耗"),
        ("50‰", "50%"),
        ("5° 倾角", "5 倾角"),
        ("3′", "3"),
        ("10 m/s", "10 ms"),
        ("$50", "¥50"),
        ("¥50", "50"),
        # figures of other forms
        ("⅓转速", "13转速"),
        ("1½ 英寸", "11/2 英寸"),
        ("½1", "1/21"),
        ("10³ 级", "103 级"),
        ("10⁻³ 级", "10-3 级"),
        ("10⁻³ 级", "10³ 级"),
        ("①号", "1号"),
        ("①1", "11"),
        ("⑴2", "12"),
        ("⒈5", "1.5"),
        ("㎡5", "m25"),
        # names of languages, ions, firms
        ("C++ 控制程序", "C 控制程序"),
        ("C# 控制程序", "C 控制程序"),
        ("C++ 控制程序", "C# 控制程序"),
        ("互联网+", "互联网"),
        ("A+B 双组分", "AB 双组分"),
        ("Fe²⁺ 检测", "Fe³⁺ 检测"),
        ("A&B 公司", "AB 公司"),
        ("H2SO4", "HSO4"),
        ("轴承保持架", "轴承保持器"),
    ],
)
def test_names_that_differ_in_figures_or_signs_are_two(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＰＡ６６ 保持架", "pa66保持架"),
        ("轴承 保持架", "轴承保持架"),
        ("轴承—保持架", "轴承保持架"),
        ("风电——轴承", "风电轴承"),
        ("《轴承》（保持架）", "轴承保持架"),
        ("“轴承”保持架！", "轴承保持架"),
        ("7075-T6 铝合金", "7075T6 铝合金"),
        ("7075‑T6 铝合金", "7075–T6 铝合金"),
        ("Wi-Fi 模块", "WiFi模块"),
        ("軸承軟件", "轴承软件"),
        ("顯著提高附著力", "显著提高附着力"),
        ("憑藉瞭解", "凭借了解"),
        ("⻓寿命轴承保持架", "长寿命轴承保持架"),
        ("⾼强⽅钢", "高强方钢"),
        ("轴\u200b承\u202e保\ufe0f持架", "轴承保持架"),
        ("1.\u200b5MW", "1.5MW"),
        ("1,000 吨", "1000吨"),
        ("1，000，000 吨", "1000000 吨"),
        ("耐－40 ℃", "耐 -40℃"),
        ("耐−40℃", "耐-40°C"),
        ("10～20 毫米", "10-20 毫米"),
        ("10 — 20 毫米", "10–20毫米"),
        ("2019——2020", "2019-2020"),
        ("20 %", "20％"),
        ("3 × 4", "3×4"),
        ("3x4", "3*4"),
        ("1：10", "1:10"),
        ("H₂SO₄", "H2SO4"),
        ("C₁₂H₂₂O₁₁", "C12H22O11"),
        ("100㎡", "100 m²"),
        ("¾ 英寸", "3/4 英寸"),
        ("10³", "10^3"),
        ("0.5 μm", "0.5µm"),
        (".5MW", "0.5 MW"),
        ("３．５", "3.5"),
        ("50 mpa", "50 MPa"),
        ("45#钢", "45钢"),
        ("ø20", "Φ20"),
        ("⌀20", "φ 20"),
        ("GB/T 4754", "ＧＢ／Ｔ4754"),
    ],
)
def test_spellings_of_one_name_are_one(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize("name", ["", "——", "《》", "+", "%", "★", "\u200b", "- 。"])
def test_signs_alone_are_no_name(name: str) -> None:
    assert name_key(name) == ""


def test_long_names_that_differ_at_their_ends_are_two() -> None:
    long = "轴承" * 150

    assert name_key(f"{long}1.5MW") != name_key(f"{long}15MW")
    assert len(name_key(long)) <= MAX_KEY


NAMES = st.text(
    st.sampled_from("轴承保持架软硬MWCTpa0123456789.-+%/×:±≥~℃①½³ ,"), max_size=20
)


@given(NAMES)
def test_every_figure_is_in_the_key(name: str) -> None:
    # .5 is written 0.5 there, and a name without letters and figures has no key.
    plain = unicodedata.normalize("NFKC", name)
    assume(not re.search(r"(?<![0-9])[.]\s*[0-9]", plain))

    assert _digits(name_key(name)) == _digits(name)


def _digits(text: str) -> list[str]:
    return re.findall("[0-9]", unicodedata.normalize("NFKC", text))


@given(NAMES, st.integers(1, 9), st.integers(1, 9), st.sampled_from(".-+%/×:±≥~,; ("))
def test_two_figures_never_run_together(
    name: str, left: int, right: int, sign: str
) -> None:
    apart = f"{name}轴{left}{sign}{right}承"
    together = f"{name}轴{left}{right}承"

    assert name_key(apart) != name_key(together)


@given(NAMES, st.sampled_from("\u200b\u202e\ufe0f\ufeff\u00ad"), st.integers(0, 20))
def test_what_nobody_sees_changes_no_key(name: str, unseen: str, place: int) -> None:
    assert name_key(name[:place] + unseen + name[place:]) == name_key(name)


@given(NAMES)
def test_width_changes_no_key(name: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name)

    assert name_key(wide) == name_key(name)
