"""What the rooms offer to hubs and to pages of other rooms: collected once, when the application is built.

A room offers by names in its `__init__`; nothing here knows which rooms there are, and none is imported here.

    DEEDS                                        rows of the permission table: deed → who may (see `permissions.py`)
    tasks(person), task_count(person)            what waits for a person; the count where it is cheaper than the tasks
    sections(person, filters)                    blocks of 我的 below what waits
    trays(person, filters)                       queues of the operators
    nav(reader)                                  links of the header, the footer and the hubs
    review_links(row, reader)                    ways from the review of a listing to what else may be done about it
    review_panels(row, reader)                   blocks on the page on which a listing is reviewed
    publication_blocks(row, deed)                (part of the page, what keeps a listing from the public)
    listing_approved(row)                        a listing, or a change of it, was let through by an operator
    panels(row, reader), previews(kind, row, text, reader, need)   blocks beside a row, and beside the form of one
    chain_uses()                                 how many rows name each industry chain
    jobs()                                       work in the background
    notice_kinds()                               kinds of notices that the room sends (`notices/deeds.py`)
    unreachable(person_ids)                      those of them to whom nothing is sent any more
    organisation_panels(organisation, reader)    blocks on the page of an organisation
    case_panels(row, reader)                     blocks by matches, introductions, cases, deals, contracts, firms …
    search_panels(state, reader)                 blocks below the results of a search; above them if position < 0
    registered_contracts(organisation_id, year), known_figures(organisation_id, day)   what clauses of policies ask
    forget_person(person_id), personal_copy(person)   an account was closed; (name of a table, its rows) for the copy
    broker_loads(ids), lapsed_brokers(ids)       how much each looks after; who may read none of it any more
    stop_broker(person_id, reason, by)           somebody looks after nothing any more
    standing_in(person_id)                       the seats in which somebody stands in for others today (`Seat`)
    broker_given(row, broker, by)                a listing was given to a broker
    move_between(gone_id, kept_id)               what belongs to one organisation now belongs to another; what was moved
    move_back(gone_id, kept_id, moved)           the contrary, by what the former gave
    organisation_announced(organisation, deed, note, history_id)   people are notified of what was done to it
    stop_organisation(organisation_id, by), start_organisation(organisation_id, by)   it was suspended; it is back
    removals()                                   (code of `retention.PERIODS`, what removes what is older than a moment)
    checkpoint_signed(note)                      takes a checkpoint of the audit out, in the transaction that stores it
    successor(kind, listing_id)                  the number of the listing that stands in the place of one that is gone
    introduction_accepted(introduction, by)      two sides have agreed to talk to each other
    deal_reopened(deal, reason)                  price or publicity of a deal begins again
    deal_lines(introduction_ids)                 (introduction, who must act, what, last day) of the deals of these
    thing_words(kind, thing_id, deed)            (thing of a History row, its deed) in Chinese, of kinds of the room
    deed_names()                                 (deed as the audit writes it, its Chinese name)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from types import ModuleType
from typing import Any, Literal

from flask import current_app, url_for

from marketplace.counting import Count
from marketplace.permissions import Reader

# Where a link stands: the three parts of the frame of every page, then the places of the desk: what one may begin, what
# operators look after, and what belongs to one's own achievements.
Place = Literal["header", "account", "footer", "begin", "operators", "achievements"]


@dataclass(frozen=True)
class Panel:
    """A block on the page of a row, on the form in which one is written, or on a hub.

    Attributes:
        template: what renders it.
        values: what the template is given, as `offered`.
        narrowed: what a list in it is narrowed to, for the title of the page; empty where it is whole.
        position: where it stands among the others, smaller numbers first, then in the order of the rooms.
    """

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    narrowed: str = ""
    position: int = 0


@dataclass(frozen=True)
class Seat:
    """A place at which somebody decides, and who is away from it.

    Attributes:
        role: `desk`, `operator` or `broker`.
        organisation_id: the organisation of the seat; None for the operators.
        absent_id: who is away.
    """

    role: Literal["desk", "operator", "broker"]
    organisation_id: int | None
    absent_id: int
    absent_name: str = ""


@dataclass(frozen=True)
class Link:
    """An entry of the navigation.

    Attributes:
        place: the part of the page it belongs to.
        current: `page` where it leads to the present page, `true` where that page belongs to it, else empty.
        count: a number after the text, for what waits; 0 is left out.
        counted: what is counted, read aloud only.
        position: where it stands among the others of its place, smaller numbers first, then in the order of the rooms.
    """

    text: str
    url: str
    place: Place
    current: Literal["", "page", "true"] = ""
    count: int = 0
    counted: str = ""
    position: int = 0


@dataclass(frozen=True)
class Task:
    """One thing that waits for a deed of one person.

    Attributes:
        kind_name: the word before the title, e.g. 成果.
        title, url: the thing, and the page where it is done.
        state: why it waits, in a word.
        since: when it began to wait, as a moment in UTC; None where it has an end only.
        until: the last day on which it may be done; None where it has none.
        dated: (name, text) of that moment or day as the desk says it.
        note: what has to be done, or a remark of the operator; line ends are preserved.
        button: text of the button; empty where the title leads there.
    """

    kind_name: str
    title: str
    url: str
    state: str
    since: datetime | None = None
    until: date | None = None
    dated: tuple[str, str] = ("", "")
    note: str = ""
    button: str = ""


@dataclass(frozen=True)
class Tray:
    """One queue of the operators.

    Attributes:
        code: its name in the address; no two trays share one.
        name: its name on the page.
        count: how many rows it holds now. A function, for the header of every page counts only what waits.
        page: renders a page of it, by its number from 1.
        waits: its rows wait for an operator, so that they count among the tasks.
        filters: the parts of the address that narrow it, carried from tray to tray.
        position: where it stands among the others, smaller numbers first, then in the order of the rooms.
    """

    code: str
    name: str
    count: Callable[[], Count | int]
    page: Callable[[int], Panel]
    waits: bool = False
    filters: Mapping[str, str] = field(default_factory=dict)
    position: int = 0


@dataclass(frozen=True)
class Job:
    """One piece of work in the background.

    Attributes:
        name: as logs, `/readyz` and `flask jobs --once` call it; no two jobs share one.
        run: does it now, and returns a few words about what it did; none where there was nothing to do.
        schedule: `seconds`/`minutes` of an interval, or `hour`/`minute` of a night (UTC).
        lane: jobs of one lane never run at the same time.
        leader, at_start, house_time: on one host only; also when the process begins; as fast as the house's clock.
    """

    name: str
    run: Callable[[], str]
    schedule: Mapping[str, int]
    lane: str = "index"
    leader: bool = True
    at_start: bool = False
    house_time: bool = False


@dataclass(frozen=True)
class NoticeKind:
    """One kind of notice that people get.

    Attributes:
        code: as rows call it; no two kinds share one.
        name: on the page where people choose what they get by mail.
        why: the sentence that ends each mail and says why it came.
        urgent: waits neither for the end of quiet hours nor for the daily digest, as the link to a new password.
        in_digest: waits for the daily digest of those who want one; the digest itself does not.
        may_be_stopped: people may choose to get none by mail; never for what belongs to the safety of an account.
        mailed: also by mail; else on the page of notices only.
        in_app: also on the page of notices; else by mail only.
        secret: its link opens something by itself: it is erased once the mail is out, and never on a page.
    """

    code: str
    name: str
    why: str
    urgent: bool = False
    in_digest: bool = True
    may_be_stopped: bool = True
    mailed: bool = True
    in_app: bool = True
    secret: bool = False


class Contributions:
    """Everything the rooms of one application offer.

    Args:
        rooms: the packages of the rooms, lowest first.
    """

    def __init__(self, rooms: Iterable[ModuleType]) -> None:
        self.rooms = tuple(rooms)

    def offered(self, name: str, *values: Any) -> Iterator[Any]:
        """What the rooms that define a function of that name give for these values, in the order of the rooms."""
        for room in self.rooms:
            offer = getattr(room, name, None)
            # A file of that name is an attribute of its package too.
            if callable(offer):
                yield from offer(*values)

    def named_rooms(self) -> Iterator[tuple[str, ModuleType]]:
        """(name of a room, its package)."""
        for room in self.rooms:
            yield room.__name__.rpartition(".")[2], room

    def deeds(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """(name of a room, its rows of the permission table)."""
        for name, room in self.named_rooms():
            yield name, getattr(room, "DEEDS", {})

    def task_count(self, person: Reader) -> Count | int:
        """How many tasks all rooms have for a person; the database is queried when the sum is read."""
        total: Count | int = 0
        for room in self.rooms:
            if hasattr(room, "task_count"):
                total += room.task_count(person)
            elif hasattr(room, "tasks"):
                total += len(list(room.tasks(person)))
        return total


# Made for every page, read by those that have a header.
class Navigation:
    """The links of one page, by place. Rooms are queried with the first place that is read: a sitemap reads none.

    Args:
        find_reader: who reads the page; requested once, where a place is read.
    """

    def __init__(self, find_reader: Callable[[], Reader]) -> None:
        self._find_reader = find_reader

    def __getitem__(self, place: Place) -> list[Link]:
        return [link for link in self._links if link.place == place]

    @cached_property
    def _links(self) -> list[Link]:
        return _by_position("nav", self._find_reader())


def review_panels(row: Any, reader: Reader) -> list[Panel]:
    """The blocks that rooms put on the page on which a row is reviewed."""
    return _by_position("review_panels", row, reader)


def publication_blocks(row: Any, deed: str) -> dict[str, list[str]]:
    """What of other rooms keeps a listing from being handed in or published.

    Args:
        row: the listing, as it would be with the change that is decided on.
        deed: `submit` or `approve`, whichever station does it.

    Returns:
        part of the page → what is wrong and what to do; empty where nothing is.
    """
    problems: dict[str, list[str]] = {}
    for name, problem in _current().offered("publication_blocks", row, deed):
        problems.setdefault(name, []).append(problem)
    return problems


def listing_approved(row: Any) -> None:
    """Tell every room that an operator let a listing, or a change of it, through (no commit)."""
    _call_rooms("listing_approved", row)


def panels(row: Any, reader: Reader) -> list[Panel]:
    """The blocks that rooms put next to a row on its own page, for one reader."""
    return _by_position("panels", row, reader)


def previews(
    kind: str, row: Any, text: str | None, reader: Reader, need: str = ""
) -> list[Panel]:
    """The blocks that rooms put next to the form in which a row is written.

    Args:
        kind: kind of the row that is written.
        row: the stored row; None for a new one.
        text: title and main texts as typed so far; None where no preview is wanted.
        reader: who writes.
    """
    return list(_current().offered("previews", kind, row, text, reader, need))


def sections(person: Reader, filters: Mapping[str, str]) -> list[Panel]:
    """The blocks of 我的 for a person; `filters` are the parts of the address."""
    return _by_position("sections", person, filters)


def tasks(person: Reader) -> list[Task]:
    """Everything that waits for a deed of this person, room by room."""
    return list(_current().offered("tasks", person))


def trays(person: Reader, filters: Mapping[str, str]) -> list[Tray]:
    """The queues that a person looks after; `filters` are the parts of the address."""
    return _by_position("trays", person, filters)


def tray_addresses(trays: Iterable[Tray]) -> list[tuple[Tray, str]]:
    """Each tray with its address in the office; the address without a name opens one in which something waits."""
    addresses: list[tuple[Tray, str]] = []
    for tray in trays:
        values: dict[str, Any] = {"tray": tray.code, **tray.filters}
        addresses.append((tray, url_for("office.queue", **values)))
    return addresses


def waiting_count(person: Reader) -> int:
    """How many things wait for this person: their tasks, and every row of the trays that wait for them."""
    total = _current().task_count(person)
    # Trays are looked after by operators together, so their rows are nobody's own tasks and counted here.
    for tray in trays(person, {}):
        if tray.waits:
            total += tray.count()
    return int(total)


def organisation_panels(organisation: Any, reader: Reader) -> list[Panel]:
    """The blocks that rooms put on the page of an organisation, for one reader."""
    return _by_position("organisation_panels", organisation, reader)


def case_panels(row: Any, reader: Reader) -> list[Panel]:
    """The blocks that rooms put on the page of an introduction, a deal, a contract, or of operators."""
    return _by_position("case_panels", row, reader)


def held_ids(kind: str) -> frozenset[Any]:
    """What nobody may see for now, of a kind of things that has no life of its own: numbers, as the rooms name them."""
    return frozenset(_current().offered("held_things", kind))


def search_panels(state: Any, reader: Reader) -> list[Panel]:
    """The blocks that rooms put below the results of a search, for one reader."""
    return _by_position("search_panels", state, reader)


def registered_contracts(organisation_id: int, year: int) -> list[Any]:
    """The technical contracts that an organisation registered in a year, of all rooms that know some."""
    return list(_current().offered("registered_contracts", organisation_id, year))


def known_figures(organisation_id: int, day: date) -> list[tuple[str, Any, str]]:
    """(Question of a clause, its answer, where it is known from) of an organisation on a day, of all rooms."""
    return list(_current().offered("known_figures", organisation_id, day))


def forget_person(person_id: int) -> None:
    """Tell every room that an account was closed: what is that person's alone is removed (no commit)."""
    _call_rooms("forget_person", person_id)


