"""Where the name and the unit of a number stand: in its clause, or in one before it.
Not here: how the number is tied to its name (figure_relations), whether it is a wish or a statement (figures_in_text).
"""

from __future__ import annotations

import re
from decimal import Decimal

from matching.explaining.figure_names import is_plain_number, read_name
from matching.explaining.figure_numerals import has_number, in_figures
from matching.explaining.figure_patterns import (
    CLAUSE_END,
    CLAUSES_BACK,
    FIGURE,
    NAME_END,
    NAME_MOST,
    NAME_START,
    NAMED_BEFORE,
    OTHERS,
    QUANTITY,
    REST_OF_IT,
    SIGN_OF_ROUGHNESS,
    TODAY,
)
from matching.explaining.figure_relations import change_in
from matching.explaining.units import read_unit

# Characters before a figure that are looked at: a page without a comma, read whole for each of its figures, took 6 s.
CLAUSE_MOST = 100
_CLAUSE_SIGNS = "。,，、 "
_HEAT = re.compile("温|[熔沸露凝]点|软化点|耐热")
_POWER_USE = re.compile("电|能耗|单耗")
_POINTS = ("个点", "个百分点", "百分点")
# Shares of all, at most 100 %. So large a number is no ratio and no number of a furnace; 0.5 may be per mille.
_SHARE_OF_ALL = re.compile(
    "(?:合格品?|良品?|[成优一正]等?品|成材|回收|收|得|去除|脱除|利用|准确|正确|识别|检出|转化)率"
    "(?:要求|必须|最好|希望|需|得|应|能|要|不|达|到|在|为|是|至|:|\\s)*$"
)
_LEAST_SURE = 50
# Between two names of which the one before is no part of a list: 球形度低、含氧量高.
_LISTED = re.compile(r"[\s、和与及]*")


def start_of_clause(plain: str, end: int) -> int:
    """Where the clause of a place begins: after a comma that is not inside a number, or where it is too long."""
    start = max(0, end - CLAUSE_MOST)
    for comma in CLAUSE_END.finditer(plain, start, end):
        start = comma.end()
    return start


def place_of_name(before: str) -> tuple[int, int] | None:
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


def named_before(plain: str) -> tuple[str, str] | None:
    """The one quantity that the clause before a place names, and the unit of its number; None where it names several.

    Args:
        plain: what stands before the place.
    """
    plain = plain[-2 * CLAUSE_MOST :].rstrip(_CLAUSE_SIGNS)
    for _ in range(CLAUSES_BACK):
        start = 0
        for comma in CLAUSE_END.finditer(plain):
            start = comma.end()
        clause = in_figures(plain[start:])
        place = place_of_name(clause)
        if place is not None:
            return _one_name(clause, place)
        if not clause.strip() or (has_number(clause) and not _is_bare(clause)):
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


def fits(match: re.Match[str], before: str, name: str, unit_before: str) -> bool:
    """Whether the unit of a number may be that of the quantity which a clause before it names."""
    unit = match["unit"] or match["first"] or match["scale"] or ""
    if not unit or change_in(before):
        return bool(unit or unit_before) or is_plain_number(name)
    if unit_before:
        return read_unit(unit).dimension == read_unit(unit_before).dimension
    return True


def measures(name: str, unit: str) -> bool:
    """Whether a unit may be one of what is named: no thickness is so many minutes, and no content so many months."""
    dimension = read_unit(unit).dimension
    if name.endswith(("厚", "厚度", "径", "长度", "宽度", "高度", "深度")):
        return not dimension or dict(dimension).keys() == {"m"}
    # 含量 in months is a date behind it.
    if name.endswith("含量"):
        return not dimension or not {"kg", "mol"}.isdisjoint(dict(dimension))
    if is_plain_number(name):
        return unit in ("", "级") or not dimension
    return True


def unit_of(
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
    if unit[:1] in ("度", "转", "r"):
        unit = _meant(unit, named)
        if not unit:
            return ""
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
    return unit_before or _unit_of_share(match, named)


def _unit_of_share(match: re.Match[str], named: str) -> str:
    """% of 合格率要98以上; empty where a number without a unit may be another thing: 回收率2号炉, 漏检率0.5."""
    if match["many"] or match["high"] or not _SHARE_OF_ALL.search(named):
        return ""
    if not _LEAST_SURE < Decimal(match["low"].replace(",", "")) <= 100:
        return ""
    after = match.string[match.end() : match.end() + 1]
    return "" if after.isalnum() else "%"


def unit_of_level(unit: str, name: str) -> str:
    """The unit of a figure: 不良率两个点 are 2 %; by how many 点 something changes are points of a hundred."""
    is_change = read_name(name).change
    return "%" if unit in _POINTS and not is_change else unit


def _meant(unit: str, named: str) -> str:
    """What 度 and 转 mean by what is measured: ℃ or a kilowatt-hour, turns a minute; empty where 度 is neither."""
    if unit.startswith("度") and not unit.startswith("度电"):
        if _HEAT.search(named):
            return unit.replace("度", "℃", 1)
        return unit.replace("度", "度电", 1) if _POWER_USE.search(named) else ""
    return "转/分" if unit in ("转", "r") and "转速" in named else unit


def has_several_units(match: re.Match[str], plain: str, unit: str) -> bool:
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
