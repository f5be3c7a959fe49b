"""The marks of 国家秘密: one rule for lists, forms, trials and notes, and what only looks like them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.errors import Invalid
from marketplace.exchange.checking import has_secret_mark
from marketplace.listings import deeds, writing
from marketplace.matchmaking.trial import checked_text
from marketplace.parsing.secrecy import secret_mark
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
MARKED = [
    "机密★",
    "绝密★10年",
    "秘密★一年",
    "机 密 ★ 5 年",
    "機密★",
    "絕密★長期",
    "机密\u200b★",
    "机密☆",
    "机密*",
    "★机密",
    "机密级★",
    "【机密】",
    "（绝密）",
    "(秘密)",
    "［机密］",
    "〔绝密〕",
    "【机密10年】",
    "密级：机密",
    "密级:秘密",
    "密级 绝密",
    "密 级：机 密",
    "第一行\n机密\n第三行",
    "绝密",
    "机密文件",
    "机密 5年",
    "机密级项目，内容如下",
]
PLAIN = [
    "",
    "商业秘密",
    "非密",
    "密级：非密",
    "密级：内部",
    "内部资料",
    "数据机密性和完整性",
    "秘密共享算法",
    "不涉及国家秘密",
    "保密",
    "密封圈 ★ 推荐",
    "商业秘密★",
    "商业秘密（技术秘密）",
    "机密计算可信执行环境",
    "精密轴承",
]
TEXT = "电机用深沟球轴承振动值离散，客户投诉有异音，现有超精工艺调整多次仍达不到要求。"


@pytest.mark.parametrize("text", MARKED)
def test_a_mark_is_seen_in_every_spelling(text: str) -> None:
    assert secret_mark(text)
    assert has_secret_mark([1, None, text])


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_mark_passes(text: str) -> None:
    assert secret_mark(f"我公司的{text}" if text else text) == ""
    assert not has_secret_mark([text])


@pytest.mark.parametrize("mark", ["绝密★10年", "（机密）", "密级：秘密"])
@pytest.mark.parametrize(
    ("kind", "name", "wrap"),
    [
        ("demand", "title", str),
        ("demand", "problem", lambda mark: f"{TEXT}{mark}"),
        ("demand", "note", str),
        ("demand", "keywords", lambda mark: ["轴承", mark]),
        ("demand", "metrics", lambda mark: [{"name": mark, "value": 3}]),
        ("achievement", "summary", lambda mark: f"{mark} {TEXT}"),
        ("achievement", "contributors", lambda mark: [{"name": "甲", "role": mark}]),
        ("achievement", "ips", lambda mark: [{"ip_type": "other", "name": mark}]),
    ],
)
def test_no_field_takes_it(
    kind: str, name: str, wrap: Callable[[str], Any], mark: str, make: Factory
) -> None:
    owner = make.organisation()
    row = getattr(make, kind)(owner=owner, state="draft")
    values = {name: wrap(mark)}

    with pytest.raises(Invalid) as refused:
        writing.set_values(row, values)
    with pytest.raises(Invalid):
        deeds.create(kind, {"title": "另一条", **values}, organisation=owner, by=None)

    assert list(refused.value.problems) == [name]
    assert "国家秘密" in refused.value.problems[name][0]


def test_the_form_says_so_and_stores_nothing(make: Factory, sign_in: SignIn) -> None:
    owner = make.organisation()
    browser = sign_in(make.person("firm", owner))

    answer = browser.post(
        "/mine/demand/new",
        data={"title": "一项需求", "problem": f"机密★ {TEXT}", "deed": "save"},
    )

    assert answer.status_code == 422
    assert "国家秘密不能在互联网上传输" in answer.text
    assert "一项需求" not in browser.get("/mine").text


def test_a_trial_refuses_it(client: FlaskClient) -> None:
    with pytest.raises(Invalid):
        checked_text(f"{TEXT}（机密）", "demand")

    answer = client.post("/trial", data={"kind": "demand", "text": f"绝密★ {TEXT}"})

    assert answer.status_code == 422
    assert "国家秘密不能在互联网上传输" in answer.text


def test_a_note_refuses_it(make: Factory) -> None:
    row = make.demand()

    with pytest.raises(Invalid):
        deeds.withdraw(row, by=None, seen=row.revision, note="见（机密）附件")
    make.session.rollback()

    assert row.state == "published"
