"""Units of figures: which can be converted into which, and by what factor, exactly.
Not here: what a figure measures (figure_names), what is compared (figures), spellings as words (quantities).

A table of our own and not pint (081): HRC, 件 and 元 are units here and none there, `Nm` is a yarn count there, rpm
is rounded by π, dB fails with exact numbers. pint checks the table in the tests.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

# Base quantity → exponent, without zeros; fractions (%) have none.
Dimension: TypeAlias = tuple[tuple[str, int], ...]

_PREFIXES = {
    "n": Fraction(1, 10**9),
    "μ": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "c": Fraction(1, 100),
    "d": Fraction(1, 10),
    "": Fraction(1),
    "k": Fraction(1000),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
}
# Symbol → prefixes that people write before it, base quantities, factor to them (kg, m, s, A). "," stands for none.
# Few prefixes each: Mm, ks and cV are slips of the pen.
_PREFIXED: dict[str, tuple[str, dict[str, int], Fraction]] = {
    "m": ("nμmcd,k", {"m": 1}, Fraction(1)),
    "g": ("nμm,k", {"kg": 1}, Fraction(1, 1000)),
    "s": ("nμm,", {"s": 1}, Fraction(1)),
    "L": ("nμmd,", {"m": 3}, Fraction(1, 1000)),
    "A": ("nμm,k", {"A": 1}, Fraction(1)),
    "V": ("nμm,kM", {"kg": 1, "m": 2, "s": -3, "A": -1}, Fraction(1)),
    "W": ("nμm,kMG", {"kg": 1, "m": 2, "s": -3}, Fraction(1)),
    "Wh": ("m,kMG", {"kg": 1, "m": 2, "s": -2}, Fraction(3600)),
    "J": ("nμm,kMG", {"kg": 1, "m": 2, "s": -2}, Fraction(1)),
    "N": ("nμm,kM", {"kg": 1, "m": 1, "s": -2}, Fraction(1)),
    "Pa": ("μm,kMG", {"kg": 1, "m": -1, "s": -2}, Fraction(1)),
    "bar": ("m,", {"kg": 1, "m": -1, "s": -2}, Fraction(10**5)),
    "Hz": ("m,kMG", {"s": -1}, Fraction(1)),
    "Ω": ("μm,kMG", {"kg": 1, "m": 2, "s": -3, "A": -2}, Fraction(1)),
    "S": ("nμm,", {"kg": -1, "m": -2, "s": 3, "A": 2}, Fraction(1)),
    "F": ("nμm,", {"kg": -1, "m": -2, "s": 4, "A": 2}, Fraction(1)),
    "H": ("nμm,", {"kg": 1, "m": 2, "s": -2, "A": -2}, Fraction(1)),
    "C": ("nμm,", {"A": 1, "s": 1}, Fraction(1)),
    "Ah": ("m,k", {"A": 1, "s": 1}, Fraction(3600)),
    "T": ("μm,", {"kg": 1, "s": -2, "A": -1}, Fraction(1)),
    "mol": ("nμm,k", {"mol": 1}, Fraction(1)),
    # Apparent and reactive power are not power.
    "VA": (",kM", {"VA": 1}, Fraction(1)),
    "var": (",kM", {"var": 1}, Fraction(1)),
    "Da": (",k", {"Da": 1}, Fraction(1)),
    "px": (",", {"px": 1}, Fraction(1)),
    "lx": (",k", {"lx": 1}, Fraction(1)),
    "lm": (",", {"lm": 1}, Fraction(1)),
    "cd": ("m,", {"cd": 1}, Fraction(1)),
    "St": ("c,", {"m": 2, "s": -1}, Fraction(1, 10**4)),
}
# Names without prefix. Months are no number of days; a year is twelve of them.
_PLAIN: dict[str, tuple[dict[str, int], Fraction]] = {
    "min": ({"s": 1}, Fraction(60)),
    "h": ({"s": 1}, Fraction(3600)),
    "d": ({"s": 1}, Fraction(86400)),
    "周": ({"s": 1}, Fraction(7 * 86400)),
    "月": ({"月": 1}, Fraction(1)),
    "年": ({"月": 1}, Fraction(12)),
    "t": ({"kg": 1}, Fraction(1000)),
    "斤": ({"kg": 1}, Fraction(1, 2)),
    # The workshop's 丝 (also 道) is a hundredth of a millimetre.
    "丝": ({"m": 1}, Fraction(1, 10**5)),
    "in": ({"m": 1}, Fraction(254, 10**4)),
    "nmi": ({"m": 1}, Fraction(1852)),
    "ha": ({"m": 2}, Fraction(10**4)),
    "亩": ({"m": 2}, Fraction(2000, 3)),
    "K": ({"K": 1}, Fraction(1)),
    "℃": ({"K": 1}, Fraction(1)),
    "℉": ({"K": 1}, Fraction(5, 9)),
    "r": ({"r": 1}, Fraction(1)),
    "°": ({"°": 1}, Fraction(1)),
    "′": ({"°": 1}, Fraction(1, 60)),
    "″": ({"°": 1}, Fraction(1, 3600)),
    "rad": ({"rad": 1}, Fraction(1)),
    "dB": ({"dB": 1}, Fraction(1)),
    "元": ({"元": 1}, Fraction(1)),
    "万元": ({"元": 1}, Fraction(10**4)),
    "亿元": ({"元": 1}, Fraction(10**8)),
    "件": ({"件": 1}, Fraction(1)),
    "百分点": ({"百分点": 1}, Fraction(1)),
    "倍": ({"倍": 1}, Fraction(1)),
    "atm": ({"kg": 1, "m": -1, "s": -2}, Fraction(101325)),
    "%": ({}, Fraction(1, 100)),
    "‰": ({}, Fraction(1, 1000)),
    "‱": ({}, Fraction(1, 10**4)),
    "成": ({}, Fraction(1, 10)),
    "ppm": ({}, Fraction(1, 10**6)),
    "ppb": ({}, Fraction(1, 10**9)),
    # Scales of hardness have no common measure; HB and HBW are one.
    "数量级": ({"数量级": 1}, Fraction(1)),
    "IP": ({"IP": 1}, Fraction(1)),
    "HRC": ({"HRC": 1}, Fraction(1)),
    "HRA": ({"HRA": 1}, Fraction(1)),
    "HRB": ({"HRB": 1}, Fraction(1)),
    "HV": ({"HV": 1}, Fraction(1)),
    "HB": ({"HB": 1}, Fraction(1)),
    "邵A": ({"邵A": 1}, Fraction(1)),
    "邵D": ({"邵D": 1}, Fraction(1)),
    "%IACS": ({"IACS": 1}, Fraction(1, 100)),
}
# Unit → its other spellings after NFKC, blanks dropped.
_SPELLINGS = {
    "μm": "微米 um ㎛ 微m μ",
    "nm": "纳米",
    "mm": "毫米",
    "cm": "厘米 公分",
    "dm": "分米",
    "m": "米",
    "km": "千米 公里",
    "g": "克",
    "kg": "千克 公斤 KG Kg",
    "mg": "毫克",
    "μg": "微克 ug",
    "t": "吨 T吨",
    "斤": "市斤",
    "丝": "道 条丝",
    "in": "英寸 吋",
    "s": "秒 秒钟 sec",
    "ms": "毫秒",
    "μs": "微秒 us",
    "min": "分钟",
    "h": "小时 hr 钟头 H时",
    "d": "天 日 昼夜 day",
    "周": "星期 礼拜",
    "月": "个月",
    "年": "a",
    "L": "升 l",
    "mL": "毫升 ml cc",
    "μL": "微升 uL ul",
    "kPa": "千帕",
    "MPa": "兆帕 Mpa MPA",
    "GPa": "吉帕 Gpa GPA",
    "Pa": "帕 帕斯卡",
    "V": "伏 伏特",
    "kV": "千伏 KV",
    "A": "安 安培",
    "mA": "毫安",
    "W": "瓦 瓦特",
    "kW": "千瓦 KW Kw kw",
    "MW": "兆瓦",
    "VA": "伏安",
    "kWh": "度电 千瓦时 kW·h KWH KWh kwh kW.h",
    "Hz": "赫兹 赫 HZ hz",
    "kHz": "千赫 千赫兹 KHz KHZ Khz khz",
    "MHz": "兆赫 兆赫兹 MHZ Mhz",
    "GHz": "吉赫 GHZ Ghz",
    "N": "牛 牛顿",
    "kN": "千牛 KN",
    "J": "焦 焦耳",
    "kJ": "千焦 KJ",
    "Ω": "欧 欧姆 Ω",
    "MΩ": "兆欧",
    "dB": "分贝 dB(A) dBA dB(a) db DB Db dba",
    "℃": "°C 摄氏度 °c ˚C ºC",
    "℉": "°F 华氏度",
    "K": "开 开尔文",
    "r": "转 rev",
    "%": "％ ﹪ pct",
    "‰": "permille",
    "ppm": "PPM Ppm",
    "百分点": "个百分点 个点 pp",
    "数量级": "个数量级",
    "HB": "HBW HBS",
    "HRC": "hrc",
    "HV": "Hv",
    "邵A": "邵氏A ShoreA",
    "邵D": "邵氏D ShoreD",
    "元": "块 块钱 人民币 RMB",
    "万元": "万块 万人民币",
    # Pieces are counted by many words; what is counted is in the name.
    "件": "个 只 片 粒 颗 枚 支 根 pcs pc",
    "亩": "市亩",
    "ha": "公顷",
    "°": "deg",
    "bar": "巴 Bar",
    "atm": "大气压 标准大气压",
}
# Written in one go, whatever their parts.
_COMPOSED = {
    "rpm": "r/min",
    "RPM": "r/min",
    "Rpm": "r/min",
    "rps": "r/s",
    "转/分": "r/min",
    "转每分": "r/min",
    "r/分": "r/min",
    "Nm": "N·m",
    "kNm": "kN·m",
    "W/mK": "W/(m·K)",
    "cfm": "cfm",
    "平方米": "m2",
    "平米": "m2",
    "平方毫米": "mm2",
    "平方厘米": "cm2",
    "平方公里": "km2",
    "立方米": "m3",
    "立方": "m3",
    "立方厘米": "cm3",
    "方": "m3",
}
# Zero of the scale in K: read as a temperature, not as a difference.
_ZERO = {"℃": Fraction(27315, 100), "℉": Fraction(45967 * 5, 900)}
_ATOM = re.compile(
    r"(?P<count>\d{1,4})?(?P<name>[^\d^]+?)(?:\^?(?P<power>-?\d))?", re.ASCII
)
# 万吨, 亿次, 千瓦: how many of what follows. 千克 and 百分点 are known before they are taken apart.
_MULTIPLE = re.compile("((?:[十百千]?[万亿])|[百千])(.+)")
_MULTIPLES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_LONGEST = 40  # characters of a unit; beyond that it is a sentence
# What a figure per litre of water weighs in kg/m3 (mg/L and ppm are one there).
WATER = Fraction(1000)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as it is converted.

    Attributes:
        dimension: base quantities; two units of one dimension can be converted.
        factor: of one unit in the base quantities.
        zero: of its scale, in the base quantities; 0 but for temperatures.
        basis: what a ratio is of (kg of mg/kg, m of mm/m); empty for %, ppm and what is no ratio.
    """

    dimension: Dimension
    factor: Fraction
    zero: Fraction = Fraction(0)
    basis: str = ""


