"""What the room lays out for other pages: co-owners beside an achievement and in review, what waits, what refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for

from marketplace.contributions import Panel, Task
from marketplace.counting import Count
from marketplace.listings.models import Achievement
from marketplace.permissions import Reader, may
from marketplace.rights import queries
from marketplace.rights.life import CONSENT_LIFE
from marketplace.wording import day


def panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """The co-owners of one's own achievement."""
    if isinstance(row, Achievement) and may(reader, "rights.ask", row):
        consents = queries.consents_for(row.id)
        unasked = queries.unasked_owners(row)
        yield Panel(
            "rights/_own.html", {"row": row, "consents": consents, "unasked": unasked}
        )


def review_panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """What its co-owners said, for who reviews an achievement."""
    if isinstance(row, Achievement):
        consents = queries.consents_for(row.id)
        if consents:
            yield Panel("rights/_review.html", {"consents": consents})


def publication_blocks(row: Any, deed: str) -> Iterator[tuple[str, str]]:
    """Co-owners who were not asked, have not answered, or do not agree."""
    if isinstance(row, Achievement):
        for problem in queries.problems_of(row, deed=deed):
            yield "co_owners", problem


def tasks(person: Reader) -> Iterator[Task]:
    """What waits for the answer of a co-owner."""
    for one in queries.waiting_for(person):
        yield Task(
            kind_name="共有人",
            title=one.achievement.title,
            url=url_for("rights.answer", consent_id=one.id),
            state="等您答复",
            since=one.asked_at,
            dated=("征求时间", f"{day(one.asked_at)} 征求"),
            note=f"{one.achievement.holder_name}征求「{one.name}」同意公开发布和转化。",
            button="去答复",
        )


def task_count(person: Reader) -> Count | int:
    """How many they are."""
    return queries.waiting_count(person)


def personal_copy(person: Any) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What somebody has asked co-owners, or answered for one."""
    rows = []
    for one in queries.consents_answered_by(person.id):
        rows.append(
            {
                "共有人": one.name,
                "征求": str(one.asked_at),
                "状态": one.state_name,
                "答复人": one.answered_as,
                "原因": one.reason,
            }
        )
    yield "共有人的同意", rows


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to co-owners' consents."""
    for deed, name in CONSENT_LIFE.deeds.items():
        yield f"co_owner_consent.{deed}", f"共有人：{name}"
    yield "rights.ask", "征求共有人同意"
    yield "rights.answer", "答复共有人的征求"
    yield "rights.opened", "打开征求共有人的链接"
    yield "job.patent-reminders", "提醒专利年费、保护期和共有人的答复"
