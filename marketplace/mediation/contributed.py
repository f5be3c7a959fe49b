"""What the room lays out for hubs and for the page of a listing: who is requested, who waits, the way to a broker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import url_for

from marketplace.contributions import Panel, Task, Tray
from marketplace.counting import Count
from marketplace.mediation import queries
from marketplace.mediation.forms import AssignForm, ReasonForm
from marketplace.mediation.life import REQUEST_LIFE
from marketplace.mediation.models import BrokerRequest
from marketplace.permissions import Reader, may, named, openly_shown
from marketplace.profiles.queries import acting_brokers
from marketplace.wording import day


def tasks(person: Reader) -> Iterator[Task]:
    """The requests that wait for the answer of a broker."""
    for one in queries.requests_to(person):
        yield Task(
            kind_name="请您做技术经理人",
            title=queries.described(one.listing, person),
            url=url_for("mediation.request_page", request_id=one.id),
            state="等您答复",
            since=one.created_at,
            dated=("请您的时间", f"{day(one.created_at)} 提出"),
            note=one.note,
            button="去答复",
        )


def task_count(person: Reader) -> Count | int:
    """How many they are."""
    return queries.request_count(person)


def sections(person: Reader, filters: Mapping[str, str]) -> Iterator[Panel]:
    """What a broker looks after; left out of a list that is narrowed."""
    rows = [] if filters else queries.given_to(person)
    if rows:
        yield Panel("mediation/_given.html", {"rows": rows}, position=1)


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """The listings for which the operators shall find a broker."""
    if may(person, "mediation.assign"):
        yield Tray(
            "mediation",
            "请技术经理人",
            count=queries.open_count,
            page=_tray_page,
            waits=True,
            position=1,
        )


def _tray_page(_page: int) -> Panel:
    # Read once for all rows of the queue.
    people = acting_brokers()
    lists = {}
    # Also those that wait for a broker: an operator may give the listing to somebody while they do not answer.
    for state in REQUEST_LIFE.phases["undecided"]:
        rows = []
        for one in queries.waiting_requests(state):
            rows.append((one, *request_forms(one, people)))
        lists[state] = rows
    return Panel("mediation/_tray.html", lists)


def request_forms(
    request: BrokerRequest, people: list[Any]
) -> tuple[AssignForm, ReasonForm]:
    """The two forms of an operator next to a request, empty; named by its number, for a page may show several."""
    prefix = f"b{request.id}-"
    # Who looks after it already is not offered once more.
    free = [one for one in people if one.id not in request.listing.broker_ids]
    return (
        AssignForm(people=free, formdata=None, prefix=prefix),
        ReasonForm(formdata=None, prefix=prefix),
    )


def panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """From a published listing: for its own people the request, for others the way to the directory."""
    # The panel is offered to every page of a thing; only listings have fields.
    if getattr(row, "state", "") != "published" or not hasattr(row, "field_codes"):
        return
    if may(reader, "mediation.request", row):
        values = {"row": row, "request": queries.undecided_request(row)}
        yield Panel("mediation/_own.html", values, position=1)
        return
    field = ""
    # The field of what is not wholly public would be told by the address of the link.
    if row.field_codes and openly_shown(reader, row) and named(reader, row):
        # The main field, the first two figures of the code: brokers name the whole field, not its parts.
        field = row.field_codes[0][:2]
    yield Panel("mediation/_directory.html", {"field": field}, position=1)


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to requests for a broker, and what the permission table calls it."""
    for deed, name in REQUEST_LIFE.deeds.items():
        yield f"broker_request.{deed}", f"请技术经理人：{name}"
    yield "mediation.request", "请技术经理人"
    yield "mediation.withdraw", "撤回请技术经理人的申请"
    yield "mediation.answer", "答复请技术经理人的申请"
    yield "mediation.assign", "为申请安排技术经理人"
