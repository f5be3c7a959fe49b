"""One deal walked by five people, each in a browser of their own, from an introduction to its money."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from datetime import date, timedelta

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from marketplace.contracts.fields import fields_of
from marketplace.deals.life import DILIGENCE
from tests.browser.walking import sound
from tests.screenshots import follow, sign_in
from tests.served import ROOT

PRICE = "86.5"  # 万元
PRICE_YUAN = "865000"
TERM = "按双方谈定的办理，见附件。"
# What cannot be guessed of a field of the contract from its kind.
GIVEN = {
    "payment_method": "lump_sum",
    "ip_category": "invention",
    "tech_field": "advanced_manufacturing",
    "tech_fen": "800000",
}
WIDTHS = (360, 1440)
TRIES = 3  # of what a job may overtake
# A reader's look at a page, after each step.
Look = Callable[[Page, str], None]


def pass_by(_page: Page, _name: str) -> None:
    """Look at nothing: the walk is timed."""


def look_closely(page: Page, name: str) -> None:
    """See that a page is sound at both widths; with PICTURES=1 take its picture into `screenshots/`."""
    folder = ROOT / "screenshots"
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        sound(page)
        # Of a long page a picture takes as long as looking at it does.
        if "PICTURES" in os.environ:
            folder.mkdir(exist_ok=True)
            path = folder / f"rehearsal-{name}-{width}.png"
            page.screenshot(path=path, full_page=True)


def send(form: Locator, **values: str | bool) -> None:
    """Fill the named boxes of a form, press its button, and go on when the next page is there."""
    # A folded part is unfolded first, as by a click on its summary.
    form.evaluate(
        "one => { for (let e = one; e; e = e.parentElement) if (e.tagName === 'DETAILS') e.open = true; }"
    )
    for name, value in values.items():
        box = form.locator(f'[name="{name}"]:not([type="hidden"])')
        kind = box.first.evaluate("one => one.type")
        if kind == "radio":
            form.locator(f'[name="{name}"][value="{value}"]').check()
        elif kind == "checkbox":
            box.check()
        elif kind == "select-one":
            box.select_option(str(value))
        else:
            box.fill(str(value))
    follow(form.locator("button[type=submit]").last)


def form_to(page: Page, action: str) -> Locator:
    """The form that is sent to an address with this end."""
    return page.locator(f'form[action$="{action}"]')


def today_of(page: Page) -> date:
    """The day of the house, as the bar of the page says it."""
    text = page.locator("time[data-rehearsal-moment]").inner_text()
    return date.fromisoformat(text[:10])


class DealWalk:
    """Five people and one deal.

    Args:
        browser: in which each gets a context of their own.
        address: of the site.
        achievement_id: published, of the desk's organisation, and in no deal.
        look: at each page on the way.
    """

    def __init__(
        self, browser: Browser, address: str, achievement_id: int, look: Look
    ) -> None:
        self.look = look
        self.achievement_id = achievement_id
        self.contexts: list[BrowserContext] = []
        pages = []
        for name in ("firm", "desk", "approver", "operator", ""):
            context = browser.new_context(
                viewport={"width": 1440, "height": 900},
                locale="zh-CN",
                base_url=address,
            )
            self.contexts.append(context)
            page = context.new_page()
            if name:
                sign_in(page, name)
            pages.append(page)
        self.firm, self.desk, self.approver, self.operator, self.guest = pages
        self.deal_path = ""
        self.contract_path = ""
        self.publicity_path = ""

    def seen(self) -> str:
        """What each of the five has before them now: the first question where a walk stops."""
        lines = []
        for context in self.contexts:
            for page in context.pages:
                text = page.locator("body").inner_text()[:400]
                lines.append(f"{page.url}: {page.title()}\n{text}")
        return "\n---\n".join(lines)

    def close(self) -> None:
        """Close the browsers."""
        for context in self.contexts:
            context.close()

    def introduce(self) -> None:
        """对接: the firm wants it, the desk accepts, the firm proposes a deal, the desk agrees."""
        self.firm.goto(f"/achievements/{self.achievement_id}/introduction")
        form = form_to(self.firm, "/introduction")
        form.locator('[name="name"]').first.check()
        send(form, message="想谈专利转让，能否来厂里看看？", agrees=True)
        case = _path_of(self.firm)
        self.look(self.firm, "01-asked")
        self.desk.goto(case)
        self.look(self.desk, "02-wanted")
        # While somebody looked, days went by: what was to be answered may be overdue by now, or in this very moment,
        # and who accepts the page of before is asked to look again.
        for _ in range(TRIES):
            self.desk.goto(case)
            if form_to(self.desk, "/accept").count() == 0:
                break
            send(form_to(self.desk, "/accept"), agrees=True)
        self.firm.goto(f"{case}/deal")
        send(
            self.firm.locator("main form"),
            title=f"演练用的专利转让 {self.achievement_id}",
            owner_type="government_university",
            contract_type="transfer",
            contract_subtype="patent_right",
            conversion_mode="transfer",
        )
        self.deal_path = _path_of(self.firm)
        self.look(self.firm, "03-proposed")
        self.desk.goto(self.deal_path)
        send(form_to(self.desk, "/agree"))

    def agree_on_price(self) -> None:
        """意向, 尽调, 定价."""
        self.firm.goto(self.deal_path)
        send(
            form_to(self.firm, "/letters"),
            letter_kind="intention",
            text="双方拟就专利转让进行洽谈，价格以正式合同为准。",
        )
        self.look(self.firm, "04-intention")
        self.desk.goto(self.deal_path)
        send(form_to(self.desk, "/letters/confirm"))
        self.look(self.desk, "05-diligence")
        for code in DILIGENCE:
            item = self.desk.locator(f'form:has(input[name="code"][value="{code}"])')
            send(item, has_finding="no")
        send(form_to(self.desk, "/diligence/finish"))
        self.look(self.desk, "06-pricing")
        send(
            form_to(self.desk, "/price"),
            method="negotiated",
            price=PRICE,
            basis="参照本校近两年三笔同类交易。",
            evaluation="not_required",
            met_on=str(today_of(self.desk)),
            attendees="示例审批人\n示例成果转化岗",
            minutes="一致同意按 86.5 万元转让。",
        )
        self.approver.goto(self.deal_path)
        self.look(self.approver, "07-decision")
        send(form_to(self.approver, "/price/approve"))

    def publicise(self) -> None:
        """公示 of 15 days: somebody who belongs to nobody objects, the institution answers, the rest of it runs on."""
        self.desk.goto(self.deal_path)
        send(
            form_to(self.desk, "/publicity"),
            places="本校网站通知公告栏",
            objection_contact="科研处，0635-0000000（示例）",
            procedure="收到异议后五个工作日内核查并公开答复。",
        )
        follow(self.desk.get_by_role("link", name="看公示"))
        self.publicity_path = _path_of(self.desk)
        self.guest.goto(self.publicity_path)
        follow(self.guest.get_by_role("link", name="提出异议"))
        send(
            self.guest.locator("main form"),
            reason="price",
            text="价格明显低于同类专利，请说明依据。",
            remedy="disclose",
        )
        expect(self.guest.locator("main")).to_contain_text("YY20")
        # Looked at only now, for a look takes days, and an objection has to come in time; it locks the deal.
        self.look(self.guest, "10-objected")
        if self.look is not pass_by:
            self.guest.goto(self.publicity_path)
            self.look(self.guest, "09-publicity")
        self.approver.goto(self.deal_path)
        self.look(self.approver, "11-locked")
        answer = self.approver.locator('form[action*="/objections/"]')
        send(
            answer,
            is_sustained="no",
            answer_reason="facts_unfounded",
            answer="三笔同类交易在 80 万元到 90 万元之间，已附说明。",
        )
        expect(self.approver.locator("main")).to_contain_text("公示中")
        self.wait_for(self.guest, self.publicity_path, "公示已结束")
        self.look(self.guest, "12-closed")

    def sign(self) -> None:
        """优先权, 合同: filled in, printed in the background, confirmed by both."""
        self.desk.goto(self.deal_path)
        send(
            form_to(self.desk, "/priority"), priority="waived", note="完成人书面放弃。"
        )
        self.desk.goto(f"{self.deal_path}/contract")
        send(form_to(self.desk, "/contract"))
        if self.desk.url.endswith("/edit"):
            self.contract_path = _path_of(self.desk).removesuffix("/edit")
        else:
            self.contract_path = _path_of(self.desk)
            self.desk.goto(f"{self.contract_path}/edit")
        send(form_to(self.desk, "/edit"), **contract_values(today_of(self.desk)))
        self.look(self.desk, "13-contract")
        send(form_to(self.desk, "/issue"))
        self.wait_for(self.desk, self.contract_path, "确认第 1 稿")
        self.look(self.desk, "14-paper")
        send(form_to(self.desk, "/confirm"))
        self.firm.goto(self.contract_path)
        send(form_to(self.firm, "/confirm"))
        expect(self.firm.locator("main")).to_contain_text("双方已确认")

    def register(self) -> None:
        """登记: handed in by the desk; the number on the certificate is typed in by an operator."""
        self.desk.goto(self.contract_path)
        send(form_to(self.desk, "/file"), filed_on=str(today_of(self.desk)))
        self.operator.goto(self.contract_path)
        send(
            form_to(self.operator, "/register"),
            registry_no=f"20263715{self.achievement_id:08d}",
            registered_on=str(today_of(self.operator)),
            office="示例技术合同登记站",
            tech_fen="800000",
            exempt_fen="800000",
        )
        expect(self.operator.locator("main")).to_contain_text("已登记")
        self.look(self.operator, "15-registered")

    def receive(self) -> None:
        """到款."""
        self.desk.goto(f"{self.contract_path}/money")
        send(
            form_to(self.desk, "/money/receipts"),
            amount_fen=PRICE_YUAN,
            received_on=str(today_of(self.desk)),
            note="一次付清",
        )
        expect(self.desk.locator("#receipts ~ table")).to_contain_text("865,000")
        self.look(self.desk, "16-received")

    def wait_for(self, page: Page, path: str, words: str) -> None:
        """Load a page again until it says something that the work in the background brings about."""
        end = time.monotonic() + 90
        while time.monotonic() < end:
            page.goto(path)
            if words in page.locator("main").inner_text():
                return
            time.sleep(0.3)
        raise AssertionError(f"{path} never says {words}")


def contract_values(day: date) -> dict[str, str]:
    """Something for every field that a contract of transfer needs and the deal does not give."""
    found = {}
    for one in fields_of("transfer"):
        if one.kind == "prose" and one.needed:
            found[one.name] = f"{one.label}：{TERM}"
    found |= GIVEN
    found["valid_from"] = str(day)
    found["valid_to"] = str(day + timedelta(days=1500))
    return found


def _path_of(page: Page) -> str:
    """The path of the page, without what follows it."""
    return re.sub(r"^https?://[^/]+|[?#].*$", "", page.url)
