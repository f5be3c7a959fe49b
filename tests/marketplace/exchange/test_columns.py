"""Headers and rows: every column name in use, and how the cells of a row come together."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from marketplace.dictionaries.models import (
    active_chains,
    current_districts,
    industry_divisions,
)
from marketplace.exchange import rules
from marketplace.exchange.columns import Headers
from marketplace.exchange.entries import guessed_kind, holder, values
from marketplace.exchange.vocabularies import Vocabulary
from marketplace.parsing import ParseError

D = Decimal


@pytest.fixture
def words(session: Any) -> dict[str, Vocabulary]:
    return rules.words()


def keys(kind: str, words: dict[str, Vocabulary], header: str) -> dict[str, str]:
    """Header → key of the column it was taken for."""
    placed, _ = Headers(kind, words).place(header.split())
    return {one.header: one.column.key for one in placed}


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
def test_every_column_in_use_is_known(
    words: dict[str, Vocabulary], kind: str, header: str
) -> None:
    placed, unknown = Headers(kind, words).place(header.split())

    assert unknown == []
    assert len(placed) == len(header.split())


def test_a_header_of_several_meanings_takes_the_one_that_is_free(
    words: dict[str, Vocabulary],
) -> None:
    assert keys("achievement", words, "专利名称 单位名称")["专利名称"] == "title"
    assert (
        keys("achievement", words, "专利名称 成果名称 单位名称")["专利名称"]
        == "ip_names"
    )
    assert (
        keys("demand", words, "需求名称 拟解决的技术难题")["拟解决的技术难题"]
        == "problem"
    )
    assert (
        keys("demand", words, "需求名称 拟解决的技术难题 需求详情")["拟解决的技术难题"]
        == "key_technology"
    )


def test_what_is_not_known_is_told_and_what_is_of_no_use_is_not(
    words: dict[str, Vocabulary],
) -> None:
    _, unknown = Headers("achievement", words).place(
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
def test_spellings_of_a_header(words: dict[str, Vocabulary], written: str) -> None:
    placed, _ = Headers("achievement", words).place([written])

    assert [one.column.key for one in placed] == ["title"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("预期价格(元)", "0.5"),
        ("预期价格（单位：亿元）", "50000000"),
        ("预期价格(万元/面议)", "5000"),
    ],
)
def test_the_unit_of_a_money_column(
    words: dict[str, Vocabulary], header: str, expected: str
) -> None:
    (placed,), _ = Headers("achievement", words).place([header])

    assert placed.read("5000").low == D(expected)
    assert placed.read("5000万").low == D(5000)


def test_a_row_without_the_title_is_no_header(words: dict[str, Vocabulary]) -> None:
    headers = Headers("achievement", words)

    assert [
        headers.recognise(row)
        for row in (["成果名称"], ["联系人", "邮箱"], ["成果名称", "邮箱"], ["", None])
    ] == [
        0,
        0,
        2,
        0,
    ]


DICTIONARY = [
    ("district", "东昌府区", "371502"),
    ("district", "371502", "371502"),
    ("district", "聊城市东昌府区", "371502"),
    ("district", "茌平", "371503"),
    ("district", "茌平县", "371503"),
    ("district", "371523", "371503"),
    ("district", "山东省聊城市茌平县", "371503"),
    ("district", "莘县", "371522"),
    ("district", "临清", "371581"),
    ("district", "高新区", "LC-HTZ"),
    ("district", "经开区", "LC-EDZ"),
    ("district", "度假区", "LC-RES"),
    ("chain", "轴承", "bearing"),
    ("chain", "轴承产业链", "bearing"),
    ("chain", "有色金属（铝）", "aluminium"),
    ("chain", "高端装备", "equipment"),
    ("chain", "大健康", "health"),
    ("chain", "copper", "copper"),
    ("stage", "中试", "pilot"),
    ("stage", "中试阶段", "pilot"),
    ("stage", "可以量产", "industrialised"),
    ("stage", "lab_scale", "lab_scale"),
    ("level", "国内领先水平", "domestic_leading"),
    ("achievement_type", "应用技术", "applied_technology"),
    ("ip_type", "软著", "software_copyright"),
    ("forms", "动植物（农业）新品种", "agri_variety"),
    ("demand_type", "产品研发", "product_process"),
    ("cooperation_modes", "不限/面议", "any"),
]


@pytest.mark.parametrize(("name", "written", "code"), DICTIONARY)
def test_terms_by_name_code_and_other_words(
    words: dict[str, Vocabulary], name: str, written: str, code: str
) -> None:
    assert words[name].one(written) == code


@pytest.mark.parametrize(
    ("name", "written", "codes"),
    [
        ("fields", "新材料", ["40"]),
        ("fields", "新材料技术；高分子材料", ["40", "403"]),
        ("fields", "中药、天然药物技术、软件", ["202", "101"]),
        ("fields", "804", ["804"]),
        ("industries", "通用设备制造业、C35、汽车制造", ["C34", "C35", "C36"]),
        ("industries", "铁路、船舶、航空航天和其他运输设备制造业、34", ["C37", "C34"]),
        ("conversion_modes", "许可、合作开发", ["license", "co_implement"]),
    ],
)
def test_lists_of_terms(
    words: dict[str, Vocabulary], name: str, written: str, codes: list[str]
) -> None:
    assert words[name].many(written) == codes


@pytest.mark.parametrize(
    ("name", "written", "told"),
    [
        ("district", "济南市", "外地单位此格留空"),
        ("chain", "有色金属", "有色金属(铝)"),
        ("industries", "制造业", "大类"),
    ],
)
def test_an_unknown_term_is_refused_with_advice(
    words: dict[str, Vocabulary], name: str, written: str, told: str
) -> None:
    with pytest.raises(ParseError) as caught:
        words[name].one(written)

    assert told in caught.value.allowed


def test_every_name_of_every_dictionary_finds_its_own_code(
    words: dict[str, Vocabulary],
) -> None:
    for name, names in (
        ("district", current_districts()),
        ("chain", active_chains()),
        ("industries", industry_divisions()),
    ):
        assert {code: words[name].one(term) for code, term in names.items()} == {
            code: code for code in names
        }
    for vocabulary in words.values():
        assert {
            code: vocabulary.one(term) for code, term in vocabulary.names.items()
        } == {code: code for code in vocabulary.names}


def composed(
    kind: str, **found: Any
) -> tuple[dict[str, Any], list[tuple[str, str]], list[str]]:
    wrong: list[tuple[str, str]] = []
    said: list[str] = []
    given = values(
        kind,
        found,
        lambda key, error: wrong.append((key, error.message)),
        lambda key, text: said.append(text),
    )
    return given, wrong, said


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"price": (None, None)}, ("negotiable", None, None)),
        ({"price": (D(50), D(50))}, ("fixed", D(50), None)),
        ({"price": (D(30), D(60))}, ("range", D(30), D(60))),
        (
            {"price": (D(50), D(50)), "price_mode": "appraised"},
            ("appraised", D(50), None),
        ),
        ({"price_mode": "negotiable"}, ("negotiable", None, None)),
    ],
)
def test_a_price_is_of_one_piece(
    found: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    given, wrong, _ = composed("achievement", **found)

    assert (given["price_mode"], given["price_min"], given["price_max"]) == expected
    assert wrong == []


@pytest.mark.parametrize(
    "found",
    [
        {"price": (D(50), D(50)), "price_mode": "negotiable"},
        {"price": (D(30), D(60)), "price_mode": "fixed"},
    ],
)
def test_a_price_that_contradicts_itself(found: dict[str, Any]) -> None:
    _, wrong, _ = composed("achievement", **found)

    assert [key for key, _ in wrong] == ["price"]


def test_figureless_pieces_join_the_prose_beside_them() -> None:
    row = {
        "name": "圆度",
        "operator": "le",
        "value": D("0.1"),
        "value_max": None,
        "unit": "mm",
    }

    given, wrong, said = composed(
        "achievement", metrics=([row], ["达到国际先进水平"]), baseline="低 9 dB"
    )

    assert given == {"metrics": [row], "baseline": "低 9 dB；达到国际先进水平"}
    assert wrong == []
    assert said == ["「达到国际先进水平」没有可比较的数字，并入了对比优势。"]


def test_figureless_pieces_that_do_not_fit_are_a_problem() -> None:
    _, wrong, _ = composed("achievement", metrics=([], ["很长" * 300]))

    assert [key for key, _ in wrong] == ["metrics"]


def test_rights_stand_in_one_order() -> None:
    given, wrong, _ = composed(
        "achievement",
        ip_types=["发明专利", "软著"],
        ip_numbers=["ZL201710601862.3", ""],
        ip_names=["甲", "乙"],
        ip_statuses=["已授权"],
        ip_applied=["2017.07.21", ""],
    )
    expected = [
        {
            "ip_type": "invention",
            "number": "ZL201710601862.3",
            "name": "甲",
            "legal_status": "granted",
            "applied_on": date(2017, 7, 21),
        },
        {"ip_type": "software_copyright", "name": "乙", "legal_status": "granted"},
    ]

    assert given["ips"] == expected
    assert wrong == []


def test_the_type_of_a_right_is_learnt_from_its_number() -> None:
    given, wrong, _ = composed(
        "achievement", ip_numbers=["ZL201710601862.3", "2024SR0123456"]
    )

    assert [right["ip_type"] for right in given["ips"]] == [
        "invention",
        "software_copyright",
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("found", "key", "told"),
    [
        (
            {
                "ip_types": ["发明专利"],
                "ip_names": ["甲", "乙"],
                "ip_numbers": ["ZL201710601862.3"],
            },
            "ip_numbers",
            "对不上",
        ),
        (
            {"ip_types": ["发明专利", "实用新型"], "ip_names": ["甲", "乙", "丙"]},
            "ip_types",
            "有 2 项",
        ),
        (
            {"ip_types": ["实用新型"], "ip_numbers": ["ZL201710601862.3"]},
            "ip_numbers",
            "是发明专利的号",
        ),
        (
            {"ip_types": ["发明专利"], "ip_numbers": ["ZL201710601862.4"]},
            "ip_numbers",
            "校验位",
        ),
        ({"ip_names": ["甲"]}, "ip_names", "没有写类型"),
        ({"ip_types": ["专利"]}, "ip_types", "不在可填的范围内"),
        (
            {
                "ip_types": ["发明"],
                "ip_applied": ["2020.5.1"],
                "ip_granted": ["2019.5.1"],
            },
            "ip_granted",
            "早于",
        ),
    ],
)
def test_rights_that_do_not_fit_together(
    found: dict[str, Any], key: str, told: str
) -> None:
    _, wrong, _ = composed("achievement", **found)

    assert (wrong[0][0], told in wrong[0][1]) == (key, True)


def test_several_organisations_and_one() -> None:
    several, _, _ = composed("achievement", organisations=["甲校", "乙厂"])
    one, _, _ = composed("achievement", organisations=["甲校"])

    assert several == {"co_owners": [{"name": "甲校"}, {"name": "乙厂"}]}
    assert one == {}


def test_a_stage_may_be_said_as_a_level(words: dict[str, Vocabulary]) -> None:
    column = Headers("achievement", words).find("成熟度")

    assert [column.read(raw) for raw in ("TRL6", "8级", 4, "中试", "—")] == [
        ("pilot", 6),
        ("small_batch", 8),
        ("lab_scale", 4),
        ("pilot", None),
        None,
    ]


def test_a_period_in_the_future_and_shares_over_the_whole() -> None:
    _, future, _ = composed("achievement", period=("2024-01", "2199-01"))
    _, shares, _ = composed(
        "achievement",
        contributors=[{"name": "甲", "share": D(60)}, {"name": "乙", "share": D(50)}],
    )

    assert [key for key, _ in (*future, *shares)] == ["period", "contributors"]


def test_a_demand_says_its_need_by_its_type() -> None:
    needs = [
        composed("demand", demand_type=code)[0]["need"]
        for code in ("talent", "financing", "tech_upgrade")
    ]

    assert needs == ["talent", "capital", "technology"]


def test_the_budget_is_the_most_a_firm_will_spend() -> None:
    given, _, said = composed("demand", budget=(D(30), D(60)))
    negotiable, _, _ = composed("demand", budget=(None, None))

    assert (given["budget"], given["budget_negotiable"]) == (D(60), False)
    assert said == ["写的是一个区间，按上限 60 万元记录。"]
    assert (negotiable["budget"], negotiable["budget_negotiable"]) == (None, True)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("聊城大学（示例）", "university"),
        ("聊城职业技术学院", "university"),
        ("鲁西轴承技术研究院（示例）", "institute"),
        ("某某企业技术中心（示例）", "institute"),
        ("中国科学院某某研究所", "institute"),
        ("聊城大学科技园有限公司", "firm"),
        ("某某轴承厂", "firm"),
        ("某某农民专业合作社", "firm"),
        ("无名", "firm"),
    ],
)
def test_the_kind_of_an_organisation_by_its_name(name: str, kind: str) -> None:
    assert guessed_kind(name) == kind


def test_the_holder_is_the_first_of_the_organisations_or_the_named_lead() -> None:
    assert holder({"organisations": ["甲校", "乙厂"]}).name == "甲校"
    assert holder({"organisations": ["甲校", "乙厂"], "lead": "乙厂"}).name == "乙厂"
    assert (
        holder({"organisations": "丙公司", "organisation_kind": "service_body"}).kind
        == "service_body"
    )
