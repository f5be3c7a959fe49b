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
from matching.explaining.figure_numerals import shares_in_figures
from matching.explaining.figure_patterns import (
    AVOIDED_BEFORE,
    AVOIDED_NAME,
    BELOW_ZERO,
    BETTER_THAN,
    CHANGES,
    CLAUSE_END,
    CLAUSES_BACK,
    COMPARED,
    CONDITION,
    COST,
    EITHER,
    FIGURE,
    FROM,
    HAS_NUMBER,
    HEADED,
    HELD_AT,
    LEADING,
    LEAST_OR_MOST,
    LINK,
    MANY,
    MONEY,
    NAMED_BEFORE,
    NAME_END,
    NAME_MOST,
    NAME_START,
    NEED_NOT,
    NEGATION,
    NOT_REACHED,
    OBLIGED,
    OPPOSITE,
    ORIGIN,
    OTHERS,
    PLAIN,
    QUANTITY,
    RAISED,
    REACHED_NOW,
    REST_OF_IT,
    SENTENCE_END,
    SIGN_OF,
    SIGN_OF_ROUGHNESS,
    STUCK,
    SUFFIX,
    SURPASSED,
    TO_EITHER,
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
_CLAUSE_SIGNS = "。,，、 "
# What has come about already.
_DONE = re.compile("[了后已]")
# Between two names of which the one before is no part of a list: 球形度低、含氧量高.
_LISTED = re.compile(r"[\s、和与及]*")


@remembered_with_lists(4096)
def figures_in(text: str, *, wished: bool = False) -> tuple[Figure, ...]:
    """The figures a text states or, with `wished`, asks for, each once, in their order.

    Args:
        text: of a listing, as written.
        wished: it is of a demand, where a plain number is the state of today and only a wish counts.
    """
    text = text[:TEXT_MOST]
    figures: dict[tuple[str, str, Decimal, str], Figure] = {}
    earlier = ""
    headed = False
    for sentence, plain in _sentences(text):
        reading = _Reading(sentence, plain, earlier, wished, headed)
        for figure in reading.figures():
            key = (figure.name, figure.operator, figure.value, figure.unit)
            figures.setdefault(key, figure)
        if len(figures) >= FIGURES_MOST:
            break
        headed = reading.is_headed
        earlier = (earlier + plain + "。")[-CLAUSE_MOST:]
    return tuple(figures.values())[:FIGURES_MOST]


def _sentences(text: str) -> Iterator[tuple[str, str]]:
    """Each sentence as it is written, and with its signs in one spelling."""
    start = 0
    plain = text.translate(PLAIN)
    for stop in SENTENCE_END.finditer(plain):
        yield text[start : stop.start()], plain[start : stop.start()]
        start = stop.end()
    yield text[start:], plain[start:]


class _Reading:
    """One sentence. A name holds until the next comma, or to a number that says nothing but what it is to be.

    Args:
        sentence: as written.
        plain: with its signs in one spelling.
        earlier: the end of what stands before it.
        wished: it is of a demand.
        headed: it stands under 技术要求.
    """

    def __init__(
        self, sentence: str, plain: str, earlier: str, wished: bool, headed: bool
    ) -> None:
        self._sentence = sentence
        self._plain = plain
        self._earlier = earlier
        self._wished = wished
        self._headed = headed
        # Where the clause begins that follows a figure that is asked for: 要求效率提高 30 %，成本降低 20 %.
        self._wish_until = -1

    @property
    def is_headed(self) -> bool:
        """Whether what follows stands under 技术要求 too."""
        if HEADED.search(self._plain):
            return True
        return self._headed and not TODAY.search(self._plain)

    def figures(self) -> Iterator[Figure]:
        """The figures of the sentence."""
        plain = self._plain
        # Most sentences have no number, and most numbers no quantity; both are quicker than the pattern of a figure.
        if not HAS_NUMBER.search(plain):
            return
        if not QUANTITY.search(plain) and not QUANTITY.search(self._earlier):
            return
        plain = WIDE_THOUSANDS.sub(",", self._sentence).translate(PLAIN)
        self._plain = shares_in_figures(plain)
        if self._wished and TODAY.search(plain) and not WISH.search(plain):
            return
        for match in FIGURE.finditer(self._plain):
            clause_start = _clause_start(self._plain, match.start())
            before = self._plain[clause_start : match.start()]
            figure = self._figure_of(match, before, clause_start)
            if figure is not None:
                end = CLAUSE_END.search(self._plain, match.end())
                self._wish_until = end.end() if end else len(self._plain)
                yield figure

    def _figure_of(
        self, match: re.Match[str], before: str, clause_start: int
    ) -> Figure | None:
        scale = match["scale"] or ""
        if scale.startswith("R"):
            before += scale
        # Most numbers have no unit, and looking for a name costs more than all the rest.
        is_turned = TURNED.search(before) is not None
        is_bare = not (match["unit"] or match["first"] or scale)
        sign_of_roughness = SIGN_OF_ROUGHNESS.search(before)
        may_be_named_before = len(before) <= NAME_MOST
        if is_bare and not (sign_of_roughness or is_turned or may_be_named_before):
            return None
        place = _place_of_name(before)
        if place is not None:
            return self._read(match, before, place, clause_start + place[0])
        said = before + (match["sign"] or "") + (match["suffix"] or "")
        if not said.strip() or not NAMED_BEFORE.fullmatch(before):
            return None
        # 合格率 98 %, 95 % 以上 are two statements; 原来 8 %, 现在 3 % is one.
        if not self._wished and not REACHED_NOW.search(before):
            return None
        named = _named_before(self._earlier + self._plain[:clause_start])
        if named is None:
            return None
        name, unit = named
        if not _fits(match, before, name, unit):
            return None
        return self._read(
            match, name + before, (0, len(name)), clause_start, unit, is_carried=True
        )

    def _read(
        self,
        match: re.Match[str],
        before: str,
        place: tuple[int, int],
        quoted_from: int,
        unit_before: str = "",
        *,
        is_carried: bool = False,
    ) -> Figure | None:
        """The figure of a number.

        Args:
            match: the number.
            before: its clause up to it, with the name.
            place: of the name in that.
            quoted_from: where what is quoted begins in the sentence.
            unit_before: of the number before it, of the same name; empty for none.
            is_carried: the name stands in a clause before.
        """
        plain, wished = self._plain, self._wished
        start, end = place
        written_name = before[start:end]
        link = before[end:]
        turned = TURNED.search(link)
        unit = _unit_of(match, before[start:], unit_before, link if turned else "")
        if not unit:
            return None
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
        if turned and not is_carried and not ORIGIN.fullmatch(link[: turned.start()]):
            return None
        if not is_carried and not LINK.fullmatch(tie):
            return None
        name = LEADING.sub("", written_name).strip().removeprefix("的")
        led_by = written_name.rstrip().removesuffix(name)
        if AVOIDED_NAME.search(name) or AVOIDED_BEFORE.search(led_by):
            return None
        # 树脂约占 COD 的三成: of it, not so much of it.
        if "占" in name or not _measures(name, unit):
            return None
        sign_of_roughness = SIGN_OF_ROUGHNESS.search(link)
        if sign_of_roughness and "粗糙度" in name:
            name += sign_of_roughness.group()
        plain_name = name
        operator, name = _operator_of(match, tie, name, wished=wished)
        if operator is None or _is_contrary(operator, name):
            return None
        if wished and not self._is_wish(before, match, turned, operator, plain_name):
            return None
        if MONEY.search(unit) and not COST.search(name):
            return None
        if _has_several_units(match, plain, unit):
            return None
        quoted = self._sentence[quoted_from : match.end()]
        return _figure_of(match, name, operator, unit, quoted.strip())

    def _is_wish(
        self,
        before: str,
        match: re.Match[str],
        turned: re.Match[str] | None,
        operator: Operator,
        name: str,
    ) -> bool:
        """Whether a number of a demand is asked for and not what is the matter."""
        sign = match["sign"] or ""
        if TODAY.search(before + sign):
            return False
        if sign not in ("≥", "≤") and STUCK.match(self._plain, match.end()):
            return False
        own_clause = _clause_start(self._plain, match.start())
        if turned or self._headed or own_clause <= self._wish_until:
            return True
        if HEADED.search(self._plain, 0, match.start()):
            return True
        if sign in ("≥", "≤", ">=", "<=", HELD_AT):
            return True
        if OBLIGED.search(before):
            return True
        if operator in ("ge", "le") and not _is_plain(sign, match):
            return True
        better = read_name(name).better
        # A complaint has the other sign, which was seen before.
        if sign in ("<", ">") and better:
            return True
        # 空载损耗降低 15 %: less of it is better, and it is not said to be so already.
        change = _change_in(before)
        if change and not _DONE.search(before):
            return better == (-1 if change == "降低" else 1)
        # 「外径 90 mm 的套圈要磨圆」 wishes nothing of 外径: the wish stands in the clause of the number.
        return WISH.search(before + sign) is not None


def _named_before(plain: str) -> tuple[str, str] | None:
    """The one quantity that the clause before a place names, and the unit of its number; None where it names several.

    Args:
        plain: what stands before the place.
    """
    plain = plain[-2 * CLAUSE_MOST :].rstrip(_CLAUSE_SIGNS)
    for _ in range(CLAUSES_BACK):
        start = 0
        for comma in CLAUSE_END.finditer(plain):
            start = comma.end()
        clause = shares_in_figures(plain[start:])
        place = _place_of_name(clause)
        if place is not None:
            return _one_name(clause, place)
        if not clause.strip() or (HAS_NUMBER.search(clause) and not _is_bare(clause)):
            return None
        plain = plain[:start].rstrip(_CLAUSE_SIGNS)
    return None


def _is_bare(clause: str) -> bool:
    """Whether a clause says nothing but a number, so that what it is of stands before it: >350 ppm."""
    number = FIGURE.search(clause)
    if number is None or clause[number.end() :].strip():
        return False
    return NAMED_BEFORE.fullmatch(clause, 0, number.start()) is not None


def _one_name(clause: str, place: tuple[int, int]) -> tuple[str, str] | None:
    """The name at a place of a clause with the unit of the number after it; None where there is another name."""
    start, end = place
    before = [found.end() for found in QUANTITY.finditer(clause, 0, start)]
    if before and _LISTED.fullmatch(clause, before[-1], start):
        return None
    number = FIGURE.search(clause, end)
    unit = ""
    if number is not None:
        unit = number["unit"] or number["first"] or number["scale"] or ""
    # 现在冻裂率 8 %: the wish is of the name alone.
    name = OTHERS.sub("", TODAY.sub("", clause[start:end]))
    return name, unit


def _fits(match: re.Match[str], before: str, name: str, unit_before: str) -> bool:
    """Whether the unit of a number may be that of the quantity which a clause before it names."""
    unit = match["unit"] or match["first"] or match["scale"] or ""
    if not unit or _change_in(before):
        return bool(unit or unit_before)
    if unit_before:
        return read_unit(unit).dimension == read_unit(unit_before).dimension
    return True


def _measures(name: str, unit: str) -> bool:
    """Whether a unit may be one of what is named: no thickness is so many minutes, and no rate so many degrees."""
    if name.endswith(("厚", "厚度", "径", "长度", "宽度", "高度", "深度")):
        dimension = read_unit(unit).dimension
        return not dimension or dict(dimension).keys() == {"m"}
    return True


def _unit_of(
    match: re.Match[str], named: str, unit_before: str, turned_from: str
) -> str:
    """The unit of a number: its own, that of its scale, or that of the number which it is set against; else empty.

    Args:
        match: the number.
        named: what stands before it, from its name on.
        unit_before: of the number in the clause that names it.
        turned_from: what stands between name and number where that says from where it went; else empty.
    """
    unit: str = match["unit"] or match["first"] or ""
    each = match["each"] or match["each2"] or ""
    if each and unit and "/" not in unit and "每" not in unit:
        return f"{unit}/{each.removeprefix('每')}"
    # Ra 0.4 is in micrometres; any other number without a unit is some number.
    if not unit and SIGN_OF_ROUGHNESS.search(named):
        return "μm"
    if unit or match["scale"]:
        return unit or str(match["scale"])
    # 噪声由 105 dB 降到 85 以下.
    earlier = FIGURE.search(turned_from)
    if earlier is not None:
        return earlier["unit"] or earlier["scale"] or ""
    return unit_before


def _clause_start(plain: str, end: int) -> int:
    """Where the clause of a place begins: after a comma that is not inside a number, or where it is too long."""
    start = max(0, end - CLAUSE_MOST)
    for comma in CLAUSE_END.finditer(plain, start, end):
        start = comma.end()
    return start


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
    # 1 年半
    if plain.startswith("半", match.end()):
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


def _change_in(tie: str) -> str:
    """提高 or 降低 where a number is by how much; empty where it is how much, 降低到 36."""
    if TO_LESS.search(tie) or TO_MORE.search(tie):
        return ""
    for words, change in CHANGES:
        if words.search(tie):
            return change
    return ""


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
