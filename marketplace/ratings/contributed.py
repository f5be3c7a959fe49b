"""What the room lays out for the hubs, on the page of a contract and on that of an organisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for

from marketplace.accounts.models import Person
from marketplace.contracts.models import TechContract
from marketplace.contributions import Panel, Task
from marketplace.counting import Count
from marketplace.permissions import Reader, may
from marketplace.ratings import queries
from marketplace.wording import last_day


def tasks(person: Reader) -> Iterator[Task]:
    """Contracts that the other side has rated, as long as one's own may."""
    for row in queries.waiting_for(person):
        yield Task(
            kind_name="合作评价",
            title=row.contract.title or row.contract.number,
            url=url_for("ratings.ratings", contract_id=row.contract_id),
            state="等我评价",
            until=row.reveal_on,
            dated=last_day(row.reveal_on),
            note="对方已评价；双方都评价以后同时看到。",
            button="去评价",
        )


def task_count(person: Reader) -> Count | int:
    """How many they are (109)."""
    return queries.waiting_count(person)


def case_panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """On the page of a registered contract: the way to rate the other side, or to what was said."""
    if not isinstance(row, TechContract) or not may(reader, "rating.read", row):
        return
    ratings = queries.ratings_of(row)
    # What was written of a registration that is cancelled later can still be read.
    if row.state == "registered" or ratings:
        values = {
            "contract": row,
            "count": len(ratings),
            "revealed": queries.are_revealed(ratings),
            # Nobody waits for the rating of a party that is not on the platform.
            "both_here": row.seller_id is not None and row.buyer_id is not None,
        }
        yield Panel("ratings/_of_contract.html", values)


def organisation_panels(organisation: Any, reader: Reader) -> Iterator[Panel]:
    """On the page of an organisation: the mean of what its partners say, where they are enough to stay unknown."""
    mean = queries.mean_of(organisation.id)
    if mean is not None:
        yield Panel("ratings/_of_organisation.html", {"mean": mean}, position=3)


def personal_copy(person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What a person wrote of partners, for the copy of their data."""
    rows = []
    for row in queries.given_by(person.id):
        rows.append(
            {
                "合同": row.contract.title,
                "分数": row.score,
                "评价": row.text,
                "时间": row.at.isoformat(),
            }
        )
    yield "合作评价", rows


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to ratings, and what the permission table calls it."""
    yield "rating.give", "评价合作方"
    yield "rating.read", "看合作评价"
    yield "rating.reply", "答复合作评价"
    yield "job.ratings", "公开到期的合作评价"
