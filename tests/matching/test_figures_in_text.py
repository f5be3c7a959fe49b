"""Figures read from sentences: what is stated, what is asked for, and what is neither."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.explaining.figure_names import is_plain_number
from matching.explaining.figures import Figure
from matching.explaining.figures_in_text import FIGURES_MOST, figures_in

SIGNS = {"ge": "≥", "le": "≤", "gt": ">", "lt": "<", "eq": "", "pm": "±"}


def words_of(figure: Figure) -> str:
    if figure.value_max is not None:
        between = "±" if figure.operator == "pm" else "~"
        return f"{figure.name} {figure.value}{between}{figure.value_max} {figure.unit}"
    return f"{figure.name} {SIGNS[figure.operator]}{figure.value} {figure.unit}"


def stated(text: str) -> list[str]:
    return [words_of(figure) for figure in figures_in(text)]


def wished(text: str) -> list[str]:
    return [words_of(figure) for figure in figures_in(text, wished=True)]


STATED = [
    # Signs, words and suffixes.
    ("噪声≤36 dB", ["噪声 ≤36 dB"]),
    ("噪声不大于36分贝", ["噪声 ≤36 分贝"]),
    ("噪声 36 分贝以下", ["噪声 ≤36 分贝"]),
    ("噪声在36dB以内", ["噪声 ≤36 dB"]),
    ("合格率不低于99.5%", ["合格率 ≥99.5 %"]),
    ("合格率≥99.5％", ["合格率 ≥99.5 %"]),
    ("合格率达到99.5%以上", ["合格率 ≥99.5 %"]),
    ("抗拉强度大于1,200 MPa", ["抗拉强度 >1200 MPa"]),
    ("抗拉强度达到1.2GPa", ["抗拉强度 1.2 GPa"]),
    ("漏检率0.5‰", ["漏检率 0.5 ‰"]),
    ("含水率百分之三以内", ["含水率 ≤3 %"]),
    ("破损率千分之四", ["破损率 4 ‰"]),
    ("吸水率百分之十二", ["吸水率 12 %"]),
    # Limits turned round, and limits by which way is better.
    ("温度不能超过80 ℃", ["温度 ≤80 ℃"]),
    ("温度不得高于80 ℃", ["温度 ≤80 ℃"]),
    ("硬度不应低于58 HRC", ["硬度 ≥58 HRC"]),
    ("抗拉强度未低于500 MPa", ["抗拉强度 ≥500 MPa"]),
    ("定位精度优于0.01 mm", ["定位精度 <0.01 mm"]),
    ("合格率优于99%", ["合格率 >99 %"]),
    ("转速控制在1500 r/min", ["转速 1500 r/min"]),
    ("噪声控制在36 dB", ["噪声 ≤36 dB"]),
    # What is not reached, not needed or to be kept from happening.
    ("噪声不能达到36 dB", []),
    ("噪声未降到36 dB", []),
    ("噪声不能由48 dB降到36 dB", []),
    ("温度不必超过80 ℃", []),
    ("无需温度达到80 ℃", []),
    ("可避免温度超过80 ℃", []),
    ("防止了温度高于80 ℃", []),
    # What is hoped for, what a standard asks for, and under which conditions.
    ("预计噪声可降到36 dB", []),
    ("有望使噪声降到36 dB以下", []),
    ("拟将噪声降到36 dB", []),
    ("模拟误差小于3%", ["模拟误差 <3 %"]),
    ("目标检测准确率达95%", ["目标检测准确率 95 %"]),
    ("国标要求噪声≤45 dB，本产品噪声30 dB", ["产品噪声 30 dB"]),
    ("噪声满足国标要求≤45 dB", []),
    ("满足国家标准要求的噪声45 dB", ["噪声 45 dB"]),
    ("在温度120 ℃、压力2 MPa条件下，抗拉强度500 MPa", ["抗拉强度 500 MPa"]),
    ("压力0.6 MPa时，流量10 L/min", ["流量 10 L/min"]),
    ("温度80 ℃下限", ["温度 80 ℃"]),
    ("能耗最多降低20%", []),
    ("能耗至少降低20%", ["能耗降低 ≥20 %"]),
    ("噪声最低可达30 dB", []),
    # Half a number, and a number in two units.
    ("合格率达到百分之九十多", []),
    ("次品率百分之十几", []),
    ("转速800，300 r/min", []),
    ("转速１，５００ｒ/ｍｉｎ", ["转速 1500 r/min"]),
    ("检测时间2 h 30 min", []),
    ("厚度5 μm～10 mm", []),
    ("厚度5 mm～10 mm", ["厚度 5~10 mm"]),
    # Per cent of the full scale is not that of the reading.
    ("测量精度±0.5% FS", []),
    ("测量精度±0.5%（满量程）", []),
    # Multiples on both sides of a range.
    ("循环寿命1万～20000次", ["循环寿命 10000~20000 次"]),
    ("循环寿命5000～1万次", ["循环寿命 5000~10000 次"]),
    ("循环寿命2～3万次", ["循环寿命 20000~30000 次"]),
    # Scales in front, signs of roughness.
    ("表面硬度HRC58-62", ["表面硬度 58~62 HRC"]),
    ("硬度HRC 59.5～60.5", ["硬度 59.5~60.5 HRC"]),
    ("硬度为60±2HRC", ["硬度 60±2 HRC"]),
    ("硬度≥HV1100", ["硬度 ≥1100 HV"]),
    ("表面粗糙度Ra0.4", ["表面粗糙度Ra 0.4 μm"]),
    ("Ra≤0.4", ["Ra ≤0.4 μm"]),
    ("粗糙度由Ra 0.032降到0.018微米", ["粗糙度Ra 0.018 微米"]),
    # Ranges, tolerances, signs before a number.
    ("工作温度-40~80℃", ["工作温度 -40~80 ℃"]),
    ("工作温度－40～＋80℃", ["工作温度 -40~80 ℃"]),
    ("工作温度零下40℃至80℃", ["工作温度 -40~80 ℃"]),
    ("同轴度±0.01mm", ["同轴度 ±0.01 mm"]),
    ("频率15kHz，转速15000r/min", ["频率 15 kHz", "转速 15000 r/min"]),
    ("寿命5万次", ["寿命 50000 次"]),
    # Of two numbers, that which was reached.
    ("噪声由48 dB降到36 dB", ["噪声 36 dB"]),
    ("弯曲强度从基体的52%提高到78%", ["弯曲强度 78 %"]),
    ("废品率由原来的6.4%下降至1.5%以下", ["废品率 ≤1.5 %"]),
    ("破碎率原来8%，改造后3%以下", ["破碎率 ≤3 %"]),
    ("零切黏度提高到2.4×10^5 Pa·s", ["零切黏度 240000 Pa·s"]),
    ("泄漏率5×10⁻⁶ Pa·m³/s", ["泄漏率 0.000005 Pa·m³/s"]),
    ("合格率98%，95%以上", ["合格率 98 %"]),
    ("树脂约占COD的三成", []),
    ("每微米膜厚1.1分钟", []),
    ("保质期1年半", []),
    ("三成套设备，产量五成新", []),
    ("收率八成上下，得率七成往上", ["收率 8 成", "得率 ≥7 成"]),
    ("合格率七成往返，上下料三成套设备", []),
    ("回收率达到半数", ["回收率 5 成"]),
    ("半数以上产品合格率低", []),
    ("产量翻一番", ["产量提高 1 倍"]),
    ("产量翻了两番", ["产量提高 3 倍"]),
    ("不良率压到两个点", ["不良率 2 %"]),
    ("合格率提高两个点", ["合格率提高 2 个点"]),
    ("合格率98，返工少", ["合格率 98 %"]),
    # What nobody counts alike, and numbers that may be of something else.
    ("寿命三五年，漏检率一两个点，废品率三四成，噪声降低三五分贝", []),
    ("回收率80号炉，合格率98分，漏检率0.5", []),
    # By how much is another quantity.
    ("振动值降低3dB以上", ["振动值降低 ≥3 dB"]),
    ("生产效率提高20%", ["生产效率提高 20 %"]),
    ("材料利用率提高4.7个百分点", ["材料利用率提高 4.7 个百分点"]),
    ("能耗降低20%～30%", ["能耗降低 20~30 %"]),
    ("能耗降低到20～30 kWh/t", ["能耗 20~30 kWh/t"]),
    # What the number belongs to is its name, with what it is measured on.
    (
        "外径130 mm的样件圆度由0.28 mm降到0.09 mm",
        ["外径 130 mm", "外径130 mm的样件圆度 0.09 mm"],
    ),
    ("28天抗压强度达到42MPa", ["28天抗压强度 42 MPa"]),
    ("室温下电阻率0.5 Ω·m", ["室温下电阻率 0.5 Ω·m"]),
    ("抗拉强度450 MPa和伸长率6%", ["抗拉强度 450 MPa", "伸长率 6 %"]),
    # Figures of others, of before, of other things.
    ("现有工艺噪声48 dB，本工艺噪声36 dB", ["工艺噪声 36 dB"]),
    ("传统方法合格率只有85%", []),
    ("噪声比现有工艺低 9 dB", []),
    ("出刃高度离散由32%降到11%", []),
    ("解决了废品率高于6%的问题", []),
    ("断裂韧性7.1 MPa·m1/2", []),
    # Names after which a number needs no unit; what is only a step on the way, and half a ratio.
    ("薄膜介电常数2.1，损耗角正切0.0005", ["薄膜介电常数 2.1 ", "损耗角正切 0.0005 "]),
    ("摩擦系数降为0.42", ["摩擦系数 0.42 "]),
    ("料肉比1.5:1，固液比1:10", ["料肉比 1.5 "]),
    ("出水pH6~9", ["出水pH 6~9 "]),
    ("调节pH至5～7，在pH 5.0下反应", []),
    ("模孔直径和长径比为3.0 mm", []),
    ("底盘防护等级IP67", ["底盘防护等级 67 IP"]),
    # 为 after a word of change is where it went, and not by how much.
    ("噪声降为36 dB", ["噪声 36 dB"]),
    ("合格率提高为98%", ["合格率 98 %"]),
    # Amounts in numerals, signs and units of the workshop, powers of ten.
    ("寿命十万次以上", ["寿命 ≥100000 次"]),
    ("寿命一千二百小时以上", ["寿命 ≥1200 小时"]),
    ("产能每小时三百件", ["产能 300 件/小时"]),
    ("寿命两三年以上，产能三百五十几件", []),
    ("一次合格率98%", ["一次合格率 98 %"]),
    ("厚度公差正负百分之三", ["厚度公差 ±3 %"]),
    ("圆度2个微米", ["圆度 2 微米"]),
    ("最高转速3500转", ["最高转速 3500 转/分"]),
    ("电耗350度/吨，最高温度180度，斜度30度", ["电耗 350 度电/吨", "最高温度 180 ℃"]),
    ("体积电阻率10^14 Ω·cm", ["体积电阻率 100000000000000 Ω·cm"]),
    ("电阻率1e12 Ω·m", ["电阻率 1000000000000 Ω·m"]),
    # The name is whole, and the number of a list no part of it.
    ("使用寿命≥3年", ["使用寿命 ≥3 年"]),
    ("13.设备噪声小于70分贝", ["设备噪声 <70 分贝"]),
    ("钢水铅含量小于0.03%，砷含量2019年10月", ["钢水铅含量 <0.03 %"]),
    # Money, days, numbers of patents, people, papers, telephones.
    ("投资300万元，2023年3月投产，新增产值5000万元", []),
    ("单套成本3 万元/套，合同金额 80 万元", ["单套成本 3 万元/套"]),
    ("获专利ZL201710601862.3，发表论文12篇，团队15人", []),
    ("电话0635-8239000，邮编252000", []),
    ("图3 硬度分布，第2章 温度场", []),
    ("GB/T 1220-2007规定的硬度，牌号304", []),
    ("型号6204的寿命试验做了3轮", []),
    ("", []),
]
WISHED = [
    ("要求误剔率≤1%", ["误剔率 ≤1 %"]),
    ("目前误剔率到了7%，要求误剔率≤1%", ["误剔率 ≤1 %"]),
    ("单件残油不超过 1 毫克，湿热条件下放置 15 天无锈点。", ["单件残油 ≤1 毫克"]),
    ("噪声由48 dB降到36 dB", ["噪声 ≤36 dB"]),
    ("把噪声降到36分贝以下", ["噪声 ≤36 分贝"]),
    ("合格率提高到98%", ["合格率 ≥98 %"]),
    ("希望噪声低于34dB", ["噪声 <34 dB"]),
    ("粗糙度控制在Ra0.4以内", ["粗糙度Ra ≤0.4 μm"]),
    ("硬度要求HRC58-62", ["硬度 58~62 HRC"]),
    ("合格率达到98%以上", ["合格率 ≥98 %"]),
    ("希望合格率达到98%", ["合格率 ≥98 %"]),
    ("单套成本控制在1.3万元以内", ["单套成本 ≤1.3 万元"]),
    ("同轴度要求±0.01mm", ["同轴度 ±0.01 mm"]),
    ("噪声≤34 dB；合格率≥98%", ["噪声 ≤34 dB", "合格率 ≥98 %"]),
    ("85公里时速车内噪声下降3分贝以上", ["85公里时速车内噪声降低 ≥3 分贝"]),
    ("温度不能超过80 ℃", ["温度 ≤80 ℃"]),
    ("要求噪声控制在36 dB", ["噪声 ≤36 dB"]),
    ("希望定位精度优于0.01 mm", ["定位精度 <0.01 mm"]),
    ("要求能耗降低20%～30%", ["能耗降低 20~30 %"]),
    ("要求避免温度超过80 ℃", []),
    ("不要求温度达到80 ℃", []),
    ("要求温度80 ℃时，硬度≥58 HRC", ["硬度 ≥58 HRC"]),
    ("按国标要求噪声≤36 dB", ["噪声 ≤36 dB"]),
    # The name a clause or a sentence before the wish, the unit with the number before.
    ("速冻水饺冻裂率8%，要求降到3%以下", ["速冻水饺冻裂率 ≤3 %"]),
    ("现在冻裂率8%。希望降到3%以下。", ["冻裂率 ≤3 %"]),
    ("电耗13200kWh/t，想降到12800以下", ["电耗 ≤12800 kWh/t"]),
    ("噪音105分贝，降到85以下", ["噪音 ≤85 分贝"]),
    ("氧含量高，>350ppm，要求200ppm以内", ["氧含量 ≤200 ppm"]),
    ("球形度低、含氧量高，要<800ppm", ["含氧量 <800 ppm"]),
    ("壁厚偏差大，偏心，±12.5%缩到±8%以内", ["壁厚偏差 ±8 %"]),
    ("铁含量1.2%要降到0.8%以下", ["铁含量 ≤0.8 %"]),
    ("水泵效率78%→85%", ["水泵效率 ≥85 %"]),
    ("长度、宽度不够，要100mm", []),
    ("转速1500r/min，要求不超过60℃", []),
    # A wish holds for the clause after its figure, and for all that stands under a heading.
    ("要求效率提高 30 %，成本降低 20 %", ["效率提高 ≥30 %", "成本降低 ≥20 %"]),
    (
        "误检率≤2%，节拍0.5s/件，检测精度0.02mm",
        ["误检率 ≤2 %", "节拍 0.5 s/件", "检测精度 0.02 mm"],
    ),
    (
        "技术要求：1、硬度60～64HRC；2、圆度0.003mm",
        ["硬度 60~64 HRC", "圆度 0.003 mm"],
    ),
    ("硬度要到HRC58以上，一毫米多就起裂，返工率18%", ["硬度 ≥58 HRC"]),
    ("含水要求≤50ppm，现在200ppm", ["含水 ≤50 ppm"]),
    ("圆度做到0.13微米就下不去了", []),
    # Shares in numerals, signs for one, what it is for each of, powers of ten.
    ("成品率七成八，要提到85%", ["成品率 ≥85 %"]),
    ("存活率不足三成，希望达到五成", ["存活率 ≥5 成"]),
    ("毛羽指数要降三成", ["毛羽指数降低 ≥3 成"]),
    ("用工减少一半", ["用工降低 ≥5 成"]),
    ("产量要翻一番", ["产量提高 ≥1 倍"]),
    ("合格率要98以上", ["合格率 ≥98 %"]),
    ("不良率不到两个点", ["不良率 <2 %"]),
    ("成品率要做到半数以上", ["成品率 ≥5 成"]),
    ("寿命要三五年", []),
    ("自爆率千分之三，想降到万分之五", ["自爆率 ≤5 ‱"]),
    ("产能不低于每小时2000件", ["产能 ≥2000 件/小时"]),
    ("漏率要求≤1×10-6 Pa·m3/s", ["漏率 ≤0.000001 Pa·m3/s"]),
    ("落果率得控制在3%以里", ["落果率 ≤3 %"]),
    ("成本别超过3000块", ["成本 ≤3000 块"]),
    ("要排到COD≤50mg/L", ["COD ≤50 mg/L"]),
    ("要求介电常数不大于2.2", ["介电常数 ≤2.2 "]),
    ("防护等级要IP67", ["防护等级 67 IP"]),
    ("电耗不超过每吨350度", ["电耗 ≤350 度电/吨"]),
    ("圆度要做到一丝以内", ["圆度 ≤1 丝"]),
    ("节拍不超过12秒一件", ["节拍 ≤12 秒"]),
    # Nobody complains of what is on the good side.
    ("漏检率低于千分之一", ["漏检率 <1 ‰"]),
    ("响应时间小于50毫秒", ["响应时间 <50 毫秒"]),
    ("厚度公差±3%以内", ["厚度公差 ±3 %"]),
    # What comes before today's state is asked for.
    ("收率92%以上，现在88%", ["收率 ≥92 %"]),
    ("我们收率88%，想做到92%", ["收率 ≥92 %"]),
    ("比现在的效率提高30%", ["效率提高 ≥30 %"]),
    # How it is today, and complaints.
    ("废品率6%", []),
    ("废品率超过6%", []),
    ("废品率在6%以上", []),
    ("合格率低于90%，客户不满意", []),
    ("目前噪声48 dB，怎么调都下不来", []),
    ("噪声达不到34 dB", []),
    ("现有设备定位误差≤0.05 mm，不够用", []),
    ("改了三次，噪声已由48 dB降到42 dB", []),
    ("外径90毫米、壁厚4毫米的套圈要磨圆", []),
    ("加工件硬度60 HRC，刀具磨得快", []),
    ("想投资300万元，2027年6月前完成", []),
]


@pytest.mark.parametrize(("text", "expected"), STATED)
def test_what_a_text_states(text: str, expected: list[str]) -> None:
    assert stated(text) == expected


@pytest.mark.parametrize(("text", "expected"), WISHED)
def test_what_a_demand_asks_for(text: str, expected: list[str]) -> None:
    assert wished(text) == expected


def test_it_is_quoted_as_written() -> None:
    text = "圆度由 0.28 ㎜ 降到 0.09 mm。噪声　≤　３６　ｄＢ，含水率百分之十二以下。"

    assert [one.written for one in figures_in(text)] == [
        "圆度由 0.28 ㎜ 降到 0.09 mm",
        "噪声　≤　３６　ｄＢ",
        "含水率百分之十二以下",
    ]


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "噪声由",
            "1,",
            "9" * 50,
            "硬度HRC",
            "(",
            "-",
            "~",
            "的",
            "粗糙度Ra",
            "kg/(m2·",
        ),
        *("噪声1~", "噪声 36 ", "噪声1万", "和温度80 ℃和", "不", "避免"),
    ],
)
def test_long_texts_are_read_in_time_that_grows_with_their_length(piece: str) -> None:
    text = piece * (18_000 // len(piece))
    began = time.process_time()

    figures_in(text)
    figures_in(text, wished=True)

    assert time.process_time() - began < 5


def test_no_more_figures_than_anybody_compares() -> None:
    text = "。".join(f"噪声{number} dB" for number in range(1, 200))

    assert len(figures_in(text)) == FIGURES_MOST


@given(
    st.text(
        alphabet="百分之三十两万个pHIP噪声硬度合格率由降到提高≤≥±~-0123456789.,%dBHRCRa mm℃。，万元以下的",
        max_size=80,
    )
)
def test_any_text_gives_figures_that_stand_in_it(text: str) -> None:
    for figure in (*figures_in(text), *figures_in(text, wished=True)):
        assert figure.written
        assert figure.written in text
        assert figure.name
        assert figure.unit or is_plain_number(figure.name)
        if figure.operator == "range":
            assert figure.value_max is not None
            assert figure.value <= figure.value_max
