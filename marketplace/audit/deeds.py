"""What is done to the audit: recording what no row shows, erasing personal values.

Writes of rows are recorded by themselves (`collecting.py`), what writes none in `looks.py`; the calling rule commits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from marketplace import persistence
from marketplace.audit.collecting import pending_of
from marketplace.audit.entries import Draft, Personal, canonical
from marketplace.audit.models import Entry, Withheld, table_of
from marketplace.extensions import db
from marketplace.permissions import Reader, reader_id

ERASED_AT_ONCE = 5_000  # values that one entry says to be erased


def record(
    deed: str,
    *,
    kind: str = "",
    thing: object = "",
    by: Reader | None = None,
    values: Mapping[str, Any] | None = None,
    personal: Sequence[Personal] = (),
) -> None:
    """Record a deed with the commit that follows; it names the entry of what else is written to the same thing.

    Args:
        deed: what was done, as room.deed.
        kind: table of the row it was done to, or another name for what is no row.
        thing: key of that row.
        by: who does it; None for who acts in this request, or the site itself.
        values: what else there is to know.
        personal: what of it belongs to people, and can be erased.
    """
    draft = Draft(
        deed,
        kind,
        str(thing),
        reader_id(by),
        values=dict(values or {}),
        personal=[*personal],
    )
    # In the order of what is done: History and rows of the same thing join it there.
    pending_of(db.session()).items.append(draft)


def erase_personal(
    *,
    subject: int | None = None,
    kind: str = "",
    thing: object = "",
    before: str = "",
    holding: Sequence[str] = (),
    by: Reader | None = None,
) -> int:
    """Erase personal values from the audit with the commit that follows; an entry says which, not what they were.

    Args:
        subject: of this person.
        kind, thing: of entries about this row.
        before: of entries older than this moment (ISO 8601, UTC), for what the table of retention ends.
        holding: in which one of these texts stands: an address that others typed is in entries of theirs. Every value
            of the audit is read for it, which a closed account is worth.
        by: who does it.

    Returns:
        how many values were erased.

    Raises:
        ValueError: nothing says which.
    """
    wanted = sa.select(Withheld.position, Withheld.number)
    conditions = []
    if subject is not None:
        conditions.append(Withheld.subject == subject)
    if kind or before:
        entries = sa.select(Entry.position)
        if kind:
            entries = entries.where(Entry.kind == kind, Entry.thing == str(thing))
        if before:
            entries = entries.where(Entry.at < before)
        conditions.append(Withheld.position.in_(entries))
    if holding:
        # As it stands in the stored JSON, which escapes quotation marks.
        texts = [canonical(text)[1:-1] for text in holding]
        conditions.append(
            sa.or_(*(Withheld.text.contains(text, autoescape=True) for text in texts))
        )
    if not conditions:
        raise ValueError("say whose values, or of which row or time")
    # What this very deed has written so far is erased too, once it has its place: by the next run.
    rows = db.session.execute(
        wanted.where(*conditions).order_by(Withheld.position, Withheld.number)
    ).all()
    for chunk in persistence.chunked(rows, ERASED_AT_ONCE):
        places = [(row.position, row.number) for row in chunk]
        named = sa.tuple_(Withheld.position, Withheld.number).in_(places)
        # Exactly the ones that the entry names: others may have come since they were looked for.
        db.session.execute(sa.delete(table_of(Withheld)).where(named))
        about = ("person", str(subject)) if subject is not None else (kind, str(thing))
        record(
            "audit.erase",
            kind=about[0],
            thing=about[1],
            by=by,
            # By place, never by value: what was erased must not be readable in the entry that says so.
            values={"erased": places},
        )
    return len(rows)
