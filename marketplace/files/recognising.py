"""What kind of file some bytes are, by their content, and why one is refused. Nothing is stored and no table is known.

The name of a file decides nothing: it is made to fit what the content is (`fitting_name`).
"""

from __future__ import annotations

import io
import os
import re
import threading
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

from marketplace.errors import Invalid

PIECE = 1 << 16  # bytes
# Office files: an honest paper of 30 MB unpacks to some 40; a bomb of 1 MB to gigabytes.
MAX_UNPACKED = 300 << 20  # bytes
MAX_PARTS = 5_000  # files in a package
MAX_RATIO = 200  # unpacked bytes for each packed one, of parts above SMALL_PART: XML of drawings reaches 60
SMALL_PART = 1 << 20
MAX_PIXELS = 60_000_000  # a camera of 60 megapixels; decoded 180 MB
TAIL = 2048  # bytes at the end of a PDF in which its end mark stands (ISO 32000-1 annex H: 1024)
MAX_NAME = 120  # characters shown
MAX_NAME_BYTES = 230  # a file system takes 255 bytes, and a browser adds (1)
# Pillow's readers are chosen once; decoders share memory that two large pictures at a time would exceed.
_ONE_PICTURE = threading.Lock()


@dataclass(frozen=True)
class FileType:
    """A kind of file that may be attached.

    Attributes:
        code, name: its code, and what people call it.
        media_type: as it is sent.
        extensions: of names that fit, the usual one first.
        is_picture: shown in the browser; everything else is only saved by it.
    """

    code: str
    name: str
    media_type: str
    extensions: tuple[str, ...]
    is_picture: bool = False


_OFFICE = "application/vnd.openxmlformats-officedocument."
TYPES = {
    one.code: one
    for one in (
        # No SVG, no HTML: both run scripts in the browser of whoever opens them.
        FileType("pdf", "PDF", "application/pdf", ("pdf",)),
        FileType("docx", "Word 文档", f"{_OFFICE}wordprocessingml.document", ("docx",)),
        FileType("xlsx", "Excel 表格", f"{_OFFICE}spreadsheetml.sheet", ("xlsx",)),
        FileType(
            "pptx", "PPT 演示", f"{_OFFICE}presentationml.presentation", ("pptx",)
        ),
        FileType("png", "PNG 图片", "image/png", ("png",), is_picture=True),
        FileType("jpg", "JPEG 图片", "image/jpeg", ("jpg", "jpeg"), is_picture=True),
        FileType("webp", "WebP 图片", "image/webp", ("webp",), is_picture=True),
    )
}
ALLOWED = "可以上传 PDF、Word（.docx）、Excel（.xlsx）、PPT（.pptx）和图片（png、jpg、webp）。"
# The part of a package that says which program it is for (ECMA-376 part 1, 11–13).
MAIN_PARTS = {
    "word/document.xml": "docx",
    "xl/workbook.xml": "xlsx",
    "ppt/presentation.xml": "pptx",
}
PILLOW_NAMES = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
# How a content begins → what it is, and what to do instead.
REFUSED_STARTS = (
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "这是旧格式（.doc、.xls、.ppt）或加了密码的文件。",
        "请在 Word 或 WPS 里去掉密码，另存为 .docx、.xlsx、.pptx 或 PDF。",
    ),
    (b"MZ", "这是程序，不是资料。", ALLOWED),
    (b"\x7fELF", "这是程序，不是资料。", ALLOWED),
    (b"#!", "这是程序，不是资料。", ALLOWED),
    (b"Rar!", "这是压缩包。", "请解压后把里面的文件分别上传。"),
    (b"7z\xbc\xaf\x27\x1c", "这是压缩包。", "请解压后把里面的文件分别上传。"),
    (b"\x1f\x8b", "这是压缩包。", "请解压后把里面的文件分别上传。"),
)
# Extensions that a name may bear and that are replaced where the content is something else. Others belong to the name.
KNOWN_EXTENSIONS = frozenset(
    ("pdf", "docx", "docm", "doc", "xlsx", "xlsm", "xls", "pptx", "pptm", "ppt")
    + ("png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "svg")
    + ("zip", "exe", "htm", "html", "js", "txt")
)
# Names that Windows gives to devices, whatever follows the dot.
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.I | re.ASCII)
# What no file system of our readers takes in a name.
UNSAFE = re.compile(r'[/\\:*?"<>|]')


def recognised_type(file: IO[bytes], *, size: int) -> FileType:
    """What some bytes are.

    Args:
        file: open for reading; where it stands afterwards is undefined.
        size: its bytes.

    Raises:
        Invalid: it is nothing that may be attached, it is damaged, locked or has active content; the message says which
            and what to do.
    """
    if size == 0:
        raise refused("文件是空的。", "请检查文件，重新选一次。")
    file.seek(0)
    start = file.read(16)
    # Before anything is opened: these have names that people understand.
    for mark, what, advice in REFUSED_STARTS:
        if start.startswith(mark):
            raise refused(what, advice)
    if start.startswith(b"%PDF-"):
        _check_pdf(file, size)
        return TYPES["pdf"]
    if start.startswith(b"PK\x03\x04"):
        return TYPES[_office_type(file)]
    # RIFF is also the beginning of a film; the four letters behind the length tell.
    is_webp = start.startswith(b"RIFF") and start[8:12] == b"WEBP"
    if is_webp or start.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        return TYPES[_picture_type(file)]
    raise refused("不认识这种文件（看的是内容，不是扩展名）。", ALLOWED)


