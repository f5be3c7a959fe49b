"""What becomes of listings when their owner is merged into another, or suspended. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from marketplace.accounts.models import INSTITUTIONS
from marketplace.clock import now
from marketplace.errors import NotNow
from marketplace.extensions import db
from marketplace.lifecycle import last_event
from marketplace.listings import departures
from marketplace.listings.cards import card_of
from marketplace.listings.changes_waiting import open_for
from marketplace.listings.life import ENDED, HANDED_IN
from marketplace.listings.models import KIND_NAMES, LISTINGS
from marketplace.listings.review_models import ListingChange
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader

# What History says of listings that went with their owner; by it they are found when the owner is back.
OWNER_STOPPED = "单位已暂停"
WITHOUT_DESK = "单位并入了没有机构审核的单位，由平台直接审核。"
WITH_DESK = "单位合并已撤销，先由本单位审核。"


def move_between(gone_id: int, kept_id: int) -> dict[str, list[int]]:
    """Give the listings of one organisation to another.

    Returns:
        kind → ids of what was moved.

    Raises:
        NotNow: both have a living listing of one title.
    """
    moved = {}
    for kind, table in LISTINGS.items():
        # Only what lives holds its title; what has ended may bear the same one.
        taken = db.select(table.title_key).where(
            table.organisation_id == kept_id, table.state.not_in(ENDED)
        )
        clash = db.select(table.title).where(
            table.organisation_id == gone_id,
            table.state.not_in(ENDED),
            table.title_key.in_(taken),
        )
        titles = list(db.session.scalars(clash.order_by(table.id).limit(5)))
        if titles:
            raise NotNow(
                f"两个单位都有同名的{KIND_NAMES[kind]}：{'；'.join(titles)}。",
                "请先撤回其中一条，或改名。",
            )
        # All states, the drafts and ended ones too: nothing may stay behind with an organisation that is gone.
        rows = list(
            db.session.scalars(db.select(table).where(table.organisation_id == gone_id))
        )
        _give(rows, kept_id)
        moved[kind] = [row.id for row in rows]
        if not has_desk(kept_id):
            _skip_desk(rows)
    return moved


def move_back(gone_id: int, kept_id: int, moved: dict[str, list[int]]) -> None:
    """Give listings back that were moved, but for those that belong to a third by now."""
    for kind, ids in moved.items():
        table = LISTINGS[kind]
        query = db.select(table).where(
            table.id.in_(ids), table.organisation_id == kept_id
        )
        rows = list(db.session.scalars(query))
        _give(rows, gone_id)
        if has_desk(gone_id):
            _await_desk(rows)


def stop_organisation(organisation_id: int, by: Reader | None) -> None:
    """Hide what an organisation has published."""
    for table in LISTINGS.values():
        published = db.select(table).where(
            table.organisation_id == organisation_id, table.state == "published"
        )
        for row in db.session.scalars(published):
            hide_with_owner(row, by=by)


def hide_with_owner(row: Any, *, by: Reader | None) -> None:
    """Hide a published listing of an organisation that is suspended; it is shown again when that one is."""
    row.life.move(row, "suspend", by=by, note=OWNER_STOPPED)
    row.updated_at = now()


def start_organisation(organisation_id: int, by: Reader | None) -> None:
    """Show again what went with its owner; what was suspended for a reason of its own stays hidden."""
    for table in LISTINGS.values():
        hidden = db.select(table).where(
            table.organisation_id == organisation_id, table.state == "suspended"
        )
        for row in db.session.scalars(hidden):
            last = last_event(row, "suspend")
            # The last suspension counts: one by the operators since then has a reason of its own.
            if last is not None and last.note == OWNER_STOPPED:
                departures.resume_with_owner(row, by=by)
                row.updated_at = now()


def has_desk(organisation_id: int) -> bool:
    """Whether an organisation is an institution, whose desk looks at what its people hand in."""
    return db.session.get_one(Organisation, organisation_id).kind in INSTITUTIONS


def _skip_desk(rows: list[Any]) -> None:
    """Let go on to the operators what waits at a desk that nobody sits at any more, as of whatever a firm hands in."""
    for row, change in _waiting(rows, "at_desk"):
        _mark_waiting(row, change, "submitted")
        row.life.move(row, "skip_desk", by=None, note=WITHOUT_DESK)


def _await_desk(rows: list[Any]) -> None:
    """Let wait at their desk again what went on without it, unless somebody has decided about it since."""
    for row, change in _waiting(rows, "submitted"):
        # What was handed in since went the way of its new owner.
        last = last_event(row, "skip_desk", "propose", *HANDED_IN)
        if last is not None and last.deed == "skip_desk":
            _mark_waiting(row, change, "at_desk")
            row.life.move(row, "await_desk", by=None, note=WITH_DESK)


def _waiting(rows: list[Any], state: str) -> Iterator[tuple[Any, ListingChange | None]]:
    """The listings that wait at a station; of what is published its change does, which comes with it."""
    changes = open_for(rows)
    for row in rows:
        change = changes.get((row.kind, row.id))
        waits = row if change is None else change
        if waits.state == state:
            yield row, change


def _mark_waiting(row: Any, change: ListingChange | None, state: str) -> None:
    # The time of the station where it waits now begins now.
    if change is None:
        row.submitted_at = now()
    else:
        change.state, change.submitted_at = state, now()
    row.updated_at = now()


def _give(rows: list[Any], organisation_id: int) -> None:
    for row in rows:
        row.organisation_id = organisation_id
        row.updated_at = now()
    # Before the refresh, which would read the old owner back.
    db.session.flush()
    for row in rows:
        # The owner is read again: the card of a listing may name who holds it.
        db.session.refresh(row, ["organisation"])
        # Lists show the holder from the card, in the same commit as the change.
        row.card = card_of(row)
