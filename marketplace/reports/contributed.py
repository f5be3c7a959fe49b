"""What the room lays out for the hubs and on the page of an organisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for

from marketplace.contributions import Link, Panel, Place
from marketplace.permissions import Reader, may


def nav(reader: Reader) -> Iterator[Link]:
    """All reports, for operators and auditors; each organisation's own for its desk."""
    if may(reader, "report.list"):
        # Auditors have no menu of operators.
        place: Place = "operators" if may(reader, "office.read") else "begin"
        yield Link("年度报告和开放合同数据", url_for("reports.overview"), place)
    # Whoever speaks for an organisation; its other people learn nothing of its money here.
    elif reader.handled_ids or reader.administered_ids:
        yield Link("转化年度报告", url_for("reports.overview"), "achievements")


def organisation_panels(organisation: Any, reader: Reader) -> Iterator[Panel]:
    """On the page of an organisation: the way to its reports."""
    if may(reader, "report.read", organisation):
        yield Panel("reports/_of_organisation.html", {"organisation": organisation})


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done with reports, and what the permission table calls it."""
    yield "report.read", "看单位的转化年度报告"
    yield "report.list", "看全部年度报告"
    yield "report.export", "下载年度报告"
    yield "ledger.export", "导出开放合同数据"
    yield "command.contracts.export-ocds", "导出开放合同数据"
