"""What the room lays out for the frame of pages, for hubs and for the pages of demands for money."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from flask import request, url_for

from marketplace.accounts.models import Person
from marketplace.clock import today
from marketplace.contributions import Link, Panel, Task, Tray
from marketplace.counting import Count
from marketplace.finance import (
    investor_queries,
    loan_queries,
    pack_queries,
    queries,
)
from marketplace.finance.content import NO_APPROVAL
from marketplace.finance.disclosure import acting_ids
from marketplace.finance.fitting import fits_of
from marketplace.finance.life import (
    LOAN_LIFE,
    PACK_LIFE,
    PRODUCT_LIFE,
    REQUEST_LIFE,
    VERSION_LIFE,
)
from marketplace.listings.models import Demand
from marketplace.permissions import Reader, may
from marketplace.wording import day as day_words


def nav(reader: Reader) -> Iterator[Link]:
    """The catalogue in the header, next to the policies; the list of loans in the hub of the operators."""
    address = url_for("finance.catalogue")
    current: Literal["", "page", "true"] = ""
    if request.endpoint == "finance.catalogue":
        current = "page"
    elif request.endpoint == "finance.product":
        current = "true"
    yield Link("金融", address, "header", current, position=1)
    yield Link("金融产品", address, "footer")
    if may(reader, "finance.read_all"):
        yield Link("贷款备案台账", url_for("finance.office_loans"), "operators")


def panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """On a published demand for money: products by their rules; figures of the firm for its own people only."""
    if not isinstance(row, Demand) or row.need != "capital" or row.state != "published":
        return
    figures = queries.figures_of_demand(row, reader)
    # What the platform has checked of a firm is for its own people: others see what the demand says (133).
    is_own = row.organisation_id in reader.organisation_ids
    if is_own and row.organisation is not None:
        figures |= queries.figures_of_firm(row.organisation, today())
    # By the view of this reader, as the figures: what a demand hides chooses no product either.
    versions = queries.serving(queries.catalogue(today()), row, reader)
    groups = fits_of(versions, figures, today())
    if groups:
        values = {"groups": groups, "is_own": is_own, "no_approval": NO_APPROVAL}
        yield Panel("finance/_demand_products.html", values, position=1)


def search_panels(state: Any, reader: Reader) -> Iterator[Panel]:
    """Above the results of a search that asks for a loan, a guarantee or the like: the products of today."""
    # Once, above the first results: who turns pages has seen them.
    if state.page > 1:
        return
    # By the words alone: a search for anything else reads nothing from the database for this.
    kinds = queries.wanted_kinds(state.text)
    if kinds:
        values = {"versions": queries.catalogue(today(), kinds)}
        yield Panel("finance/_search_products.html", values, position=-1)


def known_figures(
    organisation_id: int, day: date
) -> Iterator[tuple[str, bool | Decimal, str]]:
    """What clauses ask about loans, by those that banks have filed."""
    # The estimate shows it next to the answers: a firm may know of a loan that no bank has filed.
    source = "贷款的情况取自银行申报、主管部门备案的贷款，可以改。"
    for name, value in loan_queries.figures_of_borrower(organisation_id, day):
        yield name, value, source


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
        yield Tray(
            "loans",
            "待备案贷款",
            count=loan_queries.filed_count,
            page=_loans_page,
            waits=True,
            position=2,
        )


def tasks(person: Reader) -> Iterator[Task]:
    """The funds that wait for an answer."""
    for row in investor_queries.waiting_for(person):
        yield Task(
            kind_name="投资机构的了解",
            title=row.demand.title,
            url=url_for("finance.interest", interest_id=row.id),
            state="等您答复",
            since=row.created_at,
            dated=("提出", f"{day_words(row.created_at)} 提出"),
            note=f"{row.investor.name}想了解是哪家企业。{row.message}",
            button="去答复",
        )


def task_count(person: Reader) -> Count | int:
    """How many they are."""
    return investor_queries.waiting_count(person)


def sections(person: Reader, filters: Mapping[str, str]) -> Iterator[Panel]:
    """On 我的: the ways to products, packs and loans, for who acts; left out of a list that is narrowed."""
    if filters:
        return
    acting = acting_ids(person)
    kinds = set()
    for one in getattr(person, "organisations", ()):
        if one.id in acting:
            kinds.add(one.kind)
    if kinds:
        values = {
            "is_institution": "financial" in kinds,
            "is_firm": bool(kinds - {"financial"}),
        }
        yield Panel("finance/_section.html", values, position=4)


def personal_copy(person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What a person let institutions see in the name of their firm, for the copy of their data."""
    rows = []
    # By who gave the consent: it is theirs to know, whoever looks after the firm today.
    for pack in pack_queries.consented_by(person):
        rows.append(
            {
                "提供给": pack.institution.name,
                "用途": pack.purpose,
                "同意": pack.created_at.isoformat(),
                "可看到": pack.until.isoformat(),
                "状态": pack.state_name,
                "SHA-256": pack.sha256,
            }
        )
    yield "融资资料包", rows


def _loans_page(page: int) -> Panel:
    rows, arithmetic = loan_queries.filed_page(page)
    values = {
        "rows": rows,
        "page": arithmetic.clamp(page),
        "pages": arithmetic.pages,
    }
    return Panel("finance/_loans_tray.html", values)


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
        "filed_loan": ("贷款备案", LOAN_LIFE),
        "investor_request": ("投资机构的了解", REQUEST_LIFE),
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
    yield "finance.file_loan", "申报贷款备案"
    yield "finance.decide_loan", "办理贷款备案"
    yield "finance.read_loan", "看备案的贷款"
    yield "finance.export_loans", "导出贷款备案台账"
    yield "finance.invest", "投资偏好和了解企业"
    yield "finance.answer", "答复投资机构"
    yield "finance.catalogue", "看哪些金融产品对得上"
    yield "job.finance-ends", "资料包到期"
