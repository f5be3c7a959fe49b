"""A stored content as a response: whole or in ranges, never read by the browser as anything but what it is."""

from __future__ import annotations

from typing import IO

from flask import Response, request, send_file
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import FileWrapper

from marketplace.files.models import StoredFile
from marketplace.files.recognising import TYPES

PIECE = 1 << 16  # bytes
NOT_MODIFIED = 304
# Whatever a file is, it may do nothing in the browser: no script, no form, nothing loaded, no window of ours.
NOTHING = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


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
