"""The desk: one page for a signed-in person, which collects from the rooms what waits for them and what is theirs.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from flask import request, url_for

from marketplace import contributions
from marketplace.contributions import Link
from marketplace.permissions import Reader, may


def nav(reader: Reader) -> Iterator[Link]:
    """我的 in the header of every page, with the number of things that wait."""
    if not may(reader, "mine.read"):
        return
    current: Literal["", "page"] = ""
    if request.endpoint == "desk.mine":
        current = "page"
    yield Link(
        "我的",
        url_for("desk.mine"),
        "account",
        current=current,
        count=contributions.waiting_count(reader),
        counted="件事等您处理",
    )


def deed_names() -> Iterator[tuple[str, str]]:
    """One's own desk, and every open page."""
    yield "mine.read", "我的"
    yield "public.read", "公开页面"
