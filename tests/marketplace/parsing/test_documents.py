"""Documents that people send: the text of sound ones, and what is said of the others. Hostile files cost little."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable

import pytest
import typst
from docx import Document
from pypdf import PdfWriter

from marketplace.issues.glyphs import print_fonts
from marketplace.parsing import ParseError
from marketplace.parsing.documents import MAX_BYTES, read_document

SAID = "深沟球轴承异音攻关，抗拉强度≥350 MPa。"
WORD_XML = "word/document.xml"
NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def word() -> bytes:
    document = Document()
    document.add_paragraph(SAID)
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text = "联系人"
    table.cell(0, 1).text = "张三"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def word_with(xml: bytes) -> bytes:
    """A .docx whose text is this XML."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(word())) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(name, xml if name == WORD_XML else source.read(name))
    return out.getvalue()


def printed() -> bytes:
    compiler = typst.Compiler(
        SAID.encode(), font_paths=print_fonts(), ignore_system_fonts=True
    )
    pdf = compiler.compile(format="pdf")
    assert isinstance(pdf, bytes)
    return pdf


def pages(count: int, password: str = "") -> bytes:
    """A PDF of empty pages, as a scanner makes them."""
    writer = PdfWriter()
    for _ in range(count):
        writer.add_blank_page(width=100, height=100)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def deep() -> bytes:
    inner = b"<w:p>" * 200_000
    return word_with(
        b'<w:document xmlns:w="' + NAMESPACE.encode() + b'"><w:body>' + inner
    )


def laughing() -> bytes:
    """An entity that stands for a thousand million others."""
    entities = "".join(
        f'<!ENTITY a{one} "{f"&a{one - 1};" * 10}">' for one in range(1, 10)
    )
    return word_with(
        f'<!DOCTYPE d [<!ENTITY a0 "ha">{entities}]><w:document xmlns:w="{NAMESPACE}">'
        "<w:body><w:p><w:r><w:t>&a9;</w:t></w:r></w:p></w:body></w:document>".encode()
    )


def test_the_text_of_documents() -> None:
    assert read_document(word()) == f"{SAID}\n联系人：张三"
    assert "".join(read_document(printed()).split()) == "".join(SAID.split())
    assert read_document(SAID.encode("gb18030")) == SAID
    assert read_document(b"\xef\xbb\xbf" + SAID.encode()) == SAID


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: b"", "空的"),
        (lambda: b"%PDF-1.7 and nothing else", "损坏"),
        (lambda: b"PK\x03\x04 word/document and nothing else", "损坏"),
        (lambda: b"PK\x03\x04 xl/workbook.xml", "不是 Word"),
        (lambda: b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "另存为 .docx"),
        (lambda: b"\x89PNG\r\n\x1a\n" + b"\x00" * 600, "不认识"),
        (lambda: b"x" * (MAX_BYTES + 1), "10 MB"),
        (lambda: pages(2), "扫描件"),
        (lambda: pages(1, "secret"), "有密码"),
        (lambda: pages(201), "200 页"),
        (lambda: word_with(b"<w:t>" + b" " * (21 * 2**20)), "太大"),
        (deep, "损坏"),
        (laughing, "损坏"),
    ],
    ids=[
        "empty", "no pdf", "no zip", "workbook", "old word", "picture", "large", "scanned", "locked", "pages",
        "bomb", "deep", "entities",
    ],
)  # fmt: skip
def test_what_is_said_of_the_others(made: Callable[[], bytes], says: str) -> None:
    content = made()
    begun = time.monotonic()

    with pytest.raises(ParseError) as refused:
        read_document(content)

    assert says in refused.value.sentence
    assert time.monotonic() - begun < 15


def test_a_document_that_takes_too_long_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The site does not wait for a reader that goes on and on."""
    monkeypatch.setattr("marketplace.parsing.documents.SECONDS", 0.05)

    with pytest.raises(ParseError) as refused:
        read_document(word())

    assert "没有读取" in refused.value.sentence
