"""Money of the year in a browser, by keyboard and at both widths: a claim from an estimate, and what operators see."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.walking import press_key, sound, tab_to
from tests.screenshots import sign_in
from tests.served import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM,
        reason="Chromium is not installed (apt install chromium fonts-noto-cjk)",
    ),
]


def test_a_claim_from_an_estimate_by_keyboard(page: Page) -> None:
    sign_in(page, "firm")
    page.goto("/policies/estimates/1")
    sound(page)
    press_key(page.get_by_role("link", name="省级中试示范基地"))
    sound(page)
    tab_to(page.locator("#envelope"))
    press_key(page.get_by_role("button", name="开始申领"))
    expect(page.get_by_text("交齐材料后提交；提交才预留金额")).to_be_visible()
    sound(page)
    # Nothing is reserved before the papers are complete, and the page says which are lacking.
    press_key(page.get_by_role("button", name="提交申领"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    sound(page)
    page.go_back()
    press_key(page.get_by_role("button", name="撤回申领"))
    expect(page.get_by_text("已结束")).to_be_visible()


def test_the_money_of_the_year_for_operators(page: Page) -> None:
    sign_in(page, "operator")
    page.goto("/office/envelopes")
    sound(page)
    press_key(page.get_by_role("link", name="科技创新政策资金（示例）"))
    left = page.locator("header.page-head .lead")
    expect(left).to_contain_text("还剩")
    sound(page)
    press_key(page.get_by_role("link", name="技术合同补助").last)
    sound(page)


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        (
            "operator",
            (
                "/office/envelopes/2",
                "/office/envelopes/new",
                "/office/training",
                "/office/review?tray=claims",
                "/office/claims/3",
                "/office/claims/4",
            ),
        ),
        ("firm", ("/mine/claims", "/mine/claims/1", "/mine/claims/4", "/mine/claims/new")),
        ("institute", ("/mine/cohorts/1", "/mine/cohorts/new", "/mine/claims")),
    ],
)  # fmt: skip
def test_the_pages_are_sound(name: str, paths: tuple[str, ...], page: Page) -> None:
    sign_in(page, name)
    for path in paths:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        sound(page)
