"""Header rows: every header that lists in use have is recognised, and stays so."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from marketplace.exchange.headers import Headers, header_key
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.dictionaries import Dictionaries
from tests.marketplace.exchange.readable_headers import READABLE_HEADERS

D = Decimal


HEADERS = {kind: Headers(schema) for kind, schema in SCHEMAS.items()}


def names_of(kind: str, header: str) -> dict[str, str]:
    """Header → name of the column it was taken for."""
    placed, _ = HEADERS[kind].place_columns(header.split())
    return {one.header: one.column.name for one in placed}


KNOWN_HEADERS = {
    # column sets of forms and notices seen in use, and the two forms proposed for them
    "achievement": [
        "成果名称 完成人 完成单位 成果简介 所属高新技术领域 成果体现形式 成果所处阶段 成果技术水平 "
        "成果关键字 联系人 拟采取的转化方式 转化说明",
        "联系人 联系电话 企业名称 所属区域 成果名称 成果类别 成果属性 成果成熟度 技术领域 应用行业 专利编号 "
        "成果简介 转让方式 转让价格",
        "成果名称* 批准登记号* 成果类别 成果所属单位* 成果体现形式* 登记日期* 所属高新技术类别 成果水平 "
        "核心专利 成果所处阶段 应用状态 联系人 联系人电话 成果属性 成果应用行业* 关键词 简介",
        "成果名称* 完成单位* 完成人* 技术领域* 应用行业 成果简介* 创新点 主要技术指标 知识产权类型 "
        "专利号/登记号 所处阶段* 成果水平 转化方式*(、分隔) 预期价格(万元/面议) 关键词* 联系人* 联系电话* "
        "邮箱 备注",
        "title abstract keywords assignee",
        "项目名称 负责人 所属单位",
        "技术名称 发明人 单位名称 技术成熟度 拟转化价格",
    ],
    "demand": [
        "榜单标题 技术关键词 意向金额(数字) 需求详情 有效期",
        "需求名称 所属单位或公司名称 技术领域 需求详情 技术指标 拟解决的技术难题 现有基础条件 合作方式 "
        "单位性质 预算金额 需求类型 所属地区 有效期",
        "需求名称* 企业名称* 统一社会信用代码* 所属县市区* 所属行业 需求类型* 技术领域* 主要问题* "
        "技术指标要求* 现有基础 拟投入资金(万元/面议) 合作方式* 完成期限 是否揭榜 公开程度 联系人* "
        "联系电话* 邮箱 备注",
        "title content",
        "技术需求名称 企业名称 资金需求",
        "难题名称 企业名称 预算",
        "需求名称 机构全称 机构属性 需求时限 需求概述 技术需求解决方式 合作意向单位 科技活动类型 需求技术所属领域",
    ],
}


@pytest.mark.parametrize(
    ("kind", "header"),
    [(kind, header) for kind, all_ in KNOWN_HEADERS.items() for header in all_],
)
def test_every_column_in_use_is_known(kind: str, header: str) -> None:
    placed, unknown = HEADERS[kind].place_columns(header.split())

    assert unknown == []
    assert len(placed) == len(header.split())


def test_a_header_of_several_meanings_takes_the_one_that_is_free() -> None:
    assert names_of("achievement", "专利名称 单位名称")["专利名称"] == "title"
    assert (
        names_of("achievement", "专利名称 成果名称 单位名称")["专利名称"] == "ips.name"
    )
    assert (
        names_of("demand", "需求名称 拟解决的技术难题")["拟解决的技术难题"] == "problem"
    )
    assert (
        names_of("demand", "需求名称 拟解决的技术难题 需求详情")["拟解决的技术难题"]
        == "key_technology"
    )


def test_what_is_not_known_is_told_and_what_is_of_no_use_is_not() -> None:
    _, unknown = HEADERS["achievement"].place_columns(
        ["序号", "成果名称", "完成单位", "所属产业", None, "更新时间"]
    )

    assert unknown == [(3, "所属产业")]


@pytest.mark.parametrize(
    "written",
    [
        "成果名称*",
        " 成 果 名 称 ：",
        "成果名称\n（必填）",
        "成果名称（与登记证书一致）",
        "＊成果名称",
    ],
)
def test_spellings_of_a_header(written: str) -> None:
    placed, _ = HEADERS["achievement"].place_columns([written])

    assert [one.column.name for one in placed] == ["title"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("预期价格(元)", "0.5"),
        ("预期价格（单位：亿元）", "50000000"),
        ("预期价格(万元/面议)", "5000"),
    ],
)
def test_the_unit_of_a_money_column(
    session: Session, header: str, expected: str
) -> None:
    (placed,), _ = HEADERS["achievement"].place_columns([header])

    assert placed.read_cell("5000", Dictionaries()).low == D(expected)
    assert placed.read_cell("5000万", Dictionaries()).low == D(5000)


def test_a_row_without_the_title_is_no_header() -> None:
    headers = HEADERS["achievement"]

    assert [
        headers.count_known(row)
        for row in (["成果名称"], ["联系人", "邮箱"], ["成果名称", "邮箱"], ["", None])
    ] == [
        0,
        0,
        2,
        0,
    ]


@pytest.mark.parametrize("kind", READABLE_HEADERS)
def test_every_header_that_was_readable_means_the_same_columns(kind: str) -> None:
    expected: dict[str, list[str]] = {}
    for column, headers in READABLE_HEADERS[kind].items():
        for header in headers.split():
            expected.setdefault(header_key(header), []).append(column)

    meanings = HEADERS[kind].meanings
    found = {key: [column.name for column in meanings.get(key, ())] for key in expected}

    assert found == expected


@pytest.mark.parametrize("kind", READABLE_HEADERS)
def test_each_readable_header_is_placed_beside_a_title(kind: str) -> None:
    title = READABLE_HEADERS[kind]["title"].split()[0]
    for column, headers in READABLE_HEADERS[kind].items():
        if column == "title":
            continue
        for header in headers.split():
            placed, unknown = HEADERS[kind].place_columns([title, header])
            assert (len(placed), unknown) == (2, []), header


@pytest.mark.parametrize("kind", HEADERS)
def test_what_we_write_is_read_as_the_same_columns(kind: str) -> None:
    columns = HEADERS[kind].columns

    placed, unknown = HEADERS[kind].place_columns([one.header for one in columns])

    assert [one.column for one in placed] == list(columns)
    assert unknown == []
