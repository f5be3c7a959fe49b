"""The figures of a demand and whether an achievement meets them, in words.

What is one quantity and what is met is decided in `matching`; who may know which text in `listings.disclosure`.
"""

from __future__ import annotations

import re
from decimal import Decimal

from marketplace.listings.disclosure import View
from marketplace.listings.schema import terms
from marketplace.wording import amount
from matching.explaining.figure_names import have_one_subject, mentions_any
from matching.explaining.figures import (
    Figure,
    FigureVerdict,
    compare_figures,
)
from matching.explaining.figures_in_text import figures_in
from matching.surroundings import core_of, heading_of
from matching.text import plain_text

# Texts that state what is reached, or ask for it. Not what a firm has already (现有基础), nor hopes (应用前景).
FIGURE_TEXTS = {
    "achievement": ("title", "summary", "innovation", "baseline"),
    "demand": ("title", "problem", "key_technology", "expected_goal"),
}
# By these it is judged whether two listings are about one thing, where no name says what was measured (081).
MAIN_TEXTS = {"achievement": "summary", "demand": "problem"}
FIGURES_MOST = 20  # of one listing that are compared; nobody reads more
# A third of an hour has no end: beyond so many digits a converted number is rounded, and says so.
DIGITS_MOST = 6
ROUNDED_DIGITS = 4
# Numbers beyond are written with a power of ten.
LEAST_PLAIN, MOST_PLAIN = Decimal("0.00001"), Decimal(10**8)
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def figures_of(
    view: View, among: tuple[Figure, ...] | None = None
) -> tuple[Figure, ...]:
    """The figures of a listing as a view shows them: its rows, then what its texts say of anything else.

    Args:
        view: of the listing.
        among: texts that mention nothing of what these measure are not read; None to read all.
    """
    figures = [
        Figure(one.name, one.operator, one.value, one.value_max, one.unit or "")
        for one in view.metrics
    ]
    named = {figure.name for figure in figures}
    sought = None if among is None else {figure.name for figure in among}
    for name in FIGURE_TEXTS[view.kind]:
        text = getattr(view, name) or ""
        if sought is not None and not mentions_any(text, sought):
            continue
        for figure in figures_in(text, wished=not view.is_achievement):
            # A row says it better than a sentence.
            if figure.name not in named:
                figures.append(figure)
    # Rows come first, so what is cut off was read from sentences.
    return tuple(figures[:FIGURES_MOST])


def compared_figures(
    demand: View,
    wanted: tuple[Figure, ...],
    achievement: View,
    offered: tuple[Figure, ...],
) -> list[FigureVerdict]:
    """Each figure a demand asks for next to what the achievement states, as both views show them."""
    # Most demands ask for no figure, so nothing of the achievement is read for them.
    if not wanted:
        return []

    # Called where it matters only: most figures are decided by their names alone.
    def have_subject() -> bool:
        return have_one_subject(
            demand.title,
            getattr(demand, MAIN_TEXTS["demand"]) or "",
            achievement.title,
            getattr(achievement, MAIN_TEXTS["achievement"]) or "",
        )

    return compare_figures(
        wanted,
        offered,
        wanted_title=demand.title,
        offered_title=achievement.title,
        share_subject=have_subject,
    )


def figures_of_text(
    text: str, stated: tuple[Figure, ...], other: View, *, is_demand: bool
) -> list[FigureVerdict]:
    """Each figure that is asked for, of a pasted text next to a listing.

    Args:
        text: as pasted; its heading is its title.
        stated: its figures.
        other: the listing as its reader may see it.
        is_demand: the text asks and the listing offers; otherwise the other way round.
    """
    title = heading_of(core_of(plain_text(text)))
    main = getattr(other, MAIN_TEXTS[other.kind]) or ""

    def have_subject() -> bool:
        return have_one_subject(title, text, other.title, main)

    if is_demand:
        wanted, offered = stated, figures_of(other, among=stated)
        titles = (title, other.title)
    else:
        wanted, offered = figures_of(other), stated
        titles = (other.title, title)
    return compare_figures(
        wanted,
        offered,
        wanted_title=titles[0],
        offered_title=titles[1],
        share_subject=have_subject,
    )


