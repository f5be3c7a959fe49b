"""Dictionaries: districts, high-tech fields, industries and the operator's list of industry chains.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for

from marketplace.contributions import Link
from marketplace.permissions import Deeds, Reader, may, operator

DEEDS: Deeds = {
    "dictionary.edit": (operator,),
}


def nav(reader: Reader) -> Iterator[Link]:
    """The link to the chain list, for readers who look after it."""
    if may(reader, "dictionary.edit"):
        yield Link("产业链名单", url_for("dictionaries.chains"), "operators")
