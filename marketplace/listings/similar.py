"""Listings of the same kind that resemble one under review, so that the same thing is not published twice."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz import fuzz, process

from marketplace.extensions import db
from marketplace.listings.disclosure import view_of
from marketplace.listings.life import ENDED
from marketplace.listings.models import Achievement, Demand
from marketplace.permissions import Reader

Row = Achievement | Demand
MOST = 5
# By the characters of both titles in their order, 0 to 100; one of twelve in which four differ has about 67.
ALIKE = 70
MAX_ROWS = 20_000  # that are compared: newest first


@dataclass(frozen=True)
class Similar:
    """A listing that resembles another one, as one reader may know it.

    Attributes:
        row: the listing, of which they may read the title and the state.
        holder: whose it is, or what stands for a firm that is not to be named: the desk of one organisation reads
            of those of others no more than everybody does.
    """

    row: Row
    holder: str


def similar_listings(row: Row, *, by: Reader | None) -> list[Similar]:
    """Other living listings whose titles say nearly the same, the most alike first; at most MOST.

    Args:
        row: the listing under review.
        by: the reader; only what they may open is named.
    """
    table = type(row)
    query = (
        db.select(table.id, table.title)
        # Through the filter, or the title of somebody's confidential listing would be read here.
        .where(table.id != row.id, table.state.not_in(ENDED), table.visible_to(by))
        .order_by(table.id.desc())
        .limit(MAX_ROWS)
    )
    titles = dict(db.session.execute(query).tuples().all())
    # 20,000 titles take 10 ms; by words, each of them cut, half a second.
    alike = process.extract(
        row.title, titles, scorer=fuzz.ratio, limit=MOST, score_cutoff=ALIKE
    )
    best = [number for _, _, number in alike]
    rows = {
        one.id: one
        for one in db.session.scalars(db.select(table).where(table.id.in_(best)))
    }
    found = [rows[number] for number in best]
    # The title of a partly public listing is public, its owner is not.
    return [Similar(one, view_of(one, by).holder) for one in found]