def value_words(figure: Figure) -> str:
    """A figure without its name: ≤34 dB, 58～62 HRC, 36 dB."""
    return _with_unit(_signed(figure, (figure.value, figure.value_max)), figure.unit)


def wished_words(verdict: FigureVerdict) -> str:
    """What the demand asks for."""
    return value_words(verdict.wanted)


def offered_words(verdict: FigureVerdict) -> str:
    """What the achievement states, in the unit of the demand too, under its own name where that is another one."""
    figure = verdict.offered
    if figure is None:
        return ""
    words = value_words(figure)
    if figure.name != verdict.wanted.name:
        words = f"{figure.name} {words}"
    if verdict.converted:
        # Their own number first: it stands on their page.
        values = (*verdict.converted, None)[:2]
        low, high = values[0] or Decimal(0), values[1]
        rounded = (_rounded(low), None if high is None else _rounded(high))
        called = "合" if rounded == (low, high) else "约合"
        converted = _signed(figure, rounded)
        words += f"（{called} {_with_unit(converted, verdict.wanted.unit)}）"
    return words


def shortfall_words(verdict: FigureVerdict) -> str:
    """By how much a figure is missed: 2 dB; 3 个百分点 of what is in per cent. Empty where that is no one number."""
    if verdict.short_by is None:
        return ""
    unit = verdict.wanted.unit
    # From 90 % to 95 % is five points, and more than five per cent.
    if unit.strip() in ("%", "％"):
        unit = "个百分点"
    short = _rounded(verdict.short_by)
    about = "" if short == verdict.short_by else "约 "
    return about + _with_unit(amount(short), unit)


def silence_words(verdict: FigureVerdict, called: str, hidden: bool) -> str:
    """Why nothing is claimed of a figure.

    Args:
        verdict: of one that is unsaid.
        called: what the reader calls the achievement's side.
        hidden: the reader may not know its whole text.
    """
    if verdict.silence == "nothing":
        silence = "没有公开" if hidden else "没有写"
        # The word itself may well be there, and the sentence above may say that both sides have it.
        return f"{called}{silence}{verdict.wanted.name}的数值"
    if verdict.silence == "several":
        return f"{called}写了几个不同的数，判断不了"
    both = f"需求 {wished_words(verdict)}，成果 {offered_words(verdict)}"
    if verdict.silence == "units":
        return f"单位不同，不能换算：{both}"
    if verdict.silence == "conditions":
        return f"测量条件不同，判断不了：{both}"
    return f"写法不同，判断不了：{both}"


def _rounded(value: Decimal) -> Decimal:
    """A converted number as people read it: as it is where it is short, else with four digits."""
    digits = len(value.normalize().as_tuple().digits)
    if digits <= DIGITS_MOST:
        return value
    return value.quantize(Decimal(1).scaleb(value.adjusted() - ROUNDED_DIGITS + 1))


def _signed(figure: Figure, values: tuple[Decimal, Decimal | None]) -> str:
    low, high = values
    sign = terms.METRIC_OPERATORS[figure.operator]
    if figure.operator in ("range", "pm") and high is not None:
        return f"{_number_words(low)}{sign}{_number_words(high)}"
    if figure.operator == "eq":
        return _number_words(low)
    return f"{sign}{_number_words(low)}"


def _number_words(value: Decimal) -> str:
    """A number as people write it: with a power of ten where nobody would count its zeros."""
    if not value or LEAST_PLAIN <= abs(value) < MOST_PLAIN:
        return amount(value)
    power = value.adjusted()
    return f"{amount(value.scaleb(-power))}×10{str(power).translate(RAISED)}"


def _with_unit(words: str, unit: str) -> str:
    # Written in front of its figures: IP67.
    if unit == "IP":
        return re.sub(r"(?=\d)(?<!\d)", unit, words)
    return f"{words} {unit}" if unit else words
