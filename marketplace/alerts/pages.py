"""Pages of saved searches: the list of one's own, saving one and taking it away."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.alerts import deeds, queries
from marketplace.catalogue.facets import facet_names
from marketplace.catalogue.search_state import SearchState
from marketplace.door import needs

blueprint = Blueprint("alerts", __name__)


@blueprint.get("/mine/searches")
@needs("alerts.save")
def own() -> ResponseReturnValue:
    """The searches that the reader has saved."""
    rows = []
    names = facet_names()
    replaced = queries.read_replaced()
    for search in queries.saved_searches(current_user):
        state = queries.state_of(search, names, replaced)
        rows.append((search, queries.name_of(search, state, names), state.address))
    return render_template("alerts/own.html", rows=rows)


@blueprint.post("/mine/searches")
@needs("alerts.save")
def save() -> ResponseReturnValue:
    """Save a search, and lead back to it."""
    state = SearchState.from_address(request.form, facet_names())
    deeds.save_search(state, by=current_user)
    flash("已保存。有新发布的，每天早上通知您一次；在「我的」里可以删去。", "success")
    return redirect(state.address, 303)


@blueprint.post("/mine/searches/<int:search_id>/remove")
@needs("alerts.save")
def remove(search_id: int) -> ResponseReturnValue:
    """Take a saved search away."""
    # One answer for another person's and for none at all: numbers tell nothing.
    search = queries.own_search(search_id, current_user)
    if search is None:
        flash("这个检索不在您保存的里面，可能已经删去了。")
        return redirect(url_for("alerts.own"), 303)
    # Before it is gone: a deleted row cannot be read after the commit.
    names = facet_names()
    state = queries.state_of(search, names, queries.read_replaced())
    name = queries.name_of(search, state, names)
    deeds.remove_search(search, by=current_user)
    flash(f"已删去检索 {name}，不再提醒。", "success")
    return redirect(url_for("alerts.own"), 303)
