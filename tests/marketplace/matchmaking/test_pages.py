"""The pages of matches and evidence as readers get them, and who may see what on them. 试配: test_trial."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.listings import deeds as listing_deeds
from marketplace.matchmaking import matchers as keeping
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
READERS = ("guest", "owner", "other", "broker", "assigned", "operator")
STATES = ("public", "partial", "confidential", "draft", "expired")


def reader(
    name: str, row: Any, make: Factory, client: FlaskClient, sign_in: SignIn
) -> FlaskClient:
    """A browser in the hands of that reader; `owner` belongs to the row's organisation."""
    if name == "guest":
        return client
    role = {"owner": "firm", "other": "firm", "assigned": "broker"}.get(name, name)
    owner = row.organisation if name == "owner" else make.organisation()
    person = make.person(role, owner)
    if name == "assigned":
        listing_deeds.assign_broker(row, person, by=make.person("operator"))
    return sign_in(person)


def listing(kind: str, state: str, make: Factory) -> Any:
    """A listing in one of STATES."""
    if state in ("draft", "expired"):
        return getattr(make, kind)(state=state)
    return getattr(make, kind)(visibility=state)


# Who may open the pages of a listing's own matches, and of one pair, by the listing's state.
OWN_PAGE = {
    "public": set(READERS),
    "partial": set(READERS),
    "confidential": {"owner", "assigned", "operator"},
    "draft": {"owner", "operator"},
    "expired": set(READERS),
}
OWN_PAIR = {**OWN_PAGE, "expired": set()}
# Who is offered a listing on somebody else's page, and who may look at the pair: the owner of a confidential one, too.
OFFERED = {
    "public": set(READERS),
    "partial": set(READERS),
    "confidential": {"assigned", "operator"},
    "draft": set(),
    "expired": set(),
}
PAIR = {**OFFERED, "confidential": {"owner", "assigned", "operator"}}


@pytest.mark.long
@pytest.mark.parametrize("kind", ["demand", "achievement"])
@pytest.mark.parametrize("state", STATES)
def test_who_may_open_the_matches_of_a_listing(
    make: Factory,
    client: FlaskClient,
    sign_in: SignIn,
    kind: str,
    state: str,
    subtests: pytest.Subtests,
) -> None:
    make.organisation()
    row, other = (
        listing(kind, state, make),
        make.achievement() if kind == "demand" else make.demand(),
    )
    address = f"/{kind}s/{row.id}/matches"
    for name in READERS:
        with subtests.test(name):
            browser = reader(name, row, make, client, sign_in)

            page, plain, pair = (
                browser.get(a)
                for a in (address, f"{address}?order=date", f"{address}/{other.id}")
            )

            own_page, own_pair = (
                200 if name in table[state] else 404 for table in (OWN_PAGE, OWN_PAIR)
            )
            assert (page.status_code, plain.status_code, pair.status_code) == (
                own_page,
                own_page,
                own_pair,
            )


@pytest.mark.long
@pytest.mark.parametrize("kind", ["demand", "achievement"])
@pytest.mark.parametrize("state", STATES)
def test_who_is_offered_a_listing(
    make: Factory,
    client: FlaskClient,
    sign_in: SignIn,
    kind: str,
    state: str,
    subtests: pytest.Subtests,
) -> None:
    make.organisation()
    offered, row = (
        listing(kind, state, make),
        make.achievement() if kind == "demand" else make.demand(),
    )
    address = f"/{row.kind}s/{row.id}/matches"
    link = f'{address}/{offered.id}"'
    for name in READERS:
        with subtests.test(name):
            browser = reader(name, offered, make, client, sign_in)

            page = browser.get(address).text
            plain = browser.get(f"{address}?order=date").text
            pair = browser.get(f"{address}/{offered.id}").status_code

            in_plain_order = (
                name in (PAIR if state == "confidential" else OFFERED)[state]
            )
            assert (link in page) == (name in OFFERED[state])
            assert (link in plain) == in_plain_order
            assert (offered.title in page) == (name in OFFERED[state])
            assert pair == (200 if name in PAIR[state] else 404)


