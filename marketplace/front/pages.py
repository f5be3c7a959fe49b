"""Pages of the front. What they show is read through the rooms below; nothing is decided here."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from marketplace.door import needs

blueprint = Blueprint("front", __name__)


@blueprint.get("/healthz")
@needs("public.read")
def healthz() -> ResponseReturnValue:
    """Alive: the process answers."""
    return {"status": "ok"}
