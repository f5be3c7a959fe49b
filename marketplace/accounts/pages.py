"""The sign-in pages of Flask-Security: how often one may try, and that only a session signs in.

Their looks stand in `templates/security/`.
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
    """Know a reader by the session alone, and count the failed tries of the pages that ask for a password."""
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]  # not by a token, which never ends
    for endpoint in ("security.login", "security.verify", "security.change_password"):
        limit = limiter.limit(
            TRIES,
            key_func=_who_tries,
            methods=["POST"],
            deduct_when=_failed,
            on_breach=_locked,
        )
        view: Callable[..., Any] = app.view_functions[endpoint]
        app.view_functions[endpoint] = limit(view)


def _who_tries() -> str:
    """The address and the account somebody tries to open, whatever the spelling."""
    account = (
        unicodedata.normalize("NFKC", request.form.get("email", ""))
        .strip()
        .casefold()[:254]
    )
    return f"{get_remote_address()} {account}"


def _failed(response: Response) -> bool:
    """Whether a try was refused; a success leads on."""
    return response.status_code < 300 or response.status_code >= 400


def _locked(_limit: RequestLimit) -> Response:
    """What somebody sees who has tried too often."""
    return make_response(render_template("security/locked.html"), 429)
