"""What the room lays out for the hubs, in the header, and on the page of an introduction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal

from flask import request, url_for

from marketplace.accounts.models import Person
from marketplace.brokerage.models import BrokerageCase
from marketplace.contributions import Link, Panel, Task, Tray
from marketplace.counting import Count
from marketplace.deals import queries
from marketplace.deals.life import DEAL_LIFE, TURNS
from marketplace.deals.readiness import turn_for, turn_of
from marketplace.deals.upkeep import restart_for
from marketplace.introductions.models import Introduction
from marketplace.listings.models import Achievement
from marketplace.permissions import Reader, may
from marketplace.wording import last_day

# Whom a deal waits for → who must act, as the board of brokers names them.
ACTORS = {"both": ("holder", "receiver"), "approver": ("holder",), "nobody": ()}


def tasks(person: Reader) -> Iterator[Task]:
    """The deals that wait for somebody: what they have to do, and until when."""
    for deal in queries.waiting_for(person):
        yield Task(
            kind_name="交易",
            title=deal.title,
            url=url_for("deals.deal", deal_id=deal.id),
            state=deal.state_name,
            until=deal.due_on,
            dated=last_day(deal.due_on),
            note=f"{turn_for(deal, person.id)}。",
            button="去办理",
        )


def task_count(person: Reader) -> Count | int:
    """How many they are."""
    return queries.waiting_count(person)


def sections(person: Person, filters: Mapping[str, str]) -> Iterator[Panel]:
    """On 我的: the way to all one's deals; left out of a list that is narrowed, and where there is none."""
    if filters:
        return
    count = queries.own_count(person)
    if count:
        yield Panel("deals/_section.html", {"count": count}, position=2)


def trays(person: Person, filters: Mapping[str, str]) -> Iterator[Tray]:
    """All running deals, those past their term first."""
    if may(person, "deal.follow_up"):
        yield Tray(
            "deals",
            "交易",
            # Only deals past their term count as waiting; the page lists all that run, those first.
            count=queries.overdue_count,
            page=_tray_page,
            waits=True,
            position=1,
        )


def _tray_page(page: int) -> Panel:
    rows, arithmetic = queries.running_page(page)
    values = {
        "rows": [(row, turn_of(row)) for row in rows],
        "turns": TURNS,
        "page": arithmetic.clamp(page),
        "pages": arithmetic.pages,
    }
    return Panel("deals/_tray.html", values)


def nav(reader: Reader) -> Iterator[Link]:
    """公示 in the header, for everybody."""
    current: Literal["", "page", "true"] = ""
    if request.endpoint == "deals.publicities":
        current = "page"
    elif request.endpoint in ("deals.publicity", "deals.object_to"):
        current = "true"
    yield Link("公示", url_for("deals.publicities"), "header", current, position=3)


def case_panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """On the page of an introduction that was accepted, and of its case: beginning a deal, or the one there is."""
    if isinstance(row, BrokerageCase) and row.state != "terminated":
        row = row.introduction
    if not isinstance(row, Introduction) or row.state != "accepted":
        return
    deal = queries.deal_of(row)
    # Who reads the introduction need not belong to the deal: of one they may not read they learn nothing.
    readable = deal is not None and may(reader, "deal.read", deal)
    proposes = deal is None and queries.proposing_side(row, reader) is not None
    if readable or proposes:
        values = {"case": row, "deal": deal}
        yield Panel("deals/_introduction.html", values)


def deal_lines(
    introduction_ids: list[int],
) -> Iterator[tuple[int, tuple[str, ...], str, date | None]]:
    """(Introduction, who must act, what, last day) of the deals that go on between the two sides of these."""
    for deal in queries.running_of(introduction_ids):
        turn = turn_of(deal)
        actors = ACTORS.get(turn.who, (turn.who,))
        yield deal.introduction_id, actors, turn.what, deal.due_on


def listing_approved(row: Any) -> None:
    """What was made public of another text of an achievement begins again (no commit)."""
    # Publicity names the achievement and its price: another text of the demand changes nothing in it.
    if isinstance(row, Achievement):
        restart_for(row)


def publication_blocks(row: Any, deed: str) -> Iterator[tuple[str, str]]:
    """While somebody objects to what is made public of an achievement, its text stays what they object to."""
    # No deal has begun about the ten thousand rows of a new list.
    if not isinstance(row, Achievement) or row.revision == 1:
        return
    if queries.has_open_objection(row.id):
        yield "title", "这项成果正在公示，有异议没有答复，答复以后才能改。"


def personal_copy(person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The deals a person carries for a side or has proposed, for the copy of their data."""
    rows = []
    for deal in queries.carried_by(person):
        rows.append(
            {
                "交易": deal.number,
                "名称": deal.title,
                "状态": deal.state_name,
                "开始": deal.began_on.isoformat(),
            }
        )
    yield "交易", rows
    objections = []
    for one in queries.objections_of(person.id):
        objections.append(
            {
                "编号": one.number,
                "说明": one.text,
                "联系方式": one.contact_reply,
                "状态": one.state_name,
            }
        )
    yield "公示的异议", objections


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to deals, and what the permission table calls it."""
    for deed, name in DEAL_LIFE.deeds.items():
        yield f"deal.{deed}", f"交易：{name}"
    yield "deal.propose", "提出交易"
    yield "deal.read", "看交易"
    yield "deal.hold", "代持有方办理交易"
    yield "deal.act", "代一方办理交易"
    yield "deal.approve", "批准定价"
    yield "deal.follow_up", "跟进交易"
    yield "job.publicity", "公示到期"
