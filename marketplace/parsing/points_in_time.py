"""One point in time as it is written: a day, a month, a quarter, half a year, a year, each with its first and last day.
Not here: ranges, words around a day and cells that are dates (days).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from marketplace.parsing import ParseError
from marketplace.parsing.chinese_numbers import read_chinese_number

DAY_FORMS = "填 2027-09-30、2027年9月30日、2027年9月 或 2027.09。"
FIRST_YEAR = 1950
LAST_YEAR = 2100
# 27年3月 is written for 2027; a later one may be of the last century.
SHORT_YEARS = range(60)

_DIGITS = "〇零○o0一二三四五六七八九"
_YEAR_SIGNS = re.compile(
    rf"(?<![{_DIGITS}])([{_DIGITS}]{{4}}|[一二两]千零?[{_DIGITS}十]+)(?=年)"
)
_MONTH_SIGNS = re.compile(
    "([一二三四五六七八九十廿卅]{1,3})(?=月|日|号|季|个季|[上中下]旬)"
)
_SIGN_TO_DIGIT = str.maketrans("〇零○o一二三四五六七八九", "0000123456789")
_END = "(?P<end>底|末)?"
# 270331 has no year of four digits.
_PLAIN_YEAR = r"(?P<year>(?:19|20|21)\d{2})"
_QUARTER = r"第?(?P<quarter>[1-4])个?季度?[末底内]?"


class Point(NamedTuple):
    """A point in time.

    Attributes:
        first, last: its days.
        grain: `day`, `month`, `quarter`, `half`, `ten days` or `year`.
        is_end: its end is named (底, 末).
    """

    first: date
    last: date
    grain: str
    is_end: bool = False


def digits_of_day(folded: str) -> str:
    """A text with the characters of its years, months and days as digits: 二〇二七年三月 as 2027年3月."""
    return _MONTH_SIGNS.sub(_number_of, _YEAR_SIGNS.sub(_year_of, folded))


def read_point(text: str) -> Point | None:
    """A point in time, None where the text is something else.

    Args:
        text: folded, without blanks, as `digits_of_day` gives it.

    Raises:
        ParseError: a day that does not exist, or a year out of range.
    """
    for pattern, build in _SHAPES:
        match = pattern.fullmatch(text)
        if match is not None:
            return build(match)
    return None


def known_year(year: int) -> int:
    """A year of these lists. Raises ParseError for others."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ParseError(f"年份 {year} 不对。", DAY_FORMS)
    return year


def _year_of(match: re.Match[str]) -> str:
    digits = match[1].translate(_SIGN_TO_DIGIT)
    if re.fullmatch(r"\d{4}", digits, re.ASCII):
        return digits
    number = read_chinese_number(match[1])
    return match[1] if number is None else str(number)


def _number_of(match: re.Match[str]) -> str:
    number = read_chinese_number(match[1])
    return match[1] if number is None else str(number)


def _year(match: re.Match[str]) -> int:
    digits = match["year"]
    # Validities and deadlines lie ahead, so a short year is one of this century.
    if len(digits) == 2:
        if int(digits) not in SHORT_YEARS:
            raise ParseError(f"「{digits}年」看不出是哪一年。", "写四位年份。")
        return 2000 + int(digits)
    return known_year(int(digits))


def _months(year: int, first: int, last: int) -> tuple[date, date]:
    """The first and the last day of some months of a year."""
    for month in (first, last):
        if not 1 <= month <= 12:
            raise ParseError(f"没有 {month} 月。", DAY_FORMS)
    # February by its year: the last day of a month is what a deadline in it means.
    length = calendar.monthrange(year, last)[1]
    return date(year, first, 1), date(year, last, length)


def _day_point(match: re.Match[str]) -> Point:
    year, month = _year(match), int(match["month"])
    first, last = _months(year, month, month)
    if match["day"] is None:
        return Point(first, last, "month")
    number = int(match["day"])
    if not 1 <= number <= last.day:
        raise ParseError(f"{year}年{month}月没有 {number} 日。", DAY_FORMS)
    return Point(date(year, month, number), date(year, month, number), "day")


def _month_point(match: re.Match[str]) -> Point:
    month = int(match["month"])
    first, last = _months(_year(match), month, month)
    return Point(first, last, "month", bool(match["end"]))


def _ten_days(match: re.Match[str]) -> Point:
    month = int(match["month"])
    first, last = _months(_year(match), month, month)
    begins = {"上": 1, "中": 11, "下": 21}[match["third"]]
    # 下旬 ends with its month, on the 28th or on the 31st.
    ends = {"上": 10, "中": 20, "下": last.day}[match["third"]]
    return Point(first.replace(day=begins), last.replace(day=ends), "ten days")


def _quarter_point(match: re.Match[str]) -> Point:
    last = 3 * int(match["quarter"])
    return Point(*_months(_year(match), last - 2, last), "quarter")


def _half_point(match: re.Match[str]) -> Point:
    last = 6 if match["half"] in ("上", "1") else 12
    return Point(*_months(_year(match), last - 5, last), "half")


def _year_point(match: re.Match[str]) -> Point:
    return Point(*_months(_year(match), 1, 12), "year", bool(match["end"]))


# Tried in this order. The sign between the parts of a day is one and the same: 2027.3-6 may be a day or four months.
_SHAPES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Point]], ...] = tuple(
    (re.compile(pattern, re.ASCII), build)
    for pattern, build in (
        (
            r"(?P<year>\d{4})(?P<sign>[-./\\·_,、。])(?P<month>\d{1,2})(?:(?P=sign)(?P<day>\d{1,2}))?[日号]?",
            _day_point,
        ),
        (rf"{_PLAIN_YEAR}(?P<month>\d{{2}})(?P<day>\d{{2}})", _day_point),
        (
            r"(?P<year>\d{4}|\d{2}(?=年))[-./年](?P<month>\d{1,2})月(?P<day>\d{1,2})[日号]?",
            _day_point,
        ),
        (rf"(?P<year>\d{{4}})年(?P<month>\d{{1,2}}){_END}", _month_point),
        (rf"{_PLAIN_YEAR}(?P<month>\d{{2}}){_END}", _month_point),
        (
            rf"(?P<year>\d{{4}}|\d{{2}}(?=年))[-./年](?P<month>\d{{1,2}})月份?{_END}",
            _month_point,
        ),
        (
            r"(?P<year>\d{4}|\d{2}(?=年))[-./年](?P<month>\d{1,2})月(?P<third>[上中下])旬",
            _ten_days,
        ),
        (rf"(?P<year>\d{{4}}|\d{{2}}(?=年))年?度?[-./]?{_QUARTER}", _quarter_point),
        (r"(?P<year>\d{4})年?[-./]?q(?P<quarter>[1-4])[末底]?", _quarter_point),
        (r"q(?P<quarter>[1-4])[-./,]?(?P<year>\d{4})年?", _quarter_point),
        (r"(?P<quarter>[1-4])q[-./,]?(?P<year>\d{4})年?", _quarter_point),
        (
            r"(?P<year>\d{4}|\d{2}(?=年))年?度?[-./]?(?P<half>[上下])半年[末底内]?",
            _half_point,
        ),
        (r"(?P<year>\d{4})年?[-./]?h(?P<half>[12])", _half_point),
        (r"h(?P<half>[12])[-./,]?(?P<year>\d{4})年?", _half_point),
        (rf"(?P<year>\d{{4}})(?:年(?:度|内|全年|年)?)?{_END}", _year_point),
    )
)
