"""The public page of one listing. What it shows is read in `detail.py`; nothing is decided here."""

from __future__ import annotations

from contextlib import suppress

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import contributions
from marketplace.audit.looks import was_recorded
from marketplace.door import OPEN_PAGE, current_reader, needs
from marketplace.errors import NotFound
from marketplace.listings import buttons, detail, disclosure, queries
from marketplace.listings.models import Row
from marketplace.listings.pages.blueprint import blueprint


@blueprint.get("/achievements/<int:listing_id>")
@needs("listing.read", stored=OPEN_PAGE)
def achievement(listing_id: int) -> ResponseReturnValue:
    """One achievement."""
    return _listing_page("achievement", listing_id)


@blueprint.get("/demands/<int:listing_id>")
@needs("listing.read", stored=OPEN_PAGE)
def demand(listing_id: int) -> ResponseReturnValue:
    """One demand."""
    return _listing_page("demand", listing_id)


@blueprint.get("/demands/solved")
@needs("listing.read", stored=OPEN_PAGE)
def solved() -> ResponseReturnValue:
    """The demands that were met, the last first: no search and no matching finds them any more."""
    reader = current_reader()
    page = queries.solved_page(request.args.get("page", 1, type=int), by=reader)
    # Each through its view: the list is as discreet as the page.
    lines = [(row, disclosure.view_of(row, reader)) for row in page.rows]
    return render_template("listings/solved.html", listed=page, lines=lines)


def _listing_page(kind: str, listing_id: int) -> ResponseReturnValue:
    """The page of a listing as this reader may see it, with what other rooms put next to it."""
    row = _standing_row(kind, listing_id)
    if row.id != listing_id:
        return redirect(url_for(f"listings.{kind}", listing_id=row.id))
    sheet = detail.detail_for(row, by=current_reader())
    # Before it is shown: a look that cannot be recorded sees what a guest sees.
    if sheet.shows_contact and not was_recorded(
        "contact.read", kind=kind, thing=listing_id
    ):
        sheet = sheet.without_contact()
    return render_template(
        f"listings/{kind}.html",
        row=sheet.view,
        sheet=sheet,
        buttons=buttons.page_buttons(row, current_reader()),
        panels=contributions.panels(row, current_reader()),
    )


def _standing_row(kind: str, listing_id: int) -> Row:
    """The listing of an address, or the one that says now what it said. Raises NotFound: neither may be read."""
    number: int | None = listing_id
    passed: set[int] = set()
    # The address may stand in a mail or on paper, and what took its place may have been replaced in turn. Each number
    # once: what was merged and is offered again may take the place of its own successor.
    while number is not None and number not in passed:
        with suppress(NotFound):
            return queries.get_visible(kind, number, by=current_reader())
        passed.add(number)
        number = contributions.successor(kind, number)
    return queries.get_visible(kind, listing_id, by=current_reader())
