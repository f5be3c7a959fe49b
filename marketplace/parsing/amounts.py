"""One amount of money as it is written: 50, 50万, 5000元, 1亿2千万, 伍拾万元整, ￥500,000.
Not here: ranges and words around an amount (money), which units there are (currencies).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from marketplace.parsing import ParseError
from marketplace.parsing.chinese_numbers import NUMBER_SIGNS, read_mixed_number
from marketplace.parsing.currencies import RENMINBI, UNITS

MONEY_BELOW = Decimal(10) ** 10  # 万元, as the columns of the database hold it
MONEY_STEP = Decimal("0.0001")  # 1 元
MONEY_FORMS = "填 50、50万、0.5亿、30-60万 或 面议；不写单位就是万元。"
TWO_SUMS = "只填一个数；两个数写成 50-100万。"
SUM_FORMS = "填 50、50万 或 0.5亿；不写单位就是万元。"
# Written with ¥ alone, less than this is more likely a sum in 万元: ¥50 is no budget. In 万元.
MIN_YUAN = Decimal("0.1")

# 一亿二千万: the sections of a number, each with what multiplies it, and 元 at the end.
_SECTION = rf"[\d.{NUMBER_SIGNS}]+"
_AMOUNT = re.compile(
    rf"(?:(?P<yi>{_SECTION})个?亿)?(?:(?P<wan>{_SECTION})个?[万w])?(?P<rest>{_SECTION})?"
    rf"(?P<yuan>元|圆|块钱?)?(?:整|正)?",
    re.ASCII,
)
# 五千 and 3千5百 may be so many 万元 or so many 元; 五百 is taken as 500 is.
_STEP_LAST = re.compile(r".*[千仟]|.*\d[十拾百佰].*")
_ONE_STEP = re.compile(r"(?:\d+(?:\.\d+)?|[一二两三四五六七八九])([十百千]+)", re.ASCII)
_HAS_STEP = re.compile("[十拾百佰千仟]")
_SIGN_BEFORE = re.compile(rf"^(?:(?:{RENMINBI.pattern}):?)+")
_SIGN_BEHIND = re.compile(rf"(?:{RENMINBI.pattern})(?=(?:整|正)?$)")


class Amount(NamedTuple):
    """One amount.

    Attributes:
        value: 万元 where a unit is written, else the bare number.
        unit: 万元 of one in the last unit that is written; None where none is.
        has_sign: ¥ or a word for the currency is written.
        has_yi: it is written with 亿.
        last: the figures before that unit.
    """

    value: Decimal
    unit: Decimal | None
    has_sign: bool
    has_yi: bool
    last: str


def read_amount(folded: str) -> Amount | None:
    """An amount in digits or characters, None where the text is something else.

    Args:
        folded: half-width, simplified, without blanks and thousands signs.

    Raises:
        ParseError: its unit is not said, or is said of a part only.
    """
    bare = _SIGN_BEHIND.sub("", _SIGN_BEFORE.sub("", folded))
    match = _AMOUNT.fullmatch(bare)
    if not bare or match is None:
        return None
    sections = []
    for name in ("yi", "wan", "rest"):
        sections.append(read_mixed_number(match[name]) if match[name] else None)
        if match[name] and sections[-1] is None:
            return None
    hundred_millions, ten_thousands, rest = sections
    if hundred_millions is None and ten_thousands is None and rest is None:
        return None
    has_sign = bare != folded
    if hundred_millions is None and ten_thousands is None and not match["yuan"]:
        if _STEP_LAST.fullmatch(match["rest"]) or match["rest"] == "半":
            raise _unclear(folded)
        return Amount(rest or Decimal(0), None, has_sign, False, match["rest"])
    # 3万5 is spoken for 35,000, 50万5 for nothing: what is left after the last unit must have one too.
    if (
        rest is not None
        and not match["yuan"]
        and not _STEP_LAST.fullmatch(match["rest"])
    ):
        raise _unclear(folded)
    if _has_wrong_order(sections):
        return None
    value = (
        (hundred_millions or Decimal(0)) * UNITS["亿"]
        + (ten_thousands or Decimal(0))
        + (rest or Decimal(0)) * UNITS["元"]
    )
    name, unit = _last_unit(match)
    return Amount(value, unit, has_sign, match["yi"] is not None, match[name])


def amount_in_wan(amount: Amount, unit: Decimal | None, folded: str) -> Decimal:
    """An amount in 万元, exactly.

    Args:
        amount: as it is written.
        unit: 万元 of one where none is written; None where nothing says it.
        folded: the text it was read from.

    Raises:
        ParseError: whether it is 元 or 万元 is not sure, or the columns cannot hold it.
    """
    if amount.unit is not None:
        return exact_amount(amount.value)
    if not amount.has_sign:
        return exact_amount(amount.value * (unit or Decimal(1)))
    # ¥ alone says 元, unless the header or the figure speaks against it.
    value = exact_amount(amount.value * UNITS["元"])
    names_other_unit = unit is not None and unit != UNITS["元"]
    if names_other_unit or 0 < value < MIN_YUAN:
        raise _unclear(folded)
    return value


def end_in_wan(
    end: Amount, other: Amount, unit: Decimal | None, folded: str
) -> Decimal:
    """One end of a range in 万元: without a unit of its own it has that of the other, as in 30-60万.

    Args:
        end, other: the ends.
        unit: as for `amount_in_wan`.
        folded: the text of the range.

    Raises:
        ParseError: the unit of the end is not sure.
    """
    if end.unit is not None or other.unit is None:
        # ¥300,000-500,000 has its sign once, for both.
        with_sign = end._replace(has_sign=end.has_sign or other.has_sign)
        return amount_in_wan(with_sign, unit, folded)
    step = _ONE_STEP.fullmatch(other.last)
    if step is None or _HAS_STEP.search(end.last):
        return exact_amount(end.value * other.unit)
    # 3-5千万 and 三到五千万 are both in 千万; in 50到一百万 the 百 belongs to the second figure only.
    is_alike = end.last[0].isascii() == other.last[0].isascii()
    if not is_alike:
        raise _unclear(folded)
    size = read_mixed_number(step[1])
    return exact_amount(end.value * other.unit * (size or Decimal(1)))


def exact_amount(value: Decimal) -> Decimal:
    """An amount with four places. Raises ParseError where it has more, or more figures than the columns hold."""
    if value >= MONEY_BELOW:
        raise ParseError("金额太大。", "按万元填写，整数部分最多 10 位。")
    # Rounding would put another price on the page than the one that was written.
    exact = value.quantize(MONEY_STEP)
    if exact != value:
        raise ParseError("金额太细。", "精确到 1 元（0.0001 万元）即可。")
    return exact


def _has_wrong_order(sections: list[Decimal | None]) -> bool:
    """Whether a lower section is as large as one of the section above it: 1亿20000万."""
    hundred_millions, ten_thousands, rest = sections
    if hundred_millions is not None and (ten_thousands or 0) >= 10_000:
        return True
    has_upper = hundred_millions is not None or ten_thousands is not None
    return has_upper and (rest or 0) >= 10_000 and ten_thousands is not None


def _last_unit(match: re.Match[str]) -> tuple[str, Decimal]:
    """The last section of an amount, and 万元 of one in its unit."""
    if match["rest"]:
        return "rest", UNITS["元"]
    if match["wan"]:
        return "wan", UNITS["万"]
    return "yi", UNITS["亿"]


def _unclear(folded: str) -> ParseError:
    message = f"「{folded[:40]}」看不出是元还是万元。"
    return ParseError(message, "把单位写在数字后面，如 50万 或 5000元。")
