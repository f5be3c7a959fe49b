"""What the room lays out for the frame of pages, for hubs and for listings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from flask import request, url_for

from marketplace.clock import today
from marketplace.contributions import Link, Panel
from marketplace.permissions import Reader, may
from marketplace.policies import queries
from marketplace.rules import queries as rule_queries

TAX = "tax."


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


def tax_hints() -> list[Any]:
    """The hints on taxes that stand today: an operator switches one off with a version that has lapsed."""
    found = rule_queries.find_values(TAX, today())
    return [value for value in found if value.kind == "text"]


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to policies."""
    yield "policies.edit", "维护政策库"
    yield "policies.add", "给一条政策添加新版本"
    yield "policies.new", "添加一条政策"
    yield "policies.estimate", "测算能拿多少"
    yield "policies.keep", "存下政策测算"
    yield "command.policies.text", "命令行：载入政策文件的原文"
