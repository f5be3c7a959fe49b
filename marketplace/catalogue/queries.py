"""What the search page, its suggestions and its export show: reading only, through the visibility of the listings.

How an address is read is in `search_state.py`; who may find what is decided in `listings/models.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import current_app
from markupsafe import Markup

import search
from marketplace.catalogue.facets import (
    FacetNames,
    Option,
    facet_counts,
    facet_options,
    name_institutions,
    run_search,
)
from marketplace.catalogue.search_state import FACETS, SearchState
from marketplace.exchange import exporting
from marketplace.listings import cards
from marketplace.listings import queries as listing_queries
from marketplace.listings.cards import Card
from marketplace.listings.models import LISTINGS
from marketplace.permissions import Reader, audiences
from marketplace.persistence import Page
from search.marking import highlights
from search.sentences import snippets
from search.spelling import looks_mistyped
from search.terms import is_content_term, parse_query

PAGE_SIZE = 20
EXPORT_LIMIT = 1000  # rows of one exported list
SNIPPET_LENGTH = 76  # characters: two lines of the text column
FEW = 3  # rows up to which a reader may have meant something else


@dataclass(frozen=True)
class Line:
    """One row of a list.

    Attributes:
        card: what lists show of the listing.
        title, snippet: safe for a page, the words of the query marked.
    """

    card: Card
    title: Markup
    snippet: Markup


@dataclass(frozen=True)
class Shortcut:
    """A neighbouring search that does find something, and how many rows it finds."""

    state: SearchState
    total: int


@dataclass(frozen=True)
class SearchPage:
    """One page of a search.

    Attributes:
        state: the state that is shown (its page may differ from the one in the address, see `beyond`).
        total: rows on all pages; pages: number of pages.
        lines: the rows.
        kinds: kind → count under the other filters.
        facets: facet → options, the chosen ones even where they count 0.
        relaxed: no row has all the words; the ones with some of them are shown.
        missing: words of the query that no row contains.
        meant: the same search for what may have been meant by a mistyped word, where it finds something.
        without: the same search without those words, where it finds something.
        wide: the same search without filters, where this one finds nothing.
        beyond: the page asked for, where the list ends before it.
        degraded: the simpler engine answered.
    """

    state: SearchState
    total: int
    pages: int
    lines: list[Line]
    kinds: dict[str, int]
    facets: dict[str, list[Option]]
    relaxed: bool
    missing: list[str]
    meant: list[Shortcut]
    without: Shortcut | None
    wide: Shortcut | None
    beyond: int | None
    degraded: bool


def find_page(state: SearchState, names: FacetNames, *, by: Reader) -> SearchPage:
    """One page of what this reader may find.

    Args:
        state: what is searched; a page beyond the end gives the last one.
        names: as `facets.facet_names` gives them.
        by: the reader.

    Raises:
        search.SearchUnavailable: the engine does not answer.
    """
    result = run_search(state, by, PAGE_SIZE)
    pages = Page(result.total, PAGE_SIZE).pages
    beyond = None
    # An address of yesterday: listings may have left since it was made.
    if state.page > pages:
        beyond = state.page
        state = state.on_page(pages)
        result = run_search(state, by, PAGE_SIZE)
    names = name_institutions(names, result, state)
    wide = None
    if result.total == 0 and state.is_filtered:
        wide = _shortcut(state.unfiltered(), by)
    return SearchPage(
        state=state,
        total=result.total,
        pages=pages,
        lines=_lines(result.hits, state.text, names["field"], by),
        kinds=facet_counts(result, "kind"),
        facets={facet: facet_options(facet, result, names, state) for facet in FACETS},
        relaxed=result.relaxed,
        missing=result.missing,
        meant=_meant(state, result, by),
        without=_without_words(state, result.missing, by),
        wide=wide,
        beyond=beyond,
        degraded=result.degraded,
    )


def suggest(text: str, kind: str, *, by: Reader) -> list[str]:
    """Words and titles that begin with what was typed, or whose pinyin does, of listings this reader may find.

    Args:
        text: what was typed so far.
        kind: `achievement` or `demand`; anything else asks for both.
        by: the reader.
    """
    engine: search.Engine = current_app.extensions["search"]
    kinds = (kind,) if kind in LISTINGS else ()
    return engine.suggest(text, audiences(by), kinds)


def export(state: SearchState, *, by: Reader) -> bytes:
    """The first rows of a search as an .xlsx workbook, in the order of the page and through the same filter.

    Args:
        state: what is searched; of one kind.
        by: the reader.

    Raises:
        search.SearchUnavailable: the engine does not answer.
    """
    hits = run_search(state.on_page(1), by, EXPORT_LIMIT).hits
    ids = [hit.id for hit in hits]
    # Through the filter of the database once more: the index may be a moment behind a withdrawal.
    rows = listing_queries.get_findable(state.kind, ids, by=by, in_full=True)
    listings = [rows[listing_id] for listing_id in ids if listing_id in rows]
    return exporting.workbook(state.kind, listings, reader=by)


def _lines(
    hits: Iterable[search.Hit], text: str, fields: Mapping[str, str], by: Reader
) -> list[Line]:
    keys = [(hit.kind, hit.id) for hit in hits]
    listed = cards.find_cards(keys, fields, by=by)
    query = parse_query(text)
    # All texts of a page are marked together: folding them one by one took twice as long.
    titles = highlights([card.title for card in listed], query)
    excerpts = []
    for card, title in zip(listed, titles, strict=True):
        # Keywords and names are no sentence: they are shown where nothing else would say why the row was found.
        others = () if "<mark>" in title else (card.keywords, *card.names)
        excerpts.append((*card.texts, *others))
    texts = snippets(excerpts, query, SNIPPET_LENGTH)
    return list(map(Line, listed, titles, texts))


def _meant(state: SearchState, result: search.Result, by: Reader) -> list[Shortcut]:
    """The searches that may have been meant, under the same filters, where this one finds few rows or none."""
    if not state.text or state.is_unsearchable:
        return []
    finds_plenty = result.total > FEW and not result.relaxed
    # 轴成 is found as two characters in many rows, though none says 轴成.
    if finds_plenty and not looks_mistyped(state.text):
        return []
    names = state.names
    # The letters of an address or a code are no initials: a@b.cn does not mean 赤泥.
    if not names and not state.is_matter:
        return []
    engine: search.Engine = current_app.extensions["search"]
    shortcuts = []
    # Of words this reader may find: a correction must not give away what is confidential.
    for text in engine.corrections(state.text, audiences(by)):
        corrected = state.with_text(text)
        found = run_search(corrected, by, 0)
        # 赤湖铜箔 is a brand and no slip of 赤泥; another name is meant only where a listing has the whole of it.
        is_guess = found.relaxed and not all(name in text for name in names)
        if found.total and not is_guess:
            shortcuts.append(Shortcut(corrected, found.total))
    return shortcuts


def _without_words(
    state: SearchState, missing: Iterable[str], by: Reader
) -> Shortcut | None:
    """The same search without words that no row contains, if content words are left and find something."""
    text = state.text
    for word in missing:
        text = text.replace(word, " ")
    text = " ".join(text.split())
    if text == state.text or not any(map(is_content_term, parse_query(text).terms)):
        return None
    return _shortcut(state.with_text(text), by)


def _shortcut(state: SearchState, by: Reader) -> Shortcut | None:
    # No rows: they are read when somebody takes the shortcut.
    total = run_search(state, by, 0).total
    return Shortcut(state, total) if total else None
