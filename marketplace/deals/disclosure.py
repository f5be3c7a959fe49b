"""Who belongs to a deal: the predicates of the permission table, for one row."""

from __future__ import annotations

from typing import Any

from marketplace.brokerage.queries import carried_introductions
from marketplace.deals.models import SIDES, Deal, SideName
from marketplace.extensions import db
from marketplace.introductions.disclosure import sides_of
from marketplace.permissions import Reader, acting_person, operator


def of_holder(person: Reader, thing: Any) -> bool:
    """Who carries it for the holder, and the holder's desk and administrators."""
    return _acts_for(person, thing, "holder")


def of_receiver(person: Reader, thing: Any) -> bool:
    """Who carries it for the receiver, and the receiver's desk and administrators."""
    return _acts_for(person, thing, "receiver")


def holder_approver(person: Reader, thing: Any) -> bool:
    """Who answers for what the holder decides: its desk and its administrators, not who writes for it."""
    number = getattr(thing, "holder_organisation_id", None)
    # The table passes things of any room: what has no holder is nobody's here.
    if number is None or not acting_person(person, thing):
        return False
    return _answers_for(person, number)


def carrying_broker(person: Reader, thing: Any) -> bool:
    """The broker whose case has led to it, or who stands in for that one: they carry it on to its contract."""
    number = getattr(thing, "introduction_id", None)
    if number is None or not person.mediates:
        return False
    return carries(number, person)


def carries(introduction_id: int, person: Reader) -> bool:
    """Whether a case of somebody has led to this introduction."""
    carried = carried_introductions(person.broker_numbers).subquery()
    query = db.select(carried.c.introduction_id)
    query = query.where(carried.c.introduction_id == introduction_id)
    return db.session.scalars(query.limit(1)).first() is not None


def side_of(person: Reader, thing: Any) -> SideName | None:
    """The side for which somebody acts; None for neither. Who belongs to both acts for the holder."""
    for side in SIDES:
        if _acts_for(person, thing, side):
            return side
    return None


def _acts_for(person: Reader, thing: Any, side: str) -> bool:
    number = getattr(thing, f"{side}_organisation_id", None)
    if number is None or not acting_person(person, thing):
        return False
    carries = getattr(thing, f"{side}_person_id", None) == person.id
    # Whoever has left the organisation acts for it no longer, even where the row still names them.
    if carries and number in person.active_ids:
        return True
    return _answers_for(person, number)


def _answers_for(person: Reader, number: int) -> bool:
    return number in person.handled_ids or number in person.administered_ids


def names_of(deal: Deal, reader: Reader) -> dict[str, str]:
    """The names of both sides as a reader may know them: one that has not agreed yet may not want to be named."""
    names = {"holder": deal.holder.name, "receiver": deal.receiver.name}
    # Once both have agreed, each side has to know whom it deals with; until then the introduction decides.
    if deal.agreed_sides and len(deal.agreed_sides) == len(SIDES):
        return names
    if operator(reader, deal):
        return names
    asking, wanted = sides_of(deal.introduction, reader, ())
    wanted_side = (
        # The owner of a wanted achievement holds the technology, the owner of a wanted demand receives it.
        "holder" if deal.introduction.wanted_kind == "achievement" else "receiver"
    )
    asking_side = "receiver" if wanted_side == "holder" else "holder"
    return {wanted_side: wanted.name, asking_side: asking.name}
