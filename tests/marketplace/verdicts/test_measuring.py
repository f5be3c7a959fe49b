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

from marketplace.clock import now
from marketplace.errors import NotAllowed, NotNow
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
    """Makes so many more demands of their own texts, each with one achievement liked and one declined by one of three
    operators of two organisations in turn; by default those that the cut points grade so.
    """
    first, second = make.organisation(), make.organisation()
    people = [make.person("operator", body) for body in (first, first, second)]
    owner, numbers = make.organisation(), itertools.count()

    def many(
        count: int, liked: int = 0, declined: int = 8, voices: int = 3
    ) -> list[Demand]:
        found = []
        rows = [case.achievements[liked], case.achievements[declined]]
        demands = {}
        with make.together():
            for number in itertools.islice(numbers, count):
                text = f"第{number}条线的深沟球轴承振动值离散，客户投诉有异音，现有超精研磨工艺调整{number}次仍不行。"
                demands[number] = make.demand(
                    f"深沟球轴承异音攻关第{number}号", problem=text, owner=owner
                )
        for number, demand in demands.items():
            operator = people[-voices:][number % voices]
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


def test_exposure_leaves_out_what_is_ones_own(case: Case, make: Factory) -> None:
    before = verdict_deeds.measure(by=None).figures["exposure"]
    assert (before["demands"], before["nothing"]) == (1, 0)
    # As on its page, where nobody is offered what belongs to their own organisation.
    case.demand.organisation_id = case.achievements[0].organisation_id
    db.session.commit()

    found = verdict_deeds.measure(by=None).figures["exposure"]

    assert matches_for(case.demand, by=None).offers == ()
    assert (found["demands"], found["nothing"], found["places"]) == (1, 1, 0)
    # To guests who may not know whose an unnamed demand is, it is anybody's.
    case.demand.anonymous = True
    db.session.commit()
    assert verdict_deeds.measure(by=None).figures["exposure"] == before


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
def model(session: Session, make: Factory) -> Callable[..., GradeModel]:
    """Puts a grade model into the database, in force unless something else is given."""
    grading.load_model.cache_clear()
    by = make.person("operator")

    def put(**values: Any) -> GradeModel:
        given = {
            "ranker": grading.ranker_version(),
            "state": "active",
            "demands": 50,
            "verdicts": 99,
            "people": 3,
            "organisations": 2,
            "parameters": "{}",
            "better": True,
            "used_at": now(),
            "used_by_id": by.id,
        }
        row = GradeModel(**given | values)
        session.add(row)
        session.commit()
        return row

    return put


@pytest.mark.parametrize(
    "values",
    [
        {"state": "candidate"},
        {"state": "former"},
        {"state": "dropped"},
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


@pytest.mark.long
def test_fifty_demands_teach_a_candidate_that_an_operator_puts_into_force(
    judged_demands: Callable[..., Any], case: Case, make: Factory, session: Session
) -> None:
    demands = judged_demands(calibration.MIN_TEXTS - 1, liked=6, declined=0)
    with pytest.raises(quality.TooFew) as refused:
        verdict_deeds.calibrate(by=None)
    assert (refused.value.judged, refused.value.needed) == (
        calibration.MIN_TEXTS - 1,
        calibration.MIN_TEXTS,
    )
    judged_demands(1, liked=6, declined=0)
    before = {o.row.id: o.grade for o in matches_for(demands[0], by=None).offers}

    row = verdict_deeds.calibrate(by=None)

    assert (row.demands, row.verdicts, row.people, row.organisations) == (
        calibration.MIN_TEXTS,
        2 * calibration.MIN_TEXTS,
        3,
        2,
    )
    # Made, and nothing changed by it.
    assert (row.better, row.state) == (True, "candidate")
    assert grading.active_grader() == grading.ActiveGrader(grading.grade_by_cut_points)
    assert before == {
        o.row.id: o.grade for o in matches_for(demands[0], by=None).offers
    }
    # It says what it would change, and exactly that is what changes.
    assert row.effect["changed"] == sum(count for *_, count in row.effect["changes"])
    assert 0 < row.effect["changed"] <= row.effect["pairs"]
    examples = verdict_queries.grade_examples(row)
    assert examples
    for one in examples:
        assert (
            evidence_for(one.demand, one.achievement.id, by=None).offer.grade or ""
        ) == one.before

    operator = make.person("operator")
    verdict_deeds.use_grades(row, by=operator)

    force = grading.active_grader()
    assert (force.since, force.demands, force.verdicts) == (
        row.used_at,
        row.demands,
        row.verdicts,
    )
    for one in examples:
        assert (
            evidence_for(one.demand, one.achievement.id, by=None).offer.grade or ""
        ) == one.after
    grades = {o.row.id: o.grade for o in matches_for(demands[0], by=None).offers}
    liked, declined = case.achievements[6].id, case.achievements[0].id
    assert (grades[liked], grades[declined]) == ("high", "weak")
    moves = verdict_queries.grade_moves(by=operator)
    assert [(move.deed, move.by_id) for move, _ in moves] == [("use", operator.id)]

    # One button back, and one to and fro.
    verdict_deeds.stop_grades(row, by=operator)
    assert grading.active_grader().since is None
    assert before == {
        o.row.id: o.grade for o in matches_for(demands[0], by=None).offers
    }
    assert verdict_queries.former_grades(by=operator) == [row]
    verdict_deeds.use_grades(row, by=operator)
    assert grading.active_grader().since == row.used_at


@pytest.mark.long
@pytest.mark.parametrize(
    ("voices", "said"),
    [(1, "judged by 1 people of 1"), (2, "judged by 2 people of 2")],
)
def test_few_people_teach_nothing(
    judged_demands: Callable[..., Any],
    session: Session,
    voices: int,
    said: str,
) -> None:
    judged_demands(calibration.MIN_TEXTS + 3, liked=6, declined=0, voices=voices)

    assert said in background.use_verdicts()
    with pytest.raises(grading.TooOneSided):
        verdict_deeds.calibrate(by=None)
    assert session.scalar(db.select(db.func.count()).select_from(GradeModel)) == 0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"people": 2}, "3 个人"),
        ({"organisations": 1}, "2 家单位"),
        ({"demands": 49}, "50 条需求"),
        ({"better": False}, "没有比固定界线准"),
        ({"ranker": "another ranking"}, "以前的排序"),
        ({}, "已经损坏"),
    ],
    ids=str,
)
def test_what_a_model_lacks_keeps_it_from_force(
    model: Callable[..., GradeModel], make: Factory, values: dict[str, Any], said: str
) -> None:
    row = model(state="candidate", **values)

    with pytest.raises(NotNow) as refused:
        verdict_deeds.use_grades(row, by=make.person("operator"))

    assert said in str(refused.value)
    assert row.state == "candidate"


