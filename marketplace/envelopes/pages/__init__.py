"""Pages of envelopes, a file for each kind; importing them puts their views on the blueprint."""

from __future__ import annotations

from marketplace.envelopes.pages import claims, cohorts, envelopes, reviewing
from marketplace.envelopes.pages.blueprint import blueprint

__all__ = ["blueprint", "claims", "cohorts", "envelopes", "reviewing"]
