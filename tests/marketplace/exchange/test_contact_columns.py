"""Whose telephone a list holds: that of the contact is taken, that of anybody else never."""

from __future__ import annotations

import io
from typing import Any

import pytest
from sqlalchemy.orm import Session

from marketplace.exchange.headers import Headers
from marketplace.exchange.importing import parse_file
from marketplace.exchange.rows import SheetRow, header_at
from marketplace.listings.schema import SCHEMAS
from tests.marketplace.exchange.files import xlsx
from tests.marketplace.exchange.headings import read_heading

HEADERS = {kind: Headers(schema) for kind, schema in SCHEMAS.items()}
# Header row, and the places of name, telephone and mailbox of the contact; - for none.
ONE_LEVEL = [
    ("需求名称|企业名称|联系人|联系电话|邮箱", "2 3 4"),
    ("需求名称|法定代表人|联系电话|主要问题|填表人|联系电话|联系人|手机", "6 7 -"),
    ("需求名称|法定代表人|联系电话|联系人|联系电话|电子邮箱", "3 4 5"),
    ("需求名称|法人|手机|需求类型|联系人|主要问题", "4 - -"),
    ("需求名称|单位负责人|电话|联系人|职务|电话", "3 5 -"),
    ("需求名称|联系人|部门|职务|手机|邮箱|填表人|电话|邮箱", "1 4 5"),
    ("需求名称|填表人|联系电话|填表日期", "- - -"),
    ("需求名称|填报人|手机号码|企业名称", "- - -"),
    ("需求名称|分管领导|联系方式|联系人|联系方式", "3 4 -"),
    ("需求名称|总经理|电话|技术负责人|电话|联系人|电话", "5 6 -"),
    ("需求名称|技术负责人|移动电话|电子邮箱", "- - -"),
    ("需求名称|经办人|办公电话|审核人|手机", "- - -"),
    ("需求名称|董事长|手机|财务负责人|手机|对接人|手机", "5 6 -"),
    ("需求名称|推荐人|联系电话|联络员|联系电话", "3 4 -"),
    ("需求名称|法人代表|法人电话|联系人|联系人电话", "3 4 -"),
    ("需求名称|联系人|联系人电话|负责人|负责人电话|电话", "1 2 -"),
    ("需求名称|负责人联系电话|企业名称", "- - -"),
    ("需求名称|法人及联系电话|联系人及电话", "- 2 -"),
    ("需求名称|姓名|电话", "- - -"),
    ("需求名称|项目负责人|邮箱|联系人|电话", "3 4 -"),
    ("需求名称|法定代表人（负责人）|联系电话（手机）|联系人（必填）|联系电话*", "3 4 -"),
    ("1.需求名称|2.法定代表人|3.联系电话|4.联系人|5.联系电话", "3 4 -"),
    # a contact of several words
    ("需求名称|项目联系人|联系电话|企业法人|联系电话", "1 2 -"),
    ("需求名称|技术联系人|手机|财务|电话", "1 2 -"),
    ("需求名称|联系部门|联系电话", "1 2 -"),
    ("需求名称|企业联系人|固定电话|手机", "1 2 -"),
    ("需求名称|企业负责人及电话|企业联系人及电话", "- 2 -"),
    ("需求名称|分管领导|分管领导电话|具体联系人|具体联系人电话", "3 4 -"),
    # contacts of others
    ("需求名称|县区科技局联系人|电话|企业联系人|电话", "3 4 -"),
    ("需求名称|推荐单位联系人|电话|联系人|电话", "3 4 -"),
    ("需求名称|紧急联系人|电话|联系人|电话", "3 4 -"),
    ("需求名称|财务联系人|电话|技术联系人|电话|邮箱", "3 4 5"),
    ("需求名称|技术联系人|手机|联系人|手机", "3 4 -"),
    ("需求名称|联系人|手机|技术联系人|手机|技术联系人电话", "1 2 -"),
    ("需求名称|归口管理部门联系人|联系电话", "- - -"),
    # roles that no table names
    ("需求名称|技术总监|手机", "- - -"),
    ("需求名称|服务专员|手机|联系人|电话", "3 4 -"),
    ("需求名称|联系人|身份证号|手机|主管|手机", "1 3 -"),
    ("需求名称|课题组长|邮箱", "- - -"),
    ("需求名称|联系人1|电话1|联系人2|电话2", "1 2 -"),
    # nobody stands near, or the contact stands elsewhere
    ("需求名称|企业名称|联系电话", "- 2 -"),
    ("需求名称|企业名称|联系电话|主要问题|联系人", "4 2 -"),
    ("需求名称|联系人|主要问题|需求类型|联系电话", "1 4 -"),
    ("需求名称|联系人|通讯地址|邮政编码|联系电话", "1 4 -"),
    ("需求名称|企业名称|电话|主要问题|联系人|手机", "4 5 -"),
    # 电话, 联系人: the same person either way
    ("需求名称|企业名称|联系电话|联系人", "3 2 -"),
    ("需求名称|联系电话|联系人|主要问题|填表人|电话", "2 1 -"),
    # each telephone before its person or after: the first is nobody else's, the second may be
    ("需求名称|电话|联系人|电话|填表人", "2 1 -"),
    ("需求名称|企业名称|联系电话|法定代表人", "- - -"),
    # another person between the contact and the telephone
    ("需求名称|联系人|法定代表人|注册地址|联系电话", "1 - -"),
    ("需求名称|联系人|单位地址|填表人|备注|手机", "1 - -"),
]  # fmt: skip
ACHIEVEMENTS = [
    ("成果名称|完成单位|完成人|技术领域|成果简介|联系电话", "- 5 -"),
    ("成果名称|完成人|联系电话|联系人|联系电话", "3 4 -"),
    ("成果名称|完成人|联系电话", "- - -"),
    ("成果名称|发明人|邮箱|成果简介", "- - -"),
    ("成果名称|负责人|完成单位|联系人|手机|邮箱", "3 4 5"),
    ("成果名称|项目负责人|手机|完成单位", "- - -"),
    ("成果名称|团队带头人|电话|联系人|电话", "3 4 -"),
    ("成果名称|团队介绍|联系电话", "- 2 -"),
]
# Several rows, the parts of a row by |; an empty part is a cell merged or left empty.
LEVELS = {
    "contact after another": (
        "需求名称|法定代表人||联系人||所属县市区",
        "|姓名|手机号|姓名|手机号|",
        "3 4 -",
    ),
    "groups called information": (
        "需求名称|企业名称|法人信息||联系人信息|||主要问题",
        "||姓名|电话|姓名|电话|邮箱|",
        "4 5 6",
    ),
    "contact first": (
        "联系人信息|||法人信息||需求名称|企业名称",
        "姓名|电话|邮箱|姓名|电话||",
        "0 1 2",
    ),
    "merged downwards": (
        "需求名称|填表人|填表人|联系人|联系人|主要问题",
        "需求名称|姓名|联系电话|姓名|联系电话|主要问题",
        "3 4 -",
    ),
    "only another": (
        "需求名称|企业名称|法定代表人||主要问题",
        "||姓名|联系电话|",
        "- - -",
    ),
    "group of the firm": (
        "需求信息||企业信息||||",
        "名称|类型|名称|法定代表人|联系电话|联系人|联系电话",
        "5 6 -",
    ),
    "group of the contact over words of its own": (
        "需求信息||单位信息||联系方式||",
        "需求名称|主要问题|单位名称|负责人|联系人|电话|邮箱",
        "4 5 6",
    ),
    "groups of several people": (
        "需求名称|分管领导||填报人||技术对接人||财务||主要问题",
        "|姓名|手机|姓名|手机|姓名|手机|姓名|手机|",
        "5 6 -",
    ),
    "contact of the bureau": (
        "需求名称|科技局联系人||企业联系人||主要问题",
        "|姓名|电话|姓名|电话|",
        "3 4 -",
    ),
    "three levels": (
        "需求信息||企业信息|||||",
        "需求名称|主要问题|企业名称|法定代表人||联系人||",
        "|||姓名|电话|姓名|电话|邮箱",
        "5 6 7",
    ),
    "three levels merged downwards": (
        "需求名称|企业情况|企业情况|企业情况|企业情况|企业情况|主要问题",
        "需求名称|企业名称|负责人|负责人|联系人|联系人|主要问题",
        "需求名称|企业名称|姓名|手机|姓名|手机|主要问题",
        "4 5 -",
    ),
    "three levels below a title": (
        "2026年企业技术需求征集表||||||",
        "需求名称|单位情况|||||",
        "|单位名称|法人||联系人||",
        "||姓名|联系电话|姓名|联系电话|",
        "4 5 -",
    ),
}


