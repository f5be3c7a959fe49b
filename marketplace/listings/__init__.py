"""Achievements and demands: their fields, their life, who may know what of them, and their pages.

Imported here is what the room offers to pages of other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.listings.queries import chain_uses

__all__ = ["chain_uses"]
