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
from marketplace.introductions.models import Introduction
from marketplace.listings.disclosure import UNNAMED, knowledge_of, view_of
from marketplace.listings.models import Row
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.field import SeenBy
from marketplace.permissions import Guest, Reader, may, operator

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


def sides_of(
    case: Introduction, reader: Reader, visible: Collection[Key]
) -> tuple[Side, Side]:
    """The side that wants to talk and the side that answers, as a reader may know them.

    Args:
        case: the introduction.
        reader: who has its page, or the list with it.
        visible: the listings whose pages they may open (`queries.visible_listings`).
    """
    return _asking_side(case, reader, visible), _wanted_side(case, reader, visible)


def _asking_side(case: Introduction, reader: Reader, visible: Collection[Key]) -> Side:
    inside = asks(case, reader) or operator(reader, case)
    opened = case.state == "accepted" and case.opens_firm
    named = inside or not case.is_unnamed or opened
    own = case.own
    name = case.asking_organisation.name
    if own is not None and not named:
        name = view_of(own, reader).holder
    contacts: tuple[Contact, ...] = ()
    through: tuple[Contact, ...] = ()
    owners: list[Owner] = []
    if case.state == "accepted":
        if named:
            contacts = asker_contacts(case)
            owners = [("person", case.asked_by_id)]
        elif own is not None:
            through = _broker_contacts(own)
            owners = _broker_owners(own)
    if not (contacts or through) or asks(case, reader):
        owners = []
    row = None
    title = ""
    if own is not None:
        row = own if (own.kind, own.id) in visible else None
        title = _title(own, visible=row is not None or named)
    return Side(name, row, title, contacts, through, named, tuple(owners))


def _wanted_side(case: Introduction, reader: Reader, visible: Collection[Key]) -> Side:
    wanted = case.wanted
    inside = answers(case, reader) or operator(reader, case)
    opened = case.state == "accepted" and case.answer_opens_firm
    named = inside or opened or knowledge_of(wanted, reader).firm
    name = wanted.holder_name if named else view_of(wanted, reader).holder
    contacts: tuple[Contact, ...] = ()
    through: tuple[Contact, ...] = ()
    owners: list[Owner] = []
    if case.state == "accepted":
        if named:
            contacts = desk_contacts(wanted)
            owners = [(wanted.kind, wanted.id)]
        else:
            through = _broker_contacts(wanted)
            owners = _broker_owners(wanted)
    if not (contacts or through) or answers(case, reader):
        owners = []
    row = wanted if (wanted.kind, wanted.id) in visible else None
    title = _title(wanted, visible=row is not None)
    return Side(name or UNNAMED, row, title, contacts, through, named, tuple(owners))


def asker_in_words(case: Introduction) -> str:
    """Who wants to talk, as the other side is told before it has answered."""
    own = case.own
    if case.is_unnamed and own is not None:
        return view_of(own, Guest()).holder
    return f"{case.asking_organisation.name}（{case.asked_by.name}）"


def _title(row: Row, *, visible: bool) -> str:
    if not visible:
        return f"一条不公开的{row.kind_word}"
    return f"{row.kind_word}「{row.title}」"


def person_contacts(person: Person) -> tuple[Contact, ...]:
    """How a person is reached, as far as they have said it."""
    return _filled(
        [("联系人", person.name), ("电话", person.phone), ("邮箱", person.email)]
    )


def asker_contacts(case: Introduction) -> tuple[Contact, ...]:
    """How the requester is reached; nothing where they had withdrawn their consent before the other side accepted."""
    if not contact_consents.agreed_at(
        case.asked_by, contact_consents.SHARE, case.decided_at
    ):
        return ()
    return person_contacts(case.asked_by)


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


def _broker_owners(row: Row) -> list[Owner]:
    return [("person", number) for number in sorted(row.broker_ids)]


def _filled(contacts: Iterable[Contact]) -> tuple[Contact, ...]:
    return tuple((label, value) for label, value in contacts if value)


def without_contacts(side: Side) -> Side:
    """A side as it is shown where the look at its contacts could not be recorded."""
    return replace(side, contacts=(), through=(), owners=())
