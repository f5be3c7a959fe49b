"""Rows of a list that are no listings, and listings that look like them."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from marketplace.exchange.importing import parse_file
from marketplace.exchange.reports import Report

HEADER = "序号|需求名称|企业名称|主要问题|拟投入资金|联系人|联系电话"
ROW = (
    "1|轴承套圈磨削烧伤在线检测|临清试样轴承有限公司|磨削烧伤靠人工抽检，漏检率高，想在线检测出来，现有设备不换。|"
    "50|技术部|0635-8230000"
)
PROBLEM = "现在靠人工抽检，漏检率高，想在线检测出来，现有设备不换。"
# Rows of the list above, as they stand in the file, by what they are.
NO_LISTINGS = {
    "作废、撤回或已解决的内容": [
        f"2|{title}|临清试样轴承有限公司|现在靠人工抽检|50|技术部|0635-8230000"
        for title in (
            "作废：端盖气孔控制",
            "（已撤回）端盖气孔控制",
            "【已解决】端盖气孔控制",
            "端盖气孔控制（已取消）",
            "端盖（铸铝）气孔控制（已取消）",
            "端盖（已撤回）气孔控制",
            "已撤销",
        )
    ],
    "已签约或成交的内容": [
        f"2|{title}|临清试样轴承有限公司|现在靠人工抽检|50|技术部|0635-8230000"
        for title in (
            "端盖气孔控制（已签约）",
            "端盖（已签约）气孔控制",
            "【已成交】端盖气孔控制",
            "已签约：端盖气孔控制",
            "端盖气孔控制 - 已经签约",
            "已对接成功",
        )
    ],
    "示例": [
        "示例|轴承降噪|示例公司|现在怎么做|50",
        "例|轴承降噪|某公司|现在怎么做|50",
        "例1|轴承降噪|示例公司",
        "（示例）|轴承降噪|示例公司",
        "【例】|轴承降噪|示例公司",
        "样例|轴承降噪|示例公司",
        "填写示例|轴承降噪|示例公司|问题",
        "e.g.|轴承降噪|示例公司",
        "|示例|||",
        "|示例：轴承降噪|示例公司|问题|50",
        "|（示例）轴承降噪|示例公司|问题|50",
        "|【示例】轴承降噪|示例公司|问题|50",
        "|例：轴承降噪|示例公司|问题|50",
        "|如：轴承降噪|示例公司|问题|50",
        "|例如：轴承降噪|示例公司|问题|50",
        "1|（例）轴承降噪|示例公司|问题|50",
        "1|示例1：轴承降噪|示例公司|问题|50",
        "|范例一|示例公司|问题",
        "|样本|示例公司|问题|50",
        "|模板行|示例",
        "|（范本）轴承降噪|某公司|问题",
        "|{示例}轴承降噪|某公司|问题",
        "|〖示例〗轴承降噪|某公司|问题",
        "|*示例* 轴承降噪|某公司|问题",
        "|示例-轴承降噪|某公司|问题",
        "|示例 轴承降噪|某公司|问题",
        "|轴承降噪|样例企业|问题|50",
        "|XXX|XXX公司|XXXX",
        "|×××需求|×××公司|×××",
        "|***|***|***",
    ],
    "填表人等落款": [
        "填表人：张三|审核人：李四|填表日期：2026年11月20日",
        "填表人 张三|审核人 李四|报送时间 2026年11月20日",
        "|填表人|张三|分管领导|李四",
        "|填表人张三|审核人李四",
        "|填报人 张三  联系电话 0635-8230000",
        "|单位负责人（签字）||填表人||报送时间",
        "|单位负责人|王五|分管领导|赵六",
        "|分管领导：|",
        "|分管局长（签字）：",
        "|报送时间|2026年11月20日",
        "|报送时间2026年11月",
        "|报送单位：临清市科技局（盖章）",
        "|联系电话|0635-8230000",
        "|联系电话 0635-8230000",
        "|填报单位（盖章）|临清市科技局|填报日期|2026-11-20",
        "|单位（盖章）",
        "（盖章）|",
        "|（公章）",
        "|填 表 人：张三|联 系 电 话：0635-8230000",
        "|制表：张三||复核：李四",
        "|2026年11月20日",
        "|二〇二六年十一月二十日",
        "|||||年  月  日",
        "|日期：",
        "审核|李四|批准|王五",
        "|填表人|张三|13800000000",
        "法定代表人（签字）：||单位公章：",
        "|主管部门意见：|",
        "|分管领导签字：||经办人签字：",
        "|临清市科学技术局（盖章）",
        "|联系人及电话：张三 0635-8230000",
        "|咨询电话：0635-8230000",
        "|科室负责人签字|",
        "|填报人签名：张三|日期：2026.11.20",
        "联系人|张三|联系电话|13800000000",
        "|甲方签字：|乙方签字：",
        "|单位地址|聊城市东昌西路1号|邮编|252000",
        "|联系地址：聊城市东昌西路",
    ],
    "合计": [
        "合计||||150",
        "|合计|||150",
        "|合 计|3项||150",
        "小计||||50",
        "|总计|||150",
        "总计：|||150",
        "|平均|||50",
        "|平均值|||50",
        "|累计|||150",
        "|共计3项",
        "|共 3 项",
        "|本页合计|||150",
        "|以上共3项",
        "|合计（万元）|||150",
        "|东昌府区小计|||150",
        "|合计：3项，资金150万元",
        "total||||150",
        "|总 合 计||||1500",
        "|共计三项",
        "|以上合计叁项",
        "|Σ|||150",
        "|SUM||||150",
        "|Grand Total||||150",
    ],
    "单独的文字": [
        "|大写：壹佰伍拾万元整|||150",
        "|★东昌府区★",
        "|——东昌府区——",
        "|【临清市】（3项）",
        "|Ⅰ 装备制造",
        "|A 类：新材料",
        "|轴承及零部件",
        "|市直",
        "|开发区企业||||5项",
        "||市直企业",
        "|企业签章处：",
        "|本单位承诺以上内容真实、不涉密。",
        "|更新时间：2026年11月20日10时",
        "|版本号：V1.0",
        "|末页",
        "|（不够可另附页）",
        "|P.S. 请用宋体",
        "|Note: please fill",
        "|重要提示：不得涉密",
        "|名词解释：TRL",
        "|请勿删除此行|请勿删除此行",
    ],
    "注释": [
        "备注：本表一式两份",
        "|注：1.本表由企业填写",
        "|说明：需求名称不超过30字",
        "|填表说明：请企业如实填写",
        "填表说明|",
        "|填写说明",
        "注|本表一式两份，报科技局一份",
        "|备注|本表由县区汇总后报送",
        "※注：带星号的为必填",
        "|*注1：资金单位为万元",
        "|注意事项：1.不得涉密",
        "|1.本表由需求企业填写，一式两份，报科技局一份。",
        "|（2）请于11月30日前报送电子版和纸质版各一份。",
        "|温馨提示：请勿修改表头",
    ],
    "分组标题": [
        "|一、东昌府区",
        "一、东昌府区|",
        "一|东昌府区",
        "|（二）临清市",
        "|东昌府区",
        "|装备制造类",
        "|新材料类（12项）",
        "|第一批",
        "|第二部分 农业领域",
        "|聊城高新技术产业开发区（共5项）",
        "二、高端装备产业链|二、高端装备产业链|二、高端装备产业链|二、高端装备产业链",
        "|轴承产业链：",
        "（三）|冠县",
        "|一、东昌府区|||300",
        "一|东昌府区（5项）|||300||",
        "|二、装备制造类|||5项",
    ],
    "表尾": [
        "|以下空白",
        "以下空白|以下空白|以下空白",
        "|（以下空白）",
        "|此页无正文",
        "|（本页无正文）",
        "|——以下无正文——",
        "|以 下 空 白",
        "|续表",
        "|转下页",
        "……",
        "|本表完",
    ],
    "表格标题或页码": [
        "2026年聊城市企业技术需求汇总表",
        "|附件2：企业技术需求征集表",
        "|第 2 页 共 3 页",
        "|- 2 -",
        "|聊城市技术需求清单（第二批）",
    ],
    "没有可导入的内容": [
        "2|",
        "3||||||",
        "|无",
        "|暂无|无|无",
        "|本县区无需求",
        "|零报告",
    ],
}
NEAR_HEADER = {
    "计量单位": ["||||万元||", "||||（万元）", "||||单位：万元", "|单位：万元", "|||/|万元|/|/"],
    "栏号": [
        "1|2|3|4|5|6|7",
        "（1）|（2）|（3）|（4）|（5）|（6）|（7）",
        "①|②|③|④|⑤|⑥|⑦",
        "Ⅰ|Ⅱ|Ⅲ|Ⅳ|Ⅴ|Ⅵ|Ⅶ",
        "I|II|III|IV|V|VI|VII",
        "A|B|C|D|E|F|G",
        "甲|乙|丙|丁|1|2|3",
        "一|二|三|四|五|六|七",
        "1栏|2栏|3栏|4栏|5栏|6栏|7栏",
        "|1|2|3|4|5|6",
    ],
    "填写说明": [
        "int|varchar(100)|varchar(200)|text|decimal(10,2)|varchar|varchar",
        "Number|String|String|String|Decimal|String|String",
        "|4–100字，不要写单位名称|与公章一致|至少20字：解决什么问题|万元|可写部门|电话和邮箱至少填一个",
        "|必填|必填|必填|选填|必填|必填",
        "|文本|文本|文本|数字|文本|文本",
        "|请填写需求名称|请填写单位全称|不超过500字|数字||11位",
        "|不超过30字|与营业执照一致|500字以内|||",
        "id|title|organisation|problem|budget|contact_name|contact_phone",
        "|需求名称，30字以内|填写全称|200-500字|单位为万元||",
    ],
}  # fmt: skip
# Titles of true listings that begin or end like the rows above.
TITLES = """
已签约合同的智能归档|成交价预测（已签约客户）|作废电池回收工艺|撤销重做功能的协同编辑|取消人工抽检的在线检测|已解决漏检后的节拍提升|作废药品识别（在线）
    某装置示例平台 | 示例驱动的程序合成 | 样例库自动构建 | 例行巡检机器人 | 如意纹瓷砖数码打印
    如何降低轴承噪声 | 例外事件监测
    合计器电路设计 | 总计算力调度平台 | 共计算存储系统 | 平均粒径在线检测 | 小计量泵精度提升 | 累计误差补偿
    合计数校核软件
    注塑机节能改造 | 注射成形工艺 | 备注识别系统 | 说明书自动生成 | 提示词工程平台 | 要求不高的降噪
    注意力网络缺陷检测
    联系电话反诈识别 | 负责人能力测评系统 | 填表机器人 | 审核流程自动化 | 制表软件国产化 | 复核系统
    经办业务机器人
    日期码视觉检测 | 时间同步系统 | 时间敏感网络芯片 | 电话会议降噪 | 手机中框加工 | 传真机改造 | 盖章机器人
    签字笔墨水 | 公章防伪技术
    一类医疗器械生产 | 二、三元催化剂回收 | 一种轴承保持架 | 三区控温炉 | 第一代半导体封装 | 第三代制冷剂
    六组分混料
    智慧园区 | 数字孪生车间 | 文本挖掘系统 | 数字化改造 | 下拉式卷帘门 | 必选线路规划 | 18位编码器
    请求调度算法 | 3-5个月保鲜包装
    完井液配方 | 空白样品制备 | 续表程序 | 页码识别 | 清单式验收软件 | 2-3项指标联测 | 与公章一致性检验 | A
    5G基站散热 | 单位能耗监测 | 样本库自动采集 | 模板化装配工艺 | 甲方服务机器人 | 地址解析系统 | 总体设计优化
    SUM 模型校验 | 无人机巡检 | 无缝钢管探伤 | 没有氰化物的电镀 | XX型轴承国产化 | 大写数字识别
