"""我的 with many rows: search, 只看我的, deeds to several; and what was refused or suspended finds its way back."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.files.contributed import NEEDS_EVIDENCE
from marketplace.listings import bulk, deeds, worklists
from marketplace.listings.models import LISTINGS, Achievement
from marketplace.listings.ticks import read_ticks, ticked_of
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]


def names(page: str) -> list[str]:
    """The titles of the list of one's own, in order."""
    section = page.split('id="listings"')[1].split("</section>")[0]
    return [
        html.unescape(title)
        for title in re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', section)
    ]


def choices(*rows: Any) -> list[str]:
    return [ticked_of(row).value for row in rows]


@pytest.fixture
def university(make: Factory) -> Any:
    return make.organisation("聊城某大学（示例）", kind="university")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("降噪", {"轴承降噪", "齿轮降噪 PA66"}),
        ("pa66", {"齿轮降噪 PA66"}),
        (" 齿轮 ", {"齿轮降噪 PA66"}),
        ("100%", {"100% 回收"}),
        ("_", set()),
        ("没有的", set()),
        ("", {"轴承降噪", "齿轮降噪 PA66", "100% 回收"}),
    ],
)
def test_own_listings_are_searched_by_their_names(
    typed: str,
    expected: set[str],
    make: Factory,
    university: Any,
    sign_in: SignIn,
) -> None:
    for title in ("轴承降噪", "齿轮降噪 PA66", "100% 回收"):
        make.achievement(title, owner=university)
    make.achievement("别人的降噪")
    browser = sign_in(make.person("desk", university))

    page = browser.get("/mine", query_string={"q": typed}).text

    assert set(names(page)) == expected
    assert f'value="{html.escape(typed.strip())}"' in page


def test_only_what_a_person_began(
    make: Factory, university: Any, sign_in: SignIn
) -> None:
    writer = make.person("desk", university)
    own = deeds.create(
        "achievement", {"title": "我的工艺"}, organisation=university, by=writer
    )
    deeds.withdraw(own, by=writer, seen=own.revision)
    make.achievement("同事的工艺", owner=university)
    browser = sign_in(writer)

    assert set(names(browser.get("/mine").text)) == {"我的工艺", "同事的工艺"}
    assert names(browser.get("/mine?mine=1").text) == ["我的工艺"]
    assert (
        names(browser.get("/mine?mine=1&q=同事").text.replace("没有符合条件的", ""))
        == []
    )


def test_pages_of_a_long_list_keep_the_search(
    make: Factory, university: Any, sign_in: SignIn
) -> None:
    for number in range(worklists.PAGE + 3):
        make.achievement(f"降噪工艺 {number:03}", owner=university)
    make.achievement("无关的工艺", owner=university)
    browser = sign_in(make.person("desk", university))

    first = browser.get("/mine?q=降噪").text
    onward = [
        html.unescape(url) for url in re.findall(r'rel="next" href="([^"]*)"', first)
    ]
    second = browser.get(onward[0]).text

    assert len(names(first)) == worklists.PAGE
    assert len(names(second)) == 3
    assert "无关的工艺" not in names(first) + names(second)


def test_several_are_archived_after_one_question(
    make: Factory, university: Any, sign_in: SignIn
) -> None:
    over = [make.achievement(state="expired", owner=university) for _ in range(3)]
    public = make.achievement(owner=university)
    browser = sign_in(make.person("desk", university))
    data = {"deed": "archive", "row": choices(*over, public)}

    question = browser.post("/mine/several", data=data)

    assert question.status_code == 200
    assert [row.state for row in over] == ["expired"] * 3
    assert "3 条要归档" in question.text
    assert "1 条不能归档" in question.text
    offered = re.findall(r'name="row" value="([^"]*)"', question.text)
    assert offered == choices(*over)

    report = browser.post("/mine/several", data=data | {"confirmed": "1"})

    assert [row.state for row in over] == ["archived"] * 3
    assert public.state == "published"
    assert "归档了 3 条，1 条没有办成" in report.text


