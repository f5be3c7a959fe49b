"""Takes a picture of every kind of page at desk and phone width: `make screenshots`. No test lives here."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

from marketplace.setup.demonstration import DEMO_PASSWORD
from tests.served import CHROMIUM, CHROMIUM_ARGUMENTS, ROOT, site

PROBLEM = "深沟球轴承装配后有异音，振动值在 42–48 dB 之间，想稳定降到 36 dB 以下，超精研磨参数调过多次。"
# who looks → name of the picture → address
PAGES = {
    "": {
        "home": "/",
        "search": "/search?q=轴承",
        "search-nothing": "/search?q=不存在的词语",
        "achievement": "/achievements/1",
        "demand": "/demands/1",
        "matches": "/demands/1/matches",
        "matches-newest": "/demands/1/matches?order=date",
        "demands-for-an-achievement": "/achievements/1/matches",
        "trial": "/trial",
        "algorithm": "/algorithm",
        "sign-in": "/login",
        "register": "/register",
        "recover": "/reset",
        "confirm": "/confirm",
        "terms": "/terms",
        "privacy": "/privacy",
        "people": "/people",
        "brokers": "/brokers",
        "missing": "/nothing-here",
    },
    "firm": {
        "mine": "/mine",
        "new-demand": "/mine/demand/new",
        "edit": "/mine/demand/1/edit",
        "close": "/mine/demand/1/close",
        "places": "/mine/organisations",
        "account": "/account",
        "sessions": "/account/sessions",
        "second-factor": "/tf-setup",
        "data": "/account/data",
        "close-account": "/account/close",
        "notices": "/mine/notices",
        "notice-settings": "/mine/notices/settings",
        "broker-form": "/mine/broker",
    },
    "joiner": {"mine-alone": "/mine", "code": "/mine/organisations/join"},
    "newcomer": {"mine-unverified": "/mine"},
    "researcher": {"profile": "/mine/profile"},
    "auditor": {"audit": "/audit"},
    "operator": {
        "queue": "/office/review",
        "queue-organisations": "/office/review?tray=organisations",
        "queue-twins": "/office/review?tray=twins",
        "queue-certificates": "/office/review?tray=certificates",
        "accounts": "/office/people?q=示例",
        "account-of-somebody": "/office/people/2",
        "chains": "/office/chains",
        "quality": "/office/quality",
    },
}
WIDTHS = (1440, 360)


def main(folder: Path = ROOT / "screenshots") -> None:
    """Prepare a site with the samples, serve it and write one PNG for each page and width into `folder`."""
    folder.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data,
        site(Path(data)) as address,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS
        )
        for width in WIDTHS:
            for reader, pages in PAGES.items():
                viewport = {"width": width, "height": 900}
                page = chromium.new_context(
                    viewport=viewport, locale="zh-CN", base_url=address
                ).new_page()
                if reader:
                    sign_in(page, reader)
                for name, path in pages.items():
                    page.goto(path)
                    page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
            page = chromium.new_context(
                viewport=viewport, locale="zh-CN", base_url=address
            ).new_page()
            page.goto("/")
            page.get_by_role("textbox", name="技术难题").fill(PROBLEM)
            follow(page.get_by_role("button", name="看看谁能解"))
            page.screenshot(path=folder / f"trial-answered-{width}.png", full_page=True)
        chromium.close()


def sign_in(page: Page, name: str) -> None:
    """Sign in as one of the people of the demonstration."""
    page.goto("/login")
    page.get_by_label("邮箱或手机号").fill(f"{name}@demo.example")
    page.get_by_label("密码", exact=True).fill(DEMO_PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/mine")


def sign_out(page: Page) -> None:
    """Press 退出, which is in the menu on a phone."""
    menu = page.locator(".site-menu > summary")
    if menu.is_visible():
        menu.click()
    follow(page.get_by_role("button", name="退出"))


def follow(control: Locator) -> None:
    """Click what leads to another page, and go on when that page is there.

    A click alone may return before the browser has left; what comes next would meet the page before.
    """
    with control.page.expect_event("load"):
        control.click()


if __name__ == "__main__":
    main()
