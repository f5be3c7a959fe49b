"""The catalogue: home, search and the site's own small pages.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from flask import request, url_for

from marketplace.contributions import Link
from marketplace.permissions import Reader

SEARCHES = {"achievement": "找成果", "demand": "找需求"}


def nav(_reader: Reader) -> Iterator[Link]:
    """The search of each kind, in the header of every page."""
    for kind, text in SEARCHES.items():
        url = url_for("catalogue.search", kind=kind)
        yield Link(text, url, "header", current=_current(kind))


def _current(kind: str) -> Literal["", "page", "true"]:
    """Whether the page that is shown is the search of that kind, or one listing of it."""
    if request.endpoint == "catalogue.search" and request.args.get("kind") == kind:
        return "page"
    if request.endpoint == f"listings.{kind}":
        return "true"
    return ""
