"""What the room lays out for the frame of pages, for hubs and beside demands for money."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import url_for

from marketplace.clock import today
from marketplace.contributions import Link, Panel, Tray
from marketplace.finance import queries
from marketplace.finance.content import NO_APPROVAL
from marketplace.finance.fitting import fits_of
from marketplace.finance.life import (
    PACK_LIFE,
    PRODUCT_LIFE,
    VERSION_LIFE,
)
from marketplace.listings.models import Demand
from marketplace.permissions import Reader, may


def nav(reader: Reader) -> Iterator[Link]:
    """The catalogue in the footer, next to the library of policies."""
    yield Link("金融产品", url_for("finance.catalogue"), "footer")


def panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """Beside a published demand for money: products by their rules; figures of the firm for its own people only."""
    if not isinstance(row, Demand) or row.need != "capital" or row.state != "published":
        return
    figures = queries.figures_of_demand(row, reader)
    is_own = row.organisation_id in reader.organisation_ids
    if is_own and row.organisation is not None:
        figures |= queries.figures_of_firm(row.organisation, today())
    versions = queries.serving(queries.catalogue(today()), row, reader)
    groups = fits_of(versions, figures, today())
    if groups:
        values = {"groups": groups, "is_own": is_own, "no_approval": NO_APPROVAL}
        yield Panel("finance/_beside.html", values, position=1)


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """What waits for the operators."""
    if may(person, "finance.read_all"):
        yield Tray(
            "products",
            "待审金融产品",
            count=queries.submitted_count,
            page=_products_page,
            waits=True,
            position=2,
        )


def _products_page(page: int) -> Panel:
    rows, arithmetic = queries.submitted_page(page)
    values = {
        "rows": rows,
        "page": arithmetic.clamp(page),
        "pages": arithmetic.pages,
    }
    return Panel("finance/_products_tray.html", values)


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done here, and what the permission table calls it."""
    lives = {
        "finance_product": ("金融产品", PRODUCT_LIFE),
        "finance_product_version": ("金融产品的一版", VERSION_LIFE),
        "firm_pack": ("融资资料包", PACK_LIFE),
    }
    for kind, (name, life) in lives.items():
        for deed, deed_name in life.deeds.items():
            yield f"{kind}.{deed}", f"{name}：{deed_name}"
    yield "finance.offer", "填报金融产品"
    yield "finance.review", "审核金融产品"
    yield "finance.read_all", "看金融业务"
    yield "finance.grant", "提供和撤回融资资料包"
    yield "finance.read_pack", "机构查看融资资料包"
    yield "finance.read_pack_file", "机构下载资料包的文件"
    yield "finance.read_pack_copy", "机构下载融资资料包"
    yield "job.finance_ends", "资料包到期"
