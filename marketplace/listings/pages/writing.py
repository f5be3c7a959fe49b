"""The form in which a listing is written: new, changed, saved, handed in, with what is wrong and what is missing.

What is asked is in `forms.py`, what is done in `deeds.py`; the other buttons of an owner are in `own.py`.
"""

from __future__ import annotations

from typing import TypeAlias

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup

from marketplace import contributions, persistence
from marketplace.accounts import contact_consents, person_deeds
from marketplace.door import needs
from marketplace.errors import Invalid, MarketError, NotNow, Stale
from marketplace.lifecycle import last_event
from marketplace.limits import limit_looks
from marketplace.listings import (
    changes_waiting,
    deeds,
    queries,
    readiness,
    review_queue,
    worklists,
)
from marketplace.listings.forms import FORMS, AchievementForm, DemandForm
from marketplace.listings.models import KIND_NAMES, Achievement, Demand
from marketplace.listings.pages.blueprint import KIND, blueprint
from marketplace.listings.writing import AlreadySaved, DuplicateTitle
from marketplace.permissions import require
from marketplace.workdays import calendar

Form: TypeAlias = AchievementForm | DemandForm
Row: TypeAlias = Achievement | Demand
# State → how the form calls the reason for which something has to be mended.
RETURNED = {
    "returned": "退回原因",
    "rejected": "未通过原因",
    "suspended": "暂停原因",
    "published": "修改的退回原因",
}
FORMS_REMEMBERED = (
    8  # forms of new listings of which the browser keeps what they became
)


@blueprint.route(f"/mine/{KIND}/new", methods=["GET", "POST"])
@needs("listing.create")
@limit_looks
def new(kind: str) -> ResponseReturnValue:
    """Write a new listing; a title and a text may be handed on in the address or by another form."""
    form = FORMS[kind](organisations=worklists.writing_organisations(current_user))
    if not form.is_submitted():
        form.prefill(request.args)
    return _answer_form(form, None)


