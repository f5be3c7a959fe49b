"""The card of a listing: written with every change, the same before and after storing, and renewed where it is old."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from marketplace.listings import cards, deeds, upkeep
from marketplace.listings.models import LISTINGS
from marketplace.permissions import Guest
from tests.factories import Factory

FIELDS: dict[str, str] = {}
METRICS = [{"name": "首次效率", "operator": "ge", "value": 91, "unit": "%"}]


def stored(make: Factory, row: Any) -> Any:
    """The card as the database holds it."""
    make.session.expire(row)
    return row.card


@pytest.mark.parametrize("kind", LISTINGS)
@pytest.mark.parametrize("visibility", ["public", "partial", "confidential"])
def test_the_card_is_that_of_the_stored_row(
    kind: str, visibility: str, make: Factory
) -> None:
    row = getattr(make, kind)(visibility=visibility, metrics=METRICS)

    assert stored(make, row) == cards.card_of(row)


def test_every_change_writes_the_card(make: Factory) -> None:
    row = make.demand(budget=Decimal(30), budget_negotiable=False)

    deeds.save(row, {"budget": Decimal("45.5")}, by=None, seen=row.revision)

    assert stored(make, row)["money"] == ["45.5"]
    (card,) = cards.find_cards([("demand", row.id)], FIELDS, by=Guest())
    assert "预算 45.5 万元" in card.facts


@pytest.mark.parametrize("old", [None, {"version": 0, "text": "旧"}])
def test_a_missing_or_old_card_is_worked_out_and_then_written(
    old: Any, make: Factory
) -> None:
    rows = [make.achievement(), make.demand()]
    expected = [cards.card_of(row) for row in rows]
    revisions = [row.revision for row in rows]
    for row in rows:
        table = row.__table__
        make.session.execute(
            table.update().where(table.c.id == row.id).values(card=old)
        )
    make.session.commit()
    keys = [(row.kind, row.id) for row in rows]

    before = cards.find_cards(keys, FIELDS, by=Guest())
    written = upkeep.write_cards()
    after = cards.find_cards(keys, FIELDS, by=Guest())

    assert (before, written, upkeep.write_cards()) == (after, 2, 0)
    fresh = [make.session.get(LISTINGS[kind], row_id) for kind, row_id in keys]
    assert [row.card for row in fresh] == expected
    assert [row.revision for row in fresh] == revisions


def test_an_unnamed_firm_is_named_by_district_and_chain_as_they_are_called_now(
    make: Factory,
) -> None:
    # With two more firms of its place, so that the place is shown.
    make.demand()
    make.demand()
    row = make.demand(anonymous=True)
    row.chain.name = "轴承（改名）"
    make.session.commit()

    (card,) = cards.find_cards([("demand", row.id)], FIELDS, by=Guest())

    assert card.facts[0] == ("单位", row.alias)
    assert "轴承（改名）" in row.alias