@pytest.mark.parametrize(
    ("kind", "header", "expected"),
    [("demand", *row) for row in ONE_LEVEL]
    + [("achievement", *row) for row in ACHIEVEMENTS],
)
def test_the_contact_of_a_header(kind: str, header: str, expected: str) -> None:
    cells = header.split("|")

    read = HEADERS[kind].read_header(cells)

    assert contact_places(read.placed) == expected
    # Nothing is left out without a word.
    read_or_named = {one.index for one in read.placed}
    for left_out in (read.unknown, read.doubled, read.unsure, read.unclear):
        read_or_named |= {one[0] for one in left_out}
    assert read_or_named == set(range(len(cells)))


@pytest.mark.parametrize("case", LEVELS)
def test_the_contact_of_a_header_of_several_rows(case: str) -> None:
    *rows, expected = LEVELS[case]
    contents = ["轴承套圈磨削烧伤在线检测", *["x"] * rows[-1].count("|")]
    sheet = [
        SheetRow(number, tuple(cell or None for cell in row.split("|")))
        for number, row in enumerate(rows, 1)
    ]

    found = header_at(
        [*sheet, SheetRow(len(rows) + 1, tuple(contents))], HEADERS["demand"]
    )

    assert found is not None
    assert found[1].number == len(rows)
    assert (
        contact_places(HEADERS["demand"].read_header(found[1].cells).placed) == expected
    )


