"""What is looked at before every page: forms that come too late, what is given back, and steps that come first.

Forms are held in `held_forms.py`; who is signed in is in `sessions.py`.
"""

from __future__ import annotations

import html

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
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from marketplace import persistence
from marketplace.accounts import (
    agreements,
    held_forms,
    passwords,
    second_factor,
    sessions,
)
from marketplace.accounts.models import Person
from marketplace.door import LIBRARY_ENDPOINTS, READING, deed_of
from marketplace.errors import Invalid
from marketplace.parsing.text import clean_text
from marketplace.permissions import Guest, may
from marketplace.refused_requests import HAN, sent_from_here

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
ENDED = "登录已结束（30 分钟没有操作，或在别处退出了）。"
UNPROVED = (
    "没有提交：这个表单不是从现在打开的页面发出的，或页面打开后您重新登录过。",
    "请返回上一页，刷新后再提交。",
)
# Forms of the library that mean the same when they are sent again, and one whose passwords are typed once more.
SENT_AGAIN = {
    "security.forgot_password": "again",
    "security.send_confirmation": "again",
    "security.register": "form",
}
GIVEN_BACK = "这是您登录前填写的内容，已回到表单里，还没有保存。请核对后再提交。"


def watch_requests(app: Flask) -> None:
    """Before every page: hold what was sent too late, give back what is held, and lead to what comes first."""
    app.before_request(hold_late_form)
    app.before_request(give_back)
    app.before_request(lead_to_first_step)
    app.after_request(forget_used)
    app.register_error_handler(CSRFError, hold_unproved_form)
    app.jinja_env.globals["session_ended"] = sessions.ended_here
    app.jinja_env.globals["password_rule"] = passwords.RULE


def hold_late_form() -> ResponseReturnValue | None:
    """A form that is sent when its session has ended is held for the person it belonged to, who signs in again."""
    if not _is_own_form() or current_user.is_authenticated:
        return None
    # What a guest may do goes through: nobody signs in to report what is public.
    if not sessions.ended_here() or may(
        current_user, deed_of(current_app, request.endpoint or "") or ""
    ):
        return None
    person_id = held_forms.owner_of(sessions.last_uniquifier())
    return _hold(person_id, ENDED)


