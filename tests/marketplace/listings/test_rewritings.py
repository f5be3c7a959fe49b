"""Writing for the owner of a listing: nothing of it acts before the owner has taken it over, and versions say so."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.errors import Busy, Invalid, NotAllowed, NotNow, Stale
from marketplace.extensions import db
from marketplace.lifecycle import history_of, last_event
from marketplace.listings import (
    change_deeds,
    changes_waiting,
    deeds,
    rewriting_deeds,
    rewritings,
    versions,
)
from marketplace.listings.models import Demand
from marketplace.listings.review_deeds import may_pass
from marketplace.listings.review_models import ListingRewriting
from marketplace.listings.snapshots import snapshot_of
from marketplace.notices.models import Notice
from tests.factories import GOOD, Factory
from tests.marketplace.listings.lab import Lab
from tests.racing import at_once, committing_site
from tests.sent_forms import sent_values

SignIn = Callable[..., FlaskClient]
BETTER = {
    "title": "深沟球轴承异音降到 45 dB 以下",
    "problem": "6204 轴承异音 52 dB，要降到 45 dB 以下，每月两万套。",
}


class World:
    """A firm with somebody who wrote its demand, a colleague, and two operators."""

    def __init__(self, make: Factory) -> None:
        self.make = make
        self.firm = make.organisation("临清轴承厂（示例）")
        self.chief = make.person("firm", self.firm)
        self.colleague = make.person("firm", self.firm)
        self.operator = make.person("operator")
        self.second = make.person("operator")

    def demand(self, state: str = "draft", **values: Any) -> Demand:
        row = self.make.demand(owner=self.firm, state=state, **values)
        row.owner_id = self.chief.id
        db.session.commit()
        return row

    def write(self, row: Any, **values: Any) -> None:
        deeds.save(row, values or BETTER, by=self.operator, seen=row.revision)

    def accept(self, row: Any, *fields: str, by: Any = None) -> None:
        found = rewritings.latest_rewriting(row, by=self.operator)
        rewriting_deeds.accept_rewriting(
            found,
            row,
            fields or tuple(found.content),
            by=by or self.chief,
            seen=found.revision,
        )


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def waiting(row: Any) -> ListingRewriting:
    found = rewritings.open_rewriting(row)
    assert found is not None
    return found


def notices(kind: str, person: Any) -> list[str]:
    query = db.select(Notice.subject).where(
        Notice.kind == kind, Notice.person_id == person.id
    )
    return list(db.session.scalars(query.order_by(Notice.id)))


@pytest.mark.parametrize(
    "state", ["draft", "returned", "rejected", "published", "suspended"]
)
def test_what_an_operator_writes_waits_for_the_firm(world: World, state: str) -> None:
    w = world
    row = w.demand(state)
    before = snapshot_of(row)
    w.write(row)
    assert snapshot_of(row) == before
    assert changes_waiting.open_change(row) is None
    assert set(waiting(row).content) == set(BETTER)
    assert notices("listing.rewritten", w.chief)
    # Neither who wrote it, nor another operator says for the firm that it is theirs.
    for person in (w.operator, w.second):
        with pytest.raises(NotAllowed):
            w.accept(row, by=person)
        db.session.rollback()
    w.accept(row)
    if state == "published":
        assert snapshot_of(row) == before
        change = changes_waiting.waiting_change(row, "operator")
        assert change is not None
        assert not may_pass(row, w.operator, "operator", change=change)
        change_deeds.approve_change(row, by=w.second, seen=row.revision, scores=GOOD)
    else:
        assert not may_pass(row, w.operator, "operator")
    assert (row.title, row.problem) == (BETTER["title"], BETTER["problem"])
    event = last_event(row, "rewrite")
    assert event is not None
    assert event.by_id == w.operator.id
    assert "已采用" in notices("listing.rewriting_decided", w.operator)[-1]


def test_an_operator_does_not_hand_in_what_waits_for_the_firm(world: World) -> None:
    w = world
    row = w.demand()
    w.write(row)
    with pytest.raises(NotNow, match="等对方确认"):
        deeds.submit(row, by=w.operator, seen=row.revision)
    # Its firm may go on with its own words.
    deeds.submit(row, by=w.chief, seen=row.revision)
    deeds.approve(row, by=w.second, seen=row.revision, scores=GOOD)
    version = versions.last_version(row)
    assert version is not None
    assert version.content["title"] != BETTER["title"]
    assert version.rewritten_by_id is None


def test_contact_and_validity_change_at_once(world: World) -> None:
    w = world
    row = w.demand("published")
    assert row.valid_until is not None
    later = row.valid_until + timedelta(days=30)
    w.write(row, contact_name="新的岗位", valid_until=later)
    assert (row.contact_name, row.valid_until) == ("新的岗位", later)
    assert rewritings.open_rewriting(row) is None


def test_a_second_edit_continues_the_first_and_may_take_it_back(world: World) -> None:
    w = world
    row = w.demand()
    own = {name: getattr(row, name) for name in BETTER}
    w.write(row, title=BETTER["title"])
    first = waiting(row)
    deeds.save(row, {"problem": BETTER["problem"]}, by=w.second, seen=row.revision)
    assert waiting(row) is first
    assert (set(first.content), first.by_id) == (set(BETTER), w.second.id)
    w.write(row, **own)
    assert rewritings.open_rewriting(row) is None
    assert first.state == "withdrawn"


def test_the_order_of_ticks_is_no_change(world: World) -> None:
    # As a list wrote them; a form sends them in its own order.
    row = world.demand(cooperation_modes=["transfer", "commissioned_dev"])
    world.write(row, cooperation_modes=["commissioned_dev", "transfer"])
    assert rewritings.open_rewriting(row) is None
    world.write(row, cooperation_modes=["transfer"])
    found = rewritings.open_rewriting(row)
    assert found is not None
    assert found.content == {"cooperation_modes": ["transfer"]}


def test_who_may_write_at_once(world: World, lab: Lab, subtests: Any) -> None:
    w = world
    empty = w.make.demand(owner=w.make.organisation(), state="draft")
    theirs = w.demand()
    both = w.make.person("operator", w.firm)
    for name, row, by in [
        ("a firm that has nobody on the platform", empty, w.operator),
        ("who wrote it", theirs, w.chief),
        ("a colleague", theirs, w.colleague),
        ("an operator who belongs to the firm", theirs, both),
        # Its desk reads what goes on from a draft.
        ("of an institution", lab.draft(), lab.operator),
    ]:
        with subtests.test(name):
            title = f"直接改的名称（{name}）"
            deeds.save(row, {"title": title}, by=by, seen=row.revision)
            assert row.title == title
            assert rewritings.open_rewriting(row) is None


def test_what_is_suspended_passes_no_desk_and_waits(lab: Lab) -> None:
    row = lab.published()
    deeds.suspend(row, by=lab.operator, seen=row.revision, note="指标有出入")
    deeds.save(row, {"stage": "small_batch"}, by=lab.operator, seen=row.revision)
    assert row.stage == "pilot"
    found = waiting(row)
    with pytest.raises(Invalid):
        rewriting_deeds.accept_rewriting(
            found, row, ["contact_name"], by=lab.researcher, seen=found.revision
        )
    db.session.rollback()
    rewriting_deeds.accept_rewriting(
        found, row, ["stage"], by=lab.researcher, seen=found.revision
    )
    assert row.stage == "small_batch"


def test_some_fields_and_what_the_firm_changed_meanwhile(world: World) -> None:
    w = world
    row = w.demand()
    w.write(row)
    deeds.save(row, {"problem": "自己改过了。"}, by=w.chief, seen=row.revision)
    with pytest.raises(Stale, match="改过"):
        w.accept(row)
    db.session.rollback()
    w.accept(row, "title")
    assert (row.title, row.problem) == (BETTER["title"], "自己改过了。")
    with pytest.raises(NotNow, match="处理过"):
        w.accept(row, "title")


def test_declining_and_taking_back(world: World) -> None:
    w = world
    row = w.demand()
    before = snapshot_of(row)
    w.write(row)
    found = waiting(row)
    for remark in ("", "不", "机密★5年"):
        with pytest.raises(Invalid):
            rewriting_deeds.decline_rewriting(
                found, row, remark=remark, by=w.chief, seen=found.revision
            )
        db.session.rollback()
    rewriting_deeds.decline_rewriting(
        found, row, remark="数字不对", by=w.chief, seen=found.revision
    )
    assert (found.state, snapshot_of(row)) == ("declined", before)
    assert "没有采用" in notices("listing.rewriting_decided", w.operator)[-1]
    w.write(row)
    found = waiting(row)
    with pytest.raises(NotAllowed):
        rewriting_deeds.withdraw_rewriting(found, row, by=w.chief, seen=found.revision)
    rewriting_deeds.withdraw_rewriting(found, row, by=w.second, seen=found.revision)
    assert (rewritings.open_rewriting(row), snapshot_of(row)) == (None, before)


def test_what_is_public_stays_fit_for_it(world: World) -> None:
    w = world
    row = w.demand("published")
    for values in ({"problem": ""}, {"title": " "}, {"problem": "绝密★长期"}):
        with pytest.raises(Invalid):
            w.write(row, **values)
        assert rewritings.open_rewriting(row) is None


def test_it_ends_with_its_listing(world: World) -> None:
    w = world
    row = w.demand("published")
    w.write(row)
    found = waiting(row)
    deeds.close(row, by=w.chief, seen=row.revision, outcome="elsewhere")
    assert found.state == "withdrawn"
    assert not rewritings.waiting_for(w.chief)


def test_a_version_says_who_wrote_and_who_rewrote(world: World) -> None:
    w = world
    row = w.demand()
    w.write(row, title=BETTER["title"])
    w.accept(row)
    deeds.submit(row, by=w.chief, seen=row.revision)
    deeds.approve(row, by=w.second, seen=row.revision, scores=GOOD)
    deeds.save(row, {"problem": BETTER["problem"]}, by=w.colleague, seen=row.revision)
    change_deeds.approve_change(row, by=w.second, seen=row.revision, scores=GOOD)
    listed = versions.list_versions(row, by=w.chief)
    hands = [(one.written_by_id, one.rewritten_by_id) for one in reversed(listed)]
    assert hands == [(w.chief.id, w.operator.id), (w.colleague.id, None)]


def test_the_pages(world: World, sign_in: SignIn) -> None:
    w = world
    row = w.demand(contact_name="原来的岗位")
    title = row.title
    stranger = w.make.person("firm", w.make.organisation())
    operator, firm = sign_in(w.operator), sign_in(w.chief)
    page = f"/mine/demand/{row.id}/rewriting"
    assert firm.get(page).status_code == 404
    edit = f"/mine/demand/{row.id}/edit"
    assert "代为改写" in operator.get(f"/office/review/demand/{row.id}").text
    form = sent_values(operator.get(edit).text)
    sent = form | {"title": BETTER["title"], "deed": "submit"}
    answer = operator.post(edit, data=sent)
    assert (answer.status_code, answer.headers["Location"]) == (303, page)
    assert row.title == title
    # Who goes on writing begins with what they wrote.
    assert BETTER["title"] in operator.get(edit).text
    assert BETTER["title"] not in firm.get(edit).text
    assert sign_in(stranger).get(page).status_code == 404
    for address in ("/mine", f"/demands/{row.id}"):
        assert "改写等您确认" in firm.get(address).text
    shown = firm.get(page).text
    assert "<ins>" in shown
    seen = re.search(r'name="seen" value="(\d+)"', shown)
    assert seen
    assert firm.post(f"{page}/accept", data={"seen": seen[1]}).status_code == 422
    wrong = {"seen": seen[1], "note": ""}
    assert firm.post(f"{page}/decline", data=wrong).status_code == 422
    taken = {"seen": seen[1], "take": "title"}
    assert operator.post(f"{page}/accept", data=taken).status_code == 403
    assert firm.post(f"{page}/accept", data=taken).status_code == 303
    assert row.title == BETTER["title"]
    assert firm.post(f"{page}/accept", data=taken).status_code == 409
    assert "已采用" in operator.get(page).text
    assert [one.deed for one in history_of(row)][-2:] == ["rewrite", "edit"]


def test_two_decisions_at_once_are_one(tmp_path: Path, migrated: str) -> None:
    with committing_site(tmp_path, migrated) as site:
        w = World(Factory(db.session))
        row = w.demand()
        w.write(row)
        number, people = row.id, (w.chief.id, w.colleague.id)
        db.session.commit()
        db.session.remove()

        def read(person: int) -> tuple[Any, ListingRewriting, Any]:
            found = db.session.get(Demand, number)
            by = db.session.get(Person, person)
            return found, waiting(found), by

        def accept() -> Callable[[], object]:
            row, found, by = read(people[0])
            seen = found.revision

            def press() -> None:
                # As the door begins a request that writes.
                persistence.begin_write()
                rewriting_deeds.accept_rewriting(
                    found, row, ["title"], by=by, seen=seen
                )

            return press

        def decline() -> Callable[[], object]:
            row, found, by = read(people[1])
            seen = found.revision

            def press() -> None:
                persistence.begin_write()
                rewriting_deeds.decline_rewriting(
                    found, row, remark="不用改", by=by, seen=seen
                )

            return press

        outcomes = at_once(site, accept, decline)
        assert outcomes.count("done") == 1
        for outcome in outcomes:
            assert outcome == "done" or isinstance(outcome, Stale | NotNow | Busy)
        row, by = db.session.get(Demand, number), db.session.get(Person, people[0])
        assert row is not None
        assert by is not None
        found = rewritings.latest_rewriting(row, by=by)
        accepted = found.state == "accepted"
        assert accepted == (row.title == BETTER["title"])
