"""Contracts of an organisation go over when it is merged into another, and come back."""

from __future__ import annotations

from marketplace.contracts.models import TechContract
from marketplace.extensions import db

COLUMNS = ("seller_id", "buyer_id")


def move_between(gone_id: int, kept_id: int) -> list[list[int]]:
    """Let contracts belong to another organisation; for each of the two sides the ids of those that were moved.

    What is printed stays as it was: the paper names who confirmed it.
    """
    moved = []
    for column in COLUMNS:
        numbers = []
        for contract in _of_organisation(column, gone_id):
            # The printed names stay, so that what both confirmed still says the same.
            setattr(contract, column, kept_id)
            numbers.append(contract.id)
        moved.append(numbers)
    db.session.flush()
    return moved


def move_back(gone_id: int, kept_id: int, moved: list[list[int]]) -> None:
    """Let them belong to the former organisation again."""
    for column, numbers in zip(COLUMNS, moved, strict=True):
        for contract in _of_organisation(column, kept_id):
            # Those that were moved on by another merge since stay there.
            if contract.id in numbers:
                setattr(contract, column, gone_id)
    db.session.flush()


def _of_organisation(column: str, number: int) -> list[TechContract]:
    query = db.select(TechContract).filter_by(**{column: number})
    return list(db.session.scalars(query))
