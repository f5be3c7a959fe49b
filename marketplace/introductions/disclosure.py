"""What a reader may know of the two sides of an introduction: decided here, for the page, the lists and the notices.

A side whose listing names nobody stays unnamed until it has agreed and the other side has accepted; what a listing
itself discloses is decided in `listings/disclosure.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from marketplace.accounts import contact_consents
from marketplace.accounts.models import Person
from marketplace.accounts.queries import people_by_id
from marketplace.introductions.life import ANSWERING_NAMES
from marketplace.introductions.models import Introduction
from marketplace.listings.disclosure import UNNAMED, knowledge_of, view_of
from marketplace.listings.models import Row
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.field import SeenBy
from marketplace.permissions import Guest, Reader, may, operator
from marketplace.wording import in_quotes

Contact = tuple[str, str]  # label, value
Key = tuple[str, int]  # kind of a listing, its number
Owner = tuple[str, int]  # `person` or the kind of a listing, its number


@dataclass(frozen=True)
class Side:
    """One side, as a reader may know it.

    Attributes:
        name: the organisation, or what stands for one that is not named.
        row: its listing, where the reader may open its page; None: it has none, or not for them.
        title: what it offers or needs, in words.
        contacts: how to reach it, once the other side has accepted.
        through: it is reached by these people, who carry it between the two.
        is_named: the reader may know who it is.
        owners: whose contacts these are, where they are not the reader's own: each such look is recorded for them.
    """

    name: str
    row: Row | None
    title: str
    contacts: tuple[Contact, ...] = ()
    through: tuple[Contact, ...] = ()
    is_named: bool = True
    owners: tuple[Owner, ...] = ()


def asks(row: Introduction, reader: Reader) -> bool:
    """Whether a reader belongs to the side that wants it."""
    return may(reader, "introduction.withdraw", row)


def answers(row: Introduction, reader: Reader) -> bool:
    """Whether a reader belongs to the side that answers."""
    return may(reader, "introduction.answer", row.wanted)


def state_words(row: Introduction, reader: Reader) -> str:
    """The state in the words of the side that reads it; operators read it as the side that asks."""
    if answers(row, reader) and not asks(row, reader):
        return ANSWERING_NAMES[row.state]
    return row.state_name


def sides_of(
    case: Introduction, reader: Reader, visible: Collection[Key]
) -> tuple[Side, Side]:
    """The side that wants to talk and the side that answers, as a reader may know them, without contacts.

    Args:
        case: the introduction.
        reader: who has its page, or the list with it.
        visible: the listings whose pages they may open (`queries.visible_listings`).
    """
    return _asking_side(case, reader, visible), _wanted_side(case, reader, visible)


def _asking_side(case: Introduction, reader: Reader, visible: Collection[Key]) -> Side:
    inside = asks(case, reader) or operator(reader, case)
    # Opening the name is agreed to beforehand and takes effect with the acceptance.
    opened = case.state == "accepted" and case.opens_firm
    named = inside or not case.is_unnamed or opened
    own = case.own
    name = case.asking_organisation.name
    if own is not None and not named:
        # A side that stays unnamed is described as its own listing describes it.
        name = view_of(own, reader).holder
    row = None
    title = ""
    if own is not None:
        row = own if (own.kind, own.id) in visible else None
        title = _title(own, visible=row is not None or named)
    return Side(name, row, title, is_named=named)


def _wanted_side(case: Introduction, reader: Reader, visible: Collection[Key]) -> Side:
    wanted = case.wanted
    inside = answers(case, reader) or operator(reader, case)
    opened = case.state == "accepted" and case.answer_opens_firm
    named = inside or opened or knowledge_of(wanted, reader).firm
    name = wanted.holder_name if named else view_of(wanted, reader).holder
    row = wanted if (wanted.kind, wanted.id) in visible else None
    title = _title(wanted, visible=row is not None)
    return Side(name or UNNAMED, row, title, is_named=named)


def with_contacts(
    case: Introduction, reader: Reader, asking: Side, wanted: Side
) -> tuple[Side, Side]:
    """The two sides with how each is reached, once the other side has accepted.

    Args:
        case: the introduction.
        reader: who has its page.
        asking, wanted: its sides (`sides_of`).
    """
    # Before that nobody reads a contact here, not even an operator.
    if case.state != "accepted":
        return asking, wanted
    listing = case.wanted
    asks_own, answers_own = asks(case, reader), answers(case, reader)
    if asking.is_named:
        owners, contacts = _asker_reached(case)
        asking = _reached(asking, owners, own=asks_own, contacts=contacts)
    # What came without a listing is always named.
    elif case.own is not None:
        asking = _reached_by_brokers(asking, case.own, own=asks_own)
    if wanted.is_named:
        # The contact belongs to the listing and not to a person, so that looks are recorded for the listing.
        owner = (listing.kind, listing.id)
        contacts = desk_contacts(listing)
        wanted = _reached(wanted, [owner], own=answers_own, contacts=contacts)
    else:
        wanted = _reached_by_brokers(wanted, listing, own=answers_own)
    return asking, wanted


def _asker_reached(case: Introduction) -> tuple[list[Owner], tuple[Contact, ...]]:
    """Whose contacts the side that asks has handed over, and these: of who began it, and of the desk of its listing."""
    owners: list[Owner] = [("person", case.asked_by_id)]
    contacts = asker_contacts(case)
    # An account need not have a telephone; the desk of a listing is there to be called.
    if contacts and case.own is not None:
        said = {value for _, value in contacts}
        desk = [one for one in desk_contacts(case.own) if one[1] not in said]
        contacts += tuple(desk)
        owners.append((case.own.kind, case.own.id))
    return owners, contacts


def _reached_by_brokers(side: Side, listing: Row, *, own: bool) -> Side:
    owners = [("person", number) for number in sorted(listing.broker_ids)]
    return _reached(side, owners, own=own, through=_broker_contacts(listing))


def _reached(
    side: Side,
    owners: Iterable[Owner],
    *,
    own: bool,
    contacts: tuple[Contact, ...] = (),
    through: tuple[Contact, ...] = (),
) -> Side:
    """A side with its contacts; nobody is an owner where there are none, or where the side is the reader's own."""
    if own or not (contacts or through):
        owners = ()
    return replace(side, contacts=contacts, through=through, owners=tuple(owners))


