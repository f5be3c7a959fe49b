"""Who is signed in where: rows of the database, of which a browser holds a random token. Ending a row ends the session.

How one gets in is in `sign_in.py`; what was typed when a session had ended in `held_forms.py`.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from flask import g, request, session
from flask_login import current_user
from sqlalchemy import Row, bindparam

from marketplace import persistence
from marketplace.accounts.child_models import PersonSession
from marketplace.accounts.models import Person
from marketplace.clock import in_real_time, now
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.retention import stored_for

IDLE_MINUTES = 30  # 等保二级 (GB/T 22239-2019)
IDLE_BY_CHOICE = 8 * 60
# Each request would be a write otherwise; half an hour is not measured by the second.
NOTED_EVERY = timedelta(minutes=1)
# So long it can be said of a session that it ended, and whose it was.
REMEMBERED = stored_for("session")
TOKEN = "sign_in"  # noqa: S105  the name of a place in the cookie
LEFT = "left"  # where the cookie names who signed out, until somebody signs in
LASTING_KEYS = frozenset(
    {
        "_user_id",
        "_fresh",
        "_id",
        "_flashes",
        "fs_cc",
        "fs_paa",
        "browser",
        "held",
    }
)
# What a browser calls itself → what it is called on the page of sessions; the first that is found.
BROWSERS = (
    ("MicroMessenger", "微信"),
    ("DingTalk", "钉钉"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", "鸿蒙"),
    ("Android", "安卓"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def digest_token(token: str) -> str:
    """What the database holds of a token. It is random, so that nothing slower than SHA-256 makes it safer."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin_session(person: Person, *, long: bool = False) -> PersonSession:
    """Begin a session of this browser; no commit. The one it had ends, and what the cookie held is forgotten.

    Args:
        person: who signed in.
        long: whether they chose to stay for 8 hours; who runs or audits the site never does.
    """
    former = _present_row_id()
    # Else it would go on among the sessions of the account, with nobody who holds its token.
    if former is not None:
        db.session.execute(db.delete(PersonSession).where(PersonSession.id == former))
    # Nothing that was put into the browser before (a token against forged forms above all) goes on meaning something.
    for key in session.keys() - LASTING_KEYS:
        session.pop(key)
    g.pop("csrf_token", None)
    token = secrets.token_urlsafe(32)
    session[TOKEN] = token
    # 等保 demands half an hour of who runs or audits the site, whatever they chose.
    stays = long and not person.is_staff
    session.permanent = stays
    row = PersonSession(
        token_digest=digest_token(token),
        person_id=person.id,
        idle_minutes=IDLE_BY_CHOICE if stays else IDLE_MINUTES,
        agent=name_agent(request.headers.get("User-Agent", "")),
        address=(request.remote_addr or "")[:45],
    )
    db.session.add(row)
    return row


def load_person(uniquifier: str) -> Person | None:
    """The person who is signed in here; None where the session is over or was ended, for whatever reason.

    Args:
        uniquifier: what the cookie says of the person; their row must say the same.
    """
    token = session.get(TOKEN)
    if not token:
        return None
    row = _find_row(token)
    if row is None:
        return None
    moment = now()
    person: Person | None = db.session.get(Person, row.person_id)
    # The cookie and the row must agree: a token alone that went astray signs nobody in.
    if person is None or not person.active or person.fs_uniquifier != uniquifier:
        return None
    # Somebody who came to run the site meanwhile has no longer session than others who do.
    if _is_over(row, moment, staff=person.is_staff):
        return None
    # Only once nothing is over: `ended_here` reads from its absence that the session ended.
    g.session_id = row.id
    if moment - row.seen_at >= in_real_time(NOTED_EVERY):
        statement = db.update(PersonSession).where(PersonSession.id == row.id)
        # Nobody's reading waits for it: where somebody else is writing, the next request notes it.
        persistence.try_write(statement.values(seen_at=moment))
    return person


def _find_row(token: str) -> Row[Any] | None:
    values = {"digest": digest_token(token)}
    return db.session.execute(_row_query(), values).one_or_none()


