"""The package of a workbook put in order: names of parts, namespaces, styles that Excel reads and openpyxl does not,
and the rows of a sheet without what stands around them.
Not here: what is no workbook (xlsx), what its sheets hold (markings, xlsx).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, BinaryIO
from xml.etree import ElementTree
from xml.sax.saxutils import unescape

# ISO/IEC 29500 Strict names the same things by other addresses than the Transitional form, which every reader knows.
_STRICT = {
    b"http://purl.oclc.org/ooxml/spreadsheetml/main": b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    b"http://purl.oclc.org/ooxml/officeDocument/relationships": (
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    ),
    b"http://purl.oclc.org/ooxml/officeDocument/sharedTypes": (
        b"http://schemas.openxmlformats.org/officeDocument/2006/sharedTypes"
    ),
}
_CONTENT_TYPES = "[Content_Types].xml"
_TARGET = re.compile(rb'(\b(?:Target|PartName)=")([^"]*)(")')
# Parts that hold no cell; damaged ones keep openpyxl from opening the rest.
_UNNEEDED = re.compile(
    r"docprops/|xl/theme/|xl/drawings/|xl/charts?/|xl/comments|xl/media/|xl/externallinks/|customxml/|xl/printersettings/"
)
_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_IS_SHEET = (
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
)
_NO_RELATIONS = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b"</Relationships>"
)
# A tag is looked at for so many bytes: a part of tags that never end took the square of its length.
_SHEET = re.compile(
    rb"<(?:[\w.-]+:)?sheet\b[^>]{0,1000}?/>|<(?:[\w.-]+:)?sheet\b[^>]{0,1000}></[^>]{0,60}>"
)
_RELATION_ID = re.compile(
    rb'<(?:[\w.-]+:)?Relationship\b[^>]{0,1000}?\bId="([^"]{0,200})"'
)
# What a workbook says besides its sheets and its epoch (workbookPr): names, windows, settings, caches.
_WORKBOOK_REST = re.compile(
    rb"<((?:[\w.-]+:)?(?:bookViews|definedNames|externalReferences|pivotCaches|customWorkbookViews|extLst|"
    rb"functionGroups|smartTagTypes|webPublishObjects|fileRecoveryPr|workbookProtection|"
    rb"calcPr|fileVersion|fileSharing|oleSize|webPublishing))\b[^>]{0,1000}>"
)
HEAD = 2**18  # bytes of a sheet before its rows; columns and views need some kilobytes
BLOCK = 2**18  # bytes of a sheet read at a time
ENDING = 80  # bytes that hold the end of the rows
_SHEET_ROOT = re.compile(rb"<([\w.-]+:)?worksheet\b[^>]{0,8000}>")
_SHEET_ROWS = re.compile(rb"<(?:[\w.-]+:)?sheetData\b")
_EMPTY_ROWS = re.compile(rb"<(?:[\w.-]+:)?sheetData\b[^>]*/>")
_ROWS_END = re.compile(rb"</(?:[\w.-]+:)?sheetData\s*>")
_EXTENT = re.compile(rb"<(?:[\w.-]+:)?dimension\b[^>]{0,300}?(?:/>|></[^>]{0,60}>)")
_LISTED_PART = re.compile(rb"<(?:\w+:)?(?:Override|Relationship)\b[^>]{0,2000}/>")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_EMPTY_STYLES = (
    f'<styleSheet xmlns="{_MAIN}">{{formats}}<fonts count="1"><font/></fonts>'
    '<fills count="1"><fill><patternFill/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs>{styles}</cellXfs></styleSheet>'
)


class SheetData(io.RawIOBase):
    """The XML of a sheet with nothing but its rows: filters, rules, print settings and links may be damaged.

    Excel mends or drops them, openpyxl gives the whole sheet up for one. No value of a cell stands outside of the rows.

    Args:
        source: the XML of a sheet; it is closed with this.
    """

    def __init__(self, source: IO[bytes]) -> None:
        self.source = source
        self.waiting = b""
        self.chunks = self._rows_of(source)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.waiting:
            chunk = next(self.chunks, None)
            if chunk is None:
                return 0
            self.waiting = chunk
        length = min(len(buffer), len(self.waiting))
        buffer[:length] = self.waiting[:length]
        self.waiting = self.waiting[length:]
        return length

    def close(self) -> None:
        self.source.close()
        super().close()

    def _rows_of(self, source: IO[bytes]) -> Iterator[bytes]:
        start = source.read(HEAD)
        root = _SHEET_ROOT.search(start)
        # Another encoding than an extension of ASCII, or no sheet: as it is.
        rows = _SHEET_ROWS.search(start, root.end()) if root else None
        if root is None or rows is None:
            yield start
            yield from iter(lambda: source.read(BLOCK), b"")
            return
        yield root[0]
        yield from _until_rows_end(start[rows.start() :], source)
        yield b"</" + (root[1] or b"") + b"worksheet>"


def _until_rows_end(block: bytes, source: IO[bytes]) -> Iterator[bytes]:
    """The XML from the start of the rows to their end; all of it where they never end, so that a cut sheet is seen."""
    empty = _EMPTY_ROWS.match(block)
    if empty is not None:
        yield empty[0]
        return
    waiting = block
    while True:
        end = _ROWS_END.search(waiting)
        if end is not None:
            yield waiting[: end.end()]
            return
        more = source.read(BLOCK)
        if not more:
            yield waiting
            return
        # The end may lie across two blocks.
        yield waiting[:-ENDING]
        waiting = waiting[-ENDING:] + more


@dataclass
class TidyPackage:
    """A workbook put in order.

    Attributes:
        file: the workbook.
        lost_sheets: names of sheets that it lists and does not hold.
    """

    file: BinaryIO
    lost_sheets: list[str] = field(default_factory=list)


def tidy_package(file: BinaryIO) -> TidyPackage:
    """A copy of a workbook in which names, namespaces, styles and lists of parts are as every reader expects them.

    Args:
        file: the workbook; it stays open, at its start.

    Raises:
        zipfile.BadZipFile, OSError, ValueError: a part cannot be unpacked.
    """
    file.seek(0)
    out = io.BytesIO()
    tidy = TidyPackage(out)
    with (
        zipfile.ZipFile(file) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
    ):
        parts = _tidy_names(source)
        relations = _relations_of(source, parts)
        for name, part in parts.items():
            content = source.read(part)
            if name == _RELATIONS:
                continue  # written last, for one may be missing
            if name.endswith((".xml", ".rels")):
                content = _tidy_xml(name, content)
            if name == _WORKBOOK:
                content, relations = _tidy_workbook(content, relations, parts, tidy)
            target.writestr(name, content)
        target.writestr(_RELATIONS, relations)
    file.seek(0)
    out.seek(0)
    return tidy


def _relations_of(
    source: zipfile.ZipFile, parts: Mapping[str, zipfile.ZipInfo]
) -> bytes:
    """The list of what belongs to the workbook; an empty one where it is missing."""
    if _RELATIONS not in parts:
        return _NO_RELATIONS
    return _tidy_xml(_RELATIONS, source.read(parts[_RELATIONS]))


def _tidy_workbook(
    content: bytes,
    relations: bytes,
    parts: Mapping[str, zipfile.ZipInfo],
    tidy: TidyPackage,
) -> tuple[bytes, bytes]:
    """The workbook with its sheets and nothing else, and the list of what belongs to it."""
    sheets = list(_SHEET.finditer(content))
    held = [name for name in parts if name.startswith("xl/worksheets/sheet")]
    known = {match[1] for match in _RELATION_ID.finditer(relations)}
    lost = [sheet for sheet in sheets if _id_of(sheet[0]) not in known]
    if lost and len(sheets) == len(held) == 1:
        # One sheet and one part that holds a sheet: it can be no other.
        relations = _with_relation(relations, _id_of(sheets[0][0]), held[0])
        lost = []
    tidy.lost_sheets += [_name_of(sheet[0]) for sheet in lost]
    content = _without_spans(content, [sheet.span() for sheet in lost])
    return _without_rest(content), relations


def _without_rest(content: bytes) -> bytes:
    """The workbook without what it says besides its sheets; an element that never ends stays as it is."""
    spans = []
    unclosed: set[bytes] = set()
    end = 0
    for tag in _WORKBOOK_REST.finditer(content):
        name = tag[1]
        # Within an element that goes already.
        if tag.start() < end or name in unclosed:
            continue
        last = tag.end()
        if not tag[0].endswith(b"/>"):
            closing = b"</" + name + b">"
            place = content.find(closing, tag.end())
            if place < 0:
                # Looked for once: one that is not closed behind here is not closed further on either.
                unclosed.add(name)
                continue
            last = place + len(closing)
        end = last
        spans.append((tag.start(), end))
    return _without_spans(content, spans)


def _without_spans(content: bytes, spans: Sequence[tuple[int, int]]) -> bytes:
    """A text without these pieces, which are in order and lie apart."""
    pieces = []
    place = 0
    for start, end in spans:
        pieces.append(content[place:start])
        place = end
    return b"".join([*pieces, content[place:]])


def _id_of(sheet: bytes) -> bytes:
    match = re.search(rb'\b[\w.-]+:id="([^"]*)"', sheet)
    return match[1] if match else b""


def _name_of(sheet: bytes) -> str:
    match = re.search(rb'\bname="([^"]*)"', sheet)
    return unescape(match[1].decode("utf-8", "replace")) if match else ""


def _with_relation(relations: bytes, number: bytes, part: str) -> bytes:
    target = part.removeprefix("xl/").encode()
    one = b'<Relationship Id="%s" Type="%s" Target="%s"/>' % (number, _IS_SHEET, target)
    return relations.replace(b"</Relationships>", one + b"</Relationships>")


def tidy_name(name: str) -> str:
    """The name of a part in lower case with slashes, but for the one that readers look for by its spelling."""
    plain = name.replace("\\", "/").lstrip("/").casefold()
    if plain == _CONTENT_TYPES.casefold():
        return _CONTENT_TYPES
    return plain


def _tidy_names(source: zipfile.ZipFile) -> Mapping[str, zipfile.ZipInfo]:
    parts = {}
    for part in source.infolist():
        # A zip file made by .NET 4 has backslashes; zipfile turns them round only on Windows.
        name = tidy_name(part.filename)
        if not name.endswith("/") and not _UNNEEDED.match(name):
            parts[name] = part
    return parts


def _tidy_xml(name: str, content: bytes) -> bytes:
    if name.startswith("xl/worksheets/sheet"):
        # The declared extent is never believed, and openpyxl opens nothing where it cannot be read.
        head = _EXTENT.sub(b"", content[:HEAD], count=1)
        content = head + content[HEAD:]
    for strict, usual in _STRICT.items():
        content = content.replace(strict, usual)
    if name == _CONTENT_TYPES or name.endswith(".rels"):
        return _TARGET.sub(_tidy_target, _without_unneeded(content))
    if name == "xl/styles.xml":
        return _plain_styles(content)
    return content


def _tidy_target(match: re.Match[bytes]) -> bytes:
    target = match[2].replace(b"\\", b"/")
    # Addresses outside of the package are no parts.
    if b"://" in target or target.startswith(b"mailto:"):
        return match[0]
    return match[1] + target.lower() + match[3]


def _without_unneeded(content: bytes) -> bytes:
    """A list of parts without those that were left out."""

    def keep(match: re.Match[bytes]) -> bytes:
        target = _TARGET.search(match[0])
        name = tidy_name(target[2].decode("utf-8", "replace")) if target else ""
        bare = name.lstrip("./")
        is_gone = _UNNEEDED.match(bare) or _UNNEEDED.match(f"xl/{bare}")
        return b"" if is_gone else match[0]

    return _LISTED_PART.sub(keep, content)


def _plain_styles(content: bytes) -> bytes:
    """The number formats of a styles part and nothing else: a list is read without fonts, fills and borders.

    What cannot be read at all becomes one style without a format; a day is then its serial number, which is understood.
    """
    formats = []
    styles = []
    try:
        # Entities cannot grow: expat limits them since 2.4, and the part is unpacked within `xlsx.MAX_UNPACKED`.
        root = ElementTree.fromstring(content)  # noqa: S314
    except ElementTree.ParseError:
        root = ElementTree.Element("empty")
    for element in root.iter():
        tag = str(element.tag).rpartition("}")[2]
        number = element.get("numFmtId", "")
        if tag == "numFmt" and number.isdigit():
            one = ElementTree.Element("numFmt", numFmtId=number)
            one.set("formatCode", element.get("formatCode", "General"))
            formats.append(ElementTree.tostring(one, "unicode"))
        elif tag == "cellXfs":
            styles = [_plain_style(child) for child in element]
    listed = f"<numFmts>{''.join(formats)}</numFmts>" if formats else ""
    written = "".join(styles or ['<xf numFmtId="0"/>'])
    return _EMPTY_STYLES.format(formats=listed, styles=written).encode()


def _plain_style(element: ElementTree.Element) -> str:
    number = element.get("numFmtId", "0")
    if not number.isdigit():
        number = "0"
    return f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0"/>'
