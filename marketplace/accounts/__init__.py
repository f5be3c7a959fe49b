"""Accounts: people, their sign-in, their roles and their places in organisations.

Here: what the room offers to the other rooms (`marketplace/contributions.py`).
"""

from __future__ import annotations

from marketplace.accounts.contributed import (
    deed_names,
    nav,
    removals,
    task_count,
    tasks,
)
from marketplace.accounts.mail import notice_kinds
from marketplace.accounts.places import move_back, move_between
from marketplace.accounts.queries import unreachable

__all__ = [
    "deed_names",
    "move_back",
    "move_between",
    "nav",
    "notice_kinds",
    "removals",
    "task_count",
    "tasks",
    "unreachable",
]
