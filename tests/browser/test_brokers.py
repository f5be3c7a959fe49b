"""Somebody registers, sends a certificate, is checked, stands in the public list, and loses the badge when it ends."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from marketplace.clock import today
from marketplace.extensions import db
from marketplace.profiles.models import BrokerProfile
from tests.browser.test_people import (
    enter,
    new_address,
    other_window,
    register,
)
from tests.browser.walking import sound
from tests.marketplace.accounts.mailbox import Mailbox
from tests.screenshots import follow
from tests.served import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM,
        reason="Chromium is not installed (apt install chromium fonts-noto-cjk)",
    ),
]


def test_a_broker_comes_in_is_certified_and_the_badge_goes_by_itself(
    page: Page, inside: Flask
) -> None:
    box, address = Mailbox(inside), new_address("broker")
    certificate = f"JJR-{time.time_ns()}"
    name = f"经纪{certificate[-6:]}"
    page.goto("/register")
    register(page, address, name)
    page.goto(box.link("/confirm"))
    enter(page, address)
    page.goto("/mine/broker")
    expect(page.get_by_text("您现在还不是平台的技术经理人")).to_be_visible()
    sound(page)
    page.get_by_label("证书编号", exact=True).fill(certificate)
    page.get_by_label("等级", exact=True).select_option(index=1)
    follow(page.get_by_role("button", name="保存"))
    # Half a certificate is refused, and nothing typed is lost.
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_label("证书编号", exact=True)).to_have_value(certificate)
    sound(page)
    page.get_by_label("发证单位", exact=True).fill("山东省技术市场协会（示例）")
    page.get_by_label("有效期至", exact=True).fill(today().isoformat())
    page.get_by_label("列入技术经理人名录").check()
    follow(page.get_by_role("button", name="保存"))

    # Before anybody has looked at it, they are in no list.
    page.goto("/brokers")
    expect(page.get_by_role("heading", name=name)).to_have_count(0)
    with other_window(page, "operator") as office:
        office.goto("/office/review?tray=certificates")
        sound(office)
        follow(office.get_by_role("link", name=name))
        expect(office.get_by_text(certificate)).to_be_visible()
        follow(office.get_by_role("button", name="核对无误"))
        expect(office.get_by_role("alert").first).to_be_visible()
        office.get_by_label("核对了什么").select_option(index=1)
        follow(office.get_by_role("button", name="核对无误"))
        sound(office)

    # On its last day it counts still; on the next it does not, and nobody has pressed anything.
    page.goto("/brokers")
    with_badge = page.get_by_role("heading", name=f"{name} 持证", exact=True)
    expect(with_badge).to_be_visible()
    sound(page)
    with inside.app_context():
        query = db.select(BrokerProfile).filter_by(number=certificate)
        row = db.session.scalars(query).one()
        row.valid_to = today() - timedelta(days=1)
        db.session.commit()
    page.reload()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(with_badge).to_have_count(0)
    page.goto("/brokers?certified=1")
    expect(page.get_by_text(name)).to_have_count(0)
    page.goto("/mine/broker")
    expect(page.get_by_text("已到期")).to_be_visible()
    sound(page)
