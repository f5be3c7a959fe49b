"""Stories: public only with the consents of both sides to one text; a change or a consent taken back ends that."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.contracts import filing_deeds
from marketplace.contracts.models import TechContract
from marketplace.errors import Invalid, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.lifecycle import history_of
from marketplace.listings import deeds as listing_deeds
from marketplace.notices.models import Notice
from marketplace.stories import deeds, queries
from marketplace.stories.deeds import Written
from marketplace.stories.models import Story, hash_of
from tests.factories import Factory
from tests.marketplace.contracts.cases import World
from tests.racing import at_once, committing_site

SignIn = Callable[..., FlaskClient]
TEXT = Written(
    title="一种铜合金热处理工艺落地",
    holder="鲁西摩擦研究所（示例）",
    receiver="临清一家轴承企业",
    body="保持架强度不够。\n试了三个月，寿命提高一倍。",
)


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def agree(story: Story, by: Person, sha256: str = "") -> None:
    deeds.agree_to_story(story, sha256 or story.text.sha256, by=by)


def published(world: World) -> Story:
    story = deeds.write_story(world.registered(), TEXT, by=world.operator)
    agree(story, world.seller)
    agree(story, world.buyer)
    return story


def test_who_may_write_and_of_what(world: World) -> None:
    with pytest.raises(NotNow, match="已提交登记"):
        deeds.write_story(world.filed(), TEXT, by=world.operator)
    contract = world.registered(world.approved_deal())
    for person in (world.seller, world.buyer, world.stranger, world.make.broker()):
        with pytest.raises(NotAllowed):
            deeds.write_story(contract, TEXT, by=person)
    for name, value in (
        ("title", ""),
        ("body", "短"),
        ("holder", "名" * 121),
        ("body", "合作顺利，详情请打 139 0535 1234。"),
        ("receiver", "某轴承厂 zhang.san@lcu.edu.cn"),
    ):
        wrong = Written(**{**TEXT.__dict__, name: value})
        with pytest.raises(Invalid) as refused:
            deeds.write_story(contract, wrong, by=world.operator)
        assert set(refused.value.problems) == {name}
    deeds.write_story(contract, TEXT, by=world.operator)
    with pytest.raises(NotNow, match="已经有案例"):
        deeds.write_story(contract, TEXT, by=world.operator)


def test_the_broker_of_the_deal_may_write(world: World) -> None:
    broker = world.make.broker()
    deal = world.approved_deal()
    assert deal.achievement is not None
    listing_deeds.assign_broker(deal.achievement, broker, by=world.operator)
    contract = world.registered(deal)
    assert deeds.write_story(contract, TEXT, by=broker).state == "waiting"


def test_public_with_both_consents_only(world: World, client: FlaskClient) -> None:
    story = deeds.write_story(world.registered(), TEXT, by=world.operator)
    address = f"/stories/{story.id}"

    def is_public() -> bool:
        page = client.get("/stories").get_data(as_text=True)
        listed = TEXT.title in page
        assert (client.get(address).status_code == 200) == listed
        return listed

    assert not is_public()
    agree(story, world.seller)
    assert not is_public()
    with pytest.raises(NotNow, match="已经同意"):
        agree(story, world.seller)
    with pytest.raises(NotAllowed):
        agree(story, world.stranger)
    with pytest.raises(NotAllowed):
        agree(story, world.operator)
    agree(story, world.buyer)
    assert story.state == "published"
    assert is_public()
    page = client.get(address).get_data(as_text=True)
    assert TEXT.receiver in page
    assert world.firm.name not in page
    deeds.take_consent_back(story, by=world.buyer)
    assert story.state == "waiting"
    assert not is_public()
    agree(story, world.buyer)
    assert is_public()
    deeds.end_story(story, "一方改了名称", by=world.operator, seen=story.revision)
    assert not is_public()


def test_a_change_voids_both_consents_and_they_are_of_one_text(world: World) -> None:
    story = published(world)
    first = story.text
    assert hash_of(first.content) == first.sha256
    with pytest.raises(Invalid, match="没有改动"):
        deeds.rewrite_story(story, TEXT, by=world.operator, seen=story.revision)
    changed = Written(**{**TEXT.__dict__, "body": "寿命提高两倍。"})
    with pytest.raises(Stale):
        deeds.rewrite_story(story, changed, by=world.operator, seen=1)
    deeds.rewrite_story(story, changed, by=world.operator, seen=story.revision)
    assert story.state == "waiting"
    with pytest.raises(NotFound):
        queries.public_story(story.id)
    assert first.standing == {}
    assert all(one.withdrawn_why == "文字改了" for one in first.consents)
    with pytest.raises(Stale, match="换了一稿"):
        agree(story, world.seller, first.sha256)
    agree(story, world.seller)
    with pytest.raises(NotFound):
        queries.public_story(story.id)
    agree(story, world.buyer)
    assert queries.public_story(story.id).text.number == 2
    notices = sa.select(Notice.key).filter_by(kind="story.written", person_id=world.buyer.id)  # fmt: skip
    assert len(db.session.scalars(notices).all()) == 2
    assert {one.deed for one in history_of(story)} >= {"create", "agree", "publish", "rewrite"}  # fmt: skip


def test_a_text_that_was_changed_past_the_deeds_is_not_public(world: World) -> None:
    story = published(world)
    story.text.content = story.text.content.replace("三个月", "三天")
    db.session.commit()
    with pytest.raises(NotFound):
        queries.public_story(story.id)
    assert queries.public_page(1)[0] == []


def test_a_story_is_public_while_its_contract_is_registered(world: World) -> None:
    story = published(world)
    assert queries.public_page(1)[0] == [story]
    contract = story.contract
    filing_deeds.cancel_registration(
        contract, "合同解除", by=world.operator, seen=contract.revision
    )
    with pytest.raises(NotFound):
        queries.public_story(story.id)
    rows, page = queries.public_page(1)
    assert (rows, page.total) == ([], 0)


def test_nobody_takes_back_what_they_have_not_given(world: World) -> None:
    story = deeds.write_story(world.registered(), TEXT, by=world.operator)
    with pytest.raises(NotNow, match="没有同意过"):
        deeds.take_consent_back(story, by=world.buyer)
    with pytest.raises(NotAllowed):
        deeds.take_consent_back(story, by=world.operator)


def test_in_the_browser(world: World, sign_in: SignIn) -> None:
    contract = world.registered()
    operator = sign_in(world.operator)
    address = f"/mine/contracts/{contract.id}/story"
    assert world.firm.name in operator.get(address).get_data(as_text=True)
    assert sign_in(world.buyer).get(address).status_code == 404
    assert operator.post(address, data={"title": "标题"}).status_code == 422
    answer = operator.post(address, data=TEXT.__dict__)
    assert answer.status_code == 303
    place = answer.headers["Location"]
    story = db.session.scalars(sa.select(Story)).one()
    for person in (world.seller, world.buyer):
        browser = sign_in(person)
        assert TEXT.title in browser.get("/mine").get_data(as_text=True)
        page = browser.get(place).get_data(as_text=True)
        assert story.text.sha256 in page
        wrong = browser.post(f"{place}/agree", data={"sha256": "0" * 64})
        assert wrong.status_code == 409
        # Both pages were opened before either pressed: the hash says what was read, no page need be opened again.
        done = browser.post(f"{place}/agree", data={"sha256": story.text.sha256})
        assert done.status_code == 303
    assert story.state == "published"
    assert sign_in(world.stranger).get(place).status_code == 404
    changed = {**TEXT.__dict__, "body": "改过的正文", "seen": str(story.revision)}
    edited = operator.post(f"{place}/edit", data=changed)
    assert edited.status_code == 303
    ended = operator.post(f"{place}/end", data={"seen": str(story.revision)})
    assert ended.status_code == 422


def test_a_closed_account_leaves_the_consent_of_its_side(world: World) -> None:
    story = published(world)
    deeds.forget_person(world.seller.id)
    db.session.commit()
    assert queries.public_story(story.id).text.standing["holder"].by is None


# -- two at once -------------------------------------------------------------------------------------------------------


@pytest.fixture
def races(tmp_path_factory: pytest.TempPathFactory, migrated: str) -> Iterator[Flask]:
    with committing_site(tmp_path_factory.mktemp("stories"), migrated) as site:
        yield site


def test_both_sides_agree_and_a_writer_changes_at_once(races: Flask) -> None:
    world = World(Factory(db.session))
    contract: TechContract = world.registered()
    story = deeds.write_story(contract, TEXT, by=world.operator)
    number, sha256 = story.id, story.text.sha256
    ids = (world.seller.id, world.buyer.id, world.operator.id)
    db.session.commit()

    def agreeing(person_id: int) -> Callable[[], Callable[[], object]]:
        def look() -> Callable[[], object]:
            person = db.session.get_one(Person, person_id)
            mine = queries.get_story(number, by=person)
            persistence.expect_writing()
            db.session.rollback()
            return lambda: deeds.agree_to_story(mine, sha256, by=person)

        return look

    outcomes = at_once(races, agreeing(ids[0]), agreeing(ids[1]))
    assert outcomes == ["done", "done"], outcomes
    db.session.rollback()
    assert queries.public_story(number).text.is_agreed

    def changing() -> Callable[[], object]:
        person = db.session.get_one(Person, ids[2])
        mine = queries.get_story(number, by=person)
        seen = mine.revision
        persistence.expect_writing()
        db.session.rollback()
        changed = Written(**{**TEXT.__dict__, "body": "改过的正文"})
        return lambda: deeds.rewrite_story(mine, changed, by=person, seen=seen)

    def taking_back() -> Callable[[], object]:
        person = db.session.get_one(Person, ids[0])
        mine = queries.get_story(number, by=person)
        persistence.expect_writing()
        db.session.rollback()
        return lambda: deeds.take_consent_back(mine, by=person)

    outcomes = at_once(races, changing, taking_back)
    assert "done" in outcomes
    db.session.rollback()
    with pytest.raises(NotFound):
        queries.public_story(number)
