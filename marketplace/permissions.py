"""One table: deed → who may, joined from the rooms' rows. Closed by default: a deed not in the table is nobody's.

`flask deeds` reads it aloud. Nothing of Flask's request is known here; a person is anything with roles and
organisations.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Protocol

from marketplace.errors import NotAllowed


class Reader(Protocol):
    """Who asks for a page or presses a button: a person, or a guest.

    Where a function takes `Reader | None`, None is the site itself: the command line and the work in the background.
    """

    @property
    def id(self) -> int | None:
        """Number of the person; None for a guest."""

    @property
    def is_authenticated(self) -> bool:
        """Whether they have signed in."""

    @property
    def role_names(self) -> Collection[str]:
        """Codes of their roles."""

    @property
    def mediates(self) -> bool:
        """Whether they are a broker who may read what they were given: not once their certificate is over."""

    @property
    def broker_numbers(self) -> Collection[int]:
        """Numbers of the brokers whose listings they read: their own, and those they stand in for; often none."""

    @property
    def organisation_ids(self) -> Collection[int]:
        """Ids of the organisations they belong to."""

    @property
    def active_ids(self) -> Collection[int]:
        """Of these, the ones they may act for: none that is suspended."""

    @property
    def handled_ids(self) -> Collection[int]:
        """Of these, the ones all of whose listings they handle."""

    @property
    def administered_ids(self) -> Collection[int]:
        """Of these, the ones whose people they look after."""

    @property
    def stopped_ids(self) -> Collection[int]:
        """Ids of suspended organisations whose people they look after: they may object, and do nothing else."""

    @property
    def verified_ids(self) -> Collection[int]:
        """Of these, the verified ones."""


class Guest:
    """A reader who has not signed in."""

    id: int | None = None
    is_authenticated = False
    is_active = False
    is_anonymous = True
    role_names: Collection[str] = ()
    mediates = False
    broker_numbers: Collection[int] = ()
    organisation_ids: Collection[int] = ()
    active_ids: Collection[int] = ()
    handled_ids: Collection[int] = ()
    administered_ids: Collection[int] = ()
    stopped_ids: Collection[int] = ()
    verified_ids: Collection[int] = ()
    organisations: Collection[Any] = ()

    def get_id(self) -> None:
        """No session belongs to a guest (flask-login asks)."""


Who = Callable[[Reader, Any], bool]


def reader_id(reader: Reader | None) -> int | None:
    """The number that a row stores of who acted; None for a guest and for the site itself."""
    if reader is None:
        return None
    return reader.id


def roles_of(person: Reader | None) -> frozenset[str]:
    """Role codes of a person; empty for a guest and for the site itself."""
    if person is None:
        return frozenset()
    return frozenset(person.role_names)


def organisations_of(person: Reader | None) -> frozenset[int]:
    """Ids of the organisations a person belongs to; empty for a guest and for the site itself."""
    if person is None:
        return frozenset()
    return frozenset(person.organisation_ids)


# The predicates of the table. Their names are read aloud by `flask deeds`: one word or two, as a sentence has them.
def anyone(_person: Reader, _thing: Any) -> bool:
    return True


def signed_in(person: Reader, _thing: Any) -> bool:
    return person.is_authenticated


def operator(person: Reader, _thing: Any) -> bool:
    return "operator" in roles_of(person)


def another_operator(person: Reader, thing: Any) -> bool:
    """An operator who has not written the thing: nobody lets their own through."""
    if not operator(person, thing):
        return False
    return thing is None or getattr(thing, "owner_id", None) != person.id


def uninvolved_operator(person: Reader, thing: Any) -> bool:
    """An operator whom a complaint does not concern: nobody rules on their own, or on what they reported."""
    if not operator(person, thing):
        return False
    if thing is None:
        return True
    own = {getattr(thing, "owner_id", None), getattr(thing, "reporter_id", None)}
    return person.id not in own and not member(person, thing)


def auditor(person: Reader, _thing: Any) -> bool:
    return "auditor" in roles_of(person)


def broker(person: Reader, _thing: Any) -> bool:
    """A broker whose certificate is not over: as where they read what they were given (`broker_numbers`)."""
    # By role first, for the certificate asks the database.
    return "broker" in roles_of(person) and person.mediates


def assigned_broker(person: Reader, thing: Any) -> bool:
    """A broker to whom an operator has given the thing, or who stands in for that one."""
    given = ()
    if "broker" in roles_of(person):
        given = getattr(thing, "broker_ids", ())
    # Last, for it asks the database: most things were given to nobody.
    return bool(given) and not set(given).isdisjoint(person.broker_numbers)


def requested_broker(person: Reader, thing: Any) -> bool:
    """A broker whom somebody has requested by name, or who stands in for that one."""
    named_one = getattr(thing, "broker_id", None)
    if named_one is None:
        return False
    return named_one in person.broker_numbers


def member(person: Reader, thing: Any) -> bool:
    """Somebody of the organisation that owns the thing."""
    # None is in no set of ids, so that a thing without an owner, or no thing yet, belongs to nobody.
    return getattr(thing, "organisation_id", None) in organisations_of(person)


def handler(person: Reader, thing: Any) -> bool:
    """Somebody who handles every listing of the organisation that owns the thing."""
    return getattr(thing, "organisation_id", None) in person.handled_ids


def another_handler(person: Reader, thing: Any) -> bool:
    """Somebody of the desk who has not written the thing: nobody lets their own through."""
    if not handler(person, thing):
        return False
    return thing is None or getattr(thing, "owner_id", None) != person.id


def writer(person: Reader, thing: Any) -> bool:
    """Who began the thing, as long as they may act for its owner; a draft without an owner is its writer's own."""
    if not acting_person(person, thing):
        return False
    if getattr(thing, "owner_id", None) != person.id:
        return False
    # Who left an organisation, or whose organisation is suspended, writes in its name no more.
    return thing.organisation_id is None or thing.organisation_id in person.active_ids


