"""What the room lays out for the desk and for the page of an organisation in the office."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, cast

from flask import url_for

from marketplace.accounts.models import Person
from marketplace.contributions import Panel, Task
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, may
from marketplace.profiles.models import BrokerProfile
from marketplace.verification import queries, upkeep
from marketplace.wording import day


def tasks(person: Reader) -> Iterator[Task]:
    """The organisations that were asked for more, for those who look after them."""
    for one in _asked(person):
        question = queries.last_question(one)
        since = question.at if question is not None else None
        yield Task(
            kind_name="核验",
            title=f"补充「{one.name}」的核验材料",
            url=url_for("verification.show", organisation_id=one.id),
            state="要补充",
            since=since,
            dated=("要求补充", f"{day(since)} 提出"),
            note=one.state_note,
            button="去补充",
        )


def task_count(person: Reader) -> int:
    """How many they are; one's places are loaded with the person."""
    return len(_asked(person))


def case_panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """On the page of an organisation, or of a broker, in the office: what was supplied."""
    if isinstance(row, BrokerProfile) and may(reader, "broker.check", row):
        files = queries.certificate_files(row.person_id)
        if files:
            yield Panel(
                "verification/_certificate.html", {"files": files, "id": "files"}
            )
    if not isinstance(row, Organisation) or not may(reader, "verification.read", row):
        return
    turns = queries.turns_of(row)
    if turns:
        yield Panel("verification/_turns.html", {"turns": turns, "id": "supplied"})


def personal_copy(person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What somebody has supplied, for the copy of their data."""
    rows = []
    for one in queries.supplied_by(person.id):
        # Removed ones too: that they were uploaded is data about the person.
        rows.append({"文件": one.name, "上传": one.created_at.isoformat()})
    yield "核验单位和证书的材料", rows


def removals() -> Iterator[tuple[str, Callable[[datetime], int]]]:
    """What removes that which is stored for a time only."""
    yield "verification_file", upkeep.remove_files


def deed_names() -> Iterator[tuple[str, str]]:
    """What the permission table calls it."""
    yield "verification.read", "看核验材料"
    yield "verification.answer", "补充核验材料"


def _asked(person: Reader) -> list[Organisation]:
    if not person.administered_ids:
        return []
    own = [one.organisation for one in cast(Person, person).memberships]
    return [one for one in own if one.is_asked and one.id in person.administered_ids]
