"""The form in which a listing is written: new, changed, saved, handed in, with what is wrong and what is missing.

What is asked is in `forms.py`, what is done in `deeds.py`; the other buttons of an owner are in `own.py`.
"""

from __future__ import annotations

from flask import flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup

from marketplace.accounts import contact_consents, person_deeds
from marketplace.door import needs
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.limits import limit_looks
from marketplace.listings import (
    changes_waiting,
    deeds,
    queries,
    readiness,
    rewritings,
    unsaved_deeds,
)
from marketplace.listings.forms import FORMS
from marketplace.listings.models import KIND_NAMES
from marketplace.listings.pages.blueprint import KIND, blueprint
from marketplace.listings.pages.form_page import (
    Form,
    Row,
    current_form,
    describe_differences,
    draft_key,
    form_address,
    form_page,
    next_step,
    open_form,
    place_of,
    step_named,
    unsaved_of,
)
from marketplace.listings.writing import AlreadySaved, taken_title
from marketplace.organisations.models import key_of
from marketplace.permissions import require
from marketplace.wording import in_quotes
from marketplace.workdays import calendar

OWNER_NEEDED = {"organisation": ["选一个单位。"]}
FORMS_REMEMBERED = (
    8  # forms of new listings of which the browser keeps what they became
)


@blueprint.route(f"/mine/{KIND}/new", methods=["GET", "POST"])
@needs("listing.create")
@limit_looks
def new(kind: str) -> ResponseReturnValue:
    """Write a new listing; a title and a text may be handed on in the address or by another form."""
    return _answer_form(open_form(kind, None), None)


