"""The search page over the real engine: counts, filters, orders, pages, and what it says when little is found.

How an address is read is tested in `test_forms.py`, who sees what in `test_visibility.py`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

import search
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.facets import facet_names
from marketplace.catalogue.search_state import BOX_LIMIT, FACETS, SearchState
from marketplace.dictionaries.models import Chain
from marketplace.listings import deeds, index, upkeep
from marketplace.permissions import Guest
from tests.factories import Factory


def titles(page: str) -> list[str]:
    """The titles of the rows, in order, without marks."""
    found = re.findall(r'class="listing-title">.*?<a [^>]*>(.*?)</a>', page, re.S)
    return [html.unescape(re.sub(r"</?mark>", "", title)) for title in found]


def links(page: str) -> list[str]:
    return [html.unescape(address) for address in re.findall(r'href="([^"]*)"', page)]


def count_beside(page: str, facet: str, code: str) -> int:
    box = re.search(rf'id="facet-{facet}-{code}".*?class="count">(\d+)', page, re.S)
    assert box, f"{facet} {code} is not offered"
    return int(box[1])


def statements(make: Factory) -> list[str]:
    """What the database is asked from now on, a list that grows."""
    asked: list[str] = []

    def note(
        _connection: object, _cursor: object, statement: str, *_more: object
    ) -> None:
        asked.append(statement)

    event.listen(make.session.connection(), "before_cursor_execute", note)
    return asked


def test_words_are_found_marked_and_escaped(make: Factory, client: FlaskClient) -> None:
    make.achievement(
        "<b>PA66</b> 保持架 & 注塑",
        summary="用 <script>alert(1)</script> 模流分析优化保持架浇口，翘曲由 0.28 mm 降到 0.09 mm。",
    )

    page = client.get("/search?q=保持架").text

    assert "&lt;b&gt;PA66&lt;/b&gt; <mark>保持架</mark> &amp; 注塑" in page
    assert "<script>alert" not in page
    assert "优化<mark>保持架</mark>浇口" in page


@pytest.mark.parametrize(
    "typed",
    [
        "C++",
        '"',
        "AND",
        "a OR",
        "🔩",
        "%00",
        "' OR 1=1; --",
        "<img src=x onerror=alert(1)>",
        "轴" * 5000,
        "()*:^~",
    ],
)
def test_no_query_is_syntax_or_an_error(
    typed: str, make: Factory, client: FlaskClient
) -> None:
    make.achievement()

    answer = client.get("/search", query_string={"q": typed.replace("%00", "\x00轴承")})

    assert answer.status_code == 200
    assert "<img src=x" not in answer.text


@pytest.mark.parametrize(
    "typed",
    [
        r"\u4fdd\u6301\u67b6",
        "U+4FDD U+6301 U+67B6",
        "&#20445;&#25345;&#26550;",
        "%u4fdd%u6301%u67b6",
        "%E4%BF%9D%E6%8C%81%E6%9E%B6",
        "保持架".encode().decode("latin-1"),
        "保持架".encode().decode("cp437"),
        "保持架".encode("gbk").decode("latin-1"),
        "保持架滑".encode().decode("gbk"),
    ],
)
def test_a_query_in_codes_is_searched_as_what_it_means(
    typed: str, make: Factory, client: FlaskClient
) -> None:
    make.achievement("PA66 保持架滑移试验")

    page = client.get("/search", query_string={"q": typed}).text

    assert "<mark>保持架" in page
    assert 'value="保持架' in page


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("孟启帆", True),
        ("孟启帆 轴承", True),
        ("第二完成大学", True),
        ("ZL201710601862.3", True),
        ("ZL 2017 1 0601862.3", True),
        ("专利号：２０１７１０６０１８６２．３", True),
        ("2017106018623", True),
        ("CN201710601862.3", True),
        ("2024SR0123456", True),
        ("201710601862.4", False),
        ("0635-1234567", False),
    ],
)
@pytest.mark.parametrize("visibility", ["public", "partial"])
def test_people_and_numbers_of_rights_are_found_where_they_are_shown(
    make: Factory, client: FlaskClient, text: str, found: bool, visibility: str
) -> None:
    row = make.achievement(
        visibility=visibility,
        contributors=[{"name": "孟启帆"}],
        co_owners=[{"name": "第二完成大学"}],
        ips=[
            {"ip_type": "invention", "number": "ZL201710601862.3"},
            {"ip_type": "software_copyright", "number": "2024SR0123456"},
        ],
        contact_phone="0635-1234567",
    )

    page = client.get("/search", query_string={"q": text}).text

    # 轴承 alone is found in part of a hidden one as well.
    is_there = found and (visibility == "public" or "轴承" in text)
    assert (f'/achievements/{row.id}"' in page) == is_there
    # The row says why it is found.
    if visibility == "public" and text in ("孟启帆", "第二完成大学", "2024SR0123456"):
        assert f"<mark>{text}</mark>" in page


def test_brackets_around_each_character_are_none(
    make: Factory, client: FlaskClient
) -> None:
    make.achievement("PA66 保持架 注塑")

    page = client.get("/search", query_string={"q": "[保][持][架]"}).text

    assert "<mark>保持架</mark>" in page


@pytest.mark.parametrize(
    "typed", ["锟斤拷锟斤拷", "轴承 锟斤拷", "烫烫烫烫", "\ufffd\ufffd"]
)
def test_a_garbled_query_is_told_and_finds_nothing(
    typed: str, make: Factory, client: FlaskClient
) -> None:
    make.achievement("轴承保持架")

    page = client.get("/search", query_string={"q": typed}).text

    assert "检索词里有乱码" in page
    assert "<mark>" not in page


def test_a_query_whose_end_was_cut_off_is_searched(
    make: Factory, client: FlaskClient
) -> None:
    make.achievement("PA66 保持架 注塑")

    page = client.get("/search?q=%E4%BF%9D%E6%8C%81%E6%9E%B6%E4").text

    assert "<mark>保持架</mark>" in page


def test_a_pasted_text_is_offered_the_trial(make: Factory, client: FlaskClient) -> None:
    page = client.get("/search", query_string={"q": "轴承异音怎么办。" * 625}).text

    assert "5000 字" in page
    assert 'name="text" value="轴承异音怎么办。' in page
    assert max(len(address) for address in links(page)) < 3000


@pytest.mark.parametrize(("length", "full"), [(799, False), (800, True), (801, False)])
def test_a_text_that_fills_the_box_may_have_been_longer(
    client: FlaskClient, length: int, full: bool
) -> None:
    page = client.get("/search", query_string={"q": "轴" * length}).text

    assert f"这段文字有 {length} 字，检索只用了开头 200 字" in page
    assert "用这段文字试配" in page
    assert ("检索框最多收 800 字" in page) == full


@pytest.mark.parametrize("path", ["/", "/search", "/trial", "/nowhere"])
def test_what_a_search_box_takes_fits_the_line_of_a_request(
    client: FlaskClient, path: str
) -> None:
    settings = (Path(__file__).parents[3] / "gunicorn.conf.py").read_text()
    longest = int(re.search(r"^limit_request_line = (\d+)", settings, re.M)[1])
    page = client.get(path).text

    boxes = re.findall(r'<input[^>]* name="q"[^>]*>', page)
    taken = [
        int(length) for box in boxes for length in re.findall(r'maxlength="(\d+)"', box)
    ]

    assert boxes
    assert taken == [BOX_LIMIT] * len(boxes)
    asked = {
        "q": "题" * BOX_LIMIT,
        "kind": "achievement",
        **dict.fromkeys(FACETS, "x" * 40),
    }
    assert len(f"GET /search?{urlencode(asked)} HTTP/1.1") < longest


def test_facets_count_under_all_filters_but_their_own(
    make: Factory, client: FlaskClient
) -> None:
    for stage, mode in [
        ("pilot", "license"),
        ("pilot", "transfer"),
        ("lab_scale", "license"),
        ("rnd", "equity"),
    ]:
        make.achievement(stage=stage, conversion_modes=[mode])

    page = client.get("/search?stage=pilot&stage=lab_scale&mode=license").text

    assert len(titles(page)) == 2
    assert [count_beside(page, "stage", code) for code in ("lab_scale", "pilot")] == [
        1,
        1,
    ]
    assert [count_beside(page, "mode", code) for code in ("license", "transfer")] == [
        2,
        1,
    ]
    assert re.search(r'value="pilot" id="facet-stage-pilot" checked', page)


def test_a_chosen_value_without_rows_stays_to_be_taken_out(
    make: Factory, client: FlaskClient
) -> None:
    make.achievement(stage="pilot")

    page = client.get("/search?stage=rnd").text

    assert count_beside(page, "stage", "rnd") == 0
    assert "去掉筛选条件，还有 1 条" in page


def test_every_chip_leads_to_the_same_search_without_it(
    make: Factory, client: FlaskClient
) -> None:
    make.achievement()

    page = client.get("/search?q=轴承&stage=pilot&district=371581&sort=newest").text
    chips = [
        parse_qs(urlsplit(address).query) for address in links(page) if "q=" in address
    ]

    assert {"q": ["轴承"], "district": ["371581"], "sort": ["newest"]} in chips
    assert {"q": ["轴承"], "stage": ["pilot"], "sort": ["newest"]} in chips


def test_unknown_filter_values_are_named_and_not_used(
    make: Factory, client: FlaskClient
) -> None:
    row = make.achievement()

    page = client.get(
        "/search?stage=<b>x&year=99999&kind=deal&sort=price&page=zwei"
    ).text

    assert titles(page) == [row.title]
    assert "2 个不认识的筛选值" in page
    assert "<b>x" not in page


def test_chains_nobody_confirmed_are_marked(make: Factory, client: FlaskClient) -> None:
    make.achievement(chain_code="bearing")
    make.achievement(chain_code="aluminium")

    page = client.get("/search").text

    assert re.search(r"<legend>产业链<span class=\"unofficial\">（非官方）", page)
    assert page.count("（非官方）") == 1

    make.session.get(Chain, "bearing").official = True
    make.session.commit()
    page = client.get("/search").text

    assert "<legend>产业链</legend>" in page
    assert re.search(r"有色金属\(铝\)<span class=\"unofficial\">（非官方）", page)
    assert page.count("（非官方）") == 1


def test_pages_hold_each_row_once_and_the_last_page_answers_for_those_beyond(
    make: Factory, client: FlaskClient
) -> None:
    owner = make.organisation(kind="institute")
    made = {
        make.achievement(f"轴承套圈磨削工艺 {number} 型", owner=owner).title
        for number in range(61, 106)
    }

    pages = [
        titles(client.get(f"/search?q=轴承套圈&page={number}").text)
        for number in (1, 2, 3)
    ]
    beyond = client.get("/search?q=轴承套圈&page=99").text

    assert [len(rows) for rows in pages] == [20, 20, 5]
    assert {title for rows in pages for title in rows} == made
    assert titles(beyond) == pages[2]
    assert "没有第 99 页；这里是最后一页，第 3 页" in beyond
    assert "page=2" in "".join(links(client.get("/search?q=轴承套圈").text))


def test_the_newest_come_first_on_request(make: Factory, client: FlaskClient) -> None:
    early = make.demand("烘干房余热回收利用", deadline=None)
    late = make.demand(
        "余热锅炉清灰",
        problem="余热余热余热，锅炉积灰严重，清灰一次要停机两天，损失大，想找不停机的办法。",
    )

    early.published_at -= timedelta(days=3)
    make.session.commit()
    upkeep.index_rebuild()

    newest = titles(client.get("/search?q=余热&sort=newest").text)

    assert newest == [late.title, early.title]


def test_a_word_found_nowhere_is_named_and_left_out_on_request(
    make: Factory, client: FlaskClient
) -> None:
    row = make.achievement("圆锥滚子轴承凸度磨削")

    page = client.get("/search?q=轴承 zqxjkv").text
    without = next(
        address
        for address in links(page)
        if parse_qs(urlsplit(address).query).get("q") == ["轴承"]
    )

    assert "没有一条同时包含全部词" in page
    assert "「zqxjkv」在目录里一处也没有" in page
    assert titles(client.get(without).text) == [row.title]


@pytest.mark.parametrize(
    "typed", ["≤zqxjkv", "zqxjkv(", "<zqxjkv>1</zqxjkv>", "zqxjkv 的", "zqxjkv 🔩"]
)
def test_leaving_a_word_out_is_not_offered_when_nothing_that_tells_is_left(
    typed: str, make: Factory, client: FlaskClient
) -> None:
    row = make.achievement("≤1 (的) <🔩>")

    page = client.get("/search", query_string={"q": typed}).text

    assert titles(client.get("/search?q=1").text) == [row.title]
    assert "「zqxjkv」在目录里一处也没有" in page
    assert "去掉" not in page


@pytest.mark.parametrize("text", ["%", "——", "≥ ＋", "《》"])
def test_signs_alone_find_nothing_and_a_sentence_says_why(
    make: Factory, client: FlaskClient, text: str
) -> None:
    make.achievement("检出率 99% ≥ 的《轴承》—— 检测＋分选")
    page = client.get("/search", query_string={"q": text}).text

    assert titles(page) == []
    assert "只有标点或符号" in page


def test_nothing_found_leads_to_a_demand(
    make: Factory, client: FlaskClient, sign_in: Callable[..., FlaskClient]
) -> None:
    make.achievement()
    member = sign_in(make.person("firm", make.organisation()))

    page = client.get("/search?q=zqxjkv").text
    own = member.get("/search?q=zqxjkv").text
    drafts = [a for a in links(page) if urlsplit(a).path == "/mine/demand/new"]
    form = member.post("/mine/demand/new", data={"title": "zqxjkv"}).text

    assert "没有找到" in page
    assert "「zqxjkv」在目录里一处也没有" in page
    # What was searched goes on in a form; addresses are held by histories and logs.
    assert set(drafts) == {"/mine/demand/new"}
    assert "new?title" not in own
    assert '<input type="hidden" name="title" value="zqxjkv">' in own
    assert 'value="zqxjkv"' in form


def test_nothing_of_one_kind_points_to_the_other(
    make: Factory, client: FlaskClient
) -> None:
    make.demand("玻璃窑炉余热发电")

    page = client.get("/search?q=玻璃窑炉&kind=achievement").text

    assert "在需求里有 1 条" in page


def test_rows_come_from_the_database_and_not_from_the_index(
    app: Flask, make: Factory, client: FlaskClient
) -> None:
    row = make.achievement("陶瓷刮刀涂布工艺")
    stale = search.Document(
        "achievement", row.id, row.revision + 9, "陶瓷刮刀旧名称", "旧内容"
    )
    gone = search.Document("achievement", 987_654, 1, "陶瓷刮刀已删除", "不在数据库里")
    app.extensions["search"].put([stale, gone])

    page = client.get("/search?q=陶瓷刮刀").text

    assert titles(page) == ["陶瓷刮刀涂布工艺"]


def test_what_is_withdrawn_while_the_cluster_is_down_leaves_the_index_that_answers(
    app: Flask, make: Factory, client: FlaskClient, tmp_path: Path
) -> None:
    engine = app.extensions["search"]
    # Nobody listens there, so the file answers, as it does on a site whose cluster was lost.
    down = search.open_engine(
        "http://127.0.0.1:9", fallback=f"sqlite:///{tmp_path}/fallback.db"
    )
    app.extensions["search"] = down
    try:
        row = make.demand("谐波减速器柔轮寿命")
        for _ in range(6):  # so often that the cluster is left alone
            before = client.get("/suggest?q=谐波").json
        deeds.withdraw(row, by=None, seen=row.revision)
        after = client.get("/suggest?q=谐波").json
        # In one batch with what is to be found, as the job writes what is behind.
        shown = make.demand("压电陶瓷微驱动")
        other = make.demand("压电陶瓷传感片")
        other.state = "withdrawn"
        make.session.commit()
        assert index.sync([shown, other]) == 0
        in_batch = client.get("/suggest?q=压电").json
        page = client.get("/search?q=谐波减速器").text
    finally:
        app.extensions["search"] = engine
        down.close()

    assert before is not None
    assert "谐波减速器柔轮寿命" in before["offers"]
    assert after == {"offers": []}
    assert in_batch is not None
    assert "压电陶瓷微驱动" in in_batch["offers"]
    assert "压电陶瓷传感片" not in in_batch["offers"]
    assert titles(page) == []
    # The cluster has not had it: the row waits for it.
    assert row.indexed_revision < row.revision


def test_a_search_that_does_not_answer_says_so(
    app: Flask, make: Factory, client: FlaskClient, tmp_path: object
) -> None:
    row = make.achievement()
    engine = app.extensions["search"]
    app.extensions["search"] = search.open_engine(f"sqlite:///{tmp_path}/nowhere.db")
    try:
        found, home, page = (
            client.get("/search?q=轴承"),
            client.get("/"),
            client.get(f"/achievements/{row.id}"),
        )
    finally:
        app.extensions["search"] = engine

    assert (found.status_code, home.status_code, page.status_code) == (503, 200, 200)
    assert "检索正在维护" in home.text
    assert row.title in home.text


def test_one_query_for_each_kind(make: Factory) -> None:
    rows = [make.achievement("余热回收换热器"), make.demand("余热回收改造")]

    found = catalogue.find_page(SearchState(text="余热回收"), facet_names(), by=Guest())

    assert {(line.card.kind, line.card.id) for line in found.lines} == {
        (row.kind, row.id) for row in rows
    }
    assert found.kinds == {"achievement": 1, "demand": 1}


def test_a_list_is_shown_from_cards_without_loading_rows(
    make: Factory, client: FlaskClient
) -> None:
    make.achievement(
        "余热回收换热器",
        price_mode="range",
        price_min=Decimal("0.5"),
        price_max=Decimal(30),
    )
    make.demand(
        "余热回收改造", budget=None, budget_negotiable=True, deadline=date(2027, 3, 1)
    )
    asked = statements(make)

    page = client.get("/search?q=余热回收").text

    assert not any(
        "summary" in statement or "problem" in statement for statement in asked
    )
    assert all(
        fact in page for fact in ("价格 0.5–30 万元", "预算 面议", "期限 2027-03-01")
    )
    home = client.get("/").text
    assert all(
        facts in home
        for facts in re.findall(r'<ul class="facts-line">.*?</ul>', page, re.S)
    )


def test_a_renamed_organisation_and_a_new_title_are_shown_at_once(
    make: Factory, client: FlaskClient
) -> None:
    row = make.achievement("余热回收换热器", owner=make.organisation("旧名科技公司"))
    assert "旧名科技公司" in client.get("/search?q=余热回收").text

    row.organisation.name = "新名科技公司"
    make.session.commit()
    assert "新名科技公司" in client.get("/search?q=余热回收").text

    row.title = "余热回收器"
    make.session.commit()  # and the index has not heard of it
    assert titles(client.get("/search?q=余热回收").text) == ["余热回收器"]


def test_export_asks_for_one_kind(make: Factory, client: FlaskClient) -> None:
    make.achievement()

    refused = client.get("/search.xlsx?q=轴承")
    assert refused.status_code == 422
    assert "没有保存" not in refused.text
    assert client.get("/search.xlsx?q=轴承&kind=achievement").mimetype.endswith("sheet")


def test_more_rows_ask_no_more_of_the_database(
    make: Factory, client: FlaskClient
) -> None:
    asked = statements(make)

    def queries() -> list[str]:
        make.session.expunge_all()
        asked.clear()
        assert client.get("/search?q=轴承").status_code == 200
        return [
            statement.split(" FROM ")[-1][:40]
            for statement in asked
            if statement.startswith("SELECT")
        ]

    make.achievement()
    make.demand()
    few = queries()
    for _ in range(4):
        make.achievement()
        make.demand()

    assert queries() == few
