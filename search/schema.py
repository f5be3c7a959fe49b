"""What the index holds, as data: the fields of a document, the channels text is searched in, weights and the version.
Not here: how an engine stores it (fts, elastic). A change here is a change of VERSION and so a rebuild.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from matching import text as words_of
from search.characters import folded
from search.contract import FACETS, Document
from search.suggesting import Offer, offers
from search.terms import BREAK, index_words

SCHEMA = 3  # raised by hand when anything below changes what is stored
VERSION = f"{SCHEMA}/{words_of.VERSION}"

# How a field of Document is stored: "keyword" exact, "keywords" several exact values, "text" through the channels,
# "kept" only to be given back.
FIELDS: dict[str, str] = {
    "kind": "keyword",
    "id": "integer",
    "version": "integer",
    "title": "text",
    "body": "text",
    "holder": "text",
    "audience": "keywords",
    "district": "keyword",
    "field": "keyword",
    "stage": "keyword",
    "modes": "keywords",
    "year": "integer",
    "chain": "keyword",
    "published_on": "date",
    "deadline": "date",
    "shown": "kept",
}
FACET_FIELDS = {facet: "modes" if facet == "mode" else facet for facet in FACETS}
SORT_FIELDS = {"newest": "published_on", "deadline": "deadline"}

# A word of the title counts as often as it is repeated in the one word channel: one field, one statistic, the same
# formula in every engine (BM25 summed over several fields rewards a word for standing in each of them).
TITLE_REPEATS = 3

# What is added to BM25, in the same unit (one rare word in one body is worth about 3 to 9).
TERM_SCORE = 0.5  # a term whose characters stand together somewhere, whatever the segmentation says
TERM_TITLE_SCORE = 2.0  # … in the title
WHOLE_SCORE = 2.0  # the whole query as one phrase
WHOLE_TITLE_SCORE = 4.0  # … in the title
SHARE_SCORE = 20.0  # all words, when only some are asked for: how much is found goes before how often
SYNONYM_WEIGHT = 0.5  # another word for it, against the reader's own
K1, B = 1.2, 0.75  # BM25 as both SQLite and Lucene ship it


@dataclass(frozen=True, slots=True)
class Channels:
    """A document's text as it is searched.

    words: tokens for BM25; title and body: single characters for phrases; offers: what is suggested by it.
    """

    words: tuple[str, ...]
    title: str
    body: str
    offers: tuple[Offer, ...] = ()


def channels(document: Document) -> Channels:
    """Cut a document's text for the index; the most expensive step of writing, so do it outside any lock."""
    title = index_words(document.title)
    rest = index_words(document.holder) + index_words(document.body)
    body = folded(document.holder) + BREAK + folded(document.body)
    return Channels(
        tuple(title * TITLE_REPEATS + rest),
        folded(document.title),
        body,
        tuple(offers(document.title)),
    )


def rarity(having: int, documents: int) -> float:
    """Lucene's inverse document frequency: positive however common the word. The weight of a word everywhere here."""
    return (
        math.log(1 + (documents - having + 0.5) / (having + 0.5))
        if documents >= having
        else 0.0
    )


def all_channels(documents: Iterable[Document]) -> list[tuple[Document, Channels]]:
    """Documents beside their channels."""
    return [(document, channels(document)) for document in documents]
