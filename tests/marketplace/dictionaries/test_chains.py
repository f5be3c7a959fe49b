"""The chain list on its pages: add, rename, order, confirm, retire, and two editors at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.dictionaries.models import Chain, active_chains
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def operator(make: Factory, sign_in: SignIn) -> FlaskClient:
    return sign_in(make.person("operator"))


def written(session: Any, code: str, **changes: object) -> dict[str, object]:
    """What the form of a chain sends; a box that is not ticked sends nothing."""
    row = session.get(Chain, code)
    values = {
        "seen": row.revision,
        "name": row.name,
        "position": row.position,
        "active": "y",
    } | changes
    return {name: value for name, value in values.items() if value is not None}


def test_a_chain_is_added_once(operator: FlaskClient, session: Any) -> None:
    form = {"code": "low-altitude", "name": "低空经济", "position": "13", "active": "y"}

    first, twin = (operator.post("/office/chains/new", data=form) for _ in range(2))

    row = session.get(Chain, "low-altitude")
    assert (first.status_code, twin.status_code) == (303, 422)
    assert (row.name, row.position, row.official, row.active) == (
        "低空经济",
        13,
        False,
        True,
    )
    assert "已被「低空经济」使用" in twin.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"code": "A b"}, "小写字母"),
        ({"code": "x"}, "小写字母"),
        ({"name": ""}, "1–40 个字"),
        ({"name": "长" * 41}, "1–40 个字"),
        ({"name": "轴承"}, "已有名为「轴承」"),
        ({"position": "前"}, "整数"),
        ({"position": "-1"}, "0 到 9999"),
        ({"position": "9" * 400}, "写整数"),
        ({"position": "1.5"}, "写整数"),
        ({"position": "１０００００"}, "0 到 9999"),
        ({"position": ""}, "0 到 9999"),
    ],
)
def test_a_wrong_chain_comes_back(
    changes: dict[str, str], said: str, operator: FlaskClient, session: Any
) -> None:
    form = {
        "code": "hydrogen",
        "name": "氢能",
        "position": "13",
        "active": "y",
    } | changes

    answer = operator.post("/office/chains/new", data=form)

    assert answer.status_code == 422
    assert said in answer.text
    assert session.get(Chain, "hydrogen") is None


def test_what_nobody_sees_is_no_part_of_a_text(
    operator: FlaskClient, session: Any
) -> None:
    form = {"code": "hydrogen", "name": "\u202e氢\x01能\u200b ", "position": "１３"}

    operator.post("/office/chains/new", data=form)

    assert session.get(Chain, "hydrogen").name == "氢能"
    assert session.get(Chain, "hydrogen").position == 13


def test_a_chain_is_renamed_confirmed_and_retired(
    operator: FlaskClient, session: Any, make: Factory
) -> None:
    row = make.demand()
    renamed = operator.post(
        "/office/chains/edit/bearing",
        data=written(session, "bearing", name="轴承及零部件"),
    )
    confirmed = operator.post(
        "/office/chains/edit/bearing", data=written(session, "bearing", official="y")
    )

    listed = operator.get("/office/chains").text
    retired = operator.post(
        "/office/chains/edit/bearing", data=written(session, "bearing", active=None)
    )

    session.expire_all()
    chain = session.get(Chain, "bearing")
    assert [answer.status_code for answer in (renamed, confirmed, retired)] == [
        303,
        303,
        303,
    ]
    assert (chain.name, chain.active, chain.official) == ("轴承及零部件", False, False)
    assert "已确认" in listed
    assert "非官方" in listed
    assert "bearing" not in active_chains()
    assert row.chain.name == "轴承及零部件"


def test_of_two_editors_the_second_sees_the_first(
    operator: FlaskClient, session: Any
) -> None:
    form = written(session, "copper", name="铜加工")
    late = written(session, "copper", name="铜和铜合金")
    operator.post("/office/chains/edit/copper", data=form)

    refused = operator.post("/office/chains/edit/copper", data=late)

    session.expire_all()
    assert refused.status_code == 409
    assert session.get(Chain, "copper").name == "铜加工"
    assert "铜和铜合金" in refused.text
    assert "平台上现在是：铜加工" in refused.text


def test_the_code_of_a_chain_never_changes(operator: FlaskClient, session: Any) -> None:
    operator.post(
        "/office/chains/edit/copper",
        data=written(session, "copper", name="铜材") | {"code": "stolen"},
    )

    assert session.get(Chain, "stolen") is None
    assert session.get(Chain, "copper").name == "铜材"


def test_a_name_is_text(operator: FlaskClient, session: Any) -> None:
    operator.post(
        "/office/chains/edit/copper", data=written(session, "copper", name="<script>铜")
    )

    for path in ("/office/chains", "/office/chains/edit/copper"):
        assert "<script>铜" not in operator.get(path).text


@pytest.mark.parametrize("role", ["firm", "desk", "broker"])
def test_nobody_else_edits_the_list(
    role: str, make: Factory, sign_in: SignIn, session: Any
) -> None:
    browser = sign_in(make.person(role, make.organisation()))

    answer = browser.post(
        "/office/chains/edit/copper", data=written(session, "copper", name="铜")
    )

    session.expire_all()
    assert answer.status_code == 403
    assert session.get(Chain, "copper").name != "铜"
