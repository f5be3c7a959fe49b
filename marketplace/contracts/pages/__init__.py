"""Pages of contracts, a file for each kind; importing them puts their views on the blueprint."""

from __future__ import annotations

from marketplace.contracts.pages import contract, filing, ledger
from marketplace.contracts.pages.blueprint import blueprint

__all__ = ["blueprint", "contract", "filing", "ledger"]
