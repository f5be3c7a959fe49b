"""Keys of names in a database of an earlier version: worked out anew, nothing lost, twins kept and named."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import MetaData, Table, text

from marketplace.clock import now
from marketplace.extensions import db
from marketplace.parsing.names import name_key

# Number, name and key as the earlier version wrote it.
ORGANISATIONS = [
    (11, "聊城⻓征轴承有限公司", "聊城征轴承有限公司"),
    (12, "聊城长征轴承有限公司", "聊城长征轴承有限公司"),
    (13, "C++ 软件工作室", "c软件工作室"),
    # Its new key is the old one of the next.
    (14, "⻓城轴承厂", "城轴承厂"),
    (15, "城轴承厂（长）", "长城轴承厂"),
]
# Number, owner, title, old key, state.
LISTINGS = [
    (21, 12, "1.5MW 主轴轴承", "15mw主轴轴承", "draft"),
    (22, 12, "1.5MW 主轴轴承", "15mw主轴轴承", "withdrawn"),
    (23, 12, "軸承保持架", "軸承保持架", "draft"),
    (24, 12, "轴承保持架", "轴承保持架", "draft"),
    (25, 11, "轴承保持架", "轴承保持架", "draft"),
    (26, 12, "①号线 -40℃", "1号线40c", "archived"),
]


def write_rows() -> None:
    owners = [
        {"id": number, "name": name, "name_key": key, "kind": "firm"}
        for number, name, key in ORGANISATIONS
    ]
    demands = [
        {
            "id": number,
            "organisation_id": owner,
            "title": title,
            "title_key": key,
            "state": state,
            "need": "technology",
            "visibility": "public",
            "revision": 1,
        }
        for number, owner, title, key, state in LISTINGS
    ]
    with db.engine.begin() as connection:
        for name, rows in (("organisation", owners), ("demand", demands)):
            # As the table was then, whatever columns later versions add.
            table = Table(name, MetaData(), autoload_with=connection)
            connection.execute(
                table.insert(), [empty_values(table) | row for row in rows]
            )


def empty_values(table: Table) -> dict[str, Any]:
    """A value for every column that needs one."""
    values: dict[str, Any] = {}
    for column in table.columns:
        if not column.nullable and not column.primary_key:
            kind = column.type.python_type
            values[column.name] = now() if kind is datetime else kind()
    return values


def keys_of(table: str, column: str) -> dict[int, str]:
    with db.engine.connect() as connection:
        found = connection.execute(text(f"select id, {column} from {table}"))  # noqa: S608
        return dict(found.tuples().all())


def names_in(lines: Iterable[str], *numbers: int) -> bool:
    return any(all(f"编号 {number}" in line for number in numbers) for line in lines)


@pytest.fixture
def earlier_site(
    empty_database: str, new_site: Callable[..., Flask]
) -> Iterable[Flask]:
    site = new_site(empty_database)
    with site.app_context():
        upgrade(revision="0003")
        write_rows()
        yield site


def test_keys_are_worked_out_anew_and_twins_are_kept(
    earlier_site: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    upgrade(revision="0004")

    warned = capsys.readouterr().err.splitlines()
    organisations = keys_of("organisation", "name_key")
    assert organisations == {
        11: name_key("聊城长征轴承有限公司"),
        12: f"{name_key('聊城长征轴承有限公司')}|12",
        13: "c++软件工作室",
        14: "长城轴承厂",
        15: "城轴承厂长",
    }
    listings = keys_of("demand", "title_key")
    assert listings == {
        21: "1.5mw主轴轴承",
        22: "1.5mw主轴轴承",
        23: "轴承保持架",
        24: "轴承保持架|24",
        25: "轴承保持架",
        26: "(1)号线-40°c",
    }
    # Twins are named, and nothing else.
    assert names_in(warned, 11, 12)
    assert names_in(warned, 23, 24)
    assert sum("算作同名" in line for line in warned) == 2


def test_the_way_back_keeps_every_row_too(
    earlier_site: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    upgrade(revision="0004")
    with db.engine.begin() as connection:
        # Two that only the new keys can tell apart.
        connection.execute(
            text(
                "update demand set title = '15MW 主轴轴承', title_key = '15mw主轴轴承' where id = 23"
            )
        )
    capsys.readouterr()

    downgrade(revision="0003")

    warned = capsys.readouterr().err.splitlines()
    listings = keys_of("demand", "title_key")
    assert listings[21] == "15mw主轴轴承"
    assert listings[23] == "15mw主轴轴承#23"
    assert names_in(warned, 21, 23)
    assert len(listings) == len(LISTINGS)
    old = {number: key for number, _, key in ORGANISATIONS}
    # The last one had got its key by hand.
    assert keys_of("organisation", "name_key") == old | {15: "城轴承厂长"}


def test_names_in_step_stay_as_they_are(earlier_site: Flask) -> None:
    upgrade(revision="0004")
    first = keys_of("demand", "title_key")
    downgrade(revision="0003")
    upgrade(revision="0004")

    assert keys_of("demand", "title_key") == first
