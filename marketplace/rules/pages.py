"""The pages of the dated values: all of them, the versions of one, and a new version. What is done is in `deeds.py`."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.clock import today
from marketplace.door import OPEN_PAGE, needs
from marketplace.errors import Invalid, Stale
from marketplace.permissions import may
from marketplace.rules import deeds, queries
from marketplace.rules.forms import VersionForm
from marketplace.rules.seed_files import read_values

blueprint = Blueprint("rules", __name__)


def init_app(_app: Flask) -> None:
    """Read the files at the start: what is wrong in them is told then, and not when a deal needs a value.

    Raises:
        FaultyFileError: a file is wrong; the text names it and the line.
    """
    read_values()


@blueprint.get("/rules")
@needs("public.read", stored=OPEN_PAGE)
def overview() -> ResponseReturnValue:
    """Every value as it stands today."""
    rows = queries.list_present(today())
    return render_template("rules/overview.html", rows=rows, day=today())


@blueprint.get("/rules/<key>")
@needs("public.read", stored=OPEN_PAGE)
def versions(key: str) -> ResponseReturnValue:
    """The versions of one value."""
    rows = queries.list_versions(key)
    return render_template(
        "rules/versions.html",
        rows=rows,
        day=today(),
        may_edit=may(current_user, "rules.edit"),
    )


@blueprint.route("/rules/<key>/new", methods=["GET", "POST"])
@needs("rules.edit")
def add(key: str) -> ResponseReturnValue:
    """Add a version to a value."""
    rows = queries.list_versions(key)
    newest = rows[0]
    # Never with the first day of the newest: sent by mistake, it would replace that version altogether.
    form = VersionForm(obj=newest, valid_from=None)
    if form.is_fresh:
        form.seen.data = str(newest.number)
    if not form.is_submitted():
        return render_template("rules/new.html", form=form, rows=rows)
    try:
        with form.judged_whole():
            deeds.add_version(
                key,
                form.data,
                form.valid_from.data,
                by=current_user,
                seen=form.seen_revision,
            )
    except Invalid as error:
        form.blame(error.problems)
        return render_template("rules/new.html", form=form, rows=rows), 422
    except Stale as error:
        rows = queries.list_versions(key)
        # With the newest number: who has compared both may send theirs again, on purpose.
        form.seen.data = str(rows[0].number)
        page = render_template("rules/new.html", form=form, rows=rows, error=error)
        return page, 409
    flash("新版本已保存，从写明的那一天起按它计算。", "success")
    return redirect(url_for("rules.versions", key=key), 303)
