"""The files: every character drawn, standards met, the same bytes each time, nothing typed is a command."""

from __future__ import annotations

import hashlib
import io
import pickle
import re
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from openpyxl import load_workbook

from marketplace.issues import glyphs, printing, upkeep
from marketplace.issues.columns import headers_of
from marketplace.issues.printing import PrintingError, render_pdf
from marketplace.issues.workbooks import render_workbook
from tests.marketplace.issues.conftest import Desk
from tests.marketplace.issues.test_content import CONTENT, WIDTH

# What a common Chinese font maps to empty glyphs, what others lack, and rare characters of names.
SIGNS = "℃℉Å∼ⅤⅩⅢⅷǎǐǒǔ½≤≥±×÷μΩ‰①⑩㎡㎏㎜—…·《》「」￥〇㐂堃喆昇淼赟翀龑"


def content_with(*texts: str) -> Any:
    rows = tuple((text, *[""] * (WIDTH - 1)) for text in texts)
    return replace(CONTENT, rows=rows)


def objects_of(pdf: bytes) -> list[bytes]:
    """The streams of a PDF, unpacked."""
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(stream.rstrip()))
        except zlib.error:
            found.append(stream)
    return found


def fonts_of(pdf: bytes) -> list[TTFont]:
    fonts = []
    for stream in objects_of(pdf):
        if stream[:4] in (b"\0\1\0\0", b"OTTO", b"true"):
            fonts.append(TTFont(io.BytesIO(stream)))
    return fonts


def test_every_sign_has_an_outline() -> None:
    assert glyphs.unprintable([SIGNS]) == set()
    assert glyphs.unprintable(["a\u3000b\n 普通\t文字"]) == set()


def test_several_threads_look_at_the_fonts_at_once() -> None:
    """As the threads of a web process do after its start; fonts build their tables while they are read."""
    texts = [chr(code) for code in range(0x4E00, 0x9FA5, 7)]
    glyphs._outlines.cache_clear()
    glyphs._is_drawn.cache_clear()
    with ThreadPoolExecutor(4) as threads:
        tries = [threads.submit(glyphs.unprintable, texts) for _ in range(4)]
        assert [tried.result() for tried in tries] == [set()] * 4


def test_what_no_font_draws_is_said_and_never_left_out() -> None:
    missing = glyphs.unprintable(["好🔥\U0002f9ff"])
    assert missing >= {"🔥"}
    assert glyphs.without_missing("好🔥", missing) == "好〓"
    # Printed all the same, without a warning, with the sign of the trade in its place.
    assert render_pdf(content_with("好🔥")).startswith(b"%PDF")
    words = printing._missing_words(["🔥"])
    assert "U+1F525" in words


def test_the_fonts_in_the_file_draw_what_they_hold() -> None:
    pdf = render_pdf(content_with(SIGNS))
    fonts = fonts_of(pdf)
    assert fonts
    drawn = 0
    for font in fonts:
        for name in font.getGlyphOrder():
            glyph = font["glyf"][name]
            drawn += glyph.numberOfContours != 0
    # Title, headers and all signs: a file with empty glyphs in their place has fewer.
    assert drawn >= len(set(SIGNS))


