"""The rules of listings: what the public needs, twins, stale edits, the life of a listing, its copy in the index."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from marketplace import contributions
from marketplace.clock import today
from marketplace.errors import Invalid, NotAllowed, NotFound, NotNow, Stale
from marketplace.lifecycle import history_of
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import queries as listing_queries
from marketplace.listings import readiness, upkeep
from marketplace.listings.life import ACHIEVEMENT_LIFE, DEMAND_LIFE, ENDED
from marketplace.listings.models import (
    LISTINGS,
    Achievement,
    Demand,
)
from marketplace.listings.schema.achievement import NO_BASELINE
from tests.factories import ACHIEVEMENT, DEMAND, Factory

KINDS = ("achievement", "demand")
STATES = (
    "draft",
    "submitted",
    "returned",
    "rejected",
    "published",
    "suspended",
    "withdrawn",
    "expired",
    "archived",
)
LIVES = [*((kind, state) for kind in KINDS for state in STATES), ("demand", "closed")]
COMPLETE = {"achievement": ACHIEVEMENT, "demand": DEMAND}
RULES = {
    "edit": lambda row, seen, by: listing_deeds.save(
        row, {"contact_name": "新部门"}, by=by, seen=seen
    ),
    "submit": lambda row, seen, by: listing_deeds.submit(row, by=by, seen=seen),
    "recall": lambda row, seen, by: listing_deeds.recall(row, by=by, seen=seen),
    "approve": lambda row, seen, by: listing_deeds.approve(row, by=by, seen=seen),
    "return": lambda row, seen, by: listing_deeds.send_back(
        row, by=by, seen=seen, note="请补充"
    ),
    "reject": lambda row, seen, by: listing_deeds.reject(
        row, by=by, seen=seen, note="不属于"
    ),
    "withdraw": lambda row, seen, by: listing_deeds.withdraw(row, by=by, seen=seen),
    "suspend": lambda row, seen, by: listing_deeds.suspend(
        row, by=by, seen=seen, note="有争议"
    ),
    "resume": lambda row, seen, by: listing_deeds.resume(row, by=by, seen=seen),
    "renew": lambda row, seen, by: listing_deeds.renew(row, by=by, seen=seen),
    "close": lambda row, seen, by: listing_deeds.close(
        row, by=by, seen=seen, note="已与高校签约"
    ),
    "archive": lambda row, seen, by: listing_deeds.archive(row, by=by, seen=seen),
}
TAKEN_UP_FIRST = (
    "approve",
    "return",
    "reject",
)  # done to what was handed in, in one press


def ends_in(life: Any, state: str, deed: str) -> str | None:
    """Where the life table leads, None where nowhere."""
    if deed in TAKEN_UP_FIRST and state == "submitted":
        state = life.moves[state, "take"]
    return life.moves.get((state, deed))


@pytest.mark.parametrize(("kind", "state"), LIVES)
def test_every_rule_follows_the_life_table(
    kind: str, state: str, make: Factory, session: Any, subtests: pytest.Subtests
) -> None:
    # Near its end, so that it may be renewed.
    end = today() + timedelta(days=10)
    row = getattr(make, kind)(state=state, valid_until=end)
    for deed in RULES:
        if row.state != state:  # moved by the deed before: the next one needs its own
            row = getattr(make, kind)(state=state, valid_until=end)
        with subtests.test(deed):
            revision, events = row.revision, len(history_of(row))
            expected = ends_in(row.life, state, deed)

            with pytest.raises(Stale):
                RULES[deed](row, revision - 1, None)
            if expected is None:
                with pytest.raises(NotNow):
                    RULES[deed](row, revision, None)
                session.rollback()
                now = (row.state, row.revision, len(history_of(row)))
                assert now == (state, revision, events)
            else:
                RULES[deed](row, revision, None)
                last = history_of(row)[-1]
                assert (row.state, last.after, last.deed) == (expected, expected, deed)
                assert row.revision > revision
                assert row.indexed_revision == row.revision


@pytest.mark.parametrize("deed", RULES)
@pytest.mark.parametrize("kind", KINDS)
def test_strangers_do_nothing(kind: str, deed: str, make: Factory) -> None:
    state = next(s for s in STATES if ends_in(DEMAND_LIFE, s, deed))
    row = getattr(make, kind)(state=state)
    stranger = make.person("firm", make.organisation())

    with pytest.raises(NotAllowed):
        RULES[deed](row, row.revision, stranger)


@pytest.mark.parametrize(
    "state", sorted({*DEMAND_LIFE.states, *ACHIEVEMENT_LIFE.states})
)
def test_every_state_and_deed_has_a_name(state: str) -> None:
    assert DEMAND_LIFE.names[state]
    assert {deed for _, deed in DEMAND_LIFE.moves} <= set(DEMAND_LIFE.deeds)


HOLES = [
    ("achievement", {"title": "短名"}, "title"),
    ("achievement", {"title": "长" * 101}, "title"),
    ("achievement", {"summary": "十个字都没有"}, "summary"),
    ("achievement", {"summary": " " * 40}, "summary"),
    ("achievement", {"summary": "长" * 3001}, "summary"),
    ("achievement", {"innovation": "长" * 3001}, "innovation"),
    ("achievement", {"field_codes": []}, "field_codes"),
    ("achievement", {"field_codes": ["804", "801", "802", "803"]}, "field_codes"),
    ("achievement", {"industry_codes": ["C34", "C35", "C36", "C37"]}, "industry_codes"),
    ("achievement", {"keywords": list("一二三四五六")}, "keywords"),
    ("achievement", {"stage": None}, "stage"),
    ("achievement", {"conversion_modes": []}, "conversion_modes"),
    ("achievement", {"contributors": []}, "contributors"),
    ("achievement", {"price_mode": None}, "price_mode"),
    ("achievement", {"price_mode": "fixed"}, "price_min"),
    ("achievement", {"price_mode": "range", "price_min": Decimal(3)}, "price_max"),
    ("achievement", {"baseline": " "}, "baseline"),
    ("achievement", {"trl": 7}, "stage_evidence"),
    ("achievement", {"level": "intl_leading"}, "evaluation_method"),
    (
        "achievement",
        {"license_type": "open", "conversion_modes": ["transfer"]},
        "license_type",
    ),
    ("achievement", {"contact_name": ""}, "contact_name"),
    ("achievement", {"contact_phone": ""}, "contact_phone"),
    ("demand", {"problem": "不好用"}, "problem"),
    ("demand", {"demand_type": None}, "demand_type"),
    ("demand", {"budget_negotiable": False}, "budget"),
    ("demand", {"field_codes": []}, "field_codes"),
    ("demand", {"cooperation_modes": []}, "cooperation_modes"),
    ("demand", {"bounty": True}, "metrics"),
    ("demand", {"bounty": True}, "solver_requirements"),
    ("demand", {"bounty": True}, "ip_terms"),
    ("demand", {"bounty": True}, "benefit_terms"),
]
FINE = [
    ("achievement", {}),
    ("achievement", {"baseline": "", "metrics": [{"name": "硬度", "operator": "ge", "value": 58}]}),
    ("achievement", {"baseline": NO_BASELINE}),
    ("achievement", {"level": "not_evaluated"}),
    ("achievement", {"trl": 6}),
    ("achievement", {"price_mode": "fixed", "price_min": Decimal(0)}),
    ("achievement", {"contact_phone": "", "contact_email": "a@lcu.edu.cn"}),
    ("demand", {}),
    ("demand", {"budget_negotiable": False, "budget": Decimal(0)}),
    ("demand", {"need": "talent", "field_codes": [], "cooperation_modes": []}),
    ("demand", {"field_codes": [], "activity_type": "basic_research", "discipline": "数学"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "values", "field"), HOLES)
def test_what_the_public_needs(
    kind: str, values: dict[str, Any], field: str, make: Factory
) -> None:
    row = getattr(make, kind)(state="draft", **{"title": "轴承超精研磨", **values})

    assert field in readiness.publication_problems(row)
    with pytest.raises(Invalid) as refused:
        listing_deeds.submit(row, by=None, seen=row.revision)
    # What other rooms ask for stands beside it.
    blocks = contributions.publication_blocks(row, "submit")
    assert refused.value.problems == readiness.publication_problems(row) | blocks
    assert row.state == "draft"


@pytest.mark.parametrize(("kind", "values"), FINE)
def test_what_may_stay_empty(kind: str, values: dict[str, Any], make: Factory) -> None:
    row = getattr(make, kind)(state="draft", **values)

    assert readiness.publication_problems(row) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_taking_something_away_never_makes_it_readier(kind: str, make: Factory) -> None:
    row = getattr(make, kind)(state="draft")
    before = set(readiness.publication_problems(row))

    for name, value in COMPLETE[kind].items():
        kept = getattr(row, name)
        if isinstance(value, str):
            setattr(
                row,
                name,
                ""
                if name
                not in (
                    "stage",
                    "price_mode",
                    "demand_type",
                    "chain_code",
                    "achievement_type",
                )
                else None,
            )
        elif isinstance(value, list):
            setattr(row, name, [])
        assert before <= set(readiness.publication_problems(row)), name
        setattr(row, name, kept)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("title", ["", " ", "。！", "（）"])
def test_even_a_draft_has_a_name(kind: str, title: str, make: Factory) -> None:
    with pytest.raises(Invalid) as wrong:
        listing_deeds.create(
            kind, {"title": title}, organisation=make.organisation(), by=None
        )

    assert list(wrong.value.problems) == ["title"]


TWINS = [
    ("轴承 降噪", "轴承降噪", True),
    ("轴承降噪。", "轴承降噪", True),
    ("ＰＡ６６ 保持架", "PA66保持架", True),
    ("pa66保持架", "PA66保持架", True),
    ("轴承降噪二", "轴承降噪", False),
]


@pytest.mark.parametrize(("first", "second", "twins"), TWINS)
def test_a_twin_is_one_name_in_two_spellings(
    first: str, second: str, twins: bool, make: Factory
) -> None:
    owner, other = make.organisation(), make.organisation()
    make.demand(first, owner=owner)

    elsewhere = make.demand(second, owner=other)
    if twins:
        with pytest.raises(Invalid, match="已有同名需求"):
            make.demand(second, owner=owner)
    else:
        assert make.demand(second, owner=owner).title == second
    assert elsewhere.organisation_id == other.id


def test_drafts_of_people_without_an_organisation_have_titles_of_their_own(
    make: Factory,
) -> None:
    first, second = make.person("firm"), make.person("firm")

    def write(person: Any) -> Any:
        values = {"title": "轴承降噪攻关"}
        return listing_deeds.create("demand", values, organisation=None, by=person)

    write(first)
    # Nobody learns of the drafts of others, and nobody has to take another title for them.
    assert write(second).owner_id == second.id
    with pytest.raises(Invalid, match="已有同名需求"):
        write(first)


@pytest.mark.parametrize("state", [state for kind, state in LIVES if kind == "demand"])
def test_what_has_ended_may_be_written_anew(state: str, make: Factory) -> None:
    owner = make.organisation()
    make.demand("轴承降噪攻关", state=state, owner=owner)
    ended = state in ENDED

    if ended:
        assert make.demand("轴承降噪攻关", owner=owner).state == "published"
    else:
        with pytest.raises(Invalid):
            make.demand("轴承降噪攻关", owner=owner)


def test_a_refused_edit_leaves_nothing_behind(make: Factory, session: Any) -> None:
    owner = make.organisation()
    make.demand("轴承降噪攻关", owner=owner)
    row = make.demand("热处理变形", state="draft", owner=owner)
    revision = row.revision

    with pytest.raises(Invalid):
        listing_deeds.save(
            row, {"title": "轴承降噪攻关", "problem": "新写的"}, by=None, seen=revision
        )

    assert not session.dirty
    assert (row.title, row.revision) == ("热处理变形", revision)
    assert row.problem != "新写的"


def test_a_change_of_child_rows_is_a_change_of_the_listing(make: Factory) -> None:
    row = make.achievement(
        metrics=[{"name": "硬度", "operator": "ge", "value": 58, "unit": "HRC"}]
    )
    revision = row.revision

    same = [
        {
            "name": "硬度",
            "operator": "ge",
            "value": Decimal("58.0"),
            "unit": "HRC",
            "value_max": None,
        }
    ]
    listing_deeds.save(row, {"metrics": same}, by=None, seen=revision)
    unchanged = history_of(row)[-1].changed
    listing_deeds.save(
        row,
        {"metrics": [{**same[0], "value": Decimal(60)}]},
        by=None,
        seen=row.revision,
    )

    assert unchanged == []
    assert history_of(row)[-1].changed == ["metrics"]
    assert [str(metric) for metric in row.metrics] == ["硬度≥60 HRC"]
    assert row.revision > revision


@pytest.mark.parametrize(
    ("wished", "valid"),
    [(None, 365), (30, 30), (900, 900), (0, 365), (-5, 365)],
    ids=["nothing said", "shorter", "longer", "today", "past"],
)
def test_the_owners_own_validity_is_kept(
    wished: int | None, valid: int, make: Factory
) -> None:
    day = today()
    row = make.demand(
        state="submitted",
        valid_until=None if wished is None else day + timedelta(days=wished),
    )

    listing_deeds.approve(row, by=None, seen=row.revision)

    assert row.valid_until == day + timedelta(days=valid)


def test_what_has_expired_is_moved_once(make: Factory, session: Any) -> None:
    row, other = make.demand(), make.demand()
    row.valid_until = today() - timedelta(days=1)
    other.valid_until = today()
    session.commit()

    moved = [listing_deeds.expire_due(), listing_deeds.expire_due()]

    assert moved == [1, 0]
    assert (row.state, other.state) == ("expired", "published")
    assert history_of(row)[-1].by_id is None


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_learns_of_what_is_not_his(kind: str, make: Factory) -> None:
    draft = getattr(make, kind)(state="draft")
    stranger = make.person("firm", make.organisation())
    member = make.person("firm", draft.organisation)

    for listing_id in (draft.id, draft.id + 10_000):
        with pytest.raises(NotFound):
            listing_queries.get_visible(kind, listing_id, by=stranger)
    with pytest.raises(NotFound):
        listing_queries.get_visible("thing", draft.id, by=member)
    assert listing_queries.get_visible(kind, draft.id, by=member) is draft


@pytest.mark.parametrize(
    "broken",
    [
        {"state": "published"},
        {"state": "dreaming"},
        {"state": "submitted"},
        {"price_mode": "negotiable", "price_min": Decimal(3)},
        {"price_mode": "range", "price_min": Decimal(3), "price_max": Decimal(2)},
        {"trl": 10},
        {"rd_start": "2026-05", "rd_end": "2026-01"},
        {"visibility": "everyone"},
        {"stage": "alpha"},
    ],
    ids=str,
)
def test_the_database_refuses_what_no_rule_would_write(
    broken: dict[str, Any], make: Factory, session: Any
) -> None:
    row = make.achievement(state="draft")
    for name, value in broken.items():
        setattr(row, name, value)

    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


TYPED = st.characters(
    codec="utf-8", exclude_characters="\0"
)  # which forms take out and PostgreSQL cannot hold
EDITS = st.fixed_dictionaries(
    {},
    optional={
        "problem": st.text(TYPED, max_size=40),
        "contact_name": st.text(TYPED, max_size=20),
        "keywords": st.lists(st.text(TYPED, max_size=5), max_size=7),
        "budget_negotiable": st.just(True),
        "field_codes": st.sampled_from([[], ["804"], ["804", "401", "402", "403"]]),
    },
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EDITS)
def test_what_is_public_is_always_complete(
    make: Factory, session: Any, edit: dict[str, Any]
) -> None:
    row = session.query(Demand).first() or make.demand()
    before = (row.problem, row.contact_name, row.keywords, row.field_codes)

    try:
        listing_deeds.save(row, edit, by=None, seen=row.revision)
    except Invalid:
        session.expire_all()
        assert (row.problem, row.contact_name, row.keywords, row.field_codes) == before

    assert row.state == "published"
    assert readiness.publication_problems(row) == {}


def test_the_index_knows_the_published_only(make: Factory, app: Flask) -> None:
    rows = {(kind, state): getattr(make, kind)(state=state) for kind, state in LIVES}

    indexed = {
        (kind, row_id) for kind, row_id, _ in app.extensions["search"].versions()
    }

    assert indexed == {(kind, rows[kind, "published"].id) for kind in KINDS}
    assert upkeep.index_check() == {"missing": [], "stale": [], "extra": []}


def test_tables_are_known_by_kind() -> None:
    assert {"achievement": Achievement, "demand": Demand} == LISTINGS
