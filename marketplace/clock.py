"""The clock of the house: the present moment in UTC, the present day in China, and moments as China sees them.

In a rehearsal it runs faster than that of the machine, in every process alike (decision 130). How days and moments are
worded on pages is in `wording.py`; when jobs run, in `operation/background.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")  # all of China keeps this one time, UTC+8


@dataclass(frozen=True)
class Pace:
    """How fast the clock runs.

    Attributes:
        speed: seconds of the house in one second of the machine.
        began: the moment from which on it does, UTC without zone; None: not yet, both are the same so far.
        rehearsed: whether this is a rehearsal, begun or not.
    """

    speed: int = 1
    began: datetime | None = None
    rehearsed: bool = False


_pace = Pace()


def set_pace(pace: Pace) -> None:
    """Let the clock of this process run at a pace; the factory does so with the settings of the site."""
    global _pace
    _pace = pace


def pace() -> Pace:
    """How fast the clock of this process runs."""
    return _pace


def now() -> datetime:
    """The present moment, UTC without zone, as the databases store it."""
    moment = datetime.now(UTC).replace(tzinfo=None)
    began = _pace.began
    # Before its beginning it would count backwards, and many times as fast.
    if began is None or moment < began:
        return moment
    return began + (moment - began) * _pace.speed


def in_real_time(span: timedelta) -> timedelta:
    """How much of the house's time passes while a person at a page, or a process at work, takes so long.

    What is measured for them and not for a deadline goes by it: else a rehearsal signs everybody out within a second.
    """
    return span * _pace.speed


def in_china(moment: datetime) -> datetime:
    """A stored moment (UTC without zone) on Chinese time, with its zone."""
    return moment.replace(tzinfo=UTC).astimezone(SHANGHAI)


def day_in_china(moment: datetime) -> date:
    """The day in China on which a stored moment (UTC without zone) lies."""
    return in_china(moment).date()


def begin_of_day(day: date) -> datetime:
    """When a day begins in China, UTC without zone, as moments are stored."""
    # Through the zone and not by eight hours: from 1986 to 1991 China had summer time.
    begin = datetime.combine(day, time(), SHANGHAI)
    return begin.astimezone(UTC).replace(tzinfo=None)


def today() -> date:
    """The present day in China: what 有效期至 and every other day of a listing is compared with.

    Between midnight and 08:00 in China the UTC day is still yesterday, so `now().date()` is never the day of a listing.
    """
    return day_in_china(now())
