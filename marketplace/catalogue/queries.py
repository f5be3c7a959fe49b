"""What the home page, the search page, the export and the sitemap show: reading only, through the listings' filter.

How an address is read stands in `forms.py`; who may see what in `permissions.py` and `listings/models.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from flask import current_app
from markupsafe import Markup

import search
from marketplace.catalogue.forms import FACETS, Asked
from marketplace.dictionaries.models import names_of_facets
from marketplace.exchange import exporting
from marketplace.extensions import db
from marketplace.listings import cards, terms
from marketplace.listings import queries as listing_queries
from marketplace.listings.cards import Card
from marketplace.listings.models import (
    LISTINGS,
)
from marketplace.permissions import audiences
from matching.text import terms as lexicon
from search.marking import marks, snippets
from search.terms import tells, understand

log = structlog.get_logger(__name__)
PAGE_SIZE = 20
EXPORT_LIMIT = 1000  # rows of one exported list
NEWEST = 6  # rows of each kind on the home page
EXAMPLES = 3  # example queries on the home page,
EXAMPLES_FROM = 200  # taken from so many listings of each kind
SITEMAP_LIMIT = 50_000  # addresses of one file, sitemaps.org
SNIPPET = 76  # characters: two lines of the text column
BY_COUNT = (
    "field",
    "chain",
    "district",
)  # facets without an order of their own, longer than a page shows at once
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
    latest = (
        db.select(table.id)
        .where(table.found_by(by))
        .order_by(table.published_at.desc(), table.id.desc())
        .limit(count)
    )
    keys = [(kind, listing_id) for listing_id in db.session.scalars(latest)]
    return cards.find_cards(keys, fields, by=by)


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
    rows = listing_queries.get_findable(
        asked.kind, [hit.id for hit in hits], by=by, in_full=True
    )
    return exporting.workbook(
        asked.kind, [rows[hit.id] for hit in hits if hit.id in rows], reader=by
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


def _ask(asked: Asked, *, by: Any, size: int = PAGE_SIZE) -> search.Result:
    return current_app.extensions["search"].find(asked.query(audiences(by), size=size))


def _lines(
    hits: Iterable[search.Hit], text: str, fields: Mapping[str, str], *, by: Any
) -> list[Line]:
    found = cards.find_cards([(hit.kind, hit.id) for hit in hits], fields, by=by)
    titles = marks([card.title for card in found], text)
    return list(
        map(Line, found, titles, snippets([card.text for card in found], text, SNIPPET))
    )


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
    left = text != asked.text and any(map(tells, understand(text).terms))
    return _shortcut(asked.saying(text), by=by) if left else None


def _shortcut(asked: Asked, *, by: Any) -> Shortcut | None:
    total = _ask(asked, by=by, size=0).total
    return Shortcut(asked, total) if total else None
