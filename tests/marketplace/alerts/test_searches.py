"""Saved searches: once each, of one's own, and each new listing announced exactly once, as far as one may find it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from marketplace.accounts.models import Person
from marketplace.alerts import announcements, deeds, queries
from marketplace.alerts.models import SavedSearch
from marketplace.catalogue.facets import facet_names
from marketplace.catalogue.search_state import SearchState
from marketplace.clock import now, today
from marketplace.dictionaries.models import Chain, read_successors
from marketplace.errors import Invalid, NotAllowed, NotNow
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import ending_deeds
from marketplace.notices.deeds import choose_mail
from marketplace.notices.models import Notice
from marketplace.notices.upkeep import gather_digests
from marketplace.organisations import deeds as organisation_deeds
from marketplace.personal_data.queries import copy_of
from marketplace.retention import stored_for
from search import SearchUnavailable
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]


def state_for(app: Flask, address: str) -> SearchState:
    pairs = [pair.split("=", 1) for pair in address.split("&") if pair]
    return SearchState.from_address(MultiDict(pairs), facet_names())


@pytest.fixture
def save(app: Flask) -> Callable[..., SavedSearch]:
    """Saves a search as if it were done an hour ago, so that what a test publishes is new."""

    def saved(person: Person, address: str, hours: float = 1) -> SavedSearch:
        with app.test_request_context():
            search = deeds.save_search(state_for(app, address), by=person)
        search.created_at = now() - timedelta(hours=hours)
        db.session.commit()
        return search

    return saved


def notices_of(person: Person, code: str = "alerts.found") -> list[Notice]:
    query = db.select(Notice).where(Notice.person_id == person.id, Notice.kind == code)
    return list(db.session.scalars(query.order_by(Notice.id)))


# (address, what is saved as the name)
NAMES = [
    ("q=轴承 保持架", "「轴承 保持架」"),
    ("q=轴承&kind=demand&sort=newest&page=7", "「轴承」 · 需求"),
    ("kind=achievement", "成果"),
    ("q=轴承&stage=lab&stage=pilot", "「轴承」 · 所处阶段："),
    ("district=371581&institution=12", "指定的单位"),
    ("q=<script>alert(1)</script>", "「<script>alert(1)</script>」"),
    ("q=" + "轴" * 200, "「" + "轴" * 119),
]


def test_a_search_is_saved_under_its_words_and_once(app: Flask, make: Factory) -> None:
    person = make.person("firm", make.organisation())
    with app.test_request_context():
        for address, name in NAMES:
            state = state_for(app, address)
            search = deeds.save_search(state, by=person)
            assert name in search.name
            assert len(search.name) <= 120
            again = state_for(app, address + "&sort=deadline&page=3")
            assert deeds.save_search(again, by=person).id == search.id
            assert queries.saved_as(again, person) is not None
            # The address that comes back finds the same.
            back = queries.state_of(search, facet_names(), read_successors())
            assert (back.text, back.kind) == (state.text, state.kind)
            assert {k: sorted(v) for k, v in back.filters.items()} == {
                k: sorted(v) for k, v in state.filters.items()
            }
            assert back.order == "newest"
    assert len(queries.saved_searches(person)) == len(NAMES)


def test_what_looks_for_nothing_is_not_saved(app: Flask, make: Factory) -> None:
    person = make.person("firm", make.organisation())
    with app.test_request_context():
        for address in ("", "sort=newest", "q=  ", "q=%%%", "stage=nonsense"):
            with pytest.raises(Invalid):
                deeds.save_search(state_for(app, address), by=person)
        refused = {
            # Cut at 200, whatever stands there: the rest says something.
            f"q={'轴' * 10_000}": "文字有 10000 字，保存的检索最多 200 字。",
            f"q={'？' * 300}轴承": "文字有 302 字",
            "q=%%%": "只有标点或符号",
            "sort=newest": "没有词，也没有筛选",
        }
        for address, message in refused.items():
            with pytest.raises(Invalid, match=message):
                deeds.save_search(state_for(app, address), by=person)
        for number in range(deeds.MAX_SEARCHES):
            deeds.save_search(state_for(app, f"q=轴承{number}"), by=person)
        with pytest.raises(NotNow, match="最多保存"):
            deeds.save_search(state_for(app, "q=另一个"), by=person)
        # What is saved already is no further one.
        deeds.save_search(state_for(app, "q=轴承3"), by=person)
        with pytest.raises(NotAllowed):
            deeds.save_search(state_for(app, "q=轴承"), by=make.person("auditor"))


def test_each_new_listing_is_announced_once(
    make: Factory, save: Callable[..., SavedSearch]
) -> None:
    firm = make.organisation()
    person, other = make.person("firm", firm), make.person("firm", make.organisation())
    make.achievement("旧的蠕动泵软管工艺")
    save(person, "q=蠕动泵", hours=-1)  # later than what is there
    for one in queries.saved_searches(person):
        one.created_at = now()
    save(other, "q=完全没有的词&kind=achievement")
    assert deeds.alert_to_findings() == 0

    make.achievement("新的蠕动泵软管工艺")
    make.demand("蠕动泵寿命攻关")
    make.demand("我们自己的蠕动泵需求", owner=firm)
    make.demand("蠕动泵草稿", state="draft")
    assert deeds.alert_to_findings() == 1
    assert deeds.alert_to_findings() == 0

    (notice,) = notices_of(person)
    assert notice.subject == "您保存的检索有 2 条新内容"
    assert "「新的蠕动泵软管工艺」" in notice.happened
    assert "「蠕动泵寿命攻关」" in notice.happened
    for absent in ("旧的", "我们自己", "草稿"):
        assert absent not in notice.happened
    assert notice.link.startswith("/search?")
    assert not notices_of(other)

    # Found by two searches: announced in one notice, once.
    save(person, "q=离心泵")
    save(person, "q=离心泵&kind=demand")
    make.demand("离心泵汽蚀攻关")
    assert deeds.alert_to_findings() == 1
    assert notices_of(person)[-1].happened.count("离心泵汽蚀攻关") == 1
    assert notices_of(person)[-1].subject == "您保存的检索有 1 条新内容"


def test_each_item_is_in_one_digest_whatever_becomes_of_it(
    make: Factory,
    save: Callable[..., SavedSearch],
    stop_clock: Callable[[datetime], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop_clock(datetime(2026, 11, 27, 4, 0))
    person, owner = make.person("firm", make.organisation()), make.organisation()
    choose_mail(by=person, quiet_from=22, quiet_until=7, daily=True, stopped=())
    # Both find every one of these.
    save(person, "q=蠕动泵")
    save(person, "q=蠕动泵&kind=demand")
    rows = {}
    for name in ("读过", "撤回", "暂停", "续期"):
        rows[name] = make.demand(f"蠕动泵{name}的攻关", owner=owner)

    def change(name: str, deed: Callable[..., object], **values: str) -> None:
        deed(rows[name], by=None, seen=rows[name].revision, **values)

    def next_morning(day: int) -> list[str]:
        """Who is in the alerts of that day, and whether the daily mail names one."""
        before = len(notices_of(person))
        stop_clock(datetime(2026, 11, day, 0, 10))
        deeds.alert_to_findings()
        deeds.alert_to_findings()
        stop_clock(datetime(2026, 11, day, 0, 30))
        named = "".join(one.happened for one in notices_of(person)[before:])
        assert gather_digests() == int(bool(named))
        assert gather_digests() == 0
        # In order, once for each time it is named.
        return sorted(re.findall("蠕动泵(..)的攻关", named), key=list(rows).index)

    change("撤回", listing_deeds.withdraw)
    change("暂停", listing_deeds.suspend, note="核实中")
    # Killed after the searches were carried out: nothing is noted, and nobody forgotten.
    with monkeypatch.context() as patched:
        patched.setattr(announcements, "announce_findings", _killed)
        with pytest.raises(KeyboardInterrupt):
            deeds.alert_to_findings()
    db.session.rollback()
    assert next_morning(28) == ["读过", "续期"]
    # Shown again after the digest: new to who has not read of it. What was read of stays read, changed or renewed.
    change("暂停", listing_deeds.resume)
    rows["读过"].summary = "蠕动泵软管寿命要加倍"
    rows["续期"].valid_until = today()
    db.session.commit()
    change("续期", ending_deeds.renew)
    assert next_morning(29) == ["暂停"]
    assert next_morning(30) == []


def _killed(*_: Any) -> None:
    raise KeyboardInterrupt


def test_more_than_a_notice_names_are_counted(
    make: Factory, save: Callable[..., SavedSearch]
) -> None:
    person = make.person("firm", make.organisation())
    save(person, "q=油封唇口")
    owner = make.organisation()
    for number in range(12):
        make.demand(f"油封唇口泄漏第{number}号", owner=owner)

    assert deeds.alert_to_findings() == 1
    (notice,) = notices_of(person)
    assert notice.subject == "您保存的检索有 12 条新内容"
    assert "另有 2 条" in notice.happened
    assert deeds.alert_to_findings() == 0


def test_only_what_one_may_find_is_announced(
    make: Factory, save: Callable[..., SavedSearch]
) -> None:
    person, operator = (
        make.person("firm", make.organisation()),
        make.person("operator"),
    )
    for one in (person, operator):
        save(one, "q=密炼胶料")
    make.demand("密炼胶料配方不公开", visibility="confidential")

    deeds.alert_to_findings()
    assert [len(notices_of(one)) for one in (person, operator)] == [0, 1]


def test_an_engine_that_is_away_loses_nothing(
    make: Factory, save: Callable[..., SavedSearch], monkeypatch: pytest.MonkeyPatch
) -> None:
    person = make.person("firm", make.organisation())
    save(person, "q=滚针轴承")
    make.demand("滚针轴承卡滞")

    def away(*_: Any) -> None:
        raise SearchUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(queries, "run_search", away)
        with pytest.raises(SearchUnavailable):
            deeds.alert_to_findings()
    assert not notices_of(person)
    assert deeds.alert_to_findings() == 1


def test_the_pages(app: Flask, make: Factory, sign_in: SignIn) -> None:
    person = make.person("firm", make.organisation())
    stranger = sign_in(make.person("firm", make.organisation()))
    reader = sign_in(person)
    address = urlencode({"q": "轴承", "kind": "demand"})

    guest = app.test_client().get(f"/search?{address}").text
    assert "登录后可以保存这次检索" in guest
    assert "保存这次检索" not in app.test_client().get("/search").text
    assert "保存这次检索</button>" in reader.get(f"/search?{address}").text
    answer = reader.post("/mine/searches", data={"q": "轴承", "kind": "demand"})
    assert (answer.status_code, answer.location) == (303, f"/search?{address}")
    assert "已保存，有新发布的" in reader.get(f"/search?{address}").text
    assert "1 个检索有新内容时通知您" in reader.get("/mine").text
    own = reader.get("/mine/searches").text
    assert "「轴承」 · 需求" in own
    assert reader.post("/mine/searches", data={}).status_code == 422

    (search,) = queries.saved_searches(person)
    remove = f"/mine/searches/{search.id}/remove"
    assert stranger.post(remove).status_code == 303
    assert queries.saved_searches(person) == [search]
    assert reader.post(remove).status_code == 303
    # The second press leads to the same page.
    again = reader.post(remove, follow_redirects=True).text
    assert "可能已经删去了" in again
    assert "还没有保存检索" in again


def test_what_is_saved_is_copied_and_forgotten_with_the_account(
    make: Factory, save: Callable[..., SavedSearch]
) -> None:
    person = make.person("firm", make.organisation())
    save(person, "q=刷毛")
    assert [row["检索"] for row in copy_of(person, [])["保存的检索"]] == ["「刷毛」"]
    make.demand("刷毛脱落攻关")
    deeds.alert_to_findings()

    deeds.forget_person(person.id)
    db.session.commit()
    assert not queries.saved_searches(person)
    assert not queries.alerted_to(person.id)


def test_a_closed_account_is_not_written_to(
    make: Factory, save: Callable[..., SavedSearch]
) -> None:
    person = make.person("firm", make.organisation())
    save(person, "q=偏心套")
    person.active = False
    db.session.commit()
    make.demand("偏心套磨损")
    assert deeds.alert_to_findings() == 0


def test_old_notes_are_removed(make: Factory, save: Callable[..., SavedSearch]) -> None:
    person = make.person("firm", make.organisation())
    save(person, "q=锁紧螺母")
    row = make.demand("锁紧螺母松动")
    deeds.alert_to_findings()
    assert queries.alerted_to(person.id) == {("demand", row.id)}
    assert deeds.remove_alerted(now() - timedelta(days=1)) == 0
    assert deeds.remove_alerted(now() + timedelta(days=1)) == 1


def test_what_was_renewed_for_years_is_not_announced_again(
    make: Factory, save: Callable[..., SavedSearch]
) -> None:
    person = make.person("firm", make.organisation())
    save(person, "q=锁紧螺母", hours=24 * 365 * 4)
    row = make.demand("锁紧螺母松动")
    assert deeds.alert_to_findings() == 1
    # Renewed each year; what is on record of the alert has been removed after two.
    row.published_at = now() - timedelta(days=800)
    assert deeds.remove_alerted(now() + timedelta(days=1)) == 1
    db.session.commit()
    assert deeds.alert_to_findings() == 0
    make.demand("锁紧螺母防松")
    assert deeds.alert_to_findings() == 1


def test_alerts_stay_on_record_for_longer_than_they_are_news() -> None:
    assert stored_for("alerted") > queries.NEWS


def test_a_code_that_was_handed_over_finds_what_is_under_its_successor(
    make: Factory, save: Callable[..., SavedSearch], sign_in: SignIn
) -> None:
    person = make.person("firm", make.organisation())
    search = save(person, "chain=copper&district=371523")
    for code, after in (("copper", "steel"), ("steel", "aluminium")):
        db.session.get_one(Chain, code).successor = after
    db.session.commit()

    state = queries.state_of(search, facet_names(), read_successors())
    assert state.filters["chain"] == ("aluminium",)
    make.demand("铝板带轧制", chain_code="aluminium", owner=make.organisation())
    save(person, "chain=copper")
    assert deeds.alert_to_findings() == 1
    (notice,) = notices_of(person)
    assert "「铝板带轧制」" in notice.happened

    # It is called what it looks for now.
    names = facet_names()["chain"]
    assert names["copper"] in search.name
    shown = sign_in(person).get("/mine/searches").text
    for words in (shown, notice.happened):
        assert names["aluminium"] in words
        assert names["copper"] not in words

    # A version that is taken back takes the successors along.
    for code in ("copper", "steel"):
        db.session.get_one(Chain, code).successor = ""
    db.session.commit()
    assert queries.state_of(search, facet_names(), read_successors()).filters[
        "chain"
    ] == ("copper",)


def test_a_search_of_an_organisation_that_was_merged_finds_what_it_became(
    make: Factory, save: Callable[..., SavedSearch]
) -> None:
    person = make.person("firm", make.organisation())
    gone, kept = make.organisation(verified=False), make.organisation()
    last = make.organisation(verified=False)
    search = save(person, f"institution={gone.id}")
    merge = organisation_deeds.merge_organisations(gone, last, by=None)
    organisation_deeds.merge_organisations(last, kept, by=None)

    def wanted() -> tuple[str, ...]:
        replaced = queries.read_replaced()
        return queries.state_of(search, facet_names(), replaced).filters["institution"]

    assert (merge.kept_id, wanted()) == (last.id, (str(kept.id),))
    make.demand("轴承异音", owner=kept)
    assert deeds.alert_to_findings() == 1
