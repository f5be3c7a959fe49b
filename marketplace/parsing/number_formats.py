"""Number formats of spreadsheet cells: the unit of money they show, and what they do to the stored number.
Not here: sums as people write them (money), cells and rows (exchange).

A spreadsheet stores 500000 and shows 50.0万: the unit stands in the format of the cell, where no value holds it. The
syntax is that of ECMA-376 part 1, 18.8.31, with the conditions and scaling commas that programs write.
"""

from __future__ import annotations

import operator
import re
from decimal import Decimal
from math import isfinite
from typing import NamedTuple

from marketplace.parsing import ParseError
from marketplace.parsing.currencies import RATE, RENMINBI, UNITS, find_foreign
from matching.folding import fold_label

# A section of a format piece by piece: quoted and escaped text, brackets, fillers, anything else.
_PIECES = re.compile(
    r'"(?P<quoted>[^"]*)"?|[\\!](?P<escaped>.)|\[(?P<bracket>[^\]]*)\]|[_*](?P<filler>.)|(?P<plain>.)',
    re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)")
_CURRENCY = re.compile(r"\$([^\-\]]*)(?:-(.+))?")
_CONDITIONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}
_JAPANESE = re.compile(r"0*411|ja(?:-.*)?", re.I)  # the locale whose ¥ is the yen
# Words of a format that are no text: they stand for the number itself, or for colours and kinds of digits.
_GENERAL = re.compile(r"general|g/通用格式|e[+-](?=0)", re.I)
# Text that a sum may bear and that says nothing else of it.
_HARMLESS = re.compile(r"约|预算|金额|价格|资金|合计|共|整|正|[0\s()（）:：+_\-]")
_TELLING = re.compile(r"[^\W\d_]|[$¥￥€£₩₽₹฿₫₺]")
_STORED_DIGITS = 10  # what a spreadsheet shows has fewer places
# More than the columns hold in any unit; beyond 10**18 rounding to those places has more digits than a Decimal keeps.
_TOO_LARGE = 10**15


class ShownNumber(NamedTuple):
    """A number as its cell shows it.

    Attributes:
        value: the figure that is seen.
        unit: the unit seen next to it, such as 万 or 元; ¥ counts as 元; empty where none is seen.
        is_currency: the unit is a sign of currency and no word.
        is_scaled: commas alone scale it, so that the figure that is seen may be in thousands or in a unit of its own.
    """

    value: Decimal
    unit: str = ""
    is_currency: bool = False
    is_scaled: bool = False


class FormattedNumber(float):
    """A number of a cell whose format shows more than its digits; else it is the number it stores.

    Args:
        value: the stored number.
        number_format: the format code of the cell.
    """

    number_format: str

    @property
    def shown_digits(self) -> str:
        """The figures its cell shows, where the format pads them with noughts or writes some of its own; else ""."""
        # 1e400 in a cell is infinite: no figure, and nothing that a condition could be compared with.
        if not isfinite(self):
            return ""
        section = _section_of(self.number_format, Decimal(repr(float(self))))
        return _padded_digits(section, float(self))

    def __new__(cls, value: float, number_format: str) -> FormattedNumber:
        number = super().__new__(cls, value)
        number.number_format = number_format
        return number


def says_more(number_format: str | None) -> bool:
    """Whether a format shows text or scales the number; days and plain numbers do not count."""
    if not number_format or number_format == "General":
        return False
    if re.search(r"[0#?],+(?![0#?,])|[\\!]\.|\"\.\"", number_format):
        return True
    for section in _split_sections(number_format):
        if _pads_digits(section):
            return True
        text, digits = _text_of(section)
        # 0.5 that is shown as 50% is no sum.
        if "%" in digits:
            return True
        # A day has letters and no places for digits.
        if re.search("[0#?]", digits) and _TELLING.search(text):
            return True
    return False


def displayed_number(number: FormattedNumber) -> ShownNumber:
    """What a cell shows of its number.

    Args:
        number: the stored number with its format.

    Raises:
        ParseError: the format shows a foreign currency, a rate, or a text that is no unit of money; or the number is
            no sum of this world.
    """
    if not abs(number) < _TOO_LARGE:
        raise ParseError("金额太大。", "按万元填写，整数部分最多 10 位。")
    stored = Decimal(repr(float(number)))
    text, digits = _text_of(_section_of(number.number_format, stored))
    folded = fold_label(text)
    if find_foreign(folded):
        raise ParseError(
            "这一格的格式是外币。", "请按人民币填写，单位万元，如 50 或 50万。"
        )
    if "%" in digits:
        raise ParseError("这一格是百分比格式，不是金额。", "填金额，如 50 或 50万。")
    if RATE.search(folded):
        message = f"这一格的格式是「{text.strip()}」，不是总额。"
        raise ParseError(message, "填总额，如 50 或 50万。")
    commas = _scaling_commas(digits)
    places = _text_point_places(digits)
    value = stored / Decimal(1000) ** commas / Decimal(10) ** places
    unit = RENMINBI.sub("", _HARMLESS.sub("", folded))
    is_currency = not unit and RENMINBI.search(folded) is not None
    is_scaled = bool(commas) and not places and not unit
    # k and M scale as the commas do, and may be thousands of any unit.
    if unit and unit not in UNITS:
        message = f"这一格的格式里有「{text.strip()}」，看不出是多少。"
        raise ParseError(message, "把单元格设成常规格式，重新填写万元数。")
    rounded = round(value, _STORED_DIGITS).normalize()
    return ShownNumber(rounded, unit, is_currency, is_scaled)


