"""What the room lays out for the hubs: requests that wait, the way to one's certificates, the way to verify one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for

from marketplace.accounts.models import Person
from marketplace.certificates import queries
from marketplace.certificates.life import CERTIFICATE_LIFE
from marketplace.contributions import Link, Task
from marketplace.counting import Count
from marketplace.permissions import Reader, may
from marketplace.wording import day


def tasks(person: Reader) -> Iterator[Task]:
    """Requests of people of the organisation that somebody may confirm."""
    for row in queries.waiting_for(person):
        yield Task(
            kind_name="业绩证明",
            title=f"{row.person.name}（{row.number}）",
            url=url_for("certificates.certificate", certificate_id=row.id),
            state=row.state_name,
            since=row.requested_at,
            dated=("申请时间", f"{day(row.requested_at)} 申请"),
            note=f"用途：{row.purpose}",
            button="去核对",
        )


def task_count(person: Reader) -> Count | int:
    """How many they are."""
    return queries.waiting_count(person)


def nav(reader: Reader) -> Iterator[Link]:
    """One's certificates, and the page on which anybody verifies one."""
    if may(reader, "certificate.request"):
        yield Link("转化业绩证明", url_for("certificates.own"), "achievements")
    # For anybody: who verifies one has no account here.
    yield Link("核验证明", url_for("certificates.verify"), "footer")


def personal_copy(person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The certificates of a person, for the copy of their data."""
    rows = []
    for row in queries.of_person(person.id):
        rows.append(
            {
                "编号": row.number,
                "用途": row.purpose,
                "状态": row.state_name,
                "申请": row.requested_at.isoformat(),
                "内容": row.content,
            }
        )
    yield "转化业绩证明", rows


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to certificates, and what the permission table calls it."""
    for deed, name in CERTIFICATE_LIFE.deeds.items():
        yield f"conversion_certificate.{deed}", f"业绩证明：{name}"
    yield "certificate.request", "申请业绩证明"
    yield "certificate.read", "看业绩证明"
    yield "certificate.cancel", "取消业绩证明的申请"
    yield "certificate.confirm", "确认并签发业绩证明"
    yield "certificate.withdraw", "撤回业绩证明"
    yield "certificates.verify", "核验业绩证明"
    yield "job.conversion_certificates", "生成业绩证明"
    yield "job.corrections", "通知业绩证明已被更正"
