"""Pages of brokerage: cases with their board, and the ledger."""

from __future__ import annotations

from marketplace.brokerage.pages import cases, ledger
from marketplace.brokerage.pages.blueprint import blueprint

__all__ = ["blueprint", "cases", "ledger"]
