"""The permission table: closed by default, read for every role."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from marketplace.errors import NotAllowed
from marketplace.permissions import (
    HOUSE_DEEDS,
    TABLE,
    Guest,
    anyone,
    audiences,
    join_deeds,
    may,
    operator,
    read_aloud,
    require,
)

# The table is joined when an application is built.
pytestmark = pytest.mark.usefixtures("app")


def person(*roles: str, organisations: tuple[int, ...] = ()) -> Any:
    return SimpleNamespace(
        role_names=roles, organisation_ids=organisations, is_authenticated=True
    )


GUEST = Guest()
MEMBER = person("firm", organisations=(7,))
STRANGER = person("firm", organisations=(8,))
BROKER = person("broker", organisations=(9,))
OPERATOR = person("operator")
OWN = SimpleNamespace(organisation_id=7, visibility="confidential", anonymous=True)


@pytest.mark.parametrize(
    ("deed", "who"),
    [
        ("public.read", {"guest", "member", "stranger", "broker", "operator"}),
        ("mine.read", {"member", "stranger", "broker", "operator"}),
        ("listing.read_contact", {"member", "stranger", "broker", "operator"}),
        ("listing.read_full", {"member", "broker", "operator"}),
        ("demand.read_firm", {"member", "operator"}),
        ("verdict.read", {"member", "broker", "operator"}),
        ("verdict.give", {"member", "broker", "operator"}),
        ("verdict.grade", {"broker", "operator"}),
        ("verdict.read_reasons", {"member", "operator"}),
        ("quality.read", {"operator"}),
        ("listing.edit", {"member", "operator"}),
        ("listing.submit", {"member", "operator"}),
        ("listing.withdraw", {"member", "operator"}),
        ("listing.close", {"member", "operator"}),
        ("listing.archive", {"member", "operator"}),
        ("listing.review", {"operator"}),
        ("listing.suspend", {"operator"}),
        ("dictionary.edit", {"operator"}),
        ("office.read", {"operator"}),
        ("no such deed", set()),
    ],
)
def test_who_may(deed: str, who: set[str]) -> None:
    people = {
        "guest": GUEST,
        "member": MEMBER,
        "stranger": STRANGER,
        "broker": BROKER,
        "operator": OPERATOR,
    }
    allowed = {name for name, somebody in people.items() if may(somebody, deed, OWN)}

    assert allowed == who


def test_the_site_itself_may_do_what_is_listed_and_nothing_else() -> None:
    assert all(may(None, deed) for deed in TABLE)
    assert not may(None, "no such deed")


def test_require_says_what_to_do() -> None:
    with pytest.raises(NotAllowed) as refused:
        require(STRANGER, "listing.edit", OWN)

    assert "登录" in refused.value.advice


@pytest.mark.parametrize(
    ("somebody", "expected"),
    [
        (GUEST, {"public"}),
        (MEMBER, {"public", "org:7"}),
        (BROKER, {"public", "broker", "org:9"}),
        (OPERATOR, {"public", "operator"}),
    ],
)
def test_audiences(somebody: Any, expected: set[str]) -> None:
    assert audiences(somebody) == expected


def test_a_deed_declared_twice_refuses_at_the_start() -> None:
    before = dict(TABLE)

    with pytest.raises(
        ValueError, match="'deal.sign' is declared by deals and by finance"
    ):
        join_deeds(
            [
                ("deals", {"deal.sign": (operator,)}),
                ("finance", {"deal.sign": (anyone,)}),
            ]
        )
    with pytest.raises(
        ValueError, match="'mine.read' is declared by the house and by deals"
    ):
        join_deeds([("deals", {"mine.read": (anyone,)})])
    with pytest.raises(ValueError, match="names nobody"):
        join_deeds([("deals", {"deal.sign": ()})])

    assert before == TABLE
    assert HOUSE_DEEDS.items() <= TABLE.items()


def test_the_table_is_read_aloud(app: Flask) -> None:
    printed = app.test_cli_runner().invoke(args=["deeds"]).output.splitlines()

    assert printed == read_aloud()
    assert len(printed) == len(TABLE)
    assert "demand.read_firm: named or member or operator" in printed
