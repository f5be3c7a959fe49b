"""Signing in as a whole: Flask-Security with our forms, rules and sessions, and what is looked at before every page.

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
from flask_security.utils import set_request_attr
from flask_wtf.csrf import CSRFError

from marketplace import persistence
from marketplace.accounts import (
    forms,
    held_forms,
    passwords,
    person_deeds,
    second_factor,
    sessions,
    sign_in_words,
    tries,
)
from marketplace.accounts.mail import Mail, render_text
from marketplace.accounts.models import Person, Role
from marketplace.clock import now
from marketplace.door import LIBRARY_ENDPOINTS, READING, deed_of
from marketplace.errors import Invalid, NotFound
from marketplace.extensions import db, limiter
from marketplace.permissions import Guest, may

# Where somebody is who must set a new password or a second factor first.
FIRST_STEPS = frozenset(
    {
        "security.change_password",
        "security.verify",
        "security.logout",
        "security.two_factor_setup",
        "security.two_factor_setup_validate",
        "security.two_factor_token_validation",
        "security.mf_recovery_codes",
    }
)
# Pages the library has with every second factor: a choice between several kinds, and mail to an administrator.
UNUSED = ("security.tf_select", "security.two_factor_rescue")
ENDED = "登录已结束（30 分钟没有操作，或在别处退出了）。"
UNPROVED = (
    "没有提交：这个表单不是从现在打开的页面发出的，或页面打开后您重新登录过。",
    "请返回上一页，刷新后再提交。",
)
GIVEN_BACK = "这是您登录前填写的内容，已回到表单里，还没有保存。请核对后再提交。"


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
    _limit_tries(app)


def _for_guests(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view for who is signing in. The library would sign out who is in already: any picture could do that to them."""

    @wraps(view)
    def guarded(**values: Any) -> Any:
        if current_user.is_authenticated:
            return redirect(url_for("accounts.account"))
        return view(**values)

    return guarded


def _no_such_page() -> ResponseReturnValue:
    raise NotFound("没有这个网址。")


def watch_requests(app: Flask) -> None:
    """Before every page: hold what was sent too late, give back what is held, and lead to what comes first."""
    app.before_request(hold_late_form)
    app.before_request(give_back)
    app.before_request(lead_to_first_step)
    app.after_request(forget_used)
    app.register_error_handler(CSRFError, hold_unproved_form)
    app.jinja_env.globals["session_ended"] = sessions.ended_here
    app.jinja_env.globals["password_rule"] = passwords.RULE


# -- what Flask-Security tells -----------------------------------------------------------------------------------------


def _load_person(uniquifier: str) -> Person | None:
    """Who is signed in, as Flask-Login asks; how, and since when, is noted where Flask-Security looks for it."""
    person = sessions.load_person(uniquifier)
    if person is not None:
        set_request_attr("fs_authn_via", "session")
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
    if authn_via == ["change"]:
        long = sessions.present_is_long()
        person_deeds.finish_password(user, g.get("former_password"))
    sessions.begin_session(user, long=long)
    held_forms.claim_forms(user)


def _signed_out(_app: Flask, **_more: Any) -> None:
    # A link in a mail may end the session of somebody else in this browser, in the middle of what it confirms.
    if request.endpoint == "security.confirm_email":
        sessions.forget_cookie()
        return
    persistence.begin_write()
    sessions.end_present()


def _new_password(_app: Flask, user: Person, **_more: Any) -> None:
    if request and request.endpoint == "security.change_password":
        return  # done when the session began anew, a moment ago
    person_deeds.finish_password(user, g.get("former_password"))
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
        "security.change_password",
        "security.two_factor_token_validation",
        "security.mf_recovery",
    ):
        _limit(app, endpoint, tries.OF_ADDRESS, "failures", get_remote_address)
        _limit(app, endpoint, tries.OF_ACCOUNT, "failures of one", _account_key)
    asked = {
        "security.register": tries.REGISTRATIONS,
        "security.forgot_password": tries.MAILS,
        "security.send_confirmation": tries.MAILS,
        "security.change_email": tries.MAILS,
    }
    for endpoint, limits in asked.items():
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
        methods=["POST"],
        deduct_when=counts,
        on_breach=_locked_page,
    )
    view: Callable[..., Any] = app.view_functions[endpoint]
    app.view_functions[endpoint] = limit(view)


def _account_key() -> str:
    """The account somebody tries to open: the one that is found, whatever the spelling; else what was typed."""
    if current_user.is_authenticated:
        return f"person {current_user.id}"
    pending = session.get("tf_user_id")
    if pending and request.endpoint != "security.login":
        return f"person {held_forms.owner_of(pending)}"
    typed = request.form.get("email", "")
    person = forms.find_by_identity(typed)
    if person is not None:
        return f"person {person.id}"
    address, mobile = forms.typed_identity(typed)
    return f"typed {address or mobile or typed[:100]}"


def _is_refused(response: Response) -> bool:
    """Whether a try was refused; a success leads on."""
    return response.status_code < 300 or response.status_code >= 400


