"""Pages about one's own account: name, sessions, what was typed before signing in; 用户协议 and 隐私政策.

Signing in, registering and passwords are pages of Flask-Security (`sign_in.py`, `templates/security/`).
"""

from __future__ import annotations

import re

from flask import (
    Blueprint,
    Flask,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from marketplace import limits, persistence
from marketplace.accounts import (
    agreements,
    before_pages,
    contact_consents,
    held_forms,
    person_deeds,
    queries,
    second_factor,
    sessions,
)
from marketplace.accounts.destinations import own_path, wanted_path
from marketplace.accounts.forms import AccountForm, AgreeForm
from marketplace.door import OPEN_PAGE, needs
from marketplace.errors import Invalid, NotFound

blueprint = Blueprint("accounts", __name__)
# For histories, which name people by number.
blueprint.add_app_template_filter(queries.name_people)
# Kind of consent → what was agreed to.
CONSENT_TITLES = agreements.TITLES | {
    kind: name for kind, (name, _text) in contact_consents.CONSENTS.items()
}
# What a form sends for a choice.
_CODE = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z_]+)?")
MAX_EXCERPT = 300  # characters of a typed text on the page that gives it back


def init_app(app: Flask) -> None:
    """What is looked at before every page."""
    before_pages.watch_requests(app)


@blueprint.route("/account", methods=["GET", "POST"])
@needs("mine.read")
def account() -> ResponseReturnValue:
    """账号: who one is here, and what keeps the account safe."""
    person = sessions.present_person()
    form = AccountForm(obj=person)
    status = 200
    if form.validate_on_submit():
        try:
            person_deeds.change_account(
                person, name=form.name.data, mobile=form.mobile.data or None
            )
        except Invalid as error:
            form.mobile.errors = error.problems["mobile"]
        else:
            flash("已保存。", "success")
            return redirect(url_for("accounts.account"), 303)
    if form.errors:
        status = 422
    page = render_template(
        "accounts/account.html",
        form=form,
        person=person,
        sessions=len(sessions.sessions_of(person)),
        codes_left=len(person.mf_recovery_codes or ()),
        codes=second_factor.CODES,
        consents=agreements.consents_of(person),
        titles=CONSENT_TITLES,
        held=held_forms.held_forms_of(person),
    )
    return page, status


@blueprint.get("/account/sessions")
@needs("mine.read")
def own_sessions() -> ResponseReturnValue:
    """登录记录: where one is signed in."""
    return render_template(
        "accounts/sessions.html",
        sessions=sessions.sessions_of(sessions.present_person()),
        present=sessions.present_id(),
    )


@blueprint.post("/account/sessions/<int:number>/end")
@needs("mine.read")
def end_session(number: int) -> ResponseReturnValue:
    """退出 one of them."""
    # Before it ends: afterwards this request has no session to compare with.
    here = number == sessions.present_id()
    sessions.end_session(sessions.present_person(), number)
    if here:
        flash("已退出。", "success")
        return redirect(url_for("security.login"), 303)
    flash("那一处的登录已退出。", "success")
    return redirect(url_for("accounts.own_sessions"), 303)


@blueprint.post("/account/sessions/end-all")
@needs("mine.read")
def end_sessions() -> ResponseReturnValue:
    """全部退出."""
    person_deeds.leave_everywhere(sessions.present_person())
    flash("所有设备上的登录都已退出，请重新登录。", "success")
    return redirect(url_for("security.login"), 303)


@blueprint.get("/account/held/<int:number>")
@needs("mine.read")
def resume(number: int) -> ResponseReturnValue:
    """Back into the form in which something was typed; where that is no page, what was typed and a button."""
    row = held_forms.get_held(number, sessions.present_person())
    # `whole` comes from a page that could not show it in its form; without it one would go round in circles.
    if "whole" not in request.args and _is_page(row.path):
        joint = "&" if "?" in row.path else "?"
        return redirect(f"{row.path}{joint}held={row.id}", 303)
    texts = []
    for name, value in row.fields:
        # Long enough for what people write; revisions and codes of a form tell nobody anything.
        is_mark = name.endswith("seen") or _CODE.fullmatch(value.strip())
        if len(value.strip()) > 1 and not is_mark:
            texts.append(value)
    return render_template(
        "accounts/held.html",
        row=row,
        above=_page_above(row.path),
        shown=texts,
        most=MAX_EXCERPT,
        fields=row.fields,
    )


