"""The operators' pages of one listing: the decisions, and verifying who stands behind it.

What the page shows is in `review_page.py`; what is done stands in `review_deeds.py` and `change_deeds.py`.
"""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.door import needs
from marketplace.errors import Invalid
from marketplace.listings import change_deeds, deeds, queries
from marketplace.listings.pages.blueprint import KIND, blueprint
from marketplace.listings.pages.review_page import (
    Decided,
    carry_out,
    kind_filter,
    review_page,
    show_review,
    verified_owner,
)
from marketplace.organisations import deeds as organisation_deeds
from marketplace.organisations.forms import VerificationForm

APPROVE = Decided(
    deeds.approve,
    change_deeds.approve_change,
    "{}已通过并发布。",
    takes=("note", "scores"),
)
RETURN = Decided(
    deeds.send_back,
    change_deeds.return_change,
    "{}已退回，对方会在「我的」里看到原因。",
    takes=("note", "todos"),
)
REJECT = Decided(deeds.reject, change_deeds.reject_change, "{}未予通过。")
# No change is suspended, only the listing; and the operator stays to see what was done.
SUSPEND = Decided(deeds.suspend, None, "{}已暂停公开。", stay=True)
RESUME = Decided(deeds.resume, None, "{}已恢复公开。", takes=(), stay=True)


@blueprint.get(f"/office/review/{KIND}/<int:listing_id>")
@needs("listing.review")
def review(kind: str, listing_id: int) -> ResponseReturnValue:
    """One listing, with everything a decision needs."""
    return show_review(kind, listing_id, "operator")


@blueprint.post(f"/office/review/{KIND}/<int:listing_id>/approve")
@needs("listing.review")
def approve(kind: str, listing_id: int) -> ResponseReturnValue:
    """Publish it, or let a change of it become public."""
    return carry_out(kind, listing_id, "operator", APPROVE)


@blueprint.post(f"/office/review/{KIND}/<int:listing_id>/return")
@needs("listing.review")
def send_back(kind: str, listing_id: int) -> ResponseReturnValue:
    """Return it to be mended."""
    return carry_out(kind, listing_id, "operator", RETURN)


@blueprint.post(f"/office/review/{KIND}/<int:listing_id>/reject")
@needs("listing.review")
def reject(kind: str, listing_id: int) -> ResponseReturnValue:
    """Refuse it."""
    return carry_out(kind, listing_id, "operator", REJECT)


@blueprint.post(f"/office/review/{KIND}/<int:listing_id>/suspend")
@needs("listing.suspend")
def suspend(kind: str, listing_id: int) -> ResponseReturnValue:
    """Hide it for the time being."""
    return carry_out(kind, listing_id, "operator", SUSPEND)


@blueprint.post(f"/office/review/{KIND}/<int:listing_id>/resume")
@needs("listing.suspend")
def resume(kind: str, listing_id: int) -> ResponseReturnValue:
    """Show it again."""
    return carry_out(kind, listing_id, "operator", RESUME)


@blueprint.post(f"/office/review/{KIND}/<int:listing_id>/verify")
@needs("organisation.verify")
def verify(kind: str, listing_id: int) -> ResponseReturnValue:
    """Verify the organisation that owns the listing."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    form = VerificationForm()
    try:
        organisation_deeds.verify_organisation(
            verified_owner(row),
            by=current_user,
            uscc=form.uscc.data or "",
            checked=form.checked.data or "",
            seen=form.seen_revision,
        )
    except Invalid as error:
        return review_page(row, 422, station="operator", verify_form=form, error=error)
    flash(f"「{row.holder_name}」已核验。", "success")
    only = kind_filter() or None
    url = url_for("listings.review", kind=kind, listing_id=row.id, only=only)
    return redirect(url, 303)