def _locked_page(_limit: RequestLimit) -> Response:
    """The page after too many tries."""
    persistence.expect_writing(False)
    return make_response(render_template("security/locked.html"), 429)


# -- before every page -------------------------------------------------------------------------------------------------


def hold_late_form() -> ResponseReturnValue | None:
    """A form that is sent when its session has ended is held for the person it belonged to, who signs in again."""
    if not _is_own_form() or current_user.is_authenticated:
        return None
    if not sessions.ended_here() or may(
        current_user, deed_of(current_app, request.endpoint or "") or ""
    ):
        return None
    person_id = held_forms.owner_of(session.get("_user_id", ""))
    return _hold(person_id, ENDED)


def hold_unproved_form(_error: CSRFError) -> ResponseReturnValue:
    """A form from a page that was open when its reader signed in anew: nothing is done, and nothing is lost.

    Its token belongs to the former session. That it came from a page of ours is seen by what browsers say of where a
    request was made; a form from elsewhere is refused as ever.
    """
    if not _is_own_form() or not _from_here():
        return current_app.handle_user_exception(Invalid(*UNPROVED))
    if current_user.is_authenticated:
        return _hold(current_user.id, "打开页面以后您重新登录过。")
    owner = held_forms.owner_of(session.get("_user_id", ""))
    if owner is None:
        return current_app.handle_user_exception(Invalid(*UNPROVED))
    return _hold(owner, ENDED)


def _is_own_form() -> bool:
    endpoint = request.endpoint or ""
    return (
        request.method == "POST"
        and endpoint in current_app.view_functions
        and endpoint not in LIBRARY_ENDPOINTS
        and deed_of(current_app, endpoint) is not None
    )


def _from_here() -> bool:
    """Whether a browser says that a page of this site sent the request."""
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None:
        return fetched == "same-origin"
    return request.headers.get("Origin") == request.host_url.rstrip("/")


def _hold(person_id: int | None, why: str) -> ResponseReturnValue:
    if person_id is None:
        flash(f"{why}刚才的操作没有做，请登录后再试。", "error")
        return redirect(url_for("security.login"), 303)
    row = held_forms.hold_form(
        request.full_path.rstrip("?"),
        request.form.items(multi=True),
        reason=held_forms.EXPIRED,
        person_id=person_id,
    )
    number = row.id
    g.held_now = True
    if current_user.is_authenticated:
        flash(f"{why}刚才的内容没有丢，请核对后再提交一次。", "error")
        return redirect(url_for("accounts.resume", number=number), 303)
    flash(f"{why}刚才填写的内容已经留下，登录后会回到表单里。", "error")
    back = url_for("accounts.resume", number=number)
    return redirect(url_for("security.login", next=back), 303)


def give_back() -> None:
    """Let the form of a page show what is held for it."""
    number = request.args.get("held", type=int)
    if number is None or request.method not in READING:
        return
    if not current_user.is_authenticated:
        return
    person = current_user._get_current_object()
    row = held_forms.get_held(number, person)
    if row.path.partition("?")[0] == request.path:
        g.held_fields = held_forms.typed_fields(row)
        flash(GIVEN_BACK)


def lead_to_first_step() -> ResponseReturnValue | None:
    """Lead somebody to the new password or the second factor they need before their own pages."""
    endpoint = request.endpoint or ""
    if request.method not in READING or endpoint in FIRST_STEPS:
        return None
    deed = deed_of(current_app, endpoint)
    # What a guest may read, they may read too.
    if deed is None or may(Guest(), deed) or not current_user.is_authenticated:
        return None
    person: Person = current_user._get_current_object()
    wanted = request.full_path.rstrip("?")
    if passwords.is_overdue(person):
        days = current_app.config["PASSWORD_DAYS"]
        flash(
            f"运营和审计人员每 {days} 天换一次密码，您的已到期，请先换一个。", "error"
        )
        return redirect(url_for("security.change_password", next=wanted))
    if second_factor.lacks_factor(person):
        flash("您的账号要用两步验证，请先设好。", "error")
        return redirect(url_for("security.two_factor_setup"))
    if second_factor.lacks_codes(person):
        flash("请先领取备用码：手机丢了，要靠它登录。", "error")
        return redirect(url_for("security.mf_recovery_codes"))
    return None


def forget_used(response: Response) -> Response:
    """After a form was sent once more and taken: what was held of it is not needed any more."""
    if g.get("held_fields") is not None and not g.get("held_used"):
        # A page without a form of ours: what was typed is shown on a page of its own.
        number = request.args.get("held", type=int)
        back = url_for("accounts.resume", number=number, whole=1)
        return make_response(redirect(back, 303))
    if request.method != "POST" or session.get(held_forms.HELD) is None:
        return response
    if g.get("held_now"):
        return response
    taken = 300 <= response.status_code < 400
    if taken and _is_own_form() and current_user.is_authenticated:
        path = request.full_path.rstrip("?")
        held_forms.drop_used(current_user._get_current_object(), path)
    return response
