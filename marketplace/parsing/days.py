"""Days, months and years as they are written, and as spreadsheets store them. What today is belongs to the clock."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from marketplace.parsing import ParseError
from marketplace.parsing.text import cell_text, compact_text, half_width

DAY_FORMS = "填 2027-09-30、2027年9月30日、2027年9月 或 2027.09。"
MONTH_FORMS = "填 2022.03-2024.10。"
FIRST_YEAR = 1950
LAST_YEAR = 2100
EXCEL_EPOCH = date(1899, 12, 30)  # day 0 of Excel's serial numbers
SERIALS = range(18_264, 73_416)  # 1950 to 2100
# Neither is a day, and both say so on purpose.
UNLIMITED = ("长期", "长期有效", "待定")

# Year, then perhaps month and day, with any of the usual signs; 底 or 末 means its last day.
_DAY = r"(\d{4})(?:[-./年](\d{1,2})(?:[-./月](\d{1,2})[日号]?|月)?|年)?(底|末)?"
_TO = r"(?:-{1,2}|~|—{1,2}|–|至|到)"
_ONE_DAY = re.compile(_DAY, re.ASCII)
_TWO_DAYS = re.compile(rf"{_DAY}{_TO}{_DAY}", re.ASCII)
_UNTIL_NOW = re.compile(rf"{_DAY}[-~—–]*至?(?:今|现在|目前)", re.ASCII)
_TIME_OF_DAY = re.compile(r"[\sT]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$", re.ASCII)
_PARTS = 4  # groups of `_DAY`: year, month, day, 底 or 末


def read_day(raw: Any, *, end: bool = True) -> date | None:
    """A day.

    Args:
        raw: a date cell, an Excel serial, 2027-09-30, 2027/9/30, 2027.09, 2027年9月, 2027年底, or two of them.
        end: take the last day of a month or year, and the second of two days; else the first.

    Raises:
        ParseError: not a day between 1950 and 2100.
    """
    typed = _typed_day(raw)
    if typed is not None:
        return typed
    plain = _day_text(raw)
    if not plain or plain in UNLIMITED:
        return None
    if found := _ONE_DAY.fullmatch(plain):
        return _build_day(found.groups(), end)
    if found := _TWO_DAYS.fullmatch(plain):
        first = _build_day(found.groups()[:_PARTS], False)
        last = _build_day(found.groups()[_PARTS:], True)
        if first > last:
            raise ParseError(f"「{plain[:40]}」的起止写反了。", DAY_FORMS)
        return last if end else first
    raise ParseError(f"「{plain[:40]}」不是能识别的日期。", DAY_FORMS)


def read_months(raw: Any) -> tuple[str | None, str | None] | None:
    """The first and last month of a period, each YYYY-MM; one month alone is the first, 至今 leaves the last open."""
    typed = _typed_day(raw)
    if typed is not None:
        return f"{typed:%Y-%m}", None
    plain = _day_text(raw)
    if not plain:
        return None
    if found := _TWO_DAYS.fullmatch(plain):
        return _two_months(plain, found)
    one = _UNTIL_NOW.fullmatch(plain) or _ONE_DAY.fullmatch(plain)
    if one and one[2] is not None:
        return f"{_build_day(one.groups()[:_PARTS], False):%Y-%m}", None
    raise ParseError(f"「{plain[:40]}」不是能识别的起止年月。", MONTH_FORMS)


def read_month(raw: Any) -> str | None:
    """One month, YYYY-MM."""
    found = read_months(raw)
    if found is None:
        return None
    if found[1] is not None:
        raise ParseError(
            f"「{compact_text(raw)[:40]}」是两个年月。",
            "这一列只填一个年月，如 2022.03。",
        )
    return found[0]


def read_years(raw: Any) -> tuple[int, int] | None:
    """The first and last year of a period; a single year is both."""
    if not compact_text(raw):
        return None
    first = read_day(raw, end=False)
    last = read_day(raw, end=True)
    if first is None or last is None:
        return None
    return first.year, last.year


def _two_months(plain: str, found: re.Match[str]) -> tuple[str, str]:
    first = _build_day(found.groups()[:_PARTS], False)
    last = _build_day(found.groups()[_PARTS:], False)
    # A period in years would have to guess its months.
    if found[2] is None or found[2 + _PARTS] is None:
        raise ParseError(f"「{plain[:40]}」没有写月份。", MONTH_FORMS)
    if first > last:
        raise ParseError(f"「{plain[:40]}」的起止写反了。", MONTH_FORMS)
    return f"{first:%Y-%m}", f"{last:%Y-%m}"


def _day_text(raw: Any) -> str:
    """The text of a day without blanks and time of day; 202709 as 2027.09."""
    plain = _TIME_OF_DAY.sub("", half_width(cell_text(raw)))
    return re.sub(r"^(\d{4})(\d{2})$", r"\1.\2", compact_text(plain), flags=re.ASCII)


def _typed_day(raw: Any) -> date | None:
    """The day of a cell that is a date, a serial number or eight digits; None for any other text."""
    # Before date: a datetime is a date in Python.
    if isinstance(raw, datetime):
        return _known_year(raw.date())
    if isinstance(raw, date):
        return _known_year(raw)
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
    if re.fullmatch(r"\d{8}", plain, re.ASCII):
        return _build_day((plain[:4], plain[4:6], plain[6:], None), True)
    return None


def _known_year(found: date) -> date:
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ParseError(f"年份 {found.year} 不对。", DAY_FORMS)
    return found


def _is_january_or_october(raw: float) -> bool:
    """Whether a number like 2027.1 was 2027.01 or 2027.10 before the spreadsheet program dropped the last nought."""
    if raw.is_integer() or not FIRST_YEAR <= raw <= LAST_YEAR + 1:
        return False
    return f"{raw:.4f}"[4:] == ".1000"


def _build_day(parts: Sequence[str | None], end: bool) -> date:
    """The day of (year, month, day, 底 or 末), of which all but the year may be missing."""
    year_text, month_text, day_text, late = parts
    at_end = bool(end or late)
    year = int(year_text or 0)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ParseError(f"年份 {year} 不对。", DAY_FORMS)
    # What is left out is the first or the last of its kind: 2027 is its first or last day.
    month = 12 if at_end else 1
    if month_text:
        month = int(month_text)
    if not 1 <= month <= 12:
        raise ParseError(f"没有 {month} 月。", DAY_FORMS)
    length = calendar.monthrange(year, month)[1]
    number = length if at_end else 1
    if day_text:
        number = int(day_text)
    if not 1 <= number <= length:
        raise ParseError(f"{year}年{month}月没有 {number} 日。", DAY_FORMS)
    return date(year, month, number)
