"""What everybody reads of people, in the directory, on their page and on those of organisations and listings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.organisations import deeds as organisation_deeds
from marketplace.profiles import queries
from marketplace.profiles.queries import Wanted
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
# Of each field a word that stands nowhere else on a page.
SECRETS = {
    "fields": "节能环保",
    "title": "特聘研究员",
    "discipline": "摩擦学与表面",
    "offer": "超精油石的选择",
    "willingness": "愿任科技特派员",
}


def researcher(make: Factory, *, public: set[str], **more: Any) -> Any:
    university = more.pop("university", None)
    university = university or make.organisation(
        "聊城某大学（示例）", kind="university"
    )
    return make.researcher(
        make.person(more.pop("place", "researcher"), university),
        field_codes=("601",),
        title="特聘研究员",
        discipline="摩擦学与表面工程",
        offer="超精油石的选择 100%",
        deputy=False,
        envoy=True,
        public=frozenset(public),
        **more,
    )


def names_found(**wanted: Any) -> list[str]:
    return [one.name for one in queries.find_people(Wanted(**wanted), 1).rows]


@pytest.mark.parametrize("shown", SECRETS)
def test_only_what_is_agreed_to_is_read_or_found(
    shown: str, make: Factory, client: FlaskClient
) -> None:
    person = researcher(make, public={shown})
    words = {**SECRETS, "fields": queries.fields_of_level(2)["601"]}
    words["willingness"] = "科技特派员"

    page = client.get(f"/people/{person.id}").text
    main = page.partition("<main")[2].partition("</main>")[0]

    for name, word in words.items():
        assert (word in main) is (name == shown), name
        assert (names_found(text=word) == [person.name]) is (name == shown), name
    assert (names_found(field="60") == [person.name]) is (shown == "fields")
    assert (names_found(willing="envoy") == [person.name]) is (shown == "willingness")
    assert names_found(willing="deputy") == []
    assert person.email not in page


@pytest.mark.parametrize(
    "reason",
    ["nothing", "empty", "inactive", "suspended", "unverified", "firm", "nowhere"],
)
def test_who_is_not_listed(reason: str, make: Factory, client: FlaskClient) -> None:
    university = make.organisation("东昌某大学（示例）", kind="university")
    public = set() if reason == "nothing" else set(SECRETS)
    person = researcher(make, public=public, university=university)
    if reason == "empty":
        # Everything is ticked and nothing is filled in.
        other = make.person("researcher", university)
        person = make.researcher(
            other, field_codes=(), title="", discipline="", offer="", deputy=False
        )
    if reason == "inactive":
        person.active = False
    if reason == "unverified":
        university.state, university.verified_at = "unverified", None
    if reason == "firm":
        university.kind = "firm"
    if reason == "nowhere":
        person.memberships.clear()
    db.session.commit()
    if reason == "suspended":
        organisation_deeds.suspend_organisation(university, note="核查中", by=None)

    assert person.name not in names_found()
    assert client.get(f"/people/{person.id}").status_code == 404
    assert client.get("/people/99999999999").status_code == 404


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("特聘 摩擦学", True),
        ("聊城某大学", True),
        ("１００%", True),  # typed full-width
        ("特聘 没有这个词", False),
        ("_", False),
        ("%", True),
        ("研究%院", False),
    ],
)
def test_looking_for_words(
    text: str, found: bool, make: Factory, client: FlaskClient
) -> None:
    person = researcher(make, public=set(SECRETS))

    page = client.get("/people", query_string={"q": text}).text

    assert (person.name in page) is found


def test_the_directory_is_paged_and_narrowed_by_institution(
    make: Factory, client: FlaskClient
) -> None:
    one = make.organisation("东昌某大学（示例）", kind="university")
    other = make.organisation("临清某院（示例）", kind="institute")
    for _ in range(queries.PAGE + 1):
        make.researcher(make.person("researcher", one))
    alone = make.researcher(make.person("researcher", other))

    first = client.get("/people").text
    last = client.get("/people?page=2").text
    narrowed = client.get(f"/people?institution={other.id}").text
    unknown = client.get("/people?institution=99&field=xx&willing=x&page=-3").text

    assert f"{queries.PAGE + 2} 人" in first
    assert "第 2 页" in last
    assert ("1 人" in narrowed, alone.name in narrowed) == (True, True)
    assert f"{queries.PAGE + 2} 人" in unknown


def test_writing_ones_own_without_scripts(
    make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    university = make.organisation("东昌某大学（示例）", kind="university")
    person = make.person("researcher", university)
    browser = sign_in(person)
    form = {
        "seen": "0",
        "field_1": "804",
        "field_2": "804",
        "title": "教授",
        "title_public": "y",
        "offer": "可测振动",
        "discipline": "机械",
    }

    wrong = browser.post("/mine/profile", data={**form, "offer": "拨 13905351234"})
    saved = browser.post("/mine/profile", data=form)
    stale = browser.post("/mine/profile", data={**form, "title": "副教授"})
    page = client.get(f"/people/{person.id}").text

    assert (wrong.status_code, "不要写电话和邮箱" in wrong.text) == (422, True)
    assert "拨 13905351234" in wrong.text  # nothing typed is lost
    assert (saved.status_code, stale.status_code) == (303, 409)
    assert "刚在别处改过" in stale.text
    assert 'value="副教授"' in stale.text
    assert ("教授" in page, "可测振动" in page) == (True, False)
    assert browser.post("/mine/profile/hide").status_code == 303
    assert client.get(f"/people/{person.id}").status_code == 404


def test_the_page_of_an_organisation_names_who_agreed(
    make: Factory, client: FlaskClient
) -> None:
    university = make.organisation("东昌某大学（示例）", kind="university")
    other = make.organisation("临清某院（示例）", kind="institute")
    agreed = make.researcher(make.person("desk", university), desk_public=True)
    silent = make.researcher(make.person("desk", university))
    elsewhere = make.researcher(make.person("desk", other), desk_public=True)
    # Agreeing is for the desk: a researcher who once was there is not named as one of it.
    left = make.researcher(make.person("researcher", university), desk_public=True)
    closed = make.researcher(make.person("desk", university), desk_public=True)
    closed.active = False
    db.session.commit()

    page = client.get(f"/organisations/{university.id}").text

    assert agreed.name in page
    for person in (silent, elsewhere, left, closed):
        assert person.name not in page
    assert agreed.email not in page
    assert f"/people?institution={university.id}" in page


def test_brokers_stand_in_fair_order(make: Factory, client: FlaskClient) -> None:
    busy, idle, ended = make.broker(), make.broker(), make.broker()
    busy.name, idle.name, ended.name = "示例甲", "示例丙", "示例乙"
    db.session.commit()
    for state in ("published", "published", "closed"):
        row = make.demand(state=state)
        listing_deeds.assign_broker(row, busy, by=None)
    row = make.achievement()
    listing_deeds.assign_broker(row, ended, by=None)
    listing_deeds.end_assignment(row, ended, by=None)

    rows = queries.find_brokers("", False, 1).rows

    assert [(one.name, one.load) for one in rows] == [
        *sorted([("示例丙", 0), ("示例乙", 0)]),
        ("示例甲", 2),
    ]
    page = client.get("/brokers").text
    assert "在办 2 条" in page
    assert page.index("示例甲") > page.index("示例丙")


@pytest.mark.parametrize(
    "reason", ["unlisted", "inactive", "no role", "suspended", "other field"]
)
def test_which_broker_is_not_listed(
    reason: str, make: Factory, client: FlaskClient
) -> None:
    body = make.organisation("鲁西服务中心（示例）", kind="service_body")
    broker = make.broker(body, listed=reason != "unlisted")
    if reason == "inactive":
        broker.active = False
    if reason == "no role":
        broker.roles = []
    db.session.commit()
    if reason == "suspended":
        organisation_deeds.suspend_organisation(body, note="核查中", by=None)
    field = "10" if reason == "other field" else ""

    assert broker.name not in client.get(f"/brokers?field={field}").text


@pytest.mark.parametrize("number_public", [True, False])
def test_what_the_list_says_of_a_certificate(
    number_public: bool, make: Factory, client: FlaskClient
) -> None:
    broker = make.broker(number="SD-8899", number_public=number_public)

    page = client.get("/brokers?certified=1").text

    assert ("中级技术经纪人" in page, "山东省技术市场协会" in page) == (True, True)
    assert ("SD-8899" in page) is number_public
    assert broker.email not in page


@pytest.mark.parametrize(
    ("values", "address"),
    [
        ({}, "/brokers?field=80"),
        ({"visibility": "partial"}, "/brokers"),
        ({"anonymous": True}, "/brokers"),
    ],
)
def test_a_listing_leads_to_the_brokers(
    values: dict[str, Any], address: str, make: Factory, client: FlaskClient
) -> None:
    row = make.demand(**values)

    page = client.get(f"/demands/{row.id}").text

    assert f'href="{address}">请技术经理人' in page


def test_a_draft_leads_to_nobody(make: Factory, sign_in: SignIn) -> None:
    firm = make.organisation()
    row = make.demand(state="draft", owner=firm)

    page = sign_in(make.person("firm", firm)).get(f"/demands/{row.id}").text

    assert "请技术经理人" not in page


def test_from_the_certificate_to_the_badge_in_the_browser(
    make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    person = make.person("firm", make.organisation())
    mine, operator = sign_in(person), sign_in(make.person("operator"))
    form = {
        "seen": "0",
        "number": "SD-1",
        "level": "senior",
        "issuer": "山东省技术市场协会（示例）",
        "valid_to": "2031-05-01",
        "fields": ["80", "10"],
        "listed": "y",
    }
    office = f"/office/brokers/{person.id}"

    wrong = mine.post("/mine/broker", data={**form, "valid_to": "明年", "issuer": ""})
    mine.post("/mine/broker", data=form)
    tray = operator.get("/office/review?tray=certificates").text
    seen = {"seen": str(queries.own_broker(person).revision)}
    nothing = operator.post(f"{office}/check", data=seen)
    operator.post(
        f"{office}/return",
        data={"return-seen": seen["seen"], "return-note": "请补扫描件"},
    )
    told = mine.get("/mine").text
    again = {**form, "seen": str(queries.own_broker(person).revision)}
    mine.post("/mine/broker", data=again)
    seen = {"seen": str(queries.own_broker(person).revision)}
    done = operator.post(f"{office}/check", data={**seen, "checked": "证书原件"})
    page = client.get("/brokers?certified=1&field=10").text
    hidden = mine.post("/mine/broker/hide")
    again_hidden = mine.post("/mine/broker/hide")
    operator.post(f"{office}/end", data={"ending": "本人不再做了"})

    assert (wrong.status_code, 'value="SD-1"' in wrong.text) == (422, True)
    # Both at once.
    assert "「明年」不是一个日期" in wrong.text
    assert "照证书填写发证单位" in wrong.text
    assert ("SD-1" in tray, person.name in tray) == (True, True)
    assert (nothing.status_code, "写明核对了什么" in nothing.text) == (422, True)
    assert "请补扫描件" in told
    assert done.status_code == 303
    assert (person.name in page, "高级技术经理人" in page) == (True, True)
    assert (hidden.status_code, again_hidden.status_code) == (303, 409)
    assert "本人不再做了" in mine.get("/mine/broker").text
    assert person.name not in client.get("/brokers").text


@pytest.mark.parametrize("name", ["guest", "firm", "broker", "auditor", "desk"])
@pytest.mark.parametrize("deed", ["", "/check", "/return", "/end"])
def test_who_may_not(
    name: str, deed: str, make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    broker = make.broker()
    browser = client
    if name != "guest":
        browser = sign_in(make.person(name, make.organisation(kind="university")))
    address = f"/office/brokers/{broker.id}{deed}"

    answer = browser.post(address, data={}) if deed else browser.get(address)

    assert answer.status_code in (302, 403)
    assert "broker" in broker.role_names


@pytest.mark.parametrize("address", ["/people", "/brokers"])
def test_filters_of_directories_fold_as_those_of_lists_do(
    address: str, client: FlaskClient
) -> None:
    page = client.get(f"{address}?q=轴承&field=80&certified=1").text
    folded = page.partition('<details class="filters"')[2].partition("</details>")[0]

    assert 'name="field"' in folded
    # What was searched for is not lost by narrowing, nor what was chosen by searching.
    assert "已选" in folded
    if address == "/people":
        assert '<input type="hidden" name="q" value="轴承">' in folded
        assert '<input type="hidden" name="field" value="80">' in page
