"""Verdicts: interested or unsuitable, by whom and on which list; what they change, and how good matching is by them.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for

from marketplace.contributions import Link
from marketplace.permissions import (
    Deeds,
    Reader,
    broker,
    handler,
    may,
    operator,
    writer,
)
from marketplace.verdicts.background import jobs
from marketplace.verdicts.contributed import trays
from marketplace.verdicts.models import DEED_NAMES

DEEDS: Deeds = {
    # The thing is the listing on whose matches the verdict is given.
    "verdict.read": (writer, handler, broker, operator),
    "verdict.give": (writer, handler, broker, operator),
    # Not the owner: a level is the word of somebody who judges for the market.
    "verdict.grade": (broker, operator),
    "verdict.read_reasons": (
        writer,
        handler,
        operator,
    ),  # why others passed one, added up
    "quality.read": (operator,),
    "quality.decide": (operator,),  # which grades are in force
}


def nav(reader: Reader) -> Iterator[Link]:
    """How good matching is, for operators; why firms passed one's achievements, for everybody with a desk."""
    if may(reader, "quality.read"):
        yield Link("匹配质量", url_for("verdicts.measured"), "operators")
    if may(reader, "mine.read"):
        text = "企业反馈：为什么没选您的成果"
        yield Link(text, url_for("verdicts.feedback"), "achievements")


def deed_names() -> Iterator[tuple[str, str]]:
    """What is said of matches."""
    yield "verdict.read", "查看评价"
    yield "verdict.give", "评价匹配"
    yield "verdict.read_reasons", "查看企业反馈"
    yield "quality.read", "查看匹配质量"
    yield "quality.decide", "决定匹配等级生效"
    for deed, name in DEED_NAMES.items():
        yield f"verdict.{deed}", f"评价：{name}"


__all__ = ["DEEDS", "deed_names", "jobs", "nav", "trays"]