def _named_units() -> dict[str, tuple[Dimension, Fraction]]:
    named: dict[str, tuple[Dimension, Fraction]] = {}
    for symbol, (prefixes, powers, factor) in _PREFIXED.items():
        for prefix in prefixes.replace(",", " "):
            prefix = prefix.strip()
            named[prefix + symbol] = (_dimension(powers), factor * _PREFIXES[prefix])
    # After the prefixed ones: min is a minute.
    for name, (powers, factor) in _PLAIN.items():
        named[name] = (_dimension(powers), factor)
    for name, spellings in _SPELLINGS.items():
        for spelling in spellings.split():
            named[_plain_text(spelling)] = named[name]
    # ℃ and the like were changed by NFKC too.
    for name in (*_PLAIN, *_SPELLINGS):
        named.setdefault(_plain_text(name), named[name])
    return named


def _dimension(powers: dict[str, int]) -> Dimension:
    return tuple(sorted((base, power) for base, power in powers.items() if power))


def _plain_text(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).replace("µ", "μ")


_NAMED = _named_units()
_COMPOSED_PLAIN = {_plain_text(text): unit for text, unit in _COMPOSED.items()}
_SCALE_ZERO = {_plain_text(name): zero for name, zero in _ZERO.items()}
for _scale, _spelt in (("℃", _SPELLINGS["℃"]), ("℉", _SPELLINGS["℉"])):
    for _one in _spelt.split():
        _SCALE_ZERO[_plain_text(_one)] = _ZERO[_scale]


