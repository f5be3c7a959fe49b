"""What the room lays out for the hubs: the requests that wait, and the link to one's own places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import cast

from flask import request, url_for

from marketplace.accounts.models import Person
from marketplace.contributions import Link, Panel, Task, Tray
from marketplace.counting import Count
from marketplace.memberships import moving, queries
from marketplace.memberships.forms import request_forms
from marketplace.permissions import Reader, may
from marketplace.wording import day


def nav(reader: Reader) -> Iterator[Link]:
    """One's own places, for everybody who has signed in."""
    if may(reader, "membership.read"):
        current = request.blueprint == "memberships"
        yield Link(
            "我的单位",
            url_for("memberships.own"),
            "account",
            "true" if current else "",
        )


def tasks(person: Reader) -> Iterator[Task]:
    """The requests that wait for an administrator."""
    for one in queries.requests_for(person.administered_ids):
        yield Task(
            kind_name="加入申请",
            title=f"{one.person.name} 申请加入「{one.organisation.name}」",
            url=url_for("memberships.people", organisation_id=one.organisation_id)
            + "#requests",
            state="待处理",
            since=one.created_at,
            dated=("申请时间", f"{day(one.created_at)} 提出"),
            note=one.note,
            button="去处理",
        )


def task_count(person: Reader) -> Count | int:
    """How many they are."""
    return queries.request_count(person.administered_ids)


def sections(person: Reader, _filters: Mapping[str, str]) -> Iterator[Panel]:
    """Whom somebody acts for, on 我的, as long as anything of it is open; nothing for who has a verified place."""
    if not may(person, "organisation.join"):
        return  # an auditor looks on, whatever their place
    owner = cast(Person, person)
    places = [one.organisation for one in owner.memberships]
    waiting = [one for one in queries.own_requests(owner) if one.state == "waiting"]
    values = {
        "invitations": queries.invitations_to(owner),
        "requests": waiting,
        "unverified": [one for one in places if one.state == "unverified"],
        "suspended": [one for one in places if one.state == "suspended"],
        # Who belongs nowhere can publish nothing: the next step is offered.
        "alone": not places and not waiting,
    }
    if any(values.values()):
        yield Panel("memberships/_standing.html", values, position=-1)


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """The requests for organisations that nobody administers, for operators."""
    if not may(person, "people.manage"):
        return
    yield Tray(
        "joining",
        "加入申请",
        count=queries.unattended_count,
        page=_tray_page,
        waits=True,
        position=1,
    )


def _tray_page(_page: int) -> Panel:
    rows = []
    for one in queries.unattended_requests():
        rows.append((one, *request_forms(one)))
    return Panel("memberships/_requests.html", {"rows": rows, "back": "office"})


def removals() -> Iterator[tuple[str, Callable[[datetime], int]]]:
    """What removes that which is stored for a time only."""
    yield "invitation", moving.remove_invitations
    yield "join_request", moving.remove_requests


def deed_names() -> Iterator[tuple[str, str]]:
    """Coming in and looking after people; what is done to an organisation is named in its own room."""
    yield "organisation.join", "申请加入单位"
    yield "membership.read", "查看我的单位"
    yield "people.manage", "管理单位人员"
    yield "memberships.invitation", "邀请页"