def test_what_is_not_surely_the_contacts_is_named(session: Session) -> None:
    report = read_heading("需求名称|企业名称|法定代表人|联系电话|填表人|手机")

    assert "contact_phone" not in report.entries[0].values
    (whose,) = [remark for remark in report.remarks if "D 列" in remark]
    assert "「法定代表人」的" in whose
    assert "联系人电话" in whose
    assert any(
        "「填表人」的" in remark and "F 列" in remark for remark in report.remarks
    )


def test_a_second_column_of_the_same_is_named(session: Session) -> None:
    report = read_heading("需求名称|企业名称|联系人|联系电话|手机|企业名称")

    assert report.entries[0].values["contact_phone"] == "0635-8230003"
    assert any("手机（E 列）与「联系电话」是同一栏目" in one for one in report.remarks)
    assert any("企业名称（F 列）与「企业名称」" in one for one in report.remarks)


@pytest.mark.parametrize(
    ("merged", "rows"),
    [
        (
            ["A1:A2", "B1:B2", "C1:D1", "E1:G1"],
            [
                ["需求名称", "企业名称", "法人信息", None, "联系人信息", None, None],
                [None, None, "姓名", "电话", "姓名", "电话", "邮箱"],
            ],
        ),
        (
            ["A1:A3", "B1:G1", "B2:B3", "C2:D2", "E2:G2"],
            [
                ["需求名称", "企业情况", None, None, None, None, None],
                [None, "企业名称", "法定代表人", None, "对接人", None, None],
                [None, None, "姓名", "手机", "姓名", "手机", "电子邮箱"],
            ],
        ),
    ],
)
def test_a_workbook_with_merged_headers(
    session: Session, merged: list[str], rows: list[list[Any]]
) -> None:
    firm = ["临清试样轴承有限公司", "某法人", "13900000001"]
    contact = ["技术部", "13800000002", "office@demo.example"]
    content = xlsx([*rows, ["轴承降噪", *firm, *contact]], merged=merged)

    report = parse_file(io.BytesIO(content), "demand", name="list.xlsx")

    (entry,) = report.entries
    assert entry.owner.name == firm[0]
    assert [
        entry.values[f"contact_{name}"] for name in ("name", "phone", "email")
    ] == contact
    assert any(
        "13900000001" not in remark and "D 列" in remark for remark in report.remarks
    )


def contact_places(placed: list) -> str:
    places = {one.column.name: str(one.index) for one in placed}
    names = ("contact_name", "contact_phone", "contact_email")
    return " ".join(places.get(name, "-") for name in names)
