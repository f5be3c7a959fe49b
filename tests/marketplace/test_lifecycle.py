"""The life tables: what leads where, what is refused with advice, and the History row of each move."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace.errors import NotNow
from marketplace.lifecycle import Life, history_of, next_deeds
from marketplace.listings.life import ACHIEVEMENT_LIFE, DEMAND_LIFE
from tests.factories import Factory

LIVES = {"achievement": ACHIEVEMENT_LIFE, "demand": DEMAND_LIFE}


@pytest.mark.parametrize("kind", LIVES)
def test_every_state_can_be_reached_from_the_first(kind: str) -> None:
    life = LIVES[kind]
    reached = {life.initial}
    for _ in life.states:
        reached |= {
            after for (before, _), after in life.moves.items() if before in reached
        }

    assert reached == set(life.states)


@pytest.mark.parametrize("kind", LIVES)
def test_nothing_becomes_public_without_review(kind: str) -> None:
    life = LIVES[kind]
    into_public = {
        (s, d)
        for (s, d), after in life.moves.items()
        if after == "published" and s != "published"
    }

    assert into_public == {
        ("in_review", "approve"),
        ("suspended", "resume"),
        ("expired", "renew"),
        # What was public until it was merged, unchanged.
        ("withdrawn", "unmerge"),
    }


@pytest.mark.parametrize("kind", LIVES)
def test_every_pair_either_moves_with_history_or_is_refused_with_advice(
    kind: str, make: Factory, session: Session
) -> None:
    row = getattr(make, kind)(state="published")
    life = LIVES[kind]
    for state, deed in itertools.product(life.states, life.deeds):
        row.state = state
        before = len(history_of(row))
        if life.can(state, deed):
            move = life.move(row, deed, by=None, note="试")
            assert (row.state, move.before, move.after) == (
                life.moves[state, deed],
                state,
                life.moves[state, deed],
            )
        else:
            with pytest.raises(NotNow) as refused:
                life.move(row, deed, by=None)
            assert life.names[state] in refused.value.message
            assert refused.value.advice
            assert len(history_of(row)) == before


# (state, who tries what) → what they may press instead, and nothing that only others press
OFFERED = [
    ("submitted", "firm", "resume", {"撤回送审"}, {"受理", "退回", "通过并发布"}),
    ("submitted", "operator", "resume", {"退回"}, set()),
    ("published", "firm", "submit", {"撤回"}, {"暂停公开", "到期"}),
    ("archived", "firm", "submit", set(), {"受理", "恢复公开"}),
]


@pytest.mark.parametrize(("state", "role", "deed", "offered", "hidden"), OFFERED)
def test_a_refusal_offers_what_its_reader_may_press(
    state: str,
    role: str,
    deed: str,
    offered: set[str],
    hidden: set[str],
    make: Factory,
) -> None:
    owner = make.organisation()
    row = make.demand(owner=owner, state=state)
    person = (
        make.person(role)
        if role == "operator"
        else make.person(role, owner, administers=True)
    )
    with pytest.raises(NotNow) as refused:
        row.life.move(row, deed, by=person)

    said = set(
        refused.value.advice.removeprefix("现在您可以：").rstrip("。").split("、")
    )
    assert said >= offered
    assert not said & hidden
    possible = {row.life.deeds[one] for one in next_deeds(row, person)}
    assert said <= possible or not possible - {"修改"}


def test_a_table_with_an_unnamed_state_is_refused() -> None:
    with pytest.raises(ValueError, match="name"):
        Life(
            initial="a", moves={("a", "go"): "b"}, names={"a": "甲"}, deeds={"go": "去"}
        )


@pytest.mark.parametrize(
    ("kind", "column", "value"),
    [
        ("achievement", "state", "flying"),
        ("achievement", "published_at", None),
        ("achievement", "valid_until", None),
        ("achievement", "stage", "完成"),
        ("achievement", "trl", 10),
        ("achievement", "price_min", 5),  # negotiable: no figure beside it
        ("demand", "budget", -1),
        ("demand", "need", "luck"),
        ("demand", "visibility", "secret"),
    ],
)
def test_the_database_itself_refuses(
    kind: str, column: str, value: object, make: Factory, session: Session
) -> None:
    given = {"budget": 30, "budget_negotiable": False} if column == "budget" else {}
    row = getattr(make, kind)(state="published", **given)
    setattr(row, column, value)

    with pytest.raises(IntegrityError):
        session.flush()
