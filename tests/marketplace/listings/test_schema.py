"""The schema of listings: one name a field on every surface, and what is written to a cell is read back from it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from marketplace.listings import writing
from marketplace.listings.forms import FORMS
from marketplace.listings.models import LISTINGS
from marketplace.listings.schema import SCHEMAS, contacts, kinds, price
from marketplace.listings.schema.choices import Codes, Terms
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import Field
from marketplace.listings.schema.price import Budget
from marketplace.listings.schema.rights import RightPart
from marketplace.listings.schema.rows import Metrics, People
from marketplace.listings.schema.vocabulary import word_key
from marketplace.parsing import ParseError
from tests.factories import DEMAND, Factory
from tests.marketplace.listings.test_writing import FULL_ACHIEVEMENT

FULL = {
    "achievement": FULL_ACHIEVEMENT
    | {"benefits": "增收", "cases": "两条线", "conversion_note": "缺中试", "prospects": "广"},
    "demand": DEMAND
    | {
        "expected_goal": "达到 Z3 组",
        "metrics": [{"name": "振动值", "operator": "le", "value": 34, "unit": "dB"}],
        "foundation": "已有两条线",
        "budget_negotiable": False,
        "budget": Decimal("0.5"),
        "deadline": date(2027, 9, 30),
        "start_year": 2026,
        "end_year": 2028,
        "solution_mode": "cooperative",
        "intended_partner": "某校",
        "stage_wished": "pilot",
        "activity_type": "applied_research",
        "discipline": "摩擦学",
        "bounty": True,
        "anonymous": True,
        "solver_requirements": "有同类经验",
        "ip_terms": "共有",
        "benefit_terms": "按约定",
        "contact_email": "a@lcu.edu.cn",
        "note": "内部",
    },
}  # fmt: skip
METRIC = {"name": "振动值", "operator": "le", "value": Decimal("0.5"), "value_max": None, "unit": "dB"}  # fmt: skip
RANGE = METRIC | {"operator": "range", "value": Decimal(58), "value_max": Decimal(62)}
# Values of each kind, some of them awkward in a cell; a kind comes before the kind it is made from.
SAMPLES: dict[type[Field], list[Any]] = {
    kinds.Registration: ["3712026Y0001"],
    contacts.Phone: ["13812345678", "0635-8239999/400-123-4567"],
    contacts.Email: ["a.b@lcu.edu.cn"],
    kinds.Line: ["一行", "=1+1", "a；b、c", "'甲'", "-5℃ 以下"],
    kinds.Text: ["一行\n两行，；、", "+提高 9 dB", "3.5"],
    kinds.Flag: [True, False],
    kinds.Day: [date(2026, 3, 9), date(2028, 2, 29)],
    kinds.Month: ["2023-03", "2026-12"],
    kinds.Level: [1, 9],
    kinds.Whole: [1950, 2100],
    price.Amount: [Decimal(0), Decimal("0.0001"), Decimal("9999999999.9999")],
    kinds.Words: [["轴承"], ["轴承", "降 噪"], ["machine learning"], ["甲 乙"]],
    Metrics: [[RANGE], [RANGE, METRIC]],
    People: [
        [{"name": "张三"}],
        [{"name": "张三", "title": "教授", "role": "负责人", "share": Decimal("40.5")}, {"name": "李四"}],
    ],
}  # fmt: skip
# Fields that a list holds in several columns, or not at all.
NOT_ONE_CELL = {"organisation", "co_owners", "ips", "value_scores"}
FIELDS = [
    pytest.param(field, id=f"{kind}.{field.name}")
    for kind, schema in SCHEMAS.items()
    for field in schema
]
CELLS = [one for one in FIELDS if one.values[0].name not in NOT_ONE_CELL]


def samples(field: Field) -> list[Any]:
    """Values a field may hold: every term of a closed list, or those of its kind."""
    codes = list(field.options(Dictionaries()) or ())
    if isinstance(field, Terms | Codes):
        return [codes[:1], codes[1:4], codes[-2:]]
    if codes:
        return codes
    values = next(one for kind, one in SAMPLES.items() if isinstance(field, kind))
    # A budget of nothing is refused: it is left empty or 面议.
    return [value for value in values if value or not isinstance(field, Budget)]


class Quiet:
    """A report that keeps what is said of a row."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def report_error(self, key: str, error: ParseError) -> None:
        self.told.append(f"{key}: {error.message}")

    def report_notice(self, key: str, message: str) -> None:
        self.told.append(f"{key}: {message}")


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_field_has_one_name_in_form_list_and_review(
    app: Flask, session: Any, kind: str, make: Factory
) -> None:
    schema = SCHEMAS[kind]
    owners = [make.organisation(), make.organisation()]
    with app.test_request_context():
        form = FORMS[kind](organisations=owners)
        asked = {
            name: form[name].label.text for step in form.steps for name in step.fields
        }
    listed = {column.name: column.header for column in schema.list_columns}

    for name, label in asked.items():
        plain = label.removesuffix("（万元）")
        assert schema.labels[name] == plain
        assert listed.get(name, plain) == plain
    assert schema.labels.keys() - asked.keys() <= {"value_scores"}


