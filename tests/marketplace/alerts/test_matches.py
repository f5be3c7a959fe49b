"""New listings that fit older ones: their people are notified once, with grade and reason, as far as they may know."""

from __future__ import annotations

import pytest

from marketplace.accounts.models import Person
from marketplace.alerts import deeds, queries
from marketplace.extensions import db
from marketplace.listings.models import Row
from marketplace.notices.models import Notice
from tests.factories import Factory

DEMAND = {
    "problem": "深沟球轴承在高速下振动值离散，客户投诉有异音，要求噪声不超过38dB，现有超精工艺调整后仍不行。"
}
ACHIEVEMENT = {
    "summary": "针对深沟球轴承异音，改进滚道超精研磨工艺，降低振动值离散，噪声不超过35dB，已在轴承企业中试。"
}


class World:
    """A firm with a demand about noise of bearings, and two listings of other trades."""

    def __init__(self, make: Factory) -> None:
        self.make = make
        self.firm = make.organisation("临清听音轴承厂（示例）")
        self.writer = make.person("firm", self.firm)
        self.demand = make.demand("深沟球轴承异音攻关", owner=self.firm, **DEMAND)
        self.demand.owner_id = self.writer.id
        make.demand(
            "葫芦烙画防裂",
            problem="工艺葫芦烙画以后表皮开裂，存放三个月废品超过一成，需要一种预处理的办法，不能改变颜色。",
        )
        make.achievement(
            "奶牛冷冻精液稀释液",
            summary="一种奶牛冷冻精液稀释液的配方，解冻以后活力高，保存时间长，已在三家奶牛场使用一年。",
        )
        self.forget_news()

    def fitting(
        self, title: str = "深沟球轴承降噪超精研磨工艺", **values: object
    ) -> Row:
        return self.make.achievement(title, **(ACHIEVEMENT | values))

    def researcher_with_fitting(self) -> Person:
        """Somebody whose fitting achievement is no news any more."""
        institute = self.make.organisation(kind="institute")
        researcher = self.make.person("researcher", institute)
        self.fitting(owner=institute).owner_id = researcher.id
        self.forget_news()
        return researcher

    def forget_news(self) -> None:
        """Compare everything that was published, and drop what anybody was notified of."""
        db.session.commit()
        deeds.alert_to_matches()
        db.session.execute(db.delete(Notice))
        db.session.commit()


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def notices_of(person: Person) -> list[Notice]:
    query = db.select(Notice).where(
        Notice.person_id == person.id, Notice.kind == "alerts.fitting"
    )
    return list(db.session.scalars(query.order_by(Notice.id)))


def test_the_owner_of_a_demand_is_told_of_a_fitting_achievement_once(
    world: World,
) -> None:
    row = world.fitting()
    assert deeds.alert_to_matches() >= 1
    (notice,) = notices_of(world.writer)
    assert "您的技术需求「深沟球轴承异音攻关」" in notice.happened
    assert "成果「深沟球轴承降噪超精研磨工艺」" in notice.happened
    assert "匹配" in notice.happened
    # The sentence why, with words of both.
    assert "轴承" in notice.happened.split("\n")[-1]
    assert notice.link == f"/demands/{world.demand.id}/matches"
    assert (notice.about_kind, notice.about_id) == ("demand", world.demand.id)

    assert deeds.alert_to_matches() == 0
    # Published once more, it is compared once more, and the pair is no news.
    row.published_at = row.published_at.replace(year=row.published_at.year + 1)
    db.session.commit()
    assert [one.id for one in queries.unscanned_listings()] == [row.id]
    deeds.alert_to_matches()
    assert len(notices_of(world.writer)) == 1


def test_the_owner_of_an_achievement_is_told_of_a_fitting_demand(world: World) -> None:
    researcher = world.researcher_with_fitting()

    world.make.demand("微型轴承异音", **DEMAND)
    deeds.alert_to_matches()
    (notice,) = notices_of(researcher)
    assert "您的成果「深沟球轴承降噪超精研磨工艺」" in notice.happened
    assert "需求「微型轴承异音」" in notice.happened


def test_what_does_not_fit_or_may_not_be_known_is_not_told(world: World) -> None:
    world.make.achievement(
        "玉米秸秆青贮菌剂",
        summary="一种玉米秸秆青贮用的复合菌剂，发酵快，开窖以后不易霉变，已在两个乡镇的养殖场使用。",
    )
    world.fitting("不公开的深沟球轴承降噪工艺", visibility="confidential")
    world.fitting("草稿里的深沟球轴承降噪工艺", state="draft")
    world.fitting("自己的深沟球轴承降噪工艺", owner=world.firm)
    deeds.alert_to_matches()
    assert not notices_of(world.writer)


def test_several_are_one_notice(world: World) -> None:
    for number in range(3):
        world.fitting(f"深沟球轴承降噪超精研磨工艺第{number}代")
    deeds.alert_to_matches()
    (notice,) = notices_of(world.writer)
    assert notice.subject == "有 3 条新发布的适合您的成果或需求"
    assert notice.happened.count("您的技术需求") == 1


def test_an_unnamed_firm_stays_unnamed(world: World) -> None:
    researcher = world.researcher_with_fitting()

    secret = world.make.organisation("不愿具名轴承有限公司（示例）")
    world.make.demand("轴承异音求助", owner=secret, anonymous=True, **DEMAND)
    deeds.alert_to_matches()
    (notice,) = notices_of(researcher)
    assert "轴承异音求助" in notice.happened
    assert "不愿具名" not in notice.happened


def test_a_run_that_is_cut_off_begins_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.fitting()

    def cut_off(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(deeds, "_note_scanned", cut_off)
        with pytest.raises(RuntimeError):
            deeds.alert_to_matches()
    db.session.rollback()
    assert not notices_of(world.writer)
    deeds.alert_to_matches()
    assert len(notices_of(world.writer)) == 1
