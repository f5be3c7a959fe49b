"""What of a listing is ranked and graded by, the same for every reader.

Not here: which fields a reader may know (`listings.disclosure`), and the comparing (`matching`).
"""

from __future__ import annotations

import matching
from marketplace.listings import index as listing_index
from marketplace.listings.disclosure import common_view
from marketplace.listings.models import Row


def common_document(row: Row) -> matching.Document:
    """What every reader of a listing may know: it is ranked and graded by this, so that both are the same for all."""
    # Never the view of one reader: a score that differs between two would tell one what the other may read.
    return listing_index.matching_document(common_view(row))


def common_conditions(row: Row) -> matching.Document:
    """The conditions of `common_document`, without its text: enough for the facts of a pair."""
    return listing_index.conditions_document(common_view(row))


def holder_of(row: Row) -> str:
    """Who is named with a listing on every list: its organisation, or what is public in its place."""
    # Through the view, for a firm may wish to stay unnamed.
    return common_view(row).holder
