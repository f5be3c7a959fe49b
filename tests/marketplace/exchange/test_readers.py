"""Every reader of lists and every fault that a list may have: each is told, and none is read as something else."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font
from sqlalchemy.orm import Session

from marketplace.contracts.list_deeds import read_rows
from marketplace.errors import Invalid
from marketplace.exchange.importing import parse_file
from marketplace.exchange.organisation_lists import parse_organisations
from marketplace.exchange.reports import Report
from tests.marketplace.exchange.lists import HEADER, ROW


@dataclass(frozen=True)
class Reader:
    """One reader of lists.

    Attributes:
        header, row, other: its header and two good rows.
        title: index of what a row is about.
        sums: index of a column of sums; None where the list has none.
        read: gives the number of rows taken, and everything that is said.
    """

    header: list[str]
    row: list[str]
    other: list[str]
    title: int
    sums: int | None
    read: Callable[[bytes, str], tuple[int, str]]


def _said(report: Report, taken: int) -> tuple[int, str]:
    cells = [*report.problems, *report.notices, *report.drafts]
    words = [f"{one.place}{one.message}{one.allowed}" for one in cells]
    return taken, "\n".join([*words, *report.remarks])


def _listings(kind: str) -> Callable[[bytes, str], tuple[int, str]]:
    def read(raw: bytes, name: str) -> tuple[int, str]:
        report = parse_file(io.BytesIO(raw), kind, name=name)
        return _said(report, len(report.entries))

    return read


def _organisations(raw: bytes, name: str) -> tuple[int, str]:
    report = parse_organisations(io.BytesIO(raw), name=name)
    return _said(report, len(report.bodies))


def _register(raw: bytes, name: str) -> tuple[int, str]:
    try:
        rows, remarks = read_rows(io.BytesIO(raw), name)
    except Invalid as error:
        # One faulty row keeps all of them out.
        return 1, "\n".join(error.problems["file"])
    return len(rows), "\n".join(remarks)


DEMAND_HEADER = [
    "需求名称",
    "企业名称",
    "技术领域",
    "主要问题",
    "拟投入资金",
    "合作方式",
    "联系人",
    "联系电话",
    "所属县市区",
]
DEMAND = [
    "深沟球轴承异音攻关", "聊城示例轴承有限公司", "先进制造工艺与装备",
    "电机用深沟球轴承装配后有异音，振动值离散，调整超精研磨参数仍然达不到要求。",
    "50万", "合作开发", "王工", "0635-8230000", "东昌府区",
]  # fmt: skip
BODY_HEADER = ["单位名称", "统一社会信用代码", "单位地址", "简称"]
BODY = ["聊城示例轴承有限公司", "91350100M000100Y43", "聊城市东昌府区", "示例轴承"]
REGISTER_HEADER = [
    "合同登记编号",
    "登记日期",
    "项目名称",
    "技术合同类型",
    "卖方名称",
    "买方名称",
    "合同成交总额",
    "技术交易额",
]
CONTRACT = [
    "2025370150000001", "2025-03-01", "轴承工艺转让", "技术转让", "鲁西摩擦研究所", "外地轴承厂", "1000000", "800000",
]  # fmt: skip
READERS = {
    "achievements": Reader(
        HEADER, ROW, ["铝合金板带热轧乳化液净化", *ROW[1:]], 0, 8, _listings("achievement")
    ),
    "demands": Reader(
        DEMAND_HEADER, DEMAND, ["铜排折弯起皱的控制", *DEMAND[1:]], 0, 4, _listings("demand")
    ),
    "organisations": Reader(
        BODY_HEADER, BODY, ["临清示例铜业有限公司", "914403001922038216", "临清市", "示例铜业"], 0, None,
        _organisations,
    ),
    "register": Reader(
        REGISTER_HEADER, CONTRACT, ["2025370150000002", *CONTRACT[1:]], 2, 6, _register
    ),
}  # fmt: skip


def book_of(reader: Reader, change: Callable[[Any, Reader], None]) -> bytes:
    """A workbook with the header, two good rows, and what a test changes in it."""
    book = Workbook()
    sheet = book.active
    for cells in (reader.header, reader.row, reader.other):
        sheet.append(cells)
    change(sheet, reader)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def first(sheet: Any, reader: Reader) -> Any:
    """The cell of the first row that says what it is about."""
    return sheet.cell(2, reader.title + 1)


def write(value: Any) -> Callable[[Any, Reader], None]:
    def change(sheet: Any, reader: Reader) -> None:
        first(sheet, reader).value = value

    return change


def withdraw(sheet: Any, reader: Reader) -> None:
    first(sheet, reader).value = f"作废：{reader.row[reader.title]}"


def mark_withdrawn(sheet: Any, reader: Reader) -> None:
    first(sheet, reader).value = f"{reader.row[reader.title]}（已撤回）"


def mark_behind(sheet: Any, reader: Reader) -> None:
    first(sheet, reader).value = f"{reader.row[reader.title]} - 已取消"


def state(text: str, header: str = "状态") -> Callable[[Any, Reader], None]:
    """A column of states, of which the first row says this."""

    def change(sheet: Any, reader: Reader) -> None:
        place = len(reader.header) + 1
        sheet.cell(1, place).value = header
        sheet.cell(2, place).value = text
        sheet.cell(3, place).value = "有效"

    return change


def strike(sheet: Any, _: Reader) -> None:
    for cell in sheet[2]:
        cell.font = Font(strike=True)


def hide_row(sheet: Any, _: Reader) -> None:
    sheet.row_dimensions[2].hidden = True


def hide_column(sheet: Any, _: Reader) -> None:
    sheet.column_dimensions["B"].hidden = True


def add_headerless(sheet: Any, reader: Reader) -> None:
    sheet.cell(2, len(reader.header) + 2).value = "这家已经联系过了"


def add_unknown(sheet: Any, reader: Reader) -> None:
    sheet.cell(1, len(reader.header) + 1).value = "内部评语"
    sheet.cell(2, len(reader.header) + 1).value = "好"


def add_total(sheet: Any, reader: Reader) -> None:
    sheet.append(["合计", *[None] * (len(reader.header) - 2), "2"])


def add_sum(sheet: Any, reader: Reader) -> None:
    sheet.append([None, "总金额", *[None] * (len(reader.header) - 3), "200"])


def add_footer(sheet: Any, _: Reader) -> None:
    sheet.append(["填表人：张三", "审核人：李四"])


def repeat_header(sheet: Any, reader: Reader) -> None:
    sheet.append(reader.header)


def comment(sheet: Any, reader: Reader) -> None:
    first(sheet, reader).comment = Comment("金额以合同为准", "科技局")


def comment_many(sheet: Any, _: Reader) -> None:
    for row in sheet.iter_rows(min_row=1, max_row=3, max_col=4):
        for cell in row:
            cell.comment = Comment(f"批注 {cell.coordinate}", "科技局")


GARBLED = "轴承检测".encode().decode("latin-1")
# What is wrong → what is changed, how many of the two rows are taken, and what is said.
FAULTS: dict[str, tuple[Callable[[Any, Reader], None], int, str]] = {
    "withdrawn": (withdraw, 1, "作废、撤回或已解决的内容"),
    "withdrawn in brackets": (mark_withdrawn, 1, "作废、撤回或已解决的内容"),
    "withdrawn behind a dash": (mark_behind, 1, "作废、撤回或已解决的内容"),
    "state 作废": (state("作废"), 1, "作废、撤回或已解决的内容"),
    "state 已撤回": (state("已撤回"), 1, "作废、撤回或已解决的内容"),
    "state 已解决": (state("已解决，不用再发。", "处理情况"), 1, "作废、撤回或已解决的内容"),
    "state 注销": (state("注销", "登记状态"), 1, "作废、撤回或已解决的内容"),
    "state of a machine": (state("停用", "旧设备状态"), 2, "旧设备状态"),
    "state 已解决一半": (state("已解决一半"), 2, "状态"),
    "struck out": (strike, 2, "整行划了删除线（第 2 行）"),
    "hidden row": (hide_row, 2, "被隐藏（第 2 行）"),
    "hidden column": (hide_column, 2, "在表里是隐藏的"),
    "no header": (add_headerless, 2, "这家已经联系过了"),
    "unknown column": (add_unknown, 2, "没有对应的栏目，没有导入：内部评语"),
    "sums": (add_total, 2, "第 4 行（合计）"),
    "sum of money": (add_sum, 2, "第 4 行（合计）"),
    "footer": (add_footer, 2, "第 4 行（填表人等落款）"),
    "header again": (repeat_header, 2, "第 4 行（重复的表头）"),
    "garbled": (write(GARBLED), 1, "乱码"),
    "lost characters": (write("轴\ufffd承\ufffd检测线"), 1, "乱码"),
    "codes": (write(r"\u8f74\u627f\u68c0\u6d4b"), 1, "编码"),
    "entities": (write("&#36724;&#25215;&#26816;&#27979;"), 1, "编码"),
    "picture": (write('=DISPIMG("ID_61A4C7",1)'), 1, "图片"),
    "formula without a result": (write('="轴承"&"检测"'), 1, "没有保存结果的公式"),
    "error of a formula": (write("#REF!"), 1, "公式算错"),
    "elsewhere": (write("见附件"), 1, "没有内容"),
    "comment": (comment, 2, "有 1 格带批注"),
    "many comments": (comment_many, 2, "有 12 格带批注（A1、B1、C1、D1、A2、B2、C2、D2 等）"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", READERS)
def test_a_fault_is_told_and_nothing_is_read_for_it(
    session: Session, name: str, fault: str
) -> None:
    reader = READERS[name]
    change, taken, says = FAULTS[fault]

    count, said = reader.read(book_of(reader, change), "list.xlsx")

    assert says in said
    assert count == taken


@pytest.mark.parametrize("name", READERS)
def test_what_is_signed_is_no_listing_but_a_contract(
    session: Session, name: str
) -> None:
    reader = READERS[name]

    count, said = reader.read(book_of(reader, state("已签约")), "list.xlsx")

    listings = name in ("achievements", "demands")
    assert count == (1 if listings else 2)
    assert ("已签约或成交的内容" in said) is listings


@pytest.mark.parametrize("name", READERS)
def test_a_list_without_a_fault_is_read_without_a_remark(
    session: Session, name: str
) -> None:
    reader = READERS[name]

    count, said = reader.read(book_of(reader, lambda *_: None), "list.xlsx")

    assert count == 2
    for word in ("批注", "隐藏", "删除线", "表头", "没有读取", "图片"):
        assert word not in said


@pytest.mark.parametrize("name", READERS)
def test_a_line_longer_than_its_header_is_refused(session: Session, name: str) -> None:
    reader = READERS[name]
    out = io.StringIO()
    csv.writer(out).writerows(
        [reader.header, reader.row, [*reader.other, "多出的一格"]]
    )

    count, said = reader.read(out.getvalue().encode(), "list.csv")

    assert "多出「多出的一格」" in said
    assert count == 1


@pytest.mark.parametrize("unit", ["（元/万元）", "(美元)", "（千元或万元）"])
@pytest.mark.parametrize("name", [key for key, one in READERS.items() if one.sums])
def test_sums_in_a_unit_that_nobody_knows_are_left_unread(
    session: Session, name: str, unit: str
) -> None:
    reader = READERS[name]
    assert reader.sums is not None
    place = reader.sums + 1

    def change(sheet: Any, _: Reader) -> None:
        sheet.cell(1, place).value += unit
        for row in (2, 3):
            sheet.cell(row, place).value = 30

    _, said = reader.read(book_of(reader, change), "list.xlsx")

    assert reader.header[reader.sums] in said
    assert "外币" in said or "单位" in said


SHAPES = (
    '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:twoCellAnchor><xdr:sp><xdr:txBody><a:p><a:r>'
    "<a:t>以下三项</a:t></a:r><a:r><a:t>暂缓</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:twoCellAnchor>"
    "<xdr:twoCellAnchor><xdr:sp><xdr:txBody><a:p/></xdr:txBody></xdr:sp></xdr:twoCellAnchor>"
    "<xdr:twoCellAnchor><xdr:pic/></xdr:twoCellAnchor></xdr:wsDr>"
)
THREADED = (
    '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">'
    '<threadedComment ref="C3" id="{1}"><text>这一项已经签约</text></threadedComment>'
    '<threadedComment ref="C3" id="{2}"><text>收到</text></threadedComment>'
    '<threadedComment ref="A2" id="{3}"><text> </text></threadedComment></ThreadedComments>'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def with_parts(raw: bytes, parts: dict[str, tuple[str, str]]) -> bytes:
    """A workbook whose sheet refers to further parts: name → kind of the relationship and content."""
    relations = "".join(
        f'<Relationship Id="r{number}" Type="{kind}" Target="/{name}"/>'
        for number, (name, (kind, _)) in enumerate(parts.items())
    )
    out = io.BytesIO(raw)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(
            "xl/worksheets/_rels/sheet1.xml.rels",
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>',
        )
        for name, (_, content) in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("name", READERS)
def test_newer_comments_and_texts_over_the_cells_are_named(
    session: Session, name: str
) -> None:
    reader = READERS[name]
    raw = with_parts(
        book_of(reader, lambda *_: None),
        {
            "xl/threadedComments/threadedComment1.xml": (
                "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment",
                THREADED,
            ),
            "xl/drawings/drawing1.xml": (f"{OFFICE}/drawing", SHAPES),
        },
    )

    count, said = reader.read(raw, "list.xlsx")

    assert count == 2
    assert "有 1 格带批注（C3）" in said
    assert "表上有 1 个文本框或图形写着字（「以下三项暂缓」）" in said
    assert "表上放着 1 张图片" in said


@pytest.mark.parametrize(
    "content",
    ["<comments", "", '<!DOCTYPE x [<!ENTITY a "b">]><comments/>',
     '<comments><comment ref="?"><t>x</t></comment></comments>'],
)  # fmt: skip
def test_damaged_comments_cost_no_list(session: Session, content: str) -> None:
    reader = READERS["achievements"]
    raw = with_parts(
        book_of(reader, lambda *_: None),
        {"xl/comments1.xml": (f"{OFFICE}/comments", content)},
    )

    count, said = reader.read(raw, "list.xlsx")

    assert count == 2
    assert "批注" not in said


def _packed_otherwise(raw: bytes, name: str) -> bytes:
    """The archive with the bytes of one part damaged where they are packed."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        part = archive.getinfo(name)
    damaged = bytearray(raw)
    start = part.header_offset + 30 + len(name)
    damaged[start + 2 : start + 12] = b"\xff" * 10
    return bytes(damaged)


def _locked(raw: bytes, name: str) -> bytes:
    """The archive with one part marked as encrypted, in its own head and in the directory."""
    marked = bytearray(raw)
    for head, flags, length in ((b"PK\x03\x04", 6, 26), (b"PK\x01\x02", 8, 28)):
        place = raw.find(head)
        while place >= 0:
            size = 30 if head == b"PK\x03\x04" else 46
            many = int.from_bytes(raw[place + length : place + length + 2], "little")
            if raw[place + size : place + size + many] == name.encode():
                marked[place + flags] |= 1
            place = raw.find(head, place + 4)
    return bytes(marked)


@pytest.mark.parametrize("damage", [_packed_otherwise, _locked])
def test_comments_that_cannot_be_unpacked_cost_no_list(
    session: Session, damage: Any
) -> None:
    reader = READERS["achievements"]
    raw = book_of(reader, comment)
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        (name,) = [
            one
            for one in archive.namelist()
            if "/comment" in one and one.endswith(".xml")
        ]

    count, said = reader.read(damage(raw, name), "list.xlsx")

    assert count == 2
    assert "批注" not in said