def administrator(person: Reader, thing: Any) -> bool:
    """Who looks after the people of the organisation that the thing is, or belongs to."""
    number = getattr(thing, "organisation_id", None)
    # An organisation itself belongs to none: then it is the thing.
    if number is None:
        number = getattr(thing, "id", None)
    return number in person.administered_ids


def stopped_administrator(person: Reader, thing: Any) -> bool:
    """Who looks after the people of a suspended organisation that the thing is, or belongs to: it is to be heard."""
    number = getattr(thing, "id", None)
    # What belongs to somebody is never taken for an organisation of its own number.
    if hasattr(thing, "organisation_id"):
        number = thing.organisation_id
    return number in person.stopped_ids


def publisher(person: Reader, thing: Any) -> bool:
    """Who publishes lists: the operators those of the city, an organisation's desk or administrators its own."""
    number = getattr(thing, "organisation_id", None)
    if number is None:
        return operator(person, thing)
    return number in publishing_ids(person)


def publishing_ids(person: Reader) -> frozenset[int]:
    """The organisations for which somebody publishes lists."""
    ids = {*person.handled_ids, *person.administered_ids}
    # A list goes out under a name that was checked.
    return frozenset(ids & set(person.verified_ids))


def of_verified_organisation(person: Reader, _thing: Any) -> bool:
    """Somebody who acts for an organisation whose identity has been checked; an auditor acts for none."""
    return acting_person(person, _thing) and bool(person.verified_ids)


def acting_person(person: Reader, _thing: Any) -> bool:
    """Anybody who has signed in but an auditor, who looks on and does nothing else."""
    return person.is_authenticated and not auditor(person, _thing)


def openly_shown(_person: Reader, thing: Any) -> bool:
    """A listing whose whole text is public."""
    return getattr(thing, "visibility", None) == "public"


def named(_person: Reader, thing: Any) -> bool:
    """A listing whose owner does not ask to stay unnamed."""
    return not getattr(thing, "anonymous", False)


Deeds = Mapping[str, tuple[Who, ...]]

# What belongs to no room: pages for everybody, and pages about oneself.
HOUSE_DEEDS: Deeds = {
    "public.read": (anyone,),
    "mine.read": (signed_in,),
}
# The joined table. `create_app` fills it from the `DEEDS` of the rooms; until then nobody may do anything.
TABLE: dict[str, tuple[Who, ...]] = {}


def join_deeds(rooms: Iterable[tuple[str, Deeds]]) -> None:
    """Make the table of the rows of the house and those of its rooms, in place of what it held.

    Args:
        rooms: (name of a room, its rows).

    Raises:
        ValueError: a deed is declared twice, or its row names nobody.
    """
    joined = dict(HOUSE_DEEDS)
    declared_by = dict.fromkeys(HOUSE_DEEDS, "the house")
    for room, deeds in rooms:
        for deed, who in deeds.items():
            if deed in joined:
                raise ValueError(
                    f"deed {deed!r} is declared by {declared_by[deed]} and by {room}"
                )
            if not who:
                raise ValueError(f"deed {deed!r} of {room} names nobody")
            joined[deed] = who
            declared_by[deed] = room
    # Never empty on the way: another application of this process may be reading the table.
    for deed in TABLE.keys() - joined.keys():
        del TABLE[deed]
    TABLE.update(joined)


def read_aloud() -> list[str]:
    """The joined table as sentences, one a deed: `listing.edit: member or operator`."""
    sentences = []
    for deed, who in TABLE.items():
        names = [one.__name__.replace("_", " ") for one in who]
        sentences.append(f"{deed}: {' or '.join(names)}")
    return sentences


def may(person: Reader | None, deed: str, thing: Any = None) -> bool:
    """Whether `person` may do `deed` to `thing`.

    Args:
        person: a Person, a guest, or None for the site itself acting from the command line (may do everything listed).
        deed: a deed of `TABLE`.
        thing: the row concerned, or None where the deed has none yet.

    Returns:
        False for everybody where the deed is not in the table.
    """
    # Before the site itself, so that a misspelt deed is refused in commands too.
    if deed not in TABLE:
        return False
    # The command line has no account, and who may use it could do anything anyway.
    if person is None:
        return True
    return any(who(person, thing) for who in TABLE[deed])


def require(person: Reader | None, deed: str, thing: Any = None) -> None:
    """Like `may`, as a demand.

    Raises:
        NotAllowed: this person may not do it.
    """
    if not may(person, deed, thing):
        raise NotAllowed(
            "您的账号不能做这件事。", "请用有权限的账号登录，或联系平台运营方。"
        )


def audiences(person: Reader) -> frozenset[str]:
    """The audiences a reader belongs to, as the search index and `findable_by` name them.

    Returns:
        `public` always; `operator` by role; `org:ID` for each organisation; `broker:ID` of a broker whose certificate
        is not over, for what they were given, and of each one they stand in for. Few of them, for the index remembers
        what each set of audiences may find.
    """
    # Of the roles this one alone: the others open no listing by themselves.
    groups = {"public"} | (roles_of(person) & {"operator"})
    groups |= {f"org:{number}" for number in organisations_of(person)}
    groups |= {f"broker:{number}" for number in person.broker_numbers}
    return frozenset(groups)
