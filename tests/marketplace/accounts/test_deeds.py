"""People: added once, gaining roles and places."""

from __future__ import annotations

import re
from typing import Any

import pytest

from marketplace.accounts import deeds as account_deeds
from marketplace.errors import Invalid
from tests.factories import Factory
from tests.house import ROOT


def test_a_person_is_added_once_and_gains_roles(make: Factory, session: Any) -> None:
    first, second = make.organisation(), make.organisation()
    person = account_deeds.add_person(
        " A@demo.example ",
        name="甲",
        password="one-long-password",
        organisations=[first],
    )
    before = person.password

    again = account_deeds.add_person(
        "a@demo.example",
        name="乙",
        password="other-password",
        roles=["broker"],
        organisations=[first, second],
    )

    assert again is person
    assert (person.name, person.password, person.role_names) == (
        "甲",
        before,
        {"broker"},
    )
    assert person.organisation_ids == {first.id, second.id}
    assert person.password.startswith("$argon2")
    with pytest.raises(Invalid):
        account_deeds.add_person(
            "b@demo.example", name="丙", password="x", roles=["king"]
        )


def test_roles_and_places_are_given_in_one_place() -> None:
    """A way to either that asks nothing of what goes together would be found here (147)."""
    gives = re.compile(r"(?<!class )\bMembership\(|\.roles\.(?:append|extend)\(")
    rooms = ROOT / "marketplace"
    found = set()
    for path in rooms.rglob("*.py"):
        if gives.search(path.read_text()):
            found.add(str(path.relative_to(rooms)))

    # A merger that is taken back returns what was.
    assert found == {"accounts/granting.py", "accounts/places.py"}
