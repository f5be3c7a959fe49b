"""A text is taken apart into proposals: what is found, from which sentence, and what is not mistaken for something."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.clock import today
from marketplace.listings.models import Demand
from marketplace.listings.proposals import take_apart
from marketplace.listings.unsaved_models import UnsavedForm
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
NEXT_YEAR = (today() + timedelta(days=300)).year
TEXT = f"""深沟球轴承异音攻关
我公司生产电机用深沟球轴承，振动值离散，客户投诉有异音，调整超精参数多次仍达不到要求。
希望振动值由45 dB降到36 dB以下，一次合格率提高到98%，抗拉强度≥350 MPa。
拟投入资金50万元，{NEXT_YEAR}年12月31日前完成。
联系人：张三，电话0635-8230000，邮箱 zhang@demo.example。注册资金500万元。"""


FORM = "需求名称：铝型材挤压\n企业名称：甲公司\n主要问题：表面起皮，\n合格率低。\n联系人：王五"


def words_of(text: str, kind: str, need: str = "") -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in take_apart(text, kind, need).proposals:
        found.setdefault(one.field, []).append(one.words)
    return found


@pytest.mark.parametrize(
    ("kind", "need", "text", "field", "words"),
    [
        # figures with units, with the sign that the word gives
        ("demand", "", TEXT, "metrics", ["振动值 ≤ 36 dB", "一次合格率 ≥ 98 %", "抗拉强度 ≥ 350 MPa"]),
        ("demand", "", "要求圆度不大于0.1mm，温度控制在20-30℃。", "metrics", ["圆度 ≤ 0.1 mm", "温度 20～30 ℃"]),
        # where a firm stands today is no target
        ("demand", "", "6203轴承的振动值目前42 dB，希望降到 36 dB 以下，合格率≥98%。", "metrics",
         ["6203轴承的振动值 ≤ 36 dB（现在 42 dB）", "合格率 ≥ 98 %"]),
        ("demand", "", "现在废品率6.4%，想找人看看。", "metrics", None),
        ("demand", "", "目前废品率6.4%，效率≥90%，降到2%以下。", "metrics", ["效率 ≥ 90 %"]),
        ("achievement", "", "目前效率95%。", "metrics", ["目前效率 = 95 %"]),
        ("achievement", "", "节能率提升至 12.5%；寿命不少于2000小时", "metrics",
         ["节能率 ≥ 12.5 %", "寿命 ≥ 2000 小时"]),
        # what has figures and is no figure of a technology
        ("demand", "", "公司成立于2005年，员工120人，注册资金500万元，邮编252000。", "metrics", None),
        ("demand", "", "我厂地址为柳园路1号，电话0635-8230000。", "metrics", None),
        # money: which sum is meant
        ("demand", "", TEXT, "budget", ["50 万元"]),
        ("demand", "", "年产值3000万元，研发经费预算80万元。", "budget", ["80 万元"]),
        ("demand", "", "每年损失200万元。", "budget", None),
        ("demand", "", "资金投入面议。", "budget_negotiable", ["面议"]),
        ("demand", "capital", "扩建厂房，想贷款500万元。", "capital_sought", ["500 万元"]),
        ("demand", "talent", "年薪20万元起。", "pay", ["年薪20万元起"]),
        ("achievement", "", "转让价格30-60万元。", "price_min", ["30–60 万元"]),
        # days: only what is still to come
        ("demand", "", TEXT, "deadline", [f"{NEXT_YEAR}-12-31"]),
        ("demand", "", "项目2019年6月30日前完成验收。", "deadline", None),
        # numbers of rights, the check digit looked at
        ("achievement", "", "已授权专利ZL201710601862.3。", "ips", ["发明专利 ZL201710601862.3"]),
        ("achievement", "", "申请号 2017 1 0601862.3", "ips", ["发明专利 201710601862.3"]),
        ("achievement", "", "软件著作权2020SR1234567", "ips", ["软件著作权 2020SR1234567"]),
        ("achievement", "", "软件著作权2020SR1234567", "metrics", None),
        ("achievement", "", "专利ZL201710601862.4", "ips", None),
        # contacts
        ("demand", "", TEXT, "contact_phone", ["0635-8230000"]),
        ("demand", "", TEXT, "contact_email", ["zhang@demo.example"]),
        ("demand", "", TEXT, "contact_name", ["张三"]),
        ("achievement", "", "专利ZL201710601862.3，年产20171060吨。", "contact_phone", None),
        ("demand", "", "有事找李工，手机１３８００１３８０００。", "contact_phone", ["13800138000"]),
        # stage and level
        ("achievement", "", "本成果已完成中试，TRL6。", "stage", ["中试"]),
        ("achievement", "", "本成果已完成中试，TRL6。", "trl", ["6 级 模拟环境演示"]),
        ("achievement", "", "适合小试牛刀的产品。", "stage", None),
        # people
        ("demand", "talent", "需引进食品微生物方向博士2名。", "education", ["博士"]),
        ("demand", "talent", "需引进2名博士。", "headcount", ["2 人"]),
        ("demand", "", "现有员工120人。", "headcount", None),
        # a form, with headings of ours and of others
        ("demand", "", FORM, "problem", ["表面起皮，\n合格率低。"]),
        ("demand", "", "一、需求名称\n铝型材挤压\n二、主要问题\n表面起皮。", "title", ["铝型材挤压"]),
        ("demand", "", TEXT, "title", ["深沟球轴承异音攻关"]),
    ],
)  # fmt: skip
def test_what_a_text_says(
    kind: str, need: str, text: str, field: str, words: list[str] | None
) -> None:
    assert words_of(text, kind, need).get(field) == words


def test_each_proposal_has_the_sentence_it_comes_from() -> None:
    found = take_apart(TEXT, "demand").proposals

    plain = " ".join(TEXT.split())
    for one in found:
        assert one.sentence.removesuffix("…") in plain, one
    assert len({one.key for one in found}) == len(found)


def test_a_number_that_cannot_be_right_is_said_and_not_taken() -> None:
    found = take_apart("专利号：ZL201710601862.4", "achievement")

    assert "校验位对不上" in found.remarks[0]
    assert "ips" not in {one.field for one in found.proposals}


@settings(max_examples=60, deadline=None)
@given(
    st.text(
        st.sampled_from("轴承0123456789.%≥-~万元年月日：:，。；\n ZLCNXSR@a()（）一二、dBMPa至到降提高"),
        max_size=200,
    ),
    st.sampled_from([("demand", "technology"), ("demand", "capital"), ("achievement", "")]),
)  # fmt: skip
def test_no_text_breaks_it_and_all_it_proposes_can_be_typed(
    text: str, listing: tuple[str, str]
) -> None:
    kind, need = listing
    for one in take_apart(text, kind, need).proposals:
        assert one.values
        assert all(isinstance(value, str) and value for _, value in one.values)


def test_what_is_ticked_and_nothing_else_goes_into_the_form(
    make: Factory, sign_in: SignIn, session: Any
) -> None:
    client = sign_in(make.person("firm", make.organisation()))
    page = client.post("/mine/demand/propose", data={"text": TEXT})
    keys = dict(re.findall(r'value="(\w+-\d)" id="take-(\w+)', page.text))
    assert page.status_code == 200, page.text
    assert session.query(UnsavedForm).count() == 0

    taken = client.post(
        "/mine/demand/propose/confirm",
        data={"text": TEXT, "take": ["title-1", "problem-1", "metrics-1", "metrics-3"]},
    )
    what = client.get(taken.location).text

    assert "budget-1" in keys
    assert taken.status_code == 303
    row = session.query(UnsavedForm).one()
    typed = dict(row.pairs)
    assert typed["metrics-1-name"] == "抗拉强度"
    assert "budget" not in typed
    assert "contact_phone" not in typed
    assert 'value="深沟球轴承异音攻关"' in what
    assert session.query(Demand).count() == 0


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"text": ""}, "还没有贴文字"),
        ({"text": "x" * 30_001}, "太长了。最多 30000 字。请只留有关的部分。"),
        ({"text": "机密★10年 轴承异音攻关，振动大"}, "国家秘密"),
        ({"text": "锟斤拷锟斤拷锟斤拷轴承异音"}, "文字有乱码"),
    ],
)
def test_what_is_not_taken_apart(
    data: dict[str, str], says: str, make: Factory, sign_in: SignIn, session: Any
) -> None:
    client = sign_in(make.person("firm", make.organisation()))

    answer = client.post("/mine/demand/propose", data=data)

    assert answer.status_code == 422
    assert says in answer.text
    assert session.query(UnsavedForm).count() == 0


def test_a_text_in_codes_is_taken_apart_as_what_it_means(
    make: Factory, sign_in: SignIn
) -> None:
    client = sign_in(make.person("firm", make.organisation()))
    codes = {
        "escapes": "".join(f"\\u{ord(one):04x}" for one in TEXT),
        "western": TEXT.encode().decode("latin-1"),
    }
    plain = client.post("/mine/demand/propose", data={"text": TEXT})
    for coded in codes.values():
        page = client.post("/mine/demand/propose", data={"text": coded})

        assert page.status_code == 200
        assert page.text == plain.text


@pytest.mark.parametrize(
    ("take", "says"),
    [([], "还没有勾选"), (["stage-1", "stage-2"], "只能选一个"), (["title-9"], "还没有勾选")],
)  # fmt: skip
def test_ticks_that_say_nothing_or_two_things(
    take: list[str], says: str, make: Factory, sign_in: SignIn, session: Any
) -> None:
    text = "滚道研磨工艺\n本成果已通过小试，2024年进入中试阶段，振动降低9 dB。"
    client = sign_in(make.person("firm", make.organisation()))

    answer = client.post(
        "/mine/achievement/propose/confirm", data={"text": text, "take": take}
    )

    assert answer.status_code == 422
    assert says in answer.text
    assert text.split("\n")[1] in answer.text
    assert session.query(UnsavedForm).count() == 0
