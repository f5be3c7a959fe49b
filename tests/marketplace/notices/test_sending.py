"""What goes out, to a real server: once, in the right words, and what becomes of it when the server is difficult."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.models import Person
from marketplace.clock import Pace
from marketplace.extensions import db
from marketplace.notices import deeds, delivery, queries, sending, upkeep
from marketplace.notices.addresses import Recipient
from marketplace.notices.models import Notice
from tests.marketplace.notices.conftest import NOON, again, send_all
from tests.post_office import PostOffice

Tell = Callable[..., Notice]
StopClock = Callable[[datetime], None]


def test_a_mail_says_what_happened_what_to_do_until_when_and_why_it_came(
    app: Flask, office: PostOffice, person: Person, tell: Tell
) -> None:
    tell(person, until=datetime(2026, 12, 1, 4, 30))

    assert send_all() == "sent 1, refused 0, put off 0"

    ((address, mail),) = office.taken
    assert address == person.email
    assert mail["To"] == person.email
    assert mail["Subject"] == "【聊城科技大市场】需求被退回"
    assert mail["From"].addresses[0].display_name == "聊城科技大市场"
    assert mail["From"].addresses[0].addr_spec == "noreply@market.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    plain = mail.get_body(("plain",))
    page = mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    for body in (plain.get_content(), page.get_content()):
        for words in (
            "平台退回了需求「深沟球轴承异音攻关」。",
            "按原因修改后再送审。",
            "2026-12-01 12:30",
            f"{app.config['SITE_ADDRESS']}/mine",
            "因为测试",
            "/notices/stop/",
        ):
            assert words in body
    # Every server takes these letters, and no line of it is too long (RFC 5322 §2.1.1).
    assert office.raw[0].isascii()
    assert max(map(len, office.raw[0].split(b"\r\n"))) <= 998


AWKWARD_TEXTS = [
    (
        "标题\r\nBcc: everybody@evil.example\r\n\r\n内容",
        "标题 Bcc: everybody@evil.example 内容",
    ),
    ("标题\nSubject: 别的", "标题 Subject: 别的"),
    ("a\u2028b\u2029c\x85d\x0be", "a b c d e"),
    ("轴承" * 100, None),
    ("<script>alert(1)</script> & “引号”", "<script>alert(1)</script> & “引号”"),
    ("𠮷野家 🎉 ё", "𠮷野家 🎉 ё"),
    ("=?utf-8?b?5LiA?= 编码", "= ?utf-8?b?5LiA?= 编码"),
    ("，" * 119, None),
]


@pytest.mark.parametrize(("subject", "arrives"), AWKWARD_TEXTS)
def test_a_subject_writes_no_header_of_its_own(
    office: PostOffice, person: Person, tell: Tell, subject: str, arrives: str | None
) -> None:
    tell(person, subject=subject, happened=subject, link="")

    send_all()

    ((_, mail),) = office.taken
    assert set(mail.keys()) == {
        "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "List-Unsubscribe",
        "List-Unsubscribe-Post", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert mail["Bcc"] is None
    written = str(mail["Subject"]).removeprefix("【聊城科技大市场】")
    if arrives is None:
        assert written == again_cut(subject)
    else:
        assert written == arrives
    page = mail.get_body(("html",))
    assert page is not None
    assert "<script>" not in page.get_content()


def again_cut(text: str) -> str:
    return text if len(text) <= 120 else text[:119] + "…"


@pytest.mark.parametrize(
    "address",
    [
        "nobody",
        "a@b",
        "a b@example.com",
        "a@example.com\nBcc: b@example.com",
        "a@example.com, b@example.com",
        "张三@example.com",
        "a@exa mple.com",
        "",
        "x" * 300 + "@example.com",
        "a@.com",
        "<a@example.com>",
    ],
)
def test_an_address_that_is_none_is_seen_by_operators_and_breaks_no_deed(
    office: PostOffice, tell: Tell, address: str
) -> None:
    notice = tell(Recipient(address), key=f"invited {len(address)}")

    send_all()

    assert office.taken == []
    assert again(notice).state == "failed"
    assert "没有发出" in again(notice).error
    assert int(queries.failed_count()) == 1


@pytest.mark.parametrize(
    ("typed", "sent_to"),
    [
        ("wang@demo.example", "wang@demo.example"),
        (" Wang@Demo.Example ", "Wang@demo.example"),
        ("ｗａｎｇ＠ｄｅｍｏ．ｅｘａｍｐｌｅ", "wang@demo.example"),
        ("wang@聊城市.例子", "wang@xn--uis47lgq6a.xn--fsqu00a"),
        ("wang.li+z@demo.example", "wang.li+z@demo.example"),
    ],
)
def test_an_address_is_sent_to_however_it_is_typed(
    office: PostOffice, tell: Tell, typed: str, sent_to: str
) -> None:
    tell(Recipient(typed))

    send_all()

    assert [address for address, _ in office.taken] == [sent_to]


def test_one_event_is_one_notice_whoever_does_it_twice(
    office: PostOffice, person: Person, tell: Tell
) -> None:
    tell(person)
    twice = deeds.notify(
        "test.plain", Recipient.of(person), key="event 1", subject="又", happened="又"
    )
    db.session.commit()
    tell(person, key="event 2")
    send_all()
    send_all()

    assert twice is None
    assert len(office.taken) == 2
    assert len(set(office.uids)) == 2


def test_a_deed_that_is_rolled_back_notifies_nobody(
    session: Session, office: PostOffice, person: Person
) -> None:
    deeds.notify(
        "test.plain", Recipient.of(person), key="undone", subject="x", happened="x"
    )
    session.rollback()

    assert send_all() == "sent 0, refused 0, put off 0"
    assert office.taken == []


# (step, answer) → state after it, and whether other mails still go out in the same run.
DIFFICULT = [
    ("RCPT", "550 5.1.1 No such user", "failed", True),
    ("RCPT", "553 5.1.3 bad address", "failed", True),
    ("RCPT", "450 4.2.0 Greylisted, try again", "queued", True),
    ("RCPT", "452 4.2.2 Mailbox full", "queued", True),
    ("RCPT", "421 4.7.0 Too many errors", "queued", False),
    ("DATA", "554 DT:SPM 被认为是垃圾邮件", "failed", True),
    ("DATA", "552 5.3.4 Message too big", "failed", True),
    ("DATA", "451 4.3.0 Try again later", "queued", True),
    ("DATA", "421 closing", "queued", False),
    ("DATA", "drop", "queued", False),
    ("MAIL", "550 5.7.1 Sender rejected", "queued", False),
    ("MAIL", "451 rate limited", "queued", False),
]


@pytest.mark.parametrize(("step", "answer", "state", "others"), DIFFICULT)
def test_what_the_server_answers_decides_what_becomes_of_a_mail(
    office: PostOffice,
    person: Person,
    tell: Tell,
    step: str,
    answer: str,
    state: str,
    others: bool,
) -> None:
    # Read now: the server answers in a thread of its own.
    hers = person.email
    office.answers[step] = lambda address: (
        answer if step == "MAIL" or address == hers else "250 OK"
    )
    difficult = again(tell(person))
    easy = tell(Recipient("other@demo.example"))

    if others:
        send_all()
    else:
        with pytest.raises(sending.MailAway):
            send_all()

    difficult = again(difficult)
    assert difficult.state == state
    assert difficult.attempts == 1
    assert difficult.lease == ""
    # Operators read what the server said; a connection that breaks off says nothing.
    if answer != "drop":
        assert answer.split()[0] in difficult.error
    if state == "queued":
        assert difficult.not_before > NOON
    assert again(easy).state == ("sent" if others else "queued")


def test_a_server_that_is_away_gets_everything_when_it_is_back(
    app: Flask,
    office: PostOffice,
    person: Person,
    tell: Tell,
    stop_clock: StopClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notices = [tell(person, key=f"event {number}") for number in range(5)]
    monkeypatch.setitem(app.config, "MAIL_ROUTE", office.route(port=1))
    with pytest.raises(sending.MailAway):
        send_all()
    with pytest.raises(sending.MailAway):  # it is left alone for a while
        send_all()
    assert sum(again(notice).attempts for notice in notices) == 1

    monkeypatch.setitem(app.config, "MAIL_ROUTE", office.route())
    sending.rest_of(app).end()
    stop_clock(NOON + timedelta(minutes=5))
    send_all()

    assert {again(notice).state for notice in notices} == {"sent"}
    assert len(office.taken) == 5


def test_a_password_that_the_server_refuses_fails_no_mail(
    app: Flask,
    office: PostOffice,
    person: Person,
    tell: Tell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notice = tell(person)
    route = office.route(user="market", password="wrong-password")
    monkeypatch.setitem(app.config, "MAIL_ROUTE", route)

    with pytest.raises(sending.MailAway):
        send_all()

    assert again(notice).state == "queued"
    assert "wrong-password" not in again(notice).error


def test_a_server_without_encryption_gets_nothing(
    app: Flask,
    office: PostOffice,
    person: Person,
    tell: Tell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notice = tell(person)
    monkeypatch.setitem(app.config, "MAIL_ROUTE", office.route(encrypted=True))

    with pytest.raises(sending.MailAway):
        send_all()

    assert office.taken == []
    assert "STARTTLS" in again(notice).error


def test_one_connection_serves_many_and_is_opened_again_when_it_was_closed(
    office: PostOffice, person: Person, tell: Tell
) -> None:
    for number in range(8):
        tell(Recipient(f"reader{number}@demo.example"))

    send_all()

    assert len(office.taken) == 8
    assert office.connections == 1


def test_a_mail_that_may_have_been_taken_goes_again_with_the_same_letters(
    app: Flask,
    office: PostOffice,
    person: Person,
    tell: Tell,
    stop_clock: StopClock,
) -> None:
    notice = tell(person)
    office.answers["DATA"] = lambda _: "drop after taking"
    with pytest.raises(sending.MailAway):
        send_all()
    office.answers.clear()
    sending.rest_of(app).end()
    # Texts of the row that change meanwhile change no mail under way.
    notice = again(notice)
    notice.subject = "改过的标题"
    db.session.commit()
    stop_clock(NOON + timedelta(minutes=5))
    send_all()

    assert len(office.taken) == 2
    assert office.raw[0] == office.raw[1]
    assert office.uids[0] == office.uids[1]


def test_a_server_that_trickles_is_broken_off(
    app: Flask,
    office: PostOffice,
    person: Person,
    tell: Tell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery, "LONGEST", 0.5)
    office.slow = 3
    notice = tell(person)

    with pytest.raises(sending.MailAway):
        send_all()

    assert again(notice).state == "queued"


def test_pauses_grow_and_are_spread_and_end_after_five_days(
    office: PostOffice, person: Person, tell: Tell, stop_clock: StopClock
) -> None:
    office.answers["RCPT"] = lambda _: "450 later"
    notice = tell(person)
    moment = NOON
    pauses = []
    while again(notice).state == "queued":
        moment = again(notice).not_before
        stop_clock(moment)
        send_all()
        pauses.append((again(notice).not_before - moment).total_seconds())
        assert len(pauses) < 200

    notice = again(notice)
    assert notice.state == "failed"
    assert "五天" in notice.error
    assert "450 later" in notice.error
    assert 45 <= pauses[0] <= 75 < pauses[2] < pauses[4]
    # By night nothing is tried, so a pause may last until the morning.
    by_day = [pause for pause in pauses if pause < 4600]
    assert max(by_day) <= 3600 * 1.25
    assert len({round(pause) for pause in by_day[6:]}) > 3
    assert timedelta(days=5) < moment - NOON < timedelta(days=5, hours=10)


def test_a_rehearsal_sends_what_waited_for_days_of_its_own(
    office: PostOffice, person: Person, tell: Tell, stop_clock: StopClock
) -> None:
    """At a day a second ten days pass between two turns of the sender."""
    tell(person)
    try:
        clock.set_pace(Pace(86_400, NOON, rehearsed=True))
        stop_clock(NOON + timedelta(seconds=10))
        assert clock.now() == NOON + timedelta(days=10)
        assert send_all() == "sent 1, refused 0, put off 0"
        office.answers["RCPT"] = lambda _: "450 later"
        later = tell(person, key="event 2")
        assert send_all() == "sent 0, refused 0, put off 1"
        # The server is tried again by real time too.
        pause = again(later).not_before - clock.now()
        assert pause > timedelta(days=45)
    finally:
        clock.set_pace(Pace())


def test_months_old_mail_is_not_sent_when_the_server_is_repaired(
    office: PostOffice, person: Person, tell: Tell, stop_clock: StopClock
) -> None:
    old = tell(person)
    stop_clock(NOON + timedelta(days=90))
    new = tell(person, key="event 2")

    send_all()

    assert again(old).state == "failed"
    assert again(new).state == "sent"
    assert len(office.taken) == 1


# -- two senders, and one that dies ------------------------------------------------------------------------------------


def test_a_claimed_mail_is_nobody_elses_until_its_lease_ends(
    office: PostOffice, person: Person, tell: Tell, stop_clock: StopClock
) -> None:
    notice = tell(person)
    first = upkeep.claim_next()

    assert first is not None
    assert upkeep.claim_next() is None
    stop_clock(NOON + upkeep.LEASE - timedelta(seconds=1))
    assert upkeep.claim_next() is None
    stop_clock(NOON + upkeep.LEASE + timedelta(seconds=1))
    second = upkeep.claim_next()

    assert second is not None
    assert second.id == notice.id
    assert second.message == first.message
    assert second.lease != first.lease
    # Whoever lost it changes nothing any more.
    assert not upkeep.note_sent(first)
    assert not upkeep.note_refused(first, "late")
    assert again(notice).state == "sending"
    assert upkeep.note_sent(second)
    assert again(notice).state == "sent"


def test_a_mail_may_not_take_longer_than_its_lease() -> None:
    assert timedelta(seconds=delivery.LONGEST * 2) < upkeep.LEASE


def test_one_that_cannot_be_written_holds_up_no_other(
    app: Flask,
    office: PostOffice,
    person: Person,
    tell: Tell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = tell(person)
    # As a row of another version of the site could be.
    broken.address = "not an address"
    db.session.commit()
    good = tell(Recipient("other@demo.example"))

    send_all()

    assert again(broken).state == "failed"
    assert again(good).state == "sent"


# -- who gets none -----------------------------------------------------------------------------------------------------


def test_nothing_goes_to_an_account_that_was_closed(
    office: PostOffice, person: Person, tell: Tell
) -> None:
    notice = tell(person)
    person.active = False
    db.session.commit()

    send_all()

    assert office.taken == []
    assert again(notice).state == "suppressed"


def test_a_kind_of_an_older_version_is_put_away(
    office: PostOffice, person: Person, tell: Tell
) -> None:
    notice = tell(person)
    notice.kind = "gone.kind"
    db.session.commit()

    send_all()

    assert again(notice).state == "suppressed"
    assert "gone.kind" in again(notice).error


def test_what_is_for_the_page_only_is_never_mailed(
    office: PostOffice, person: Person, tell: Tell
) -> None:
    notice = tell(person, "test.page")

    send_all()

    assert office.taken == []
    assert again(notice).state == "suppressed"
    assert queries.unread_count(person) == 1


def test_a_secret_link_is_erased_once_it_is_out_and_never_on_a_page(
    office: PostOffice, person: Person, tell: Tell
) -> None:
    notice = tell(person, "test.security", link="/reset/very-secret")
    assert queries.unread_count(person) == 0

    send_all()

    ((_, mail),) = office.taken
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert "/reset/very-secret" in plain.get_content()
    assert mail["List-Unsubscribe"] is None
    assert "停收" not in plain.get_content()
    row = again(notice)
    assert (row.link, row.message) == ("", "")


# -- quiet hours and floods --------------------------------------------------------------------------------------------

# Hours in China: (from, until, now, whether mail waits, hour at which it goes out).
HOURS = [
    (22, 7, 21, None),
    (22, 7, 22, 7),
    (22, 7, 23, 7),
    (22, 7, 0, 7),
    (22, 7, 6, 7),
    (22, 7, 7, None),
    (22, 7, 12, None),
    (12, 14, 12, 14),
    (12, 14, 13, 14),
    (12, 14, 14, None),
    (0, 0, 3, None),
    (0, 6, 5, 6),
    (23, 0, 23, 0),
    (7, 22, 12, 22),
]


@pytest.mark.parametrize(("begin", "end", "hour", "goes_at"), HOURS)
def test_quiet_hours_hold_back_what_may_wait(
    office: PostOffice,
    person: Person,
    tell: Tell,
    stop_clock: StopClock,
    begin: int,
    end: int,
    hour: int,
    goes_at: int | None,
) -> None:
    deeds.choose_mail(
        by=person, quiet_from=begin, quiet_until=end, daily=False, stopped=()
    )
    # 10:30 UTC on the day before plus what makes it this hour in China.
    moment = datetime(2026, 11, 26, 16, 30) + timedelta(hours=hour)
    stop_clock(moment)
    plain = tell(person)
    urgent = tell(person, "test.security", key="urgent")

    send_all()

    assert again(urgent).state == "sent"
    if goes_at is None:
        assert again(plain).state == "sent"
        return
    assert again(plain).state == "queued"
    waits = again(plain).not_before
    local = waits + timedelta(hours=8)
    assert (local.hour, local.minute) == (goes_at, 0)
    assert timedelta(0) < waits - moment <= timedelta(hours=24)
    stop_clock(waits)
    send_all()
    assert again(plain).state == "sent"


def test_an_address_is_not_flooded_and_the_link_to_a_new_password_gets_through(
    office: PostOffice, person: Person, tell: Tell, stop_clock: StopClock
) -> None:
    for number in range(30):
        tell(person, key=f"event {number}")
    send_all()
    assert len(office.taken) == upkeep.HOURLY

    tell(person, "test.security", key="urgent")
    tell(Recipient("other@demo.example"))
    send_all()
    assert len(office.taken) == upkeep.HOURLY + 2
    for number in range(30):
        tell(person, "test.security", key=f"urgent {number}")
    send_all()
    assert len(office.taken) == upkeep.HOURLY_URGENT + 1

    moment = NOON
    while upkeep.due_count() or queries.state_counts()["queued"]:
        moment += timedelta(minutes=10)
        assert moment < NOON + timedelta(days=2)
        stop_clock(moment)
        send_all()
    # Nothing was lost by waiting.
    assert len(office.taken) == 30 + 31 + 1
    assert len(set(office.uids)) == len(office.taken)


def test_the_library_is_the_one_that_was_read() -> None:
    """`ServerCarrier` sets this attribute so that the certificate is checked against the name of the server."""
    client: Any = smtplib.SMTP()

    assert hasattr(client, "_host")
