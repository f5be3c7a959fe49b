"""Pages of training cohorts: of who trained them, and the count of the operators."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.clock import today
from marketplace.door import needs
from marketplace.envelopes import cohort_deeds, exporting, queries
from marketplace.envelopes.assessing import PAYEE
from marketplace.envelopes.child_models import TrainingCohort
from marketplace.envelopes.forms import CohortForm, MembersForm
from marketplace.envelopes.pages.blueprint import blueprint
from marketplace.envelopes.pages.envelopes import workbook_of
from marketplace.errors import Invalid, NotAllowed, Stale
from marketplace.permissions import may
from marketplace.profiles.models import LEVELS
from marketplace.rules.queries import find_value

COHORT = "/mine/cohorts/<int:cohort_id>"


@blueprint.route("/mine/cohorts/new", methods=["GET", "POST"])
@needs("mine.read")
def new_cohort() -> ResponseReturnValue:
    """Record a training."""
    form = CohortForm()
    # Active memberships only: who left an organisation records nothing in its name.
    organisations = {}
    for one in current_user.organisations:
        if one.id in current_user.active_ids:
            organisations[str(one.id)] = one
    form.offer((one.id, one.name) for one in organisations.values())
    if not form.is_submitted():
        return render_template("envelopes/new_cohort.html", form=form)
    chosen = organisations.get(str(form.organisation.data))
    if chosen is None:
        raise NotAllowed("您不在这个单位里。", "先加入单位，再登记培训班。")
    try:
        row = cohort_deeds.create_cohort(
            chosen,
            form.name.data or "",
            form.began_on.data,
            form.ended_on.data,
            by=current_user,
        )
    except Invalid as error:
        form.blame(error.problems, "name")
        persistence.stop_writing()
        return render_template("envelopes/new_cohort.html", form=form), 422
    flash("培训班已登记，接着添加学员和证书。", "success")
    return _to(row)


@blueprint.get(COHORT)
@needs("cohort.read", of_thing=True)
def cohort(cohort_id: int) -> ResponseReturnValue:
    """One cohort: its members, and what was claimed for whom."""
    return _page(queries.get_cohort(cohort_id, by=current_user))


@blueprint.post(f"{COHORT}/members")
@needs("cohort.write", of_thing=True)
def add(cohort_id: int) -> ResponseReturnValue:
    """Add lines of people."""
    row, form = queries.get_cohort(cohort_id, by=current_user), MembersForm()
    try:
        count = cohort_deeds.add_members(
            row, form.members.data or "", by=current_user, seen=form.seen_revision
        )
    except Invalid as error:
        form.blame(error.problems, "members")
        return _page(queries.get_cohort(cohort_id, by=current_user), 422, form)
    except Stale as refusal:
        # A pasted list is long: it stays in its box, with what a colleague has added meanwhile above it.
        row = queries.get_cohort(cohort_id, by=current_user)
        return _page(row, 409, form, refusal)
    flash(f"已添加 {count} 名学员。", "success")
    return _to(row)


@blueprint.post("/mine/cohort-members/<int:member_id>/remove")
@needs("cohort.write", of_thing=True)
def remove_member(member_id: int) -> ResponseReturnValue:
    """Remove somebody."""
    member = queries.get_member(member_id, by=current_user)
    row, name = member.cohort, member.name
    cohort_deeds.remove_member(member, by=current_user)
    flash(f"已删除学员「{name}」。", "success")
    return _to(row)


@blueprint.get(f"{COHORT}/members.xlsx")
@needs("cohort.read", of_thing=True)
def members_file(cohort_id: int) -> ResponseReturnValue:
    """Its members in the columns of the claim."""
    row = queries.get_cohort(cohort_id, by=current_user)
    return workbook_of(exporting.export_training(row.members), f"cohort-{row.id}")


@blueprint.get("/office/training")
@needs("envelope.read")
def training() -> ResponseReturnValue:
    """How many certificates each year by level, of all cohorts."""
    return render_template(
        "envelopes/training.html",
        years=queries.trained_by_year(),
        levels=LEVELS,
        payee=find_value(PAYEE, today()),
    )


@blueprint.get("/office/training/<int:year>.xlsx")
@needs("envelope.read")
def training_file(year: int) -> ResponseReturnValue:
    """Everybody of a year in the columns of the claim."""
    # A date has no year beyond these.
    members = queries.trained_in(year) if 2000 <= year <= 2099 else []
    return workbook_of(exporting.export_training(members), f"training-{year}")


def _to(row: TrainingCohort) -> ResponseReturnValue:
    return redirect(url_for("envelopes.cohort", cohort_id=row.id), 303)


def _page(
    row: TrainingCohort,
    status: int = 200,
    form: MembersForm | None = None,
    refusal: Stale | None = None,
) -> ResponseReturnValue:
    persistence.stop_writing()
    page = render_template(
        "envelopes/cohort.html",
        row=row,
        form=form or MembersForm(formdata=None),
        refusal=refusal,
        standings=queries.standings_of(row.members),
        clause_code=exporting.TRAINING_CLAUSE,
        writes=may(current_user, "cohort.write", row),
        payee=find_value(PAYEE, today()),
    )
    return page, status