@blueprint.post("/account/held")
@needs("public.read")
@limits.limit_texts
def hold_typed() -> ResponseReturnValue:
    """登录后继续填写: hold a form whose cookie was lost, for who signs in next in this browser."""
    path = own_path(request.args.get("form"))
    if not path:
        raise NotFound("没有要留下的内容。", "请重新打开刚才那一页。")
    row = held_forms.hold_form(
        path,
        request.form.items(multi=True),
        reason=held_forms.EXPIRED,
        person_id=current_user.id,
    )
    back = url_for("accounts.resume", number=row.id)
    if current_user.is_authenticated:
        return redirect(back, 303)
    flash("刚才填写的内容已经留下，登录后还给您。")
    return redirect(url_for("security.login", next=back), 303)


@blueprint.post("/account/held/<int:number>/drop")
@needs("mine.read")
def drop_held(number: int) -> ResponseReturnValue:
    """删除 what is held."""
    held_forms.drop_held(number, sessions.present_person())
    flash("已删除。", "success")
    return redirect(url_for("desk.mine"), 303)


@blueprint.get("/terms")
@needs("public.read", stored=OPEN_PAGE)
def terms() -> ResponseReturnValue:
    """用户协议."""
    return _agreement_page("terms", current_app.config["SITE"].terms_url)


@blueprint.get("/privacy")
@needs("public.read", stored=OPEN_PAGE)
def privacy() -> ResponseReturnValue:
    """隐私政策."""
    return _agreement_page("privacy", current_app.config["SITE"].privacy_url)


@blueprint.route("/account/agreements", methods=["GET", "POST"])
@needs("mine.read")
def agree() -> ResponseReturnValue:
    """The texts that have changed since one agreed to them."""
    person = sessions.present_person()
    wanted = wanted_path() or url_for("desk.mine")
    form = AgreeForm()
    status = 200
    if "later" in request.form:
        agreements.put_off()
        return redirect(wanted, 303)
    if form.validate_on_submit():
        person_deeds.agree_to_texts(person, seen=(form.seen.data or "").split())
        agreements.note_agreed()
        flash("已记下您的同意。", "success")
        return redirect(wanted, 303)
    if form.errors:
        status = 422
    # The page reads files and renders; nobody who saves should wait for that.
    persistence.stop_writing()
    due = agreements.due_agreements(person)
    # Agreed in another tab meanwhile.
    if not due:
        agreements.note_agreed()
        status = 200
    form.seen.data = " ".join(text.version for text in due)
    page = render_template(
        "accounts/agree.html",
        form=form,
        texts=[(text, agreements.difference_for(person, text)) for text in due],
        wanted=wanted,
    )
    return page, status


def _agreement_page(kind: str, elsewhere: str) -> ResponseReturnValue:
    return render_template(
        "accounts/agreement.html",
        agreement=agreements.present_agreement(kind),
        elsewhere=elsewhere,
    )


def _page_above(path: str) -> str:
    """The page of the thing that a button acts on: an address above its own; empty where none may be opened."""
    above = path.partition("?")[0]
    while above := above.rpartition("/")[0]:
        # Further up are lists and trays, which do not say which thing it was.
        if not any(sign.isdigit() for sign in above):
            return ""
        if _is_page(above):
            return above
    return ""


def _is_page(path: str) -> bool:
    """Whether an address may be opened, and is not only sent to."""
    adapter = current_app.url_map.bind_to_environ(request.environ)
    try:
        adapter.match(path.partition("?")[0], method="GET")
    # It is a page once the slash is added.
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    return True
