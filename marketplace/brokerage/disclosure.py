"""What a reader may know of the two sides of a case, and on which of them they stand: decided here, for every page.

Who carries a case knows its pair in full once they have declared their interests. One side learns of the other only
what kind it is until a commission is signed, its name then, and how to reach it once both have accepted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from marketplace.brokerage.child_models import SIDES, SideName
from marketplace.brokerage.life import DECLARED, ENDED
from marketplace.brokerage.models import BrokerageCase
from marketplace.introductions.disclosure import (
    Contact,
    desk_contacts,
    person_contacts,
)
from marketplace.listings.disclosure import knowledge_of, view_of
from marketplace.listings.models import Row
from marketplace.organisations.models import ORGANISATION_KINDS
from marketplace.permissions import (
    Guest,
    Reader,
    handler,
    operator,
    requested_broker,
    writer,
)


@dataclass(frozen=True)
class Side:
    """One side, as a reader may know it.

    Attributes:
        code: `holder` or `receiver`.
        name: the organisation, or what stands for it.
        is_named: the reader may know who it is.
        title: what it offers or needs.
        row: its listing, where the reader may open its page; None: it has none, or not for them.
        contacts: how to reach it.
    """

    code: SideName
    name: str
    is_named: bool
    title: str
    row: Row | None = None
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True)
class _Seat:
    """A side without a listing, as the permission table asks of a thing."""

    organisation_id: int
    owner_id: int | None


def sides_held(case: Any, reader: Reader) -> tuple[SideName, ...]:
    """The sides on which a reader stands: who handles its listing, or began it. Mostly none or one."""
    held = []
    for side in SIDES:
        thing: Any = case.listing_of(side)
        if thing is None:
            introduction = case.introduction
            asked_by = None if introduction is None else introduction.asked_by_id
            thing = _Seat(case.organisation_of(side).id, asked_by)
        if handler(reader, thing) or writer(reader, thing):
            held.append(side)
    return tuple(held)


def of_side(person: Reader, thing: Any) -> bool:
    """Somebody of one of the two sides of a case, once it concerns them."""
    if not isinstance(thing, BrokerageCase) or not is_known_to_sides(thing):
        return False
    return bool(sides_held(thing, person))


def is_known_to_sides(case: BrokerageCase) -> bool:
    """Whether the two sides know of a case: they were asked something, or began it themselves."""
    if case.introduction_id is not None or case.asked_at is not None:
        return True
    return case.state == "dispatched" and bool(case.lacking_consent)


def knows_all(case: BrokerageCase, reader: Reader) -> bool:
    """Whether a reader knows both sides in full: an operator, and its broker once they declared their interests."""
    if operator(reader, case):
        return True
    has_declared = case.state in DECLARED or case.declared_at is not None
    return has_declared and requested_broker(reader, case)


def side_for(
    case: BrokerageCase, side: SideName, reader: Reader, *, opens: bool
) -> Side:
    """One side, as a reader may know it.

    Args:
        case: theirs to read.
        side: which of the two.
        reader: who has the page.
        opens: whether they may open the page of its listing.
    """
    listing = case.listing_of(side)
    own = side in sides_held(case, reader)
    whole = own or knows_all(case, reader)
    name = case.organisation_of(side).name
    if not whole and not _is_named(case, side, reader):
        shown = listing if opens and _shows_title(case, reader) else None
        return Side(
            side, kind_in_words(case, side), False, _title(shown, listing), shown
        )
    contacts: tuple[Contact, ...] = ()
    if knows_all(case, reader) and not own and case.state not in ENDED:
        contacts = _contacts(case, side)
    row = listing if opens else None
    return Side(
        side,
        name,
        True,
        _title(listing if whole or opens else None, listing),
        row,
        contacts,
    )


def kind_in_words(case: BrokerageCase, side: SideName) -> str:
    """What kind of organisation a side is, without saying which: its listing's own words for it where it has some."""
    listing = case.listing_of(side)
    if listing is not None and not knowledge_of(listing, Guest()).firm:
        return view_of(listing, Guest()).holder
    return f"一家{ORGANISATION_KINDS[case.organisation_of(side).kind]}"


def _is_named(case: BrokerageCase, side: SideName, reader: Reader) -> bool:
    """Whether a reader who stands elsewhere may know who a side is."""
    listing = case.listing_of(side)
    public = listing is None or knowledge_of(listing, reader).firm
    if not _shows_title(case, reader):
        return False
    if public:
        return True
    # Anonymous listings open with both answers, and only where their side wished it.
    return case.introduction_id is not None and case.side_of(side).opens_firm


def _shows_title(case: BrokerageCase, reader: Reader) -> bool:
    """Whether a reader may learn which listing it is: of the sides nobody before the names are told."""
    if sides_held(case, reader):
        return case.tells_names
    return True


def _title(shown: Row | None, listing: Row | None) -> str:
    if listing is None:
        return ""
    if shown is None:
        return f"一项{listing.kind_word}"
    return f"{listing.kind_word}「{listing.title}」"


def _contacts(case: BrokerageCase, side: SideName) -> tuple[Contact, ...]:
    """How a side is reached: the contact desk of its listing, else who asked for the introduction."""
    listing = case.listing_of(side)
    if listing is not None:
        return desk_contacts(listing)
    if case.introduction is not None:
        return person_contacts(case.introduction.asked_by)
    return ()


def without_contacts(sides: Iterable[Side]) -> list[Side]:
    """The sides as they are shown where the look at their contacts could not be recorded."""
    return [Side(one.code, one.name, one.is_named, one.title, one.row) for one in sides]
