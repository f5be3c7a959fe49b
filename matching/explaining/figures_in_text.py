"""Figures inside sentences: 「圆度由 0.28 mm 降到 0.09 mm」 states 圆度 0.09 mm, and nothing of 外径 130 mm before it.
Not here: figures of rows (a room's own), what is compared (figures), what a name measures (figure_names).

Only what is a quantity of the table with a unit is read: sums of money, days, numbers of patents and of people have no
such name. What is today's state of a firm, or others' product, is not read as a wish or a statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from matching.explaining.figure_names import QUANTITY_WORDS, read_name
from matching.explaining.figures import Figure, Operator
from matching.explaining.units import read_unit
from matching.lexicon import remembered_with_lists

TEXT_MOST = 20_000  # characters read of one text
FIGURES_MOST = 40  # of one text
# Characters before a figure that are looked at: a page without a comma, read whole for each of its figures, took 6 s.
CLAUSE_MOST = 100

# Sign → what is read as it. Same length as the text, so that what stands there can be quoted as it was written.
_SAME_SIGNS = {
    "~": "～〜∼˜",
    "-": "－−–—‐‑",
    "≥": "≧⩾",
    "≤": "≦⩽",
    " ": "\u00a0\u2009\u202f\u3000\t",
    "μ": "µ",
    "。": "；;！!？?\n\r",
}
# 800，300 r/min are two numbers; only among wide figures is it the sign of thousands, １，５００.
_WIDE_COMMA = "，"
_WIDE_THOUSANDS = re.compile(r"(?<=[０-９])，(?=[０-９]{3}(?![０-９]))")


def _plain_signs() -> dict[int, str]:
    plain: dict[int, str] = {}
    for code in range(0xFF01, 0xFF5F):
        plain[code] = chr(code - 0xFEE0)
    for sign, others in _SAME_SIGNS.items():
        plain.update(dict.fromkeys(map(ord, others), sign))
    del plain[ord(_WIDE_COMMA)]
    return plain


_PLAIN = _plain_signs()
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,12})(?:\.\d{1,9})?"
_MANY = {"": 1, "千": 1000, "万": 10**4, "百万": 10**6, "亿": 10**8}
# Units a sentence may have, longest first; compounds are joined by / and ·.
_ATOMS = (
    "dB\\(A\\)|dBA|dB|分贝|摄氏度|℃|°C|℉|微米|毫米|厘米|纳米|公里|千米|米|μm|um|㎛|nm|mm|cm|dm|km|m|公斤|千克|毫克|微克|克|吨|kg|mg|μg|ug|g|t|"
    "小时|分钟|秒|天|个月|月|年|min|ms|μs|h|s|d|毫升|微升|升|mL|ml|μL|L|兆帕|千帕|吉帕|帕|MPa|Mpa|kPa|GPa|Pa|bar|"
    "千伏|伏|kV|mV|V|毫安|mA|μA|kA|A|千瓦时|kWh|Wh|度电|千瓦|兆瓦|瓦|kW|KW|MW|mW|W|kHz|KHz|MHz|GHz|Hz|赫兹|kN|牛|N|kJ|J|"
    "MΩ|GΩ|kΩ|mΩ|Ω|μS|mS|S|%IACS|%|％|‰|ppm|ppb|个百分点|百分点|倍|rpm|r|转|万元|元|平方米|立方米|亩|m2|m²|m3|m³|mm2|mm²|cm2|"
    "cm²|cm3|cm³|K|HRC|HRA|HRB|HV|HBW|HB|mAh|Ah|mol|级|件|片|个|粒|只|颗|支|套|台|次|批|条|处|根|丝|道"
)
_UNIT_ATOM = "(?:" + "|".join(sorted(_ATOMS.split("|"), key=len, reverse=True)) + ")"
_BELOW = rf"(?:\({_UNIT_ATOM}(?:·{_UNIT_ATOM})*\)|{_UNIT_ATOM}|分)"
_UNIT = rf"{_UNIT_ATOM}(?:(?:/|每)\d{{0,3}}{_BELOW}|·{_UNIT_ATOM}){{0,3}}"
# A unit that goes on is another one: MPa·m½ is no MPa·m, A/dm² no A/dm, and per cent of the full scale none of the
# reading.
_AFTER = (
    r"(?![A-Za-z\d²³¹½⁻⁰⁴-⁹^·/])"
    r"(?!\s?\(?(?:F\.?S|f\.?s|RD|rdg|满量程|满度|量程|读数|示值))"
)
# HRC58 and Ra0.4 have their scale in front.
_SCALE = "HRC|HRA|HRB|HV|HBW|HB|Ra|Rz|Rq"
_BEFORE = (
    "(?:(?<=HRC)|(?<=HRA)|(?<=HRB)|(?<=HV)|(?<=HBW)|(?<=HB)|(?<=R[azq])|"
    r"(?<![A-Za-z\d.,/]))"
)
_SIGNS: dict[Operator, str] = {
    "ge": "≥|>=|不低于|不小于|不少于|大于等于|大于或等于|至少|最低",
    "le": "≤|<=|不高于|不大于|不超过|不多于|小于等于|小于或等于|至多|最多",
    "gt": ">|大于|高于|超过|优于",
    "lt": "<|小于|低于|少于|不到|不足",
    "eq": "=|:|达到了|达到|可达到|可达|达|为|是|在|约|约为|仅为|仅|稳定在|保持在|控制在",
}
_SIGN_OF: dict[str, Operator] = {}
for _code, _written in _SIGNS.items():
    _SIGN_OF.update(dict.fromkeys(_written.split("|"), _code))
_SIGN = "|".join(map(re.escape, sorted(_SIGN_OF, key=len, reverse=True)))
# Which way these go depends on what is measured: noise under control is at most so loud, a temperature is at it.
_HELD_AT = "控制在"
_BETTER_THAN = "优于"
# 不能超过, 不应低于: a limit turned round. 不能达到, 未达到, 不必超过: nothing is stated.
_NEGATION = re.compile("[不未无勿]")
_NEED_NOT = re.compile("[不无](?:必|需|须|用|要求)")
_OPPOSITE: dict[str, Operator] = {"gt": "le", "lt": "ge"}
_LEAST_OR_MOST = re.compile("至少|最低|至多|最多")
_OBLIGED = re.compile(r"不(?:得|能|应|可|要|宜|允许|许|准)\s?$")
_NEGATED_LINK = (
    "不得|不宜|不允许|不许|不准|不再|不会|不必|不需|不须|不用|未|勿|无需|无须"
)
# What is to be kept from happening, or is not needed, is neither a wish nor a promise.
_AVOIDED = (
    "避免|防止|以免|杜绝|禁止|严禁|切勿|无需|无须|不需要?|不必|不用|不要求|没有|并非"
)
_AVOIDED_NAME = re.compile(f"(?:{_AVOIDED})")
_AVOIDED_BEFORE = re.compile(f"(?:{_AVOIDED})了?(?:使|让|将|把)?$")
_SUFFIX = {
    "以上": "ge",
    "及以上": "ge",
    "以下": "le",
    "及以下": "le",
    "以内": "le",
    "之内": "le",
    "左右": "eq",
}
_TO = "降低到|降低至|降低为|下降到|下降至|降到|降至|降为|减少到|减少至|减小到|减小至|缩短到|缩短至|缩短为|压缩到|压到"
_UP_TO = "提高到|提高至|提升到|提升至|增加到|增加至|升到|升至|增至|延长到|延长至|上升到|上升至"
_BY = "提高了?|提升了?|增加了?|延长了?|上升了?"
_LESS_BY = "降低了?|减少了?|下降了?|缩短了?|节约了?|节省了?"
_MULTIPLE = "百万|千(?![克米瓦帕牛伏赫])|万(?!元)|亿(?!元)"
_FIGURE = re.compile(
    rf"(?P<sign>{_SIGN})?\s?(?P<scale>{_SCALE})?\s?(?P<pm>±)?\s?{_BEFORE}(?P<minus>-|\+|零下)?(?P<low>{_NUMBER})"
    rf"\s?(?P<many>{_MULTIPLE})?"
    rf"(?:(?P<first>{_UNIT_ATOM})?\s?(?P<between>±|~|-|至|到)\s?(?P<minus2>-|\+|零下)?(?P<high>{_NUMBER})"
    rf"\s?(?P<many2>{_MULTIPLE})?)?"
    rf"\s?(?P<unit>{_UNIT})?{_AFTER}\s?(?P<suffix>{'|'.join(sorted(_SUFFIX, key=len, reverse=True))})?"
)
_FRACTION = re.compile(
    r"(百|千)分之(?:(\d+(?:\.\d+)?)|([一二两三四五六七八九]?十?[一二三四五六七八九]?))(?![零一二三四五六七八九十百点几多余来])"
)
# 2 h 30 min: what follows is the rest of it.
_REST_OF_IT = re.compile(rf"\s?[零又]?(?:{_NUMBER})\s?(?P<unit>{_UNIT_ATOM}){_AFTER}")
_BELOW_ZERO = ("-", "零下")
_NUMERALS = {numeral: value for value, numeral in enumerate("零一二三四五六七八九")} | {
    "两": 2
}
_QUANTITY = re.compile(QUANTITY_WORDS, re.IGNORECASE)
_SIGN_OF_ROUGHNESS = re.compile("r[azq]值?", re.IGNORECASE)
_NAME_END = re.compile(
    r"(?:值|峰值|误差|偏差|指标|Ra|Rz|Rq)?(?:\([^()]{1,12}\))?", re.IGNORECASE
)
# What parts a name from what stands before it in its clause. A figure does not, unless 和 follows: 28天抗压强度.
_NAME_START = re.compile(r"[、:=≥≤<>±]|(?<=[A-Za-z%‰℃\d])\s?(?:和|与|及|且|并|以及)")
_NAME_MOST = 24  # characters of a name with its thing; a longer one would be cut in the middle of what it says
_FROM = re.compile(r"(?:由|从).{0,20}$")
# Others' product, or how it was before.
_OTHERS = re.compile(
    "现有|原来|原先|原有|原工艺|传统|国外|进口|同行|同类|老办法|老工艺|常规|改造前|以前|过去|对照|竞品|市售|行业平均"
)
# What a standard asks of everybody, and what is hoped for, is not reached yet; 目标检测 and 模拟 are no hopes.
_NOT_REACHED = re.compile(
    "国标|行标|标准(?:要求|规定)|规范(?:要求|规定)|预计|预期|预估|预测可|有望|力争|争取|期望|希望|设想|理论上|"
    "目标(?:是|为|值)|(?:计划|(?<![模虚])拟)(?:达到|将|把|使|降|提)"
)
_SURPASSED = re.compile("达到|满足|符合|优于|高于|超过|低于")
# 120 ℃、2 MPa 条件下: under which something else was measured.
_CONDITION = re.compile(
    r"\s?(?:(?:、|和|及|与)[^,，。、]{1,16}){0,2}?\s?的?(?:条件|环境|工况|情况|状态)?(?:下|时)(?![降限线间效长代刻滑沉垂])"
)
# How it is now, in a demand: complaints are no wish.
_TODAY = re.compile(
    "目前|现在|现有|现状|眼下|如今|只有|只能|仅|已经|已[由从将把降提]|原来|过去|以前|去年|今年|达不到|到不了|不能满足|高达|"
    "竟|客户投诉|常常|经常|仍|试过|曾"
)
_WISH = re.compile(
    "要求|希望|期望|需要|想|目标|力争|争取|应|须|必须|务必|要|达到以下|验收|指标"
)
# What sounds like a complaint as well as like a wish.
_EITHER = frozenset({"gt", "lt", "eq"})
_TURNED = re.compile(f"(?:{_TO}|{_UP_TO})[^\\d]*$")
_TURNS = re.compile(f".{{0,3}}(?:{_TO}|{_UP_TO})")
_TO_LESS = re.compile(_TO)
_TO_MORE = re.compile(_UP_TO)
_CHANGES = ((re.compile(_BY), "提高"), (re.compile(_LESS_BY), "降低"))
# 低 9 dB compares with something else.
_COMPARED = re.compile("[低高多少长短大小快慢]$")
_HAS_NUMBER = re.compile(r"\d|分之")
_SENTENCE_END = re.compile("。")
_CLAUSE_END = re.compile(rf"(?<!\d),|,(?!\d{{3}})|[{_WIDE_COMMA}。]")
_COST = re.compile("成本|费用|费$")
_MONEY = re.compile("元$|元/")
# Between name and number stands nothing but how they are tied.
_LINK = re.compile(
    rf"(?:\s|(?:{_SIGN})|{_NEGATED_LINK}|的|了|可|能|已|均|都|要|应|需|须|也|由|从|要求|控制|稳定|保持|{_TO}|{_UP_TO}|{_BY}|{_LESS_BY}|"
    rf"ra|rz|[a-z]?\(.{{1,12}}\)|至|到|不|以)*",
    re.IGNORECASE,
)
_ORIGIN = re.compile(rf"{_LINK.pattern}(?:(?:由|从|自).{{0,30}})?", re.IGNORECASE)
_LEADING = re.compile(
    "^(?:.*(?:，|,|。|其中|并且|而且|同时|使得|实现|保证|确保|要求|希望|需要|期望|目标是|以及|且|并|使|将|把|让)|以|和|与|及|或|的|其|该|本|在)"
)


@remembered_with_lists(4096)
def figures_in(text: str, *, wished: bool = False) -> tuple[Figure, ...]:
    """The figures a text states or, with `wished`, asks for, each once, in their order.

    Args:
        text: of a listing, as written.
        wished: it is of a demand, where a plain number is the state of today and only a wish counts.
    """
    text = text[:TEXT_MOST]
    figures: dict[tuple[str, str, Decimal, str], Figure] = {}
    for start, end in _sentences(text):
        for figure in _figures_of(text[start:end], wished=wished):
            key = (figure.name, figure.operator, figure.value, figure.unit)
            figures.setdefault(key, figure)
        if len(figures) >= FIGURES_MOST:
            break
    return tuple(figures.values())[:FIGURES_MOST]


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    plain = text.translate(_PLAIN)
    for stop in _SENTENCE_END.finditer(plain):
        yield start, stop.start()
        start = stop.end()
    yield start, len(text)


def _figures_of(sentence: str, *, wished: bool) -> Iterator[Figure]:
    """The figures of one sentence. A name holds until the next comma, a wish through the sentence."""
    plain = _WIDE_THOUSANDS.sub(",", sentence).translate(_PLAIN)
    # Most sentences have no number, and most numbers no quantity; both are quicker than the pattern of a figure.
    if not _HAS_NUMBER.search(plain) or not _QUANTITY.search(plain):
        return
    plain = _FRACTION.sub(_percent_sign, plain)
    if wished and _TODAY.search(plain) and not _WISH.search(plain):
        return
    for match in _FIGURE.finditer(plain):
        clause_start = _clause_start(plain, match.start())
        before = plain[clause_start : match.start()]
        figure = _read_figure(sentence, plain, match, before, wished=wished)
        if figure is not None:
            yield figure


def _percent_sign(match: re.Match[str]) -> str:
    """百分之十二 as 12%, as long as it was, so that quotations are cut from the text itself."""
    sign = "%" if match[1] == "百" else "‰"
    number = match[2] or _number_of(match[3])
    if not number:
        return match.group()
    return f"{number}{sign}".rjust(len(match.group()))


def _number_of(numerals: str) -> str:
    tens, ten, ones = numerals.rpartition("十")
    if not ten:
        return str(_NUMERALS[ones]) if len(ones) == 1 else ""
    return str(10 * _NUMERALS.get(tens, 1) + _NUMERALS.get(ones, 0))


def _clause_start(plain: str, end: int) -> int:
    """Where the clause of a place begins: after a comma that is not inside a number, or where it is too long."""
    start = max(0, end - CLAUSE_MOST)
    for comma in _CLAUSE_END.finditer(plain, start, end):
        start = comma.end()
    return start


def _read_figure(
    sentence: str,
    plain: str,
    match: re.Match[str],
    before: str,
    *,
    wished: bool,
) -> Figure | None:
    unit = match["unit"] or match["first"] or ""
    scale = match["scale"] or ""
    if scale.startswith("R"):
        before += scale
    # Most numbers have no unit, and looking for a name costs more than all the rest.
    if not (unit or scale or _SIGN_OF_ROUGHNESS.search(before)):
        return None
    place = _place_of_name(before)
    if place is None:
        return None
    start, end = place
    written_name = before[start:end]
    # Ra 0.4 is in micrometres; any other number without a unit is some number.
    if not unit and _SIGN_OF_ROUGHNESS.search(before, start):
        unit = "μm"
    unit = unit or scale
    if not unit:
        return None
    link = before[end:]
    turned = _TURNED.search(link)
    if _OTHERS.search(before) and not turned:
        return None
    hoped = _NOT_REACHED.search(before)
    if hoped and not wished and not _SURPASSED.search(before[: hoped.start()]):
        return None
    if _CONDITION.match(plain, match.end()):
        return None
    # Of 由 48 降到 36 the second counts; the first is how it was.
    after = plain[match.end() : match.end() + 12]
    if _TURNS.match(after):
        return None
    if _FROM.search(link) and not turned:
        return None
    # 噪声不能由 48 dB 降到 36 dB.
    if turned and _NEGATION.match(link.lstrip()):
        return None
    tie = turned.group() if turned else link
    # 出刃高度离散由 32 % 降到 11 % says nothing of 出刃高度.
    if turned and not _ORIGIN.fullmatch(link[: turned.start()]):
        return None
    if not _LINK.fullmatch(tie):
        return None
    name = _LEADING.sub("", written_name).strip().removeprefix("的")
    led_by = written_name.rstrip().removesuffix(name)
    if _AVOIDED_NAME.search(name) or _AVOIDED_BEFORE.search(led_by):
        return None
    sign_of_roughness = _SIGN_OF_ROUGHNESS.search(link)
    if sign_of_roughness and "粗糙度" in name:
        name += sign_of_roughness.group()
    operator, name = _operator_of(match, tie, name, wished=wished)
    if operator is None or _is_contrary(operator, name):
        return None
    if wished and not _is_wish(before, match, bool(turned), operator):
        return None
    if _MONEY.search(unit) and not _COST.search(name):
        return None
    if _has_several_units(match, plain, unit):
        return None
    quoted = sentence[
        match.start()
        - len(before)
        + len(scale) * scale.startswith("R")
        + start : match.end()
    ]
    return _figure_of(match, name, operator, unit, quoted.strip())


def _place_of_name(before: str) -> tuple[int, int] | None:
    """Where the name of the last quantity before a number begins and ends; None where there is none."""
    words = list(_QUANTITY.finditer(before))
    if not words:
        return None
    last = words[-1]
    # 粗糙度由 Ra 0.032 降到: the sign alone would take 由 for a part of the name.
    others = [word for word in words if not _SIGN_OF_ROUGHNESS.fullmatch(word.group())]
    if others and _SIGN_OF_ROUGHNESS.fullmatch(last.group()):
        last = others[-1]
    ending = _NAME_END.match(before, last.end())
    end = ending.end() if ending else last.end()
    start = 0
    for stop in _NAME_START.finditer(before, 0, last.start()):
        start = stop.end()
    if end - start > _NAME_MOST:
        return None
    return start, end


def _is_contrary(operator: Operator, name: str) -> bool:
    """废品率高于 6 % is a complaint, neither a wish nor a promise."""
    better = read_name(name).better
    if better > 0:
        return operator in ("le", "lt")
    return better < 0 and operator in ("ge", "gt")


def _has_several_units(match: re.Match[str], plain: str, unit: str) -> bool:
    """Whether a number is given in more than one unit: 5 μm~10 mm, 2 h 30 min."""
    first = match["first"]
    if first and match["unit"] and read_unit(first) != read_unit(unit):
        return True
    rest = _REST_OF_IT.match(plain, match.end())
    if rest is None:
        return False
    return read_unit(rest["unit"]).dimension == read_unit(unit).dimension


def _operator_of(
    match: re.Match[str], tie: str, name: str, *, wished: bool
) -> tuple[Operator | None, str]:
    """The relation, and the name with the word of change where the number is by how much."""
    sign = _sign_of(match["sign"] or "", name)
    if _NEGATION.search(tie):
        # 不必超过 80 asks for nothing.
        if _NEED_NOT.search(tie):
            return None, name
        return _OPPOSITE.get(sign), name
    limit = _LEAST_OR_MOST.search(tie)
    if limit and sign in ("", "eq"):
        # 最多降低 20 %: the limit stands before the word of change.
        sign = _SIGN_OF[limit.group()]
    suffix = _SUFFIX.get(match["suffix"] or "")
    name += _change_in(tie)
    if match["pm"]:
        return "pm", name
    if match["between"]:
        # 降到 34 between two numbers would be no range, and a range has no sign but a plain one.
        return ("pm" if match["between"] == "±" else "range"), name
    if _TO_LESS.search(tie):
        return ("le" if wished else suffix or sign or "eq"), name  # type: ignore[return-value]
    if _TO_MORE.search(tie):
        return ("ge" if wished else suffix or sign or "eq"), name  # type: ignore[return-value]
    if _change_in(tie):
        given = suffix or sign or "eq"
        return ("ge" if wished and given == "eq" else given), name  # type: ignore[return-value]
    if _COMPARED.search(tie) and not sign:
        return None, name
    if match["sign"] == _BETTER_THAN and not sign:
        return None, name
    given = suffix or sign or "eq"
    if given == "eq" and wished and "达" in tie + (match["sign"] or ""):
        better = read_name(name).better
        given = {1: "ge", -1: "le"}.get(better, "eq")
    # 控制在 5 以上 is a least.
    return (suffix or given), name  # type: ignore[return-value]


def _sign_of(written: str, name: str) -> str:
    """The operator of a sign; empty for none, and for 优于 where nobody knows which way that is."""
    better = read_name(name).better
    if written == _BETTER_THAN:
        return {1: "gt", -1: "lt"}.get(better, "")
    if written == _HELD_AT and better < 0:
        return "le"
    return _SIGN_OF.get(written, "")


def _change_in(tie: str) -> str:
    """提高 or 降低 where a number is by how much; empty where it is how much, 降低到 36."""
    if _TO_LESS.search(tie) or _TO_MORE.search(tie):
        return ""
    for words, change in _CHANGES:
        if words.search(tie):
            return change
    return ""


def _is_wish(
    before: str,
    match: re.Match[str],
    turned: bool,
    operator: Operator,
) -> bool:
    """Whether a number of a demand is asked for and not what is the matter."""
    if _TODAY.search(before):
        return False
    if turned:
        return True
    sign = match["sign"] or ""
    if sign in ("≥", "≤", ">=", "<=", _HELD_AT):
        return True
    if _OBLIGED.search(before):
        return True
    if operator in ("ge", "le") and not _is_plain(sign, match):
        return True
    # 「外径 90 mm 的套圈要磨圆」 wishes nothing of 外径: the wish stands in the clause of the number.
    return _WISH.search(before + sign) is not None


def _is_plain(sign: str, match: re.Match[str]) -> bool:
    """Whether neither sign nor suffix says that it is a limit."""
    return _SIGN_OF.get(sign, "eq") in _EITHER and not match["suffix"]


def _figure_of(
    match: re.Match[str],
    name: str,
    operator: Operator,
    unit: str,
    written: str,
) -> Figure | None:
    many = _MANY[match["many"] or ""]
    low = Decimal(match["low"].replace(",", ""))
    high = None
    if match["high"]:
        high = Decimal(match["high"].replace(",", ""))
        many2 = _MANY[match["many2"] or ""]
        # 2~3万 are two ten thousands; 5000~1万 and 1万~20000 say for each what it is.
        if not match["many"] and low < high:
            many = many2
        high *= many2
        if match["minus2"] in _BELOW_ZERO:
            high = -high
    low *= many
    if match["minus"] in _BELOW_ZERO:
        low = -low
    if high is not None and operator == "range" and high < low:
        return None
    if not name:
        return None
    return Figure(name, operator, low, high, unit, written)