def personal_copy(person: Any) -> dict[str, list[dict[str, Any]]]:
    """Name of a table → its rows, of what the rooms hold of a person, for the copy of their data."""
    return dict(_current().offered("personal_copy", person))


def successor(kind: str, listing_id: int) -> int | None:
    """The number of the listing that stands in the place of one that is gone; None where none does."""
    return next(_current().offered("successor", kind, listing_id), None)


def broker_loads(ids: Iterable[int]) -> Counter[int]:
    """Id of a broker → how many things of all rooms they look after now; 0 for who looks after none."""
    loads: Counter[int] = Counter()
    for person_id, count in _current().offered("broker_loads", list(ids)):
        loads[person_id] += count
    return loads


def lapsed_brokers(ids: Iterable[int]) -> frozenset[int]:
    """Those of these brokers whose certificate is over: from that day on they read nothing of what they were given."""
    return frozenset(_current().offered("lapsed_brokers", list(ids)))


def stop_broker(person_id: int, reason: str, by: Reader | None) -> None:
    """Tell every room that somebody looks after nothing any more, and why (no commit)."""
    _call_rooms("stop_broker", person_id, reason, by)


def review_links(row: Any, reader: Reader) -> list[tuple[str, str]]:
    """(text, address) of what else a reviewer may do about a listing."""
    return list(_current().offered("review_links", row, reader))


