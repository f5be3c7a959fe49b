"""Sums of money as they are written, in 万元: 50, 50万, 0.5亿, 30-60万, 约五十万, 面议. No price rules of the trade."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, NamedTuple

from marketplace.parsing import ParseError
from marketplace.parsing.chinese_numbers import SIGNS, read_chinese_number
from marketplace.parsing.number_formats import FormattedNumber, shown_number
from marketplace.parsing.text import cell_text, compact_text

MONEY_BELOW = Decimal(10) ** 10  # 万元, as the columns of the database hold it
MONEY_STEP = Decimal("0.0001")  # 1 元
# 1 亿元: more than any sum of these lists that was no slip of the unit.
LARGE_SUM = Decimal(10_000)
# Written with ¥ alone, less than this is more likely a sum in 万元: ¥50 is no budget.
LEAST_YUAN = Decimal("0.1")
# Words that say there is a price to be talked about; 待定 says that nothing is known yet.
NEGOTIABLE = {
    "面议",
    "可面议",
    "价格面议",
    "面谈",
    "面洽",
    "协商",
    "可协商",
    "双方协商",
    "协商确定",
    "协商定价",
    "待协商",
    "商议",
    "议价",
    "可议",
    "另议",
    "价格另议",
    "另行商议",
    "另行协商",
    "详谈",
    "电议",
    "洽谈",
}
UNKNOWN_SUMS = {"待定", "未定", "待确定", "暂未确定", "暂不确定", "不确定", "未知"}
FREE = {"免费", "无偿", "免费许可", "无偿许可", "免费转让", "无偿转让", "免费使用"}
UNITS = {
    "亿元": Decimal(10_000),
    "亿": Decimal(10_000),
    "千万元": Decimal(1_000),
    "千万": Decimal(1_000),
    "百万元": Decimal(100),
    "百万": Decimal(100),
    "万元": Decimal(1),
    "万圆": Decimal(1),
    "万": Decimal(1),
    "w": Decimal(1),
    "千元": Decimal("0.1"),
    "百元": Decimal("0.01"),
    "元": Decimal("0.0001"),
    "圆": Decimal("0.0001"),
}
# All the characters that can be: in 一百二十万 the ten belongs to the number and not to the unit.
_CHARACTERS = rf"[{SIGNS}点半]+"
_NUMBER = rf"(\d+(?:\.\d+)?|\.\d+|{_CHARACTERS})"
_UNIT = f"({'|'.join(UNITS)})?"
_AMOUNT = re.compile(rf"{_NUMBER}{_UNIT}(?:人民币|整|正)?", re.ASCII)
# A dash is typed in many ways, twice by some keyboards.
_RANGE = re.compile(
    rf"{_NUMBER}{_UNIT}(?:-{{1,2}}|~|—{{1,2}}|–|−|至|到){_NUMBER}{_UNIT}(?:人民币)?",
    re.ASCII,
)
_YUAN_SIGN = re.compile(r"^[¥￥]|[¥￥]$")
_CURRENCY = re.compile(r"^(人民币|rmb|cny)[:：]?|(rmb|cny)$")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_REMARK = re.compile(r"\([^()]*\)")
# Words around a sum that make it less exact. They are put down in a remark, and the sum is taken.
_ABOUT = (
    r"约|大约|大概|约为|预计|预算|预估|估计|计划|拟|暂定|暂估|左右|上下|大致|近|余|多"
)
_AT_MOST = (
    r"不超过|不高于|不多于|不大于|最多|至多|最高|上限|以内|之内|以下|封顶|≤|<=|<|小于"
)
_AT_LEAST = r"不低于|不少于|不小于|至少|最低|以上|起|≥|>=|>|大于|超过"
_WORDS = f"{_ABOUT}|{_AT_MOST}|{_AT_LEAST}"
_AROUND = re.compile(
    rf"^(?P<before>(?:{_WORDS})*)(?P<sum>.+?)(?P<after>(?:{_WORDS})*)$"
)
_HAS_BOUND = re.compile(f"{_AT_MOST}|{_AT_LEAST}")
# 50多万 and 50余万元: the word stands before the unit.
_INSIDE = re.compile(rf"(?<=[\d{SIGNS}])(多|余|来)(?=[亿万千百元])")
MONEY_FORMS = "填 50、50万、0.5亿、30-60万 或 面议；不写单位就是万元。"


class Money(NamedTuple):
    """A price or budget in 万元: one figure (low == high), a range, or both None where it is to be negotiated.

    Attributes:
        low, high: 万元.
        remark: what of the text the figures do not say, in Chinese; empty where they say all.
    """

    low: Decimal | None
    high: Decimal | None
    remark: str = ""


def read_money(raw: Any, unit: Decimal | None = None) -> Money | None:
    """A sum or a range of sums in 万元.

    Args:
        raw: 50 (万元), 50万元, 0.5亿, 30-60万, 5000元, 约50万, 五十万, 面议; or a number with the format of its cell.
        unit: 万元 of one where none is written, from the column's header; None where the header names none.

    Raises:
        ParseError: not a sum, one whose unit is not sure, or one that the columns cannot hold.
    """
    if isinstance(raw, FormattedNumber):
        return _read_formatted(raw, unit)
    _refuse_wide_comma(raw)
    plain = compact_text(_without_noise(raw)).casefold()
    if not plain or plain in UNKNOWN_SUMS:
        return None
    bare = plain.rstrip("。.;")
    if bare in NEGOTIABLE:
        return Money(None, None)
    if bare in FREE:
        return Money(Decimal(0), Decimal(0))
    found = _read_sums(plain, unit) or _read_words(plain, unit)
    if found is None:
        raise ParseError(f"「{plain[:40]}」不是能识别的金额。", MONEY_FORMS)
    return found


def read_sum(raw: Any) -> Decimal | None:
    """One sum of money in 万元, where a range or 面议 has a control of its own.

    Raises:
        ParseError: not one sum; the message says why, in Chinese.
    """
    found = read_money(raw)
    if found is None:
        return None
    if found.low is None:
        raise ParseError("这里只填数字；没有定价就选「面议」。")
    if found.low != found.high:
        raise ParseError("这里只填一个数。")
    # A form shows what is stored only after saving: what is not a plain sum is asked for again.
    if found.remark:
        raise ParseError("这里只填一个数，不写约数。", "如 50。")
    return found.low


def write_money(low: Decimal | None, high: Decimal | None) -> str | Decimal | None:
    """A sum as a number, a range as text; None where there is neither."""
    if low is None:
        return high
    if high is None or low == high:
        return low
    return f"{low.normalize():f}-{high.normalize():f}"


def describe_large(amount: Decimal | None) -> str:
    """What is said of a sum that looks as if its unit was mistaken; empty for any other."""
    if amount is None or amount <= LARGE_SUM:
        return ""
    hundred_millions = (amount / LARGE_SUM).normalize()
    return (
        f"按 {amount.normalize():f} 万元（{hundred_millions:f} 亿元）记录，"
        "大得少见，请核对单位是元还是万元。"
    )


def _read_formatted(number: FormattedNumber, unit: Decimal | None) -> Money | None:
    """The sum that a cell shows, with the unit that its format shows."""
    shown = shown_number(number)
    if shown.is_scaled:
        message = "单元格格式把数字缩小显示，没有写单位，看不出是多少。"
        raise ParseError(message, "把单元格设成常规格式，重新填写万元数。")
    if shown.is_currency:
        return _read_sums(f"¥{shown.value:f}", unit)
    if shown.value < 0:
        raise ParseError("金额是负数。", MONEY_FORMS)
    written = _exact_amount(
        f"{round(shown.value, 6):f}", shown.unit.casefold(), unit or Decimal(1)
    )
    return Money(written, written)


def _read_sums(plain: str, unit: Decimal | None) -> Money | None:
    """A sum or a range written in figures or characters; None where the text is something else."""
    has_sign = _YUAN_SIGN.search(plain) is not None
    without_sign = _YUAN_SIGN.sub("", _CURRENCY.sub("", plain))
    # A comma counts as a thousands sign only where three digits follow it: 1,5万 is refused and not read as 15.
    bare = _THOUSANDS.sub("", without_sign)
    default = unit or Decimal(1)
    if found := _AMOUNT.fullmatch(bare):
        if has_sign and not found[2]:
            return _read_yuan(plain, found[1], unit)
        amount = _exact_amount(found[1], found[2], default)
        return Money(amount, amount)
    bare = re.sub("[¥￥]", "", bare)
    if found := _RANGE.fullmatch(bare):
        if has_sign and not (found[2] or found[4]):
            raise ParseError(
                f"「{plain[:40]}」看不出是元还是万元。",
                "写上单位，如 30-60万。",
            )
        # In 30-60万 the unit is written once, for both.
        low = _exact_amount(found[1], found[2] or found[4], default)
        high = _exact_amount(found[3], found[4] or found[2], default)
        if low > high:
            raise ParseError(f"「{plain[:40]}」的前一个数比后一个大。", MONEY_FORMS)
        return Money(low, high)
    return None


def _read_yuan(plain: str, digits: str, unit: Decimal | None) -> Money:
    """A sum written with ¥ and no other unit: 元, unless the header or the figure speaks against it."""
    amount = _exact_amount(digits, "元", Decimal(1))
    names_other_unit = unit is not None and unit != UNITS["元"]
    if names_other_unit or 0 < amount < LEAST_YUAN:
        message = f"「{plain[:40]}」看不出是元还是万元。"
        raise ParseError(message, "去掉 ¥，把单位写在数字后面，如 50万。")
    return Money(amount, amount)


def _read_words(plain: str, unit: Decimal | None) -> Money | None:
    """A sum with words around it (约50万, 100万以内, 50万元（含税）): the sum, and a remark on what it leaves out."""
    without_remarks = _REMARK.sub("", plain)
    inside = _INSIDE.sub("", without_remarks)
    around = _AROUND.fullmatch(inside)
    if around is None:
        return None
    found = _read_sums(around["sum"], unit)
    if found is None:
        negotiable = without_remarks in NEGOTIABLE
        return Money(None, None, f"「{plain[:40]}」记为面议。") if negotiable else None
    remark = f"「{plain[:40]}」按 {_figures_in_words(found)} 万元记录。"
    words = f"{around['before']}{around['after']}"
    # 不超过50-60万 bounds a range: which figure is meant is not sure.
    if found.low != found.high and _HAS_BOUND.search(words):
        return None
    return Money(found.low, found.high, remark)


def _figures_in_words(found: Money) -> str:
    written = write_money(found.low, found.high)
    if isinstance(written, Decimal):
        return f"{written.normalize():f}"
    return str(written)


def _refuse_wide_comma(raw: Any) -> None:
    """Refuse a figure with ， or 、 inside: 50，100万 may be two sums or one."""
    if not isinstance(raw, str):
        return
    plain = cell_text(raw)
    if re.search(r"\d\s*[，、]\s*\d", plain):
        message = f"「{plain[:40]}」分不清是一个数还是两个数。"
        raise ParseError(message, "只填一个数；两个数写成 50-100万。")


def _without_noise(raw: Any) -> Any:
    """A computed number without the noise of binary fractions: 0.1 + 0.2 as 0.3."""
    if isinstance(raw, float) and raw - raw == 0:
        return f"{Decimal(repr(round(raw, 6))):f}"
    return raw


def _exact_amount(digits: str, unit: str | None, default: Decimal) -> Decimal:
    amount = _read_number(digits) * UNITS.get(unit or "", default)
    # Fixed point with 14 digits, 4 of them after the point.
    if amount >= MONEY_BELOW:
        raise ParseError("金额太大。", "按万元填写，整数部分最多 10 位。")
    # Rounding would put another price on the page than the one that was written.
    exact = amount.quantize(MONEY_STEP)
    if exact != amount:
        raise ParseError("金额太细。", "精确到 1 元（0.0001 万元）即可。")
    return exact


def _read_number(digits: str) -> Decimal:
    if not re.search(f"[{SIGNS}半]", digits):
        return Decimal(digits)
    number = read_chinese_number(digits)
    if number is None:
        raise ParseError(f"「{digits[:40]}」不是能识别的数。", MONEY_FORMS)
    return number
