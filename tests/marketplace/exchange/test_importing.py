"""Lists read and checked: what becomes an entry, and what is said of every cell that cannot."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from marketplace.errors import Invalid
from marketplace.exchange.checking import CellMemory, RowChecker
from marketplace.exchange.reports import Report
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.organisations.models import Organisation
from tests.marketplace.exchange.lists import HEADER, ROW, count, import_list, parse, row


def test_parsing_writes_nothing(session: Session) -> None:
    parse([ROW])

    assert (count(), count(Organisation)) == (0, 0)
    assert not session.new


BAD = [
    ({"所处阶段": "概念"}, "G", "所处阶段", "概念", "不在可填的范围内"),
    ({"技术领域": "炼丹"}, "D", "技术领域", "炼丹", "不在可填的范围内"),
    ({"成果名称": ""}, "A", "成果名称", "", "没有填写名称"),
    ({"成果名称": "！？"}, "A", "成果名称", "！？", "没有文字"),
    ({"完成单位": None}, "B", "完成单位", "", "没有填写单位"),
    ({"成果简介": "#REF!"}, "E", "成果简介", "#REF!", "公式算错"),
]


@pytest.mark.parametrize(("changed", "column", "header", "value", "message"), BAD)
def test_a_bad_cell_is_named_and_its_row_refused(
    session: Session,
    changed: dict[str, Any],
    column: str,
    header: str,
    value: str,
    message: str,
) -> None:
    report = parse([ROW, row(**({"成果名称": "另一个成果名称"} | changed))])
    (problem,) = report.problems

    assert (problem.row, problem.column, problem.header, problem.value) == (
        3,
        column,
        header,
        value,
    )
    assert message in problem.message
    assert problem.allowed
    assert (len(report.entries), report.refused, report.rows) == (1, 1, 2)


@pytest.mark.parametrize(
    ("changed", "column", "header", "value", "message"),
    [
        ({"预期价格": "看情况"}, "I", "预期价格", "看情况", "金额"),
        (
            {"主要技术指标": "温度40～20 ℃"},
            "F",
            "主要技术指标",
            "温度40～20 ℃",
            "写反了",
        ),
    ],
)
def test_a_bad_cell_that_nobody_needs_is_named_and_left_out(
    session: Session,
    changed: dict[str, Any],
    column: str,
    header: str,
    value: str,
    message: str,
) -> None:
    report = parse([ROW, row(**({"成果名称": "另一个成果名称"} | changed))])
    (left_out,) = report.drafts

    assert report.problems == []
    assert (left_out.row, left_out.column, left_out.header, left_out.value) == (
        3,
        column,
        header,
        value,
    )
    assert message in left_out.message
    assert [entry.is_draft for entry in report.entries] == [False, True]


def test_every_bad_cell_of_a_row_is_named(session: Session) -> None:
    report = parse([row(预期价格="许多", 所处阶段="概念", 联系电话="无此号")])

    named = [problem.column for problem in [*report.problems, *report.drafts]]
    assert sorted(named) == ["G", "I", "L"]
    assert report.refused == 1


def test_twins_in_one_list_are_reported(session: Session) -> None:
    outcome = import_list(
        [ROW, row(成果名称="轴承套圈，超精研磨降噪工艺！"), row(完成单位="另一所大学")]
    )

    assert (outcome.new, outcome.refused) == (2, 1)
    assert "与第 2 行是同一单位的同名成果" in outcome.problems[0].message


@pytest.mark.parametrize("word", ["国家秘密", "机密"])
def test_state_secrets_are_refused_and_not_repeated(
    session: Session, word: str
) -> None:
    report = parse([[*ROW, word]], header=[*HEADER, "密级"])
    marked = parse([row(成果简介="机密★10年 某装备的关键参数如下……")])

    assert (report.refused, marked.refused, marked.entries) == (1, 1, [])
    assert "国家秘密不能在互联网上传输" in report.problems[0].message
    assert "★" not in marked.problems[0].value


def test_defaults_fill_empty_cells_and_missing_columns(session: Session) -> None:
    report = parse(
        [row(所处阶段="", 完成单位=""), row(成果名称="另一个成果名称")],
        defaults={"阶段": "小试", "完成单位": "示例研究院", "公开范围": "部分公开"},
    )

    assert [entry.values["stage"] for entry in report.entries] == ["lab_scale", "pilot"]
    assert [entry.owner.name for entry in report.entries] == [
        "示例研究院",
        "聊城大学（示例）",
    ]
    assert [entry.values["visibility"] for entry in report.entries] == [
        "partial",
        "partial",
    ]


@pytest.mark.parametrize("defaults", [{"阶段": "概念"}, {"不知道的列": "x"}])
def test_a_default_that_makes_no_sense_is_refused_at_once(
    session: Session, defaults: dict[str, str]
) -> None:
    with pytest.raises(Invalid):
        parse([ROW], defaults=defaults)


def test_rows_of_no_listing_are_passed_over(session: Session) -> None:
    header = ["序号", *HEADER]
    rows = [
        ["示例", *row(成果名称="示例的一行")],
        header,
        [1, *ROW],
        [None] * 13,
        [2],
        ["填表人：张三"],
    ]

    report = parse(rows, header=header)

    assert (report.rows, [entry.row for entry in report.entries]) == (1, [4])


def test_columns_without_a_place_are_named(session: Session) -> None:
    report = parse([[*ROW, "x"]], header=[*HEADER, "所属产业"])

    assert report.remarks == ["这些列没有对应的栏目，没有导入：所属产业（M 列）。"]


def test_too_many_keywords_are_cut_with_a_notice(session: Session) -> None:
    report = parse([row(关键词="一；二；三；四；五；六")])

    assert report.entries[0].values["keywords"] == ["一", "二", "三", "四", "五"]
    assert [notice.place for notice in report.notices] == ["第 2 行 J 列「关键词」"]


def test_a_list_of_the_other_kind_or_none_is_refused(session: Session) -> None:
    with pytest.raises(Invalid) as caught:
        parse([["甲", "乙"]], header=["需求名称", "企业名称"])
    assert caught.value.message == "这份看起来是需求清单，不是成果清单。"

    with pytest.raises(Invalid, match="没有数据行"):
        parse([])
    with pytest.raises(Invalid, match="超过 1 行"):
        parse([ROW, ROW], max_rows=1)


def test_what_repeats_is_read_once_unless_it_could_be_changed(session: Session) -> None:
    report = parse([ROW])
    memory: CellMemory = {}
    checker = RowChecker(
        Report("achievement", "list.xlsx"), Dictionaries(), memory=memory
    )
    checker.place(report.layouts[0])
    names = [placed.column.name for placed in report.layouts[0]]

    for number in (2, 3):
        checker.check(
            number, dict(zip(names, row(成果名称=f"第{number}项"), strict=True))
        )

    remembered = {name for name, _unit, _cell in memory}
    # Reading a telephone takes longer than all the other cells of its row.
    assert {"contact_name", "contact_phone", "price", "stage"} <= remembered
    # Lists, and a tuple with one inside.
    assert remembered.isdisjoint({"keywords", "contributors", "metrics"})
    first, second = checker.report.entries
    assert first.values | {"title": ""} == second.values | {"title": ""}
