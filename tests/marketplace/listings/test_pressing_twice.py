"""The form of a new listing is saved once, however often and however late its button is pressed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.listings.models import LISTINGS, Demand
from tests.factories import ACHIEVEMENT, Factory
from tests.marketplace.desk.pressing import filled

SignIn = Callable[..., FlaskClient]
KINDS = ("achievement", "demand")


@pytest.fixture(params=[True, False], ids=["of a firm", "without a firm"])
def writer(request: Any, make: Factory, sign_in: SignIn) -> FlaskClient:
    """Somebody of a firm, whose titles are unique, and somebody who has none yet."""
    firms = [make.organisation("临清轴承厂（示例）")] if request.param else []
    return sign_in(make.person("firm", *firms))


def opened(client: FlaskClient, kind: str, **values: Any) -> dict[str, Any]:
    answer = client.get(f"/mine/{kind}/new")
    assert answer.status_code == 200
    return filled(answer.text, **values)


@pytest.mark.parametrize("kind", KINDS)
def test_a_double_click_makes_one_listing_and_leads_to_it(
    kind: str, writer: FlaskClient, session: Any
) -> None:
    form = opened(writer, kind, title="轴承降噪", deed="save")

    first, second, third = (writer.post(f"/mine/{kind}/new", data=form) for _ in "123")

    row = session.query(LISTINGS[kind]).one()
    address = f"/mine/{kind}/{row.id}/edit"
    for answer in (first, second, third):
        assert (answer.status_code, answer.location) == (303, address)
    assert "没有再存一条" in writer.get(address).text
    assert row.revision == 1


@pytest.mark.parametrize("kind", KINDS)
def test_two_presses_of_which_neither_knows_the_other(
    kind: str, writer: FlaskClient, session: Any
) -> None:
    """The second is on its way before the first is answered: what the browser keeps does not say that it is saved."""
    form = opened(writer, kind, title="轴承降噪", deed="save")
    before = writer.get_cookie("session")
    assert before is not None
    first = writer.post(f"/mine/{kind}/new", data=form)
    writer.set_cookie("session", before.value)

    second = writer.post(f"/mine/{kind}/new", data=form)

    session.query(LISTINGS[kind]).one()
    assert (second.status_code, second.location) == (303, first.location)


def test_handing_in_twice_hands_in_once(
    make: Factory, sign_in: SignIn, session: Any
) -> None:
    firm = make.organisation("聊城示范大学（示例）", kind="university")
    desk = sign_in(make.person("desk", firm))
    values = {
        name: value for name, value in ACHIEVEMENT.items() if isinstance(value, str)
    }
    form = opened(desk, "achievement", **values, title="轴承降噪", deed="submit")

    first = desk.post("/mine/achievement/new", data=form)
    second = desk.post("/mine/achievement/new", data=form)

    row = session.query(LISTINGS["achievement"]).one()
    assert (row.state, first.status_code) in (("submitted", 303), ("draft", 422))
    assert second.status_code == first.status_code
    assert second.location == first.location


def test_what_was_typed_after_going_back_is_said_and_kept(
    writer: FlaskClient, session: Any
) -> None:
    form = opened(writer, "demand", title="轴承降噪", deed="save")
    writer.post("/mine/demand/new", data=form)
    changed = form | {"title": ["轴承异音"], "problem": ["换了一种说法"]}

    again = writer.post("/mine/demand/new", data=changed)

    row = session.query(Demand).one()
    assert again.status_code == 409
    assert "已经存成「轴承降噪」" in again.text
    assert f"/mine/demand/{row.id}/edit" in again.text
    assert "换了一种说法" in again.text

    meant = writer.post("/mine/demand/new", data=filled(again.text, deed="save"))

    assert meant.status_code == 303
    assert session.query(Demand).count() == 2


def test_two_forms_make_two_listings(writer: FlaskClient, session: Any) -> None:
    one = opened(writer, "demand", title="轴承降噪", deed="save")
    other = opened(writer, "demand", title="轴承异音", deed="save")

    answers = [writer.post("/mine/demand/new", data=form) for form in (one, other)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert session.query(Demand).count() == 2


@pytest.mark.parametrize("once", [None, "", "0", "x-y", "9" * 16 + "-" + "a" * 16])
def test_a_form_without_its_mark_is_saved_all_the_same(
    writer: FlaskClient, session: Any, once: str | None
) -> None:
    form = opened(writer, "demand", title="轴承降噪", deed="save", once=once)

    assert writer.post("/mine/demand/new", data=form).status_code == 303
    assert session.query(Demand).count() == 1


def test_a_form_that_was_wrong_is_not_used_up(
    writer: FlaskClient, session: Any
) -> None:
    wrong = opened(writer, "demand", title="轴承降噪", budget="半价", deed="save")
    refused = writer.post("/mine/demand/new", data=wrong)
    assert refused.status_code == 422

    mended = filled(refused.text, budget="50万", deed="save")

    assert writer.post("/mine/demand/new", data=mended).status_code == 303
    assert session.query(Demand).one().budget == 50


def test_a_text_handed_on_by_the_trial_is_saved_once(
    writer: FlaskClient, session: Any
) -> None:
    handed_on = {"problem": ["轴承异音，听得出来，找不到原因。"]}
    page = writer.post("/mine/demand/new", data=handed_on)
    form = filled(page.text, title="轴承异音", deed="save")

    first, second = (writer.post("/mine/demand/new", data=form) for _ in "12")

    session.query(Demand).one()
    assert (first.status_code, second.location) == (303, first.location)
