"""What the index holds, as data: the fields of a document, the weights of a score and the version of both.
Not here: how text is cut (analysis), how an engine stores it (embedded, cluster). A change here is a change of VERSION
and so a rebuild.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from matching import text as words_of
from search.contract import FACETS

SCHEMA = 8  # raised by hand when anything below changes what is stored


def index_version() -> str:
    """What an index is made with: another version means a rebuild."""
    return f"{SCHEMA}/{words_of.words_version()}"


# How a field of Document is stored: "keyword" exact, "keywords" several exact values, "instant" a moment as
# whole microseconds since 1970, "text" through analysis.
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
    "institution": "keyword",
    "need": "keyword",
    "achievement_type": "keyword",
    "published_at": "instant",
    "deadline": "date",
}
# The facet is named as one of its values, the field as what holds several.
FACET_FIELDS = {facet: facet for facet in FACETS} | {"mode": "modes"}

# What is added to BM25, in the same unit (one rare word in one body is worth about 3 to 9).
TERM_SCORE = 0.5  # a term whose characters stand together somewhere, however the text was cut into words
TERM_TITLE_SCORE = 2.0  # … in the title
WHOLE_SCORE = 2.0  # the whole query as one phrase
WHOLE_TITLE_SCORE = 4.0  # … in the title
SHARE_SCORE = (
    20.0  # all words, when some are enough: how much is found goes before how often
)
# Two characters of a long text that stand together, times their rarity (decision 087).
PAIR_WEIGHT = 0.5
SYNONYM_WEIGHT = 0.5  # another word for it, against the reader's own
# BM25 as both SQLite and Lucene ship it.
K1 = 1.2
B = 0.75
_EPOCH = datetime(1970, 1, 1)


def microseconds(moment: datetime) -> int:
    """A moment (UTC without zone) as whole microseconds since 1970: exact in every engine, where a day is not."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def inverse_document_frequency(having: int, documents: int) -> float:
    """Lucene's inverse document frequency, positive however common the word: the weight of a word everywhere here.

    Args:
        having: documents with the word.
        documents: all documents. With fewer of them than `having` (a count taken a moment later) the weight is 0.
    """
    if documents < having:
        return 0.0
    return math.log(1 + (documents - having + 0.5) / (having + 0.5))
