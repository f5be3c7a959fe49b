"""What a content is, why one is refused, what is taken out of pictures, and what names become."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from marketplace.errors import Invalid
from marketplace.files.recognising import (
    TYPES,
    bare_picture,
    fitting_name,
    is_renamed,
    recognised_type,
)
from tests.marketplace.files.samples import (
    MAIN_PARTS,
    PDF,
    REFUSED,
    office_of,
    picture_of,
)


def test_proper_files_are_what_they_are() -> None:
    samples = {kind: office_of(kind) for kind in MAIN_PARTS}
    # Formulas of Word are embedded objects: no program, and in every other paper.
    samples["docx"] = office_of(
        "docx", word__embeddings__oleObject1_dot_bin=b"\xd0\xcf"
    )
    samples["pdf"] = PDF
    for kind, name in (("png", "PNG"), ("jpg", "JPEG"), ("webp", "WEBP")):
        samples[kind] = picture_of(name)
    assert samples.keys() == TYPES.keys()
    for kind, content in samples.items():
        assert recognised_type(io.BytesIO(content), size=len(content)).code == kind


@pytest.mark.parametrize("what", REFUSED)
def test_others_are_refused_with_a_reason(what: str) -> None:
    make, word = REFUSED[what]
    content = make()
    if what == "huge picture":
        content = _with_right_sum(content)
        word = "像素"
    with pytest.raises(Invalid) as refusal:
        recognised_type(io.BytesIO(content), size=len(content))
    # What is wrong, and what to do, where the box is.
    assert word in refusal.value.message
    assert refusal.value.problems["file"][0].endswith("。")
    assert len(refusal.value.advice) > 4


def _with_right_sum(png: bytes) -> bytes:
    """A PNG whose head has its checksum, so that it is refused for its size."""
    return png[:29] + struct.pack(">I", zlib.crc32(png[12:29])) + png[33:]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("turned", [0, 6])
def test_pictures_lose_what_the_camera_noted(kind: str, turned: int) -> None:
    before = picture_of(kind, turned=turned)
    assert b"SecretCamera" in before
    code = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}[kind]
    after = bare_picture(io.BytesIO(before + b"<script>hidden"), TYPES[code])
    assert b"SecretCamera" not in after
    assert b"hidden" not in after
    picture = Image.open(io.BytesIO(after))
    assert picture.format == kind
    assert not picture.getexif()
    # Turned as it was shown, for what said so is gone.
    assert picture.size == ((30, 40) if turned else (40, 30))


@pytest.mark.parametrize(
    ("raw", "kind", "name"),
    [
        ("检测报告.pdf", "pdf", "检测报告.pdf"),
        ("report.exe", "pdf", "report.pdf"),
        ("报告\u202efdp.exe", "docx", "报告fdp.docx"),
        ("../../etc/passwd", "pdf", "passwd.pdf"),
        ("C:\\资料\\图 1.JPEG", "jpg", "图 1.jpeg"),
        ("a\x00b\r\n\tc.png", "png", "abc.png"),
        ('<b>"x"|?*.pdf', "pdf", "_b__x____.pdf"),
        ("  . .pdf", "pdf", "附件.pdf"),
        ("CON.pdf", "pdf", "附件CON.pdf"),
        ("V2.3 版说明", "docx", "V2.3 版说明.docx"),
        ("e\u0301tude.pdf", "pdf", "\u00e9tude.pdf"),
        ("长" * 300 + ".pdf", "pdf", "长" * 75 + ".pdf"),
        ("", "pdf", "附件.pdf"),
    ],
)
def test_names_may_be_shown_and_saved_anywhere(raw: str, kind: str, name: str) -> None:
    assert fitting_name(raw, TYPES[kind]) == name


def test_another_extension_is_said() -> None:
    assert is_renamed("a.docx", TYPES["pdf"])
    assert not is_renamed("a.JPG", TYPES["jpg"])
    assert not is_renamed("V2.3", TYPES["pdf"])