def test_an_anonymous_firm_is_named_on_none_of_the_pages(
    make: Factory, client: FlaskClient
) -> None:
    firm = make.organisation("东阿不愿具名钢球厂（示例）")
    demand, row = make.demand(owner=firm, anonymous=True), make.achievement()

    addresses = [
        f"/demands/{demand.id}/matches",
        f"/demands/{demand.id}/matches?order=date",
        f"/demands/{demand.id}/matches/{row.id}",
        f"/achievements/{row.id}/matches",
        f"/achievements/{row.id}/matches?order=date",
        f"/achievements/{row.id}/matches/{demand.id}",
    ]
    pages = [client.get(address).text for address in addresses]

    assert [firm.name in page for page in pages] == [False] * len(pages)
    assert [demand.title in page for page in pages] == [True] * len(pages)


def test_hidden_sections_of_a_partly_public_listing_are_on_no_page(
    make: Factory, client: FlaskClient
) -> None:
    secret = "磨粒流二次光整，滚道残余高度再降一半"
    row = make.achievement(
        visibility="partial",
        innovation=secret,
        keywords=["磨粒流"],
        price_mode="fixed",
        price_min=87,
    )
    demand = make.demand(budget=50, budget_negotiable=False)

    for address in (
        f"/demands/{demand.id}/matches",
        f"/demands/{demand.id}/matches/{row.id}",
    ):
        page = client.get(address).text
        assert row.title in page
        assert "磨粒流" not in page
        assert "87 万元" not in page


def test_markup_in_texts_stays_text(make: Factory, client: FlaskClient) -> None:
    bad = "<script>alert(1)</script>轴承超精研磨 & <b>振动</b>"
    row = make.achievement(
        f"{bad}降噪",
        summary=f"{bad}，振动值由 45 dB 降到 36 dB，已在两条线上试用，效果稳定。",
    )
    demand = make.demand(f"{bad}攻关")
    address = f"/demands/{demand.id}/matches"

    pages = [
        client.get(a).text
        for a in (address, f"{address}?order=date", f"{address}/{row.id}")
    ]

    for page in pages:
        assert "alert(1)" in page
        assert "<script>alert" not in page
        assert "<b>" not in page
    assert "&lt;script&gt;" in pages[2]
    assert "<mark>轴承</mark>" in pages[2]


def test_the_table_of_shares_adds_up_on_the_page(
    make: Factory, client: FlaskClient
) -> None:
    row, demand = make.achievement(), make.demand()

    page = client.get(f"/demands/{demand.id}/matches/{row.id}").text

    table = page[page.index("<table") : page.index("</table>")]
    points = [
        round(float(number) * 1000) for number in re.findall(r">(\d\.\d{3})<", table)
    ]
    percents = [int(number) for number in re.findall(r">(\d+)%<", table)]
    assert len(points) > 3
    assert sum(points[:-1]) == points[-1]
    assert sum(percents[:-1]) == percents[-1] == 100
    assert "字面相近（单字与双字片段、标题）" in table


def test_a_page_of_matches_says_grade_reason_and_facts(
    make: Factory, client: FlaskClient
) -> None:
    make.achievement()
    demand = make.demand()

    page = client.get(f"/demands/{demand.id}/matches").text

    for words in (
        "较匹配",
        "两边都提到<mark>",
        "合作方式相符",
        "看依据",
        "按发布日期",
        "算法说明",
        "中试阶段",
    ):
        assert words in page, words


def test_nothing_fitting_is_said_first(
    make: Factory, client: FlaskClient, sign_in: SignIn
) -> None:
    make.achievement()
    demand = make.demand(
        "湖湾水华治理",
        problem="景区湖湾夏季蓝藻水华连片，割草船只能割水面，底泥磷释放没有办法，游客投诉臭味。",
        key_technology="",
        keywords=[],
    )
    owner = sign_in(make.person("firm", demand.organisation))

    page = client.get(f"/demands/{demand.id}/matches").text
    owners = owner.get(f"/demands/{demand.id}/matches").text

    assert "暂无合适的成果" in page
    assert "没有写指标的数字" in page
    assert "成果里没有出现过：" in page
    assert "补充内容" not in page
    assert "补充内容" in owners


