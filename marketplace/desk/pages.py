"""我的: what waits for the reader, the listings of their organisations, and their drafts.

What waits is read in the rooms it belongs to; the forms and buttons of a listing are pages of that room.
"""

from __future__ import annotations

from flask import Blueprint, Flask, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.door import needs
from marketplace.listings import worklists
from marketplace.listings.models import DEMAND_LIFE, KIND_NAMES, LISTINGS

blueprint = Blueprint("desk", __name__)


def init_app(app: Flask) -> None:
    """Make the number of waiting things known to the header of every page."""
    app.context_processor(
        lambda: {
            "waiting_count": worklists.waiting_count(current_user)
            if current_user.is_authenticated
            else 0
        }
    )


@blueprint.get("/mine")
@needs("mine.read")
def mine() -> ResponseReturnValue:
    """What waits, then the listings, then the drafts."""
    kind = request.args.get("kind", "") if request.args.get("kind") in LISTINGS else ""
    state = (
        request.args.get("state", "")
        if request.args.get("state") in DEMAND_LIFE.names
        else ""
    )
    sheet = worklists.own_listings(
        current_user, kind=kind, state=state, page=request.args.get("page", 1, type=int)
    )
    return render_template(
        "desk/mine.html",
        waiting=worklists.waiting_for(current_user),
        sheet=sheet,
        drafts=worklists.own_drafts(current_user),
        kind=kind,
        state=state,
        kinds=KIND_NAMES,
        states=DEMAND_LIFE.names,
        kept=session.pop("kept", ""),
    )
