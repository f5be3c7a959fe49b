"""Organisations as people write them into a cell: who is named, in which order, what is left out and what refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.parsing import ParseError
from marketplace.parsing.organisation_lists import (
    read_organisations,
    write_organisations,
)
from marketplace.parsing.unnamed import is_unnamed_organisation

FIRM = "山东砺石轴承有限公司"
UNIVERSITY = "聊城大学"
OTHER = "山东大学"


@pytest.mark.parametrize(
    "raw",
    [
        "山东砺石轴承有限公司（盖章）",
        "山东砺石轴承有限公司(公 章)",
        "山东砺石轴承有限公司【签章】",
        "山东砺石轴承有限公司（加盖单位公章）",
        "山东砺石轴承有限公司（签字、盖章）",
        "山东砺石轴承有限公司盖章",
        "山东砺石轴承有限公司（盖章",
        "（盖章）山东砺石轴承有限公司",
        "山东砺石轴承有限公司（联系人张三）",
        "山东砺石轴承有限公司（负责人：张三）",
        "单位名称：山东砺石轴承有限公司",
        "单位名称（公章）:山东砺石轴承有限公司",
        "企业名称 山东砺石轴承有限公司",
        "申报单位：山东砺石轴承有限公司（盖章）",
        "完成单位\n山东砺石轴承有限公司",
        "【需求单位】山东砺石轴承有限公司",
        "牵头单位：山东砺石轴承有限公司",
        "1.山东砺石轴承有限公司",
        "① 山东砺石轴承有限公司",
        "（一）山东砺石轴承有限公司",
        "山东砺石轴承有限公司（牵头）",
        "山东砺石轴承有限公司；",
        "山东砺石轴承有限公司。",
        "“山东砺石轴承有限公司”",
        "山东砺石轴承\n有限公司",
        "山东 砺石 轴承 有限公司",
        "山东砺石轴承有限公司\u200b",
        "● 山东砺石轴承有限公司",
        "山东砺石轴承有限公司 2026年11月20日",
        "山东砺石轴承有限公司、山东砺石轴承有限公司",
        "山东砺石轴承有限公司（原聊城轴承厂）",
        "山东砺石轴承有限公司 (原聊城轴承厂)",
        "山东砺石轴承有限公司 （曾用名 聊城轴承厂）",
        "山东砺石轴承有限公司\u3000（简称：砺石轴承）",
        "山东砺石轴承有限公司 （原聊城轴承厂） （盖章）",
    ],
)
def test_a_firm_is_the_same_whatever_stands_around_its_name(raw: str) -> None:
    assert read_organisations(raw) == [FIRM]


@pytest.mark.parametrize(
    "raw",
    [
        "聊城大学；山东大学",
        "聊城大学;山东大学;",
        "聊城大学\n山东大学",
        "聊城大学、山东大学",
        "聊城大学、山东大学；",
        "聊城大学，山东大学",
        "聊城大学/山东大学",
        "聊城大学|山东大学",
        "聊城大学\t山东大学",
        "聊城大学 山东大学",
        "聊城大学+山东大学",
        "聊城大学和山东大学",
        "聊城大学与山东大学联合申报",
        "1.聊城大学 2.山东大学",
        "1、聊城大学2、山东大学",
        "1) 聊城大学\n2) 山东大学",
        "1 聊城大学 2 山东大学",
        "①聊城大学②山东大学",
        "⑴聊城大学；⑵山东大学",
        "（1）聊城大学（2）山东大学",
        "一、聊城大学 二、山东大学",
        "聊城大学（1）、山东大学（2）",
        "山东大学（2）、聊城大学（1）",
        "聊城大学（牵头）、山东大学（参与）",
        "聊城大学（牵头单位）山东大学（合作单位）",
        "聊城大学（第一完成单位）；山东大学（第二完成单位）",
        "山东大学（参与）、聊城大学（牵头）",
        "山东大学（协作）、聊城大学",
        "牵头：聊城大学 合作：山东大学",
        "牵头单位：聊城大学；参与单位：山东大学",
        "牵头单位：聊城大学合作单位：山东大学",
        "合作单位：山东大学 牵头单位：聊城大学",
        "【牵头单位】聊城大学【合作单位】山东大学",
        "牵头单位\n聊城大学\n参与单位\n山东大学",
        "由聊城大学牵头，山东大学参与",
        "聊城大学牵头、山东大学参加",
        "申报单位：1.聊城大学；2.山东大学（盖章）",
        "聊城大学（盖章） 山东大学（盖章）",
        "第一完成单位：聊城大学，第二完成单位：山东大学",
        "聊城大学牵头，联合山东大学",
        "聊城大学联合山东大学",
        "聊城大学—山东大学",
        "聊城大学·山东大学",
        "聊城大学①山东大学②",
        "A.聊城大学 B.山东大学",
        "单位一：聊城大学 单位二：山东大学",
        "联合申报单位：聊城大学、山东大学",
        "聊城大学（排名第1）、山东大学（排名第2）",
    ],
)
def test_two_organisations_are_never_one(raw: str) -> None:
    assert read_organisations(raw) == [UNIVERSITY, OTHER]


@pytest.mark.parametrize(
    "name",
    [
        "齐鲁工业大学（山东省科学院）",
        "山东时风（集团）有限公司",
        "聊城大学（东昌校区）",
        "聊城砺合企业管理合伙企业（有限合伙）",
        "机械与汽车工程学院",
        "聊城市农、林研究所",
        "聊城市和平医院",
        "中国电子科技集团公司第22研究所",
        "中国船舶集团第七〇三研究所",
        "3M中国有限公司",
        "Shandong Lishi Bearing Co., Ltd.",
        "Novo Nordisk A/S",
        "Fraunhofer-Gesellschaft",
        "中国联合网络通信有限公司",
        "聊城大学东昌学院",
        "北京大学（聊城）产业技术研究院",
        "国家电网有限公司聊城供电公司",
        "Johnson & Johnson",
        "聊城大学（示例）",
    ],
)
def test_what_belongs_to_a_name_stays(name: str) -> None:
    found = read_organisations(name)

    assert found == [name]
    assert found.remarks == []


@pytest.mark.parametrize(
    ("raw", "names", "left_out"),
    [
        ("齐鲁工业大学\n（山东省科学院）", ["齐鲁工业大学（山东省科学院）"], ""),
        ("聊城大学 机械与汽车工程学院", ["聊城大学机械与汽车工程学院"], ""),
        ("聊城大学\n机械与汽车工程学院", ["聊城大学机械与汽车工程学院"], ""),
        ("聊城大学 机械学院 山东大学", ["聊城大学机械学院", OTHER], ""),
        ("聊城大学 齐鲁医药学院", [UNIVERSITY, "齐鲁医药学院"], ""),
        ("单位名称：聊城大学；法人：李四", [UNIVERSITY], "李四"),
        ("聊城大学等3家单位", [UNIVERSITY], "等3家单位"),
        ("聊城大学、山东大学等", [UNIVERSITY, OTHER], "等"),
        ("聊城大学（联系人：张三）", [UNIVERSITY], "张三"),
        ("聊城大学 联系人：张三 电话：13800000000", [UNIVERSITY], "13800000000"),
        ("推荐单位：聊城市科技局 申报单位：聊城大学", [UNIVERSITY], "聊城市科技局"),
        ("山东砺石轴承有限公司（原临清轴承厂）", [FIRM], "原临清轴承厂"),
        ("山东砺石轴承有限公司（以下简称“砺石”）", [FIRM], "以下简称"),
        ("山东砺石轴承有限公司（91371502DEMA00137J）", [FIRM], "91371502DEMA00137J"),
        ("山东大学（参与）、聊城大学（牵头）", [UNIVERSITY, OTHER], UNIVERSITY),
        ("牵头单位：聊城大学 合作单位：无", [UNIVERSITY], ""),
        ("“甲院、乙所”；聊城大学", ["甲院、乙所", UNIVERSITY], ""),
    ],
)
def test_what_is_left_out_is_named(raw: str, names: list[str], left_out: str) -> None:
    found = read_organisations(raw)

    assert found == names
    assert left_out in "".join(found.remarks)
    assert bool(left_out) == bool(found.remarks)


@pytest.mark.parametrize(
    "raw",
    [
        "时风、聊城大学",
        "时风/信发",
        "时风 聊城大学",
        "聊城大学 张三",
        "聊城大学 时风 山东大学",
        "聊城大学（牵头）、山东大学（牵头）",
        "合作单位：聊城大学",
        "聊城大学（参与）、山东大学（参与）",
        "甲方：聊城大学 乙方：山东大学",
        "山东砺石轴承有限公司 13800000000",
        "联系人：张三",
        "电话：0635-8230000",
        "大" * 121,
    ],
)
def test_what_is_not_sure_is_refused(raw: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_organisations(raw)

    assert caught.value.message
    assert caught.value.allowed


@pytest.mark.parametrize("raw", ["单位名称（盖章）：", "牵头单位", "无", "  ", None])
def test_a_place_nobody_filled_in_is_empty(raw: str | None) -> None:
    assert read_organisations(raw) is None


@given(
    st.lists(
        st.sampled_from(
            [
                UNIVERSITY,
                OTHER,
                FIRM,
                "甲院、乙所",
                "齐鲁工业大学（山东省科学院）",
                "时风",
                "甲/乙",
                "1.号厂",
                "牵头：某",
                "Lishi Co., Ltd.",
            ]
        ),
        min_size=1,
        max_size=4,
        unique=True,
    )
)
def test_names_come_back_as_they_were_written(names: list[str]) -> None:
    assert read_organisations(write_organisations(names)) == names


@pytest.mark.parametrize(
    "name",
    [
        *("某高校", "某大学", "某企业", "聊城某轴承厂", "某某有限公司", "单位未公开"),
        *(
            "XX公司",
            "ＸＸ集团",
            "xx大学",
            "X公司",
            "山东X石有限公司",
            "A公司",
            "甲企业",
        ),
        *("***有限公司", "×××", "××有限公司", "山东**轴承有限公司", "□□公司", "○○厂"),
        *(
            "匿名企业",
            "匿名",
            "保密",
            "保密单位",
            "企业名称保密",
            "（保密）",
            "不便透露",
        ),
        *("企业不愿公开", "暂不公布", "已脱敏", "登录后可见", "会员可见", "点击查看"),
        *(
            "详见附件",
            "见附表",
            "同上",
            "〃",
            "待定",
            "待补充",
            "暂无",
            "无",
            "--",
            "略",
        ),
        *(
            "本单位",
            "我公司",
            "一家企业",
            "聊城市一家化工企业",
            "临清轴承企业",
            "省内高校",
        ),
        *(
            "国内知名企业",
            "有限公司",
            "轴承有限公司",
            "轴承厂（不便公开）",
            "自然人",
            "个人",
        ),
    ],
)
def test_a_placeholder_is_no_organisation(name: str) -> None:
    assert is_unnamed_organisation(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            UNIVERSITY,
            FIRM,
            "聊城大学（示例）",
            "甲校",
            "乙厂",
            "华为",
            "时风",
            "Exxon",
        ),
        *("中国船舶集团第七〇三研究所", "Maxxis", "聊城砺合合伙企业（有限合伙）"),
        *(
            "聊城市中小企业服务中心",
            "景阳化工新材料企业技术中心（示例）",
            "电子科技大学",
        ),
        *(
            "山东X射线设备有限公司",
            "示例轴承有限公司",
            "无锡轴承有限公司",
            "聊城保密印刷厂",
        ),
        *("齐鲁工业大学（山东省科学院）", "东阿阿胶股份有限公司", "3M中国有限公司"),
    ],
)
def test_a_name_is_no_placeholder(name: str) -> None:
    assert not is_unnamed_organisation(name)
