"""`flask people`: the first operator by a link that opens once, further people, closing, resetting."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.accounts.models import Person
from marketplace.accounts.queries import find_person
from marketplace.lifecycle import History
from marketplace.listings import deeds as listing_deeds
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
FRESH = "Gulou+7xkQwz"


@pytest.fixture
def people(app: Flask, session: Session) -> Callable[..., Any]:
    """Runs the command."""
    return lambda *words: app.test_cli_runner().invoke(args=["people", *words])


def link_in(output: str) -> str:
    return urlsplit(re.search(r"https?://\S+", output).group(0)).path  # type: ignore[union-attr]


def test_the_first_operator_comes_in_by_a_link(
    people: Callable[..., Any], client: FlaskClient, session: Session
) -> None:
    made = people("first-operator", "Op@liaocheng.gov.cn")
    link = link_in(made.output)
    form = {"password": FRESH, "password_confirm": FRESH}
    page = client.get(link)
    client.post(link, data=form)
    again = client.post(link, data=form, follow_redirects=True)
    entered = client.post(
        "/login", data={"email": "op@liaocheng.gov.cn", "password": FRESH}
    )

    assert made.exit_code == 0
    assert "设为新密码" in page.text
    assert "无效或已经用过" in again.text
    assert entered.location == "/mine"
    assert client.get("/office/review").status_code == 200


def test_there_is_one_first_operator(
    people: Callable[..., Any], make: Factory, session: Session
) -> None:
    operator = make.person("operator")
    refused = people("first-operator", "two@demo.example")
    operator.active = False
    session.commit()
    taken = people("first-operator", "two@demo.example")

    assert (refused.exit_code, taken.exit_code) == (1, 0)
    assert "已有运营人员" in refused.output
    assert find_person("two@demo.example") is not None


@pytest.mark.parametrize(
    "email", ["", "op", "op@", "op@host", "a b@c.example", "op@liaocheng.gov.cn; x"]
)
def test_an_address_that_is_none_is_refused(
    email: str, people: Callable[..., Any], session: Session
) -> None:
    answer = people("first-operator", email)

    assert answer.exit_code == 1
    assert "邮箱写得不对" in answer.output
    assert session.query(Person).count() == 0


def test_nobody_runs_and_audits_the_site_by_command_either(
    people: Callable[..., Any], session: Session
) -> None:
    both = people(
        "add",
        "one@demo.example",
        "--name",
        "甲",
        "--role",
        "operator",
        "--role",
        "auditor",
    )
    first = people("add", "two@demo.example", "--name", "乙", "--role", "operator")
    then = people("add", "two@demo.example", "--name", "乙", "--role", "auditor")

    assert [one.exit_code for one in (both, first, then)] == [1, 0, 1]
    assert "由不同的人担任" in both.stderr + then.stderr
    assert find_person("one@demo.example") is None
    assert find_person("two@demo.example").role_names == {"operator"}


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        ([], ["broker", "auditor"]),
        (["broker"], ["auditor"]),
        (["auditor"], ["broker"]),
        (["operator", "broker"], ["auditor"]),
    ],
)
def test_nobody_acts_in_what_they_audit_by_command(
    held: list[str],
    wanted: list[str],
    people: Callable[..., Any],
    session: Session,
) -> None:
    address = "one@demo.example"

    def add(roles: list[str]) -> Any:
        options = [word for role in roles for word in ("--role", role)]
        return people("add", address, "--name", "甲", *options)

    before = add(held) if held else None
    refused = add(wanted)

    assert before is None or before.exit_code == 0
    assert refused.exit_code == 1
    assert "运营和审计要由不同的人" in refused.stderr or "审计人员" in refused.stderr
    person = find_person(address)
    assert (set(person.role_names) if person else set()) == set(held)


def test_no_command_takes_an_organisations_last_administrator(
    people: Callable[..., Any], make: Factory, session: Session
) -> None:
    firm = make.organisation()
    person = make.person("firm", firm, administers=True)
    refused = people("add", person.email, "--name", "甲", "--role", "auditor")

    assert (refused.exit_code, person.role_names) == (1, frozenset())
    assert "最后一位管理员" in refused.stderr


def test_adding_gives_roles_and_a_link_once(
    people: Callable[..., Any], client: FlaskClient, session: Session
) -> None:
    first = people(
        "add",
        "one@demo.example",
        "--name",
        "甲",
        "--role",
        "broker",
        "--role",
        "broker",
    )
    client.post(
        link_in(first.output), data={"password": FRESH, "password_confirm": FRESH}
    )
    again = people(
        "add",
        "ONE@demo.example",
        "--name",
        "乙",
        "--role",
        "broker",
        "--role",
        "operator",
    )

    person = find_person("one@demo.example")
    assert person.role_names == {"broker", "operator"}
    assert person.name == "甲"
    assert "http" not in again.output
    assert (
        people("add", "x@demo.example", "--name", "丙", "--role", "king").exit_code == 2
    )
    notes = {
        note.deed
        for note in session.query(History).filter_by(kind="person", thing_id=person.id)
    }
    assert {"add", "role", "password"} <= notes


def test_closing_and_resetting(
    people: Callable[..., Any],
    make: Factory,
    sign_in: SignIn,
    client: FlaskClient,
    session: Session,
) -> None:
    person = make.person("firm", make.organisation())
    browser = sign_in(person)

    closed = people("deactivate", person.email)
    twice = people("deactivate", person.email)
    nobody = people("deactivate", "nobody@demo.example")
    outside = browser.get("/mine").status_code
    back = people("reset", person.email)
    old = client.post(
        "/login", data={"email": person.email, "password": "a-long-enough-password"}
    )
    client.post(
        link_in(back.output), data={"password": FRESH, "password_confirm": FRESH}
    )
    new = client.post("/login", data={"email": person.email, "password": FRESH})

    assert (closed.exit_code, twice.exit_code, nobody.exit_code, back.exit_code) == (
        0,
        1,
        1,
        0,
    )
    assert outside == 302
    assert "账号或密码不对" in old.text
    assert new.location == "/mine"


def test_what_a_closed_broker_carried_lies_with_the_operators(
    people: Callable[..., Any], make: Factory, session: Session
) -> None:
    broker, row = make.broker(), make.demand()
    listing_deeds.assign_broker(row, broker, by=make.person("operator"))

    closed = people("deactivate", broker.email)
    session.expire_all()

    assert closed.exit_code == 0
    assert not broker.active
    assert row.broker_ids == frozenset()


def test_links_name_the_site(new_site: Callable[..., Flask]) -> None:
    site = new_site(
        SERVER_NAME="market.example",
        TRUSTED_HOSTS=["market.example"],
        PREFERRED_URL_SCHEME="https",
    )

    done = site.test_cli_runner().invoke(
        args=["people", "first-operator", "op@a.example"], catch_exceptions=False
    )

    assert "https://market.example/reset/" in done.output
