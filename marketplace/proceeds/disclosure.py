"""Who may have the statement of what one inventor gets: the predicates of the permission table, for one share."""

from __future__ import annotations

from typing import Any

from marketplace.contracts.disclosure import of_seller
from marketplace.permissions import Reader, acting_person
from marketplace.proceeds.models import InventorShare


def its_person(person: Reader, thing: Any) -> bool:
    """The inventor to whom the holder has given their own statement, wherever they work now."""
    # The permission table passes things of any room.
    if not isinstance(thing, InventorShare) or not acting_person(person, thing):
        return False
    # A guest has no number either: two Nones must not meet.
    return thing.person_id is not None and thing.person_id == person.id


def its_holder(person: Reader, thing: Any) -> bool:
    """Who shares the income of its contract."""
    if not isinstance(thing, InventorShare):
        return False
    return of_seller(person, thing.distribution.contract)
