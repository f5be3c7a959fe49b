"""The dictionaries: complete seeds, seeding twice, what an operator changed stays, and editing chains by rule."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.dictionaries import deeds as dictionary_deeds
from marketplace.dictionaries import models
from marketplace.dictionaries.models import Chain, District, HitechField, Industry
from marketplace.errors import Invalid, NotAllowed, NotFound, Stale
from tests.factories import Factory


def test_the_seeds_are_complete_and_hang_together(session: Any) -> None:
    fields, industries = (
        models.names_by_code(HitechField),
        models.names_by_code(Industry),
    )
    counted = {
        "fields": (len(models.fields_of_level(1)), len(models.fields_of_level(2))),
        "divisions": len(models.industry_divisions()),
        "sections": session.query(Industry).filter_by(level="section").count(),
        "chains": len(models.active_chains()),
    }

    assert counted == {"fields": (8, 52), "divisions": 97, "sections": 20, "chains": 12}
    assert all(
        row.parent in fields for row in session.query(HitechField).filter_by(level=2)
    )
    assert all(
        row.parent in industries
        for row in session.query(Industry).filter_by(level="division")
    )
    assert session.query(Chain).filter_by(official=True).count() == 0


def test_a_listing_lies_in_no_abolished_county(session: Any) -> None:
    today = models.current_districts()
    gone = session.query(District).filter(District.valid_to != "").all()

    assert "371581" in today
    assert "371500" not in today
    assert not {row.code for row in gone} & today.keys()
    assert all(
        row.successor in models.names_by_code(District) for row in gone if row.successor
    )


def test_seeding_twice_adds_nothing_and_changes_nothing(session: Any) -> None:
    chain = session.get(Chain, "copper")
    chain.name, chain.active = "铜加工", False
    session.commit()

    added = dictionary_deeds.seed_dictionaries()

    session.expire_all()
    assert added == 0
    assert (session.get(Chain, "copper").name, session.get(Chain, "copper").active) == (
        "铜加工",
        False,
    )


def test_what_is_missing_is_seeded_again(session: Any) -> None:
    session.delete(session.get(Chain, "copper"))
    session.commit()

    assert dictionary_deeds.seed_dictionaries() == 1


def save(code: str = "copper", **changes: Any) -> Chain:
    values = {
        "name": "铜材",
        "position": 3,
        "official": False,
        "active": True,
        "by": None,
        "seen": 1,
    } | changes
    return dictionary_deeds.save_chain(code, **values)


@pytest.mark.parametrize(
    ("code", "changes", "raised"),
    [
        ("copper", {"seen": 7}, Stale),
        ("nothing", {}, NotFound),
        ("copper", {"seen": None}, Invalid),
        ("copper", {"name": " "}, Invalid),
        ("copper", {"name": "轴承"}, Invalid),
        ("BAD CODE", {"seen": None}, Invalid),
        ("", {"seen": None}, Invalid),
        ("x" * 31, {"seen": None}, Invalid),
    ],
)
def test_a_wrong_edit_leaves_the_list_alone(
    code: str, changes: Any, raised: type[Exception], session: Any
) -> None:
    before = models.names_by_code(Chain)

    with pytest.raises(raised):
        save(code, **changes)

    session.expire_all()
    assert models.names_by_code(Chain) == before


def test_only_operators_edit(make: Factory) -> None:
    with pytest.raises(NotAllowed):
        save(by=make.person("broker"))

    assert save(by=make.person("operator"), name=" 铜材 ").name == "铜材"


def test_an_edit_counts_on(session: Any) -> None:
    first = save().revision
    second = save(seen=first, position=1).revision

    assert (first, second) == (2, 3)
    assert next(iter(models.active_chains())) in ("bearing", "copper")
