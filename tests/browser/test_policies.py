"""我能拿多少 in a browser, by keyboard and at both widths; every page of policies is checked by axe."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

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


def test_an_estimate_by_keyboard(page: Page) -> None:
    page.goto("/policies/estimate")
    sound(page)
    tab_to(page.locator("#kind"))
    page.keyboard.press("ArrowDown")
    type_into(page.locator("#tax_free_amount"), "2000")
    press_key(page.get_by_role("button", name="测算", exact=True))
    expect(page.locator("#kind")).to_have_value("firm")
    total = page.locator("section", has=page.locator("#sum"))
    expect(total).to_contain_text("预估上限 30 万元 · 叠加待核实")
    sound(page)
    tab_to(page.locator("#platform"))
    page.keyboard.press("ArrowDown")
    press_key(page.get_by_role("button", name="测算", exact=True))
    expect(total).to_contain_text("预估上限 80 万元 · 叠加待核实")
    sound(page)


def test_two_days_are_compared_by_keyboard(page: Page) -> None:
    page.goto("/policies/estimate")
    tab_to(page.locator("#kind"))
    page.keyboard.press("ArrowDown")
    type_into(page.locator("#tax_free_amount"), "2000")
    tab_to(page.locator("summary", has_text="还想比一比"))
    page.keyboard.press("Enter")
    type_into(page.locator("#other_day"), "2022-12-31")
    type_into(page.locator("#more"), "1000")
    press_key(page.get_by_role("button", name="测算", exact=True))
    changes = page.locator("section", has=page.locator("#changes"))
    expect(changes).to_contain_text("技术合同补助")
    expect(changes).to_contain_text("还没有生效")
    expect(page.get_by_text("合同，多 15 万元")).to_be_visible()
    sound(page)


@pytest.mark.parametrize(
    "path",
    [
        "/policies",
        "/policies/P-8b",
        "/policies/D-5d",
        "/rules",
        "/rules/publicity.days",
    ],
)
def test_the_pages_around_it_are_sound(path: str, page: Page) -> None:
    page.goto(path)
    sound(page)


def test_the_firm_of_the_demonstration_has_kept_one(page: Page) -> None:
    sign_in(page, "firm")
    page.goto("/policies/estimate")
    page.get_by_role("link", name="，按").first.click()
    expect(page.get_by_role("heading", name="存下的测算")).to_be_visible()
    sound(page)


@pytest.mark.parametrize(
    "path", ["/rules/publicity.days/new", "/policies/P-19b/new", "/policies/texts"]
)
def test_the_forms_of_operators_are_sound(path: str, page: Page) -> None:
    sign_in(page, "operator")
    page.goto(path)
    sound(page)
