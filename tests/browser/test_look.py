"""What only a browser can tell: large text, narrow screens, paper. What pages say is tested in their rooms."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.walking import sound
from tests.screenshots import sign_in
from tests.served import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM,
        reason="Chromium is not installed (apt install chromium fonts-noto-cjk)",
    ),
]
PAGES = [
    "/",
    "/search?q=轴承",
    "/achievements/1",
    "/demands/1",
    "/demands/1/matches",
    "/demands/1/matches/1",
    "/trial",
    "/algorithm",
]
# What stands further right than the screen reaches.
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    page = browser.new_page(base_url=address, locale="zh-CN")
    yield page
    page.close()


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("path", PAGES)
def test_text_of_twice_the_size_is_not_scrolled_sideways(
    path: str, width: int, page: Page
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(path)

    page.evaluate("document.documentElement.style.fontSize = '200%'")

    assert page.evaluate(BEYOND) <= 0


def test_on_a_phone_no_badge_is_printed_over_and_no_reason_is_cut(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    sign_in(page, "firm")
    page.goto("/mine")

    overlaps = page.evaluate(
        """() => [...document.querySelectorAll(".listing-title .state")].filter((badge) => {
            const facts = badge.closest(".listing").querySelector(".facts-line");
            return facts && facts.getBoundingClientRect().top < badge.getBoundingClientRect().bottom;
        }).length"""
    )
    cut = page.evaluate(
        """() => [...document.querySelectorAll("#main p")].filter(
            (one) => one.textContent.includes("原因：") && one.scrollHeight > one.clientHeight + 1).length"""
    )

    assert page.locator(".listing-title .state").count() > 0
    assert page.get_by_text("退回原因：").count() > 0
    assert (overlaps, cut) == (0, 0)


@pytest.mark.parametrize("path", ["/achievements/1", "/demands/1"])
def test_on_paper_stand_address_and_day_and_tables_stay_tables(
    path: str, page: Page
) -> None:
    # An A4 page is as wide as a tablet.
    page.set_viewport_size({"width": 680, "height": 1000})
    page.emulate_media(media="print")
    page.goto(path)

    foot = page.locator(".print-only")
    styles = page.evaluate(
        """() => [...document.querySelectorAll(".table")].map((table) => {
            const style = getComputedStyle(table);
            return [style.display, style.breakInside];
        })"""
    )
    page.emulate_media(media="screen")

    assert path in foot.text_content()
    assert "打印：20" in foot.text_content()
    assert not foot.is_visible()
    assert styles
    assert all(style == ["table", "avoid"] for style in styles)


@pytest.mark.parametrize("who", ["", "firm", "operator"])
def test_on_a_phone_the_header_has_two_rows_and_a_menu_without_a_script(
    who: str, browser: Browser, address: str
) -> None:
    context = browser.new_context(
        base_url=address,
        locale="zh-CN",
        viewport={"width": 360, "height": 640},
        java_script_enabled=False,
    )
    page = context.new_page()
    if who:
        sign_in(page, who)
    page.goto("/publicity")
    header = page.get_by_role("banner")
    box = header.bounding_box()
    menu = page.locator(".site-menu > summary")
    link = header.get_by_role("link", name="找需求")
    assert box is not None
    # Two rows of what is pressed, each 44 px high.
    assert box["height"] < 120
    assert not link.is_visible()
    # By the keyboard: no script opens it.
    menu.focus()
    page.keyboard.press("Enter")
    assert link.is_visible()
    assert header.get_by_role("button", name="退出").is_visible() == bool(who)
    follow_box = link.bounding_box()
    assert follow_box is not None
    assert follow_box["height"] >= 44
    link.click()
    assert page.url.endswith("/search?kind=demand")
    context.close()


def test_the_open_menu_is_sound(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto("/publicity")
    page.locator(".site-menu > summary").click()
    sound(page)
