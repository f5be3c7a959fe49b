"""What a page has to be on every step of a journey, and how one is walked without a mouse. No test lives here."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

expect.set_options(timeout=20_000)  # another worker may keep the machine busy
# What holds is not listed: a form with long lists would send a megabyte of it, which takes three times as long.
AXE = {"resultTypes": ["violations"]}
TABS_MOST = 60  # presses of Tab until a control is reached: no page of ours has more before its form
# Something drawn around the control that has the focus, by the page or by the browser.
FOCUS_SHOWN = """one => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""


def sound(page: Page) -> None:
    """axe finds nothing above minor, and nothing is wider than the window."""
    found = [
        v
        for v in Axe().run(page, options=AXE).response["violations"]
        if v["impact"] in ("moderate", "serious", "critical")
    ]
    assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("html").get_attribute("lang") == "zh-CN"


def tab_to(control: Locator) -> None:
    """Press Tab until a control has the focus, and see that it shows."""
    page = control.page
    for _ in range(TABS_MOST):
        if control.evaluate("one => one === document.activeElement"):
            break
        page.keyboard.press("Tab")
    else:
        raise AssertionError(f"Tab does not reach {control}")
    assert control.evaluate(FOCUS_SHOWN), control


def type_into(control: Locator, text: str) -> None:
    """Fill a box by the keyboard alone."""
    tab_to(control)
    control.page.keyboard.type(text)


def press_key(control: Locator, key: str = "Enter") -> None:
    """Press a link or a button by the keyboard alone, and go on when the next page is there."""
    tab_to(control)
    with control.page.expect_event("load"):
        control.page.keyboard.press(key)


def give_scores(page: Page, score: str = "4") -> None:
    """Score each criterion of a review the same."""
    for control in page.locator("fieldset.scores select").all():
        control.select_option(score)
