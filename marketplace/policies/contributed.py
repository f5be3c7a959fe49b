"""What the room lays out for the frame of pages, for hubs and for listings."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

from flask import request, url_for

from marketplace.clock import today
from marketplace.contributions import Link, Panel
from marketplace.deals.models import Deal
from marketplace.parsing.exact_sums import FEN_OF_WAN
from marketplace.permissions import Reader, may
from marketplace.policies import queries
from marketplace.policies.asking import PAYEE, read_request
from marketplace.policies.content import Clause
from marketplace.policies.estimating import estimate
from marketplace.policies.typed_figures import read_figures
from marketplace.rules import queries as rule_queries

TAX = "tax."
# Kind of a row → the kinds of listings whose clauses concern it: a pair is about both.
LISTING_KINDS = {
    "achievement": ("achievement",),
    "demand": ("demand",),
    "introduction": ("achievement", "demand"),
    "deal": ("achievement", "demand"),
    "tech_contract": ("achievement", "demand"),
}
PARTIES = (
    "asking_organisation_id",
    "holder_organisation_id",
    "receiver_organisation_id",
    "seller_id",
    "buyer_id",
)
FAILED_STATES = ("withdrawn", "declined", "ended", "terminated", "cancelled")


def nav(reader: Reader) -> Iterator[Link]:
    """The estimate in the header, the library in the footer and in the hub of the operators."""
    endpoint = request.endpoint or ""
    current: Literal["", "page", "true"] = ""
    if endpoint.startswith("policies."):
        current = "page" if endpoint == "policies.estimate" else "true"
    yield Link("政策", url_for("policies.estimate"), "header", current, position=1)
    yield Link("政策库", url_for("policies.library"), "footer")
    if may(reader, "policies.edit"):
        yield Link("政策库", url_for("policies.library"), "operators")


def panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """Beside a public listing: the clauses that concern it, and hints on taxes."""
    if row.state != "published":
        return
    clauses = queries.clauses_beside(row.kind, today())
    hints = tax_hints()
    if clauses or hints:
        yield Panel(
            "policies/_beside.html",
            {"clauses": clauses, "hints": hints},
            position=9,
        )


def _parties_of(row: Any) -> set[int]:
    """The organisations between which an introduction, a deal or a contract is; empty for a listing."""
    numbers = {getattr(row, name, None) for name in PARTIES}
    if row.kind == "introduction":
        numbers.add(row.wanted.organisation_id)
    return {number for number in numbers if number is not None}


def case_panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """Next to matches, an introduction, a deal or a contract: what of it the reader's organisation can apply for."""
    kinds = LISTING_KINDS.get(getattr(row, "kind", ""), ())
    if not kinds or not reader.is_authenticated:
        return
    # What came to nothing is supported by nobody.
    if getattr(row, "state", "") in FAILED_STATES:
        return
    day = today()
    asked = read_request({}, day, reader)
    # Figures are those of an organisation: who belongs to none has nothing to compute with.
    if asked.organisation_id is None:
        return
    # A broker carries it for others: what their own agency could apply for has nothing to do with it.
    parties = _parties_of(row)
    if parties and asked.organisation_id not in parties:
        return
    clauses: dict[str, Clause] = {}
    for kind in kinds:
        clauses |= {one.code: one for one in queries.clauses_beside(kind, day)}
    questions = queries.known_questions()
    stored = read_figures(queries.latest_figures(asked.organisation_id), questions)
    result = estimate(
        clauses.values(),
        # What the register says stands before what was typed once.
        {**stored.figures, **asked.figures},
        day,
        questions=questions,
        more=_price_for(row, asked.organisation_id),
        pieces=asked.pieces,
    )
    if result.groups:
        yield Panel(
            "policies/_outlook.html",
            {"groups": result.groups, "day": day},
            position=9,
        )


def _price_for(row: Any, organisation_id: int) -> Decimal | None:
    """The price of a deal in 万元, for the organisation that a subsidy of its contract would be paid to; else None."""
    if not isinstance(row, Deal) or row.price_fen is None:
        return None
    payee = rule_queries.find_value(PAYEE, today())
    # The side that is paid, by the reading of P-19b: the seller unless a version says otherwise.
    side = "holder"
    if payee is not None and payee.value == "buyer":
        side = "receiver"
    # The subsidy of the other side is none of this reader's.
    if row.organisation_of(side) != organisation_id:
        return None
    return Decimal(row.price_fen) / FEN_OF_WAN


def tax_hints() -> list[Any]:
    """The hints on taxes that stand today: an operator switches one off with a version that has lapsed."""
    # Some values of `tax.` are numbers for reference; what is a hint is a text.
    found = rule_queries.find_values(TAX, today())
    return [value for value in found if value.kind == "text"]


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to policies."""
    yield "policies.edit", "维护政策库"
    yield "policies.add", "给一条政策添加新版本"
    yield "policies.new", "添加一条政策"
    yield "policies.texts", "载入文件原文"
    yield "policies.estimate", "测算能拿多少"
    yield "policies.keep", "存下政策测算"
    yield "command.policies.text", "命令行：载入政策文件的原文"
