"""What of a listing is compared with another one: the documents that are ranked, graded and put into words.

Not here: which fields a reader may know (`listings.disclosure`), and the comparing (`matching`).
"""

from __future__ import annotations

from dataclasses import replace

import matching
from marketplace.listings import index as listing_index
from marketplace.listings.models import Row
from marketplace.permissions import Reader, may


def common_document(row: Row) -> matching.Document:
    """What every reader of a listing may know: it is ranked and graded by this, so that both are the same for all."""
    document = listing_index.matching_document(row)
    if row.visibility != "partial":
        return document
    return _without_conditions(document)


def document_for(row: Row, reader: Reader | None) -> matching.Document:
    """What one reader may know of a listing; None is the site itself."""
    document = listing_index.matching_document(row)
    if row.visibility != "partial" or may(reader, "listing.read_full", row):
        return document
    return _without_conditions(document)


def _without_conditions(document: matching.Document) -> matching.Document:
    return replace(
        document,
        chain=None,
        modes=frozenset(),
        price_min=None,
        price_max=None,
        due=None,
    )
