"""Who has what to do with a claim or a cohort, as the permission table asks."""

from __future__ import annotations

from typing import Any

from marketplace.permissions import Reader, auditor, uninvolved_operator


def claimant(person: Reader, thing: Any) -> bool:
    """Who claims: somebody who acts for the organisation, or the person themselves; an auditor never."""
    # An auditor checks what is handed out, and is never among those who receive it.
    if thing is None or auditor(person, thing):
        return False
    number = getattr(thing, "organisation_id", None)
    # Of an organisation it is the organisation's alone: who once began it and left has no say.
    if number is not None:
        return number in person.active_ids
    return person.id is not None and getattr(thing, "person_id", None) == person.id


def impartial_operator(person: Reader, thing: Any) -> bool:
    """An operator whom the claim does not concern: nobody decides on their own."""
    if not uninvolved_operator(person, thing):
        return False
    # `uninvolved_operator` knows owner and organisation; who claims for themselves is a third.
    return thing is None or getattr(thing, "person_id", None) != person.id


def second_operator(person: Reader, thing: Any) -> bool:
    """Another impartial operator than the one who approved: four eyes."""
    if not impartial_operator(person, thing):
        return False
    return thing is None or getattr(thing, "approved_by_id", None) != person.id