def standing_in(person_id: int | None) -> list[Seat]:
    """The seats in which somebody stands in today for people who are away."""
    if person_id is None:
        return []
    return list(_current().offered("standing_in", person_id))


def broker_given(row: Any, broker: Any, by: Reader | None) -> None:
    """Tell every room that a listing was given to a broker (no commit)."""
    _call_rooms("broker_given", row, broker, by)


def move_between(gone_id: int, kept_id: int) -> dict[str, Any]:
    """Let every room give what belongs to one organisation to another (no commit).

    Args:
        gone_id: the organisation that is merged into the other.
        kept_id: the other.

    Returns:
        room → what it moved, as JSON can hold it, for `move_back`.

    Raises:
        NotNow: a room has two things of which one organisation may have only one.
    """
    moved = {}
    for name, room in _current().named_rooms():
        if hasattr(room, "move_between"):
            moved[name] = room.move_between(gone_id, kept_id)
    return moved


def move_back(gone_id: int, kept_id: int, moved: Mapping[str, Any]) -> None:
    """Undo `move_between` by what it gave; what has been ended or given on since stays (no commit)."""
    for name, room in _current().named_rooms():
        if name in moved:
            room.move_back(gone_id, kept_id, moved[name])


def announce_organisation(
    organisation: Any, deed: str, note: str, history_id: int
) -> None:
    """Let the rooms above notify the people of an organisation of what was done to it (no commit).

    Args:
        organisation: the row.
        deed: code of the deed.
        note: the reason given, empty where there is none.
        history_id: number of its History row, which no other deed has.
    """
    _call_rooms("organisation_announced", organisation, deed, note, history_id)


