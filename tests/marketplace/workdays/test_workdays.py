"""Working days: the arithmetic, how announced days are written, the page on which operators write them."""

from __future__ import annotations

import os
import time
from datetime import date, datetime, timedelta

import pytest

from marketplace.errors import Invalid, NotAllowed, Stale
from marketplace.workdays import deeds, queries
from marketplace.workdays.calendar import Calendar, Deadline
from marketplace.workdays.written_days import UnreadableDayError, read_days, write_days
from tests.forked import start_child, wait_for

# The check dates of 15 natural days of 公示; 2026-05-09 is a Saturday on which people work.
PUBLICITY = (
    ("2026-02-01", "2026-02-24"),
    ("2026-04-24", "2026-05-09"),
    ("2026-09-16", "2026-10-08"),
    ("2026-11-20", "2026-12-07"),
)


@pytest.mark.parametrize(("begun", "end"), PUBLICITY)
def test_publicity_ends_on_a_working_day(client, begun, end):
    deadline = queries.load_calendar().after_days(date.fromisoformat(begun), 15)
    assert deadline == Deadline(date.fromisoformat(end))
    assert deadline.text == f"{end} 24:00（北京时间）"


WORKDAYS = (
    # a Friday; the weekend between does not count
    ("2026-11-20", 1, "2026-11-23", ()),
    ("2026-11-20", 3, "2026-11-25", ()),
    # 调休: Saturday 02-14 counts, then nothing until the 24th
    ("2026-02-13", 1, "2026-02-14", ()),
    ("2026-02-13", 2, "2026-02-24", ()),
    ("2026-09-30", 1, "2026-10-08", ()),
    ("2026-10-08", 2, "2026-10-10", ()),
    # over the end of what is announced
    ("2026-12-30", 1, "2026-12-31", ()),
    ("2026-12-30", 2, "2027-01-01", (2027,)),
)


@pytest.mark.parametrize(("day", "count", "end", "unannounced"), WORKDAYS)
def test_a_period_of_working_days(client, day, count, end, unannounced):
    calendar = queries.load_calendar()
    deadline = calendar.after_workdays(date.fromisoformat(day), count)
    assert deadline == Deadline(date.fromisoformat(end), unannounced)
    assert calendar.workdays_left(date.fromisoformat(day), deadline.day) == count
    assert calendar.workdays_left(deadline.day, date.fromisoformat(day)) == -count


def test_what_is_not_announced_is_said_aloud(client):
    calendar = queries.load_calendar()
    deadline = calendar.after_days(date(2026, 12, 25), 15)
    assert deadline.is_provisional
    assert deadline.text == (
        "2027-01-11 24:00（北京时间），暂定：2027 年的放假安排还没有公布"
    )
    assert calendar.known_until(date(2026, 11, 28)) == date(2026, 12, 31)
    assert calendar.known_until(date(2027, 1, 1)) is None


@pytest.mark.parametrize("count", [0, -1, 1001])
def test_no_other_count_of_days_is_a_period(client, count):
    with pytest.raises(ValueError, match="a period of"):
        queries.load_calendar().after_days(date(2026, 1, 5), count)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/Los_Angeles"])
def test_the_zone_of_the_process_changes_nothing(zone):
    def look() -> None:
        os.environ["TZ"] = zone
        time.tzset()
        # Otherwise the three of them would be one.
        assert datetime.fromtimestamp(0).astimezone().utcoffset() == OFFSETS[zone]
        first, worked = date(2026, 10, 1), date(2026, 10, 10)
        calendar = Calendar(frozenset({first}), frozenset({worked}), frozenset({2026}))
        deadline = calendar.after_days(date(2026, 9, 16), 15)
        assert deadline.text == "2026-10-02 24:00（北京时间）"
        assert deadline.end == datetime(2026, 10, 2, 16)
        later = calendar.after_workdays(date(2026, 10, 8), 2)
        assert later.end == datetime(2026, 10, 10, 16)

    assert wait_for(start_child(look)) == 0


# How far the zones were from UTC at the beginning of 1970.
OFFSETS = {
    "UTC": timedelta(),
    "Asia/Shanghai": timedelta(hours=8),
    "America/Los_Angeles": timedelta(hours=-8),
}


def test_the_end_of_a_day_is_midnight_in_china():
    assert Deadline(date(2026, 12, 7)).end == datetime(2026, 12, 7, 16)


READ = (
    ("2026-02-15 至 2026-02-23 春节", 9, "2026-02-15", "春节"),
    ("2月15日至23日 春节", 9, "2026-02-15", "春节"),
    ("2月15日至2月23日，春节", 9, "2026-02-15", "春节"),
    ("２０２６年２月１５日～２月１７日：春节", 3, "2026-02-15", "春节"),
    ("2026.5.9 劳动节", 1, "2026-05-09", "劳动节"),
    ("2025-12-31 元旦", 1, "2025-12-31", "元旦"),
    ("10/10", 1, "2026-10-10", ""),
)


