"""Workbooks as other programs leave them: what Excel opens is read, everything else is refused with one sentence."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime

import pytest
import xlsxwriter

from marketplace.errors import Invalid
from marketplace.exchange import sheets
from marketplace.exchange.headers import Headers
from marketplace.exchange.rows import OpenSheet
from marketplace.listings.schema import SCHEMAS
from tests.marketplace.exchange.files import ole2, zipped

HEADERS = Headers(SCHEMAS["demand"])
SHEET = "xl/worksheets/sheet1.xml"
BOOK = "xl/workbook.xml"
STYLES = "xl/styles.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LINKED = f'xmlns:r="{OFFICE}" r:id="rId77"'
STRICT = {
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "http://purl.oclc.org/ooxml/spreadsheetml/main",
    OFFICE: "http://purl.oclc.org/ooxml/officeDocument/relationships",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "http://purl.oclc.org/ooxml/drawingml/main",
}

Parts = dict[str, bytes]


def workbook() -> Parts:
    """A good workbook part by part, with a filter, a drop-down, a day, cells merged downwards and a hidden row."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("清单")
        sheet.write_row(0, 0, ["需求名称", "企业名称", "拟投入资金", "完成期限"])
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, title in enumerate(("轴承降噪", "套圈磨削"), 1):
            sheet.write_string(number, 0, title)
            sheet.write_number(number, 2, 50 + number)
            sheet.write_datetime(number, 3, date(2027, 9, 30), day)
        sheet.merge_range(1, 1, 2, 1, "临清试样轴承有限公司")
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.autofilter(0, 0, 2, 3)
        sheet.data_validation("C2", {"validate": "list", "source": ["50", "60"]})
        sheet.freeze_panes(1, 0)
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(name: str, old: str, new: str) -> Callable[[Parts], Parts]:
    """A workbook of which one part says something else."""

    def change(parts: Parts) -> Parts:
        text, count = re.subn(old, new, parts[name].decode(), count=1, flags=re.S)
        assert count == 1, (name, old)
        return {**parts, name: text.encode()}

    return change


def without(*names: str) -> Callable[[Parts], Parts]:
    """A workbook that lacks parts."""
    return lambda parts: {
        name: part for name, part in parts.items() if name not in names
    }


def with_part(name: str, content: bytes) -> Callable[[Parts], Parts]:
    return lambda parts: {**parts, name: content}


def renamed(change: Callable[[str], str]) -> Callable[[Parts], Parts]:
    return lambda parts: {change(name): part for name, part in parts.items()}


def made_strict(parts: Parts) -> Parts:
    for usual, strict in STRICT.items():
        parts = {
            name: part.replace(usual.encode(), strict.encode())
            for name, part in parts.items()
        }
    return parts


def with_prefix(parts: Parts) -> Parts:
    """The elements of the sheet with a prefix, as some programs write them."""
    text = re.sub(r"<(/?)(?=[A-Za-z])", r"<\1x:", parts[SHEET].decode())
    return {**parts, SHEET: text.replace(" xmlns=", " xmlns:x=").encode()}


