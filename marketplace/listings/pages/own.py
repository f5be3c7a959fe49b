"""The owner's pages of a listing: the form in which it is written, and the buttons of its life.

Who may is decided in `permissions.py`, what is done in `deeds.py`, what is asked in `forms.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup

from marketplace import contributions
from marketplace.accounts.models import Organisation
from marketplace.door import needs
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.lifecycle import history_of
from marketplace.listings import deeds, queries, readiness, worklists
from marketplace.listings.forms import FORMS, AchievementForm, DeedForm, DemandForm
from marketplace.listings.models import (
    KIND_NAMES,
    Achievement,
    Demand,
)
from marketplace.listings.pages.blueprint import KIND, blueprint
from marketplace.permissions import require


@blueprint.route(f"/mine/{KIND}/new", methods=["GET", "POST"])
@needs("listing.create")
def new(kind: str) -> ResponseReturnValue:
    """Write a new listing; a title and a text may be handed on in the address or by another form."""
    form = FORMS[kind](organisations=worklists.writing_organisations(current_user))
    if not form.is_submitted():
        form.prefill(request.args)
    return _written(form, None)


@blueprint.route(f"/mine/{KIND}/<int:listing_id>/edit", methods=["GET", "POST"])
@needs("listing.edit", of_thing=True)
def edit(kind: str, listing_id: int) -> ResponseReturnValue:
    """Change a listing."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    require(current_user, "listing.edit", row)
    form = FORMS[kind](row=row)
    if row.life.can(row.state, "edit"):
        return _written(form, row)
    submitted = row.state == "submitted"
    advice = (
        "先在「我的」里撤回送审，再修改。"
        if submitted
        else "可以在「我的」里看它现在能做什么。"
    )
    locked = NotNow(f"现在的状态是「{row.state_name}」，不能修改。", advice)
    if (
        form.is_submitted()
    ):  # it was handed in while this form was open: what was typed stays in sight
        return _form_page(form, row, 409, error=locked)
    raise locked


@blueprint.post(f"/mine/{KIND}/<int:listing_id>/submit")
@needs("listing.submit", of_thing=True)
def submit(kind: str, listing_id: int) -> ResponseReturnValue:
    """Hand in a draft as it is stored."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    return _handed_in(row, DeedForm().seen_revision)


@blueprint.post(f"/mine/{KIND}/<int:listing_id>/recall")
@needs("listing.submit", of_thing=True)
def recall(kind: str, listing_id: int) -> ResponseReturnValue:
    """Take a listing back from the queue."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    deeds.recall(row, by=current_user, seen=DeedForm().seen_revision)
    flash(f"已撤回送审，「{row.title}」回到草稿，可以继续修改。", "success")
    return redirect(url_for("listings.edit", kind=kind, listing_id=row.id), 303)


@blueprint.route(f"/mine/{KIND}/<int:listing_id>/withdraw", methods=["GET", "POST"])
@needs("listing.withdraw", of_thing=True)
def withdraw(kind: str, listing_id: int) -> ResponseReturnValue:
    """Take a listing out of the public, after a page that asks whether it is meant."""
    return _ended(
        kind,
        listing_id,
        "withdraw",
        "「{}」已撤回，不再公开。需要时可以新建同名的一条。",
    )


@blueprint.route(
    "/mine/demand/<int:listing_id>/close",
    defaults={"kind": "demand"},
    methods=["GET", "POST"],
)
@needs("listing.close", of_thing=True)
def close(kind: str, listing_id: int) -> ResponseReturnValue:
    """End a demand that is met, after a page that asks whether it is meant."""
    return _ended(kind, listing_id, "close", "「{}」已关闭，不再出现在检索和匹配里。")


