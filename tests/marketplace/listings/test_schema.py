"""How fields are named and how stored values are said."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from marketplace.listings.models import LISTINGS
from marketplace.listings.schema import SCHEMAS
from tests.factories import Factory


@pytest.mark.parametrize("kind", LISTINGS)
def test_every_column_a_person_fills_has_a_name(kind: str) -> None:
    silent = {
        "id", "title_key", "state", "submitted_at", "published_at", "created_at", "updated_at", "revision",
        "indexed_revision", "organisation_id", "owner_id", "card",
    }  # fmt: skip
    columns = {column.key for column in LISTINGS[kind].__table__.c}

    assert columns - silent == {field.name for field in SCHEMAS[kind].stored}


HARDNESS = {
    "name": "硬度",
    "operator": "range",
    "value": 58,
    "value_max": 62,
    "unit": "HRC",
}
PATENT = {
    "ip_type": "invention",
    "number": "ZL201710601862.3",
    "legal_status": "granted",
    "checked_on": date(2026, 1, 2),
}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("summary", "", "未填写"),
        ("summary", "一行\n两行", "一行\n两行"),
        ("stage", "pilot", "中试"),
        ("stage", None, "未填写"),
        ("trl", 7, "7 级 真实环境演示"),
        ("readiness_13", 13, "13 级 回报级"),
        ("fiscal_funded", True, "是"),
        ("fiscal_funded", False, "否"),
        ("conversion_modes", ["license", "equity"], "许可、作价投资"),
        ("conversion_modes", [], "未填写"),
        ("field_codes", ["804", "999"], "先进制造工艺与装备、999"),
        ("chain_code", "bearing", "轴承"),
        ("registered_on", date(2026, 3, 9), "2026-03-09"),
        ("keywords", ["轴承", "降噪"], "轴承；降噪"),
        ("metrics", [HARDNESS], "硬度 58～62 HRC"),
        ("co_owners", [{"name": "甲校"}, {"name": "乙厂"}], "甲校；乙厂"),
        ("contributors", [{"name": "张三", "title": "教授"}], "张三 教授"),
        (
            "ips",
            [PATENT],
            "发明专利 ZL201710601862.3 已授权 2026-01-02 核对",
        ),
    ],
)  # fmt: skip
def test_a_value_is_said_in_words(
    name: str, value: Any, words: str, make: Factory
) -> None:
    row = make.achievement(state="draft", **{name: value})

    assert SCHEMAS[row.kind][name].describe(row) == words


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"price_mode": "negotiable"}, "面议"),
        ({"price_mode": None}, "未填写"),
        ({"price_mode": "fixed", "price_min": Decimal(0)}, "0 万元"),
        (
            {
                "price_mode": "range",
                "price_min": Decimal(30),
                "price_max": Decimal("60.5"),
            },
            "30–60.5 万元",
        ),
    ],
)
def test_money_is_never_0_for_unknown(
    values: dict[str, Any], words: str, make: Factory
) -> None:
    row = make.achievement(state="draft", **values)

    assert SCHEMAS[row.kind]["price_min"].describe(row) == words


def test_the_money_of_a_demand(make: Factory) -> None:
    asked = make.demand(state="draft", budget_negotiable=False, budget=Decimal(50))

    negotiable = make.demand(state="draft")
    budget = SCHEMAS["demand"]["budget"]

    assert (budget.describe(asked), budget.describe(negotiable)) == ("50 万元", "面议")
