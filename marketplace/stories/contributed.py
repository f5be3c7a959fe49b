"""What the room lays out for the hubs, in the footer and on the page of a contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for

from marketplace.accounts.models import Person
from marketplace.contracts.models import TechContract
from marketplace.contributions import Link, Panel, Task
from marketplace.counting import Count
from marketplace.permissions import Reader, may
from marketplace.stories import queries
from marketplace.stories.life import STORY_LIFE


def tasks(person: Reader) -> Iterator[Task]:
    """Texts to which one's side has not agreed."""
    # Without a last day: nobody has to agree, and saying nothing keeps it from being public.
    for row in queries.waiting_for(person):
        yield Task(
            kind_name="成功案例",
            title=row.title,
            url=url_for("stories.story", story_id=row.id),
            state=row.state_name,
            since=row.text.at,
            dated=("写于", f"第 {row.text.number} 稿"),
            note="看过全文，同意才公开；不同意的不用理会。",
            button="去看",
        )


def task_count(person: Reader) -> Count | int:
    """How many they are (109)."""
    return queries.waiting_count(person)


def case_panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """On the page of a registered contract: its story, or the way to write one."""
    if not isinstance(row, TechContract):
        return
    story = queries.story_of(row)
    if story is not None and may(reader, "story.read", story):
        yield Panel("stories/_of_contract.html", {"contract": row, "story": story})
    # Nothing is offered to the side of a contract: its broker writes it, or an operator.
    elif (
        story is None and row.state == "registered" and may(reader, "story.write", row)
    ):
        yield Panel("stories/_of_contract.html", {"contract": row, "story": None})


def nav(reader: Reader) -> Iterator[Link]:
    """成功案例, for everybody."""
    yield Link("成功案例", url_for("stories.stories"), "footer")


def personal_copy(person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What a person agreed to for a side, for the copy of their data."""
    rows = []
    # Not the body, which is the organisations'; the hash says which text it was.
    for one in queries.consents_of(person.id):
        rows.append(
            {
                "案例": one.text.values["title"],
                "文字": one.sha256,
                "同意": one.at.isoformat(),
                "撤回": one.withdrawn_at.isoformat() if one.withdrawn_at else "",
            }
        )
    yield "成功案例的同意", rows


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to stories, and what the permission table calls it."""
    for deed, name in STORY_LIFE.deeds.items():
        # Also a deed of the permission table; one name of each.
        if deed != "agree":
            yield f"story.{deed}", f"成功案例：{name}"
    yield "story.read", "看成功案例的文字和同意"
    yield "story.agree", "同意或撤回公开成功案例"
    yield "story.write", "写成功案例"
