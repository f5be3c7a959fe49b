"""Fixtures: a mail server, and a site whose mail goes to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from marketplace.accounts.models import Person
from marketplace.contributions import Contributions, NoticeKind
from marketplace.extensions import db
from marketplace.notices import deeds, sending
from marketplace.notices.addresses import Recipient
from marketplace.notices.models import Notice
from tests.factories import Factory
from tests.post_office import PostOffice, post_office

NOON = datetime(2026, 11, 27, 4, 0)  # 12:00 in China
KINDS = {
    "test.plain": NoticeKind("test.plain", "示例通知", "您收到这封邮件，是因为测试。"),
    "test.security": NoticeKind(
        "test.security",
        "找回密码",
        "您收到这封邮件，是因为有人要找回密码。",
        urgent=True,
        may_be_stopped=False,
        secret=True,
    ),
    "test.page": NoticeKind("test.page", "只在站内", "不发邮件。", mailed=False),
}


class TestRoom:
    """A room that sends the kinds of these tests."""

    @staticmethod
    def notice_kinds() -> Iterator[NoticeKind]:
        yield from KINDS.values()


@pytest.fixture
def office(
    app: Flask,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    stop_clock: Callable[[datetime], None],
) -> Iterator[PostOffice]:
    """A mail server to which the site of the tests sends, at noon in China."""
    stop_clock(NOON)
    collected: Contributions = app.extensions["contributions"]
    rooms = (*collected.rooms, TestRoom)
    monkeypatch.setattr(collected, "rooms", rooms)
    app.extensions.pop("mail_rest", None)
    with post_office() as running:
        monkeypatch.setitem(app.config, "MAIL_ROUTE", running.route())
        yield running
    app.extensions.pop("mail_rest", None)


@pytest.fixture
def person(make: Factory) -> Person:
    """Somebody of a firm."""
    return make.person("broker", make.organisation())


@pytest.fixture
def tell(office: PostOffice) -> Callable[..., Notice]:
    """Notifies and commits: `tell(person, key="…")`."""

    def one(to: Any, code: str = "test.plain", **values: Any) -> Notice:
        recipient = to if isinstance(to, Recipient) else Recipient.of(to)
        texts = {
            "key": "event 1",
            "subject": "需求被退回",
            "happened": "平台退回了需求「深沟球轴承异音攻关」。",
            "to_do": "按原因修改后再送审。",
            "link": "/mine",
        }
        number = deeds.notify(code, recipient, **{**texts, **values})
        db.session.commit()
        assert number is not None
        notice: Notice = db.session.get_one(Notice, number)
        return notice

    return one


def send_all() -> str:
    """One run of the sender."""
    return sending.send_due()


def again(notice: Notice) -> Notice:
    """A notice as the database has it now."""
    number = notice.id
    db.session.expire_all()
    row: Notice = db.session.get_one(Notice, number)
    return row
