"""Keeping the search index and the statistics of the database in step with the listings: work of the site itself.

The projections of a listing stand in `index.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask import current_app
from sqlalchemy import bindparam

import search
from marketplace import persistence
from marketplace.extensions import db
from marketplace.listings import announcements, cards, places, queries
from marketplace.listings import index as listing_index
from marketplace.listings.models import LISTINGS

# A version above every revision, so that a document without a row goes whatever its version is; the largest whole
# number that JSON carries exactly.
NEWEST_VERSION = 2**53


def write_cards() -> int:
    """Write the cards of rows that have none, or one of an older version: after a migration or a change of `card_of`.

    Returns:
        number of rows written; their revision and date stay as they are, for nothing of the listing has changed.
    """
    total = 0
    for table in LISTINGS.values():
        old = db.or_(
            table.card.is_(None), table.card["version"].as_integer() != cards.VERSION
        )
        columns = table.__table__.c
        # By the table, not the row: a card is no change of the listing, so revision and date stay.
        statement = (
            db.update(table.__table__)
            .where(columns.id == bindparam("row_id"))
            .values(card=bindparam("card"), updated_at=columns.updated_at)
        )
        # By number: a row that is written leaves the query, and an offset would pass over as many.
        last = 0
        while True:
            # Batch by batch, so that people who save wait for one of them at most.
            persistence.begin_write()
            query = db.select(table).where(old, table.id > last).order_by(table.id)
            rows = list(db.session.scalars(query.limit(listing_index.BATCH)))
            if not rows:
                db.session.rollback()
                break
            written = []
            for row in rows:
                written.append({"row_id": row.id, "card": cards.card_of(row)})
            db.session.connection().execute(statement, written)
            last = rows[-1].id
            total += len(rows)
            # Committed as it goes: a kill in between leaves the rest to the next start.
            db.session.commit()
            db.session.expunge_all()
    return total


def settle_places() -> int:
    """Decide again what unnamed demands show of their place: after an import, and where a day has passed.

    Returns:
        number of demands of which something else is shown now; the index follows with the next `index_sync`.
    """
    # Looked for as a reader first: nearly always nothing is to be written, and nobody waits for that.
    if not places.place_changes():
        return 0
    persistence.begin_write()
    settled = len(places.settle_places())
    db.session.commit()
    return settled


def announce_endings() -> int:
    """Remind the people of the listings that end soon.

    Returns:
        number of notices.
    """
    persistence.begin_write()
    count = announcements.announce_endings()
    db.session.commit()
    return count


def index_sync(limit: int = listing_index.BATCH) -> int:
    """Write what is dirty to the index, batch by batch, until nothing is or the index is down.

    Returns:
        number of rows brought in step.
    """
    total = 0
    for kind in LISTINGS:
        while rows := listing_index.dirty(kind, limit):
            done = listing_index.sync(rows)
            # After each batch: what is in the index by now is noted, whatever becomes of the next.
            db.session.commit()
            total += done
            # The engine refused some of them; asking again at once would turn in a circle.
            if done < len(rows):
                break
    return total


def rows_behind(kind: str) -> bool:
    """Whether the index holds another revision of some row than the database."""
    return bool(listing_index.dirty(kind, 1))


def refresh_statistics() -> None:
    """Have the database count what its tables hold, for it plans by that.

    Without, SQLite takes every state for rare and sorts all that is published to find the newest: 290 ms for the home
    page instead of 10 at 100,000 listings, where counting takes 80. PostgreSQL counts by itself, but some time later.
    """
    persistence.begin_write()
    db.session.execute(db.text("ANALYZE"))
    db.session.commit()


def index_rebuild() -> int:
    """Fill a new index from the database and put it in the place of the old one, then note every row as indexed.

    Returns:
        number of documents in the new index.

    Raises:
        search.SearchUnavailable: the engine does not answer; the old index stays.
    """
    written: list[tuple[str, int, int]] = []

    def documents() -> Iterable[search.Document]:
        # The engine carries over what is written from now on, so the database is read as it is now: what was withdrawn
        # since an older view of it would come back.
        db.session.rollback()
        for kind in LISTINGS:
            for row in listing_index.published(kind):
                document = listing_index.search_document(row)
                written.append((document.kind, document.id, document.version))
                yield document
        db.session.rollback()  # all is read: a server ends transactions that lie idle while an index is filled

    current_app.extensions["search"].rebuild(documents())
    for batch in persistence.chunked(written, listing_index.BATCH):
        persistence.begin_write()
        listing_index.note_indexed(batch)
        db.session.commit()  # batch by batch: nobody's save waits for the lock of one of these rows
    # Rows that were changed while the index was filled are dirty still.
    index_sync()
    return len(written)


def index_check() -> dict[str, list[tuple[str, int]]]:
    """Compare database and index in both directions, by version.

    Returns:
        `missing` (findable, not in the index), `stale` (another version) and `extra` (in the index, not findable),
        each a list of (kind, id).
    """
    truth: dict[tuple[str, int], int] = {}
    for kind, table in LISTINGS.items():
        query = db.select(table.id, table.revision).where(table.state == "published")
        for row_id, revision in db.session.execute(query):
            truth[kind, row_id] = revision
    copy: dict[tuple[str, int], int] = {}
    for kind, row_id, version in current_app.extensions["search"].versions():
        copy[kind, row_id] = version
    both = truth.keys() & copy.keys()
    return {
        "missing": sorted(truth.keys() - copy.keys()),
        "stale": sorted(key for key in both if truth[key] != copy[key]),
        "extra": sorted(copy.keys() - truth.keys()),
    }


def index_repair(differences: Mapping[str, list[tuple[str, int]]]) -> None:
    """Mend what `index_check` found: rewrite the missing and stale, take out the extra."""
    engine: search.Engine = current_app.extensions["search"]
    for name in ("missing", "stale", "extra"):
        for kind, row_id in differences[name]:
            row = queries.load_row(kind, row_id)
            if row is not None:
                listing_index.sync([row])
            else:
                engine.remove([(kind, row_id, NEWEST_VERSION)])
            # One by one: a save must never wait for a long repair.
            db.session.commit()
