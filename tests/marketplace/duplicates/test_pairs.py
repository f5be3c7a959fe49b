"""Listings that say nearly the same: what is proposed, who decides, what each decision leaves, and taking it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from marketplace.clock import now, today
from marketplace.duplicates import deeds, finding, queries
from marketplace.duplicates.life import PAIR_LIFE
from marketplace.duplicates.models import ListingPair
from marketplace.errors import MarketError, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import Demand
from marketplace.notices.models import Notice
from marketplace.organisations import deeds as organisation_deeds
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
TEXT = (
    "深沟球轴承在 3000 r/min 时噪声达到 62 dB，客户要求降到 45 dB 以下。"
    "试过更换润滑脂和保持架材料，效果不明显，希望从沟道超精研磨和装配间隙入手解决。"
)
REWORDED = (
    "深沟球轴承在 3000 r/min 时噪声有 62 dB，客户要求降到 45 dB。"
    "更换过润滑脂和保持架材料，效果不明显，希望从沟道超精研磨、装配间隙入手解决。"
)
# Another matter of the same trade.
OTHER = (
    "调心滚子轴承外圈在磨削后出现烧伤，合格率只有 88%，需要在线检测烧伤并调整进给。"
    "希望合作开发巴克豪森噪声检测装置，节拍不超过 20 秒。"
)


class World:
    """Two firms with four demands: one said twice by one firm and once by the other, and one of another matter."""

    def __init__(self, make: Factory) -> None:
        self.make = make
        self.firm = make.organisation("临清轴承厂（示例）")
        self.rival = make.organisation("东阿轴承厂（示例）")
        self.desk = make.person("firm", self.firm, administers=True)
        self.operator = make.person("operator")
        with make.together():
            self.one = self.demand("深沟球轴承降噪", TEXT)
            self.other = self.demand("轴承噪声偏大，需要降噪", REWORDED)
            self.theirs = self.demand("深沟球轴承降噪技术", TEXT, owner=self.rival)
            self.apart = self.demand("套圈磨削烧伤检测", OTHER)

    def demand(self, title: str, problem: str, **values: Any) -> Any:
        values = {"owner": self.firm} | values
        return self.make.demand(title, problem=problem, metrics=[], **values)

    def pair(self, first: Any = None, second: Any = None) -> ListingPair:
        """The pair of two of them, by default of those of the firm."""
        one, other = sorted(((first or self.one).id, (second or self.other).id))
        query = sa.select(ListingPair).where(
            ListingPair.one_id == one, ListingPair.other_id == other
        )
        pair = db.session.scalar(query)
        assert pair is not None
        return pair

    def settle(self, deed: str, by: Any = "desk", pair: Any = None) -> None:
        pair = pair or self.pair()
        reader = self.desk if by == "desk" else by
        if deed == "merge":
            deeds.merge_pair(pair, self.one.id, by=reader, seen=pair.revision)
        elif deed == "keep_apart":
            deeds.keep_apart(pair, by=reader, seen=pair.revision)
        else:
            deeds.undo_decision(pair, by=reader, seen=pair.revision)


@pytest.fixture
def world(make: Factory) -> World:
    found = World(make)
    deeds.propose_pairs()
    return found


def proposed() -> set[tuple[int, int]]:
    query = sa.select(ListingPair.one_id, ListingPair.other_id).where(
        ListingPair.state == "proposed"
    )
    return {(one, other) for one, other in db.session.execute(query)}


def test_what_says_the_same_is_proposed_once_and_nothing_else(world: World) -> None:
    same = [world.one.id, world.other.id, world.theirs.id]
    pairs = {(same[0], same[1]), (same[0], same[2]), (same[1], same[2])}
    assert proposed() == pairs
    assert deeds.propose_pairs() == 0
    assert proposed() == pairs
    # Identical texts come first.
    first = queries.proposed_page(1)[0][0]
    assert (first.one_id, first.other_id) == (world.one.id, world.theirs.id)


def test_a_pair_that_only_one_of_both_finds_stays_with_its_score(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With one place each the two that say the same find each other, and the reworded one is found by neither.
    monkeypatch.setattr(finding, "MOST", 1)
    deeds.propose_pairs()
    same = (world.one.id, world.theirs.id)
    (found_once,) = proposed() - {same}
    assert world.other.id in found_once
    pair = world.pair(world.other, _partner(world, found_once))
    score = pair.score

    (partner,) = {*found_once} - {world.other.id}
    since = now() + timedelta(minutes=1)
    for listing_id in (partner, world.other.id):
        row = db.session.get_one(Demand, listing_id)
        row.updated_at = since + timedelta(minutes=1)
        db.session.commit()
        assert deeds.propose_pairs(since) == 0
        assert proposed() == {same, found_once}
        assert pair.score == pytest.approx(score)
        row.updated_at = since - timedelta(minutes=1)
        db.session.commit()


def _partner(world: World, numbers: tuple[int, int]) -> Any:
    return world.one if world.one.id in numbers else world.theirs


def test_what_was_kept_apart_is_never_proposed_again(world: World) -> None:
    world.settle("keep_apart")
    deeds.propose_pairs()
    assert world.pair().state == "apart"
    assert world.pair().settled_by_id == world.desk.id


def test_what_was_rewritten_is_forgotten(world: World) -> None:
    row = world.other
    values = {"title": "套圈磨削烧伤", "problem": OTHER}
    listing_deeds.save(row, values, by=None, seen=row.revision)
    deeds.propose_pairs()
    assert (world.one.id, row.id) not in proposed()
    assert tuple(sorted((row.id, world.apart.id))) in proposed()


def test_a_merge_leaves_one_and_leads_there(world: World, client: FlaskClient) -> None:
    world.settle("merge", by=world.operator)

    assert world.one.state == "published"
    assert world.other.state == "withdrawn"
    answer = client.get(f"/demands/{world.other.id}")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/demands/{world.one.id}"
    # Its people learn why, and that it can be taken back.
    query = sa.select(Notice.happened).where(Notice.person_id == world.desk.id)
    assert any("深沟球轴承降噪" in text for text in db.session.scalars(query))
    # Neither is proposed any more, also not what the one that went resembled.
    assert all(world.other.id not in pair for pair in _open_pairs())

    world.settle("undo", by=world.operator)
    assert world.other.state == "published"
    assert client.get(f"/demands/{world.other.id}").status_code == 200
    assert (world.one.id, world.other.id) in _open_pairs()


def test_a_merge_after_a_merge_leads_to_the_last(
    world: World, client: FlaskClient
) -> None:
    last = world.demand("深沟球轴承降噪攻关", TEXT)
    deeds.propose_pairs()
    world.settle("merge")
    pair = world.pair(world.one, last)
    deeds.merge_pair(pair, last.id, by=world.desk, seen=pair.revision)

    for gone in (world.one, world.other):
        answer = client.get(f"/demands/{gone.id}")
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/demands/{last.id}"
    # Nothing leads anywhere once the last one is gone.
    listing_deeds.withdraw(last, by=None, seen=last.revision)
    assert client.get(f"/demands/{world.other.id}").status_code == 404


def _open_pairs() -> set[tuple[int, int]]:
    pairs, _ = queries.proposed_page(1)
    return {(pair.one_id, pair.other_id) for pair in pairs}


def test_what_ran_out_meanwhile_comes_back_expired(world: World) -> None:
    world.settle("merge")
    world.other.valid_until = today() - timedelta(days=1)
    db.session.commit()
    world.settle("undo")
    assert world.other.state == "expired"


def test_what_is_of_a_suspended_firm_comes_back_with_it(world: World) -> None:
    world.settle("merge")
    pair = world.pair()
    organisation_deeds.suspend_organisation(world.firm, note="被举报", by=None)
    world.settle("undo", by=world.operator)
    during = world.one.state, world.other.state
    organisation_deeds.resume_organisation(world.firm, by=None)

    assert pair.state == "proposed"
    assert during == ("suspended", "suspended")
    assert (world.one.state, world.other.state) == ("published", "published")


def test_nothing_leads_to_what_a_reader_may_not_read(
    world: World, client: FlaskClient
) -> None:
    world.settle("merge")
    listing_deeds.withdraw(world.one, by=None, seen=world.one.revision)
    assert client.get(f"/demands/{world.other.id}").status_code == 404
    assert client.get("/demands/999999").status_code == 404


def test_a_title_taken_meanwhile_refuses_the_undo(world: World) -> None:
    title = world.other.title
    world.settle("merge")
    world.demand(title, OTHER)
    with pytest.raises(MarketError, match="同名"):
        world.settle("undo")
    db.session.rollback()
    assert world.pair().state == "merged"
    assert world.other.state == "withdrawn"


# (who, of which pair) → whether they may decide.
WHO = [
    ("desk", "own", True),
    ("operator", "own", True),
    ("operator", "across", True),
    ("desk", "across", False),
    ("rival", "own", False),
    ("member", "own", False),
    ("broker", "own", False),
    ("auditor", "own", False),
]


@pytest.mark.parametrize(("who", "which", "allowed"), WHO)
def test_who_decides(who: str, which: str, allowed: bool, world: World) -> None:
    readers = {
        "desk": world.desk,
        "operator": world.operator,
        "rival": world.make.person("firm", world.rival, administers=True),
        "member": world.make.person("researcher", world.firm),
        "broker": world.make.broker(),
        "auditor": world.make.person("auditor"),
    }
    other = world.theirs if which == "across" else world.other
    pair = world.pair(world.one, other)
    if allowed:
        assert queries.get_pair(pair.id, by=readers[who]) is pair
        world.settle("keep_apart", readers[who], pair)
        assert pair.state == "apart"
        return
    with pytest.raises(NotFound):
        queries.get_pair(pair.id, by=readers[who])
    with pytest.raises(NotAllowed):
        world.settle("keep_apart", readers[who], pair)
    assert pair.state == "proposed"


# State → the deeds that lead somewhere.
EXPECTED = {
    "proposed": {"merge": "merged", "keep_apart": "apart"},
    "merged": {"undo": "proposed"},
    "apart": {"undo": "proposed"},
}


@pytest.mark.parametrize("state", PAIR_LIFE.states)
@pytest.mark.parametrize("deed", PAIR_LIFE.deeds)
def test_every_deed_in_every_state(state: str, deed: str, world: World) -> None:
    if state != "proposed":
        world.settle({"merged": "merge", "apart": "keep_apart"}[state])
    after = EXPECTED[state].get(deed)
    if after is None:
        with pytest.raises(NotNow):
            world.settle(deed)
        after = state
    else:
        world.settle(deed)
    assert world.pair().state == after


def test_two_firms_are_never_merged(world: World) -> None:
    pair = world.pair(world.one, world.theirs)
    with pytest.raises(NotNow, match="不同的单位"):
        world.settle("merge", world.operator, pair)
    assert world.theirs.state == "published"


def test_what_is_kept_must_be_public(world: World) -> None:
    world.one.valid_until = today() - timedelta(days=1)
    db.session.commit()
    listing_deeds.expire_due()
    with pytest.raises(NotNow, match="已过期"):
        world.settle("merge")


def test_what_was_withdrawn_since_it_was_read_is_not_kept(
    world: World, session: Any
) -> None:
    pair = world.pair()
    assert [row.state for row in pair.rows] == ["published", "published"]
    # As another process would: what this one has read of the listing stays as it was.
    table = Demand.__table__
    elsewhere = sa.update(table).where(table.c.id == world.one.id)
    session.connection().execute(elsewhere.values(state="withdrawn"))
    assert world.one.state == "published"
    with pytest.raises(NotNow, match="已撤回"):
        world.settle("merge")
    assert world.other.state == "published"


def test_who_has_not_seen_the_last_decision_decides_nothing(world: World) -> None:
    seen = world.pair().revision
    world.settle("keep_apart")
    world.settle("undo")
    with pytest.raises(Stale):
        deeds.merge_pair(world.pair(), world.one.id, by=world.desk, seen=seen)
    assert world.other.state == "published"


def test_the_pages(world: World, sign_in: SignIn) -> None:
    desk, operator = sign_in(world.desk), sign_in(world.operator)
    pair = world.pair()
    address = f"/mine/duplicates/{pair.id}"
    assert world.other.title in desk.get("/mine").text
    assert world.other.title in operator.get("/office/review?tray=duplicates").text
    assert address in desk.get(f"/demands/{world.one.id}").text
    page = desk.get(address).text
    # What one of them says and the other one does not.
    assert "<del>" in page
    assert "<ins>" in page

    seen = {"seen": str(pair.revision)}
    stranger = sign_in(world.make.person("firm", world.rival))
    assert stranger.get(address).status_code == 404
    assert stranger.post(f"{address}/apart", data=seen).status_code == 404
    unnamed = desk.post(f"{address}/merge", data={**seen, "kept": "17 or 1=1"})
    assert unnamed.status_code == 303
    assert world.pair().state == "proposed"
    kept = {**seen, "kept": str(world.one.id)}
    assert desk.post(f"{address}/merge", data=kept).status_code == 303
    assert desk.post(f"{address}/merge", data=kept).status_code == 409
    assert "撤销这次决定" in desk.get(address).text
    assert world.one.title in desk.get(f"/demands/{world.other.id}").text
