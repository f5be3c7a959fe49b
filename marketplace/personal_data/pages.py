"""Pages of one's own data. Nobody else's are reached from here: no address names a person."""

from __future__ import annotations

import io
import json
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import logout_user

from marketplace import persistence
from marketplace.accounts import contact_consents, person_deeds
from marketplace.accounts.sessions import present_person
from marketplace.audit.looks import record_reading
from marketplace.door import OPEN_PAGE, needs
from marketplace.downloads import as_download
from marketplace.errors import Invalid, MarketError
from marketplace.memberships.queries import way_out
from marketplace.personal_data import deeds, queries
from marketplace.personal_data.forms import ClosingForm
from marketplace.retention import PERIODS
from marketplace.workbooks import Workbook

blueprint = Blueprint("personal_data", __name__)
MAX_SHEET_NAME = 31  # characters, of Excel


@blueprint.get("/account/data")
@needs("personal_data.read")
def own() -> ResponseReturnValue:
    """我的数据: what is held, who looked, consents."""
    person = present_person()
    consents = []
    for kind, (name, text) in contact_consents.CONSENTS.items():
        consents.append(
            (kind, name, text, contact_consents.current_consent(person, kind))
        )
    # Read once for the list and for the copy whose rows are counted.
    views = queries.contact_views(person)
    copy = queries.copy_of(person, views)
    return render_template(
        "personal_data/own.html",
        person=person,
        counts={name: len(rows) for name, rows in copy.items()},
        views=views,
        consents=consents,
    )


@blueprint.get("/account/data.json")
@needs("personal_data.read")
def as_json() -> ResponseReturnValue:
    """A copy for programs."""
    text = json.dumps(_recorded_copy(), ensure_ascii=False, indent=2)
    return as_download(text, "my-data.json")


@blueprint.get("/account/data.xlsx")
@needs("personal_data.read")
def as_workbook() -> ResponseReturnValue:
    """A copy for people."""
    file = io.BytesIO()
    with Workbook(file) as book:
        for name, rows in _recorded_copy().items():
            header = list(rows[0]) if rows else ["没有"]
            book.add_table(name[:MAX_SHEET_NAME], header, map(_cells, rows))
    return as_download(file.getvalue(), "my-data.xlsx")


def _cells(row: dict[str, Any]) -> list[str]:
    cells = []
    for value in row.values():
        cells.append("" if value is None else str(value))
    return cells


@blueprint.post("/account/data/consents/<kind>/<choice>")
@needs("personal_data.change")
def consent(kind: str, choice: str) -> ResponseReturnValue:
    """Give or withdraw one consent."""
    given = choice == "give"
    person_deeds.set_consent(present_person(), kind, given=given)
    name = contact_consents.CONSENTS[kind][0]
    flash(f"已{'同意' if given else '撤回同意'}：{name}。", "success")
    return redirect(url_for("personal_data.own"), 303)


@blueprint.route("/account/close", methods=["GET", "POST"])
@needs("personal_data.change")
def close() -> ResponseReturnValue:
    """注销: close one's account."""
    form = ClosingForm()
    error: MarketError | None = None
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                deeds.close_own_account(present_person(), password=form.password.data)
            except Invalid as problem:
                form.password.errors = problem.problems["password"]
            except MarketError as refusal:
                # The page asks the database again; others must not wait for it.
                persistence.stop_writing()
                error, status = refusal, 409
            else:
                logout_user()
                flash("账号已注销，个人信息已删除。", "success")
                return redirect(url_for("catalogue.home"), 303)
    page = render_template(
        "personal_data/close.html",
        form=form,
        error=error,
        alone=[
            place.organisation.name
            for place in present_person().memberships
            if way_out(place) == "alone"
        ],
    )
    return page, status


@blueprint.get("/retention")
@needs("retention.read", stored=OPEN_PAGE)
def retention() -> ResponseReturnValue:
    """保存期限: what is stored, how long and why."""
    return render_template("personal_data/retention.html", periods=PERIODS.values())


def _recorded_copy() -> dict[str, list[dict[str, Any]]]:
    """What is held of the reader, once it is recorded that it was taken."""
    person = present_person()
    # Before the copy is made: what cannot be recorded is not handed out.
    record_reading("personal_data.copy", kind="person", thing=person.id)
    return queries.copy_of(person, queries.contact_views(person))
