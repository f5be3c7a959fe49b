"""Pages of accounts for operators. What is done is in `deeds.py`; looking at an account is recorded."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.accounts.models import ROLES, STAFF_ROLES, Person
from marketplace.accounts.sessions import present_person, sessions_of
from marketplace.audit.looks import was_recorded
from marketplace.door import needs
from marketplace.errors import Invalid, MarketError, NotNow
from marketplace.listings.disclosure import masked
from marketplace.staff import deeds, queries
from marketplace.staff.forms import ReasonForm, StaffForm

blueprint = Blueprint("staff", __name__)


@blueprint.get("/office/people")
@needs("staff.read")
def people() -> ResponseReturnValue:
    """账号和角色: who runs and audits the site, and any account by a text."""
    return _people_page(StaffForm(formdata=None))


@blueprint.post("/office/people")
@needs("staff.change")
def add() -> ResponseReturnValue:
    """给予角色."""
    form = StaffForm()
    try:
        person = deeds.add_staff(
            form.email.data or "",
            name=form.name.data or "",
            role=form.role.data or "",
            by=present_person(),
        )
    except Invalid as error:
        form.blame(error.problems, otherwise="email")
        return _people_page(form, 422)
    except NotNow as error:
        return _people_page(form, 409, error=error)
    flash(f"{person.name} 有了角色，已发邮件告诉对方。", "success")
    return redirect(url_for("staff.people"), 303)


@blueprint.get("/office/people/<int:person_id>")
@needs("staff.read")
def person(person_id: int) -> ResponseReturnValue:
    """One account, whole; the look is shown to its owner."""
    return _person_page(queries.get_person(person_id))


@blueprint.post("/office/people/<int:person_id>/take/<role>")
@needs("staff.change")
def take(person_id: int, role: str) -> ResponseReturnValue:
    """收回角色."""
    row = queries.get_person(person_id)
    form = ReasonForm(prefix=f"{role}-")
    try:
        deeds.take_role(row, role, reason=form.reason.data or "", by=present_person())
    except Invalid as error:
        form.blame(error.problems)
        return _person_page(row, 422, taking=(role, form))
    return _done(row, f"已收回 {row.name} 的角色，已发邮件告诉对方。")


@blueprint.post("/office/people/<int:person_id>/stop")
@needs("staff.change")
def stop(person_id: int) -> ResponseReturnValue:
    """停用."""
    row = queries.get_person(person_id)
    form = ReasonForm()
    try:
        deeds.stop_account(row, reason=form.reason.data or "", by=present_person())
    except Invalid as error:
        form.blame(error.problems)
        return _person_page(row, 422, stopping=form)
    return _done(row, f"{row.name} 的账号已停用，登录都已退出。")


@blueprint.post("/office/people/<int:person_id>/open")
@needs("staff.change")
def reopen(person_id: int) -> ResponseReturnValue:
    """恢复."""
    row = queries.get_person(person_id)
    deeds.open_account(row, by=present_person())
    return _done(row, f"{row.name} 的账号已恢复。")


@blueprint.post("/office/people/<int:person_id>/reset")
@needs("staff.change")
def reset(person_id: int) -> ResponseReturnValue:
    """重置登录."""
    row = queries.get_person(person_id)
    seen = request.form.get("seen", "")
    deeds.reset_account(row, by=present_person(), seen=seen)
    return _done(
        row, f"{row.name} 的密码和两步验证已作废，设密码的链接已发到对方邮箱。"
    )


def _people_page(
    form: StaffForm, status: int = 200, *, error: MarketError | None = None
) -> ResponseReturnValue:
    persistence.stop_writing()
    text = " ".join(request.args.get("q", "").split())
    found = None
    # Without a text there is no list: nobody pages through all accounts.
    if len(text) >= queries.MIN_TEXT:
        found = queries.find_people(text, request.args.get("page", 1, type=int))
    page = render_template(
        "staff/people.html",
        staff=queries.staff_members(),
        text=text,
        found=found,
        form=form,
        error=error,
        masked=masked,
        roles=ROLES,
    )
    return page, status


def _person_page(
    row: Person,
    status: int = 200,
    *,
    taking: tuple[str, ReasonForm] | None = None,
    stopping: ReasonForm | None = None,
) -> ResponseReturnValue:
    persistence.stop_writing()
    takings = []
    for role in sorted(row.role_names & STAFF_ROLES):
        # Two roles have a form each on one page; the prefix tells their boxes apart.
        form = ReasonForm(formdata=None, prefix=f"{role}-")
        if taking is not None and taking[0] == role:
            form = taking[1]
        takings.append((role, ROLES[role], form))
    own = row.id == current_user.id
    # What could not be recorded is masked: the owner finds each look in 我的数据 (decision 143).
    shows = own or was_recorded("contact.read", kind="person", thing=row.id)
    page = render_template(
        "staff/person.html",
        row=row,
        email=row.email if shows else masked(row.email),
        mobile=row.mobile if shows else masked(row.mobile or ""),
        sessions=sessions_of(row),
        takings=takings,
        stopping=stopping or ReasonForm(formdata=None),
        own=own,
        login_mark=queries.login_mark(row),
        roles=ROLES,
    )
    return page, status


def _done(row: Person, message: str) -> ResponseReturnValue:
    flash(message, "success")
    return redirect(url_for("staff.person", person_id=row.id), 303)
