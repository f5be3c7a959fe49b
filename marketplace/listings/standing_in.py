"""In whose place a reviewer decides, where they stand in for a colleague who is away. Nothing is written here.

Who stands in for whom is asked of the room above, by `contributions.standing_in`.
"""

from __future__ import annotations

from marketplace import contributions
from marketplace.accounts.queries import people_by_id
from marketplace.contributions import Seat
from marketplace.listings import changes_waiting
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.review_deeds import Station, may_pass
from marketplace.permissions import Reader

Row = Achievement | Demand


def seats_at(station: Station, by: Reader) -> list[Seat]:
    """The seats of a station in which somebody stands in today."""
    role = "desk" if station == "desk" else "operator"
    return [seat for seat in contributions.standing_in(by.id) if seat.role == role]


def represented_at(row: Row, station: Station, by: Reader) -> int | None:
    """The number of the person in whose place somebody decides on a listing.

    Only where that person could decide themselves: of what they wrote, the substitute decides as a colleague, in their
    own right. The rights of the substitute are never more than their own, for both hold the same seat.

    Args:
        row: the listing.
        station: where it waits.
        by: who decides.

    Returns:
        None where they decide for themselves; of several, the one who was replaced first.
    """
    seats = seats_at(station, by)
    if station == "desk":
        # An operator's seat is of no organisation; that of a desk decides for its own alone.
        seats = [one for one in seats if one.organisation_id == row.organisation_id]
    if not seats:
        return None
    people = people_by_id(seat.absent_id for seat in seats)
    change = changes_waiting.waiting_change(row, station)
    for seat in seats:
        absent = people.get(seat.absent_id)
        if absent is not None and may_pass(row, absent, station, change=change):
            return seat.absent_id
    return None
