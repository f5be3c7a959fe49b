"""The home page, the pages of listings, and what crawlers read.

Who sees what is tested in `test_visibility.py`, searching in `test_search.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from marketplace.clock import today
from marketplace.listings import detail, disclosure
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]


def test_the_home_page_counts_what_is_there(make: Factory, client: FlaskClient) -> None:
    for _ in range(2):
        make.achievement(field_codes=["401"], chain_code="aluminium")
    make.demand(field_codes=["804"], chain_code="bearing")
    make.demand(state="draft")

    page = client.get("/").text
    counted = {
        name: int(n)
        for name, n in re.findall(
            r'<a href="[^"]*">([^<]+)</a> <span class="count">(\d+)<', page
        )
    }

    assert counted == {
        "新材料": 2,
        "先进制造与自动化": 1,
        "有色金属(铝)": 2,
        "轴承": 1,
    }
    # Said once for all of them, not beside each.
    assert page.count("非官方") == 1
    assert re.search(
        r'成果 <span class="count">2</span>.*需求 <span class="count">1</span>',
        page,
        re.S,
    )


def test_the_examples_of_the_home_page_find_something(
    make: Factory, client: FlaskClient
) -> None:
    make.achievement(keywords=["退火"])
    make.achievement(keywords=["隐语"], visibility="partial")
    make.demand(keywords=["", "一个长得没有人会照着输入的关键词", "C++"])
    make.demand(keywords=["秸秆"])

    page = client.get("/").text
    words = re.findall(r'<a href="/search\?q=[^"]*">([^<]+)</a>', page)

    assert sorted(words) == ["C++", "秸秆", "退火"]
    for word in words:
        assert "没有找到" not in client.get("/search", query_string={"q": word}).text


def test_the_examples_are_terms_of_several_trades(
    make: Factory, client: FlaskClient
) -> None:
    for keywords in (
        ["升级", "激光熔覆"],
        ["激光熔覆", "赤泥"],
        ["升级"],
        ["赤泥"],
        ["升级"],
        ["阿胶", "激光熔覆"],
    ):
        make.demand(keywords=keywords)
    expected = ["激光熔覆", "赤泥", "升级"]

    page = client.get("/").text

    assert re.findall(r'<a href="/search\?q=[^"]*">([^<]+)</a>', page) == expected


def test_an_empty_market_is_an_invitation(client: FlaskClient) -> None:
    page = client.get("/").text

    assert "还没有发布的需求" in page
    assert "还没有发布的成果" in page


def test_an_achievement_says_the_three_things_first(
    make: Factory, client: FlaskClient
) -> None:
    row = make.achievement(
        trl=7, stage_evidence="两条线连续试用 6 个月的报告", application_status="trial", price_mode="range",
        price_min=30, price_max=60, license_type="non_exclusive", innovation="逐件修形\n<b>不停机</b>",
    )  # fmt: skip

    page = client.get(f"/achievements/{row.id}").text
    heads = re.findall(r"<(?:h2|dt)[^>]*>([^<]*)<", page)

    assert heads[:3] == ["做什么，好多少", "到了哪一步", "怎么合作，多少钱"]
    said = [
        "低 9 dB",
        "中试",
        "7 级",
        "连续试用 6 个月",
        "试用",
        "30–60 万元",
        "普通许可",
        "<p>逐件修形</p>",
        "&lt;b&gt;不停机",
    ]
    assert [text for text in said if text not in page] == []
    assert "应用前景" not in heads


def test_what_is_not_filled_in_is_called_so_and_never_0(
    make: Factory, client: FlaskClient
) -> None:
    row = make.demand(budget_negotiable=False, budget=120)
    bare = make.achievement()
    row.budget, bare.price_mode = None, None  # as an older list may hold them
    make.session.commit()

    for path in (f"/demands/{row.id}", f"/achievements/{bare.id}"):
        page = client.get(path).text
        assert "未填写" in page
        assert not re.search(r"\b0(\.0+)? 万元|None", page)


@pytest.mark.parametrize(
    ("days", "warned"),
    [(None, "尚未核对"), (181, "已超过 180 天"), (180, None), (0, None)],
    ids=str,
)
def test_a_legal_status_that_was_not_checked_lately_is_warned_of(
    days: int | None, warned: str | None, make: Factory, client: FlaskClient
) -> None:
    checked = None if days is None else today() - timedelta(days=days)
    right = {
        "ip_type": "invention",
        "name": "一种方法",
        "number": "ZL201710601862.3",
        "legal_status": "granted",
    }
    row = make.achievement(ips=[right | {"checked_on": checked}])

    page = client.get(f"/achievements/{row.id}").text

    assert [text for text in ("尚未核对", "已超过 180 天") if text in page] == [
        warned
    ] * (warned is not None)
    assert "ZL201710601862.3" in page
    assert "已授权" in page


def test_an_expired_listing_says_so_and_is_out_of_matching(
    make: Factory, client: FlaskClient
) -> None:
    row = make.demand(state="expired")

    page = client.get(f"/demands/{row.id}").text

    assert "已过期" in page
    assert "noindex" in page
    assert "匹配的成果" not in page


def test_a_listing_past_its_day_counts_as_expired_before_the_nightly_run(
    make: Factory, client: FlaskClient
) -> None:
    row = make.achievement("云母带浸渍工艺")
    row.valid_until = today() - timedelta(days=1)
    make.session.commit()

    assert "不再参加匹配" in client.get(f"/achievements/{row.id}").text
    assert row.title not in client.get("/search?q=云母带").text
    assert f"/achievements/{row.id}<" not in client.get("/sitemap.xml").text


@pytest.mark.parametrize(
    ("role", "state", "button"),
    [
        ("guest", "published", "查看匹配的需求"),
        ("colleague", "draft", "继续填写"),
        ("colleague", "submitted", "在「我的」里看进度"),
        ("colleague", "returned", "按退回意见修改"),
        ("colleague", "published", "编辑"),
        ("colleague", "expired", "仍然有效，续期一年"),
        ("operator", "submitted", "审核"),
        ("operator", "published", "查看匹配的需求"),
        ("guest", "expired", "找其他成果"),
    ],
)
def test_each_reader_has_one_main_button(
    role: str,
    state: str,
    button: str,
    make: Factory,
    sign_in: SignIn,
    client: FlaskClient,
) -> None:
    row = make.achievement(state=state)
    browser = {
        "guest": lambda: client,
        "colleague": lambda: sign_in(make.person("desk", row.organisation)),
        "operator": lambda: sign_in(make.person("operator")),
    }[role]()

    main = browser.get(f"/achievements/{row.id}").text.partition("<main")[2]
    found = re.findall(r'class="btn btn-primary"[^>]*>([^<]+)', main)

    assert found == [button]


def test_head_of_a_page(make: Factory, client: FlaskClient) -> None:
    row = make.achievement("<i>长</i>" + "名" * 90)

    page = client.get(f"/achievements/{row.id}?from=search").text
    head = page[: page.index("</head>")]

    assert "&lt;i&gt;长&lt;/i&gt;名" in head
    assert f'rel="canonical" href="http://localhost/achievements/{row.id}"' in head
    assert re.search(r'name="description" content="针对深沟球轴承', head)
    assert "noindex" not in head


def test_crawlers(make: Factory, client: FlaskClient) -> None:
    rows = [
        make.achievement(),
        make.demand(visibility="partial"),
        make.demand(visibility="confidential"),
    ]
    make.achievement(state="withdrawn")

    sitemap = ElementTree.fromstring(client.get("/sitemap.xml").data)  # noqa: S314  our own file
    listed = [
        e.text for e in sitemap.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    ]
    robots = client.get("/robots.txt")

    assert [a for a in listed if re.search(r"/\d+$", a)] == [
        f"http://localhost/achievements/{rows[0].id}",
        f"http://localhost/demands/{rows[1].id}",
    ]
    assert robots.mimetype == "text/plain"
    assert "Sitemap: http://localhost/sitemap.xml" in robots.text


@pytest.mark.parametrize(
    "path",
    [
        "/achievements/0",
        "/achievements/99999999999999999999",
        "/demands/x",
        "/achievements/-1",
    ],
)
def test_no_such_page(path: str, client: FlaskClient) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("text", "length", "opening"),
    [
        ("", 10, ""),
        ("短句。", 10, "短句。"),
        ("第一句。第二句很长很长。", 8, "第一句。"),
        ("没有句号的长长长长文字", 6, "没有句号的长…"),
        ("行一\n行二", 10, "行一 行二"),
    ],
)
def test_the_opening_of_a_text(text: str, length: int, opening: str) -> None:
    assert detail.lead(text, length) == opening


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("郑工", "郑*"),
        ("成果转化与推广科", "成***"),
        ("13800001234", "1380****34"),
        ("0635-0000101", "0635****01"),
        ("desk1@demo.example", "d***@demo.example"),
        ("8238", "****"),
        ("", ""),
    ],
)
def test_masking(text: str, shown: str) -> None:
    assert disclosure.masked(text) == shown
