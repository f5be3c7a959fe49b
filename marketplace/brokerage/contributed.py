"""What the room contributes to hubs and to the page of a listing: what waits, the board, the way to propose a pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import url_for
from flask_login import current_user

from marketplace.accounts.models import Person
from marketplace.brokerage import declines, ledger, queries
from marketplace.brokerage.announcements import pair_in_words
from marketplace.brokerage.child_models import AttributionDispute, CommissionAgreement
from marketplace.brokerage.life import AGREEMENT_LIFE, CASE_LIFE, DISPUTE_LIFE
from marketplace.brokerage.models import BrokerageCase
from marketplace.contributions import Link, Panel, Task, Tray
from marketplace.counting import Count
from marketplace.extensions import db
from marketplace.listings.models import Achievement, Demand
from marketplace.permissions import Reader, may, operator


def tasks(person: Reader) -> Iterator[Task]:
    """The cases in which somebody must act."""
    for card in queries.waiting_for(person):
        assert card.turn is not None  # noqa: S101  they wait for somebody
        holder, receiver = card.sides
        # Each side reads of the other one, a broker of both.
        title = f"{holder.name} 与 {receiver.name}"
        until = card.turn.until
        yield Task(
            kind_name="撮合",
            title=title,
            url=url_for("brokerage.case", case_id=card.case.id),
            state="已超期" if card.turn.is_late else card.case.state_name,
            until=card.turn.due_on,
            dated=("最后一天", f"最晚 {until}" if until else ""),
            note=f"{card.turn.what}。",
            button="去办",
        )


def task_count(person: Reader) -> Count | int:
    """How many they are."""
    return queries.waiting_count(person)


def nav(reader: Reader) -> Iterator[Link]:
    """The board and the ledger, for brokers and operators."""
    if may(reader, "brokerage.desk"):
        yield Link("撮合工作台", url_for("brokerage.desk"), "operators")
        yield Link("撮合台账", url_for("brokerage.ledger"), "operators")


def sections(person: Reader, filters: Mapping[str, str]) -> Iterator[Panel]:
    """On 我的: the way to the board and to one's cases; left out of a narrowed list, and where there is none."""
    if filters or person.id is None:
        return
    count = queries.own_cases(person)
    is_broker = person.mediates
    referred = queries.referred_by(person)
    if count or is_broker or referred:
        values = {"count": count, "is_broker": is_broker, "referred": referred}
        yield Panel("brokerage/_section.html", values, position=2)


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """What waits for an operator: leads, cases without a broker, what is late; disputes about the ledger."""
    if not may(person, "brokerage.direct"):
        return
    yield Tray(
        "brokerage",
        "撮合待派与超期",
        count=queries.queue_count,
        page=_queue_panel,
        waits=True,
        position=1,
    )
    yield Tray(
        "attributions",
        "撮合归属异议",
        count=ledger.dispute_count,
        page=_dispute_panel,
        waits=True,
        position=1,
    )


def _queue_panel(page: int) -> Panel:
    cards, arithmetic = queries.queue_page(page, current_user)
    values = {
        "cards": cards,
        "page": arithmetic.clamp(page),
        "pages": arithmetic.pages,
    }
    return Panel("brokerage/_tray.html", values)


def _dispute_panel(_page: int) -> Panel:
    return Panel("brokerage/_disputes.html", {"rows": ledger.open_disputes()})


def panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """On the page of a published listing: the way to propose a pair; for its own people why others declined it."""
    # Nobody else may see what is not published, so there is no pair to propose.
    if not isinstance(row, Achievement | Demand) or not row.in_matching:
        return
    # Why others declined is for its own people: to a competitor it would be a list of weaknesses.
    if may(reader, "listing.edit", row):
        counted = declines.added_up(row)
        if counted is not None:
            yield Panel("brokerage/_declines.html", {"counted": counted}, position=2)
        # An operator may change whatever there is, and proposes pairs of it all the same.
        if not operator(reader, None):
            return
    if may(reader, "brokerage.propose"):
        values = {"row": row, "refers": not may(reader, "brokerage.desk")}
        yield Panel("brokerage/_propose.html", values, position=2)


def personal_copy(person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The cases that a person carries or referred, for the copy of their data."""
    rows = []
    query = db.select(BrokerageCase).where(
        (BrokerageCase.broker_id == person.id)
        | (BrokerageCase.referrer_id == person.id)
    )
    for case in db.session.scalars(query.order_by(BrokerageCase.id)):
        carries = case.broker_id == person.id
        rows.append(
            {
                "撮合": pair_in_words(case),
                "身份": "技术经理人" if carries else "推荐人",
                "建立": case.created_at.isoformat(),
                "状态": case.state_name,
            }
        )
    yield "撮合", rows


def thing_words(kind: str, thing_id: int, deed: str) -> Iterator[tuple[str, str]]:
    """What a History row of this room is about, and its deed, in words."""
    if kind == BrokerageCase.kind:
        case = db.session.get(BrokerageCase, thing_id)
        if case is not None:
            yield f"撮合{pair_in_words(case)}", CASE_LIFE.deeds.get(deed, deed)
    elif kind == CommissionAgreement.kind:
        yield "佣金约定", AGREEMENT_LIFE.deeds.get(deed, deed)
    elif kind == AttributionDispute.kind:
        yield "归属异议", DISPUTE_LIFE.deeds.get(deed, deed)


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done in brokerage, and what the permission table calls it."""
    for deed, name in CASE_LIFE.deeds.items():
        yield f"brokerage_case.{deed}", f"撮合：{name}"
    for deed, name in AGREEMENT_LIFE.deeds.items():
        yield f"commission_agreement.{deed}", name
    for deed, name in DISPUTE_LIFE.deeds.items():
        yield f"attribution_dispute.{deed}", f"归属异议：{name}"
    yield "brokerage.propose", "提出一对"
    yield "brokerage.read", "看一件撮合"
    yield "brokerage.carry", "办理撮合"
    yield "brokerage.answer", "答复撮合"
    yield "brokerage.direct", "派单和跟进撮合"
    yield "brokerage.end", "结束撮合"
    yield "brokerage.desk", "看撮合工作台和台账"
    yield "brokerage.dispute", "对归属提出异议"
    yield "brokerage.rule", "裁定归属异议"
    yield "job.brokerage", "自动：撮合的时限"
