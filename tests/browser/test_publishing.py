"""From a text to a published list, a list of a spreadsheet with errors, an unnamed demand and its broker: whole paths.

Each is walked at both widths, its decisions by the keyboard, and every page is checked by axe.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.walking import give_scores, press_key, sound, tab_to, type_into
from tests.screenshots import follow, sign_in
from tests.served import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM,
        reason="Chromium is not installed (apt install chromium fonts-noto-cjk)",
    ),
]
HEADER = "成果名称 完成单位 完成人 技术领域 成果简介 所处阶段 转化方式 预期价格 关键词 联系人 联系电话"
CHAIN = "高端装备/农机"
NAMES = ("花生脱壳机清选装置", "芦笋分级装置", "鱼塘增氧控制器")
UNIVERSITY = "聊城大学（示例）"
SUMMARY = "针对棉秆打捆时缠绕、堵料的问题，改进喂入辊和捡拾器，连续作业八小时不停机，含杂率由 9% 降到 4%。"


def width_of(page: Page) -> int:
    size = page.viewport_size
    assert size is not None
    return size["width"]


def change_to(page: Page, name: str) -> None:
    """Somebody else sits down at the same browser."""
    page.context.clear_cookies()
    sign_in(page, name)


def near(control: Locator) -> Locator:
    """A control to which Tab leads from the one before it, on pages with more controls than `tab_to` walks over."""
    control.evaluate(
        """one => {
            const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")];
            const before = all.slice(0, all.indexOf(one)).filter(other => other.checkVisibility());
            before.at(-1).focus();
        }"""
    )
    return control


def test_from_a_researcher_to_the_next_published_list(page: Page) -> None:
    title = f"棉秆打捆机喂入机构的防堵改进{width_of(page)}"
    sign_in(page, "researcher")
    page.goto("/mine/achievement/new")
    type_into(page.get_by_label(re.compile("^成果名称")), title)
    page.get_by_label(re.compile("^成果简介|^一句话|^简介")).first.fill(SUMMARY)
    page.get_by_label(re.compile("^比现有做法好多少")).fill("尚无对比数据")
    page.get_by_label("所处阶段").select_option(label="中试")
    page.get_by_label("许可", exact=True).check()
    page.get_by_label("定价方式").select_option(label="面议")
    page.get_by_label("主领域").select_option(label="先进制造工艺与装备")
    page.get_by_label("产业链").select_option(label=CHAIN)
    page.get_by_label("姓名").first.fill("李四")
    press_key(near(page.get_by_role("button", name="送审", exact=True)))
    expect(page.get_by_text("已送审", exact=False).first).to_be_visible()
    sound(page)

    change_to(page, "desk")
    queue = page.locator("#desk-queue").locator("xpath=..")
    press_key(near(queue.get_by_role("link", name=title).first))
    sound(page)
    press_key(near(page.get_by_role("button", name="通过，送平台审核")))
    expect(page.get_by_text(f"「{title}」").first).to_be_visible()

    change_to(page, "operator")
    page.goto("/office/review?kind=achievement")
    press_key(near(page.get_by_role("link", name=title).first))
    give_scores(page)
    press_key(near(page.get_by_role("button", name="通过并发布")))
    expect(page.get_by_text(f"「{title}」已通过并发布。")).to_be_visible()

    page.goto("/mine/lists/new")
    today = page.evaluate(
        "new Date().toLocaleDateString('sv', {timeZone: 'Asia/Shanghai'})"
    )
    assert date.fromisoformat(today)
    for name in ("since", "until"):
        page.locator(f"[name={name}]").fill(today)
    page.get_by_label("产业链").select_option(label=CHAIN)
    sound(page)
    press_key(near(page.get_by_role("button", name="建校样")))
    expect(page.get_by_text(title).first).to_be_visible()
    sound(page)
    press_key(near(page.get_by_role("button", name=re.compile("^发布第"))))
    expect(page.get_by_role("heading", level=1)).to_contain_text("期")
    address = page.url
    # It is there for everybody, with the hash of its content.
    page.context.clear_cookies()
    page.goto(address)
    expect(page.get_by_text(title).first).to_be_visible()
    expect(page.get_by_text("SHA-256").first).to_be_visible()
    sound(page)


def test_a_list_with_errors_is_corrected_written_and_taken_back(page: Page) -> None:
    mark = width_of(page)
    titles = [f"{name}{mark}" for name in NAMES]
    sign_in(page, "desk")
    page.goto("/mine/imports")
    page.get_by_label("文件", exact=True).set_input_files(
        {
            "name": f"成果清单{mark}.csv",
            "mimeType": "text/csv",
            "buffer": table_of(titles),
        }
    )
    press_key(near(page.get_by_role("button", name="上传并检查")))
    expect(page.get_by_text("2 行有错误")).to_be_visible()
    sound(page)

    # One is put right by the file of errors, the other in its place.
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^下载错误文件")).click()
    errors = download.value.path()
    assert errors.stat().st_size > 1000
    follow(page.get_by_role("link", name=titles[1]).first)
    sound(page)
    stage = page.get_by_label("所处阶段")
    tab_to(near(stage))
    page.keyboard.press("Control+A")
    page.keyboard.type("中试")
    press_key(near(page.get_by_role("button", name="保存这一行")))
    expect(page.get_by_text("1 行有错误")).to_be_visible()
    press_key(near(page.get_by_role("button", name="写入 2 条")))
    expect(page.get_by_text("新增 2 条")).to_be_visible()
    sound(page)
    page.locator("summary", has_text="撤回整次导入").press("Enter")
    press_key(near(page.get_by_role("button", name="撤回这 2 条")))
    expect(page.get_by_text("已撤回 2 条")).to_be_visible()
    sound(page)


def table_of(titles: list[str]) -> bytes:
    """A list of three rows: of the second the stage, of the third the owner is none that is known."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(HEADER.split())
    for place, title in enumerate(titles):
        stage = "大概中试" if place == 1 else "中试"
        owner = "山东大学（示例）" if place == 2 else UNIVERSITY
        cells = [title, owner, "李四", "先进制造工艺与装备", SUMMARY, stage]
        table.writerow(
            [*cells, "许可", "面议", "农机；清选", "成果转化岗", "0635-0000012"]
        )
    return out.getvalue().encode("utf-8-sig")


