"""Announced days as people write them, one period a line, and back. What a period means stands in `calendar.py`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from marketplace.parsing.text import too_long

MAX_NAME = 20
MAX_SPAN = 16  # days; the longest holiday of a notice so far had ten
_DAY = r"(?:(\d{4})\s*[-年./]\s*)?(\d{1,2})\s*[-月./]\s*(\d{1,2})\s*日?"
# The second day of a period may leave out its month: 2月15日至23日.
LINE = re.compile(
    rf"{_DAY}(?:\s*(?:至|到|-+|—+|–|~)\s*(?:{_DAY}|(\d{{1,2}})\s*日))?[\s,，:：]*(.*)",
    re.ASCII,
)


@dataclass(frozen=True)
class WrittenDay:
    """One day off, or one working day in exchange."""

    day: date
    works: bool
    name: str


class UnreadableDayError(ValueError):
    """A line that is no day; the text says what is wrong and what to do."""


def read_days(text: str, year: int, *, works: bool) -> Iterator[WrittenDay]:
    """The days of a text, a day or a period on each line, with the name of the holiday behind it.

    Args:
        text: lines such as `2026-02-15 至 2026-02-23 春节` or `2月15日至23日 春节`.
        year: the year of the notice, for days that leave it out.
        works: whether they are working days.

    Raises:
        UnreadableDayError: a line is no day, or a day that cannot be of the notice.
    """
    for number, line in enumerate(text.splitlines(), 1):
        # Notices are pasted with wide digits and signs.
        plain = unicodedata.normalize("NFKC", line).strip()
        if plain:
            try:
                yield from _read_line(plain, year, works)
            except ValueError as error:
                raise UnreadableDayError(
                    f"第 {number} 行「{line.strip()}」：{error}"
                ) from error


def _read_line(line: str, year: int, works: bool) -> Iterator[WrittenDay]:
    match = LINE.fullmatch(line)
    if match is None:
        raise ValueError("写成 2026-02-15 至 2026-02-23 春节 这样，一行一段。")
    year_of, month, first, year_to, month_to, last, day_to, name = match.groups()
    begin = _day(int(year_of or year), int(month), int(first))
    end = begin
    if last:
        end = _day(int(year_to or begin.year), int(month_to), int(last))
    elif day_to:
        end = _day(begin.year, begin.month, int(day_to))
    span = (end - begin).days
    if span < 0:
        raise ValueError("后一天早于前一天。")
    # A slip in the month would give people a season off.
    if span >= MAX_SPAN:
        raise ValueError(f"一段不会超过 {MAX_SPAN} 天，请核对。")
    # New Year's holiday may begin in the last days of the old year; its notice is that of the new one.
    if begin < date(year - 1, 12, 20) or end > date(year, 12, 31):
        raise ValueError(f"不是 {year} 年的日子。")
    if problem := too_long(name, MAX_NAME):
        raise ValueError(f"节日名称{problem}")
    for offset in range(span + 1):
        yield WrittenDay(begin + timedelta(days=offset), works, name)


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"没有 {year} 年 {month} 月 {day} 日这一天。") from None


def write_days(days: Iterable[WrittenDay]) -> str:
    """Days as `read_days` reads them: those that follow one another under one name on one line."""
    periods: list[list[WrittenDay]] = []
    for one in sorted(days, key=lambda one: one.day):
        if periods and _follows(periods[-1][-1], one):
            periods[-1].append(one)
        else:
            periods.append([one])
    lines = []
    for period in periods:
        line = period[0].day.isoformat()
        if len(period) > 1:
            line += f" 至 {period[-1].day.isoformat()}"
        lines.append(f"{line} {period[0].name}".strip())
    return "\n".join(lines)


def _follows(before: WrittenDay, after: WrittenDay) -> bool:
    return before.name == after.name and after.day - before.day == timedelta(days=1)
