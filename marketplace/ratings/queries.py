"""What is read of ratings: those of a contract as its sides may see them, what waits, sums of an organisation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    bindparam,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased, contains_eager

from marketplace import persistence
from marketplace.clock import today
from marketplace.contracts.disclosure import side_in
from marketplace.contracts.models import TechContract
from marketplace.counting import Count
from marketplace.deals.models import SIDES
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.permissions import Reader, may
from marketplace.ratings.models import Rating

LEAST_PARTNERS = 3  # partners behind a public mean: of fewer, each would be known
TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Mean:
    """What partners say of an organisation, without saying who.

    Attributes:
        score: 1.0 to 5.0, rounded half up.
        count: ratings behind it.
    """

    score: Decimal
    count: int


def get_contract(number: int, *, by: Reader) -> TechContract:
    """A contract whose ratings this reader may read. Raises NotFound."""
    row = persistence.find_row(TechContract, number)
    if row is None or not may(by, "rating.read", row):
        raise NotFound("没有找到这份合同。", "可以从「我的」→「合同」进入。")
    return row


def ratings_of(contract: TechContract) -> dict[str, Rating]:
    """Side → its rating of the other."""
    query = db.select(Rating).filter_by(contract_id=contract.id)
    return {row.side: row for row in db.session.scalars(query.order_by(Rating.id))}


def are_revealed(ratings: dict[str, Rating]) -> bool:
    """Whether both sides may read what was said: both have rated, or the term of the second one is over."""
    if len(ratings) == len(SIDES):
        return True
    # By the day and not by a state, so that nothing depends on a job that has run (129).
    return any(row.reveal_on < today() for row in ratings.values())


def waiting_for(person: Reader) -> Iterator[Rating]:
    """Ratings of others that somebody's side may still answer by one of its own, the nearest end first."""
    numbers = sorted(person.active_ids)
    if not numbers:
        return
    # The day goes in as a value, for the statement is built only once.
    values = {"organisations": numbers, "today": today()}
    for row in db.session.scalars(_single_ratings(), values):
        side = side_in(person, row.contract)
        if side is not None and side != row.side:
            yield row


def waiting_count(person: Reader) -> Count | int:
    """How many those are."""
    numbers = sorted(person.active_ids)
    if not numbers:
        return 0
    values = {"organisations": numbers, "today": today()}
    # `side_in` decides on the rows, where there are any.
    return Count(_single_count(), values, lambda: sum(1 for _ in waiting_for(person)))


@cache
def _single_count() -> Select[tuple[int]]:
    return _narrowed(select(func.count(Rating.id)))


@cache
def _single_ratings() -> Select[tuple[Rating]]:
    # `side_in` looks at contract and deal of each row.
    loaded = contains_eager(Rating.contract).joinedload(TechContract.deal)
    ratings = _narrowed(select(Rating)).options(loaded)
    return ratings.order_by(Rating.reveal_on, Rating.id)


def _narrowed(query: Select[Any]) -> Select[Any]:
    """Ratings of contracts of some organisations to which the other side has not rated yet, within the term."""
    organisations: BindParameter[list[int]] = bindparam("organisations", expanding=True)
    return query.join(TechContract, TechContract.id == Rating.contract_id).where(
        Rating.reveal_on >= bindparam("today"),
        or_(
            TechContract.seller_id.in_(organisations),
            TechContract.buyer_id.in_(organisations),
        ),
        ~_is_mutual(),
    )


def _is_mutual() -> ColumnElement[bool]:
    """Filter: the other side of the contract has rated too."""
    other = aliased(Rating)
    both = select(other.id).where(
        other.contract_id == Rating.contract_id, other.side != Rating.side
    )
    return both.exists()


def unannounced() -> list[Rating]:
    """Ratings whose term is over without the other side's, and of which nobody was notified."""
    query = db.select(Rating).where(
        Rating.announced_at.is_(None), Rating.reveal_on < today()
    )
    return list(db.session.scalars(query.order_by(Rating.id)))


def mean_of(organisation_id: int) -> Mean | None:
    """The mean of what at least `LEAST_PARTNERS` partners say of an organisation; None where they are fewer."""
    values = {"organisation": organisation_id, "today": today()}
    scores, partners = [], set()
    for score, number, name in db.session.execute(_revealed_of(), values):
        scores.append(score)
        # A name is written down with each contract: one organisation may bear two.
        partners.add(name if number is None else number)
    if len(partners) < LEAST_PARTNERS:
        return None
    mean = Decimal(sum(scores)) / len(scores)
    # As people round; half to even would show 4.25 as 4.2.
    return Mean(mean.quantize(TENTH, ROUND_HALF_UP), len(scores))


@cache
def _revealed_of() -> CompoundSelect[Any]:
    """Score, number and name of the partner of each rating of an organisation that is revealed (`are_revealed`)."""
    organisation: BindParameter[int] = bindparam("organisation")
    # What a buyer writes is about the seller, and the other way about.
    by_buyer = (Rating.side == "receiver") & (TechContract.seller_id == organisation)
    by_seller = (Rating.side == "holder") & (TechContract.buyer_id == organisation)
    buyer = select(Rating.score, TechContract.buyer_id, TechContract.buyer_name)
    seller = select(Rating.score, TechContract.seller_id, TechContract.seller_name)
    is_revealed = or_(Rating.reveal_on < bindparam("today"), _is_mutual())
    # `all`, for two equal scores of one partner are two ratings.
    return union_all(
        buyer.join(TechContract).where(by_buyer, is_revealed),
        seller.join(TechContract).where(by_seller, is_revealed),
    )


def given_by(person_id: int) -> Iterator[Rating]:
    """What a person wrote for a side, oldest first."""
    query = db.select(Rating).filter_by(by_id=person_id)
    yield from db.session.scalars(query.order_by(Rating.id))
