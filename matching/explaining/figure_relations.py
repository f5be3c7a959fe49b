"""How a number is tied to its name: by which sign, as a limit, as what was reached or by how much something changed.
Not here: how sentences write that (figure_patterns), whether it is a wish or a statement (figures_in_text).
"""

from __future__ import annotations

import re
from decimal import Decimal

from matching.explaining.figure_names import read_name
from matching.explaining.figure_patterns import (
    BELOW_ZERO,
    BETTER_THAN,
    CHANGES,
    COMPARED,
    EITHER,
    HELD_AT,
    LEAST_OR_MOST,
    MANY,
    NEED_NOT,
    NEGATION,
    OPPOSITE,
    RAISED,
    SIGN_OF,
    SUFFIX,
    TO_EITHER,
    TO_LESS,
    TO_MORE,
)
from matching.explaining.figures import Figure, Operator


def operator_of(
    match: re.Match[str], tie: str, name: str, *, wished: bool
) -> tuple[Operator | None, str]:
    """The relation, and the name with the word of change where the number is by how much."""
    sign = _sign_of(match["sign"] or "", name)
    if NEGATION.search(tie):
        # 不必超过 80 asks for nothing.
        if NEED_NOT.search(tie):
            return None, name
        return OPPOSITE.get(sign), name
    limit = LEAST_OR_MOST.search(tie)
    if limit and sign in ("", "eq"):
        # 最多降低 20 %: the limit stands before the word of change.
        sign = SIGN_OF[limit.group()]
    suffix = SUFFIX.get(match["suffix"] or "")
    change = change_in(tie)
    name += change
    if match["pm"]:
        return "pm", name
    if match["between"]:
        # 降到 34 between two numbers would be no range, and a range has no sign but a plain one.
        return ("pm" if match["between"] == "±" else "range"), name
    if TO_LESS.search(tie):
        return ("le" if wished else suffix or sign or "eq"), name  # type: ignore[return-value]
    if TO_MORE.search(tie):
        return ("ge" if wished else suffix or sign or "eq"), name  # type: ignore[return-value]
    if change:
        given = suffix or sign or "eq"
        return ("ge" if wished and given == "eq" else given), name  # type: ignore[return-value]
    if TO_EITHER.search(tie):
        given = suffix or sign or "eq"
        if wished and given == "eq":
            given = {1: "ge", -1: "le"}.get(read_name(name).better, "eq")
        return given, name  # type: ignore[return-value]
    if COMPARED.search(tie) and not sign:
        return None, name
    if match["sign"] == BETTER_THAN and not sign:
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
    if written == BETTER_THAN:
        return {1: "gt", -1: "lt"}.get(better, "")
    if written == HELD_AT and better < 0:
        return "le"
    return SIGN_OF.get(written, "")


def change_in(tie: str) -> str:
    """提高 or 降低 where a number is by how much; empty where it is how much, 降低到 36."""
    if TO_LESS.search(tie) or TO_MORE.search(tie):
        return ""
    for words, change in CHANGES:
        if words.search(tie):
            return change
    return ""


def is_contrary(operator: Operator, name: str) -> bool:
    """废品率高于 6 % is a complaint, neither a wish nor a promise."""
    better = read_name(name).better
    if better > 0:
        return operator in ("le", "lt")
    return better < 0 and operator in ("ge", "gt")


def is_plain(sign: str, match: re.Match[str]) -> bool:
    """Whether neither sign nor suffix says that it is a limit."""
    return SIGN_OF.get(sign, "eq") in EITHER and not match["suffix"]


def made_figure(
    match: re.Match[str],
    name: str,
    operator: Operator,
    unit: str,
    written: str,
) -> Figure | None:
    many = MANY[match["many"] or ""]
    low = Decimal(match["low"].replace(",", ""))
    high = None
    if match["high"]:
        high = Decimal(match["high"].replace(",", ""))
        many2 = MANY[match["many2"] or ""]
        # 2~3万 are two ten thousands; 5000~1万 and 1万~20000 say for each what it is.
        if not match["many"] and low < high:
            many = many2
        high *= many2
        if match["minus2"] in BELOW_ZERO:
            high = -high
    low *= many
    power = match["power"] or (match["raised"] or "").translate(RAISED)
    if power:
        # Written out, for 2.4E+5 is no way to write it to people.
        low = Decimal(f"{low.scaleb(int(power)):f}")
    if match["minus"] in BELOW_ZERO:
        low = -low
    if high is not None and operator == "range" and high < low:
        return None
    if not name:
        return None
    return Figure(name, operator, low, high, unit, written)
