"""What a rehearsal writes on everything that leaves it: pages, files and mails say 演练 (130).

On any other site each of these changes nothing.
"""

from __future__ import annotations

from urllib.parse import quote

from flask import Response
from werkzeug.http import parse_options_header

from marketplace import clock

MARK = "演练"
WORDS = "演练：内容都是假的，不能当作真实的业务。"
# Before the source of each PDF: behind the text of every page, where it is no content for a screen reader.
BACKGROUND = """\
#set page(background: rotate(-45deg, text(
  110pt, fill: rgb("#f0d4d4"), font: json(bytes(sys.inputs.data)).families, lang: "zh", "演练",
)))
"""


def is_rehearsed() -> bool:
    """Whether this site is a rehearsal."""
    return clock.pace().rehearsed


def page_moment() -> str:
    """For the bar on every page: the moment of the house; empty where this is no rehearsal."""
    if not is_rehearsed():
        return ""
    return clock.in_china(clock.now()).strftime("%Y-%m-%d %H:%M")


def marked_source(source: bytes) -> bytes:
    """The source of a PDF, with the mark behind each of its pages in a rehearsal."""
    if not is_rehearsed():
        return source
    return BACKGROUND.encode() + source


def mark_file_name(response: Response) -> Response:
    """Begin the name of a file that is saved with the mark."""
    header = response.headers.get("Content-Disposition", "")
    kind, options = parse_options_header(header)
    name = options.get("filename", "")
    if kind == "attachment" and not name.startswith(f"{MARK}-"):
        # A header is ASCII: no server sends the mark as it is.
        encoded = quote(f"{MARK}-{name}", safe="")
        names = {"filename*": f"UTF-8''{encoded}"}
        response.headers.set("Content-Disposition", kind, **names)
    return response
