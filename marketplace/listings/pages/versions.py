"""The versions of a listing that were approved: a list, one of them by number or by day, and how it differs.

What is read stands in `listings/versions.py`.
"""

from __future__ import annotations

from datetime import date, timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.door import needs
from marketplace.errors import NotFound
from marketplace.listings import differences, queries, review_queue, versions
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.pages.blueprint import KIND, blueprint
from marketplace.listings.review_models import ListingVersion
from marketplace.persistence import row_number
from marketplace.workdays.calendar import Deadline

NO_DAY = "这一天还没有通过审核的版本。"


@blueprint.get(f"/mine/versions/{KIND}/<int:listing_id>", endpoint="versions")
@needs("listing.versions", of_thing=True)
def versions_page(kind: str, listing_id: int) -> ResponseReturnValue:
    """Every version, and one of them whole, with what changed since the one before."""
    row = queries.get_visible(kind, listing_id, by=current_user)
    listed = versions.list_versions(row, by=current_user)
    chosen, problem = _chosen_version(row, listed)
    before = _version_before(row, listed, chosen)
    changed: list[differences.Difference] = []
    if chosen is not None and before is not None:
        changed = differences.content_differences(kind, before.content, chosen.content)
    filled: list[tuple[str, str]] = []
    if chosen is not None:
        filled = differences.content_fields(kind, chosen.content)
    return render_template(
        "listings/versions.html",
        row=row,
        listed=listed,
        people=review_queue.people_of_versions(listed),
        chosen=chosen,
        before=before,
        differences=changed,
        filled=filled,
        problem=problem,
        day=request.args.get("day", ""),
    )


def _chosen_version(
    row: Achievement | Demand, listed: list[ListingVersion]
) -> tuple[ListingVersion | None, str]:
    """The version that the address names by number or by day, else the newest; and what is wrong with the day."""
    number = request.args.get("number", type=row_number)
    if "number" in request.args:
        # A number that no column can hold is a missing page, not an error of the server.
        if number is None:
            raise NotFound("没有这个版本。", "可以从版本列表里选。")
        return versions.get_version(row, number, by=current_user), ""
    text = request.args.get("day", "").strip()
    newest = next(iter(listed), None)
    if not text:
        return newest, ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return newest, "日期写成 2026-11-28 这样。"
    # Computing the end of a day in China leaves the calendar on its first and last days.
    if not date.min + timedelta(days=9) < day < date.max - timedelta(days=9):
        return newest, "没有这么早或这么晚的日期。"
    # What was public when that day ended in China.
    version = versions.version_at(row, Deadline(day).end, by=current_user)
    return version, "" if version is not None else NO_DAY


def _version_before(
    row: Achievement | Demand,
    listed: list[ListingVersion],
    chosen: ListingVersion | None,
) -> ListingVersion | None:
    """The version to compare with: the one that the address names, else the one before."""
    if chosen is None:
        return None
    against = request.args.get("against", type=row_number)
    if against is not None:
        return versions.get_version(row, against, by=current_user)
    for one in listed:
        if one.number == chosen.number - 1:
            return one
    return None
