"""What the search field offers over the real engine, and to whom. Which letters find what stands in tests/search."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from marketplace.listings import deeds as listing_deeds
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]


def offered(client: FlaskClient, **asked: str) -> list[str]:
    answer = client.get("/suggest", query_string=asked)
    assert answer.status_code == 200
    return answer.get_json()["offers"]


@pytest.mark.parametrize("typed", ["磁流变", "ciliubian", "clb", "CLB", "磁"])
def test_titles_are_offered_by_letters_and_pinyin(
    make: Factory, client: FlaskClient, typed: str
) -> None:
    make.achievement(title="磁流变抛光液")
    make.demand(title="磁流变阻尼器漏液")

    assert {"磁流变抛光液", "磁流变阻尼器漏液"} <= set(offered(client, q=typed))
    assert "磁流变抛光液" not in offered(client, q=typed, kind="demand")
    assert "磁流变抛光液" in offered(client, q=typed, kind="constructor")


@pytest.mark.parametrize("typed", ["", " ", "\x00", "没有这样的", "'\"*"])
def test_nothing_begins_so(make: Factory, client: FlaskClient, typed: str) -> None:
    make.achievement(title="磁流变抛光液")

    assert offered(client, q=typed) == []


def test_a_confidential_title_is_offered_to_the_inner_circle_only(
    make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    row = make.achievement(title="磁流变抛光液", visibility="confidential")
    given, other = make.person("broker"), make.person("broker")
    listing_deeds.assign_broker(row, given, by=make.person("operator"))
    stranger = make.person("researcher", make.organisation())

    assert offered(client, q="clb") == []
    assert offered(sign_in(stranger), q="磁流变") == []
    assert offered(sign_in(other), q="clb") == []
    assert "磁流变抛光液" in offered(sign_in(given), q="clb")


@pytest.mark.parametrize("state", ["draft", "submitted", "withdrawn"])
def test_what_is_not_published_is_not_offered(
    make: Factory, client: FlaskClient, state: str
) -> None:
    make.achievement(title="磁流变抛光液", state=state)

    assert offered(client, q="磁流变") == []


def test_an_answer_is_kept_by_this_reader_alone(client: FlaskClient) -> None:
    kept = client.get("/suggest?q=a").headers["Cache-Control"]

    assert kept == "private, max-age=60"
