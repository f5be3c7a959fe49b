"""Until when a station of a deal is to act: terms by the rules of the day it began, with the working days as announced.

Which rules those are is stored with the deal; what they say and where from, in the room `rules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from marketplace.clock import today
from marketplace.deals.models import Deal
from marketplace.rules.queries import frozen, list_present, thawed
from marketplace.workdays.calendar import Deadline
from marketplace.workdays.queries import load_calendar

# Keys of the room `rules`.
PUBLICITY_DAYS = "publicity.days"
START_COUNTED = "publicity.start_counted"
MOVED_TO_WORKDAY = "publicity.moved_to_workday"
ANSWER_DAYS = "deals.answer_days"
STATION_DAYS = "deals.station_days"
OBJECTION_DAYS = "deals.objection_days"
# What no deal can do without. Everything else that is in force is frozen too, for the rooms above.
KEYS = frozenset({PUBLICITY_DAYS, ANSWER_DAYS, STATION_DAYS, OBJECTION_DAYS})
# How long before the first day a meeting about it may have been.
MEETING_DAYS = 365
# States that are over, and those whose end something else says.
WITHOUT_TERM = ("converted", "terminated")


def rules_on(day: date) -> dict[str, Any]:
    """Every value in force on a day, as a deal keeps it: the rooms above read theirs from the same first day.

    Raises:
        LookupError, NoValueError: one that deals cannot do without is not there.
    """
    keys = set(KEYS)
    for row in list_present(day):
        ended = row.valid_to is not None and row.valid_to < day
        if row.in_force == "active" and row.valid_from <= day and not ended:
            keys.add(row.key)
    return frozen(sorted(keys), day)


def meeting_problem(met_on: date | None, began_on: date) -> str:
    """What is wrong with the day of a meeting that is recorded; empty where nothing is.

    Args:
        met_on: as it was typed; None: nothing was, or no day.
        began_on: the first day of what the meeting was about. It may have been prepared, but not for years.
    """
    if met_on is None:
        return "写开会的那一天。"
    # Minutes of a meeting that has yet to take place show nothing.
    if met_on > today():
        return "开会的那一天不能晚于今天。"
    earliest = began_on - timedelta(days=MEETING_DAYS)
    if met_on < earliest:
        return f"开会的那一天不能早于 {earliest}，请看年份是不是写对了。"
    return ""


def days_of(deal: Deal, key: str) -> int:
    """A number of days by the rules of the day a deal began."""
    return thawed(deal.rules)[key].whole


def due_on(deal: Deal) -> date | None:
    """The last day for what the present station asks; None where the deal is over."""
    if deal.state in WITHOUT_TERM:
        return None
    if deal.state == "proposed":
        return load_calendar().after_workdays(today(), days_of(deal, ANSWER_DAYS)).day
    running = deal.running_publicity
    if deal.state == "in_publicity" and running is not None:
        return running.ends_on
    if deal.state == "objection":
        # Of several open objections the earliest answer sets the term.
        days = [one.due_on for one in deal.objections if one.state == "received"]
        return min(days, default=None)
    # From today, for a term is computed only when a station begins.
    return load_calendar().after_days(today(), days_of(deal, STATION_DAYS)).day


def answer_until(deal: Deal) -> Deadline:
    """The last day for an answer to an objection that comes in today."""
    return load_calendar().after_workdays(today(), days_of(deal, OBJECTION_DAYS))


def least_end(deal: Deal, started_on: date) -> Deadline:
    """The earliest last day of a publicity: the start day is not counted, a day off moves it to the next working day.

    Source: 山东省促进科技成果转化条例 art. 14 for the days (as the deal's rules have them), 民法典 art. 201 and 203.
    """
    days = days_of(deal, PUBLICITY_DAYS)
    return chosen_end(deal.rules, started_on, days, "natural")


def chosen_end(
    rules: Mapping[str, Any], started_on: date, days: int, day_kind: str
) -> Deadline:
    """The last day of a publicity of so many natural or working days.

    Args:
        rules: as stored with the deal; those that are not are read as 民法典 art. 201 and 203 have them.
        started_on: its first day, which counts only where the rules say so.
        days: how many.
        day_kind: `natural` or `working`.
    """
    calendar = load_calendar()
    values = thawed(rules)
    # The first day is left out by the calendar; from the day before, it counts.
    before = started_on
    if START_COUNTED in values and values[START_COUNTED].flag:
        before = started_on - timedelta(days=1)
    # A working day already: there is nothing to move.
    if day_kind == "working":
        return calendar.after_workdays(before, days)
    if MOVED_TO_WORKDAY in values and not values[MOVED_TO_WORKDAY].flag:
        return Deadline(before + timedelta(days=days))
    return calendar.after_days(before, days)
