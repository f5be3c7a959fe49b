"""Figures and grades from verdicts: refused from too little, one text counted once, the model in force named."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from marketplace.errors import NotAllowed
from marketplace.extensions import db
from marketplace.listings.models import Demand
from marketplace.matchmaking.answers import matches_for
from marketplace.matchmaking.evidence import evidence_for
from marketplace.verdicts import background, grading
from marketplace.verdicts import deeds as verdict_deeds
from marketplace.verdicts import queries as verdict_queries
from marketplace.verdicts.models import GradeModel, Measurement
from marketplace.verdicts.projections import common_document
from marketplace.verdicts.ranked_lists import RankedItem, RankedList
from matching.judging import calibration, quality
from tests.factories import Factory
from tests.marketplace.verdicts.conftest import Case


@pytest.fixture
def judged_demands(case: Case, make: Factory) -> Callable[..., list[Demand]]:
    """Makes so many more demands of their own texts, each with one achievement liked and one declined by an
    operator; by default those that the cut points grade so.
    """
    operator, owner, numbers = (
        make.person("operator"),
        make.organisation(),
        itertools.count(),
    )

    def many(count: int, liked: int = 0, declined: int = 8) -> list[Demand]:
        found = []
        rows = [case.achievements[liked], case.achievements[declined]]
        for number in itertools.islice(numbers, count):
            text = f"第{number}条线的深沟球轴承振动值离散，客户投诉有异音，现有超精工艺调整{number}次仍不行。"
            demand = make.demand(
                f"深沟球轴承异音攻关第{number}号", problem=text, owner=owner
            )
            items = tuple(
                RankedItem(r.id, r.revision, 0.3, "fair", n)
                for n, r in enumerate(rows, start=1)
            )
            ranked_list = RankedList(
                "demand", demand.id, demand.revision, grading.ranker_version(), items
            )
            verdict_deeds.like(demand, rows[0].id, by=operator, ranked_list=ranked_list)
            verdict_deeds.decline(
                demand,
                rows[1].id,
                reason="direction",
                by=operator,
                ranked_list=ranked_list,
            )
            found.append(demand)
        return found

    return many


def test_figures_are_told_from_twenty_demands_on(
    judged_demands: Callable[..., Any],
) -> None:
    for more, count in (
        (0, 0),
        (1, 1),
        (quality.MIN_DEMANDS - 2, quality.MIN_DEMANDS - 1),
    ):
        judged_demands(more)

        found = verdict_deeds.measure(by=None).figures

        assert (found["demands"], found["pairs"]) == (count, 2 * count)
        assert (found["quality"], found["bands"], found["chains"]) == (None, None, [])

    judged_demands(1)

    found = verdict_deeds.measure(by=None).figures

    assert found["quality"]["precision"]["n"] == quality.MIN_DEMANDS
    assert found["quality"]["precision"]["mean"] == pytest.approx(0.5)
    assert found["quality"]["gain"]["mean"] == pytest.approx(1.0)
    assert found["bands"] == [
        {"grade": "fair", "pairs": 2 * quality.MIN_DEMANDS, "finds": 0.5, "level": 2.5}
    ]
    assert [(chain["name"], chain["demands"]) for chain in found["chains"]] == [
        ("轴承", quality.MIN_DEMANDS)
    ]


def test_one_text_under_many_ids_is_one_demand(
    judged_demands: Callable[..., Any], session: Session
) -> None:
    rows = judged_demands(quality.MIN_DEMANDS)
    for row in rows[:12]:
        row.title, row.problem = (
            "深沟球轴承异音 攻关",
            "深沟球轴承振动值离散，投诉有异音。",
        )
        row.title_key = f"{row.id}"
    session.commit()

    found = verdict_deeds.measure(by=None).figures

    assert (found["demands"], found["pairs"]) == (
        quality.MIN_DEMANDS - 11,
        2 * quality.MIN_DEMANDS,
    )
    assert found["quality"] is None


def test_exposure_tells_places_and_what_is_on_offer(
    case: Case, judged_demands: Callable[..., Any]
) -> None:
    judged_demands(3)

    found = verdict_deeds.measure(by=None).figures["exposure"]

    assert found["demands"] == 4
    assert sum(places for _, places, _ in found["institutions"]) == found["places"]
    assert sum(places for _, places, _ in found["districts"]) == found["places"]
    assert ["聊城第一研究院（示例）", found["places"], len(case.achievements)] in [
        list(r) for r in found["institutions"]
    ]


def test_only_operators_read_and_measure(case: Case, make: Factory) -> None:
    for person in (case.member, make.person("broker"), make.person("researcher")):
        for deed in (
            verdict_deeds.measure,
            verdict_queries.newest_measurement,
            verdict_deeds.calibrate,
        ):
            with pytest.raises(NotAllowed):
                deed(by=person)
    operator = make.person("operator")
    assert verdict_queries.newest_measurement(by=operator) is None
    row = verdict_deeds.measure(by=operator)
    assert verdict_queries.newest_measurement(by=operator) is row


@pytest.fixture
def model(session: Session) -> Callable[..., GradeModel]:
    """Puts a grade model into the database."""
    grading._load_model.cache_clear()

    def put(**values: Any) -> GradeModel:
        given = {
            "ranker": grading.ranker_version(),
            "demands": 50,
            "verdicts": 99,
            "parameters": "{}",
            "better": True,
        }
        row = GradeModel(**given | values)
        session.add(row)
        session.commit()
        return row

    return put


@pytest.mark.parametrize(
    "values",
    [
        {"better": False},
        {"ranker": "another ranking"},
        {"parameters": "damaged"},
        {"parameters": "{}"},
    ],
    ids=str,
)
def test_a_model_that_does_not_apply_leaves_the_cut_points_in_force(
    model: Callable[..., GradeModel], values: dict[str, Any]
) -> None:
    model(**values)

    assert grading.active_grader().since is None
    assert grading.active_grader().grade is grading.grade_by_cut_points


def test_fifty_demands_teach_a_grade_until_a_newer_model_does_worse(
    judged_demands: Callable[..., Any], case: Case, model: Callable[..., GradeModel]
) -> None:
    demands = judged_demands(calibration.MIN_TEXTS - 1, liked=6, declined=0)
    with pytest.raises(quality.TooFew) as refused:
        verdict_deeds.calibrate(by=None)
    assert (refused.value.judged, refused.value.needed) == (
        calibration.MIN_TEXTS - 1,
        calibration.MIN_TEXTS,
    )
    assert grading.active_grader() == grading.ActiveGrader(grading.grade_by_cut_points)

    judged_demands(1, liked=6, declined=0)
    row = verdict_deeds.calibrate(by=None)

    force = grading.active_grader()

    assert (row.demands, row.verdicts, row.ranker) == (
        calibration.MIN_TEXTS,
        2 * calibration.MIN_TEXTS,
        grading.ranker_version(),
    )
    assert row.better
    assert (force.since, force.demands, force.verdicts) == (
        row.at,
        row.demands,
        row.verdicts,
    )
    grades = {o.row.id: o.grade for o in matches_for(demands[0], by=None).offers}
    liked, declined = case.achievements[6].id, case.achievements[0].id
    assert (grades[liked], grades[declined]) == ("high", "weak")
    assert evidence_for(demands[0], liked, by=None).offer.grade == "high"

    model(better=False)

    assert grading.active_grader().since is None


def test_a_grade_is_the_same_for_everybody(case: Case, make: Factory) -> None:
    partial = make.demand(
        "深沟球轴承异音攻关二", visibility="partial", owner=case.firm, budget=None
    )
    public = common_document(partial)

    assert (public.modes, public.price_max, public.chain, public.due) == (
        frozenset(),
        None,
        None,
        None,
    )
    readers = (None, case.member, make.person("broker"))
    found = [
        [(o.row.id, o.grade) for o in matches_for(partial, by=r).offers]
        for r in readers
    ]
    assert found[0] == found[1] == found[2]


def test_the_commands(app: Flask, judged_demands: Callable[..., Any]) -> None:
    judged_demands(3)
    run = app.test_cli_runner().invoke

    told = run(args=["matching", "quality"])
    refused = run(args=["matching", "calibrate"])

    assert told.exit_code == 0
    assert "no figures: 3 judged demands, 20 needed" in told.output
    assert "no exposure: 4 public demands, 20 needed" in told.output
    assert refused.exit_code == 1
    assert "3 judged demands, 50 needed" in refused.output


def test_the_commands_tell_figures(
    app: Flask, judged_demands: Callable[..., Any]
) -> None:
    judged_demands(calibration.MIN_TEXTS)
    run = app.test_cli_runner().invoke

    told, learned = (
        run(args=["matching", "quality"]),
        run(args=["matching", "calibrate"]),
    )

    assert "P@5: 0.500 ± 0.000 (n = 50 demands)" in told.output
    assert "较匹配: 100 pairs, 50% finds" in told.output
    # Words for people, no codes and no hashes.
    assert "weights of the ranking: 字和双字片段 1、名称 0.5、词 0.25" in told.output
    assert not re.search(r"grams=|vectors=|\bfair\b|[0-9a-f]{12}", told.output)
    assert "聊城第一研究院（示例）" in told.output
    assert "in force: no" in learned.output  # the cut points say the same
    assert db.session.scalar(db.select(db.func.count()).select_from(Measurement)) == 1


def test_the_nightly_work_learns_only_from_what_is_new(
    judged_demands: Callable[..., Any], session: Session
) -> None:
    said = [background.use_verdicts()]
    judged_demands(quality.MIN_DEMANDS)
    said.append(background.use_verdicts())
    judged_demands(calibration.MIN_TEXTS - quality.MIN_DEMANDS)
    said += [background.use_verdicts() for _ in range(2)]

    assert "nothing new to learn" in said[0]
    assert "50 needed to learn grades" in said[1]
    assert "grades learned" in said[2]
    assert "nothing new to learn" in said[3]
    assert session.scalar(db.select(db.func.count()).select_from(GradeModel)) == 1


def test_a_list_from_another_ranking_is_kept_with_its_name(case: Case) -> None:
    ranked_list = replace(case.list_for(case.member), ranker="older words")

    row = verdict_deeds.like(
        case.demand,
        ranked_list.items[0].offered_id,
        by=case.member,
        ranked_list=ranked_list,
    )

    assert row.impression.ranker == "older words"
