"""Finance in a browser, by keyboard and at both widths: what fits, a pack before and after it is withdrawn."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from marketplace.clock import today
from tests.browser.walking import press_key, sound, tab_to, type_into
from tests.screenshots import follow, sign_in
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
    follow(page.get_by_role("link", name="成果转化贷（示例）"))
    sound(page)


def test_a_bank_writes_an_example_by_keyboard(page: Page) -> None:
    sign_in(page, "bank")
    page.goto("/mine/finance/products/2/edit")
    page.get_by_role("button", name="存为草稿").click()
    draft = page.locator("section").filter(
        has=page.get_by_role("button", name="删除草稿")
    )
    # The examples of the version before stand in the new one, and come out.
    expect(draft.locator("td", has_text=re.compile("^一致$"))).to_have_count(3)
    press = page.locator("summary", has_text="添加一个算例")
    tab_to(press)
    page.keyboard.press("Enter")
    type_into(page.locator("#patents"), "0")
    tab_to(page.locator("#expected"))
    page.keyboard.press("ArrowDown")
    type_into(page.locator("#sum"), "500")
    press_key(page.get_by_role("button", name="添加算例"))
    expect(draft.locator("td", has_text="不一致：有条件不符合")).to_be_visible()
    expect(draft.get_by_role("button", name="送审")).to_have_count(0)
    sound(page)
    press_key(draft.get_by_role("button", name="第 4 个算例"))
    expect(draft.get_by_role("button", name="送审")).to_be_visible()
    press_key(draft.get_by_role("button", name="删除草稿"))
    expect(page.get_by_text("草稿已删除")).to_be_visible()


def test_products_are_found_by_a_search_and_next_to_a_demand_for_money(
    page: Page,
) -> None:
    page.goto("/search?q=贷款")
    sound(page)
    press_key(page.get_by_role("link", name="成果转化贷（示例）"))
    expect(page.get_by_role("heading", name="算例")).to_be_visible()
    sound(page)
    page.goto("/search?q=中试线建设融资&kind=demand")
    page.get_by_role("link", name="保持器精密冲压中试线建设融资").click()
    fits = page.locator("section", has=page.locator("#demand-products"))
    # A guest sees what the demand tells everybody: a status of the firm is not known to them.
    expect(fits).to_contain_text("成果转化贷（示例）")
    expect(fits).to_contain_text("还缺资料")
    expect(fits).to_contain_text("不代表审批")
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
