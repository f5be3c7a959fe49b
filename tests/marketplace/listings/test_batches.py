"""One decision on several listings: what is foreseen, what is done row by row, and that nothing is done twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.errors import Invalid
from marketplace.extensions import db
from marketplace.listings import batch_deeds, batches, review_claims, review_queue
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.batches import Order
from marketplace.listings.review_models import CRITERIA, ReviewBatch
from marketplace.listings.ticks import Ticked, ticked_of
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
FOURS = dict.fromkeys(CRITERIA, "4")
FORM = "0" * 31


def ticked(*rows: Any) -> tuple[Ticked, ...]:
    return tuple(map(ticked_of, rows))


def scores(**others: str) -> dict[str, str]:
    return FOURS | others


def troubles(order: Order, by: Any) -> list[str]:
    return [one.trouble for one in batches.foresee(order, by=by)]


@pytest.fixture
def operator(make: Factory) -> Any:
    return make.person("operator")


def test_what_is_refused_and_why(make: Factory, operator: Any) -> None:
    other = make.person("operator")
    good = make.demand(state="submitted")
    published = make.demand()
    own = make.demand(state="submitted")
    own.owner_id = operator.id
    unverified = make.demand(state="submitted", owner=make.organisation(verified=False))
    opened = make.demand(state="submitted")
    holed = make.demand(state="submitted")
    changed = make.demand(state="submitted")
    db.session.commit()
    review_claims.note_reading("demand", opened.id, other)
    everything = ticked(good, published, own, unverified, opened, holed, changed)
    holed.problem = ""
    changed.note = "改过"
    db.session.commit()
    everything = (*everything[:5], *ticked(holed), everything[6])
    order = Order("operator", "pass", everything, scores=FOURS)
    said = troubles(order, operator)
    assert said[0] == ""
    words = (
        "不在等您审核",
        "填报、修改或送审",
        "还没有核验",
        "正打开着",
        "还不齐",
        "改过",
    )
    for text, word in zip(said[1:], words, strict=True):
        assert word in text
    # Everything but the score and the holes is no obstacle to a return.
    back = Order("operator", "return", everything, note="写清楚目标")
    assert [bool(one) for one in troubles(back, operator)] == [
        False,
        True,
        False,
        False,
        True,
        False,
        True,
    ]
    done = batch_deeds.decide_batch(order, FORM + "1", by=operator)
    assert [line["outcome"] for line in done.rows] == ["done", *["refused"] * 6]
    assert [line["reason"] for line in done.rows] == said
    assert (good.state, own.state) == ("published", "submitted")


def test_scores_and_comments(make: Factory, operator: Any, subtests: Any) -> None:
    row = make.demand(state="submitted")
    second = make.demand(state="submitted")
    ones = dict.fromkeys(CRITERIA, "1")
    for name, values, words in [
        ("one for all", {"scores": FOURS}, ["", ""]),
        ("nothing scored", {"scores": {}}, ["没有打分", "没有打分"]),
        ("a zero", {"scores": scores(truth="0")}, ["0 分", "0 分"]),
        ("not a score", {"scores": scores(truth="6")}, ["没有打分：真实"] * 2),
        ("low without a comment", {"scores": ones}, ["写明意见", "写明意见"]),
        ("low with a comment", {"scores": ones, "note": "先公开试试"}, ["", ""]),
        (
            "each its own",
            {"each": True, "scores": FOURS, "own_scores": {0: FOURS, 1: ones}},
            ["", "写明意见"],
        ),
        (
            "each its own, one left out",
            {"each": True, "scores": FOURS, "own_scores": {1: FOURS}},
            ["没有打分", ""],
        ),
        (
            "a comment of its own",
            {"each": True, "own_scores": {0: ones, 1: ones}, "own_notes": {0: "可以"}},
            ["", "写明意见"],
        ),
    ]:
        with subtests.test(name):
            order = Order("operator", "pass", ticked(row, second), **values)
            for text, word in zip(troubles(order, operator), words, strict=True):
                assert bool(text) == bool(word)
                assert word in text


def test_nothing_is_done_twice(make: Factory, operator: Any) -> None:
    row = make.demand(state="submitted")
    order = Order("operator", "pass", ticked(row), scores=FOURS)
    first = batch_deeds.decide_batch(order, FORM + "2", by=operator)
    again = batch_deeds.decide_batch(order, FORM + "2", by=operator)
    assert again is first
    history = [event.deed for event, *_ in review_queue.history_with_people(row)]
    assert history.count("approve") == 1
    # The page opened twice: the second form finds that nothing waits any more.
    late = batch_deeds.decide_batch(order, FORM + "3", by=operator)
    assert [line["outcome"] for line in late.rows] == ["refused"]


def test_a_return_names_fields_that_the_kind_has(make: Factory, operator: Any) -> None:
    demand = make.demand(state="submitted")
    achievement = make.achievement(state="submitted")
    todos = {"problem": "写清现在的数值", "title": "太长"}
    order = Order("operator", "return", ticked(demand, achievement), todos=todos)
    batch_deeds.decide_batch(order, FORM + "4", by=operator)
    assert (demand.state, achievement.state) == ("returned", "returned")
    assert review_queue.returned_todos(demand) == todos
    assert review_queue.returned_todos(achievement) == {"title": "太长"}


def test_too_many_or_none() -> None:
    with pytest.raises(Invalid, match="没有勾选"):
        batches.read_ticked(["demand", "demand-1", "person-1-1"])
    values = [f"demand-{number}-1" for number in range(1, 202)]
    with pytest.raises(Invalid, match="最多 200 条，现在勾了 201 条"):
        batches.read_ticked(values)
    assert len(batches.read_ticked([*values[:200], values[0]])) == 200


def test_the_pages_of_the_operators(make: Factory, sign_in: SignIn) -> None:
    operator = make.person("operator")
    rows = [make.demand(state="submitted") for _ in range(2)]
    client = sign_in(operator)
    assert 'form="batch"' in client.get("/office/review").text
    sent: dict[str, Any] = {
        "row": [one.value for one in ticked(*rows)],
        "decision": "pass",
    }
    first = client.post("/office/review/batch", data=sent)
    assert first.status_code == 200
    form = re.search(r'name="form" value="(\w{32})"', first.text)
    assert form
    sent |= {"form": form[1], "step": "check", "scoring": "all"}
    unscored = client.post("/office/review/batch", data=sent)
    assert unscored.status_code == 422
    assert "四项都要打分" in unscored.text
    sent |= {f"{code}-all": "4" for code in CRITERIA}
    asked = client.post("/office/review/batch", data=sent).text
    assert "通过这 2 条" in asked
    assert rows[0].state == "submitted"
    # Between the confirmation and the press somebody takes one back.
    listing_deeds.recall(rows[1], by=None, seen=rows[1].revision)
    done = client.post("/office/review/batch/decide", data=sent)
    assert done.status_code == 303
    twice = client.post("/office/review/batch/decide", data=sent)
    assert twice.headers["Location"] == done.headers["Location"]
    page = client.get(done.headers["Location"]).text
    assert "通过了 1 条" in page
    assert "1 条没有办成" in page
    assert db.session.scalars(db.select(ReviewBatch)).one().by_id == operator.id
    # Of another operator it is none of theirs to read.
    other = sign_in(make.person("operator"))
    assert other.get(done.headers["Location"]).status_code == 404
    assert (
        client.post("/office/review/batch", data={"decision": "pass"}).status_code
        == 422
    )


def test_the_pages_of_a_desk(make: Factory, sign_in: SignIn) -> None:
    university = make.organisation(kind="university")
    desk = make.person("desk", university)
    row = make.achievement(owner=university, state="at_desk")
    elsewhere = make.achievement(state="at_desk")
    client = sign_in(desk)
    own = client.get("/mine").text
    assert "本单位待审核的" in own
    # Both lists of the page can be ticked: a screen reader tells them apart by name.
    names = re.findall(r'<form[^>]* aria-label="([^"]+)"', own)
    assert len(set(names)) == len(names)
    values = [one.value for one in ticked(row, elsewhere)]
    sent: dict[str, Any] = {"row": values, "decision": "return", "step": "check"}
    assert client.post("/mine/review/batch", data=sent).status_code == 422
    sent |= {"note": "补上指标", "form": FORM + "5"}
    asked = client.post("/mine/review/batch", data=sent).text
    assert "退回这 1 条" in asked
    done = client.post("/mine/review/batch/decide", data=sent)
    page = client.get(done.headers["Location"]).text
    assert "没有找到" in page
    assert (row.state, elsewhere.state) == ("returned", "at_desk")
    firm = sign_in(make.person("firm", make.organisation()))
    researcher = sign_in(make.person("researcher", university))
    for stranger in (firm, researcher):
        answer = stranger.post("/mine/review/batch", data=sent)
        assert "退回这" not in answer.text
