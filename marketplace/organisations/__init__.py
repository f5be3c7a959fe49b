"""Organisations: firms, universities, institutes and service bodies, known by their 统一社会信用代码.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.permissions import Deeds, operator

DEEDS: Deeds = {
    "organisation.verify": (operator,),
}
