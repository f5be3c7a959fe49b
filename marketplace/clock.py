"""The clock of the house: the present moment in UTC, the present day in China, and moments as China sees them.

How days and moments are worded on pages stands in `wording.py`; when jobs run, in `operation/background.py`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")  # all of China keeps this one time, UTC+8


def now() -> datetime:
    """The present moment, UTC without zone, as the databases store it."""
    return datetime.now(UTC).replace(tzinfo=None)


def in_china(moment: datetime) -> datetime:
    """A stored moment (UTC without zone) on Chinese time, with its zone."""
    return moment.replace(tzinfo=UTC).astimezone(SHANGHAI)


def day_in_china(moment: datetime) -> date:
    """The day in China on which a stored moment (UTC without zone) lies."""
    return in_china(moment).date()


def begin_of_day(day: date) -> datetime:
    """When a day begins in China, UTC without zone, as moments are stored."""
    begin = datetime.combine(day, time(), SHANGHAI)
    return begin.astimezone(UTC).replace(tzinfo=None)


def today() -> date:
    """The present day in China: what 有效期至 and every other day of a listing is compared with.

    Between midnight and 08:00 in China the UTC day is still yesterday, so `now().date()` is never the day of a listing.
    """
    return day_in_china(now())
