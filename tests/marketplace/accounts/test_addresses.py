"""Every door that takes the address of an account reads it alike and refuses it in the same words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.accounts import deeds
from marketplace.accounts.models import Person
from marketplace.memberships.models import Invitation
from marketplace.notices.models import Notice
from marketplace.parsing.emails import HOW_TO_WRITE, NO_ADDRESS
from tests.factories import Factory

WORDS = f"{NO_ADDRESS}{HOW_TO_WRITE}"
WRONG = ["li@lcu", "李雷@lcu.edu.cn", "a@x.cn；b@x.cn", "li***@x.cn", "li@10.0.0.1"]
PASTED = "mailto:Li.Lei＠LCU.edu.cn"
STORED = "li.lei@lcu.edu.cn"
REGISTRATION = {
    "name": "李雷",
    "password": "Dongchang-9Lake",
    "password_confirm": "Dongchang-9Lake",
    "agreed": "y",
}


@pytest.fixture
def doors(
    app: Flask, client: FlaskClient, make: Factory, sign_in: Callable[..., FlaskClient]
) -> dict[str, Callable[[str], str]]:
    """Door → what it answers to an address."""
    firm = make.organisation("茌平门业（示例）")
    chief = sign_in(make.person("firm", firm, administers=True))
    own = sign_in(make.person("firm"))
    deeds.seed_roles()

    def invite(address: str) -> str:
        url = f"/mine/organisations/{firm.id}/invitations"
        return chief.post(url, data={"email": address, "place": "member"}).text

    def command(address: str) -> str:
        words = ["people", "add", address, "--name", "李雷"]
        return app.test_cli_runner().invoke(args=words).output

    return {
        "register": lambda address: (
            client.post("/register", data={**REGISTRATION, "email": address}).text
        ),
        "change": lambda address: (
            own.post("/change-email", data={"email": address}).text
        ),
        "invite": invite,
        "command": command,
    }


@pytest.mark.parametrize("door", ["register", "change", "invite", "command"])
@pytest.mark.parametrize("address", WRONG)
def test_the_same_words_at_every_door(
    door: str, address: str, doors: dict[str, Callable[[str], str]], session: Session
) -> None:
    people = session.query(Person).count()

    answer = doors[door](address)

    assert WORDS in answer
    assert session.query(Person).count() == people
    assert session.query(Invitation).count() == 0
    assert session.query(Notice).count() == 0


@pytest.mark.parametrize("door", ["register", "change", "invite", "command"])
def test_a_pasted_address_is_read_alike(
    door: str, doors: dict[str, Callable[[str], Any]], session: Session
) -> None:
    doors[door](PASTED)

    stored = {email for (email,) in session.query(Person.email)}
    stored |= {email for (email,) in session.query(Invitation.email)}
    stored |= {address for (address,) in session.query(Notice.address)}
    assert STORED in stored
