"""Journeys of people through the served site in Chromium: gunicorn, the sample lists, a real browser.

What single pages do is tested in their rooms; here whole paths are walked and every page is checked by axe.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.screenshots import sign_in
from tests.served import CHROMIUM, CHROMIUM_ARGUMENTS, site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed (apt install chromium fonts-noto-cjk)"),
]
PROBLEM = (
    "我们给电机厂供深沟球轴承，客户反映有异音，振动值忽高忽低，超精研磨参数调了半年还是不稳定，"
    "每批要挑出百分之六的废品，想找人帮忙把振动值稳定在 38 dB 以下。"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with site(tmp_path_factory.mktemp("served"), RATELIMIT_ENABLED="0") as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(params=[1440, 360], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """A guest's page at the width of a desk and of a phone; errors of scripts and of the policy fail the test."""
    context = browser.new_context(
        viewport={"width": request.param, "height": 900},
        locale="zh-CN",
        base_url=address,
        has_touch=request.param < 500,
    )
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert [t for t in troubles if "Failed to load resource" not in t] == []


def sound(page: Page) -> None:
    """axe finds nothing above minor, and nothing is wider than the window."""
    found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("moderate", "serious", "critical")]
    assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("html").get_attribute("lang") == "zh-CN"


def test_the_search_field_offers_what_begins_so(page: Page) -> None:
    page.goto("/")
    field = page.get_by_role("combobox").first
    before = page.locator("main").bounding_box()
    field.press_sequentially("zhouch")
    offers = page.get_by_role("option")
    expect(offers.first).to_contain_text("轴承")
    expect(field).to_have_attribute("aria-expanded", "true")
    sound(page)
    assert page.locator("main").bounding_box() == before

    field.press("ArrowDown")
    field.press("ArrowDown")
    expect(page.locator("[role=option][aria-selected=true]")).to_have_count(1)
    chosen = offers.nth(1).inner_text()
    expect(field).to_have_value(chosen)
    field.press("Escape")
    expect(field).to_have_value("zhouch")
    expect(offers).to_have_count(0)

    field.press("ArrowDown")
    offers.first.click()
    expect(page).to_have_url(re.compile("/search.*q="))
    expect(page.get_by_role("combobox").first).to_have_value(re.compile("轴承"))


def test_search_to_achievement(page: Page) -> None:
    page.goto("/")
    sound(page)
    page.get_by_role("combobox").first.fill("保持架")
    page.get_by_role("combobox").first.press("Enter")
    expect(page).to_have_url(re.compile("/search"))
    expect(page.locator("mark").first).to_be_visible()
    sound(page)
    page.locator("main a[href*='/achievements/']").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    sound(page)


def test_demand_to_matches_to_reasons(page: Page) -> None:
    page.goto("/search?kind=demand&q=异音")
    page.locator("main a[href*='/demands/']").first.click()
    sound(page)
    page.locator("a[href$='/matches']").first.click()
    expect(page.get_by_text(re.compile("高度匹配|较匹配|可参考")).first).to_be_visible()
    sound(page)
    page.get_by_role("link", name=re.compile("看依据")).first.click()
    assert page.locator("mark").count() >= 2
    sound(page)


def test_paste_a_problem(page: Page) -> None:
    page.goto("/")
    page.get_by_role("textbox", name=re.compile("技术难题")).fill(PROBLEM)
    page.get_by_role("button", name=re.compile("匹配|试配|看看")).first.click()
    expect(page).to_have_url(re.compile("/trial"))
    expect(page.get_by_text("轴承").first).to_be_visible()
    expect(page.locator("main a[href*='/achievements/']").first).to_be_visible()
    sound(page)


@pytest.mark.parametrize(
    "path",
    [
        "/algorithm",
        "/trial",
        "/trial?kind=demand",
        "/search?q=不存在的词语组合",
        "/search?page=999",
        "/login",
        "/nothing-here",
    ],
)
def test_every_other_public_page_is_sound(page: Page, path: str) -> None:
    page.goto(path)
    sound(page)


def test_create_submit_approve_and_found(page: Page) -> None:
    title = f"钛合金薄壁件铣削颤振抑制{page.viewport_size['width']}"  # type: ignore[index]
    sign_in(page, "firm")
    sound(page)
    page.get_by_role("link", name="发布需求").click()
    page.get_by_label(re.compile("^需求名称")).fill(title)
    page.get_by_label(re.compile("^主要问题")).fill(
        "钛合金薄壁框铣削时颤振明显，壁厚差 0.12 mm，表面振纹返修率约 11%，换刀和降速都试过。"
    )
    page.get_by_role("button", name="送审").click()
    expect(page.locator(".error-summary, [role=alert]").first).to_be_visible()  # says what is missing, keeps the text
    expect(page.get_by_label(re.compile("^需求名称"))).to_have_value(title)
    sound(page)
    page.get_by_label(re.compile("^需求类型")).select_option(label="技术攻关")
    page.get_by_label("合作开发").check()
    page.get_by_label("资金面议").check()
    page.get_by_label("主领域").select_option(label="先进制造工艺与装备")
    page.get_by_label(re.compile("^联系人")).fill("技术部")
    page.get_by_label(re.compile("^联系电话")).fill("0635-0001999")
    page.get_by_role("button", name="送审").click()
    expect(page.get_by_text("已送审", exact=False).first).to_be_visible()
    sound(page)
    page.goto(f"/search?q={title}")
    expect(page.get_by_role("link", name=title)).to_have_count(0)
    page.get_by_role("button", name="退出").click()

    sign_in(page, "operator")
    page.goto("/office/review")
    sound(page)
    page.get_by_role("link", name=title).first.click()
    sound(page)
    page.get_by_role("button", name=re.compile("通过并发布")).click()
    expect(page.get_by_text(f"「{title}」已通过并发布。")).to_be_visible()
    page.goto("/office/chains")
    sound(page)
    page.get_by_role("button", name="退出").click()

    page.goto(f"/search?q={title}")
    found = page.get_by_role("link", name=title)
    expect(found.first).to_be_visible()
    found.first.click()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    sound(page)
