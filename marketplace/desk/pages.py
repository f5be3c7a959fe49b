"""我的: what waits for the reader, and the sections of the rooms whose things are theirs.

What stands on it is read and laid out in those rooms; nothing is known of them here.
"""

from __future__ import annotations

from flask import Blueprint, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import contributions
from marketplace.door import needs

blueprint = Blueprint("desk", __name__)


@blueprint.get("/mine")
@needs("mine.read")
def mine() -> ResponseReturnValue:
    """What waits for the reader, what waits for the operators, and then the sections of the rooms."""
    trays = contributions.trays(current_user, {})
    queues = []
    for tray, url in contributions.tray_addresses(trays):
        if tray.waits:
            queues.append((tray.name, int(tray.count()), url))
    return render_template(
        "desk/mine.html",
        tasks=contributions.tasks(current_user),
        queues=queues,
        queued=any(count for _, count, _ in queues),
        sections=contributions.sections(current_user, request.args),
        kept=session.pop("kept", ""),
    )