@pytest.mark.parametrize(("line", "count", "first", "name"), READ)
def test_a_line_of_days_is_read(line, count, first, name):
    days = list(read_days(line, 2026, works=False))
    assert (len(days), str(days[0].day), days[0].name) == (count, first, name)
    assert list(read_days(write_days(days), 2026, works=False)) == days


REFUSED = (
    ("春节", "一行一段"),
    ("2026-02-30 春节", "没有 2026 年 2 月 30 日"),
    ("2026-02-23 至 2026-02-15", "后一天早于前一天"),
    ("2026-02-01 至 2026-03-15", "不会超过"),
    ("2027-01-01 元旦", "不是 2026 年"),
    ("2025-11-01", "不是 2026 年"),
    ("2026-02-15 " + "春" * 21, "节日名称有 21 字，太长了。最多 20 字。"),
)


@pytest.mark.parametrize(("line", "wrong"), REFUSED)
def test_a_line_that_is_no_day_is_refused_by_its_number(line, wrong):
    with pytest.raises(UnreadableDayError, match=rf"^第 2 行.*{wrong}"):
        list(read_days(f"2026-01-01\n{line}", 2026, works=False))


YEAR_2027 = {
    "status": "announced",
    "source": "通知（示例）",
    "off": "2027-01-01 至 2027-01-03 元旦",
    "working": "2027-01-09 元旦",
}


def test_a_notice_that_comes_moves_the_deadline(make):
    operator = make.person("operator")
    before = queries.load_calendar().after_workdays(date(2026, 12, 31), 1)
    assert (before.day, before.unannounced) == (date(2027, 1, 1), (2027,))
    deeds.save_year(
        2027, **YEAR_2027 | {"status": "unverified"}, by=operator, seen=None
    )
    # What is not verified moves nothing.
    assert queries.load_calendar().after_workdays(date(2026, 12, 31), 1) == before
    row = queries.get_year(2027, by=operator)
    deeds.save_year(2027, **YEAR_2027, by=operator, seen=row.revision)
    calendar = queries.load_calendar()
    after = calendar.after_workdays(date(2026, 12, 31), 1)
    assert (after.day, after.unannounced) == (date(2027, 1, 4), ())
    assert calendar.is_workday(date(2027, 1, 9))
    assert calendar.known_until(date(2026, 11, 28)) == date(2027, 12, 31)


WRONG_YEARS = (
    ({"source": " "}, "source"),
    ({"off": ""}, "off"),
    ({"off": "放假"}, "off"),
    ({"working": "2027-01-08"}, "working"),  # a Friday
    ({"working": "2027-01-02"}, "working"),  # off as well
    ({"status": "maybe"}, "status"),
    ({"off": "2026-12-20 至 2026-12-21"}, None),
)


@pytest.mark.parametrize(("values", "field"), WRONG_YEARS)
def test_a_year_is_refused_by_its_field(make, values, field):
    operator = make.person("operator")
    if field is None:
        deeds.save_year(2027, **YEAR_2027 | values, by=operator, seen=None)
        return
    with pytest.raises(Invalid) as refusal:
        deeds.save_year(2027, **YEAR_2027 | values, by=operator, seen=None)
    assert list(refusal.value.problems) == [field]


def test_only_operators_save_a_year_and_nobody_over_another(make):
    operator = make.person("operator")
    with pytest.raises(NotAllowed):
        deeds.save_year(2027, **YEAR_2027, by=make.person("firm"), seen=None)
    row = deeds.save_year(2027, **YEAR_2027, by=operator, seen=None)
    with pytest.raises(Invalid, match="没有保存"):
        deeds.save_year(2027, **YEAR_2027, by=operator, seen=None)
    with pytest.raises(Stale):
        deeds.save_year(2027, **YEAR_2027, by=operator, seen=row.revision + 1)


def test_seeding_twice_adds_nothing(client):
    assert deeds.seed_workdays() == 0


def test_the_page_shows_the_years_and_saves_one(make, sign_in, stop_clock):
    stop_clock(datetime(2026, 11, 28))
    client = sign_in(make.person("operator"))
    page = client.get("/office/workdays").get_data(as_text=True)
    assert "已知到 2026-12-31" in page
    assert "国办发明电〔2025〕7号" in page
    assert "2026-02-15 至 2026-02-23 春节" in page
    wrong = client.post(
        "/office/workdays/new", data={"year": "2027", **YEAR_2027, "off": "春节"}
    )
    assert wrong.status_code == 422
    assert "第 1 行「春节」" in wrong.get_data(as_text=True)
    saved = client.post("/office/workdays/new", data={"year": "2027", **YEAR_2027})
    assert saved.status_code == 303
    stale = client.post(
        "/office/workdays/2027", data={**YEAR_2027, "source": "我写的", "seen": "9"}
    )
    text = stale.get_data(as_text=True)
    assert stale.status_code == 409
    assert "我写的" in text
    assert "通知（示例）" in text
