"""The clock of the house on both sides of midnight in China, wherever the process believes to be.

22:31 UTC is 06:31 of the next day in Liaocheng: what was valid until the UTC day is over by then.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

import marketplace
from marketplace import clock
from marketplace.accounts.models import Person
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import index as listing_index
from marketplace.listings.models import Demand
from marketplace.wording import day, minute
from tests.factories import Factory

ZONES = ("UTC", "Asia/Shanghai", "America/Los_Angeles")
BEFORE = datetime(2026, 11, 27, 15, 59, 59)
MIDNIGHT = datetime(2026, 11, 27, 16, 0)
MORNING = datetime(2026, 11, 27, 22, 31)
THE_27TH, THE_28TH = date(2026, 11, 27), date(2026, 11, 28)

StopClock = Callable[[datetime], None]


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: Any) -> Iterator[str]:
    """The time zone the process believes to be in."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 11, 26, 16, 0), THE_27TH),
        (BEFORE, THE_27TH),
        (MIDNIGHT, THE_28TH),
        (MORNING, THE_28TH),
        (datetime(2026, 11, 28, 0, 1), THE_28TH),
        (datetime(2026, 12, 31, 16, 0), date(2027, 1, 1)),
        (datetime(2028, 2, 28, 23, 59), date(2028, 2, 29)),
    ],
)
def test_the_day_is_the_day_in_china(
    zone: str, moment: datetime, expected: date, stop_clock: StopClock
) -> None:
    stop_clock(moment)

    assert (clock.now(), clock.today()) == (moment, expected)
    assert clock.day_in_china(moment) == expected
    assert day(moment) == expected.isoformat()


def test_moments_are_utc_and_said_in_chinese_time(zone: str) -> None:
    assert abs(clock.now() - datetime.now(UTC).replace(tzinfo=None)) < timedelta(
        minutes=1
    )
    assert clock.now().tzinfo is None
    assert clock.begin_of_day(THE_28TH) == MIDNIGHT
    assert minute(MORNING) == "2026-11-28 06:31"
    assert clock.in_china(MORNING).utcoffset() == timedelta(hours=8)


@pytest.mark.parametrize(
    ("moment", "offered"), [(BEFORE, True), (MIDNIGHT, False), (MORNING, False)]
)
def test_what_is_valid_until_the_27th_is_over_when_the_28th_begins(
    zone: str,
    moment: datetime,
    offered: bool,
    make: Factory,
    client: FlaskClient,
    stop_clock: StopClock,
) -> None:
    stop_clock(datetime(2026, 11, 20))
    row = make.demand("石墨坩埚旋压成形开裂", valid_until=THE_27TH)

    stop_clock(moment)

    query = f"/search?kind=demand&q={row.title}"
    assert (f"/demands/{row.id}" in client.get(query).text) == offered
    assert (f"/demands/{row.id}<" in client.get("/sitemap.xml").text) == offered
    said = "不再参加匹配" in client.get(f"/demands/{row.id}").text
    assert said != offered
    assert listing_deeds.expire_due() == (not offered)
    assert row.state == ("published" if offered else "expired")


@pytest.mark.parametrize(
    ("moment", "valid_until"),
    [(BEFORE, date(2027, 11, 27)), (MORNING, date(2027, 11, 28))],
)
def test_a_year_counts_from_the_day_in_china(
    zone: str,
    moment: datetime,
    valid_until: date,
    make: Factory,
    client: FlaskClient,
    stop_clock: StopClock,
) -> None:
    stop_clock(moment)
    approved, expired = make.demand(state="submitted"), make.demand(state="expired")
    imported = make.demand()

    listing_deeds.approve(approved, by=None, seen=approved.revision)
    listing_deeds.renew(expired, by=None, seen=expired.revision)

    rows = (approved, expired, imported)
    assert [row.valid_until for row in rows] == [valid_until] * 3
    published_on = clock.today()
    document = listing_index.search_document(approved)
    assert (document.published_at, document.year) == (approved.published_at, 2026)
    page = client.get(f"/demands/{approved.id}").text
    assert f"发布 {published_on}" in page
    assert f"有效期至 {valid_until}" in page


def test_what_is_approved_on_its_last_day_is_valid_for_a_year(
    make: Factory, stop_clock: StopClock
) -> None:
    stop_clock(MORNING)
    row = make.demand(state="submitted", valid_until=THE_27TH)

    listing_deeds.approve(row, by=None, seen=row.revision)

    assert row.valid_until == date(2027, 11, 28)


def test_the_desk_counts_what_ends_soon_from_the_day_in_china(
    make: Factory, sign_in: Callable[[Person], FlaskClient], stop_clock: StopClock
) -> None:
    owner = make.organisation()
    browser = sign_in(make.person("firm", owner))
    stop_clock(datetime(2026, 11, 20))
    row: Demand = make.demand(owner=owner, valid_until=THE_28TH + timedelta(days=30))

    stop_clock(BEFORE)
    before = browser.get("/mine").text
    stop_clock(MORNING)
    after = browser.get("/mine").text

    assert ["快到期" in page for page in (before, after)] == [False, True]
    assert row.title in after


@pytest.mark.long
def test_nothing_else_in_the_house_asks_for_the_day() -> None:
    """`date.today()`, `datetime.now()` and `now().date()` are days of the process or of Greenwich."""
    folder = Path(marketplace.__file__).parent
    wrong = []
    for path in sorted(folder.rglob("*.py")):
        if path.name in ("clock.py", "logs.py"):  # log lines bear a moment with a zone
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _asks_for_the_day(ast.unparse(node)):
                wrong.append(f"{path.relative_to(folder)}:{node.lineno}")
    assert not wrong


def _asks_for_the_day(call: str) -> bool:
    calls = ("date.today(", "datetime.now(", "datetime.today(", "datetime.utcnow(")
    return call.startswith(calls) or call == "now().date()"
