"""The operators' pages of one listing: everything a decision needs, and the decisions.

What is done stands in `deeds.py`; the queue itself is the page of the office.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.accounts import queries as account_queries
from marketplace.door import needs
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.listings import (
    buttons,
    contradictions,
    deeds,
    queries,
    readiness,
    review_queue,
)
from marketplace.listings.decision_forms import DecisionForm
from marketplace.listings.models import KIND_NAMES, LISTINGS, Achievement, Demand
from marketplace.listings.pages.blueprint import KIND, blueprint
from marketplace.listings.schema import SCHEMAS
from marketplace.organisations import deeds as organisation_deeds
from marketplace.organisations.forms import VerificationForm
from marketplace.organisations.models import ORGANISATION_KINDS
from marketplace.profiles import queries as profile_queries
from marketplace.wording import UNKNOWN

# Where on the page a problem is put right; a field of the listing is one of those that are missing.
TARGETS = {
    "note": "note",
    "uscc": "uscc",
    "checked": "checked",
    "organisation": "organisation-title",
}


@blueprint.get(f"/office/review/{KIND}/<int:listing_id>")
@needs("listing.review")
def review(kind: str, listing_id: int) -> ResponseReturnValue:
    """One listing, with everything a decision needs."""
    return _review_page(queries.get_visible(kind, listing_id, by=current_user))


@blueprint.post(f"/office/review/{KIND}/<int:listing_id>/approve")
@needs("listing.review")
def approve(kind: str, listing_id: int) -> ResponseReturnValue:
    """Publish it."""
    return _decide(kind, listing_id, deeds.approve, "「{}」已通过并发布。")


@blueprint.post(f"/office/review/{KIND}/<int:listing_id>/return")
@needs("listing.review")
def send_back(kind: str, listing_id: int) -> ResponseReturnValue:
    """Return it to be mended."""
    return _decide(
        kind,
        listing_id,
        deeds.send_back,
        "「{}」已退回，对方会在「我的」里看到原因。",
    )


@blueprint.post(f"/office/review/{KIND}/<int:listing_id>/reject")
@needs("listing.review")
def reject(kind: str, listing_id: int) -> ResponseReturnValue:
    """Refuse it for good."""
    return _decide(kind, listing_id, deeds.reject, "「{}」未予通过。")


@blueprint.post(f"/office/review/{KIND}/<int:listing_id>/suspend")
@needs("listing.suspend")
def suspend(kind: str, listing_id: int) -> ResponseReturnValue:
    """Hide it for the time being."""
    return _decide(kind, listing_id, deeds.suspend, "「{}」已暂停公开。", stay=True)


@blueprint.post(f"/office/review/{KIND}/<int:listing_id>/resume")
@needs("listing.suspend")
def resume(kind: str, listing_id: int) -> ResponseReturnValue:
    """Show it again."""
    return _decide(
        kind,
        listing_id,
        deeds.resume,
        "「{}」已恢复公开。",
        stay=True,
        noted=False,
    )


@blueprint.post(f"/office/review/{KIND}/<int:listing_id>/verify")
@needs("organisation.verify")
def verify(kind: str, listing_id: int) -> ResponseReturnValue:
    """Verify the organisation that owns the listing."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    if row.organisation is None:
        raise NotNow("这份个人草稿还没有单位，没有可核验的。", "等填报人选好单位。")
    form = VerificationForm()
    try:
        organisation_deeds.verify_organisation(
            row.organisation,
            by=current_user,
            uscc=form.uscc.data or "",
            checked=form.checked.data or "",
        )
    except Invalid as error:
        return _review_page(row, 422, verify_form=form, error=error)
    flash(f"「{row.holder_name}」已核验。", "success")
    return redirect(
        url_for(
            "listings.review", kind=kind, listing_id=row.id, only=_kind_filter() or None
        ),
        303,
    )


def _kind_filter() -> str:
    """The kind the queue is narrowed to, carried in the address from page to page."""
    kind = request.args.get("only", "")
    return kind if kind in LISTINGS else ""