def _by_folded_case() -> dict[str, tuple[Dimension, Fraction]]:
    """Spellings in the wrong case that can be only one unit: KN and Mm, but not mw."""
    units: dict[str, set[tuple[Dimension, Fraction]]] = {}
    for name, unit in _NAMED.items():
        units.setdefault(name.casefold(), set()).add(unit)
    return {name: match.pop() for name, match in units.items() if len(match) == 1}


_FOLDED = _by_folded_case()


@lru_cache(maxsize=4096)
def read_unit(text: str) -> Unit:
    """A unit as people write it; one that is not known can be compared with the same text only.

    Args:
        text: what follows the number: dB(A), kg/(m2·h), 万元/套, mL/100g. Empty for a plain number.
    """
    plain = _plain_text(text)
    plain = _COMPOSED_PLAIN.get(plain, plain)
    # A plain number has a measure of its own: it is no ratio, so 0.95 is not compared with 95 %.
    if not plain:
        return Unit((("", 1),), Fraction(1))
    known = _NAMED.get(plain)
    if known is not None:
        return Unit(*known, zero=_SCALE_ZERO.get(plain, Fraction(0)))
    composed = _composed_unit(plain) if len(plain) <= _LONGEST else None
    # A measure of its own, named by its text: it equals itself and nothing else.
    if composed is None:
        return Unit((("?" + plain.casefold(), 1),), Fraction(1))
    return composed


