"""A figure and its unit as one: 38 dB, 38dB and 38.0 分贝 are one quantity, −40 ℃ is not 40 °C.
Not here: which tokens carry content (word_classes), how tokens are cut (text).

Like every repair of a pasted text this keeps the length, so that the original is marked (pasted_text).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from matching.folding import is_unseen
from matching.misread_text import FILLER
from matching.screening import Screen, Signs, class_of
from matching.word_classes import UNIT

# Sign that stands for a unit → its other spellings. None is shorter than the sign: ㎫ folds to mpa.
_SPELLINGS = {
    "μm": ("um", "µm", "微米"),
    "nm": ("纳米",),
    "mm": ("毫米",),
    "cm": ("厘米",),
    "㎡": ("m2", "m²", "平方米"),
    "㎥": ("m3", "m³", "立方米"),
    "mg": ("毫克",),
    "μg": ("ug", "微克"),
    "mL": ("ml", "毫升"),
    "kW": ("千瓦",),
    "MW": ("兆瓦",),
    "kV": ("千伏",),
    "Hz": ("赫兹",),
    "㎑": ("kHz", "千赫"),
    "㎒": ("MHz", "兆赫"),
    "㎪": ("kPa", "千帕"),
    "㎫": ("MPa", "Mpa", "兆帕", "N/mm2", "N/mm²"),
    "㎬": ("GPa", "Gpa", "吉帕"),
    "dB": ("dB(A)", "dB（A）", "dBA", "分贝"),
    "℃": ("°C", "° C", "˚C", "ºC", "摄氏度"),
    "rpm": ("r/min", "rev/min", "转/分钟", "转/分", "转每分钟", "转每分"),
    "ms": ("毫秒",),
    "μs": ("us", "微秒"),
    "％": ("%", "﹪"),
}
# Units that are only joined to their figure.
_JOINED = (
    "m|g|t|V|A|W|N|J|K|L|h|s|dm|km|mm2|cm2|mm²|cm²|kg|ml|GW|mW|kWh|Wh|kVA|mV|mA|kA|Ah|mAh|GHz|Pa|mPa|bar|min|ns|kN|Nm|"
    "N·m|L/min|m/s|mm/s|mm/min|m/min|g/L|mg/L|mg/kg|g/cm3|kg/m3|m3/h|t/h|ppm|ppb|db|DB|Db|mpa|MPA|lx|dpi|fps|px|MB|GB|"
    "TB|Mbps|Gbps|kJ|MJ|Ω|kΩ|MΩ|HRC|HV|HB|RPM|℉|㎜|㎝|㎞|㎎|㎏|㎛|㎚|㎾|㎿|‰"
)
_CANONICAL: dict[str, str] = {}
for _unit, _others in _SPELLINGS.items():
    _CANONICAL.update(dict.fromkeys(_others, _unit))
_UNITS = sorted({*_CANONICAL, *_SPELLINGS, *_JOINED.split("|")}, key=len, reverse=True)
_HAN = "\u3400-\u9fff"
# 50纳米氧化铝 is a material of a size, 50纳米以下 a size.
_AFTER_HAN = (
    f"(?![{_HAN}]|[A-Za-z0-9])|(?=[的以左右级厚径宽长深高下上内外时和与及或到至])"
)
_BLANK = "[ \u00a0\u2009\u202f\u3000]"
_BEGINS_UNIT = class_of(unit[0] for unit in _UNITS)
# Begins with the figure, and looks behind it then: so the engine skips to the next figure. A figure is taken as a
# whole, for no unit begins with a part of one; and a look at one character spares most figures all the units.
_QUANTITY = re.compile(
    rf"(\d(?<![A-Za-z\d.,]\d)(?>\d{{0,2}}(?:,\d{{3}})+|\d*))(\.\d+)?+({_BLANK}{{0,2}}+)(?={_BEGINS_UNIT})"
    rf"({'|'.join(map(re.escape, _UNITS))})(?![A-Za-z\d])"
)
# Written alone too: a query for um means the unit, and no word of a listing is um.
_BARE_MICROMETRE = re.compile(r"(?<![A-Za-z0-9])um(?![A-Za-z0-9])")
_ENDS_UNIT = re.compile(_AFTER_HAN)
_IS_HAN = re.compile(f"[{_HAN}]")
_THOUSANDS = re.compile(r"\d(?<![\w,.]\d)\d{0,2}(?:,\d{3})+(?![\d,])")
_BELOW_ZERO = re.compile(rf"零下({_BLANK}?)(?=\d)")
# The common ones; drop_unseen knows all.
_UNSEEN = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]"
)
_DEGREES = re.compile(rf"(零下{_BLANK}?\d+(?:\.\d+)?)度")
_WIDE = re.compile("[０-９]")
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}

# In folded texts: a sign stands free, 10-20mpa is a range.
_SIGN = r"(?:(?<![0-9a-zμωφ)\]%°])[-+±])?"
# A Han character may follow at once: 150℃热收缩率.
_END = r"(?![0-9a-zμωφ])"
_NUMBER = r"\d+(?:\.\d+)?"
# A token of its own where the sign or the unit is none of letters: −40℃, 38%.
SIGNED = rf"{_SIGN}{_NUMBER}(?:(?:{UNIT}){_END}|°[cf](?=\d))"
_FOLDED = re.compile(rf"(?<![0-9a-zμω])(?<!\d[.]){SIGNED}")
_RANGE = re.compile(
    rf"(?<![0-9a-zμω.])({_SIGN}{_NUMBER})(?:{UNIT})?(?:[-~]|至|到)(-?{_NUMBER})({UNIT}){_END}"
)


@cache
def _screen() -> Screen:
    """What finds the texts that join_quantities() changes."""
    longer = [unit for unit in _UNITS if len(unit) > 1]
    begins = class_of(unit[0] for unit in longer)
    goes_on = class_of(unit[1] for unit in longer)
    single = class_of(unit for unit in _UNITS if len(unit) == 1)
    return Screen(
        [
            Signs(r"\d", begins, goes_on),
            Signs(r"\d", single, "[^A-Za-z0-9]"),
            Signs(r"\d", _BLANK, f"(?:{_BLANK}|{_BEGINS_UNIT})"),
            Signs(r"\d", ",", r"\d"),
            Signs("u", "m"),
            Signs("零", "下"),
            Signs(_WIDE.pattern),
            Signs(_UNSEEN.pattern),
        ]
    )


def join_all_quantities(texts: Sequence[str]) -> list[str]:
    """What join_quantities() gives for each text."""
    joined = list(texts)
    for place, _ in _screen().find(texts):
        joined[place] = join_quantities(texts[place])
    return joined


def join_quantities(text: str) -> str:
    """A text in which each figure is followed by its unit, both in one spelling; its length stays.

    Args:
        text: repaired otherwise.
    """
    if not _UNSEEN.search(text):
        return _join(text)
    # r/min may have something unseen between its letters: read without, and put back where it stood.
    seen = [place for place, character in enumerate(text) if not is_unseen(character)]
    joined = [FILLER] * len(text)
    plain = _join("".join(map(text.__getitem__, seen)))
    for place, character in zip(seen, plain, strict=True):
        joined[place] = character
    return "".join(joined)


def _join(text: str) -> str:
    if _WIDE.search(text):
        text = text.translate(_HALF_WIDTH)
    text = _QUANTITY.sub(_plain_quantity, text)
    if "um" in text:
        text = _BARE_MICROMETRE.sub("μm", text)
    if "," in text:
        text = _THOUSANDS.sub(lambda match: match[0].replace(",", FILLER), text)
    if "零下" in text:
        text = _DEGREES.sub(r"\1℃", text)
        text = _BELOW_ZERO.sub(_minus_sign, text)
    return text


def _minus_sign(match: re.Match[str]) -> str:
    return "-".ljust(len(match.group()), FILLER)


def _plain_quantity(match: re.Match[str]) -> str:
    whole, decimals, blank, unit = match.groups(default="")
    end = match.end()
    following = match.string[end : end + 1]
    if _IS_HAN.match(unit[-1]) and not _ENDS_UNIT.match(match.string, end):
        return match.group()
    # 5 A is a current, and 5 A级 is not.
    if blank and len(unit) == 1 and unit.isalpha() and _IS_HAN.match(following):
        return match.group()
    digits = decimals.rstrip("0").rstrip(".").ljust(len(decimals), FILLER)
    plain_unit = _CANONICAL.get(unit, unit).ljust(len(unit), FILLER)
    return whole.replace(",", FILLER) + digits + FILLER * len(blank) + plain_unit


def quantities_in(norm: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, quantity) of a folded text, those inside other tokens and the ends of ranges too.

    In −40~80 °C and 10-20 MPa the first figure has the unit of the second.
    """
    for match in _FOLDED.finditer(norm):
        yield match.start(), match.end(), match.group()
    for match in _RANGE.finditer(norm):
        first, second, unit = match.groups()
        yield match.start(1), match.end(1), first + unit
        yield match.start(2), match.end(3), second + unit