def _decide(
    kind: str,
    listing_id: int,
    deed: Callable[..., None],
    message: str,
    *,
    stay: bool = False,
    noted: bool = True,
) -> ResponseReturnValue:
    """Carry out one decision, a deed that may take a note, and lead on to the next listing that waits."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    form = DecisionForm()
    only = _kind_filter()
    # Before the deed: afterwards the row no longer stands in the queue, and nothing would be next to it.
    place = review_queue.neighbours(row, by=current_user, kind=only)
    if not form.validate():
        return _review_page(row, 422, form=form)
    try:
        note = {"note": form.note.data or ""} if noted else {}
        deed(row, by=current_user, seen=form.seen_revision, **note)
    except Invalid as error:
        for text in error.problems.get("note", ()):
            form.note.errors = [*form.note.errors, text]
        return _review_page(row, 422, form=form, error=error)
    # The note stays in the form while the new text of the row is read.
    except Stale as error:
        return _review_page(
            queries.get_visible(kind, listing_id, by=current_user),
            409,
            form=form,
            error=error,
        )
    flash(message.format(row.title), "success")
    # A suspended row is no part of the queue, so there is no next one to go to.
    if stay:
        return redirect(url_for("listings.review", kind=kind, listing_id=row.id), 303)
    following = place and (place.after or place.before)
    if following:
        return redirect(
            url_for(
                "listings.review",
                kind=following[0],
                listing_id=following[1],
                only=only or None,
            ),
            303,
        )
    return redirect(url_for("office.queue", kind=only or None), 303)


def _field_values(row: Achievement | Demand) -> tuple[list[tuple[str, str]], list[str]]:
    """(label, value) of every field that is filled in, and the labels of those that are not."""
    filled = []
    blank = []
    for field in SCHEMAS[row.kind].reviewed:
        value = field.describe(row)
        if value == UNKNOWN:
            blank.append(field.label)
        else:
            filled.append((field.label, value))
    return filled, blank


def _error_summary(error: Any) -> dict[str, list[str]]:
    """What is wrong, by the id of the part of the page where it is put right."""
    summary: dict[str, list[str]] = {}
    problems = getattr(error, "problems", None) or {}
    for name, texts in problems.items():
        target = TARGETS.get(name, "missing-title")
        summary.setdefault(target, []).extend(texts)
    return summary


def _is_own(row: Achievement | Demand) -> bool:
    """Whether the reviewer wrote or handed in what waits, so that somebody else has to let it through."""
    waits = row.state in row.life.phases["waiting"]
    return waits and not deeds.may_approve(row, current_user)


def _decisions(row: Achievement | Demand, only: str | None) -> list[buttons.Button]:
    """The decisions this reviewer may take; who handed it in may not let it through."""
    approve = row.life.deeds["approve"]
    decisions = []
    for button in buttons.review_buttons(row, current_user, only=only):
        if button.text != approve or not _is_own(row):
            decisions.append(button)
    return decisions


def _review_page(
    row: Achievement | Demand,
    status: int = 200,
    *,
    form: DecisionForm | None = None,
    verify_form: VerificationForm | None = None,
    error: Any = None,
) -> ResponseReturnValue:
    persistence.stop_writing()
    form = form or DecisionForm(formdata=None)
    # What is decided next is decided on the row as this page shows it.
    form.seen.data = str(row.revision)
    filled, blank = _field_values(row)
    only = _kind_filter() or None
    page = render_template(
        "listings/review.html",
        row=row,
        kind_name=KIND_NAMES[row.kind],
        organisation_kinds=ORGANISATION_KINDS,
        labels=SCHEMAS[row.kind].labels,
        waits=row.state in row.life.phases["waiting"],
        filled=filled,
        blank=blank,
        summary=_error_summary(error),
        decisions=_decisions(row, only),
        own=_is_own(row),
        doubts=contradictions.doubts_about(row),
        problems=readiness.publication_problems(row),
        hints=readiness.naming_hints(row),
        history=review_queue.history_with_people(row),
        neighbours=review_queue.neighbours(row, by=current_user, kind=_kind_filter()),
        only=only,
        form=form,
        verify_form=verify_form or VerificationForm(formdata=None),
        error=error,
        days_since=review_queue.days_since,
        given=account_queries.people_by_id(row.broker_ids).values(),
        brokers=profile_queries.acting_brokers(),
    )
    return page, status
