"""How much of its place an unnamed demand may show: district and chain only where enough firms share them.

What a reader then knows of the place is decided in `disclosure.py`; nothing is committed here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import bindparam

from marketplace.extensions import db
from marketplace.listings.life import ENDED
from marketplace.listings.models import LISTINGS, Demand
from marketplace.organisations.models import Organisation

# Of fewer firms, people of the trade know which one it is; so many also have to decline before reasons are shown.
MIN_FIRMS = 3


@dataclass(frozen=True)
class _Seat:
    """Where an owner stands: organisation, its kind and district, and the chain that a listing of theirs names."""

    organisation_id: int
    kind: str
    district: str | None
    chain: str | None


class _Crowd:
    """Who is publicly in business where: counts of different owners, by what would be shown of them."""

    def __init__(self, seats: Iterable[_Seat]) -> None:
        self._owners: dict[tuple[str | None, ...], set[int]] = {}
        for seat in seats:
            # One kind of owner at a time: a university in the same place does not hide a firm.
            for key in (
                (seat.kind, seat.district, seat.chain),
                (seat.kind, None, seat.chain),
                (seat.kind, seat.district, None),
            ):
                # A set of owners: one firm with twenty listings hides nobody.
                self._owners.setdefault(key, set()).add(seat.organisation_id)

    def hides(self, seat: _Seat, district: str | None, chain: str | None) -> bool:
        """Whether enough owners share what would be shown; the one that is to be hidden counts among them."""
        others = self._owners.get((seat.kind, district, chain), set())
        # The firm itself may have nothing public yet, and still it makes one more.
        return len(others | {seat.organisation_id}) >= MIN_FIRMS

    def place_of(self, seat: _Seat) -> str:
        """What may be shown of a seat: a value of `models.PLACES`.

        District and chain together, else the chain of the whole city, else the city alone. The district is never shown
        without the chain: what a text is about tells the chain, and with the district both would be known.
        """
        # Without a chain in the listing nothing adds to the district, which may then be named alone.
        if seat.chain is None:
            if seat.district and self.hides(seat, seat.district, None):
                return "district"
            return ""
        if seat.district and self.hides(seat, seat.district, seat.chain):
            return "both"
        if self.hides(seat, None, seat.chain):
            return "chain"
        return ""


def settle_places() -> list[int]:
    """Decide again for every unnamed demand what of its place may be shown, by who is public today (no commit).

    A demand whose place changes gets a new revision, so that index, matchers and other hosts follow; its date stays,
    for its owner has changed nothing.

    Returns:
        ids of the demands whose place has changed.
    """
    # The rule that calls may have changed rows, which the queries must see and the update must not overwrite.
    db.session.flush()
    changes = place_changes()
    if not changes:
        return []
    columns = Demand.__table__.c
    settled = (
        db.update(Demand.__table__)
        .where(columns.id == bindparam("row_id"))
        .values(
            place_shown=bindparam("place"),
            revision=columns.revision + 1,
            updated_at=columns.updated_at,
        )
    )
    rows = [{"row_id": row_id, "place": place} for row_id, place in changes.items()]
    # Straight to the table: most of these rows are not loaded, and nothing else of them is to be written.
    db.session.connection().execute(settled, rows)
    # What is loaded already would be written back over the new revision.
    for loaded in list(db.session.identity_map.values()):
        if isinstance(loaded, Demand) and loaded.id in changes:
            db.session.expire(loaded)
    return list(changes)


def place_changes() -> dict[int, str]:
    """Id of each unnamed demand whose place is to change → what may be shown of it. Reading only."""
    # Without an unnamed demand nothing needs to be counted.
    unnamed = _unnamed_demands()
    if not unnamed:
        return {}
    crowd = _Crowd(_public_seats())
    changes = {}
    for row_id, shown, seat in unnamed:
        place = crowd.place_of(seat)
        if place != shown:
            changes[row_id] = place
    return changes


def _unnamed_demands() -> list[tuple[int, str, _Seat]]:
    """(id, what is shown of its place, its seat) of every unnamed demand that lives."""
    rows = db.session.connection().execute(_unnamed_query())
    return [(row_id, shown, _Seat(*seat)) for row_id, shown, *seat in rows]


@cache
def _unnamed_query() -> Any:
    """Built once: every move of a listing asks, and building takes longer than asking."""
    columns = (Demand.id, Demand.place_shown, *_seat_columns(Demand))
    return (
        db.select(*columns)
        .join(Organisation, Organisation.id == Demand.organisation_id)
        .where(Demand.anonymous, Demand.state.not_in(ENDED))
    )


def _public_seats() -> list[_Seat]:
    """The seats of everybody who has something public today; a confidential listing is no public one."""
    seats = []
    for table in LISTINGS.values():
        query = (
            db.select(*_seat_columns(table))
            .join(Organisation, Organisation.id == table.organisation_id)
            .where(table.findable_by(None), table.visibility != "confidential")
            .distinct()
        )
        seats += [_Seat(*row) for row in db.session.connection().execute(query)]
    return seats


def _seat_columns(table: Any) -> tuple[Any, ...]:
    return (
        Organisation.id,
        Organisation.kind,
        Organisation.district_code,
        table.chain_code,
    )
