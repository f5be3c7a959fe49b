"""What is read about alerts: saved searches, what is new for each, and which new listings fit which old ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import and_, func, or_
from werkzeug.datastructures import MultiDict

from marketplace.accounts.models import Person
from marketplace.alerts.models import MAX_NAME, Alerted, MatchScan, SavedSearch
from marketplace.catalogue.facets import FacetNames, facet_names, run_search
from marketplace.catalogue.search_state import (
    FACETS,
    KINDS,
    TEXT_LIMIT,
    SearchState,
)
from marketplace.clock import now
from marketplace.dictionaries.models import read_successors
from marketplace.extensions import db
from marketplace.listings import queries as listing_queries
from marketplace.listings.announcements import people_of
from marketplace.listings.models import LISTINGS, Row
from marketplace.matchmaking.answers import matches_for
from marketplace.matchmaking.offers import Offer
from marketplace.matchmaking.ranking import RankingRequest, rank_listings
from marketplace.organisations.queries import read_merged
from marketplace.permissions import Reader
from marketplace.verdicts.projections import common_document

SEARCHES = "search"  # `Alerted.for_kind` of what a search found
PAGE = 50  # listings read at a time
MAX_PAGES = 4  # of a search in one run: what is newer than 200 others is read about on the page itself
# For how long after its publication a listing may still be announced; shorter than alerts stay on record (retention).
NEWS = timedelta(days=365)
MAX_SCANNED = 500  # new listings of one run; the next run takes the rest
CANDIDATES = 20  # listings that a new one is compared with: a page of its own matches
GRADES = ("high", "fair")  # a weak match is no reason to write to anybody

# facet → code → the one in its place, as `read_replaced` gives it
Replaced: TypeAlias = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class NewMatch:
    """A new listing among the matches of an older one, as its page shows it to one person.

    Attributes:
        person: whom it is news for.
        subject: their listing.
        offer: the new listing, with grade and reason.
    """

    person: Person
    subject: Row
    offer: Offer


@dataclass(frozen=True)
class NewFinding:
    """What is new in a saved search.

    Attributes:
        search: the search.
        state: what it looks for, newest first.
        name: how it is called today.
        rows: what is new, newest first.
    """

    search: SavedSearch
    state: SearchState
    name: str
    rows: tuple[Row, ...]


# -- saved searches ----------------------------------------------------------------------------------------------------


def saved_searches(person: Reader) -> list[SavedSearch]:
    """The searches that a person has saved, newest first."""
    query = db.select(SavedSearch).where(SavedSearch.person_id == person.id)
    order = (SavedSearch.created_at.desc(), SavedSearch.id.desc())
    return list(db.session.scalars(query.order_by(*order)))


def count_searches(person: Reader) -> int:
    """How many searches a person has saved."""
    query = db.select(func.count()).where(SavedSearch.person_id == person.id)
    return db.session.scalar(query) or 0


def own_search(number: int, person: Reader) -> SavedSearch | None:
    """A saved search of this person; None where they have none of that number."""
    query = db.select(SavedSearch).where(
        SavedSearch.id == number, SavedSearch.person_id == person.id
    )
    found: SavedSearch | None = db.session.scalar(query)
    return found


def saved_as(state: SearchState, person: Reader) -> SavedSearch | None:
    """What a person has saved this state as; None where they have not."""
    query = db.select(SavedSearch).where(
        SavedSearch.query == canonical_query(state), SavedSearch.person_id == person.id
    )
    found: SavedSearch | None = db.session.scalar(query)
    return found


def is_savable(state: SearchState) -> bool:
    """Whether a state looks for anything in particular."""
    message, _ = why_not_savable(state)
    return not message


def why_not_savable(state: SearchState) -> tuple[str, str]:
    """What is wrong with a state that cannot be saved and what to do, in Chinese; empty where nothing is."""
    # A text that was cut is a problem to be matched, and its address too long to be led back to.
    if state.whole:
        return (
            f"文字有 {len(state.whole)} 字，保存的检索最多 {TEXT_LIMIT} 字。",
            "请留下几个关键的词再保存；整段的技术难题请用试配。",
        )
    if state.is_garbled:
        return "检索词里有乱码，没有保存。", "请重新输入，或从能看到文字的地方复制。"
    if state.only_signs:
        return (
            "只有标点或符号，没有可以检索的字，没有保存。",
            "请写上产品、材料、工艺或指标的名称。",
        )
    if not (state.text or state.filters or state.kind):
        return "这次检索没有词，也没有筛选，没有可以保存的。", "先输入词或选筛选。"
    return "", ""


def canonical_query(state: SearchState) -> str:
    """The arguments of a state as one text, whatever its order and page: the same for the same search."""
    # Sorted, for the unique constraint compares texts: filters chosen the other way round are the same search.
    arguments = state.sorted_by("").arguments()
    pairs = []
    for name in sorted(arguments):
        value = arguments[name]
        for one in sorted(value) if isinstance(value, list) else [value]:
            pairs.append((name, one))
    return urlencode(pairs)


def read_replaced() -> Replaced:
    """What stands in the place of codes that were handed over, and of organisations that were merged."""
    return {**read_successors(), "institution": read_merged()}


def state_of(search: SavedSearch, names: FacetNames, replaced: Replaced) -> SearchState:
    """The search that was saved, newest first; values that no dictionary knows any more are left out.

    A code that was handed over since is read as the one in its place, where its listings are now (123). The search
    itself stays as it was saved, so that it is right again when a version of the dictionary is taken back.
    """
    address: MultiDict[str, str] = MultiDict()
    for facet, code in parse_qsl(search.query):
        address.add(facet, replaced.get(facet, {}).get(code, code))
    return SearchState.from_address(address, names).sorted_by("newest")


def name_of(search: SavedSearch, state: SearchState, names: FacetNames) -> str:
    """How a saved search is called today: codes may have got another name, or been handed over, since it was saved.

    Args:
        search: the search.
        state: what it looks for, as `state_of` gives it.
        names: of the values of facets.
    """
    # Nothing is left of one whose values no dictionary knows any more.
    return describe_state(state, names)[:MAX_NAME] or search.name


def describe_state(state: SearchState, names: FacetNames) -> str:
    """A search in words: 「轴承」 · 需求 · 产业链：轴承."""
    parts = []
    if state.text:
        parts.append(f"「{state.text}」")
    if state.kind:
        parts.append(KINDS[state.kind])
    for facet, codes in state.filters.items():
        # Organisations are named by the result that counts them, never by an address.
        if facet == "institution":
            parts.append("指定的单位")
            continue
        values = [names[facet].get(code, code) for code in codes]
        parts.append(f"{FACETS[facet]}：{'、'.join(values)}")
    return " · ".join(parts)


def new_findings(
    search: SavedSearch,
    known: set[tuple[str, int]],
    names: FacetNames,
    replaced: Replaced,
) -> NewFinding:
    """What was published since a search was saved and its person was not alerted to, newest first.

    Args:
        search: whose person may still sign in.
        known: (kind, id) of what they were alerted to; what is new is added.
        names: of the values of facets.
        replaced: facet → code → the one in its place, of what was handed over.

    Raises:
        SearchUnavailable: the engine does not answer.
    """
    person = search.person
    state = state_of(search, names, replaced)
    new: list[Row] = []
    for number in range(1, MAX_PAGES + 1):
        result = run_search(state.on_page(number), person, PAGE)
        # With some of the words only: what was asked for is still not there.
        if result.relaxed or not result.hits:
            break
        rows = _rows_of([(hit.kind, hit.id) for hit in result.hits], person)
        fresh = [row for row in rows if _is_newer(row, search)]
        for row in fresh:
            key = (row.kind, row.id)
            # What one's own organisation publishes is no news.
            if key in known or row.organisation_id in person.organisation_ids:
                continue
            known.add(key)
            new.append(row)
        if len(fresh) < len(rows):
            break
    name = name_of(search, state, names)
    return NewFinding(search, state, name, tuple(new))


def _is_newer(row: Row, search: SavedSearch) -> bool:
    # A listing may be renewed for years and keeps the moment of its publication: what is older than NEWS was announced
    # in its time, though who was alerted to it is no longer on record.
    since = max(search.created_at, now() - NEWS)
    return row.published_at is not None and row.published_at > since


def _rows_of(keys: Sequence[tuple[str, int]], reader: Reader) -> list[Row]:
    rows: dict[tuple[str, int], Row] = {}
    for kind in LISTINGS:
        ids = [number for one, number in keys if one == kind]
        for number, row in listing_queries.get_findable(kind, ids, by=reader).items():
            rows[kind, number] = row
    return [rows[key] for key in keys if key in rows]


def alerted_to(person_id: int) -> set[tuple[str, int]]:
    """(kind, id) of what a person was alerted to by their searches."""
    query = db.select(Alerted.kind, Alerted.listing_id).where(
        Alerted.person_id == person_id, Alerted.for_kind == SEARCHES
    )
    return {(kind, number) for kind, number in db.session.execute(query)}


def searching_people() -> list[Person]:
    """Everybody who has saved a search and can still sign in."""
    query = (
        db.select(Person)
        .where(Person.id.in_(db.select(SavedSearch.person_id)), Person.active)
        .order_by(Person.id)
    )
    return list(db.session.scalars(query))


# -- matches -----------------------------------------------------------------------------------------------------------


def unscanned_listings() -> list[Row]:
    """Listings that were published and not yet compared with what others look for, oldest first."""
    rows: list[Row] = []
    for kind, table in LISTINGS.items():
        scan = and_(MatchScan.kind == kind, MatchScan.listing_id == table.id)
        query = (
            db.select(table)
            .outerjoin(MatchScan, scan)
            .where(
                # By the site itself, with confidential ones: each person's own page decides later what they learn.
                table.findable_by(None),
                or_(
                    MatchScan.listing_id.is_(None),
                    MatchScan.published_at < table.published_at,
                ),
            )
            .order_by(table.published_at, table.id)
            .limit(MAX_SCANNED)
        )
        rows += db.session.scalars(query)
    return rows


def new_matches(fresh: Iterable[Row]) -> Iterator[NewMatch]:
    """What new listings are news for: those whose own page now shows them among its matches.

    Also pairs that somebody was alerted to already: which are new is decided when they are noted.

    Args:
        fresh: new listings, of both kinds.

    Raises:
        SearchUnavailable: the matcher is being prepared.
    """
    news: dict[tuple[str, int], set[int]] = defaultdict(set)
    subjects: dict[tuple[str, int], Row] = {}
    for row in fresh:
        for subject in _looking_for(row):
            news[subject.kind, subject.id].add(row.id)
            subjects[subject.kind, subject.id] = subject
    for key, subject in subjects.items():
        for person in people_of(subject, None):
            # As the person would see the page: what they have judged or may not find is not among it.
            for offer in matches_for(subject, by=person).offers:
                if offer.grade in GRADES and offer.row.id in news[key]:
                    yield NewMatch(person, subject, offer)


def _looking_for(row: Row) -> list[Row]:
    """The listings a new one may be news for, as the site itself sees them."""
    if not row.is_matchable:
        return []
    request = RankingRequest(
        document=common_document(row),
        sought=row.counterpart,
        reader=None,
        top=CANDIDATES,
        subject=row,
    )
    ranking = rank_listings(request)
    return [one.row for one in ranking.rows if one.grade in GRADES]


def scan_values(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """What is noted of listings that were compared."""
    values = []
    for row in rows:
        moment = row.published_at or now()
        values.append({"kind": row.kind, "listing_id": row.id, "published_at": moment})
    return values


# -- one's own data ----------------------------------------------------------------------------------------------------


def personal_copy(person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The saved searches of a person, for the copy of their data."""
    rows = []
    names, replaced = facet_names(), read_replaced()
    for search in saved_searches(person):
        name = name_of(search, state_of(search, names, replaced), names)
        rows.append({"检索": name, "保存": search.created_at.isoformat()})
    yield "保存的检索", rows