@blueprint.route(f"/mine/{KIND}/<int:listing_id>/archive", methods=["GET", "POST"])
@needs("listing.archive", of_thing=True)
def archive(kind: str, listing_id: int) -> ResponseReturnValue:
    """Put away what has ended, after a page that asks whether it is meant."""
    return _ended(
        kind, listing_id, "archive", "「{}」已归档。要再看，在下面选状态「已归档」。"
    )


@blueprint.post(f"/mine/{KIND}/<int:listing_id>/renew")
@needs("listing.edit", of_thing=True)
def renew(kind: str, listing_id: int) -> ResponseReturnValue:
    """Make an expired listing valid again."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    deeds.renew(row, by=current_user, seen=DeedForm().seen_revision)
    flash(f"「{row.title}」已续期到 {row.valid_until}，重新公开。", "success")
    return redirect(url_for("desk.mine"), 303)


def _ended(kind: str, listing_id: int, deed: str, said: str) -> ResponseReturnValue:
    """Ask whether an end is meant; then carry it out by the rule of that name."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    require(current_user, f"listing.{deed}", row)
    form = DeedForm()
    if form.validate_on_submit():
        getattr(deeds, deed)(
            row, by=current_user, seen=form.seen_revision, note=form.note.data
        )
        flash(said.format(row.title), "success")
        return redirect(url_for("desk.mine"), 303)
    name = row.life.deeds[deed]
    if not row.life.can(row.state, deed):
        raise NotNow(
            f"现在的状态是「{row.state_name}」，不能{name}。",
            "可以在「我的」里看它现在能做什么。",
        )
    form.seen.data = row.revision
    page = render_template(
        "listings/ending.html",
        row=row,
        form=form,
        deed=deed,
        name=name,
        kind_name=KIND_NAMES[kind],
    )
    return page, 422 if form.errors else 200


def _written(
    form: AchievementForm | DemandForm, row: Achievement | Demand | None
) -> ResponseReturnValue:
    """Answer a form: show it, add a row to it, save it, or save it and hand it in; what was typed is always kept."""
    focus = form.more(request.form["add"]) if "add" in request.form else ""
    deed = (
        ""
        if "add" in request.form or "look" in request.values
        else request.form.get("deed", "")
    )
    if not deed:
        return _form_page(form, row, focus=focus)
    if not form.validate():
        return _refused(form, row, deed)
    try:
        saved = _save(
            form.kind,
            row,
            form.values(),
            organisation=form.owner,
            by=current_user,
            seen=form.seen_revision,
        )
    except Invalid as error:
        form.blame(error.problems)
        return _refused(form, row, deed, error=error)
    except Stale as error:
        fresh = queries.get_visible(form.kind, row.id, by=current_user)  # type: ignore[union-attr]
        return _form_page(form, fresh, 409, error=error)
    session["kept"] = _key(form.kind, row)
    if deed == "submit":
        return _handed_in(saved, saved.revision, kept="草稿已保存。")
    flash(_saved_message(saved), "success")
    return redirect(url_for("listings.edit", kind=saved.kind, listing_id=saved.id), 303)


def _save(
    kind: str,
    row: Achievement | Demand | None,
    values: Mapping[str, Any],
    *,
    organisation: Organisation | None,
    by: Any,
    seen: int,
) -> Achievement | Demand:
    """Save the form: a new draft where there is no row yet, else the changed row. Raises as `deeds` does."""
    if row is not None:
        return deeds.save(row, values, by=by, seen=seen)
    if organisation is None:
        raise Invalid("先选单位。", problems={"organisation": ["选一个单位。"]})
    return deeds.create(kind, values, organisation=organisation, by=by)


def _refused(
    form: AchievementForm | DemandForm,
    row: Achievement | Demand | None,
    deed: str,
    *,
    error: Invalid | None = None,
) -> ResponseReturnValue:
    """The form with what is wrong in it; where it was to be handed in, with all that is missing too."""
    if deed == "submit":
        form.blame(form.lacking(row.organisation if row is not None else form.owner))
    return _form_page(form, row, 422, error=error)


