"""Ranked matches both ways, the trial of a pasted text, the evidence of a pair, and how ranking works.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for

from marketplace.contributions import Link
from marketplace.matchmaking.background import jobs
from marketplace.matchmaking.panels import panels, previews
from marketplace.permissions import Deeds, Reader, acting_person, anyone

DEEDS: Deeds = {
    # Which rows it shows is decided row by row, by the filters of the listings: nobody needs an account for it.
    "match.read": (anyone,),
    "trial.run": (anyone,),
    # An auditor may try a text and stores none.
    "trial.save": (acting_person,),
}


def nav(_reader: Reader) -> Iterator[Link]:
    """The trial and how ranking works, at the foot of every page."""
    yield Link("贴上您的技术难题", url_for("matchmaking.trial"), "footer")
    yield Link("算法说明", url_for("matchmaking.algorithm"), "footer")


def deed_names() -> Iterator[tuple[str, str]]:
    """Ranking and the trial of a text."""
    yield "match.read", "查看匹配"
    yield "trial.run", "试配"
    yield "trial.save", "试配文字存为草稿"


__all__ = ["DEEDS", "deed_names", "jobs", "nav", "panels", "previews"]
