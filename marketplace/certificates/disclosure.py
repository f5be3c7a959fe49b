"""Who belongs to a certificate: the predicates of the permission table, for one row."""

from __future__ import annotations

from typing import Any

from marketplace.permissions import Reader, acting_person


def its_holder(person: Reader, thing: Any) -> bool:
    """Whose achievements it certifies."""
    return person.id is not None and getattr(thing, "person_id", None) == person.id


def its_organisation(person: Reader, thing: Any) -> bool:
    """Who answers for the organisation: its desk and its administrators."""
    number = getattr(thing, "organisation_id", None)
    if number is None or not acting_person(person, thing):
        return False
    return number in person.handled_ids or number in person.administered_ids


def another_confirmer(person: Reader, thing: Any) -> bool:
    """Who answers for the organisation and is not the holder: nobody certifies themselves."""
    # Committees decide on titles by it: a chief of the desk certifies others only (128).
    return its_organisation(person, thing) and not its_holder(person, thing)
