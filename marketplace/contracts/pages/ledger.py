"""Pages of the ledger: its sums with the rows behind each, the register in and out."""

from __future__ import annotations

from flask import (
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.clock import today
from marketplace.contracts import ledger, list_deeds, queries
from marketplace.contracts.columns import COLUMNS, NEEDED
from marketplace.contracts.forms import ImportForm
from marketplace.contracts.ledger import Filters
from marketplace.contracts.life import ENTRY_KINDS
from marketplace.contracts.pages.blueprint import blueprint
from marketplace.contracts.rollup import total_of
from marketplace.deals.life import CONTRACT_TYPES
from marketplace.door import needs
from marketplace.downloads import as_download
from marketplace.errors import Invalid
from marketplace.persistence import Page

GROUPS = {
    "year": "年份",
    "organisation": "卖方",
    "type": "合同类型",
    "field": "技术领域",
    "district": "卖方所在地",
}
SIZE = 50


@blueprint.get("/office/contracts", endpoint="ledger")
@needs("ledger.read")
def show_ledger() -> ResponseReturnValue:
    """Sums by year, organisation, type, field and district; each number leads to its rows."""
    filters = _filters()
    rows = ledger.matching(ledger.all_rows(), filters)
    reading, lines = ledger.reading_on(today())
    page = request.args.get("page", 1, type=persistence.row_number) or 1
    arithmetic = Page(len(rows), SIZE)
    first = arithmetic.offset(page)
    newest = list(reversed(rows))
    groups = []
    for name, words in GROUPS.items():
        if name not in filters.address:
            groups.append((name, words, ledger.grouped(rows, name, filters)))
    return render_template(
        "contracts/ledger.html",
        filters=filters,
        chosen=_chosen(filters, rows),
        sums=total_of(row.line for row in rows),
        groups=groups,
        subsidies=ledger.subsidies(rows, reading, filters) if reading else [],
        readings=lines,
        rows=newest[first : first + SIZE],
        page=arithmetic.clamp(page),
        pages=arithmetic.pages,
        wan=ledger.wan,
        types=CONTRACT_TYPES,
        kinds=ENTRY_KINDS,
    )


@blueprint.get("/office/contracts/register.xlsx")
@needs("ledger.read")
def download() -> ResponseReturnValue:
    """The register as a workbook, narrowed as the page is."""
    rows = ledger.matching(ledger.all_rows(), _filters())
    numbers = list(dict.fromkeys(row.line.contract for row in rows))
    content = list_deeds.export_register(queries.by_number(numbers))
    return as_download(content, f"register-{today()}.xlsx")


@blueprint.route("/office/contracts/import", methods=["GET", "POST"])
@needs("ledger.import", writes=False, takes_files=True)
def bring_in() -> ResponseReturnValue:
    """Take a list of the register in: every row or none."""
    form = ImportForm()
    if not form.is_submitted():
        return _import_page(form)
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            message = "请选择文件。"
            raise Invalid(message, problems={"file": [message]})
        outcome = list_deeds.import_register(
            sent.stream, sent.filename, by=current_user
        )
    except Invalid as error:
        form.blame(error.problems or {"file": [error.message]}, "file")
        return _import_page(form), 422
    words = f"新增 {outcome.added} 份，登记平台上的合同 {outcome.registered} 份，已有 {outcome.known} 份。"
    flash(words, "success")
    for remark in outcome.remarks:
        flash(remark, "warning")
    if outcome.voided:
        flash(
            f"和双方确认的文本不一样，确认已失效、没有登记：{'、'.join(outcome.voided)}。",
            "warning",
        )
    return redirect(url_for("contracts.ledger"), 303)


def _import_page(form: ImportForm) -> str:
    return render_template(
        "contracts/import.html", form=form, columns=COLUMNS, needed=NEEDED
    )


@blueprint.get("/contracts")
@needs("public.read")
def sums() -> ResponseReturnValue:
    """For everybody: sums of each year, and nobody's name."""
    rows = ledger.all_rows()
    years = ledger.grouped(rows, "year", Filters())
    return render_template(
        "contracts/sums.html",
        sentence=ledger.sentence(rows, today().year),
        years=years,
        wan=ledger.wan,
    )


def _filters() -> Filters:
    found = {name: request.args.get(name, "")[:200] for name in GROUPS}
    return Filters(**found)


def _chosen(
    filters: Filters, rows: list[ledger.Row]
) -> list[tuple[str, dict[str, str]]]:
    """What it is narrowed to in words, and the address without it."""
    found = []
    for name, value in filters.address.items():
        groups = ledger.grouped(rows, name, filters)
        words = groups[0].name if groups else value.removeprefix("~")
        rest = {other: one for other, one in filters.address.items() if other != name}
        found.append((f"{GROUPS[name]}：{words}", rest))
    return found
