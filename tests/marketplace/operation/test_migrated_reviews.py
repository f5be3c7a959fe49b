"""Listings of the release before: their first version is stored, states go down and up, child rows stay."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from marketplace.extensions import db
from marketplace.listings.models import LISTINGS
from marketplace.listings.review_models import ListingVersion
from marketplace.listings.snapshots import snapshot_of
from tests.factories import Factory

pytestmark = pytest.mark.long

STATES = (
    "draft",
    "submitted",
    "returned",
    "rejected",
    "published",
    "suspended",
    "expired",
    "withdrawn",
)
# Where the first version is of: what is public, or was.
PUBLISHED = {"published", "suspended", "expired", "withdrawn", "closed"}
CHILDREN = (
    "achievement_metric",
    "achievement_organisation",
    "contributor",
    "intellectual_property",
    "demand_metric",
)


def counts() -> dict[str, int]:
    """How many rows the tables of listings and of their rows have."""
    numbers = {}
    for name in ("achievement", "demand", *CHILDREN):
        query = text(f"select count(*) from {name}")  # noqa: S608
        numbers[name] = db.session.scalar(query)
    return numbers


def states() -> list[tuple[str, int, str]]:
    """(kind, id, state) of every listing."""
    listed = []
    for kind in LISTINGS:
        query = text(f"select id, state from {kind} order by id")  # noqa: S608
        listed += [(kind, *row) for row in db.session.execute(query)]
    return listed


def fill(make: Factory) -> None:
    """A listing of each kind in each state, with rows of every sort."""
    owner = make.organisation(kind="institute")
    for state in STATES:
        make.achievement(
            f"降噪磨削工艺 {state}",
            state=state,
            owner=owner,
            metrics=[
                {"name": "噪声", "operator": "le", "value": "33.50", "unit": "dB"}
            ],
            ips=[
                {
                    "ip_type": "invention",
                    "name": "一种磨削方法",
                    "legal_status": "granted",
                }
            ],
            contributors=[{"name": "张三"}, {"name": "李四"}],
            co_owners=[{"name": "合作单位（示例）"}],
            price_mode="fixed",
            price_min=50,
        )
        make.demand(f"轴承异音攻关 {state}", state=state)
    make.demand("已有结果的攻关", state="closed")
    make.achievement("等机构审核的工艺", state="at_desk", owner=owner)


def test_listings_of_the_release_before_get_their_first_version(
    own_database: str, new_site: Callable[..., Flask]
) -> None:
    with new_site(own_database).app_context():
        fill(Factory(db.session))
        before, held = states(), counts()
        db.session.remove()

        downgrade(revision="0022")
        down, held_down = states(), counts()
        db.session.remove()
        upgrade()

        # The release before has no desk: what waited there waits for the operators.
        expected = []
        for kind, number, state in before:
            moved = "submitted" if state == "at_desk" else state
            expected.append((kind, number, moved))
        assert down == expected
        assert states() == expected
        assert held == held_down == counts()
        assert held["contributor"] > 2
        for kind, table in LISTINGS.items():
            for row in db.session.scalars(db.select(table)):
                query = db.select(ListingVersion).filter_by(
                    kind=kind, listing_id=row.id
                )
                stored = db.session.scalars(query).all()
                assert [one.number for one in stored] == (
                    [1] if row.state in PUBLISHED else []
                ), row.state
                for one in stored:
                    # What later releases ask besides is empty in what was there before.
                    later = snapshot_of(row)
                    assert one.content.items() <= later.items()
                    new = later.keys() - one.content.keys()
                    assert not any(later[name] for name in new)
                    assert one.at == row.published_at
