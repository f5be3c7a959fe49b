"""Cells: what desks write in them, and that nothing but our own error ever comes out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marketplace.listings.child_models import AchievementMetric
from marketplace.listings.schema import terms
from marketplace.listings.schema.vocabulary import Vocabulary
from marketplace.parsing import ParseError
from marketplace.parsing.contact_cells import read_contact
from marketplace.parsing.days import read_day, read_months, read_years
from marketplace.parsing.emails import read_email, read_emails
from marketplace.parsing.figures import read_metrics, read_whole
from marketplace.parsing.lists import read_aligned, read_keywords
from marketplace.parsing.money import Money, read_money
from marketplace.parsing.number_formats import FormattedNumber, says_more
from marketplace.parsing.numbers import read_ip_number, read_uscc
from marketplace.parsing.people import read_organisations, read_people
from marketplace.parsing.telephones import read_phone, read_phones
from marketplace.parsing.text import (
    CONTROL,
    ERROR_TEXT,
    cell_text,
    escape_formula,
    read_flag,
    read_line,
    read_prose,
)

D = Decimal
EMPTY = [None, "", "  ", "—", "－", "/", "无", "N/A", "\u3000", float("nan")]


@pytest.mark.parametrize(
    ("raw", "low", "high"),
    [
        ("50", "50", "50"),
        (50, "50", "50"),
        (30.5, "30.5", "30.5"),
        (0.1 + 0.2, "0.3", "0.3"),
        ("50万", "50", "50"),
        ("50 万元", "50", "50"),
        ("４８万", "48", "48"),
        ("0.5亿", "5000", "5000"),
        ("0.012 亿元", "120", "120"),
        ("3千万", "3000", "3000"),
        ("5000元", "0.5", "0.5"),
        ("￥5,000元", "0.5", "0.5"),
        ("人民币1,200万元", "1200", "1200"),
        ("30-60万", "30", "60"),
        ("30万～60万元", "30", "60"),
        ("30 — 60 万", "30", "60"),
        ("30万至60", "30", "60"),
        ("0.5亿-8000万", "5000", "8000"),
        ("0", "0", "0"),
        ("￥500,000.00", "50", "50"),
        ("¥50万", "50", "50"),
        ("￥30万-￥60万", "30", "60"),
        ("五十万", "50", "50"),
        ("一百二十万", "120", "120"),
        ("一千五百万元", "1500", "1500"),
        ("伍拾万元整", "50", "50"),
        ("二十到三十万", "20", "30"),
        ("RMB 50万", "50", "50"),
        ("免费", "0", "0"),
    ],
)
def test_money(raw: Any, low: str, high: str) -> None:
    found = read_money(raw)

    assert found is not None
    assert found[:3] == (D(low), D(high), "")


@pytest.mark.parametrize(
    ("raw", "low", "high"),
    [
        ("约50万", "50", "50"),
        ("50万左右", "50", "50"),
        ("大约30-60万", "30", "60"),
        ("100万以内", "100", "100"),
        ("不超过100万元", "100", "100"),
        ("≤100万", "100", "100"),
        ("100万以上", "100", "100"),
        ("50万元（含税）", "50", "50"),
        ("50多万", "50", "50"),
        ("预算五十万", "50", "50"),
    ],
)
def test_money_with_words_is_taken_with_a_remark(raw: str, low: str, high: str) -> None:
    found = read_money(raw)

    assert found is not None
    assert (found.low, found.high) == (D(low), D(high))
    assert "万元记录" in found.remark


# Stored number, format of its cell, what it is in 万元.
SHOWN = [
    (500000, '#,##0"元"', "50"),
    (500000, "#,##0\\ 元", "50"),
    (500000, '0!.0,"万"', "50"),
    (500000, '0\\.0,"万元"', "50"),
    (500000, "0!.0,", "50"),
    (50, '0"万"', "50"),
    (0.5, '0.0"亿元"', "5000"),
    (5000000, '#,##0,"千元"', "500"),
    (500000, '"¥"#,##0.00', "50"),
    (500000, "[$¥-804]#,##0.00", "50"),
    (500000, "[$CNY] #,##0", "50"),
    (500000, '_ ¥* #,##0.00_ ;_ ¥* -#,##0.00_ ;_ ¥* "-"??_ ;_ @_ ', "50"),
    (500000, '[>=10000]0!.0,"万";0"元"', "50"),
    (5000, '[>=10000]0!.0,"万";0"元"', "0.5"),
]


@pytest.mark.parametrize(("value", "number_format", "expected"), SHOWN)
def test_a_sum_is_what_its_cell_shows(
    value: float, number_format: str, expected: str
) -> None:
    assert says_more(number_format)
    cell = FormattedNumber(value, number_format)

    assert read_money(cell) == Money(D(expected), D(expected))


@pytest.mark.parametrize(
    ("value", "number_format"),
    [
        (500000, "0.0,"),
        (500000, '"$"#,##0'),
        (500000, "[$€-2] #,##0"),
        (500000, "[$¥-411]#,##0"),
        (500000, "[$USD] #,##0"),
        (50, '"¥"#,##0.00'),
        (0.5, '0"万"%'),
        (-500000, '#,##0"元"'),
    ],
)
def test_a_format_that_does_not_say_the_sum_is_refused(
    value: float, number_format: str
) -> None:
    with pytest.raises(ParseError):
        read_money(FormattedNumber(value, number_format))


@pytest.mark.parametrize(
    "number_format", ["General", "0.00", "#,##0", "yyyy-mm-dd", "@", "0.00E+00", None]
)
def test_a_plain_format_says_nothing_more(number_format: str | None) -> None:
    assert not says_more(number_format)


def test_yuan_under_a_header_in_ten_thousands_is_refused() -> None:
    with pytest.raises(ParseError, match="元还是万元"):
        read_money("￥500,000", D(1))


@pytest.mark.parametrize("raw", ["面议", " 面 议 ", "价格面议", "双方协商", "另议"])
def test_negotiable_money_is_neither_zero_nor_unknown(raw: str) -> None:
    assert read_money(raw) == Money(None, None)


@pytest.mark.parametrize("raw", [*EMPTY, "待定"])
def test_unknown_money(raw: Any) -> None:
    assert read_money(raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        "-5",
        "100万/年",
        "50万+提成",
        "60-30万",
        "三五十万",
        "50，100万",
        "1，000万",
        "￥50",
        "不超过50-60万",
        "$50",
        "1e5",
        "99999999999万",
        "0.01元",
        "50美元",
        True,
        "30-60-90万",
    ],
)
def test_money_that_is_none_says_what_is_allowed(raw: Any) -> None:
    with pytest.raises(ParseError) as caught:
        read_money(raw)

    assert caught.value.message
    assert caught.value.allowed


def test_the_header_may_give_the_unit() -> None:
    assert read_money("5000", D("0.0001")) == Money(D("0.5"), D("0.5"))


@given(st.decimals(0, 10**9, places=4), st.sampled_from(["", "万", "万元", " 万元"]))
def test_money_comes_back_as_it_was_written(amount: Decimal, unit: str) -> None:
    assert read_money(f"{amount:f}{unit}") == Money(amount, amount)


@given(st.decimals(0, 10**6, places=4), st.decimals(0, 10**6, places=4))
def test_ranges_of_money_come_back(one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))

    assert read_money(f"{low:f}-{high:f}万") == Money(low, high)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2026.11", date(2026, 11, 30)),
        ("2026年11月", date(2026, 11, 30)),
        ("2027-09-30", date(2027, 9, 30)),
        ("2028年3月15日", date(2028, 3, 15)),
        ("２０２７／９／３０", date(2027, 9, 30)),
        ("2028年2月", date(2028, 2, 29)),
        ("2027年", date(2027, 12, 31)),
        (2027, date(2027, 12, 31)),
        ("2027年底", date(2027, 12, 31)),
        ("2027-9-3 10:00:00", date(2027, 9, 3)),
        (46290, date(2026, 9, 25)),
        ("46290", date(2026, 9, 25)),
        (46290.75, date(2026, 9, 25)),
        (2027.11, date(2027, 11, 30)),
        ("20270930", date(2027, 9, 30)),
        (202709, date(2027, 9, 30)),
        ("2027/01/01-2027/12/31", date(2027, 12, 31)),
        (datetime(2027, 9, 30, 8, 30), date(2027, 9, 30)),
        (date(2027, 9, 30), date(2027, 9, 30)),
        ("长期有效", None),
        *((empty, None) for empty in EMPTY),
    ],
)
def test_day(raw: Any, expected: date | None) -> None:
    assert read_day(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "2027-02-30",
        "2027.13",
        "明年",
        "3个月内",
        2027.1,
        "0027-01-01",
        time(9),
        timedelta(3),
        "2027.12-2027.01",
        12,
    ],
)
def test_a_day_that_is_none(raw: Any) -> None:
    with pytest.raises(ParseError):
        read_day(raw)


@given(st.dates(date(1950, 1, 1), date(2100, 12, 31)))
def test_days_come_back_in_every_form(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    forms = [
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y/%m/%d}",
        f"{day:%Y%m%d}",
        serial,
    ]

    assert [read_day(form) for form in forms if form != serial or day.year >= 1951] == [
        day
    ] * (4 + (day.year >= 1951))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2022.03-2024.10", ("2022-03", "2024-10")),
        ("2022-03-2024-10", ("2022-03", "2024-10")),
        ("2022年3月至2024年10月", ("2022-03", "2024-10")),
        ("2022/03—2024/10", ("2022-03", "2024-10")),
        ("2022.03.01-2024.10.31", ("2022-03", "2024-10")),
        ("2022.03-至今", ("2022-03", None)),
        ("2022.03", ("2022-03", None)),
        ("—", None),
    ],
)
def test_months(raw: Any, expected: Any) -> None:
    assert read_months(raw) == expected


@pytest.mark.parametrize("raw", ["2022-2024", "2024.10-2022.03", "三年", "2022"])
def test_months_that_are_none(raw: str) -> None:
    with pytest.raises(ParseError):
        read_months(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("圆度≤0.10 mm", [("圆度", "le", "0.1", None, "mm")]),
        (
            "圆度≤０.10mm；硬度≥60HRC;",
            [("圆度", "le", "0.1", None, "mm"), ("硬度", "ge", "60", None, "HRC")],
        ),
        (
            "圆度≤0.1mm、硬度≥60HRC",
            [("圆度", "le", "0.1", None, "mm"), ("硬度", "ge", "60", None, "HRC")],
        ),
        (
            "1.圆度≤3mm 2.强度≥4MPa",
            [("圆度", "le", "3", None, "mm"), ("强度", "ge", "4", None, "MPa")],
        ),
        (
            "①圆度≤3mm②强度≥4MPa",
            [("圆度", "le", "3", None, "mm"), ("强度", "ge", "4", None, "MPa")],
        ),
        ("耐热、耐油性≥5 级", [("耐热、耐油性", "ge", "5", None, "级")]),
        (
            "热稳定性(120℃,15min)≥48 %",
            [("热稳定性(120℃,15min)", "ge", "48", None, "%")],
        ),
        ("大于25μm颗粒≤5 个/cm3", [("大于25μm颗粒", "le", "5", None, "个/cm3")]),
        ("误报率≤0.6 次/(千只·天)", [("误报率", "le", "0.6", None, "次/(千只·天)")]),
        ("90°折弯R/t≤0.5", [("90°折弯R/t", "le", "0.5", None, "")]),
        ("兜孔直径重复性±0.005 mm", [("兜孔直径重复性", "pm", "0.005", None, "mm")]),
        ("尺寸 12±0.5 mm", [("尺寸", "pm", "12", "0.5", "mm")]),
        ("温度20～40 ℃", [("温度", "range", "20", "40", "℃")]),
        ("温度为-20~-5℃", [("温度", "range", "-20", "-5", "℃")]),
        ("硬度:58-62HRC", [("硬度", "range", "58", "62", "HRC")]),
        ("硬度HRC58-62", [("硬度", "range", "58", "62", "HRC")]),
        ("硬度 hrc58～HRC62", [("硬度", "range", "58", "62", "HRC")]),
        ("表面硬度≥HRC 58", [("表面硬度", "ge", "58", None, "HRC")]),
        ("硬度HV700以上", [("硬度", "ge", "700", None, "HV")]),
        ("硬度HB 180±10", [("硬度", "pm", "180", "10", "HB")]),
        ("线膨胀系数α1 7～8 ppm/K", [("线膨胀系数α1", "range", "7", "8", "ppm/K")]),
        ("寿命不低于10,000 h", [("寿命", "ge", "10000", None, "h")]),
        ("疲劳寿命≥5×10^6 次", [("疲劳寿命", "ge", "5000000", None, "次")]),
        ("收率95%以上", [("收率", "ge", "95", None, "%")]),
        ("产能1000吨/年", [("产能", "eq", "1000", None, "吨/年")]),
        ("频率稳定度≤0.5 E-12", [("频率稳定度", "le", "0.5", None, "E-12")]),
        ("噪声≯38dB", [("噪声", "le", "38", None, "dB")]),
        ("强度≮350MPa", [("强度", "ge", "350", None, "MPa")]),
        ("充油量=20 %", [("充油量", "eq", "20", None, "%")]),
    ],
)
def test_metrics(raw: str, expected: list[tuple[Any, ...]]) -> None:
    rows, rest = read_metrics(raw)
    expected = [
        (n, o, D(v), None if m is None else D(m), u) for n, o, v, m, u in expected
    ]

    assert [
        (r["name"], r["operator"], r["value"], r["value_max"], r["unit"]) for r in rows
    ] == expected
    assert rest == []


@pytest.mark.parametrize(
    "raw",
    [
        "达到国际先进水平",
        "PA66改性",
        "通过ISO9001认证",
        "符合HB 5800标准",
        "项目于2024-2025年实施",
        "比例1:3",
        "≥3",
        "硬度明显提高",
        # A part of a figure is not the figure.
        "尺寸 10×20mm",
        "强度 1.0×10^6 Pa",
        "强度 1e6Pa",
        "强度≥1e6Pa",
        "电压 220V/50Hz",
        # More or less is better, whatever it is.
        "噪声优于38dB",
        "精度优于0.01mm",
        "共发表论文3篇，获奖",
    ],
)
def test_a_sentence_with_a_number_is_no_figure(raw: str) -> None:
    assert read_metrics(raw) == ([], [raw])


def test_what_is_no_figure_is_kept_beside_the_figures() -> None:
    rows, rest = read_metrics("圆度≤0.10 mm；达到国际先进水平；\n硬度≥60 HRC")

    assert ([row["name"] for row in rows], rest) == (
        ["圆度", "硬度"],
        ["达到国际先进水平"],
    )


@pytest.mark.parametrize(
    "raw", ["强度≥1000000000000 Pa", "含量≤0.00000001 %", "温度40～20 ℃"]
)
def test_a_figure_that_cannot_be_kept_is_named(raw: str) -> None:
    with pytest.raises(ParseError, match=raw[:2]):
        read_metrics(raw)


NAMES = st.text(
    st.sampled_from("圆度硬热稳定性α温差率Rat12()（）"), min_size=1, max_size=12
).filter(
    lambda name: (
        any("\u4e00" <= sign <= "\u9fff" for sign in name[-1])
        and name.count("(") == name.count(")") == 0
        and name.count("（") == name.count("）") == 0
    )
)


@given(
    NAMES,
    st.sampled_from(["ge", "le", "gt", "lt", "eq"]),
    st.decimals(-(10**6), 10**6, places=4),
    st.sampled_from(["", "mm", "%", "HRC", "℃", "元/t", "kg/(m2·h)", "次", "E-12"]),
)
def test_figures_come_back_as_the_site_writes_them(
    name: str, operator: str, value: Decimal, unit: str
) -> None:
    written = str(
        AchievementMetric(name=name, operator=operator, value=value, unit=unit)
    )

    rows, rest = read_metrics(written)

    assert rest == []
    assert [(r["name"], r["operator"], r["value"], r["unit"]) for r in rows] == [
        (name, operator, value, unit)
    ]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("13812345678", "13812345678"),
        (13812345678.0, "13812345678"),
        (13812345678, "13812345678"),
        ("+86 138 1234 5678", "13812345678"),
        ("138-1234-5678", "13812345678"),
        ("19912345678", "19912345678"),
        ("（0635）8239999", "0635-8239999"),
        ("0635-8239999转801", "0635-8239999-801"),
        ("+86-635-8239999", "0635-8239999"),
        ("0635－8239999", "0635-8239999"),
        ("0635-8239999/13812345678", "0635-8239999/13812345678"),
        ("13812345678 0635-8239999", "13812345678/0635-8239999"),
        ("400-123-4567", "400-123-4567"),
        ("4001234567", "400-123-4567"),
        ("800-810-8888", "800-810-8888"),
        ("95588", "95588"),
        ('="0635-8230000"', "0635-8230000"),
        ("'13800000000", "13800000000"),
        ("13800000000.0", "13800000000"),
        ("13800000000（微信同号）", "13800000000"),
        ("tel:13800000000", "13800000000"),
        ("Tel: 0635-8230000", "0635-8230000"),
        ("手机：13800000000", "13800000000"),
        ("0635-8230000、8230001", "0635-8230000/0635-8230001"),
        ("0635-8230000/8230001", "0635-8230000/0635-8230001"),
        ("0635-8230000；13800000000", "0635-8230000/13800000000"),
        ("0635-8230000 转 801", "0635-8230000-801"),
        ("0635-8230000分机801", "0635-8230000-801"),
        ("0635-8230000 ext. 801", "0635-8230000-801"),
        ("0086-635-8230000", "0635-8230000"),
        ("+86 0635 8230000", "0635-8230000"),
        ("86-13800000000", "13800000000"),
        ("(86)13800000000", "13800000000"),
        ("\u202d13800000000\u202c", "13800000000"),
        ("138\u200b0000\ufe0f0000", "13800000000"),
        ("010-12345678", "010-12345678"),
        ("0635 8230000", "0635-8230000"),
        ("06358230000", "0635-8230000"),
        ("+852 2345 6789", "+85223456789"),
        ("13800000000，13800000000", "13800000000"),
        *((empty, None) for empty in EMPTY),
    ],
)
def test_phone(raw: Any, expected: str | None) -> None:
    assert read_phone(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "8239999",
        "12812345678",
        "1381234567",
        "张三",
        "1.38E+10",
        "张三 13800000000",
        "13800000000a1",
    ],
)
def test_a_phone_that_is_none(raw: str) -> None:
    with pytest.raises(ParseError):
        read_phone(raw)


@pytest.mark.parametrize(
    ("raw", "number", "name"),
    [
        ("张三 13800000000", "13800000000", "张三"),
        ("张三：0635-8230000", "0635-8230000", "张三"),
        ("13800000000 李经理", "13800000000", "李经理"),
        ("科技处，0635-8230000", "0635-8230000", "科技处"),
    ],
)
def test_a_name_beside_a_number_is_told(raw: str, number: str, name: str) -> None:
    found = read_phones(raw)

    assert found is not None
    assert (found.text, found.name) == (number, name)


def test_what_is_left_out_beside_a_number_is_told() -> None:
    found = read_phones("0635-8230000（周一至周五） 传真：0635-8230001")

    assert found is not None
    assert found.text == "0635-8230000"
    assert "周一至周五" in found.remark
    assert "传真 0635-8230001" in found.remark


@pytest.mark.parametrize("raw", [6358230000, "6358230000", 1012345678, "635-8230000"])
def test_a_lost_nought_is_named(raw: Any) -> None:
    with pytest.raises(ParseError, match="开头的 0"):
        read_phone(raw)


def test_the_first_of_several_addresses_is_taken_and_the_others_told() -> None:
    found = read_emails("a@qq.com；b@163.com")

    assert found is not None
    assert found.text == "a@qq.com"
    assert "b@163.com" in found.remark


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("ａｂ＠ｑｑ．ｃｏｍ", "ab@qq.com"),
        ("邮箱：ab@qq.com", "ab@qq.com"),
        ("mailto:ab@qq.com", "ab@qq.com"),
        ("<mailto:ab@qq.com>", "ab@qq.com"),
        ("ab@qq.com<mailto:ab@qq.com>", "ab@qq.com"),
        ("[ab@qq.com](mailto:ab@qq.com)", "ab@qq.com"),
        ("ab@qq.com（张三）", "ab@qq.com"),
        ('"张三" <ab@qq.com>', "ab@qq.com"),
        ("“张三”<ab@qq.com>", "ab@qq.com"),
        # Out of a page of the web: b@qq.com would be somebody else.
        ("a&amp;b@qq.com", "a&b@qq.com"),
        ("ab&#64;qq.com", "ab@qq.com"),
        ("ab&#x40;qq.com&nbsp;", "ab@qq.com"),
        ("\u200bab@qq.com\u202c", "ab@qq.com"),
        ("Desk@LCU.edu.CN", "Desk@lcu.edu.cn"),
        (" a.b+c@x-y.cn ", "a.b+c@x-y.cn"),
        ("—", None),
    ],
)
def test_email(raw: str, expected: str | None) -> None:
    assert read_email(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "lcu.edu.cn",
        "a@b",
        "a@b.c;d@e.cn",
        "a b@",
        "a b@qq.com",
        "a@@qq.com",
        "张三@x.cn",
        "a@" + "x" * 250 + ".cn",
    ],
)
def test_an_email_that_is_none(raw: str) -> None:
    with pytest.raises(ParseError):
        read_email(raw)


def test_uscc_by_the_rule_of_accounts() -> None:
    assert read_uscc(" 9135 0100 M000 100Y43 ") == "91350100M000100Y43"
    for written in (
        "统一社会信用代码：91350100M000100Y43",
        "信用代码:91350100m000100y43\u202c",
        "91350100M000100Y43（三证合一）",
        "(统一代码) 91350100M000100Y43",
    ):
        assert read_uscc(written) == "91350100M000100Y43"
    for wrong in (
        "91350100M000100Y44",
        "注册号：371500123456789",
        "371500123456789",
        "91350100M000100YO3",
    ):
        with pytest.raises(ParseError):
            read_uscc(wrong)
    with pytest.raises(ParseError, match="数字格式"):
        read_uscc(1.2371500e17)
    with pytest.raises(ParseError, match="末几位"):
        read_uscc("1.23715E+17")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("ZL201710601862.3", ("ZL201710601862.3", "invention")),
        ("zl 2017 1 0601862.3", ("ZL201710601862.3", "invention")),
        ("2017106018623", ("201710601862.3", "invention")),
        ("CN201710601862.3", ("201710601862.3", "invention")),
        ("95115608.x", ("95115608.X", "invention")),
        ("2024SR0123456", ("2024SR0123456", "software_copyright")),
        ("专利号：ZL201710601862.3", ("ZL201710601862.3", "invention")),
    ],
)
def test_numbers_of_rights(raw: str, expected: tuple[str, str]) -> None:
    assert read_ip_number(raw) == expected


@pytest.mark.parametrize(
    "raw",
    ["ZL201710601862.4", "201710601862", "CN107123456A", "ZL2017", "201740601862.3"],
)
def test_numbers_of_patents_that_are_none(raw: str) -> None:
    with pytest.raises(ParseError):
        read_ip_number(raw)


def test_other_rights_keep_their_numbers() -> None:
    assert read_ip_number("CNA20201234.5", "plant_variety") == (
        "CNA20201234.5",
        "plant_variety",
    )


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("张三、李四，王五", ["张三", "李四", "王五"]),
        ("张三 李四", ["张三", "李四"]),
        ("张 三", ["张三"]),
        ("John Smith", ["John Smith"]),
        ("—", None),
    ],
)
def test_people(raw: str, expected: list[str] | None) -> None:
    found = read_people(raw)

    assert (found and [person["name"] for person in found]) == expected


def test_people_with_titles_and_shares() -> None:
    expected = [
        {"name": "张三", "title": "教授", "role": "负责人", "share": D(40)},
        {"name": "李四", "title": "讲师"},
    ]

    assert read_people("张三（教授；负责人；40%）、李四(讲师)") == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("聊城大学", ["聊城大学"]),
        ("聊城大学；某某有限公司", ["聊城大学", "某某有限公司"]),
        ("聊城大学、山东某某有限公司", ["聊城大学", "山东某某有限公司"]),
        ("聊城市农、林研究所", ["聊城市农、林研究所"]),
        ("“中国华院、水利部北研究所”", ["中国华院、水利部北研究所"]),
        ("某某肿瘤中心(大学附属医院、研究所)", ["某某肿瘤中心(大学附属医院、研究所)"]),
        ("聊城大学（示例）、某某厂（示例）", ["聊城大学（示例）", "某某厂（示例）"]),
    ],
)
def test_organisations(raw: str, expected: list[str]) -> None:
    assert read_organisations(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("轴承；降噪、轴承,超精", ["轴承", "降噪", "超精"]),
        ("轴承 降噪", ["轴承", "降噪"]),
        ("machine learning", ["machine learning"]),
        ("Al-Zn-Mg 合金；", ["Al-Zn-Mg 合金"]),
        ("无", None),
    ],
)
def test_keywords(raw: str, expected: list[str] | None) -> None:
    assert read_keywords(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("是", True),
        ("√", True),
        ("否", False),
        ("无", False),
        (True, True),
        (0, False),
        ("", None),
    ],
)
def test_flag(raw: Any, expected: bool | None) -> None:
    assert read_flag(raw) is expected


def test_terms_may_hold_the_sign_that_parts_them() -> None:
    names = {
        "202": "中药、天然药物",
        "803": "高性能、智能化仪器仪表",
        "40": "新材料",
        "101": "软件",
    }
    words = Vocabulary(names, endings=("技术",))

    assert words.read_many(
        "中药、天然药物、新材料技术，高性能、智能化仪器仪表；101"
    ) == [
        "202",
        "40",
        "803",
        "101",
    ]
    assert words.read_many("新材料/软件") == ["40", "101"]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("未缴年费", "lapsed"),
        ("视为撤回", "lapsed"),
        ("无权", "lapsed"),
        ("失效 - 未缴年费", "lapsed"),
        ("失效（专利权届满）", "lapsed"),
        ("有效-授权", "granted"),
        ("授权（有效）", "granted"),
        ("审中", "pending"),
        ("审中-实审", "pending"),
        ("全部无效", "invalidated"),
        ("授权（失效）", None),
        ("部分无效", None),
        ("转让", None),
    ],
)
def test_what_registers_call_the_state_of_a_right(
    written: str, code: str | None
) -> None:
    assert terms.LEGAL_STATUSES.find_code(written) == code


def test_an_unknown_term_lists_what_is_allowed() -> None:
    words = terms.STAGES

    with pytest.raises(ParseError) as caught:
        words.read_one("概念")

    assert caught.value.allowed == "可填：研制、小试、中试、小批量、产业化。"


def test_text_cells() -> None:
    assert cell_text("'=1+1") == "=1+1"
    assert cell_text("'abc'") == "'abc'"
    assert cell_text("a\x00b\u200bc\ud800\r\nd ") == "abc\nd"
    assert cell_text("一\v二\f三\u2028四\x85五") == "一\n二\n三\n四\n五"
    assert cell_text("\uf0d8 甲\v　\uf06c\t乙 \uf06d m") == "• 甲\n　•\t乙 \uf06d m"
    assert cell_text(3.0) == "3"
    assert cell_text(1e-7) == "0.0000001"
    with pytest.raises(ParseError):
        cell_text("#REF!")


@pytest.mark.parametrize(
    "text",
    ["=1", "+1", "-1", "@a", " =1", "\xa0=1", "\t=1", "\u3000-1", "\u200b+1", "\n@a", "＝1", "'=1", "' =1", "\x1f=1"],
)  # fmt: skip
def test_no_text_is_written_as_a_formula(text: str) -> None:
    written = escape_formula(text)

    assert written == f"'{text}"
    assert cell_text(written) == CONTROL.sub("", text).strip()


@given(st.text())
def test_what_is_escaped_comes_back(plain: str) -> None:
    kept = CONTROL.sub("", plain.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if ERROR_TEXT.fullmatch(kept):
        return

    assert cell_text(escape_formula(kept)) == kept


RAWS = st.one_of(
    st.none(),
    st.text(),
    st.text(
        st.sampled_from(
            "0123456789.,-~至万亿元年月日 /()（）、；≥≤±:%ZLXSRtrl张三公司大学=+@'\n\t"
        )
    ),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.booleans(),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.timedeltas(),
)
READERS: dict[str, Callable[[Any], Any]] = {
    "text": cell_text,
    "prose": read_prose,
    "line": read_line,
    "flag": read_flag,
    "whole": lambda raw: read_whole(raw, 1, 9),
    "money": read_money,
    "day": read_day,
    "first day": lambda raw: read_day(raw, end=False),
    "months": read_months,
    "years": read_years,
    "metrics": read_metrics,
    "aligned": lambda raw: read_aligned(raw, loose=True),
    "keywords": read_keywords,
    "organisations": read_organisations,
    "people": read_people,
    "contact": read_contact,
    "phone": read_phone,
    "email": read_email,
    "uscc": read_uscc,
    "number": lambda raw: read_ip_number(cell_text(raw)),
    "stage": terms.STAGES.read_one,
    "modes": terms.CONVERSION_MODES.read_many,
}


@pytest.mark.parametrize("name", READERS)
@given(raw=RAWS)
@example(raw="9" * 5000)
@example(raw=" " * 5000)
@example(raw="(" * 3000 + "、" * 3000)
@example(raw="1" * 30 + "-" * 30)
def test_a_reader_never_raises_anything_else(name: str, raw: Any) -> None:
    try:
        READERS[name](raw)
    except ParseError as error:
        assert error.message  # noqa: PT017  either outcome is right; an error must say what is wrong
