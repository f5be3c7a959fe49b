"""Journeys of people through the served site in Chromium: gunicorn, the sample lists, a real browser.

What single pages do is tested in their rooms; here whole paths are walked and every page is checked by axe.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from marketplace.accounts.models import Person
from marketplace.extensions import db
from marketplace.listings import queries as listing_queries
from marketplace.listings.models import Demand
from marketplace.matchmaking.answers import Answer, matches_for
from marketplace.verdicts import deeds as verdict_deeds
from tests.browser.walking import give_scores, sound
from tests.screenshots import follow, sign_in, sign_out
from tests.served import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM,
        reason="Chromium is not installed (apt install chromium fonts-noto-cjk)",
    ),
]
PROBLEM = (
    "我们给电机厂供深沟球轴承，客户反映有异音，振动值忽高忽低，超精研磨参数调了半年还是不稳定，"
    "每批要挑出百分之六的废品，想找人帮忙把振动值稳定在 38 dB 以下。"
)
# What the firm of the demonstration has published; one for each width, for verdicts stay.
OWN_DEMANDS = {
    1440: "冲压钢保持器兜孔毛刺与尺寸超差在线检测",
    360: "玻纤增强尼龙保持器吸湿变形与开裂控制",
}


AT_A_DESK = pytest.mark.parametrize(
    "page", [1440], ids=["desk"], indirect=True
)  # alike on a phone


def first_offer(page: Page) -> Locator:
    return page.locator("ol.matches > li").first


def first_title(page: Page) -> str:
    return first_offer(page).get_by_role("heading").get_by_role("link").inner_text()


def open_own_matches(page: Page) -> int:
    """From 我的 to the matches of the own demand for this width; returns its number."""
    follow(
        page.get_by_role(
            "link",
            name=re.compile(f"看匹配 ?：{OWN_DEMANDS[page.viewport_size['width']]}"),
        )
    )  # type: ignore[index]
    return int(page.url.split("/")[-2])


def like(page: Page) -> str:
    """Press 感兴趣 on the first match; returns its title."""
    title = first_title(page)
    follow(first_offer(page).get_by_role("button", name=re.compile("^感兴趣")))
    expect(page.get_by_text(f"已记为感兴趣：「{title}」")).to_be_visible()
    return title


@contextmanager
def own_list(site: Flask, number: int) -> Iterator[tuple[Demand, Person, Answer]]:
    """The demand of the firm, the firm, and the list it has before it, for what need not be clicked."""
    with site.app_context():
        demand = listing_queries.get_visible("demand", number, by=None)
        firm = db.session.scalars(
            db.select(Person).filter_by(email="firm@demo.example")
        ).one()
        yield demand, firm, matches_for(demand, by=firm)


def judged(page: Page, title: str) -> Locator:
    """What the page says of a judged match, in its part for them."""
    return (
        page.locator("section", has=page.locator("#chosen, #refused"))
        .get_by_role("listitem")
        .filter(has_text=title)
    )


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
    follow(offers.first)
    expect(page).to_have_url(re.compile("/search.*q="))
    expect(page.get_by_role("combobox").first).to_have_value(re.compile("轴承"))


def test_search_to_achievement(page: Page) -> None:
    page.goto("/")
    sound(page)
    page.get_by_role("combobox").first.fill("保持架")
    with page.expect_event("load"):
        page.get_by_role("combobox").first.press("Enter")
    expect(page).to_have_url(re.compile("/search"))
    expect(page.locator("mark").first).to_be_visible()
    sound(page)
    follow(page.locator("main a[href*='/achievements/']").first)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    sound(page)


def test_demand_to_matches_to_reasons(page: Page) -> None:
    page.goto("/search?kind=demand&q=异音")
    follow(page.locator("main a[href*='/demands/']").first)
    sound(page)
    follow(page.locator("a[href$='/matches']").first)
    expect(page.get_by_text(re.compile("高度匹配|较匹配|可参考")).first).to_be_visible()
    sound(page)
    follow(page.get_by_role("link", name=re.compile("看依据")).first)
    assert page.locator("mark").count() >= 2
    sound(page)


def test_paste_a_problem(page: Page) -> None:
    page.goto("/")
    page.get_by_role("textbox", name=re.compile("技术难题")).fill(PROBLEM)
    follow(page.get_by_role("button", name=re.compile("匹配|试配|看看")).first)
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
        "/register",
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
    follow(page.get_by_role("link", name="发布需求"))
    sound(page)
    follow(page.get_by_role("link", name="全部问题放在一页"))
    page.get_by_label(re.compile("^需求名称")).fill(title)
    page.get_by_label(re.compile("^主要问题")).fill(
        "钛合金薄壁框铣削时颤振明显，壁厚差 0.12 mm，表面振纹返修率约 11%，换刀和降速都试过。"
    )
    follow(page.get_by_role("button", name="送审"))
    expect(
        page.locator(".error-summary, [role=alert]").first
    ).to_be_visible()  # says what is missing, keeps the text
    expect(page.get_by_label(re.compile("^需求名称"))).to_have_value(title)
    sound(page)
    page.get_by_label(re.compile("^需求类型")).select_option(label="技术攻关")
    page.get_by_label("合作开发").check()
    page.get_by_label("资金面议").check()
    page.get_by_label("主领域").select_option(label="先进制造工艺与装备")
    page.get_by_label(re.compile("^联系人")).fill("技术部")
    page.get_by_label(re.compile("^联系电话")).fill("0635-0001999")
    follow(page.get_by_role("button", name="送审"))
    expect(page.get_by_text("已送审", exact=False).first).to_be_visible()
    sound(page)
    page.goto(f"/search?q={title}")
    expect(page.get_by_role("link", name=title)).to_have_count(0)
    sign_out(page)

    sign_in(page, "operator")
    page.goto("/office/review")
    sound(page)
    follow(page.get_by_role("link", name=title).first)
    sound(page)
    # Nobody lets a listing through without a score.
    follow(page.get_by_role("button", name=re.compile("通过并发布")))
    expect(page.get_by_role("alert").first).to_contain_text("打分")
    sound(page)
    give_scores(page)
    follow(page.get_by_role("button", name=re.compile("通过并发布")))
    expect(page.get_by_text(f"「{title}」已通过并发布。")).to_be_visible()
    page.goto("/office/chains")
    sound(page)
    sign_out(page)

    page.goto(f"/search?q={title}")
    found = page.get_by_role("link", name=title)
    expect(found.first).to_be_visible()
    follow(found.first)
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    sound(page)


PASTED = """滚道超精研磨降噪工艺{width}
针对电机用深沟球轴承振动大的问题，改进滚道超精研磨的油石和参数，振动值由45 dB降到36 dB，合格率提高到98%。
本成果已完成中试。专利号：ZL201710601862.3。转让价格30-60万元。
联系人：成果转化科，电话0635-0001999。"""


def test_a_researcher_writes_in_steps_from_a_pasted_text(page: Page) -> None:
    width = page.viewport_size["width"]  # type: ignore[index]
    sign_in(page, "researcher")
    follow(page.get_by_role("link", name="发布成果"))
    page.get_by_label("文字", exact=True).fill(PASTED.format(width=width))
    sound(page)
    follow(page.get_by_role("button", name="找出可以填的内容"))
    sound(page)
    expect(page.get_by_text("原文：本成果已完成中试。").first).to_be_visible()
    for box in page.locator("input[name=take]").all():
        box.check()
    follow(page.get_by_role("button", name="带入勾选的"))
    sound(page)
    title = page.get_by_label(re.compile("^成果名称"))
    expect(title).to_have_value(f"滚道超精研磨降噪工艺{width}")
    title.press("End")
    title.press_sequentially("改")
    expect(page.locator("#autosave")).to_contain_text("已保存")
    page.reload()
    expect(title).to_have_value(f"滚道超精研磨降噪工艺{width}改")
    button = page.get_by_role("button", name="保存，下一步")
    follow(button)
    for step in ("better", "stage", "offer", "class", "people", "rights", "source"):
        expect(page.locator(f"#step-{step}")).to_be_visible()
        if step == "offer":
            page.get_by_label("许可", exact=True).check()
        if step == "class":
            page.get_by_label("主领域").select_option(label="先进制造工艺与装备")
        if step == "people":
            page.get_by_label("姓名").first.fill("李四")
        follow(button)
    sound(page)
    follow(button)
    sound(page)
    expect(page.get_by_role("heading", level=1, name="核对送审")).to_be_visible()
    expect(page.get_by_text("ZL201710601862.3").first).to_be_visible()
    follow(page.get_by_role("button", name="送审"))
    expect(page.get_by_text("已送审", exact=False).first).to_be_visible()
    sound(page)


def test_what_was_left_half_written_is_offered_and_the_form_keeps_its_width(
    page: Page,
) -> None:
    typed = "薄壁套圈热处理后变形超差，磨削余量不够，返修率约百分之八。"
    sign_in(page, "firm")
    page.goto("/mine/demand/new")
    form, problem = (
        page.locator("#listing-form"),
        page.get_by_label(re.compile("^主要问题")),
    )
    before = form.bounding_box()
    problem.fill(typed)
    follow(page.get_by_role("button", name="送审", exact=True))
    expect(page.locator(".error-summary")).to_be_visible()  # it has no title

    page.goto("/mine/demand/new")

    expect(page.get_by_text("写到一半的内容，还没有保存到网站")).to_be_visible()
    after = form.bounding_box()
    assert before is not None
    assert after is not None
    assert (after["x"], after["width"]) == (before["x"], before["width"])
    sound(page)
    page.get_by_role("button", name="恢复这些内容").click()
    expect(problem).to_have_value(typed)


@AT_A_DESK
def test_a_text_too_long_for_review_says_so_while_it_is_written(page: Page) -> None:
    sign_in(page, "firm")
    page.goto("/mine/demand/new")
    problem = page.get_by_label(re.compile("^主要问题"))

    problem.fill("长" * 3000)
    expect(page.locator(".field-count:visible")).to_have_text(
        "已写 3000 字，最多 3000 字"
    )
    problem.fill("长" * 3010)
    expect(page.locator(".field-count:visible")).to_have_text(
        "已写 3010 字，最多 3000 字，超出 10 字"
    )
    sound(page)


def test_verdicts_stand_are_changed_and_reorder_the_rest(
    page: Page, inside: Flask
) -> None:
    sign_in(page, "firm")
    number = open_own_matches(page)
    here, rule = (
        page.url,
        page.get_by_text("评满 5 条、其中有感兴趣的以后，这里的先后才参考评价。"),
    )
    expect(rule).to_have_count(0)  # nothing is judged yet

    liked = like(page)
    expect(page.get_by_text("已评价 1 条：感兴趣 1 条，不合适 0 条")).to_be_visible()
    expect(rule).to_be_visible()
    sound(page)

    refused = first_title(page)
    first_offer(page).locator("summary").click()
    sound(page)
    follow(first_offer(page).get_by_role("button", name="记为不合适"))
    expect(page.get_by_role("link", name="选一个原因。")).to_be_visible()
    sound(page)
    page.get_by_role("radio", name="其他").check()
    follow(page.get_by_role("button", name="记为不合适"))
    expect(page.get_by_role("link", name="写明情况，2–500 个字。")).to_be_visible()
    page.get_by_role("textbox", name="补充说明").fill("节拍 6 秒，我们要 0.3 秒")
    page.get_by_role("radio", name="指标达不到").check()
    follow(page.get_by_role("button", name="记为不合适"))
    expect(
        page.get_by_text(f"已记为不合适（指标达不到）：「{refused}」")
    ).to_be_visible()

    page.goto(here)
    expect(judged(page, liked)).to_contain_text("您感兴趣")
    expect(judged(page, refused)).to_contain_text("您认为不合适：指标达不到")
    expect(judged(page, refused)).to_contain_text("节拍 6 秒，我们要 0.3 秒")
    expect(page.locator("ol.matches").get_by_text(liked)).to_have_count(0)

    follow(judged(page, liked).get_by_role("link", name=re.compile("看依据")))
    expect(
        page.get_by_text(re.compile("^您感兴趣，.*改主意就重新选一个"))
    ).to_be_visible()
    sound(page)
    page.locator("summary", has_text="不合适…").click()
    page.get_by_label("价格不合适").check()
    follow(page.get_by_role("button", name="记为不合适"))
    expect(judged(page, liked)).to_contain_text("您认为不合适：价格不合适")
    follow(judged(page, refused).get_by_role("button", name=re.compile("收回评价")))
    expect(page.get_by_text(f"已收回对「{refused}」的评价")).to_be_visible()
    expect(
        page.locator("ol.matches").get_by_role("heading", name=refused)
    ).to_be_visible()

    for _ in range(5):
        with own_list(inside, number) as (demand, firm, answer):
            verdict_deeds.decline(
                demand,
                answer.offers[0].row.id,
                reason="direction",
                by=firm,
                ranked_list=answer.ranked_list,
            )
    page.goto(here)
    expect(page.get_by_text("已评价 6 条：感兴趣 0 条，不合适 6 条")).to_be_visible()
    expect(rule).to_be_visible()  # refusals alone teach nothing
    like(page)
    expect(
        page.get_by_text("这里的先后参考了 7 条评价：像感兴趣的那些，排得靠前。")
    ).to_be_visible()
    expect(rule).to_have_count(0)
    sound(page)
    follow(page.get_by_role("link", name="换回不参考评价的顺序"))
    expect(page.get_by_text("这里的先后没有参考评价。")).to_be_visible()
    follow(page.get_by_role("link", name="参考 7 条评价排列"))
    expect(page.get_by_text("这里的先后参考了 7 条评价")).to_be_visible()

    with own_list(inside, number) as (demand, firm, answer):
        for offer in answer.judged[1:]:
            verdict_deeds.retract(demand, offer.row.id, by=firm)
    page.goto(here)
    follow(page.get_by_role("button", name=re.compile("^收回评价")))
    expect(page.locator("#chosen, #refused")).to_have_count(0)


@AT_A_DESK
def test_a_verdict_that_cannot_be_given_says_why(page: Page) -> None:
    sign_in(page, "firm")
    number = open_own_matches(page)
    here, pressed = (
        page.url,
        first_offer(page).get_by_role("button", name=re.compile("^感兴趣")),
    )

    beside = page.context.new_page()
    beside.goto(f"/mine/demand/{number}/edit")
    beside.get_by_label(re.compile("^备注")).fill(f"样件随到随寄，{page.viewport_size}")
    follow(beside.get_by_role("button", name="保存修改"))
    expect(beside.get_by_text("已保存").first).to_be_visible()
    beside.close()
    follow(pressed)
    expect(page.get_by_text("其中一条在您打开之后被改过。")).to_be_visible()
    sound(page)
    follow(page.get_by_role("link", name="重新打开匹配页面"))
    expect(page).to_have_url(here)
    expect(page.locator("#chosen, #refused")).to_have_count(0)

    forms = page.locator("ol.matches form")
    forms.first.evaluate(
        f"form => form.action = form.action.replace('/demands/{number}/', '/demands/{number + 4}/')"
    )
    follow(pressed)
    expect(page.get_by_text("您的账号不能做这件事。")).to_be_visible()
    sound(page)

    page.goto(f"/demands/{number + 4}/matches")
    expect(page.get_by_role("link", name=re.compile("看依据")).first).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("感兴趣|不合适"))).to_have_count(
        0
    )


@AT_A_DESK
def test_few_verdicts_are_no_figures(page: Page, inside: Flask) -> None:
    sign_in(page, "operator")
    page.goto("/demands/9/matches")
    like(page)
    said = inside.test_cli_runner().invoke(args=["matching", "quality"]).output
    page.goto("/mine")
    follow(page.get_by_role("link", name="匹配质量"))

    judged_demands = int(
        re.search(r"no figures: (\d+) judged demands, 20 needed", said)[1]
    )  # type: ignore[index]
    assert 1 <= judged_demands < 20
    assert "P@5" not in said
    expect(
        page.get_by_text(
            f"被评价过的需求只有 {judged_demands} 条，少于 20 条，不显示数字"
        )
    ).to_be_visible()
    expect(page.get_by_text(re.compile("NDCG|P@5"))).to_have_count(0)
    sound(page)
