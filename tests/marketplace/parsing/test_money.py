"""Sums of money beyond the plain ones: units in brackets, signs and formats, words around them, and what is no sum."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from marketplace.parsing import ParseError
from marketplace.parsing.currencies import NOT_YUAN, unit_of_label, unit_of_note
from marketplace.parsing.money import (
    Money,
    describe_odd,
    read_money,
    sum_in_words,
)
from marketplace.parsing.number_formats import FormattedNumber, says_more
from marketplace.parsing.single_sums import read_sum

D = Decimal
YUAN = D("0.0001")


def read_ends(raw: Any, unit: Decimal | None = None) -> tuple[str, str, bool]:
    """Low and high as plain numbers, and whether a remark says that the text says more."""
    found = read_money(raw, unit)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    return (
        f"{found.low.normalize():f}",
        f"{found.high.normalize():f}",
        bool(found.remark),
    )


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        # The currency in words says 元 as ¥ does.
        ("RMB 500,000", "50"),
        ("500,000 RMB", "50"),
        ("CNY500000.00", "50"),
        ("人民币 500000", "50"),
        ("人民币：￥500,000.00", "50"),
        ("人民币50万元", "50"),
        ("人民币伍拾万元整", "50"),
        ("人民币伍拾万圆整", "50"),
        ("50万人民币", "50"),
        ("50万元人民币整", "50"),
        ("￥50万元", "50"),
        # The unit in brackets, and the same sum twice.
        ("500000（元）", "50"),
        ("50（万元）", "50"),
        ("（万元）50", "50"),
        ("50[万元]", "50"),
        ("50万（元）", "50"),
        ("3（百万元）", "300"),
        ("伍拾万元整（￥500,000.00）", "50"),
        ("50万元（伍拾万元整）", "50"),
        ("500000元（50万元）", "50"),
        # Several units in one number.
        ("1亿2000万元", "12000"),
        ("一亿两千万", "12000"),
        ("一亿零五百万元", "10500"),
        ("1万5千元", "1.5"),
        ("12万3456元", "12.3456"),
        ("3千5百万", "3500"),
        ("1.5百万元", "150"),
        ("贰佰伍拾万元", "250"),
        ("两个亿", "20000"),
        ("半个亿", "5000"),
        ("廿五万", "25"),
        ("二百五十万", "250"),
        ("壹佰贰拾叁万肆仟元", "123.4"),
        # Traditional and full-width.
        ("50萬元", "50"),
        ("壹佰萬圓整", "100"),
        ("３億元", "30000"),
        ("５０Ｗ", "50"),
        ("50w元", "50"),
        ("50W元", "50"),
        ("50万块", "50"),
        ("5000块钱", "0.5"),
        # Signs and blanks of thousands.
        ("50 000元", "5"),
        ("1 200 000 元", "120"),
        ("500'000元", "50"),
        ("50万元。", "50"),
        ("50万元；", "50"),
    ],
)
def test_one_sum(raw: str, expected: str) -> None:
    assert read_ends(raw) == (expected, expected, False)


@pytest.mark.parametrize(
    ("raw", "low", "high"),
    [
        ("500–800万", "500", "800"),
        ("500—800万元", "500", "800"),
        ("500－800万", "500", "800"),
        ("500〜800万", "500", "800"),
        ("500万元至800万元", "500", "800"),
        ("500至800（万元）", "500", "800"),
        ("3-5千万", "3000", "5000"),
        ("三到五千万", "3000", "5000"),
        ("五十至一百万", "50", "100"),
        ("5000万-1亿", "5000", "10000"),
        ("RMB 300,000-500,000", "30", "50"),
        ("￥300000~￥500000", "30", "50"),
        ("50-100元", "0.005", "0.01"),
    ],
)
def test_a_range(raw: str, low: str, high: str) -> None:
    assert read_ends(raw) == (low, high, False)


@pytest.mark.parametrize(
    ("raw", "low", "high"),
    [
        ("30至50万之间", "30", "50"),
        ("从50万到100万", "50", "100"),
        ("30万-50万不等", "30", "50"),
        ("约30-50万元之间", "30", "50"),
    ],
)
def test_a_range_in_words_is_told(raw: str, low: str, high: str) -> None:
    assert read_ends(raw) == (low, high, True)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("50万以内", "50"),
        ("50万内", "50"),
        ("约50万", "50"),
        ("约人民币50万元", "50"),
        ("50万元（含税）", "50"),
        ("50万元(不含税)", "50"),
        ("50万元【含设备】", "50"),
        ("50万元（约7万美元）", "50"),
        ("50+万", "50"),
        ("10万+", "10"),
        ("＞50万", "50"),
        ("不到一百万", "100"),
        ("近百万", "100"),
        ("起价50万", "50"),
        ("总投资约5000万元", "5000"),
        ("研发费用：50万元", "50"),
        ("技术转让费50万", "50"),
        ("~50万", "50"),
        ("≈50万", "50"),
        ("约合50万", "50"),
        ("下限50万", "50"),
        ("50万不等", "50"),
        ("合同金额为50万元", "50"),
        ("50万元，可面议", "50"),
        ("50万或面议", "50"),
        ("50万元左右（面议）", "50"),
        ("五十来万", "50"),
    ],
)
def test_a_sum_that_says_less_than_its_text_has_a_remark(
    raw: str, expected: str
) -> None:
    assert read_ends(raw) == (expected, expected, True)


@pytest.mark.parametrize(
    "raw",
    [
        "面议（50万左右）",
        "视情况而定",
        "根据合作方式确定",
        "具体双方协商",
        "价格面议（含服务）",
    ],
)
def test_what_depends_is_negotiable_and_told(raw: str) -> None:
    found = read_money(raw)

    assert found is not None
    assert found.low is None
    assert "面议" in found.remark


@pytest.mark.parametrize("raw", ["待议", "协议价", "另行约定", "可议价", "面 谈"])
def test_words_for_negotiable(raw: str) -> None:
    assert read_money(raw) == Money(None, None)


@pytest.mark.parametrize("raw", ["暂无预算", "未确定", "待定"])
def test_words_for_not_known_yet(raw: str) -> None:
    assert read_money(raw) is None


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("50万美元", "外币"),
        ("$50万", "外币"),
        ("US$ 500,000", "外币"),
        ("50 USD", "外币"),
        ("EUR50000", "外币"),
        ("€50万", "外币"),
        ("500万日元", "外币"),
        ("500万円", "外币"),
        ("JP¥500万", "外币"),
        ("50萬港幣", "外币"),
        ("HK$50", "外币"),
        ("NT$50万", "外币"),
        ("50万新台币", "外币"),
        ("500万韩元", "外币"),
        ("50万英镑", "外币"),
        ("50万（美元）", "外币"),
        ("7万美元（约50万元）", "外币"),
        ("-50", "负数"),
        ("－50万", "负数"),
        ("负50万元", "负数"),
        ("(50)", "负数"),
        ("▲50", "负数"),
        ("半价", "折扣"),
        ("八折", "折扣"),
        ("5折优惠", "折扣"),
        ("50%", "比例"),
        ("百分之五", "比例"),
        ("技术入股", "合作方式"),
        ("30%股权", "合作方式"),
        ("50万+销售提成", "合作方式"),
        ("50万元/年", "单价"),
        ("每年50万", "单价"),
        ("50万/台", "单价"),
        ("1000元/吨", "单价"),
        ("50万元（每套）", "单价"),
        ("单价5000元", "单价"),
        ("几十万", "具体的数"),
        ("上百万", "具体的数"),
        ("千万级", "具体的数"),
        ("若干", "具体的数"),
        ("5E+05", "科学计数"),
        ("¥50", "元还是万元"),
        ("人民币50", "元还是万元"),
        ("五千", "元还是万元"),
        ("3千", "元还是万元"),
        ("3万5", "元还是万元"),
        ("50k", "不是能识别"),
        ("50 80万", "一个数还是两个数"),
        ("50\n80", "一个数还是两个数"),
        ("50，80万", "一个数还是两个数"),
        ("50、80", "一个数还是两个数"),
        ("50万80万", "不是能识别"),
        ("1,5万", "不是能识别"),
        ("50,0000元", "不是能识别"),
        ("50万元（60万元）", "不一样"),
        ("伍拾万元整（￥600,000）", "不一样"),
        ("80-50万", "比后一个大"),
        ("不超过50-60万", "不是能识别"),
        ("15000.55元", "太细"),
    ],
)
def test_what_is_no_sum_says_why(raw: str, reason: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_money(raw)

    assert reason in caught.value.message
    assert caught.value.allowed


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        (500000, '"人民币"#,##0', "50"),
        (500000, '"RMB"#,##0', "50"),
        (500000, '"RMB "#,##0.00', "50"),
        (500000, '#,##0.00" RMB"', "50"),
        (500000, "#,##0\\R\\M\\B", "50"),
        (500000, "[$RMB] #,##0", "50"),
        (500000, "[$人民币-804]#,##0", "50"),
        (500000, "[$CNY]\\ #,##0.00", "50"),
        (500000, "[$¥-zh-CN]#,##0.00", "50"),
        (500000, '[$人民币]#,##0"元"', "50"),
        (50, '[$人民币]#,##0"万元"', "50"),
        (50, '#,##0"万元"', "50"),
        (50, '"人民币"0"万元"', "50"),
        (5, '0"百万元"', "500"),
        (0.5, '0.0"百万"', "50"),
        (50, '0"萬元"', "50"),
        (2, '0"億"', "20000"),
        (500000, '#,##0"圆"', "50"),
        (500000, '#,##0.00"元整"', "50"),
        (50, '"约"0"万"', "50"),
        (50, '"预算："0"万"', "50"),
        (50, '[DBNum2][$-804]General"万元"', "50"),
        (50, '[DBNum1][$-804]G/通用格式"万元"', "50"),
        (5000000, '0.00,,"百万元"', "500"),
        (500000, '0\\.0000"万"', "50"),
    ],
)
def test_a_format_names_the_unit(
    value: float, number_format: str, expected: str
) -> None:
    assert says_more(number_format)

    assert read_ends(FormattedNumber(value, number_format))[:2] == (expected, expected)


@pytest.mark.parametrize(
    ("value", "number_format", "reason"),
    [
        (50, '0"万美元"', "外币"),
        (50, '0"美元"', "外币"),
        (50, '0"欧元"', "外币"),
        (50, '0"万港元"', "外币"),
        (500000, '"USD" #,##0', "外币"),
        (500000, '#,##0" EUR"', "外币"),
        (500000, '"US$"#,##0', "外币"),
        (500000, "[$₹-4009]#,##0", "外币"),
        (500000, "[$¥-ja-JP]#,##0", "外币"),
        (500000, "[$￥-411]#,##0", "外币"),
        (500000, "[$HK$-C04]#,##0", "外币"),
        (500000, '#,##0"元/年"', "不是总额"),
        (500, '"每台"0"元"', "不是总额"),
        (500, '0"K"', "看不出"),
        (5000000, '0.00,,"M"', "看不出"),
        (500000, '0.0,"千"', "看不出"),
        (50, '0"期"', "看不出"),
        (50, '"人民币"0', "元还是万元"),
        (-50, '0"万元"', "负数"),
    ],
)
def test_a_format_that_names_something_else_is_refused(
    value: float, number_format: str, reason: str
) -> None:
    assert says_more(number_format)

    with pytest.raises(ParseError, match=reason):
        read_money(FormattedNumber(value, number_format))


@pytest.mark.parametrize(
    "number_format",
    [
        'yyyy"年"m"月"d"日"',
        "[$-804]yyyy/m/d",
        "h:mm:ss",
        "# ?/?",
        "#,##0_);[Red](#,##0)",
        "0.00",
        "0",
        "@",
    ],
)
def test_days_and_plain_numbers_show_no_unit(number_format: str) -> None:
    assert not says_more(number_format)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("预期价格(元)", YUAN),
        ("预算（百万元）", D(100)),
        ("预算(千元)", D("0.1")),
        ("资金/百万元", D(100)),
        ("拟投入资金（人民币：万元）", D(1)),
        ("拟投入资金（RMB 万元）", D(1)),
        ("拟投入资金\n（万 元）", D(1)),
        ("资金（单位：万元，含税）", D(1)),
        ("总投资【億元】", D(10_000)),
        ("拟投入资金万元", D(1)),
        ("拟投入资金（万）元", D(1)),
        ("金额万元（万元）", D(1)),
        ("拟投入资金（不写单位就是万元）", None),
        ("拟投入资金（含税）", None),
        ("预算（人民币）", None),
    ],
)
def test_a_header_names_the_unit(header: str, expected: Decimal | None) -> None:
    assert unit_of_label(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        "拟投入资金（万美元）",
        "预算(USD)",
        "预算（$）",
        "美元预算",
        "价格（万元/年）",
        "价格（元/吨）",
        "预算(k)",
        "预算（千）",
        "预算（10万元）",
        "预算（元/万元）",
        "预算（万元或元）",
        "预算（万元）／元",
    ],
)
def test_sums_under_a_header_of_another_unit_are_refused(header: str) -> None:
    unit = unit_of_label(header)
    assert unit is NOT_YUAN

    for raw in (50, "50", "50万", FormattedNumber(50, '0"万元"')):
        with pytest.raises(ParseError, match="表头"):
            read_money(raw, unit)
    assert read_money("面议", unit) == Money(None, None)
    assert read_money("", unit) is None


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("单位：万元 日期：2026年11月", D(1)),
        ("填报单位：聊城公司　　金额单位：百万元", D(100)),
        ("计量单位: 元", YUAN),
        ("填报单位：聊城大学", None),
        ("填报单位：山东新元科技有限公司", None),
        ("单位：3家", None),
    ],
)
def test_a_line_above_the_table_names_the_unit(
    note: str, expected: Decimal | None
) -> None:
    assert unit_of_note(note) == expected


def test_a_foreign_unit_above_the_table_is_no_yuan() -> None:
    assert unit_of_note("单位：万美元") is NOT_YUAN


@pytest.mark.parametrize(
    ("raw", "unit", "expected"),
    [
        (500000, YUAN, "50"),
        ("500,000", YUAN, "50"),
        ("￥500,000", YUAN, "50"),
        ("50万", YUAN, "50"),
        (3, D(100), "300"),
        ("3-5", D(100), "300"),
    ],
)
def test_the_unit_of_the_header_counts_where_none_is_written(
    raw: Any, unit: Decimal, expected: str
) -> None:
    assert read_ends(raw, unit)[0] == expected


@pytest.mark.parametrize("raw", ["500000", "500000万元", "5000000万", "10001", "2万万"])
def test_a_form_asks_for_a_sum_that_is_rarer_than_a_slip(raw: str) -> None:
    with pytest.raises(ParseError):
        read_sum(raw, D(10_000))


def test_the_question_names_the_sum_in_words() -> None:
    with pytest.raises(ParseError, match="50亿元") as caught:
        read_sum("500000万元", D(10_000))

    assert "写成「50亿元」" in caught.value.allowed


@pytest.mark.parametrize("raw", ["50亿", "50亿元", "1.2亿", "10000", "1亿"])
def test_a_large_sum_with_its_unit_is_meant(raw: str) -> None:
    assert read_sum(raw, D(10_000)) is not None


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("500000", "50亿元"),
        ("12000", "1.2亿元"),
        ("80", "80万元"),
        ("0.005", "50元"),
        ("0", "0万元"),
    ],
)
def test_a_sum_in_words(amount: str, words: str) -> None:
    assert sum_in_words(D(amount)) == words
    assert read_sum(words, D(10_000)) == D(amount)


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("10001", "大得少见"),
        ("10000", ""),
        ("0.005", "小得少见"),
        ("0.1", ""),
        ("0", ""),
    ],
)
def test_an_odd_sum_is_told(amount: str, said: str) -> None:
    remark = describe_odd(D(amount), D(10_000))

    assert said in remark
    assert bool(remark) == bool(said)
