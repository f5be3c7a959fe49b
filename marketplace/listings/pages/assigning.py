"""Giving a listing to a broker, and taking it back: two buttons of the review page."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace import persistence
from marketplace.accounts import queries as account_queries
from marketplace.accounts.models import Person
from marketplace.door import needs
from marketplace.errors import NotFound
from marketplace.listings import deeds, queries
from marketplace.listings.pages.blueprint import KIND, blueprint
from marketplace.wording import in_quotes


@blueprint.post(f"/office/review/{KIND}/<int:listing_id>/assign")
@needs("listing.assign")
def assign(kind: str, listing_id: int) -> ResponseReturnValue:
    """Give it to a broker."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    broker = _chosen_person()
    deeds.assign_broker(row, broker, by=current_user)
    flash(f"{in_quotes(row.title)}已交给技术经理人「{broker.name}」。", "success")
    return _back(kind, listing_id)


@blueprint.post(f"/office/review/{KIND}/<int:listing_id>/unassign")
@needs("listing.assign")
def unassign(kind: str, listing_id: int) -> ResponseReturnValue:
    """Take it back from a broker."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    broker = _chosen_person()
    deeds.end_assignment(row, broker, by=current_user)
    flash(f"{in_quotes(row.title)}已从「{broker.name}」处收回。", "success")
    return _back(kind, listing_id)


def _chosen_person() -> Person:
    # A number that no column can hold counts as none.
    number = request.form.get("broker", type=persistence.row_number) or 0
    person = account_queries.people_by_id([number]).get(number)
    if person is None:
        raise NotFound("没有这位技术经理人。", "请在列表里选一位。")
    return person


def _back(kind: str, listing_id: int) -> ResponseReturnValue:
    # Back to the brokers of the page and not to its top: often several are given one listing.
    address = url_for("listings.review", kind=kind, listing_id=listing_id)
    return redirect(f"{address}#brokers-title", 303)
