"""What the home page and the sitemap show: what is new, true counts, example queries, addresses. Reading only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

import search
from marketplace.catalogue.facets import (
    FacetNames,
    Option,
    facet_counts,
    facet_options,
    run_search,
)
from marketplace.catalogue.search_state import SearchState
from marketplace.extensions import db
from marketplace.listings import cards
from marketplace.listings.cards import Card
from marketplace.listings.models import LISTINGS
from marketplace.permissions import Reader
from matching.text import lexicon_terms

log = structlog.get_logger(__name__)
NEWEST = 6  # rows of each kind
EXAMPLES = 3  # example queries,
EXAMPLE_SOURCES = 200  # taken from so many listings of each kind
EXAMPLE = re.compile(r"[\w+#-]{2,10}")
SITEMAP_LIMIT = 50_000  # addresses of one file, sitemaps.org


@dataclass(frozen=True)
class Browse:
    """What the home page counts: listings of each kind, and the options of the fields and chains."""

    kinds: dict[str, int]
    fields: list[Option]
    chains: list[Option]


def count_catalogue(names: FacetNames, *, by: Reader) -> Browse | None:
    """The true counts of the home page, from the facets of an empty search.

    Args:
        names: as `facets.facet_names` gives them.
        by: the reader.

    Returns:
        None where the engine does not answer: the page then says so and shows the rest.
    """
    # Empty and of no kind: one request counts both kinds and every facet.
    state = SearchState()
    try:
        result = run_search(state, by, 0)
    # The home page is opened by everybody: better without counts than not at all.
    except search.SearchUnavailable as error:
        log.warning("counts_missing", reason=str(error))
        return None
    return Browse(
        kinds=facet_counts(result, "kind"),
        fields=facet_options("field", result, names, state),
        chains=facet_options("chain", result, names, state),
    )


def newest(kind: str, fields: Mapping[str, str], *, by: Reader) -> list[Card]:
    """The listings of a kind that this reader may find, the latest published first.

    Args:
        kind: `achievement` or `demand`.
        fields: code → name of the high-tech fields of level 1.
        by: the reader.
    """
    table = LISTINGS[kind]
    latest = (
        db.select(table.id)
        .where(table.findable_by(by))
        # From the database: what was published a second ago may not be in the index yet.
        .order_by(table.published_at.desc(), table.id.desc())
        .limit(NEWEST)
    )
    keys = [(kind, listing_id) for listing_id in db.session.scalars(latest)]
    return cards.find_cards(keys, fields, by=by)


def example_queries() -> list[str]:
    """Example queries that certainly find something: keywords of what was published last.

    Terms of the trade before other words, then what most listings name; each after the first comes from listings that
    name none before it, so that the examples speak of several trades.
    """
    keywords = [words for words in _latest_keywords() if words]
    examples: list[str] = []
    while keywords and len(examples) < EXAMPLES:
        counts: Counter[str] = Counter()
        for words in keywords:
            counts.update(words)
        best = min(counts, key=lambda word: _example_rank(word, counts[word]))
        examples.append(best)
        keywords = [words for words in keywords if best not in words]
    return examples


def _latest_keywords() -> Iterator[set[str]]:
    """The keywords fit for an example of each of the latest public listings."""
    for table in LISTINGS.values():
        query = db.select(table.keywords).where(
            # Never from what is partly public: the words themselves would be known.
            table.findable_by(None),
            table.visibility == "public",
        )
        newest_first = query.order_by(table.published_at.desc(), table.id.desc())
        for words in db.session.scalars(newest_first.limit(EXAMPLE_SOURCES)):
            yield {word for word in words if EXAMPLE.fullmatch(word)}


def _example_rank(word: str, count: int) -> tuple[bool, int, str]:
    return word not in lexicon_terms(), -count, word


def sitemap_rows(*, by: Reader) -> Iterator[tuple[str, int, datetime]]:
    """(kind, id, last change) of what `by` may find, newest change first, at most `SITEMAP_LIMIT`."""
    left = SITEMAP_LIMIT
    for kind, table in LISTINGS.items():
        query = (
            db.select(table.id, table.updated_at)
            .where(table.findable_by(by))
            .order_by(table.updated_at.desc(), table.id.desc())
        )
        # One file takes no more addresses than that, of both kinds together.
        for listing_id, changed in db.session.execute(query.limit(left)):
            yield kind, listing_id, changed
            left -= 1