def asker_in_words(case: Introduction) -> str:
    """Who wants to talk, as the other side is told before it has answered."""
    own = case.own
    # As a guest would see it, for this is read before anybody has accepted.
    if case.is_unnamed and own is not None:
        return view_of(own, Guest()).holder
    return f"{case.asking_organisation.name}（{case.asked_by.name}）"


def _title(row: Row, *, visible: bool) -> str:
    if not visible:
        return f"一条不公开的{row.kind_word}"
    return f"{row.kind_word}{in_quotes(row.title)}"


def person_contacts(person: Person) -> tuple[Contact, ...]:
    """How a person is reached, as far as they have said it."""
    return _filled(
        [("联系人", person.name), ("电话", person.phone), ("邮箱", person.email)]
    )


def asker_contacts(case: Introduction) -> tuple[Contact, ...]:
    """How the requester is reached; nothing where they had withdrawn their consent before the other side accepted."""
    # As of the acceptance: what was handed over by then is not taken back.
    if not contact_consents.agreed_at(
        case.asked_by, contact_consents.SHARE, case.decided_at
    ):
        return ()
    # The desk of the listing has somebody to contact too, who may be another.
    (_, name), *others = person_contacts(case.asked_by)
    return (("提出人", name), *others)


def desk_contacts(row: Row) -> tuple[Contact, ...]:
    """The contact desk of a listing: its people have agreed by accepting."""
    contacts = []
    for field in SCHEMAS[row.kind]:
        if field.seen_by is SeenBy.CONTACT:
            contacts.append((field.label, getattr(row, field.name) or ""))
    return _filled(contacts)


def _broker_contacts(row: Row) -> tuple[Contact, ...]:
    people = people_by_id(row.broker_ids).values()
    contacts: list[Contact] = []
    for person in sorted(people, key=lambda one: one.id):
        contacts += [("技术经理人", person.name), ("电话", person.phone)]
        contacts.append(("邮箱", person.email))
    return _filled(contacts)


def _filled(contacts: Iterable[Contact]) -> tuple[Contact, ...]:
    return tuple((label, value) for label, value in contacts if value)
