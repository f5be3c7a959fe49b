"""The way of a listing through review: desk, operators, scores, returns by field, and how long each may take.

Changes of what is published are in `test_changes.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.clock import now
from marketplace.errors import Invalid, NotAllowed, NotFound, NotNow
from marketplace.extensions import db
from marketplace.lifecycle import history_of
from marketplace.listings import (
    deeds,
    queries,
    review_queue,
)
from marketplace.listings.review_models import ReviewDecision, Scores
from marketplace.notices.models import Notice
from marketplace.permissions import Guest
from tests.factories import ACHIEVEMENT, GOOD, GOOD_FORM, Factory
from tests.marketplace.listings.lab import TITLE, Lab

SignIn = Callable[..., FlaskClient]


def is_public(row: Any) -> bool:
    try:
        queries.get_visible(row.kind, row.id, by=Guest())
    except NotFound:
        return False
    return True


@pytest.mark.parametrize("kind", ["university", "institute"])
def test_an_institution_is_public_only_after_its_desk_and_the_operators(
    make: Factory, kind: str
) -> None:
    lab = Lab(make, kind)
    row = lab.at_desk()
    assert (row.state, is_public(row)) == ("at_desk", False)
    for wrong in (deeds.approve, deeds.send_back, deeds.reject):
        values: dict[str, Any] = {"note": "还没有到平台"}
        if wrong is deeds.approve:
            values["scores"] = GOOD
        with pytest.raises(NotNow):
            wrong(row, by=lab.operator, seen=row.revision, **values)
        db.session.rollback()
    deeds.endorse(row, by=lab.desk, seen=row.revision)
    assert (row.state, is_public(row)) == ("submitted", False)
    deeds.approve(row, by=lab.operator, seen=row.revision, scores=GOOD)
    assert (row.state, is_public(row)) == ("published", True)
    walked = [event.deed for event in history_of(row)]
    assert walked == ["create", "hand_to_desk", "endorse", "take", "approve"]
    stations = db.session.scalars(db.select(ReviewDecision.station)).all()
    assert stations == ["desk", "operator"]


HANDED_IN = (
    # (kind of organisation, place, who, where it goes)
    ("university", "researcher", "at_desk"),
    ("institute", "researcher", "at_desk"),
    ("university", "desk", "submitted"),
    ("firm", "member", "submitted"),
    ("service_body", "member", "submitted"),
)


@pytest.mark.parametrize(("kind", "place", "state"), HANDED_IN)
def test_where_a_listing_goes_depends_on_who_hands_it_in(
    make: Factory, kind: str, place: str, state: str
) -> None:
    owner = make.organisation(kind=kind)
    person = make.person(place, owner)
    row = deeds.create(
        "achievement", {"title": TITLE, **ACHIEVEMENT}, organisation=owner, by=person
    )
    deeds.submit(row, by=person, seen=row.revision)
    assert row.state == state
    # An operator who helps on the telephone is not the institution.
    second = deeds.create(
        "achievement",
        {"title": "另一项", **ACHIEVEMENT},
        organisation=owner,
        by=person,
    )
    second.title = second.title + "工艺优化"
    db.session.commit()
    deeds.submit(second, by=make.person("operator"), seen=second.revision)
    assert second.state == ("at_desk" if kind in ("university", "institute") else state)


def test_nobody_reviews_their_own(make: Factory, lab: Lab) -> None:
    row = lab.at_desk()
    with pytest.raises(NotAllowed):
        deeds.endorse(row, by=lab.researcher, seen=row.revision)
    with pytest.raises(NotAllowed):
        deeds.endorse(
            row,
            by=make.person("desk", make.organisation(kind="institute")),
            seen=row.revision,
        )
    # Who wrote it and has become one of the desk since.
    lab.researcher.memberships[0].role = "desk"
    db.session.commit()
    with pytest.raises(NotAllowed, match="您自己或您的单位"):
        deeds.endorse(row, by=lab.researcher, seen=row.revision)
    # Who let it through at the desk does not let it through at the operators' too.
    both = make.person("operator", lab.owner)
    both.memberships[0].role = "desk"
    db.session.commit()
    deeds.endorse(row, by=both, seen=row.revision)
    with pytest.raises(NotAllowed, match="您自己或您的单位"):
        deeds.approve(row, by=both, seen=row.revision, scores=GOOD)
    # Nor does an operator of the same house, nor one who has written in it, handed in by somebody else.
    inside = make.person("operator", lab.owner)
    with pytest.raises(NotAllowed, match="您自己或您的单位"):
        deeds.approve(row, by=inside, seen=row.revision, scores=GOOD)
    # Nor one of a house that holds it together with the owner, however its name is spaced.
    partner = make.organisation("共有 轴承厂（示例）")
    shared = make.achievement(
        "两家共有的成果",
        state="submitted",
        co_owners=[{"name": lab.owner.name}, {"name": "共有轴承厂（示例）"}],
    )
    with pytest.raises(NotAllowed, match="您自己或您的单位"):
        deeds.approve(
            shared,
            by=make.person("operator", partner),
            seen=shared.revision,
            scores=GOOD,
        )
    helper = make.person("operator")
    draft = make.demand("帮着改过的需求", state="draft")
    deeds.save(
        draft, {"expected_goal": "运营人员补写的目标。"}, by=helper, seen=draft.revision
    )
    deeds.submit(draft, by=None, seen=draft.revision)
    with pytest.raises(NotAllowed, match="您自己或您的单位"):
        deeds.approve(draft, by=helper, seen=draft.revision, scores=GOOD)
    deeds.approve(draft, by=lab.operator, seen=draft.revision, scores=GOOD)
    assert draft.state == "published"
    deeds.approve(row, by=lab.operator, seen=row.revision, scores=GOOD)
    assert row.state == "published"


@pytest.mark.parametrize("deed", ["return", "reject"])
def test_what_was_returned_or_refused_is_mended_and_handed_in_again(
    lab: Lab, deed: str
) -> None:
    row = lab.at_desk()
    at_desk = deeds.desk_return if deed == "return" else deeds.desk_reject
    at_desk(row, by=lab.desk, seen=row.revision, note="指标没有试验方法")
    assert row.state == {"return": "returned", "reject": "rejected"}[deed]
    deeds.save(
        row, {"baseline": "按 GB/T 6391 测。"}, by=lab.researcher, seen=row.revision
    )
    deeds.submit(row, by=lab.researcher, seen=row.revision)
    deeds.endorse(row, by=lab.desk, seen=row.revision)
    at_office = deeds.send_back if deed == "return" else deeds.reject
    at_office(row, by=lab.operator, seen=row.revision, note="案例写清楚")
    deeds.submit(row, by=lab.researcher, seen=row.revision)
    # The new text is the desk's to read first, whoever returned the old one.
    assert row.state == "at_desk"


def test_a_desk_lets_through_again_what_the_operators_returned(
    lab: Lab, sign_in: SignIn
) -> None:
    row = lab.at_desk()
    deeds.endorse(row, by=lab.desk, seen=row.revision)
    deeds.send_back(row, by=lab.operator, seen=row.revision, note="案例写清楚")
    values = {"baseline": "按 GB/T 6391 测。"}
    deeds.save(row, values, by=lab.researcher, seen=row.revision)
    deeds.submit(row, by=lab.researcher, seen=row.revision)
    page = sign_in(lab.desk).get(f"/mine/review/achievement/{row.id}").text
    assert "通过，送平台审核" in page
    deeds.endorse(row, by=lab.desk, seen=row.revision)
    assert row.state == "submitted"


def test_a_refused_title_that_was_taken_meanwhile_is_said(lab: Lab) -> None:
    row = lab.at_desk()
    deeds.desk_reject(row, by=lab.desk, seen=row.revision, note="与已有成果重复")
    twin = lab.draft()
    with pytest.raises(Invalid, match="已有同名"):
        deeds.submit(row, by=lab.researcher, seen=row.revision)
    db.session.rollback()
    assert (row.state, twin.state) == ("rejected", "draft")


SCORES = (
    (Scores(5, 5, 5, 5), "", []),
    (Scores(4, 3, 2, 1), "", []),  # ten: no comment needed
    (Scores(3, 3, 2, 1), "", ["note"]),
    (Scores(3, 3, 2, 1), " 改 ", ["note"]),
    (Scores(3, 3, 2, 1), "指标不足，先发布再补", []),
    (Scores(1, 1, 1, 1), "只有线索，供参考", []),
    (Scores(0, 5, 5, 5), "", ["truth"]),
    (Scores(0, 5, 5, 0), "写了意见也不行", ["truth", "wording"]),
    (Scores(5, 6, 5, 5), "", ["completeness"]),
    (Scores(5, 5, -1, 5), "", ["feasibility"]),
    (None, "没有打分", ["truth", "completeness", "feasibility", "wording"]),
)


@pytest.mark.parametrize(("scores", "note", "wrong"), SCORES)
@pytest.mark.parametrize("kind", ["achievement", "demand"])
def test_a_zero_blocks_and_a_low_total_needs_a_comment(
    make: Factory, kind: str, scores: Scores | None, note: str, wrong: list[str]
) -> None:
    row = getattr(make, kind)(state="submitted")
    operator = make.person("operator")
    if wrong:
        with pytest.raises(Invalid) as refusal:
            deeds.approve(row, by=operator, seen=row.revision, note=note, scores=scores)
        db.session.rollback()
        assert list(refusal.value.problems) == wrong
        assert row.state == "submitted"
        assert db.session.scalar(db.select(ReviewDecision.id)) is None
        return
    deeds.approve(row, by=operator, seen=row.revision, note=note, scores=scores)
    decision = db.session.scalars(db.select(ReviewDecision)).one()
    assert (row.state, decision.scores, decision.note) == ("published", scores, note)
    assert f"评分 {scores.total} / 20" in history_of(row)[-1].note  # type: ignore[union-attr]


def test_the_author_reads_score_and_comment(lab: Lab) -> None:
    row = lab.at_desk()
    deeds.endorse(row, by=lab.desk, seen=row.revision)
    deeds.approve(
        row, by=lab.operator, seen=row.revision, note="案例可再补", scores=GOOD
    )
    query = db.select(Notice).where(Notice.person_id == lab.researcher.id)
    notices = db.session.scalars(query.order_by(Notice.id)).all()
    assert "真实 4 · 完整 4 · 可落地 3 · 表述 4" in notices[-1].happened
    assert "案例可再补" in notices[-1].happened


def test_a_return_names_the_fields_and_the_form_leads_to_them(
    lab: Lab, sign_in: SignIn
) -> None:
    row = lab.at_desk()
    desk = sign_in(lab.desk)
    address = f"/mine/review/achievement/{row.id}"
    page = desk.get(address).text
    assert "通过，送平台审核" in page
    empty = desk.post(f"{address}/return", data={"seen": row.revision, "note": ""})
    assert empty.status_code == 422
    returned = desk.post(
        f"{address}/return",
        data={"seen": row.revision, "todo_baseline": "写明与哪种工艺比", "note": ""},
    )
    assert returned.status_code == 303
    db.session.expire_all()
    assert row.state == "returned"
    form = sign_in(lab.researcher).get(f"/mine/achievement/{row.id}/edit").text
    assert "写明与哪种工艺比" in form
    assert 'href="#baseline"' in form


def test_only_the_desk_of_the_institution_opens_its_review(
    make: Factory, lab: Lab, sign_in: SignIn, client: FlaskClient
) -> None:
    row = lab.at_desk()
    address = f"/mine/review/achievement/{row.id}"
    other = make.person("desk", make.organisation(kind="institute"))
    answers = [
        client.get(address).status_code,
        sign_in(make.person("firm", make.organisation())).get(address).status_code,
        sign_in(other).get(address).status_code,
        sign_in(lab.researcher).get(address).status_code,
        sign_in(lab.desk).get(address).status_code,
    ]
    assert answers == [302, 404, 404, 403, 200]


def test_the_walk_through_the_pages(lab: Lab, sign_in: SignIn) -> None:
    row = lab.draft()
    researcher, desk, office = map(sign_in, (lab.researcher, lab.desk, lab.operator))
    handed = researcher.post(
        f"/mine/achievement/{row.id}/submit", data={"seen": row.revision}
    )
    assert handed.status_code == 303
    assert "本单位审核一般 3 个工作日" in researcher.get("/mine").text
    assert TITLE in desk.get("/mine").text
    db.session.expire_all()
    endorsed = desk.post(
        f"/mine/review/achievement/{row.id}/endorse", data={"seen": row.revision}
    )
    assert endorsed.status_code == 303
    assert TITLE in office.get("/office/review").text
    db.session.expire_all()
    page = office.get(f"/office/review/achievement/{row.id}").text
    assert "评分" in page
    unscored = office.post(
        f"/office/review/achievement/{row.id}/approve",
        data={"seen": row.revision, "note": "很好", "truth": "4"},
    )
    assert unscored.status_code == 422
    assert 'href="#wording"' in unscored.text
    assert 'href="#truth"' not in unscored.text
    assert "很好" in unscored.text
    approved = office.post(
        f"/office/review/achievement/{row.id}/approve",
        data={"seen": row.revision, **GOOD_FORM},
    )
    assert approved.status_code == 303
    assert TITLE in sign_in(lab.operator).get(f"/achievements/{row.id}").text


# -- the clock ---------------------------------------------------------------------------------------------------------


def test_the_clock_of_the_queue_counts_working_days(
    make: Factory, stop_clock: Callable[[datetime], None], sign_in: SignIn
) -> None:
    # Friday 2026-11-20, 10:00 in China: three working days end on Wednesday the 25th.
    stop_clock(datetime(2026, 11, 20, 2))
    row = make.demand(state="submitted")
    stop_clock(datetime(2026, 11, 25, 15, 59))
    clock = review_queue.clocks_of("waiting", [row])["demand", row.id]
    assert (str(clock.deadline.day), clock.left, clock.is_overdue) == (
        "2026-11-25",
        0,
        False,
    )
    stop_clock(datetime(2026, 11, 25, 16))
    clock = review_queue.clocks_of("waiting", [row])["demand", row.id]
    assert (clock.left, clock.is_overdue) == (-1, True)
    assert review_queue.overdue_count("waiting") == 1
    fresh = make.demand(state="submitted")
    overdue = review_queue.tray_page(by=None, overdue=True).rows
    assert overdue == [row]
    page = sign_in(make.person("operator")).get("/office/review?overdue=1").text
    assert "超期 1 个工作日" in page
    assert fresh.title not in page


def test_two_who_have_it_open_learn_of_each_other(
    make: Factory, sign_in: SignIn
) -> None:
    row = make.demand(state="submitted")
    first, second = make.person("operator"), make.person("operator")
    address = f"/office/review/demand/{row.id}"
    assert "也正打开着这一条" not in sign_in(first).get(address).text
    assert f"{first.name} 也正打开着这一条" in sign_in(second).get(address).text
    assert f"{second.name} 也正打开着这一条" in sign_in(first).get(address).text


def test_similar_titles_are_named(make: Factory, sign_in: SignIn) -> None:
    make.achievement("深沟球轴承滚道超精研磨降噪工艺")
    make.achievement("阿胶块在线水分检测装置")
    row = make.achievement("深沟球轴承滚道的超精研磨降噪工艺", state="submitted")
    page = (
        sign_in(make.person("operator"))
        .get(f"/office/review/achievement/{row.id}")
        .text
    )
    assert "深沟球轴承滚道超精研磨降噪工艺" in page
    assert "阿胶块在线水分检测装置" not in page


def test_who_is_not_named_stays_so_among_similar_listings(
    make: Factory, lab: Lab, sign_in: SignIn
) -> None:
    title = "深沟球轴承保持架噪声的降低"
    make.demand(title, owner=make.organisation("不愿具名的厂"), anonymous=True)
    row = make.demand(f"{title}方法", owner=lab.owner, state="submitted")
    row.state = "at_desk"
    db.session.commit()
    page = sign_in(lab.desk).get(f"/mine/review/demand/{row.id}").text
    assert title in page
    assert "不愿具名的厂" not in page


def test_a_desk_endorses_several_after_reading_what_each_says(
    lab: Lab, sign_in: SignIn
) -> None:
    rows = []
    for number in range(2):
        row = lab.draft(title=f"超精研磨参数优化之{number + 1}")
        deeds.submit(row, by=lab.researcher, seen=row.revision)
        rows.append(row)
    own = lab.draft(by=lab.desk, title="岗位自己写的一条工艺")
    own.submitted_at, own.state = now(), "at_desk"
    db.session.commit()
    chosen = [f"achievement-{row.id}-{row.revision}" for row in (*rows, own)]
    # Somebody changed the second one after the page was opened.
    stale = f"achievement-{rows[1].id}-{rows[1].revision - 1}"
    desk = sign_in(lab.desk)
    assert "机构通过" in desk.get("/mine").text

    question = desk.post("/mine/several", data={"deed": "endorse", "row": chosen}).text
    done = desk.post(
        "/mine/several",
        data={
            "deed": "endorse",
            "row": [chosen[0], stale, chosen[2]],
            "confirmed": "1",
        },
    ).text

    assert "已在两条线上试用。" in question
    assert "新写：" in question
    db.session.expire_all()
    assert [row.state for row in (*rows, own)] == ["submitted", "at_desk", "at_desk"]
    assert "在您打开之后被改过" in done
