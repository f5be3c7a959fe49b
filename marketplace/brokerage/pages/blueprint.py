"""The blueprint of brokerage, on which each file of pages declares its views."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("brokerage", __name__)
