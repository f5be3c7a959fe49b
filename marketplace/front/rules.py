"""What the front shows: reading only, through the visibility filter of the listings. Nothing here commits.

How an address is read stands in `forms.py`; who may see what in `permissions.py` and `listings/models.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from flask import current_app
from markupsafe import Markup

import search
from marketplace.accounts.models import Person
from marketplace.dictionaries.models import HitechField, names_of_facets
from marketplace.errors import SearchUnavailable
from marketplace.exchange import rules as exchange
from marketplace.extensions import db
from marketplace.front import cards
from marketplace.front.cards import Card
from marketplace.front.forms import FACETS, Asked
from marketplace.lifecycle import history_of, now
from marketplace.listings import indexing, labels, terms
from marketplace.listings import rules as listings
from marketplace.listings.models import (
    LISTINGS,
    Achievement,
    Demand,
    IntellectualProperty,
    ValueScore,
)
from marketplace.matchmaking import rules as matchmaking
from marketplace.permissions import audiences, may, member
from matching.text import terms as lexicon
from search.marking import highlights, snippets
from search.terms import is_content_term, parse_query

log = structlog.get_logger(__name__)
Row = Achievement | Demand

PAGE_SIZE = 20
EXPORT_LIMIT = 1000  # rows of one exported list
NEWEST = 6  # rows of each kind on the home page
EXAMPLES = 3  # example queries on the home page,
EXAMPLES_FROM = 200  # taken from so many listings of each kind
MATCHES = 5  # best matches beside a listing
SITEMAP_LIMIT = 50_000  # addresses of one file, sitemaps.org
SNIPPET = 76  # characters: two lines of the text column
LEAD = 120  # characters of the opening of a text
CHECK_DAYS = 180  # days after which the legal status of a patent counts as stale
# What stands in the table of facts of a page, where it has been filled in.
FACTS = {
    "achievement": (
        "achievement_type",
        "forms",
        "attribute",
        "application_status",
        "industry_codes",
        "sei_code",
        "readiness_13",
        "level",
        "evaluation_method",
        "evaluation_by",
        "evaluated_on",
        "evaluation_report",
        "funding_source",
        "ownership",
        "rd_start",
        "rd_end",
        "registration_no",
        "registered_by",
        "registered_on",
        "recommended_by",
        "keywords",
    ),
    "demand": (
        "need",
        "demand_type",
        "activity_type",
        "discipline",
        "industry_codes",
        "solution_mode",
        "intended_partner",
        "start_year",
        "end_year",
        "keywords",
    ),
}
BY_COUNT = (
    "field",
    "chain",
    "district",
)  # facets without an order of their own, longer than a page shows at once
NAMING_FACTS = frozenset(
    {"intended_partner", "recommended_by"}
)  # may tell who an unnamed owner is
EXAMPLE = re.compile(r"[\w+#-]{2,10}")


@dataclass(frozen=True)
class Line:
    """One row of a list.

    Attributes:
        title, snippet: safe for a page, the words of the query marked.
    """

    card: Card
    title: Markup
    snippet: Markup


@dataclass(frozen=True)
class Option:
    """One value of a facet: its code, its name, how many there are under the other filters, and whether it is chosen.

    `official` is False for an industry chain that nobody has confirmed yet.
    """

    code: str
    name: str
    count: int
    chosen: bool
    official: bool = True


@dataclass(frozen=True)
class Shortcut:
    """A neighbouring search that does find something: what to ask, and how many it finds."""

    asked: Asked
    total: int


@dataclass(frozen=True)
class Found:
    """One page of a search.

    Attributes:
        asked: the state that is shown (its page may differ from the one in the address, see `beyond`).
        total: rows on all pages; pages: number of pages.
        lines: the rows, from the database.
        kinds: kind → count under the other filters.
        facets: facet → options, the chosen ones kept even where they count 0.
        relaxed: no row has all the words; the ones with some of them are shown.
        missing: words of the query that no row contains.
        without: the same search without those words, where it finds something.
        wide: the same search without filters, where this one finds nothing.
        beyond: the page asked for, where the list ends before it.
        degraded: the simpler engine answered.
    """

    asked: Asked
    total: int
    pages: int
    lines: list[Line]
    kinds: dict[str, int]
    facets: dict[str, list[Option]]
    relaxed: bool
    missing: list[str]
    without: Shortcut | None
    wide: Shortcut | None
    beyond: int | None
    degraded: bool


@dataclass(frozen=True)
class Browse:
    """What the home page counts: listings of each kind, and the options of the fields and chains."""

    kinds: dict[str, int]
    fields: list[Option]
    chains: list[Option]


@dataclass(frozen=True)
class Reader:
    """What one reader may see of one listing, and do with it.

    Attributes:
        full: the whole text, not only title, field, stage and summary.
        firm: the name of the owner, and with it that there is a contact desk.
        contact: the contact desk unmasked.
        history: every deed with who did it, not only the public dates.
        member: belongs to the owner; reviewer: may decide on it.
    """

    full: bool
    firm: bool
    contact: bool
    history: bool
    member: bool
    reviewer: bool


@dataclass(frozen=True)
class Event:
    """One line of a listing's history as its owner and the operators see it."""

    at: datetime
    deed: str
    state: str
    person: str
    note: str


