"""Contacts of lists: what is hidden or no contact is left out and said, the row stays; what is right is taken."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from sqlalchemy.orm import Session

from marketplace.exchange.importing import parse_file
from marketplace.exchange.reports import Report
from tests.marketplace.exchange.test_awkward import HEADER, ROW, read_csv, with_cell

NAME, PHONE = HEADER.index("联系人"), HEADER.index("联系电话")


def all_messages(report: Report) -> str:
    return "".join(one.message for one in [*report.drafts, *report.notices])


@pytest.mark.parametrize(
    "text",
    [
        "138****0000",
        "138xxxx0000",
        "138********",
        "1380000＊＊＊＊",
        "138-****-0000",
        "138 **** 0000",
        "138××××0000",
        "138●●●●0000",
        "0635-****000",
        "0635-823****",
        "****0000",
        "电话：138****0000",
        "+86 138****0000",
        "138****0000（微信同号）",
    ],
)
def test_a_hidden_telephone_is_left_out_and_its_row_stays(
    session: Session, text: str
) -> None:
    report = read_csv(HEADER, with_cell(PHONE, text))
    (entry,) = report.entries
    (draft,) = report.drafts

    assert report.problems == []
    assert entry.is_draft
    assert entry.values.get("contact_phone") is None
    assert "隐去了几位" in draft.message
    assert draft.header == "联系电话"


@pytest.mark.parametrize(
    "text",
    ["8230000", "1380000000", "微信:abc13800", "登录后可见", "a@b.com", "1.38E+10"],
)
def test_a_telephone_that_is_none_is_left_out_and_its_row_stays(
    session: Session, text: str
) -> None:
    report = read_csv(HEADER, with_cell(PHONE, text))

    assert report.problems == []
    assert [entry.is_draft for entry in report.entries] == [True]
    assert [draft.header for draft in report.drafts] == ["联系电话"]


@pytest.mark.parametrize(
    ("text", "phone", "said"),
    [
        ("138****0000/13900000000", "13900000000", "138****0000"),
        ("13900000000、138****0000", "13900000000", "138****0000"),
        ("0635-8230000 138xxxx0000", "0635-8230000", "138xxxx0000"),
        ("①13800000000②13900000000", "13800000000/13900000000", ""),
        ("①0635-8230000 ②13900000000", "0635-8230000/13900000000", ""),
        ("**13800000000**", "13800000000", ""),
        ("13800000000*", "13800000000", ""),
    ],
)
def test_of_several_the_whole_ones_are_taken(
    session: Session, text: str, phone: str, said: str
) -> None:
    report = read_csv(HEADER, with_cell(PHONE, text))
    (entry,) = report.entries

    assert entry.values["contact_phone"] == phone
    assert not entry.is_draft
    assert said in all_messages(report)


@pytest.mark.parametrize(
    ("text", "name", "phone", "mail", "said"),
    [
        ("张三 138****0000", "张三", None, None, "「138****0000」没有记录"),
        ("张三（138****0000）", "张三", None, None, "「138****0000」没有记录"),
        ("张三 13800000000;13900000000", "张三", "13800000000", None, "「13900000000」没有记录"),
        ("张三 13800000000 a@lcu.edu.cn", "张三", "13800000000", None, "「a@lcu.edu.cn」没有记录"),
        ("张三 a@lcu.edu.cn", "张三", None, "a@lcu.edu.cn", "也记录了"),
        ("张三 95588123456789", "张三", None, None, "「95588123456789」没有记录"),
    ],
)  # fmt: skip
def test_nothing_beside_the_name_is_lost_without_a_word(
    session: Session, text: str, name: str, phone: Any, mail: Any, said: str
) -> None:
    changed = with_cell(NAME, text)
    changed[PHONE] = ""
    report = read_csv(HEADER, changed)
    (entry,) = report.entries

    assert entry.values["contact_name"] == name
    assert entry.values.get("contact_phone") == phone
    assert entry.values.get("contact_email") == mail
    assert said in all_messages(report)


@pytest.mark.parametrize(
    ("text", "mail", "said"),
    [
        ("a@lcu.edu.cn;b@lcu.edu.cn", "a@lcu.edu.cn", "b@lcu.edu.cn"),
        ("a@lcu.edu.cn b@lcu.edu.cn", "a@lcu.edu.cn", "b@lcu.edu.cn"),
        ("a@lcu.edu.cn\nb@qq.com", "a@lcu.edu.cn", "b@qq.com"),
        ("张三 a@lcu.edu.cn", "a@lcu.edu.cn", "张三"),
        ("张三：a@lcu.edu.cn", "a@lcu.edu.cn", "张三"),
        ("张三<a@qq.com>", "a@qq.com", "张三"),
        ("a@lcu.edu.cn（张三）", "a@lcu.edu.cn", "张三"),
        ("a@qq.com;待补", "a@qq.com", "待补"),
        ("a@qq.com/13800000000", "a@qq.com", "13800000000"),
        ("a@qq.com;b@@qq.com", "a@qq.com", "b@@qq.com"),
        ("<a@qq.com>", "a@qq.com", ""),
        ("邮箱：a＠lcu．edu．cn", "a@lcu.edu.cn", ""),
        # No address is made of what is none, and none is hidden.
        ("***@qq.com", None, "隐去了几个字符"),
        ("a***@qq.com", None, "隐去了几个字符"),
        ("abc@***.com", None, "隐去了几个字符"),
        ("a b@qq.com", None, "不是邮箱地址"),
        ("a@@lcu.edu.cn", None, "不是邮箱地址"),
        ("a@qq,com", None, "不是邮箱地址"),
        ("b@@qq.com;a@qq.com", None, "不是邮箱地址"),
    ],
)  # fmt: skip
def test_addresses_of_a_cell(
    session: Session, text: str, mail: str | None, said: str
) -> None:
    report = read_csv([*HEADER, "电子邮箱"], [*ROW, text])
    (entry,) = report.entries

    assert entry.values.get("contact_email") == mail
    assert entry.is_draft == (mail is None)
    assert said in all_messages(report)


@pytest.mark.parametrize(
    ("header", "stored", "number_format", "name", "expected"),
    [
        ("联系电话", 6358230000, "00000000000", "contact_phone", "0635-8230000"),
        ("联系电话", 6358230000, "0000-0000000", "contact_phone", "0635-8230000"),
        ("联系电话", 6358230000, "(0000)0000000", "contact_phone", "0635-8230000"),
        ("联系电话", 8230000, '"0635-"0', "contact_phone", "0635-8230000"),
        ("联系电话", 13800000000, "000-0000-0000", "contact_phone", "13800000000"),
        ("联系电话", 13800000000, '"+86 "0', "contact_phone", "13800000000"),
        ("联系电话", 13800000000, "#,##0", "contact_phone", "13800000000"),
        ("需求名称", 123, "000000", "title", "000123"),
        ("需求名称", 1234567, "000000", "title", "1234567"),
        ("需求名称", 50, '0"号"', "title", "50"),
        ("需求名称", 2026, "0.00", "title", "2026"),
        ("拟投入资金", 50, "0000", "budget", 50),
        ("拟投入资金", 0.5, "0%", "budget", None),
        ("拟投入资金", 0.5, "0.00%", "budget", None),
    ],
)  # fmt: skip
def test_noughts_of_a_number_format_are_part_of_the_code(
    session: Session,
    header: str,
    stored: float,
    number_format: str,
    name: str,
    expected: Any,
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(HEADER)
    sheet.append(ROW)
    cell = sheet.cell(2, HEADER.index(header) + 1)
    cell.value, cell.number_format = stored, number_format
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    report = parse_file(file, "demand", name="list.xlsx")
    (entry,) = report.entries

    assert entry.values.get(name) == expected