def sum_text(number: float) -> str:
    """A number of a cell as a text that reads as the same sum: with the unit that its cell shows (500000元).

    What is no sum (a foreign currency, a share) comes with the reason, so that nobody takes the bare figure for 万元.

    Args:
        number: the number, with its format where that says more than its digits.
    """
    if not isfinite(number):
        return ""
    # A computed 0.1 + 0.2 is 0.3 as a number; as text its binary noise would be too fine for a sum.
    digits = f"{Decimal(repr(round(float(number), 6))):f}".removesuffix(".0")
    if not isinstance(number, FormattedNumber):
        return digits
    try:
        shown = displayed_number(number)
    except ParseError as error:
        return f"{digits} {error.message}"
    if shown.is_scaled:
        return f"{digits} 单元格格式把数字缩小显示"
    sign = "¥" if shown.is_currency else ""
    return f"{sign}{shown.value:f}{shown.unit}"


def _text_of(section: str) -> tuple[str, str]:
    """The text of a section, 0 for the figure, and its places for digits, with ' for a point written as text."""
    text = ""
    digits = ""
    for piece in _PIECES.finditer(_GENERAL.sub("0", section)):
        if piece["bracket"] is not None:
            text += _currency_sign(piece["bracket"])
        elif piece["filler"] is None:
            written = piece["quoted"] or piece["escaped"] or ""
            # A point that is written as text parts the digits without scaling them: 0!.0, shows 500000 as 50.0.
            digits += "'" * written.count(".")
            text += written.replace(".", "")
            plain = piece["plain"] or ""
            if plain not in "0#?.,%":
                text += plain
            elif plain and not text.endswith("0"):
                # Where the figure stands: "每台"0"元" is not in 台元.
                text += "0"
            digits += plain if plain in "0#?.,%" else ""
    return text, digits


def _pads_digits(section: str) -> bool:
    """Whether a format shows more figures than a whole number has: 000000, 000-0000-0000, "0635-"0."""
    noughts = 0
    for piece in _PIECES.finditer(section):
        if re.search(r"\d", piece["quoted"] or piece["escaped"] or ""):
            return True
        plain = piece["plain"] or ""
        # Fractions, powers, thousands, days and points are no figures of a code.
        if plain and plain not in "0#?-() +":
            return False
        noughts += plain == "0"
    return noughts > 1


def _padded_digits(section: str, value: float) -> str:
    """A whole number as a format of figures writes it; "" for any other number or format."""
    if not _pads_digits(section) or not value.is_integer() or value < 0:
        return ""
    digits = str(int(value))
    written = ""
    places = list(_PIECES.finditer(section))
    left = sum((piece["plain"] or "") in ("0", "#", "?") for piece in places)
    # From the right, as a spreadsheet does; what has no place of its own stands before the first one.
    for piece in reversed(places):
        plain = piece["plain"] or ""
        if plain in ("0", "#", "?"):
            left -= 1
            shown = digits if not left else digits[-1:]
            digits = "" if not left else digits[:-1]
            written = (shown or ("0" if plain == "0" else "")) + written
            continue
        text = piece["quoted"] or piece["escaped"] or plain
        # A word is a unit, which the reader of sums knows; beside a code it would be part of it.
        if re.search(r"[^\d\s()+-]", text):
            return ""
        written = text + written
    return written.strip()


def _section_of(number_format: str, value: Decimal) -> str:
    """The section of a format that a number is shown by: by its condition, else by its sign."""
    sections = _split_sections(number_format)
    conditions = [_condition_of(section) for section in sections]
    if any(conditions):
        for section, condition in zip(sections, conditions, strict=True):
            if condition is None:
                return section
            compare, limit = condition
            if _CONDITIONS[compare](value, limit):
                return section
        return sections[-1]
    if value < 0 and len(sections) > 1:
        return sections[1]
    if value == 0 and len(sections) > 2:
        return sections[2]
    return sections[0]


def _split_sections(number_format: str) -> list[str]:
    sections = [""]
    for piece in _PIECES.finditer(number_format):
        if piece["plain"] == ";":
            sections.append("")
        else:
            sections[-1] += piece[0]
    return sections


def _condition_of(section: str) -> tuple[str, Decimal] | None:
    for piece in _PIECES.finditer(section):
        match = _CONDITION.fullmatch(piece["bracket"] or "")
        if match is not None:
            return match[1], Decimal(match[2])
    return None


def _currency_sign(bracket: str) -> str:
    """The sign of [$¥-804]; the yen is no yuan."""
    match = _CURRENCY.fullmatch(bracket)
    if match is None:
        return ""
    sign, locale = match[1], match[2] or ""
    if _JAPANESE.fullmatch(locale) and sign in ("¥", "￥"):
        return "$"
    if RENMINBI.search(fold_label(sign)):
        return sign
    # Two or three letters (kr, USD, zł) are another currency.
    return (
        "$" if re.fullmatch(r"[^\W\d_]{1,4}\.?\$?", sign) and sign.isascii() else sign
    )


def _scaling_commas(digits: str) -> int:
    """How many commas stand after the last digit: each divides by a thousand."""
    match = re.search(r"[0#?](,+)[^0#?]*$", digits.replace("'", ""))
    before_point = re.search(r"[0#?](,+)\.", digits.replace("'", ""))
    commas = len(match[1]) if match else 0
    return commas + (len(before_point[1]) if before_point else 0)


def _text_point_places(digits: str) -> int:
    """How many digits follow a point that is written as text."""
    head, point, tail = digits.partition("'")
    if not point or not head:
        return 0
    return len(re.findall(r"[0#?]", tail))
