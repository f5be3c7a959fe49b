"""How complete a listing is: adding never lowers it, removing never raises it, and all of it can be reached."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.listings.completeness import completeness, parts_of
from marketplace.listings.models import CHILDREN
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.weights import ACHIEVEMENT_PARTS, DEMAND_PARTS

LISTINGS = [("achievement", ""), *(("demand", need) for need in DEMAND_PARTS)]
NAMES = sorted(
    {name for parts in (ACHIEVEMENT_PARTS, *DEMAND_PARTS.values()) for part in parts for name in part.names}
    # Others too: what does not count must not be counted against anybody.
    | {"bounty", "note", "license_type", "activity_type", "anonymous"}
)  # fmt: skip
WORDS = st.text(st.sampled_from("轴承 降噪。\n a1"), max_size=260)
ROWS = st.lists(
    st.dictionaries(st.sampled_from(["name", "value", "unit"]), st.one_of(st.none(), WORDS)),
    max_size=4,
)  # fmt: skip
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    WORDS,
    st.decimals(0, 9999, places=2),
    st.integers(0, 99),
    st.just(date(2027, 1, 1)),
    st.lists(WORDS, max_size=4),
    ROWS,
)
EMPTY: dict[type, Any] = {str: "", list: [], bool: False}


def without_some(value: Any, data: st.DataObject) -> Any:
    """A value of which something was removed, or all."""
    if isinstance(value, str) and value and data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(value) - 1))
        count = data.draw(st.integers(1, len(value) - place))
        return value[:place] + value[place + count :]
    if isinstance(value, list) and value:
        place = data.draw(st.integers(0, len(value) - 1))
        return value[:place] + value[place + 1 :]
    return EMPTY.get(type(value))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(LISTINGS),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=12),
    st.data(),
)
def test_removing_never_raises_it_and_adding_never_lowers_it(
    listing: tuple[str, str], values: dict[str, Any], data: st.DataObject
) -> None:
    kind, need = listing
    full = {**values, "need": need}
    removed = data.draw(st.sets(st.sampled_from(sorted(values)))) if values else set()
    less = dict(full)
    for name in removed:
        less[name] = without_some(full[name], data)

    assert 0 <= completeness(kind, less) <= completeness(kind, full) <= 100


@pytest.mark.parametrize(("kind", "need"), LISTINGS)
def test_nothing_is_0_everything_is_100_and_all_of_it_is_asked(
    kind: str, need: str
) -> None:
    parts = parts_of(kind, need)
    schema = SCHEMAS[kind]
    full: dict[str, Any] = {"need": need}
    for part in parts:
        name = part.names[0]
        is_list = name in CHILDREN[kind] or schema[name].empty == []
        entry = {"name": "振动"} if name in CHILDREN[kind] else "轴承"
        full[name] = [entry] * part.enough if is_list else "轴" * part.enough
        for one in part.names:
            assert schema[one].step
            assert schema[one].is_asked(need), one

    assert completeness(kind, {"need": need}) == 0
    assert completeness(kind, full) == 100
    assert completeness(kind, {**full, "title": ""}) < 100


@pytest.mark.parametrize(
    ("values", "percent"),
    [
        ({"budget": Decimal(0)}, 7),
        ({"budget_negotiable": True}, 7),
        ({"budget": Decimal(5), "budget_negotiable": True}, 7),
        ({"problem": "轴" * 75}, 11),
        ({"metrics": [{"name": "振动"}]}, 6),
        ({"metrics": [{"name": ""}, {}]}, 0),
        ({"title": "   "}, 0),
    ],
)
def test_how_much_single_answers_count(values: dict[str, Any], percent: int) -> None:
    total = sum(part.weight for part in DEMAND_PARTS["technology"])

    assert total == 110
    assert completeness("demand", values) == percent * 100 // total


def test_the_column_beside_the_form_counts_what_is_typed(
    app: Flask, make: Any, sign_in: Any
) -> None:
    owner = make.organisation()
    client = sign_in(make.person("firm", owner))
    row = make.demand("轴承异音攻关", state="draft", owner=owner, problem="")
    look = f"/mine/demand/{row.id}/look?step=what"

    before = client.post(look, data={"title": row.title, "seen": row.revision})
    after = client.post(look, data={"title": row.title, "problem": "振动大" * 60})
    talent = client.post(
        "/mine/demand/look", data={"need": "talent", "title": "引进博士"}
    )

    def percent(text: str) -> int:
        return int(text.split('<meter min="0" max="100" value="')[1].split('"')[0])

    assert before.status_code == after.status_code == talent.status_code == 200
    assert percent(before.text) < percent(after.text)
    assert "主要问题" in before.text.split('id="progress"')[1].split("</div>")[0]
    assert "主要问题" not in after.text.split('id="progress"')[1].split("</div>")[0]
    assert "科研人员名录" in talent.text
    assert row.problem == ""
