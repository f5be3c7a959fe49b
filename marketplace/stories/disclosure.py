"""Who belongs to a story, or to the contract of which one is written: the predicates of the permission table."""

from __future__ import annotations

from typing import Any

from marketplace.contracts.disclosure import of_buyer, of_seller
from marketplace.permissions import Reader


def of_either(person: Reader, thing: Any) -> bool:
    """Who acts for one of the two sides of its contract."""
    # A contract has no contract: the same predicate serves before and after there is a story.
    contract = getattr(thing, "contract", thing)
    return of_seller(person, contract) or of_buyer(person, contract)
