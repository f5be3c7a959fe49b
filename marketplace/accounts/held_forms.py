"""What was typed into a form by somebody who had to sign in first: held for them, and given back into that form.

Two people need it: one whose session had ended when they pressed the button, and a guest who wants to go on with what
they pasted once they have signed in or registered, for which they agree that it is stored. In both cases the text is
found by a token in the cookie of that browser or by the person it belongs to, never by anybody else.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from flask import g, session
from sqlalchemy import bindparam, func
from werkzeug.datastructures import MultiDict

from marketplace import persistence
from marketplace.accounts.child_models import HeldForm
from marketplace.accounts.models import Person
from marketplace.accounts.sessions import digest_token
from marketplace.clock import now
from marketplace.counting import Count
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.retention import stored_for

HELD_FOR = stored_for("held_form")
HELD = "held"  # where the cookie names what this browser holds
MAX_HELD = 5  # forms of one browser; of several tabs each has one
MAX_PATH = 500
EXPIRED = "expired"
GUEST = "guest"
# A token is sent with every form and means nothing later; a password, which closing an account needs, is never stored.
DROPPED = frozenset({"csrf_token", "password"})


def hold_form(
    path: str,
    fields: Iterable[tuple[str, str]],
    *,
    reason: str,
    person_id: int | None,
) -> HeldForm:
    """Hold what was typed. Commits.

    Args:
        path: where it was sent, with its query.
        fields: names and values in the order they were sent.
        reason: `EXPIRED` or `GUEST`.
        person_id: whose it is; None for a guest's, until they sign in here.
    """
    # Only its digest is stored: a copy of the database opens nobody's text.
    token = secrets.token_urlsafe(18)
    moment = now()
    row = HeldForm(
        token_digest=digest_token(token),
        person_id=person_id,
        reason=reason,
        path=path[:MAX_PATH],
        fields=[[name, value] for name, value in fields if name not in DROPPED],
        held_at=moment,
        until=moment + HELD_FOR,
    )
    db.session.add(row)
    persistence.commit()
    # The newest ones: a cookie has room for few, and old tabs are given up first.
    tokens = [*session.get(HELD, []), token]
    session[HELD] = tokens[-MAX_HELD:]
    return row


def owner_of(uniquifier: str) -> int | None:
    """Whose session it was, by what the signed cookie says; None where they have a new password since."""
    # By the uniquifier and never by a number of the cookie: a new password makes what old cookies say worthless.
    query = db.select(Person.id).where(Person.fs_uniquifier == uniquifier)
    number: int | None = db.session.scalar(query)
    return number


def claim_forms(person: Person) -> None:
    """What a guest left in this browser is this person's from now on; no commit."""
    digests = [digest_token(token) for token in session.get(HELD, [])]
    if not digests:
        return
    db.session.execute(
        db.update(HeldForm)
        # Never one that has an owner: two people may use one browser.
        .where(HeldForm.token_digest.in_(digests), HeldForm.person_id.is_(None))
        .values(person_id=person.id)
        .execution_options(synchronize_session=False)
    )


def held_forms_of(person: Person, reason: str = "") -> Sequence[HeldForm]:
    """What is held for a person, latest first."""
    # By the moment too: the job that removes them runs once a day.
    query = db.select(HeldForm).where(
        HeldForm.person_id == person.id, HeldForm.until > now()
    )
    if reason:
        query = query.where(HeldForm.reason == reason)
    return list(db.session.scalars(query.order_by(HeldForm.id.desc())))


def count_held(person: Person) -> Count:
    """How many forms are held for a person."""
    return Count(_count_query(), {"person_id": person.id, "now": now()})


@cache
def _count_query() -> Any:
    """Built once: the header of every page asks, and building took longer than counting."""
    query = db.select(func.count()).select_from(HeldForm)
    return query.where(
        HeldForm.person_id == bindparam("person_id"), HeldForm.until > bindparam("now")
    )


def get_held(number: int, person: Person) -> HeldForm:
    """One held form.

    Raises:
        NotFound: there is none, it was thrown away by now, or it is somebody else's.
    """
    row = persistence.find_row(HeldForm, number)
    # One answer for all three, so that numbers tell nothing of others.
    if row is None or row.person_id != person.id or row.until <= now():
        raise NotFound(
            "没有留着的内容。", "它可能已经提交、已经删除，或过了 7 天已自动删除。"
        )
    return row


def typed_fields(row: HeldForm) -> MultiDict[str, str]:
    """Its fields as a form reads them."""
    return MultiDict([(name, value) for name, value in row.fields])


def read_held(name: str) -> str:
    """One value of what is given back on this page, for a page without a form of the house; empty where none is."""
    fields = g.get("held_fields")
    if fields is None:
        return ""
    # Else the whole text would be offered once more on a page of its own (`before_pages.forget_used`).
    g.held_used = True
    value: str = fields.get(name, "")
    return value


def forget_held(number: int, person: Person) -> None:
    """Forget a held form that went another way, if it is there. Commits."""
    statement = db.delete(HeldForm).where(
        HeldForm.id == number, HeldForm.person_id == person.id
    )
    # As a statement: the form is often gone already, which is no error.
    persistence.count_changed(statement)
    persistence.commit()


def drop_held(number: int, person: Person) -> None:
    """删除: forget one held form. Raises NotFound as `get_held`."""
    db.session.delete(get_held(number, person))
    persistence.commit()


def drop_used(person: Person, path: str) -> None:
    """Forget what was held for a form that has been sent again and taken. Commits."""
    # By the address it is sent to: the number was only in the address of the page that gave it back.
    statement = db.delete(HeldForm).where(
        HeldForm.person_id == person.id, HeldForm.path == path
    )
    if persistence.count_changed(statement):
        persistence.commit()


def remove_held(before: datetime) -> int:
    """Remove what was typed before a moment; how many forms there were (no commit)."""
    return persistence.count_changed(
        db.delete(HeldForm).where(HeldForm.held_at < before)
    )
