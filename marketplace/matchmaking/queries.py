"""What is read from the database for matchmaking itself: all that could be offered, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.extensions import db
from marketplace.listings import queries as listing_queries
from marketplace.listings.models import LISTINGS, Row
from marketplace.permissions import Reader
from marketplace.persistence import Page

PAGE_SIZE = 20  # rows of a page of the plain order


@dataclass(frozen=True)
class NewestPage:
    """A page of listings, newest first.

    Attributes:
        rows: the listings.
        first_rank: place of the first of them in the whole order, from 1.
        page: its number, from 1.
        pages: how many there are, at least 1.
    """

    rows: Sequence[Row]
    first_rank: int
    page: int
    pages: int


def newest_matchable(kind: str, *, by: Reader | None, page: int) -> NewestPage:
    """All listings of a kind that could be offered, newest first, equal dates by id.

    Args:
        kind: `achievement` or `demand`.
        by: the reader; what they may not find is left out.
        page: from 1; beyond the end the last one is given.
    """
    table = LISTINGS[kind]
    offered = table.findable_by(by) & table.matchable()
    count = db.select(db.func.count()).select_from(table).where(offered)
    paging = Page(db.session.scalar(count) or 0, PAGE_SIZE)
    newest = (
        db.select(table)
        .where(offered)
        # With the number, for rows of one moment would else change places between two pages.
        .order_by(table.published_at.desc(), table.id.desc())
        .limit(PAGE_SIZE)
        .offset(paging.offset(page))
        # A list shows none of them, and figures that are compared are loaded in one query.
        .options(*listing_queries.without_children(kind))
    )
    rows = list(db.session.scalars(newest))
    first_rank = paging.offset(page) + 1
    return NewestPage(rows, first_rank, paging.clamp(page), paging.pages)
