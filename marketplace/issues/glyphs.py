"""The fonts that lists are printed in, and which characters have an outline in them.

They come with a package, so that every machine prints the same. What is printed is in `printing.py`.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import typst
from fontTools.ttLib import TTFont

# Simplified characters first; the traditional cut holds some rare ones of names. Both are OFL-1.1.
FAMILIES = ("Noto Sans SC", "Noto Sans TC")
_FOLDERS = ("notosanssc", "notosanstc")
# 〓 is what Chinese printers set where they have no type.
MISSING = "〓"
# Signs no font of ours has, and the one that looks the same: people write 3∼6 with the sign of mathematics.
LOOKALIKES = str.maketrans({"∼": "~"})
# A font opened lazily builds its tables while it is read: two threads at once meet half of one.
_reading = threading.Lock()


def font_folders() -> list[Path]:
    """Where the files of the fonts lie."""
    fonts = resources.files("justmytype_intl_cjk") / "fonts" / "ofl"
    return [Path(str(fonts)) / name for name in _FOLDERS]


@cache
def print_fonts() -> typst.Fonts:
    """The fonts for the printer, read once a process: without those of the machine, which differ from it to it."""
    folders = [str(folder) for folder in font_folders()]
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=folders
    )


@cache
def _opened_fonts() -> tuple[TTFont, ...]:
    opened = []
    for folder in font_folders():
        (path,) = folder.glob("*.ttf")
        # In memory: a file that stays open for the life of the process belongs to nobody.
        font = TTFont(io.BytesIO(path.read_bytes()), lazy=True)
        # Names that nobody reads: those the library makes up from the map take longer than reading the map.
        font.setGlyphOrder([f"g{number}" for number in range(font["maxp"].numGlyphs)])
        opened.append(font)
    return tuple(opened)


def unprintable(texts: Iterable[str]) -> set[str]:
    """The characters of texts that no font draws: without a glyph, or with an empty one.

    That a font maps a character is not enough: some map ℃ to an empty glyph, and 900℃ prints as 900.
    """
    used = set().union(*(text.translate(LOOKALIKES) for text in texts))
    with _reading:
        return {sign for sign in used if not sign.isspace() and not _is_drawn(sign)}


@cache
def _is_drawn(sign: str) -> bool:
    return any(_has_outline(font, sign) for font in _opened_fonts())


def _has_outline(font: TTFont, sign: str) -> bool:
    name = font.getBestCmap().get(ord(sign))
    if name is None:
        return False
    glyph: Any = font["glyf"][name]
    # Of a glyph put together from others the number is -1.
    return bool(glyph.numberOfContours != 0)


def without_missing(text: str, missing: Iterable[str]) -> str:
    """A text as it is printed: with the sign for a missing type in place of what no font draws."""
    alike = text.translate(LOOKALIKES)
    return alike.translate({ord(sign): MISSING for sign in missing})
