"""Who is acting, for whom, from where and by which deed: as the request, the command or the job says.

Nothing is stored here. Of a person only ids are known: rooms above this one know more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import click
from flask import current_app, g, has_request_context, request, session
from flask_login import current_user

from marketplace.door import deed_of
from marketplace.lifecycle import represented

# By context and not by module: several threads of one worker do different things at once.
_work: ContextVar[str] = ContextVar("work", default="")


@dataclass(frozen=True)
class Acting:
    """Who is acting.

    Attributes:
        actor: id of the person; None for a guest and for the site itself.
        organisation: id of the organisation they act for; None where there is none, or several and none was chosen.
        deed: what they do, as far as the request, the command or the job says.
        address: where they come from; empty for the site itself.
        organisations: ids of all the organisations they may act for.
        represented: id of the person in whose place they act, who is away.
    """

    actor: int | None = None
    organisation: int | None = None
    deed: str = "site"
    address: str = ""
    organisations: frozenset[int] = frozenset()
    represented: int | None = None


@contextmanager
def work_named(deed: str) -> Iterator[None]:
    """Name what is done inside, for the entries it leaves: jobs, and deeds that are carried out by themselves."""
    # Set back to what was there, for a job may carry out deeds that are named themselves.
    before = _work.set(deed)
    try:
        yield
    finally:
        _work.reset(before)


def now_acting() -> Acting:
    """Who is acting now."""
    named = _work.get()
    if not has_request_context():
        return Acting(deed=named or _command_name())
    # Read once a request: after a commit the rows of the reader are expired, and reading them again is a query.
    present: Acting | None = g.get("acting")
    if present is None:
        present = _of_person(current_user)
        g.acting = present
    # Not of the request as a whole: of many deeds in one request each may be done in another's place.
    present = replace(present, represented=represented())
    if named:
        return replace(present, deed=named)
    return present


def note_person(person: Any) -> None:
    """Note that a person acts from now on in this request: they have just signed in, or chosen for whom they act."""
    if has_request_context():
        g.acting = _of_person(person)


def _of_person(person: Any) -> Acting:
    deed = deed_of(current_app, request.endpoint or "") or "request"
    if deed == "public.read":
        # The deed of many pages: their own name says more.
        deed = request.endpoint or deed
    return Acting(
        actor=getattr(person, "id", None),
        organisation=_organisation_of(person),
        deed=deed,
        address=request.remote_addr or "",
        organisations=frozenset(getattr(person, "organisation_ids", ())),
    )


def _organisation_of(person: Any) -> int | None:
    """The organisation a person has chosen to act for in this browser, or their only one."""
    ids = list(getattr(person, "organisation_ids", ()))
    # Compared with the places of today: the cookie may name an organisation that the person has left.
    chosen: int | None = session.get("acting_for")
    if chosen in ids:
        return chosen
    # Of several nothing is guessed; `changes._draft_of` may know from the row that was written.
    return ids[0] if len(ids) == 1 else None


def _command_name() -> str:
    """The command of the command line, such as `command.people.add`; `site` where there is none."""
    context = click.get_current_context(silent=True)
    names = []
    # The outermost one is `flask` itself, which says nothing.
    while context is not None and context.parent is not None:
        names.append(context.info_name or "")
        context = context.parent
    return ".".join(["command", *reversed(names)]) if names else "site"
