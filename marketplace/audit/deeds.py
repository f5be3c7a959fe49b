"""What is done to the audit: recording what no row shows, erasing personal values.

Writes of rows are recorded by themselves (`collecting.py`). The only file of this room that commits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
import structlog
from flask import g, has_request_context
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from marketplace import persistence
from marketplace.audit.acting import now_acting
from marketplace.audit.collecting import complete_draft, pending_of
from marketplace.audit.entries import Draft, Personal
from marketplace.audit.models import Entry, Withheld, table_of
from marketplace.extensions import db
from marketplace.permissions import Reader, reader_id

log = structlog.get_logger(__name__)

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
    pending_of(db.session()).items.append(draft)


def record_reading(
    deed: str,
    *,
    kind: str = "",
    thing: object = "",
    by: Reader | None = None,
    values: Mapping[str, Any] | None = None,
    personal: Sequence[Personal] = (),
) -> None:
    """Record a deed that writes nothing else: a look at a contact, an export, a sign-in. Arguments as for `record`.

    In a request that only reads it is stored at once, in a transaction of its own: what is not recorded is not handed
    out. In one that writes it is stored when the deed is over, however it ended, for the deed may hold the database.

    Raises:
        Busy: somebody else went on writing for too long.
    """
    draft = Draft(
        deed,
        kind,
        str(thing),
        reader_id(by),
        values=dict(values or {}),
        personal=[*personal],
    )
    complete_draft(draft, now_acting())
    if has_request_context() and persistence.writes():
        g.setdefault("audit_later", []).append(draft)
        return
    _store_drafts([draft])


def store_later() -> None:
    """Store what a request that writes has recorded by `record_reading`; a failure is logged, the answer stands."""
    drafts = g.pop("audit_later", None)
    if not drafts:
        return
    # The deed has committed by now, or was refused; an open transaction would wait for itself.
    persistence.stop_writing()
    try:
        _store_drafts(drafts)
    except SQLAlchemyError as error:
        db.session.rollback()
        log.error("audit_not_stored", deeds=[d.deed for d in drafts], error=repr(error))


def _store_drafts(drafts: list[Draft]) -> None:
    """Append entries in a transaction of their own, without touching that of the request."""
    before = persistence.writes()
    persistence.expect_writing()
    try:
        with Session(db.engine, join_transaction_mode="create_savepoint") as session:
            pending_of(session).items.extend(drafts)
            with persistence.refusals():
                session.commit()
    finally:
        persistence.expect_writing(before)


def erase_personal(
    *,
    subject: int | None = None,
    kind: str = "",
    thing: object = "",
    before: str = "",
    by: Reader | None = None,
) -> int:
    """Erase personal values from the audit with the commit that follows; an entry says which, not what they were.

    Args:
        subject: of this person.
        kind, thing: of entries about this row.
        before: of entries older than this moment (ISO 8601, UTC), for what the table of retention ends.
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
            values={"erased": places},
        )
    return len(rows)
