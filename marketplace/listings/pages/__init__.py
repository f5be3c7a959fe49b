"""Pages of the listings: the public page of one, the owner's form and buttons, the operators' review.

Each file declares its views on the one blueprint of the room; lists and search are pages of the rooms above.
"""

from __future__ import annotations

from marketplace.listings.pages import (
    assigning,
    batch,
    beginning,
    desk_review,
    own,
    proposing,
    public,
    review,
    rewriting,
    versions,
    writing,
)
from marketplace.listings.pages.blueprint import blueprint

__all__ = [
    "assigning",
    "batch",
    "blueprint",
    "desk_review",
    "beginning",
    "own",
    "proposing",
    "public",
    "review",
    "rewriting",
    "versions",
    "writing",
]
