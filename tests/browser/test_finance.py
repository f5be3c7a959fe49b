"""Finance in a browser, by keyboard and at both widths: what fits, a pack before and after it is withdrawn."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from marketplace.clock import today
from tests.browser.walking import press_key, sound, tab_to, type_into
from tests.screenshots import sign_in
from tests.served import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM,
        reason="Chromium is not installed (apt install chromium fonts-noto-cjk)",
    ),
]


def test_which_products_fit_by_keyboard(page: Page) -> None:
    page.goto("/finance")
    sound(page)
    press = page.locator("summary", has_text="填几项情况")
    tab_to(press)
    page.keyboard.press("Enter")
    type_into(page.locator("#capital_sought"), "300")
    for name in ("high_tech", "is_local"):
        tab_to(page.locator(f"#{name}"))
        page.keyboard.press("ArrowDown")
    tab_to(page.locator("#has_overdue"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    press_key(page.get_by_role("button", name="看哪些对得上"))
    fits = page.locator("section", has=page.locator("#group-fits"))
    expect(fits).to_contain_text("成果转化贷（示例）")
    expect(fits).to_contain_text("最高 1000 万元，不代表审批")
    sound(page)
    page.get_by_role("link", name="成果转化贷（示例）").click()
    sound(page)


def test_a_pack_before_and_after_it_is_withdrawn(
    page: Page, browser: Browser, address: str
) -> None:
    sign_in(page, "firm")
    page.goto("/mine/finance/packs/new")
    sound(page)
    page.locator("#institution").select_option(label="东昌示例科创基金（示例）")
    page.locator("#purpose").fill("股权融资尽调")
    page.locator("#until").fill((today() + timedelta(days=20)).isoformat())
    page.get_by_label("高新技术企业", exact=True).check()
    page.get_by_label("同意提供").check()
    page.get_by_role("button", name="同意提供").click()
    expect(page.get_by_text("对方还没有打开过")).to_be_visible()
    sound(page)
    place = page.url
    fund = browser.new_page(base_url=address, locale="zh-CN")
    sign_in(fund, "fund")
    fund.goto(place)
    expect(fund.get_by_role("heading", name="高新技术企业")).to_be_visible()
    assert fund.get_by_text("资金需求", exact=True).count() == 0
    sound(fund)
    page.reload()
    expect(page.get_by_role("cell", name="看了资料包")).to_be_visible()
    page.get_by_role("button", name="撤回同意").click()
    expect(page.get_by_text("已撤回，对方从现在起不能再查看")).to_be_visible()
    answer = fund.goto(place)
    assert answer is not None
    assert answer.status == 403
    expect(fund.get_by_text("高新技术企业")).to_have_count(0)
    fund.close()


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        (
            "bank",
            (
                "/mine/finance/products",
                "/mine/finance/products/1",
                "/mine/finance/products/1/edit",
                "/mine/finance/products/new",
                "/mine/finance/received",
                "/mine/finance/loans",
                "/mine/finance/loans/1",
                "/mine/finance/loans/new",
            ),
        ),
        ("fund", ("/mine/finance/investor",)),
        (
            "firm",
            (
                "/mine/finance/packs",
                "/mine/finance/packs/1",
                "/mine/finance/interests/1",
                "/finance/products/1",
            ),
        ),
        (
            "operator",
            (
                "/office/finance/loans",
                "/mine/finance/products/3",
                "/office/review?tray=loans",
                "/office/statuses/2",
            ),
        ),
    ],
)
def test_the_pages_are_sound(name: str, paths: tuple[str, ...], page: Page) -> None:
    sign_in(page, name)
    for path in paths:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        sound(page)
