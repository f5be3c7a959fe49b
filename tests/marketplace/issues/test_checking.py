"""Whether a file is what was published: the very file, the same content, one that was changed, or none of ours."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook

from marketplace.errors import Invalid
from marketplace.issues import queries
from marketplace.issues.checking import (
    MAX_DIFFERENCES,
    MAX_FILE,
    check_file,
    check_hash,
    verdict_words,
)
from marketplace.issues.content import grouped
from marketplace.issues.models import Issue
from tests.marketplace.issues.conftest import Desk


@pytest.fixture
def issue(desk: Desk) -> Issue:
    # A text that spreadsheet programs would take for a formula, and one with two lines.
    desk.make.demand("=1+1 算不准的难题", owner=desk.firm)
    desk.make.demand("-40℃ 低温难题", owner=desk.firm, foundation="有设备\n有样件")
    return desk.rendered()


def file_of(issue: Issue, format: str) -> bytes:
    if format == "json":
        return issue.content
    return queries.get_file(issue, format).content


def saved_again(
    raw: bytes, change: Callable[[Any], None] = lambda _sheet: None
) -> bytes:
    """A workbook as another program writes it."""
    book = load_workbook(io.BytesIO(raw))
    change(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("format", ["pdf", "xlsx", "json"])
def test_the_very_file_is_equal(format: str, issue: Issue) -> None:
    finding = check_file(file_of(issue, format))
    assert (finding.verdict, finding.issue, finding.format) == ("equal", issue, format)
    assert issue.title in verdict_words(finding)


def test_another_file_that_says_the_same(issue: Issue) -> None:
    again = saved_again(file_of(issue, "xlsx"))
    assert again != file_of(issue, "xlsx")
    laid_out = json.dumps(json.loads(issue.content), indent=2).encode()
    for raw in (again, laid_out):
        finding = check_file(raw)
        assert (finding.verdict, finding.differences) == ("same", [])
        assert finding.issue is issue


def _cell(row: int, column: int, value: Any) -> Callable[[Any], None]:
    def change(sheet: Any) -> None:
        sheet.cell(row, column).value = value

    return change


CHANGES: dict[str, tuple[Callable[[Any], None], str]] = {
    "a cell": (_cell(5, 8, "换了一句"), "第 1 项，技术领域"),
    "a cell that was empty": (_cell(5, 13, "x"), "第 1 项"),
    "a cell emptied": (_cell(5, 2, None), "第 1 项，需求名称"),
    "the title": (_cell(1, 1, "聊城科技大市场需求清单 第 7 期"), "标题"),
    "a header": (_cell(4, 2, "名称"), "表头"),
    "the head": (_cell(2, 1, "发布：别的单位"), "抬头"),
    "the hash": (_cell(3, 1, "内容指纹 SHA-256　0000"), "抬头"),
    "a line less": (lambda sheet: sheet.delete_rows(6), "第 2 项"),
    "the first line less": (lambda sheet: sheet.delete_rows(5), "第 1 项"),
    "a line more": (lambda sheet: sheet.append([9, "加的一条"]), "第 6 项"),
    "two lines changed places": (lambda sheet: _swap(sheet), "第 2 项"),
    "a line moved to the end": (
        lambda sheet: sheet.move_range("A5:Z5", rows=5),
        "第 1 项",
    ),
}


def _swap(sheet: Any) -> None:
    for column in range(2, sheet.max_column + 1):
        upper, lower = sheet.cell(5, column), sheet.cell(6, column)
        upper.value, lower.value = lower.value, upper.value


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_workbook_says_where(name: str, issue: Issue) -> None:
    change, where = CHANGES[name]
    finding = check_file(saved_again(file_of(issue, "xlsx"), change))
    assert finding.verdict == "changed"
    assert finding.issue is issue
    assert any(where in one.where for one in finding.differences), finding.differences
    # What became of one line says nothing of all that follow.
    if "line" in name:
        assert len(finding.differences) == 1, finding.differences
    assert "改动" in verdict_words(finding)


def test_a_changed_json_says_where(issue: Issue) -> None:
    values = json.loads(issue.content)
    values["rows"][0][0] = "换了一句"
    values["published_on"] = "2020-01-01"
    finding = check_file(json.dumps(values).encode())
    assert finding.verdict == "changed"
    assert {one.where for one in finding.differences} == {
        "发布日期",
        "第 1 项，需求名称",
    }


def test_only_the_first_differences_are_listed(issue: Issue) -> None:
    values = json.loads(issue.content)
    values["rows"] = [["x"] * len(row) for row in values["rows"]]
    finding = check_file(json.dumps(values).encode())
    assert len(finding.differences) == MAX_DIFFERENCES
    assert (
        finding.more == len(values["rows"]) * len(values["columns"]) - MAX_DIFFERENCES
    )


def test_a_changed_pdf_is_named(issue: Issue) -> None:
    raw = file_of(issue, "pdf")
    finding = check_file(raw + b"\n% comment")
    assert (finding.verdict, finding.issue) == ("changed", issue)


def test_the_file_of_a_list_that_was_never_published(desk: Desk, issue: Issue) -> None:
    values = json.loads(issue.content)
    values |= {"title": "聊城科技大市场需求清单 第 99 期", "number": 99}
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w"):
        pass
    for raw in (
        json.dumps(values).encode(),
        b"%PDF-1.7 something else",
        b"%PDF-1.7 sha256:" + b"0" * 64,
        saved_again(file_of(issue, "xlsx"), _other_list),
    ):
        finding = check_file(raw)
        assert (finding.verdict, finding.issue) == ("unknown", None)
        assert "没有这样的一期" in verdict_words(finding)


def _other_list(sheet: Any) -> None:
    sheet["A1"], sheet["A3"] = "另一份清单", "没有指纹"


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", b"0" * 40_000_000)
    return out.getvalue()


BAD = {
    "nothing": b"",
    "text": "这不是清单".encode(),
    "binary": bytes(range(256)) * 10,
    "picture": b"\x89PNG\r\n\x1a\n",
    "old excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "half a zip": b"PK\x03\x04" + b"\0" * 60,
    "empty zip": b"PK\x05\x06" + b"\0" * 18,
    "PK and nothing": b"PK",
    "bomb": bomb(),
    "deep json": b"[" * 200_000,
    "too large": b"x" * (MAX_FILE + 1),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_says_why(name: str, desk: Desk) -> None:
    with pytest.raises(Invalid) as refused:
        check_file(BAD[name])
    assert "file" in refused.value.problems
    assert refused.value.message


def test_damaged_workbooks_never_break_it(issue: Issue) -> None:
    raw = file_of(issue, "xlsx")
    for place in range(0, len(raw), max(1, len(raw) // 60)):
        damaged = raw[:place] + bytes([raw[place] ^ 0xFF]) + raw[place + 1 :]
        try:
            finding = check_file(damaged)
        except Invalid:
            continue
        assert finding.verdict != "equal"


def test_a_hash_is_looked_for(issue: Issue) -> None:
    for digest in (issue.content_hash, *[file.file_hash for file in issue.files]):
        for typed in (
            digest,
            grouped(digest),
            f"SHA256:{digest.upper()}",
            f" {digest}\n",
        ):
            assert check_hash(typed).issue is issue
    for typed in ("0" * 64, "０" * 64, "SHA-256：" + "0" * 64):
        assert check_hash(typed).verdict == "unknown"
    with pytest.raises(Invalid, match="现在有 63 个"):
        check_hash(issue.content_hash[1:])
    for typed in ("", "12ab", "g" * 64, "Ⅷ" * 64, issue.content_hash + "0"):
        with pytest.raises(Invalid):
            check_hash(typed)


def test_the_command_says_it_too(
    app: Flask, issue: Issue, tmp_path: Path, desk: Desk
) -> None:
    good, bad, broken = tmp_path / "a.xlsx", tmp_path / "b.json", tmp_path / "c.pdf"
    good.write_bytes(file_of(issue, "xlsx"))
    values = json.loads(issue.content)
    values["holder"] = "别的单位"
    bad.write_text(json.dumps(values))
    broken.write_bytes(b"")
    runner = app.test_cli_runner()

    fine = runner.invoke(args=["issues", "verify", str(good)])
    assert (fine.exit_code, "一致" in fine.output) == (0, True), fine.output
    result = runner.invoke(args=["issues", "verify", *map(str, (good, bad, broken))])
    assert result.exit_code == 1
    assert "已被改动" in result.output
    assert "别的单位" in result.output
    assert "空的" in result.output
    assert runner.invoke(args=["issues", "verify", "/nowhere"]).exit_code == 1