@blueprint.route(f"/mine/{KIND}/<int:listing_id>/edit", methods=["GET", "POST"])
@needs("listing.edit", of_thing=True)
@limit_looks
def edit(kind: str, listing_id: int) -> ResponseReturnValue:
    """Change a listing."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    require(current_user, "listing.edit", row)
    # Who changed it already goes on with what they handed in, not with what is public.
    change = changes_waiting.open_change(row) if row.state == "published" else None
    shown = changes_waiting.with_change(row, change)
    if rewritings.is_for_others(row, current_user):
        # Who writes for its owner goes on with what they wrote, not with what the owner has not taken over.
        shown = rewritings.with_rewriting(row, shown)
    form = open_form(kind, shown)
    # Judged by the stored row, while the form shows the change that waits.
    if row.life.can(row.state, "edit"):
        return _answer_form(form, row)
    advice = "可以在「我的」里看它现在能做什么。"
    if row.state in ("at_desk", "submitted"):
        advice = "先在「我的」里撤回送审，再修改。"
    locked = NotNow(f"现在的状态是「{row.state_name}」，不能修改。", advice)
    # It was handed in while this form was open: what was typed stays in sight.
    if form.is_submitted():
        return form_page(form, row, 409, error=locked)
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
        # The draft is saved; that it could not be handed in must not look as if it were lost.
        if saved_message:
            flash(saved_message, "success")
        form = FORMS[row.kind](formdata=None, row=row)
        form.blame(error.problems)
        return form_page(form, row, 422, error=error)
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
        return form_page(form, row, focus=focus)
    step = step_named(form.kind, row)
    try:
        # Before anything is judged: a step may be left with what is not finished yet.
        if deed == "back" and row is not None:
            _keep_typed(form, row, step)
            target = next_step(form, step, -1)
            return redirect(form_address(form.kind, row, target or step), 303)
        # After 「上一步」, which judges nothing, and before anything is judged or saved.
        _refuse_unseen(form, row)
        if not form.validate():
            if step:
                _keep_typed(form, row, step)
            return _refused_page(form, row, deed)
        saved = _save(form, row)
    except AlreadySaved as error:
        return _answer_second_press(form, deed, error)
    except Invalid as error:
        form.blame(error.problems)
        return _refused_page(form, row, deed, error=error)
    except Stale as error:
        # What another window has typed is stored too, of a new listing as well.
        fresh = row
        if row is not None:
            fresh = queries.get_visible(form.kind, row.id, by=current_user)
        return form_page(form, fresh, 409, error=error)
    # A consent of its own (PIPL art. 25), given by its own box and never by saving.
    if request.form.get("publish_contact") == "1":
        person_deeds.set_consent(current_user, contact_consents.PUBLISH, given=True)
    steps = [one.anchor for one in form.steps]
    if row is None:
        _remember_saved(form, saved)
        # What was typed in other steps goes with the draft, or it would stay behind under the mark.
        unsaved_deeds.move_to_listing(current_user, place_of(form), saved, steps)
    else:
        unsaved_deeds.forget_steps(current_user, form.kind, str(saved.id), steps)
    # The script of the page drops what it holds in the browser under this key.
    session["kept"] = draft_key(form.kind, row)
    for remark in form.remarks():
        flash(remark)
    if rewritings.is_for_others(saved, current_user):
        return _to_rewriting(saved)
    if deed == "submit":
        # With the revision of the save itself: a change by somebody else in between is still refused.
        return hand_in(saved, saved.revision, saved_message="草稿已保存。")
    if deed == "leave":
        flash(_saved_message(saved), "success")
        return redirect(url_for("desk.mine"), 303)
    if step and deed == "next":
        return redirect(_next_address(form, saved, step), 303)
    flash(_saved_message(saved), "success")
    return redirect(form_address(saved.kind, saved, step), 303)


def _to_rewriting(row: Row) -> ResponseReturnValue:
    """Where one goes on who has written for the owner of a listing: to what waits for them now."""
    if rewritings.open_rewriting(row) is None:
        flash("联系方式和有效期已更新，其余没有改动。", "success")
        return redirect(url_for(f"listings.{row.kind}", listing_id=row.id), 303)
    flash("改写已提出，等对方确认；确认以前不会生效，也不会公开。", "success")
    return redirect(
        url_for("listings.rewriting", kind=row.kind, listing_id=row.id), 303
    )


def _next_address(form: Form, saved: Row, step: str) -> str:
    """Where one goes on after a step: the next one, and after the last the page on which all of it is checked."""
    # By what is stored now: the first step may have changed the need, and with it what is asked.
    fresh = FORMS[saved.kind](formdata=None, row=saved, need=getattr(saved, "need", ""))
    target = next_step(fresh, step)
    if target:
        return form_address(saved.kind, saved, target)
    return url_for("listings.check", kind=saved.kind, listing_id=saved.id)


def _keep_typed(form: Form, row: Row | None, step: str) -> None:
    """Store what was typed into a step as it is, right or wrong: whoever closes the window here loses nothing."""
    place = place_of(form)
    if not place:
        return
    try:
        unsaved = unsaved_deeds.store_typed(
            current_user,
            form.kind,
            place,
            {step: typed_pairs(form, step)},
            seen=form.typed_revision,
            listing_seen=max(form.seen_revision, 0),
        )
    # A state secret is stored nowhere, not even as something unfinished.
    except Invalid:
        return  # what may not be stored at all is named by the form
    form.typed.data = unsaved.revision


def typed_pairs(form: Form, step: str) -> list[tuple[str, str]]:
    """What this request posts for the questions of a step, in its order."""
    names: set[str] = set()
    for one in form.all_steps:
        if one.anchor == step:
            names.update(one.fields)
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name.partition("-")[0] in names
    ]


def _refuse_unseen(form: Form, row: Row | None) -> None:
    """Refuse to save over what another window has typed since this page was shown, unless both say the same.

    Raises:
        Stale.
    """
    unsaved = unsaved_of(form)
    if unsaved is None or unsaved.revision == form.typed_revision:
        return
    # Both windows may say the same, as after going back: then nothing is lost by saving.
    if describe_differences(form, current_form(form, row, unsaved)):
        raise Stale(*unsaved_deeds.ELSEWHERE)


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
    # Of several organisations one has to be chosen; with none at all it is the draft of a person.
    if form.owner is None and form.owners:
        raise Invalid("先选单位。", problems=OWNER_NEEDED)
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
    # The latest few: a cookie has no room for more.
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
        return form_page(form, None, 409, error=error)
    # The first press may have been 「保存」 and the second 「送审」: the listing is there, so it is handed in.
    if deed == "submit" and first.life.can(first.state, "submit"):
        return hand_in(first, first.revision)
    flash(f"{in_quotes(first.title)}已经保存，第二次按下没有再存一条。", "success")
    session["kept"] = draft_key(form.kind, None)
    # It was handed in meanwhile; its form would only say that it cannot be changed.
    if not first.life.can(first.state, "edit"):
        return redirect(url_for("desk.mine"), 303)
    return redirect(form_address(first.kind, first, step_named(first.kind, first)), 303)


def _refused_page(
    form: Form, row: Row | None, deed: str, *, error: Invalid | None = None
) -> ResponseReturnValue:
    """The form with all that is wrong in it; where it is public or to be handed in, with all that is missing too."""
    owner = form.owner
    # The owner's kind decides what is needed; the form has no such question for a row that has one.
    if row is not None and row.organisation is not None:
        owner = row.organisation
    # What the deed would refuse next, or has refused: each only where nothing is said of its box yet.
    if (
        row is None
        and owner is None
        and form.owners
        and "organisation" not in form.errors
    ):
        form.blame(OWNER_NEEDED)
    if owner is not None and "title" in form and not form["title"].errors:
        listing_id = row.id if row is not None else 0
        key = key_of(form["title"].data)
        if taken := taken_title(form.kind, key, owner.id, owner.name, listing_id):
            form.blame(taken.problems)
            error = error or taken
    is_public = row is not None and row.state in deeds.PUBLIC_STATES
    if deed == "submit" or is_public:
        form.blame(form.lacking(owner))
    return form_page(form, row, 422, error=error)


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
