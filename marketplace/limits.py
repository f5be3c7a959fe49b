"""How often one reader, and one address, may do what costs much; the counters themselves are in `counters.py`.

The limits of the sign-in stand in `accounts/pages.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import request, session
from flask_limiter.util import get_remote_address
from flask_login import current_user

from marketplace.extensions import limiter

View = TypeVar("View", bound=Callable[..., Any])

# Each ranks a pasted text against the whole catalogue. People behind one address are many, so what one of them may do
# is counted by browser; the address stops who throws cookies away.
TEXTS = "20/minute;400/day"
TEXTS_OF_ADDRESS = "200/minute;4000/day"
# Pages that rank or search, as fast as somebody reads them; programs that read all are slowed down.
PAGES = "60/minute"
PAGES_OF_ADDRESS = "300/minute"
SEARCHES = "120/minute"
SEARCHES_OF_ADDRESS = "600/minute"
# Each reads a file of up to 20 MB.
CHECKS = "20/minute;200/day"
# Codes of certificates, which nobody shall guess: 80 bits at this pace are out of reach.
CODES = "20/minute;200/day"
CODES_OF_ADDRESS = "60/minute;1000/day"
BROWSER = "browser"  # where the signed session cookie holds which browser it is


def mark_browser() -> None:
    """Give a browser the name by which its texts are counted, in its signed cookie; call it with the form's page."""
    if BROWSER not in session:
        session[BROWSER] = secrets.token_urlsafe(12)


def reader_key() -> str:
    """Who is counted: the person, else the browser, else the address."""
    if current_user.is_authenticated:
        return f"person {current_user.id}"
    if BROWSER in session:
        return f"browser {session[BROWSER]}"
    return f"address {get_remote_address()}"


def _is_unknown() -> bool:
    """Whether nobody knows which reader of an address this is: then only the address is counted, for many share one."""
    return not current_user.is_authenticated and BROWSER not in session


def _looks_at_nothing() -> bool:
    return "look" not in request.values


def limit_texts(view: View) -> View:
    """Limit a view that ranks a text that is posted to it."""
    own = limiter.shared_limit(TEXTS, "texts", key_func=reader_key, methods=["POST"])
    all_of_them = limiter.shared_limit(
        TEXTS_OF_ADDRESS, "texts of an address", methods=["POST"]
    )
    return cast(View, all_of_them(own(view)))


def limit_looks(view: View) -> View:
    """Limit a form where it is asked for a look at the matches of what is typed; the same budget as `limit_texts`."""
    own = limiter.shared_limit(
        TEXTS, "texts", key_func=reader_key, exempt_when=_looks_at_nothing
    )
    all_of_them = limiter.shared_limit(
        TEXTS_OF_ADDRESS, "texts of an address", exempt_when=_looks_at_nothing
    )
    return cast(View, all_of_them(own(view)))


def limit_rankings(view: View) -> View:
    """Limit a page of matches."""
    own = limiter.shared_limit(
        PAGES, "rankings", key_func=reader_key, exempt_when=_is_unknown
    )
    all_of_them = limiter.shared_limit(PAGES_OF_ADDRESS, "rankings of an address")
    return cast(View, all_of_them(own(view)))


def limit_searches(view: View) -> View:
    """Limit the search page."""
    own = limiter.shared_limit(
        SEARCHES, "searches", key_func=reader_key, exempt_when=_is_unknown
    )
    all_of_them = limiter.shared_limit(SEARCHES_OF_ADDRESS, "searches of an address")
    return cast(View, all_of_them(own(view)))


def limit_checks(view: View) -> View:
    """Limit a view that reads a file that anybody sends."""
    return cast(View, limiter.limit(CHECKS, methods=["POST"])(view))


def limit_codes(view: View) -> View:
    """Limit a view that says whether a code is right, by whichever of its pages it is tried."""
    own = limiter.shared_limit(
        CODES, "codes", key_func=reader_key, exempt_when=_tries_no_code
    )
    all_of_them = limiter.shared_limit(
        CODES_OF_ADDRESS, "codes of an address", exempt_when=_tries_no_code
    )
    return cast(View, all_of_them(own(view)))


def _tries_no_code() -> bool:
    """Whether this is the empty form: no code in the address, and none is sent."""
    return request.method != "POST" and not request.view_args