def refused(what: str, advice: str = "") -> Invalid:
    """Why a file is not taken, for its box."""
    return Invalid(f"没有上传：{what}", advice, problems={"file": [f"{what}{advice}"]})


# -- PDF ---------------------------------------------------------------------------------------------------------------

# Names of a PDF that make a reader do something when it is opened, or hide another file. Those inside compressed object
# streams are not seen: browsers save a PDF and never open it from here, and a scanner looks deeper (SCAN_COMMAND).
_ACTIVE_PDF = re.compile(rb"/(JavaScript|JS|Launch|RichMedia|EmbeddedFiles?)\b")
# The dictionary of the trailer, or of the stream in its place, is never compressed (ISO 32000-1 7.5.8).
_LOCKED_PDF = re.compile(rb"/Encrypt\b")


def _check_pdf(file: IO[bytes], size: int) -> None:
    file.seek(max(0, size - TAIL))
    if b"%%EOF" not in file.read():
        raise refused("PDF 不完整，缺了末尾。", "请重新导出或下载后再传。")
    # A program of packed files looks for a directory at the end, whatever the file begins with.
    if zipfile.is_zipfile(file):
        raise refused("这个 PDF 里还藏着一个压缩包。", "请重新导出 PDF 后再传。")
    for pattern, what, advice in (
        (
            _LOCKED_PDF,
            "这个 PDF 加了密码或权限。",
            "请去掉密码后再传，审核人才看得到。",
        ),
        (
            _ACTIVE_PDF,
            "这个 PDF 里有脚本、程序或嵌入的文件。",
            "请用「打印到 PDF」重新生成一份；嵌入的文件请另外上传。",
        ),
    ):
        if any(pattern.search(piece) for piece in _overlapping(file)):
            raise refused(what, advice)


def _overlapping(file: IO[bytes]) -> Iterator[bytes]:
    """The bytes of a file in pieces, each with the end of the one before it: no name is cut in two."""
    file.seek(0)
    before = b""
    while piece := file.read(PIECE):
        yield before + piece
        # Longer than any of the names that are looked for.
        before = piece[-32:]


# -- Word, Excel, PowerPoint -------------------------------------------------------------------------------------------

_MACRO = re.compile(r"(^|/)(vbaproject[^/]*\.bin|vbadata\.xml)$|(^|/)activex/", re.I)
_PROGRAM = re.compile(r"\.(exe|dll|com|scr|bat|cmd|ps1|vbs|js|jar|msi|lnk|hta)$", re.I)


def _office_type(file: IO[bytes]) -> str:
    damaged = refused("文件损坏，打不开。", "请在原来的程序里另存一份再传。")
    try:
        with zipfile.ZipFile(file) as package:
            _check_package(package, file)
            return _checked_parts(package)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError):
        raise damaged from None
    except (NotImplementedError, RuntimeError):
        # A method of packing, or a lock, that no program of the office writes.
        raise refused("文件加了密码，或用了不认识的压缩方法。", ALLOWED) from None


def _check_package(package: zipfile.ZipFile, file: IO[bytes]) -> None:
    parts = package.infolist()
    file.seek(0, os.SEEK_END)
    end = file.tell()
    # 22 bytes: the mark of the end, without a comment, in which another file could hide.
    file.seek(end - 22)
    ends_clean = file.read(4) == b"PK\x05\x06"
    begins_clean = bool(parts) and min(part.header_offset for part in parts) == 0
    if package.comment or not ends_clean or not begins_clean:
        raise refused("文件前后还接着别的内容。", "请在原来的程序里另存一份再传。")
    if len(parts) > MAX_PARTS:
        raise refused("文件里的部件太多，像是压缩炸弹。", "请另存一份再传。")
    names = [part.filename for part in parts]
    if len({name.lower() for name in names}) != len(names):
        raise refused("文件损坏：有重名的部件。", "请在原来的程序里另存一份再传。")
    if any(part.flag_bits & 1 for part in parts):
        raise refused("文件加了密码。", "请去掉密码后再传，审核人才看得到。")


