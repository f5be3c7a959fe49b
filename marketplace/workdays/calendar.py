"""Which day is a working day, and what ends when: arithmetic of days, without web and database.

Where the announced days come from stands in `queries.py`; the present day in `marketplace/clock.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from marketplace.clock import begin_of_day

ONE_DAY = timedelta(days=1)
SATURDAY = 5
# Of a longer span nobody would know what was meant; it also bounds the walk from day to day.
MAX_DAYS = 1000
# Working days in which a station decides: what people are told when they hand in or register.
DESK_DAYS = 3
OPERATOR_DAYS = 3
VERIFY_DAYS = 3


@dataclass(frozen=True)
class Deadline:
    """The last day of a period: it ends at 24:00 of that day in China.

    Attributes:
        day: the last day.
        unannounced: years whose days off are not announced and on which the day depends; empty: it is certain.
    """

    day: date
    unannounced: tuple[int, ...] = ()

    @property
    def is_provisional(self) -> bool:
        """Whether a notice that is still to come may move the day."""
        return bool(self.unannounced)

    @property
    def end(self) -> datetime:
        """The moment at which it ends, UTC without zone: the first one that is too late."""
        return begin_of_day(self.day + ONE_DAY)

    @property
    def text(self) -> str:
        """The end as pages and letters write it, and aloud where it is not certain."""
        text = f"{self.day.isoformat()} 24:00（北京时间）"
        if not self.unannounced:
            return text
        years = "、".join(str(year) for year in self.unannounced)
        return f"{text}，暂定：{years} 年的放假安排还没有公布"

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Calendar:
    """The working days: Monday to Friday, but for what was announced.

    Attributes:
        off: days off that were announced.
        working: days that were announced as working days in exchange (调休), weekends all of them.
        announced: years whose days are announced.
    """

    off: frozenset[date]
    working: frozenset[date]
    announced: frozenset[int]

    def is_workday(self, day: date) -> bool:
        """Whether people work on a day, as far as it is announced."""
        # First: 调休 turns a weekend into a working day, and no weekday is ever in this list.
        if day in self.working:
            return True
        return day.weekday() < SATURDAY and day not in self.off

    def next_workday(self, day: date) -> date:
        """The day itself if it is a working day, else the first one after it."""
        while not self.is_workday(day):
            day += ONE_DAY
        return day

    def after_workdays(self, day: date, count: int) -> Deadline:
        """The last day of a period of working days that begins the day after `day` (民法典 art. 201).

        Args:
            day: the day on which it happened that lets the period run.
            count: how many working days, 1 to MAX_DAYS.

        Raises:
            ValueError: another count.
        """
        _check_count(count)
        last = day
        for _ in range(count):
            # The day itself does not count (民法典 art. 201), even where it happens before the office opens.
            last = self.next_workday(last + ONE_DAY)
        # Every day that was counted may turn out to be one off, not only the last.
        return Deadline(last, self._unannounced(day + ONE_DAY, last))

    def after_days(self, day: date, count: int) -> Deadline:
        """The last day of a period of natural days; where it is a day off, the next working day (民法典 art. 203).

        Args:
            day: the day on which it happened that lets the period run; the day after is the first one.
            count: how many days, 1 to MAX_DAYS.

        Raises:
            ValueError: another count.
        """
        _check_count(count)
        end = day + timedelta(days=count)
        last = self.next_workday(end)
        # Days in between count whatever they are, so only the years of the end decide.
        return Deadline(last, self._unannounced(end, last))

    def moved(self, last: date) -> Deadline:
        """Where the last day of a period that began earlier is now: days off announced since may move it on."""
        day = self.next_workday(last)
        return Deadline(day, self._unannounced(last, day))

    def workdays_left(self, day: date, end: date) -> int:
        """How many working days lie between: `end` counts, `day` does not; negative where the end is past."""
        if end < day:
            return -self.workdays_left(end, day)
        span = (end - day).days
        days = [day + ONE_DAY * number for number in range(1, span + 1)]
        return sum(self.is_workday(one) for one in days)

    def known_until(self, day: date) -> date | None:
        """The last day that is announced without a gap, seen from `day`; None where its own year is not."""
        year = day.year
        # Without a gap: a later year that is announced says nothing of the days before it.
        while year in self.announced:
            year += 1
        return None if year == day.year else date(year - 1, 12, 31)

    def _unannounced(self, first: date, last: date) -> tuple[int, ...]:
        years = range(first.year, last.year + 1)
        # A year without a notice counts Monday to Friday, but aloud (091).
        return tuple(year for year in years if year not in self.announced)


def _check_count(count: int) -> None:
    if not 1 <= count <= MAX_DAYS:
        raise ValueError(f"a period of {count} days")
