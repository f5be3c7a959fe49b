"""Rules: values of law and policy with dates, source and status; no deadline or rate of the law stands in code (110).

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for

from marketplace.contributions import Link
from marketplace.permissions import Deeds, Reader, may, operator

DEEDS: Deeds = {
    "rules.edit": (operator,),
}


def nav(reader: Reader) -> Iterator[Link]:
    """The link to the table: in the footer for everybody, in the hub for those who look after it."""
    url = url_for("rules.overview")
    yield Link("规则与依据", url, "footer")
    if may(reader, "rules.edit"):
        yield Link("规则与依据", url, "operators")


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to the table."""
    yield "rules.edit", "维护规则与依据"
    yield "rules.add", "给一条规则添加新版本"
