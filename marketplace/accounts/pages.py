"""The sign-in pages of Flask-Security: how often one may try, and that only a session signs in.

Their templates are in `templates/security/`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, make_response, render_template, request
from flask_limiter import RequestLimit
from flask_limiter.util import get_remote_address

from marketplace.extensions import limiter

# 等保二级 (GB/T 22239-2019): after five failures an account stays closed for fifteen minutes, for that address.
TRIES = "5 per 15 minutes"


def init_app(app: Flask) -> None:
    """Accept the session alone as proof of who reads, and limit failed tries on the pages that ask for a password."""
    # Flask-Security would also accept its tokens, which never expire and which no page of ours hands out.
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]
    for endpoint in ("security.login", "security.verify", "security.change_password"):
        limit = limiter.limit(
            TRIES,
            key_func=_limit_key,
            methods=["POST"],
            deduct_when=_is_refused,
            on_breach=_locked_page,
        )
        view: Callable[..., Any] = app.view_functions[endpoint]
        app.view_functions[endpoint] = limit(view)


def _limit_key() -> str:
    """The address and the account somebody tries to open, whatever the spelling."""
    # Folded like a sign-in name, or else every spelling of one account would have five tries of its own.
    typed = unicodedata.normalize("NFKC", request.form.get("email", ""))
    account = typed.strip().casefold()[:254]
    return f"{get_remote_address()} {account}"


def _is_refused(response: Response) -> bool:
    """Whether a try was refused; a success leads on."""
    return response.status_code < 300 or response.status_code >= 400


def _locked_page(_limit: RequestLimit) -> Response:
    """The page after too many tries."""
    return make_response(render_template("security/locked.html"), 429)