def test_a_word_as_long_as_its_text_is_cut_among_what_is_missing(
    make: Factory, client: FlaskClient
) -> None:
    make.achievement()
    demand = make.demand(
        "湖湾水华治理", problem="polyimide" * 330, key_technology="", keywords=[]
    )

    page = client.get(f"/demands/{demand.id}/matches").text
    missing = page.split("成果里没有出现过：")[1].split("。")[0].split("、")

    assert "水华" in missing
    assert missing.count(("polyimide" * 4)[:32] + "…") == 1
    assert max(map(len, missing)) == 33


def test_a_new_publication_appears_and_a_withdrawn_one_is_gone(
    make: Factory, client: FlaskClient
) -> None:
    demand = make.demand()
    address = f"/demands/{demand.id}/matches"
    before = client.get(address).text
    row = make.achievement()
    after = client.get(address).text
    listing_deeds.withdraw(row, by=None, seen=row.revision)
    withdrawn = client.get(address).text

    assert [row.title in page for page in (before, after, withdrawn)] == [
        False,
        True,
        False,
    ]
    assert client.get(f"{address}/{row.id}").status_code == 404


@pytest.mark.parametrize("need", ["talent", "capital"])
def test_other_needs_are_told_what_to_do_instead(
    make: Factory, client: FlaskClient, need: str
) -> None:
    demand = make.demand(need=need)

    page = client.get(f"/demands/{demand.id}/matches")

    assert page.status_code == 200
    assert "不和成果匹配" in page.text
    assert "检索相近的成果" in page.text


@pytest.mark.parametrize(
    "address",
    [
        "/demands/999999/matches",
        "/achievements/999999/matches",
        "/demands/0/matches/1",
        "/demands/x/matches",
        "/demands/-1/matches",
    ],
)
def test_addresses_of_nothing_are_missing(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("number", [2**31, 2**63, 10**23])
def test_numbers_no_database_takes_are_missing(
    make: Factory, client: FlaskClient, number: int
) -> None:
    demand, row = make.demand(), make.achievement()
    addresses = [f"/demands/{number}/matches"]
    addresses += [f"/{one.kind}s/{one.id}/matches/{number}" for one in (demand, row)]

    answers = [client.get(address).status_code for address in addresses]

    assert answers == [404] * len(addresses)


@pytest.mark.parametrize(
    ("page", "beyond"),
    [
        ("0", None),
        ("-3", None),
        ("x", None),
        ("", None),
        ("1", None),
        ("2", 2),
        ("99999", 99_999),
        (str(2**63), 100_000),
        ("9" * 23, 100_000),
    ],
)
def test_odd_page_numbers_of_the_plain_order(
    make: Factory, client: FlaskClient, page: str, beyond: int | None
) -> None:
    demand, row = make.demand(), make.achievement()

    shown = client.get(f"/demands/{demand.id}/matches?order=date&page={page}").text

    assert row.title in shown
    said = re.findall(r"没有第 (\d+) 页；这里是最后一页，第 1 页。", shown)
    assert said == ([str(beyond)] if beyond else [])


def test_while_the_matcher_is_prepared_the_page_says_so(
    make: Factory, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.achievement()
    demand = make.demand()
    monkeypatch.setattr(keeping, "CHANGES_AT_ONCE", 0)
    monkeypatch.setattr(keeping.Matchers, "_prepare", lambda _self, _kind: None)

    page = client.get(f"/demands/{demand.id}/matches")

    assert page.status_code == 503
    assert page.headers["Retry-After"]
    assert "正在准备" in page.text
    assert client.get(f"/demands/{demand.id}/matches?order=date").status_code == 200


def test_the_algorithm_page_tells_cut_points_and_the_way_out(
    client: FlaskClient,
) -> None:
    page = client.get("/algorithm")

    assert page.status_code == 200
    for words in (
        "0.36",
        "0.20",
        "0.09",
        "按发布日期",
        "不算进分数",
        "第十六条",
        "不保存",
    ):
        assert words in page.text, words


def test_the_pages_carry_no_inline_style_or_script(
    make: Factory, client: FlaskClient
) -> None:
    row, demand = make.achievement(), make.demand()

    for address in (
        f"/demands/{demand.id}/matches",
        f"/demands/{demand.id}/matches/{row.id}",
        "/trial",
        "/algorithm",
    ):
        page = client.get(address).text
        assert not re.search(
            r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)", page
        ), address
