"""The shape of what is typed: what a form takes, what it refuses and with which words; nothing typed is lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import String
from wtforms import FieldList, StringField, TextAreaField
from wtforms.validators import Length

from marketplace.listings import readiness
from marketplace.listings.forms import FORMS, MAX_ROWS, AchievementForm, DemandForm
from marketplace.listings.models import CHILDREN, LISTINGS
from marketplace.listings.schema import SCHEMAS
from marketplace.parsing.figures import read_decimal, read_metric
from marketplace.parsing.single_sums import read_sum
from marketplace.parsing.text import clean_text
from tests.factories import ACHIEVEMENT, Factory

KINDS = ("achievement", "demand")
BASE = {
    "achievement": {"title": "滚道超精研磨", "visibility": "public", "secrecy": "open"},
    "demand": {"title": "轴承异音攻关", "visibility": "public", "need": "technology"},
}


def posted(
    app: Flask, kind: str, values: dict[str, str]
) -> AchievementForm | DemandForm:
    """The form of a kind as it reads a POST."""
    with app.test_request_context(method="POST", data=BASE[kind] | values):
        form = FORMS[kind]()
        form.validate()
        return form


def test_an_old_text_in_codes_is_not_refused_to_who_mends_another(
    app: Flask, session: Any, make: Factory
) -> None:
    old = r"\u8f74\u627f\u5f02\u97f3" * 5
    row = make.demand(problem=old)
    for problem, refused in ((old, False), (f"{old}{old}", True)):
        sent = BASE["demand"] | {"problem": problem}
        with app.test_request_context(method="POST", data=sent):
            form = FORMS["demand"](obj=row)
            form.validate()

        assert ("编码" in "".join(form["problem"].errors)) is refused


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_asks_every_field_of_its_table(
    app: Flask, session: Any, kind: str
) -> None:
    kept_by_rules = {
        "id", "title_key", "state", "submitted_at", "published_at", "created_at", "updated_at", "revision",
        "indexed_revision", "card", "organisation_id", "owner_id", "place_shown", "closed_at", "outcome",
    }  # fmt: skip
    columns = {column.key for column in LISTINGS[kind].__table__.c} - kept_by_rules

    with app.test_request_context():
        asked = set(FORMS[kind]().names())

    assert columns <= asked
    assert asked - columns == set(CHILDREN[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_every_question_stands_in_one_step_and_has_its_name(kind: str) -> None:
    placed = [name for step in FORMS[kind].steps for name in step.fields]
    judged_by_others = {"value_scores"}

    assert len(placed) == len(set(placed))
    assert set(placed) == set(SCHEMAS[kind].labels) - judged_by_others


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_is_longer_than_its_column(app: Flask, session: Any, kind: str) -> None:
    columns = LISTINGS[kind].__table__.c
    with app.test_request_context():
        form = FORMS[kind]()
        fields = [
            (form[name], columns[name]) for name in form.names() if name in columns
        ]
        fields += [
            (field, CHILDREN[kind][name].__table__.c[field.short_name])
            for name in form.row_kinds
            for field in form[name][0].form
        ]
    for field, column in fields:
        if (
            isinstance(field, StringField | TextAreaField)
            and type(column.type) is String
        ):
            longest = max(
                (v.max for v in field.validators if isinstance(v, Length)), default=None
            )
            assert longest is not None, field.name
            assert longest <= column.type.length, field.name


@pytest.mark.parametrize("kind", KINDS)
def test_the_limit_of_a_text_is_told_and_counted_before_review(
    app: Flask, session: Any, kind: str
) -> None:
    with app.test_request_context():
        names = [
            field.name for field in FORMS[kind]() if isinstance(field, TextAreaField)
        ]
    form = posted(app, kind, dict.fromkeys(names, "长" * (readiness.TEXT_LIMIT + 1)))
    limit = f"最多 {readiness.TEXT_LIMIT} 字"

    refused = {
        name for name, texts in form.lacking(None).items() if limit in "".join(texts)
    }

    assert len(refused) >= 4
    assert {
        name
        for name in names
        if (form[name].render_kw or {}).get("data-count") == readiness.TEXT_LIMIT
    } == refused
    assert {name for name in names if limit in form[name].description} == refused - {
        "innovation"
    }  # that has its own


@pytest.mark.parametrize(
    ("kind", "values", "field", "said"),
    [
        ("achievement", {"price_mode": "fixed", "price_min": "便宜"}, "price_min", "不是能识别的金额"),
        ("achievement", {"price_mode": "fixed", "price_min": "-5"}, "price_min", "是负数"),
        ("achievement", {"price_mode": "range", "price_min": "60", "price_max": "30"}, "price_max", "不能低于最低价格"),
        ("achievement", {"price_mode": "range", "price_max": "30"}, "price_min", "写上最低价格"),
        ("achievement", {"price_mode": "negotiable", "price_min": "30"}, "price_min", "选了「面议」就不填金额"),
        ("achievement", {"price_mode": "fixed", "price_min": "30", "price_max": "40"}, "price_max", "选「区间」时填"),
        ("achievement", {"price_min": "30"}, "price_mode", "请选定价方式"),
        ("achievement", {"price_mode": "fixed", "price_min": "99999999999"}, "price_min", "金额太大"),
        ("achievement", {"rd_start": "2026-05", "rd_end": "2025-01"}, "rd_end", "不能早于研究开始"),
        ("achievement", {"rd_end": "2099-01"}, "rd_end", "不能晚于本月"),
        ("achievement", {"rd_start": "去年"}, "rd_start", "年月"),
        ("achievement", {"registered_on": "2026-02-30"}, "registered_on", "没有 30 日"),
        ("achievement", {"registration_no": "123"}, "registration_no", "12 位"),
        ("achievement", {"stage": "alpha"}, "stage", "不在列表里"),
        ("achievement", {"trl": "10"}, "trl", "不在列表里"),
        ("achievement", {"trl": "x"}, "trl", "不在列表里"),
        ("achievement", {"forms": "spell"}, "forms", "不在列表里"),
        ("achievement", {"chain_code": "gold"}, "chain_code", "不在列表里"),
        ("achievement", {"secrecy": "state_secret"}, "secrecy", "不在列表里"),
        ("achievement", {"contact_phone": "1234"}, "contact_phone", "不是能识别的电话"),
        ("achievement", {"contact_email": "nobody"}, "contact_email", "不是邮箱地址"),
        ("achievement", {"valid_until": "2001-01-01"}, "valid_until", "应晚于今天"),
        ("achievement", {"title": "。。。"}, "title", "不能只有标点"),
        ("achievement", {"title": ""}, "title", "先起个名称"),
        ("achievement", {"title": r"\u8f74\u627f\u5f02\u97f3"}, "title", "编码"),
        ("demand", {"problem": "轴承异音".encode().decode("latin-1") * 9}, "problem", "乱码"),
        ("demand", {"title": "U+8F74 U+627F U+5F02 U+97F3"}, "title", "编码"),
        ("achievement", {"title": "杞存壙寮傞煶"}, "title", "乱码"),
        ("achievement", {"title": "长" * 201}, "title", "有 201 字，太长了。最多 200 字。"),
        ("achievement", {"title": "长" * 20_001}, "title", "有 20001 字，太长了。最多 200 字。"),
        ("achievement", {"summary": "长" * 20_001}, "summary", "有 20001 字，太长了。最多 3000 字。"),
        ("achievement", {"contact_name": "张三😀"}, "contact_name", "不能有「😀」"),
        ("achievement", {"conversion_note": "长" * 501}, "conversion_note", "有 501 字，太长了。最多 500 字。"),
        ("achievement", {"keywords": "长" * 41}, "keywords", "不超过 40 个字"),
        ("demand", {"budget": "50", "budget_negotiable": "y"}, "budget", "只留一个"),
        ("demand", {"budget": "面议"}, "budget", "就勾选「资金面议」"),
        ("demand", {"budget": "-5"}, "budget", "没有定下来的勾选「资金面议」"),
        ("demand", {"budget": "NaN"}, "budget", "「NaN」看不懂"),
        ("demand", {"budget": "ｎａｎ"}, "budget", "看不懂"),
        ("demand", {"budget": "Infinity"}, "budget", "不是能识别的金额"),
        ("demand", {"budget": "-inf"}, "budget", "不是能识别的金额"),
        ("demand", {"start_year": "null"}, "start_year", "看不懂"),
        ("achievement", {"price_mode": "fixed", "price_min": "30-60万"}, "price_min", "最低和最高两格"),
        ("achievement", {"price_mode": "fixed", "price_min": "7万美元"}, "price_min", "外币"),
        ("achievement", {"price_mode": "fixed", "price_min": "500000万元"}, "price_min", "写成「50亿元」"),
        ("demand", {"budget": "500000"}, "budget", "这是 50亿元，大得少见"),
        ("demand", {"budget": "免费"}, "budget", "资金不能是 0"),
        ("demand", {"budget": "半价"}, "budget", "是折扣"),
        ("demand", {"budget": "50万/年"}, "budget", "不是总额"),
        ("demand", {"start_year": "2028", "end_year": "2026"}, "end_year", "不能早于起始年"),
        ("demand", {"start_year": "28"}, "start_year", "不在范围内"),
        ("demand", {"need": ""}, "need", "请选一项"),
        ("demand", {"cooperation_modes": "barter"}, "cooperation_modes", "不在列表里"),
    ],
)  # fmt: skip
def test_wrong_input_is_named(
    app: Flask, session: Any, kind: str, values: dict[str, str], field: str, said: str
) -> None:
    form = posted(app, kind, values)

    assert said in "".join(form[field].errors)
    assert field in {fault.id.removesuffix("-0") for fault in form.faults()}


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("price_min", "５０万", Decimal(50)),
        ("price_min", "0.5亿元", Decimal(5000)),
        ("price_min", "300000元", Decimal(30)),
        ("price_min", "1,200", Decimal(1200)),
        ("price_min", "0", Decimal(0)),
        ("price_min", " ", None),
        ("price_min", "暂无", None),
        ("registered_on", "2026年3月9日", date(2026, 3, 9)),
        ("registered_on", "2026/3/9", date(2026, 3, 9)),
        ("registered_on", "２０２６－０３－０９", date(2026, 3, 9)),
        ("rd_start", "2026年3月", "2026-03"),
        ("contact_phone", "（0635）8239999", "0635-8239999"),
        ("contact_email", " A.B@LCU.EDU.CN ", "A.B@lcu.edu.cn"),
        ("keywords", "轴承、降噪；降噪，超精 研磨", ["轴承", "降噪", "超精 研磨"]),
        ("trl", "7", 7),
        ("trl", "", None),
        ("summary", "一行\r\n又一行\x00\x08 ", "一行\n又一行"),
        ("registration_no", "3712026y0001", "3712026Y0001"),
        ("registration_no", "", None),
        ("evaluation_by", "", ""),
    ],
)
def test_what_people_type_is_understood(
    app: Flask, session: Any, name: str, typed: str, value: object
) -> None:
    form = posted(app, "achievement", {"price_mode": "fixed", name: typed})

    assert form.faults() == []
    assert form.values()[name] == value


def test_the_main_field_stands_first_and_none_twice(app: Flask, session: Any) -> None:
    form = posted(
        app,
        "achievement",
        {"field_codes-0": "804", "field_codes-1": "401", "field_codes-2": "804"},
    )

    assert form.values()["field_codes"] == ["804", "401"]


@pytest.mark.parametrize(
    ("row", "wrong", "said"),
    [
        ({"metrics-0-name": "硬度", "metrics-0-unit": "HRC"}, "metrics-0-value", "写上数值"),
        ({"metrics-0-name": "硬度"}, "metrics-0-value", "写上数值"),
        ({"metrics-0-value": "3"}, "metrics-0-name", "写上是什么指标"),
        ({"metrics-0-name": "硬度", "metrics-0-value": "很硬"}, "metrics-0-value", "不是数字"),
        ({"metrics-0-name": "硬度", "metrics-0-value": "NaN"}, "metrics-0-value", "看不懂"),
        ({"metrics-0-name": "硬度", "metrics-0-value": "Infinity"}, "metrics-0-value", "不是数字"),
        ({"contributors-0-name": "甲", "contributors-0-share": "NaN%"}, "contributors-0-share", "看不懂"),
        ({"metrics-0-name": "硬度", "metrics-0-value": "1e9"}, "metrics-0-value", "不是数字"),
        ({"metrics-0-name": "硬度", "metrics-0-value": "9" * 10}, "metrics-0-value", "太长"),
        ({"metrics-0-name": "硬", "metrics-0-operator": "range", "metrics-0-value": "9"}, "metrics-0-value_max", "限"),
        (
            {"metrics-0-name": "硬", "metrics-0-operator": "range", "metrics-0-value": "9", "metrics-0-value_max": "1"},
            "metrics-0-value_max",
            "不能小于下限",
        ),
        (
            {"metrics-0-name": "硬", "metrics-0-operator": "ge", "metrics-0-value": "9", "metrics-0-value_max": "1"},
            "metrics-0-value_max",
            "只在关系选",
        ),
        ({"metrics-0-name": "硬", "metrics-0-operator": "so", "metrics-0-value": "1"}, "metrics-0-operator", "不在"),
        ({"contributors-0-title": "教授"}, "contributors-0-name", "写上姓名"),
        ({"contributors-0-name": "甲", "contributors-0-share": "0"}, "contributors-0-share", "大于 0"),
        ({"contributors-0-name": "甲", "contributors-0-share": "101"}, "contributors-0-share", "不超过 100"),
        ({"ips-0-name": "一种轴承"}, "ips-0-ip_type", "选一种类型"),
        ({"ips-0-ip_type": "invention", "ips-0-number": "ZL201710601862.4"}, "ips-0-number", "校验位"),
        ({"ips-0-ip_type": "invention", "ips-0-checked_on": "2099-01-01"}, "ips-0-checked_on", "不能晚于今天"),
        (
            {"ips-0-ip_type": "invention", "ips-0-applied_on": "2020-01-02", "ips-0-granted_on": "2020-01-01"},
            "ips-0-granted_on",
            "不能早于申请日",
        ),
    ],
)  # fmt: skip
def test_a_half_filled_row_is_named(
    app: Flask, session: Any, row: dict[str, str], wrong: str, said: str
) -> None:
    form = posted(app, "achievement", row)

    faults = {fault.id: fault.text for fault in form.faults()}

    assert said in faults.get(wrong, "")


def test_empty_rows_are_no_rows_and_gaps_do_not_matter(
    app: Flask, session: Any
) -> None:
    form = posted(
        app,
        "achievement",
        {
            "metrics-0-operator": "le",
            "metrics-4-name": "振动值",
            "metrics-4-operator": "le",
            "metrics-4-value": "36",
            "metrics-4-unit": "dB",
            "metrics-9-name": " ",
            "contributors-2-name": "甲",
        },
    )

    values = form.values()

    assert form.faults() == []
    assert [(m["name"], m["operator"], m["value"]) for m in values["metrics"]] == [
        ("振动值", "le", Decimal(36))
    ]
    assert [c["name"] for c in values["contributors"]] == ["甲"]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("抗拉强度 ≥ 350 MPa", ("抗拉强度", "ge", Decimal(350), None, "MPa")),
        ("圆度≤0.10 mm", ("圆度", "le", Decimal("0.1"), None, "mm")),
        ("硬度 58～62 HRC", ("硬度", "range", Decimal(58), Decimal(62), "HRC")),
    ],
)
def test_a_figure_written_in_one_go_is_taken_apart(
    app: Flask, session: Any, typed: str, stored: tuple
) -> None:
    form = posted(
        app, "achievement", {"metrics-0-name": typed, "metrics-0-operator": "ge"}
    )

    assert form.faults() == []
    (row,) = form.values()["metrics"]
    assert (
        row["name"],
        row["operator"],
        row["value"],
        row["value_max"],
        row["unit"],
    ) == stored


@pytest.mark.parametrize(
    ("sentence", "unit", "stored"),
    [
        ("振动值 ≤ 38 dB", "dB", ("振动值", "le", Decimal(38), None, "dB")),
        ("合格率 ≥ 99.5%", "％", ("合格率", "ge", Decimal("99.5"), None, "%")),
        ("流量 ≥ 3 m³/h", "m³ / h", ("流量", "ge", Decimal(3), None, "m³/h")),
        ("抗拉强度 ≥ 350", "MPa", ("抗拉强度", "ge", Decimal(350), None, "MPa")),
        ("硬度 58～62", "HRC", ("硬度", "range", Decimal(58), Decimal(62), "HRC")),
    ],
)
def test_a_figure_in_one_go_may_have_its_unit_beside_it(
    app: Flask, session: Any, sentence: str, unit: str, stored: tuple
) -> None:
    form = posted(
        app,
        "demand",
        {
            "metrics-0-name": sentence,
            "metrics-0-operator": "ge",
            "metrics-0-unit": unit,
        },
    )

    assert form.faults() == []
    (row,) = form.values()["metrics"]
    assert (
        row["name"],
        row["operator"],
        row["value"],
        row["value_max"],
        row["unit"],
    ) == stored


@pytest.mark.parametrize(
    ("sentence", "unit"), [("振动值 ≤ 38 dB", "mm/s"), ("功率 ≥ 5 MW", "mW")]
)
def test_two_units_of_one_figure_are_named(
    app: Flask, session: Any, sentence: str, unit: str
) -> None:
    form = posted(
        app,
        "demand",
        {
            "metrics-0-name": sentence,
            "metrics-0-operator": "ge",
            "metrics-0-unit": unit,
        },
    )

    (fault,) = form.faults()
    assert fault.id == "metrics-0-unit"
    assert f"第一格里写的单位是「{sentence.split()[-1]}」" in fault.text
    assert (form.metrics[0].form.name.data, form.metrics[0].form.unit.data) == (
        sentence,
        unit,
    )


def test_too_many_rows_are_refused_not_cut_off(app: Flask, session: Any) -> None:
    rows = {f"co_owners-{i}-name": f"单位{i}" for i in range(MAX_ROWS + 1)}

    form = posted(app, "achievement", rows)

    assert [fault.text for fault in form.faults()] == [f"最多 {MAX_ROWS} 行。"]
    assert len(form.co_owners) == MAX_ROWS + 1


def test_shares_of_all_contributors_stay_within_the_whole(
    app: Flask, session: Any
) -> None:
    rows = {f"contributors-{i}-name": f"甲{i}" for i in range(3)} | {
        f"contributors-{i}-share": "40%" for i in range(3)
    }

    form = posted(app, "achievement", rows)

    assert "不能超过 100%" in form.faults()[0].text


def test_a_stored_value_that_left_the_list_may_stay(
    app: Flask, make: Factory, session: Any
) -> None:
    row = make.achievement(state="draft", chain_code="bearing")
    row.chain.active = False
    session.commit()

    with app.test_request_context(
        method="POST", data=BASE["achievement"] | {"chain_code": "bearing"}
    ):
        form = FORMS["achievement"](row=row)
        kept = form.validate()
    elsewhere = posted(app, "achievement", {"chain_code": "bearing"})

    assert kept
    assert "轴承（已停用）" in str(form.chain_code())
    assert elsewhere.chain_code.errors


def test_the_marked_fields_are_those_that_review_asks_for(
    app: Flask, session: Any
) -> None:
    with app.test_request_context():
        needed = FORMS["achievement"]().needed()

    assert {
        "title",
        "summary",
        "stage",
        "field_codes",
        "conversion_modes",
        "price_mode",
        "contact_name",
    } <= needed
    assert needed <= set(ACHIEVEMENT) | {"title"}


TEXTS = st.text(st.characters(codec="utf-8"), max_size=60)


TYPED = sorted({
    "title", "summary", "keywords", "price_min", "price_max", "price_mode", "rd_start", "rd_end", "registered_on",
    "contact_phone", "contact_email", "valid_until", "trl", "stage", "registration_no", "field_codes-0", "forms",
    "metrics-0-name", "metrics-0-operator", "metrics-0-value", "metrics-0-value_max", "ips-0-number", "ips-0-ip_type",
    "contributors-0-name", "contributors-0-share", "co_owners-0-name", "seen",
})  # fmt: skip
LIKELY = st.sampled_from(
    ["fixed", "range", "negotiable", "invention", "12", "0.5亿", "2026-01-01", "pilot"]
)


@given(st.dictionaries(st.sampled_from(TYPED), TEXTS | LIKELY))
def test_a_form_never_breaks_and_never_loses_what_was_typed(
    site: Flask, typed: dict[str, str]
) -> None:
    with (
        site.app_context(),
        site.test_request_context(method="POST", data=BASE["achievement"] | typed),
    ):
        form = FORMS["achievement"]()
        fine = form.validate()

        assert fine == (not form.faults())
        assert not form.lacking(None).keys() & form.errors.keys()
        for name, text in typed.items():
            field = next((f for f in leaves(form) if f.name == name), None)
            if (
                fine
                or not text
                or field is None
                or field.type not in ("Typed", "Words")
            ):
                continue
            assert field._value() == text


def leaves(form: Any) -> list[Any]:
    found: list[Any] = []
    for field in form:
        entries = field.entries if isinstance(field, FieldList) else [field]
        for entry in entries:
            found += list(entry.form) if entry.type == "FormField" else [entry]
    return found


@pytest.fixture(scope="module")
def site(app: Flask) -> Flask:
    """The application, for examples that only read the dictionaries."""
    return app


@given(TEXTS)
@pytest.mark.parametrize(
    "read",
    [
        read_sum,
        lambda t: read_decimal(t, below=1000, places=2),
        read_metric,
        clean_text,
    ],
)
def test_readers_of_typed_text_raise_nothing_but_a_sentence(
    read: Any, text: str
) -> None:
    try:
        read(text)
        said = "understood"
    except ValueError as error:
        said = str(error)

    assert said
