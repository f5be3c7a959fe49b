"""The text of a Word or PDF document, read in a process of its own that may use little time and memory.

Run by `documents.py` as a file, so that nothing of the site is loaded with it; not imported by anything. It reads the
document from its input and writes the text, or one word that says why there is none.
"""

from __future__ import annotations

import io
import resource
import sys
import zipfile
from collections.abc import Iterator

MAX_SIGNS = 30_000  # characters of text that are read: what is taken apart at most
MAX_PAGES = 200
MAX_UNPACKED = 80 * 2**20  # bytes of all parts of a document; most of it are pictures
MAX_XML = (
    20 * 2**20
)  # of the part with the text: some 2 million characters with their marks
MAX_PARTS = 3_000
# What a hostile file may use before the system ends this process.
CPU_SECONDS = 10
MEMORY = 700 * 2**20
REFUSED = 3  # the exit code that goes with a reason


class RefusedError(Exception):
    """There is no text to read; the argument is the reason, a word that `documents.py` knows."""


def limit_self() -> None:
    """Take away what reading a text does not need."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read_word(content: bytes) -> Iterator[str]:
    """The paragraphs and the rows of tables of a .docx, in their order.

    Raises:
        RefusedError: it is a bomb, or no such document.
    """
    _refuse_bombs(content)
    from docx import Document
    from docx.table import Table

    for block in Document(io.BytesIO(content)).iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                # A merged cell stands in the row once for each column that it covers.
                cells = dict.fromkeys(" ".join(one.text.split()) for one in row.cells)
                yield _row_text([cell for cell in cells if cell])
        else:
            yield block.text


def _row_text(cells: list[str]) -> str:
    """A row of a form as people write it without a table: 需求名称：轴承降噪."""
    if len(cells) == 2 and len(cells[0]) <= 20:
        return f"{cells[0].rstrip('：:')}：{cells[1]}"
    return " ".join(cells)


def _refuse_bombs(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile:
        raise RefusedError("damaged") from None
    if len(parts) > MAX_PARTS or sum(one.file_size for one in parts) > MAX_UNPACKED:
        raise RefusedError("large")
    xml = [one.file_size for one in parts if one.filename.endswith((".xml", ".rels"))]
    if sum(xml) > MAX_XML:
        raise RefusedError("large")


def read_pdf(content: bytes) -> Iterator[str]:
    """The text of each page of a PDF.

    Raises:
        RefusedError: it is locked, or has too many pages.
    """
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content), strict=False)
    # Many are locked against printing only, with an empty password.
    if reader.is_encrypted and not reader.decrypt(""):
        raise RefusedError("locked")
    if len(reader.pages) > MAX_PAGES:
        raise RefusedError("pages")
    for page in reader.pages:
        yield page.extract_text()


def main() -> int:
    """Read the document whose kind the command line names; the exit code."""
    content = sys.stdin.buffer.read()
    limit_self()
    readers = {"word": read_word, "pdf": read_pdf}
    pieces: list[str] = []
    signs = 0
    try:
        for piece in readers[sys.argv[1]](content):
            pieces.append(piece)
            signs += len(piece)
            if signs > MAX_SIGNS:
                break
    except RefusedError as reason:
        sys.stdout.write(str(reason))
        return REFUSED
    except MemoryError:
        sys.stdout.write("large")
        return REFUSED
    except RecursionError:
        sys.stdout.write("damaged")
        return REFUSED
    except Exception:
        sys.stdout.write("damaged")
        return REFUSED
    text = "\n".join(pieces)[: MAX_SIGNS + 1]
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
