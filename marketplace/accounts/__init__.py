"""Accounts: people, the organisations they belong to, and their roles.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.accounts.background import jobs
from marketplace.accounts.contributed import nav, task_count, tasks
from marketplace.permissions import Deeds, operator

__all__ = ["DEEDS", "jobs", "nav", "task_count", "tasks"]

DEEDS: Deeds = {
    "organisation.verify": (operator,),
}