def _key(kind: str, row: Achievement | Demand | None) -> str:
    """The name under which the browser keeps what is typed until it has been saved."""
    return f"{current_user.id}/{kind}/{row.id if row is not None else 'new'}"


def _saved_message(row: Achievement | Demand) -> str:
    if row.state == "published":
        return "修改已保存，公开页面已更新。"
    missing = len(readiness.publication_problems(row))
    return (
        f"草稿已保存。送审前还有 {missing} 处要补齐。"
        if missing
        else "草稿已保存，内容齐全，可以送审。"
    )


def _handed_in(
    row: Achievement | Demand, seen: int, *, kept: str = ""
) -> ResponseReturnValue:
    """Hand in; where something is missing, the form says what and where, and that what was typed is kept."""
    try:
        deeds.submit(row, by=current_user, seen=seen)
    except Invalid as error:
        if kept:
            flash(kept, "success")
        form = FORMS[row.kind](formdata=None, row=row)
        form.blame(error.problems)
        return _form_page(form, row, 422, error=error)
    others = "需求" if row.kind == "achievement" else "成果"
    link = url_for("matchmaking.matches", kind=row.kind, listing_id=row.id)
    text = Markup(
        '已送审，机构审核一般 3 个工作日。您可以先看看<a href="{}">匹配到的{}</a>。'
    )
    flash(text.format(link, others), "success")
    return redirect(url_for("desk.mine"), 303)


def _form_page(
    form: AchievementForm | DemandForm,
    row: Achievement | Demand | None,
    status: int = 200,
    *,
    error: Any = None,
    focus: str = "",
) -> ResponseReturnValue:
    """The page of a form, with what is wrong, what is missing for the public, and what others changed meanwhile."""
    stored: dict[str, str] = {}
    if isinstance(error, Stale) and row is not None:
        fields = [form.schema[name] for name in form.differing(row)]
        stored = {field.name: field.describe(row) for field in fields}
        form.seen.data = row.revision
    if not focus:
        form.leave_room()
    problems = readiness.publication_problems(row) if row is not None else {}
    order = form.names()
    looked_at = form.main_text() if "look" in request.values else None
    action = (
        url_for("listings.edit", kind=form.kind, listing_id=row.id)
        if row is not None
        else url_for("listings.new", kind=form.kind)
    )
    faults = form.faults()
    field_problems: dict[str, list[str]] = {}
    problem_names: dict[str, str] = {}
    for fault in faults:
        field_problems.setdefault(fault.id, []).append(fault.text)
        problem_names.setdefault(fault.id, fault.label)
    page = render_template(
        "listings/form.html",
        form=form,
        row=row,
        kind=form.kind,
        kind_name=KIND_NAMES[form.kind],
        error=error,
        focus=focus,
        problems=field_problems,
        problem_names=problem_names,
        problems_title=_problems_title(error, [fault.text for fault in faults]),
        twin=queries.get_visible(form.kind, error.existing_id, by=current_user)
        if isinstance(error, deeds.DuplicateTitle)
        else None,
        stored=stored,
        returned=_reason(row) if row is not None and row.state == "returned" else "",
        key=_key(form.kind, row),
        kept=session.pop("kept", ""),
        missing={name: problems[name] for name in sorted(problems, key=order.index)},
        needed=form.needed(),
        previews=contributions.previews(form.kind, row, looked_at, current_user),
        action=action,
        labels=form.schema.labels,
    )
    return page, status


def _problems_title(error: Any, texts: list[str]) -> str:
    """What stands above the list of problems: why it was not saved, unless the list says it or the page its own way."""
    if error is None or isinstance(error, Stale | NotNow) or error.message in texts:
        return f"有 {len(texts)} 处要改，改好再保存"
    return error.message


def _reason(row: Achievement | Demand) -> str:
    """What was said when the listing was returned."""
    return next(
        (one.note for one in reversed(history_of(row)) if one.deed == "return"), ""
    )
