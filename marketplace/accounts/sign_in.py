"""Signing in as a whole: Flask-Security with our forms, rules and sessions, and how often one may try.

Its pages are in `templates/security/`. What each part does is in the module of its name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import (
    Flask,
    Response,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_limiter import RequestLimit
from flask_limiter.util import get_remote_address
from flask_login import current_user, user_logged_out
from flask_security import SQLAlchemyUserDatastore
from flask_security.core import Security
from flask_security.signals import (
    change_email_confirmed,
    password_changed,
    password_reset,
    user_authenticated,
    user_registered,
)
from flask_security.utils import (
    check_and_get_token_status,
    do_flash,
    get_message,
    set_request_attr,
)

from marketplace import persistence
from marketplace.accounts import (
    agreements,
    forms,
    held_forms,
    passwords,
    person_deeds,
    second_factor,
    sessions,
    sign_in_words,
    tries,
)
from marketplace.accounts.destinations import keep_destination, wanted_path
from marketplace.accounts.mail import Mail, render_text
from marketplace.accounts.models import Person, Role
from marketplace.clock import now
from marketplace.errors import NotFound
from marketplace.extensions import db, limiter
from marketplace.parsing.text import clean_text

# Pages the library has with every second factor: a choice between several kinds, and mail to an administrator.
UNUSED = ("security.tf_select", "security.two_factor_rescue")

# Links in mails that are pressed again: name of the signer, its period, whether it did its work, and what is said then.
USED_LINKS: dict[
    str, tuple[str, str, Callable[[Person | None, list[str]], bool], str]
] = {
    "security.confirm_email": (
        "confirm",
        "CONFIRM_EMAIL_WITHIN",
        # Who has set another password since by a link, which names nobody then, has confirmed the mailbox too.
        lambda person, _data: person is None or person.confirmed_at is not None,
        "这个邮箱已经确认过了",
    ),
    "security.change_email_confirm": (
        "change_email",
        "CHANGE_EMAIL_WITHIN",
        lambda person, data: person is not None and person.email == data[2],
        "登录邮箱已经更改过了",
    ),
}


def make_security() -> Security:
    """Flask-Security with our forms and rules."""
    return Security(
        login_form=forms.SignInForm,
        verify_form=forms.AgainForm,
        register_form=forms.RegisterForm,
        forgot_password_form=forms.ForgotForm,
        reset_password_form=forms.NewPasswordForm,
        change_password_form=forms.ChangeForm,
        change_email_form=forms.NewAddressForm,
        send_confirmation_form=forms.ConfirmAgainForm,
        two_factor_setup_form=forms.FactorForm,
        two_factor_rescue_form=forms.LostFactorForm,
        two_factor_verify_code_form=forms.CodeForm,
        mf_recovery_form=forms.RecoveryForm,
        mail_util_cls=Mail,
        password_util_cls=passwords.Passwords,
        totp_cls=second_factor.Codes,
        mf_recovery_codes_util_cls=second_factor.SpareCodes,
        render_template=render_text,
    )


def connect(app: Flask) -> None:
    """Connect Flask-Security; called with the other extensions."""
    # Before the library is connected, which fills in only what is missing.
    for name, message in sign_in_words.MESSAGES.items():
        app.config[f"SECURITY_MSG_{name}"] = message
    for name, subject in sign_in_words.SUBJECTS.items():
        app.config[f"SECURITY_{name}"] = subject
    security = make_security()
    security.init_app(app, SQLAlchemyUserDatastore(db, Person, Role))
    # Forms alone: what is sent as JSON would have answers of its own, each of which could tell what a page does not.
    security.want_json(lambda _request: False)
    # Flask-Security would also accept its tokens, which never expire and which no page of ours hands out.
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]
    app.login_manager.user_loader(_load_person)  # type: ignore[attr-defined]
    user_registered.connect(_registered, app)
    user_authenticated.connect(_signed_in, app)
    user_logged_out.connect(_signed_out, app)
    password_changed.connect(_new_password, app)
    password_reset.connect(_new_password, app)
    change_email_confirmed.connect(_new_address, app)
    for endpoint in UNUSED:
        app.view_functions[endpoint] = _no_such_page
    validate = app.view_functions["security.two_factor_token_validation"]
    app.view_functions["security.two_factor_token_validation"] = _for_guests(validate)
    for endpoint in USED_LINKS:
        app.view_functions[endpoint] = _unless_used(app.view_functions[endpoint])
    register = app.view_functions["security.register"]
    app.view_functions["security.register"] = _once(register)
    for endpoint in ("security.confirm_email", "security.register"):
        app.view_functions[endpoint] = keep_destination(app.view_functions[endpoint])
    # Last: what counts tries wraps whatever the views have become by now.
    _limit_tries(app)


def _for_guests(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view for who is signing in. The library would sign out who is in already: any picture could do that to them."""

    @wraps(view)
    def guarded(**values: Any) -> Any:
        if current_user.is_authenticated:
            return redirect(url_for("accounts.account"))
        return view(**values)

    return guarded


