"""Lists in and out, against the database: what is taken, refused, changed, published, and what is given to whom."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import event, func
from sqlalchemy.orm import Session

from marketplace.accounts.models import Organisation
from marketplace.dictionaries.models import HitechField, names_by_code
from marketplace.errors import Invalid, NotAllowed
from marketplace.exchange import rules
from marketplace.extensions import db
from marketplace.lifecycle import history_of
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import upkeep
from marketplace.listings.models import LISTINGS, Achievement, Demand
from tests.factories import Factory
from tests.marketplace.exchange.files import xlsx

HEADER = [
    "成果名称",
    "完成单位",
    "完成人",
    "技术领域",
    "成果简介",
    "主要技术指标",
    "所处阶段",
    "转化方式",
    "预期价格",
    "关键词",
    "联系人",
    "联系电话",
]
ROW = [
    "轴承套圈超精研磨降噪工艺",
    "聊城大学（示例）",
    "张三、李四",
    "先进制造工艺与装备",
    "针对深沟球轴承振动大的问题，改进滚道超精研磨工艺，已在两条线上试用。",
    "圆度≤0.10 mm；硬度≥60 HRC",
    "中试",
    "许可、转让",
    "30-60万",
    "轴承；降噪",
    "科技处",
    "0635-0000001",
]


def row(**changed: Any) -> list[Any]:
    """The good row with some cells changed, by header."""
    return [changed.get(name, cell) for name, cell in zip(HEADER, ROW, strict=True)]


def read(
    rows: Sequence[Sequence[Any]],
    kind: str = "achievement",
    header: Sequence[str] = HEADER,
    **more: Any,
) -> rules.Report:
    return rules.read(io.BytesIO(xlsx([header, *rows])), kind, name="list.xlsx", **more)


def take(rows: Sequence[Sequence[Any]], **more: Any) -> rules.Outcome:
    header = more.pop("header", HEADER)
    return rules.take(read(rows, header=header), by=None, **more)


def one(title: str = ROW[0], table: type = Achievement) -> Any:
    return db.session.scalar(db.select(table).where(table.title == title))


def count(table: type = Achievement) -> int:
    return db.session.scalar(db.select(func.count()).select_from(table))


def test_a_good_row_becomes_a_listing(session: Session) -> None:
    outcome = take([ROW])
    found = one()

    assert (outcome.new, outcome.refused, outcome.problems) == (1, 0, [])
    assert (found.state, found.stage, found.field_codes, found.conversion_modes) == (
        "draft",
        "pilot",
        ["804"],
        ["license", "transfer"],
    )
    assert (found.price_mode, found.price_min, found.price_max) == (
        "range",
        Decimal(30),
        Decimal(60),
    )
    assert [person.name for person in found.contributors] == ["张三", "李四"]
    assert [str(metric) for metric in found.metrics] == ["圆度≤0.1 mm", "硬度≥60 HRC"]
    assert (found.organisation.name, found.organisation.kind) == (
        "聊城大学（示例）",
        "university",
    )
    assert found.organisation.verified_at is None
    assert [deed.deed for deed in history_of(found)] == ["create"]


def test_reading_writes_nothing(session: Session) -> None:
    read([ROW])

    assert (count(), count(Organisation)) == (0, 0)
    assert not session.new


def test_a_dry_run_tells_what_would_be_and_changes_nothing(session: Session) -> None:
    outcome = take([ROW, row(成果名称="另一个成果名称")], dry_run=True, publish=True)

    assert (outcome.new, outcome.published, outcome.dry) == (2, 2, True)
    assert (count(), count(Organisation)) == (0, 0)


def test_the_same_list_again_changes_nothing(session: Session) -> None:
    take([ROW])
    before = one().revision

    outcome = take([ROW])

    assert (outcome.new, outcome.changed, outcome.unchanged, outcome.refused) == (
        0,
        0,
        1,
        0,
    )
    assert (count(), one().revision) == (1, before)


def test_titles_are_the_same_whatever_their_punctuation_and_width(
    session: Session,
) -> None:
    take([row(成果名称="PA66 保持架（注塑）技术")])

    outcome = take([row(成果名称="ＰＡ66保持架(注塑)技术")])

    assert (outcome.new, outcome.changed, count()) == (0, 1, 1)


@pytest.mark.parametrize("publish", [False, True])
def test_a_changed_row_changes_the_listing_with_a_history_row(
    session: Session, publish: bool
) -> None:
    take([ROW], publish=publish)

    outcome = take([row(预期价格="面议", 主要技术指标="圆度≤0.05 mm")])
    found = one()

    assert (outcome.changed, outcome.new) == (1, 0)
    assert (found.price_mode, found.price_min, found.price_max) == (
        "negotiable",
        None,
        None,
    )
    assert [str(metric) for metric in found.metrics] == ["圆度≤0.05 mm"]
    edit = history_of(found)[-1]
    assert (edit.deed, edit.after) == ("edit", "published" if publish else "draft")
    assert set(edit.changed) == {"price_mode", "price_min", "price_max", "metrics"}


def test_an_empty_cell_leaves_what_is_there(session: Session) -> None:
    take([ROW])

    outcome = take([row(预期价格="", 关键词=None)])

    assert outcome.unchanged == 1
    assert (one().price_min, one().keywords) == (Decimal(30), ["轴承", "降噪"])


def test_what_a_list_has_no_column_for_is_kept(session: Session) -> None:
    take([ROW])
    found = one()
    people = [{"name": "张三", "title": "教授"}, {"name": "李四"}]
    listing_deeds.save(found, {"contributors": people}, by=None, seen=found.revision)

    outcome = take([ROW])

    assert outcome.unchanged == 1
    assert one().contributors[0].title == "教授"


def test_a_published_listing_is_not_made_incomplete(session: Session) -> None:
    take([ROW], publish=True)

    outcome = take([row(成果简介="太短")])

    assert (outcome.changed, outcome.refused) == (0, 1)
    assert "至少写 20 个字" in outcome.problems[0].allowed
    assert one().summary == ROW[4]
    assert one().state == "published"


@pytest.mark.parametrize("state", ["submitted", "suspended", "expired"])
def test_a_listing_that_cannot_be_edited_is_refused_only_where_it_would_change(
    make: Factory, state: str
) -> None:
    owner = make.organisation("聊城大学（示例）", kind="university")
    make.achievement(ROW[0], state=state, owner=owner)

    changed = take([ROW])
    same = take([[ROW[0], ROW[1]]], header=HEADER[:2])

    assert (changed.refused, same.unchanged) == (1, 1)
    assert "现在不能修改" in changed.problems[0].message


def test_an_ended_listing_may_be_written_anew(make: Factory) -> None:
    owner = make.organisation("聊城大学（示例）", kind="university")
    make.achievement(ROW[0], state="withdrawn", owner=owner)

    assert take([ROW]).new == 1


def test_publishing_takes_what_is_complete_and_says_why_of_the_rest(
    session: Session,
) -> None:
    outcome = take([ROW, row(成果名称="没有联系人的一项成果", 联系人="")], publish=True)

    assert (outcome.new, outcome.published, outcome.refused) == (2, 1, 0)
    assert [(draft.row, draft.allowed) for draft in outcome.drafts] == [
        (3, "填写联系人或联系部门。")
    ]
    assert (one().state, one("没有联系人的一项成果").state) == ("published", "draft")
    assert [deed.deed for deed in history_of(one())] == [
        "create",
        "submit",
        "take",
        "approve",
    ]
    assert one().organisation.verified_at is not None


def test_a_draft_is_published_once_its_row_is_complete(session: Session) -> None:
    take([row(联系人="")], publish=True)

    outcome = take([ROW], publish=True)

    assert (outcome.changed, outcome.published, one().state) == (1, 1, "published")


def test_the_index_is_in_step_afterwards(session: Session, app: Any) -> None:
    take([ROW, row(成果名称="没有联系人的一项成果", 联系人="")], publish=True)

    found = {
        (kind, listing_id)
        for kind, listing_id, _ in app.extensions["search"].versions()
    }
    assert found == {("achievement", one().id)}
    assert upkeep.index_check() == {"missing": [], "stale": [], "extra": []}


BAD = [
    ({"预期价格": "约50万"}, "I", "预期价格", "约50万", "金额"),
    ({"所处阶段": "概念"}, "G", "所处阶段", "概念", "不在可填的范围内"),
    ({"技术领域": "炼丹"}, "D", "技术领域", "炼丹", "不在可填的范围内"),
    ({"联系电话": "8239999"}, "L", "联系电话", "8239999", "电话"),
    ({"成果名称": ""}, "A", "成果名称", "", "没有填写名称"),
    ({"成果名称": "！？"}, "A", "成果名称", "！？", "没有文字"),
    ({"完成单位": None}, "B", "完成单位", "", "没有填写单位"),
    ({"主要技术指标": "温度40～20 ℃"}, "F", "主要技术指标", "温度40～20 ℃", "写反了"),
    ({"成果简介": "#REF!"}, "E", "成果简介", "#REF!", "公式算错"),
]


@pytest.mark.parametrize(("changed", "column", "header", "value", "told"), BAD)
def test_a_bad_cell_is_named_and_its_row_refused(
    session: Session,
    changed: dict[str, Any],
    column: str,
    header: str,
    value: str,
    told: str,
) -> None:
    report = read([ROW, row(**({"成果名称": "另一个成果名称"} | changed))])
    (problem,) = report.problems

    assert (problem.row, problem.column, problem.header, problem.value) == (
        3,
        column,
        header,
        value,
    )
    assert told in problem.message
    assert problem.allowed
    assert (len(report.entries), report.refused, report.rows) == (1, 1, 2)


def test_every_bad_cell_of_a_row_is_named(session: Session) -> None:
    report = read([row(预期价格="许多", 所处阶段="概念", 联系电话="无此号")])

    assert [problem.column for problem in report.problems] == ["G", "I", "L"]
    assert report.refused == 1


def test_good_rows_are_taken_and_strict_takes_none(session: Session) -> None:
    rows = [ROW, row(成果名称="另一个成果名称", 预期价格="许多")]

    strict = take(rows, strict=True)
    assert (strict.stopped, strict.new, strict.refused, count()) == (True, 0, 1, 0)

    plain = take(rows)
    assert (plain.stopped, plain.new, plain.refused, count()) == (False, 1, 1, 1)


def test_strict_takes_none_where_only_the_database_knows_of_a_problem(
    session: Session,
) -> None:
    take([ROW], publish=True)

    outcome = take([row(成果名称="另一个成果名称"), row(成果简介="太短")], strict=True)

    assert (outcome.stopped, outcome.new, outcome.refused, count()) == (True, 0, 1, 1)


def test_twins_in_one_list_are_reported(session: Session) -> None:
    outcome = take(
        [ROW, row(成果名称="轴承套圈，超精研磨降噪工艺！"), row(完成单位="另一所大学")]
    )

    assert (outcome.new, outcome.refused) == (2, 1)
    assert "与第 2 行是同一单位的同名成果" in outcome.problems[0].message


def test_twins_under_two_names_of_one_code_are_reported(session: Session) -> None:
    header = [*HEADER, "统一社会信用代码"]
    rows = [
        [*ROW, "91350100M000100Y43"],
        [*row(完成单位="聊城大学新名"), "91350100M000100Y43"],
    ]

    outcome = take(rows, header=header)

    assert (outcome.new, outcome.refused, count(Organisation)) == (1, 1, 1)
    assert "统一社会信用代码相同" in outcome.problems[0].message


def test_a_code_that_contradicts_the_known_one_is_refused(session: Session) -> None:
    header = [*HEADER, "统一社会信用代码"]
    take([[*ROW, "91350100M000100Y43"]], header=header)

    outcome = take(
        [[*row(成果名称="另一个成果名称"), "914403001922038216"]], header=header
    )

    assert (outcome.new, outcome.refused) == (0, 1)
    assert "与 914403001922038216 不同" in outcome.problems[0].message


def test_an_organisation_is_found_by_its_code_and_completed(make: Factory) -> None:
    owner = make.organisation("聊城大学（示例）", kind="university", verified=False)
    owner.district_code = None
    db.session.commit()

    take(
        [[*ROW, "91350100M000100Y43", "茌平县"]],
        header=[*HEADER, "统一社会信用代码", "所属县市区"],
    )

    assert (owner.uscc, owner.district_code, count(Organisation)) == (
        "91350100M000100Y43",
        "371503",
        1,
    )


@pytest.mark.parametrize("word", ["国家秘密", "机密"])
def test_state_secrets_are_refused_and_not_repeated(
    session: Session, word: str
) -> None:
    report = read([[*ROW, word]], header=[*HEADER, "密级"])
    marked = read([row(成果简介="机密★10年 某装备的关键参数如下……")])

    assert (report.refused, marked.refused, marked.entries) == (1, 1, [])
    assert "国家秘密不能在互联网上传输" in report.problems[0].message
    assert "★" not in marked.problems[0].value


def test_defaults_fill_empty_cells_and_missing_columns(session: Session) -> None:
    report = read(
        [row(所处阶段="", 完成单位=""), row(成果名称="另一个成果名称")],
        defaults={"阶段": "小试", "完成单位": "示例研究院", "公开范围": "部分公开"},
    )

    assert [entry.values["stage"] for entry in report.entries] == ["lab_scale", "pilot"]
    assert [entry.holder.name for entry in report.entries] == [
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
        read([ROW], defaults=defaults)


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

    report = read(rows, header=header)

    assert (report.rows, [entry.row for entry in report.entries]) == (1, [4])


def test_columns_without_a_place_are_told(session: Session) -> None:
    report = read([[*ROW, "x"]], header=[*HEADER, "所属产业"])

    assert report.remarks == ["这些列没有对应的栏目，没有导入：所属产业（M 列）。"]


def test_too_many_keywords_are_cut_with_a_notice(session: Session) -> None:
    report = read([row(关键词="一；二；三；四；五；六")])

    assert report.entries[0].values["keywords"] == ["一", "二", "三", "四", "五"]
    assert [notice.place for notice in report.notices] == ["第 2 行 J 列「关键词」"]


def test_a_list_of_the_other_kind_or_none_is_told(session: Session) -> None:
    with pytest.raises(Invalid) as caught:
        read([["甲", "乙"]], header=["需求名称", "企业名称"])
    assert "成果名称" in caught.value.message

    with pytest.raises(Invalid, match="没有数据行"):
        read([])
    with pytest.raises(Invalid, match="超过 1 行"):
        read([ROW, ROW], max_rows=1)


def test_demands_are_taken_with_all_that_is_theirs(
    session: Session, written: Callable[..., Path]
) -> None:
    header = (
        "需求名称 企业名称 统一社会信用代码 所属县市区 需求类型 技术领域 "
        "主要问题 技术指标要求 拟投入资金 合作方式"
    )
    more = "完成期限 是否揭榜 匿名 公开程度 联系人 联系电话"
    problem = "电机用轴承振动值离散，客户投诉有异音，废品率百分之六。"
    firm = "某某轴承厂（示例） 91350100M000100Y43 临清"
    cells = f"深沟球轴承异音攻关 {firm} 技术攻关 804 {problem} 振动≤34dB；要求现场服务"
    rest = "0.015亿 合作开发、委托开发 2027年9月 否 是 部分公开 技术部 13812345678"
    text = f"{header} {more}\n{cells} {rest}\n".replace(" ", ",")
    path = written("demands.csv", text, encoding="gb18030")

    outcome = rules.take(rules.read(path, "demand"), by=None, publish=True)
    found = one("深沟球轴承异音攻关", Demand)

    assert (outcome.new, outcome.published, outcome.problems) == (1, 1, [])
    assert (found.need, found.demand_type, found.budget) == (
        "technology",
        "tech_breakthrough",
        Decimal(150),
    )
    assert (found.deadline, found.anonymous, found.visibility) == (
        date(2027, 9, 30),
        True,
        "partial",
    )
    assert found.key_technology == "要求现场服务"
    assert found.cooperation_modes == ["cooperative_dev", "commissioned_dev"]
    assert (found.organisation.kind, found.organisation.district_code) == (
        "firm",
        "371581",
    )


def test_only_operators_take_lists(make: Factory) -> None:
    report = read([ROW])

    with pytest.raises(NotAllowed):
        rules.take(report, by=make.person("desk", make.organisation()))

    operator = make.person("operator")
    assert rules.take(report, by=operator, publish=True).published == 1
    assert one().owner_id == operator.id


def test_many_rows_ask_the_database_few_questions(session: Session) -> None:
    rows = [row(成果名称=f"第{number}种超精研磨降噪工艺") for number in range(1200)]
    report = read(rows)
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        outcome = rules.take(report, by=None, publish=True, dry_run=True)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)

    assert (outcome.new, outcome.published) == (1200, 1200)
    assert sum(statement.startswith("SELECT") for statement in statements) < 20


# --- giving out ------------------------------------------------------------------------------------------------------


def sheet_of(content: bytes) -> list[dict[str, Any]]:
    rows = list(
        load_workbook(io.BytesIO(content), read_only=True)
        .worksheets[0]
        .iter_rows(values_only=True)
    )
    return [dict(zip(rows[0], line, strict=True)) for line in rows[1:]]


FULL = {
    "achievement": {
        "innovation": "=1+1 的创新",
        "metrics": [
            {
                "name": "线膨胀系数α1",
                "operator": "range",
                "value": Decimal(7),
                "value_max": Decimal(8),
                "unit": "ppm/K",
            },
            {
                "name": "尺寸",
                "operator": "pm",
                "value": Decimal("12.5"),
                "value_max": Decimal("0.5"),
                "unit": "mm",
            },
            {
                "name": "热稳定性(120℃,15min)",
                "operator": "ge",
                "value": Decimal(48),
                "unit": "%",
            },
        ],
        "contributors": [
            {"name": "张三", "title": "教授", "role": "负责人", "share": Decimal(40)},
            {"name": "李四", "role": "成员"},
        ],
        "co_owners": [
            {"name": "中国某院、水利部某研究所"},
            {"name": "聊城大学（示例）"},
        ],
        "ips": [
            {
                "ip_type": "invention",
                "number": "ZL201710601862.3",
                "name": "甲",
                "legal_status": "granted",
                "pledged": True,
            },
            {"ip_type": "know_how", "name": "乙、丙", "applied_on": date(2020, 5, 1)},
        ],
        "price_mode": "range",
        "price_min": Decimal("0.5"),
        "price_max": Decimal(60),
        "stage": "small_batch",
        "trl": 8,
        "stage_evidence": "两家用户报告",
        "rd_start": "2022-03",
        "rd_end": "2024-10",
        "keywords": ["Al-Zn-Mg 合金"],
        "level": "domestic_leading",
        "evaluation_method": "review",
        "evaluated_on": date(2025, 1, 9),
        "registration_no": "3712026Y0001",
        "fiscal_funded": True,
        "secrecy": "internal",
        "note": "'@备注",
    },
    "demand": {
        "metrics": [
            {
                "name": "异音率",
                "operator": "le",
                "value": Decimal("0.5"),
                "unit": "%",
                "current": "6 %",
                "test_method": "目测",
            }
        ],
        "budget": Decimal("80.5"),
        "budget_negotiable": False,
        "start_year": 2026,
        "end_year": 2028,
        "deadline": date(2028, 9, 30),
        "expected_goal": "-降低一半",
        "anonymous": True,
        "need": "technology",
        "stage_wished": "pilot",
    },
}


@pytest.mark.parametrize("kind", LISTINGS)
@pytest.mark.parametrize("state", ["draft", "published"])
def test_taking_what_was_given_out_changes_nothing(
    make: Factory, kind: str, state: str
) -> None:
    getattr(make, kind)(state=state, **FULL[kind])
    getattr(make, kind)("只有必填内容的一条", state=state)
    db.session.expire_all()

    content = rules.workbook(
        kind, rules.for_export(kind, by=None, everything=True), by=None
    )
    report = rules.read(io.BytesIO(content), kind)
    outcome = rules.take(report, by=None)

    assert report.problems == []
    assert (outcome.unchanged, outcome.changed, outcome.new, outcome.problems) == (
        2,
        0,
        0,
        [],
    )


def test_cells_that_look_like_formulas_are_escaped(make: Factory) -> None:
    make.achievement(
        innovation="=cmd|'/c calc'!A1",
        prospects="@SUM(A1)",
        cases="正常文字",
        benefits="+86 与 -5",
    )

    (cells,) = sheet_of(
        rules.workbook("achievement", rules.for_export("achievement", by=None), by=None)
    )

    assert (
        cells["创新点"],
        cells["应用前景"],
        cells["应用案例"],
        cells["预期效益"],
    ) == (
        "'=cmd|'/c calc'!A1",
        "'@SUM(A1)",
        "正常文字",
        "'+86 与 -5",
    )


def test_a_guest_gets_no_more_than_the_pages_show(make: Factory) -> None:
    firm = make.organisation("隐名轴承厂（示例）", district="371581")
    make.demand(
        "不愿署名的一项需求", owner=firm, anonymous=True, intended_partner="某大学"
    )
    make.demand(
        "部分公开的一项需求",
        owner=firm,
        visibility="partial",
        key_technology="关键在这里",
        budget_negotiable=True,
    )
    make.demand("保密的一项需求要素", owner=firm, visibility="confidential")
    make.demand("还是草稿的一项需求", owner=firm, state="draft")
    guest = object()

    content = rules.workbook("demand", rules.for_export("demand", by=guest), by=guest)
    unnamed, partly = sheet_of(content)
    text = str([list(cells.values()) for cells in (unnamed, partly)])

    assert [unnamed["需求名称"], partly["需求名称"]] == [
        "不愿署名的一项需求",
        "部分公开的一项需求",
    ]
    assert unnamed["企业名称"] == "临清市某轴承企业"
    assert partly["主要问题"]
    assert partly["拟投入资金(万元)"] is None
    for secret in ("隐名轴承厂", "0635-0000002", "技术部", "关键在这里", "某大学"):
        assert (secret, secret in text) == (secret, False)


def test_the_owner_gets_his_own_in_full(make: Factory) -> None:
    firm = make.organisation("隐名轴承厂（示例）", district="371581")
    make.demand("不愿署名的一项需求", owner=firm, anonymous=True, visibility="partial")
    member = make.person("firm", firm)

    (cells,) = sheet_of(
        rules.workbook("demand", rules.for_export("demand", by=member), by=member)
    )

    assert (cells["企业名称"], cells["联系人"], cells["技术关键"]) == (
        "隐名轴承厂（示例）",
        "技术部",
        "滚道超精研磨参数与振动的关系。",
    )


def test_a_long_text_is_not_cut_without_a_word(make: Factory) -> None:
    make.achievement(state="draft", prospects="长" * 40_000)

    rows = rules.for_export("achievement", by=None, everything=True)
    (cells,) = sheet_of(rules.workbook("achievement", rows, by=None))

    assert (len(cells["应用前景"]), cells["应用前景"][-2:]) == (32_767, "长…")


@pytest.mark.parametrize("kind", LISTINGS)
def test_the_form_offers_what_the_importer_takes(session: Session, kind: str) -> None:
    book = load_workbook(io.BytesIO(rules.template(kind)))
    sheet = book.worksheets[0]
    header = [cell.value for cell in sheet[1]]
    offered = {cell.column: cell.value for cell in sheet[2]}

    assert book.sheetnames == [sheet.title, "可选值", "填写说明"]
    assert header[0] == "序号"
    assert sum(str(name).endswith("*") for name in header) >= 9
    assert offered[1] == "示例"
    drop_downs = {
        str(rule.sqref).split(":")[0]: rule
        for rule in sheet.data_validations.dataValidation
    }
    stage = header.index("所处阶段*" if kind == "achievement" else "希望成果阶段") + 1
    rule = drop_downs[f"{sheet.cell(2, stage).coordinate}"]
    area = book["可选值"][rule.formula1.split("!")[1].replace("$", "")]
    assert [cells[0].value for cells in area] == [
        "研制",
        "小试",
        "中试",
        "小批量",
        "产业化",
    ]
    assert sheet.cell(1, 2).comment is not None


@pytest.mark.parametrize("kind", LISTINGS)
def test_the_example_row_is_not_read_and_is_itself_good(
    session: Session, kind: str
) -> None:
    content = rules.template(kind)
    with pytest.raises(Invalid, match="没有数据行"):
        rules.read(io.BytesIO(content), kind)

    book = load_workbook(io.BytesIO(content))
    book.worksheets[0]["A2"] = 1
    out = io.BytesIO()
    book.save(out)
    outcome = rules.take(rules.read(out, kind), by=None, publish=True)

    assert (outcome.new, outcome.published, outcome.problems, outcome.drafts) == (
        1,
        1,
        [],
        [],
    )


def test_every_closed_list_of_a_form_has_a_chinese_name(session: Session) -> None:
    for kind in LISTINGS:
        book = load_workbook(io.BytesIO(rules.template(kind)), read_only=True)
        heads = next(book["可选值"].iter_rows(values_only=True))
        assert all(
            any("\u4e00" <= sign <= "\u9fff" for sign in str(head)) for head in heads
        )


def test_words_know_the_dictionaries_of_the_database(session: Session) -> None:
    assert rules.words()["fields"].names == names_by_code(HitechField)
