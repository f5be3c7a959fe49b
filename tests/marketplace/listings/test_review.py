"""The office: the queue, one review, its decisions by every reader, and the verification of an organisation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.clock import now
from marketplace.lifecycle import History, history_of
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import review_queue
from tests.factories import GOOD_FORM, Factory

SignIn = Callable[..., FlaskClient]
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
)
# address of the deed → what the life table calls it
DEEDS = {
    "approve": "approve",
    "return": "return",
    "reject": "reject",
    "suspend": "suspend",
    "resume": "resume",
}
AFTER = {
    "approve": "published",
    "return": "returned",
    "reject": "rejected",
    "suspend": "suspended",
    "resume": "published",
}
FROM = {
    "approve": ("submitted", "in_review"),
    "return": ("submitted", "in_review"),
    "reject": ("submitted", "in_review"),
    # What is over stays to be read: it may be hidden too.
    "suspend": ("published", "expired", "closed"),
    "resume": ("suspended",),
}


@pytest.fixture
def operator(make: Factory, sign_in: SignIn) -> FlaskClient:
    return sign_in(make.person("operator"))


def press(
    client: FlaskClient,
    row: Any,
    deed: str,
    note: str = "请补充指标的检验方法",
    **more: str,
) -> Any:
    return client.post(
        f"/office/review/{row.kind}/{row.id}/{deed}",
        data={"seen": row.revision, "note": note, **GOOD_FORM, **more},
    )


@pytest.mark.long
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_decision_in_every_state_by_every_reader(
    kind: str,
    state: str,
    make: Factory,
    sign_in: SignIn,
    client: FlaskClient,
    operator: FlaskClient,
    session: Any,
    subtests: pytest.Subtests,
) -> None:
    owner = make.organisation()
    row = getattr(make, kind)(state=state, owner=owner)
    outsiders = [
        client,
        sign_in(make.person("firm", owner)),
        sign_in(make.person("broker")),
    ]
    for deed in DEEDS:
        if row.state != state:  # moved by the deed before: the next one needs its own
            row = getattr(make, kind)(state=state, owner=owner)
        with subtests.test(deed):
            before = row.revision
            answers = [press(browser, row, deed).status_code for browser in outsiders]
            session.expire_all()
            assert answers == [302, 403, 403]
            assert (row.state, row.revision) == (state, before)
            possible = state in FROM[deed]
            after = AFTER[deed] if possible else state

            answer = press(operator, row, deed)

            session.expire_all()
            assert answer.status_code == (303 if possible else 409)
            assert row.state == after


@pytest.mark.parametrize("deed", ["return", "reject"])
@pytest.mark.parametrize("note", ["", " ", "改", "长" * 501])
def test_a_refusal_needs_its_reason(
    deed: str, note: str, make: Factory, operator: FlaskClient, session: Any
) -> None:
    row = make.demand(state="submitted")

    answer = press(operator, row, deed, note)

    session.expire_all()
    assert (answer.status_code, row.state) == (422, "submitted")
    assert 'href="#note"' in answer.text


def test_the_reason_is_kept_and_read_by_the_owner(
    make: Factory, operator: FlaskClient, sign_in: SignIn
) -> None:
    owner = make.organisation()
    row = make.achievement(state="submitted", owner=owner)

    press(operator, row, "return", "指标要写单位 <b>")

    last = history_of(row)[-1]
    assert (last.deed, last.note, row.state) == (
        "return",
        "指标要写单位 <b>",
        "returned",
    )
    assert (
        "指标要写单位 &lt;b&gt;"
        in sign_in(make.person("desk", owner)).get("/mine").text
    )


def test_what_was_changed_under_review_is_looked_at_again(
    make: Factory, operator: FlaskClient, session: Any
) -> None:
    row = make.demand(state="submitted")
    seen = row.revision
    listing_deeds.recall(row, by=None, seen=row.revision)
    listing_deeds.save(
        row,
        {"problem": "改过的问题，写得比先前清楚许多，也有了数字 36 dB。"},
        by=None,
        seen=row.revision,
    )
    listing_deeds.submit(row, by=None, seen=row.revision)

    answer = operator.post(
        f"/office/review/demand/{row.id}/return",
        data={"seen": seen, "note": "写了一半的意见"},
    )

    session.expire_all()
    assert (answer.status_code, row.state) == (409, "submitted")
    assert "写了一半的意见" in answer.text
    assert "改过的问题" in answer.text


def test_an_unverified_organisation_publishes_nothing(
    make: Factory, operator: FlaskClient, session: Any
) -> None:
    row = make.demand(
        state="submitted", owner=make.organisation("新厂（示例）", verified=False)
    )

    answer = press(operator, row, "approve")

    session.expire_all()
    assert (answer.status_code, row.state) == (422, "submitted")
    assert "「新厂（示例）」还没有核验，不能公开发布。" in answer.text


@pytest.mark.parametrize(
    ("uscc", "status", "said"),
    [
        ("914403001922038216", 303, ""),
        ("９１４４０３００１９２２０３８２１６", 303, ""),
        ("", 422, "核验前填上统一社会信用代码"),
        ("914403001922038217", 422, "校验位不对"),
        ("913401003950868800", 422, "已登记给「老厂（示例）」"),
    ],
)
def test_an_organisation_is_verified_by_its_code(
    uscc: str,
    status: int,
    said: str,
    make: Factory,
    operator: FlaskClient,
    session: Any,
) -> None:
    make.organisation("老厂（示例）").uscc = "913401003950868800"
    organisation = make.organisation("新厂（示例）", verified=False)
    row = make.demand(state="submitted", owner=organisation)

    answer = operator.post(
        f"/office/review/demand/{row.id}/verify",
        data={
            "uscc": uscc,
            "checked": "营业执照（扫描件或原件）",
            "seen": organisation.revision,
        },
    )

    session.expire_all()
    noted = (
        session.query(History)
        .filter_by(kind="organisation", thing_id=organisation.id)
        .count()
    )
    assert answer.status_code == status
    assert said in answer.text
    assert (organisation.verified_at is not None, noted) == (
        (True, 1) if status == 303 else (False, 0)
    )


def test_the_owner_does_not_verify_himself(
    make: Factory, sign_in: SignIn, session: Any
) -> None:
    organisation = make.organisation(verified=False)
    row = make.demand(state="submitted", owner=organisation)

    answer = sign_in(make.person("firm", organisation)).post(
        f"/office/review/demand/{row.id}/verify",
        data={"uscc": "914403001922038216", "checked": "营业执照（扫描件或原件）"},
    )

    session.expire_all()
    assert (answer.status_code, organisation.verified_at) == (403, None)


def test_the_queue_is_oldest_first_and_one_leads_to_the_next(
    make: Factory, operator: FlaskClient, session: Any
) -> None:
    first, second, third = (
        make.demand(state="submitted"),
        make.achievement(state="submitted"),
        make.demand(state="submitted"),
    )
    for days, row in ((9, first), (5, second), (0, third)):
        row.submitted_at = now() - timedelta(days=days)
    session.commit()
    make.demand(state="draft")

    queue = review_queue.tray_page(by=None)
    demands = review_queue.tray_page(by=None, kind="demand")
    middle = review_queue.neighbours(second, by=None)
    counts = {tray: int(review_queue.tray_count(tray)) for tray in review_queue.TRAYS}
    html = operator.get("/office/review").text
    led = press(operator, first, "approve")
    led_among_demands = operator.post(
        f"/office/review/demand/{third.id}/return?only=demand",
        data={"seen": third.revision, "note": "请补充"},
    )

    assert queue.rows == [first, second, third]
    assert counts == {"waiting": 3, "at_desk": 0, "published": 0, "suspended": 0}
    assert demands.rows == [first, third]
    assert (middle.place, middle.total) == (2, 3)
    assert (middle.before, middle.after) == (("demand", first.id), ("demand", third.id))
    assert "9 天" in html
    assert "不到 1 天" in html
    assert led.location == f"/office/review/achievement/{second.id}"
    assert led_among_demands.location == "/office/review?kind=demand"


def test_the_review_shows_everything_and_escapes_it(
    make: Factory, operator: FlaskClient
) -> None:
    evil = "<img src=x onerror=alert(1)>"
    owner = make.organisation(f"{evil}厂（示例）")
    row = make.demand(
        f"名称{evil}", state="submitted", owner=owner, problem=evil * 3, note=evil, contact_name=evil,
        metrics=[{"name": evil, "operator": "ge", "value": 350, "unit": "MPa"}],
    )  # fmt: skip
    row.anonymous = True  # only now: a demand that names its firm is not taken in
    make.session.commit()

    html = operator.get(f"/office/review/demand/{row.id}").text

    assert "<img src=x" not in html
    assert html.count("&lt;img src=x") >= 5
    assert "≥350 MPa" in html
    assert row.alias in html
    assert "没有填写：" in html


@pytest.mark.parametrize(
    ("need", "asked", "others"),
    [
        ("technology", {"希望的成果阶段"}, {"需要几人", "融资金额"}),
        ("talent", {"需要几人"}, {"希望的成果阶段", "融资金额"}),
        ("capital", {"融资金额"}, {"希望的成果阶段", "需要几人"}),
    ],
)
def test_what_another_need_is_asked_is_not_missing(
    make: Factory,
    operator: FlaskClient,
    need: str,
    asked: set[str],
    others: set[str],
) -> None:
    row = make.demand("要补写的需求", state="submitted", need=need)

    html = operator.get(f"/office/review/demand/{row.id}").text

    listed = html.split("没有填写：")[1].split("。")[0].split("、")
    assert asked <= set(listed)
    assert not others & set(listed)


@pytest.mark.parametrize(
    "path",
    [
        "/office/review/demand/999999",
        "/office/review/thing/1",
        "/office/chains/edit/none",
    ],
)
def test_what_is_not_there(path: str, operator: FlaskClient) -> None:
    assert operator.get(path).status_code == 404
