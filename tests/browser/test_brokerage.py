"""The board of brokers and the cases on it, as the demonstration shows them: every page is checked by axe."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.walking import sound
from tests.screenshots import follow, sign_in
from tests.served import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM,
        reason="Chromium is not installed (apt install chromium fonts-noto-cjk)",
    ),
]


def test_a_broker_from_the_board_to_a_new_pair(page: Page) -> None:
    sign_in(page, "broker")
    page.goto("/brokerage")
    expect(page.locator(".board-column")).to_have_count(5)
    expect(page.locator(".board-column", has_text="已超期")).to_have_count(1)
    sound(page)
    follow(page.locator(".board-column").nth(2).get_by_role("link").first)
    expect(page.get_by_role("heading", name="洽谈中")).to_be_visible()
    sound(page)
    for path in ("/brokerage/table", "/brokerage/ledger"):
        page.goto(path)
        sound(page)
    page.goto("/demands/4/matches")
    follow(page.get_by_role("link", name="由我撮合").first)
    expect(page.get_by_role("heading", name="提出一对")).to_be_visible()
    sound(page)


def test_the_firm_finds_a_commission_to_confirm(page: Page) -> None:
    sign_in(page, "firm")
    page.goto("/mine/brokerage")
    sound(page)
    follow(page.locator("li", has_text="看佣金约定").get_by_role("link").first)
    expect(page.get_by_role("button", name="确认以上文字")).to_be_visible()
    sound(page)


@pytest.mark.parametrize("tray", ["brokerage", "attributions"])
def test_the_queues_of_operators_are_sound(tray: str, page: Page) -> None:
    sign_in(page, "operator")
    page.goto(f"/office/review?tray={tray}")
    sound(page)
    follow(page.locator("main .panel").first.get_by_role("link").first)
    sound(page)
