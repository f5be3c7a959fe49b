"""Contents that a browser saves as a file."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from flask import Response

# Ending of a name → media type.
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "ics": "text/calendar; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


def as_download(
    content: bytes | str | Iterable[str], name: str, *, title: str = ""
) -> Response:
    """The answer that a browser saves under a name.

    Args:
        content: the file, or its lines while they are read.
        name: in ASCII, with an ending of `TYPES`.
        title: the name in any script without the ending, for browsers that read it (RFC 6266); else `name` is used.
    """
    ending = name.rpartition(".")[2]
    names = {"filename": name}
    if title:
        # A server refuses a header that is not Latin-1: the whole name is encoded.
        names["filename*"] = f"UTF-8''{quote(f'{title}.{ending}', safe='')}"
    response = Response(content, content_type=TYPES[ending])
    response.headers.set("Content-Disposition", "attachment", **names)
    return response
