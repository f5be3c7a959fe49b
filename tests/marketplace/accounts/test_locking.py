"""The lock: five failures, counted in the database by the account that was found; and the slower limits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.accounts import deeds as account_deeds
from marketplace.accounts import person_deeds
from marketplace.accounts.models import Person
from marketplace.accounts.queries import find_person
from marketplace.clock import now
from marketplace.extensions import db
from tests.factories import Factory
from tests.marketplace.accounts.mailbox import Mailbox

SignIn = Callable[..., FlaskClient]
PASSWORD = "a-long-enough-password"
WRONG = "账号或密码不对"


def knock(
    client: FlaskClient, email: str, password: str = PASSWORD, **more: Any
) -> Any:
    return client.post("/login", data={"email": email, "password": password}, **more)


@pytest.fixture
def person(make: Factory) -> Person:
    """Somebody with an account."""
    return make.person("firm", make.organisation())


def fail(client: FlaskClient, person: Person, times: int) -> None:
    for _ in range(times):
        assert WRONG in knock(client, person.email, "wrong").text


def test_the_fifth_failure_locks_for_a_quarter_of_an_hour(
    client: FlaskClient, person: Person, session: Session, mailbox: Mailbox
) -> None:
    fail(client, person, 4)
    assert knock(client, person.email).location == "/mine"
    client.post("/logout")
    fail(client, person, 5)

    locked = knock(client, person.email)
    wrong = knock(client, person.email, "wrong")
    person.locked_until = now() - timedelta(seconds=1)
    session.commit()

    assert locked.status_code == wrong.status_code == 200
    assert locked.text == wrong.text
    assert WRONG in locked.text
    assert knock(client, person.email).location == "/mine"
    assert mailbox.receivers() == [person.email]
    assert "连续 5 次" in mailbox.texts()[0]


def test_tries_during_a_lock_do_not_prolong_it(
    client: FlaskClient, person: Person, session: Session, mailbox: Mailbox
) -> None:
    fail(client, person, 5)
    session.refresh(person)
    until = person.locked_until
    fail(client, person, 8)

    session.refresh(person)
    assert (person.locked_until, len(mailbox.mails())) == (until, 1)
    assert until - now() <= timedelta(minutes=15)


def test_failures_long_ago_do_not_add_up(
    client: FlaskClient, person: Person, session: Session
) -> None:
    fail(client, person, 4)
    person.failed_at = now() - timedelta(minutes=16)
    session.commit()
    fail(client, person, 4)

    assert knock(client, person.email).location == "/mine"
    session.refresh(person)
    assert (person.failed_count, person.failed_at) == (0, None)


VARIATION = [chr(0xFE00 + number) for number in range(16)] + [
    "\u180b",
    "\u034f",
    "\u200b",
    "\u00ad",
]


@pytest.mark.parametrize(
    "spell",
    [
        lambda email, n: email.replace("mo.", VARIATION[n] + "mo."),
        lambda email, n: VARIATION[n] + email,
        lambda email, n: email + VARIATION[n],
        lambda email, n: email.replace("@", VARIATION[n] + "@"),
        lambda email, n: "".join(
            c.upper() if i % (n + 2) else c for i, c in enumerate(email)
        ),
        lambda email, n: " " * n + email,
        lambda email, n: email.replace(".", "。" if n % 2 else "｡"),
        lambda email, n: email.translate({ord("a") + n: 0xFF41 + n, ord("e"): 0xFF45}),
    ],
    ids=["domain", "before", "after", "local", "case", "blanks", "dots", "wide"],
)
def test_no_spelling_has_tries_of_its_own(
    spell: Callable[[str, int], str],
    client: FlaskClient,
    person: Person,
    session: Session,
) -> None:
    for number in range(5):
        knock(client, spell(person.email, number), "wrong")

    session.refresh(person)
    assert person.locked_until is not None
    assert WRONG in knock(client, spell(person.email, 7)).text


def test_the_second_sign_in_name_is_the_same_account(
    client: FlaskClient, person: Person, session: Session
) -> None:
    person.mobile = "+8613800138000"
    session.commit()
    for name in (
        "13800138000",
        person.email,
        "+86 138 0013 8000",
        "138-0013-8000",
        person.email,
    ):
        knock(client, name, "wrong")

    assert WRONG in knock(client, person.email).text


@pytest.mark.parametrize(
    ("address", "data"),
    [
        ("/verify", {"password": "wrong"}),
        (
            "/change",
            {
                "password": "wrong",
                "new_password": "Gulou+7xkQwz",
                "new_password_confirm": "Gulou+7xkQwz",
            },
        ),
    ],
)
def test_the_other_pages_that_ask_for_it_count_too(
    address: str,
    data: dict[str, str],
    person: Person,
    sign_in: SignIn,
    client: FlaskClient,
    session: Session,
) -> None:
    browser = sign_in(person)
    for number in range(5):
        # A field of another form changes nothing about whose tries these are.
        assert (
            browser.post(
                address, data=data | {"email": f"x{number}@y.example"}
            ).status_code
            == 200
        )

    right = browser.post(address, data=data | {"password": PASSWORD})

    assert right.status_code == 200
    assert "现在的密码不对" in right.text
    assert WRONG in knock(client, person.email).text
    assert browser.get("/mine").status_code == 200


def test_the_owner_opens_it_by_mail(
    client: FlaskClient, person: Person, mailbox: Mailbox
) -> None:
    fail(client, person, 5)
    client.post("/reset", data={"email": person.email})
    fresh = "Gulou+7xkQwz"
    client.post(
        mailbox.link("/reset/"), data={"password": fresh, "password_confirm": fresh}
    )

    assert knock(client, person.email, fresh).location == "/mine"


def test_a_closed_account_is_told_to_its_owner_only(
    client: FlaskClient, person: Person, session: Session
) -> None:
    person.active = False
    session.commit()

    assert "已停用" in knock(client, person.email).text
    assert "已停用" not in knock(client, person.email, "wrong").text


def _add(site: Flask, *names: str) -> None:
    with site.app_context():
        for name in names:
            account_deeds.add_person(
                f"{name}@demo.example", name=name, password=PASSWORD
            )
        db.session.remove()


def test_two_workers_count_together(new_site: Callable[..., Flask]) -> None:
    sites = [new_site(), new_site()]
    _add(sites[0], "first")
    for number in range(5):
        knock(sites[number % 2].test_client(), "first@demo.example", "wrong")

    for site in sites:
        assert WRONG in knock(site.test_client(), "first@demo.example").text


def test_eight_at_once_are_eight(new_site: Callable[..., Flask]) -> None:
    site = new_site()
    _add(site, "first", "second")
    with site.app_context():
        person = find_person("first@demo.example")
        person.failed_count, person.failed_at = 0, now()
        db.session.commit()
        db.session.remove()
    threads = [
        threading.Thread(
            target=lambda: knock(site.test_client(), "first@demo.example", "wrong")
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert WRONG in knock(site.test_client(), "first@demo.example").text
    assert knock(site.test_client(), "second@demo.example").location == "/mine"


def test_one_address_tries_many_accounts_only_so_often(
    new_site: Callable[..., Flask],
) -> None:
    site = new_site(RATELIMIT_ENABLED=True)
    _add(site, "first")
    here, there = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}
    answers = [
        knock(
            site.test_client(), f"n{n}@demo.example", "x", environ_base=here
        ).status_code
        for n in range(33)
    ]

    assert answers == [200] * 30 + [429] * 3
    assert (
        knock(site.test_client(), "first@demo.example", environ_base=here).status_code
        == 429
    )
    assert (
        knock(site.test_client(), "first@demo.example", environ_base=there).location
        == "/mine"
    )


@pytest.mark.parametrize("email", ["first@demo.example", "nobody@demo.example"])
def test_one_account_is_tried_from_many_addresses_only_so_often(
    email: str, new_site: Callable[..., Flask]
) -> None:
    site = new_site(RATELIMIT_ENABLED=True)
    _add(site, "first", "second")
    answers = []
    for number in range(22):
        address = {"REMOTE_ADDR": f"198.51.100.{number}"}
        spelled = email.replace("de", f"de{VARIATION[number % 16]}")
        answers.append(
            knock(site.test_client(), spelled, "x", environ_base=address).status_code
        )

    # The same for an account that is there and for one that is not.
    assert answers == [200] * 20 + [429] * 2
    assert knock(site.test_client(), "second@demo.example").location == "/mine"


@pytest.mark.parametrize(
    ("address", "data", "status"),
    [
        ("/login", {"email": "first@demo.example", "password": ""}, 200),
        # A new password that is refused is no try at the account.
        ("/change", {"password": PASSWORD, "new_password": "x", "new_password_confirm": "x"}, 200),
        ("/change", {"password": "wrong", "new_password": "x", "new_password_confirm": "x"}, 429),
    ],
)  # fmt: skip
def test_what_is_no_try_is_not_counted(
    address: str, data: dict[str, str], status: int, new_site: Callable[..., Flask]
) -> None:
    site = new_site(RATELIMIT_ENABLED=True)
    _add(site, "first")
    browser = site.test_client()
    if address == "/change":
        knock(browser, "first@demo.example")

    answers = [browser.post(address, data=data).status_code for _ in range(10)]

    assert answers[-1] == status


def test_nobody_alone_keeps_an_owner_out(new_site: Callable[..., Flask]) -> None:
    site = new_site(RATELIMIT_ENABLED=True)
    _add(site, "first")
    robber, owner = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}
    email = "first@demo.example"

    tried = [
        knock(site.test_client(), email, "x", environ_base=robber).status_code
        for _ in range(30)
    ]
    _unlock(site)

    assert tried == [200] * 8 + [429] * 22
    assert knock(site.test_client(), email, environ_base=owner).location == "/mine"


def test_a_link_in_the_mailbox_ends_the_slow_limit(
    new_site: Callable[..., Flask],
) -> None:
    site = new_site(RATELIMIT_ENABLED=True)
    _add(site, "first")
    email, fresh = "first@demo.example", "Gulou+7xkQwz"
    for number in range(21):
        robber = {"REMOTE_ADDR": f"198.51.100.{number}"}
        knock(site.test_client(), email, "x", environ_base=robber)
    _unlock(site)
    assert knock(site.test_client(), email).status_code == 429

    with site.test_request_context():
        link = person_deeds.make_link(person_deeds.get_account(email))
    path = "/" + link.split("/", 3)[3]
    data = {"password": fresh, "password_confirm": fresh}
    site.test_client().post(path, data=data)

    assert knock(site.test_client(), email, fresh).location == "/mine"


def _unlock(site: Flask) -> None:
    with site.app_context():
        free = {"failed_count": 0, "failed_at": None, "locked_until": None}
        db.session.execute(db.update(Person).values(free))
        db.session.commit()


def test_a_success_is_no_failure(new_site: Callable[..., Flask]) -> None:
    site = new_site(RATELIMIT_ENABLED=True)
    _add(site, "first")

    answers = [
        knock(site.test_client(), "first@demo.example").status_code for _ in range(35)
    ]

    assert answers == [302] * 35
