"""Forms and lists read the same texts the same way, and both say what they made of a text that says more."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from marketplace.exchange.importing import parse_file
from marketplace.exchange.reports import Report
from marketplace.listings.forms import FORMS, AchievementForm, DemandForm
from marketplace.listings.schema import SCHEMAS
from tests.factories import Factory

D = Decimal
BASE = {
    "achievement": {"title": "滚道超精研磨", "visibility": "public", "secrecy": "open"},
    "demand": {"title": "轴承异音攻关", "visibility": "public", "need": "technology"},
}


def typed(
    app: Flask, kind: str, **values: str
) -> tuple[AchievementForm | DemandForm, list[str]]:
    """The form of a kind as it reads a POST, and what it says of what it took."""
    with app.test_request_context(method="POST", data=BASE[kind] | values):
        form = FORMS[kind]()
        form.validate()
        return form, form.remarks()


def listed(kind: str, name: str, text: str) -> Report:
    """The report of a list with one row, in which one cell holds the text."""
    columns = {column.name: column for column in SCHEMAS[kind].list_columns}
    header = f"{columns['title'].label},{columns['organisations'].label},{columns[name].label}"
    row = ",".join(f'"{cell}"' for cell in ("轴承异音攻关", "临清轴承厂", text))
    file = io.BytesIO(f"{header}\n{row}\n".encode())
    return parse_file(file, kind, name="list.csv")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("50万", 50),
        ("约50万", 50),
        ("50万元（含税）", 50),
        ("100万以内", 100),
        ("500–800万", 800),
        ("RMB 500,000", 50),
        ("500000（元）", 50),
        ("伍拾万元整", 50),
        ("50W元", 50),
        ("50亿元", 500_000),
        ("50元", D("0.005")),
    ],
)
def test_a_budget_is_the_same_in_a_form_and_in_a_list(
    app: Flask, session: Any, text: str, value: Any
) -> None:
    form, remarks = typed(app, "demand", budget=text)
    report = listed("demand", "budget", text)

    assert form.faults() == []
    assert form.values()["budget"] == value
    assert report.entries[0].values["budget"] == value
    said = [notice.message for notice in report.notices]
    assert bool(said) == bool(remarks)
    for remark in remarks:
        assert remark.removeprefix("拟投入资金（万元）：") in said


@pytest.mark.parametrize(
    "text",
    ["7万美元", "50万/年", "半价", "-50", "50、80万", "五千", "免费", "0", "几十万", "30%"],
)  # fmt: skip
def test_what_is_no_budget_is_refused_in_both(
    app: Flask, session: Any, text: str
) -> None:
    form, _ = typed(app, "demand", budget=text)
    report = listed("demand", "budget", text)

    (fault,) = form.faults()
    (left_out,) = report.drafts
    assert fault.text.startswith(left_out.message.removesuffix("这一格没有导入。"))


def test_a_form_says_what_it_took_a_text_for(app: Flask, session: Any) -> None:
    _, remarks = typed(app, "demand", budget="约50万", contact_phone="0635-8230000")

    assert remarks == ["拟投入资金（万元）：「约50万」按 50 万元记录。"]


def test_what_was_stored_before_is_not_told_again(app: Flask, session: Any) -> None:
    _, remarks = typed(app, "demand", budget="50")

    assert remarks == []


def test_a_large_sum_is_shown_as_it_must_be_typed() -> None:
    field = SCHEMAS["demand"]["budget"]

    shown = field.typed(D(500_000))

    assert shown == "50亿元"
    assert field.read(shown) == 500_000


def test_a_price_of_nought_is_told_and_the_word_is_not(session: Any) -> None:
    nought = listed("achievement", "price", "0")
    free = listed("achievement", "price", "免费")

    assert ["按免费记录" in one.message for one in nought.notices] == [True]
    assert free.notices == []
    assert nought.entries[0].values["price_min"] == 0
    assert free.entries[0].values["price_min"] == 0


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2027年第三季度", date(2027, 9, 30)),
        ("2027Q3", date(2027, 9, 30)),
        ("2027年上半年", date(2027, 6, 30)),
        ("2027年底前", date(2027, 12, 31)),
        ("二〇二七年三月", date(2027, 3, 31)),
        ("至2027-03", date(2027, 3, 31)),
        ("预计2027年3月完成", date(2027, 3, 31)),
        ("长期", None),
    ],
)
def test_a_deadline_is_the_same_in_a_form_and_in_a_list(
    app: Flask,
    session: Any,
    stop_clock: Callable[[datetime], None],
    text: str,
    day: date | None,
) -> None:
    stop_clock(datetime(2026, 11, 28, 4, 0))
    form, remarks = typed(app, "demand", deadline=text)
    report = listed("demand", "deadline", text)

    assert form.faults() == []
    assert form.values()["deadline"] == day
    assert report.entries[0].values["deadline"] == day
    said = [f"完成期限：{notice.message}" for notice in report.notices]
    assert remarks == said


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("deadline", "2020-06-30", "已经过了"),
        ("deadline", "2026年11月27日", "已经过了"),
        ("deadline", "2099-12-31", "太远了"),
        ("valid_until", "2099-12-31", "太远了"),
        ("valid_until", "2032-01-01", "太远了"),
    ],
)
def test_a_day_that_is_over_or_far_away_is_asked_in_a_form_and_told_in_a_list(
    app: Flask,
    session: Any,
    stop_clock: Callable[[datetime], None],
    name: str,
    text: str,
    said: str,
) -> None:
    stop_clock(datetime(2026, 11, 28, 4, 0))
    form, _ = typed(app, "demand", **{name: text})
    report = listed("demand", name, text)

    assert [said in fault.text for fault in form.faults()] == [True]
    assert [said in notice.message for notice in report.notices] == [True]
    assert report.entries[0].values[name] is not None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("deadline", "2026-11-28"),
        ("deadline", "2027-06"),
        ("valid_until", "2031-12-31"),
    ],
)
def test_a_day_within_reach_is_taken_without_a_word(
    app: Flask,
    session: Any,
    stop_clock: Callable[[datetime], None],
    name: str,
    text: str,
) -> None:
    stop_clock(datetime(2026, 11, 28, 4, 0))
    form, remarks = typed(app, "demand", **{name: text})

    assert (form.faults(), remarks) == ([], [])
    assert listed("demand", name, text).notices == []


def test_a_deadline_that_is_over_since_it_was_stored_may_stay(
    app: Flask, session: Any, make: Factory
) -> None:
    row = make.demand(state="draft", deadline=date(2020, 6, 30))
    values = BASE["demand"] | {"title": row.title, "deadline": "2020-06-30"}
    with app.test_request_context(method="POST", data=values):
        form = FORMS["demand"](row=row)
        form.validate()

        assert [fault.label for fault in form.faults()] == []


@pytest.mark.parametrize(
    "text",
    ["＃REF！", "#名称?", "Err:502", "####", "[图片]", "见附件", "＝DISPIMG(1,1)"],
)
def test_a_cell_without_a_text_is_named_and_never_taken(
    session: Any, text: str
) -> None:
    optional = listed("demand", "foundation", text)
    required = listed("demand", "problem", text)

    (entry,) = optional.entries
    assert entry.is_draft
    assert "foundation" not in entry.values
    assert "没有导入" in optional.drafts[0].message
    assert (required.entries, len(required.problems)) == ([], 1)
    assert required.problems[0].column == "C"


@pytest.mark.parametrize("text", ["Ⅵ", "VI", "TRL6", "6级", "六级", "第6级"])
def test_a_level_under_the_header_of_stages(session: Any, text: str) -> None:
    file = io.BytesIO(
        f"成果名称,完成单位,技术成熟度\n滚道超精研磨,聊城大学,{text}\n".encode()
    )

    report = parse_file(file, "achievement", name="list.csv")

    (entry,) = report.entries
    assert (report.problems, report.drafts) == ([], [])
    assert (entry.values["trl"], entry.values["stage"]) == (6, "pilot")


@pytest.mark.parametrize(
    ("header", "cell", "budget"),
    [
        ("拟投入资金（百万元）", "3", 300),
        ("拟投入资金(元)", "500000", 50),
        ("拟投入资金/千元", "500", 50),
        ("拟投入资金万元", "50", 50),
        ("拟投入资金（百万元）", "50万", 50),
        ("拟投入资金（万美元）", "50", None),
        ("拟投入资金（万元/年）", "50", None),
        ("拟投入资金（USD）", "50万", None),
    ],
)
def test_the_unit_of_the_header_is_that_of_its_sums(
    session: Any, header: str, cell: str, budget: int | None
) -> None:
    text = f"需求名称,企业名称,{header}\n轴承异音攻关,临清轴承厂,{cell}\n"

    report = parse_file(io.BytesIO(text.encode()), "demand", name="list.csv")

    (entry,) = report.entries
    assert entry.values.get("budget") == budget
    assert [one.header for one in report.drafts] == ([] if budget else [header])
