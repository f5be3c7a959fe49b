"""Who may read the year of an organisation: a predicate of the permission table."""

from __future__ import annotations

from typing import Any

from marketplace.permissions import Reader


def desk_of_organisation(person: Reader, thing: Any) -> bool:
    """The desk of the organisation that the thing is."""
    # Of no organisation at all the answer is no.
    return getattr(thing, "id", None) in person.handled_ids
