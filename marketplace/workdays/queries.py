"""What is read of announced days: the calendar every deadline is computed with, and its years. Nothing is written."""

from __future__ import annotations

from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.permissions import Reader, require
from marketplace.workdays.calendar import Calendar
from marketplace.workdays.models import HolidayYear, SpecialDay


def load_calendar() -> Calendar:
    """The working days as they are announced now."""
    query = (
        db.select(SpecialDay.day, SpecialDay.works)
        .join(HolidayYear, HolidayYear.year == SpecialDay.year)
        # What somebody expects is in the table and moves nothing (091).
        .where(HolidayYear.status == "announced")
    )
    off = set()
    working = set()
    for day, works in db.session.execute(query).tuples():
        if works:
            working.add(day)
        else:
            off.add(day)
    years = db.select(HolidayYear.year).where(HolidayYear.status == "announced")
    announced = frozenset(db.session.scalars(years))
    return Calendar(frozenset(off), frozenset(working), announced)


def list_years(*, by: Reader | None) -> list[HolidayYear]:
    """Every year of the table, the newest first. Raises NotAllowed."""
    require(by, "workdays.edit")
    query = db.select(HolidayYear).order_by(HolidayYear.year.desc())
    return list(db.session.scalars(query))


def get_year(year: int, *, by: Reader | None) -> HolidayYear:
    """One year.

    Raises:
        NotAllowed: the reader does not look after the table.
        NotFound: there is no such year.
    """
    require(by, "workdays.edit")
    row = db.session.get(HolidayYear, year)
    if row is None:
        raise NotFound("没有这一年。", "可以从工作日表里添加。")
    return row
