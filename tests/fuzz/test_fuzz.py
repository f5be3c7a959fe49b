"""A short, fixed part of the fuzz: no request makes a page fail, and nothing unsound is stored."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.factories import Factory
from tests.fuzz.requests import Awkward
from tests.fuzz.rows import known_values
from tests.fuzz.walking import unsound_texts, walk

SignIn = Callable[..., FlaskClient]
COUNT = 20  # requests of each reader
SEED = 11
# Nobody knows them by looking at the database.
SECRET = {"token", "teaser"}


@pytest.mark.long
def test_awkward_requests_fail_nowhere(
    app: Flask, make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    owner = make.organisation()
    rows = [make.demand(owner=owner), make.achievement(), make.demand(state="draft")]
    browsers = {
        "guest": client,
        "firm": sign_in(make.person("firm", owner)),
        "operator": sign_in(make.person("operator", make.organisation())),
    }
    known = {
        "listing_id": [row.id for row in rows],
        "other_id": [rows[1].id],
        "kind": ["demand", "achievement"],
        "code": ["bearing"],
        "filename": ["site.css"],
    }

    # The pages of the operation look at the database itself, which the tests put a transaction around.
    found = walk(app, browsers, known, count=COUNT, seed=SEED, without="operation.")

    assert found.wrong == []
    assert unsound_texts() == []
    # The walk comes past the door: it reads pages, and is refused where it should be.
    for reader, statuses in found.statuses.items():
        assert statuses["4xx"] > 0, reader
        assert statuses["2xx"] > 0, reader


def test_every_part_of_an_address_has_values_that_lead_somewhere(
    app: Flask, session: Session
) -> None:
    parts: set[str] = set()
    for rule in app.url_map.iter_rules():
        parts |= rule.arguments

    assert parts - known_values().keys() == SECRET


def test_the_same_seed_sends_the_same(app: Flask) -> None:
    known = {"listing_id": [1]}
    first, second = (
        [(sent.method, sent.path) for sent in Awkward(app, known, 3).reads(30)]
        for _ in range(2)
    )

    assert first == second
