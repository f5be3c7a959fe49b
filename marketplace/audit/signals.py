"""What happens at the door is recorded: sign-ins and their failures, changed passwords, and what was refused.

Listens to the libraries and to the end of requests; what writes rows is recorded without it (`collecting.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from flask import Flask, Response, current_app, request, session
from flask_login import current_user, user_logged_in, user_logged_out
from flask_security import signals as security
from sqlalchemy.exc import SQLAlchemyError

from marketplace.audit import collecting
from marketplace.audit.acting import note_person
from marketplace.audit.looks import record_reading, store_later
from marketplace.door import READING
from marketplace.errors import MarketError
from marketplace.parsing import ParseError
from marketplace.parsing.telephones import read_mobile

log = structlog.get_logger(__name__)

# Pages of libraries that compare a password, or a code, and answer a wrong one with the form.
GUARDED = {
    "security.login": "sign_in.failed",
    "security.verify": "sign_in.failed",
    "security.change_password": "password.refused",
    "security.two_factor_token_validation": "sign_in.failed",
    "security.two_factor_setup_validate": "second_factor.refused",
    "security.reset_password": "password.refused",
    "security.mf_recovery": "sign_in.failed",
}
# Signals of Flask-Security → deeds. They write rows too; the name says more than those do.
NAMED = {
    security.password_changed: "password.change",
    security.password_reset: "password.reset",
    security.user_registered: "person.register",
    security.user_confirmed: "person.confirm",
    security.reset_password_instructions_sent: "password.ask",
    security.tf_code_confirmed: "second_factor.confirm",
    security.tf_profile_changed: "second_factor.change",
    security.tf_disabled: "second_factor.stop",
    security.change_email_confirmed: "person.change_email",
}


def connect(app: Flask) -> None:
    """Listen, for this application."""
    assert collecting.BULK  # noqa: S101  imported for what it listens to
    user_logged_in.connect(_signed_in, app)
    user_logged_out.connect(_signed_out, app)
    for signal, deed in NAMED.items():
        # Nothing else holds the function: a weak reference would be gone at once.
        signal.connect(_named(deed), app, weak=False)
    app.after_request(_record_refusals)


def _signed_in(_app: Flask, user: Any, **_more: Any) -> None:
    note_person(user)
    _record_safely("sign_in", user)


def _signed_out(_app: Flask, user: Any, **_more: Any) -> None:
    # Signing out of nothing is no deed.
    if getattr(user, "is_authenticated", False):
        _record_safely("sign_out", user)


def _named(deed: str) -> Any:
    def listen(_app: Flask, user: Any, **_more: Any) -> None:
        _record_safely(deed, user)

    return listen


def _record_refusals(response: Response) -> Response:
    """After each request: record what was refused to whom, and what waited for the end of the deed."""
    deed = GUARDED.get(request.endpoint or "")
    # A refused password is answered by the form again, or by the page of who tried too often.
    refused = response.status_code in (200, 429)
    if deed and request.method not in READING and refused:
        _record_safely(deed, _tried_account(), {"status": response.status_code})
    elif response.status_code == 403 and current_user.is_authenticated:
        values = {"endpoint": request.endpoint, "method": request.method}
        _record_safely("refused", current_user, values)
    # Last, for the lines above may have added to it.
    store_later()
    return response


def _tried_account() -> Any:
    """The account that somebody tried to open; the present one, or none.

    The typed name itself is never written: people type their password there by mistake.
    """
    if current_user.is_authenticated:
        return current_user
    find_user = current_app.extensions["security"].datastore.find_user
    pending = session.get("tf_user_id")
    # Between password and code the session names the account; a new sign-in names its own.
    if pending and request.endpoint != "security.login":
        return find_user(fs_uniquifier=pending)
    typed = request.form.get("email", "").strip()
    # Longer ones are no address, and are not looked up.
    if not typed or len(typed) > 254:
        return None
    person = find_user(case_insensitive=True, email=typed)
    if person is not None:
        return person
    try:
        mobile = read_mobile(typed)
    except ParseError:
        return None
    # The second sign-in name (`Person.mobile`), in any spelling.
    return find_user(mobile=mobile) if mobile else None


def _record_safely(
    deed: str, person: Any, values: Mapping[str, object] | None = None
) -> None:
    """Record what happened at the door. That it could not be recorded is logged: nobody's sign-in fails for it."""
    thing = getattr(person, "id", None)
    try:
        record_reading(
            deed,
            kind="person" if thing else "",
            thing=thing or "",
            values=values,
        )
    except (SQLAlchemyError, MarketError) as error:
        log.error("audit_not_stored", deeds=[deed], error=repr(error))
