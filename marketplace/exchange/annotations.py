"""Comments of cells and texts of shapes in a workbook: no reader takes them over, so they are named.
Not here: cells (xlsx), what else the XML of a sheet says of them (markings).
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO
from xml.parsers import expat

from openpyxl.utils.cell import column_index_from_string as column_number
from openpyxl.utils.cell import coordinate_from_string
from openpyxl.utils.exceptions import CellCoordinatesException

from marketplace.exchange.markings import BLOCK, new_parser
from marketplace.exchange.package import tidy_name

# Of a relationship: notes, the comments of newer Excel with their answers, and shapes.
_COMMENTS = ("/comments", "/threadedComment")
_DRAWING = "/drawing"
# In a comment: runs of a note, and the whole of a newer one.
_COMMENT_TEXTS = ("t", "text")
# What a part raises that cannot be unpacked: damaged, cut, packed in another way, or locked (RuntimeError).
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
)
MAX_ANNOTATIONS = 5_000  # of a sheet; more are not counted
MAX_NAMED = 8  # cells with comments that are named
MAX_QUOTED = 40  # characters of a text box that are repeated


@dataclass(frozen=True)
class Annotations:
    """What a sheet says outside of its cells.

    Attributes:
        commented: places of the cells that bear a comment with a text, in the order of the rows.
        texts: what stands in boxes and shapes that lie over the cells.
        pictures: how many pictures lie over them.
    """

    commented: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    pictures: int = 0


def read_annotations(file: BinaryIO, sheet_part: str) -> Annotations:
    """Read what lies over the cells of a sheet.

    Args:
        file: the workbook as it was sent; it stays open.
        sheet_part: name of the part that holds the sheet.

    Returns:
        what could be read: a damaged part of comments costs no list.
    """
    # A dictionary keeps the order and names a cell once that bears a note and an answer to it.
    places: dict[str, None] = {}
    texts: list[str] = []
    pictures = 0
    try:
        with zipfile.ZipFile(file) as archive:
            # By the tidied name: some programs write backslashes or capitals.
            parts = {tidy_name(one.filename): one for one in archive.infolist()}
            for kind, target in _related(archive, parts, tidy_name(sheet_part)):
                if kind.endswith(_COMMENTS):
                    places |= dict.fromkeys(_read_comments(archive, target))
                elif kind.endswith(_DRAWING):
                    found, count = _read_shapes(archive, target)
                    texts += found
                    pictures += count
    except _UNREADABLE:
        pass
    finally:
        file.seek(0)
    ordered = sorted(places, key=_place_key)
    return Annotations(tuple(ordered), tuple(texts), pictures)


def describe_annotations(over: Annotations) -> list[str]:
    """What lies over the cells of a sheet and is not read, in Chinese."""
    remarks = []
    if over.commented:
        count = len(over.commented)
        shown = "、".join(over.commented[:MAX_NAMED])
        more = " 等" if count > MAX_NAMED else ""
        remarks.append(
            f"有 {count} 格带批注（{shown}{more}），批注没有导入；要用的内容请写进单元格。"
        )
    if over.texts:
        shown = over.texts[0]
        if len(shown) > MAX_QUOTED:
            shown = f"{shown[:MAX_QUOTED]}…"
        more = " 等" if len(over.texts) > 1 else ""
        remarks.append(
            f"表上有 {len(over.texts)} 个文本框或图形写着字（「{shown}」{more}），没有导入；要用的内容请写进单元格。"
        )
    if over.pictures:
        remarks.append(
            f"表上放着 {over.pictures} 张图片，没有导入；图片里的内容请写进单元格。"
        )
    return remarks


def _place_key(place: str) -> tuple[int, int]:
    column, row = coordinate_from_string(place)
    return row, column_number(column)


def _related(
    archive: zipfile.ZipFile, parts: Mapping[str, zipfile.ZipInfo], sheet_part: str
) -> list[tuple[str, zipfile.ZipInfo]]:
    """Kind and part of everything that a sheet refers to."""
    folder, name = posixpath.split(sheet_part)
    relations = parts.get(f"{folder}/_rels/{name}.rels")
    found: list[tuple[str, zipfile.ZipInfo]] = []
    if relations is None:
        return found

    def take(tag: str, attributes: Mapping[str, str]) -> None:
        target = tidy_name(attributes.get("Target", ""))
        # A target with a slash is counted from the root of the package, any other from the folder of the sheet.
        if not attributes.get("Target", "").startswith(("/", "\\")):
            target = posixpath.normpath(posixpath.join(folder, target))
        if tag == "Relationship" and target in parts:
            found.append((attributes.get("Type", ""), parts[target]))

    _read_part(archive, relations, take)
    return found


def _read_comments(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> list[str]:
    places: list[str] = []
    here = ""

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal here
        if tag in ("comment", "threadedComment"):
            here = attributes.get("ref", "")

    def take(tag: str, text: str) -> None:
        if tag in _COMMENT_TEXTS and text.strip() and len(places) < MAX_ANNOTATIONS:
            places.append(here)

    _read_part(archive, part, start, take)
    return [place for place in places if _is_place(place)]


def _is_place(text: str) -> bool:
    try:
        _place_key(text)
    except (CellCoordinatesException, ValueError):
        return False
    return True


def _read_shapes(
    archive: zipfile.ZipFile, part: zipfile.ZipInfo
) -> tuple[list[str], int]:
    """The text of each shape that has one, and the number of pictures."""
    texts: list[list[str]] = []
    pictures = 0

    def start(tag: str, _: Mapping[str, str]) -> None:
        nonlocal pictures
        pictures += tag == "pic"
        if tag == "sp" and len(texts) < MAX_ANNOTATIONS:
            texts.append([])

    def take(tag: str, text: str) -> None:
        if tag == "t" and texts:
            texts[-1].append(text)

    _read_part(archive, part, start, take)
    # Runs of one shape are joined without blanks: a word may change its colour in the middle.
    joined = [" ".join("".join(pieces).split()) for pieces in texts]
    return [text for text in joined if text], pictures


def _read_part(
    archive: zipfile.ZipFile,
    part: zipfile.ZipInfo,
    start: Callable[[str, Mapping[str, str]], None],
    take: Callable[[str, str], None] = lambda tag, text: None,
) -> None:
    """Read the XML of a part; of a damaged one what stands before the damage.

    Args:
        start: takes the name of each element, without its prefix, and its attributes.
        take: takes the name of an element and a text in it.
    """
    # A text belongs to the innermost element, which expat does not tell.
    inside = [""]

    def on_start(name: str, attributes: dict[str, str]) -> None:
        inside.append(name.rpartition(":")[2])
        start(inside[-1], attributes)

    def on_end(_: str) -> None:
        inside.pop()

    parser = new_parser()
    parser.StartElementHandler = on_start
    parser.EndElementHandler = on_end
    parser.CharacterDataHandler = lambda text: take(inside[-1], text)
    try:
        with archive.open(part) as source:
            while block := source.read(BLOCK):
                parser.Parse(block, False)
    except expat.ExpatError:
        return
