"""People as they are written into a cell: who is named, as what, what is left out and what refused; and contacts."""

from __future__ import annotations

import sys
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.parsing import ParseError
from marketplace.parsing.contact_cells import read_contact
from marketplace.parsing.organisation_lists import read_organisations
from marketplace.parsing.people import read_people, write_people

ZHANG = {"name": "张三"}
LI = {"name": "李四"}


@pytest.mark.parametrize(
    "raw",
    [
        "张三、李四",
        "张三，李四",
        "张三;李四；",
        "张三/李四",
        "张三|李四",
        "张三\n李四",
        "张三 李四",
        "张 三、李 四",
        "张三和李四",
        "1.张三 2.李四",
        "1、张三2、李四",
        "①张三②李四",
        "（1）张三（2）李四",
        "一、张三 二、李四",
        "张三（1）、李四（2）",
        "李四（2）、张三（1）",
        "完成人：张三、李四",
        "主要完成人：1.张三；2.李四",
        "姓名：张三；姓名：李四",
        "张三、李四、张三",
        "张三\u200b、李四",
        "张三（签字）、李四",
        "张三¹、李四²",
        "张三①、李四②",
        "A. 张三 B. 李四",
        "完成人（按贡献排序）：张三、李四",
        "张三①李四②",
        "张三⑴李四⑵",
    ],
)
def test_two_people_are_never_one(raw: str) -> None:
    found = read_people(raw)

    assert found == [ZHANG, LI]
    assert found.remarks == []


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("张 三", "张三"),
        ("张 三 丰", "张三丰"),
        ("欧阳 娜娜", "欧阳娜娜"),
        ("欧 阳 娜 娜", "欧阳娜娜"),
        ("欧阳娜娜", "欧阳娜娜"),
        ("东方 宁", "东方宁"),
        ("李和平", "李和平"),
        ("张杨子涵", "张杨子涵"),
        ("阿卜杜拉·买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉 ・ 买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉.买买提", "阿卜杜拉·买买提"),
        ("买买提江吐尔逊", "买买提江吐尔逊"),
        ("古丽娜尔·艾合买提江", "古丽娜尔·艾合买提江"),
        ("John Smith", "John Smith"),
        ("Jean-Paul O'Neill", "Jean-Paul O'Neill"),
        ("Smith, John；", "Smith, John"),
        ("①张三", "张三"),
        ("姓名：张三", "张三"),
        ("示例甲", "示例甲"),
    ],
)
def test_one_name_stays_one(raw: str, name: str) -> None:
    assert read_people(raw) == [{"name": name}]


@pytest.mark.parametrize(
    ("raw", "people"),
    [
        ("张三（教授）", [ZHANG | {"title": "教授"}]),
        ("张三 教授", [ZHANG | {"title": "教授"}]),
        ("张三教授", [ZHANG | {"title": "教授"}]),
        ("张三-教授", [ZHANG | {"title": "教授"}]),
        ("张三：教授", [ZHANG | {"title": "教授"}]),
        ("教授 张三", [ZHANG | {"title": "教授"}]),
        ("Prof. John Smith", [{"name": "John Smith", "title": "Prof"}]),
        ("负责人：张三", [ZHANG | {"role": "负责人"}]),
        ("项目负责人张三", [ZHANG | {"role": "项目负责人"}]),
        ("张三（项目负责人）", [ZHANG | {"role": "项目负责人"}]),
        ("张三（负责人，教授）", [ZHANG | {"title": "教授", "role": "负责人"}]),
        ("张三（负责人；教授）", [ZHANG | {"title": "教授", "role": "负责人"}]),
        ("张三（；成员）", [ZHANG | {"role": "成员"}]),
        ("张三（工程师、硕士）", [ZHANG | {"title": "工程师、硕士"}]),
        ("张三，副教授，博士生导师", [ZHANG | {"title": "副教授、博士生导师"}]),
        ("张三 副主任医师", [ZHANG | {"title": "副主任医师"}]),
        (
            "张三，教授；李四，副教授",
            [ZHANG | {"title": "教授"}, LI | {"title": "副教授"}],
        ),
        (
            "张三、高级工程师、李四、讲师",
            [ZHANG | {"title": "高级工程师"}, LI | {"title": "讲师"}],
        ),
        (
            "张三（教授）李四（讲师）",
            [ZHANG | {"title": "教授"}, LI | {"title": "讲师"}],
        ),
        (
            "教授：张三；讲师：李四",
            [ZHANG | {"title": "教授"}, LI | {"title": "讲师"}],
        ),
        (
            "负责人：张三 成员：李四、王五",
            [
                ZHANG | {"role": "负责人"},
                LI | {"role": "成员"},
                {"name": "王五", "role": "成员"},
            ],
        ),
        ("组长张三、组员李四", [ZHANG | {"role": "组长"}, LI | {"role": "组员"}]),
        (
            "张三 60%、李四（讲师；40%）",
            [
                ZHANG | {"share": Decimal(60)},
                LI | {"title": "讲师", "share": Decimal(40)},
            ],
        ),
        ("姓名：张三 职称：研究员", [ZHANG | {"title": "研究员"}]),
    ],
)
def test_titles_and_roles_are_no_people(raw: str, people: list[dict[str, Any]]) -> None:
    found = read_people(raw)

    assert found == people
    assert found.remarks == []


