"""One decision on several listings, carried out: each by its own deed, permission and transaction.

What would become of them is foreseen in `batches.py`; what a deed does stands in `review_deeds.py` and
`change_deeds.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from marketplace.accounts.models import Person
from marketplace.errors import MarketError, Stale
from marketplace.extensions import db
from marketplace.lifecycle import acting_for
from marketplace.listings import (
    batches,
    change_deeds,
    changes_waiting,
    queries,
    review_deeds,
    settling,
    standing_in,
)
from marketplace.listings.batches import Order
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.review_models import ReviewBatch

Row = Achievement | Demand
Deed = Callable[..., None]
# (station, decision) → deed of a listing, deed of a change of one.
DEEDS: dict[tuple[str, str], tuple[Deed, Deed]] = {
    ("desk", "pass"): (review_deeds.endorse, change_deeds.endorse_change),
    ("desk", "return"): (
        review_deeds.desk_return,
        partial(change_deeds.return_change, station="desk"),
    ),
    ("desk", "reject"): (
        review_deeds.desk_reject,
        partial(change_deeds.reject_change, station="desk"),
    ),
    ("operator", "pass"): (review_deeds.approve, change_deeds.approve_change),
    ("operator", "return"): (review_deeds.send_back, change_deeds.return_change),
    ("operator", "reject"): (review_deeds.reject, change_deeds.reject_change),
}


def decide_batch(order: Order, form: str, *, by: Person) -> ReviewBatch:
    """Decide on every ticked listing, one transaction each: one that is refused keeps none of the others back.

    Args:
        order: what was decided.
        form: drawn when the confirmation was shown; a second press of it does nothing and gives the same batch.
        by: who decides; each listing is asked about by itself.

    Returns:
        the batch, with what became of each listing.
    """
    # A page that is sent again shows what became of the first time instead of deciding twice.
    first = batches.batch_of_form(form, by=by)
    if first is not None:
        return first
    batch = ReviewBatch(
        form=form,
        station=order.station,
        decision=order.decision,
        by_id=by.id,
        rows=[_first_line(order, place) for place in range(len(order.ticked))],
    )
    db.session.add(batch)
    try:
        # Committed by itself, so that each listing has a transaction of its own and none takes the others back.
        settling.commit_listing()
    except Stale:
        # Pressed twice at the same moment: the other press decides.
        begun = batches.batch_of_form(form, by=by)
        if begun is None:
            raise
        return begun
    for place in range(len(order.ticked)):
        _decide_row(order, place, batch, by=by)
    return batch


def _decide_row(order: Order, place: int, batch: ReviewBatch, *, by: Person) -> None:
    ticked = order.ticked[place]
    title = ""
    try:
        # Looked up again for each: what was decided before may have changed what this reader may open.
        row = queries.get_visible(ticked.kind, ticked.listing_id, by=by)
        title = row.title
        batches.check_row(order, row, ticked, by=by)
        batches.check_words(order, row, place, by=by)
        # Before the deed, whose commit stores both: what is done is never noted as not done.
        _note_outcome(batch, place, title, "done")
        # A published listing waits by its change, any other one by itself: the deed follows from that.
        change = changes_waiting.waiting_change(row, order.station)
        deed = DEEDS[order.station, order.decision][change is not None]
        # Per listing: a substitute may stand in for one colleague here and for another one there (097).
        represented = standing_in.represented_at(row, order.station, by)
        with acting_for(represented):
            deed(row, by=by, seen=ticked.seen, **_words_of(order, row, place))
    except MarketError as error:
        # What was set before it was refused must not reach the database with the next row.
        db.session.rollback()
        _note_outcome(batch, place, title, "refused", batches.trouble_words(error))
        # The title was noted before the rollback and is written again with the refusal.
        settling.commit_listing()


def _words_of(order: Order, row: Row, place: int) -> dict[str, Any]:
    """What the deed takes beyond the listing and who decides."""
    values: dict[str, Any] = {"note": order.note_of(place)}
    if order.is_scored:
        values["scores"] = order.scores_of(place)
    if order.decision == "return":
        values["todos"] = order.todos_of(row.kind)
    return values


def _first_line(order: Order, place: int) -> dict[str, Any]:
    ticked = order.ticked[place]
    return {
        "kind": ticked.kind,
        "id": ticked.listing_id,
        "title": "",
        "outcome": "waiting",
        "reason": "",
    }


def _note_outcome(
    batch: ReviewBatch, place: int, title: str, outcome: str, reason: str = ""
) -> None:
    # A list of its own: a change inside the stored one is not noticed.
    lines = [dict(line) for line in batch.rows]
    lines[place] |= {"title": title, "outcome": outcome, "reason": reason}
    batch.rows = lines
