"""What the room lays out for the hubs and for pages of other rooms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import url_for

from marketplace.accounts.models import Person
from marketplace.contributions import Link, Panel, Task, Tray
from marketplace.counting import Count
from marketplace.envelopes import queries
from marketplace.envelopes.life import CLAIM_LIFE, ENVELOPE_LIFE
from marketplace.permissions import Reader, may
from marketplace.policies.models import PolicyEstimate
from marketplace.wording import last_day, yuan


def nav(reader: Reader) -> Iterator[Link]:
    """The envelopes, for those who look after them."""
    if may(reader, "envelope.read"):
        yield Link("资金与申领", url_for("envelopes.envelopes"), "operators")
        yield Link("培训取证", url_for("envelopes.training"), "operators")


def tasks(person: Reader) -> Iterator[Task]:
    """Claims that were sent back."""
    for row in queries.returned_claims(person):
        yield Task(
            kind_name="资金申领",
            title=f"{row.content['title']}（{row.number}）",
            url=url_for("envelopes.claim", claim_id=row.id),
            state=row.state_name,
            until=row.answer_by,
            dated=last_day(row.answer_by),
            note=row.note,
            button="去补充",
        )


def task_count(person: Reader) -> Count | int:
    """How many they are."""
    return queries.returned_count(person)


def sections(person: Reader, filters: Mapping[str, str]) -> Iterator[Panel]:
    """On 我的: the way to all one's claims; left out of a list that is narrowed, and where there is none."""
    if filters:
        return
    count = queries.own_count(person)
    if count:
        yield Panel("envelopes/_section.html", {"count": count}, position=4)


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """What the operators decide about."""
    if may(person, "envelope.read"):
        yield Tray(
            "claims",
            "资金申领",
            count=queries.waiting_count,
            page=_tray_page,
            waits=True,
            position=3,
        )


def _tray_page(page: int) -> Panel:
    claims, arithmetic = queries.waiting_page(page)
    values = {
        "claims": claims,
        "page": arithmetic.clamp(page),
        "pages": arithmetic.pages,
    }
    return Panel("envelopes/_tray.html", values)


def case_panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """On the page of an estimate: what of it can be claimed now, and from which money."""
    if not isinstance(row, PolicyEstimate):
        return
    # By the envelopes of today, not of the day of the estimate: money may have opened or closed since.
    titles = queries.open_titles()
    offers = []
    for group in row.content["groups"]:
        # Of the other groups the estimate has no sum that could be claimed.
        if group["name"] != "符合":
            continue
        for line in group["rows"]:
            if line["code"] in titles:
                offers.append((line, titles[line["code"]]))
    yield Panel("envelopes/_of_estimate.html", {"estimate": row, "offers": offers})


def personal_copy(person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What a person has claimed, for the copy of their data."""
    rows = []
    for one in queries.claimed_by(person):
        rows.append(
            {
                "申领": one.number,
                "申领人": one.claimant_name,
                "政策": one.content["title"],
                "金额（元）": yuan(one.granted_fen),
                "状态": one.state_name,
                "开始": one.created_at.isoformat(),
            }
        )
    yield "资金申领", rows


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to envelopes and claims, and what the permission table calls it."""
    for deed, name in ENVELOPE_LIFE.deeds.items():
        yield f"envelope.{deed}", f"资金：{name}"
    for deed, name in CLAIM_LIFE.deeds.items():
        yield f"fund_claim.{deed}", f"资金申领：{name}"
    yield "envelope.read", "看资金和全部申领"
    yield "envelope.edit", "设立和调整资金"
    yield "claim.read", "看资金申领"
    yield "claim.write", "申领资金"
    yield "claim.review", "审核资金申领"
    yield "claim.pay", "记录申领的付款"
    yield "cohort.read", "看培训班"
    yield "cohort.write", "登记培训班和学员"
    yield "job.claims", "释放到期没有补充的申领"