"""


def read(*rows: str, header: str = HEADER, before: Sequence[str] = ()) -> Report:
    content = "\n".join([*before, header, *rows]) + "\n"
    return parse_file(io.BytesIO(content.encode()), "demand", name="list.csv")


@pytest.mark.parametrize("kind", NO_LISTINGS)
@pytest.mark.parametrize("place", ["first", "far"])
def test_rows_that_are_no_listings(session: Session, kind: str, place: str) -> None:
    others = [ROW.replace("检测", f"检测{n}") for n in ("一", "二", "三", "四")]
    number = 2 if place == "first" else 6
    found = {}
    for row in NO_LISTINGS[kind]:
        report = read(*([row, *others] if place == "first" else [*others, row]))
        found[row] = (report.skipped, report.problems, len(report.entries))
        assert any(f"第 {number} 行（{kind}）" in remark for remark in report.remarks)

    assert found == {row: ({kind: [number]}, [], 4) for row in found}


@pytest.mark.parametrize("kind", NEAR_HEADER)
def test_rows_under_the_header_that_are_no_listings(
    session: Session, kind: str
) -> None:
    found = {}
    for row in NEAR_HEADER[kind]:
        report = read(row, ROW)
        found[row] = (report.skipped, report.problems, len(report.entries))

    assert found == {row: ({kind: [2]}, [], 1) for row in found}


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (HEADER, "1|{}|临清试样轴承有限公司|{}|50|技术部|0635-8230000"),
        (HEADER, "|{}|临清试样轴承有限公司"),
        ("需求名称|企业名称", "{}|临清试样轴承有限公司"),
    ],
)
def test_listings_that_look_like_one_are_read(
    session: Session, header: str, row: str
) -> None:
    found = {}
    for title in filter(None, map(str.strip, re.split(r"[|\n]", TITLES))):
        report = read(row.format(title, PROBLEM), header=header)
        found[title] = ([one.title for one in report.entries], report.skipped)

    assert found == {title: ([title], {}) for title in found}


@pytest.mark.parametrize(
    "row",
    [
        "填表人|张三",
        "填表人：张三|审核人：李四",
        "分管领导|李四",
        "合计|2",
        "注：|本表一式两份",
        "以下空白|",
        "1|2",
        "（示例）轴承|示例公司",
    ],
)
def test_a_list_of_two_columns(session: Session, row: str) -> None:
    report = read(row, "轴承降噪|临清试样轴承有限公司", header="需求名称|企业名称")

    assert [entry.title for entry in report.entries] == ["轴承降噪"]
    assert report.problems == []


@pytest.mark.parametrize(
    ("header", "row", "title"),
    [
        (
            "填报日期|需求名称|企业名称|联系人",
            "2026年11月20日|轴承降噪|临清轴承有限公司|张三",
            "轴承降噪",
        ),
        ("日期|需求名称|企业名称", "2026.11.20|轴承降噪|临清轴承有限公司", "轴承降噪"),
        ("企业名称|需求名称", "示例公司（盖章）|轴承降噪", "轴承降噪"),
        ("联系人|需求名称|企业名称", "张三|轴承降噪|临清轴承有限公司", "轴承降噪"),
        (
            "需求名称|企业名称|主要问题",
            "填料塔改造|临清轴承有限公司|数据格式为文本，必填项多，请选择合适的方案。",
            "填料塔改造",
        ),
        (
            "需求名称|企业名称|主要问题|拟投入资金",
            "请求调度与下拉框优化|冠县电机有限公司|最多3项，必填，18位编码，格式为数字。|50",
            "请求调度与下拉框优化",
        ),
        (
            "分类|需求名称|企业名称",
            "合计器|累计误差补偿|临清轴承有限公司",
            "累计误差补偿",
        ),
    ],
)
def test_listings_in_other_orders_are_read(
    session: Session, header: str, row: str, title: str
) -> None:
    report = read(row, header=header)

    assert [entry.title for entry in report.entries] == [title]


def test_what_a_row_says_is_repeated(session: Session) -> None:
    report = read(ROW, "|填表人 张三|分管领导 李四", "2|")

    (notice,) = report.notices
    assert (notice.row, notice.value) == (3, "填表人 张三 分管领导 李四")
    assert "填表人等落款" in notice.message


@pytest.mark.parametrize(
    ("before", "under", "expected"),
    [
        ([], "||||元||", "0.005"),
        ([], "||||（元）||", "0.005"),
        ([], "||||万元||", "50"),
        ([], "||||千元||", "5"),
        ([], "||||亿元||", "500000"),
        ([], "|单位：元", "0.005"),
        ([], "单位：元|单位：元|单位：元|单位：元|单位：元", "0.005"),
        (["||||单位：元"], "", "0.005"),
        (["企业技术需求表", "||||（单位：万元）"], "", "50"),
        (["企业技术需求表||||金额单位：人民币元"], "", "0.005"),
        (["||||单位 元"], "", "0.005"),
        (["||||（元）"], "", "0.005"),
        (["||||计量单位：千元"], "", "5"),
        (["||||单位：元"], "||||万元||", "50"),
    ],
)
def test_the_unit_of_sums_stands_above_or_under_the_header(
    session: Session, before: list[str], under: str, expected: str
) -> None:
    rows = [under, ROW] if under else [ROW]

    (entry,) = read(*rows, before=before).entries

    assert entry.values["budget"] == Decimal(expected)


def test_the_header_of_each_page_is_passed_over(session: Session) -> None:
    numbers = "1|2|3|4|5|6|7"
    other = ROW.replace("检测", "诊断")

    report = read(numbers, ROW, "第 1 页", HEADER, numbers, other)

    assert [entry.title for entry in report.entries] == [
        "轴承套圈磨削烧伤在线检测",
        "轴承套圈磨削烧伤在线诊断",
    ]
    assert report.skipped == {
        "栏号": [2, 6],
        "表格标题或页码": [4],
        "重复的表头": [5],
    }


@pytest.mark.parametrize(
    "again",
    [
        "需求名称|企业名称|联系人",
        "需求名称*|企业名称*|联系人*",
        "1.需求名称|2.单位|3.联系人",
    ],
)
@pytest.mark.parametrize("between", [1, 2, 3])
def test_rows_between_headers_of_other_spelling_are_read(
    session: Session, again: str, between: int
) -> None:
    rows = [f"轴承降噪{n}|临清轴承有限公司|张三" for n in "甲乙丙"[:between]]

    report = read(
        *rows,
        again,
        "电机端盖|冠县电机有限公司|李四",
        header="需求名称（必填）|企业名称|联系人",
    )

    assert len(report.entries) == between + 1
    assert report.problems == []


OTHER_TABLES = {
    "achievements": [
        "成果名称|完成单位|成果简介",
        "轴承降噪成果|聊城大学|针对深沟球轴承振动大，改进滚道超精研磨工艺。",
    ],
    "achievements of two columns": ["成果名称|完成单位", "轴承降噪成果|聊城大学"],
    "telephones": ["序号|姓名|职务|联系电话|备注", "1|张三|科长|13800000000|"],
    "without a title": ["企业名称|联系人|联系电话", "冠县电机有限公司|王五|13800000000"],
    "firms": ["企业名称|统一社会信用代码|法定代表人|地址", "冠县电机有限公司||王五|冠县"],
    "experts": ["专家姓名|工作单位|研究方向", "张三|聊城大学|轴承"],
}  # fmt: skip


@pytest.mark.parametrize("other", OTHER_TABLES)
def test_a_table_of_another_kind_is_not_read_as_this_one(
    session: Session, other: str
) -> None:
    header = "需求名称|企业名称|联系人"
    first = "轴承降噪|临清轴承有限公司|张三"
    last = "电机端盖|冠县电机有限公司|李四"

    report = read(first, *OTHER_TABLES[other], header, last, header=header)

    assert [entry.title for entry in report.entries] == ["轴承降噪", "电机端盖"]
    assert report.problems == []
    assert report.skipped == {"另一种表": [3, 4], "重复的表头": [5]}


def test_what_stands_in_the_column_of_numbers_is_repeated(session: Session) -> None:
    report = read("一、东昌府区|", ROW, "2|")

    assert [(one.row, one.value) for one in report.notices] == [(2, "一、东昌府区")]


def test_an_english_listing_is_no_row_of_field_names(session: Session) -> None:
    report = read("1|LED driver|Acme|||Li|0635-8230000")

    assert [entry.title for entry in report.entries] == ["LED driver"]
