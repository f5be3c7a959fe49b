"""Files that are refused, each with a sentence that says why; lists of patents and papers of the usual databases."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from marketplace.extensions import db
from marketplace.imports import staging
from marketplace.listings.models import Achievement
from marketplace.organisations.models import Organisation
from tests.factories import Factory
from tests.marketplace.exchange.files import ole2, xlsx, zipped
from tests.marketplace.exchange.lists import HEADER, count
from tests.marketplace.imports.browser import (
    NAME,
    good,
    latest,
    press,
    send_file,
    staged,
    states,
    upload,
)

SignIn = Callable[..., FlaskClient]
PATENTS = [
    "序号",
    "申请号",
    "专利名称",
    "申请（专利权）人",
    "发明人",
    "申请日",
    "摘要",
    "法律状态",
]
PATENT = [
    1, "CN202010000001.1", "一种轴承套圈的超精研磨方法", f"{NAME};山东大学", "张三;李四",
    "2020-01-01", "针对深沟球轴承振动大的问题，公开一种滚道超精研磨方法。", "有效",
]  # fmt: skip
PAPERS = ["SrcDatabase-来源库", "Title-题名", "Author-作者", "Organ-单位", "Source-文献来源",
          "Keyword-关键词", "Summary-摘要", "PubTime-发表时间", "DOI-DOI"]  # fmt: skip
PAPER = ["期刊", "深沟球轴承滚道超精研磨的参数优化", "张三;李四", "聊城大学机械学院", "轴承",
         "轴承;研磨", "研究了深沟球轴承滚道超精研磨的参数对振动的影响。", "2024-05-01",
         "10.19533/j.issn1000-3762.2024.05.001"]  # fmt: skip


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """A workbook with one part more."""
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, part)
    return out.getvalue()


def wrong_files() -> dict[str, tuple[str, bytes, str]]:
    """What is wrong → (name of the file, its content, words of the answer)."""
    sound = xlsx([HEADER, good(1)])
    return {
        "nothing": ("a.xlsx", b"", "文件是空的"),
        "blanks": ("a.csv", b"\r\n\r\n ,,\r\n", "没有"),
        "a pdf": ("a.xlsx", b"%PDF-1.7\n1 0 obj", "PDF"),
        "a picture": ("a.xlsx", b"\x89PNG\r\n\x1a\n" + b"0" * 99, "图片"),
        "a photograph": ("a.csv", b"\xff\xd8\xff\xe0" + b"0" * 99, "图片"),
        "a rar": ("a.xlsx", b"Rar!\x1a\x07\x00" + b"0" * 99, "压缩包"),
        "a 7z": ("a.xlsx", b"7z\xbc\xaf\x27\x1c" + b"0" * 99, "压缩包"),
        "a gzip": ("a.csv.gz", b"\x1f\x8b\x08" + b"0" * 99, "压缩包"),
        "an empty zip": ("a.xlsx", b"PK\x05\x06" + b"\0" * 18, "空的压缩包"),
        "a zip of texts": ("a.xlsx", zipped({"a.csv": b"x,y"}), "不是"),
        "a docx": ("a.xlsx", zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}), "Word"),
        "an old xls": ("a.xls", ole2("Workbook"), "旧版 .xls"),
        "a password": ("a.xlsx", ole2("EncryptedPackage", "EncryptionInfo"), "密码"),
        "an old doc": ("a.xls", ole2("WordDocument"), ".doc"),
        "a page": ("a.xls", b"<html><body><table><tr><td>x</td></tr></table>", "网页"),
        "xml": ("a.xls", b"<?xml version='1.0'?><Workbook/>", "XML"),
        "rtf": ("a.csv", b"{\\rtf1\\ansi}", "RTF"),
        "mhtml": ("a.xls", b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "网页"),
        "a database": ("a.xlsx", b"SQLite format 3\0" + b"\0" * 99, "数据库"),
        "bytes": ("a.csv", bytes(range(256)) * 9, ""),
        "NUL": ("a.csv", "成果名称,完成单位\n".encode() + b"a\0b,c\n", "不是表格文件"),
        "no header": ("a.csv", "一,二,三\n四,五,六\n".encode(), "没有找到表头"),
        "no header, and what to do": ("a.csv", "一,二\n四,五\n".encode(), "「导入清单」页下载"),
        "a header alone": ("a.csv", "成果名称,完成单位,完成人\n".encode(), "只有表头"),
        "half a workbook": ("a.xlsx", sound[: len(sound) // 2], "损坏"),
        "a quote that never ends": ("a.csv", '成果名称,完成单位\n"甲,乙\n'.encode() + b"x" * 200_000, "引号"),
        "a list of people": ("a.csv", "名单,电话\n张三,1\n".encode(), "没有找到表头"),
        "a demand list": ("a.csv", "需求名称,企业名称\n甲,乙\n".encode(), "不是成果清单。请按需求清单再导入"),
        "a list on a hidden sheet": ("a.xlsx", xlsx([HEADER, good(1)], before=["封面"], hide=["清单"]), "隐藏的工作表"),
        "macros": ("a.xlsm", with_part(sound, "xl/vbaProject.bin", b"\xd0\xcf\x11\xe0"), "宏"),
        "macros under another name": ("a.xlsx", with_part(sound, "xl/vbaProject.bin", b"x"), "宏"),
        "a bomb": ("a.xlsx", with_part(sound, "xl/worksheets/sheet9.xml", b"0" * 300_000_000), ""),
        "a broken character": ("a.csv", "成果名称,完成单位\n轴承工艺研究与开发，".encode() + b"\xff\n", ""),
    }  # fmt: skip


@pytest.mark.long
def test_wrong_files_are_refused_with_the_reason(
    desk: FlaskClient, owner: Organisation, subtests: pytest.Subtests
) -> None:
    for what, (name, content, words) in wrong_files().items():
        with subtests.test(what):
            answer = send_file(desk, content, name, organisation=str(owner.id))
            assert answer.status_code == 422, (what, answer.status_code)
            said = answer.text.split("没有导入</h2>")[1].split("</div>")[0]
            assert words in said, said
            assert "。" in said
    assert count() == 0


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "x"}, "没有选清单的类别"),
        ({"source": "x"}, "没有选清单的类别或格式"),
        ({"organisation": "99999999"}, "没有选单位"),
        ({"organisation": "x"}, "没有选单位"),
        ({"kind": "demand", "source": "papers"}, "专利和论文只能导入成果"),
    ],
)
def test_what_is_not_chosen_is_said(
    desk: FlaskClient, owner: Organisation, fields: dict[str, str], words: str
) -> None:
    sent = {"organisation": str(owner.id)} | fields
    answer = send_file(desk, xlsx([HEADER, good(1)]), **sent)
    assert answer.status_code == 422
    assert words in answer.text


def test_no_file_is_said(desk: FlaskClient, owner: Organisation) -> None:
    data = {"kind": "achievement", "source": "list", "organisation": str(owner.id)}
    answer = desk.post("/mine/imports", data=data)
    assert answer.status_code == 422
    assert "没有选文件" in answer.text


def test_too_many_rows_and_too_many_bytes(
    desk: FlaskClient, owner: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "MAX_ROWS", 2)
    rows = [good(number) for number in range(3)]
    answer = send_file(desk, xlsx([HEADER, *rows]), organisation=str(owner.id))
    assert "超过 2 行" in answer.text
    monkeypatch.setattr(staging, "MAX_BYTES", 1_000)
    answer = send_file(desk, xlsx([HEADER, *rows]), organisation=str(owner.id))
    assert "最大可以导入" in answer.text


def test_an_upload_after_the_session_ended_is_asked_for_again(
    client: FlaskClient, owner: Organisation
) -> None:
    answer = send_file(client, xlsx([HEADER, good(1)]), organisation=str(owner.id))
    assert answer.status_code in (302, 303, 401)
    assert count() == 0


def test_patents_become_drafts_once(
    make: Factory, owner: Organisation, sign_in: SignIn
) -> None:
    browser = sign_in(make.person("researcher", owner))
    made = upload(browser, [PATENT], owner.id, header=PATENTS, source="patents")
    assert states(made) == ["new"], staged(made)[0].findings
    press(browser, made, "commit")
    row = db.session.scalars(db.select(Achievement)).one()
    assert (row.title, row.state, row.owner_id) == (PATENT[2], "draft", made.owner_id)
    assert [person.name for person in row.contributors] == ["张三", "李四"]
    (right,) = row.ips
    assert (right.ip_type, right.number) == ("invention", "202010000001.1")

    # Granted since, under another title: the same patent.
    renamed = [
        PATENT[0],
        "ZL202010000001.1",
        "一种轴承套圈超精研磨方法及装置",
        *PATENT[3:],
    ]
    third = [*renamed[:2], "一种轴承套圈磨削装置", *renamed[3:]]
    again = upload(
        browser, [renamed, third], owner.id, header=PATENTS, source="patents"
    )
    assert states(again) == ["changed", "faulty"], staged(again)[0].findings
    # Said by what they share: their titles differ.
    assert "专利号或 DOI 对得上" in str(staged(again)[1].findings)
    press(browser, again, "commit")
    assert count() == 1


def test_a_list_of_another_form_is_named(
    desk: FlaskClient, owner: Organisation
) -> None:
    made = upload(desk, [PATENT], owner.id, header=PATENTS)
    assert "看起来是专利列表，能多读" in desk.get(f"/mine/imports/{made.id}").text


def test_papers_become_drafts_once(
    make: Factory, owner: Organisation, sign_in: SignIn
) -> None:
    browser = sign_in(make.person("researcher", owner))
    bare = [*PAPER[:-1], ""]
    bare[1] = "没有 DOI 的论文：轴承保持架的动力学分析"
    made = upload(
        browser, [PAPER, bare, PAPER], owner.id, header=PAPERS, source="papers"
    )
    assert states(made) == ["new", "new", "faulty"], [x.findings for x in staged(made)]
    press(browser, made, "commit")
    assert count() == 2
    other = [*PAPER[:-1], f"https://doi.org/{PAPER[-1].upper()}"]
    other[1] = "深沟球轴承滚道超精研磨参数的优化"
    again = upload(browser, [other, bare], owner.id, header=PAPERS, source="papers")
    assert states(again) == ["changed", "same"], [x.findings for x in staged(again)]
    press(browser, again, "commit")
    assert count() == 2
    assert latest().id == again.id
