"""需求诊断: who may take a demand, what the firm is asked and confirms, the three exits, what is never public."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.audit.models import Entry
from marketplace.clock import today
from marketplace.diagnosis import answers, deeds, queries
from marketplace.diagnosis.models import DiagnosisCase
from marketplace.errors import Busy, Invalid, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.lifecycle import history_of, last_event
from marketplace.listings import change_deeds, changes_waiting, review_deeds
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import Assignment
from marketplace.listings.review_deeds import may_pass
from marketplace.listings.review_models import Scores
from marketplace.notices.models import Notice
from marketplace.organisations import deeds as organisation_deeds
from marketplace.permissions import may
from marketplace.substitutes import deeds as substitute_deeds
from marketplace.substitutes.queries import seats_of
from tests.factories import Factory
from tests.racing import at_once, committing_site
from tests.sent_forms import sent_values

SignIn = Callable[..., FlaskClient]
REASON = "目标没有数字，几件事写在一条里"
BETTER = {
    "title": "深沟球轴承异音降到 45 dB 以下",
    "problem": "6204 轴承异音 52 dB，要降到 45 dB 以下。",
}
PARTS = [
    {"title": "保持架降噪", "problem": "保持架碰撞有异音。", "expected_goal": "45 dB"},
    {"title": "滚道超精研磨", "problem": "滚道粗糙度大。", "expected_goal": ""},
    {"title": "", "problem": "", "expected_goal": ""},
]


class World:
    """A firm with a vague demand, two operators, a broker to whom it was given and one to whom it was not."""

    def __init__(self, make: Factory) -> None:
        self.make = make
        self.firm = make.organisation("临清轴承厂（示例）")
        self.chief = make.person("firm", self.firm)
        self.operator = make.person("operator")
        self.second = make.person("operator")
        self.body = make.organisation(kind="service_body")
        self.broker = make.broker(self.body)
        self.other = make.broker(self.body)
        self.stranger = make.person("firm", make.organisation())

    def demand(self, state: str = "draft", **values: Any) -> Any:
        row = self.make.demand(owner=self.firm, state=state, **values)
        row.owner_id = self.chief.id
        db.session.commit()
        return row

    def give(self, row: Any) -> None:
        given = Assignment(kind="demand", listing_id=row.id, broker_id=self.broker.id)
        db.session.add(given)
        db.session.commit()

    def proposed(self, row: Any, **values: Any) -> DiagnosisCase:
        case = deeds.take_demand(row, reason=REASON, by=self.operator)
        words = values or BETTER
        deeds.propose_rewriting(case, words, by=self.operator, seen=case.revision)
        return case

    def advise(self, case: DiagnosisCase, conclusion: str, advice: str) -> None:
        deeds.advise_firm(
            case,
            conclusion=conclusion,
            advice=advice,
            by=self.second,
            seen=case.revision,
        )

    def confirm(self, case: DiagnosisCase, *fields: str, by: Any = None) -> bool:
        chosen = fields or tuple(case.content)
        by = by or self.chief
        return answers.confirm_rewriting(case, chosen, by=by, seen=case.revision)


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def notices(kind: str, person: Any) -> list[str]:
    query = db.select(Notice.subject).where(
        Notice.kind == kind, Notice.person_id == person.id
    )
    return list(db.session.scalars(query.order_by(Notice.id)))


def test_who_may_take_a_demand(world: World, subtests: Any) -> None:
    w = world
    given = w.demand("published")
    w.give(given)
    for name, person, may_take in [
        ("an operator", w.operator, True),
        ("the broker to whom it was given", w.broker, True),
        ("another broker", w.other, False),
        ("its own firm", w.chief, False),
        ("another firm", w.stranger, False),
    ]:
        with subtests.test(name):
            assert may(person, "diagnosis.take", given) == may_take
            if not may_take:
                with pytest.raises(NotAllowed):
                    deeds.take_demand(given, reason=REASON, by=person)
    for state in ("suspended", "closed", "withdrawn"):
        with subtests.test(state), pytest.raises(NotNow):
            deeds.take_demand(w.demand(state), reason=REASON, by=w.operator)
    deeds.take_demand(given, reason=REASON, by=w.broker)
    with pytest.raises(NotNow, match="诊断中"):
        deeds.take_demand(given, reason=REASON, by=w.operator)


def test_what_waits_goes_back_to_its_firm(world: World) -> None:
    w = world
    row = w.demand("submitted")
    deeds.take_demand(row, reason=REASON, by=w.operator)
    assert row.state == "returned"
    event = last_event(row, "return")
    assert event is not None
    assert event.note == f"转需求诊断：{REASON}"
    assert [one for one in notices("diagnosis.to_firm", w.chief) if "开始诊断" in one]


def test_questions_and_answers(world: World) -> None:
    w = world
    case = deeds.take_demand(w.demand(), reason=REASON, by=w.operator)
    first = deeds.inquire(
        case, "problem", "现在多少分贝？", by=w.operator, seen=case.revision
    )
    deeds.inquire(case, "deadline", "最晚什么时候？", by=w.operator, seen=case.revision)
    assert queries.turn_of(case).is_firms
    with pytest.raises(Invalid):
        deeds.inquire(
            case, "contact_phone", "电话？", by=w.operator, seen=case.revision
        )
    db.session.rollback()
    with pytest.raises(NotAllowed):
        answers.answer_questions(
            case, {first.id: "52 dB"}, by=w.operator, seen=case.revision
        )
    old = case.revision
    count = answers.answer_questions(
        case, {first.id: "52 dB", 99999: "没有这个"}, by=w.chief, seen=old
    )
    assert count == 1
    assert [one.field for one in case.unanswered] == ["deadline"]
    assert queries.turn_of(case).is_firms
    with pytest.raises(Stale):
        answers.answer_questions(case, {first.id: "再答"}, by=w.chief, seen=old)
    assert len(notices("diagnosis.to_firm", w.chief)) == 3
    assert notices("diagnosis.to_diagnoser", w.operator)


def test_a_rewriting_is_not_used_before_it_is_confirmed(world: World) -> None:
    w = world
    row = w.demand()
    before = (row.title, row.problem)
    case = w.proposed(row)
    assert (row.title, row.problem, row.state) == (*before, "draft")
    shown = queries.proposed_differences(case)
    assert {one.name for one in shown} == {"title", "problem"}
    # Neither who wrote it, nor another operator, nor another firm confirms for the firm.
    for person in (w.operator, w.second, w.stranger, w.broker):
        with pytest.raises(NotAllowed):
            w.confirm(case, by=person)
    assert w.confirm(case)
    assert (row.title, row.state) == (BETTER["title"], "submitted")
    assert (case.state, case.conclusion) == ("rewritten", "ready")
    rewriting = last_event(row, "rewrite")
    assert rewriting is not None
    assert rewriting.by_id == w.operator.id
    assert set(rewriting.changed) == {"title", "problem"}
    # The audit names who confirmed, though both moves are written by one flush.
    entries = db.select(Entry).where(
        Entry.kind == "demand", Entry.deed == "demand.edit"
    )
    last = db.session.scalar(entries.order_by(Entry.position.desc()).limit(1))
    assert last is not None
    assert last.actor == w.chief.id
    # Who rewrote it has written it: another operator lets it through, and the version says what was confirmed.
    assert not may_pass(row, w.operator, "operator")
    fours = Scores(4, 4, 4, 4)
    with pytest.raises(NotAllowed):
        review_deeds.approve(row, by=w.operator, seen=row.revision, scores=fours)
    review_deeds.approve(row, by=w.second, seen=row.revision, scores=fours)
    assert row.state == "published"
    # What the case shows afterwards is what it changed then.
    assert {one.name for one in queries.settled_differences(case)} == set(BETTER)


def test_who_rewrote_and_belongs_to_the_firm_does_not_confirm(world: World) -> None:
    w = world
    both = w.make.person("operator", w.firm)
    case = deeds.take_demand(w.demand(), reason=REASON, by=both)
    deeds.propose_rewriting(case, BETTER, by=both, seen=case.revision)
    assert may(both, "diagnosis.answer", case)
    with pytest.raises(NotAllowed, match="企业的人"):
        w.confirm(case, by=both)


def test_some_fields_only_and_holes(world: World) -> None:
    w = world
    row = w.demand(contact_name="", contact_phone="", contact_email="")
    problem = row.problem
    case = w.proposed(row)
    with pytest.raises(Invalid):
        answers.confirm_rewriting(
            case, ["contact_name"], by=w.chief, seen=case.revision
        )
    db.session.rollback()
    # It lacks a contact: stored, not handed in, nothing lost.
    assert not w.confirm(case, "title")
    assert (row.title, row.problem, row.state) == (BETTER["title"], problem, "draft")


def test_what_the_firm_changed_meanwhile_is_not_overwritten(world: World) -> None:
    w = world
    row = w.demand()
    case = w.proposed(row)
    listing_deeds.save(row, {"problem": "自己改过了。"}, by=w.chief, seen=row.revision)
    assert queries.changed_since(case) == ["problem"]
    with pytest.raises(Stale, match="改过"):
        w.confirm(case)
    db.session.rollback()
    w.confirm(case, "title")
    assert (row.title, row.problem) == (BETTER["title"], "自己改过了。")


def test_of_what_is_public_the_old_text_stays_until_reviewed(world: World) -> None:
    w = world
    row = w.demand("published")
    title = row.title
    case = w.proposed(row)
    assert w.confirm(case)
    assert (row.state, row.title) == ("published", title)
    change = changes_waiting.waiting_change(row, "operator")
    assert change is not None
    assert change.content["title"] == BETTER["title"]
    assert not may_pass(row, w.operator, "operator", change=change)
    change_deeds.approve_change(
        row, by=w.second, seen=row.revision, scores=Scores(4, 4, 4, 4)
    )
    assert row.title == BETTER["title"]


def test_splitting(world: World, subtests: Any) -> None:
    w = world
    row = w.demand(contact_phone="0635-1234567")
    case = deeds.take_demand(row, reason=REASON, by=w.operator)
    for name, parts, wrong in [
        ("one only", PARTS[:1], "parts"),
        ("no problem", [PARTS[0], {"title": "只有名称"}], "problem-1"),
        ("twice one title", [PARTS[0], PARTS[0]], "title-1"),
        ("a secret", [PARTS[0], {**PARTS[1], "problem": "机密★5年"}], "problem-1"),
    ]:
        with subtests.test(name):
            with pytest.raises(Invalid) as refused:
                deeds.propose_split(case, parts, by=w.operator, seen=case.revision)
            assert wrong in refused.value.problems
            db.session.rollback()
    deeds.propose_split(case, PARTS, by=w.operator, seen=case.revision)
    twin = w.demand(title=PARTS[1]["title"])
    with pytest.raises(Invalid):
        answers.confirm_split(case, [0, 1], by=w.chief, seen=case.revision)
    # None was made, not even the first one.
    assert case.state == "proposed"
    assert not case.drafts
    listing_deeds.save(twin, {"title": "另一个名称"}, by=w.chief, seen=twin.revision)
    drafts = answers.confirm_split(case, [0, 1], by=w.chief, seen=case.revision)
    assert [one.title for one in drafts] == ["保持架降噪", "滚道超精研磨"]
    assert {one.state for one in drafts} == {"draft"}
    assert drafts[0].contact_phone == "0635-1234567"
    origin = queries.origin_of(drafts[0])  # type: ignore[arg-type]
    assert origin is case
    assert {one.by_id for one in history_of(drafts[0]) if one.deed == "rewrite"} == {
        w.operator.id
    }
    assert row.state == "draft"


@pytest.mark.parametrize("place", ["9" * 5000, "-1", "²", "1" + "0" * 30])
def test_a_part_that_is_none_is_not_taken(
    place: str, world: World, sign_in: SignIn
) -> None:
    case = deeds.take_demand(world.demand(), reason=REASON, by=world.operator)
    deeds.propose_split(case, PARTS, by=world.operator, seen=case.revision)
    address = f"/mine/diagnosis/{case.id}/confirm-split"

    answer = sign_in(world.chief).post(
        address, data={"seen": str(case.revision), "take": place}
    )

    assert answer.status_code == 422
    assert not case.drafts


def test_the_other_ways_out(world: World) -> None:
    w = world
    case = w.proposed(w.demand())
    answers.ask_changes(case, remark="数字不对", by=w.chief, seen=case.revision)
    assert (case.state, queries.turn_of(case).is_firms) == ("diagnosing", False)
    same = {"title": case.demand.title}
    with pytest.raises(Invalid, match="没有不同"):
        deeds.propose_rewriting(case, same, by=w.operator, seen=case.revision)
    db.session.rollback()
    deeds.propose_rewriting(case, BETTER, by=w.operator, seen=case.revision)
    title = case.demand.title
    answers.decline_proposal(case, remark="我们自己改", by=w.chief, seen=case.revision)
    assert (case.state, case.demand.title) == ("declined", title)
    for late in (
        lambda: w.confirm(case),
        lambda: deeds.propose_rewriting(
            case, BETTER, by=w.operator, seen=case.revision
        ),
    ):
        with pytest.raises(NotNow):
            late()
        db.session.rollback()
    again = deeds.take_demand(case.demand, reason=REASON, by=w.second)
    with pytest.raises(Invalid):
        w.advise(again, "long_term", " ")
    db.session.rollback()
    with pytest.raises(Invalid, match="选一个结论"):
        w.advise(again, "", "原因")
    db.session.rollback()
    with pytest.raises(Invalid, match="2001 字，太长了"):
        w.advise(again, "long_term", "长" * 2001)
    db.session.rollback()
    advice = "先找质量管理体系咨询；技改贴息在开发区经发局申请。"
    w.advise(again, "long_term", advice)
    assert (again.state, again.advice) == ("unfit", advice)
    assert (again.conclusion, again.state_name) == ("long_term", "长期攻关")
    assert "有了结论" in notices("diagnosis.to_firm", w.chief)[-1]


def test_a_broker_works_only_while_it_is_given_to_them(world: World) -> None:
    w = world
    row = w.demand("published", visibility="confidential")
    w.give(row)
    case = deeds.take_demand(row, reason=REASON, by=w.broker)
    with pytest.raises(NotFound):
        queries.get_case(case.id, by=w.other)
    seat = seats_of(w.broker)[0]
    substitution = substitute_deeds.name_substitute(
        seat,
        w.other,
        first_day=today(),
        last_day=today(),
        by=w.broker,
    )
    assert queries.get_case(case.id, by=w.other, deed="diagnosis.work") is case
    assert queries.represented_by(case, w.other) == w.broker.id
    substitute_deeds.end_substitution(substitution, by=w.broker)
    with pytest.raises(NotFound):
        queries.get_case(case.id, by=w.other)
    listing_deeds.end_assignment(row, w.broker, by=w.operator)
    with pytest.raises(NotFound):
        queries.get_case(case.id, by=w.broker)
    # The operators go on with it.
    assert queries.get_case(case.id, by=w.operator, deed="diagnosis.work")


def test_the_pages(world: World, sign_in: SignIn) -> None:
    w = world
    row = w.demand(contact_phone="0635-7654321")
    firm, operator = sign_in(w.chief), sign_in(w.operator)
    ask = f"/mine/demand/{row.id}/diagnosis"
    assert "请诊断" in firm.get(f"/demands/{row.id}").text
    assert firm.post(ask, data={"reason": ""}).status_code == 422
    made = firm.post(ask, data={"reason": REASON})
    page = made.headers["Location"]
    assert firm.post(ask, data={"reason": REASON}).status_code == 409
    assert "等人接手" in operator.get("/office/review?tray=diagnosis").text
    assert operator.post(f"{ask}/take", data={"reason": REASON}).status_code == 303
    assert sign_in(w.stranger).get(page).status_code == 404
    assert sign_in(w.other).get(page).status_code == 404
    assert firm.get(f"{page}/rewrite").status_code == 403
    form = operator.get(f"{page}/rewrite").text
    # Whom to ring up is none of it.
    assert "0635-7654321" not in form
    assert "0635-7654321" not in operator.get(page).text
    sent = sent_values(form) | {"title": BETTER["title"]}
    bad = operator.post(f"{page}/rewrite", data=sent | {"title": "。"})
    assert bad.status_code == 422
    assert operator.post(f"{page}/rewrite", data=sent).status_code == 303
    stale = operator.post(f"{page}/rewrite", data=sent)
    assert stale.status_code == 409
    assert BETTER["title"] in stale.text
    shown = firm.get(page).text
    assert "<ins>" in shown
    seen = re.search(r'name="seen" value="(\d+)"', shown)
    assert seen
    assert "改写等您确认" in firm.get("/mine").text
    # Nobody acts for a suspended organisation: no task leads to a page that they may not open.
    organisation_deeds.suspend_organisation(w.firm, note="核查材料", by=w.second)
    assert "改写等您确认" not in firm.get("/mine").text
    organisation_deeds.resume_organisation(w.firm, by=w.second)
    nothing = firm.post(f"{page}/confirm", data={"seen": seen[1]})
    assert nothing.status_code == 422
    taken = {"seen": seen[1], "take": "title"}
    assert operator.post(f"{page}/confirm", data=taken).status_code == 403
    assert firm.post(f"{page}/confirm", data=taken).status_code == 303
    assert row.title == BETTER["title"]
    assert firm.post(f"{page}/confirm", data=taken).status_code == 409
    assert operator.get(f"{page}/split").status_code == 409


def test_the_page_of_a_conclusion(world: World, sign_in: SignIn) -> None:
    w = world
    case = deeds.take_demand(w.demand(), reason=REASON, by=w.operator)
    page = f"/mine/diagnosis/{case.id}"
    operator = sign_in(w.operator)
    shown = operator.get(page).text
    assert all(name in shown for name in ("可对接", "需补充", "长期攻关"))
    sent = {"seen": case.revision, "advice": "要先做系统的试验，建议申报揭榜。"}
    refused = operator.post(f"{page}/advise", data=sent)
    assert (refused.status_code, "选一个结论" in refused.text) == (422, True)
    assert "<h2>没有办成</h2>" in refused.text
    assert sent["advice"] in refused.text
    done = operator.post(f"{page}/advise", data=sent | {"conclusion": "long_term"})
    assert done.status_code == 303
    firm = sign_in(w.chief)
    assert "长期攻关：原因和下一步" in firm.get(page).text
    assert "长期攻关" in firm.get(f"/demands/{case.demand_id}").text


def test_two_answers_to_a_rewriting_at_once_are_one(
    tmp_path: Path, migrated: str
) -> None:
    with committing_site(tmp_path, migrated) as site:
        w = World(Factory(db.session))
        chief = w.chief.id
        number = w.proposed(w.demand()).id
        db.session.commit()
        db.session.remove()

        def confirm() -> Callable[[], object]:
            case, person = _read(number, chief)
            chosen, seen = tuple(case.content), case.revision

            def press() -> None:
                # As the door begins a request that writes.
                persistence.begin_write()
                answers.confirm_rewriting(case, chosen, by=person, seen=seen)

            return press

        def decline() -> Callable[[], object]:
            case, person = _read(number, chief)
            seen = case.revision

            def press() -> None:
                persistence.begin_write()
                answers.decline_proposal(
                    case, remark="不是这个意思", by=person, seen=seen
                )

            return press

        outcomes = at_once(site, confirm, decline)

        assert outcomes.count("done") == 1
        assert sum(isinstance(one, (Stale, NotNow, Busy)) for one in outcomes) == 1
        case, _ = _read(number, chief)
        confirmed = case.state == "rewritten"
        # What was declined changed nothing, what was confirmed is in the demand.
        assert (case.demand.title == BETTER["title"]) == confirmed


def _read(case_id: int, person_id: int) -> tuple[DiagnosisCase, Person]:
    case = db.session.get(DiagnosisCase, case_id)
    person = db.session.get(Person, person_id)
    assert case is not None
    assert person is not None
    return case, person
