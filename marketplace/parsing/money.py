"""Sums of money as they are written, in 万元: 50, 50万, 30-60万, 约五十万, 50万元（含税）, 面议.
Not here: one amount (amounts), units and currencies (currencies), price rules of the trade (listings).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from marketplace.parsing import ParseError
from marketplace.parsing.amounts import (
    MIN_YUAN,
    MONEY_FORMS,
    TWO_SUMS,
    Amount,
    amount_in_wan,
    end_in_wan,
    exact_amount,
    read_amount,
)
from marketplace.parsing.chinese_numbers import NUMBER_SIGNS
from marketplace.parsing.currencies import (
    RATE,
    UNITS,
    find_foreign,
    unit_of_word,
)
from marketplace.parsing.number_formats import FormattedNumber, displayed_number
from marketplace.parsing.text import cell_text, compact_text, half_width
from matching.folding import normalise

MONEY_SIGNS = 120  # characters; longer texts are sentences
HUNDRED_MILLION = Decimal(10_000)  # 1 亿元, in 万元
# Words that say there is a price to be talked about; 待定 says that nothing is known yet.
NEGOTIABLE = frozenset(
    re.findall(
        r"\w+",
        "面议 可面议 价格面议 面谈 可面谈 面洽 面商 协商 可协商 双方协商 协商确定 协商定价 待协商 商议 待商议 议价 "
        "可议 可议价 另议 待议 价格另议 另行商议 另行协商 另行约定 详谈 详议 电议 洽谈 "
        "协议 协议价 协议定价 商定 双方商定",
    )
)
_DEPENDS = re.compile(
    r"(?:视|根据|依据|按照?|看|结合)\D{1,16}(?:而定|确定|商定|决定|约定|协商|面议)|"
    r"(?:具体|双方|价格|费用)\D{0,8}(?:商定|约定|协商|面议)"
)
UNKNOWN_SUMS = frozenset(
    re.findall(
        r"\w+",
        "待定 未定 待确定 暂未确定 暂不确定 尚未确定 未确定 不确定 未知 暂无预算 无预算 没有预算 暂未预算",
    )
)
FREE = frozenset(
    re.findall(
        r"\w+",
        "免费 无偿 免费许可 无偿许可 免费转让 无偿转让 免费使用 无偿使用 免费开放 免费提供 不收费",
    )
)
_DASH = re.compile(r"-{1,2}|~|至|到")
_THOUSANDS = re.compile(r"(?<=\d)[,'](?=\d{3}(?!\d))")
_SPACED_FIGURES = re.compile(r"(?<![\d ])[\d ]*\d \d[\d ]*(?![\d ])", re.ASCII)
_SPACED_THOUSANDS = re.compile(r"\d{1,3}( \d{3})+(?!\d)", re.ASCII)
_BRACKETS = str.maketrans("[]【】〔〕{}", "()()()()")
_REMARK = re.compile(r"\(([^()]*)\)")
# Words around a sum that make it less exact. They are put down in a remark, and the sum is taken.
_ABOUT = "大约|大概|约为|约合|约|从|之间|不等|预计|预估|估计|计划|拟|暂定|暂估|左右|上下|大致|近|余|多"
_UPPER_BOUND = (
    "不超过|不高于|不多于|不大于|最多|至多|最高|上限|以内|之内|内|以下|封顶|≤|<=|<|小于|低于|少于|"
    "不到|不足"
)
_LOWER_BOUND = r"下限|不低于|不少于|不小于|至少|最低|以上|起步价|起价|底价|起|≥|>=|>|大于|高于|超过|\+"
# 总投资, 合同金额, 技术转让费: what the sum is for, which the column says already.
_LABEL = (
    "(?:项目|研发|开发|研究|合作|技术|成果|专利|合同|转让|许可|授权|意向|企业|总)*"
    "(?:投资额?|投入|预算|资金|经费|金额|费用|费|价格|价|报价|总额|合计|共计|总计|总共|共)[:为是]?"
)
_WORDS = f"{_ABOUT}|{_UPPER_BOUND}|{_LOWER_BOUND}"
_AROUND = re.compile(
    rf"(?P<before>(?:{_LABEL}|{_WORDS})*:?)(?P<sum>.+?)(?P<after>(?:{_WORDS})*)"
)
_HAS_BOUND = re.compile(f"{_UPPER_BOUND}|{_LOWER_BOUND}")
_OR_NEGOTIABLE = re.compile(
    rf"[,;。、/或和]*(?:{'|'.join(sorted(NEGOTIABLE, key=len, reverse=True))})$"
)
# 50多万, 50余万元 and 50+万: the word stands before the unit.
_INSIDE = re.compile(rf"(?<=[\d{NUMBER_SIGNS}])(?:多|余|来|\+)(?=[亿万千百元w])")
# Texts that say something of the price and are no sum: what is looked for, and what is answered.
_NO_SUMS = (
    (
        re.compile(rf"^(?:-|负|减|▲|△)[\d{NUMBER_SIGNS}¥]|^\([\d.]+[万元亿]*\)$"),
        "是负数。",
    ),
    (re.compile(r"折|半价|优惠"), "是折扣，不是金额。"),
    (re.compile(r"股|提成|分成|合作开发"), "是合作方式，不是金额。"),
    (re.compile(r"%|百分之|成$"), "是比例，不是金额。"),
    (re.compile(r"\de[+-]?\d"), "是科学计数，末几位可能已经丢失。"),
    (re.compile(r"[几数上][十百千万亿]|若干|[百千万亿]级"), "没有说出具体的数。"),
    (re.compile(r"不限|无上限"), "没有说出具体的数。"),
)


class Money(NamedTuple):
    """A price or budget in 万元: one figure (low == high), a range, or both None where it is to be negotiated.

    Attributes:
        low, high: 万元.
        remark: what of the text the figures do not say, in Chinese; empty where they say all.
        is_sure: it is no slip of the hand: 1 亿元 or more written with 亿, or nothing written as 免费.
    """

    low: Decimal | None
    high: Decimal | None
    remark: str = ""
    is_sure: bool = False


def read_money(raw: Any, unit: Decimal | None = None) -> Money | None:
    """A sum or a range of sums in 万元.

    Args:
        raw: 50 (万元), 50万元, 0.5亿, 30-60万, 5000元, 约50万, 五十万, 面议; or a number with the format of its cell.
        unit: 万元 of one where none is written, from the column's header; None where the header names none, `NOT_YUAN`
            where it names a foreign currency or a rate.

    Raises:
        ParseError: not a sum, one whose unit is not sure, or one that the columns cannot hold.
    """
    is_foreign = unit is not None and unit.is_nan()
    default = None if is_foreign else unit
    if isinstance(raw, FormattedNumber):
        money: Money | None = _read_formatted(raw, default)
    else:
        money = _read_written(_without_noise(raw), default)
    # 面议 below a foreign unit is understood: it has no figure that would have to be converted.
    if is_foreign and money is not None and money.low is not None:
        message = "表头写的单位不是一个人民币总额的单位（外币、单价、两种单位或看不懂的单位），没有换算。"
        raise ParseError(message, "换算成人民币总额，单位万元；没有定价写「面议」。")
    return money


def refuse_doubtful(money: Money, usual_most: Decimal) -> None:
    """Ask for a sum beyond the usual once more, unless it was written with 亿.

    Args:
        money: the sum.
        usual_most: 万元.

    Raises:
        ParseError: the sum in words, and how it is written where it is meant.
    """
    if money.high is None or money.is_sure or money.high <= usual_most:
        return
    words = sum_in_words(money.high)
    message = f"这是 {words}，大得少见，请核对单位是元还是万元。"
    raise ParseError(message, f"确实是这个数，请写成「{words}」。")


def write_money(low: Decimal | None, high: Decimal | None) -> str | Decimal | None:
    """A sum as a number, a range as text; None where there is neither."""
    if low is None:
        return high
    if high is None or low == high:
        return low
    return f"{low.normalize():f}-{high.normalize():f}"


def sum_in_words(amount: Decimal) -> str:
    """A sum with the unit in which it is easily read: 50亿元, 80万元, 50元.

    Args:
        amount: 万元.
    """
    if amount >= HUNDRED_MILLION:
        return f"{(amount / HUNDRED_MILLION).normalize():f}亿元"
    if amount >= 1 or not amount:
        return f"{amount.normalize():f}万元"
    return f"{(amount / UNITS['元']).normalize():f}元"


def describe_odd(amount: Decimal | None, usual_most: Decimal) -> str:
    """What is said of a sum that looks as if its unit was mistaken; empty for any other.

    Args:
        amount: 万元.
        usual_most: 万元 beyond which a sum is rare.
    """
    if not amount:
        return ""
    size = "大" if amount > usual_most else ""
    if amount < MIN_YUAN:
        size = "小"
    if not size:
        return ""
    return (
        f"按 {amount.normalize():f} 万元（{sum_in_words(amount)}）记录，"
        f"{size}得少见，请核对单位是元还是万元。"
    )


def _read_formatted(number: FormattedNumber, unit: Decimal | None) -> Money:
    """The sum that a cell shows, with the unit that its format shows."""
    displayed = displayed_number(number)
    if displayed.is_scaled:
        message = "单元格格式把数字缩小显示，没有写单位，看不出是多少。"
        raise ParseError(message, "把单元格设成常规格式，重新填写万元数。")
    if displayed.value < 0:
        raise ParseError("金额是负数。", MONEY_FORMS)
    if displayed.is_currency:
        bare = Amount(displayed.value, None, has_sign=True, has_yi=False, last="")
        amount = amount_in_wan(bare, unit, f"¥{displayed.value:f}")
    else:
        size = UNITS[displayed.unit] if displayed.unit else unit or Decimal(1)
        amount = exact_amount(round(displayed.value, 6) * size)
    is_sure = "亿" in displayed.unit and amount >= HUNDRED_MILLION
    return Money(amount, amount, is_sure=is_sure)


def _read_written(raw: Any, unit: Decimal | None) -> Money | None:
    plain = normalise(compact_text(raw)).translate(_BRACKETS).rstrip("。.;,、/~")
    # ~50万 is about so much; between two sums it is a dash.
    plain = re.sub(r"^[~≈]", "约", plain)
    if not plain or plain in UNKNOWN_SUMS:
        return None
    if plain in NEGOTIABLE:
        return Money(None, None)
    if plain in FREE:
        return Money(Decimal(0), Decimal(0), is_sure=True)
    _refuse_several_numbers(raw)
    if len(plain) > MONEY_SIGNS:
        raise _refusal(plain, "不是能识别的金额。")
    # A comma counts as a thousands sign only where three digits follow it: 1,5万 is refused and not read as 15.
    bare = _THOUSANDS.sub("", plain)
    main, remarks, repeated = _without_remarks(bare)
    for text in (main, *remarks):
        if RATE.search(text):
            raise _refusal(plain, "是单价或每年的金额，不是总额。")
    if foreign := find_foreign(main):
        message = f"「{plain[:40]}」是外币（{foreign}），没有换算。"
        raise ParseError(message, "换算成人民币，单位万元，如 50 或 50万。")
    money = _read_sums(main, unit) or _read_words(main, plain, unit)
    if money is None:
        raise _reason_of(plain)
    for other in repeated:
        if money.low is not None and other[:2] != money[:2]:
            raise _refusal(plain, "里的两个金额不一样。")
    if remarks and not money.remark:
        money = money._replace(remark=_taken_as(plain, money))
    return money


def _without_remarks(bare: str) -> tuple[str, list[str], list[Money]]:
    """A text without its brackets, with the unit that stood in one; the remarks; the same sum written again."""
    main = _REMARK.sub("", bare)
    remarks = []
    repeated = []
    for remark in _REMARK.findall(bare):
        again = None
        if unit_of_word(remark) is not None:
            main = _with_unit(main, remark)
            continue
        if find_foreign(remark) and not re.search(rf"[\d{NUMBER_SIGNS}]", remark):
            main += remark  # 50万（美元）: the currency of the sum
        elif re.search("[亿万元圆¥]", remark):
            # 伍拾万元整（¥500,000.00）
            again = _read_sums(remark, None)
        if again is None:
            remarks.append(remark)
        else:
            repeated.append(again)
    return main, remarks, repeated


def _with_unit(main: str, unit: str) -> str:
    """A text with the unit that stood in brackets: 50(万元), (万元)50, 50万(元)."""
    if re.search(rf"[\d{NUMBER_SIGNS}]$", main):
        return main + unit
    if unit in ("元", "圆") and re.search("[万亿w]$", main):
        return main + unit
    written = re.search(r"[^\d.]+$", main)
    if written is not None and unit_of_word(written[0]) == unit_of_word(unit):
        return main
    return f"{main}({unit})"


def _read_sums(plain: str, unit: Decimal | None) -> Money | None:
    """A sum or a range written in figures or characters; None where the text is something else."""
    one = read_amount(plain)
    if one is not None:
        amount = amount_in_wan(one, unit, plain)
        return Money(amount, amount, is_sure=_is_sure(one, amount))
    ends = list(_ends_of_range(plain))
    # Parted at two signs it may be read in two ways.
    if len(ends) != 1:
        return None
    first, last = ends[0]
    low = end_in_wan(first, last, unit, plain)
    high = end_in_wan(last, first, unit, plain)
    if low > high:
        raise _refusal(plain, "的前一个数比后一个大。")
    return Money(low, high, is_sure=_is_sure(last, high))


def _ends_of_range(plain: str) -> Iterator[tuple[Amount, Amount]]:
    """The ends of a range, once for each dash that parts two amounts."""
    for dash in _DASH.finditer(plain):
        first = _amount_or_none(plain[: dash.start()])
        last = _amount_or_none(plain[dash.end() :])
        if first is not None and last is not None:
            yield first, last


def _amount_or_none(text: str) -> Amount | None:
    if not text or not re.search(rf"[\d{NUMBER_SIGNS}]", text):
        return None
    return read_amount(text)


def _is_sure(amount: Amount, value: Decimal) -> bool:
    return amount.has_yi and value >= HUNDRED_MILLION


def _read_words(main: str, plain: str, unit: Decimal | None) -> Money | None:
    """A sum with words around it (约50万, 100万以内): the sum, and a remark on what it leaves out."""
    if main in NEGOTIABLE or _DEPENDS.fullmatch(main):
        return Money(None, None, f"「{plain[:40]}」记为面议。")
    bare = _INSIDE.sub("", _OR_NEGOTIABLE.sub("", main))
    around = _AROUND.fullmatch(bare)
    if around is None:
        return None
    money = _read_sums(around["sum"], unit)
    if money is None:
        return None
    words = f"{around['before']}{around['after']}"
    # 不超过50-60万 bounds a range: which figure is meant is not sure.
    if money.low != money.high and _HAS_BOUND.search(words):
        return None
    return money._replace(remark=_taken_as(plain, money))


def _taken_as(plain: str, money: Money) -> str:
    if money.low is None:
        return f"「{plain[:40]}」记为面议。"
    written = write_money(money.low, money.high)
    if isinstance(written, Decimal):
        written = f"{written.normalize():f}"
    return f"「{plain[:40]}」按 {written} 万元记录。"


def _refuse_several_numbers(raw: Any) -> None:
    """Refuse figures with ，、 or blanks between them: 50，100万 and 50 10万 may be two sums or one."""
    if not isinstance(raw, str):
        return
    typed = " ".join(cell_text(raw).split())
    written = " ".join(half_width(typed).split())
    is_parted = re.search(r"\d\s*[、，]\s*\d", typed) is not None
    for blank in _SPACED_FIGURES.finditer(written):
        is_parted = is_parted or not _SPACED_THOUSANDS.fullmatch(blank[0].strip())
    if is_parted:
        # As it was typed: without its blanks it would read as one number.
        message = f"「{typed[:40]}」分不清是一个数还是两个数。"
        raise ParseError(message, TWO_SUMS)


def _without_noise(raw: Any) -> Any:
    """A computed number without the noise of binary fractions: 0.1 + 0.2 as 0.3."""
    if isinstance(raw, float) and raw - raw == 0:
        return f"{Decimal(repr(round(raw, 6))):f}"
    return raw


def _reason_of(plain: str) -> ParseError:
    for pattern, reason in _NO_SUMS:
        if pattern.search(plain):
            return _refusal(plain, reason)
    return _refusal(plain, "不是能识别的金额。")


def _refusal(plain: str, reason: str) -> ParseError:
    return ParseError(f"「{plain[:40]}」{reason}", MONEY_FORMS)