def hold_unproved_form(_error: CSRFError) -> ResponseReturnValue:
    """A form from a page that was open when its reader signed in again: nothing is done, and nothing is lost.

    Its token belongs to the former session. That it came from a page of ours is seen by what browsers say of where a
    request was made; a form from elsewhere is refused as ever.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "by_script", False) and sessions.last_uniquifier():
        # The script of the open page says it in its own words; what was typed is still on that page.
        return "", 401
    # Without any session nobody has signed in again: what is missing is the cookie.
    if not request.cookies.get(_cookie_name()):
        return _cookie_page()
    if not _is_own_form() or not sent_from_here():
        return current_app.handle_user_exception(Invalid(*UNPROVED))
    if current_user.is_authenticated:
        return _hold(current_user.id, "打开页面以后您重新登录过。")
    owner = held_forms.owner_of(sessions.last_uniquifier())
    if owner is None:
        return current_app.handle_user_exception(Invalid(*UNPROVED))
    return _hold(owner, ENDED)


def _cookie_page() -> ResponseReturnValue:
    """The page that takes what was typed along; nothing is stored for who has not said that they want it."""
    persistence.expect_writing(False)  # it only reads
    endpoint = request.endpoint or ""
    way = SENT_AGAIN.get(endpoint, "")
    if _is_own_form():
        deed = deed_of(current_app, endpoint) or ""
        way = "again" if may(Guest(), deed) else "sign_in"
    fields = []
    for name, value in request.form.items(multi=True):
        # Another site's words are not offered as one's own; secrets are typed again.
        if sent_from_here() and "password" not in name and name != "csrf_token":
            fields.append((name, value))
    values = {"fields": fields, "way": way, "files": any(request.files.values())}
    page = render_template(
        "errors/cookie.html", path=request.full_path.rstrip("?"), **values
    )
    return page, 422


def _cookie_name() -> str:
    return str(current_app.config["SESSION_COOKIE_NAME"])


def _is_own_form() -> bool:
    endpoint = request.endpoint or ""
    view = current_app.view_functions.get(endpoint)
    return (
        request.method == "POST"
        and view is not None
        # A script answers for itself and would follow a redirect into nothing.
        and not getattr(view, "by_script", False)
        # Forms of the library hold passwords and codes, which are never stored.
        and endpoint not in LIBRARY_ENDPOINTS
        and deed_of(current_app, endpoint) is not None
    )


def _hold(person_id: int | None, why: str) -> ResponseReturnValue:
    # They have a new password since, or the account is gone: nothing says whose text it is.
    if person_id is None:
        # The second press of the button that closes an account comes here too.
        flash(
            f"{why}刚注销了账号的，账号已经注销；别的操作没有做，请登录后再试。",
            "error",
        )
        return redirect(url_for("security.login"), 303)
    row = held_forms.hold_form(
        request.full_path.rstrip("?"),
        request.form.items(multi=True),
        reason=held_forms.EXPIRED,
        person_id=person_id,
    )
    number = row.id
    # Else the redirect of this very request would count as taken, and `forget_used` would drop it.
    g.held_now = True
    if current_user.is_authenticated:
        flash(f"{why}刚才的内容没有丢，请核对后再提交一次。", "error")
        return redirect(url_for("accounts.resume", number=number), 303)
    flash(f"{why}刚才填写的内容已经留下，登录后还给您。", "error")
    back = url_for("accounts.resume", number=number)
    return redirect(url_for("security.login", next=back), 303)


def give_back() -> None:
    """Let the form of a page show what is held for it."""
    number = request.args.get("held", type=persistence.row_number)
    if number is None or request.method not in READING:
        return
    if not current_user.is_authenticated:
        return
    person = sessions.present_person()
    row = held_forms.get_held(number, person)
    # A number typed onto another page must not fill that one.
    if row.path.partition("?")[0] == request.path:
        g.held_fields = held_forms.typed_fields(row)
        flash(GIVEN_BACK)


def lead_to_first_step() -> ResponseReturnValue | None:
    """Lead somebody to the new password or the second factor they need before their own pages."""
    endpoint = request.endpoint or ""
    if endpoint in FIRST_STEPS:
        return None
    deed = deed_of(current_app, endpoint)
    # What a guest may do, they may do too.
    if deed is None or may(Guest(), deed) or not current_user.is_authenticated:
        return None
    person = sessions.present_person()
    if request.method not in READING and _is_own_form():
        return _hold_until_done(person)
    return _first_step(person, request.full_path.rstrip("?"))


def _hold_until_done(person: Person) -> ResponseReturnValue | None:
    """Somebody was given a role while their page was open, or sends a form without one: it waits for the step."""
    owes = (passwords.is_overdue, second_factor.lacks_factor, second_factor.lacks_codes)
    if not any(step(person) for step in owes):
        return None
    return _hold(person.id, "您的账号要先完成一步安全设置。")


def _first_step(person: Person, wanted: str) -> ResponseReturnValue | None:
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
    # One may always leave: take a copy of one's data, withdraw, close the account.
    leads = agreements.prompts() and request.method in READING
    if leads and not request.path.startswith("/account"):
        return redirect(url_for("accounts.agree", next=wanted))
    return None


def _shows_held(response: Response) -> bool:
    """Whether the texts that are held are on the page that should give them back into its form."""
    if not g.get("held_used"):
        return False
    page = _without_blanks(html.unescape(response.get_data(as_text=True)))
    for _, value in g.held_fields.items(multi=True):
        # What bears no Han character is a code, a number or a mark, which a form may well write in its own way.
        if HAN.search(value) and _without_blanks(clean_text(value)) not in page:
            return False
    return True


def _without_blanks(text: str) -> str:
    return "".join(text.split())


def forget_used(response: Response) -> Response:
    """After a form was sent once more and taken: what was held of it is not needed any more."""
    if g.get("held_fields") is not None and not _shows_held(response):
        # A page without a form of ours, or with one that is made in another way: what was typed has a page of its own.
        number = request.args.get("held", type=persistence.row_number)
        back = url_for("accounts.resume", number=number, whole=1)
        return make_response(redirect(back, 303))
    if request.method != "POST" or session.get(held_forms.HELD) is None:
        return response
    if g.get("held_now"):
        return response
    taken = 300 <= response.status_code < 400
    if taken and _is_own_form() and current_user.is_authenticated:
        path = request.full_path.rstrip("?")
        held_forms.drop_used(sessions.present_person(), path)
    return response