def _checked_parts(package: zipfile.ZipFile) -> str:
    names = set(package.namelist())
    kinds = [code for part, code in MAIN_PARTS.items() if part in names]
    # Exactly one: a package for two programs is opened by either as it likes.
    if "[Content_Types].xml" not in names or len(kinds) != 1:
        raise refused("这是压缩包。", "请解压后把里面的文件分别上传。")
    if any(_MACRO.search(name) for name in names):
        raise refused(
            "文件带宏或控件。", "请另存为不带宏的格式（.docx、.xlsx、.pptx）再传。"
        )
    if any(_PROGRAM.search(name) for name in names):
        raise refused("文件里嵌了程序。", "请删去后另存一份再传。")
    unpacked = 0
    for part in package.infolist():
        size = 0
        # Read through, for what a package says of its sizes may be false; a wrong checksum raises at the end.
        with package.open(part) as content:
            while piece := content.read(PIECE):
                size += len(piece)
                unpacked += len(piece)
                steep = size > SMALL_PART and size > MAX_RATIO * part.compress_size
                if unpacked > MAX_UNPACKED or steep:
                    raise refused(
                        "文件解开以后太大，像是压缩炸弹。",
                        "请压缩里面的图片，另存一份再传。",
                    )
    with package.open("[Content_Types].xml") as content:
        # The type may say what the names of the parts do not.
        if b"macroenabled" in content.read(SMALL_PART).lower():
            raise refused(
                "文件是带宏的格式。",
                "请另存为不带宏的格式（.docx、.xlsx、.pptx）再传。",
            )
    return kinds[0]


# -- pictures ----------------------------------------------------------------------------------------------------------


def _picture_type(file: IO[bytes]) -> str:
    with _opened_picture(file) as picture:
        return PILLOW_NAMES[picture.format or ""]


@contextmanager
def _opened_picture(file: IO[bytes]) -> Iterator[Image.Image]:
    file.seek(0)
    try:
        with Image.open(file, formats=list(PILLOW_NAMES)) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise refused(f"图片有 {width}×{height} 像素，太大。", "请缩小后再传。")
            if getattr(picture, "n_frames", 1) > 1:
                raise refused("这是动图。", "请传一张静止的图片。")
            yield picture
    except Image.DecompressionBombError:
        raise refused("图片的像素太多。", "请缩小后再传。") from None
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        zlib.error,
    ):
        raise refused("图片损坏，打不开。", "请重新导出或拍摄后再传。") from None


def bare_picture(file: IO[bytes], kind: FileType) -> bytes:
    """A picture written anew, without what a camera or a program noted in it: place, time, device, comments.

    What else was hidden in the file is gone with it. A JPEG that need not be turned keeps its tables of quantisation,
    so that nothing is lost that one could see.

    Raises:
        Invalid: it is damaged.
    """
    out = io.BytesIO()
    with _ONE_PICTURE, _opened_picture(file) as picture:
        options: dict[str, object] = {"icc_profile": picture.info.get("icc_profile")}
        turned = picture.getexif().get(0x0112, 1) != 1
        plain: Image.Image = picture
        if turned:
            # The direction stands in what is taken away: the picture is turned itself.
            plain = ImageOps.exif_transpose(picture)
        if kind.code == "jpg":
            options |= {"quality": 92} if turned else {"quality": "keep"}
        elif kind.code == "webp":
            options |= {"quality": 92, "exact": True}
        plain.load()
        for name in ("exif", "xmp", "comment", "XML:com.adobe.xmp"):
            plain.info.pop(name, None)
        if kind.code == "png":
            # Texts of a PNG are written only where they are given; what is left in `info` is a profile at most.
            options["exif"] = b""
        written = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}[kind.code]
        plain.save(out, written, **options)
    return out.getvalue()


# -- names -------------------------------------------------------------------------------------------------------------


def fitting_name(raw: str, kind: FileType) -> str:
    """A name that may be shown and saved anywhere: without folders, invisible signs and marks of direction, with the
    extension of what the content is.

    Args:
        raw: as the browser sent it.
        kind: what the content is.
    """
    text = unicodedata.normalize("NFC", raw)
    # Some browsers send the path; the last part is the name.
    text = re.split(r"[/\\]", text)[-1]
    signs = []
    for sign in text:
        category = unicodedata.category(sign)
        # Format signs turn the rest around (U+202E makes "exe.pdf" of "fdp.exe"); the others cannot be seen at all.
        if category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
            continue
        signs.append(" " if category == "Zs" else sign)
    text = UNSAFE.sub("_", "".join(signs))
    stem, dot, extension = text.rpartition(".")
    if not dot or extension.lower() not in KNOWN_EXTENSIONS:
        stem = text
    # A blank or a point at the end is cut off by Windows.
    stem = re.sub(r" +", " ", stem).strip(" .")
    if not stem or DEVICES.match(stem):
        stem = f"附件{stem}"
    ending = kind.extensions[0]
    if extension.lower() in kind.extensions:
        ending = extension.lower()
    stem = stem[: MAX_NAME - len(ending) - 1]
    # A Chinese character takes three bytes, so the limit of characters is not enough.
    while len(stem.encode()) + len(ending) + 1 > MAX_NAME_BYTES:
        stem = stem[:-1]
    return f"{stem.rstrip(' .')}.{ending}"


def is_renamed(raw: str, kind: FileType) -> bool:
    """Whether a name says another type than the content has."""
    extension = raw.rpartition(".")[2].lower()
    return extension in KNOWN_EXTENSIONS and extension not in kind.extensions