@pytest.mark.parametrize(
    ("raw", "left_out"),
    [
        ("张三（男）、李四（女）", "男"),
        ("张三（1980-）、李四", "1980-"),
        ("张三（1975—2020）、李四", "1975"),
        ("张三，男，李四，女", "男"),
        ("张三（汉族，45岁）、李四", "45岁"),
        ("张三、李四 等", "等"),
        ("张三、李四等5人", "等5人"),
        ("张三、李四等", "等"),
        ("张三，李四等", "等"),
        ("张三、李四……", "……"),
        ("张三、李四等同志", "等同志"),
        ("张三（聊城大学）、李四", "聊城大学"),
        ("张三，聊城大学；李四，山东大学", "山东大学"),
        ("张三 13800000000、李四", "13800000000"),
        ("张三（Zhang San）、李四", "Zhang San"),
        ("张三、李四（排名不分先后）", "排名不分先后"),
        ("张三、李四 单位：聊城大学", "聊城大学"),
        ("张三课题组、李四", "课题组"),
    ],
)
def test_what_no_column_holds_is_named(raw: str, left_out: str) -> None:
    found = read_people(raw)

    assert found == [ZHANG, LI]
    assert any(left_out in remark for remark in found.remarks)


@pytest.mark.parametrize(
    "raw",
    [
        *(
            "张**",
            "张*",
            "李XX",
            "王×",
            "张某",
            "张某某",
            "某某",
            "匿名",
            "保密",
            "佚名",
        ),
        *("登录后可见", "详见附件", "不便透露", "张三、李*", "张三；保密", "同上"),
        *(
            "聊城大学",
            "课题组",
            "研发团队",
            "机械学院课题组",
            "张三李四",
            "张三李四王五",
        ),
        *("张 三 李 四", "张小 明", "王教授", "李工", "王", "高工", "张三1、李四2"),
        *("张三-李四", "张三·李四", "刘洋 洋", "李先生", "张三、待定"),
        *("Smith, John", "电话：13800000000", "张三（150%）", "男"),
    ],
)
def test_who_is_not_sure_is_nobody(raw: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_people(raw)

    assert caught.value.message
    assert caught.value.allowed


@pytest.mark.parametrize(
    "text",
    [
        *(
            "单位",
            "牵头",
            "甲：",
            "1. ",
            "（1）",
            "大学和",
            "张三和",
            "副主任",
            "项目",
            "一、",
        ),
        *(
            "张三（教授）",
            "大学 ",
            "公司",
            "联系人：",
            "本多",
            "未填",
            "(",
            "-",
            "a ",
            "张 ",
        ),
    ],
)
def test_no_text_takes_long(text: str) -> None:
    """Counted are the deepest calls and not seconds: a busy machine must not fail this."""
    long = (text * 2000)[:2000]
    calls = 0

    def count_call(*_: Any) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count_call)
    try:
        for read in (read_people, read_organisations, read_contact):
            with suppress(ParseError):
                read(long)
    finally:
        sys.setprofile(None)

    assert calls < 2_000_000


NAMES = st.sampled_from(
    ["张三", "欧阳娜娜", "阿卜杜拉·买买提", "John Smith", "Smith, John", "示例甲"]
)
TITLES = st.sampled_from(
    ["", "教授", "负责人", "工程师、硕士", "聊城大学教授", "副研究员"]
)
ROLES = st.sampled_from(["", "负责人", "项目负责人", "成员", "方案、试验"])
SHARES = st.sampled_from([None, Decimal(40), Decimal("12.5")])


@given(st.lists(st.tuples(NAMES, TITLES, ROLES, SHARES), max_size=4, min_size=1))
def test_people_come_back_as_they_were_written(
    people: list[tuple[str, str, str, Decimal | None]],
) -> None:
    named = list({person[0]: person for person in people}.values())
    expected = []
    for person in named:
        row = dict(zip(("name", "title", "role", "share"), person, strict=True))
        expected.append({key: value for key, value in row.items() if value})

    assert read_people(write_people(named)) == expected


@pytest.mark.parametrize(
    ("raw", "name", "number"),
    [
        ("张三", "张三", ""),
        ("李先生", "李先生", ""),
        ("郑工", "郑工", ""),
        ("科技处成果转化科", "科技处成果转化科", ""),
        ("张三（科技处）", "张三（科技处）", ""),
        ("联系人：张三", "张三", ""),
        ("1.张三", "张三", ""),
        ("张 三", "张三", ""),
        ("张三（男）", "张三", ""),
        ("张三 13800000000", "张三", "13800000000"),
        ("张三（电话：0635-8230000）", "张三", "0635-8230000"),
        ("张三 电话：13800000000", "张三", "13800000000"),
        ("张三 zs@demo.example", "张三", "zs@demo.example"),
        ("法人：李四 13900000001 联系人：张三", "张三", ""),
        ("联系人：张三 13800000002；法人：李四 13900000001", "张三", "13800000002"),
        ("张三、李四", "张三、李四", ""),
    ],
)
def test_contacts(raw: str, name: str, number: str) -> None:
    found = read_contact(raw)

    assert found is not None
    assert (found.name, found.number) == (name, number)


@pytest.mark.parametrize(
    "raw",
    [
        *(
            "张**",
            "张*",
            "转**",
            "***",
            "登录后可见",
            "会员可见",
            "详见附件",
            "保密",
            "匿名",
        ),
        *(
            "先生",
            "转人工",
            "请登录查看",
            "李*明",
            "联系平台",
            "13800000000",
            "法人：李四；负责人：张三",
            "电话：13800000000",
        ),
    ],
)
def test_who_is_hidden_is_no_contact(raw: str) -> None:
    with pytest.raises(ParseError):
        read_contact(raw)


def test_an_empty_place_is_no_contact() -> None:
    assert [read_contact(raw) for raw in ("", "无", "暂无", None)] == [None] * 4
