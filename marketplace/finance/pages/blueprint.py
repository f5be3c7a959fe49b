"""The blueprint of the room, on which each file of pages declares its views."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("finance", __name__)
