"""The page on which the owner of a listing decides about what somebody else wrote for them.

It is written in the form of the listing (`writing.py`); what is done stands in `rewriting_deeds.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.accounts.queries import people_by_id
from marketplace.door import needs
from marketplace.errors import Invalid, MarketError, NotNow, Stale
from marketplace.listings import queries, rewriting_deeds, rewritings
from marketplace.listings.forms import DeedForm
from marketplace.listings.life import CHANGEABLE
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.pages.blueprint import KIND, blueprint
from marketplace.listings.review_models import ListingRewriting
from marketplace.permissions import may, require

Row = Achievement | Demand
Deed = Callable[[ListingRewriting, Row, DeedForm], str]
ADDRESS = f"/mine/{KIND}/<int:listing_id>/rewriting"


@blueprint.get(ADDRESS)
@needs("listing.history", of_thing=True)
def rewriting(kind: str, listing_id: int) -> ResponseReturnValue:
    """What somebody wrote for the owner, word by word, and what the reader may do about it."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    return _page(row, DeedForm(formdata=None))


@blueprint.post(f"{ADDRESS}/accept")
@needs("listing.confirm", of_thing=True)
def accept_rewriting(kind: str, listing_id: int) -> ResponseReturnValue:
    """Take it over, whole or of some fields."""

    def act(found: ListingRewriting, row: Row, form: DeedForm) -> str:
        # The boxes are not in the form: which fields there are depends on the rewriting.
        chosen = request.form.getlist("take")
        seen = form.seen_revision
        rewriting_deeds.accept_rewriting(found, row, chosen, by=current_user, seen=seen)
        if row.state == "published":
            return "已采用，修改送去审核；通过以前公开的仍是原来的版本。"
        return "已采用，写进了这一条；看过以后可以送审。"

    return _carry_out(kind, listing_id, "listing.confirm", act)


@blueprint.post(f"{ADDRESS}/decline")
@needs("listing.confirm", of_thing=True)
def decline_rewriting(kind: str, listing_id: int) -> ResponseReturnValue:
    """Leave the listing as it is, with the reason."""

    def act(found: ListingRewriting, row: Row, form: DeedForm) -> str:
        remark, seen = form.note.data or "", form.seen_revision
        rewriting_deeds.decline_rewriting(
            found, row, remark=remark, by=current_user, seen=seen
        )
        return "没有采用，内容没有变动，已告知对方。"

    return _carry_out(kind, listing_id, "listing.confirm", act)


@blueprint.post(f"{ADDRESS}/withdraw")
@needs("listing.review")
def withdraw_rewriting(kind: str, listing_id: int) -> ResponseReturnValue:
    """Take back what was written for the owner."""

    def act(found: ListingRewriting, row: Row, form: DeedForm) -> str:
        seen = form.seen_revision
        rewriting_deeds.withdraw_rewriting(found, row, by=current_user, seen=seen)
        return "改写已收回，内容没有变动。"

    return _carry_out(kind, listing_id, "listing.review", act)


def _carry_out(
    kind: str, listing_id: int, permission: str, act: Deed
) -> ResponseReturnValue:
    """Do one deed; where it is refused, the page says why and shows again what was typed and chosen."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    require(current_user, permission, row)
    found = rewritings.latest_rewriting(row, by=current_user)
    form = DeedForm()
    try:
        if not form.validate():
            return _page(row, form, 422)
        message = act(found, row, form)
    except Invalid as error:
        return _page(row, form, 422, error=error)
    except (Stale, NotNow) as error:
        return _page(row, form, 409, error=error)
    flash(message, "success")
    return redirect(url_for("listings.rewriting", kind=kind, listing_id=row.id), 303)


def _page(
    row: Row, form: DeedForm, status: int = 200, *, error: MarketError | None = None
) -> ResponseReturnValue:
    persistence.stop_writing()
    # Read once more: a deed that was refused has left the row half set.
    row = queries.get_visible(row.kind, row.id, by=current_user)
    found = rewritings.latest_rewriting(row, by=current_user)
    form.seen.data = str(found.revision)
    deadline, left = rewritings.deadline_of(found)
    # One that was decided on stays readable, and so does one whose listing is under review.
    possible = found.is_open and row.state in CHANGEABLE
    owns = may(current_user, "listing.confirm", row)
    people = people_by_id([found.by_id, found.decided_by_id])
    page = render_template(
        "listings/rewriting.html",
        row=row,
        found=found,
        form=form,
        error=error,
        problems=getattr(error, "problems", {}) or {},
        typed=request.form,
        writer=people.get(found.by_id),
        decider=people.get(found.decided_by_id or 0),
        differences=rewritings.differences_of(row, found),
        moved=_moved_labels(row, found),
        deadline=deadline,
        left=left,
        accepts=possible and owns and current_user.id != found.by_id,
        declines=possible and owns,
        withdraws=possible and may(current_user, "listing.review", row),
        edits=possible and not owns,
    )
    return page, status


def _moved_labels(row: Row, found: ListingRewriting) -> list[str]:
    # Of one that was decided on it does not matter what changed later.
    if not found.is_open:
        return []
    return rewritings.labels_of(row, rewritings.moved_fields(row, found))
