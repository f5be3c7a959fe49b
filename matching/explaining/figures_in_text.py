"""Figures inside sentences: 「圆度由 0.28 mm 降到 0.09 mm」 states 圆度 0.09 mm, and nothing of 外径 130 mm before it.
Not here: how they are written (figure_patterns), figures of rows (a room's own), what is compared (figures), what a
name measures (figure_names).

Only what is a quantity of the table with a unit is read: sums of money, days, numbers of patents and of people have no
such name. What is today's state of a firm, or others' product, is not read as a wish or a statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from matching.explaining.figure_names import read_name
from matching.explaining.figure_patterns import (
    AVOIDED_BEFORE,
    AVOIDED_NAME,
    BELOW_ZERO,
    BETTER_THAN,
    CHANGES,
    CLAUSE_END,
    COMPARED,
    CONDITION,
    COST,
    EITHER,
    FIGURE,
    FRACTION,
    FROM,
    HAS_NUMBER,
    HELD_AT,
    LEADING,
    LEAST_OR_MOST,
    LINK,
    MANY,
    MONEY,
    NAME_END,
    NAME_MOST,
    NAME_START,
    NEED_NOT,
    NEGATION,
    NOT_REACHED,
    NUMERALS,
    OBLIGED,
    OPPOSITE,
    ORIGIN,
    OTHERS,
    PLAIN,
    QUANTITY,
    REST_OF_IT,
    SENTENCE_END,
    SIGN_OF,
    SIGN_OF_ROUGHNESS,
    SUFFIX,
    SURPASSED,
    TO_LESS,
    TO_MORE,
    TODAY,
    TURNED,
    TURNS,
    WIDE_THOUSANDS,
    WISH,
)
from matching.explaining.figures import Figure, Operator
from matching.explaining.units import read_unit
from matching.lexicon import remembered_with_lists

TEXT_MOST = 20_000  # characters read of one text
FIGURES_MOST = 40  # of one text
# Characters before a figure that are looked at: a page without a comma, read whole for each of its figures, took 6 s.
CLAUSE_MOST = 100


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
    plain = text.translate(PLAIN)
    for stop in SENTENCE_END.finditer(plain):
        yield start, stop.start()
        start = stop.end()
    yield start, len(text)


def _figures_of(sentence: str, *, wished: bool) -> Iterator[Figure]:
    """The figures of one sentence. A name holds until the next comma, a wish through the sentence."""
    plain = WIDE_THOUSANDS.sub(",", sentence).translate(PLAIN)
    # Most sentences have no number, and most numbers no quantity; both are quicker than the pattern of a figure.
    if not HAS_NUMBER.search(plain) or not QUANTITY.search(plain):
        return
    plain = FRACTION.sub(_percent_sign, plain)
    if wished and TODAY.search(plain) and not WISH.search(plain):
        return
    for match in FIGURE.finditer(plain):
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
        return str(NUMERALS[ones]) if len(ones) == 1 else ""
    return str(10 * NUMERALS.get(tens, 1) + NUMERALS.get(ones, 0))


def _clause_start(plain: str, end: int) -> int:
    """Where the clause of a place begins: after a comma that is not inside a number, or where it is too long."""
    start = max(0, end - CLAUSE_MOST)
    for comma in CLAUSE_END.finditer(plain, start, end):
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
    if not (unit or scale or SIGN_OF_ROUGHNESS.search(before)):
        return None
    place = _place_of_name(before)
    if place is None:
        return None
    start, end = place
    written_name = before[start:end]
    # Ra 0.4 is in micrometres; any other number without a unit is some number.
    if not unit and SIGN_OF_ROUGHNESS.search(before, start):
        unit = "μm"
    unit = unit or scale
    if not unit:
        return None
    link = before[end:]
    turned = TURNED.search(link)
    if OTHERS.search(before) and not turned:
        return None
    hoped = NOT_REACHED.search(before)
    if hoped and not wished and not SURPASSED.search(before[: hoped.start()]):
        return None
    if CONDITION.match(plain, match.end()):
        return None
    # Of 由 48 降到 36 the second counts; the first is how it was.
    after = plain[match.end() : match.end() + 12]
    if TURNS.match(after):
        return None
    if FROM.search(link) and not turned:
        return None
    # 噪声不能由 48 dB 降到 36 dB.
    if turned and NEGATION.match(link.lstrip()):
        return None
    tie = turned.group() if turned else link
    # 出刃高度离散由 32 % 降到 11 % says nothing of 出刃高度.
    if turned and not ORIGIN.fullmatch(link[: turned.start()]):
        return None
    if not LINK.fullmatch(tie):
        return None
    name = LEADING.sub("", written_name).strip().removeprefix("的")
    led_by = written_name.rstrip().removesuffix(name)
    if AVOIDED_NAME.search(name) or AVOIDED_BEFORE.search(led_by):
        return None
    sign_of_roughness = SIGN_OF_ROUGHNESS.search(link)
    if sign_of_roughness and "粗糙度" in name:
        name += sign_of_roughness.group()
    operator, name = _operator_of(match, tie, name, wished=wished)
    if operator is None or _is_contrary(operator, name):
        return None
    if wished and not _is_wish(before, match, bool(turned), operator):
        return None
    if MONEY.search(unit) and not COST.search(name):
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
    words = list(QUANTITY.finditer(before))
    if not words:
        return None
    last = words[-1]
    # 粗糙度由 Ra 0.032 降到: the sign alone would take 由 for a part of the name.
    others = [word for word in words if not SIGN_OF_ROUGHNESS.fullmatch(word.group())]
    if others and SIGN_OF_ROUGHNESS.fullmatch(last.group()):
        last = others[-1]
    ending = NAME_END.match(before, last.end())
    end = ending.end() if ending else last.end()
    start = 0
    for stop in NAME_START.finditer(before, 0, last.start()):
        start = stop.end()
    if end - start > NAME_MOST:
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
    rest = REST_OF_IT.match(plain, match.end())
    if rest is None:
        return False
    return read_unit(rest["unit"]).dimension == read_unit(unit).dimension


def _operator_of(
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
    change = _change_in(tie)
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


def _change_in(tie: str) -> str:
    """提高 or 降低 where a number is by how much; empty where it is how much, 降低到 36."""
    if TO_LESS.search(tie) or TO_MORE.search(tie):
        return ""
    for words, change in CHANGES:
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
    if TODAY.search(before):
        return False
    if turned:
        return True
    sign = match["sign"] or ""
    if sign in ("≥", "≤", ">=", "<=", HELD_AT):
        return True
    if OBLIGED.search(before):
        return True
    if operator in ("ge", "le") and not _is_plain(sign, match):
        return True
    # 「外径 90 mm 的套圈要磨圆」 wishes nothing of 外径: the wish stands in the clause of the number.
    return WISH.search(before + sign) is not None


def _is_plain(sign: str, match: re.Match[str]) -> bool:
    """Whether neither sign nor suffix says that it is a limit."""
    return SIGN_OF.get(sign, "eq") in EITHER and not match["suffix"]


def _figure_of(
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
    if match["minus"] in BELOW_ZERO:
        low = -low
    if high is not None and operator == "range" and high < low:
        return None
    if not name:
        return None
    return Figure(name, operator, low, high, unit, written)
