"""Figures that are met, missed, or of which nothing can be said; a better figure never makes a met one missed."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from matching.explaining.figure_names import have_one_subject, read_name
from matching.explaining.figures import (
    Figure,
    FigureVerdict,
    compare_figures,
    judge_figure,
)

SIGNS = {"≥": "ge", "≤": "le", ">": "gt", "<": "lt", "=": "eq", "±": "pm"}


def figure(written: str) -> Figure:
    """「名称 ≥5 mm」, 「名称 58~62 HRC」, 「名称 12±0.5 V」 of a table as a figure of a row."""
    result = re.fullmatch(
        r"(\S+) ([≥≤><=±])?(-?[\d.]+)(?:(~|±)(-?[\d.]+))? ?(.*)", written
    )
    assert result is not None, written
    name, sign, low, between, high, unit = result.groups()
    operator: Any = {"~": "range", "±": "pm", None: SIGNS[sign or "="]}[between]
    second = None if high is None else Decimal(high)
    return Figure(name, operator, Decimal(low), second, unit)


def verdict(wanted: str, *offered: str, **titles: Any) -> FigureVerdict:
    rows = [figure(one) for one in offered]
    return compare_figures([figure(wanted)], rows, **titles)[0]


# wanted, offered, outcome, why nothing is claimed
TABLE = [
    # The direction of the sign.
    ("噪声 ≤34 dB", "噪声 ≤34 dB", "met", ""),
    ("噪声 ≤34 dB", "噪声 ≤32 dB", "met", ""),
    ("噪声 ≤34 dB", "噪声 ≤36 dB", "unmet", ""),
    ("噪声 ≤34 dB", "噪声 36 dB", "unmet", ""),
    ("噪声 ≤34 dB", "噪声 34 dB", "met", ""),
    ("合格率 ≥99.5 %", "合格率 ≥99.6 %", "met", ""),
    ("合格率 ≥99.5 %", "合格率 ≥98 %", "unmet", ""),
    ("寿命 >1000 h", "寿命 >1000 h", "met", ""),
    ("寿命 >1000 h", "寿命 ≥1001 h", "met", ""),
    # Ends that touch are in doubt.
    ("寿命 >1000 h", "寿命 ≥1000 h", "unsaid", "unsure"),
    ("漏检率 <1 %", "漏检率 1 %", "unsaid", "unsure"),
    # A promise in the other direction promises nothing, or the contrary.
    ("硬度 ≥58 HRC", "硬度 ≤62 HRC", "unsaid", "unsure"),
    ("硬度 ≥58 HRC", "硬度 ≤55 HRC", "unmet", ""),
    # Units.
    ("粗糙度 ≤0.4 μm", "Ra ≤0.0004 mm", "met", ""),
    ("粗糙度Ra ≤0.4 μm", "表面粗糙度 0.8 μm", "unmet", ""),
    ("抗拉强度 ≥1.2 GPa", "抗拉强度 ≥1150 MPa", "unmet", ""),
    ("抗拉强度 ≥1.1 GPa", "拉伸强度 1150 N/mm2", "met", ""),
    ("单套成本 ≤3 万元/套", "单套成本 28000 元/套", "met", ""),
    ("漏检率 ≤0.5 ‰", "漏检率 ≤0.05 %", "met", ""),
    ("漏检率 ≤300 ppm", "漏检率 ≤0.05 %", "unmet", ""),
    ("转速 ≥3000 rpm", "转速 ≥60 r/s", "met", ""),
    ("频率 ≥15 kHz", "频率 ≥15000 Hz", "met", ""),
    ("寿命 ≥24 月", "寿命 ≥3 年", "met", ""),
    ("寿命 ≥2 d", "寿命 ≥36 h", "unmet", ""),
    ("球耗 ≤28 g/t", "球耗 ≤0.03 kg/t", "unmet", ""),
    ("噪声 ≤70 dB(A)", "噪音 ≤68 分贝", "met", ""),
    ("硬度 ≥58 HRC", "硬度 ≥700 HV", "unsaid", "units"),
    ("生产效率提高 ≥20 %", "生产效率提高 ≥25 个百分点", "unsaid", "units"),
    ("寿命 ≥2 年", "寿命 ≥900 天", "unsaid", "units"),
    # A litre of water weighs a kilogram; ppm of a gas is by volume.
    ("出水COD ≤50 mg/L", "出水COD ≤40 ppm", "met", ""),
    ("氨氮 ≤5 ppm", "氨氮 ≤8 mg/L", "unmet", ""),
    ("舍内氨气 ≤15 ppm", "舍内氨气 ≤10 mg/m3", "unsaid", "units"),
    ("舍内氨气 ≤15 ppm", "舍内氨气 ≤10 mg/kg", "unsaid", "units"),
    ("乙酸乙酯残留 ≤3000 ppm", "乙酸乙酯残留 ≤2000 mg/kg", "met", ""),
    # Temperatures, and differences of them.
    ("最高温度 ≤45 ℃", "最高温度 ≤310 K", "met", ""),
    ("温升 ≤45 K", "温升 ≤40 ℃", "met", ""),
    # 180±5 ℃ is a temperature with a difference, and no difference of 180.
    ("炉温温度 180±5 ℃", "炉温温度 453.15 K", "met", ""),
    ("炉温温度 180±5 ℃", "炉温温度 453.15±3 K", "met", ""),
    ("炉温温度 180±5 ℃", "炉温温度 180 K", "unmet", ""),
    # Better than a window that is asked for is not missed, and not surely what is meant.
    ("合格率 90~95 %", "合格率 98 %", "unsaid", "unsure"),
    ("合格率 90~95 %", "合格率 88 %", "unmet", ""),
    ("噪声 34~36 dB", "噪声 30 dB", "unsaid", "unsure"),
    ("噪声 34~36 dB", "噪声 38 dB", "unmet", ""),
    ("能耗降低 20~30 %", "能耗降低 35 %", "unsaid", "unsure"),
    ("温升 ≤45 ℃", "温升 ≤50 K", "unmet", ""),
    # Ranges of what is delivered lie within, ranges of what is endured cover.
    ("硬度 58~62 HRC", "硬度 59~61 HRC", "met", ""),
    ("硬度 58~62 HRC", "硬度 60 HRC", "met", ""),
    ("硬度 58~62 HRC", "硬度 50~55 HRC", "unmet", ""),
    ("硬度 58~62 HRC", "硬度 56~64 HRC", "unsaid", "unsure"),
    ("硬度 58~62 HRC", "硬度 ≥59 HRC", "unsaid", "unsure"),
    ("合格率 ≥90 %", "合格率 85~92 %", "unsaid", "unsure"),
    ("工作温度 -40~80 ℃", "工作温度 -50~85 ℃", "met", ""),
    ("工作温度 -40~80 ℃", "工作温度 -20~85 ℃", "unmet", ""),
    ("工作温度 -40~80 ℃", "工作温度 ≤85 ℃", "unsaid", "unsure"),
    ("工作温度 ≤70 ℃", "工作温度 ≤60 ℃", "unsaid", "unsure"),
    ("工作温度 ≤70 ℃", "工作温度 80 ℃", "unsaid", "unsure"),
    ("工作温度 ≤70 ℃", "工作温度 ≤70 ℃", "met", ""),
    ("工作电压 220±22 V", "工作电压 198~242 V", "met", ""),
    ("工作电压 198~242 V", "工作电压 220±11 V", "unmet", ""),
    ("工作电压 220±22 V", "工作电压 220±11 V", "unmet", ""),
    ("工作电压 220±22 V", "工作电压 220±33 V", "met", ""),
    ("使用温度 ≥120 ℃", "使用温度 -40~150 ℃", "met", ""),
    ("使用温度 ≥120 ℃", "使用温度 -40~100 ℃", "unmet", ""),
    ("长期使用温度 ≥120 ℃", "长期使用温度 ≥130 ℃", "met", ""),
    # Tolerances: whether a width is meant or the part to one side is not said.
    ("同轴度 ±0.01 mm", "同轴度 ±0.005 mm", "met", ""),
    ("同轴度 ±0.01 mm", "同轴度 ±0.02 mm", "unmet", ""),
    ("同轴度 ≤0.01 mm", "同轴度 ±0.005 mm", "met", ""),
    ("同轴度 ≤0.01 mm", "同轴度 ±0.008 mm", "unsaid", "unsure"),
    ("同轴度 ≤0.01 mm", "同轴度 ±0.02 mm", "unmet", ""),
    ("同轴度 ±0.01 mm", "同轴度 ≤10 μm", "met", ""),
    ("同轴度 ±0.01 mm", "同轴度 ≤15 μm", "unsaid", "unsure"),
    ("同轴度 ±0.01 mm", "同轴度 ≤30 μm", "unmet", ""),
    ("输出电压 12±0.5 V", "输出电压 12±0.2 V", "met", ""),
    ("输出电压 12±0.5 V", "输出电压 15±0.2 V", "unmet", ""),
    ("退火温度窗口 ±10 ℃", "退火温度窗口 ±12 ℃", "met", ""),
    # A plain number is a most or a least where everybody knows which is better, and else nothing.
    ("噪声 34 dB", "噪声 30 dB", "met", ""),
    ("合格率 98 %", "合格率 ≥99 %", "met", ""),
    ("合格率 98 %", "合格率 97 %", "unmet", ""),
    ("铅检出 =0 mg/kg", "铅检出 =0 mg/kg", "met", ""),
    ("膜厚 9 μm", "膜厚 9 μm", "met", ""),
    ("膜厚 9 μm", "膜厚 12 μm", "unsaid", "unsure"),
    # By how much, and how much.
    ("振动值降低 ≥3 dB", "振动值降低 ≥4 dB", "met", ""),
    ("振动值降低 ≥3 dB", "振动值 ≤34 dB", "unsaid", "nothing"),
    ("生产效率提高 20 %", "生产效率提高 25 %", "met", ""),
    ("生产效率提高 20 %", "生产效率降低 25 %", "unsaid", "nothing"),
    ("能耗降低 ≥20 %", "能耗 ≤20 %", "unsaid", "nothing"),
    # One quantity under two names, and two under names that resemble.
    ("噪声 ≤34 dB", "噪音 ≤30 dB", "met", ""),
    ("圆度误差 ≤0.1 mm", "圆度 ≤0.09 mm", "met", ""),
    ("导热系数 ≥2 W/(m·K)", "热导率 ≥2.5 W/m·K", "met", ""),
    ("七天无侧限抗压强度 ≥4 MPa", "7天无侧限强度 ≥5 MPa", "met", ""),
    ("七天无侧限抗压强度 ≥4 MPa", "28天无侧限抗压强度 ≥5 MPa", "unsaid", "nothing"),
    ("圆度 ≤0.1 mm", "椭圆度 ≤0.1 mm", "unsaid", "nothing"),
    ("粗糙度Ra ≤0.4 μm", "粗糙度Rz ≤0.4 μm", "unsaid", "nothing"),
    ("断裂伸长率 ≥10 %", "断后伸长率 ≥12 %", "unsaid", "nothing"),
    ("抗拉强度 ≥500 MPa", "屈服强度 ≥600 MPa", "unsaid", "nothing"),
    ("烧伤检出率 ≥98 %", "毛刺检出率 ≥99 %", "unsaid", "nothing"),
    ("合格率 ≥98 %", "一次合格率 ≥99 %", "unsaid", "nothing"),
    ("噪声 ≤34 dB", "噪声一次合格率 ≥99 %", "unsaid", "nothing"),
    # Of the machine, and of what it makes.
    ("设备寿命 ≥10 年", "产品寿命 ≥12 年", "unsaid", "nothing"),
    ("设备寿命 ≥10 年", "装置寿命 ≥12 年", "met", ""),
    ("产品成本 ≤5 元", "成本 ≤4 元", "met", ""),
    ("产品成本 ≤5 元", "设备成本 30 万元", "unsaid", "nothing"),
    ("温差 ≤5 ℃", "最大温差 ≤4 ℃", "met", ""),
    ("温差 ≤5 ℃", "平均温差 ≤4 ℃", "unsaid", "nothing"),
    ("热稳定性(120℃) ≥48 %", "热稳定性(120℃) ≥50 %", "met", ""),
    ("热稳定性(120℃) ≥48 %", "热稳定性(80℃) ≥50 %", "unsaid", "conditions"),
    ("-30℃下启动时间 ≤60 s", "启动时间 50 s", "unsaid", "conditions"),
    ("破碎率 ≤5 %", "含水28%时破碎率 4 %", "unsaid", "conditions"),
    # Per day of work and per hour is no conversion; the worst of all promises for each.
    ("产能 ≥30 吨/天", "产能 2 吨/小时", "unsaid", "units"),
    ("产能 ≥2000 件/小时", "产能 40 件/分钟", "met", ""),
    ("温差 ≤3 ℃", "最大温差 2.5 ℃", "met", ""),
    ("温差 ≤3 ℃", "最大温差 3.5 ℃", "unmet", ""),
    ("成品率 ≥8.5 成", "成品率 90 %", "met", ""),
    ("自爆率 ≤5 ‱", "自爆率 0.04 %", "met", ""),
    ("COD ≤50 mg/L", "出水COD 45 ppm", "met", ""),
    # 适应线速 ≥180 is a reach, 可识别深度 ≥10 a limit: the words do not tell.
    ("可识别变质层深度 ≥10 μm", "可识别变质层深度 ≥5 μm", "unsaid", "unsure"),
    ("可识别变质层深度 ≥10 μm", "可识别变质层深度 ≥10 μm", "met", ""),
    # Numbers without a unit, beats of one piece, and both figures of a degree of protection.
    ("介电常数 ≤2.2", "介电常数 2.1", "met", ""),
    ("介电常数 ≤2", "介电常数 2.1", "unmet", ""),
    ("节拍 ≤12 秒", "节拍 10 s/件", "met", ""),
    ("防护等级 67 IP", "防护等级 68 IP", "met", ""),
    ("防护等级 67 IP", "防护等级 65 IP", "unmet", ""),
    ("防护等级 54 IP", "防护等级 63 IP", "unmet", ""),
    ("导热系数 >5 W/mK", "导热系数 8 W/(m·K)", "met", ""),
    # One condition however it is written.
    ("500℃下抗拉强度 ≥400 MPa", "500℃抗拉强度 420 MPa", "met", ""),
    ("500℃下抗拉强度 ≥400 MPa", "300℃抗拉强度 420 MPa", "unsaid", "conditions"),
    ("500℃下抗拉强度 ≥400 MPa", "抗拉强度 420 MPa", "unsaid", "conditions"),
    # Units nobody knows are compared with themselves.
    ("菌落总数 ≤1000 CFU/g", "菌落总数 ≤800 CFU/g", "met", ""),
    ("菌落总数 ≤1000 CFU/g", "菌落总数 ≤800 CFU/mL", "unsaid", "units"),
    ("接头系数 ≥0.75", "接头强度系数 ≥0.8", "met", ""),
    ("合格率 ≥98 %", "合格率 ≥0.99", "unsaid", "units"),
]


@pytest.mark.parametrize(("wanted", "offered", "outcome", "silence"), TABLE)
def test_each_pair(wanted: str, offered: str, outcome: str, silence: str) -> None:
    result = verdict(wanted, offered)

    assert (result.outcome, result.silence) == (outcome, silence)


@pytest.mark.parametrize(
    ("wanted", "offered", "short", "converted"),
    [
        ("噪声 ≤34 dB", "噪声 36 dB", "2", ()),
        ("粗糙度 ≤0.4 μm", "粗糙度 ≤0.0008 mm", "0.4", ("0.8",)),
        ("合格率 ≥99.5 %", "合格率 ≥980 ‰", "1.5", ("98",)),
        ("温升 ≤45 ℃", "温升 ≤50 K", "5", ("50",)),
        ("最高温度 ≤45 ℃", "最高温度 ≤333.15 K", "15", ("60",)),
        ("硬度 58~62 HRC", "硬度 50~55 HRC", None, ()),
    ],
)
def test_a_missed_figure_says_by_how_much_in_the_unit_of_the_wish(
    wanted: str, offered: str, short: str | None, converted: tuple[str, ...]
) -> None:
    result = verdict(wanted, offered)

    assert result.outcome == "unmet"
    assert result.short_by == (None if short is None else Decimal(short))
    assert result.converted == tuple(Decimal(one) for one in converted)


def test_a_temperature_with_its_tolerance_is_converted_as_one_and_as_the_other() -> (
    None
):
    result = verdict("炉温温度 180±5 ℃", "炉温温度 453.15±3 K")

    assert result.converted == (Decimal(180), Decimal(3))


@pytest.mark.parametrize(
    ("wanted", "offered", "wanted_title", "offered_title", "outcome"),
    [
        ("粗糙度 ≤0.1 μm", "沟道粗糙度 ≤0.02 μm", "轴承沟道超精", "降噪", "met"),
        ("粗糙度 ≤0.1 μm", "沟道粗糙度 ≤0.02 μm", "轴承滚子超精", "降噪", "unsaid"),
        ("沟道粗糙度 ≤0.1 μm", "粗糙度 ≤0.2 μm", "降噪", "轴承沟道磨削", "unmet"),
        ("疵点检出率 ≥95 %", "检出率 ≥96 %", "验布", "坯布疵点检测", "met"),
        ("疵点检出率 ≥95 %", "检出率 ≥96 %", "验布", "断纱检测", "unsaid"),
    ],
)
def test_on_what_it_is_measured_may_stand_in_the_title(
    wanted: str, offered: str, wanted_title: str, offered_title: str, outcome: str
) -> None:
    result = verdict(
        wanted, offered, wanted_title=wanted_title, offered_title=offered_title
    )

    assert result.outcome == outcome


def test_without_one_subject_only_names_that_say_of_what_are_compared() -> None:
    strength = verdict(
        "抗拉强度 ≥11 MPa", "抗拉强度 ≥450 MPa", share_subject=lambda: False
    )
    layer = verdict(
        "熔覆层硬度 ≥58 HRC", "熔覆层硬度 ≥50 HRC", share_subject=lambda: False
    )

    assert (strength.outcome, layer.outcome) == ("unsaid", "unmet")


@pytest.mark.parametrize(
    ("title", "text", "other_title", "other_text", "expected"),
    [
        ("低烟无卤电缆护套开裂", "", "低烟无卤耐火电缆料", "", True),
        ("低烟无卤电缆护套开裂", "护套一弯就裂", "电解铜箔防翘曲工艺", "铜箔", False),
        ("电机异响怎么办", "换了两家深沟球轴承还是响", "深沟球轴承降噪", "", True),
        ("精密钢球表面缺陷", "", "保持架视觉检测机", "也检过钢球", False),
        ("冷拔铜管裂纹", "", "连铸机", "铜管坯经冷拔后", True),
        ("在线检测系统", "检测不准", "智能检测装置", "检测系统", False),
        # One word, of two kinds of things.
        ("光伏支架生白锈", "", "液压支架激光熔覆", "", False),
        ("光伏支架生白锈", "", "光伏支架镀锌", "", True),
        ("支架生白锈", "", "光伏支架镀锌", "", True),
        ("", "", "", "", False),
    ],
)
def test_two_listings_have_one_subject_where_a_thing_of_a_title_stands_in_both(
    title: str, text: str, other_title: str, other_text: str, expected: bool
) -> None:
    assert have_one_subject(title, text, other_title, other_text) is expected
    assert have_one_subject(other_title, other_text, title, text) is expected


def test_rows_outdo_sentences_and_several_figures_claim_nothing() -> None:
    wanted = [figure("噪声 ≤34 dB")]
    row = figure("噪声 ≤36 dB")
    sentence = Figure("噪声", "eq", Decimal(30), None, "dB", "噪声30 dB")
    better = figure("噪声 ≤30 dB")

    assert compare_figures(wanted, [row, sentence])[0].outcome == "unmet"
    assert compare_figures(wanted, [sentence])[0].outcome == "met"
    several = compare_figures(wanted, [row, better])[0]
    assert (several.outcome, several.silence) == ("unsaid", "several")
    in_other_unit = [figure("硬度 ≥700 HV"), figure("硬度 ≥59 HRC")]
    assert compare_figures([figure("硬度 ≥58 HRC")], in_other_unit)[0].outcome == "met"


def test_every_wish_has_an_answer_in_its_order() -> None:
    wanted = [figure("噪声 ≤34 dB"), figure("合格率 ≥98 %"), figure("寿命 ≥9 h")]

    result = compare_figures(wanted, [figure("良率 ≥99 %")])

    assert [one.wanted for one in result] == wanted
    assert [one.outcome for one in result] == ["unsaid", "met", "unsaid"]
    assert compare_figures([], [figure("良率 ≥99 %")]) == []


NAMES = st.sampled_from(
    ["噪声", "合格率", "硬度", "未知量", "工作温度", "同轴度", "振动值降低"]
)
AMOUNTS = st.decimals(min_value=-1000, max_value=1000, places=3, allow_nan=False)
OPERATORS = st.sampled_from(["ge", "le", "gt", "lt", "eq", "pm"])


@given(NAMES, OPERATORS, AMOUNTS, OPERATORS, AMOUNTS, AMOUNTS)
def test_a_better_figure_never_turns_met_into_missed(
    name: str,
    wished: Any,
    limit: Decimal,
    stated: Any,
    value: Decimal,
    gain: Decimal,
) -> None:
    """What is better: the way the wish points; of a plain wish, the way everybody knows; else nothing is."""
    better = {"ge": 1, "gt": 1, "le": -1, "lt": -1}.get(wished, read_name(name).better)
    if wished == "pm":
        better = -1
        value = abs(value)
    assume(better != 0)
    improved = value + better * abs(gain)
    if wished == "pm" or stated == "pm":
        # A tolerance has no sign: the smaller, the better.
        assume(improved >= 0 and value >= 0 and better < 0)
    wanted = Figure(name, wished, limit, None, "%")
    before = judge_figure(wanted, Figure(name, stated, value, None, "%"))
    after = judge_figure(wanted, Figure(name, stated, improved, None, "%"))

    if before.outcome == "met":
        assert after.outcome != "unmet"


@given(OPERATORS, AMOUNTS, OPERATORS, AMOUNTS)
def test_the_unit_changes_nothing(
    wished: Any, limit: Decimal, stated: Any, value: Decimal
) -> None:
    wanted = Figure("直线度", wished, limit, None, "mm")
    in_mm = judge_figure(wanted, Figure("直线度", stated, value, None, "mm"))
    in_um = judge_figure(wanted, Figure("直线度", stated, value * 1000, None, "μm"))

    assert in_mm.outcome == in_um.outcome
    assert in_mm.short_by == in_um.short_by
    assert in_um.converted == (value,)


@given(OPERATORS, AMOUNTS)
def test_who_promises_what_is_asked_for_meets_it(operator: Any, limit: Decimal) -> None:
    same = Figure("噪声", operator, limit, None, "dB")

    assert judge_figure(same, same).outcome == "met"
