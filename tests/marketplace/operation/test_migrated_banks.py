"""Banks of the release before: they are firms there, what refers to them stays, and finance begins empty again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.extensions import db
from tests.factories import Factory
from tests.marketplace.finance.world import World

# Of the first migration of finance and statuses, whatever it follows.
BEFORE = "0059-1"


def kinds() -> dict[str, str]:
    """Name of an organisation → its kind."""
    query = text("select name, kind from organisation order by id")
    return dict(db.session.execute(query).tuples().all())


def test_banks_are_firms_to_the_release_before(
    own_database: str, new_site: Callable[..., Flask]
) -> None:
    with new_site(own_database).app_context():
        world = World(Factory(db.session))
        world.status()
        world.product()
        world.pack()
        world.loan()
        demand = world.make.demand(owner=world.firm).id
        world_bank, world_fund = world.bank.name, world.fund.name
        before = kinds()
        places = db.session.scalar(text("select count(*) from membership"))
        db.session.remove()

        downgrade(revision=BEFORE)

        expected = dict(before)
        for name in (world_bank, world_fund):
            expected[name] = "firm"
        assert kinds() == expected
        assert "financial" in before.values()
        with pytest.raises(IntegrityError):
            db.session.execute(text("update organisation set kind = 'financial'"))
        db.session.remove()

        upgrade()

        assert db.session.scalar(text("select count(*) from membership")) == places
        query = text("select organisation_id from demand where id = :number")
        assert db.session.scalar(query, {"number": demand}) is not None
        for table in (
            "finance_product",
            "firm_pack",
            "filed_loan",
            "organisation_status",
        ):
            assert db.session.scalar(text(f"select count(*) from {table}")) == 0  # noqa: S608
        # The new kind may be given again.
        db.session.execute(text("update organisation set kind = 'financial'"))
        db.session.commit()
        assert set(kinds().values()) == {"financial"}
