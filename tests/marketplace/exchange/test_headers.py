"""Header rows: every header that lists in use have is recognised, and stays so."""

from __future__ import annotations

import re
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
        "需求名称 企业单位名称 详细描述 拟投入资金",
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


# Header as it is in a file, with \n for a line end, and the column that it means; - for none.
USUAL_NAMES = {
    "demand": """
        需求项目名称 title | 攻关需求 title | 技术需求名称 title | 项目名称 title | 课题名称 title | 榜单名称 title
        技术攻关需求 title | 需求题目 title | 企业技术需求名称 title | 技术难题 title | 揭榜项目名称 title
        资金 budget | 投入 budget | 拟投入资金（万元） budget | 悬赏金额 budget | 揭榜金额 budget | 拟投入 budget
        经费预算（万元） budget | 投入资金/万元 budget | 研发经费 budget | 意向投入资金 budget | 榜单金额 budget
        具体需求 problem | 需求描述 problem | 存在问题 problem | 存在的主要问题 problem | 需求简介 problem
        技术难题描述 problem | 需求内容（500字以内） problem | 拟解决的问题 problem
        县区 district | 县（市、区） district | 所在地 district | 所属县（市、区） district | 县市区 district
        所属企业 organisations | 牵头单位 organisations | 需求单位名称 organisations | 申报企业 organisations
        企业（单位）名称 organisations | 企业/单位名称 organisations | 單位名稱 organisations | 发榜方 organisations
        企业联系人 contact_name | 对接人姓名 contact_name | 联系人（必填） contact_name | 技术联系人 contact_name
        联系电话（手机） contact_phone | 电话/手机 contact_phone | 手机/固定电话 contact_phone
        E-mail contact_email | e-mail： contact_email | 电子邮箱/邮箱 contact_email | 电子信箱 contact_email
        考核指标 metrics | 技术指标及要求 metrics | 预期成果 expected_goal | 预计完成时间 deadline
        意向合作高校 intended_partner | 拟采取的合作方式 cooperation_modes | 研究基础 foundation
        企业统一社会信用代码 uscc | 关键词1 keywords | 技术关键字 keywords | 是否同意揭榜 bounty
        类型 - | 时间 - | 地址 - | 电话/邮箱 - | 法人电话 - | 研发投入 - | 年产值 - | 联系人及邮箱电话 -
        需求及资金 -
    """,
    "achievement": """
        项目名称 title | 技术名称 title | 成果（项目）名称 title | 成果/项目名称 title | 科研成果名称 title
        完成单位 organisations | 完成单位（盖章） organisations | 成果持有单位 organisations
        所属单位/公司 organisations
        牵头单位 lead | 第一单位 lead | 主要完成人 contributors | 完成人姓名 contributors | 团队负责人 contributors
        技术成熟度 stage | 成熟度等级 trl | 技术成熟度等级 trl | TRL等级 trl | 技术就绪度 trl
        13级成熟度 readiness_13
        技术成熟度（TRL） stage | 所处阶段* stage | 目前阶段 stage
        专利号 ips.number | 知识产权 ips.number | 专利号/知识产权 ips.number | 专利号（申请号） ips.number
        转化方式 conversion_modes | 拟转化方式 conversion_modes | 合作形式 conversion_modes
        价格 price | 转让价格（万元） price | 拟转让金额 price | 挂牌价格 price | 预期价格（元） price
        简介 summary | 成果简介 summary | 技术简介 summary | 项目简介（限500字） summary | 成果内容 summary
        应用领域 field_codes | 所属领域 field_codes | 行业类别 industry_codes | 技术参数 metrics
        技术优势 baseline | 市场前景分析 prospects | 资料 - | 日期 - | 技术成熟度/成熟度等级 -
    """,
}
SPELLINGS = r"""
    1 需求名称 | 01 需求名称 | 1需求名称 | 1.需求名称 | 1．需求名称 | 1、需求名称 | 1）需求名称 | (1)需求名称
    （1）需求名称
    （1） 需求名称 | 1-需求名称 | 1.1需求名称 | 1.1 需求名称 | 13.需求名称 | 一、需求名称 | 十一、需求名称
    （一）需求名称
    ①需求名称 | ⑴需求名称 | ㈠需求名称 | ❶需求名称 | Ⅰ、需求名称 | Ⅰ 需求名称 | ii.需求名称 | A.需求名称 | A 需求名称
    第1项：需求名称 | 第一列、需求名称 | No.1 需求名称 | 【1】需求名称 | [1]需求名称
    《需求名称》 | 【需求名称】 | 〔需求名称〕 | 「需求名称」 | “需求名称” | 〈需求名称〉 | "需求名称"
    （需求名称） | 1.【需求名称】
    【1.需求名称】 | 【需求名称】（必填） | 1【需求名称】 | *需求名称 | ＊需求名称 | 需求名称* | ★需求名称★
    ●需求名称 | 需求名称：
    需求名称（必填） | 需求名称【必填】 | 需求名称[必填] | [必填]需求名称 | 需求名称必填
    需求名称（不超过30字，必填）
    需求名称（填写全称（必填）） | 需求名称（必填 | 需求名称① | 需求名称¹ | 需求名称(Demand Name) | 需求名称 Name
    请填写需求名称 | 您的需求名称 | 需 求 名 称 | 　需求名称　 | 需求\n名称 | 需求名称\n（必填） | 需求名稱
    \u200b需求名称\ufeff
    需求名称？ | 需求名称（难题名称） | 需求（难题）名称 | 需求/难题名称 | 需求或难题名称
"""


