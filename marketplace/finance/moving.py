"""What goes over when organisations are merged, ends when one is suspended, and is removed when its time is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from marketplace.clock import now
from marketplace.extensions import db
from marketplace.finance import announcements, pack_deeds
from marketplace.finance.investor_models import InvestorPreference, InvestorRequest
from marketplace.finance.loan_models import FiledLoan
from marketplace.finance.models import FinanceProduct, FirmPack
from marketplace.permissions import Reader
from marketplace.persistence import count_changed


class Place(NamedTuple):
    """A column that names an organisation.

    Attributes:
        names: columns of which an organisation may have each set of values only once.
        freed: states in which a row counts for nothing of that, as the partial unique index of its table has it.
    """

    table: type[Any]
    column: str
    names: tuple[str, ...]
    freed: tuple[str, ...] = ()


PLACES = (
    Place(FinanceProduct, "organisation_id", ("name",)),
    # Both sides of a pack may be merged, one after the other.
    Place(FirmPack, "organisation_id", ("institution_id",), ("withdrawn", "expired")),
    Place(FirmPack, "institution_id", ("organisation_id",), ("withdrawn", "expired")),
    Place(FiledLoan, "institution_id", ("contract_no",), ("withdrawn",)),
    # A borrower may have any number of loans: no key is ever the same.
    Place(FiledLoan, "borrower_id", ("id",)),
    # One a fund: with an empty key any row of the other one is the same.
    Place(InvestorPreference, "organisation_id", ()),
    Place(InvestorRequest, "investor_id", ("demand_id",), ("declined", "withdrawn")),
)


def move_between(gone_id: int, kept_id: int) -> list[list[int]]:
    """Let everything belong to another organisation; for each place the ids of what was moved.

    What the other organisation has already stays where it was: a product of the same name, an open pack to the same
    institution (it ends), a loan of the same contract. What has ended stands in the way of nothing.
    """
    # They count for the unique index until then: an open one would end for one that nobody sees.
    parties = (FirmPack.organisation_id, FirmPack.institution_id)
    pack_deeds.end_lapsed(
        db.or_(*(column.in_((gone_id, kept_id)) for column in parties))
    )
    moved = []
    for place in PLACES:
        known = set()
        for row in _of(place.table, place.column, kept_id):
            if _counts(row, place):
                known.add(_key(row, place.names))
        numbers = []
        for row in _of(place.table, place.column, gone_id):
            is_twice = _counts(row, place) and _key(row, place.names) in known
            if is_twice or _is_between(row, place.column, kept_id):
                _end(row)
                continue
            setattr(row, place.column, kept_id)
            numbers.append(row.id)
        moved.append(numbers)
        db.session.flush()
    return moved


def move_back(gone_id: int, kept_id: int, moved: list[list[int]]) -> None:
    """Let it belong to the former organisation again."""
    for place, numbers in zip(PLACES, moved, strict=True):
        for row in _of(place.table, place.column, kept_id):
            # What was moved on by another merge since stays there.
            if row.id in numbers:
                setattr(row, place.column, gone_id)
    db.session.flush()


def stop_organisation(organisation_id: int, by: Reader | None) -> None:
    """A firm is suspended: nobody may act for it, not even to withdraw, so that its packs end now (no commit)."""
    query = db.select(FirmPack).filter_by(
        organisation_id=organisation_id, state="granted"
    )
    for pack in db.session.scalars(query.order_by(FirmPack.id)).all():
        # The consent cannot be taken back by who gave it, so that it does not go on without them (133).
        pack.life.move(pack, "withdraw", by=by, note="单位被暂停")
        pack.ended_at = now()
        db.session.flush()
        announcements.announce_pack(pack)


def removals() -> Iterator[tuple[str, Callable[[datetime], int]]]:
    """What removes that which is stored for a time only."""
    yield "firm_pack", remove_packs
    yield "investor_request", remove_requests


def remove_packs(before: datetime) -> int:
    """Remove the packs that ended before a moment; how many there were (no commit)."""
    # Open ones have no `ended_at` and are never met by this.
    return count_changed(db.delete(FirmPack).where(FirmPack.ended_at < before))


def remove_requests(before: datetime) -> int:
    """Remove the requests that were decided before a moment; how many there were (no commit)."""
    over = InvestorRequest.decided_at < before
    return count_changed(db.delete(InvestorRequest).where(over))


def _counts(row: Any, place: Place) -> bool:
    """Whether of this row there may be only one."""
    return not place.freed or row.state not in place.freed


def _is_between(row: Any, column: str, kept_id: int) -> bool:
    """Whether a pack would be of an organisation to itself."""
    if not isinstance(row, FirmPack):
        return False
    other = row.institution_id if column == "organisation_id" else row.organisation_id
    return other == kept_id


def _end(row: Any) -> None:
    """A pack of two that are one now, or of which there is another: nobody sees it any more."""
    if isinstance(row, FirmPack) and row.state == "granted":
        row.life.move(row, "withdraw", by=None)
        row.ended_at = now()


def _key(row: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in names)


def _of(table: type[Any], column: str, number: int) -> list[Any]:
    query = db.select(table).filter_by(**{column: number}).order_by(table.id)
    return list(db.session.scalars(query))
