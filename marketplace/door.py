"""The door of the pages: every view declares its deed, and a view that declares none is refused.

Which deeds exist and who may do them is in `permissions.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.permissions import TABLE, Reader, may, require

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

# Endpoints of libraries, with the deed they stand for.
LIBRARY_ENDPOINTS = {
    "static": "public.read",
    "bootstrap.static": "public.read",
    "security.static": "public.read",
    "security.login": "public.read",
    "security.logout": "public.read",
    "security.verify": "mine.read",
    "security.change_password": "mine.read",
}

# Library endpoints that are posted to and only read: comparing a password takes 0.2 s, in which nobody could save.
LIBRARY_READERS = frozenset({"security.login", "security.logout", "security.verify"})


def needs(
    deed: str, *, of_thing: bool = False, writes: bool = True
) -> Callable[[View], View]:
    """Declare the deed of a view.

    Args:
        deed: a deed that some room declares; `create_app` refuses to start with any other.
        of_thing: who may depends on a thing; the door then only requires a signed-in reader where guests may not,
            and the page calls `require` with the thing it has loaded.
        writes: False for a view that is posted to and only reads; nobody who saves then waits for it.

    Returns:
        a decorator that leaves the view as it is, with these three facts as attributes.
    """

    def declare(view: View) -> View:
        view.needs = deed  # type: ignore[attr-defined]
        view.needs_thing = of_thing  # type: ignore[attr-defined]
        view.only_reads = not writes  # type: ignore[attr-defined]
        return view

    return declare


def deed_of(app: Flask, endpoint: str) -> str | None:
    """The deed an endpoint declared, or None."""
    return LIBRARY_ENDPOINTS.get(endpoint) or getattr(
        app.view_functions.get(endpoint), "needs", None
    )


def current_reader() -> Reader:
    """The person or guest of this request.

    Itself and not flask-login's proxy, which looks the reader up at each of the hundreds of questions of a page.
    """
    reader: Reader = current_user._get_current_object()
    return reader


def init_app(app: Flask) -> None:
    """Let requests begin as writers or readers; called before any extension is, for one of them loads the reader."""
    app.before_request(expect_writing)
    app.teardown_request(lambda _error: persistence.expect_writing(False))


def expect_writing() -> None:
    """Before each request, and before anything is read for it: let it begin as a writer if it may write.

    The body has been read by the time the first query begins (CSRF needs it), so that nobody waits for a slow upload.
    """
    endpoint = request.endpoint or ""
    view = current_app.view_functions.get(endpoint)
    only_reads = (
        request.method in READING
        or view is None
        or endpoint in LIBRARY_READERS
        or getattr(view, "only_reads", False)
    )
    persistence.expect_writing(not only_reads)


def refuse_unknown_deeds(app: Flask) -> None:
    """At the start, once the table is joined: every deed that an endpoint names must be one of it.

    An endpoint that names none is refused with each request instead (see `check_request`).

    Raises:
        ValueError: an endpoint names a deed that no room declares.
    """
    for endpoint in app.view_functions:
        deed = deed_of(app, endpoint)
        if deed is not None and deed not in TABLE:
            raise ValueError(f"{endpoint} needs the unknown deed {deed!r}")


def check_request() -> ResponseReturnValue | None:
    """Before each request: an undeclared view is refused; a guest is led to the sign-in page and back.

    Raises:
        NotAllowed: the view is undeclared, or this signed-in reader may not do its deed.
    """
    if request.endpoint is None:
        return None  # no such page: the 404 follows
    deed = deed_of(current_app, request.endpoint)
    if deed is None:
        require(current_user, "undeclared view")  # no such deed, so nobody may
    elif not may(current_user, deed):
        if not current_user.is_authenticated:
            # `full_path` ends in "?" where there is no query.
            wanted = request.full_path.rstrip("?")
            return redirect(url_for("security.login", next=wanted))
        # Where it depends on a thing, the page asks again once it has loaded that thing.
        view = current_app.view_functions[request.endpoint]
        if not getattr(view, "needs_thing", False):
            require(current_user, deed)
    return None
