"""Pages of pairs: both texts beside one another, and the buttons."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.door import needs
from marketplace.duplicates import deeds, queries
from marketplace.forms import SeenForm
from marketplace.listings.differences import row_differences
from marketplace.permissions import operator
from marketplace.wording import in_quotes

blueprint = Blueprint("duplicates", __name__)
PAIR = "/mine/duplicates/<int:pair_id>"


@blueprint.get(PAIR)
@needs("duplicates.settle", of_thing=True)
def pair_page(pair_id: int) -> ResponseReturnValue:
    """Both texts, with what differs marked."""
    pair = queries.get_pair(pair_id, by=current_user)
    one, other = pair.rows
    return render_template(
        "duplicates/pair.html",
        pair=pair,
        rows=(one, other),
        differences=row_differences(one, other),
        as_operator=operator(current_user, pair),
    )


@blueprint.post(f"{PAIR}/merge")
@needs("duplicates.settle", of_thing=True)
def merge(pair_id: int) -> ResponseReturnValue:
    """Keep one, and withdraw the other one."""
    pair = queries.get_pair(pair_id, by=current_user)
    number = request.form.get("kept", type=persistence.row_number) or 0
    # Without a choice nothing is merged by default.
    if number not in (pair.one_id, pair.other_id):
        flash("没有选要保留的一条，没有合并。", "danger")
        return redirect(url_for("duplicates.pair_page", pair_id=pair.id), 303)
    kept, gone = deeds.merge_pair(
        pair, number, by=current_user, seen=SeenForm().seen_revision
    )
    flash(
        f"已保留{in_quotes(kept.title)}，{in_quotes(gone.title)}已撤下，可以撤销。",
        "success",
    )
    return redirect(url_for("duplicates.pair_page", pair_id=pair.id), 303)


@blueprint.post(f"{PAIR}/apart")
@needs("duplicates.settle", of_thing=True)
def apart(pair_id: int) -> ResponseReturnValue:
    """Remember that they are two."""
    pair = queries.get_pair(pair_id, by=current_user)
    deeds.keep_apart(pair, by=current_user, seen=SeenForm().seen_revision)
    flash("已记下：不是重复，以后不再提示。", "success")
    return _back()


@blueprint.post(f"{PAIR}/undo")
@needs("duplicates.settle", of_thing=True)
def undo(pair_id: int) -> ResponseReturnValue:
    """Take the decision back."""
    pair = queries.get_pair(pair_id, by=current_user)
    deeds.undo_decision(pair, by=current_user, seen=SeenForm().seen_revision)
    flash("已撤销，两条恢复原状。", "success")
    return redirect(url_for("duplicates.pair_page", pair_id=pair.id), 303)


def _back() -> ResponseReturnValue:
    if operator(current_user, None):
        return redirect(url_for("office.queue", tray="duplicates"), 303)
    return redirect(url_for("desk.mine"), 303)