@cache
def _row_query() -> Any:
    """Columns and no row of the model, and built once: it is read with every request, and nothing else is done."""
    table = PersonSession
    columns = (table.id, table.person_id, table.seen_at, table.idle_minutes)
    return db.select(*columns).where(table.token_digest == bindparam("digest"))


def _is_over(
    row: Row[Any] | PersonSession, moment: datetime, *, staff: bool = False
) -> bool:
    minutes = min(row.idle_minutes, IDLE_MINUTES) if staff else row.idle_minutes
    return bool(moment - row.seen_at >= in_real_time(timedelta(minutes=minutes)))


def _present_row_id() -> int | None:
    token = session.get(TOKEN)
    if not token:
        return None
    row = _find_row(token)
    return None if row is None else int(row.id)


def present_person() -> Person:
    """Who is signed in to this request: the row itself, which deeds compare and store, and not flask-login's proxy."""
    person: Person = current_user._get_current_object()
    return person


def present_id() -> int | None:
    """The id of the session of this request."""
    session_id: int | None = g.get("session_id")
    return session_id


def present_is_long() -> bool:
    """Whether the session of this request is one of 8 hours."""
    token = session.get(TOKEN)
    row = _find_row(token) if token else None
    return row is not None and row.idle_minutes > IDLE_MINUTES


def ended_here() -> bool:
    """Whether somebody was signed in in this browser and no longer is, without having signed out."""
    return TOKEN in session and g.get("session_id") is None


def sessions_of(person: Person) -> Sequence[PersonSession]:
    """The sessions of a person that still go on, latest use first."""
    query = (
        db.select(PersonSession)
        .where(PersonSession.person_id == person.id)
        .order_by(PersonSession.seen_at.desc(), PersonSession.id.desc())
    )
    moment = now()
    rows = db.session.scalars(query)
    return [row for row in rows if not _is_over(row, moment, staff=person.is_staff)]


def end_session(person: Person, number: int) -> None:
    """退出: end one session of a person.

    Raises:
        NotFound: they have no such session.
    """
    statement = db.delete(PersonSession).where(
        PersonSession.id == number, PersonSession.person_id == person.id
    )
    if not persistence.count_changed(statement):
        raise NotFound("没有这个登录。", "它可能刚刚已经退出。")
    persistence.commit()


def end_present(person: Person) -> None:
    """退出登录: end the session of this browser, and empty its cookie. Commits.

    Who it was stays in the signed cookie: a form that is sent from another tab afterwards is held for them.
    """
    number = _present_row_id()
    if number is not None:
        statement = db.delete(PersonSession).where(PersonSession.id == number)
        db.session.execute(statement)
        persistence.commit()
    forget_cookie()
    # Who has closed their account does not come back for it.
    if person.active:
        session[LEFT] = person.fs_uniquifier


def last_uniquifier() -> str:
    """What the cookie says of who is signed in, or was until the session ended or they signed out; empty for nobody."""
    return str(session.get("_user_id") or session.get(LEFT) or "")


def forget_cookie() -> None:
    """Empty the cookie of this browser, but for what is to be told and what it holds for its people."""
    for key in session.keys() - {"_flashes", "_remember", "browser", "held"}:
        session.pop(key)
    # Signed out: the cookie goes with the browser, and is not held for 8 hours.
    session.permanent = False
    # It belongs to what was in the cookie; the next form of this answer makes another.
    g.pop("csrf_token", None)


def drop_sessions(person: Person) -> None:
    """End every session of a person, this one too; no commit."""
    db.session.execute(
        db.delete(PersonSession).where(PersonSession.person_id == person.id)
    )


def remove_sessions(before: datetime) -> int:
    """Remove the sessions that nobody has used since a moment; how many there were (no commit)."""
    return persistence.count_changed(
        db.delete(PersonSession).where(PersonSession.seen_at < before)
    )


def name_agent(header: str) -> str:
    """What a browser is called on a page: never what it says of itself, which is long and can be anything."""
    names = []
    for kinds in (BROWSERS, SYSTEMS):
        # In the order of the table: Edge calls itself Chrome and Safari too, and Android Linux.
        match = [name for mark, name in kinds if re.search(rf"\b{mark}", header)]
        names.append(match[0] if match else "")
    return " · ".join(name for name in names if name) or "未知的浏览器"
