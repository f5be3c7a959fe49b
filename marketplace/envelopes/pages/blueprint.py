"""The blueprint that the pages of this room belong to."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("envelopes", __name__)
