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

from matching.explaining.figure_names import is_plain_number, read_name
from matching.explaining.figure_numerals import has_number, in_figures
from matching.explaining.figure_patterns import (
    AVOIDED_BEFORE,
    AVOIDED_NAME,
    CLAUSE_END,
    CONDITION,
    COST,
    FIGURE,
    FROM,
    HEADED,
    HELD_AT,
    LEADING,
    LINK,
    MONEY,
    NAME_MOST,
    NAMED_BEFORE,
    NEGATION,
    NOT_REACHED,
    OBLIGED,
    OF_WHAT_LEAVES,
    ORIGIN,
    OTHERS,
    PH,
    PLAIN,
    PLAIN_NUMBER,
    QUANTITY,
    RATIO,
    REACHED_NOW,
    SENTENCE_END,
    SIGN_OF_ROUGHNESS,
    STUCK,
    SUFFIX,
    SURPASSED,
    TODAY,
    TURNED,
    TURNS,
    WIDE_THOUSANDS,
    WISH,
)
from matching.explaining.figure_places import (
    CLAUSE_MOST,
    fits,
    has_several_units,
    measures,
    named_before,
    place_of_name,
    start_of_clause,
    unit_of,
    unit_of_level,
)
from matching.explaining.figure_relations import (
    change_in,
    is_contrary,
    is_plain,
    made_figure,
    operator_of,
)
from matching.explaining.figures import Figure, Operator
from matching.lexicon import remembered_with_lists

TEXT_MOST = 20_000  # characters read of one text
FIGURES_MOST = 40  # of one text
# What has come about already.
_DONE = re.compile("[了后已]")


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
        if not has_number(plain):
            return
        if not QUANTITY.search(plain) and not QUANTITY.search(self._earlier):
            return
        plain = WIDE_THOUSANDS.sub(",", self._sentence).translate(PLAIN)
        self._plain = in_figures(plain)
        until = len(plain)
        # 收率92%以上，现在88%: where nothing is wished for, what follows is how it is.
        today = TODAY.search(plain) if self._wished else None
        if today and not WISH.search(plain):
            until = today.start()
        for match in FIGURE.finditer(self._plain, 0, until):
            clause_start = start_of_clause(self._plain, match.start())
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
        has_name = sign_of_roughness or PLAIN_NUMBER.search(before)
        if is_bare and not (has_name or is_turned or may_be_named_before):
            return None
        place = place_of_name(before)
        if place is not None:
            return self._read(match, before, place, clause_start + place[0])
        said = before + (match["sign"] or "") + (match["suffix"] or "")
        if not said.strip() or not NAMED_BEFORE.fullmatch(before):
            return None
        # 合格率 98 %, 95 % 以上 are two statements; 原来 8 %, 现在 3 % is one.
        if not self._wished and not REACHED_NOW.search(before):
            return None
        named = named_before(self._earlier + self._plain[:clause_start])
        if named is None:
            return None
        name, unit = named
        if not fits(match, before, name, unit):
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
        unit = unit_of(match, before[start:], unit_before, link if turned else "")
        if not unit and not is_plain_number(written_name):
            return None
        # 1:10 is no one; of 1.5:1 the first says all.
        if not unit and RATIO.match(plain, match.end()):
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
        if "占" in name or not measures(name, unit):
            return None
        # 调节pH至5～7 is a step on the way; what leaves is told by the water or the product.
        if PH.search(name) and not OF_WHAT_LEAVES.search(before):
            return None
        sign_of_roughness = SIGN_OF_ROUGHNESS.search(link)
        if sign_of_roughness and "粗糙度" in name:
            name += sign_of_roughness.group()
        plain_name = name
        operator, name = operator_of(match, tie, name, wished=wished)
        if operator is None or is_contrary(operator, name):
            return None
        unit = unit_of_level(unit, name)
        if wished and not self._is_wish(before, match, turned, operator, plain_name):
            return None
        if MONEY.search(unit) and not COST.search(name):
            return None
        if has_several_units(match, plain, unit):
            return None
        quoted = self._sentence[quoted_from : match.end()]
        return made_figure(match, name, operator, unit, quoted.strip())

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
        own_clause = start_of_clause(self._plain, match.start())
        if turned or self._headed or own_clause <= self._wish_until:
            return True
        if HEADED.search(self._plain, 0, match.start()):
            return True
        if sign in ("≥", "≤", ">=", "<=", HELD_AT):
            return True
        if OBLIGED.search(before):
            return True
        if operator in ("ge", "le") and not is_plain(sign, match):
            return True
        better = read_name(name).better
        # A complaint has the other sign, which was seen before.
        if operator in ("lt", "gt") and better:
            return True
        # 厚度公差±3%以内
        if operator == "pm" and SUFFIX.get(match["suffix"] or "") == "le":
            return True
        # 空载损耗降低 15 %: less of it is better, and it is not said to be so already.
        change = change_in(before)
        if change and not _DONE.search(before):
            return better == (-1 if change == "降低" else 1)
        # 「外径 90 mm 的套圈要磨圆」 wishes nothing of 外径: the wish stands in the clause of the number.
        return WISH.search(before + sign) is not None
