"""试配: a pasted text in, ranked matches with reasons out; nothing is kept unless a member saves it as a draft."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from config import Config
from marketplace.extensions import db, limiter
from marketplace.listings import deeds as listing_deeds
from marketplace.listings.models import Achievement, Demand
from marketplace.matchmaking.trial import gist_of, headline_of
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
PROBLEM = (
    "电机轴承装配后有异音，振动值 45 dB，超精研磨以后仍达不到 36 dB，铼镍镀层也试过。"
)
OFFER = "轴承滚道超精研磨工艺，振动值由 45 dB 降到 36 dB，适合深沟球轴承，已在两条线上试用半年。"


def paste(browser: FlaskClient, text: str, kind: str = "demand") -> str:
    """The page after pasting a text."""
    answer = browser.post("/trial", data={"text": text, "kind": kind})
    assert answer.status_code == 200
    return answer.text


def rows(session: Session) -> int:
    """How many listings there are."""
    return sum(
        session.scalar(db.select(db.func.count()).select_from(model))
        for model in (Achievement, Demand)
    )


def test_a_guest_pastes_a_problem_and_gets_achievements(
    make: Factory, client: FlaskClient
) -> None:
    row, demand = make.achievement(), make.demand()

    page = paste(client, PROBLEM)

    assert row.title in page
    assert demand.title not in page
    assert "较匹配" in page or "高度匹配" in page
    assert "<mark>振动值</mark>" in page
    assert "成果里没有出现过的词：" in page
    assert "镀层" in page.split("成果里没有出现过的词：")[1].split("</p>")[0]
    assert PROBLEM in page  # still in the box
    # As it is written, also where it is compared in other characters.
    page = paste(client, "軸承振動大，檢測靠人工，漏檢率與霉變率都高，怎樣檢測")
    assert "霉變率" in page.split("成果里没有出现过的词：")[1].split("</p>")[0]


def test_what_is_refused_is_said_and_not_compared(
    make: Factory, client: FlaskClient
) -> None:
    make.achievement()

    page = paste(client, "我们不要轴承，要大模数齿轮的超精研磨工艺")

    assert "写明不要的，没有拿来比较：「轴承」。" in page
    weighed = page.split("用来比较的词，")[1].split("</p>")[0]
    assert "超精" in weighed
    assert "轴承" not in weighed


def test_a_word_that_stands_in_a_text_is_not_called_unknown_however_it_is_cut(
    make: Factory, client: FlaskClient
) -> None:
    make.achievement(summary="金属氧化物阵列与一支微型气相色谱柱放在同一气路。")
    # What a demand says no achievement need say.
    make.demand(title="啮齿动物血样检测")

    page = paste(client, "气相检测的柱子不稳，怎么测啮齿动物的血样")

    unknown = page.split("成果里没有出现过的词：")[1].split("</p>")[0]
    assert "啮齿" in unknown
    assert "气相" not in unknown


def test_a_text_of_an_achievement_gets_demands(
    make: Factory, client: FlaskClient
) -> None:
    row, demand = make.achievement(), make.demand()

    page = paste(client, OFFER, "achievement")

    assert demand.title in page
    assert row.title not in page

    # Pasted into the box of problems: the same text goes on to the other one.
    wrong = paste(client, OFFER)
    (there,) = re.findall(r'formaction="([^"]+)"', wrong)
    page = client.post(there, data={"text": OFFER, "kind": "demand"}).text
    assert demand.title in page
    assert row.title not in page


def test_nothing_is_kept(make: Factory, client: FlaskClient, session: Session) -> None:
    make.achievement()
    before = rows(session)

    paste(client, PROBLEM)

    assert rows(session) == before
    with client.session_transaction() as cookie:
        assert not any(PROBLEM[:10] in str(value) for value in cookie.values())


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("", 422, "还没有写"),
        ("   \n\t  ", 422, "还没有写"),
        # What people type: few characters, most of which say something.
        ("阿胶掺马皮怎么查", 200, "文字太短"),
        ("轴承异响", 200, "文字太短"),
        ("轴承振动", 200, "您写得短"),
        ("保持架断裂", 200, ""),
        ("GCr15 烧伤", 200, ""),
        ("赤泥利用", 200, ""),
        # Nothing that could be looked for.
        ("轴承", 422, "至少要有 4 个字"),
        ("怎么办", 422, "至少要有 4 个字"),
        ("想提高技术水平", 422, "至少要有 4 个字"),
        ("你好，在吗", 422, "至少要有 4 个字"),
        ("？？？？？", 422, "至少要有 4 个字"),
        ("12345", 422, "至少要有 4 个字"),
        # All of it is read as what is not wanted.
        ("我们不要轴承", 422, "只写了不要「轴承」"),
        ("不需要贷款，不要轴承", 422, "只写了不要「"),
        ("轴" * 20, 200, ""),
        ("轴承振动" * 750, 200, ""),
        ("轴承振动" * 750 + "大", 422, "现在有 3,001 个"),
        ("轴承\r\n" * 1000, 200, ""),  # a browser's line ends count once
        ("😀" * 20, 200, "排不出匹配"),
        ("!!!???" * 10, 200, "没有读到能用来比较的词"),
        (
            "你好，我想问一下怎么使用这个网站，我的密码忘了",
            200,
            "没有读到能用来比较的词",
        ),
        (
            "The cage of deep groove ball bearings breaks at high speed, inspection is wanted.",
            200,
            "用中文写一遍",
        ),
        ("C++ \" AND (轴承) OR 'x'; DROP TABLE demand; --", 200, ""),
        ("\x00轴承\ufeff振动\u202e大" * 5, 200, ""),
    ],
)
def test_lengths_and_odd_texts(
    make: Factory, client: FlaskClient, text: str, status: int, said: str
) -> None:
    make.achievement()

    answer = client.post("/trial", data={"text": text, "kind": "demand"})

    assert answer.status_code == status
    assert said in answer.text


@pytest.mark.parametrize(
    "coded",
    [
        lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
        lambda text: "".join(f"&#x{ord(c):X};" for c in text),
        lambda text: " ".join(f"U+{ord(c):04X}" for c in text),
        lambda text: text.encode().decode("latin-1"),
        lambda text: text.encode("gb18030").decode("latin-1"),
    ],
)
def test_a_text_in_codes_is_ranked_and_shown_as_what_it_means(
    make: Factory, client: FlaskClient, coded: Callable[[str], str]
) -> None:
    make.achievement("轴承滚道超精研磨工艺", summary=OFFER)
    text = "电机轴承装配后有异音，超精研磨以后仍达不到。"

    page = paste(client, coded(text))

    assert f"{text}</textarea>" in page
    assert "轴承滚道超精研磨工艺" in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("套圈热处里以后变形大，要抽检", "「热处里」读作「热处理」"),
        ("rechuli bianxing tai da", "「re chu li」读作「热处理」"),
        ("wo men chang de ji qi huai le", "像是拼音，没有读懂"),
        ("套圈热处理以后变形大，要抽检", ""),
    ],
)
def test_a_text_typed_by_ear_is_read_as_it_was_meant_and_that_is_said(
    make: Factory, client: FlaskClient, text: str, said: str
) -> None:
    row = make.achievement("套圈热处理变形控制", summary=f"热处理以后变形小。{OFFER}")

    page = paste(client, text)

    assert (said in page) if said else ("读作" not in page)
    assert (row.title in page) == ("没有读懂" not in said)
    assert f"{text}</textarea>" in page
    evidence = client.post(
        "/trial/evidence", data={"text": text, "kind": "demand", "other": row.id}
    ).text
    assert ("<mark>热处里</mark>" in evidence) == ("热处里" in text)


@pytest.mark.parametrize(
    "garbled",
    [
        "锟斤拷锟斤拷锟斤拷有异音",
        "轴承\ufffd\ufffd\ufffd异音\ufffd",
        "杞存壙妫\ufffd娴嬭\ufffd呯疆",
    ],
)
def test_a_garbled_text_is_refused(client: FlaskClient, garbled: str) -> None:
    answer = client.post("/trial", data={"text": garbled, "kind": "demand"})

    assert answer.status_code == 422
    assert "文字有乱码" in answer.text


def test_a_refused_text_stays_in_the_box(client: FlaskClient) -> None:
    short = "振<大>"

    page = client.post("/trial", data={"text": short, "kind": "achievement"})

    assert page.status_code == 422
    assert "振&lt;大&gt;</textarea>" in page.text
    assert "贴上您的成果简介" in page.text


def test_markup_in_a_pasted_text_stays_text(make: Factory, client: FlaskClient) -> None:
    make.achievement()

    page = paste(client, f"<script>alert(1)</script></textarea><b>{PROBLEM}")

    assert "<script>alert" not in page
    assert "<b>" not in page


def test_a_text_without_breaks_is_not_listed_whole_as_a_word(
    make: Factory, client: FlaskClient
) -> None:
    make.achievement()
    text = "polyimide" * 330

    page = paste(client, text)

    assert f"成果里没有出现过的词：{text[:32]}…。" in page
    assert (
        page.count(text) == 2
    )  # in the box, and in the form by which a guest has it held
    # The forms of 看依据 carry the text as well, hidden.
    long = "轴" * 3000
    page = paste(client, long).replace(f'value="{long}"', "")
    assert page.count(long) <= 2
    assert f"<mark>{long}" not in page


def test_a_text_that_says_nothing_gets_an_explanation(
    make: Factory, client: FlaskClient
) -> None:
    row = make.achievement()

    page = paste(client, "我们公司希望提高，需要技术，欢迎各单位与我们公司合作研究。")

    assert row.title not in page
    assert "只有通用的话" in page or "暂无合适的成果" in page


def test_an_unknown_kind_is_taken_for_a_problem(client: FlaskClient) -> None:
    assert "贴上您的技术难题" in client.get("/trial?kind=patent").text
    assert (
        client.post("/trial", data={"text": PROBLEM, "kind": "patent"}).status_code
        == 200
    )


def test_confidential_achievements_are_tried_for_the_broker_they_were_given_to(
    make: Factory, client: FlaskClient, sign_in: SignIn
) -> None:
    row = make.achievement(visibility="confidential")
    given, other = (make.person("broker", make.organisation()) for _ in range(2))
    listing_deeds.assign_broker(row, given, by=make.person("operator"))
    browsers = {"guest": client, "given": sign_in(given), "other": sign_in(other)}

    shown = {}
    for name, browser in browsers.items():
        shown[name] = row.title in paste(browser, PROBLEM)

    assert shown == {"guest": False, "given": True, "other": False}


class Limited(Config):
    """Test settings with the rate limits of a real site."""

    def flask_settings(self) -> dict[str, Any]:
        return super().flask_settings() | {"RATELIMIT_ENABLED": True}


@pytest.fixture
def limited(
    tmp_path: Path,
    build_site: Callable[..., Flask],
    limiter_restored: None,
) -> Iterator[Flask]:
    """A site that limits."""
    application = build_site(tmp_path, Limited)
    with application.app_context():
        limiter.reset()
        yield application
        limiter.reset()
        db.session.remove()
        db.engine.dispose()


def try_out(client: FlaskClient, address: str = "192.0.2.1") -> int:
    """The status of one trial."""
    data = {"text": PROBLEM}
    environ = {"REMOTE_ADDR": address}
    return client.post("/trial", data=data, environ_base=environ).status_code


def test_the_limit_per_browser(limited: Flask) -> None:
    first, second = limited.test_client(), limited.test_client()
    first.get("/trial")
    second.get("/trial")

    codes = [try_out(first) for _ in range(21)]

    assert codes == [200] * 20 + [429]
    # Whatever address it comes from; a colleague behind the same one goes on, and so does reading.
    assert try_out(first, "192.0.2.9") == 429
    assert try_out(second) == 200
    assert first.get("/trial").status_code == 200


def test_an_office_works_behind_one_address(limited: Flask) -> None:
    browsers = [limited.test_client() for _ in range(11)]
    for browser in browsers:
        browser.get("/trial")

    codes = [try_out(browser) for browser in browsers[:10] for _ in range(20)]

    assert codes == [200] * 200
    # Two hundred a minute are enough for an office, and an end for who throws cookies away.
    assert try_out(browsers[10]) == 429
    assert try_out(browsers[10], "192.0.2.7") == 200


@pytest.mark.parametrize(
    ("kind", "field", "text"),
    [("demand", "problem", PROBLEM), ("achievement", "summary", OFFER)],
)
def test_a_member_keeps_the_text_as_a_draft(
    make: Factory, sign_in: SignIn, session: Session, kind: str, field: str, text: str
) -> None:
    firm = make.organisation()
    browser = sign_in(make.person("firm", firm))
    offered = f"存为{'需求' if kind == 'demand' else '成果'}草稿"

    page = paste(browser, text, kind)
    answer = browser.post("/trial/save", data={"text": text, "kind": kind})

    model = {"demand": Demand, "achievement": Achievement}[kind]
    row = session.scalars(db.select(model)).one()
    assert offered in page
    assert (row.state, row.organisation_id, getattr(row, field)) == (
        "draft",
        firm.id,
        text,
    )
    assert row.title == headline_of(text)
    assert answer.status_code == 303
    assert browser.get(answer.location).status_code == 200
    assert f"/{row.id}/edit" in answer.location


def test_a_guest_is_led_to_the_sign_in_page(
    client: FlaskClient, session: Session
) -> None:
    assert "存为需求草稿</button>" not in paste(client, PROBLEM)

    answer = client.post("/trial/save", data={"text": PROBLEM, "kind": "demand"})

    assert answer.status_code == 302
    assert "/login" in answer.location
    assert rows(session) == 0


def test_somebody_without_an_organisation_saves_a_draft_of_their_own(
    make: Factory, sign_in: SignIn, session: Session
) -> None:
    writer = make.person("firm")
    browser = sign_in(writer)
    data = {"text": PROBLEM, "kind": "demand"}

    page = paste(browser, PROBLEM)
    saved = browser.post("/trial/save", data=data)

    draft = session.query(Demand).one()
    assert "存为需求草稿</button>" in page
    assert saved.status_code == 303
    assert (draft.organisation_id, draft.owner_id) == (None, writer.id)


def test_an_auditor_saves_nothing(
    make: Factory, sign_in: SignIn, session: Session
) -> None:
    browser = sign_in(make.person("auditor"))

    page = paste(browser, PROBLEM)
    answer = browser.post("/trial/save", data={"text": PROBLEM, "kind": "demand"})

    assert "存为需求草稿</button>" not in page
    assert answer.status_code == 403
    assert rows(session) == 0


def test_of_several_organisations_one_must_be_named(
    make: Factory, sign_in: SignIn, session: Session
) -> None:
    first, second, foreign = (make.organisation() for _ in range(3))
    browser = sign_in(make.person("firm", first, second))
    data = {"text": PROBLEM, "kind": "demand"}

    unnamed = browser.post("/trial/save", data=data)
    wrong = browser.post("/trial/save", data=data | {"organisation": foreign.id})
    right = browser.post("/trial/save", data=data | {"organisation": second.id})

    assert (unnamed.status_code, wrong.status_code, right.status_code) == (
        422,
        422,
        303,
    )
    assert "请选择草稿归哪个单位" in unnamed.text
    assert PROBLEM in unnamed.text
    assert session.scalars(db.select(Demand)).one().organisation_id == second.id


def test_a_twin_is_refused_and_the_text_kept(
    make: Factory, sign_in: SignIn, session: Session
) -> None:
    browser = sign_in(make.person("firm", make.organisation()))
    data = {"text": PROBLEM, "kind": "demand"}
    browser.post("/trial/save", data=data)

    again = browser.post("/trial/save", data=data)

    assert again.status_code == 422
    assert '<a href="#text">文字：' in again.text
    assert "已有同名需求" in again.text
    assert PROBLEM in again.text
    assert rows(session) == 1


@pytest.mark.parametrize(
    "data", [{}, {"text": "短", "kind": "demand"}, {"text": PROBLEM, "kind": "patent"}]
)
def test_what_cannot_be_tried_cannot_be_saved(
    make: Factory, sign_in: SignIn, session: Session, data: dict[str, str]
) -> None:
    browser = sign_in(make.person("firm", make.organisation()))

    assert browser.post("/trial/save", data=data).status_code == 422
    assert rows(session) == 0


def test_a_row_says_what_it_is_and_on_what_terms(
    make: Factory, client: FlaskClient
) -> None:
    row = make.achievement(
        stage="pilot", price_mode="fixed", price_min=30, price_max=60
    )

    page = paste(client, PROBLEM)

    assert row.title in page
    line = page.split('class="facts-line"')[1].split("</ul>")[0]
    assert "中试" in line
    assert "价格" in line
    assert "合作方式" in line
    assert f"<p>{gist_of(row.title, row.summary)}" in page


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("超精研磨", "", ""),
        (
            "超精研磨",
            "本成果用油石超精研磨滚道。已试用半年。",
            "本成果用油石超精研磨滚道。",
        ),
        (
            "保持架十二工位传递模",
            "过去靠四台冲床分序完成，工序间磕碰起毛刺。这套方案把落料、冲铆孔合到一副十二工位传递模里。一家厂用了十四个月。",
            "这套方案把落料、冲铆孔合到一副十二工位传递模里。",
        ),
        (
            "液质联用鉴别阿胶真伪",
            "熬成胶以后 DNA 断裂严重，PCR 往往扩不出来。改用液质联用测驴源特征肽，掺假一成也能查出。",
            "改用液质联用测驴源特征肽，掺假一成也能查出。",
        ),
        ("振动值 3.5", "振动值降到 3.5 mm/s。", "振动值降到 3.5 mm/s。"),
        ("只有一句", "没有句号的一句话", "没有句号的一句话"),
        (
            "长",
            "本成果" + "很长" * 30 + "，" + "再长" * 30 + "。",
            "本成果" + "很长" * 30 + "…",
        ),
    ],
)
def test_the_sentence_that_says_what_is_offered(
    title: str, text: str, expected: str
) -> None:
    assert gist_of(title, text) == expected


def test_a_guest_sees_the_evidence_and_nothing_is_stored(
    make: Factory, client: FlaskClient, session: Session
) -> None:
    row = make.achievement()
    page = paste(client, PROBLEM)
    assert f'form="evidence-form" name="other" value="{row.id}"' in page
    before = rows(session)

    answer = client.post(
        "/trial/evidence", data={"text": PROBLEM, "kind": "demand", "other": row.id}
    )

    assert answer.status_code == 200
    assert row.title in answer.text
    assert "<mark>振动值</mark>" in answer.text
    assert "总分" in answer.text
    assert answer.headers.getlist("Cache-Control") == ["no-store"]
    assert rows(session) == before
    with client.session_transaction() as cookie:
        assert not any(PROBLEM[:10] in str(value) for value in cookie.values())
    # And back with the text as it was.
    assert f'name="text" value="{PROBLEM}"' in answer.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("深沟球轴承超精研磨以后有异音，振动值要≤38 dB", "振动值达到"),
        ("深沟球轴承超精研磨以后有异音，振动值不高于38分贝", "振动值达到"),
        ("深沟球轴承超精研磨以后有异音，振动值不超过30 dB", "振动值未达到"),
        ("深沟球轴承超精研磨以后有异音，温升≤30 K", "温升未说明"),
        # What is today, money, time and people are no figures that are asked for.
        ("深沟球轴承超精研磨以后有异音，振动值现在45 dB", ""),
        ("深沟球轴承超精研磨，预算30万以内，6个月，派3个人来", ""),
    ],
)
def test_figures_of_a_pasted_text_are_compared_on_the_row_and_beside_both_texts(
    make: Factory, client: FlaskClient, text: str, expected: str
) -> None:
    row = make.achievement()

    listed = visible_words(paste(client, text))
    data = {"text": text, "kind": "demand", "other": row.id}
    beside = visible_words(client.post("/trial/evidence", data=data).text)

    for page in (listed, beside):
        if expected:
            assert expected in page
        else:
            assert "达到需求" not in page
            assert "未说明" not in page


def test_what_an_achievement_has_is_not_said_to_lack_however_it_is_cut(
    make: Factory, client: FlaskClient
) -> None:
    # 中药膏滋 is cut 中|药膏|滋.
    summary = f"用于阿胶以及中药膏滋的浓缩。{OFFER}"
    row = make.achievement("阿胶浓缩终点在线判断", summary=summary)

    page = paste(client, "阿胶和中药浓缩粘壁，终点判断不准")

    assert row.title in page
    lacking = page.split("成果没有提到：")[1].split("。")[0]
    assert "粘壁" in lacking
    assert "中药" not in lacking


def test_figures_of_a_pasted_achievement_are_compared_with_what_demands_ask(
    make: Factory, client: FlaskClient
) -> None:
    wish = {"name": "振动值", "operator": "le", "value": "34", "unit": "dB"}
    make.demand("深沟球轴承振动值偏高", metrics=[wish])

    assert "振动值未达到" in visible_words(paste(client, OFFER, "achievement"))


def visible_words(page: str) -> str:
    """What a page says, without its tags and blanks."""
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", page))


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"text": PROBLEM, "other": "0"}, 404),
        ({"text": PROBLEM, "other": "99999999999999999999"}, 404),
        ({"text": PROBLEM, "other": "-1"}, 404),
        ({"text": PROBLEM, "other": "-1" + "0" * 30}, 404),
        ({"text": PROBLEM, "other": "x"}, 404),
        ({"text": PROBLEM}, 404),
        ({"text": "轴", "other": "1"}, 422),
        ({"text": "轴承" * 2000, "other": "1"}, 422),
        ({}, 422),
    ],
)
def test_evidence_of_nothing_is_refused(
    client: FlaskClient, data: dict[str, str], status: int
) -> None:
    assert client.post("/trial/evidence", data=data).status_code == status


def test_evidence_shows_no_confidential_listing(
    make: Factory, client: FlaskClient
) -> None:
    row = make.achievement(visibility="confidential")

    answer = client.post(
        "/trial/evidence", data={"text": PROBLEM, "kind": "demand", "other": row.id}
    )

    assert answer.status_code == 404
    assert row.title not in answer.text


@pytest.mark.parametrize(
    ("text", "offered", "absent"),
    [
        ("想贷款", "need=capital", "need=talent"),
        ("缺流动资金", "need=capital", "need=talent"),
        ("招人", "need=talent", "need=capital"),
        ("找专家", "/people", "need=capital"),
        ("公司注册资金 5000 万元，轴承装配后有异音", "异音", "need=capital"),
    ],
)
def test_money_and_people_are_noticed(
    make: Factory, client: FlaskClient, text: str, offered: str, absent: str
) -> None:
    row = make.achievement()

    page = paste(client, text)

    assert offered in page
    assert absent not in page
    # Nothing is matched by chance where nothing technical was said.
    assert (row.title in page) == ("异音" in text)


def test_a_problem_beside_a_wish_for_money_is_matched_too(
    make: Factory, client: FlaskClient
) -> None:
    row = make.achievement()

    page = paste(client, f"{PROBLEM}想贷款买设备，还缺技术员。")

    assert row.title in page
    assert "need=capital" in page
    assert "need=talent" in page


def test_the_offered_form_knows_the_need(make: Factory, sign_in: SignIn) -> None:
    browser = sign_in(make.person("firm", make.organisation()))

    page = browser.get("/mine/demand/new?need=capital").text
    other = browser.get("/mine/demand/new?need=nonsense").text

    chosen = re.compile(
        r'value="capital"[^>]*(?:checked|selected)|(?:checked|selected)[^>]*value="capital"'
    )
    assert chosen.search(page)
    assert not chosen.search(other)