@dataclass(frozen=True)
class Sheet:
    """What the page of a listing shows one reader beyond the row itself.

    Attributes:
        reader: what this reader may see and do.
        holder: who stands on the page.
        fields: names of the fields, the main one first.
        facts: (name, value) of the smaller facts.
        lead: the opening of the summary or the problem; `rest`: whether the text goes on after it.
        foundation: the opening of what a demand's firm has already.
        values: the five values, if they were judged.
        contact: (name, value) of the contact desk, masked where this reader may not see it whole.
        overdue: ids of the rights whose legal status must be checked again.
        matching: whether the listing takes part in matching.
        today: the day the page goes by.
        matches: its best ones; None while the matcher is being prepared.
        history: every deed, for those who may see it.
    """

    reader: Reader
    holder: str
    fields: list[str]
    facts: list[tuple[str, str]]
    lead: str
    rest: bool
    foundation: str
    values: list[ValueScore]
    contact: list[tuple[str, str]]
    today: date
    overdue: frozenset[int]
    matching: bool
    matches: Sequence[matchmaking.Offer] | None
    history: list[Event]


def today() -> date:
    """The day the pages go by."""
    return now().date()


def facet_names() -> dict[str, dict[str, str]]:
    """Facet → code → name of every value a listing may have (years are their own names); `unofficial` of chains."""
    return {
        **names_of_facets(),
        "stage": terms.STAGES,
        "mode": terms.CONVERSION_MODES,
        "year": {},
    }


