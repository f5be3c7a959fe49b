"""Pages of organisations: the public one, and the operators' with everything that may be done to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import contributions, persistence
from marketplace.clock import today
from marketplace.dictionaries.models import current_districts
from marketplace.door import OPEN_PAGE, current_reader, needs
from marketplace.errors import Invalid, MarketError, NotFound
from marketplace.organisations import deeds, queries
from marketplace.organisations.forms import (
    AliasForm,
    IdentityForm,
    MergeForm,
    NoteForm,
    SeatForm,
    VerificationForm,
)
from marketplace.organisations.models import (
    DEED_NAMES,
    NAME_KINDS,
    ORGANISATION_KINDS,
    Organisation,
)
from marketplace.parsing import ParseError
from marketplace.parsing.days import DAY_NEEDED
from marketplace.parsing.numbers import check_uscc
from marketplace.permissions import require

blueprint = Blueprint("organisations", __name__)
OFFICE = "/office/organisations/<int:organisation_id>"


def init_app(app: Flask) -> None:
    """Let every template that says that an organisation waits say until when."""
    app.jinja_env.globals["verification_due"] = queries.verification_due


@blueprint.get("/organisations/<int:organisation_id>")
@needs("organisation.read", stored=OPEN_PAGE)
def public(organisation_id: int) -> ResponseReturnValue:
    """What everybody may know of a verified organisation, and what it has published under its name."""
    # Merged rows are read too: links of lists and mails still name them.
    row = queries.get_organisation(organisation_id)
    if row.merged_into_id is not None:
        address = url_for("organisations.public", organisation_id=row.merged_into_id)
        return redirect(address, 301)
    # Whose existence nobody has checked has no page of its own.
    is_held = row.id in contributions.held_ids("organisation")
    if is_held or not row.is_verified:
        raise NotFound("没有找到这个单位。", "网址可能有误，可以用搜索找找看。")
    return render_template(
        "organisations/public.html",
        organisation=row,
        kinds=ORGANISATION_KINDS,
        former=[one for one in row.names if one.kind == "former"],
        panels=contributions.organisation_panels(row, current_reader()),
    )


@blueprint.get(OFFICE)
@needs("organisation.verify")
def office(organisation_id: int) -> ResponseReturnValue:
    """One organisation, with everything an operator needs."""
    return _office_page(queries.get_organisation(organisation_id))


@blueprint.post(f"{OFFICE}/verify")
@needs("organisation.verify")
def verify(organisation_id: int) -> ResponseReturnValue:
    """Verify it."""
    form = VerificationForm()

    def deed(row: Organisation) -> str:
        deeds.verify_organisation(
            row,
            by=current_user,
            uscc=form.uscc.data or "",
            checked=form.checked.data or "",
            seen=form.seen_revision,
        )
        return f"「{row.name}」已核验。"

    return _do(organisation_id, deed, {"verification": form})


@blueprint.post(f"{OFFICE}/ask")
@needs("organisation.verify")
def ask(organisation_id: int) -> ResponseReturnValue:
    """Tell it what is missing."""
    # Two forms of one kind are on the page; the prefix tells which of them was sent.
    form = NoteForm(prefix="ask-")

    def deed(row: Organisation) -> str:
        deeds.ask_organisation(
            row, note=form.note.data or "", by=current_user, seen=form.seen_revision
        )
        if row.state == "suspended":
            return f"已答复「{row.name}」，仍然暂停。"
        return f"已请「{row.name}」补充；对方补充以后回到「待核验单位」。"

    return _do(organisation_id, deed, {"asking": form})


@blueprint.post(f"{OFFICE}/suspend")
@needs("organisation.suspend")
def suspend(organisation_id: int) -> ResponseReturnValue:
    """Suspend it."""
    form = NoteForm(prefix="suspend-")

    def deed(row: Organisation) -> str:
        deeds.suspend_organisation(row, note=form.note.data or "", by=current_user)
        return f"「{row.name}」已暂停，发布的内容不再公开。"

    return _do(organisation_id, deed, {"suspending": form})


@blueprint.post(f"{OFFICE}/resume")
@needs("organisation.suspend")
def resume(organisation_id: int) -> ResponseReturnValue:
    """Let it act again."""

    def deed(row: Organisation) -> str:
        deeds.resume_organisation(row, by=current_user)
        return f"「{row.name}」已恢复。"

    return _do(organisation_id, deed, {})


@blueprint.post(f"{OFFICE}/seat")
@needs("organisation.verify")
def seat(organisation_id: int) -> ResponseReturnValue:
    """Note where it is seated."""
    form = SeatForm(districts=current_districts())

    def deed(row: Organisation) -> str:
        # The form is not validated as a whole here, so a day that is none arrives as None.
        if form.since.data is None:
            raise Invalid(DAY_NEEDED, problems={"since": [DAY_NEEDED]})
        deeds.move_seat(
            row, form.district.data or "", since=form.since.data, by=current_user
        )
        return f"「{row.name}」的所在地已更新。"

    return _do(organisation_id, deed, {"seat": form})


@blueprint.post(f"{OFFICE}/alias")
@needs("organisation.verify")
def alias(organisation_id: int) -> ResponseReturnValue:
    """Let another name find it."""
    form = AliasForm()

    def deed(row: Organisation) -> str:
        deeds.add_alias(row, form.alias.data or "", by=current_user)
        return f"「{form.alias.data}」也能找到「{row.name}」了。"

    return _do(organisation_id, deed, {"alias": form})


@blueprint.post(f"{OFFICE}/merge")
@needs("organisation.merge")
def merge(organisation_id: int) -> ResponseReturnValue:
    """Merge it into another."""
    form = MergeForm()

    def deed(row: Organisation) -> str:
        kept = _named_organisation(form.kept.data or "")
        deeds.merge_organisations(row, kept, by=current_user)
        return f"「{row.name}」已并入「{kept.name}」，可以在下面撤销。"

    return _do(organisation_id, deed, {"merging": form})


@blueprint.post("/office/organisations/merges/<int:merge_id>/undo")
@needs("organisation.merge")
def undo(merge_id: int) -> ResponseReturnValue:
    """Undo a merge."""
    row = queries.get_merge(merge_id)
    deeds.undo_merge(row, by=current_user)
    flash(f"合并已撤销，「{row.gone.name}」恢复为单独的单位。", "success")
    return redirect(url_for("organisations.office", organisation_id=row.gone_id), 303)


@blueprint.post(f"{OFFICE}/apart/<int:other_id>")
@needs("organisation.merge")
def apart(organisation_id: int, other_id: int) -> ResponseReturnValue:
    """Note that two are two."""
    one = queries.get_organisation(organisation_id)
    other = queries.get_organisation(other_id)
    deeds.keep_apart(one, other, by=current_user)
    flash(f"已记下：「{one.name}」和「{other.name}」不是同一个单位。", "success")
    return redirect(url_for("office.queue", tray="twins"), 303)


@blueprint.route(
    "/mine/organisations/<int:organisation_id>/identity", methods=["GET", "POST"]
)
@needs("organisation.edit", of_thing=True)
def identity(organisation_id: int) -> ResponseReturnValue:
    """Give it another name or code, as its administrator or as an operator."""
    row = queries.get_organisation(organisation_id)
    require(current_user, "organisation.edit", row)
    form = IdentityForm(obj=row)
    # Not by role: an operator who belongs to it comes from the page of their own organisation.
    as_operator = current_user.place_in(row.id) is None
    back = url_for("memberships.own")
    if as_operator:
        back = url_for("organisations.office", organisation_id=row.id)
    error: MarketError | None = None
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                deeds.change_identity(
                    row,
                    name=form.name.data,
                    uscc=form.uscc.data or "",
                    seen=form.seen_revision,
                    by=current_user,
                )
            except Invalid as problem:
                form.blame(problem.problems)
            # What was typed stays in the form; only the reason comes on top.
            except MarketError as refusal:
                error, status = refusal, 409
            else:
                flash(f"已改为「{row.name}」，要由平台再次核验。", "success")
                return redirect(back, 303)
    # The revision as it is now: who saves after reading the refusal has seen it.
    form.seen.data = str(row.revision)
    page = render_template(
        "organisations/identity.html",
        form=form,
        organisation=row,
        error=error,
        as_operator=as_operator,
        back=back,
    )
    return page, status


def _do(
    organisation_id: int,
    deed: Callable[[Organisation], str],
    forms: dict[str, Any],
) -> ResponseReturnValue:
    """Do one thing to an organisation; what was refused stands next to its form."""
    row = queries.get_organisation(organisation_id)
    try:
        message = deed(row)
    except Invalid as error:
        for form in forms.values():
            form.blame(error.problems)
        return _office_page(row, 422, forms=forms)
    flash(message, "success")
    return redirect(url_for("organisations.office", organisation_id=row.id), 303)


def _named_organisation(text: str) -> Organisation:
    """The organisation of that name or code. Raises Invalid."""
    try:
        code: str | None = check_uscc(text)
    except ParseError:
        code = None
    organisation = queries.find_organisation("" if code else text, code)
    if organisation is None:
        message = "平台上没有这个单位，请核对名称或代码。"
        raise Invalid(message, problems={"kept": [message]})
    return organisation


def _office_page(
    row: Organisation, status: int = 200, *, forms: dict[str, Any] | None = None
) -> ResponseReturnValue:
    # A deed that was refused may have set something before: it is gone with the transaction.
    persistence.stop_writing()
    offered = {
        "verification": VerificationForm(
            formdata=None, obj=row, seen=str(row.revision)
        ),
        "asking": NoteForm(formdata=None, prefix="ask-", seen=str(row.revision)),
        "suspending": NoteForm(formdata=None, prefix="suspend-"),
        "seat": SeatForm(formdata=None, districts=current_districts(), since=today()),
        "alias": AliasForm(formdata=None),
        "merging": MergeForm(formdata=None),
        # Last, so that the form that was sent keeps what was typed.
        **(forms or {}),
    }
    page = render_template(
        "organisations/office.html",
        organisation=row,
        kinds=ORGANISATION_KINDS,
        name_kinds=NAME_KINDS,
        districts=current_districts(),
        merges=queries.merges_of(row),
        history=queries.history_of_organisation(row),
        panels=contributions.case_panels(row, current_reader()),
        words=DEED_NAMES,
        forms=offered,
        refused=_first_refused(forms),
    )
    return page, status


def _first_refused(forms: dict[str, Any] | None) -> Any:
    """The form that was refused, for the summary on top of the page."""
    for form in (forms or {}).values():
        if form.errors:
            return form
    return None
