"""Journeys of people coming in by themselves: registering, organisations, contacts, leaving, second factors.

What single pages refuse is tested in their rooms; here whole paths are walked, one of them by the keyboard alone and
one without scripts.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import count

import pytest
from flask import Flask
from passlib.totp import TOTP
from playwright.sync_api import Browser, Page, expect

from marketplace.accounts import deeds as account_deeds
from marketplace.accounts import person_deeds
from marketplace.accounts import queries as account_queries
from marketplace.accounts.models import Membership, Person
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import Demand
from marketplace.organisations.models import Organisation
from marketplace.setup.demo_people import NEWCOMER_USCC, TWIN
from tests.browser.walking import give_scores, press_key, sound, tab_to, type_into
from tests.factories import GOOD, new_uscc
from tests.marketplace.accounts.mailbox import Mailbox
from tests.screenshots import follow, sign_in, sign_out
from tests.served import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM,
        reason="Chromium is not installed (apt install chromium fonts-noto-cjk)",
    ),
]
OWNER = "聊城砺合轴承保持器有限公司（示例）"  # the firm of the demonstration
PASSWORD = "Guanzhuang-Zhoucheng-58"
PROBLEM = (
    "深沟球轴承装配后有异音，振动值在 42–48 dB 之间，想稳定降到 36 dB 以下，"
    "超精研磨参数调过多次，每批仍要挑出百分之六的废品。"
)
DESK = pytest.mark.parametrize("page", [1440], ids=["desk"], indirect=True)
PHONE = pytest.mark.parametrize("page", [360], ids=["phone"], indirect=True)
_numbers = count(1)


def new_address(name: str) -> str:
    """An address that nobody has yet."""
    return f"{name}{next(_numbers)}.{time.time_ns()}@linqing.example"


@contextmanager
def other_window(page: Page, name: str, width: int = 1440) -> Iterator[Page]:
    """Somebody else of the demonstration at their own device."""
    context = page.context.browser.new_context(  # type: ignore[union-attr]
        viewport={"width": width, "height": 900}, locale="zh-CN", base_url=_site(page)
    )
    other = context.new_page()
    sign_in(other, name)
    yield other
    context.close()


def _site(page: Page) -> str:
    return re.match(r"https?://[^/]+", page.url)[0]  # type: ignore[index]


@contextmanager
def plain_page(browser: Browser, address: str) -> Iterator[Page]:
    """A phone whose browser runs no scripts."""
    context = browser.new_context(
        viewport={"width": 360, "height": 900},
        locale="zh-CN",
        base_url=address,
        java_script_enabled=False,
    )
    yield context.new_page()
    context.close()


def enter(page: Page, address: str, password: str = PASSWORD) -> None:
    """Fill in the page of signing in that is open, and press its button."""
    page.get_by_label("邮箱或手机号").fill(address)
    page.get_by_label("密码", exact=True).fill(password)
    follow(page.get_by_role("button", name="登录"))


def register(page: Page, address: str, name: str) -> None:
    """Fill in the page of registering that is open, and press its button."""
    page.get_by_label("邮箱地址").fill(address)
    page.get_by_label("姓名").fill(name)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_label("再次确认密码").fill(PASSWORD)
    page.get_by_label("我已阅读并同意").check()
    follow(page.get_by_role("button", name="注册"))


def make_person(site: Flask, name: str, host: str = "") -> str:
    """Somebody with a confirmed address and our password; their address.

    Args:
        site: the served site in this process.
        name: how they are called.
        host: the organisation they have a place in; empty for none.
    """
    address = new_address("person")
    with site.app_context():
        places = [_organisation(host)] if host else []
        account_deeds.add_person(
            address, name=name, password=PASSWORD, organisations=places
        )
        db.session.commit()
    return address


def _organisation(name: str) -> Organisation:
    row: Organisation = db.session.scalars(
        db.select(Organisation).filter_by(name=name)
    ).one()
    return row


def publish_demand(site: Flask, address: str, title: str) -> int:
    """A published demand of somebody, with a contact of its own; its number."""
    values = {
        "title": title,
        "problem": PROBLEM,
        "contact_name": "技术部",
        "contact_phone": "0635-0001888",
        "demand_type": "product_process",
        "cooperation_modes": ["commissioned_dev"],
        "budget": Decimal(30),
        "field_codes": ["405"],
    }
    with site.app_context():
        person = account_queries.find_person(address)
        operator = account_queries.find_person("operator@demo.example")
        row = listing_deeds.create(
            "demand", values, organisation=person.organisations[0], by=person
        )
        listing_deeds.submit(row, by=person, seen=row.revision)
        listing_deeds.approve(row, by=operator, seen=row.revision, scores=GOOD)
        return row.id


def belongings(site: Flask, name: str) -> tuple[str, str | None, list[str], list[str]]:
    """State and code of an organisation, its people and its demands."""
    with site.app_context():
        row = _organisation(name)
        people = db.select(Person.email).join(Membership)
        people = people.where(Membership.organisation_id == row.id)
        titles = db.select(Demand.title).where(Demand.organisation_id == row.id)
        return (
            row.state,
            row.uscc,
            sorted(db.session.scalars(people)),
            sorted(db.session.scalars(titles)),
        )


@PHONE
def test_a_firm_comes_in_by_itself_with_what_it_pasted(
    page: Page, inside: Flask
) -> None:
    box, address = Mailbox(inside), new_address("wang")
    number = address.partition("@")[0].rpartition(".")[2][-8:]
    firm, title = f"临清远航{number}轴承有限公司", f"深沟球轴承异音攻关 {number}"
    page.goto("/trial")
    page.get_by_role("textbox", name="技术难题").fill(PROBLEM)
    follow(page.get_by_role("button", name="看看谁能解"))
    follow(page.get_by_role("button", name="留着，去注册"))
    expect(page.get_by_role("link", name=re.compile("先勾选同意"))).to_be_visible()
    sound(page)
    page.get_by_label("同意平台把这段文字保存 7 天").check()
    follow(page.get_by_role("button", name="留着，去注册"))
    follow(page.get_by_role("button", name="注册"))
    expect(page.get_by_role("alert")).to_contain_text("姓名：请填写姓名。")
    sound(page)
    register(page, address, "王工")
    expect(page.get_by_text("还差一步：请打开")).to_be_visible()
    sound(page)
    page.goto(box.link("/confirm"))
    expect(page.get_by_text("邮箱已确认，请登录。")).to_be_visible()
    enter(page, address)

    # What was pasted is there, where they left it and among their own things, and so is the next step.
    expect(page.get_by_role("textbox", name="技术难题")).to_have_value(PROBLEM)
    sound(page)
    page.goto("/mine")
    expect(
        page.get_by_role("heading", name=re.compile("深沟球轴承装配后有异音"))
    ).to_be_visible()
    sound(page)
    follow(page.get_by_role("link", name="加入或登记单位"))
    page.get_by_label("统一社会信用代码").fill("91371581")
    follow(page.get_by_role("button", name="下一步"))
    expect(page.get_by_role("alert")).to_contain_text("应为 18 位")
    sound(page)
    page.get_by_label("统一社会信用代码").fill(new_uscc())
    follow(page.get_by_role("button", name="下一步"))
    page.get_by_label("单位名称").fill(firm)
    page.get_by_label("企业", exact=True).check()
    follow(page.get_by_role("button", name="登记单位"))
    expect(page.get_by_role("alert")).to_contain_text("选单位所在的县市区")
    sound(page)
    page.get_by_label("所在县市区").select_option(label="临清市")
    follow(page.get_by_role("button", name="登记单位"))
    expect(page.get_by_text(f"「{firm}」已登记，正在等平台核验。")).to_be_visible()
    sound(page)

    page.goto("/mine")
    follow(page.get_by_role("link", name=re.compile("^接着写")))
    follow(page.get_by_role("button", name="看看谁能解"))
    follow(page.get_by_role("button", name="存为需求草稿"))
    expect(page.get_by_label(re.compile("^主要问题"))).to_have_value(
        re.compile("42–48 dB")
    )
    page.get_by_label(re.compile("^需求名称")).fill(title)
    page.get_by_label(re.compile("^需求类型")).select_option(label="技术攻关")
    page.get_by_label("合作开发").check()
    page.get_by_label("资金面议").check()
    page.get_by_label("主领域").select_option(label="先进制造工艺与装备")
    page.get_by_label(re.compile("^联系人")).fill("王工")
    page.get_by_label(re.compile("^联系电话")).fill("0635-0001999")
    follow(page.get_by_role("button", name="保存草稿"))
    expect(page.get_by_text("核验后才会公开")).to_be_visible()
    sound(page)

    with other_window(page, "operator") as office:
        office.goto("/office/review?tray=organisations")
        follow(office.get_by_role("link", name=firm))
        sound(office)
        follow(office.get_by_role("button", name="核验这个单位"))
        expect(office.get_by_role("alert")).to_be_visible()  # what was it checked by
        sound(office)
        office.get_by_label("核对了什么").select_option(index=1)
        follow(office.get_by_role("button", name="核验这个单位"))
        expect(office.get_by_text(f"「{firm}」已核验。")).to_be_visible()

        page.reload()
        follow(page.get_by_role("button", name="送审"))
        expect(page.get_by_text("已送审", exact=False).first).to_be_visible()

        office.goto("/office/review")
        follow(office.get_by_role("link", name=title))
        give_scores(office)
        follow(office.get_by_role("button", name=re.compile("通过并发布")))
    page.goto("/mine/notices")
    expect(page.get_by_role("heading", name=re.compile("核验")).first).to_be_visible()
    sound(page)
    sign_out(page)
    page.goto(f"/search?q={title}")
    follow(page.get_by_role("link", name=title).first)
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()


@DESK
def test_a_colleague_is_let_in_by_the_keyboard_alone(page: Page, inside: Flask) -> None:
    asker = make_person(inside, "键盘申请人")
    page.goto("/login")
    type_into(page.get_by_label("邮箱或手机号"), asker)
    type_into(page.get_by_label("密码", exact=True), PASSWORD)
    press_key(page.get_by_role("button", name="登录"))
    press_key(page.get_by_role("link", name="加入或登记单位"))
    press_key(page.get_by_role("button", name="下一步"))
    # The summary of what is wrong has the focus; its link leads into the box.
    expect(page.get_by_role("alert")).to_be_focused()
    tab_to(page.get_by_role("alert").get_by_role("link"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("统一社会信用代码")).to_be_focused()
    page.keyboard.type(NEWCOMER_USCC)
    press_key(page.get_by_role("button", name="下一步"))
    sound(page)
    type_into(page.get_by_label(re.compile("^给管理员的话")), "磨工车间")
    press_key(page.get_by_role("button", name="申请加入"))
    expect(
        page.get_by_text("已向「临清新岳轴承配件有限公司（示例）」提出申请")
    ).to_be_visible()
    sound(page)

    with other_window(page, "newcomer") as chief:
        press_key(chief.get_by_role("link", name=re.compile("^去处理")))
        sound(chief)
        row = chief.get_by_role("listitem").filter(has_text="键盘申请人")
        # Enter in the box of the reason refuses, and never accepts.
        tab_to(row.get_by_text(re.compile("^不同意…")))
        chief.keyboard.press("Enter")
        tab_to(row.get_by_label("不同意的原因"))
        with chief.expect_event("load"):
            chief.keyboard.press("Enter")
        expect(chief.get_by_role("alert")).to_contain_text("写明原因")
        sound(chief)
        row = chief.get_by_role("listitem").filter(has_text="键盘申请人")
        press_key(row.get_by_role("button", name=re.compile("^同意")))
        expect(chief.get_by_text("键盘申请人 已加入")).to_be_visible()

    page.goto("/mine")
    expect(page.get_by_text("临清新岳轴承配件有限公司（示例）").first).to_be_visible()
    expect(page.get_by_role("heading", name="本单位的成果和需求")).to_be_visible()
    page.goto("/mine/organisations")
    # A member sees the place and what it may do, and no list of the people.
    expect(page.get_by_role("cell", name="单位人员", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="改名称或代码")).to_have_count(0)


def test_without_scripts_an_invitation_and_a_form_after_the_session(
    browser: Browser, address: str, inside: Flask
) -> None:
    """What scripts make easier works without them: invited, registered, and back in a form after the session ended."""
    box, invited = Mailbox(inside), new_address("li")
    with plain_page(browser, address) as chief:
        sign_in(chief, "newcomer")
        chief.goto("/mine/organisations")
        follow(chief.get_by_role("link", name=re.compile("^单位人员")))
        chief.get_by_label("邮箱").fill(invited)
        follow(chief.get_by_role("button", name="发出邀请"))
        expect(chief.get_by_text(f"邀请已发出：{invited}")).to_be_visible()

    with plain_page(browser, address) as page:
        page.goto(box.link("/invitations/"))
        follow(page.get_by_role("link", name="还没有账号，先注册"))
        register(page, invited, "李工")
        page.goto(box.link("/confirm"))
        enter(page, invited)
        follow(page.get_by_role("button", name=re.compile("^接受邀请")))
        expect(
            page.get_by_text("您已加入「临清新岳轴承配件有限公司（示例）」")
        ).to_be_visible()

        page.goto("/mine/demand/new")
        page.get_by_label(re.compile("^需求名称")).fill("套圈热处理变形")
        page.get_by_label(re.compile("^主要问题")).fill(PROBLEM)
        with inside.app_context():
            person = account_queries.find_person(invited)
            person_deeds.leave_everywhere(person)  # as by 全部退出 elsewhere
        follow(page.get_by_role("button", name="保存草稿"))
        expect(page.get_by_text("刚才填写的内容已经留下")).to_be_visible()
        enter(page, invited)
        expect(page.get_by_label(re.compile("^需求名称"))).to_have_value(
            "套圈热处理变形"
        )
        expect(page.get_by_label(re.compile("^主要问题"))).to_have_value(PROBLEM)
        follow(page.get_by_role("button", name="保存草稿"))
        expect(page.get_by_text("已保存").first).to_be_visible()


@DESK
def test_twins_are_merged_and_parted_again(page: Page, inside: Flask) -> None:
    kept = OWNER
    make_person(inside, "孪生厂的人", TWIN)
    before = belongings(inside, kept), belongings(inside, TWIN)
    sign_in(page, "operator")
    page.goto("/office/review?tray=twins")
    sound(page)
    pair = page.get_by_role("listitem").filter(has_text=TWIN).first
    follow(pair.get_by_role("button", name=re.compile(f"并入它 ?：{kept}")))
    expect(page.get_by_text(f"「{TWIN}」已并入「{kept}」")).to_be_visible()
    sound(page)
    merged = belongings(inside, kept)
    assert set(merged[2]) == {*before[0][2], *before[1][2]}
    assert belongings(inside, TWIN)[0] == "merged"

    follow(page.get_by_role("button", name=re.compile("^撤销合并")))
    expect(page.get_by_text("合并已撤销")).to_be_visible()
    sound(page)
    assert (belongings(inside, kept), belongings(inside, TWIN)) == before


@PHONE
def test_a_look_at_a_contact_is_seen_by_its_owner_who_then_leaves(
    page: Page, inside: Flask
) -> None:
    title = f"主轴套圈沟道磨削烧伤 {time.time_ns()}"
    owner = make_person(inside, "将要注销的人", OWNER)
    number = publish_demand(inside, owner, title)
    page.goto("/login")
    enter(page, owner)
    page.goto("/account/data")
    expect(page.get_by_text("还没有人看过")).to_be_visible()
    sound(page)
    follow(page.get_by_role("button", name=re.compile("^同意 ?：公开")))
    with other_window(page, "institute", width=360) as reader:
        reader.goto(f"/demands/{number}")
        expect(reader.get_by_text("0635-0001888")).to_be_visible()
        sound(reader)
    page.goto("/account/data")
    seen = page.get_by_role("row").filter(has_text=title)
    expect(seen).to_contain_text("鲁西轴承技术研究院（示例）")
    sound(page)

    follow(page.get_by_role("link", name="注销账号"))
    follow(page.get_by_role("button", name="注销账号"))
    expect(page.get_by_role("alert")).to_be_visible()
    sound(page)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_label("我知道注销后不能恢复").check()
    follow(page.get_by_role("button", name="注销账号"))
    page.goto("/login")
    enter(page, owner)
    expect(page.get_by_role("alert")).to_contain_text("账号或密码不对")
    # What they did stays with their organisation; who they were does not.
    with other_window(page, "firm") as colleague:
        colleague.goto(f"/demands/{number}")
        expect(colleague.get_by_role("heading", level=1, name=title)).to_be_visible()
        expect(colleague.get_by_text("已注销用户").first).to_be_visible()
        expect(colleague.get_by_text("将要注销的人")).to_have_count(0)


@PHONE
def test_a_second_factor_a_spare_code_and_the_lock(page: Page, inside: Flask) -> None:
    box, address = Mailbox(inside), make_person(inside, "两步验证的人")
    page.goto("/login")
    enter(page, address)
    page.goto("/account")
    sound(page)
    follow(page.get_by_role("link", name=re.compile("^设置 ?两步验证")))
    sound(page)
    follow(page.get_by_role("button", name="开始设置"))
    sound(page)
    key = page.locator("code.secret").inner_text()
    page.get_by_role("textbox", name="动态码").fill("000000")
    follow(page.get_by_role("button", name="完成"))
    expect(page.get_by_text("动态码不对").first).to_be_visible()
    sound(page)
    if not page.locator("code.secret").count():
        follow(page.get_by_role("button", name="开始设置"))
        key = page.locator("code.secret").inner_text()
    page.get_by_role("textbox", name="动态码").fill(code_for(key, -1))
    follow(page.get_by_role("button", name="完成"))
    expect(page.get_by_text("两步验证已设好。")).to_be_visible()
    follow(page.get_by_role("button", name="领取新的备用码"))
    spare = page.locator("code.secret").first.inner_text()
    sound(page)
    sign_out(page)

    page.goto("/login")
    enter(page, address)
    sound(page)
    page.get_by_role("textbox", name="动态码").fill(code_for(key))
    follow(page.get_by_role("button", name="登录"))
    expect(page.get_by_role("heading", level=1, name="我的")).to_be_visible()
    sign_out(page)

    page.goto("/login")
    enter(page, address)
    follow(page.get_by_role("link", name="用备用码登录"))
    sound(page)
    page.get_by_label("备用码").fill(spare)
    follow(page.get_by_role("button", name="登录"))
    page.goto("/account")
    expect(page.get_by_text("还有 7 个备用码")).to_be_visible()
    sign_out(page)

    page.goto("/login")
    for _ in range(5):
        enter(page, address, "Wrong-Password-581")
    sound(page)
    enter(page, address)  # the right one, too late
    expect(page.get_by_role("alert")).to_contain_text("15 分钟内不能登录")
    assert any("暂时不能登录" in str(mail["Subject"]) for mail in box.mails())


def code_for(key: str, steps: int = 0) -> str:
    """What an app shows, so many half minutes from now."""
    token = TOTP(key=key.replace("-", "")).generate(time.time() + 30 * steps)
    return str(token.token)