def _composed_unit(plain: str) -> Unit | None:
    """kg/(m2·h), 元/吨, N.m; None where a part is not known."""
    parts = plain.replace("每", "/").split("/")
    powers: dict[str, int] = {}
    factor = Fraction(1)
    above = ""
    for place, part in enumerate(parts):
        sign = -1 if place else 1
        for atom in re.split(r"[·.*×•⋅∙]", part.strip("()")):
            read = _read_atom(atom, below=place > 0)
            if read is None:
                return None
            dimension, of_atom = read
            factor *= of_atom**sign
            for base, exponent in dimension:
                powers[base] = powers.get(base, 0) + sign * exponent
            if not place and dimension:
                above = dimension[0][0]
    dimension = _dimension(powers)
    return Unit(dimension, factor, basis="" if dimension else above)


def _read_atom(atom: str, *, below: bool) -> tuple[Dimension, Fraction] | None:
    match = _ATOM.fullmatch(atom)
    if match is None:
        return None
    name = match["name"]
    # 转/分 is by the minute; 分 alone is a mark or a cent.
    if below and name == "分":
        name = "min"
    named = _named_atom(name, times=int(match["power"] or 1), below=below)
    if named is None:
        return None
    dimension, factor = named
    if match["count"]:
        # 100m² are a hundred of them, as 100g are.
        factor *= int(match["count"])
    return dimension, factor


def _named_atom(
    name: str, *, times: int, below: bool
) -> tuple[Dimension, Fraction] | None:
    """A name without figures, to a power; None where it is not known."""
    unit = _NAMED.get(name) or _FOLDED.get(name.casefold())
    if unit is not None:
        dimension, factor = unit
        powers = {base: exponent * times for base, exponent in dimension}
        return _dimension(powers), factor**times
    # 毫克/立方米: the power stands in the name.
    spelt = _COMPOSED_PLAIN.get(name, name)
    if times == 1 and spelt != name and "/" not in spelt:
        return _read_atom(spelt, below=below)
    multiple = _MULTIPLE.fullmatch(name)
    if multiple is not None:
        of_rest = _named_atom(multiple[2], times=times, below=below)
        if of_rest is None:
            return None
        dimension, factor = of_rest
        # 万m³ are ten thousand of them, and no cube of ten thousand metres.
        return dimension, factor * math.prod(_MULTIPLES[one] for one in multiple[1])
    # 套, 班, 床 and what else is counted stands for itself. Latin letters that are not known do not: krad, Mbps.
    if not re.fullmatch(r"[\u4e00-\u9fff]{1,4}", name):
        return None
    return ((name, times),), Fraction(1)


def in_base(value: Decimal, unit: Unit, *, difference: bool = False) -> Fraction:
    """A value in the base quantities, exactly.

    Args:
        value: in `unit`.
        unit: of the value.
        difference: of two temperatures, so that the zero of the scale does not matter.
    """
    scaled = Fraction(value) * unit.factor
    return scaled if difference else scaled + unit.zero


def from_base(amount: Fraction, unit: Unit, *, difference: bool = False) -> Decimal:
    """The value in `unit` of an amount in base quantities; rounded to 12 digits only where no decimal is exact."""
    value = (amount if difference else amount - unit.zero) / unit.factor
    # Digits end where the denominator has no factor but 2 and 5; else 28 of them are a rounding.
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    if Fraction(exact) == value:
        return exact
    return exact.quantize(Decimal(1).scaleb(exact.adjusted() - 11))
