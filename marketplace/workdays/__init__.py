"""Working days: the announced days off and working days of each year, and every deadline that is computed with them.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for

from marketplace.contributions import Link
from marketplace.permissions import Deeds, Reader, may, operator

DEEDS: Deeds = {
    "workdays.edit": (operator,),
}


def nav(reader: Reader) -> Iterator[Link]:
    """The link to the table, for readers who look after it."""
    if may(reader, "workdays.edit"):
        yield Link("工作日表", url_for("workdays.years"), "operators")


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to the table."""
    yield "workdays.edit", "修改工作日表"
    yield "workdays.year", "保存一年的工作日"
