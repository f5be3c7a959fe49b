"""Changes of what is published: the version approved last stays public until they have been through review."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.clock import now
from marketplace.errors import Invalid, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.listings import (
    change_deeds,
    changes_waiting,
    deeds,
    rewriting_deeds,
    rewritings,
    versions,
)
from marketplace.listings.review_models import ListingChange
from marketplace.listings.snapshots import packed, snapshot_of, unpacked
from marketplace.notices.models import Notice
from tests.factories import ACHIEVEMENT, GOOD, GOOD_FORM, Factory
from tests.marketplace.listings.lab import Lab

SignIn = Callable[..., FlaskClient]


REVIEWED = (
    {"title": "滚道超精研磨的参数优化（第二版）"},
    {"summary": ACHIEVEMENT["summary"] + "现在三条线上试用。"},
    {
        "metrics": [
            {"name": "振动", "operator": "le", "value": Decimal("33.5"), "unit": "dB"}
        ]
    },
    {"stage": "industrialised"},
    {"price_mode": "fixed", "price_min": Decimal(50), "price_max": None},
    {"conversion_modes": ["transfer"]},
)


@pytest.mark.parametrize("values", REVIEWED)
def test_a_change_is_public_only_after_review(lab: Lab, values: dict[str, Any]) -> None:
    row = lab.published()
    before = versions.last_version(row)
    assert before is not None
    public = dict(before.content)
    deeds.save(row, values, by=lab.researcher, seen=row.revision)
    change = changes_waiting.open_change(row)
    assert change is not None
    assert (row.state, change.state) == ("published", "at_desk")
    assert snapshot_of(row) == public
    change_deeds.endorse_change(row, by=lab.desk, seen=row.revision)
    assert snapshot_of(row) == public
    change_deeds.approve_change(row, by=lab.operator, seen=row.revision, scores=GOOD)
    db.session.expire_all()
    after = versions.last_version(row)
    assert after is not None
    assert (after.number, change.state) == (2, "approved")
    assert snapshot_of(row) == after.content != public
    for name in values:
        assert after.content[name] != public[name] or name == "price_max"
    assert row.indexed_revision == row.revision
    # The old version is read as it was.
    assert versions.get_version(row, 1, by=lab.researcher).content == public


def test_contact_and_validity_change_at_once(lab: Lab) -> None:
    row = lab.published()
    later = row.valid_until + timedelta(days=30)  # type: ignore[operator]
    deeds.save(
        row,
        {"contact_name": "新的岗位", "valid_until": later, "title": row.title},
        by=lab.researcher,
        seen=row.revision,
    )
    assert (row.contact_name, row.valid_until) == ("新的岗位", later)
    assert changes_waiting.open_change(row) is None


def test_a_change_of_both_kinds_is_split(lab: Lab) -> None:
    row = lab.published()
    deeds.save(
        row,
        {"contact_name": "新的岗位", "stage": "small_batch"},
        by=lab.researcher,
        seen=row.revision,
    )
    assert (row.contact_name, row.stage) == ("新的岗位", "pilot")
    change = changes_waiting.open_change(row)
    assert change is not None
    assert change.content == {"stage": "small_batch"}


def test_a_returned_change_is_mended_a_refused_one_is_over(lab: Lab) -> None:
    row = lab.published()
    deeds.save(row, {"stage": "small_batch"}, by=lab.researcher, seen=row.revision)
    with pytest.raises(Invalid):
        change_deeds.return_change(
            row, by=lab.desk, seen=row.revision, note="", station="desk"
        )
    change_deeds.return_change(
        row, by=lab.desk, seen=row.revision, note="先补检测报告", station="desk"
    )
    change = changes_waiting.open_change(row)
    assert change is not None
    assert (change.state, change.reason) == ("returned", "先补检测报告")
    deeds.save(row, {"stage": "small_batch"}, by=lab.desk, seen=row.revision)
    # The desk hands in itself, so it goes to the operators.
    assert change.state == "submitted"
    change_deeds.reject_change(
        row, by=lab.operator, seen=row.revision, note="没有检测报告"
    )
    assert changes_waiting.open_change(row) is None
    assert row.stage == "pilot"


def test_what_was_mended_while_it_was_suspended_is_approved_by_somebody_else(
    make: Factory, lab: Lab, sign_in: SignIn
) -> None:
    row = lab.published()
    deeds.suspend(row, by=lab.operator, seen=row.revision, note="指标有出入")
    deeds.save(row, {"contact_name": "新岗位"}, by=lab.operator, seen=row.revision)
    address = f"/office/review/achievement/{row.id}"
    office = sign_in(lab.operator)
    # A contact is nothing to approve.
    assert "恢复公开" in office.get(address).text
    deeds.save(row, {"stage": "small_batch"}, by=lab.operator, seen=row.revision)
    # What the operator wrote waits for the institution, and is theirs all the same once it is taken over.
    found = rewritings.latest_rewriting(row, by=lab.operator)
    rewriting_deeds.accept_rewriting(
        found, row, ["stage"], by=lab.researcher, seen=found.revision
    )
    assert "恢复公开" not in office.get(address).text
    with pytest.raises(NotAllowed, match="您自己或您的单位"):
        deeds.resume(row, by=lab.operator, seen=row.revision)
    other = make.person("operator")
    page = sign_in(other).get(address).text
    assert "恢复公开" in page
    assert "评分" not in page.partition("决定</h2>")[2].partition("</form>")[0]
    deeds.resume(row, by=other, seen=row.revision)
    assert row.state == "published"
    last = versions.last_version(row)
    assert last is not None
    assert (last.by_id, last.content["stage"]) == (other.id, "small_batch")


def test_who_handed_in_a_change_learns_what_became_of_it(
    make: Factory, lab: Lab
) -> None:
    row = lab.published()
    colleague = make.person("desk", lab.owner)
    deeds.save(row, {"stage": "small_batch"}, by=colleague, seen=row.revision)
    change_deeds.return_change(
        row, by=lab.operator, seen=row.revision, note="先补检测报告"
    )
    query = db.select(Notice.person_id).where(
        Notice.subject.contains("的修改被退回"), Notice.about_id == row.id
    )
    notified = set(db.session.scalars(query))
    assert notified == {lab.researcher.id, colleague.id}


def test_what_says_the_same_as_the_public_takes_a_change_back(lab: Lab) -> None:
    row = lab.published()
    deeds.save(row, {"stage": "small_batch"}, by=lab.researcher, seen=row.revision)
    deeds.save(row, {"stage": "pilot"}, by=lab.researcher, seen=row.revision)
    assert changes_waiting.open_change(row) is None
    (last,) = db.session.scalars(db.select(ListingChange))
    assert last.state == "withdrawn"


def test_nobody_lets_their_own_change_through(make: Factory, lab: Lab) -> None:
    row = lab.published()
    deeds.save(row, {"stage": "small_batch"}, by=lab.operator, seen=row.revision)
    change = changes_waiting.open_change(row)
    assert change is not None
    assert change.state == "at_desk"
    change_deeds.endorse_change(row, by=lab.desk, seen=row.revision)
    with pytest.raises(NotAllowed):
        change_deeds.approve_change(
            row, by=lab.operator, seen=row.revision, scores=GOOD
        )
    other = make.person("operator")
    with pytest.raises(Stale):
        change_deeds.approve_change(row, by=other, seen=row.revision - 1, scores=GOOD)
    change_deeds.approve_change(row, by=other, seen=row.revision, scores=GOOD)
    assert row.stage == "small_batch"
    with pytest.raises(NotNow):
        change_deeds.approve_change(row, by=other, seen=row.revision, scores=GOOD)


def test_nobody_of_the_owner_and_nobody_who_wrote_in_a_change_approves_it(
    make: Factory, lab: Lab, sign_in: SignIn
) -> None:
    row = lab.published()
    inside, helper = make.person("operator", lab.owner), make.person("operator")
    deeds.save(row, {"stage": "small_batch"}, by=helper, seen=row.revision)
    # Somebody else goes on with it: what the helper wrote stands in it all the same.
    values = {"stage": "small_batch", "conversion_modes": ["transfer"]}
    deeds.save(row, values, by=lab.researcher, seen=row.revision)
    change_deeds.endorse_change(row, by=lab.desk, seen=row.revision)
    for person in (inside, helper):
        with pytest.raises(NotAllowed, match="您自己或您的单位"):
            change_deeds.approve_change(row, by=person, seen=row.revision, scores=GOOD)
        page = sign_in(person).get(f"/office/review/achievement/{row.id}").text
        assert "修改通过并公开" not in page
    change_deeds.approve_change(row, by=lab.operator, seen=row.revision, scores=GOOD)
    # In the next change the helper has had no hand.
    deeds.save(row, {"stage": "industrialised"}, by=lab.desk, seen=row.revision)
    change_deeds.approve_change(row, by=helper, seen=row.revision, scores=GOOD)
    assert row.stage == "industrialised"


def test_a_change_that_would_not_be_fit_for_the_public_is_refused_at_once(
    lab: Lab,
) -> None:
    row = lab.published()
    with pytest.raises(Invalid) as refusal:
        deeds.save(row, {"summary": "太短"}, by=lab.researcher, seen=row.revision)
    assert list(refusal.value.problems) == ["summary"]
    assert changes_waiting.open_change(row) is None


@pytest.mark.parametrize("deed", [deeds.withdraw, deeds.suspend])
def test_a_change_ends_with_its_listing(lab: Lab, deed: Callable[..., None]) -> None:
    row = lab.published()
    deeds.save(row, {"stage": "small_batch"}, by=lab.researcher, seen=row.revision)
    deed(row, by=lab.operator, seen=row.revision, note="有争议，先停")
    assert changes_waiting.waiting_change(row, "desk") is None
    ended = changes_waiting.open_change(row) is None
    assert ended == (deed is deeds.withdraw)


def test_the_form_and_the_review_show_the_change(lab: Lab, sign_in: SignIn) -> None:
    row = lab.published()
    researcher = sign_in(lab.researcher)
    text = ACHIEVEMENT["summary"] + "第二版新增一句。"
    deeds.save(row, {"summary": text}, by=lab.researcher, seen=row.revision)
    assert "第二版新增一句" in researcher.get(f"/mine/achievement/{row.id}/edit").text
    assert "第二版新增一句" not in researcher.get(f"/achievements/{row.id}").text
    page = sign_in(lab.desk).get(f"/mine/review/achievement/{row.id}").text
    assert "与上次通过的不同（1 处）" in page
    assert "第二版新增一句。</ins>" in page
    change_deeds.endorse_change(row, by=lab.desk, seen=row.revision)
    office = sign_in(lab.operator)
    assert "已发布内容的修改" in office.get("/office/review").text
    answer = office.post(
        f"/office/review/achievement/{row.id}/approve",
        data={"seen": row.revision, **GOOD_FORM},
    )
    assert answer.status_code == 303
    assert "第二版新增一句" in researcher.get(f"/achievements/{row.id}").text


def test_the_version_of_a_moment(lab: Lab) -> None:
    row = lab.published()
    first = versions.last_version(row)
    assert first is not None
    first.at = now() - timedelta(days=9)
    db.session.commit()
    deeds.save(row, {"stage": "small_batch"}, by=lab.desk, seen=row.revision)
    change_deeds.approve_change(row, by=lab.operator, seen=row.revision, scores=GOOD)
    by = lab.researcher
    numbers = []
    for days in (10, 8, -1):
        version = versions.version_at(row, now() - timedelta(days=days), by=by)
        numbers.append(version and version.number)
    assert numbers == [None, 1, 2]
    assert [one.number for one in versions.list_versions(row, by=by)] == [2, 1]
    with pytest.raises(NotFound):
        versions.get_version(row, 3, by=by)


def test_the_page_of_versions(lab: Lab, sign_in: SignIn, make: Factory) -> None:
    row = lab.published()
    first = versions.last_version(row)
    assert first is not None
    first.at = datetime(2026, 3, 2, 15, 59)  # 23:59 in China
    db.session.commit()
    summary = ACHIEVEMENT["summary"] + "第二版新增一句。"
    deeds.save(row, {"summary": summary}, by=lab.desk, seen=row.revision)
    change_deeds.approve_change(row, by=lab.operator, seen=row.revision, scores=GOOD)
    address = f"/mine/versions/achievement/{row.id}"
    page = sign_in(lab.researcher)
    newest = page.get(address).text
    assert "第 2 版与第 1 版的不同（1 处）" in newest
    assert "第二版新增一句。</ins>" in newest
    assert lab.operator.name in newest
    of_day = page.get(f"{address}?day=2026-03-02").text
    assert "第 1 版的内容" in of_day
    assert "第二版新增一句" not in of_day
    assert "还没有通过审核的版本" in page.get(f"{address}?day=2026-03-01").text
    assert "日期写成" in page.get(f"{address}?day=三月").text
    assert page.get(f"{address}?day=9999-12-31").status_code == 200
    assert page.get(f"{address}?number=3").status_code == 404
    assert page.get(f"{address}?number=x").status_code == 404
    assert "第 1 版与第 2 版的不同" in page.get(f"{address}?number=1&against=2").text
    stranger = sign_in(make.person("firm", make.organisation()))
    assert stranger.get(address).status_code == 403


def test_sums_and_days_come_back_as_what_they_were(lab: Lab, sign_in: SignIn) -> None:
    row = lab.published()
    values = {
        "price_mode": "range",
        "price_min": Decimal("0.5"),
        "price_max": Decimal(1200),
        "metrics": [{"name": "振动", "operator": "le", "value": Decimal("33.5")}],
        "ips": [
            {
                "ip_type": "invention",
                "name": "一种方法",
                "applied_on": date(2024, 2, 29),
            }
        ],
        "contributors": [{"name": "张三", "share": Decimal("33.3")}],
    }
    restored = unpacked("achievement", packed(values))
    assert restored == values
    assert repr(restored) == repr(values)

    deeds.save(row, values, by=lab.desk, seen=row.revision)
    office = sign_in(lab.operator)
    assert "0.5–1200 万元" in office.get(f"/office/review/achievement/{row.id}").text
    change_deeds.approve_change(row, by=lab.operator, seen=row.revision, scores=GOOD)
    versions_page = office.get(f"/mine/versions/achievement/{row.id}").text
    assert "0.5–1200 万元" in versions_page
    assert (row.price_max, row.metrics[0].value) == (1200, Decimal("33.5"))
