"""No hidden value of a listing reaches what is searched, sorted, counted, ranked or shown in lists.

Each field of the schema is changed in turn: where not everybody may know it, the documents stay the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import search
from marketplace.catalogue.facets import run_search
from marketplace.catalogue.search_state import SearchState
from marketplace.listings import cards, index
from marketplace.listings.disclosure import common_view
from marketplace.listings.models import CHILDREN, LISTINGS
from marketplace.listings.schema import SCHEMAS, choices, contacts, kinds, price
from marketplace.listings.schema.field import Field
from marketplace.permissions import Guest
from tests.factories import Factory

# What 部分公开 shows (R: 名称、领域、阶段、简介), and what says of every listing how public it is and how long.
PARTIAL = {
    "title",
    "field_codes",
    "stage",
    "stage_wished",
    "summary",
    "problem",
    "visibility",
    "anonymous",
    "valid_until",
}
# What stays between the owner and the operators, or with the contact desk.
PRIVATE = {"contact_name", "contact_phone", "contact_email", "note"}
# What a search document says of where a listing stands in the house, not of what its owner wrote.
STANDING = {"kind", "id", "version", "audience", "year", "published_at"}
LONG = "另一段文字，和原来的完全不同，写的是完全无关的内容：桂圆核的皂苷提取。"
ANOTHER: dict[type[Field], Callable[[Any], Any]] = {
    contacts.Phone: lambda field: "0635-7009911",
    contacts.Email: lambda field: "another@other.example",
    kinds.Line: lambda field: "另写的一行",
    kinds.Text: lambda field: LONG,
    kinds.Flag: lambda field: True,
    kinds.Level: lambda field: field.high,
    kinds.Whole: lambda field: field.low + 1,
    kinds.Day: lambda field: date(2031, 5, 6),
    kinds.Month: lambda field: "2019-05",
    price.Amount: lambda field: Decimal("77.5"),
    kinds.Number: lambda field: Decimal(3),
    kinds.Words: lambda field: ["桂圆", "皂苷"],
    choices.Term: lambda field: list(field.vocabulary)[-1],
    choices.Terms: lambda field: list(field.vocabulary)[-1:],
}
CODES = {
    "chain_code": "textile",
    "field_codes": ["101"],
    "industry_codes": ["C13"],
}
ROWS: dict[str, list[dict[str, Any]]] = {
    "metrics": [{"name": "皂苷得率", "value": Decimal(9), "unit": "%"}],
    "co_owners": [{"name": "另一家单位（示例）"}],
    "contributors": [{"name": "示例癸"}],
    "ips": [{"ip_type": "design", "name": "另一件专利", "legal_status": "granted"}],
}


def another_value(field: Field, kind: str) -> Any:
    """A value that the field does not have yet."""
    if field.name in CODES:
        return CODES[field.name]
    if field.name in ROWS:
        table = CHILDREN[kind][field.name]
        return [table(**values) for values in ROWS[field.name]]
    for type_, make in ANOTHER.items():
        if isinstance(field, type_):
            return make(field)
    raise TypeError(f"no other value for {field.name}")


def documents(row: Any) -> dict[str, Any]:
    """Everything that lists, engines and the matcher hold of a row."""
    return {
        "search": index.search_document(row),
        "matching": index.matching_document(common_view(row)),
        "card": {**cards.card_of(row), "title": row.title},
    }


def fields_of(kind: str) -> Iterator[Field]:
    """The fields of the form; the owner is changed apart, and the five values are not written by owners."""
    for field in SCHEMAS[kind]:
        if field.name not in ("organisation", "value_scores", "visibility"):
            yield field


@pytest.mark.parametrize("kind", LISTINGS)
@pytest.mark.parametrize("visibility", ["partial", "public"])
@pytest.mark.parametrize("anonymous", [False, True])
def test_a_hidden_value_changes_no_document(
    kind: str, visibility: str, anonymous: bool, make: Factory
) -> None:
    flags = {"anonymous": anonymous} if kind == "demand" else {}
    row = getattr(make, kind)(visibility=visibility, **flags)
    everything = {field.name for field in fields_of(kind)}
    hidden = set(PRIVATE)
    if visibility == "partial":
        hidden = everything - PARTIAL
    elif anonymous and kind == "demand":
        # No other firm shares its place (`test_places`).
        hidden = PRIVATE | {"intended_partner", "chain_code"}
    told = {}
    with make.session.no_autoflush:
        before = documents(row)
        for field in fields_of(kind):
            old = getattr(row, field.name)
            setattr(row, field.name, another_value(field, kind))
            now = documents(row)
            told[field.name] = [name for name in now if now[name] != before[name]]
            setattr(row, field.name, old)
    make.session.rollback()

    assert {name: told[name] for name in hidden if told.get(name)} == {}
    # The walk would find nothing if it changed nothing: what is open does change them.
    assert told["title"]
    assert told["field_codes"]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("achievement", {"visibility": "partial"}),
        ("demand", {"visibility": "partial"}),
        ("demand", {"visibility": "partial", "anonymous": True}),
        ("demand", {"anonymous": True}),
    ],
)
def test_another_owner_changes_no_document(
    kind: str, values: dict[str, Any], make: Factory
) -> None:
    row = getattr(make, kind)(**values)
    other = make.organisation("冠县另起炉灶机械厂（示例）", district="371525")
    with make.session.no_autoflush:
        before = documents(row)
        row.organisation = other
        row.organisation_id = other.id
        after = documents(row)
    make.session.rollback()

    assert after == before


def test_every_part_of_a_search_document_is_walked() -> None:
    """A new part of the document is put down here: either it says where the row stands, or a test above guards it."""
    guarded = {
        "title",
        "body",
        "holder",
        "district",
        "field",
        "stage",
        "modes",
        "chain",
        "deadline",
        "institution",
        "need",
        "achievement_type",
    }
    parts = set(search.Document.__dataclass_fields__)

    assert parts == STANDING | guarded


def test_a_hidden_deadline_gives_no_place_in_the_order(make: Factory) -> None:
    title = "磁流变减振"
    day = date(2031, 1, 10)
    first = make.demand(f"{title}甲", deadline=day.replace(day=15))
    second = make.demand(f"{title}乙", deadline=day.replace(day=20))
    hidden = [
        make.demand(f"{title}{number}", visibility="partial", deadline=deadline)
        for number, deadline in enumerate(
            [day, day.replace(day=17), date(2035, 1, 1), None]
        )
    ]
    state = SearchState(text=title, kind="demand", sort="deadline")

    ranked = [hit.id for hit in run_search(state, Guest(), 20).hits]

    assert ranked[:2] == [first.id, second.id]
    # Among each other they stand as if none had a deadline: one order, whichever of them is due first.
    assert sorted(ranked[2:]) == sorted(row.id for row in hidden)
    days = {index.search_document(row).deadline for row in hidden}
    assert days == {None}


def test_what_a_partly_public_demand_seeks_decides_nothing(make: Factory) -> None:
    rows = [
        make.demand(need=need, visibility="partial")
        for need in ("technology", "talent")
    ]

    assert [row.is_matchable for row in rows] == [True, True]
    assert not make.demand(need="talent").is_matchable
