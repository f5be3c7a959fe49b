"""Pages of reports: which there are, the year of an institution on screen, on paper and as a workbook, open data."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.audit.looks import record_reading
from marketplace.clock import now, today
from marketplace.door import needs
from marketplace.downloads import as_download
from marketplace.errors import NotFound
from marketplace.extensions import limiter
from marketplace.permissions import may
from marketplace.reports import queries
from marketplace.reports.releases import package_of, package_text
from marketplace.reports.workbooks import MODE_HEADER, SOURCES, workbook_of
from marketplace.reports.yearly import (
    YearReport,
    mode_name,
    report_of,
    years_by_seller,
    years_of,
)

blueprint = Blueprint("reports", __name__)
REPORT = "/reports/organisations/<int:organisation_id>/<int:number>"


@blueprint.get("/reports")
@needs("mine.read")
def overview() -> ResponseReturnValue:
    """The organisations whose years one may read, and open data for who supervises."""
    rows = queries.organisations_for(current_user)
    reported = years_by_seller([one.id for one in rows], today())
    may_export = may(current_user, "ledger.export")
    return render_template(
        "reports/overview.html",
        rows=[(one, reported[one.id]) for one in rows],
        may_export=may_export,
        years=queries.process_years() if may_export else [],
    )


@blueprint.get(REPORT)
@needs("report.read", of_thing=True)
def yearly(organisation_id: int, number: int) -> ResponseReturnValue:
    """The report of an institution for a year."""
    report = _report(organisation_id, number)
    return render_template(
        "reports/yearly.html",
        report=report,
        years=years_of(report.organisation, today()),
        header=MODE_HEADER,
        sources=SOURCES,
        mode_name=mode_name,
    )


@blueprint.get(f"{REPORT}.xlsx")
@needs("report.read", of_thing=True)
@limiter.limit("60/hour")
def workbook(organisation_id: int, number: int) -> ResponseReturnValue:
    """The same as a workbook; that it was taken out is recorded first."""
    report = _report(organisation_id, number)
    record_reading(
        "report.export",
        kind="organisation",
        thing=organisation_id,
        values={"year": number},
    )
    return as_download(workbook_of(report), f"report-{organisation_id}-{number}.xlsx")


@blueprint.get("/reports/ocds.json")
@needs("ledger.export")
@limiter.limit("20/hour")
def ocds() -> ResponseReturnValue:
    """Deals and contracts as releases, of all years or of the one in the address."""
    year = request.args.get("year", type=persistence.row_number)
    package = package_of(
        queries.processes(year),
        address=url_for("reports.ocds", year=year, _external=True),
        publisher=current_app.config["SITE"].name,
        at=now(),
    )
    # Before the answer: what could not be recorded is not handed out (decision 048).
    record_reading("ledger.export", values={"year": year})
    return as_download(package_text(package), f"ocds-{year or 'all'}-{today()}.json")


def _report(organisation_id: int, year: int) -> YearReport:
    organisation = queries.get_organisation(organisation_id, by=current_user)
    # Else any number in the address would make a page, and years to come would look like years without a contract.
    if year not in years_of(organisation, today()):
        raise NotFound("没有这一年的报告。", "年份在报告页的上方选。")
    return report_of(organisation, year, today())