def stop_organisation(organisation_id: int, by: Reader | None) -> None:
    """Tell every room that nobody acts for an organisation until further notice (no commit)."""
    _call_rooms("stop_organisation", organisation_id, by)


def start_organisation(organisation_id: int, by: Reader | None) -> None:
    """Tell every room that an organisation is back (no commit)."""
    _call_rooms("start_organisation", organisation_id, by)


def introduction_accepted(introduction: Any, by: Any) -> None:
    """Tell every room that two sides have agreed to talk to each other (no commit)."""
    _call_rooms("introduction_accepted", introduction, by)


def deal_reopened(deal: Any, reason: str) -> None:
    """Tell every room that the price or the publicity of a deal begins again (no commit)."""
    _call_rooms("deal_reopened", deal, reason)


def deal_lines(
    introduction_ids: Iterable[int],
) -> list[tuple[int, tuple[str, ...], str, date | None]]:
    """(Introduction, codes of who must act, what in Chinese, last day or None) of the deals that run."""
    return list(_current().offered("deal_lines", list(introduction_ids)))


def thing_words(kind: str, thing_id: int, deed: str) -> tuple[str, str] | None:
    """What a History row is about, and its deed, in Chinese; None where no room knows that kind."""
    return next(_current().offered("thing_words", kind, thing_id, deed), None)


