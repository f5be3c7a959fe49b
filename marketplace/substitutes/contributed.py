"""What the room lays out for the hubs: for whom somebody stands in today, and the way to its pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import url_for

from marketplace.contributions import Link, Panel
from marketplace.permissions import Reader, may, roles_of
from marketplace.substitutes import queries


def nav(reader: Reader) -> Iterator[Link]:
    """The link for operators; others find it on 我的."""
    if "operator" in roles_of(reader) and may(reader, "substitutes.name"):
        yield Link("代办", url_for("substitutes.own"), "operators")


def sections(person: Any, filters: Mapping[str, str]) -> Iterator[Panel]:
    """Above everything else: for whom they stand in now, and who stands in for them; left out of a narrowed list."""
    if filters or person.id is None:
        return
    # Most people hold no seat, and are spared two statements.
    if not (queries.seats_of(person) or person.administered_ids):
        return
    listed = queries.listed_for(person)
    values = {
        "standing_in": queries.running_for(person.id),
        "away": [
            one for one in listed if one.absent_id == person.id and not one.is_over
        ],
    }
    yield Panel("substitutes/_section.html", values, position=-1)


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to substitutes."""
    yield "substitutes.name", "指定代办人"
    yield "substitutes.end", "结束代办"
    yield "job.substitutes", "自动：代办结束的通知"
