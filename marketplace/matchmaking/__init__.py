"""Ranked matches both ways, the trial of a pasted text, the evidence of a pair, and how ranking works.

Imported here is what the room offers to pages of other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.matchmaking.panels import panels, previews

__all__ = ["panels", "previews"]