def jobs() -> list[Job]:
    """The work in the background of all rooms, lowest room first."""
    return list(_current().offered("jobs"))


def checkpoint_signed(note: str) -> None:
    """Let the rooms take a signed checkpoint of the audit out; what they add to the session is committed with it."""
    for _ in _current().offered("checkpoint_signed", note):
        pass  # generators do their work as they are read


def removals() -> dict[str, Callable[[datetime], int]]:
    """Code of the table of retention → what removes that which is older than a moment (no commit), of all rooms."""
    return dict(_current().offered("removals"))


def deed_names() -> dict[str, str]:
    """Deed as the audit writes it → its Chinese name, of all rooms."""
    return dict(_current().offered("deed_names"))


def chain_uses() -> dict[str, int]:
    """Code of an industry chain → how many rows of all rooms together name it."""
    counts: Counter[str] = Counter()
    for code, count in _current().offered("chain_uses"):
        counts[code] += count
    return dict(counts)


def notice_kinds() -> dict[str, NoticeKind]:
    """Code → kind of notice, of all rooms. Raises ValueError where two share a code."""
    kinds: dict[str, NoticeKind] = {}
    for kind in _current().offered("notice_kinds"):
        if kind.code in kinds:
            raise ValueError(f"two kinds of notices are called {kind.code!r}")
        kinds[kind.code] = kind
    return kinds


def unreachable(person_ids: Iterable[int]) -> frozenset[int]:
    """Those people to whom nothing is sent any more, as of an account that was closed."""
    return frozenset(_current().offered("unreachable", tuple(person_ids)))


def _call_rooms(name: str, *values: Any) -> None:
    """Call the functions of a name that rooms offer and that return nothing, in the order of `ROOMS`."""
    for _, room in _current().named_rooms():
        if hasattr(room, name):
            getattr(room, name)(*values)


def _by_position(name: str, *values: Any) -> list[Any]:
    return sorted(_current().offered(name, *values), key=lambda one: one.position)


def _current() -> Contributions:
    collected: Contributions = current_app.extensions["contributions"]
    return collected
