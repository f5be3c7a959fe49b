"""What the room lays out for the hubs and beside a listing: what waits for an answer, and the way to begin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import url_for

from marketplace.accounts.models import Person
from marketplace.contributions import Panel, Task, Tray
from marketplace.counting import Count
from marketplace.introductions import queries
from marketplace.introductions.disclosure import asker_in_words
from marketplace.introductions.life import INTRODUCTION_LIFE
from marketplace.listings.models import Achievement, Demand
from marketplace.permissions import Reader, acting_person, may
from marketplace.wording import in_quotes, last_day


def tasks(person: Reader) -> Iterator[Task]:
    """The introductions that wait for an answer."""
    for case in queries.waiting_for(person):
        yield Task(
            kind_name="对接",
            title=case.wanted.title,
            url=url_for("introductions.case", introduction_id=case.id),
            state="已超期" if case.state == "overdue" else "等您答复",
            until=case.due_on,
            dated=last_day(case.due_on),
            note=f"{asker_in_words(case)}想对接。{case.message}",
            button="去答复",
        )


def task_count(person: Reader) -> Count | int:
    """How many they are."""
    return queries.waiting_count(person)


def sections(person: Reader, filters: Mapping[str, str]) -> Iterator[Panel]:
    """On 我的: the way to all one's introductions; left out of a list that is narrowed, and where there is none."""
    if filters:
        return
    count = queries.own_count(person)
    if count:
        yield Panel("introductions/_section.html", {"count": count}, position=2)


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """What nobody has answered in time."""
    if may(person, "introduction.follow_up"):
        yield Tray(
            "introductions",
            "对接超期",
            count=queries.overdue_count,
            page=_tray_page,
            waits=True,
            position=1,
        )


def _tray_page(page: int) -> Panel:
    cases, arithmetic = queries.overdue_page(page)
    values = {
        "cases": cases,
        "page": arithmetic.clamp(page),
        "pages": arithmetic.pages,
    }
    return Panel("introductions/_tray.html", values)


def panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """Beside a published listing: the way to talk to its holder, or what goes on already."""
    if not isinstance(row, Achievement | Demand) or not row.in_matching:
        return
    # Who answers for the listing needs no way to reach its holder, and auditors look on only.
    looks_on = reader.is_authenticated and not acting_person(reader, row)
    if looks_on or may(reader, "introduction.answer", row):
        return
    current = None
    if reader.verified_ids:
        # Nobody talks to themselves.
        # Whoever belongs to another organisation as well may write in the name of that one.
        if set(reader.verified_ids) <= {row.organisation_id}:
            return
        current = queries.current_between(row, sorted(reader.verified_ids))
    values = {"row": row, "case": current, "reader": reader}
    # What most readers of such a page want to do next.
    yield Panel("introductions/_beside.html", values, position=-1)


def personal_copy(person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What a person began, for the copy of their data."""
    rows = []
    for case in queries.begun_by(person):
        rows.append(
            {
                "对接": f"{case.wanted.kind_word}{in_quotes(case.wanted.title)}",
                "附言": case.message,
                "提出": case.created_at.isoformat(),
                "状态": case.state_name,
            }
        )
    yield "对接", rows


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to introductions, and what the permission table calls it."""
    for deed, name in INTRODUCTION_LIFE.deeds.items():
        yield f"introduction.{deed}", f"对接：{name}"
    yield "introduction.request", "想对接"
    yield "introduction.answer", "答复对接"
    yield "introduction.follow_up", "跟进对接"
    yield "job.introductions", "对接到期没有答复"
