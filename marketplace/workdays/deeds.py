"""What is done to the table of announced days: seeding and saving a year. The only file here that commits."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy.orm.attributes import flag_modified

from marketplace import persistence
from marketplace.errors import Invalid, NotFound, Stale
from marketplace.extensions import db
from marketplace.parsing.text import too_long
from marketplace.permissions import Reader, reader_id, require
from marketplace.workdays.calendar import SATURDAY
from marketplace.workdays.models import STATUSES, HolidayYear, SpecialDay
from marketplace.workdays.written_days import UnreadableDayError, WrittenDay, read_days

SEED = Path(__file__).parent / "seed" / "days.tsv"
# The notice of each seeded year, as the State Council numbered it.
SEED_SOURCES = {
    2026: "国务院办公厅关于2026年部分节假日安排的通知（国办发明电〔2025〕7号）"
}
NOT_SAVED = "工作日表没有保存。"
CHANGED_MEANWHILE = ("这一年刚有改动。", "对照看过以后，再保存就以您写的为准。")
MIN_YEAR, MAX_YEAR = 2020, 2100


def seed_workdays() -> int:
    """Load the years of the seed that the table does not have; what operators changed stays.

    Returns:
        number of years added.
    """
    persistence.begin_write()
    added = 0
    for year, source in SEED_SOURCES.items():
        # Never over a year that is there: an operator may have corrected it since.
        if db.session.get(HolidayYear, year) is None:
            row = HolidayYear(year=year, status="announced", source=source)
            row.days = [_special_day(one) for one in _seeded_days(year)]
            db.session.add(row)
            added += 1
    db.session.commit()
    return added


def _seeded_days(year: int) -> list[WrittenDay]:
    days = []
    with SEED.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            if int(line["year"]) != year:
                continue
            day, last = map(date.fromisoformat, (line["first"], line["last"]))
            while day <= last:
                days.append(WrittenDay(day, line["works"] == "1", line["name"]))
                day += timedelta(days=1)
    return days


def save_year(
    year: int | None,
    *,
    status: str,
    source: str,
    off: str,
    working: str,
    by: Reader | None,
    seen: int | None,
) -> HolidayYear:
    """Add the announced days of a year, or change them.

    Args:
        year: of the notice.
        status: a key of `STATUSES`; only announced days move deadlines.
        source: the notice; needed for announced days.
        off: the days off, as `read_days` reads them.
        working: the weekends on which people work.
        by: the acting person; None for the site itself.
        seen: revision the editor saw; None for a new year.

    Raises:
        NotAllowed, NotFound, Stale.
        Invalid: a line that is no day, a day twice, no source.
    """
    require(by, "workdays.edit")
    problems: dict[str, list[str]] = {}
    if year is None or not MIN_YEAR <= year <= MAX_YEAR:
        problems["year"] = [f"年份写 {MIN_YEAR} 到 {MAX_YEAR} 之间的四位数。"]
    if status not in STATUSES:
        problems["status"] = ["请选「已公布」或「待核实」。"]
    source = source.strip()
    # An announced year moves deadlines of the law: it names the notice by which it does.
    if status == "announced" and not source:
        problems["source"] = ["已公布的要写明依据：哪个通知、文号。"]
    elif problem := too_long(source, 200):
        problems["source"] = [problem]
    row = db.session.get(HolidayYear, year) if "year" not in problems else None
    if seen is None and row is not None:
        problems["year"] = [f"{year} 年已在表里，请打开它修改。"]
    days = []
    if year is not None and "year" not in problems:
        days = _read_both(year, off, working, problems)
    if problems:
        raise Invalid(NOT_SAVED, problems=problems)
    if seen is None:
        row = HolidayYear(year=year)
        db.session.add(row)
    elif row is None:
        raise NotFound("没有这一年。", "可以从工作日表里添加。")
    else:
        # On PostgreSQL two who save at once would each wait for days that the other has taken away.
        persistence.hold_row(row)
        if row.revision != seen:
            raise Stale(*CHANGED_MEANWHILE)
        # Where nothing differs but the days, the year would be written without a new revision.
        flag_modified(row, "status")
    row.status = status
    row.source = source
    row.changed_by = reader_id(by)
    _replace_days(row, days)
    persistence.commit(
        stale=Stale(*CHANGED_MEANWHILE),
        duplicates={
            "pk_holiday_year": _refusal(
                "year", f"{year} 年刚被别人添加，请打开它修改。"
            ),
            "pk_special_day": _refusal("off", "其中有一天刚被别人写进另一年。"),
        },
    )
    return row


def _read_both(
    year: int, off: str, working: str, problems: dict[str, list[str]]
) -> list[WrittenDay]:
    """The days of both lists; what is wrong goes to `problems`, by field."""
    days: dict[date, WrittenDay] = {}
    for field, text, works in (("off", off, False), ("working", working, True)):
        try:
            read = list(read_days(text, year, works=works))
        except UnreadableDayError as error:
            problems[field] = [str(error)]
            continue
        for one in read:
            problem = _problem_of(one, days)
            if problem:
                problems.setdefault(field, []).append(problem)
            days[one.day] = one
    # Without a day off it is no notice: saved as announced it would turn every holiday into a working day.
    if not problems and not any(not one.works for one in days.values()):
        problems["off"] = ["至少写一段放假的日子。"]
    # The notice of a year may begin in December of the one before, where its own notice has days, too.
    taken = db.select(SpecialDay.day).where(
        SpecialDay.day.in_(list(days)), SpecialDay.year != year
    )
    for day in db.session.scalars(taken):
        problems.setdefault("off", []).append(f"{day} 已写在另一年里。")
    return list(days.values())


def _problem_of(one: WrittenDay, days: dict[date, WrittenDay]) -> str:
    if one.day in days:
        return f"{one.day} 写了两次，是放假还是上班？"
    # A slip that would change nothing and look right: such days work anyway.
    if one.works and one.day.weekday() < SATURDAY:
        return f"{one.day} 不是周末，本来就上班，请核对。"
    return ""


def _replace_days(row: HolidayYear, days: list[WrittenDay]) -> None:
    """Let a year have these days; the ones it had already keep their rows, for a day is their key."""
    present = {one.day: one for one in row.days}
    wanted = []
    for one in days:
        # A day that is removed and added in one flush would meet itself in the primary key.
        held = present.get(one.day) or SpecialDay(day=one.day)
        held.works, held.name = one.works, one.name
        wanted.append(held)
    row.days = wanted


def _special_day(one: WrittenDay) -> SpecialDay:
    return SpecialDay(day=one.day, works=one.works, name=one.name)


def _refusal(field: str, problem: str) -> Invalid:
    return Invalid(NOT_SAVED, problems={field: [problem]})
