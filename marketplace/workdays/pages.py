"""The operators' pages of announced days. What is done is in `deeds.py`."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.clock import today
from marketplace.door import needs
from marketplace.errors import Invalid, Stale
from marketplace.workdays import calendar, deeds, queries
from marketplace.workdays.forms import YearForm
from marketplace.workdays.models import HolidayYear
from marketplace.workdays.written_days import WrittenDay, write_days

blueprint = Blueprint("workdays", __name__, url_prefix="/office")


def init_app(app: Flask) -> None:
    """Let every template say how long a station takes: one number, wherever it is said."""
    app.jinja_env.globals["station_days"] = {
        "desk": calendar.DESK_DAYS,
        "operator": calendar.OPERATOR_DAYS,
        "verify": calendar.VERIFY_DAYS,
    }


@blueprint.get("/workdays")
@needs("workdays.edit")
def years() -> ResponseReturnValue:
    """The years of the table, and until when the days are known."""
    rows = queries.list_years(by=current_user)
    known_until = queries.load_calendar().known_until(today())
    lines = [(row, *_written(row)) for row in rows]
    return render_template("workdays/years.html", lines=lines, known_until=known_until)


@blueprint.route("/workdays/new", methods=["GET", "POST"], defaults={"number": None})
@blueprint.route("/workdays/<int:number>", methods=["GET", "POST"])
@needs("workdays.edit")
def year(number: int | None) -> ResponseReturnValue:
    """Add a year, or change its days."""
    row = None
    if number is not None:
        row = queries.get_year(number, by=current_user)
    form = _year_form(row)
    if form.is_fresh:
        form.seen.data = str(row.revision) if row else ""
    if not form.is_submitted():
        return _year_page(form, row)
    if row is not None:
        # The year is the key of what is edited: whatever a form sends for it, it stays.
        form.year.data = row.year
    try:
        with form.judged_whole():
            saved = deeds.save_year(
                form.year.data,
                status=form.status.data or "",
                source=form.source.data or "",
                off=form.off.data or "",
                working=form.working.data or "",
                by=current_user,
                seen=form.seen_revision if row else None,
            )
    except Invalid as error:
        form.blame(error.problems)
        return _year_page(form, row, 422)
    except Stale as error:
        row = queries.get_year(number or 0, by=current_user)
        form.seen.data = str(row.revision)
        return _year_page(form, row, 409, error=error)
    flash(f"{saved.year} 年的工作日已保存，期限按它计算。", "success")
    return redirect(url_for("workdays.years"), 303)


def _written(row: HolidayYear) -> tuple[str, str]:
    """Days off and working days of a year, as lines."""
    days = [WrittenDay(one.day, one.works, one.name) for one in row.days]
    off = [one for one in days if not one.works]
    working = [one for one in days if one.works]
    return write_days(off), write_days(working)


def _year_form(row: HolidayYear | None) -> YearForm:
    if row is None:
        return YearForm(year=today().year + 1, status="announced")
    off, working = _written(row)
    return YearForm(
        year=row.year, status=row.status, source=row.source, off=off, working=working
    )


def _year_page(
    form: YearForm,
    row: HolidayYear | None,
    status: int = 200,
    *,
    error: Stale | None = None,
) -> ResponseReturnValue:
    present = _written(row) if row is not None else ("", "")
    page = render_template(
        "workdays/year.html", form=form, row=row, present=present, error=error
    )
    return page, status
