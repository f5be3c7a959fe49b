"""The projections row → search document and row → matching document, and keeping the index in step with the database.

What engines do with a document lives in `search` and `matching`; who may see a row lives in `models.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date

import structlog
from flask import current_app
from sqlalchemy import bindparam

import matching
import search
from marketplace.clock import day_in_china
from marketplace.errors import Busy
from marketplace.extensions import db
from marketplace.listings.disclosure import View, common_view
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.listings.schema import SCHEMAS, terms
from marketplace.parsing.numbers import is_patent_number
from marketplace.persistence import begin_write

log = structlog.get_logger(__name__)
BATCH = 500  # rows read and written at a time


def texts(view: View) -> dict[str, str]:
    """The text sections of a listing that a view shows: section name → text. The title is not among them."""
    sections = {}
    for field in SCHEMAS[view.kind].texts:
        text = field.search_text(view)
        if text:
            sections[field.label] = text
    return sections


def names(view: View) -> dict[str, str]:
    """The people, the co-owners and the numbers of rights that a view shows: name of the field → text.

    One looks for them, yet they say nothing of a matter: they are searched and never compared (160).
    """
    if not view.is_achievement:
        return {}
    numbers = [right.number for right in view.ips or () if right.number]
    sections = {
        "完成单位": [one.name for one in view.co_owners or ()],
        "完成人": [one.name for one in view.contributors or ()],
        "专利号或登记号": numbers,
    }
    return {label: "、".join(found) for label, found in sections.items() if found}


def _other_numbers(view: View) -> Iterator[str]:
    """Numbers of patents with and without ZL, the other way than they are written: nobody knows which is typed."""
    for right in view.ips or () if view.is_achievement else ():
        bare = (right.number or "").removeprefix("ZL")
        if is_patent_number(bare):
            yield bare if bare != right.number else f"ZL{bare}"


def modes(view: View) -> tuple[str, ...]:
    """Ways of conversion or of cooperation, in the words of each kind; what is the same in both has one code."""
    if view.is_achievement:
        return tuple(view.conversion_modes or ())
    return tuple(view.cooperation_modes or ())


def comparable_modes(view: View) -> frozenset[str]:
    """Ways of conversion, of a demand those it asks for, so that the two kinds can be compared."""
    if view.is_achievement:
        return frozenset(view.conversion_modes or ())
    wanted: set[str] = set()
    for mode in view.cooperation_modes or ():
        wanted |= terms.COOPERATION_TO_CONVERSION[mode]
    return frozenset(wanted)


def main_field(view: View) -> str | None:
    """The high-tech field of level 1 that a listing names first."""
    codes: list[str] = view.field_codes
    # The first two digits of a field of level 2 are its field of level 1.
    return codes[0][:2] if codes else None


def stage(view: View) -> str | None:
    """The stage an achievement has reached, or the one a demand wishes for."""
    code: str | None = view.stage if view.is_achievement else view.stage_wished
    return code


def need(view: View) -> str | None:
    """The kind of need of a demand, where everybody may know it."""
    if view.is_achievement or not view.shows("need"):
        return None
    # A row that was never written has no defaults yet; its card is made before.
    code: str = view.need or terms.DEFAULT_NEED
    return code


def achievement_type(view: View) -> str | None:
    """The official type of an achievement, where everybody may know it."""
    if not view.is_achievement:
        return None
    return view.achievement_type or None


def due_day(view: View) -> date | None:
    """The day by which the order 截止临近 sorts: a demand's own deadline, the end of an achievement's validity."""
    day: date | None = view.valid_until if view.is_achievement else view.deadline
    return day


def search_document(row: Achievement | Demand) -> search.Document:
    """THE projection of a listing to what the search index holds.

    Of what the listing says, only the common view is read: by every value of a document somebody searches, sorts,
    filters or counts, so that a hidden one would be found out by where a listing stands or under what it is counted.

    Args:
        row: a listing, published or not; an empty `audience` says that nobody may find it.
    """
    view = common_view(row)
    # "单位未公开" is no name: nobody shall find all such listings by searching for it.
    holder = view.holder if view.knows.full else ""
    district = view.district
    # By the day in China: what was published on 1 January at 7 in the morning is of that year.
    year = None
    if view.published_at is not None:
        year = day_in_china(view.published_at).year
    return search.Document(
        kind=row.kind,
        id=row.id,
        version=row.revision,
        title=view.title,
        # Without the labels: nobody searches for the name of a field.
        body="\n".join(texts(view).values()),
        holder="；".join(
            filter(None, (holder, *names(view).values(), *_other_numbers(view)))
        ),
        audience=row.audience,
        district=district.code if district else None,
        field=main_field(view),
        stage=stage(view),
        modes=modes(view),
        year=year,
        chain=view.chain_code or None,
        # Only who may be named to everybody is counted by name; the others have no value.
        institution=str(row.organisation_id) if view.knows.firm else None,
        need=need(view),
        achievement_type=achievement_type(view),
        published_at=view.published_at,
        deadline=due_day(view),
    )


def matching_document(view: View) -> matching.Document:
    """The projection of a listing to what the matcher compares: what a view shows, in words and codes."""
    return replace(
        conditions_document(view),
        title=view.title,
        text="\n".join(texts(view).values()),
    )


def conditions_document(view: View) -> matching.Document:
    """The codes, money and day of `matching_document` alone: facts are compared by these, without loading any text."""
    if view.is_achievement:
        # The end of an achievement's validity is that of its page, no day by which anybody delivers.
        low, high, due = view.price_min, view.price_max, None
    else:
        low, high, due = view.budget, view.budget, view.deadline
    return matching.Document(
        id=view.id,
        title="",
        field=main_field(view),
        chain=view.chain_code or None,
        stage=stage(view),
        modes=comparable_modes(view),
        price_min=low,
        price_max=high,
        due=due,
    )


def published(kind: str) -> Iterator[Achievement | Demand]:
    """Every row of a kind that somebody may find, in order of id, read in batches."""
    table = LISTINGS[kind]
    last = 0
    while True:
        # By number and not by offset, so that rows published meanwhile shift nothing.
        query = (
            db.select(table)
            .where(table.findable_by(None), table.id > last)
            .order_by(table.id)
            .limit(BATCH)
        )
        rows = list(db.session.scalars(query))
        yield from rows
        if len(rows) < BATCH:
            return
        last = rows[-1].id
        # A catalogue of 100,000 rows must not stay in memory while it is read.
        db.session.expunge_all()


def dirty(kind: str, limit: int = BATCH) -> list[Achievement | Demand]:
    """Rows of a kind whose copy in the index is not of their revision, oldest change first."""
    table = LISTINGS[kind]
    query = (
        db.select(table)
        .where(table.revision != table.indexed_revision)
        .order_by(table.updated_at)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def sync(rows: Iterable[Achievement | Demand]) -> int:
    """Write rows to the index, or take them out of it, and note their revision as indexed (without commit).

    An index that is down costs one log line: the rows stay dirty and `flask index sync` finds them. The engine may
    have to wait; nobody's save waits for it meanwhile, for no transaction is open then.

    Args:
        rows: listings as committed.

    Returns:
        number of rows whose copy is now of their revision.
    """
    rows = list(rows)
    if not rows:
        return 0
    engine = current_app.extensions["search"]
    # Read before the transaction ends below: afterwards every attribute would be a query of its own.
    documents = [search_document(row) for row in rows]
    shown = []
    hidden = []
    for document in documents:
        if document.audience:
            shown.append(document)
        else:
            # The revision goes with it: a slower process must not remove what a faster one has put back.
            hidden.append((document.kind, document.id, document.version))
    # The connection goes back before the engine is called; a cluster that hangs must not hold it.
    db.session.rollback()
    # Out first: what was withdrawn or hidden is the more urgent of the two.
    trouble = _first_trouble(
        lambda: engine.remove(hidden),
        lambda: engine.put(shown),
    )
    if trouble is not None:
        log.warning("index_behind", rows=len(rows), reason=str(trouble))
        return 0
    try:
        begin_write()
    except Busy:
        log.warning("index_note_behind", rows=len(rows))
        return 0
    note_indexed((d.kind, d.id, d.version) for d in documents)
    return len(rows)


def _first_trouble(*writes: Callable[[], object]) -> search.SearchError | None:
    """Attempt every write, and say why the first of those that failed did; None where all went through."""
    trouble = None
    for write in writes:
        # Each for itself: a cluster that is down refuses the first after its fallback took it, and the fallback, which
        # answers readers meanwhile, has to have the second as well.
        try:
            write()
        # Out of reach, or unwilling to take one of them.
        except search.SearchError as error:
            trouble = trouble or error
    return trouble


def note_indexed(written: Iterable[tuple[str, int, int]]) -> None:
    """Note (kind, id, revision) as indexed, without touching the rows' own revision or date and without commit."""
    by_kind: dict[str, list[dict[str, int]]] = {}
    for kind, row_id, revision in written:
        # By the revision that was written, not by that of now: a save in between leaves the row dirty again.
        by_kind.setdefault(kind, []).append({"row_id": row_id, "seen": revision})
    for kind, rows in by_kind.items():
        table = LISTINGS[kind]
        # `updated_at` is set to itself: its onupdate would make every indexing a change of the listing. The revision
        # only rises: of two processes that index one row the slower must not take the note of the faster back.
        columns = table.__table__.c
        noted = (
            db.update(table.__table__)
            .where(
                columns.id == bindparam("row_id"),
                columns.indexed_revision < bindparam("seen"),
            )
            .values(indexed_revision=bindparam("seen"), updated_at=columns.updated_at)
        )
        db.session.connection().execute(noted, rows)
