"""One mail a day: every item in exactly one, none without an item, whatever runs were missed or done twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from marketplace.accounts.models import Person
from marketplace.extensions import db
from marketplace.notices import deeds, digests, queries, upkeep
from marketplace.notices.models import Notice
from tests.marketplace.notices.conftest import NOON, again, send_all
from tests.post_office import PostOffice

Tell = Callable[..., Notice]
StopClock = Callable[[datetime], None]
MORNING = datetime(2026, 11, 28, 0, 30)  # 08:30 in China, the day after NOON


@pytest.fixture
def daily(office: PostOffice, person: Person) -> Person:
    """Somebody who wants one mail a day."""
    deeds.choose_mail(by=person, quiet_from=22, quiet_until=7, daily=True, stopped=())
    return person


def test_items_of_a_day_are_one_mail_and_urgent_ones_do_not_wait(
    office: PostOffice, daily: Person, tell: Tell, stop_clock: StopClock
) -> None:
    items = [tell(daily, key=f"event {n}", subject=f"第 {n} 件") for n in range(3)]
    tell(daily, "test.security", key="urgent")
    send_all()
    assert len(office.taken) == 1
    assert upkeep.gather_digests() == 0
    stop_clock(MORNING - timedelta(seconds=1))
    assert upkeep.gather_digests() == 0
    stop_clock(MORNING)
    late = tell(daily, key="late", subject="刚刚发生的")
    stop_clock(MORNING + timedelta(minutes=3))
    late_later = tell(daily, key="later", subject="更晚的")

    assert upkeep.gather_digests() == 1
    assert upkeep.gather_digests() == 0
    send_all()

    (_, mail) = office.taken[-1]
    plain = mail.get_body(("plain",))
    assert plain is not None
    text = plain.get_content()
    assert len(office.taken) == 2
    assert "4 条" in str(mail["Subject"])
    for number in range(3):
        assert text.count(f"第 {number} 件") == 1
    assert "更晚的" not in text
    assert {again(item).state for item in (*items, late)} == {"gathered"}
    assert again(late_later).state == "held"
    # The digest is a mail, not a notice of its own.
    assert queries.unread_count(daily) == 5


def test_missed_runs_lose_nothing(
    office: PostOffice, daily: Person, tell: Tell, stop_clock: StopClock
) -> None:
    tell(daily, key="one")
    stop_clock(NOON + timedelta(days=1))
    tell(daily, key="two")
    stop_clock(NOON + timedelta(days=3))

    assert upkeep.gather_digests() == 1
    send_all()
    stop_clock(NOON + timedelta(days=4))
    assert upkeep.gather_digests() == 0
    assert len(office.taken) == 1
    assert queries.state_counts()["gathered"] == 2


def test_what_is_committed_late_waits_for_the_next_digest(
    office: PostOffice, daily: Person, tell: Tell, stop_clock: StopClock
) -> None:
    tell(daily, key="one")
    stop_clock(MORNING)
    assert upkeep.gather_digests() == 1
    late = tell(daily, key="two")
    # As of a deed that began before the digest was made.
    late.created_at = NOON
    db.session.commit()

    assert upkeep.gather_digests() == 0
    assert again(late).state == "held"
    stop_clock(MORNING + timedelta(days=1))
    assert upkeep.gather_digests() == 1
    assert again(late).state == "gathered"


def test_nobody_gets_a_digest_without_an_item(
    office: PostOffice, daily: Person, tell: Tell, stop_clock: StopClock
) -> None:
    stop_clock(MORNING)
    assert upkeep.gather_digests() == 0
    tell(daily)
    daily.active = False
    db.session.commit()
    stop_clock(MORNING + timedelta(days=1))

    assert upkeep.gather_digests() == 0
    assert queries.state_counts()["held"] == 0


def test_who_changes_their_mind_gets_what_waited(
    office: PostOffice, daily: Person, tell: Tell
) -> None:
    tell(daily)
    send_all()
    assert office.taken == []

    deeds.choose_mail(by=daily, quiet_from=22, quiet_until=7, daily=False, stopped=())
    send_all()

    assert len(office.taken) == 1


def test_a_long_digest_says_how_much_is_left_out(
    office: PostOffice, daily: Person, tell: Tell, stop_clock: StopClock
) -> None:
    for number in range(digests.MAX_DIGEST + 2):
        tell(daily, key=f"event {number}")
    stop_clock(MORNING)
    upkeep.gather_digests()
    send_all()

    plain = office.taken[0][1].get_body(("plain",))
    assert plain is not None
    assert "另有 2 条" in plain.get_content()
