"""Levels of a scale as they are written: Ⅵ, VI, TRL6, 6级, 六级. Which scales there are is in the schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marketplace.parsing import ParseError
from marketplace.parsing.chinese_numbers import read_chinese_number
from marketplace.parsing.text import compact_text
from matching.folding import normalise

# A level of technical readiness; NFKC has made VI of Ⅵ and 6 of ⑥.
_ROMAN = {
    sign: level
    for level, sign in enumerate(
        (
            "i",
            "ii",
            "iii",
            "iv",
            "v",
            "vi",
            "vii",
            "viii",
            "ix",
            "x",
            "xi",
            "xii",
            "xiii",
        ),
        1,
    )
}
_LEVEL = re.compile(
    r"(?:(?:技术)?(?:成熟度|就绪度)?(?:等级|级别)?(?:为|达到?)?(?:trl|level|lv|l)?(?<=.)[-_:.=]?)?第?"
    r"(?:(?P<digits>\d{1,2})(?:\.0+)?|(?P<roman>[ivx]+)|(?P<signs>[一二三四五六七八九十]{1,2}))(?:级别?|等级)?",
    re.ASCII,
)


def find_level(raw: Any) -> int | None:
    """The level that a text names as Ⅵ, VI, TRL6, TRL-6, 6级, 六级 or 第6级; None where it names none."""
    match = _LEVEL.fullmatch(normalise(compact_text(raw)))
    if match is None:
        return None
    if match["digits"]:
        return int(match["digits"])
    # iix is no figure, and none is guessed.
    if match["roman"]:
        return _ROMAN.get(match["roman"])
    number = read_chinese_number(match["signs"])
    return None if number is None else int(number)


def read_level(raw: Any, low: int, high: int, names: Mapping[int, str]) -> int | None:
    """A level of a scale, in figures or by its name.

    Args:
        raw: as for `find_level`; the name of the level may stand alone or behind it.
        low, high: the ends of the scale.
        names: level → its name.

    Raises:
        ParseError: no level of the scale.
    """
    plain = compact_text(raw)
    if not plain:
        return None
    by_name = {name: level for level, name in names.items()}
    bare = re.sub(r"[(（]([^()（）]*)[)）]$", r"\1", plain)
    for name, level in by_name.items():
        # 6级模拟环境演示: both say the same.
        if bare == name or (
            bare.endswith(name) and find_level(bare.removesuffix(name)) == level
        ):
            return level
    stage = find_level(raw)
    if stage is None or not low <= stage <= high:
        raise ParseError(f"「{plain[:40]}」不在范围内。", f"填 {low}–{high} 的整数。")
    return stage
