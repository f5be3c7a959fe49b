"""What a reader may know of the two sides of a case, and on which of them they stand: decided here, for every page.

Who carries a case knows its pair in full once they have declared their interests. One side learns of the other only
what kind it is until a commission is signed, its name then, and how to reach it once both have accepted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from marketplace.brokerage.child_models import SIDES, Attribution, SideName
from marketplace.brokerage.life import DECLARED, ENDED
from marketplace.brokerage.models import BrokerageCase
from marketplace.introductions.disclosure import (
    Contact,
    Owner,
    desk_contacts,
    person_contacts,
)
from marketplace.introductions.models import Introduction
from marketplace.listings.disclosure import knowledge_of, view_of
from marketplace.listings.models import Row
from marketplace.organisations.models import ORGANISATION_KINDS
from marketplace.permissions import (
    Guest,
    Reader,
    handler,
    operator,
    writer,
)
from marketplace.wording import in_quotes


@dataclass(frozen=True)
class Side:
    """One side, as a reader may know it.

    Attributes:
        code: `holder` or `receiver`.
        name: the organisation, or its kind where it is not named.
        is_named: the reader may know who it is.
        title: what it offers or needs.
        row: its listing, where the reader may open its page; None: it has none, or not for them.
        contacts: how to reach it.
        owner: whose contacts these are: the look is recorded for them.
    """

    code: SideName
    name: str
    is_named: bool
    title: str
    row: Row | None = None
    contacts: tuple[Contact, ...] = ()
    owner: Owner | None = None


@dataclass(frozen=True)
class Standing:
    """How a reader stands to a case.

    Attributes:
        reader: who it is.
        held: the sides on which they stand.
        knows_all: they know both sides in full: an operator, and its broker once they declared their interests.
    """

    reader: Reader
    held: tuple[SideName, ...]
    knows_all: bool


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
            # Without a listing whoever requested the introduction takes the place of its writer.
            asked_by = None if introduction is None else introduction.asked_by_id
            thing = _Seat(case.organisation_of(side).id, asked_by)
        if handler(reader, thing) or writer(reader, thing):
            held.append(side)
    return tuple(held)


def of_side(person: Reader, thing: Any) -> bool:
    """Somebody of one of the two sides of a case, once it concerns them."""
    # What a broker only prepares does not concern the sides yet, though they handle its listings.
    if not isinstance(thing, BrokerageCase) or not is_known_to_sides(thing):
        return False
    return bool(sides_held(thing, person))


def is_known_to_sides(case: BrokerageCase) -> bool:
    """Whether the two sides know of a case: they were asked something, or began it themselves."""
    if case.introduction_id is not None or case.asked_at is not None:
        return True
    return case.state == "dispatched" and bool(case.lacking_consent)


def standing_of(
    case: BrokerageCase, reader: Reader, numbers: Collection[int]
) -> Standing:
    """How a reader stands to a case.

    Args:
        case: theirs to read.
        reader: who has the page.
        numbers: their `broker_numbers`, read once for all cases of a page.
    """
    # Dispatched alone is not enough: interests come before knowledge.
    has_declared = case.state in DECLARED or case.declared_at is not None
    carries = case.broker_id in numbers
    knows_all = operator(reader, case) or (has_declared and carries)
    return Standing(reader, sides_held(case, reader), knows_all)


def side_for(
    case: BrokerageCase, side: SideName, standing: Standing, *, opens: bool
) -> Side:
    """One side, as a reader may know it.

    Args:
        case: theirs to read.
        side: which of the two.
        standing: of the reader in this case.
        opens: whether they may open the page of its listing.
    """
    listing = case.listing_of(side)
    own = side in standing.held
    whole = own or standing.knows_all
    if not whole and not _is_named(case, side, standing):
        shown = listing if opens and _shows_title(case, standing) else None
        return Side(
            side, kind_in_words(case, side), False, _title(shown, listing), shown
        )
    contacts: tuple[Contact, ...] = ()
    owner = None
    # Once it is over there is no need for a contact, and no right to it.
    if standing.knows_all and not own and case.state not in ENDED:
        contacts, owner = _contacts(case, side)
    return Side(
        side,
        case.organisation_of(side).name,
        True,
        _title(listing if whole or opens else None, listing),
        listing if opens else None,
        contacts,
        owner if contacts else None,
    )


def kind_in_words(case: BrokerageCase, side: SideName) -> str:
    """What kind of organisation a side is, without saying which: its listing's own words for it where it has some."""
    listing = case.listing_of(side)
    # In the listing's own anonymous words, as a guest reads them: never more than the public page says.
    if listing is not None and not knowledge_of(listing, Guest()).firm:
        return view_of(listing, Guest()).holder
    return f"一家{ORGANISATION_KINDS[case.organisation_of(side).kind]}"


def _is_named(case: BrokerageCase, side: SideName, standing: Standing) -> bool:
    """Whether a reader who stands elsewhere may know who a side is."""
    if not _shows_title(case, standing):
        return False
    listing = case.listing_of(side)
    if listing is None or knowledge_of(listing, standing.reader).firm:
        return True
    # Anonymous listings open with both answers, and only where their side wished it.
    return case.introduction_id is not None and case.side_of(side).opens_firm


def _shows_title(case: BrokerageCase, standing: Standing) -> bool:
    """Whether a reader may learn which listing it is: of the sides nobody before the names are disclosed."""
    return case.tells_names or not standing.held


def _title(shown: Row | None, listing: Row | None) -> str:
    if listing is None:
        return ""
    if shown is None:
        return f"一项{listing.kind_word}"
    return f"{listing.kind_word}{in_quotes(listing.title)}"


def _contacts(
    case: BrokerageCase, side: SideName
) -> tuple[tuple[Contact, ...], Owner | None]:
    """How a side is reached and whose that is: the contact desk of its listing, else who requested the introduction."""
    listing = case.listing_of(side)
    if listing is not None:
        return desk_contacts(listing), (listing.kind, listing.id)
    if case.introduction is not None:
        asker = case.introduction.asked_by
        return person_contacts(asker), ("person", asker.id)
    return (), None


def name_in_ledger(
    row: Attribution,
    side: SideName,
    listing: Row | None,
    introduction: Introduction | None,
    reader: Reader,
) -> str:
    """The name of one side of a row of the ledger, or what kind it is: the ledger opens no name that is not open.

    Args:
        row: theirs to read; they neither operate the site nor carry the pair.
        side: which of the two.
        listing: of that side.
        introduction: in which both accepted; None: an operator confirmed the pair.
        reader: who has the page.
    """
    organisation = row.holder if side == "holder" else row.receiver
    if organisation.id in reader.organisation_ids or listing is None:
        return organisation.name
    if knowledge_of(listing, reader).firm:
        return organisation.name
    opened = False
    if introduction is not None:
        # Each side decided for itself: who requested by `opens_firm`, who answered by `answer_opens_firm`.
        opened = introduction.opens_firm
        if introduction.wanted_kind == listing.kind:
            opened = introduction.answer_opens_firm
    return organisation.name if opened else view_of(listing, Guest()).holder


def without_contacts(sides: Iterable[Side]) -> list[Side]:
    """The sides as they are shown where the look at their contacts could not be recorded."""
    return [replace(one, contacts=(), owner=None) for one in sides]
