"""Who may see what of the room: the predicates of the permission table that are its own."""

from __future__ import annotations

from typing import Any

from marketplace.permissions import Reader, acting_person


def of_institution(person: Reader, thing: Any) -> bool:
    """Who acts for the institution to which a firm has granted a pack."""
    number = getattr(thing, "institution_id", None)
    return number is not None and number in acting_ids(person)


def acting_ids(person: Reader) -> frozenset[int]:
    """The verified organisations for which somebody acts in matters of money: whose desk or people they look after."""
    if not acting_person(person, None):
        return frozenset()
    # Not every member: consents and loans bind the organisation, and its desk or administrators answer for it.
    looked_after = {*person.handled_ids, *person.administered_ids}
    return frozenset(looked_after & set(person.verified_ids))


def acts_for(person: Reader, thing: Any) -> bool:
    """Who acts in matters of money for the organisation that owns a thing."""
    number = getattr(thing, "organisation_id", None)
    return number is not None and number in acting_ids(person)
