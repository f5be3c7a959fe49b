"""Whether what an achievement states meets the figures a demand asks for: met, unmet, or not stated.
Not here: units (units), what a name measures (figure_names), figures inside sentences (figures_in_text).

Nothing is claimed that is not sure: other things, other conditions, scales without a common measure and ranges that
overlap are `unsaid`. Figures never enter a score. How directions and ranges are read: decision 081.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Literal

from matching.explaining.bounds import Bounds
from matching.explaining.figure_names import (
    Naming,
    is_same_quantity,
    read_name,
    without_condition,
)
from matching.explaining.units import (
    WATER,
    Unit,
    from_base,
    in_base,
    read_unit,
)

Operator = Literal["ge", "le", "gt", "lt", "eq", "pm", "range"]
Outcome = Literal["met", "unmet", "unsaid"]
# Why nothing is claimed: nothing stated; units without a common measure; both stated, but not comparable for sure;
# stated more than once, with different results; stated under other conditions.
Silence = Literal["", "nothing", "units", "unsure", "several", "conditions"]

# What is made in hours of work, and per what longer time it is counted.
_WORKED = frozenset(["产能", "产量", "效率", "生产效率"])
# 节拍 12 s/件 is one of 12 s.
_OF_ONE_PIECE = frozenset(["节拍时间", "检测时间"])
_LONG_TIME = re.compile("(?:/|每)(?:d|天|日|昼夜|周|月|年|a|班)$")


@dataclass(frozen=True, slots=True)
class Figure:
    """One technical figure.

    Attributes:
        name: of what is measured.
        operator: `pm` is value ± value_max, or ± value where value_max is None.
        value, value_max: in `unit`; value_max for `range` and `pm` only.
        unit: as written.
        written: as it stands in a text; empty for a row, which has its own words.
    """

    name: str
    operator: Operator
    value: Decimal
    value_max: Decimal | None = None
    unit: str = ""
    written: str = ""


@dataclass(frozen=True, slots=True)
class FigureVerdict:
    """One figure of a demand next to what the achievement states of it.

    Attributes:
        wanted: of the demand.
        offered: of the achievement; None where nothing is stated that could be compared.
        outcome: whether it is met.
        silence: why nothing is claimed.
        converted: the bounds of `offered` in the unit of `wanted`, where they were converted.
        short_by: by how much it is missed, in the unit of `wanted`; None where it is not missed by a bound.
    """

    wanted: Figure
    offered: Figure | None
    outcome: Outcome
    silence: Silence = ""
    converted: tuple[Decimal, ...] = ()
    short_by: Decimal | None = None


def compare_figures(
    wanted: Sequence[Figure],
    offered: Sequence[Figure],
    *,
    wanted_title: str = "",
    offered_title: str = "",
    share_subject: Callable[[], bool] = lambda: True,
) -> list[FigureVerdict]:
    """Each figure of a demand with what the achievement states of the same, in the order of the demand.

    Args:
        wanted: figures of the demand.
        offered: figures of the achievement; those of rows before those of texts (`written`), which they outdo.
        wanted_title, offered_title: of the two: what both are about need not stand in each name.
        share_subject: whether both are about one thing (`have_one_subject`); else only names that say on what they are
            measured are compared: 抗拉强度 of a cable is not that of a foil. It is called only where it matters, once.
    """
    are_same = partial(
        is_same_quantity, wanted_title=wanted_title, offered_title=offered_title
    )
    namings = [(figure, read_name(figure.name)) for figure in offered]
    by_quantity: dict[str, list[tuple[Figure, Naming]]] = {}
    for figure, naming in namings:
        by_quantity.setdefault(naming.quantity, []).append((figure, naming))
    shared: bool | None = None
    verdicts = []
    for figure in wanted:
        naming = read_name(figure.name)
        same: list[Figure] = []
        otherwise: list[Figure] = []
        for candidate, of_candidate in by_quantity.get(naming.quantity, ()):
            names_both = naming.thing and of_candidate.thing
            of_candidate = _implied(naming, of_candidate, candidate)
            found = same
            if not are_same(naming, of_candidate):
                # Under other conditions: quoted, and nothing is claimed of it.
                plain = without_condition(of_candidate)
                if not are_same(without_condition(naming), plain):
                    continue
                found = otherwise
            if not names_both and shared is None:
                shared = share_subject()
            if names_both or shared:
                found.append(candidate)
        if otherwise and not same:
            verdicts.append(FigureVerdict(figure, otherwise[0], "unsaid", "conditions"))
            continue
        verdicts.append(_verdict_of(figure, naming, same))
    return verdicts


def _implied(wanted: Naming, offered: Naming, figure: Figure) -> Naming:
    """最大温差≤4 promises 温差≤4, 最小强度 110 promises 强度≥110: the plain name for both."""
    is_bound = (offered.extremes, figure.operator) in (
        (frozenset({"max"}), "le"),
        (frozenset({"max"}), "lt"),
        (frozenset({"min"}), "ge"),
        (frozenset({"min"}), "gt"),
    )
    if figure.operator == "eq":
        worst = {-1: frozenset({"max"}), 1: frozenset({"min"})}
        is_bound = offered.extremes == worst.get(wanted.better)
    if is_bound and not wanted.extremes and offered.thing == wanted.thing:
        return wanted
    return offered


def _verdict_of(
    wanted: Figure, naming: Naming, candidates: Sequence[Figure]
) -> FigureVerdict:
    """The one verdict of all that is stated; a row counts before a sentence."""
    if not candidates:
        return FigureVerdict(wanted, None, "unsaid", "nothing")
    rows = [figure for figure in candidates if not figure.written]
    verdicts = [judge_figure(wanted, one, naming) for one in rows or candidates]
    # Where units cannot be compared, another figure of the same quantity may be in the right one.
    comparable = [one for one in verdicts if one.silence != "units"]
    verdicts = comparable or verdicts
    # Which of them holds for this demand nobody knows, so none is quoted.
    if len({one.outcome for one in verdicts}) > 1:
        return FigureVerdict(wanted, None, "unsaid", "several")
    return verdicts[0]


def judge_figure(
    wanted: Figure, offered: Figure, naming: Naming | None = None
) -> FigureVerdict:
    """One figure against another of the same quantity.

    Args:
        wanted: of the demand.
        offered: of the achievement.
        naming: what `wanted` measures; read from its name where it is None.
    """
    if naming is None:
        naming = read_name(wanted.name)
    wanted_unit = read_unit(wanted.unit)
    offered_unit = read_unit(offered.unit)
    scale = _scale_between(offered_unit, wanted_unit, naming)
    if scale is None:
        return FigureVerdict(wanted, offered, "unsaid", "units")
    # 24 t a day are a ton an hour only where nobody rests.
    if naming.quantity in _WORKED and _is_by_day(wanted) != _is_by_day(offered):
        return FigureVerdict(wanted, offered, "unsaid", "units")
    # ±5 ℃ is a difference; 180±5 ℃ is a temperature and a difference.
    difference = naming.difference or _is_tolerance(wanted) or _is_tolerance(offered)
    limit = _bounds_of(wanted, wanted_unit, Fraction(1), difference)
    stated = _bounds_of(offered, offered_unit, scale, difference)
    limit = _as_directed(limit, wanted, naming)
    outcome = _outcome_of(wanted, offered, limit, stated, naming)
    # Both figures of IP67 count, each for itself.
    if wanted.unit == "IP" and wanted.value % 10 > offered.value % 10:
        outcome = "unmet"
    converted: tuple[Decimal, ...] = ()
    if offered_unit != wanted_unit:
        values = _values_of(offered, offered_unit, scale, difference)
        differences = (difference, difference or offered.operator == "pm")
        converted = tuple(
            from_base(value, wanted_unit, difference=is_difference)
            for value, is_difference in zip(values, differences, strict=False)
        )
    short = None
    if outcome == "unmet":
        short = _shortfall(limit, stated)
    return FigureVerdict(
        wanted,
        offered,
        outcome,
        "unsure" if outcome == "unsaid" else "",
        converted,
        None if short is None else from_base(short, wanted_unit, difference=True),
    )


def _is_by_day(figure: Figure) -> bool:
    return _LONG_TIME.search(figure.unit) is not None


def _scale_between(offered: Unit, wanted: Unit, naming: Naming) -> Fraction | None:
    """What brings base quantities of the one to those of the other; None where nothing does."""
    other = set(offered.dimension) ^ set(wanted.dimension)
    if naming.quantity in _OF_ONE_PIECE and other == {("件", -1)}:
        return Fraction(1)
    if offered.dimension == wanted.dimension:
        # ppm of a gas is by volume, mg/kg by weight.
        if naming.gas and offered.basis != wanted.basis:
            return None
        return Fraction(1)
    # A litre of water weighs a kilogram, so ppm and mg/L are one there, and only there.
    per_volume = (("kg", 1), ("m", -3))
    if naming.water:
        if offered.dimension == per_volume and not wanted.dimension:
            return 1 / WATER
        if wanted.dimension == per_volume and not offered.dimension:
            return WATER
    return None


def _values_of(
    figure: Figure, unit: Unit, scale: Fraction, difference: bool
) -> list[Fraction]:
    values = [in_base(figure.value, unit, difference=difference) * scale]
    if figure.value_max is not None:
        # What follows ± is one, whatever stands before it.
        difference = difference or figure.operator == "pm"
        values.append(in_base(figure.value_max, unit, difference=difference) * scale)
    return values


def _bounds_of(figure: Figure, unit: Unit, scale: Fraction, difference: bool) -> Bounds:
    values = _values_of(figure, unit, scale, difference)
    value = values[0]
    operator = figure.operator
    if operator in ("ge", "gt"):
        return Bounds(value, None, strict_low=operator == "gt")
    if operator in ("le", "lt"):
        return Bounds(None, value, strict_high=operator == "lt")
    if operator == "range" and len(values) > 1:
        return Bounds(min(values), max(values))
    if operator == "pm":
        if len(values) > 1:
            return Bounds(value - abs(values[1]), value + abs(values[1]))
        return Bounds(-abs(value), abs(value))
    return Bounds(value, value)


def _as_directed(limit: Bounds, wanted: Figure, naming: Naming) -> Bounds:
    """A plain number that is asked for is a least or a most where everybody knows which way is better."""
    if wanted.operator != "eq":
        return limit
    if naming.better > 0:
        return Bounds(limit.low, None)
    if naming.better < 0 or limit.low == 0:
        return Bounds(None, limit.high)
    return limit


def _outcome_of(
    wanted: Figure,
    offered: Figure,
    limit: Bounds,
    stated: Bounds,
    naming: Naming,
) -> Outcome:
    if _is_tolerance(wanted) or _is_tolerance(offered):
        return _outcome_of_tolerance(wanted, offered, limit, stated, naming)
    if naming.operating and _has_two_ends(wanted, offered):
        return _outcome_of_reach(limit, stated)
    # 工作温度 ≤60 ℃ may be up to where it works, the wider the better, or what it must not exceed.
    is_open = naming.operating and wanted.operator in ("le", "lt")
    if naming.unclear or is_open:
        return "met" if limit == stated else "unsaid"
    if stated.within(limit):
        return "met"
    # Two plain numbers, of something of which neither more nor less is better.
    if limit.low is not None and limit.low == limit.high:
        return "unsaid"
    if stated.apart_from(limit):
        # 98 % where 90～95 % are asked for: more is better, but a window may be meant.
        is_window = wanted.operator == "range" and naming.better
        if is_window and _is_beyond(stated, limit, naming.better):
            return "unsaid"
        return "unmet"
    # Both promise in one direction: the promise falls short.
    both_low = limit.high is None and stated.high is None
    both_high = limit.low is None and stated.low is None
    if both_low and stated.low is not None and limit.low is not None:
        return "unmet" if stated.low < limit.low else "unsaid"
    if both_high and stated.high is not None and limit.high is not None:
        return "unmet" if stated.high > limit.high else "unsaid"
    return "unsaid"


def _is_beyond(stated: Bounds, limit: Bounds, better: int) -> bool:
    """Whether what is stated lies on the better side of a window."""
    if better > 0:
        return (
            stated.low is not None
            and limit.high is not None
            and stated.low > limit.high
        )
    return stated.high is not None and limit.low is not None and stated.high < limit.low


def _is_tolerance(figure: Figure) -> bool:
    return figure.operator == "pm" and figure.value_max is None


def _has_two_ends(wanted: Figure, offered: Figure) -> bool:
    # 220±22 V is 198~242 V, and is read as that.
    return any(
        one.operator == "range" or (one.operator == "pm" and not _is_tolerance(one))
        for one in (wanted, offered)
    )


def _outcome_of_reach(limit: Bounds, stated: Bounds) -> Outcome:
    """Of what is endured: -40~80 ℃ covers 0~60 ℃, and covers ≤ 70 ℃ if 70 lies in it."""
    if limit.low is None or limit.high is None:
        point = limit.high if limit.low is None else limit.low
        single = Bounds(point, point)
        return "met" if single.within(stated) else "unmet"
    if stated.low is None or stated.high is None or stated.low == stated.high:
        return "unsaid"
    return "met" if limit.within(stated) else "unmet"


def _outcome_of_tolerance(
    wanted: Figure,
    offered: Figure,
    limit: Bounds,
    stated: Bounds,
    naming: Naming,
) -> Outcome:
    """±a next to ±b, or next to a plain most: whether that is to one side or over both is open, so both must do."""
    if limit.high is None or stated.high is None:
        return "unsaid"
    allowed = limit.high
    promised = stated.high
    # 退火温度窗口±12 ℃ is the better the wider.
    if naming.operating:
        if _is_tolerance(wanted) and _is_tolerance(offered):
            return "met" if promised >= allowed else "unmet"
        return "unsaid"
    # A deviation below zero is a slip of the pen, or no deviation.
    if promised < 0 or allowed < 0:
        return "unsaid"
    if _is_tolerance(wanted) and _is_tolerance(offered):
        return "met" if promised <= allowed else "unmet"
    if _is_tolerance(offered):
        # The whole width is at most twice the part to one side.
        if limit.low is not None:
            return "unsaid"
        if 2 * promised <= allowed:
            return "met"
        return "unmet" if promised > allowed else "unsaid"
    # A range or 12±0.5 next to ±0.5 states no deviation.
    if stated.low is not None and stated.low != stated.high:
        return "unsaid"
    if promised <= allowed:
        return "met"
    return "unmet" if promised > 2 * allowed else "unsaid"


def _shortfall(limit: Bounds, stated: Bounds) -> Fraction | None:
    """By how much a promise misses a bound; None where it is not one bound that is missed."""
    if limit.high is None and limit.low is not None:
        best = stated.low if stated.high is None else stated.high
        return None if best is None else limit.low - best
    if limit.low is None and limit.high is not None:
        best = stated.high if stated.low is None else stated.low
        return None if best is None else best - limit.high
    return None
