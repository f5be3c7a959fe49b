"""What the room lays out for the hubs: whose turn it is with a contract, and what the office decides about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import url_for

from marketplace.accounts.models import Person
from marketplace.contracts import queries
from marketplace.contracts.life import CONTRACT_LIFE
from marketplace.contracts.models import TechContract
from marketplace.contracts.readiness import Turn, turn_of
from marketplace.contributions import Link, Panel, Task, Tray
from marketplace.counting import Count
from marketplace.deals.disclosure import side_of
from marketplace.deals.models import Deal
from marketplace.permissions import Reader, may
from marketplace.wording import last_day


def tasks(person: Reader) -> Iterator[Task]:
    """Approved deals without a contract, and contracts whose turn is with this person's side."""
    for deal in queries.deals_to_contract(person):
        yield Task(
            kind_name="合同",
            title=deal.title,
            url=url_for("contracts.begin", deal_id=deal.id),
            state="可以签合同",
            note="双方任一方起草，另一方也能改；双方确认同一份 PDF 才算签订。",
            button="起草合同",
        )
    for contract, turn in _due(person):
        yield Task(
            kind_name="合同",
            title=contract.title or contract.number,
            url=url_for("contracts.contract", contract_id=contract.id),
            state=contract.state_name,
            until=turn.until,
            dated=last_day(turn.until),
            note=turn.what,
            button="去办理",
        )


def task_count(person: Reader) -> Count | int:
    """How many they are: none is loaded but those of which a paper is made or confirmed."""

    # Whose turn it is with a paper follows from its confirmations, not from the state: only these rows are loaded.
    def confirmed() -> int:
        return sum(1 for _ in _due(person, queries.CONFIRMED))

    return queries.waiting_count(person, confirmed)


def _due(
    person: Reader, states: Sequence[str] = queries.WAITING
) -> Iterator[tuple[TechContract, Turn]]:
    """The contracts whose turn is with this person's side, and what is to be done."""
    for contract in queries.running(person, states):
        # One that came by the register has no deal, and no side on the platform.
        if contract.deal is None:
            continue
        turn = turn_of(contract)
        if side_of(person, contract.deal) in turn.sides:
            yield contract, turn


def sections(person: Reader, filters: Mapping[str, str]) -> Iterator[Panel]:
    """On 我的: the way to all one's contracts; left out of a list that is narrowed, and where there is none."""
    if filters:
        return
    count = queries.own_count(person)
    if count:
        yield Panel("contracts/_section.html", {"count": count}, position=3)


def case_panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """On the page of a deal: its contract, or the way to begin one."""
    if not isinstance(row, Deal) or not may(reader, "deal.read", row):
        return
    contract = queries.contract_of(row)
    # There is no contract, and none may be begun before the deal is approved.
    if contract is None and row.state != "approved":
        return
    values = {"deal": row, "contract": contract, "acts": may(reader, "deal.act", row)}
    yield Panel("contracts/_of_deal.html", values)


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """What the offices decide about."""
    if may(person, "ledger.read"):
        yield Tray(
            "contracts",
            "合同待登记",
            count=queries.at_office_count,
            page=_tray_page,
            position=2,
        )


def _tray_page(page: int) -> Panel:
    contracts, arithmetic = queries.at_office_page(page)
    values = {
        "contracts": contracts,
        "page": arithmetic.clamp(page),
        "pages": arithmetic.pages,
    }
    return Panel("contracts/_tray.html", values)


def nav(reader: Reader) -> Iterator[Link]:
    """The ledger, for those who look after it."""
    if may(reader, "ledger.read"):
        yield Link("技术合同台账", url_for("contracts.ledger"), "operators")


def personal_copy(person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What a person confirmed, for the copy of their data."""
    rows = []
    for one in queries.confirmed_by(person):
        rows.append(
            {
                "合同": one.paper.contract.title,
                "文件": one.sha256,
                "确认": one.at.isoformat(),
                "失效": one.voided_at.isoformat() if one.voided_at else "",
            }
        )
    yield "合同的确认", rows


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to contracts, and what the permission table calls it."""
    for deed, name in CONTRACT_LIFE.deeds.items():
        yield f"tech_contract.{deed}", f"合同：{name}"
    yield "contract.read", "看合同"
    yield "contract.write", "起草和修改合同"
    yield "contract.confirm", "确认合同文本"
    yield "contract.file", "办理合同登记"
    yield "contract.correct", "更正合同和登记"
    yield "ledger.read", "看技术合同台账"
    yield "ledger.import", "导入登记簿"
    yield "job.contract_papers", "生成合同文本"
    yield "job.contract_ends", "提醒合同期限"
