"""Contents for tests of files: proper ones, and those that must be refused, made here byte by byte."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

from PIL import Image

from marketplace.files import deeds, storage
from marketplace.files.models import Attachment

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
MAIN_PARTS = {
    "docx": "word/document.xml",
    "xlsx": "xl/workbook.xml",
    "pptx": "ppt/presentation.xml",
}


def pdf_of(text: str) -> bytes:
    """A PDF whose content is not that of any other."""
    return PDF.replace(b"/Catalog", b"/Catalog % " + text.encode())


def attach(
    row: Any,
    content: bytes = b"",
    *,
    name: str = "检测报告.pdf",
    by: Any = None,
    **values: str,
) -> Attachment:
    """A file of a listing, as a form uploads it."""
    content = content or pdf_of(f"{row.kind} {row.id} {name}")
    values = {"use": "test_report", "visibility": "public"} | values
    with storage.incoming_file() as (file, path):
        taken = deeds.look_at(io.BytesIO(content), name, file, path)
        return deeds.attach_file(row, taken, by=by, **values)


def office_of(kind: str, **more: bytes) -> bytes:
    """An office file; `more`: further parts, `__` in a name stands for a slash and `_dot_` for a dot."""
    parts = {"[Content_Types].xml": b"<Types/>", MAIN_PARTS[kind]: b"<document/>"}
    for name, content in more.items():
        parts[name.replace("__", "/").replace("_dot_", ".")] = content
    return zip_of(parts)


def zip_of(parts: dict[str, bytes]) -> bytes:
    """A package of parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


def picture_of(
    kind: str, *, size: tuple[int, int] = (40, 30), turned: int = 0
) -> bytes:
    """A picture with a place and a device in it."""
    picture = Image.new("RGB", size, (20, 120, 60))
    picture.putpixel((0, 0), (250, 0, 0))
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x8825] = {1: "N", 2: (36.0, 27.0, 0.0)}
    if turned:
        exif[0x0112] = turned
    out = io.BytesIO()
    picture.save(out, kind, exif=exif)
    return out.getvalue()


def locked_zip() -> bytes:
    """A document whose parts say that they are locked."""
    plain = bytearray(office_of("docx"))
    at = 0
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = 0
        while (at := plain.find(mark, at)) >= 0:
            plain[at + place] |= 1
            at += 4
    return bytes(plain)


def bomb() -> bytes:
    """A document of some 40 KB that unpacks to 40 MB."""
    return office_of("docx", word__media__a_dot_xml=bytes(40 << 20))


def animated() -> bytes:
    """A moving picture."""
    frames = [Image.new("RGB", (8, 8), (shade, 0, 0)) for shade in (0, 200)]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    return out.getvalue()


# What is refused → what makes it, and a word of why.
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "空的"),
    "text": (lambda: "检测报告".encode(), "不认识"),
    "page": (lambda: b"<html><script>alert(1)</script>", "不认识"),
    "drawing of vectors": (
        lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "不认识",
    ),
    "program": (lambda: b"MZ\x90\x00" + bytes(60), "程序"),
    "script": (lambda: b"#!/bin/sh\nrm -rf /\n", "程序"),
    "old office": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧格式"),
    "plain package": (lambda: zip_of({"a.txt": b"a"}), "压缩包"),
    "two programs in one": (
        lambda: office_of("docx", xl__workbook_dot_xml=b"<a/>"),
        "压缩包",
    ),
    "macros": (lambda: office_of("docx", word__vbaProject_dot_bin=b"x"), "宏"),
    "macros, spelt otherwise": (
        lambda: office_of("xlsx", xl__VBAPROJECT_dot_BIN=b"x"),
        "宏",
    ),
    "macros by type": (
        lambda: zip_of(
            {
                "[Content_Types].xml": b"application/vnd.ms-word.document.macroEnabled.main+xml",
                "word/document.xml": b"<a/>",
            }
        ),
        "宏",
    ),
    "a program inside": (
        lambda: office_of("docx", word__embeddings__a_dot_exe=b"MZ"),
        "程序",
    ),
    "locked office": (locked_zip, "密码"),
    "bomb": (bomb, "炸弹"),
    "package with a program before it": (
        lambda: b"PK\x03\x04" + b"MZ" + office_of("docx"),
        "别的内容",
    ),
    "package with something behind": (
        lambda: office_of("docx") + b"<script>",
        "别的内容",
    ),
    "damaged package": (lambda: office_of("docx")[:-40], "损坏"),
    "PDF without end": (lambda: PDF[:-8], "不完整"),
    "locked PDF": (lambda: PDF.replace(b"/Root", b"/Encrypt 5 0 R /Root"), "密码"),
    "PDF with a script": (
        lambda: PDF.replace(b"/Catalog", b"/Catalog /OpenAction << /JS (a) >>"),
        "脚本",
    ),
    "PDF with a file inside": (
        lambda: PDF.replace(b"/Catalog", b"/Catalog /EmbeddedFiles 3 0 R"),
        "嵌入",
    ),
    "PDF that is a package too": (
        lambda: PDF + zip_of({"a.exe": b"MZ"}) + b"\n",
        "压缩包",
    ),
    "damaged picture": (lambda: picture_of("PNG")[:60], "损坏"),
    "head of a picture only": (lambda: b"\xff\xd8\xff\xe0" + bytes(40), "损坏"),
    "moving picture": (animated, "动图"),
    "huge picture": (
        # Its head says 30,000 × 30,000 pixels; nothing is decoded.
        lambda: (
            picture_of("PNG")[:16]
            + b"\x00\x00\x75\x30\x00\x00\x75\x30"
            + picture_of("PNG")[24:]
        ),
        "",
    ),
}