@pytest.mark.long
def test_another_model_takes_the_place_of_the_one_in_force(
    judged_demands: Callable[..., Any], make: Factory
) -> None:
    judged_demands(calibration.MIN_TEXTS, liked=6, declined=0)
    operator = make.person("operator")
    first = verdict_deeds.use_grades(verdict_deeds.calibrate(by=None), by=operator)
    second = verdict_deeds.calibrate(by=None)
    third = verdict_deeds.calibrate(by=None)

    # The night asks one question at a time.
    assert (second.state, third.state) == ("dropped", "candidate")
    assert verdict_queries.grade_candidate(by=operator) is third
    verdict_deeds.use_grades(third, by=operator)

    assert (first.state, third.state) == ("former", "active")
    assert grading.active_model() is third
    with pytest.raises(NotNow):
        verdict_deeds.use_grades(second, by=operator)


def test_only_operators_decide(model: Callable[..., GradeModel], make: Factory) -> None:
    row = model(state="candidate")
    for role in ("broker", "firm", "researcher"):
        for deed in (
            verdict_deeds.use_grades,
            verdict_deeds.drop_grades,
            verdict_deeds.stop_grades,
        ):
            with pytest.raises(NotAllowed):
                deed(row, by=make.person(role))


@pytest.mark.long
def test_the_page_shows_what_would_change_and_has_the_buttons(
    judged_demands: Callable[..., Any], make: Factory, sign_in: Any
) -> None:
    judged_demands(calibration.MIN_TEXTS, liked=6, declined=0)
    row = verdict_deeds.calibrate(by=None)
    verdict_deeds.measure(by=None)
    client = sign_in(make.person("operator"))

    waiting = client.get("/office/review?tray=grades").get_data(as_text=True)
    page = client.get("/office/quality").get_data(as_text=True)

    assert "看会变什么" in waiting
    assert "起用这个模型" in page
    assert f"<strong>{row.effect['changed']}</strong>" in page
    assert "觉得好" in page

    used = client.post(f"/office/quality/{row.id}/use", follow_redirects=True)

    text = used.get_data(as_text=True)
    assert "已起用" in text
    assert "回到固定界线" in text
    assert "起用这个模型" not in text

    back = client.post(f"/office/quality/{row.id}/stop", follow_redirects=True)

    assert "换回" in back.get_data(as_text=True)
    again = client.post(f"/office/quality/{row.id}/stop")
    assert again.status_code == 409


def test_good_ones_are_counted_by_chain_and_institution_from_enough_on(
    judged_demands: Callable[..., Any],
) -> None:
    judged_demands(quality.MIN_DEMANDS)

    found = verdict_deeds.measure(by=None).figures

    least = quality.MIN_DEMANDS
    assert found["by_chain"] == {"rows": [["轴承", least, 2 * least, least]], "few": 0}
    assert found["by_institution"]["rows"] == [
        ["聊城第一研究院（示例）", least, 2 * least, least]
    ]


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


@pytest.mark.long
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
    assert "no better" in learned.output  # the cut points say the same
    assert db.session.scalar(db.select(db.func.count()).select_from(Measurement)) == 1


@pytest.mark.long
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


@pytest.mark.long
def test_a_verdict_given_while_grades_are_learned_is_news(
    judged_demands: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    judged_demands(calibration.MIN_TEXTS)

    def fit_slowly() -> calibration.Calibration:
        model = grading.fit_grades()
        judged_demands(1)
        return model

    with monkeypatch.context() as patched:
        patched.setattr(verdict_deeds, "fit_grades", fit_slowly)
        verdict_deeds.calibrate(by=None)

    assert not grading.grades_are_current()
    verdict_deeds.calibrate(by=None)
    assert grading.grades_are_current()


def test_a_list_from_another_ranking_is_kept_with_its_name(case: Case) -> None:
    ranked_list = replace(case.list_for(case.member), ranker="older words")

    row = verdict_deeds.like(
        case.demand,
        ranked_list.items[0].offered_id,
        by=case.member,
        ranked_list=ranked_list,
    )

    assert row.impression.ranker == "older words"