def find(asked: Asked, known: Mapping[str, Mapping[str, str]], *, by: Any) -> Found:
    """Search, and load from the database what this reader may find.

    Args:
        asked: what is asked for.
        known: as `facet_names` gives it.
        by: the reader.

    Raises:
        search.SearchUnavailable: the engine does not answer.
    """
    result = _ask(asked, by=by)
    pages = max(1, -(-result.total // PAGE_SIZE))
    beyond = None
    if asked.page > pages:
        beyond, asked = asked.page, asked.on_page(pages)
        result = _ask(asked, by=by)
    nothing = result.total == 0
    return Found(
        asked=asked,
        total=result.total,
        pages=pages,
        lines=_lines(result.hits, asked.text, known["field"], by=by),
        kinds=_counts(result, "kind"),
        facets={facet: _options(facet, result, known, asked) for facet in FACETS},
        relaxed=result.relaxed,
        missing=result.missing,
        without=_without(asked, result.missing, by=by),
        wide=_shortcut(asked.wide(), by=by) if nothing and asked.narrowed else None,
        beyond=beyond,
        degraded=result.degraded,
    )


def suggest(text: str, kind: str, *, by: Any) -> list[str]:
    """Words and titles that begin with what was typed, or whose pinyin does, of listings this reader may find.

    Args:
        text: what was typed so far.
        kind: `achievement` or `demand`; anything else asks for both.
        by: the reader.
    """
    kinds = (kind,) if kind in LISTINGS else ()
    return current_app.extensions["search"].suggest(text, audiences(by), kinds)


def browse(known: Mapping[str, Mapping[str, str]], *, by: Any) -> Browse | None:
    """The true counts of the home page, from the facets of an empty search.

    Returns:
        None where the engine does not answer: the page then says so, and what comes from the database stands.
    """
    try:
        result = _ask(Asked(), by=by, size=0)
    except search.SearchUnavailable as error:
        log.warning("counts_missing", reason=str(error))
        return None
    fields, chains = (
        _options(facet, result, known, Asked()) for facet in ("field", "chain")
    )
    return Browse(_counts(result, "kind"), fields, chains)


def newest(
    kind: str, fields: Mapping[str, str], *, by: Any, count: int = NEWEST
) -> list[Card]:
    """The listings of a kind this reader may find, the latest published first; `fields` as `facet_names` gives them."""
    table = LISTINGS[kind]
    query = (
        db.select(table)
        .where(table.found_by(by))
        .order_by(table.published_at.desc(), table.id.desc())
    )
    return [
        cards.card(indexing.glance(row), fields)
        for row in db.session.scalars(query.limit(count))
    ]


def examples() -> list[str]:
    """Example queries that certainly find something: keywords of what was published last.

    Terms of the trade before other words, then what most listings name; each after the first comes from listings that
    name none before it, so that the examples speak of several trades.
    """
    rows: list[set[str]] = []
    for table in LISTINGS.values():
        query = db.select(table.keywords).where(
            table.found_by(None), table.visibility == "public"
        )
        latest = query.order_by(table.published_at.desc(), table.id.desc()).limit(
            EXAMPLES_FROM
        )
        rows += [
            {word for word in words if EXAMPLE.fullmatch(word)}
            for words in db.session.scalars(latest)
        ]
    found: list[str] = []
    while len(found) < EXAMPLES and (
        counts := Counter(word for words in rows for word in sorted(words))
    ):
        found.append(
            min(counts, key=lambda word: (word not in lexicon(), -counts[word], word))
        )
        rows = [words for words in rows if found[-1] not in words]
    return found


def export(asked: Asked, *, by: Any) -> bytes:
    """The first rows of a search as an .xlsx workbook, in the order of the page and through the same filter.

    Args:
        asked: what is asked for; of one kind.
        by: the reader.

    Raises:
        search.SearchUnavailable: the engine does not answer.
    """
    hits = _ask(asked.on_page(1), by=by, size=EXPORT_LIMIT).hits
    rows = listings.many(asked.kind, [hit.id for hit in hits], by=by, in_full=True)
    return exchange.workbook(
        asked.kind, [rows[hit.id] for hit in hits if hit.id in rows], by=by
    )


def addresses(*, by: Any) -> Iterator[tuple[str, int, datetime]]:
    """(kind, id, last change) of what `by` may find, newest change first, at most `SITEMAP_LIMIT`."""
    left = SITEMAP_LIMIT
    for kind, table in LISTINGS.items():
        query = (
            db.select(table.id, table.updated_at)
            .where(table.found_by(by))
            .order_by(table.updated_at.desc())
        )
        for listing_id, changed in db.session.execute(query.limit(left)):
            yield kind, listing_id, changed
            left -= 1


def reader_of(row: Row, *, by: Any) -> Reader:
    """What this reader may see of this listing, and do with it."""
    full = may(by, "listing.read_full", row)
    firm = full and may(by, "demand.read_firm", row)
    return Reader(
        full=full,
        firm=firm,
        contact=firm and may(by, "listing.read_contact", row),
        history=may(by, "listing.history", row),
        member=member(by, row),
        reviewer=may(by, "listing.review", row),
    )


def sheet(row: Row, *, by: Any) -> Sheet:
    """What the page of a listing shows this reader; `row` is one the reader may open."""
    reader = reader_of(row, by=by)
    main = row.summary if isinstance(row, Achievement) else row.problem
    opening = lead(main)
    matching = row.state == "published" and (
        row.valid_until is None or row.valid_until >= today()
    )
    return Sheet(
        reader=reader,
        holder=row.organisation.name if reader.firm else indexing.holder(row),
        fields=field_names(row),
        facts=facts(row, reader),
        lead=opening,
        rest=opening != " ".join(main.split()),
        foundation=lead(row.foundation) if isinstance(row, Demand) else "",
        values=list(row.value_scores) if isinstance(row, Achievement) else [],
        contact=contact(row, reader),
        today=today(),
        overdue=frozenset(ip.id for ip in getattr(row, "ips", ()) if check_overdue(ip)),
        matching=matching,
        matches=best_matches(row, by=by) if matching else (),
        history=history(row) if reader.history else [],
    )


def history(row: Row) -> list[Event]:
    """Every deed done to a listing, oldest first, with the names of who did it."""
    rows = history_of(row)
    ids = {one.by_id for one in rows} - {None}
    people = dict(
        db.session.execute(
            db.select(Person.id, Person.name).where(Person.id.in_(ids))
        ).all()
    )
    return [
        Event(
            at=one.at,
            deed=row.life.deeds.get(one.deed, one.deed),
            state=row.life.names.get(one.after, one.after),
            person=people.get(one.by_id, "系统"),
            note=one.note,
        )
        for one in rows
    ]


def best_matches(row: Row, *, by: Any) -> Sequence[matchmaking.Offer] | None:
    """The first few matches for the side column; None while the matcher is being prepared, which the page says."""
    try:
        return matchmaking.top_matches(row, by, MATCHES).offers
    except SearchUnavailable as error:
        log.warning("matches_missing", reason=str(error))
        return None


def facts(row: Row, reader: Reader) -> list[tuple[str, str]]:
    """The smaller facts of a listing that have been filled in and that this reader may see, as (name, value)."""
    if not reader.full:
        return []
    hidden = frozenset() if reader.firm else NAMING_FACTS
    return [
        (labels.label(row.kind, name), labels.said(row, name))
        for name in FACTS[row.kind]
        if name not in hidden and getattr(row, name) not in (None, "", [])
    ]


def contact(row: Row, reader: Reader) -> list[tuple[str, str]]:
    """The contact desk as (name, value): whole, masked, or not at all where the firm is not to be named."""
    if not reader.firm:
        return []
    desk = {
        "联系人": row.contact_name,
        "电话": row.contact_phone,
        "邮箱": row.contact_email,
    }
    return [
        (name, text if reader.contact else masked(text))
        for name, text in desk.items()
        if text
    ]


def field_names(row: Row) -> list[str]:
    """The names of a listing's fields, the main one first."""
    query = db.select(HitechField.code, HitechField.name).where(
        HitechField.code.in_(row.field_codes)
    )
    found = dict(db.session.execute(query).all())
    return [found[code] for code in row.field_codes if code in found]


def lead(text: str, length: int = LEAD) -> str:
    """The opening of a text: its first sentences, as many as fit into `length` characters, at least one cut short."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    ends = [m.end() for m in re.finditer(r"[。！？；]", text[:length])]
    return text[: ends[-1]] if ends else text[:length].rstrip("，、 ") + "…"


def masked(text: str) -> str:
    """A name, telephone number or address as a guest sees it: enough to recognise, too little to use."""
    text = text.strip()
    if "@" in text:
        name, _, host = text.partition("@")
        return f"{name[:1]}***@{host}"
    if any(c.isdigit() for c in text):
        return (
            re.sub(r"\d", "*", text[:-2]) + "**"
            if len(text) < 8
            else f"{text[:4]}****{text[-2:]}"
        )
    return text[:1] + "*" * min(len(text) - 1, 3) if text else ""


def check_overdue(ip: IntellectualProperty) -> bool:
    """Whether the legal status was never checked, or longer ago than `CHECK_DAYS` days."""
    return ip.checked_on is None or ip.checked_on < today() - timedelta(days=CHECK_DAYS)


def _ask(asked: Asked, *, by: Any, size: int = PAGE_SIZE) -> search.Result:
    return current_app.extensions["search"].find(asked.query(audiences(by), size=size))


def _lines(
    hits: Iterable[search.Hit], text: str, fields: Mapping[str, str], *, by: Any
) -> list[Line]:
    found = cards.of_hits(hits, fields, by=by)
    query = parse_query(text)
    titles = highlights([card.title for card in found], query)
    texts = snippets([card.text for card in found], query, SNIPPET)
    return list(map(Line, found, titles, texts))


def _counts(result: search.Result, facet: str) -> dict[str, int]:
    return {str(value): count for value, count in result.facets.get(facet, [])}


def _options(
    facet: str,
    result: search.Result,
    known: Mapping[str, Mapping[str, str]],
    asked: Asked,
) -> list[Option]:
    """The options of a facet: in the order of the dictionary (years latest first), the long ones by their counts."""
    counts = _counts(result, facet)
    chosen = asked.filters.get(facet, ())
    named = (
        {c: f"{c} 年" for c in sorted({*counts, *chosen}, reverse=True)}
        if facet == "year"
        else known[facet]
    )
    unofficial = known["unofficial"] if facet == "chain" else {}
    options = [
        Option(code, name, counts.get(code, 0), code in chosen, code not in unofficial)
        for code, name in named.items()
        if code in counts or code in chosen
    ]
    return (
        sorted(options, key=lambda option: -option.count)
        if facet in BY_COUNT
        else options
    )


def _without(asked: Asked, missing: Iterable[str], *, by: Any) -> Shortcut | None:
    """The same search without the words that stand nowhere, if words that say something are left and find something."""
    text = asked.text
    for word in missing:
        text = text.replace(word, " ")
    text = " ".join(text.split())
    left = text != asked.text and any(map(is_content_term, parse_query(text).terms))
    return _shortcut(asked.saying(text), by=by) if left else None


def _shortcut(asked: Asked, *, by: Any) -> Shortcut | None:
    total = _ask(asked, by=by, size=0).total
    return Shortcut(asked, total) if total else None
