"""Holders of certificates are notified of decisions and of the end, once each, and read nothing once it is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace import clock, contributions
from marketplace.clock import today
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import Demand
from marketplace.notices.models import Notice
from marketplace.permissions import audiences, may
from marketplace.profiles import deeds, queries
from marketplace.profiles.announcements import CERTIFICATE
from tests.factories import Factory


def notices(person: Any) -> list[Notice]:
    query = db.select(Notice).where(
        Notice.kind == CERTIFICATE, Notice.person_id == person.id
    )
    return list(db.session.scalars(query.order_by(Notice.id)))


def put_end(person: Any, day: date) -> None:
    """As if the certificate had been checked in time and named this day."""
    profile = queries.own_broker(person)
    assert profile is not None
    profile.valid_to = day
    db.session.commit()


def test_both_decisions_and_the_end_reach_the_holder(
    make: Factory, sign_in: Callable[..., FlaskClient]
) -> None:
    person = make.person("firm", make.organisation())
    profile = make.certificate(person)
    operator = make.person("operator")

    def seen() -> int:
        db.session.refresh(profile)
        return profile.revision

    for note in ("请补证书的背面", "背面还是不清楚"):
        deeds.return_certificate(profile, note=note, seen=seen(), by=operator)
        reply = f"答复{note}"
        deeds.save_broker(
            make.broker_values(profile), reply=reply, seen=seen(), by=person
        )
        # What is not changed is looked at again all the same, and the operators read the answer.
        assert profile.state == "waiting"
        assert reply in queries.history_of_broker(person.id)[0].note
    deeds.check_certificate(profile, checked="证书原件", seen=seen(), by=operator)
    deeds.end_broker(person, note="冒用他人证书", by=operator)

    texts = [one.happened for one in notices(person)]
    assert [text.partition("\n")[2] for text in texts] == [
        "原因：请补证书的背面",
        "原因：背面还是不清楚",
        "",
        "原因：冒用他人证书",
    ]
    assert "已是平台的技术经理人" in texts[2]
    assert {one.state for one in notices(person)} == {"queued"}  # by mail too
    assert "冒用他人证书" in sign_in(person).get("/mine/notices").text


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (31, None),
        (30, "还有 30 天"),
        (8, "还有 8 天"),
        (7, "还有 7 天"),
        (0, "还有 0 天"),
        (-1, "已到期|取消"),
        (-400, "取消"),
    ],
)
def test_each_stage_comes_once(left: int, words: str | None, make: Factory) -> None:
    person = make.broker(make.organisation())
    before = len(notices(person))
    put_end(person, today() + timedelta(days=left))

    counts = [deeds.announce_endings() for _ in range(3)]

    new = notices(person)[before:]
    assert counts == [len(new), 0, 0]
    assert len(new) == (words is not None)
    for one in new:
        assert any(word in one.happened for word in (words or "").split("|"))


def test_three_stages_of_one_certificate_and_again_for_the_next(make: Factory) -> None:
    person = make.broker(make.organisation())
    before = len(notices(person))
    for left in (29, 20, 7, 6, 0, -1, -2):
        put_end(person, today() + timedelta(days=left))
        deeds.announce_endings()

    assert len(notices(person)) - before == 3
    profile = queries.own_broker(person)
    assert profile is not None
    values = make.broker_values(profile, valid_to=today() + timedelta(days=20))
    deeds.save_broker(values, seen=profile.revision, by=person)
    profile.waiting_since = clock.now()
    deeds.check_certificate(
        profile, checked="证书原件", seen=profile.revision, by=make.person("operator")
    )
    # Checks are told apart by their second.
    assert profile.checked_at is not None
    profile.checked_at += timedelta(seconds=2)
    db.session.commit()
    assert deeds.announce_endings() == 1


def test_who_never_had_an_end_or_is_gone_gets_none(make: Factory) -> None:
    endless = make.broker(make.organisation(), valid_to=None)
    gone = make.broker(make.organisation())
    put_end(gone, today() - timedelta(days=1))
    gone.active = False
    db.session.commit()
    waiting = make.person("firm", make.organisation())
    make.certificate(waiting, valid_to=today() + timedelta(days=3))
    counts = [len(notices(one)) for one in (endless, gone, waiting)]

    assert deeds.announce_endings() == 0
    assert [len(notices(one)) for one in (endless, gone, waiting)] == counts


@pytest.mark.parametrize(("left", "reads"), [(1, True), (0, True), (-1, False)])
def test_nothing_is_read_from_the_day_after(
    left: int, reads: bool, make: Factory, sign_in: Callable[..., FlaskClient]
) -> None:
    """No job has run here: what a reader may know is asked of the day."""
    row = make.demand("机密的轴承难题", visibility="confidential", anonymous=True)
    person = make.broker(make.organisation())
    listing_deeds.assign_broker(row, person, by=None)
    put_end(person, today() + timedelta(days=left))
    browser = sign_in(person)

    page = browser.get(f"/demands/{row.id}")

    assert page.status_code == (200 if reads else 404)
    assert (f"broker:{person.id}" in audiences(person)) is reads
    assert may(person, "listing.read_full", row) is reads
    assert may(person, "demand.read_firm", row) is reads
    found = db.session.scalar(
        db.select(Demand.id).where(Demand.id == row.id, Demand.findable_by(person))
    )
    assert (found == row.id) is reads
    listed = browser.get("/search?kind=demand&q=轴承难题").text
    assert (f'href="/demands/{row.id}"' in listed) is reads
    assert (person.id in contributions.lapsed_brokers([person.id])) is not reads
    # Nor is anything done as a broker, though they have the role; who has no certificate at all is one.
    for deed in ("verdict.read", "verdict.give", "verdict.grade", "brokerage.desk"):
        assert may(person, deed, row) is reads
    assert may(make.person("broker"), "verdict.grade", row)
