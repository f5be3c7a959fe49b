"""What a figure measures, read from its name: the quantity, on what it is measured, which way is better.
Not here: units (units), whether a figure is met (figures), figures inside sentences (figures_in_text).

Two names are one quantity only where that is sure: 沟道粗糙度 and 表面粗糙度 are, where a title speaks of 沟道.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from matching.folding import fold_label
from matching.text import names_a_thing, spans

# One quantity a line, its names in the trade; first its direction: + more is better, - less is better, 0 it depends.
# Names of one line mean the same in standards or in every workshop; what only resembles (椭圆度 and 圆度, 误判率 and
# 误检率, 断裂伸长率 of rubber and 断后伸长率 of metal, Ra and Rz) has a line of its own.
_QUANTITIES = """
- 噪声 噪音 噪声级 噪声值 噪音值 噪声声压级 声压级 声功率级
- 振动加速度级 振动加速度值
- 振动速度 振动烈度
- 振动值 振动
- 粗糙度 粗糙度ra ra ra值 光洁度ra
- 粗糙度rz rz
- 粗糙度rq rq
0 硬度 硬度值
- 同轴度 不同轴度
- 圆度 不圆度
- 椭圆度
- 圆柱度
- 平面度 不平面度
- 平行度 不平行度
- 垂直度 不垂直度
- 直线度 不直度
- 位置度
- 对称度
- 跳动 径向跳动 圆跳动
- 端面跳动 轴向跳动
- 波纹度
- 球形误差
- 定位精度 定位误差
- 重复定位精度 重复定位误差
- 重复精度 重复性
- 加工精度 加工误差
- 尺寸精度 尺寸误差 尺寸公差
- 测量精度 测量误差
- 测温精度 温度测量误差 测定精度
- 控温精度 温控精度 温度控制精度
- 计量精度 计量误差
+ 抗拉强度 拉伸强度 抗张强度
+ 屈服强度 屈服极限 屈服点
+ 弯曲强度 抗弯强度 抗折强度
+ 抗压强度 压缩强度
+ 无侧限抗压强度 无侧限强度
+ 剪切强度 抗剪强度
+ 冲击强度
+ 冲击功 冲击韧性 冲击韧度
+ 断裂韧性 断裂韧度
+ 疲劳强度 疲劳极限
+ 结合强度 粘结强度 粘接强度
+ 剥离强度
+ 伸长率 延伸率 断后伸长率 断后延伸率
+ 断裂伸长率 断裂延伸率
0 弹性模量 杨氏模量
0 密度
+ 相对密度 致密度
- 孔隙率 气孔率
0 热导率 导热系数 导热率
0 导电率
0 电导率
0 电阻率
+ 绝缘电阻
- 接触电阻
0 线膨胀系数 热膨胀系数 膨胀系数
- 摩擦系数
- 吸水率
+ 合格率 良率 良品率 合格品率
+ 成品率
- 废品率 不良率 次品率
- 返工率 返修率
- 退货率
- 破损率
- 漏检率 漏判率
- 误检率 误报率 虚警率
- 误判率
- 误剔率
+ 检出率 检测率
- 检出限 检出下限 检测下限 检测限
+ 识别率 识别准确率
+ 准确率 正确率
+ 召回率
+ 去除率 脱除率
+ 回收率
+ 收率 得率
+ 转化率
+ 利用率
+ 回用率
+ 保持率 保留率
+ 纯度
+ 透光率
+ 固化度
+ 寿命 使用寿命
- 成本
- 费用
- 电耗 耗电量 用电量
- 能耗
- 水耗 耗水量
- 气耗
- 功耗
- 周期
- 节拍时间 单件时间 单件节拍
- 检测时间
- 换型时间 换规格时间 换产时间
- 响应时间
- 干燥时间
- 溶解时间
0 检测速度 检测节拍
+ 产能 生产能力
+ 产量
+ 效率 工效
+ 生产效率
+ 传动效率
0 转速
0 速度
+ 线速 线速度
+ 拉丝速度
+ 焊接速度
+ 焊缝强度系数 接头系数 接头强度系数
0 温度
0 湿度
0 压力
0 流量
0 功率
0 电压
0 电流
0 频率
0 扭矩 转矩
0 重量 质量
0 厚度
0 深度
0 直径
0 内径
0 外径
0 长度
0 宽度
0 高度
- 温升
- 温差
- 变形量
- 翘曲高度 翘曲
- 残余奥氏体
- 残余应力
- 磨损量
- 磨损率
- 泄漏率 漏率 泄漏量
- 损耗
- cod 化学需氧量
- bod 生化需氧量
- toc 总有机碳
- 氨氮
- 总磷
- 总氮
- 悬浮物
- 非甲烷总烃
- 甲醛释放量
- 含水率 水分
- 含油量 残油 残油量 含油
- 含氢量 氢含量
- 含铁量 铁含量
+ 氧指数
+ 容量
+ 比容量 可逆容量
+ 能量密度
+ 循环寿命 循环次数
- 误差
- 偏差
- 波动
"""
# Parts of a name that say nothing of what is measured.
_GENERIC = re.compile(
    "(?:改造|改进|优化|应用|采用|实施|技改)后|整机|整体|产品|样品|样件|试样|成品|系统|设备|装置|单机|技术|主要|关键|综合|"
    "表面|可达到|能达到|可达|实测|的"
)
_ENDS = re.compile("(?:值|指标|数值|水平|大小|参数|要求|范围)$")
_EXTREMES = {
    "max": re.compile("最大|最高|极限|峰值|上限"),
    "min": re.compile("最小|最低|下限"),
    "mean": re.compile("平均|均值"),
}
_UP = "提高|提升|增加|增长|上升|增幅|延长|加快"
_DOWN = "降低|减少|下降|降幅|削减|节约|节省|缩短|减量|减排"
_CHANGE = re.compile(
    f"^(?P<before>{_UP}|{_DOWN})(?P<rest>.+)|(?P<start>.*?)(?P<after>{_UP}|{_DOWN})(?:了|率|幅度|量|比例|值)?$"
)
_IN_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
# What it is made to endure or to reach: the wider the better, so a range is covered and not kept within.
_OPERATING = re.compile(
    "(?:工作|使用|适用|运行|环境|存放|贮存|储存|耐).*(?:温|湿|压)|温区|量程|窗口|行程|可调|(?:测量|调节|检测|频率|适用|"
    "工作|温度|速度|压力|尺寸|直径|厚度).*范围"
)
# 适应线速≥180 is a reach and 可识别深度≥10 a limit: which, the words do not tell.
_UNCLEAR = re.compile("适应|适用|可识别|可检|可测")
_CLEAR = re.compile("最大|最小|最高|最低|上限|下限")
_DIFFERENCES = re.compile("温差|温升|误差|偏差|波动|散差|均匀|精度")
_WATER = re.compile("^(?:cod|bod|toc|氨氮|总磷|总氮|悬浮物)$")
_IN_WATER = re.compile("出水|进水|废水|污水|水中|水质|浸出液|中水")
_GASES = re.compile("气|烟|vocs?|烃|臭|甲醛|粉尘|no[x2]|so2|co2?$")
_SLASHES = re.compile(r"[\s、/:,;·\-]+")
# Words of titles that any trade has.
_TRADE_WORDS = """
技术 工艺 设备 装置 系统 方法 材料 产品 检测 监测 测量 控制 在线 自动 智能 自动化 智能化
高效 快速 优化 改进 制备 加工 生产 成型 成形 处理 性能 质量 表面 高性能 研究 开发 应用 精密
高速 低温 高温 一体化 关键 识别 视觉 数据 模型 平台 集成 线 机 误差 温度 压力 强度 硬度
噪声 寿命 效率 成本 能耗 节能 环保 降低 提高 变形 开裂 裂纹 缺陷 预测 设计 制造 改性 复合
新型 环境 现场 连续 动态 单元 部件 零件 工件 参数 算法 软件 管理 服务 利用 回收 残余应力
合金
"""
_EVERYWHERE = frozenset(_TRADE_WORDS.split())
_NUMERALS = {numeral: value for value, numeral in enumerate("一二三四五六七八九", 1)}
_AGE = re.compile(
    "([一二三四五六七八九]?)(十?)([一二三四五六七八九]?)(天|日|小时|月|年)"
)


def _read_table() -> tuple[dict[str, str], dict[str, int]]:
    names: dict[str, str] = {}
    directions = {}
    for line in _QUANTITIES.split("\n"):
        if not line:
            continue
        sign, *forms = line.split()
        directions[forms[0]] = {"+": 1, "-": -1, "0": 0}[sign]
        for form in forms:
            names[form] = forms[0]
    return names, directions


_NAMES, _DIRECTIONS = _read_table()
_LONGEST_FIRST = sorted(_NAMES, key=len, reverse=True)
# The last quantity a name ends with, the longest one: 一次合格率 ends with 合格率.
_HEAD = re.compile(
    f"(?P<before>.*?)(?P<head>{'|'.join(map(re.escape, _LONGEST_FIRST))})$"
)
# Where a sentence names one: Latin ones stand free, for tra is no roughness.
QUANTITY_WORDS = "|".join(
    f"(?<![a-z]){re.escape(name)}(?![a-z])" if name.isascii() else re.escape(name)
    for name in _LONGEST_FIRST
)


@dataclass(frozen=True, slots=True)
class Naming:
    """What a name says.

    Attributes:
        quantity: of the table, or the whole name where it is none of them.
        known: whether it is of the table.
        thing: on what it is measured, without words that say nothing; empty where the name does not say.
        change: `up` or `down` where the figure is by how much, else empty.
        extremes: of `max`, `min`, `mean`.
        conditions: what stands in brackets: under which it is measured.
        better: 1 more, -1 less, 0 it depends.
        operating: it is endured or reached, a range of it is covered.
        unclear: whether more is better the words do not tell.
        difference: of two temperatures, where it is in degrees.
        water, gas: measured in water; of a gas.
    """

    quantity: str
    known: bool
    thing: str
    change: str
    extremes: frozenset[str]
    conditions: str
    better: int
    operating: bool
    unclear: bool
    difference: bool
    water: bool
    gas: bool


@lru_cache(maxsize=8192)
def read_name(name: str) -> Naming:
    """What the name of a figure says of it."""
    folded = fold_label(name)
    brackets = ["".join(found) for found in _IN_BRACKETS.findall(folded)]
    plain = _IN_BRACKETS.sub("", folded)
    plain = _AGE.sub(_age_in_figures, plain)
    bare, change = _change_of(plain)
    stem = bare
    found = _HEAD.fullmatch(stem)
    while found is None and _ENDS.search(stem):
        stem = _ENDS.sub("", stem)
        found = _HEAD.fullmatch(stem)
    # 圆度误差 is 圆度: of a quantity that is itself an error, only its name counts.
    if found is not None and found["head"] in ("误差", "偏差"):
        inner = _HEAD.fullmatch(found["before"])
        if inner is not None and _DIRECTIONS[_NAMES[inner["head"]]] < 0:
            found = inner
    quantity = bare
    rest = ""
    if found is not None:
        quantity = _NAMES[found["head"]]
        rest = found["before"]
    extremes = frozenset(
        code for code, words in _EXTREMES.items() if words.search(rest)
    )
    for words in _EXTREMES.values():
        rest = words.sub("", rest)
    thing = _SLASHES.sub("", _GENERIC.sub("", rest))
    if found is None:
        quantity = _SLASHES.sub("", _GENERIC.sub("", bare))
    better = 1 if change else _DIRECTIONS.get(quantity, 0)
    return Naming(
        quantity=quantity,
        known=found is not None,
        thing=thing,
        change=change,
        extremes=extremes,
        conditions=";".join(sorted(brackets)),
        better=better,
        operating=_OPERATING.search(plain) is not None,
        unclear=bool(_UNCLEAR.search(plain)) and not _CLEAR.search(plain),
        difference=bool(change) or _DIFFERENCES.search(plain) is not None,
        water=bool(_WATER.match(quantity) or _IN_WATER.search(plain)),
        gas=_GASES.search(plain) is not None,
    )


def is_same_quantity(
    wanted: Naming,
    offered: Naming,
    *,
    wanted_title: str = "",
    offered_title: str = "",
) -> bool:
    """Whether both surely measure the same, on the same.

    Args:
        wanted, offered: what the names say.
        wanted_title, offered_title: of the two listings: what both are about need not stand in each name.
    """
    if wanted.quantity != offered.quantity or wanted.change != offered.change:
        return False
    if wanted.extremes != offered.extremes or wanted.conditions != offered.conditions:
        return False
    if wanted.thing == offered.thing:
        return True
    # 烧伤检出率 and 毛刺检出率 are two things; 检出率 is either, if that is what the listing is about.
    if offered.thing in wanted.thing:
        return _is_about(offered_title, wanted.thing.replace(offered.thing, "", 1))
    if wanted.thing in offered.thing:
        return _is_about(wanted_title, offered.thing.replace(wanted.thing, "", 1))
    return False


def _is_about(title: str, thing: str) -> bool:
    return thing in fold_label(title)


def _change_of(plain: str) -> tuple[str, str]:
    """The name without its word of change, and whether that goes `up` or `down`."""
    found = _CHANGE.fullmatch(plain)
    if found is None:
        return plain, ""
    word = found["before"] or found["after"]
    rest = found["rest"] or found["start"]
    # 降低 alone says nothing of what.
    if not rest:
        return plain, ""
    return rest, "up" if word in _UP.split("|") else "down"


def _age_in_figures(found: re.Match[str]) -> str:
    """七天 is 7天, 二十八天 28天."""
    tens, ten, ones, unit = found.groups()
    if not (tens or ten or ones):
        return found.group()
    if not ten:
        return f"{_NUMERALS[tens or ones]}{unit}"
    value = 10 * _NUMERALS.get(tens, 1) + _NUMERALS.get(ones, 0)
    return f"{value}{unit}"


def have_one_subject(title: str, text: str, other_title: str, other_text: str) -> bool:
    """Whether a word that names a thing in the title of one listing stands in the other.

    Args:
        title, text: of the one, the text without its title.
        other_title, other_text: of the other.
    """
    here = fold_label(title + text)
    there = fold_label(other_title + other_text)
    return any(word in there for word in things_of(title)) or any(
        word in here for word in things_of(other_title)
    )


@lru_cache(maxsize=8192)
def things_of(title: str) -> frozenset[str]:
    """The words of a title that say what it is about, and not what is done with it everywhere."""
    words = {span.word for span in spans(title)}
    things = set()
    for word in words:
        if len(word) > 1 and word not in _EVERYWHERE and names_a_thing(word):
            things.add(word)
    return frozenset(things)