READABLE: dict[str, Callable[[Parts], Parts]] = {
    "as it is": lambda parts: parts,
    "filter of a place that is none": changed(SHEET, r'<autoFilter ref="[^"]*"', '<autoFilter ref="#REF!"'),
    "filter without a place": changed(SHEET, r'<autoFilter ref="[^"]*"', "<autoFilter"),
    "filter of an unknown kind": changed(
        SHEET,
        r'<autoFilter ref="([^"]*)"\s*/>',
        r'<autoFilter ref="\1"><filterColumn colId="x"><customFilters><customFilter operator="?" val="1"/>'
        r"</customFilters></filterColumn></autoFilter>",
    ),
    "names of places that are none": changed(BOOK, r"(<definedName [^>]*>)[^<]*<", r"\1#REF!<"),
    "print titles of no sheet": changed(
        BOOK, "<definedNames>", '<definedNames><definedName name="_xlnm.Print_Titles" localSheetId="9">?</definedName>'
    ),
    "drop-down of no place": changed(SHEET, 'sqref="C2"', 'sqref="#REF!"'),
    "drop-down without a place": changed(SHEET, ' sqref="C2"', ""),
    "drop-down of an unknown kind": changed(
        SHEET, r"<dataValidation [^>]*>", '<dataValidation type="?" operator="?" errorStyle="?" sqref="C2">'
    ),
    "conditional format": changed(
        SHEET,
        "<dataValidations",
        '<conditionalFormatting sqref="#REF!"><cfRule type="?" priority="x" dxfId="99"/></conditionalFormatting>'
        "<dataValidations",
    ),
    "extent that is none": changed(SHEET, r'<dimension ref="[^"]*"', '<dimension ref="#REF!"'),
    "panes": changed(SHEET, r"<pane [^>]*/>", '<pane xSplit="x" state="?"/>'),
    "print settings": changed(
        SHEET, r"<pageMargins [^>]*/>", '<pageMargins left="x"/><pageSetup orientation="?" paperSize="A4"/>'
    ),
    "link without its relation": changed(
        SHEET, "<pageMargins", f'<hyperlinks><hyperlink ref="A2" {LINKED}/></hyperlinks><pageMargins'
    ),
    "drawing without its part": changed(SHEET, "</worksheet>", f"<drawing {LINKED}/></worksheet>"),
    "pivot cache without its part": changed(
        BOOK, "</workbook>", f'<pivotCaches><pivotCache cacheId="1" {LINKED}/></pivotCaches></workbook>'
    ),
    "other workbook without its part": changed(
        BOOK, "</sheets>", f"</sheets><externalReferences><externalReference {LINKED}/></externalReferences>"
    ),
    "window that is none": changed(BOOK, r"<workbookView [^>]*/>", '<workbookView activeTab="x" visibility="?"/>'),
    "settings of calculation": changed(BOOK, r"<calcPr [^>]*/>", '<calcPr calcId="x" fullCalcOnLoad="?"/>'),
    "no theme part": without("xl/theme/theme1.xml"),
    "broken theme": with_part("xl/theme/theme1.xml", b"<broken"),
    "no relation of the theme": changed(RELATIONS, r"<Relationship [^>]*theme[^>]*/>", ""),
    "no relation of the sheet": changed(RELATIONS, r"<Relationship [^>]*worksheet[^>]*/>", ""),
    "no relations of the workbook but one sheet": without(RELATIONS, "xl/sharedStrings.xml.x"),
    "no relations of the package": without("_rels/.rels"),
    "no properties": without("docProps/app.xml", "docProps/core.xml"),
    "broken properties": with_part("docProps/core.xml", b"<broken"),
    "sheet not among the types": changed("[Content_Types].xml", r'<Override PartName="/xl/worksheets/[^>]*/>', ""),
    "fills without a fill": changed(STYLES, r"<fills.*?</fills>", '<fills count="1"><fill/></fills>'),
    "font of a family that is none": changed(STYLES, r'<family val="2"\s*/>', '<family val="49"/>'),
    "alignment in British spelling": changed(
        STYLES, r"(<cellXfs[^>]*>\s*<xf [^>]*)/>", r'\1><alignment horizontal="centre"/></xf>'
    ),
    "strict": made_strict,
    "strict that says so": lambda parts: made_strict(
        changed(BOOK, "<workbook ", '<workbook conformance="strict" ')(parts)
    ),
    "names with backslashes": renamed(lambda name: name.replace("/", "\\")),
    "names in capitals": renamed(lambda name: name.upper() if name.startswith("xl/work") else name),
    "mark before a part": lambda parts: {**parts, SHEET: b"\xef\xbb\xbf" + parts[SHEET]},
    "elements with a prefix": with_prefix,
    "macros": with_part("xl/vbaProject.bin", b"\0" * 100),
}  # fmt: skip
# Read, but days are the numbers by which spreadsheets count them.
WITHOUT_STYLES: dict[str, Callable[[Parts], Parts]] = {
    "no styles part": without(STYLES),
    "broken styles": with_part(STYLES, b"<broken"),
    "empty styles": with_part(STYLES, b""),
    "no relation of the styles": lambda parts: changed(
        RELATIONS, r"<Relationship [^>]*styles[^>]*/>", ""
    )(without(STYLES)(parts)),
    "style that is none": changed(SHEET, r'(<c r="D2") s="\d+"', r'\1 s="99"'),
}
REFUSED: dict[str, tuple[Callable[[Parts], Parts], str]] = {
    "no list of types": (without("[Content_Types].xml"), "表格文件已损坏"),
    "no workbook": (without(BOOK), "表格文件已损坏"),
    "no sheet": (without(SHEET), "工作表"),
    "no texts": (without("xl/sharedStrings.xml"), "已损坏"),
    "text of no number": (changed(SHEET, r'(<c r="A2"[^>]*><v>)\d+', r"\g<1>999"), "第 2 行以后已损坏"),
    "number that is none": (changed(SHEET, r'(<c r="C2"[^>]*><v>)\d+', r"\1fifty"), "第 2 行以后已损坏"),
    "cut in a row": (lambda parts: {**parts, SHEET: parts[SHEET][: parts[SHEET].index(b'<c r="C2"')]}, "已损坏"),
    "entities": (
        changed(SHEET, r"<worksheet", '<!DOCTYPE x [<!ENTITY a "轴承">]><worksheet'),
        "",
    ),
}  # fmt: skip


def opened(content: bytes) -> OpenSheet:
    with sheets.open_sheet(io.BytesIO(content), HEADERS, name="list.xlsx") as sheet:
        sheet.rows = iter(list(sheet.rows))
        return sheet


@pytest.mark.parametrize("case", READABLE)
def test_what_excel_opens_is_read(case: str) -> None:
    sheet = opened(zipped(READABLE[case](workbook())))

    firm = "临清试样轴承有限公司"
    end = datetime(2027, 9, 30)
    assert [row.cells for row in sheet.rows] == [
        ("轴承降噪", firm, 51, end),
        ("套圈磨削", firm, 52, end),
    ]
    assert (sheet.hidden_rows, sheet.is_filtered) == ({3}, True)


