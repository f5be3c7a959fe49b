"""Lists as people really write them: what is no listing is passed over and named, what is unsure is never guessed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904, to_excel
from sqlalchemy.orm import Session

from marketplace.errors import Invalid
from marketplace.exchange import sheets
from marketplace.exchange.headers import Headers
from marketplace.exchange.importing import parse_file
from marketplace.exchange.reports import Report
from marketplace.listings.schema import SCHEMAS

HEADER = [
    "需求名称",
    "企业名称",
    "需求类型",
    "技术领域",
    "主要问题",
    "拟投入资金",
    "合作方式",
    "联系人",
    "联系电话",
    "所属县市区",
]
ROW = [
    "轴承套圈磨削烧伤在线检测",
    "临清试样轴承有限公司",
    "技术攻关",
    "先进制造工艺与装备",
    "磨削烧伤靠人工抽检，漏检率高，想在线检测出来，现有设备不换。",
    "50万",
    "合作开发",
    "技术部",
    "0635-8230000",
    "临清市",
]
OTHER = ["电机端盖压铸气孔控制", *ROW[1:]]


def read_csv(*rows: Sequence[str]) -> Report:
    quoted = (
        ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row)
        for row in rows
    )
    text = "\n".join(quoted)
    return parse_file(io.BytesIO(text.encode()), "demand", name="list.csv")


def read_book(sheet_of: Any) -> Report:
    book = openpyxl.Workbook()
    sheet_of(book.active)
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return parse_file(file, "demand", name="list.xlsx")


def with_cell(index: int, text: str) -> list[str]:
    return [*ROW[:index], text, *ROW[index + 1 :]]


def titles(report: Report) -> list[str]:
    return [entry.title for entry in report.entries]


@pytest.mark.parametrize(
    "row",
    [
        ["合计", "", "", "", "", "50万"],
        ["填表人：张三", "审核人：李四", "填表日期：2026年11月20日"],
        ["注：本表一式两份，报科技局一份"],
        ["二、茌平区"],
        ["截至2026年11月"],
        ["数据截止到2026-11-20"],
        ["*为必填项"],
        ["★号为必填栏"],
        ["如有疑问请联系科技局 0635-8230000"],
        ["填报有问题请咨询成果科"],
        ["表1"],
        ["附表 2"],
        HEADER,
        ["4–100字，不要写单位名称", "与公章一致", "下拉选择", "见附表", "至少20字：解决什么问题", "万元", "可多选"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("first", [True, False])
def test_rows_that_are_no_listings_are_passed_over_and_named(
    session: Session, row: list[str], first: bool
) -> None:
    if row is HEADER and first:
        return  # a header of two rows: nothing is passed over
    row = [*row, *[""] * (len(HEADER) - len(row))]
    rows = [row, ROW] if first else [ROW, row]
    if row[0].startswith("4–100") and not first:
        return  # notes on how to fill in stand near the header; elsewhere a row is refused and not passed over

    report = read_csv(HEADER, *rows)

    assert titles(report) == [ROW[0]]
    assert (report.problems, report.rows) == ([], 1)
    number = 2 if first else 3
    assert any(f"第 {number} 行" in remark for remark in report.remarks)


def test_rows_between_two_headers_are_read(session: Session) -> None:
    blank = [""] * (len(HEADER) - 1)

    report = read_csv(
        ["一、临清市", *blank], HEADER, ROW, ["二、茌平区", *blank], HEADER, OTHER
    )

    assert titles(report) == [ROW[0], OTHER[0]]


@pytest.mark.parametrize(
    ("number_format", "value", "expected"),
    [
        ('#,##0"元"', 500_000, 50),
        ('0!.0,"万"', 500_000, 50),
        ('"¥"#,##0.00', 500_000, 50),
        ("[$¥-804]#,##0", 500_000, 50),
        ('0"万元"', 50, 50),
        ('0.0"亿元"', 0.5, 5000),
        ("General", 50, 50),
    ],
)
def test_money_is_what_its_cell_shows(
    session: Session, number_format: str, value: float, expected: int
) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(HEADER)
        sheet.append(ROW)
        sheet["F2"].value = value
        sheet["F2"].number_format = number_format

    (entry,) = read_book(fill).entries

    assert entry.values["budget"] == Decimal(expected)


def test_a_sum_beyond_belief_is_named(session: Session) -> None:
    report = read_csv(HEADER, with_cell(5, "500000"))

    assert ["核对单位是元还是万元" in notice.message for notice in report.notices] == [
        True
    ]


def test_the_telephone_is_that_of_its_group(session: Session) -> None:
    def fill(sheet: Any) -> None:
        sheet.append([*HEADER[:7], "法定代表人", None, "联系人", None, HEADER[9]])
        sheet.append([None] * 7 + ["姓名", "手机号", "姓名", "手机号", None])
        sheet.append(
            [*ROW[:7], "某法人", "13900000001", "技术部", "13800000002", ROW[9]]
        )
        sheet.merge_cells("H1:I1")
        sheet.merge_cells("J1:K1")

    report = read_book(fill)
    (entry,) = report.entries

    assert entry.values["contact_phone"] == "13800000002"
    assert any("法定代表人" in remark for remark in report.remarks)


def test_pictures_formulas_and_hidden_rows_are_named(session: Session) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(HEADER)
        sheet.append(ROW)
        sheet.append(OTHER)
        sheet["E2"].value = '=DISPIMG("ID_61A4C7",1)'
        sheet["F2"].value = "=10*5"
        sheet.row_dimensions[3].hidden = True

    report = read_book(fill)

    assert titles(report) == [OTHER[0]]
    assert [
        "图片" in one.message or "公式" in one.message for one in report.problems
    ] == [True, True]
    assert any("隐藏" in remark and "第 3 行" in remark for remark in report.remarks)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ('="0635-8230000"', "0635-8230000"),
        ("'13800000000", "13800000000"),
        ("13800000000.0", "13800000000"),
        ("13800000000（微信同号）", "13800000000"),
        ("tel:13800000000", "13800000000"),
        ("张三 13800000000", "13800000000"),
        ("0635-8230000、8230001", "0635-8230000/0635-8230001"),
        ("\u202d13800000000\u202c", "13800000000"),
        ("+86 138-0000-0000", "13800000000"),
        ("4008001234", "400-800-1234"),
    ],
)
def test_telephones_in_their_usual_spellings(
    session: Session, written: str, stored: str
) -> None:
    (entry,) = read_csv(HEADER, with_cell(8, written)).entries

    assert entry.values["contact_phone"] == stored


@pytest.mark.parametrize(
    "name", ["单位未公开", "临清市某轴承企业", "某公司", "聊城市某企业"]
)
def test_a_hidden_name_becomes_no_organisation(session: Session, name: str) -> None:
    (problem,) = read_csv(HEADER, with_cell(1, name)).problems

    assert "隐去的名称" in problem.message


def test_headers_with_numbers_brackets_and_bars(session: Session) -> None:
    header = "1.需求名称|一、企业名称|【需求类型】|技术领域|主要问题|拟投入资金|合作方式|联系人|电话号码|所属县市区"
    text = f"\ufeff{header}\n{'|'.join(ROW)}\n"

    report = parse_file(io.BytesIO(text.encode("utf-8-sig")), "demand", name="a.csv")

    assert titles(report) == [ROW[0]]


@pytest.mark.parametrize(
    ("header", "row", "told"),
    [
        ([*HEADER, None], [*ROW, "此条已撤回"], "K 列（第 2 行「此条已撤回」）"),
        (HEADER, [*ROW, None, None, "旁注"], "M 列（第 2 行「旁注」）"),
        ([*HEADER[:8], None, *HEADER[8:]], [*ROW[:8], 5, *ROW[8:]], "I 列（第 2 行「5」）"),
        ([None, *HEADER], [1, *ROW], ""),
        ([*HEADER, None], [*ROW, "  "], ""),
    ],
)  # fmt: skip
def test_cells_without_a_header_are_named(
    session: Session, header: list[Any], row: list[Any], told: str
) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(header)
        sheet.append(row)

    report = read_book(fill)

    assert titles(report) == [ROW[0]]
    named = [remark for remark in report.remarks if "没有表头" in remark]
    assert [told in remark for remark in named] == [True] * bool(told)


@pytest.mark.parametrize(
    "line",
    [
        ",".join(["轴承,套圈", *ROW[1:]]),
        ",".join([*ROW, "多出来的"]),
        ",".join([*ROW[:5], "500,000", *ROW[6:]]),
    ],
)
@pytest.mark.parametrize("with_lines", [True, False])
def test_a_line_with_more_cells_than_its_header_is_refused(
    session: Session, line: str, with_lines: bool
) -> None:
    text = "\n".join([",".join(HEADER), line, ",".join(OTHER), ",".join(ROW) + ",, "])
    report = parse_file(
        io.BytesIO(text.encode()), "demand", name="a.csv", with_lines=with_lines
    )

    assert titles(report) == [OTHER[0], ROW[0]]
    assert [(one.row, "比表头多出" in one.message) for one in report.problems] == [
        (2, True)
    ]
    assert "第 2 行比表头多出几格" in report.remarks[-1]
    assert [one.row for one in report.lines or []] == ([3, 4] if with_lines else [])


def test_a_text_file_of_shifted_lines_alone_says_so(session: Session) -> None:
    text = "\n".join([",".join(HEADER), ",".join([*ROW, "多出来的"])])

    with pytest.raises(Invalid, match="第 2 行比表头多出几格"):
        parse_file(io.BytesIO(text.encode()), "demand", name="a.csv", with_lines=True)


@pytest.mark.parametrize(
    ("struck", "told"),
    [("ABCDEFGHIJ", ["第 2 行"]), ("ABCDEFGHI", []), ("", [])],
)
def test_rows_struck_out_as_a_whole_are_named(
    session: Session, struck: str, told: list[str]
) -> None:
    def fill(sheet: Any) -> None:
        sheet.append(HEADER)
        sheet.append(ROW)
        sheet.append(OTHER)
        for column in struck:
            sheet[f"{column}2"].font = Font(strike=True)
        # Nothing stands there, so nothing is struck out.
        sheet["K3"].font = Font(strike=True)

    report = read_book(fill)

    assert titles(report) == [ROW[0], OTHER[0]]
    named = [remark for remark in report.remarks if "删除线" in remark]
    assert len(named) == len(told)
    assert all(place in one for place, one in zip(told, named, strict=True))


SECRET_ROWS = [
    # (header, row): the mark stands where no column of ours is, or in a row that is passed over
    ([*HEADER, "定密情况"], [*ROW, "机密"]),
    ([*HEADER, ""], [*ROW, "秘密★10年"]),
    (HEADER, [*ROW, "（绝密）"]),
    (HEADER, ["作废：机密★某装备轴承", *ROW[1:]]),
    ([*HEADER, "备注"], [*ROW, "作废，机密★5年"]),
    ([*HEADER, "是否涉密"], [*ROW, "是"]),
    ([*HEADER, "是否涉及国家秘密（必填）"], [*ROW, "√"]),
    ([*HEADER, "密级"], [*ROW, "涉密"]),
]


@pytest.mark.parametrize(("header", "marked"), SECRET_ROWS)
def test_of_a_row_with_the_mark_of_a_state_secret_nothing_is_taken_or_repeated(
    session: Session, header: list[str], marked: list[str]
) -> None:
    blank = [""] * (len(header) - len(HEADER))

    report = read_csv(header, marked, [*OTHER, *blank])

    said = [*report.problems, *report.notices]
    repeated = " ".join([*map(str, said), *report.remarks])
    assert titles(report) == [OTHER[0]]
    assert "第 2 行" in repeated
    for words in ("★", "绝密", marked[0], marked[4]):
        assert words not in repeated


def test_a_list_that_is_marked_as_a_whole_is_refused(session: Session) -> None:
    blank = [""] * (len(HEADER) - 1)

    with pytest.raises(Invalid, match="国家秘密的标志，整份清单没有读取"):
        read_csv(["机密★10年", *blank], HEADER, ROW)


@pytest.mark.parametrize(
    "last", [["填表人：张三"], ["合计", "", "", "", "", "100"], HEADER, ["以下空白"]]
)
def test_what_is_no_listing_does_not_count_for_the_limit(
    session: Session, last: list[str]
) -> None:
    text = "\n".join(map(",".join, (HEADER, ROW, OTHER, last)))

    report = parse_file(
        io.BytesIO(text.encode()), "demand", name="list.csv", max_rows=2
    )

    assert len(report.entries) == 2


@pytest.mark.parametrize("second", ['"另一难题', '"另一难题，', '"另一""难题'])
def test_a_quote_that_swallows_rows_is_never_taken_for_a_cell(
    session: Session, second: str
) -> None:
    """Two such quotes make one row of several, with as many cells as any other."""
    lines = [
        ",".join(HEADER),
        ",".join(['"高强度轴承钢冶炼', *ROW[1:]]),
        ",".join(OTHER),
        ",".join([second, *ROW[1:]]),
    ]

    with pytest.raises(Invalid, match="第 2 行有引号没有成对"):
        parse_file(io.BytesIO("\n".join(lines).encode()), "demand", name="list.csv")


@pytest.mark.parametrize(
    "cell", ['"一行\n两行"', '"说""引""\n两行"', '"一行\n两行" ', '"一行\r\n\r\n三行"']
)
def test_cells_of_several_lines_are_read(session: Session, cell: str) -> None:
    lines = [",".join(HEADER), ",".join([*ROW[:4], cell, *ROW[5:]]), ",".join(OTHER)]

    report = parse_file(
        io.BytesIO("\n".join(lines).encode()), "demand", name="list.csv"
    )

    assert titles(report) == [ROW[0], OTHER[0]]


@pytest.mark.parametrize("value", [b"1e20", b"1e300", b"1e400", b"-1e400"])
@pytest.mark.parametrize("number_format", ['0"元"', "000000", '[<100]0"万";0"元"'])
def test_a_number_out_of_this_world_costs_its_cell_alone(
    session: Session, number_format: str, value: bytes
) -> None:
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    book.active.append(ROW)
    book.active["F2"].value = 1.5
    book.active["F2"].number_format = number_format
    file = io.BytesIO()
    book.save(file)
    out = io.BytesIO()
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(b"<v>1.5</v>", b"<v>%s</v>" % value))

    report = parse_file(out, "demand", name="list.xlsx")

    assert titles(report) == [ROW[0]]
    assert report.entries[0].values.get("budget") is None


def with_far_cells(cell: bytes) -> io.BytesIO:
    """A list of 300 rows, each with one more cell in the last column of a spreadsheet program."""
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    for number in range(300):
        book.active.append([f"{ROW[0]}{number}号", *ROW[1:]])
    file = io.BytesIO()
    book.save(file)
    out = io.BytesIO()
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(b"</row>", cell + b"</row>"))
    return out


def test_empty_cells_far_to_the_right_are_not_read(session: Session) -> None:
    file = with_far_cells(b'<c r="XFD1" s="0"/>')

    with sheets.open_sheet(file, Headers(SCHEMAS["demand"])) as sheet:
        widest = max(len(row.cells) for row in sheet.rows)

    assert widest == len(HEADER)


def test_values_far_to_the_right_are_refused(session: Session) -> None:
    with pytest.raises(Invalid, match="有 16384 列，多得不正常"):
        parse_file(with_far_cells(b'<c r="XFD1"><v>1</v></c>'), "demand", name="a.xlsx")


@pytest.mark.parametrize(
    ("header", "answer"),
    [
        ("是否涉密", "否"),
        ("是否涉密", ""),
        ("是否涉密", "不涉密"),
        ("密级", "商业秘密"),
        ("密级", "非密"),
        ("涉密情况", "无"),
        ("保密措施", "是"),
    ],
)
def test_what_is_no_state_secret_is_taken(
    session: Session, header: str, answer: str
) -> None:
    report = read_csv([*HEADER, header], [*ROW, answer])

    assert (titles(report), report.problems) == ([ROW[0]], [])


@pytest.mark.parametrize("is_1904", [True, False])
def test_days_are_counted_from_the_epoch_of_the_workbook(
    session: Session, is_1904: bool
) -> None:
    book = openpyxl.Workbook()
    day = date(2027, 9, 30)
    if is_1904:
        book.epoch = CALENDAR_MAC_1904
    number = int(to_excel(day, book.epoch))
    # Formatted as a day, as a bare number, and typed as a text, of which nobody can know the epoch.
    cells = (day, number, number + 0.75, str(number))
    book.active.append([*HEADER, "有效期"])
    for place, cell in enumerate(cells):
        book.active.append([f"{ROW[0]}{place}", *ROW[1:], cell])
    file = io.BytesIO()
    book.save(file)

    report = parse_file(file, "demand", name="list.xlsx")

    read = [one.values["valid_until"] for one in report.entries]
    # Read as a number of days since 1900 it is four years and a day earlier, and what it is read as is said.
    typed = day - timedelta(days=1_462) if is_1904 else day
    assert read == [day, day, day, typed]
    assert any("1904" in one for one in report.remarks) == is_1904
    assert [one.row for one in report.notices if "按 " in one.message] == [5]
