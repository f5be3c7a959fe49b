"""Who belongs to a contract: the predicates of the permission table, for one row."""

from __future__ import annotations

from typing import Any

from marketplace.deals.disclosure import of_holder, of_receiver
from marketplace.deals.models import SideName
from marketplace.errors import NotAllowed
from marketplace.permissions import Reader, acting_person, assigned_broker


def of_seller(person: Reader, thing: Any) -> bool:
    """Who acts for the seller: of a deal its holder, of a contract from the register the desk of its organisation."""
    deal = getattr(thing, "deal", None)
    if deal is not None:
        return of_holder(person, deal)
    return _looks_after(person, thing, "seller_id")


def of_buyer(person: Reader, thing: Any) -> bool:
    """Who acts for the buyer: of a deal its receiver, of a contract from the register the desk of its organisation."""
    deal = getattr(thing, "deal", None)
    if deal is not None:
        return of_receiver(person, deal)
    return _looks_after(person, thing, "buyer_id")


def side_in(person: Reader, contract: Any) -> SideName | None:
    """The side of a contract for which somebody acts; None for neither. Who belongs to both acts for the seller."""
    if of_seller(person, contract):
        return "holder"
    return "receiver" if of_buyer(person, contract) else None


def required_side(person: Reader, contract: Any) -> SideName:
    """The same of who must belong to one. Raises NotAllowed."""
    side = side_in(person, contract)
    if side is None:
        raise NotAllowed("您不属于这份合同的任何一方。", "请用一方的账号登录。")
    return side


def broker_of_deal(person: Reader, thing: Any) -> bool:
    """The broker who looks after a listing of its deal."""
    deal = getattr(thing, "deal", None)
    return deal is not None and assigned_broker(person, deal)


def _looks_after(person: Reader, thing: Any, column: str) -> bool:
    # None: that party is not on the platform.
    number = getattr(thing, column, None)
    if number is None or not acting_person(person, thing):
        return False
    return number in person.handled_ids or number in person.administered_ids
