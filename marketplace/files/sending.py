"""A stored content as a response: whole or in ranges, never read by the browser as anything but what it is."""

from __future__ import annotations

from typing import IO

import structlog
from flask import Response, request, send_file
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import FileWrapper

from marketplace.errors import NotFound
from marketplace.files import storage
from marketplace.files.models import StoredFile
from marketplace.files.recognising import TYPES

PIECE = 1 << 16  # bytes
NOT_MODIFIED = 304
# Whatever a file is, it may do nothing in the browser: no script, no form, nothing loaded, no window of ours.
NOTHING = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

log = structlog.get_logger(__name__)


def open_stored(stored: StoredFile, advice: str, **thing: int) -> tuple[IO[bytes], int]:
    """A content that a row names, and its size.

    Args:
        stored: the content.
        advice: what a reader can do where it is gone.
        thing: the number of its row, by the name that the log gives it.

    Raises:
        NotFound: it is gone; the log says so too.
    """
    opened = storage.open_content(stored.sha256)
    if opened is None:
        log.error("file_missing", sha256=stored.sha256, **thing)
        raise NotFound("这个文件的内容不见了，已经记入日志，由运营方处理。", advice)
    return opened


def send_content(
    file: IO[bytes], size: int, stored: StoredFile, *, name: str, as_attachment: bool
) -> Response:
    """What a request for a content is answered.

    Args:
        file, size: what `storage.open_content` gave; closed once it is read, or here where nobody reads it.
        stored: the content.
        name: under which it is saved.
        as_attachment: whether it is saved, not shown.
    """
    answer: Response = send_file(
        file,
        mimetype=TYPES[stored.file_type].media_type,
        as_attachment=as_attachment,
        download_name=name,
        # The content is its own mark: the same bytes need not be sent twice.
        etag=stored.sha256,
    )
    # Not the server's own way of sending a file: of a range it would read all that comes before it.
    answer.response = FileWrapper(file, PIECE)
    answer.content_length = size
    try:
        answer.make_conditional(request, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        file.close()
        raise
    if request.method == "HEAD" or answer.status_code == NOT_MODIFIED:
        file.close()  # nobody reads it
    answer.headers["X-Content-Type-Options"] = "nosniff"
    # A report belongs to its listing's page and not into a search engine.
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
