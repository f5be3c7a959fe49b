"""Chains, districts and fields as versions: what a line may be, what it would change, in force and back again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace import lists_in_use
from marketplace.accounts.models import Person
from marketplace.dictionaries import deeds as dictionary_deeds
from marketplace.dictionaries.models import (
    Chain,
    District,
    HitechField,
    active_chains,
    active_fields,
    current_districts,
)
from marketplace.errors import Invalid, NotNow
from marketplace.extensions import db
from marketplace.listings import upkeep as listing_upkeep
from marketplace.listings.index import search_document
from marketplace.matchmaking.matchers import matchers_of
from marketplace.wordlists import deeds, queries, upkeep
from marketplace.wordlists.dictionary_lines import (
    entries_of,
    lines_between,
    shipped_entries,
)
from marketplace.wordlists.models import MovedCode, WordEdition
from matching import lexicon
from matching import text as words_of
from search import Query, SearchError
from tests.factories import Factory

MERGED = "copper|有色金属(铜)|3|非官方|并入 aluminium"


@pytest.fixture
def operator(make: Factory) -> Person:
    return make.person("operator")


@pytest.fixture(autouse=True)
def shipped_afterwards(app: Flask) -> Iterator[None]:
    yield
    with app.app_context():
        for number in range(1, 4):
            # Their rows are rolled back, their copies are not.
            matchers_of(app, number).reset()
            with suppress(SearchError):
                upkeep.open_copy(number).discard()
        lists_in_use.remove_file()
    words_of.use_lists(lexicon.shipped_lists())


def previewed(operator: Person, kind: str, added: str) -> tuple[Any, dict[str, Any]]:
    draft = deeds.begin_draft(kind, by=operator)
    deeds.save_draft(
        draft, added=added, removed="", note="", by=operator, seen=draft.revision
    )
    deeds.ask_preview(draft, by=operator, seen=draft.revision)
    return draft, upkeep.make_preview(draft.id)


def enabled(operator: Person, kind: str, added: str) -> WordEdition:
    draft, _ = previewed(operator, kind, added)
    return put_in_force(deeds.enable_draft(draft, by=operator, seen=draft.revision))


def put_in_force(edition: WordEdition) -> WordEdition:
    upkeep.build_copies(edition.number)
    upkeep.use_edition(edition.number)
    return edition


def gone_back(operator: Person, edition: WordEdition) -> WordEdition:
    return put_in_force(deeds.go_back(by=operator, seen=edition.number))


def filed_under(app: Flask, chain: str) -> set[int]:
    hits = app.extensions["search"].find(Query(filters={"chain": [chain]})).hits
    return {hit.id for hit in hits}


@pytest.mark.parametrize("kind", ["chains", "districts", "fields"])
def test_the_shipped_list_can_be_written_down_and_read_again(kind: str) -> None:
    shipped = shipped_entries(kind)
    lines = "\n".join(entry.as_line(kind) for entry in shipped.values())
    assert entries_of(kind, lines) == shipped
    assert lines_between(kind, shipped) == ""


@pytest.mark.parametrize(
    ("kind", "lines", "said"),
    [
        ("chains", "robot", "第 1 行：要有 5 格"),
        ("chains", "机器人|机器人|13|官方|在用", "第 1 行：代码「机器人」不对"),
        ("chains", "robot||13|官方|在用", "名称 1–40 个字"),
        ("chains", f"robot|{'长' * 41}|13|官方|在用", "名称 1–40 个字"),
        ("chains", "robot|机器人|十三|官方|在用", "排序写 0 到 9999"),
        ("chains", "robot|机器人|13|是|在用", "「官方」或「非官方」"),
        ("chains", "robot|机器人|13|官方|有效", "在用、停用或并入 代码"),
        ("chains", "robot|机器人|13|官方|并入", "在用、停用或并入 代码"),
        ("chains", "robot|机器人|13|官方|在用 2026", "在用、停用或并入 代码"),
        ("chains", "robot|机器人|1|官方|在用\nrobot|机器|1|官方|在用", "第 2 行：代码 robot 和第 1 行重复"),
        ("chains", "robot|轴承|13|官方|在用", "「轴承」有两条"),
        ("chains", "copper|铜|3|官方|并入 nothing", "不在名单里"),
        ("chains", "copper|铜|3|官方|并入 copper", "又回到 copper"),
        ("chains", "copper|铜|3|官方|并入 steel\nsteel|钢|4|官方|并入 copper", "又回到"),
        ("chains", "copper|铜|3|官方|并入 steel\nsteel|钢|4|官方|停用", "steel 已停用"),
        ("districts", "37152|新县|县|在用", "六位数字"),
        ("districts", "371599|新县|乡|在用", "第 3 格写"),
        ("districts", "371525|冠县|县|停用", "停用 年份"),
        ("districts", "371525|冠县|县|并入 371502 26", "停用 年份"),
        ("fields", "999|新领域|在用", "没有一级领域 99"),
        ("fields", "101|软件|并入 20", "不是一级的代码"),
    ],
)  # fmt: skip
def test_wrong_lines_are_refused_and_say_what_to_write(
    session: Any, operator: Person, kind: str, lines: str, said: str
) -> None:
    draft = deeds.begin_draft(kind, by=operator)
    with pytest.raises(Invalid) as refused:
        deeds.save_draft(
            draft, added=lines, removed="", note="", by=operator, seen=draft.revision
        )
    problems = refused.value.problems["added"]
    assert any(said in problem for problem in problems), problems


def test_a_merged_chain_takes_its_listings_along_and_gives_them_back(
    app: Flask, make: Factory, operator: Person
) -> None:
    stays = make.achievement(chain_code="aluminium")
    goes = make.achievement(chain_code="copper")
    changed_since = make.demand(chain_code="copper")
    draft_of_somebody = make.demand(chain_code="copper", state="draft")
    day, revision = goes.updated_at, goes.revision
    listing_upkeep.index_sync()
    draft, figures = previewed(operator, "chains", MERGED)
    assert figures["listings"] == {"tried": 3, "changed": 2}
    assert figures["searches"]["changed"] == 2
    assert figures["queries"] == ["有色金属(铝)（aluminium）", "有色金属(铜)（copper）"]
    # The preview changes nothing.
    assert goes.chain_code == "copper"
    edition = put_in_force(deeds.enable_draft(draft, by=operator, seen=draft.revision))
    for row in (goes, changed_since, draft_of_somebody):
        assert row.chain_code == "aluminium"
    assert goes.updated_at == day
    assert goes.revision > revision
    assert "copper" not in active_chains()
    assert db.session.get_one(Chain, "copper").successor == "aluminium"
    assert filed_under(app, "aluminium") >= {stays.id, goes.id, changed_since.id}
    assert filed_under(app, "copper") == set()

    changed_since.chain_code = "bearing"
    db.session.commit()
    gone_back(operator, edition)
    assert goes.chain_code == draft_of_somebody.chain_code == "copper"
    assert stays.chain_code == "aluminium"
    assert changed_since.chain_code == "bearing"
    assert "copper" in active_chains()
    assert filed_under(app, "copper") == {goes.id}
    assert db.session.scalars(db.select(MovedCode)).all() == []


def test_what_was_changed_by_hand_is_in_the_draft_and_stays(
    make: Factory, operator: Person
) -> None:
    chain = db.session.get_one(Chain, "bearing")
    dictionary_deeds.save_chain(
        "bearing", name="轴承与传动", position=1, official=True, active=True,
        by=operator, seen=chain.revision,
    )  # fmt: skip
    draft = deeds.begin_draft("chains", by=operator)
    assert draft.number == 2
    assert draft.added == "bearing|轴承与传动|1|官方|在用"
    with pytest.raises(NotNow, match="和现在生效的一样"):
        deeds.ask_preview(draft, by=operator, seen=draft.revision)
    lines = f"{draft.added}\nrobot|机器人|13|官方|在用"
    edition = enabled(operator, "chains", lines)
    assert active_chains()["robot"] == "机器人"
    with_robot = make.achievement(chain_code="robot")
    # A version that names it may not lose it any more.
    draft = deeds.begin_draft("chains", by=operator)
    with pytest.raises(Invalid) as refused:
        deeds.save_draft(
            draft, added="", removed="", note="", by=operator, seen=draft.revision
        )
    assert "用过的条目不能删去" in refused.value.problems["added"][0]
    deeds.withdraw_draft(draft, by=operator, seen=draft.revision)
    # Going back retires it and keeps what was there before the first version.
    gone_back(operator, edition)
    assert "robot" not in active_chains()
    assert with_robot.chain_code == "robot"
    assert db.session.get_one(Chain, "bearing").name == "轴承与传动"


def test_an_abolished_district_hands_its_organisations_over(
    make: Factory, operator: Person
) -> None:
    firm = make.organisation(district="371525")
    row = make.demand(owner=firm)
    lines = "371525|冠县|县|并入 371504 2027\n371504|冠州区|区|在用"
    edition = enabled(operator, "districts", lines)
    assert firm.district_code == "371504"
    assert current_districts()["371504"] == "冠州区"
    assert "371525" not in current_districts()
    assert db.session.get_one(District, "371525").valid_to == "2027"
    assert search_document(row).district == "371504"
    gone_back(operator, edition)
    assert firm.district_code == "371525"
    assert "371525" in current_districts()
    assert "371504" not in current_districts()


def test_a_field_is_replaced_within_the_list_of_a_listing(
    make: Factory, operator: Person
) -> None:
    row = make.achievement(field_codes=["101", "102"])
    both = make.achievement(field_codes=["103", "101"])
    edition = enabled(operator, "fields", "101|软件|并入 103")
    assert row.field_codes == ["103", "102"]
    # It names both already: nothing is moved, and nothing is moved back.
    assert both.field_codes == ["103", "101"]
    assert "101" not in active_fields()
    assert db.session.get_one(HitechField, "101").successor == "103"
    gone_back(operator, edition)
    assert row.field_codes == ["101", "102"]
    assert both.field_codes == ["103", "101"]
    assert "101" in active_fields()


def test_pages_lead_from_the_list_to_a_draft(
    sign_in: Any, operator: Person, client: FlaskClient
) -> None:
    browser = sign_in(operator)
    assert "产业链" in browser.get("/office/words/").text
    assert browser.post("/office/words/chains/begin").status_code == 303
    page = browser.get("/office/words/chains/draft").text
    assert "代码|名称|排序|官方或非官方|在用、停用或并入 代码" in page
    assert "去掉（平台自带的）" not in page
    draft = queries.open_draft("chains", by=operator)
    assert draft is not None
    wrong = browser.post(
        "/office/words/chains/draft",
        data={"added": "copper|铜", "note": "", "seen": draft.revision},
    )
    assert wrong.status_code == 422
    assert "第 1 行：要有 5 格" in wrong.text
    saved = browser.post(
        "/office/words/chains/draft",
        data={"added": MERGED, "note": "", "seen": draft.revision},
    )
    assert saved.status_code == 303
    assert (
        "bearing|轴承|1|非官方|在用"
        in browser.get("/office/words/chains/versions").text
    )
    assert browser.get("/office/words/colours/versions").status_code == 404
