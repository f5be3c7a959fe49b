"""Organisations, people and contacts in the cells of a list: who is stored, what is said, who becomes nobody."""

from __future__ import annotations

import io
from typing import Any

import pytest
from sqlalchemy.orm import Session

from marketplace.exchange.deeds import import_rows
from marketplace.exchange.exporting import workbook
from marketplace.exchange.importing import parse_file
from marketplace.exchange.reports import Outcome
from marketplace.listings.models import Demand
from marketplace.organisations.models import Organisation
from marketplace.permissions import Guest
from tests.factories import Factory
from tests.marketplace.exchange.lists import (
    ROW,
    count,
    import_list,
    one,
    row,
    verify_holder,
)
from tests.marketplace.exchange.test_awkward import HEADER as DEMAND_HEADER
from tests.marketplace.exchange.test_awkward import ROW as DEMAND_ROW


def import_demand(**changed: str) -> Outcome:
    cells = [
        changed.get(name, cell)
        for name, cell in zip(DEMAND_HEADER, DEMAND_ROW, strict=True)
    ]
    lines = ("\t".join(DEMAND_HEADER), "\t".join(cells))
    report = parse_file(
        io.BytesIO("\n".join(lines).encode()), "demand", name="list.tsv"
    )
    return import_rows(report, by=None)


def said(outcome: Outcome) -> str:
    return "".join(notice.message for notice in outcome.notices)


@pytest.mark.parametrize(
    ("cell", "holder", "co_owners"),
    [
        ("聊城大学（盖章）", "聊城大学", []),
        ("完成单位：聊城大学", "聊城大学", []),
        ("1.聊城大学 2.山东大学", "聊城大学", ["聊城大学", "山东大学"]),
        ("聊城大学（牵头）、山东大学（参与）", "聊城大学", ["聊城大学", "山东大学"]),
        ("山东大学（参与）；聊城大学（牵头）", "聊城大学", ["聊城大学", "山东大学"]),
        ("牵头：聊城大学 合作：山东大学", "聊城大学", ["聊城大学", "山东大学"]),
        ("聊城大学/山东大学", "聊城大学", ["聊城大学", "山东大学"]),
        ("聊城大学\n山东大学", "聊城大学", ["聊城大学", "山东大学"]),
        ("齐鲁工业大学（山东省科学院）", "齐鲁工业大学（山东省科学院）", []),
        ("聊城大学；某企业", "聊城大学", []),
    ],
)
def test_completing_organisations(
    session: Session, cell: str, holder: str, co_owners: list[str]
) -> None:
    outcome = import_list([row(完成单位=cell)])
    found = one()

    assert outcome.problems == []
    assert (found.organisation.name, count(Organisation)) == (holder, 1)
    assert [owner.name for owner in found.co_owners] == co_owners
    assert ("某企业" in cell) == ("隐去的名称" in said(outcome))


def test_spellings_of_one_holder_are_one_organisation(session: Session) -> None:
    cells = [
        *(
            "聊城大学",
            "聊城大学（盖章）",
            "单位名称：聊城大学",
            "1、聊城大学",
            "聊城 大学",
        ),
        *("聊城大学（牵头）", "申报单位（公章）：聊城大学", "“聊城大学”", "聊城大学；"),
    ]
    rows = [
        row(成果名称=f"第{number}种工艺", 完成单位=cell)
        for number, cell in enumerate(cells)
    ]

    outcome = import_list(rows)

    assert (outcome.new, outcome.problems) == (len(cells), [])
    assert count(Organisation) == 1


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("山东砺石轴承有限公司（盖章）", ""),
        ("企业名称：山东砺石轴承有限公司", ""),
        ("山东砺石轴承有限公司、聊城大学", "聊城大学"),
        ("山东砺石轴承有限公司（牵头） 聊城大学（合作）", "聊城大学"),
        ("合作单位：聊城大学；牵头单位：山东砺石轴承有限公司", "聊城大学"),
        ("山东砺石轴承有限公司 联系人：张三", "张三"),
        ("山东砺石轴承有限公司（原临清轴承厂）", "原临清轴承厂"),
    ],
)
def test_a_demand_has_one_firm_and_tells_of_others(
    session: Session, cell: str, told: str
) -> None:
    outcome = import_demand(企业名称=cell)

    assert outcome.problems == []
    assert one(DEMAND_ROW[0], Demand).organisation.name == "山东砺石轴承有限公司"
    assert count(Organisation) == 1
    assert told in said(outcome)
    assert bool(told) == bool(outcome.notices)