def test_the_columns_of_several_fields_are_named_after_them() -> None:
    achievement, demand = SCHEMAS["achievement"], SCHEMAS["demand"]
    listed = {column.name: column.header for column in achievement.list_columns}
    listed |= {f"demand.{column.name}": column.header for column in demand.list_columns}

    assert listed["price"] == achievement.labels["price_min"]
    assert listed["organisations"] == achievement.labels["co_owners"]
    assert listed["demand.organisations"] == demand.labels["organisation"]
    rights = achievement.rows["ips"]
    for column in achievement.columns:
        if isinstance(column, RightPart):
            label = rights[column.part].label
            assert column.header in (label, f"{rights.label}{label}")


@pytest.mark.parametrize("kind", SCHEMAS)
def test_no_name_means_two_things_and_no_field_lacks_one(kind: str) -> None:
    labels = list(SCHEMAS[kind].labels.values())

    assert all(labels)
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_header_is_found_by_its_own_column_first(kind: str) -> None:
    taken: dict[str, str] = {}
    for column in SCHEMAS[kind].list_columns:
        for name in (column.header, *column.aliases):
            taken.setdefault(word_key(name), column.name)
    for column in SCHEMAS[kind].list_columns:
        assert taken[word_key(column.header)] == column.name


@pytest.mark.parametrize("field", CELLS)
def test_what_is_written_to_a_cell_is_read_back(field: Field, session: Any) -> None:
    dictionaries = Dictionaries()
    for value in samples(field):
        cell = field.write(value, dictionaries)
        read = field.read(cell, dictionaries)
        assert read == value
        assert field.write(read, dictionaries) == cell


@pytest.mark.parametrize("field", CELLS)
def test_an_empty_cell_says_nothing(field: Field, session: Any) -> None:
    assert [field.read(raw) for raw in (None, "", " ", "—")] == [None] * 4


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_full_listing_comes_back_from_its_cells(kind: str, make: Factory) -> None:
    schema = SCHEMAS[kind]
    row = getattr(make, kind)(state="draft", **FULL[kind])
    dictionaries, report = Dictionaries(), Quiet()
    cells = {}
    for column in schema.list_columns:
        cell = column.read_cell(column.write_cell(row, dictionaries), dictionaries)
        if cell is not None:
            cells[column.name] = cell

    values = schema.values_of_cells(cells, report)

    not_listed = {"applicant", "checked_on", "fee_paid_until", "pledged", "licensed"}
    for right, stored in zip(
        values.get("ips", ()), row.__dict__.get("ips", ()), strict=True
    ):
        right.update({name: getattr(stored, name) for name in not_listed})
    assert report.told == []
    assert writing.changed_values(row, values) == {}
    for field in schema.stored:
        if field.is_filled(row) and getattr(row, field.name) is not False:
            assert field.name in values, field.name


@pytest.mark.parametrize("field", FIELDS)
def test_nothing_is_said_as_nothing(field: Field) -> None:
    if not isinstance(field, kinds.Flag) and field.name != "organisation":
        assert field.say(None) == "未填写"


@pytest.mark.parametrize("kind", LISTINGS)
def test_every_column_a_person_fills_has_a_name(kind: str) -> None:
    silent = {
        "id", "title_key", "state", "submitted_at", "published_at", "created_at", "updated_at", "revision",
        "indexed_revision", "organisation_id", "owner_id", "card", "place_shown", "closed_at", "outcome",
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