@blueprint.route(f"/mine/{KIND}/<int:listing_id>/edit", methods=["GET", "POST"])
@needs("listing.edit", of_thing=True)
@limit_looks
def edit(kind: str, listing_id: int) -> ResponseReturnValue:
    """Change a listing."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    require(current_user, "listing.edit", row)
    # Who changed it already goes on with what they handed in, not with what is public.
    change = changes_waiting.open_change(row) if row.state == "published" else None
    form = FORMS[kind](
        row=changes_waiting.with_change(row, change),
        organisations=worklists.writing_organisations(current_user),
    )
    if row.life.can(row.state, "edit"):
        return _answer_form(form, row)
    advice = "可以在「我的」里看它现在能做什么。"
    if row.state in ("at_desk", "submitted"):
        advice = "先在「我的」里撤回送审，再修改。"
    locked = NotNow(f"现在的状态是「{row.state_name}」，不能修改。", advice)
    # It was handed in while this form was open: what was typed stays in sight.
    if form.is_submitted():
        return _form_page(form, row, 409, error=locked)
    raise locked


def hand_in(row: Row, seen: int, *, saved_message: str = "") -> ResponseReturnValue:
    """Hand in; where something is missing, the form says what and where, and that what was typed is stored.

    Args:
        row: the listing as it is stored.
        seen: the revision the writer saw.
        saved_message: what is said of a save that went before, where handing in fails.
    """
    try:
        deeds.submit(row, by=current_user, seen=seen)
    except Invalid as error:
        if saved_message:
            flash(saved_message, "success")
        form = FORMS[row.kind](formdata=None, row=row)
        form.blame(error.problems)
        return _form_page(form, row, 422, error=error)
    handed_in = _handed_in_message(row)
    if not row.is_matchable:
        flash(handed_in, "success")
        return redirect(url_for("desk.mine"), 303)
    others = KIND_NAMES[row.counterpart]
    link = url_for("matchmaking.matches", kind=row.kind, listing_id=row.id)
    text = Markup('{}您可以先看看<a href="{}">匹配到的{}</a>。')
    flash(text.format(handed_in, link, others), "success")
    return redirect(url_for("desk.mine"), 303)


def _answer_form(form: Form, row: Row | None) -> ResponseReturnValue:
    """Show the form, add a row to it, save it, or save it and hand it in; what was typed is never lost."""
    focus = ""
    deed = request.form.get("deed", "")
    # A button that adds a row or asks for a look at the matches sends the whole form too: nothing is saved by it.
    if "add" in request.form:
        focus = form.more(request.form["add"])
        deed = ""
    elif "look" in request.values:
        deed = ""
    if not deed:
        return _form_page(form, row, focus=focus)
    if not form.validate():
        return _refused_page(form, row, deed)
    try:
        saved = _save(form, row)
    except AlreadySaved as error:
        return _answer_second_press(form, deed, error)
    except Invalid as error:
        form.blame(error.problems)
        return _refused_page(form, row, deed, error=error)
    except Stale as error:
        assert row is not None  # noqa: S101  only a stored row can have been changed by somebody else
        fresh = queries.get_visible(form.kind, row.id, by=current_user)
        return _form_page(form, fresh, 409, error=error)
    if request.form.get("publish_contact") == "1":
        person_deeds.set_consent(current_user, contact_consents.PUBLISH, given=True)
    if row is None:
        _remember_saved(form, saved)
    session["kept"] = _draft_key(form.kind, row)
    for remark in form.remarks():
        flash(remark)
    if deed == "submit":
        return hand_in(saved, saved.revision, saved_message="草稿已保存。")
    flash(_saved_message(saved), "success")
    return redirect(url_for("listings.edit", kind=saved.kind, listing_id=saved.id), 303)


def _save(form: Form, row: Row | None) -> Row:
    """Save the form: a new draft where there is no row yet, else the changed row. Raises as `deeds` does."""
    values = form.values()
    if row is not None:
        return deeds.save(
            row,
            values,
            by=current_user,
            seen=form.seen_revision,
            organisation=form.owner,
        )
    if form.owner is None and form.owners:
        raise Invalid("先选单位。", problems={"organisation": ["选一个单位。"]})
    made = session.get("made", {}).get(str(form.once.data))
    first = queries.find_own(form.kind, made, by=current_user) if made else None
    if first is not None:
        raise AlreadySaved(first.title, first.id)
    return deeds.create(
        form.kind,
        values,
        organisation=form.owner,
        by=current_user,
        opened=form.opened,
    )


def _remember_saved(form: Form, saved: Row) -> None:
    """Keep in the browser what a form was saved as: one that is sent again after going back makes no second listing."""
    if form.opened is None:
        return
    made = [*session.get("made", {}).items(), (str(form.once.data), saved.id)]
    session["made"] = dict(made[-FORMS_REMEMBERED:])


def _answer_second_press(
    form: Form, deed: str, error: AlreadySaved
) -> ResponseReturnValue:
    """Lead to the listing that the first press made; where other things were typed since, say so and keep them."""
    first = queries.get_visible(form.kind, error.existing_id, by=current_user)
    if form.differing(first):
        # Pressed once more, it is meant as another listing.
        form.renew()
        form.blame(error.problems)
        return _form_page(form, None, 409, error=error)
    if deed == "submit" and first.life.can(first.state, "submit"):
        return hand_in(first, first.revision)
    flash(f"「{first.title}」已经保存，第二次按下没有再存一条。", "success")
    session["kept"] = _draft_key(form.kind, None)
    if not first.life.can(first.state, "edit"):
        return redirect(url_for("desk.mine"), 303)
    return redirect(url_for("listings.edit", kind=first.kind, listing_id=first.id), 303)


def _refused_page(
    form: Form, row: Row | None, deed: str, *, error: Invalid | None = None
) -> ResponseReturnValue:
    """The form with what is wrong in it; where it was to be handed in, with all that is missing too."""
    if deed == "submit":
        owner = form.owner
        if row is not None and row.organisation is not None:
            owner = row.organisation
        form.blame(form.lacking(owner))
    return _form_page(form, row, 422, error=error)


def _draft_key(kind: str, row: Row | None) -> str:
    """The name under which the browser keeps what is typed until it has been saved."""
    number = "new" if row is None else row.id
    return f"{current_user.id}/{kind}/{number}"


def _handed_in_message(row: Row) -> str:
    """What happens next with what was handed in."""
    if row.state == "at_desk":
        return f"已送审，本单位审核一般 {calendar.DESK_DAYS} 个工作日，通过后再送平台审核。"
    return f"已送审，平台审核一般 {calendar.OPERATOR_DAYS} 个工作日。"


def _saved_message(row: Row) -> str:
    if row.state == "published":
        change = changes_waiting.open_change(row)
        if change is None:
            return "修改已保存，公开页面已更新。"
        first = "本单位" if change.state == "at_desk" else "平台"
        return f"修改已送{first}审核，通过以前公开的仍是原来的版本。联系方式和有效期已即时更新。"
    missing = len(readiness.publication_problems(row))
    if missing:
        return f"草稿已保存。送审前还有 {missing} 处要补齐。"
    return "草稿已保存，内容齐全，可以送审。"


def _form_page(
    form: Form,
    row: Row | None,
    status: int = 200,
    *,
    error: MarketError | None = None,
    focus: str = "",
) -> ResponseReturnValue:
    """The page of a form, with what is wrong, what is missing for the public, and what others changed meanwhile.

    Args:
        form: what was typed, or what is stored.
        row: the stored listing; None for a new one.
        status: of the answer.
        error: what a deed refused.
        focus: id of the control to go to; empty for none.
    """
    # Nothing is saved any more: a look ranks the whole catalogue, and nobody who saves is to wait for that.
    persistence.stop_writing()
    stored: dict[str, str] = {}
    # Saved again, the form shall win over what the writer now sees of the others.
    if isinstance(error, Stale) and row is not None:
        stored = _stored_values(form, row)
        form.seen.data = row.revision
    # A text handed on by another form, as by the trial, comes without the mark of this one.
    if row is None and form.opened is None:
        form.renew()
    if not focus:
        form.leave_room()
    looked_at = form.main_text() if "look" in request.values else None
    faults = form.faults()
    texts: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for fault in faults:
        texts.setdefault(fault.id, []).append(fault.text)
        names.setdefault(fault.id, fault.label)
    returned = _return_reason(row)
    page = render_template(
        "listings/form.html",
        form=form,
        row=row,
        kind=form.kind,
        kind_name=KIND_NAMES[form.kind],
        error=error,
        focus=focus,
        problems=texts,
        problem_names=names,
        problems_title=_problems_title(error, [fault.text for fault in faults]),
        twin=_listing_of_that_title(form.kind, error),
        stored=stored,
        returned=returned,
        returned_title=RETURNED.get(row.state, "") if row is not None else "",
        todos=_fields_to_mend(form, row) if row is not None and returned else [],
        key=_draft_key(form.kind, row),
        kept=session.pop("kept", ""),
        missing=_missing_values(form, row),
        needed=form.needed(),
        previews=contributions.previews(form.kind, row, looked_at, current_user),
        action=_form_address(form.kind, row),
        labels=form.schema.labels,
    )
    return page, status


def _form_address(kind: str, row: Row | None) -> str:
    if row is None:
        return url_for("listings.new", kind=kind)
    return url_for("listings.edit", kind=kind, listing_id=row.id)


def _stored_values(form: Form, row: Row) -> dict[str, str]:
    """Field → what is stored, in words, of the fields in which the form differs from it."""
    values = {}
    for name in form.differing(row):
        values[name] = form.schema[name].describe(row)
    return values


def _missing_values(form: Form, row: Row | None) -> dict[str, list[str]]:
    """Field → what the public would miss of the stored listing, in the order of the form."""
    if row is None:
        return {}
    problems = readiness.publication_problems(row)
    return {name: problems[name] for name in sorted(problems, key=form.names().index)}


def _listing_of_that_title(kind: str, error: MarketError | None) -> Row | None:
    """The listing that has the title already, so that the writer can go there."""
    if not isinstance(error, DuplicateTitle | AlreadySaved):
        return None
    return queries.get_visible(kind, error.existing_id, by=current_user)


def _problems_title(error: MarketError | None, texts: list[str]) -> str:
    """What stands above the list of problems: why it was not saved, unless the list says it or the page its own way."""
    if error is None or isinstance(error, Stale | NotNow) or error.message in texts:
        return f"有 {len(texts)} 处要改，改好再保存"
    return error.message


def _fields_to_mend(form: Form, row: Row) -> list[str]:
    """The fields of the form in which a reviewer wants something done, in its order."""
    todos = review_queue.returned_todos(row)
    return [name for name in form.names() if name in todos]


def _return_reason(row: Row | None) -> str:
    """Why a returned listing was returned the last time; empty for others."""
    if row is None:
        return ""
    if row.state == "published":
        change = changes_waiting.open_change(row)
        return change.reason if change is not None else ""
    if row.state not in worklists.STOPPED:
        return ""
    event = last_event(row, *worklists.STOPPED[row.state])
    return "" if event is None else event.note
