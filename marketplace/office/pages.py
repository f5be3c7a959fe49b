"""The office: one page with everything that waits for the operators.

What waits is read in the rooms it belongs to; deciding on one thing is a page of its room.
"""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.door import needs
from marketplace.listings import review_queue
from marketplace.listings.models import KIND_NAMES, LISTINGS

blueprint = Blueprint("office", __name__, url_prefix="/office")
TRAY_NAMES = {"waiting": "待审核", "published": "已发布", "suspended": "已暂停"}


@blueprint.get("/review")
@needs("office.read")
def queue() -> ResponseReturnValue:
    """What waits for review, longest first; or what is published or suspended."""
    tray = (
        request.args.get("tray", "")
        if request.args.get("tray") in review_queue.TRAYS
        else "waiting"
    )
    kind, page = _kind_filter(), request.args.get("page", 1, type=int)
    return render_template(
        "office/queue.html",
        queue=review_queue.review_queue(
            by=current_user, tray=tray, kind=kind, page=page
        ),
        tray=tray,
        trays=TRAY_NAMES,
        kind=kind,
        kinds=KIND_NAMES,
        days_since=review_queue.days_since,
    )


def _kind_filter() -> str:
    """The kind the queue is narrowed to."""
    kind = request.args.get("kind", "")
    return kind if kind in LISTINGS else ""
