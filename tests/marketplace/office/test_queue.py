"""The office: who may open it, and the trays of its queue."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.factories import Factory

SignIn = Callable[..., FlaskClient]


@pytest.mark.parametrize(
    "path",
    [
        "/office/review",
        "/office/review/demand/{}",
        "/office/chains",
        "/office/chains/new",
    ],
)
def test_the_office_is_for_operators(
    path: str, make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    owner = make.organisation()
    row = make.demand(state="submitted", owner=owner)
    readers = {
        "guest": client,
        "owner": sign_in(make.person("firm", owner)),
        "broker": sign_in(make.person("broker")),
        "operator": sign_in(make.person("operator")),
    }

    seen = {
        name: browser.get(path.format(row.id)).status_code
        for name, browser in readers.items()
    }

    assert seen == {"guest": 302, "owner": 403, "broker": 403, "operator": 200}


@pytest.mark.parametrize("tray", ["waiting", "published", "suspended", "nothing", ""])
def test_trays_open_by_their_address(tray: str, make: Factory, sign_in: SignIn) -> None:
    rows = {
        state: make.demand(state=state)
        for state in ("submitted", "published", "suspended")
    }
    shown = {"published": "published", "suspended": "suspended"}.get(tray, "submitted")

    operator = sign_in(make.person("operator"))
    html = operator.get(f"/office/review?tray={tray}&page=99&kind=x").text

    assert {state for state, row in rows.items() if row.title in html} == {shown}
