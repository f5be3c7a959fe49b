"""The package of a workbook put in order: names of parts, namespaces, styles that Excel reads and openpyxl does not.
Not here: what is no workbook (xlsx), what its sheets hold (markings, xlsx).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import BinaryIO
from xml.etree import ElementTree

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
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_EMPTY_STYLES = (
    f'<styleSheet xmlns="{_MAIN}">{{formats}}<fonts count="1"><font/></fonts>'
    '<fills count="1"><fill><patternFill/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs>{styles}</cellXfs></styleSheet>'
)


def tidy_package(file: BinaryIO) -> BinaryIO:
    """A copy of a workbook in which names, namespaces and styles are as every reader expects them.

    Args:
        file: the workbook; it stays open, at its start.

    Raises:
        zipfile.BadZipFile, OSError, ValueError: a part cannot be unpacked.
    """
    file.seek(0)
    out = io.BytesIO()
    with (
        zipfile.ZipFile(file) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as tidy,
    ):
        for name, part in _tidy_names(source).items():
            content = source.read(part)
            if name.endswith((".xml", ".rels")):
                content = _tidy_xml(name, content)
            tidy.writestr(name, content)
    file.seek(0)
    out.seek(0)
    return out


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
    for strict, usual in _STRICT.items():
        content = content.replace(strict, usual)
    if name == _CONTENT_TYPES or name.endswith(".rels"):
        return _TARGET.sub(_tidy_target, _without_unneeded(content))
    if name == "xl/styles.xml":
        return _plain_styles(content)
    return content


def _tidy_target(found: re.Match[bytes]) -> bytes:
    target = found[2].replace(b"\\", b"/")
    # Addresses outside of the package are no parts.
    if b"://" in target or target.startswith(b"mailto:"):
        return found[0]
    return found[1] + target.lower() + found[3]


def _without_unneeded(content: bytes) -> bytes:
    """A list of parts without those that were left out."""
    entries = re.compile(rb"<(?:\w+:)?(?:Override|Relationship)\b[^>]*/>")

    def keep(found: re.Match[bytes]) -> bytes:
        target = _TARGET.search(found[0])
        name = tidy_name(target[2].decode("utf-8", "replace")) if target else ""
        bare = name.lstrip("./")
        is_gone = _UNNEEDED.match(bare) or _UNNEEDED.match(f"xl/{bare}")
        return b"" if is_gone else found[0]

    return entries.sub(keep, content)


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