@pytest.mark.parametrize(
    ("deed", "state", "after"),
    [
        ("archive", "withdrawn", "archived"),
        ("archive", "rejected", "archived"),
        ("withdraw", "published", "withdrawn"),
        ("withdraw", "draft", "withdrawn"),
        ("withdraw", "suspended", "withdrawn"),
        ("renew", "expired", "published"),
    ],
)
@pytest.mark.parametrize("kind", LISTINGS)
def test_each_deed_is_done_to_each(
    kind: str, deed: str, state: str, after: str, make: Factory, sign_in: SignIn
) -> None:
    owner = make.organisation()
    rows = [getattr(make, kind)(state=state, owner=owner) for _ in range(2)]
    browser = sign_in(make.person("firm", owner))

    browser.post(
        "/mine/several", data={"deed": deed, "row": choices(*rows), "confirmed": "1"}
    )

    assert [row.state for row in rows] == [after] * 2


def test_a_row_that_is_refused_keeps_none_of_the_others_back(
    make: Factory, university: Any, sign_in: SignIn
) -> None:
    first = make.achievement("先撤回的", owner=university)
    changed = make.achievement("刚改过的", owner=university)
    hidden = make.demand("别人的保密需求", visibility="confidential")
    foreign = make.achievement("别人的公开成果")
    last = make.achievement("后撤回的", owner=university)
    stale = choices(changed)
    deeds.save(changed, {"prospects": "新写的前景"}, by=None, seen=changed.revision)
    browser = sign_in(make.person("desk", university))
    rows = [
        *choices(first),
        *stale,
        *choices(hidden, foreign, last),
        "demand-99999-1",
        "x",
        "achievement-1",
        "",
    ]

    report = browser.post(
        "/mine/several", data={"deed": "withdraw", "row": rows, "confirmed": "1"}
    )

    assert (first.state, last.state) == ("withdrawn", "withdrawn")
    assert (changed.state, hidden.state, foreign.state) == ("published",) * 3
    assert "撤回了 2 条，4 条没有办成" in report.text
    assert "这一条在您打开之后被改过" in report.text
    # What this reader may not know of is not named.
    assert hidden.title not in report.text


def test_the_question_names_what_the_deed_would_refuse(
    make: Factory, university: Any
) -> None:
    writer = make.person("desk", university)
    row = make.achievement("已定型的", owner=university, state="draft", trl=8)
    [choice] = read_ticks(choices(row))
    [outcome] = bulk.foresee("submit", [choice], by=writer)
    assert NEEDS_EVIDENCE in outcome.trouble
    [outcome] = bulk.carry_out("submit", [choice], by=writer)
    assert outcome.trouble
    assert row.state == "draft"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"deed": "archive"},
        {"deed": "approve", "row": ["demand-1-1"]},
        {"row": ["demand-1-1"]},
    ],
)
def test_nothing_chosen_is_said(
    data: dict[str, Any], make: Factory, sign_in: SignIn
) -> None:
    browser = sign_in(make.person("firm", make.organisation()))

    answer = browser.post("/mine/several", data=data)

    assert answer.status_code == 303
    assert "先勾选要处理的条目" in browser.get("/mine").text


def test_a_guest_does_nothing_to_several(make: Factory, client: FlaskClient) -> None:
    row = make.demand()

    answer = client.post(
        "/mine/several",
        data={"deed": "withdraw", "row": choices(row), "confirmed": "1"},
    )

    assert answer.status_code == 302
    assert row.state == "published"


@pytest.mark.parametrize("kind", LISTINGS)
@pytest.mark.parametrize(
    ("state", "words", "reason"),
    [
        ("rejected", "不予通过原因", "不属于技术成果"),
        ("suspended", "暂停原因", "权属有争议"),
        ("returned", "退回原因", "请补充指标"),
    ],
)
def test_what_was_stopped_reaches_its_owner_with_the_reason(
    kind: str, state: str, words: str, reason: str, make: Factory, sign_in: SignIn
) -> None:
    owner = make.organisation()
    row = getattr(make, kind)(state=state, owner=owner)
    member = make.person("firm", owner)
    page = sign_in(member).get("/mine").text

    waiting = page.split('id="waiting"')[1].split("</section>")[0]

    assert row.title in waiting
    assert f"{words}：{reason}" in waiting
    assert int(worklists.to_do_count(member)) == 1