@pytest.mark.parametrize(
    ("kind", "header", "expected"),
    [
        (kind, *one.strip().rsplit(" ", 1))
        for kind, table in USUAL_NAMES.items()
        for one in re.split(r"[|\n]", table)
        if one.strip()
    ],
)
def test_usual_names_of_a_column(kind: str, header: str, expected: str) -> None:
    column = HEADERS[kind].find_column(header)

    assert (column.name if column else "-") == expected


@pytest.mark.parametrize(
    "written",
    [one.strip(" ") for one in re.split(r"[|\n]", SPELLINGS) if one.strip()],
)
def test_spellings_of_one_header(written: str) -> None:
    header = written.encode("raw_unicode_escape").decode("unicode_escape")

    assert HEADERS["demand"].count_known([header, "企业名称"]) == 2


@pytest.mark.parametrize(
    "text",
    [
        "3D打印",
        "5G基站散热",
        "2026年产值",
        "1.5MW风电主轴",
        "一种轴承",
        "C++程序",
        "(1)",
        "1.",
        "***",
        "轴承、齿轮",
    ],
)
def test_contents_are_no_headers(text: str) -> None:
    assert not HEADERS["demand"].is_known(text)
    assert not HEADERS["achievement"].is_known(text)


@pytest.mark.parametrize(
    ("kind", "header", "labels"),
    [
        ("demand", "时间", ["完成期限", "有效期至"]),
        ("demand", "3、类型", ["需求类型", "单位类型"]),
        ("achievement", "类型（必填）", ["成果类型", "单位类型"]),
        ("demand", "电话/邮箱", ["联系电话", "联系邮箱"]),
        ("achievement", "技术成熟度/成熟度等级", ["所处阶段", "技术成熟度等级"]),
        ("demand", "研发投入", ["拟投入资金"]),
    ],
)
def test_what_may_mean_several_columns_is_named_with_them(
    kind: str, header: str, labels: list[str]
) -> None:
    read = HEADERS[kind].read_header([header])

    assert (read.placed, read.unknown) == ([], [])
    assert read.unclear == [(0, header, labels)]


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


@pytest.mark.parametrize(
    ("kind", "column", "other", "own"),
    [
        ("demand", "budget", "预算", "拟投入资金（元）"),
        ("demand", "deadline", "截止日期", "完成期限"),
        ("demand", "problem", "需求描述", "主要问题"),
        ("achievement", "summary", "成果介绍", "成果简介"),
    ],
)
@pytest.mark.parametrize("is_turned", [False, True])
def test_our_own_header_counts_before_another_word_for_it(
    kind: str, column: str, other: str, own: str, is_turned: bool
) -> None:
    words = [own, other] if is_turned else [other, own]
    named = ["需求名称", "企业名称"] if kind == "demand" else ["成果名称", "完成单位"]

    read = Headers(SCHEMAS[kind]).read_header([*named, *words])

    placed = {one.column.name: one.header for one in read.placed}
    assert placed[column] == own
    assert [text for _, text, _ in read.doubled] == [other]
