"""Days as desks write them: quarters, halves, characters, words before and behind; what is no sure day says why."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from marketplace.parsing import ParseError
from marketplace.parsing.days import (
    read_day,
    read_months,
    read_period,
    read_single_day,
    read_years,
)


@pytest.mark.parametrize(
    ("raw", "first", "last", "is_told"),
    [
        # Quarters and halves end with their last day, and are told.
        ("2027年第三季度", "2027-07-01", "2027-09-30", True),
        ("2027年三季度末", "2027-07-01", "2027-09-30", True),
        ("2027年第3季度", "2027-07-01", "2027-09-30", True),
        ("2027第一季度", "2027-01-01", "2027-03-31", True),
        ("2027年四季度前完成", "2027-10-01", None, False),
        ("二〇二七年第二季度", "2027-04-01", "2027-06-30", True),
        ("2027Q3", "2027-07-01", "2027-09-30", True),
        ("2027年 q1", "2027-01-01", "2027-03-31", True),
        ("Q4 2027", "2027-10-01", "2027-12-31", True),
        ("2027-Q2", "2027-04-01", "2027-06-30", True),
        ("3Q2027", "2027-07-01", "2027-09-30", True),
        ("２０２７Ｑ３", "2027-07-01", "2027-09-30", True),
        ("2027年上半年", "2027-01-01", "2027-06-30", True),
        ("2027下半年", "2027-07-01", "2027-12-31", True),
        ("2027H1", "2027-01-01", "2027-06-30", True),
        ("2027年3月上旬", "2027-03-01", "2027-03-10", True),
        ("2027年3月中旬", "2027-03-11", "2027-03-20", True),
        ("2028年二月下旬", "2028-02-21", "2028-02-29", True),
        # Characters and short years.
        ("二〇二七年", "2027-01-01", "2027-12-31", False),
        ("二○二七年三月", "2027-03-01", "2027-03-31", False),
        ("二零二七年十二月三十一日", "2027-12-31", "2027-12-31", False),
        ("贰零贰柒年", None, None, False),
        ("2027年三月", "2027-03-01", "2027-03-31", False),
        ("2027年十一月廿五日", "2027-11-25", "2027-11-25", False),
        ("27年3月", "2027-03-01", "2027-03-31", False),
        ("27年3月15日", "2027-03-15", "2027-03-15", False),
        # The last day that is possible, in words.
        ("至2027-03", None, "2027-03-31", False),
        ("到2027年3月底", None, "2027-03-31", False),
        ("截至2027年6月30日", None, "2027-06-30", False),
        ("截止日期：2027-06-30", None, "2027-06-30", False),
        ("有效期至2027年12月31日", None, "2027-12-31", False),
        ("最迟2027年6月", None, "2027-06-30", False),
        ("2027年6月30日止", "2027-06-30", "2027-06-30", False),
        ("2027年6月30日前", "2027-06-30", "2027-06-30", False),
        ("2027-06-30之前完成", "2027-06-30", "2027-06-30", False),
        ("2027年6月底前", "2027-06-01", "2027-06-30", False),
        ("2027年底前", "2027-01-01", "2027-12-31", False),
        ("2027年年底以前", "2027-01-01", "2027-12-31", False),
        ("即日起至2027年3月", None, "2027-03-31", False),
        # Words that make it rough.
        ("约2027年3月", "2027-03-01", "2027-03-31", True),
        ("预计2027年3月完成", "2027-03-01", "2027-03-31", True),
        ("2027年3月左右", "2027-03-01", "2027-03-31", True),
        ("2027年3月31日（暂定）", "2027-03-31", "2027-03-31", True),
        ("2027年3月31日（星期三）", "2027-03-31", "2027-03-31", False),
        ("2027年3月31日 周三", "2027-03-31", "2027-03-31", False),
        # Ranges.
        ("2027年3-6月", "2027-03-01", "2027-06-30", False),
        ("2027年3月—6月", "2027-03-01", "2027-06-30", False),
        ("2027年3月1日至5月31日", "2027-03-01", "2027-05-31", False),
        ("2027.3.1-6.30", "2027-03-01", "2027-06-30", False),
        ("2027/3/1-6/30", "2027-03-01", "2027-06-30", False),
        ("2027年3月31日前交货", "2027-03-31", "2027-03-31", False),
        ("2027年3月底前供货", "2027-03-01", "2027-03-31", False),
        ("2027年3月15日-20日", "2027-03-15", "2027-03-20", False),
        ("2027/03/01-2027/12/31", "2027-03-01", "2027-12-31", False),
        ("自2027年1月1日起至2027年12月31日止", "2027-01-01", "2027-12-31", False),
        ("2026-2027年", "2026-01-01", "2027-12-31", False),
        # Signs and times of day.
        ("2027.03.31.", "2027-03-31", "2027-03-31", False),
        ("2027、3、31", "2027-03-31", "2027-03-31", False),
        ("2027。3。31", "2027-03-31", "2027-03-31", False),
        ("2027年3月31日 24:00", "2027-03-31", "2027-03-31", False),
        ("2027年3月31日18时", "2027-03-31", "2027-03-31", False),
        ("2027年3月31号", "2027-03-31", "2027-03-31", False),
        # Midnight in China, as programs write it.
        ("2027-03-30T16:00:00.000Z", "2027-03-31", "2027-03-31", False),
        ("2027-03-31T00:00:00+08:00", "2027-03-31", "2027-03-31", False),
        ("46290", "2026-09-25", "2026-09-25", True),
    ],
)
def test_a_period(raw: str, first: str | None, last: str | None, is_told: bool) -> None:
    if last is None:
        with pytest.raises(ParseError):
            read_period(raw)
        return
    found = read_period(raw)

    assert found is not None
    assert found.first == (date.fromisoformat(first) if first else None)
    assert found.last == date.fromisoformat(last)
    assert bool(found.remark) is is_told


@pytest.mark.parametrize("raw", ["长期", "长期有效", "永久有效", "不限", "无期限"])
def test_no_day_on_purpose_is_told(raw: str) -> None:
    found = read_period(raw)

    assert found is not None
    assert (found.first, found.last) == (None, None)
    assert raw in found.remark


@pytest.mark.parametrize("raw", ["待定", "未定", "另定", "", "—", None])
def test_a_day_that_is_not_known_is_none(raw: Any) -> None:
    assert read_period(raw) is None


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("第三季度", "没有写年份"),
        ("Q3", "没有写年份"),
        ("年底前", "没有写年份"),
        ("上半年", "没有写年份"),
        ("三月底", "没有写年份"),
        ("3月31日", "没有写年份"),
        ("03-31", "没有写年份"),
        ("明年3月", "从哪天算起"),
        ("今年底", "从哪天算起"),
        ("本月底", "从哪天算起"),
        ("半年内", "从哪天算起"),
        ("3个月内", "从哪天算起"),
        ("一年", "从哪天算起"),
        ("自发布之日起一年", "从哪天算起"),
        ("2027年6月前", "最后一天"),
        ("2027年前", "最后一天"),
        ("2027年第三季度前", "最后一天"),
        ("2027年初", "说不准"),
        ("2027年3月初", "说不准"),
        ("2027年春季", "说不准"),
        ("十四五期间", "说不准"),
        ("31/03/2027", "最前面"),
        ("03/04/2027", "最前面"),
        ("31-Mar-27", "最前面"),
        ("27.3", "四位"),
        ("27-3-15", "四位"),
        ("270331", "四位"),
        ("27年", "从哪天算起"),
        ("2027.3-6", "不是能识别"),
        ("2027-03-", "不是能识别"),
        ("尽快", "不是能识别"),
        ("2027年13月", "没有 13 月"),
        ("2027年2月30日", "没有 30 日"),
        ("9999-12-31", "年份 9999"),
        ("2027年6月至3月", "写反"),
    ],
)
def test_what_is_no_sure_day_says_why(raw: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason) as caught:
        read_day(raw)

    assert "2027-09-30" in caught.value.allowed or "2027-06-30" in caught.value.allowed


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2022年下半年-2024年上半年", ("2022-07", "2024-06")),
        ("二〇二二年三月至二〇二四年十月", ("2022-03", "2024-10")),
        ("2022年3月-10月", ("2022-03", "2022-10")),
        ("2022年3月至今", ("2022-03", None)),
    ],
)
def test_months_of_a_period(raw: str, expected: Any) -> None:
    assert read_months(raw) == expected


@pytest.mark.parametrize("raw", ["至2024.10", "长期", "2022-2024.10"])
def test_a_period_without_its_months_is_refused(raw: str) -> None:
    with pytest.raises(ParseError, match="没有写起止"):
        read_months(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2026-2028", (2026, 2028)),
        ("二〇二六年至二〇二八年", (2026, 2028)),
        ("2027年第三季度", (2027, 2027)),
        ("2026年3月-2027年6月", (2026, 2027)),
    ],
)
def test_years_of_a_period(raw: str, expected: tuple[int, int]) -> None:
    assert read_years(raw) == expected


@pytest.mark.parametrize("raw", ["长期", "至2028年"])
def test_years_without_a_beginning_are_refused(raw: str) -> None:
    with pytest.raises(ParseError, match="从哪年到哪年"):
        read_years(raw)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-28", date(2026, 11, 28)),
        ("2026/11/8", date(2026, 11, 8)),
        ("２０２６年１１月８日", date(2026, 11, 8)),
        ("2028-02-30", "2028年2月没有 30 日。"),
        ("2026-13-01", "没有 13 月。"),
        ("2026年11月", "不是一个日期"),
        ("2026-11-01至2026-11-08", "不是一个日期"),
        ("明天", "不是一个日期"),
        ("1" * 5000, "不是一个日期"),
    ],
)
def test_one_day_alone(text: str, expected: date | str) -> None:
    if isinstance(expected, date):
        assert read_single_day(text) == expected
        return
    with pytest.raises(ParseError) as refused:
        read_single_day(text)
    assert expected in refused.value.message
    assert len(refused.value.message) < 80
