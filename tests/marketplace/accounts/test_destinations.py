"""Who had to register on their way somewhere gets there, on another device too; nobody is led to another site."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.accounts.destinations import own_path
from tests.factories import Factory
from tests.marketplace.accounts.mailbox import Mailbox
from tests.marketplace.accounts.test_registering import FORM

OWN = [
    "/mine/organisations/join",
    "/demands/3?from=search&q=轴承 异音",
    "/search?q=a%26b&kind=demand#facets",
    "/invitations/abc.DEF-_~",
    "/",
]
# Browsers drop tabs and line ends and read backslashes as slashes: each of these leads away, or may.
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/mine\r\nX-Evil: 1",
    "javascript:alert(1)",
    "mine",
    " /mine",
    "",
    "/" + "a" * 600,
]


@pytest.mark.parametrize("path", OWN)
def test_paths_of_this_site_are_taken(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize("path", [*ELSEWHERE, None])
def test_whatever_may_lead_away_is_dropped(path: str | None) -> None:
    assert own_path(path) == ""


@pytest.mark.parametrize("path", OWN)
def test_registering_on_the_way_leads_there_on_another_device(
    path: str, client: FlaskClient, app: Flask, mailbox: Mailbox, session: Session
) -> None:
    page = client.get(f"/register?next={quote(path)}").text
    client.post(f"/register?next={quote(path)}", data=FORM)
    link = mailbox.link("/confirm/")
    other = app.test_client()

    confirmed = other.get(link)
    form = other.get(confirmed.location).text
    entered = other.post(confirmed.location, data=FORM)

    assert 'action="/register?next=' in page
    assert parse_qs(urlsplit(confirmed.location).query)["next"] == [path]
    assert 'action="/login?next=' in form
    assert entered.status_code == 302
    assert unquote(entered.location) == unquote(path)


@pytest.mark.parametrize("path", ELSEWHERE)
def test_no_mail_of_ours_leads_elsewhere(
    path: str, client: FlaskClient, mailbox: Mailbox, session: Session
) -> None:
    client.post(f"/register?next={quote(path)}", data=FORM)
    link = mailbox.link("/confirm/")
    # And where somebody adds it to the link by hand.
    confirmed = client.get(f"{urlsplit(link).path}?next={quote(path)}")

    assert urlsplit(link).query == ""
    assert confirmed.location == "/login"


def test_the_second_mail_and_a_link_that_is_over_know_it_too(
    client: FlaskClient, mailbox: Mailbox, session: Session
) -> None:
    wanted = "?next=/mine/demand/new"
    client.post(f"/register{wanted}", data=FORM)
    client.post(f"/confirm{wanted}", data={"email": FORM["email"]})
    link = mailbox.link("/confirm/")

    damaged = client.get(f"{urlsplit(link).path}x{wanted}")
    page = client.get(damaged.location).text
    first = client.get(link)
    again = client.get(link)

    assert link.endswith(wanted)
    assert damaged.location == f"/confirm{wanted}"
    assert f'action="/confirm{wanted}"' in page
    assert first.location == f"/login{wanted}"
    assert again.location == f"/login{wanted}"


def test_known_and_unknown_addresses_get_the_same_answer(
    client: FlaskClient, make: Factory
) -> None:
    known = make.person("firm").email
    answers = []
    for email in (known, "nobody@demo.example"):
        answer = client.post(
            "/register?next=/mine/demand/new", data={**FORM, "email": email}
        )
        answers.append((answer.status_code, answer.location))

    assert answers[0] == answers[1]