@pytest.mark.parametrize(
    "cell",
    [
        *("某企业", "聊城市某轴承企业", "单位未公开", "XX公司", "***有限公司", "×××"),
        *("匿名企业", "保密", "不便透露", "登录后可见", "本公司"),
        *("山东**轴承有限公司", "企业（保密）", "轴承企业", "甲企业", "自然人"),
    ],
)
def test_a_firm_without_a_name_is_refused_with_what_to_do(
    session: Session, cell: str
) -> None:
    outcome = import_demand(企业名称=cell)

    (problem,) = outcome.problems
    assert "隐去的名称" in problem.message
    assert "不公开单位名称" in problem.allowed
    assert (count(Demand), count(Organisation)) == (0, 0)


@pytest.mark.parametrize("cell", ["详见附件", "同上", "＃REF！", "[图片]"])
def test_a_firm_that_is_named_elsewhere_is_refused(session: Session, cell: str) -> None:
    outcome = import_demand(企业名称=cell)

    (problem,) = outcome.problems
    assert problem.header == "企业名称"
    assert problem.allowed
    assert (count(Demand), count(Organisation)) == (0, 0)


@pytest.mark.parametrize(
    "cell", ["某大学", "某高校", "XX大学", "**大学", "匿名", "待定"]
)
def test_a_university_without_a_name_is_refused(session: Session, cell: str) -> None:
    outcome = import_list([row(完成单位=cell)])

    assert "隐去的名称" in outcome.problems[0].message
    assert count(Organisation) == 0


@pytest.mark.parametrize("cell", ["无", "暂无", "—", "", "单位名称（盖章）："])
def test_an_empty_owner_is_missing(session: Session, cell: str) -> None:
    outcome = import_demand(企业名称=cell)

    assert "没有填写单位" in outcome.problems[0].message
    assert count(Organisation) == 0


@pytest.mark.parametrize("values", [{"anonymous": True}, {"visibility": "partial"}])
def test_what_a_guest_exports_names_nobody_when_it_comes_back(
    session: Session, make: Factory, values: dict[str, Any]
) -> None:
    hidden = make.demand("不愿署名的一项需求", **values)
    before = count(Organisation)
    file = io.BytesIO(workbook("demand", [hidden], reader=Guest()))

    outcome = import_rows(
        parse_file(file, "demand", name="list.xlsx"), by=None, publish=True
    )

    assert (outcome.new, outcome.changed, outcome.refused) == (0, 0, 1)
    assert "隐去的名称" in outcome.problems[0].message
    assert (count(Demand), count(Organisation)) == (1, before)


@pytest.mark.parametrize(
    ("cell", "people"),
    [
        ("张三，教授；李四，副教授", [("张三", "教授"), ("李四", "副教授")]),
        ("1.张三 2.李四", [("张三", ""), ("李四", "")]),
        ("张三/李四", [("张三", ""), ("李四", "")]),
        ("欧阳 娜娜、张 三", [("欧阳娜娜", ""), ("张三", "")]),
        ("阿卜杜拉·买买提", [("阿卜杜拉·买买提", "")]),
        ("张三（男）、李四 等", [("张三", ""), ("李四", "")]),
    ],
)
def test_completing_people(
    session: Session, cell: str, people: list[tuple[str, str]]
) -> None:
    outcome = import_list([row(完成人=cell)])

    assert [(one.name, one.title) for one in one().contributors] == people
    assert ("男" in cell) == ("「男」没有记录" in said(outcome))


@pytest.mark.parametrize(
    "cell", ["张**", "某某", "保密", "登录后可见", "聊城大学", "张三李四"]
)
def test_people_who_are_not_sure_leave_a_draft(session: Session, cell: str) -> None:
    verify_holder()
    outcome = import_list([row(完成人=cell)], publish=True)

    (draft,) = outcome.drafts
    assert draft.header == "完成人"
    assert "没有导入" in draft.message
    assert (one().state, one().contributors) == ("draft", [])


@pytest.mark.parametrize(
    "cell", ["张**", "转**", "登录后可见", "会员可见", "详见附件", "保密"]
)
def test_a_hidden_contact_leaves_a_draft(session: Session, cell: str) -> None:
    verify_holder()
    outcome = import_list([row(联系人=cell)], publish=True)

    (draft,) = outcome.drafts
    assert draft.header == "联系人"
    assert (one().state, one().contact_name) == ("draft", "")


@pytest.mark.parametrize(
    ("name", "phone", "stored"),
    [
        ("李先生", ROW[-1], ("李先生", ROW[-1])),
        ("张三 13800000000", "", ("张三", "13800000000")),
        ("张三 13800000000", ROW[-1], ("张三", ROW[-1])),
        ("法人：李四 13900000001 联系人：张三", ROW[-1], ("张三", ROW[-1])),
        ("联系人：张三（男）", ROW[-1], ("张三", ROW[-1])),
        ("", "张三 13800000000", ("张三", "13800000000")),
    ],
)
def test_contacts(
    session: Session, name: str, phone: str, stored: tuple[str, str]
) -> None:
    import_list([row(联系人=name, 联系电话=phone)])

    assert (one().contact_name, one().contact_phone) == stored
