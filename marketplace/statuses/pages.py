"""Pages of dated statuses: those of one's organisation, and what operators decide about them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.clock import today
from marketplace.door import needs
from marketplace.errors import Invalid
from marketplace.forms import PageForm, SeenForm
from marketplace.organisations.models import Organisation
from marketplace.permissions import may
from marketplace.statuses import deeds, queries
from marketplace.statuses.forms import ReasonForm, StatusForm, VerificationForm
from marketplace.statuses.models import OrganisationStatus

blueprint = Blueprint("statuses", __name__)
OWN = "/mine/organisations/<int:organisation_id>/statuses"
ONE = "/office/statuses/<int:status_id>"


@blueprint.route(OWN, methods=["GET", "POST"])
@needs("statuses.read", of_thing=True)
def own(organisation_id: int) -> ResponseReturnValue:
    """The statuses of one's organisation, and the form of a new one."""
    organisation = queries.get_organisation(organisation_id, by=current_user)
    form = StatusForm()
    if not form.is_submitted():
        return _own_page(organisation, form)
    try:
        with form.judged_whole():
            row = deeds.propose_status(
                organisation,
                form.code.data or "",
                form.number.data or "",
                form.valid_from.data,
                form.valid_to.data,
                by=current_user,
            )
    except Invalid as error:
        form.blame(error.problems, "number")
        return _own_page(organisation, form, 422)
    flash(f"已填报{row.name}，运营方核对后生效，结果会通知您。", "success")
    return redirect(url_for("statuses.own", organisation_id=organisation.id), 303)


@blueprint.post("/mine/statuses/<int:status_id>/withdraw")
@needs("statuses.propose", of_thing=True)
def withdraw(status_id: int) -> ResponseReturnValue:
    """Take back what nobody has checked yet."""
    row = queries.get_status(status_id, by=current_user)
    deeds.withdraw_status(row, by=current_user, seen=SeenForm().seen_revision)
    flash("已撤回。", "success")
    return redirect(url_for("statuses.own", organisation_id=row.organisation_id), 303)


@blueprint.get(ONE)
@needs("statuses.verify")
def office(status_id: int) -> ResponseReturnValue:
    """One status, with what an operator decides about it."""
    return _office_page(queries.get_status(status_id, by=current_user))


@blueprint.post(f"{ONE}/verify")
@needs("statuses.verify")
def verify(status_id: int) -> ResponseReturnValue:
    """Say that it agrees with its source."""
    form = VerificationForm()
    checked = form.checked.data or ""
    return _press(status_id, deeds.verify_status, form, "verifying", checked)


@blueprint.post(f"{ONE}/refuse")
@needs("statuses.verify")
def refuse(status_id: int) -> ResponseReturnValue:
    """Say why it does not."""
    form = ReasonForm()
    return _press(status_id, deeds.refuse_status, form, "ending", form.note.data or "")


@blueprint.post(f"{ONE}/revoke")
@needs("statuses.verify")
def revoke(status_id: int) -> ResponseReturnValue:
    """End one that was checked."""
    form = ReasonForm()
    return _press(status_id, deeds.revoke_status, form, "ending", form.note.data or "")


def _press(
    status_id: int,
    deed: Callable[..., None],
    form: SeenForm,
    name: str,
    text: str,
) -> ResponseReturnValue:
    """One deed with the text that it takes; what was refused is shown next to its form, which is `name` on the page."""
    row = queries.get_status(status_id, by=current_user)
    try:
        deed(row, text, by=current_user, seen=form.seen_revision)
    except Invalid as error:
        # Each of these forms has one box.
        form.blame(error.problems, next(iter(error.problems), ""))
        return _office_page(row, 422, **{name: form})
    flash(f"{row.name}：{row.state_name}，已通知单位。", "success")
    return redirect(url_for("office.queue", tray="statuses"), 303)


def _own_page(
    organisation: Organisation, form: StatusForm, status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "statuses/own.html",
        organisation=organisation,
        rows=queries.list_statuses(organisation.id),
        form=form,
        day=today(),
        may_propose=may(
            current_user,
            "statuses.propose",
            OrganisationStatus(organisation_id=organisation.id),
        ),
    )
    return page, status


def _office_page(
    row: OrganisationStatus, status: int = 200, **forms: PageForm
) -> ResponseReturnValue:
    seen = str(row.revision)
    given = {
        "verifying": VerificationForm(formdata=None, seen=seen),
        "ending": ReasonForm(formdata=None, seen=seen),
    } | forms
    page = render_template(
        "statuses/office.html",
        row=row,
        day=today(),
        decides=may(current_user, "statuses.verify", row),
        **given,
    )
    return page, status