@pytest.mark.parametrize("sign", ["🔥", "∼", "\ue00c"])
def test_the_printer_never_prints_a_box(
    sign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should a sign slip through our own look at the outlines, the file is refused and not made."""
    monkeypatch.setattr(printing, "unprintable", lambda _texts: set())
    monkeypatch.setattr(glyphs, "LOOKALIKES", {})
    with pytest.raises(PrintingError, match="could not be displayed"):
        render_pdf(content_with(sign))


def test_a_font_without_an_outline_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trap: mapped to an empty glyph, so that a test of the map alone would pass."""
    outlines = glyphs._outlines(glyphs.font_folders()[0])
    offsets = outlines.offsets.copy()
    number = outlines.numbers[ord("℃")]
    offsets[number + 1] = offsets[number]
    emptied = replace(outlines, offsets=offsets)
    monkeypatch.setattr(glyphs, "_outlines", lambda _folder: emptied)
    glyphs._is_drawn.cache_clear()
    try:
        assert glyphs.unprintable(["900℃"]) == {"℃"}
    finally:
        glyphs._is_drawn.cache_clear()


def test_the_pdf_says_which_standards_it_meets() -> None:
    pdf = render_pdf(CONTENT)
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert pdf.count(b"sha256:") >= 1


def test_it_has_pages_with_numbers_and_the_header_on_each() -> None:
    texts = [f"第 {number} 个难题，" + "磨削" * 100 for number in range(60)]
    pdf = render_pdf(content_with(*texts))
    pages = len(re.findall(rb"/Type\s*/Page\b", b"\n".join([pdf, *objects_of(pdf)])))
    assert pages > 3


def test_the_same_bytes_each_time() -> None:
    for render in (render_pdf, render_workbook):
        assert render(CONTENT) == render(CONTENT)


@pytest.mark.long
def test_the_same_bytes_in_another_process() -> None:
    """On another day, with another seed of hashes, in another place of the world.

    Compared with what this process renders, whose seed is drawn: a second new one costs as much as the whole module.
    """
    code = (
        "import hashlib, pickle, sys;"
        "from marketplace.issues.printing import render_pdf;"
        "from marketplace.issues.workbooks import render_workbook;"
        "content = pickle.load(sys.stdin.buffer);"
        "print(hashlib.sha256(render_pdf(content) + render_workbook(content)).hexdigest())"
    )
    # Neither the zone of the machine nor that of the city.
    elsewhere = {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=pickle.dumps(CONTENT),
        capture_output=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", **elsewhere},
    )
    here = hashlib.sha256(render_pdf(CONTENT) + render_workbook(CONTENT)).hexdigest()
    assert done.stdout.decode().strip() == here


INJECTIONS = (
    '#read("/etc/passwd")',
    "#panic()",
    "] #set page(width: 1mm) [",
    "*粗* _斜_ $x^2$ `code` @label <label> // 注释 /* */",
    "\\u{41} \\ ~ --- \"引号\" '引号'",
    "=1+1",
    "@SUM(A1)",
    "+86 0635",
    "-1",
    "'已有撇号",
    "第一行\n第二行",
    "_x000D_ 原样",
    "</w:t>&amp;<b>",
    "很长" * 150,
)


@pytest.mark.parametrize("text", INJECTIONS)
def test_what_is_typed_is_data(text: str) -> None:
    content = content_with(text)
    assert render_pdf(content).startswith(b"%PDF")
    book = load_workbook(io.BytesIO(render_workbook(content)))
    cell = book.active.cell(5, 2)
    assert cell.data_type == "s"
    assert cell.hyperlink is None


def test_a_missing_font_is_no_silent_success(monkeypatch: pytest.MonkeyPatch) -> None:
    import typst

    none = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False)
    monkeypatch.setattr(printing, "print_fonts", lambda: none)
    with pytest.raises(PrintingError):
        render_pdf(CONTENT)


def test_what_cannot_be_printed_is_put_off_and_holds_up_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    import typst

    none = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False)
    tries: list[int] = []

    def no_fonts() -> Any:
        tries.append(1)
        return none

    monkeypatch.setattr(upkeep, "_put_off", {})
    monkeypatch.setattr(printing, "print_fonts", no_fonts)
    desk.publish()
    assert [upkeep.render_missing() for _ in range(3)] == [1, 0, 0]  # the workbook
    assert len(tries) == 1

    # The next issue is tried all the same; the first one when its pause is over.
    desk.publish(desk.proof("achievement"))
    assert upkeep.render_missing() == 1
    assert len(tries) == 2
    monkeypatch.setattr(upkeep, "_put_off", dict.fromkeys(upkeep._put_off, 0.0))
    monkeypatch.setattr(printing, "print_fonts", glyphs.print_fonts)
    assert upkeep.render_missing() == 2


def test_the_workbook_repeats_its_header_and_numbers_its_pages() -> None:
    sheet = load_workbook(io.BytesIO(render_workbook(CONTENT))).active
    assert sheet.print_title_rows == "$4:$4"
    assert "&P" in (sheet.oddFooter.center.text or "")
    headers = [cell.value for cell in sheet[4]]
    assert headers == ["序号", *headers_of("demand")]
    assert sheet["A1"].value == CONTENT.title
