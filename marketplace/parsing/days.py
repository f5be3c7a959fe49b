"""Days, months and years as they are written, and as spreadsheets store them. What today is belongs to the clock.
One point in time is read in points_in_time.py; here are ranges, words around them and the cells of spreadsheets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from math import isfinite
from typing import Any, NamedTuple

from marketplace.clock import day_in_china
from marketplace.parsing import ParseError
from marketplace.parsing.points_in_time import (
    DAY_FORMS,
    FIRST_YEAR,
    LAST_YEAR,
    Point,
    digits_of_day,
    known_year,
    read_point,
)
from marketplace.parsing.text import cell_text, compact_text, half_width
from matching.folding import normalise

DAY_NEEDED = "写日期，如 2026-11-28。"
MONTH_FORMS = "填起止年月，如 2022.03-2024.10。"
DAY_SIGNS = 80  # characters; longer texts are sentences
EXCEL_EPOCH = date(1899, 12, 30)  # day 0 of Excel's serial numbers
FROM_1904 = 1_462  # days from there to day 0 of workbooks that count from 1904
SERIALS = range(18_264, 73_416)  # 1950 to 2100
# These say on purpose that there is no day, those that it is not known.
UNLIMITED = frozenset(
    {"长期", "长期有效", "永久", "永久有效", "无限期", "无期限", "不限", "不限期"}
)
UNKNOWN_DAYS = frozenset(
    {"待定", "未定", "待确定", "暂未确定", "未确定", "另定", "不确定"}
)

_TIME_OF_DAY = re.compile(
    r"(?:[\sT]|(?<=[日号]))\s*\d{1,2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?|[时点](?:\d{1,2}分)?)$",
    re.ASCII,
)
_REMARK = re.compile(r"\(([^()]*)\)")
_WEEKDAY = re.compile(r"(?:星期|周|礼拜)[一二三四五六日天]")
_TO = re.compile(r"-{1,2}|~|至|到")
_UNTIL_NOW = re.compile(r"(.+?)[-~]*(?:至|到)?(?:今|现在|目前)")
# What says that the point is the last possible one, which the end of it is.
_UNTIL = re.compile(
    r"^(?:自?即日起(?:至|到|-|~)|(?:最迟|最晚|不晚于|不迟于|截至|截止时间|截止日期|截止|有效期|完成时间|交付时间)[:为是]?(?:至|到|于|在)?|至|到|于|在)"
)
# What makes it less exact; the day is taken and the text put into a remark.
_ABOUT = re.compile(
    r"^(?:大?约|预计|预期|计划|拟|拟于|力争|争取|暂定|希望|要求|原则上)+(?:于|在)?|(?:左右|上下|前后)$"
)
_DONE = re.compile(
    r"(?:完成|交付|交货|供货|投用|上市|提交|验收|结束|到期|截止|为止|止|解决|投产|上线|结题|有效)$"
)
_BEFORE = re.compile(r"(?:之前|以前|前)$")
# Ranges that name the year once: 2027年3-6月, 2027年3月1日-5月31日.
_SAME_YEAR = re.compile(r"\d{1,2}月(?:\d{1,2}[日号]?|底|末)?", re.ASCII)
_SAME_YEAR_IN_FIGURES = re.compile(r"(\d{1,2})[-/.](\d{1,2})", re.ASCII)
_SAME_MONTH = re.compile(r"\d{1,2}[日号]", re.ASCII)
# Texts that name no day, and what is answered.
_NO_DAYS = (
    (
        re.compile(
            r"^(?:第?\d个?季度?(?!\d{4})|q\d(?!/?\d{4})|h\d|[上下]半年|年[底末初中]|\d{1,2}月|\d{1,2}[-/]\d{1,2}$)"
        ),
        "没有写年份。",
    ),
    (
        re.compile(
            r"[今明后去本当]年|[本下次][月季周]|发布|签订|合同|"
            r"(?:^|[^\d])(?:半|[一二三四五六两几]|\d{1,2})个?(?:年|月|周|天|季度)(?:内|后|左右)?$"
        ),
        "要看从哪天算起。",
    ),
    (
        re.compile(r"^\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|[a-z]{3,9}"),
        "的年份没有写在最前面。",
    ),
    (
        re.compile(r"^\d{2}[-/.]\d{1,2}(?:[-/.]\d{1,2})?$|^\d{2}年|^\d{6}$"),
        "的年份不是四位。",
    ),
    (re.compile(r"初|中|春|夏|秋|冬|期间"), "说不准是哪一天。"),
)


class Period(NamedTuple):
    """What a text says of time.

    Attributes:
        first: its first day; None where only its end is named (至2027年3月), or nothing.
        last: its last day; None where it says on purpose that there is none (长期).
        remark: what was made of a text that says something else, in Chinese; empty mostly.
        grains: how exact its ends are; see `Point`.
    """

    first: date | None
    last: date | None
    remark: str = ""
    grains: tuple[str, ...] = ()


def read_period(raw: Any) -> Period | None:
    """The days that a cell or a typed text names.

    Args:
        raw: a date cell, an Excel serial, 2027-09-30, 2027/9/30, 2027.09, 2027年9月, 2027年底, 2027年第三季度,
            二〇二七年三月, 至2027-03, or two of them.

    Raises:
        ParseError: no days between 1950 and 2100, or days that are not sure.
    """
    typed = _typed_day(raw)
    if typed is not None:
        # Typed by hand, five digits are no usual day.
        is_serial = isinstance(raw, str) and re.fullmatch(r"\s*\d{5}\s*", raw)
        remark = f"「{raw.strip()}」按 {typed} 记录。" if is_serial else ""
        return Period(typed, typed, remark, ("day",))
    written = _day_text(raw)
    if not written or written in UNKNOWN_DAYS:
        return None
    if written in UNLIMITED:
        return Period(None, None, f"「{written}」没有日期，按没有填写处理。")
    if len(written) > DAY_SIGNS:
        raise ParseError(f"「{written[:40]}…」不是能识别的日期。", DAY_FORMS)
    remarks = [
        mark for mark in _REMARK.findall(written) if not _WEEKDAY.fullmatch(mark)
    ]
    plain = digits_of_day(_WEEKDAY.sub("", _REMARK.sub("", written))).rstrip(".。,;")
    about = _ABOUT.sub("", plain)
    ends = _DONE.sub("", about)
    until = _UNTIL.sub("", ends)
    bare = _BEFORE.sub("", until)
    points = _points_of(bare)
    if points is None:
        raise _reason_of(written, plain)
    first, last = points
    is_sure = last.grain == "day" or last.is_end
    if bare != until and not is_sure:
        message = f"「{written[:40]}」看不出最后一天是哪天。"
        raise ParseError(message, "写出最后一天，如 2027-06-30。")
    is_rough = last.grain in ("quarter", "half", "ten days")
    remark = ""
    if remarks or about != plain or is_rough:
        remark = f"「{written[:40]}」按 {last.last} 记录。"
    begin = None if until != ends and first == last else first.first
    return Period(begin, last.last, remark, (first.grain, last.grain))


def read_day(raw: Any, *, end: bool = True) -> date | None:
    """A day.

    Args:
        raw: as for `read_period`.
        end: take the last day of a month or year, and the second of two days; else the first.

    Raises:
        ParseError: as for `read_period`, or the first day is wanted and only the last is named.
    """
    period = read_period(raw)
    if period is None or period.last is None:
        return None
    if end:
        return period.last
    # 至2027年3月 has no beginning, and today is not what its writer said.
    if period.first is None:
        raise ParseError(f"「{compact_text(raw)[:40]}」没有写从哪天起。", DAY_FORMS)
    return period.first


def read_single_day(text: str) -> date:
    """A text that names one day and nothing else: 2027-09-30, 2027/9/30, 2027年9月30日.

    Raises:
        ParseError: it is a month, a range or no day at all; a day that does not exist.
    """
    point = read_point(digits_of_day(_day_text(text)))
    if point is None or point.grain != "day":
        raise ParseError(f"「{text.strip()[:40]}」不是一个日期。", DAY_FORMS)
    return point.first


def read_beginning(text: str) -> date | None:
    """The first day of the day, month or year that a text names, however it is written; None where it names none."""
    try:
        point = read_point(digits_of_day(_day_text(text)))
    except ParseError:
        return None
    return None if point is None else point.first


def read_months(raw: Any) -> tuple[str | None, str | None] | None:
    """The first and last month of a period, each YYYY-MM; one month alone is the first, 至今 leaves the last open."""
    written = "" if _typed_day(raw) is not None else _day_text(raw)
    until_now = _UNTIL_NOW.fullmatch(written)
    try:
        period = read_period(until_now[1] if until_now else raw)
    except ParseError as error:
        raise ParseError(error.message, MONTH_FORMS) from None
    if period is None:
        return None
    # A period in years would have to guess its months.
    if period.first is None or period.last is None or "year" in period.grains:
        raise ParseError(f"「{written[:40]}」没有写起止的月份。", MONTH_FORMS)
    first, last = f"{period.first:%Y-%m}", f"{period.last:%Y-%m}"
    if until_now or first == last:
        return first, None
    return first, last


def read_month(raw: Any) -> str | None:
    """One month, YYYY-MM."""
    months = read_months(raw)
    if months is None:
        return None
    if months[1] is not None:
        raise ParseError(
            f"「{compact_text(raw)[:40]}」是两个年月。",
            "这一列只填一个年月，如 2022.03。",
        )
    return months[0]


def read_years(raw: Any) -> tuple[int, int] | None:
    """The first and last year of a period; a single year is both."""
    period = read_period(raw)
    if period is None:
        return None
    if period.first is None or period.last is None:
        message = f"「{compact_text(raw)[:40]}」没有写从哪年到哪年。"
        raise ParseError(message, "如 2026-2028。")
    return period.first.year, period.last.year


def _points_of(bare: str) -> tuple[Point, Point] | None:
    """The ends of a range, twice the same for one point; None where the text is neither."""
    one = read_point(bare)
    if one is not None:
        return one, one
    text = re.sub("^[自从]|起(?=至|到|-|~)|止$", "", bare)
    ends = list(_ends_of_range(text))
    if len(ends) != 1:
        return None
    first, last = ends[0]
    if first.first > last.last:
        raise ParseError(f"「{bare[:40]}」的起止写反了。", DAY_FORMS)
    return first, last


def _ends_of_range(text: str) -> Iterator[tuple[Point, Point]]:
    """The ends of a range, once for each sign that parts two points in time."""
    for sign in _TO.finditer(text):
        before, after = text[: sign.start()], text[sign.end() :]
        first = _point_or_none(before)
        if first is None:
            continue
        if _SAME_YEAR.fullmatch(after):
            after = f"{first.first.year}年{after}"
        elif first.grain == "day" and (day := _SAME_YEAR_IN_FIGURES.fullmatch(after)):
            after = f"{first.first.year}年{day[1]}月{day[2]}日"
        elif first.grain == "day" and _SAME_MONTH.fullmatch(after):
            after = f"{first.first:%Y年%m月}{after}"
        last = _point_or_none(after)
        if last is not None:
            yield first, last


def _point_or_none(text: str) -> Point | None:
    # A month may be 20 only because the text was parted at the wrong sign.
    try:
        return read_point(text)
    except ParseError:
        return None


def _day_text(raw: Any) -> str:
    """The text of a day, folded, without blanks and time of day."""
    text = half_width(cell_text(raw)).strip()
    plain = compact_text(_TIME_OF_DAY.sub("", text))
    return normalise(plain).translate(str.maketrans("[]【】", "()()"))


def day_from_1904(cell: Any) -> Any:
    """The day of a cell that holds a number of days since 1904; any other cell as it is.

    A text stays a text: nobody knows from which workbook its figures were copied.
    """
    is_number = isinstance(cell, int | float) and not isinstance(cell, bool)
    if not is_number or not isfinite(cell) or int(cell) + FROM_1904 not in SERIALS:
        return cell
    return EXCEL_EPOCH + timedelta(days=int(cell) + FROM_1904)


def _typed_day(raw: Any) -> date | None:
    """The day of a cell that is a date or a serial number, or of a moment that a program wrote; None for others."""
    # Before date: a datetime is a date in Python.
    if isinstance(raw, datetime):
        return _known_day(raw.date())
    if isinstance(raw, date):
        return _known_day(raw)
    if isinstance(raw, time | timedelta):
        raise ParseError("这一格只有时间，没有日期。", DAY_FORMS)
    if isinstance(raw, float) and _is_january_or_october(raw):
        raise ParseError(f"{raw} 是数字格式，分不清是 1 月还是 10 月。", DAY_FORMS)
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        return None
    plain = compact_text(raw)
    # Five digits are a serial number and not a year with something after it.
    serial = re.fullmatch(r"(\d{5})(\.\d+)?", plain, re.ASCII)
    if serial and int(serial[1]) in SERIALS:
        return EXCEL_EPOCH + timedelta(days=int(serial[1]))
    return _day_of_moment(plain)


def _day_of_moment(plain: str) -> date | None:
    """The day in China of a moment with its time zone: midnight there is 16:00 of the day before in Greenwich."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT?\d\d:\d\d.*(?:Z|[+-]\d\d:?\d\d)", plain):
        return None
    text = plain if "T" in plain else f"{plain[:10]}T{plain[10:]}"
    try:
        return _known_day(day_in_china(datetime.fromisoformat(text).astimezone(UTC)))
    except (ValueError, OverflowError):
        return None


def _known_day(day: date) -> date:
    known_year(day.year)
    return day


def _is_january_or_october(raw: float) -> bool:
    """Whether a number like 2027.1 was 2027.01 or 2027.10 before the spreadsheet program dropped the last nought."""
    if raw.is_integer() or not FIRST_YEAR <= raw <= LAST_YEAR + 1:
        return False
    return f"{raw:.4f}"[4:] == ".1000"


def _reason_of(written: str, plain: str) -> ParseError:
    for pattern, reason in _NO_DAYS:
        if pattern.search(plain):
            return ParseError(f"「{written[:40]}」{reason}", DAY_FORMS)
    return ParseError(f"「{written[:40]}」不是能识别的日期。", DAY_FORMS)
