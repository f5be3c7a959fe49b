"""What a figure measures, read from its name: the quantity, on what it is measured, which way is better.
Not here: units (units), whether a figure is met (figures), figures inside sentences (figures_in_text).

Two names are one quantity only where that is sure: 沟道粗糙度 and 表面粗糙度 are, where a title speaks of 沟道.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from matching.explaining.overlaps import longest_spans
from matching.explaining.quantity_table import (
    DIRECTIONS,
    LONGEST_FIRST,
    PLAIN_NUMBERS,
    QUANTITIES,
    SPELLINGS,
)
from matching.folding import fold_label
from matching.lexicon import remembered_with_lists
from matching.text import Span, names_a_thing, spans

# Parts of a name that say nothing of what is measured.
_GENERIC = re.compile(
    "(?:改造|改进|优化|应用|采用|实施|技改)后|整机|整体|产品|样品|样件|试样|成品|系统|设备|装置|单机|技术|工艺|方法|项目|成果|出水|外排|排放水|主要|关键|综合|"
    "表面|可达到|能达到|可达|实测|的"
)
# What makes and what is made: the life of a machine is not that of its products.
_MACHINE = re.compile("整机|系统|设备|装置|单机")
_PRODUCT = re.compile("产品|样品|样件|试样|成品")
# 含水 24 %~29 % 时, -30 ℃ 下: under which it is measured.
_UNDER = re.compile(r"^.*\d.*(?:时|下|后)(?=[\u4e00-\u9fff]*$)")
# 500℃抗拉强度, 在500℃的条件下抗拉强度: 500℃下抗拉强度.
_AT = re.compile(
    r"(?:在|于)?(\d+(?:\.\d+)?(?:℃|°c|k|mpa|kv|rpm|r/min|hz))(?:的)?(?:条件|环境|温度)?(?:[下时]的?|的)?(?=[\u4e00-\u9fff])"
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
LONG_WORD = 4  # characters of a word that is specific by itself: 深沟球轴承, not 轴承
_NUMERALS = {numeral: value for value, numeral in enumerate("一二三四五六七八九", 1)}
_AGE = re.compile(
    "([一二三四五六七八九]?)(十?)([一二三四五六七八九]?)(天|日|小时|月|年)"
)


# The last quantity a name ends with, the longest one: 一次合格率 ends with 合格率.
_HEAD = re.compile(
    f"(?P<before>.*?)(?P<head>{'|'.join(map(re.escape, LONGEST_FIRST))})$"
)


def _free_pattern(name: str) -> str:
    """Where a sentence has a name; Latin ones stand free, for tra is no roughness."""
    pattern = re.escape(name)
    return f"(?<![a-z]){pattern}(?![a-z])" if name.isascii() else pattern


QUANTITY_WORDS = "|".join(map(_free_pattern, LONGEST_FIRST))
PLAIN_NUMBER_WORDS = "|".join(
    _free_pattern(name) for name in LONGEST_FIRST if QUANTITIES[name] in PLAIN_NUMBERS
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
        side: `machine` or `product` where it says that it is of one, else empty.
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
    side: str


@remembered_with_lists(8192)
def read_name(name: str) -> Naming:
    """What the name of a figure says of it."""
    folded = fold_label(name)
    brackets = ["".join(match) for match in _IN_BRACKETS.findall(folded)]
    # Brackets hold conditions, compared by themselves: 强度(120 ℃) is not that at 80 ℃.
    plain = _IN_BRACKETS.sub("", folded)
    plain = _AGE.sub(_age_in_figures, plain)
    plain = _AT.sub(r"\1下", plain)
    bare, change = _change_of(plain)
    stem = bare
    match = _HEAD.fullmatch(stem)
    while match is None and _ENDS.search(stem):
        stem = _ENDS.sub("", stem)
        match = _HEAD.fullmatch(stem)
    # 圆度误差 is 圆度: of a quantity that is itself an error, only its name counts.
    if match is not None and match["head"] in ("误差", "偏差"):
        inner = _HEAD.fullmatch(match["before"])
        if inner is not None and DIRECTIONS[QUANTITIES[inner["head"]]] < 0:
            match = inner
    quantity = bare
    rest = ""
    if match is not None:
        quantity = QUANTITIES[match["head"]]
        rest = match["before"]
    extremes = frozenset(
        code for code, words in _EXTREMES.items() if words.search(rest)
    )
    for words in _EXTREMES.values():
        rest = words.sub("", rest)
    thing = _SLASHES.sub("", _GENERIC.sub("", rest))
    if match is None:
        quantity = _SLASHES.sub("", _GENERIC.sub("", bare))
    # By how much something was raised or lowered: the more the better, whatever it is.
    better = 1 if change else DIRECTIONS.get(quantity, 0)
    return Naming(
        quantity=quantity,
        known=match is not None,
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
        side=_side_of(rest),
    )


def _side_of(name: str) -> str:
    is_machine = _MACHINE.search(name) is not None
    # 成品检测设备: of both, so that neither is sure.
    if is_machine == (_PRODUCT.search(name) is not None):
        return ""
    return "machine" if is_machine else "product"


def is_plain_number(name: str) -> bool:
    """Whether what a name measures has no unit: 介电常数, pH."""
    return read_name(name).quantity in PLAIN_NUMBERS


def mentions_any(text: str, names: Iterable[str]) -> bool:
    """Whether a text has any spelling of what the names measure, so that it is worth reading for figures."""
    written = text.casefold()
    for name in names:
        spellings = SPELLINGS.get(read_name(name).quantity, ())
        if any(spelling in written for spelling in spellings):
            return True
    return False


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
    if wanted.side and offered.side and wanted.side != offered.side:
        return False
    if wanted.thing == offered.thing:
        return True
    # 烧伤检出率 and 毛刺检出率 are two things; 检出率 is either, if that is what the listing is about.
    if offered.thing in wanted.thing:
        return _is_about(offered_title, wanted.thing.replace(offered.thing, "", 1))
    if wanted.thing in offered.thing:
        return _is_about(wanted_title, offered.thing.replace(wanted.thing, "", 1))
    return False


def without_condition(naming: Naming) -> Naming:
    """What a name says but under which conditions: 含水 28 % 时破碎率 is a 破碎率."""
    return replace(naming, thing=_UNDER.sub("", naming.thing), conditions="")


def _is_about(title: str, thing: str) -> bool:
    """Whether a title has a thing, or some part of each word of it: 玉米收获机籽粒 of 玉米籽粒直收."""
    folded = fold_label(title)
    if thing in folded:
        return True
    named = {span for span in spans(thing) if len(span.word) > 1}
    words = longest_spans(named)
    # What no word covers may be what matters: 芯部, 内.
    if not words or sum(len(span.word) for span in words) < len(thing):
        return False
    return all(_has_part(folded, span, named) for span in words)


def _has_part(folded: str, whole: Span, parts: Iterable[Span]) -> bool:
    inside = [p.word for p in parts if whole.start <= p.start and p.end <= whole.end]
    return any(word in folded and word not in _EVERYWHERE for word in inside)


def _change_of(plain: str) -> tuple[str, str]:
    """The name without its word of change, and whether that goes `up` or `down`."""
    match = _CHANGE.fullmatch(plain)
    if match is None:
        return plain, ""
    word = match["before"] or match["after"]
    rest = match["rest"] or match["start"]
    # 降低 alone says nothing of what.
    if not rest:
        return plain, ""
    return rest, "up" if word in _UP.split("|") else "down"


def _age_in_figures(match: re.Match[str]) -> str:
    """七天 is 7天, 二十八天 28天."""
    tens, ten, ones, unit = match.groups()
    if not (tens or ten or ones):
        return match.group()
    if not ten:
        return f"{_NUMERALS[tens or ones]}{unit}"
    value = 10 * _NUMERALS.get(tens, 1) + _NUMERALS.get(ones, 0)
    return f"{value}{unit}"


def have_one_subject(title: str, text: str, other_title: str, other_text: str) -> bool:
    """Whether two listings are about one thing: so their titles say, or the title of one and the text of the other.

    A text mentions much in passing, so it takes a long word of the title, or two that are not parts of one.

    Args:
        title, text: of the one, the text without its title.
        other_title, other_text: of the other.
    """
    things = things_of(title)
    others = things_of(other_title)
    if any(_is_one_thing(word, title, other_title) for word in things & others):
        return True
    return _is_subject(things, other_title + other_text) or _is_subject(
        others, title + text
    )


def _is_one_thing(word: str, title: str, other_title: str) -> bool:
    """Whether a word names one thing in two titles: 支架 is none in 光伏支架 and 液压支架."""
    kinds = _kinds_before(word, title)
    others = _kinds_before(word, other_title)
    return not (kinds and others) or not kinds.isdisjoint(others)


@remembered_with_lists(8192)
def _kinds_before(word: str, title: str) -> frozenset[str]:
    """The words right before a word in a title, which say of what kind it is."""
    found = list(spans(title))
    starts = [span.start for span in found if span.word == word]
    kinds = set()
    for span in found:
        if span.end in starts and len(span.word) > 1:
            kinds.add(span.word)
    return frozenset(kinds - _EVERYWHERE)


def _is_subject(things: frozenset[str], text: str) -> bool:
    folded = fold_label(text)
    mentioned = [thing for thing in things if thing in folded]
    if any(len(thing) >= LONG_WORD for thing in mentioned):
        return True
    # 轴承 inside 球轴承 is not a second word.
    longest_first = sorted(mentioned, key=len, reverse=True)
    whole: list[str] = []
    for thing in longest_first:
        if not any(thing in longer for longer in whole):
            whole.append(thing)
    return len(whole) > 1


@remembered_with_lists(8192)
def things_of(title: str) -> frozenset[str]:
    """The words of a title that say what it is about, and not what is done with it everywhere."""
    words = {span.word for span in spans(title)}
    things = set()
    for word in words:
        if len(word) > 1 and word not in _EVERYWHERE and names_a_thing(word):
            things.add(word)
    return frozenset(things)
