"""Accounts: people, their sign-in, their roles and their places in organisations."""

from __future__ import annotations

from marketplace.accounts.queries import unreachable

__all__ = ["unreachable"]
