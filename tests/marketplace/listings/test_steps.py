"""Writing a listing step by step: what is stored when, two windows, other computers, and the person who may not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace import persistence
from marketplace.accounts.child_models import HeldForm, PersonSession
from marketplace.accounts.models import Person
from marketplace.errors import Stale
from marketplace.extensions import db
from marketplace.listings import deeds, unsaved_deeds
from marketplace.listings.forms import FORMS
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.unsaved_models import UnsavedForm
from tests.factories import Factory
from tests.marketplace.desk.pressing import filled
from tests.racing import at_once, committing_site

SignIn = Callable[..., FlaskClient]
PROBLEM = "深沟球轴承振动值离散，客户投诉有异音，调整超精参数多次仍达不到要求。"


def open_step(client: FlaskClient, address: str, **values: Any) -> dict[str, list[str]]:
    answer = client.get(address)
    assert answer.status_code == 200
    return filled(answer.text, **values)


def autosave(client: FlaskClient, address: str, form: dict[str, list[str]]) -> Any:
    """What the script of the form sends for it."""
    path, _, query = address.partition("?")
    return client.post(f"{path.rsplit('/', 1)[0]}/typed?{query}", data=form)


def test_from_nothing_to_handed_in_without_a_script(
    make: Factory, sign_in: SignIn, session: Any
) -> None:
    client = sign_in(make.person("firm", make.organisation("临清轴承厂（示例）")))
    begin = client.get("/mine/demand/begin")
    first = "/mine/demand/new?step=what&need=technology"
    form = open_step(client, first, title="轴承异音", problem=PROBLEM, deed="next")
    form["demand_type"] = ["tech_breakthrough"]

    answer = client.post(first, data=form)
    row = session.query(Demand).one()
    visited = []
    while "/check" not in answer.location:
        visited.append(answer.location.split("step=")[1])
        given: dict[str, Any] = {"deed": "next"}
        if visited[-1] == "terms":
            given |= {"cooperation_modes": ["any"], "budget_negotiable": "y"}
        if visited[-1] == "class":
            given |= {"field_codes-0": "804"}
        if visited[-1] == "contact":
            given |= {"contact_name": "技术部", "contact_phone": "0635-8230000"}
        form = open_step(client, answer.location)
        for name, value in given.items():
            form[name] = value if isinstance(value, list) else [value]
        answer = client.post(answer.location, data=form)
        assert answer.status_code == 303, answer.text
    check = client.get(answer.location).text
    handed = client.post(
        answer.location, data=filled(check.replace("<form", '<form id="f"'), "f")
    )

    assert "技术需求" in begin.text
    assert "人才需求" in begin.text
    assert visited == ["target", "terms", "class", "bounty", "contact"]
    session.refresh(row)
    assert (handed.status_code, row.state) == (303, "submitted")
    assert session.query(UnsavedForm).count() == 0


def test_what_is_missing_is_named_by_its_step(
    make: Factory, sign_in: SignIn, session: Any
) -> None:
    owner = make.organisation()
    client = sign_in(make.person("firm", owner))
    row = make.demand("轴承异音攻关", state="draft", owner=owner, problem="")
    check = client.get(f"/mine/demand/{row.id}/check").text

    answer = client.post(
        f"/mine/demand/{row.id}/check",
        data=filled(check.replace("<form", '<form id="f"'), "f"),
    )

    assert answer.status_code == 422
    assert "要解决什么 · 主要问题" in answer.text
    assert f"/mine/demand/{row.id}/edit?step=what#problem" in answer.text
    assert row.state == "draft"


@pytest.mark.parametrize(
    ("need", "asked", "not_asked"),
    [
        ("technology", {"metrics", "cooperation_modes", "bounty"}, {"headcount"}),
        (
            "talent",
            {"talent_role", "engagement_modes", "budget"},
            {"metrics", "bounty"},
        ),
        ("capital", {"capital_sought", "financing_modes"}, {"budget", "headcount"}),
    ],
)
def test_each_need_is_asked_its_own(
    need: str, asked: set[str], not_asked: set[str], make: Factory, sign_in: SignIn
) -> None:
    client = sign_in(make.person("firm", make.organisation()))

    page = client.get(f"/mine/demand/new?need={need}").text

    with client.application.test_request_context():
        names = set(FORMS["demand"](need=need).names())
    assert asked <= names
    assert not (not_asked & names)
    for name in not_asked:
        assert f'name="{name}' not in page


def test_what_another_need_filled_in_stays_in_the_form(
    make: Factory, sign_in: SignIn
) -> None:
    """A list may say how much is to be spent where money is sought; nobody loses it by opening the form."""
    owner = make.organisation()
    client = sign_in(make.person("firm", owner))
    row = make.demand(
        state="draft", owner=owner, need="capital", budget=30, budget_negotiable=False
    )

    page = client.get(f"/mine/demand/{row.id}/edit").text

    assert 'name="budget"' in page
    assert 'name="capital_sought"' in page


def test_another_computer_goes_on_with_what_was_typed(
    make: Factory, sign_in: SignIn, session: Any
) -> None:
    person = make.person("firm", make.organisation())
    client = sign_in(person)
    address = "/mine/demand/new?step=what&need=technology"
    form = open_step(client, address, title="轴承异音", budget="一百左右")
    answer = autosave(client, address, form)
    later = {**form, "typed": [str(answer.json["revision"])], "problem": [PROBLEM]}
    again = autosave(client, address, later)
    elsewhere = client.application.test_client()
    with elsewhere.session_transaction() as fresh, client.session_transaction() as old:
        fresh.update(old)

    mine = elsewhere.get("/mine").text
    begin = elsewhere.get("/mine/demand/begin").text
    unsaved = session.query(UnsavedForm).one()
    page = elsewhere.get(f"/mine/demand/new?mark={unsaved.place}&step=what").text

    assert (answer.status_code, again.json["revision"]) == (200, 2)
    assert "接着上次没保存的写" in page
    assert PROBLEM in page
    assert "轴承异音" in begin
    assert "轴承异音" in mine
    assert session.query(Demand).count() == 0
    saved = elsewhere.post(
        f"/mine/demand/new?mark={unsaved.place}&step=what",
        data=filled(page, deed="next"),
    )
    assert saved.status_code == 303, saved.text
    assert session.query(Demand).one().problem == PROBLEM
    assert session.query(UnsavedForm).count() == 0


def test_two_windows_are_compared_field_by_field(
    make: Factory, sign_in: SignIn, session: Any
) -> None:
    owner = make.organisation()
    client = sign_in(make.person("firm", owner))
    row = make.demand("轴承异音攻关", state="draft", owner=owner)
    address = f"/mine/demand/{row.id}/edit?step=what"
    one = open_step(client, address)
    two = open_step(client, address)

    first = autosave(client, address, {**one, "title": ["第一个窗口的名称"]})
    second = autosave(client, address, {**two, "title": ["第二个窗口的名称"]})
    pressed = client.post(
        address,
        data={
            **two,
            "title": ["第二个窗口的名称"],
            "problem": [PROBLEM],
            "deed": ["next"],
        },
    )
    chosen = filled(pressed.text, deed="next")
    chosen["pick-title"] = ["stored"]
    saved = client.post(address, data=chosen)

    assert (first.status_code, second.status_code) == (200, 409)
    assert pressed.status_code == 409
    assert "第一个窗口的名称" in pressed.text
    assert "第二个窗口的名称" in pressed.text
    assert saved.status_code == 303, saved.text
    session.refresh(row)
    assert (row.title, row.problem) == ("第一个窗口的名称", PROBLEM)
    assert session.query(UnsavedForm).count() == 0


def test_a_colleague_who_saved_meanwhile_is_not_overwritten_unseen(
    make: Factory, sign_in: SignIn, session: Any
) -> None:
    owner = make.organisation()
    client = sign_in(make.person("firm", owner))
    colleague = make.person("firm", owner)
    row = make.demand("轴承异音攻关", state="draft", owner=owner)
    address = f"/mine/demand/{row.id}/edit?step=what"
    form = open_step(client, address, title="我的名称", deed="next")
    deeds.save(row, {"title": "同事的名称"}, by=colleague, seen=row.revision)
    typed = autosave(client, address, form)
    pressed = client.post(address, data=form)
    again = client.post(address, data=filled(pressed.text, deed="next"))

    assert (typed.status_code, pressed.status_code) == (409, 409)
    assert "同事的名称" in pressed.text
    # Nothing chosen: the own words count, and both have been seen.
    assert again.status_code == 303
    session.refresh(row)
    assert row.title == "我的名称"


def test_back_and_refused_steps_lose_nothing(
    make: Factory, sign_in: SignIn, session: Any
) -> None:
    owner = make.organisation()
    client = sign_in(make.person("firm", owner))
    row = make.demand("轴承异音攻关", state="draft", owner=owner)
    address = f"/mine/demand/{row.id}/edit?step=terms"
    form = open_step(client, address, budget="三十来万吧", budget_negotiable=None)

    refused = client.post(address, data={**form, "deed": ["leave"]})
    back = client.post(address, data={**filled(refused.text), "deed": ["back"]})
    page = client.get(address).text
    dropped = client.post(f"/mine/demand/{row.id}/drop-typed", data={"step": "terms"})

    assert (refused.status_code, back.status_code) == (422, 303)
    assert back.location.endswith("step=target")
    assert "三十来万吧" in page
    assert dropped.location.endswith("step=terms")
    assert "三十来万吧" not in client.get(address).text
    session.refresh(row)
    assert row.budget is None or "三十来万吧" not in str(row.budget)


def test_the_session_that_ended_stores_nothing_by_script_and_holds_the_press(
    make: Factory, sign_in: SignIn, session: Any
) -> None:
    owner = make.organisation()
    person = make.person("firm", owner)
    client = sign_in(person)
    row = make.demand("轴承异音攻关", state="draft", owner=owner)
    address = f"/mine/demand/{row.id}/edit?step=what"
    form = open_step(client, address, title="写到一半的名称", deed="next")
    session.query(PersonSession).delete()
    session.commit()

    typed = autosave(client, address, form)
    pressed = client.post(address, data=form)

    assert typed.status_code in (302, 303)
    assert "login" in typed.location
    assert session.query(UnsavedForm).count() == 0
    assert pressed.status_code == 303
    held = session.query(HeldForm).one()
    assert held.path == address
    assert dict(held.fields)["title"] == "写到一半的名称"


@pytest.mark.parametrize("who", ["guest", "stranger", "auditor"])
def test_who_may_not_reaches_none_of_it(
    who: str, make: Factory, sign_in: SignIn, client: FlaskClient, session: Any
) -> None:
    row = make.demand("轴承异音攻关", state="draft")
    if who != "guest":
        organisations = [make.organisation()] if who == "stranger" else []
        role = "firm" if who == "stranger" else who
        client = sign_in(make.person(role, *organisations))
    of_thing = [
        client.post(f"/mine/demand/{row.id}/typed?step=what", data={"title": "改了"}),
        client.post(f"/mine/demand/{row.id}/look", data={"title": "改了"}),
        client.get(f"/mine/demand/{row.id}/check"),
        client.post(f"/mine/demand/{row.id}/check", data={"seen": row.revision}),
        client.post(f"/mine/demand/{row.id}/drop-typed"),
    ]

    for answer in of_thing:
        assert answer.status_code in (302, 303, 403, 404), answer.status
    if who == "auditor":
        assert client.get("/mine/demand/begin").status_code == 403
        made = client.post("/mine/demand/typed?step=what", data={"title": "新的"})
        assert made.status_code in (403, 422)
    assert session.query(UnsavedForm).count() == 0
    session.refresh(row)
    assert row.state == "draft"


def test_nobody_drops_or_opens_what_another_has_begun(
    make: Factory, sign_in: SignIn, session: Any
) -> None:
    owner = make.organisation()
    mine, other = make.person("firm", owner), make.person("firm", owner)
    row = unsaved_deeds.store_typed(
        mine, "demand", "1764000000000000-0123456789abcdef",
        {"what": [("title", "还没想好")]}, seen=0,
    )  # fmt: skip
    client = sign_in(other)

    page = client.get(f"/mine/demand/new?mark={row.place}&step=what")
    dropped = client.post(f"/mine/begun/{row.id}/drop")

    assert "还没想好" not in page.text
    assert dropped.status_code == 404
    assert session.query(UnsavedForm).count() == 1


def test_marks_of_secrecy_are_not_even_stored_while_typing(
    make: Factory, sign_in: SignIn, session: Any
) -> None:
    client = sign_in(make.person("firm", make.organisation()))
    address = "/mine/demand/new?step=what&need=technology"
    form = open_step(client, address, title="机密★10年 轴承异音")

    typed = autosave(client, address, form)

    assert typed.status_code == 422
    assert session.query(UnsavedForm).count() == 0


def test_an_account_that_is_closed_takes_along_what_was_typed(
    make: Factory, session: Any
) -> None:
    person = make.person("firm", make.organisation())
    unsaved_deeds.store_typed(
        person, "achievement", "1764000000000000-0123456789abcdef",
        {"what": [("title", "还没想好")]}, seen=0,
    )  # fmt: skip

    unsaved_deeds.forget_person(person.id)

    assert session.query(UnsavedForm).count() == 0


def test_two_first_words_at_one_moment(tmp_path: Path, migrated: str) -> None:
    """Two windows store the first words of one form, then both go on from the same revision: one of each is told."""
    with committing_site(tmp_path, migrated) as site:
        make = Factory(db.session)
        person = make.person("firm", make.organisation())
        db.session.commit()
        number = person.id

        def typing(words: str, seen: int) -> Callable[[], Callable[[], object]]:
            def store() -> None:
                # As a request that writes begins: the second waits for the first.
                persistence.begin_write()
                me = db.session.get(Person, number)
                assert me is not None
                pairs = {"what": [("title", words)]}
                unsaved_deeds.store_typed(me, "demand", "7", pairs, seen=seen)

            def read() -> Callable[[], object]:
                return store

            return read

        first = at_once(site, typing("甲", 0), typing("乙", 0))
        assert "done" in first, first
        db.session.rollback()
        stored = db.session.query(UnsavedForm).one()
        second = at_once(
            site, typing("丙", stored.revision), typing("丁", stored.revision)
        )
        db.session.rollback()

        for outcome in (first, second):
            assert sorted(map(_kind, outcome)) == ["Stale", "done"]
        assert db.session.query(UnsavedForm).one().revision == 2


def _kind(outcome: object) -> str:
    if isinstance(outcome, Exception):
        assert isinstance(outcome, Stale), outcome
        return type(outcome).__name__
    return str(outcome)


def test_a_step_of_an_achievement_saves_its_own_questions_only(
    make: Factory, sign_in: SignIn, session: Any, app: Flask
) -> None:
    owner = make.organisation("鲁西大学（示例）", kind="university")
    client = sign_in(make.person("firm", owner))
    row = make.achievement(state="draft", owner=owner)
    before = (row.summary, len(row.metrics), list(row.conversion_modes))
    address = f"/mine/achievement/{row.id}/edit?step=contact"

    answer = client.post(
        address, data=open_step(client, address, contact_name="科技处", deed="next")
    )

    assert answer.location.endswith(f"/mine/achievement/{row.id}/check")
    session.refresh(row)
    assert isinstance(row, Achievement)
    assert row.contact_name == "科技处"
    assert (row.summary, len(row.metrics), list(row.conversion_modes)) == before
