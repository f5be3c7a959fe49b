"""A file is added to a thing that is no listing: for the rooms above, which decide who may."""

from __future__ import annotations

from marketplace import persistence
from marketplace.errors import NotNow
from marketplace.extensions import db
from marketplace.files import queries, storage
from marketplace.files.deeds import (
    TWICE,
    Taken,
    free_name,
    refuse_more,
    stored_file,
)
from marketplace.files.models import ThingFile
from marketplace.permissions import Reader, reader_id


def add_file(
    kind: str, number: int, taken: Taken, *, shared: bool, by: Reader | None
) -> ThingFile:
    """A file of a thing that is no listing, whose room has decided that `by` may add it (no commit).

    Args:
        kind, number: of the thing, which the caller holds.
        taken: what `look_at` gave.
        shared: whether others who take part may have it.

    Raises:
        Invalid: there are too many, or it is there already.
        CannotSave: the disk is full.
    """
    there = queries.files_of(kind, number)
    refuse_more(there, taken)
    row = ThingFile(
        thing_kind=kind,
        thing_id=number,
        file=stored_file(taken),
        name=free_name(taken.name, {one.name for one in there}),
        shared=shared,
        by_id=reader_id(by),
    )
    db.session.add(row)
    twice = NotNow(f"{TWICE}。", "不用再传。")
    with persistence.refusals(duplicates={"uq_thing_file_content": twice}):
        # Flushed before the bytes move: what is refused here leaves none behind.
        db.session.flush()
    storage.take_in(taken.incoming)
    return row
