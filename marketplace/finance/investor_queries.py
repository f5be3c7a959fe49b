"""What is read for investors: teasers without names by their gates, requests of both sides, what a yes reveals.

A teaser is made of closed lists and a sum: what people wrote might name them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from flask import current_app
from sqlalchemy import Select
from sqlalchemy.orm import contains_eager, joinedload

from marketplace.clock import day_in_china, now
from marketplace.counting import Count
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.finance.disclosure import acting_ids
from marketplace.finance.investor_models import (
    CURRENT,
    InvestorPreference,
    InvestorRequest,
)
from marketplace.listings.disclosure import view_of
from marketplace.listings.models import Demand
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.field import SeenBy
from marketplace.listings.schema.terms import FINANCING_MODES, FIRM_STAGES
from marketplace.listings.worklists import SOMEBODY, own_numbers
from marketplace.organisations.models import Organisation
from marketplace.permissions import Guest, Reader, may
from marketplace.persistence import find_row
from marketplace.wording import UNKNOWN, money

MOST = 200
# A fund that got a no does not write about the same demand again for so long.
PAUSE = timedelta(days=30)
# What stands for a demand that names no chain, or may not show it.
NO_CHAIN = "none"


@dataclass(frozen=True)
class Teaser:
    """A demand for money without anything that says whose it is.

    Attributes:
        code: what stands for it towards one investor; nobody computes it without the key of the site.
        demand: the row, for the deed only.
        facts: (label, value) that are shown.
        request: the newest request of this investor; None where there is none.
    """

    code: str
    demand: Demand
    facts: tuple[tuple[str, str], ...]
    request: InvestorRequest | None = None


def preference_of(organisation: Organisation) -> InvestorPreference | None:
    """What a fund looks for; None where it has not said."""
    query = db.select(InvestorPreference).filter_by(organisation_id=organisation.id)
    row: InvestorPreference | None = db.session.scalar(query)
    return row


def teasers_for(preference: InvestorPreference, *, by: Reader) -> list[Teaser]:
    """The newest demands for money that pass the gates of a fund, at most `MOST`, the newest first.

    Args:
        preference: stages, tickets and chains; a demand that does not say its sum or stage passes no gate on it.
        by: who asks: only what they may find, and nothing of their own organisations.
    """
    columns = Demand.__table__.c
    query = (
        db.select(Demand)
        .where(
            Demand.need == "capital",
            # Only what this reader finds by searching: a confidential demand makes no teaser (134).
            Demand.findable_by(by),
            # Their own demand would be no teaser: they know whose it is.
            Demand.organisation_id.not_in(by.organisation_ids),
            # By the column, to read few rows; whether everybody may know the sum is seen below.
            columns.capital_sought >= preference.ticket_low,
            columns.capital_sought <= preference.ticket_high,
        )
        .order_by(Demand.published_at.desc(), Demand.id.desc())
    )
    if preference.stages:
        query = query.where(columns.firm_stage.in_(preference.stages))
    # Of a chain that may not be shown nobody knows: whoever takes those without one has to look at all.
    if preference.chain_codes and NO_CHAIN not in preference.chain_codes:
        query = query.where(columns.chain_code.in_(preference.chain_codes))
    requests = _requests_of(preference.organisation_id)
    teasers: list[Teaser] = []
    for demand in _in_batches(query):
        if len(teasers) == MOST:
            break
        # By what everybody may know: a gate must not tell what the page does not.
        view = view_of(demand, Guest())
        seen = view.capital_sought is not None and _passes_stage(preference, view)
        chain = view.chain_code or NO_CHAIN
        if seen and (not preference.chain_codes or chain in preference.chain_codes):
            code = code_of(preference.organisation_id, demand.id)
            facts = _facts_of(view)
            teasers.append(Teaser(code, demand, facts, requests.get(demand.id)))
    return teasers


def _in_batches(query: Select[tuple[Demand]]) -> Iterator[Demand]:
    """The rows of a query, so many at a time: not all of them pass, and the first that do are enough."""
    start = 0
    while rows := db.session.scalars(query.offset(start).limit(MOST)).all():
        yield from rows
        start += MOST


def _passes_stage(preference: InvestorPreference, view: Any) -> bool:
    return not preference.stages or view.firm_stage in preference.stages


def _facts_of(view: Any) -> tuple[tuple[str, str], ...]:
    """What a teaser shows: closed lists and a sum, of what everybody may know of a demand."""
    modes = "、".join(FINANCING_MODES.names[code] for code in view.financing_modes)
    chain = view.chain.name if view.chain is not None else UNKNOWN
    return (
        ("融资金额", money(view.capital_sought)),
        ("企业发展阶段", FIRM_STAGES.names.get(view.firm_stage or "", UNKNOWN)),
        ("融资方式", modes or UNKNOWN),
        ("产业链", chain),
    )


def find_teaser(preference: InvestorPreference, code: str, *, by: Reader) -> Teaser:
    """A teaser of a fund by its code. Raises NotFound."""
    # A code cannot be turned back into a number: those of today are compared one by one.
    for teaser in teasers_for(preference, by=by):
        # As bytes: of texts it takes ASCII only, and anything may stand in an address.
        if hmac.compare_digest(teaser.code.encode(), code.encode()):
            return teaser
    raise NotFound("没有找到这条需求，或者它不再符合您的偏好。", "请从列表里再看一次。")


def barring_request(demand: Demand, fund: Organisation) -> InvestorRequest | None:
    """What keeps a fund from writing to the firm of a demand; None where nothing does.

    Returns:
        the request that goes on, else the one that was declined less than `PAUSE` ago.
    """
    lately = db.and_(
        InvestorRequest.state == "declined", InvestorRequest.decided_at > now() - PAUSE
    )
    query = db.select(InvestorRequest).where(
        InvestorRequest.demand_id == demand.id,
        InvestorRequest.investor_id == fund.id,
        db.or_(InvestorRequest.state.in_(CURRENT), lately),
    )
    row: InvestorRequest | None = db.session.scalar(
        query.order_by(InvestorRequest.id.desc()).limit(1)
    )
    return row


def may_write_on(row: InvestorRequest) -> date:
    """The first day on which the fund may write again after a no."""
    assert row.decided_at is not None  # noqa: S101  a no has its moment, by a check of the table
    return day_in_china(row.decided_at + PAUSE) + timedelta(days=1)


def code_of(investor_id: int, demand_id: int) -> str:
    """What stands for a demand towards one investor: two investors cannot compare theirs."""
    # With the key of the site: numbers of demands are few, and a bare hash of each is tried in a second.
    key = str(current_app.config["SECRET_KEY"]).encode()
    text = f"teaser {investor_id} {demand_id}".encode()
    # 96 bits: enough that nobody finds one by trying, short enough for an address.
    return hmac.new(key, text, hashlib.sha256).hexdigest()[:24]


def get_request(number: int, *, by: Reader) -> InvestorRequest:
    """A request that this reader may see: of their fund, or about their demand. Raises NotFound."""
    row = find_row(InvestorRequest, number)
    # The demand decides who answers, so that a colleague who takes it over can.
    if row is not None and (is_asking(row, by) or answers(row, by)):
        return row
    raise NotFound("没有找到这次了解。", "请从「我的」进入。")


def is_asking(row: InvestorRequest, reader: Reader) -> bool:
    """Whether a reader acts for the fund."""
    return row.investor_id in acting_ids(reader)


def answers(row: InvestorRequest, reader: Reader) -> bool:
    """Whether a reader answers for the demand."""
    return may(reader, "finance.answer", row.demand)


def requests_of(organisation_ids: list[int]) -> list[InvestorRequest]:
    """What funds have requested, newest first."""
    query = db.select(InvestorRequest).where(
        InvestorRequest.investor_id.in_(organisation_ids)
    )
    return list(
        db.session.scalars(query.order_by(InvestorRequest.id.desc()).limit(MOST))
    )


def waiting_for(person: Reader) -> list[InvestorRequest]:
    """The requests that wait for an answer of somebody, oldest first."""
    query: Select[tuple[InvestorRequest]] = (
        db.select(InvestorRequest)
        .join(Demand)
        .where(InvestorRequest.state == "requested", Demand.looked_after_by(person))
        .options(
            contains_eager(InvestorRequest.demand),
            joinedload(InvestorRequest.investor),
        )
    )
    return list(db.session.scalars(query.order_by(InvestorRequest.id).limit(MOST)))


def waiting_count(person: Reader) -> Count | int:
    """How many those are: the header of every page asks."""
    if person.id is None:
        return 0
    return Count(_count_query(), own_numbers(person))


@cache
def _count_query() -> Any:
    """Built once: building takes longer than counting."""
    query = db.select(db.func.count(InvestorRequest.id)).join(Demand)
    return query.where(
        InvestorRequest.state == "requested", Demand.looked_after_by(SOMEBODY)
    )


def revealed(row: InvestorRequest) -> list[tuple[str, str]]:
    """Who it is and how to reach them; nothing before the firm has said yes."""
    # Whatever else is wrong on a page, before the yes there is nothing here to show.
    if row.state != "accepted":
        return []
    demand = row.demand
    name = demand.organisation.name if demand.organisation is not None else UNKNOWN
    found = [("单位", name), ("需求", demand.title)]
    for field in SCHEMAS["demand"]:
        value = getattr(demand, field.name)
        # By the schema: a contact field that is added later is not forgotten here.
        if field.seen_by is SeenBy.CONTACT and value:
            found.append((field.label, value))
    return found


def _requests_of(investor_id: int) -> dict[int, InvestorRequest]:
    query = db.select(InvestorRequest).where(InvestorRequest.investor_id == investor_id)
    rows = db.session.scalars(query.order_by(InvestorRequest.id))
    # In the order of numbers, so that the newest of several to one demand is the one that counts.
    return {row.demand_id: row for row in rows}
