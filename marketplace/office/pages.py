"""The operators' queues: a tab for each tray of each room, and a page of the one that is open.

What lies in a tray is read and laid out in its room; deciding on one thing is a page of that room.
"""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import contributions
from marketplace.contributions import Tray
from marketplace.door import needs

blueprint = Blueprint("office", __name__, url_prefix="/office")


@blueprint.get("/review")
@needs("office.read")
def queue() -> ResponseReturnValue:
    """One tray: the one that the address names, else one in which something waits."""
    trays = contributions.trays(current_user, request.args)
    chosen = _chosen_tray(trays)
    tabs = []
    for tray, url in contributions.tray_addresses(trays):
        tabs.append((tray.name, url, tray is chosen, int(tray.count())))
    page = request.args.get("page", 1, type=int)
    return render_template("office/queue.html", tabs=tabs, panel=chosen.page(page))


def _chosen_tray(trays: list[Tray]) -> Tray:
    """The tray that the address names, else the first in which something waits, else the first that holds anything."""
    code = request.args.get("tray")
    for tray in trays:
        if tray.code == code:
            return tray
    # An empty first tab would say that there is nothing to do while the others wait.
    filled = [tray for tray in trays if int(tray.count())]
    waiting = [tray for tray in filled if tray.waits]
    return next(iter([*waiting, *filled, *trays]))
