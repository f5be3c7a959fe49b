"""What comes in at the door: foreign hosts, unsound values, strange bodies; and what may be stored of what goes out."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace import contributions, persistence
from marketplace.clock import today
from marketplace.door import FILES, deed_of
from marketplace.extensions import db
from marketplace.issues.choosing import choose_lines
from marketplace.issues.deeds import begin_proof, publish_proof
from marketplace.issues.upkeep import render_missing
from marketplace.permissions import Guest, may
from tests.factories import Factory
from tests.marketplace.files.samples import attach

SignIn = Callable[..., FlaskClient]
HOST = "market.example.cn"


@pytest.fixture(scope="module")
def named(
    tmp_path_factory: pytest.TempPathFactory, build_site: Callable[..., Flask]
) -> Iterator[Flask]:
    """A site that knows its name; nobody writes to it."""
    folder = tmp_path_factory.mktemp("named")
    site = build_site(folder, SITE_HOST=f"{HOST}, probe.internal")
    yield site
    with site.app_context():
        db.engine.dispose()


# -- hosts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:80",
        f"{HOST}.evil.example",
        f"evil.{HOST}",
        "evil.example\\@market.example.cn",
        "<script>",
        "192.0.2.7",
    ],
)
@pytest.mark.parametrize("path", ["/", "/robots.txt", "/sitemap.xml", "/mine", "/none"])
def test_a_foreign_host_is_refused_and_never_repeated(
    host: str, path: str, named: Flask, app: Flask, client: FlaskClient
) -> None:
    for browser in (named.test_client(), client):
        answer = browser.get(path, headers={"Host": host})

        assert answer.status_code == 400
        assert "evil" not in answer.text
        assert "evil" not in str(answer.headers)
        assert "这个网址不属于本站" in answer.text


@pytest.mark.parametrize("host", [HOST, "probe.internal", "127.0.0.1:8000"])
def test_addresses_the_site_writes_have_its_name(host: str, named: Flask) -> None:
    browser = named.test_client()
    headers = {"Host": host}

    robots = browser.get("/robots.txt", headers=headers).text
    sitemap = browser.get("/sitemap.xml", headers=headers).text
    led = browser.get("/mine", headers=headers).location

    assert f"Sitemap: http://{HOST}/sitemap.xml" in robots
    assert sitemap.count("<loc>") == sitemap.count(f"<loc>http://{HOST}/")
    assert led.startswith("/login")


def test_a_canonical_address_has_the_name_of_the_site(
    make: Factory, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = make.demand()
    monkeypatch.setitem(app.config, "SERVER_NAME", HOST)

    page = client.get(f"/demands/{row.id}", base_url="http://127.0.0.1:8000").text

    assert f'<link rel="canonical" href="http://{HOST}/demands/{row.id}">' in page


@pytest.mark.parametrize("led", ["http://evil.example/", "//probe.internal.evil/"])
def test_next_leads_to_no_other_host(led: str, named: Flask) -> None:
    answer = named.test_client().post(
        f"/login?next={led}", data={"email": "a@b.example", "password": "x"}
    )

    assert answer.status_code == 200
    assert answer.location is None


# -- unsound values --------------------------------------------------------------------------------------------------

UNSOUND = ["\x00", "a\x00b"]


@pytest.mark.parametrize("value", UNSOUND)
@pytest.mark.parametrize(
    "path",
    [
        "/office/chains/edit/{}",
        "/mine/demand/new?title={}",
        "/mine?state={}",
        "/office/review?kind={}",
        "/mine/demand/new?{}=1",
    ],
)
def test_no_address_takes_them(
    path: str, value: str, make: Factory, sign_in: SignIn
) -> None:
    browser = sign_in(make.person("operator", make.organisation()))

    answer = browser.get(path.format(value.replace("\x00", "%00")))

    assert answer.status_code in (404, 422)
    assert "看不见" in answer.text or "没有" in answer.text


@pytest.mark.parametrize("value", UNSOUND)
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/mine/demand/new", "title"),
        ("/mine/demand/new", "metrics-0-name"),
        ("/mine/demand/{id}/withdraw", "note"),
        ("/office/review/demand/{id}/suspend", "note"),
        ("/office/review/demand/{id}/verify", "uscc"),
        ("/office/chains/new", "code"),
        ("/office/chains/new", "name"),
        ("/demands/{id}/matches/1/unsuitable", "note"),
        ("/demands/{id}/matches/1/grade", "signed_list"),
        ("/trial/save", "text"),
        ("/login", "email"),
        ("/change", "password"),
    ],
)
def test_no_form_takes_them(
    path: str, field: str, value: str, make: Factory, sign_in: SignIn
) -> None:
    row = make.demand()
    browser = sign_in(make.person("operator", make.organisation()))

    answer = browser.post(path.format(id=row.id), data={field: f"轴承{value}"})

    assert answer.status_code == 422
    assert "看不见的无效字符" in answer.text


FORMS = [
    "/mine/demand/new",
    "/mine/achievement/new",
    "/mine/demand/{id}/edit",
    "/mine/demand/{id}/withdraw",
    "/mine/demand/{id}/close",
    "/mine/demand/{id}/submit",
    "/office/review/demand/{id}/approve",
    "/office/review/demand/{id}/verify",
    "/office/chains/new",
    "/office/chains/edit/bearing",
    "/demands/{id}/matches/1/unsuitable",
    "/demands/{id}/matches/1/grade",
    "/trial",
    "/trial/evidence",
    "/trial/save",
    "/login",
    "/verify",
    "/change",
]


def bodies() -> dict[str, dict[str, Any]]:
    """Name → what a request is sent with."""
    file = (io.BytesIO(b"x"), "x.txt")
    names = [
        "title",
        "note",
        "seen",
        "code",
        "name",
        "uscc",
        "text",
        "email",
        "metrics-0-name",
    ]
    files = {name: (io.BytesIO(b"x"), "x.txt") for name in names}
    return {
        "files": {"data": files, "content_type": "multipart/form-data"},
        "a file among texts": {
            "data": {"title": file, "deed": "save", "seen": "1"},
            "content_type": "multipart/form-data",
        },
        "JSON list": {"json": [1, 2]},
        "JSON of other things": {"json": {"title": {"a": [1]}, "email": 7}},
        "broken JSON": {"data": b"{", "content_type": "application/json"},
        "plain text": {"data": b"title=x", "content_type": "text/plain"},
        "other charset": {
            "data": "title=轴承".encode("gbk"),
            "content_type": "application/x-www-form-urlencoded; charset=gbk",
        },
        "bytes that are no UTF-8": {
            "data": b"title=%B5%E7%BB&text=\xff\xfe&email=%ff",
            "content_type": "application/x-www-form-urlencoded",
        },
        "half characters": {
            "data": b"title=%ED%A0%80&note=%ED%B0%80",
            "content_type": "application/x-www-form-urlencoded",
        },
        "repeated": {
            "data": {"title": ["a", "b"], "seen": ["1", "2"], "need": ["x"] * 9}
        },
        "many": {"data": {f"metrics-{n}-name": "x" for n in range(2000)}},
        "too many": {"data": {f"f{n}": "x" for n in range(6000)}},
        "figures that are none": {"data": {"metrics-²-name": "x"}},
        "a very long number": {"data": {f"metrics-{'9' * 5000}-name": "x"}},
        "nothing": {"data": b""},
        "no boundary": {"data": b"x", "content_type": "multipart/form-data"},
        "strange numbers": {
            "data": {
                "seen": "９９",
                "position": "1e9",
                "level": "９",
                "organisation": "٣",
            }
        },
    }


@pytest.mark.long
@pytest.mark.parametrize("body", bodies())
def test_no_body_makes_a_page_fail(
    body: str, make: Factory, sign_in: SignIn, app: Flask
) -> None:
    row = make.demand(state="draft")
    person = make.person("operator", make.organisation())
    wrong = []
    for path in FORMS:
        answer = sign_in(person).post(path.format(id=row.id), **bodies()[body])
        if answer.status_code >= 500:
            wrong.append((path, answer.status_code))

    assert wrong == []


# -- what may be stored ----------------------------------------------------------------------------------------------


def addresses(
    app: Flask, row: Any, attachment_id: int = 1
) -> Iterator[tuple[str, str]]:
    """(endpoint, address) of every page that is read."""
    known = {
        "listing_id": row.id,
        "other_id": 1,
        "kind": row.kind,
        "code": "bearing",
        "key": "publicity.days",
        "clause_code": "P-19b",
        "estimate_id": 1,
        "filename": "site.css",
        "number": 1,
        "token": "nothing",
        "uscc": "913715020000000000",
        "organisation_id": row.organisation_id,
        "person_id": 1,
        "request_id": 1,
        "import_id": 1,
        "invitation_id": 1,
        "merge_id": 1,
        "issue_id": 1,
        "proof_id": 1,
        "format": "pdf",
        "attachment_id": attachment_id,
        "consent_id": 1,
        "demand_id": row.id,
        "pair_id": 1,
        "introduction_id": 1,
        "deal_id": 1,
        "pack_id": 1,
        "evidence_id": 1,
        "size": 1,
        "publicity_id": 1,
        "objection_id": 1,
        "contract_id": 1,
        "certificate_id": 1,
        "file_id": 1,
        "story_id": 1,
        "share_id": 1,
        "case_id": 1,
        "attribution_id": 1,
        "dispute_id": 1,
        "complaint_id": 1,
        "envelope_id": 1,
        "claim_id": 1,
        "paper_id": 1,
        "cohort_id": 1,
        "member_id": 1,
        "year": 2026,
        "status_id": 1,
        "product_id": 1,
        "loan_id": 1,
        "interest_id": 1,
        "teaser": "nothing",
        "word_list": "synonyms",
    }
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "GET" in (rule.methods or ()):
                values = {name: known[name] for name in rule.arguments if name in known}
                values |= rule.defaults or {}
                built = app.url_map.bind("localhost").build(rule.endpoint, values)
                yield rule.endpoint, built


OPEN = {
    "accounts.privacy",
    "accounts.terms",
    "catalogue.home",
    "catalogue.search",
    "catalogue.suggest",
    "catalogue.robots",
    "catalogue.sitemap",
    "deals.publicities",
    "deals.publicity",
    "finance.catalogue",
    "finance.product",
    "files.content",
    "issues.archive",
    "issues.file",
    "issues.issue",
    "listings.achievement",
    "listings.demand",
    "listings.solved",
    "matchmaking.matches",
    "matchmaking.evidence",
    "matchmaking.trial",
    "matchmaking.algorithm",
    "organisations.public",
    "personal_data.retention",
    "profiles.people",
    "profiles.brokers",
    "policies.clause",
    "policies.estimate",
    "policies.library",
    "rules.overview",
    "rules.versions",
    "stories.public",
    "stories.stories",
}


@pytest.mark.long
def test_only_what_everybody_may_read_is_ever_stored(
    app: Flask, make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    row = make.demand()
    paper = attach(row)
    paper.approved_at = row.published_at
    person = make.person("operator", row.organisation)
    days = {"since": today() - timedelta(days=300), "until": today()}
    proof = begin_proof("demand", None, days, by=person)
    lines = choose_lines(proof).fingerprint
    publish_proof(proof, seen=proof.revision, fingerprint=lines, by=person)
    render_missing()
    wrong = []
    walked = set()
    for endpoint, address in addresses(app, row, paper.id):
        # Those of the operation look at the database itself, which the tests put a transaction around (below).
        if endpoint in FILES or endpoint.startswith("operation."):
            continue
        walked.add(endpoint)
        for reader, browser in {"guest": client, "signed in": sign_in(person)}.items():
            answer = browser.get(address, buffered=True)
            control = answer.headers.get("Cache-Control", "")
            opened = (
                reader == "guest" and endpoint in OPEN and answer.status_code == 200
            )
            if opened == (control == "no-store"):
                wrong.append((reader, endpoint, answer.status_code, control))
            if endpoint in OPEN and reader == "guest":
                assert may(Guest(), deed_of(app, endpoint) or "")

    assert wrong == []
    assert walked >= OPEN


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/login", {"email": "a@b.example", "password": "x"}),
        ("/trial", {"kind": "demand", "text": "轴承异音" * 9}),
        ("/none", {}),
    ],
)
def test_what_was_sent_is_never_stored(
    path: str, data: dict[str, str], client: FlaskClient
) -> None:
    answer = client.post(path, data=data)

    assert answer.headers.getlist("Cache-Control") == ["no-store"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/none"])
def test_what_the_site_says_of_itself_is_never_stored(path: str, named: Flask) -> None:
    answer = named.test_client().get(path)

    assert answer.headers.getlist("Cache-Control") == ["no-store"]


# -- addresses that are only posted to -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/office/people/5/take/operator", "/office/people/5"),
        ("/office/people/5/reset?x=1", "/office/people/5"),
        ("/trial/hold", "/trial"),
        ("/mine/deals/5/price/approve", "/mine/deals/5"),
        # No page above: as any address that leads nowhere.
        ("/office/files/5/approve", ""),
    ],
)
def test_what_is_only_posted_to_leads_to_the_page_above(
    address: str, page: str, client: FlaskClient
) -> None:
    """A refused form is answered under such an address, and its reader may press Enter in the line of the address."""
    answer = client.get(address)

    assert answer.status_code == (303 if page else 404)
    assert answer.headers.get("Location", "") == page
    # What is sent to a page that is only read is refused as before.
    assert client.post("/achievements").status_code == 404


# -- nobody waits for a page -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        {"title": "", "deed": "save"},
        {"title": "轴承", "problem": "深沟球轴承振动大" * 4, "look": "1"},
    ],
)
def test_a_form_that_comes_back_holds_no_lock(
    data: dict[str, str],
    make: Factory,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser = sign_in(make.person("firm", make.organisation()))
    seen = []
    previews = contributions.previews

    def watched(*values: Any) -> Any:
        seen.append(persistence._begins_as_writer.get())
        return previews(*values)

    monkeypatch.setattr(contributions, "previews", watched)

    answer = browser.post("/mine/demand/new", data=data)

    assert answer.status_code in (200, 422)
    assert seen == [False]
