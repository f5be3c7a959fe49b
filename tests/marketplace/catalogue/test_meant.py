"""您要找的是不是, signs alone, the newest first and the newer facets on the search page, over the real engine.

What a text may have meant is tested in `tests/search/test_corrections.py`.
"""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from marketplace.listings import index as listing_index
from marketplace.listings.models import Demand
from tests.factories import Factory


def offered(page: str) -> dict[str, str]:
    """Text → address of what is offered under 您要找的是不是."""
    found = re.search(r'<p class="meant">(.*?)</p>', page, re.S)
    if found is None:
        return {}
    pairs = re.findall(r'<a href="([^"]*)">([^<]*)</a>', found[1])
    return {html.unescape(text): html.unescape(url) for url, text in pairs}


def titles(page: str) -> list[str]:
    found = re.findall(r'class="listing-title">.*?<a [^>]*>(.*?)</a>', page, re.S)
    return [html.unescape(re.sub(r"</?mark>", "", title)) for title in found]


@pytest.mark.parametrize(
    ("typed", "is_matter"),
    [
        # One character apart: another firm, not a slip.
        ("阳谷赤湖铜箔有限公司", False),
        ("聊城轴承厂", False),
        ("聊城大学（示例）", False),
        ("0635-8230000", False),
        ("13800000000", False),
        ("91371500MA3C4H8X2P", False),
        ("ZL202310123456.7", False),
        # The initials of 赤泥.
        ("a@b.cn", False),
        ("聊城轴承保持架断裂", True),
        ("五轴加工中心撞刀", True),
        ("PEEK", True),
    ],
)
def test_names_and_codes_are_neither_slips_nor_demands(
    typed: str, is_matter: bool, make: Factory, client: FlaskClient
) -> None:
    make.achievement("赤泥回收工艺")
    make.achievement("铜箔电解工艺")

    page = client.get("/search", query_string={"q": typed}).text

    assert "赤泥" not in "".join(offered(page))
    assert ("把它发布为需求" in page) is is_matter


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("zhoucheng", "轴承"),
        ("zc", "轴承"),
        ("轴cheng", "轴承"),
        ("轴成", "轴承"),
        ("轴成 降噪", "轴承 降噪"),
    ],
)
def test_what_may_have_been_meant_is_one_press_away(
    typed: str, meant: str, make: Factory, client: FlaskClient
) -> None:
    make.achievement("深沟球轴承降噪", stage="pilot")
    make.achievement("圆锥滚子轴承降噪", stage="lab_scale")

    page = client.get(
        "/search",
        query_string={"q": typed, "kind": "achievement", "stage": "pilot"},
    ).text

    address = offered(page)[meant]
    # The filters travel along, and what is offered finds something under them.
    assert parse_qs(urlsplit(address).query) == {
        "q": [meant],
        "kind": ["achievement"],
        "stage": ["pilot"],
    }
    assert titles(client.get(address).text) == ["深沟球轴承降噪"]


def test_nothing_is_offered_that_finds_nothing_under_the_filters(
    make: Factory, client: FlaskClient
) -> None:
    make.achievement("深沟球轴承降噪", stage="pilot")

    page = client.get("/search?q=zhoucheng&stage=lab_scale").text

    assert offered(page) == {}


@pytest.mark.parametrize("typed", ["轴承", "MES", "成组", "轴 成"])
def test_a_query_that_finds_plenty_is_left_alone(
    typed: str, make: Factory, client: FlaskClient
) -> None:
    for number in range(5):
        make.achievement(f"轴承成组加工与 MES 对接 {number}")

    page = client.get("/search", query_string={"q": typed}).text

    assert len(titles(page)) == 5
    assert offered(page) == {}


@pytest.mark.parametrize(
    "values",
    [{"visibility": "confidential"}, {"state": "draft"}, {"state": "withdrawn"}],
)
def test_words_of_what_is_not_public_are_never_offered(
    values: dict[str, str], make: Factory, client: FlaskClient
) -> None:
    make.demand("螺旋桨空泡试验", **values)
    make.demand("轴承异音")

    for typed in ("luoxuanjiang", "lxj", "螺旋浆", "空炮试验"):
        page = client.get("/search", query_string={"q": typed}).text
        assert "螺旋桨" not in page
        assert "空泡" not in page
        assert client.get(f"/suggest?q={typed}").json == {"offers": []}


@pytest.mark.parametrize("typed", ["%", "#", "。", "%%%", "——", "（）", "🔩", '"', "℃"])
def test_signs_alone_find_nothing_and_say_so(
    typed: str, make: Factory, client: FlaskClient
) -> None:
    make.achievement("效率 97% 的 #45 钢工艺。（试）——℃ 🔩")

    answer = client.get("/search", query_string={"q": typed})

    assert answer.status_code == 200
    assert titles(answer.text) == []
    assert "只有标点或符号，没有可以检索的字" in answer.text


@pytest.mark.parametrize("typed", ["97%", "#45", "C++", "38 dB"])
def test_signs_beside_letters_or_figures_are_looked_for(
    typed: str, make: Factory, client: FlaskClient
) -> None:
    make.achievement("效率 97% 的 #45 钢工艺，噪声 38 dB，用 C++")

    page = client.get("/search", query_string={"q": typed}).text

    assert len(titles(page)) == 1


