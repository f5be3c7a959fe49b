"""Pages of the audit: the log for the auditor, what of it goes out as CSV, and the checkpoint for everybody."""

from __future__ import annotations

from functools import partial
from operator import itemgetter
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from marketplace import contributions
from marketplace.audit import naming, publishing, queries, signals
from marketplace.audit.forms import read_filters
from marketplace.audit.looks import record_reading
from marketplace.clock import today
from marketplace.door import OPEN_PAGE, needs
from marketplace.downloads import as_download
from marketplace.errors import NotFound
from marketplace.extensions import limiter

blueprint = Blueprint("audit", __name__)


def init_app(app: Flask) -> None:
    """Listen to what happens at the door, and let pages of errors say what may have been a second press."""
    signals.connect(app)
    app.jinja_env.globals["has_just_saved"] = queries.has_just_saved


@blueprint.get("/audit")
@needs("audit.read")
def entries() -> ResponseReturnValue:
    """The log, narrowed by person, deed, thing and day."""
    form = read_filters(request.args)
    listed = queries.find_entries(form.filters, form.page)
    if form.page > listed.pages:
        last: dict[str, Any] = {**form.filters.values, "page": listed.pages}
        return redirect(url_for("audit.entries", **last))
    # Names of today, for the page only: entries hold numbers.
    actors = {line.entry.actor for line in listed.lines if line.entry.actor}
    absent = {line.values.get("in_place_of") for line in listed.lines}
    actors |= {number for number in absent if isinstance(number, int)}
    bodies = {
        line.entry.organisation for line in listed.lines if line.entry.organisation
    }
    return render_template(
        "audit/entries.html",
        listed=listed,
        form=form,
        people=queries.people_named(actors),
        organisations=queries.organisations_named(bodies),
        deeds=_named_deeds(),
        kinds=_named_kinds(),
        deed_name=partial(naming.deed_name, known=contributions.deed_names()),
        thing_name=naming.thing_name,
    )


def _named_deeds() -> list[tuple[str, str]]:
    """(code, name) of every deed there is an entry of, by name."""
    known = contributions.deed_names()
    named = [(code, naming.deed_name(code, known)) for code in queries.used_deeds()]
    return sorted(named, key=itemgetter(1))


def _named_kinds() -> list[tuple[str, str]]:
    """(code, name) of every kind of things, by name."""
    kinds = [(code, naming.thing_name(code)) for code in queries.table_names()]
    return sorted(
        [(code, name) for code, name in kinds if code != name], key=itemgetter(1)
    )


@blueprint.get("/audit.csv")
@needs("audit.export")
@limiter.limit("10/minute")
def export() -> ResponseReturnValue:
    """What the filters leave, as a file; that it was taken out is itself recorded first."""
    form = read_filters(request.args)
    rows = queries.export_rows(form.filters)
    # After the rows are there, so that a refused export leaves no entry; before they leave the house.
    record_reading("audit.export", values={"filters": form.filters.values})
    return as_download(rows, f"audit-{today():%Y%m%d}.csv")


@blueprint.get("/checkpoint")
@needs("public.read", stored=OPEN_PAGE)
def checkpoint() -> ResponseReturnValue:
    """The newest signed checkpoint, for everybody who wants to hold the site to it."""
    note = publishing.published_note()
    if note is None:
        raise NotFound("还没有签过检查点。", "每天夜里签一次，请明天再来。")
    return Response(note, mimetype="text/plain")


@blueprint.get("/checkpoint/<int:size>")
@needs("public.read", stored=OPEN_PAGE)
def earlier_checkpoint(size: int) -> ResponseReturnValue:
    """An earlier checkpoint by its size: what was proven against it is verified with it for ever."""
    return Response(publishing.note_of_size(size), mimetype="text/plain")