@pytest.mark.parametrize("kind", LISTINGS)
def test_a_refused_listing_goes_on_as_a_new_draft(
    kind: str, make: Factory, sign_in: SignIn
) -> None:
    owner = make.organisation()
    row = getattr(make, kind)(
        state="rejected",
        owner=owner,
        metrics=[{"name": "噪声", "operator": "le", "value": 38, "unit": "dB"}],
    )
    member = make.person("firm", owner)
    browser = sign_in(member)
    page = browser.get(f"/{kind}s/{row.id}").text
    assert "复制为新草稿" in page

    answer = browser.post(f"/mine/{kind}/{row.id}/copy", data={"seen": row.revision})

    assert answer.status_code == 303
    copy_id = int(re.search(rf"/mine/{kind}/(\d+)/edit", answer.location)[1])
    copy = make.session.get(LISTINGS[kind], copy_id)
    assert (copy.state, copy.title, copy.owner_id) == ("draft", row.title, member.id)
    assert [str(metric) for metric in copy.metrics] == ["噪声≤38 dB"]
    assert [str(metric) for metric in row.metrics] == ["噪声≤38 dB"]
    assert getattr(copy, copy.main_text) == getattr(row, row.main_text)
    assert copy.valid_until is None
    # What was refused is put away with it; the member has nothing to do there any more.
    assert row.state == "archived"
    assert int(worklists.to_do_count(member)) == 0
    # Nothing is shared between the two.
    deeds.save(copy, {"keywords": ["新词"]}, by=None, seen=copy.revision)
    assert row.keywords != copy.keywords


@pytest.mark.parametrize(
    ("state", "after"), [("withdrawn", "withdrawn"), ("archived", "archived")]
)
def test_what_ended_otherwise_is_copied_and_stays(
    state: str, after: str, make: Factory
) -> None:
    row = make.achievement(state=state)

    copy = deeds.copy_listing(row, by=None, seen=row.revision)

    assert isinstance(copy, Achievement)
    assert (copy.state, row.state) == ("draft", after)


@pytest.mark.parametrize(
    "state", ["draft", "submitted", "published", "suspended", "expired"]
)
def test_what_still_lives_is_not_copied(
    state: str, make: Factory, sign_in: SignIn
) -> None:
    owner = make.organisation()
    row = make.demand(state=state, owner=owner)

    answer = sign_in(make.person("firm", owner)).post(
        f"/mine/demand/{row.id}/copy", data={"seen": row.revision}
    )

    assert answer.status_code == 409


def test_a_copy_beside_a_living_twin_is_refused_and_loses_nothing(
    make: Factory, sign_in: SignIn
) -> None:
    owner = make.organisation()
    row = make.demand("轴承异音", state="rejected", owner=owner)
    make.demand("轴承异音", state="draft", owner=owner)

    answer = sign_in(make.person("firm", owner)).post(
        f"/mine/demand/{row.id}/copy", data={"seen": row.revision}
    )

    assert answer.status_code == 422
    assert "已有同名需求" in answer.text
    make.session.refresh(row)
    assert row.state == "rejected"


def test_a_suspended_listing_is_mended_and_stays_out_of_sight(
    make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    owner = make.organisation()
    row = make.demand(state="suspended", owner=owner)
    member = make.person("firm", owner)

    deeds.save(row, {"foundation": "权属已经说明"}, by=member, seen=row.revision)

    assert row.state == "suspended"
    assert client.get(f"/demands/{row.id}").status_code == 404
    assert sign_in(member).get(f"/mine/demand/{row.id}/edit").status_code == 200
    deeds.resume(row, by=None, seen=row.revision)
    assert "权属已经说明" in client.get(f"/demands/{row.id}").text
