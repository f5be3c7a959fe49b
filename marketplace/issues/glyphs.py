"""The fonts that lists are printed in, and which characters have an outline in them.

They come with a package, so that every machine prints the same. What is printed is in `printing.py`.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt
import typst
from fontTools.ttLib import TTFont

# Simplified characters first; the traditional cut holds some rare ones of names. Both are OFL-1.1.
FAMILIES = ("Noto Sans SC", "Noto Sans TC")
_FOLDERS = ("notosanssc", "notosanstc")
# 〓 is what Chinese printers set where they have no type.
MISSING = "〓"
# Signs no font of ours has, and the one that looks the same: people write 3∼6 with the sign of mathematics.
LOOKALIKES = str.maketrans({"∼": "~"})
# A font is read once, whichever thread comes first.
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


@dataclass(frozen=True)
class Outlines:
    """Which characters a font draws.

    Attributes:
        numbers: code of a character → number of its glyph.
        offsets: where each glyph begins among the bytes of all, and where the last one ends, shape (glyphs + 1,).
        glyphs: the bytes of all glyphs.
    """

    numbers: Mapping[int, int]
    offsets: npt.NDArray[np.int64]
    glyphs: bytes

    def draws(self, sign: str) -> bool:
        """Whether a character has a glyph that is not empty."""
        number = self.numbers.get(ord(sign))
        if number is None:
            return False
        start, end = self.offsets[number : number + 2].tolist()
        # A glyph begins with the number of its contours; of one put together from others it is -1.
        return bool(start < end and self.glyphs[start : start + 2] != b"\0\0")


@cache
def _outlines(folder: Path) -> Outlines:
    """The outlines of the font of a folder. Its tables are read as bytes: as objects they take .4 s of a list's 2."""
    (path,) = folder.glob("*.ttf")
    # In memory: a file that stays open for the life of the process belongs to nobody.
    font = TTFont(io.BytesIO(path.read_bytes()), lazy=True)
    # Names that nobody reads: those the library makes up from the map take longer than reading the map.
    font.setGlyphOrder([str(number) for number in range(font["maxp"].numGlyphs)])
    numbers = {code: int(name) for code, name in font.getBestCmap().items()}
    # OpenType, "loca": offsets of 32 bits, or halved ones of 16.
    offsets = np.frombuffer(font.reader["loca"], dtype=">u4")
    if font["head"].indexToLocFormat == 0:
        offsets = np.frombuffer(font.reader["loca"], dtype=">u2").astype(np.int64) * 2
    return Outlines(numbers, offsets.astype(np.int64), font.reader["glyf"])


def unprintable(texts: Iterable[str]) -> set[str]:
    """The characters of texts that no font draws: without a glyph, or with an empty one.

    That a font maps a character is not enough: some map ℃ to an empty glyph, and 900℃ prints as 900.
    """
    used = set().union(*(text.translate(LOOKALIKES) for text in texts))
    with _reading:
        return {sign for sign in used if not sign.isspace() and not _is_drawn(sign)}


@cache
def _is_drawn(sign: str) -> bool:
    # The second font is opened only where the first does not draw something.
    return any(_outlines(folder).draws(sign) for folder in font_folders())


def without_missing(text: str, missing: Iterable[str]) -> str:
    """A text as it is printed: with the sign for a missing type in place of what no font draws."""
    alike = text.translate(LOOKALIKES)
    return alike.translate({ord(sign): MISSING for sign in missing})
