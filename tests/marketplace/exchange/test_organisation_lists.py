"""Lists of organisations that a bureau has: what is read, what is refused with its row, and what is entered."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func
from sqlalchemy.orm import Session

from marketplace.errors import Invalid
from marketplace.exchange.organisation_lists import enter_report, parse_organisations
from marketplace.exchange.reports import Outcome
from marketplace.extensions import db
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import find_organisation
from tests.factories import Factory, new_uscc
from tests.marketplace.exchange.files import xlsx

CODE = "91350100M000100Y43"
OTHER_CODE = "914403001922038216"


def take(rows: list[list[Any]], **options: Any) -> Outcome:
    """Read and enter a workbook of these rows."""
    report = parse_organisations(io.BytesIO(xlsx(rows)), name="名单.xlsx")
    return enter_report(report, by=None, **options)


def known(name: str) -> Organisation:
    found = find_organisation(name)
    assert found is not None, name
    return found


def count() -> int:
    return db.session.scalar(db.select(func.count()).select_from(Organisation)) or 0


def said(outcome: Outcome) -> str:
    problems = [*outcome.problems, *outcome.notices]
    lines = [f"{one.row} {one.message}{one.allowed}" for one in problems]
    return "\n".join([*lines, *outcome.remarks])


HEADERS = [
    ["单位名称", "统一社会信用代码"],
    ["企业名称（必填）", "信用代码*"],
    ["1.法人单位名称", "社会信用代码"],
    ["名称", "统一社会信用代码（18位）"],
    ["公司全称", "机构代码"],
]


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: header[0])
def test_headers_are_read_as_those_of_other_lists(
    header: list[str], session: Session
) -> None:
    outcome = take([["2026 年企业名录"], header, ["莘县甲光电厂", CODE]])

    assert outcome.new == 1
    assert known("莘县甲光电厂").uscc == CODE


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "big5"]
)
def test_text_files_are_read_in_any_encoding(
    encoding: str, session: Session, tmp_path: Path
) -> None:
    # Ordinary sentences, for an encoding is known by the characters that are common in it.
    lines = [
        "企業名稱,統一社會信用代碼,企業簡介"
        if encoding == "big5"
        else "企业名称,统一社会信用代码,企业简介"
    ]
    name = "聊城光電有限公司" if encoding == "big5" else "聊城光电有限公司"
    profile = (
        "本公司主要生產電子元件和設備"
        if encoding == "big5"
        else "本公司主要生产电子元件和设备"
    )
    path = tmp_path / "名单.csv"
    path.write_bytes("\r\n".join([*lines, f"{name},{CODE},{profile}"]).encode(encoding))
    outcome = enter_report(parse_organisations(path), by=None)

    assert outcome.new == 1
    assert known(name).uscc == CODE


def test_every_column_goes_where_it_belongs(session: Session) -> None:
    take(
        [
            [
                "序号",
                "单位名称",
                "统一社会信用代码",
                "单位类型",
                "县市区",
                "曾用名",
                "简称",
                "地址",
                "法定代表人",
                "主管部门",
                "简介",
                "企业规模",
                "联系人",
                "手机",
            ],
            [
                1,
                "聊城示范轴承有限公司",
                CODE,
                "企业",
                "临清",
                "临清轴承厂；聊城轴承总厂",
                "示范轴承、SF",
                "新华路 8 号",
                "张示例",
                "临清市科技局",
                "做轴承。",
                "规上",
                "李示例",
                "13800000000",
            ],
        ]
    )

    row = known("聊城示范轴承有限公司")
    assert (row.kind, row.district_code, row.state) == ("firm", "371581", "unverified")
    assert (row.address, row.legal_representative) == ("新华路 8 号", "张示例")
    assert (row.supervisor, row.profile, row.size_band) == (
        "临清市科技局",
        "做轴承。",
        "规上",
    )
    assert [(one.name, one.kind) for one in row.names] == [
        ("临清轴承厂", "former"),
        ("聊城轴承总厂", "former"),
        ("示范轴承", "alias"),
        ("SF", "alias"),
    ]
    assert known("临清轴承厂").id == row.id


def test_people_and_their_telephones_are_left_out_and_said(session: Session) -> None:
    outcome = take(
        [
            ["单位名称", "信用代码", "联系人", "联系电话"],
            ["甲光电厂", CODE, "李示例", "13800000000"],
        ]
    )

    assert "联系人（C 列）、联系电话（D 列）" in said(outcome)


REFUSED = [
    # (name, code, what is said)
    ("甲光电厂", "91350100M000100Y44", "校验位不对"),
    ("甲光电厂", "440301103012345", "15 位的是旧工商注册号"),
    ("甲光电厂", 914403001922038216, "末几位已经丢失"),
    ("", CODE, "没有填写单位名称"),
    ("某轴承企业", CODE, "隐去的名称"),
    ("***有限公司", CODE, "隐去的名称"),
    ("聊城甲厂有限公司；聊城乙厂有限公司", CODE, "这一格写了 2 个单位"),
    ("机密项目承担厂（机密★10年）", CODE, "国家秘密"),
]


@pytest.mark.parametrize(("name", "code", "reason"), REFUSED)
def test_a_row_is_refused_with_its_number_and_the_others_are_taken(
    name: str, code: Any, reason: str, session: Session
) -> None:
    outcome = take(
        [["单位名称", "统一社会信用代码"], ["乙光电厂", OTHER_CODE], [name, code]]
    )

    assert (outcome.new, outcome.refused) == (1, 1)
    assert [problem.row for problem in outcome.problems] == [3]
    assert reason in said(outcome)


LEFT_OUT = [
    # (header, cell, what is said); the row is taken without the cell
    ("单位类型", "规上企业", "不是平台的单位类型"),
    ("单位类型", "平台运营方", "平台运营方不从名单登记"),
    ("县市区", "济南市历下区", "外地单位此格留空"),
    ("县市区", "聊城市", "外地单位此格留空"),
    ("地址", "路" * 201, "200"),
    ("曾用名", "某厂", "不是单位名称"),
]


@pytest.mark.parametrize(("header", "cell", "reason"), LEFT_OUT)
def test_a_cell_that_cannot_be_read_costs_its_row_nothing(
    header: str, cell: str, reason: str, session: Session
) -> None:
    outcome = take([["单位名称", "统一社会信用代码", header], ["乙光电厂", CODE, cell]])

    assert (outcome.new, outcome.refused) == (1, 0)
    assert reason in said(outcome)
    assert "这一格没有导入" in said(outcome)


KINDS = [
    # (name, code, kind written, kind)
    ("聊城示范大学", None, "", "university"),
    ("聊城示范农业科学研究院", None, "", "institute"),
    ("聊城示范研究院", CODE, "", "firm"),
    ("聊城示范轴承厂", None, "", "firm"),
    ("聊城示范中心", None, "技术转移服务机构", "service_body"),
    ("聊城示范中心", None, "科研机构", "institute"),
]


@pytest.mark.parametrize(("name", "code", "written", "kind"), KINDS)
def test_kinds(
    name: str, code: str | None, written: str, kind: str, session: Session
) -> None:
    take([["单位名称", "统一社会信用代码", "单位类型"], [name, code, written]])

    assert known(name).kind == kind


DOUBLES = [
    # rows of name and code, how many are taken, what is said
    ([("甲光电厂", CODE), ("乙光电厂", CODE)], 0, "第 2、3 行的代码都是"),
    ([("甲光电厂", CODE), ("甲光电厂", OTHER_CODE)], 0, "名称相同，代码不同"),
    ([("甲光电厂", CODE), ("甲光电厂 ", CODE)], 1, "与第 2 行是同一个单位"),
    ([("甲光电厂", ""), ("甲光电厂", CODE)], 1, "与第 2 行是同一个单位"),
    (
        [("甲光电厂(示例)", CODE), ("甲光电厂（示例）", CODE)],
        1,
        "与第 2 行是同一个单位",
    ),
]


@pytest.mark.parametrize(("rows", "taken", "reason"), DOUBLES)
def test_what_contradicts_itself_is_refused_whole(
    rows: list[tuple[str, str]], taken: int, reason: str, session: Session
) -> None:
    outcome = take([["单位名称", "统一社会信用代码"], *map(list, rows)])

    assert outcome.new == taken
    assert reason in said(outcome)


def test_what_is_known_is_completed_where_empty_and_never_overwritten(
    make: Factory,
) -> None:
    there = make.organisation("莘县甲光电厂", district="371581")
    there.address = "老地址"
    db.session.commit()
    code = there.uscc

    outcome = take(
        [
            ["单位名称", "统一社会信用代码", "县市区", "地址", "主管部门", "单位类型"],
            ["莘县甲光电公司", code, "冠县", "新地址", "莘县科技局", "高校"],
        ]
    )

    assert (outcome.new, outcome.changed) == (0, 1)
    row = known("莘县甲光电厂")
    assert (row.district_code, row.address, row.kind) == ("371581", "老地址", "firm")
    assert (row.supervisor, row.state) == ("莘县科技局", "verified")
    text = said(outcome)
    for word in (
        "单位名称「莘县甲光电厂」",
        "所属县市区「临清市」",
        "地址「老地址」",
        "单位类型「企业」",
    ):
        assert word in text


def test_a_list_verifies_nobody_and_a_second_run_changes_nothing(
    make: Factory,
) -> None:
    rows = [
        ["单位名称", "统一社会信用代码", "县市区", "曾用名", "简称"],
        ["莘县甲光电厂", CODE, "莘县", "莘县灯泡厂", "甲光"],
        ["莘县乙光电厂", None, "茌平县", "", ""],
    ]

    first, second = take(rows), take(rows)

    assert (first.new, first.changed, first.unchanged) == (2, 0, 0)
    assert (second.new, second.changed, second.unchanged) == (0, 0, 2)
    assert known("莘县甲光电厂").state == "unverified"
    # The county was made a district in 2019.
    assert known("莘县乙光电厂").district_code == "371503"


def test_a_name_of_another_code_is_refused(make: Factory) -> None:
    there = make.organisation("莘县甲光电厂")

    outcome = take([["单位名称", "统一社会信用代码"], ["莘县甲光电厂", CODE]])

    assert outcome.refused == 1
    assert f"登记的统一社会信用代码是 {there.uscc}，与 {CODE} 不同" in said(outcome)


def test_code_and_name_of_two_are_refused(make: Factory) -> None:
    there = make.organisation("莘县甲光电厂")
    make.organisation("莘县乙光电厂")

    outcome = take([["单位名称", "统一社会信用代码"], ["莘县乙光电厂", there.uscc]])

    assert outcome.refused == 1
    assert "登记给「莘县甲光电厂」，名称却是「莘县乙光电厂」的" in said(outcome)


def test_a_code_goes_to_nobody_by_a_former_name(make: Factory) -> None:
    take([["单位名称", "曾用名"], ["莘县甲光电厂", "莘县灯泡厂"]])

    outcome = take([["单位名称", "统一社会信用代码"], ["莘县灯泡厂", CODE]])

    assert outcome.refused == 1
    assert known("莘县甲光电厂").uscc is None
    assert "曾用名或别名" in said(outcome)


def test_a_name_of_somebody_else_is_not_added(make: Factory) -> None:
    make.organisation("莘县乙光电厂")

    outcome = take(
        [["单位名称", "信用代码", "简称"], ["莘县甲光电厂", CODE, "莘县乙光电厂；甲光"]]
    )

    assert [one.name for one in known("莘县甲光电厂").names] == ["甲光"]
    assert "没有加" in said(outcome)


def test_twins_are_proposed_and_said(make: Factory) -> None:
    make.organisation("聊城鑫达轴承有限公司")

    outcome = take([["单位名称", "县市区"], ["聊城市鑫达轴承有限责任公司", "东昌府区"]])

    assert outcome.new == 1
    assert "可能与「聊城鑫达轴承有限公司」是同一个单位" in said(outcome)


@pytest.mark.parametrize("option", ["dry_run", "strict"])
def test_nothing_is_written_by_a_trial_or_a_strict_run(
    option: str, make: Factory
) -> None:
    there = make.organisation("莘县甲光电厂")
    before = count()

    outcome = take(
        [
            ["单位名称", "统一社会信用代码"],
            ["莘县丙光电厂", new_uscc()],
            ["莘县甲光电厂", CODE],
        ],
        **{option: True},
    )

    assert there.uscc != CODE
    assert count() == before
    assert outcome.refused == 1


def test_rows_that_hold_no_organisation_are_passed_over(session: Session) -> None:
    outcome = take(
        [
            ["附件 2"],
            ["序号", "企业名称", "统一社会信用代码", "所属县区"],
            ["例", "聊城示例厂有限公司", OTHER_CODE, "临清市"],
            ["一、东昌府区"],
            ["二、聊城大学"],
            [None, "阳谷县"],
            [2, "聊城示范大学"],
            [1, "莘县甲光电厂", CODE, "莘县"],
            ["序号", "企业名称", "统一社会信用代码", "所属县区"],
            ["合计", 1],
            ["填表人：李示例", None, None, "2026年3月1日"],
        ]
    )

    assert (outcome.new, outcome.refused) == (2, 0)
    assert known("聊城示范大学").kind == "university"


def test_another_table_in_the_sheet_is_read_by_its_own_header(session: Session) -> None:
    outcome = take(
        [
            ["企业名称", "统一社会信用代码"],
            ["莘县甲光电厂", CODE],
            ["统一社会信用代码", "高校名称", "地址"],
            [OTHER_CODE, "聊城示范大学", "湖南路 1 号"],
        ]
    )

    assert outcome.new == 2
    assert known("聊城示范大学").address == "湖南路 1 号"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([["单位名称"], ["甲"]], "没有找到表头"),
        ([["姓名", "电话"], ["甲", "1"]], "没有找到表头"),
        ([["单位名称", "统一社会信用代码"]], "只有表头"),
    ],
)
def test_a_list_that_is_none_is_refused(
    rows: list[list[str]], reason: str, session: Session
) -> None:
    with pytest.raises(Invalid, match=reason):
        take(rows)


def test_the_command_says_what_it_did(
    app: Flask, session: Session, written: Callable[..., Path], tmp_path: Path
) -> None:
    path = written(
        "list.csv",
        f"单位名称,统一社会信用代码\n莘县甲光电厂,{CODE}\n莘县乙光电厂,123\n",
    )
    errors = tmp_path / "errors.csv"

    result = app.test_cli_runner().invoke(
        args=["organisations", "import", str(path), "--errors", str(errors)]
    )

    assert result.exit_code == 0, result.output
    assert "list.csv：表头在第 1 行，读到 2 个单位" in result.output
    assert "新增 1，更新 0，没有变化 0，不能导入 1" in result.output
    assert "第 3 行 B 列「统一社会信用代码」" in result.output
    assert "这里是 3 位" in errors.read_text("utf-8-sig")
