"""Files: which are read and how, and the one sentence for each that cannot be."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from marketplace.errors import Invalid
from marketplace.exchange import sheets
from marketplace.exchange.markings import UNSAVED
from tests.marketplace.exchange.files import ole2, xlsx, zipped

HEADER = ("成果名称", "完成单位", "简介")


class SomeHeaders:
    """Knows three headers, and no header of two rows."""

    def count_known(self, row: Sequence[Any]) -> int:
        known = sum(str(cell).strip() in HEADER for cell in row)
        return known if known > 1 else 0

    def combine_rows(
        self, upper: Sequence[Any], lower: Sequence[Any]
    ) -> tuple[Any, ...] | None:
        return None


HEADERS = SomeHeaders()


def rows_of(
    content: bytes, name: str = "list.xlsx", **more: Any
) -> list[tuple[int, tuple[Any, ...]]]:
    with sheets.open_sheet(io.BytesIO(content), HEADERS, name=name, **more) as sheet:
        return [(row.number, row.cells) for row in sheet.rows]


def refusal(content: bytes, name: str = "list.xlsx", **more: Any) -> str:
    with pytest.raises(Invalid) as caught:
        rows_of(content, name, **more)
    return caught.value.message


TEXT = '清单\n\n成果名称,完成单位,简介\n甲,乙,"一，\n二"\n\n丙,丁,戊\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_of_every_encoding_is_read(encoding: str) -> None:
    expected = [(4, ("甲", "乙", "一，\n二")), (6, ("丙", "丁", "戊"))]

    assert rows_of(TEXT.encode(encoding), "list.csv") == expected


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_by_the_header_it_makes(delimiter: str) -> None:
    content = f"成果名称{delimiter}完成单位\n一、甲，二；乙{delimiter}丙\n".encode()

    assert rows_of(content, "list.csv") == [(2, ("一、甲，二；乙", "丙"))]


def test_tsv_knows_no_quotes() -> None:
    content = '成果名称\t完成单位\n"甲\t乙"丙\n'.encode()

    assert rows_of(content, "list.tsv") == [(2, ('"甲', '乙"丙'))]


@pytest.mark.parametrize("rest", ["x", '""', '""x'])
def test_a_quote_that_never_ends_takes_no_memory_of_its_own(rest: str) -> None:
    """A pattern may remember each of its steps: a text of 5 MB took 800 MB."""
    text = '成果名称\t完成单位\n"' + rest * (1_000_000 // len(rest))
    tracemalloc.start()

    with pytest.raises(Invalid):
        rows_of(text.encode(), "list.tsv")

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * 2**20


def test_cells_merged_downwards_are_filled_and_nothing_else() -> None:
    rows = [
        HEADER,
        ("一", "聊城大学", "甲"),
        ("二", None, "乙"),
        (None, None, None),
        ("三", None, "丙"),
        ("四", "他校", "丁"),
    ]
    content = xlsx(rows, merged=["B2:B5", "B6:C6"])
    expected = [
        (2, ("一", "聊城大学", "甲")),
        (3, ("二", "聊城大学", "乙")),
        (5, ("三", "聊城大学", "丙")),
        (6, ("四", "他校")),
    ]

    assert rows_of(content) == expected


@pytest.mark.parametrize("empty", [5, 19, 21, 300])
def test_empty_rows_above_a_header_do_not_hide_it(empty: int) -> None:
    content = "\n" * empty + "成果名称,完成单位\n一,甲校\n"

    rows = rows_of(content.encode(), "list.csv")

    assert rows == [(empty + 2, ("一", "甲校"))]


def test_the_lower_row_of_a_two_row_header_is_the_header() -> None:
    rows = [
        ("某校清单", None, None),
        ("成果名称", "完成单位", "内容"),
        (None, None, "简介"),
        ("一", "甲校", "文"),
    ]

    assert rows_of(xlsx(rows, merged=["A1:C1", "A2:A3", "B2:B3"])) == [
        (4, ("一", "甲校", "文"))
    ]


def test_formulas_are_read_as_their_saved_value_and_never_computed() -> None:
    content = xlsx([HEADER, ("=1+1", "甲校", '=HYPERLINK("http://x")')])

    assert rows_of(content) == [(2, (UNSAVED, "甲校", UNSAVED))]


def test_the_first_visible_sheet_with_a_header_is_read() -> None:
    content = xlsx(
        [HEADER, ("一", "甲校", "文")], before=["封面", "旧表"], hide=["旧表"]
    )

    with sheets.open_sheet(io.BytesIO(content), HEADERS) as sheet:
        read = [row.cells for row in sheet.rows]
        name, remarks = sheet.name, sheet.remarks

    assert (name, read) == ("清单", [("一", "甲校", "文")])
    assert remarks == ["文件有 2 个工作表，只读取「清单」。"]


def test_a_list_on_a_hidden_sheet_is_not_read_behind_the_readers_back() -> None:
    content = xlsx([HEADER, ("一", "甲校", "文")], before=["封面"], hide=["清单"])

    assert "隐藏的工作表没有读取" in refusal(content)


def test_a_hidden_list_is_named_where_another_one_is_read() -> None:
    book = Workbook()
    book.active.append(HEADER)
    book.active.append(("一", "甲校", "文"))
    for name, row in (("旧清单", HEADER), ("可选值", ("小试", "中试", "量产"))):
        hidden = book.create_sheet(name)
        hidden.append(row)
        hidden.sheet_state = "hidden"
    file = io.BytesIO()
    book.save(file)

    with sheets.open_sheet(file, HEADERS) as sheet:
        remarks = sheet.remarks

    assert remarks == ["「旧清单」：隐藏的工作表没有读取，需要的话请先取消隐藏。"]


def test_a_declared_extent_is_not_believed() -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("清单")
    sheet.append(HEADER)
    sheet.append(("一", "甲校", "文"))
    out = io.BytesIO()
    book.save(out)
    parts = {}
    with zipfile.ZipFile(out) as archive:
        for name in archive.namelist():
            parts[name] = archive.read(name)
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(
        b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>'
    )

    assert rows_of(zipped(parts)) == [(2, ("一", "甲校", "文"))]


def bomb() -> bytes:
    return zipped(
        {
            "[Content_Types].xml": b"<x/>",
            "xl/worksheets/sheet1.xml": b" " * (20 * 2**20),
        }
    )


REFUSALS = {
    "empty": (b"", "list.xlsx", "文件是空的"),
    "blank text": (b"\n \n", "list.csv", "表里没有内容"),
    "blank sheet": (xlsx([]), "list.xlsx", "表里没有内容"),
    "bomb": (bomb(), "list.xlsx", "大得不正常"),
    "many parts": (
        zipped({f"x{i}": b"" for i in range(6000)}),
        "list.xlsx",
        "6000 个部分，多得不正常",
    ),
    "old xls": (ole2("Workbook"), "list.xls", "旧版 .xls"),
    "very old xls": (ole2("Book"), "list.xls", "旧版 .xls"),
    "password": (ole2("EncryptionInfo", "EncryptedPackage"), "list.xlsx", "打开密码"),
    "old word": (ole2("WordDocument"), "list.xlsx", "不是表格文件"),
    "damaged ole": (
        ole2("Workbook")[:600],
        "list.xls",
        "旧版 .xls 文件，或者设了打开密码，或者已损坏",
    ),
    "beginning of an xls": (
        ole2("Workbook")[:8] + bytes(4000),
        "list.xls",
        "旧版 .xls 文件，或者设了打开密码",
    ),
    "damaged xlsx": (xlsx([HEADER])[:-200], "list.xlsx", "已损坏"),
    "xlsx without its parts": (
        zipped({"[Content_Types].xml": b"<x/>"}),
        "list.xlsx",
        "已损坏",
    ),
    "word": (
        zipped({"[Content_Types].xml": b"", "word/document.xml": b""}),
        "list.xlsx",
        "Word",
    ),
    "xlsb": (
        zipped({"[Content_Types].xml": b"", "xl/workbook.bin": b""}),
        "list.xlsb",
        ".xlsb",
    ),
    "ods": (zipped({"mimetype": b"", "content.xml": b""}), "list.ods", ".ods"),
    "zip": (zipped({"list.csv": b"a,b"}), "list.zip", "压缩包"),
    "pdf": (b"%PDF-1.7\n", "list.pdf", "这是 PDF 文件，"),
    "picture": (b"\x89PNG\r\n\x1a\n", "list.png", "图片"),
    "web page as xls": (b"<html><table><tr><td>\xe6\x88\x90", "list.xls", "网页"),
    "binary": (b"\x01\x02\x00\x03" * 50, "list.csv", "不是表格文件"),
    "unknown encoding": (b"\xff\xff\xff\xff\x80", "list.csv", "编码"),
    "no header": ("名称,单位\n甲,乙\n".encode(), "list.csv", "没有找到表头"),
    "header too low": (
        ("\n".join(["说明,,"] * 25) + "\n成果名称,完成单位\n甲,乙\n").encode(),
        "list.csv",
        "没有找到表头",
    ),
    "open quote": (
        ('成果名称,完成单位\n"甲,乙\n' + "丙,丁\n" * 40_000).encode(),
        "list.csv",
        "引号没有成对",
    ),
    "open quote in a short list": (
        '成果名称,完成单位\n甲,乙\n"丙,丁\n戊,己\n'.encode(),
        "list.csv",
        "第 3 行有引号没有成对",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_read_gets_one_sentence(case: str) -> None:
    content, name, expected = REFUSALS[case]

    message = refusal(content, name)

    assert expected in message
    assert "\n" not in message


def test_a_quoted_cell_may_end_the_file(written: Callable[..., Path]) -> None:
    path = written("list.csv", '成果名称,完成单位\n甲,乙\n丙,"丁\n戊"')

    with sheets.open_sheet(path, HEADERS) as sheet:
        assert [row.cells[1] for row in sheet.rows] == ["乙", "丁\n戊"]


def test_a_large_file_is_refused_by_its_size_alone(tmp_path: Path) -> None:
    path = tmp_path / "large.xlsx"
    with path.open("wb") as file:
        file.truncate(200 * 2**20)

    with (
        pytest.raises(Invalid, match="文件有 200 MB，最大可以导入 50 MB"),
        sheets.open_sheet(path, HEADERS),
    ):
        pass


def test_the_limit_is_a_parameter() -> None:
    assert "最大可以导入 0 MB" in refusal(TEXT.encode(), "list.csv", max_bytes=10)


def test_a_path_that_is_none_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(Invalid, match="打不开文件「nowhere.csv」"),
        sheets.open_sheet(tmp_path / "nowhere.csv", HEADERS),
    ):
        pass


def test_a_file_can_be_read_twice_and_stays_open(written: Callable[..., Path]) -> None:
    path = written("list.csv", TEXT)

    with path.open("rb") as file:
        for _ in range(2):
            with sheets.open_sheet(file, HEADERS) as sheet:
                assert len(list(sheet.rows)) == 2
        assert not file.closed


def test_letters() -> None:
    assert [sheets.column_letter(i) for i in (0, 25, 26, 27, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AB",
        "ZZ",
        "AAA",
    ]