def test_an_unnamed_demand_goes_to_its_broker(page: Page) -> None:
    title = f"熬胶锅结垢在线清洗{width_of(page)}"
    firm = "聊城砺合轴承保持器有限公司（示例）"
    sign_in(page, "firm")
    page.goto("/mine/demand/new")
    type_into(page.get_by_label(re.compile("^需求名称")), title)
    page.get_by_label(re.compile("^主要问题")).fill(
        "熬胶锅内壁结垢，每班停机人工铲一次，影响出胶量，想在不停机的情况下把垢去掉，锅体不锈钢不能有划伤。"
    )
    page.get_by_label(re.compile("不公开单位名称|匿名")).first.check()
    page.get_by_label(re.compile("^需求类型")).select_option(label="技术攻关")
    page.get_by_label("合作开发").check()
    page.get_by_label("资金面议").check()
    page.get_by_label("主领域").select_option(label="先进制造工艺与装备")
    press_key(near(page.get_by_role("button", name="送审", exact=True)))
    expect(page.get_by_text("已送审", exact=False).first).to_be_visible()

    change_to(page, "operator")
    page.goto("/office/review?kind=demand")
    follow(page.get_by_role("link", name=title).first)
    give_scores(page)
    press_key(near(page.get_by_role("button", name="通过并发布")))
    expect(page.get_by_text(f"「{title}」已通过并发布。")).to_be_visible()

    page.context.clear_cookies()
    page.goto(f"/search?kind=demand&q={title}")
    follow(page.get_by_role("link", name=title).first)
    expect(page.get_by_text(firm)).to_have_count(0)
    sound(page)
    number = page.url.rsplit("/", 1)[-1]

    change_to(page, "firm")
    page.goto(f"/mine/demand/{number}/broker")
    press_key(near(page.get_by_role("button", name="请技术经理人")))
    change_to(page, "operator")
    page.goto("/office/review?tray=mediation")
    entry = page.get_by_role("listitem").filter(has_text=title).first
    entry.locator("select[name$=broker]").select_option(label="示例技术经理人")
    press_key(near(entry.get_by_role("button", name=re.compile("^交给这位"))))
    change_to(page, "broker")
    follow(page.get_by_role("link", name=title).first)
    # Who carries it knows whose it is; nobody else does.
    expect(page.get_by_text(firm).first).to_be_visible()
    sound(page)