def test_the_newest_is_what_was_published_last(
    make: Factory, client: FlaskClient
) -> None:
    moment = datetime(2026, 11, 20, 15, 59, 58)
    # Made in another order than they were published; 16:00 UTC is midnight in China, so two of them bear another day.
    rows = [make.demand(f"轴承降噪需求第 {n} 件") for n in range(5)]
    for row, seconds in zip(rows, (4, 0, 3, 0, 1), strict=True):
        row.published_at = moment + timedelta(seconds=seconds)
    make.session.commit()
    listing_index.sync(rows)
    expected = [rows[n].title for n in (0, 2, 4, 3, 1)]

    for address in (
        "/search?sort=newest",
        "/search?kind=demand",
        "/search?q=轴承&sort=newest",
        "/",
    ):
        assert titles(client.get(address).text) == expected, address
    achievement = make.achievement()
    page = client.get(f"/achievements/{achievement.id}/matches?order=date").text
    assert titles(page) == expected


def test_a_demand_published_this_minute_stands_first(
    make: Factory, client: FlaskClient
) -> None:
    for number in range(30):
        make.demand(f"轴承降噪需求第 {number} 件")

    latest = make.demand("刚刚发布的需求")

    assert titles(client.get("/search?sort=newest").text)[0] == latest.title
    assert titles(client.get("/").text)[0] == latest.title


def boxes(page: str, facet: str) -> dict[str, int]:
    """Name → count of the values of a facet."""
    found = re.findall(
        rf'for="facet-{facet}-[^"]*"><span>(.*?)</span>\s*<span class="count">(\d+)',
        page,
        re.S,
    )
    return {html.unescape(name): int(count) for name, count in found}


def test_institutions_are_counted_only_where_everybody_may_know_them(
    make: Factory, client: FlaskClient
) -> None:
    university = make.organisation("聊城某大学（示例）", kind="university")
    firm = make.organisation("临清某轴承厂（示例）")
    for _ in range(2):
        make.achievement(owner=university)
    make.demand(owner=firm)
    make.demand(owner=firm, anonymous=True)
    make.demand(owner=firm, visibility="partial")
    hidden = make.organisation("只发匿名需求的厂（示例）")
    make.demand(owner=hidden, anonymous=True)
    make.demand(owner=hidden, visibility="confidential")

    page = client.get("/search").text

    assert boxes(page, "institution") == {university.name: 2, firm.name: 1}
    assert hidden.name not in page
    chosen = client.get(f"/search?institution={university.id}").text
    assert len(titles(chosen)) == 2
    assert f"单位：{university.name}" in chosen
    # An address does not tell who there is.
    guessed = client.get(f"/search?institution={hidden.id}").text
    assert titles(guessed) == []
    assert hidden.name not in guessed
    assert "单位：所选单位" in guessed


def test_kinds_of_need_and_types_of_achievements_are_facets_and_marks(
    make: Factory, client: FlaskClient
) -> None:
    make.demand("轴承异音")
    make.demand("招磨削工程师", need="talent")
    make.demand("扩建贷款", need="capital")
    make.demand("只公开一部分的", need="talent", visibility="partial")
    make.achievement("轴承降噪", achievement_type="applied_technology")
    make.achievement("滚动接触理论", achievement_type="basic_theory")

    page = client.get("/search").text

    assert boxes(page, "need") == {"技术需求": 1, "人才需求": 1, "资金需求": 1}
    assert boxes(page, "achievement_type") == {"应用技术类": 1, "基础理论类": 1}
    assert titles(client.get("/search?need=talent").text) == ["招磨削工程师"]
    assert titles(client.get("/search?achievement_type=basic_theory").text) == [
        "滚动接触理论"
    ]
    marks = dict(
        re.findall(r'<span class="kind">([^<]*)</span> <a [^>]*>(.*?)</a>', page)
    )
    assert marks["人才需求"] == "招磨削工程师"
    assert marks["资金需求"] == "扩建贷款"
    assert marks["需求"] == "只公开一部分的"
    assert (
        '<span class="kind">人才需求</span>' in client.get("/search?kind=demand").text
    )
    assert '<span class="kind">资金需求</span>' in client.get("/").text


def test_a_snippet_is_a_sentence_of_one_field(
    make: Factory, client: FlaskClient
) -> None:
    make.demand(
        "套圈磨削裂纹",
        problem="磨削后烧伤率 3%，客户退货。现有砂轮每班修整两次，仍不稳定",
        key_technology="超声辅助磨削",
        keywords=["烧伤", "砂轮", "磨削裂纹", "金刚滚轮"],
    )
    assert Demand.main_text == "problem"

    def snippet(typed: str) -> str:
        page = client.get("/search", query_string={"q": typed}).text
        [text] = re.findall(r'<p class="listing-text">(.*?)</p>', page)
        return str(text)

    assert snippet("砂轮") == "现有<mark>砂轮</mark>每班修整两次，仍不稳定"
    # What the title says already is not shown again as a keyword; what only the keywords say is.
    assert snippet("磨削裂纹") == (
        "<mark>磨削</mark>后烧伤率 3%，客户退货。现有砂轮每班修整两次，仍不稳定"
    )
    assert snippet("金刚滚轮") == "<mark>金刚滚轮</mark>"