@pytest.mark.parametrize("case", WITHOUT_STYLES)
def test_without_styles_a_day_is_a_number(case: str) -> None:
    (first, _) = opened(zipped(WITHOUT_STYLES[case](workbook()))).rows

    assert first.cells == ("轴承降噪", "临清试样轴承有限公司", 51, 46660)


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_damaged_is_refused(case: str) -> None:
    change, expected = REFUSED[case]
    content = zipped(change(workbook()))
    if not expected:
        # An entity that no cell uses is no harm; nothing is read through it.
        assert len(list(opened(content).rows)) == 2
        return

    with pytest.raises(Invalid) as caught:
        opened(content)

    assert expected in caught.value.message
    assert caught.value.advice or "表头" in caught.value.message


def test_a_sheet_cut_behind_its_rows_is_read_and_named() -> None:
    parts = workbook()
    parts[SHEET] = parts[SHEET][: parts[SHEET].index(b"</sheetData>") + 12]

    sheet = opened(zipped(parts))

    assert len(list(sheet.rows)) == 2
    assert any("末尾已损坏" in remark for remark in sheet.remarks)


def test_a_sheet_that_is_listed_and_missing_is_named() -> None:
    change = changed(
        BOOK, "</sheets>", f'<sheet name="茌平区" sheetId="9" {LINKED}/></sheets>'
    )

    sheet = opened(zipped(change(workbook())))

    assert len(list(sheet.rows)) == 2
    assert any("「茌平区」" in remark for remark in sheet.remarks)


OTHER_KINDS = {
    "xls": (ole2("Workbook"), "旧版 .xls"),
    "et": (ole2("Workbook", "ETExtData"), ".et"),
    "book of Excel 5": (ole2("Book"), "旧版 .xls"),
    "wps": (ole2("WordDocument", "1Table"), ".wps"),
    "doc": (ole2("WordDocument"), "文字文档"),
    "ppt": (ole2("PowerPoint Document"), "不是表格文件"),
    "Works": (ole2("MatOST"), "不是表格文件"),
    "password": (ole2("EncryptionInfo", "EncryptedPackage"), "打开密码"),
    "bare xls": (b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(600), "很旧的 .xls"),
    "Excel 2": (b"\x09\x00\x04\x00\x02\x00\x10\x00" + bytes(600), "很旧的 .xls"),
    "rtf": (b"{\\rtf1\\ansi " + b"x" * 100, "RTF"),
    "mhtml": (b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n", "网页"),
    "XML of Excel 2003": (b'<?xml version="1.0"?><Workbook/>', "XML"),
    "pptx": (zipped({"[Content_Types].xml": b"", "ppt/presentation.xml": b""}), "演示文稿"),
    "Numbers": (zipped({"Index/Document.iwa": b"x"}), "Numbers"),
    "zip in a zip": (zipped({"a.xlsx": zipped(workbook())}), "压缩包"),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_other_files_with_the_name_of_a_workbook(kind: str) -> None:
    content, expected = OTHER_KINDS[kind]

    with pytest.raises(Invalid) as caught:
        opened(content)

    assert expected in caught.value.message
    assert caught.value.advice


def lying() -> bytes:
    """A zip file that declares a small part and holds a large one."""
    parts = workbook() | {SHEET: b"<worksheet>" + b" " * 20_000_000}
    content = bytearray(zipped(parts))
    size = len(parts[SHEET]).to_bytes(4, "little")
    place = content.rfind(size)
    content[place : place + 4] = (1000).to_bytes(4, "little")
    return bytes(content)


BOMBS: dict[str, Callable[[], bytes]] = {
    "picture": lambda: zipped(workbook() | {"xl/media/a.bin": bytes(40 * 2**20)}),
    "texts": lambda: zipped(workbook() | {"xl/sharedStrings.xml": b" " * 40 * 2**20}),
    "many parts": lambda: zipped(workbook() | {f"xl/{n}.xml": b"" for n in range(6000)}),
    "lying about the size": lying,
}  # fmt: skip


@pytest.mark.parametrize("kind", BOMBS)
def test_bombs_are_refused_before_they_are_unpacked(kind: str) -> None:
    with pytest.raises(Invalid) as caught:
        opened(BOMBS[kind]())

    assert re.search("[大多]得不正常|已损坏", caught.value.message)


# Seconds of processor for one workbook; each of these takes half a second, and names that never end once took twenty.
MOST = 5.0


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        (BOOK, b"<definedNames>"),
        (BOOK, b"<definedNames "),
        (BOOK, b"<calcPr "),
        (BOOK, b"<sheet "),
        (BOOK, b'<sheet name="a" r:id="x"/>'),
        (RELATIONS, b"<Relationship "),
        ("[Content_Types].xml", b"<Override "),
        (SHEET, b"<worksheet "),
        (SHEET, b"<dimension "),
    ],
)
def test_tags_that_never_end_take_time_in_proportion_to_their_length(
    name: str, tag: bytes
) -> None:
    content = zipped({**workbook(), name: tag * 20_000})
    begun = time.process_time()

    with suppress(Invalid):
        opened(content)

    assert time.process_time() - begun < MOST
