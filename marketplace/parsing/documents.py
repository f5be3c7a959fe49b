"""A document that somebody sends as the text in it: its kind by content, read apart from the site with limits.

The reading itself is in `document_text.py`; what the text says is found by the rooms. Nothing is stored.
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import unicodedata
from pathlib import Path

from marketplace.parsing import ParseError
from marketplace.parsing.document_text import MAX_PAGES, MAX_SIGNS, REFUSED

MAX_BYTES = 10 * 2**20
SECONDS = 20  # on the clock, beginning and loading included
AT_ONCE = 2  # documents of one process: each may use the memory of a small site
READER = Path(__file__).with_name("document_text.py")
SAVE_AS = "请把文字复制出来，直接贴在文字框里。"
REASONS = {
    "damaged": ("文件损坏，或不是 Word（.docx）、PDF。", SAVE_AS),
    "large": ("文件展开后太大，没有读取。", SAVE_AS),
    "locked": ("PDF 有密码，没有读取。", f"去掉密码再传，或者{SAVE_AS}"),
    "pages": (f"PDF 超过 {MAX_PAGES} 页，没有读取。", f"只传有关的几页，或者{SAVE_AS}"),
}
SCANNED = (
    "文件里没有文字，可能是扫描件或照片。",
    "平台不识别图片里的字；请把文字录入或复制后贴在文字框里。",
)
_places = threading.BoundedSemaphore(AT_ONCE)
_BLANK_LINES = re.compile(r"\n{3,}")


def kind_of(content: bytes) -> str:
    """The kind of a document by its first bytes: `word`, `pdf`, `text`; its name may say anything.

    Raises:
        ParseError: none of them.
    """
    if b"%PDF-" in content[:1024]:
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        # The names of the parts stand in the archive as they are.
        if b"word/document" in content:
            return "word"
        raise ParseError("这不是 Word 文档（.docx）。", f"表格请用「导入」；{SAVE_AS}")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise ParseError(
            "这是旧格式的文档（.doc 或 .wps）。",
            f"在 Word 或 WPS 里另存为 .docx 再传，或者{SAVE_AS}",
        )
    if b"\x00" in content[:4096]:
        raise ParseError("不认识这种文件。", f"可以传 .docx 或 PDF，或者{SAVE_AS}")
    return "text"


def read_document(content: bytes) -> str:
    """The text of a document, as much of it as is taken apart.

    Args:
        content: the file.

    Raises:
        ParseError: it is too large, damaged, locked or of another kind, or holds no text.
    """
    if not content:
        raise ParseError("文件是空的。", "请另选一个文件。")
    if len(content) > MAX_BYTES:
        limit = MAX_BYTES // 2**20
        raise ParseError(f"文件超过 {limit} MB，没有读取。", SAVE_AS)
    kind = kind_of(content)
    text = _decode_text(content) if kind == "text" else _read_apart(kind, content)
    text = tidy_text(text)
    if not text:
        raise ParseError(*SCANNED)
    return text[:MAX_SIGNS]


def tidy_text(text: str) -> str:
    """A text without characters that nobody sees and no database stores, with one kind of line ends."""
    # Old PDF files write 学 by another character of the same shape.
    text = unicodedata.normalize("NFKC", text) if _has_odd_shapes(text) else text
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    sound = []
    for line in lines:
        seen = [
            one for one in line if one == "\t" or unicodedata.category(one)[0] != "C"
        ]
        sound.append("".join(seen).strip())
    return _BLANK_LINES.sub("\n\n", "\n".join(sound)).strip()


def _has_odd_shapes(text: str) -> bool:
    """Whether radicals stand for characters (⽂ for 文), as PDF writers leave them."""
    return any("\u2e80" <= one <= "\u2fdf" for one in text)


def _decode_text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ParseError("认不出文件的文字编码。", SAVE_AS)


def _read_apart(kind: str, content: bytes) -> str:
    """The text as the reader's own process has it.

    Raises:
        ParseError.
    """
    if not _places.acquire(timeout=SECONDS):
        raise ParseError("正在读取别的文件，没有读取。", "请过一会儿再试。")
    try:
        done = subprocess.run(  # noqa: S603  our own file, with no word of the reader's
            [sys.executable, "-I", str(READER), kind],
            input=content,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={"PYTHONIOENCODING": "utf-8"},
        )
    except subprocess.TimeoutExpired:
        raise ParseError(*REASONS["large"]) from None
    finally:
        _places.release()
    if done.returncode == 0:
        return done.stdout.decode("utf-8", "replace")
    if done.returncode == REFUSED:
        reason = done.stdout.decode("ascii", "replace")
        raise ParseError(*REASONS.get(reason, REASONS["damaged"]))
    # Ended by the system: too much time or memory.
    raise ParseError(*REASONS["large"])
