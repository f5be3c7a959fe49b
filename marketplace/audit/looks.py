"""What is recorded though it writes nothing: looks at contacts, exports, sign-ins. Each is stored by itself.

Writes are recorded by themselves (`collecting.py`), and named by `deeds.record`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog
from flask import g, has_request_context, request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from marketplace import persistence
from marketplace.audit.acting import now_acting
from marketplace.audit.changes import complete_draft
from marketplace.audit.collecting import pending_of
from marketplace.audit.entries import Draft, Personal
from marketplace.door import READING
from marketplace.errors import MarketError
from marketplace.extensions import db
from marketplace.permissions import Reader, reader_id

log = structlog.get_logger(__name__)


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
    _record([draft])


def record_looks(
    deed: str,
    things: Iterable[tuple[str, object]],
    *,
    by: Reader | None = None,
    values: Mapping[str, Any] | None = None,
) -> None:
    """Record one deed for several things, an entry each, all of them or none.

    Args:
        deed: what was done to each.
        things: (kind, number) of what was looked at.
        by: who looked, where no request says so.
        values: what each entry holds besides.

    Raises:
        Busy: as `record_reading`.
    """
    drafts = []
    for kind, thing in things:
        draft = Draft(deed, kind, str(thing), reader_id(by), values=dict(values or {}))
        drafts.append(draft)
    if drafts:
        _record(drafts)


def _record(drafts: list[Draft]) -> None:
    for draft in drafts:
        complete_draft(draft, now_acting())
    # A form may write at any moment, whatever it began as: signing in compares the password first and writes then.
    if has_request_context() and (
        persistence.writes() or request.method not in READING
    ):
        g.setdefault("audit_later", []).extend(drafts)
        return
    _store_drafts(drafts)


def was_recorded(deed: str, *, kind: str, thing: object) -> bool:
    """Whether a look was recorded; where not (a full disk, somebody who saves for long), nothing is to be shown.

    A page that does without what it would have shown is better than no page.
    """
    return were_recorded(deed, [(kind, thing)])


def were_recorded(
    deed: str,
    things: Iterable[tuple[str, object]],
    *,
    values: Mapping[str, Any] | None = None,
) -> bool:
    """Whether looks at several things of one page were recorded, all of them; arguments as of `record_looks`."""
    try:
        record_looks(deed, things, values=values)
    except (SQLAlchemyError, MarketError) as error:
        log.error("audit_not_stored", deeds=[deed], error=repr(error))
        return False
    return True


def store_later() -> None:
    """Store what a request that writes has recorded by `record_reading`; a failure is logged, the answer stands."""
    # Taken out first: a failure must not store them twice.
    drafts = g.pop("audit_later", None)
    if not drafts:
        return
    # The deed has committed by now, or was refused; an open transaction would wait for itself.
    db.session.rollback()
    try:
        _store_drafts(drafts)
    except SQLAlchemyError as error:
        db.session.rollback()
        log.error("audit_not_stored", deeds=[d.deed for d in drafts], error=repr(error))


def _store_drafts(drafts: list[Draft]) -> None:
    """Append entries in a transaction of their own, without touching that of the request."""
    before = persistence.writes()
    # On SQLite one that reads first and writes then is refused where somebody saves meanwhile.
    persistence.expect_writing()
    try:
        # The entries themselves are appended by what listens to the end of a transaction, as for any other.
        own = Session(db.engine, join_transaction_mode="create_savepoint")
        with persistence.refusals(), own as session, session.begin():
            pending_of(session).items.extend(drafts)
    finally:
        persistence.expect_writing(before)