def _once(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view that registers; of two presses at one moment the second is answered like the first."""

    @wraps(view)
    def guarded() -> Any:
        try:
            return view()
        except person_deeds.RegisteredTwice:
            db.session.rollback()
        persistence.expect_writing(False)
        address = clean_text(request.form.get("email"))
        do_flash(*get_message("CONFIRM_REGISTRATION", email=address))
        return redirect(url_for("security.login"))

    return guarded


def _unless_used(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view of a link in a mail; one that has done its work already says so and leads on, over or not.

    Only who got the mail has such a link: its signature is ours, so that a stranger learns nothing by it.
    """

    @wraps(view)
    def guarded(token: str) -> Any:
        name, within, done, words = USED_LINKS[request.endpoint or ""]
        ends = current_app.config[f"SECURITY_{within}"]
        data = check_and_get_token_status(token, name, ends)[2]
        if not data:
            return view(token=token)
        number = held_forms.owner_of(data[0])
        if not done(persistence.find_row(Person, number or 0), data):
            return view(token=token)
        if current_user.is_authenticated:
            flash(f"{words}。")
            return redirect(wanted_path() or url_for("accounts.account"))
        flash(f"{words}，请登录。")
        return redirect(url_for("security.login"))

    return guarded


def _no_such_page() -> ResponseReturnValue:
    raise NotFound("没有这个网址。")


# -- what Flask-Security tells -----------------------------------------------------------------------------------------


def _load_person(uniquifier: str) -> Person | None:
    """Who is signed in, as Flask-Login asks; how, and since when, is noted where Flask-Security looks for it."""
    person = sessions.load_person(uniquifier)
    if person is not None:
        set_request_attr("fs_authn_via", "session")
        # When the password was last typed; nought makes the library request it before a change.
        set_request_attr("fs_paa", session.get("fs_paa", 0))
    return person


def _registered(_app: Flask, user: Person, **_more: Any) -> None:
    person_deeds.finish_registration(user)


def _signed_in(
    _app: Flask, user: Person, authn_via: list[str] | None = None, **_more: Any
) -> None:
    """Begin the session; the view of the library commits."""
    # The library's own way to stay is a cookie that no server can end.
    long = session.pop("_remember", None) == "set"
    session.pop("_remember_seconds", None)
    # A changed password ends all sessions and signs this browser in again, for as long as it had chosen before.
    if authn_via == ["change"]:
        long = sessions.present_is_long()
        person_deeds.finish_password(user, g.get("former_password"))
    # After the password was noted, which drops every session of the person.
    sessions.begin_session(user, long=long)
    agreements.note_due_texts(user)
    held_forms.claim_forms(user)


def _signed_out(_app: Flask, user: Person, **_more: Any) -> None:
    # A link in a mail may end the session of somebody else in this browser, in the middle of what it confirms.
    if request.endpoint == "security.confirm_email":
        sessions.forget_cookie()
        return
    persistence.begin_write()
    sessions.end_present(user)


def _new_password(_app: Flask, user: Person, **_more: Any) -> None:
    if request and request.endpoint == "security.change_password":
        return  # done when the session began again, a moment ago
    person_deeds.finish_password(user, g.get("former_password"))
    tries.forget_account(user.id)
    # The link went to the mailbox: nothing more would be proved by another one.
    if user.confirmed_at is None:
        user.confirmed_at = now()


def _new_address(_app: Flask, user: Person, old_email: str, **_more: Any) -> None:
    person_deeds.finish_address(user, old_email)


# -- how often ---------------------------------------------------------------------------------------------------------


def _limit_tries(app: Flask) -> None:
    """Count failures by address and by account, and what is asked for by address."""
    for endpoint in (
        "security.login",
        "security.verify",
        # The present password is typed there too: a stolen session is no way to try them without a limit.
        "security.change_password",
        "security.two_factor_token_validation",
        "security.mf_recovery",
    ):
        _limit(app, endpoint, tries.OF_ADDRESS, "failures", get_remote_address)
        _limit(app, endpoint, tries.OF_BOTH, "failures of both", _both_keys)
        _limit(app, endpoint, tries.OF_ACCOUNT, tries.SCOPE_OF_ACCOUNT, _account_key)
    mail_limits = {
        "security.register": tries.REGISTRATIONS,
        "security.forgot_password": tries.MAILS,
        "security.send_confirmation": tries.MAILS,
        "security.change_email": tries.MAILS,
    }
    for endpoint, limits in mail_limits.items():
        # Every one counts, refused or not: what is limited is the mail.
        _limit(app, endpoint, limits, endpoint, get_remote_address, counts=None)


def _limit(
    app: Flask,
    endpoint: str,
    limits: str,
    scope: str,
    key: Callable[[], str],
    *,
    counts: Callable[[Response], bool] | None = lambda response: _is_refused(response),
) -> None:
    limit = limiter.shared_limit(
        limits,
        scope,
        key_func=key,
        # Opening the page costs nobody a try.
        methods=["POST"],
        deduct_when=counts,
        on_breach=_locked_page,
    )
    view: Callable[..., Any] = app.view_functions[endpoint]
    app.view_functions[endpoint] = limit(view)


def _both_keys() -> str:
    """The account somebody tries to open, and from where."""
    return f"{_account_key()} {tries.own_address()}"


def _account_key() -> str:
    """The account somebody tries to open: the one that is found, whatever the spelling; else what was typed."""
    if current_user.is_authenticated:
        return tries.account_key(current_user.id)
    pending = session.get("tf_user_id")
    # Between password and code the session names the account; a new sign-in names its own.
    if pending and request.endpoint != "security.login":
        return tries.account_key(held_forms.owner_of(pending))
    typed = request.form.get("email", "")
    person = forms.find_by_identity(typed)
    if person is not None:
        return tries.account_key(person.id)
    address, mobile = forms.typed_identity(typed)
    # Names that nobody has are counted alike, or the limit would tell which ones exist.
    return f"typed {address or mobile or typed[:100]}"


def _is_refused(response: Response) -> bool:
    """Whether a try was refused; a success leads on, and a form without a wrong password is no try."""
    if g.get("no_try"):
        return False
    return response.status_code < 300 or response.status_code >= 400


def _locked_page(_limit: RequestLimit) -> Response:
    """The page after too many tries."""
    persistence.expect_writing(False)
    return make_response(render_template("security/locked.html"), 429)
