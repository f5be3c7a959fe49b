"""What the room lays out for the search page and for 我的: saving a search, and those that are saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marketplace.alerts import queries
from marketplace.contributions import Panel
from marketplace.permissions import Reader, may


def search_panels(state: Any, reader: Reader) -> Iterator[Panel]:
    """Below the results of a search: saving it, or that it is saved; a guest is led to the sign-in and back."""
    if not queries.is_savable(state):
        return
    if not reader.is_authenticated:
        yield Panel("alerts/_save.html", {"state": state, "guest": True})
    elif may(reader, "alerts.save"):
        saved = queries.saved_as(state, reader)
        yield Panel("alerts/_save.html", {"state": state, "saved": saved})


def sections(person: Reader, filters: Mapping[str, str]) -> Iterator[Panel]:
    """The searches that a person has saved; left out of a list that is narrowed."""
    # A narrowed list is about listings; a search is none.
    if filters or not may(person, "alerts.save"):
        return
    count = queries.count_searches(person)
    if count:
        yield Panel("alerts/_section.html", {"count": count}, position=9)


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to saved searches."""
    yield "alerts.save", "保存检索"
    yield "job.saved-searches", "提醒保存的检索有新内容"
    yield "job.new-matches", "提醒有新的匹配"
