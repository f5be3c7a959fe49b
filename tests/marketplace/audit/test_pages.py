"""The auditor's page, what goes out of it, and what happens at the door: sign-ins, failures, looks, refusals."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace import contributions
from marketplace.audit import deeds, naming, policy
from marketplace.audit.models import Entry
from marketplace.audit.queries import Filters, find_entries
from marketplace.dictionaries.models import Chain
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.permissions import TABLE, auditor, publishing_ids
from marketplace.staff.deeds import add_staff
from tests.factories import Factory
from tests.marketplace.accounts.test_second_factor import enter, set_up
from tests.marketplace.audit.test_collecting import (
    content_of,
    entries_since,
    next_position,
    withheld_of,
)

SignIn = Callable[..., FlaskClient]
PASSWORD = "a-long-enough-password"


def named(begin: int, deed: str) -> list[Entry]:
    return [entry for entry in entries_since(begin) if entry.deed == deed]


# -- at the door -------------------------------------------------------------------------------------------------------


def test_signing_in_and_out_is_recorded(make: Factory, client: FlaskClient) -> None:
    person = make.person("operator")
    begin = next_position()
    data = {"email": person.email, "password": PASSWORD}
    client.post("/login", data=data, environ_base={"REMOTE_ADDR": "203.0.113.9"})
    client.post("/logout", environ_base={"REMOTE_ADDR": "203.0.113.9"})

    (came,) = named(begin, "sign_in")
    (went,) = named(begin, "sign_out")
    for entry in (came, went):
        assert (entry.actor, entry.kind, entry.thing) == (
            person.id,
            "person",
            str(person.id),
        )
        assert {
            "subject": person.id,
            "values": {"address": "203.0.113.9"},
        } in withheld_of(entry)
    assert PASSWORD not in came.text + went.text


@pytest.mark.parametrize("known", [True, False])
def test_a_failed_sign_in_is_recorded_without_what_was_typed(
    make: Factory, client: FlaskClient, known: bool
) -> None:
    person = make.person("operator")
    begin = next_position()
    email = person.email if known else "nobody@demo.example"
    client.post("/login", data={"email": email, "password": "Wrong-Password-8"})

    (entry,) = named(begin, "sign_in.failed")
    assert entry.thing == (str(person.id) if known else "")
    assert entry.actor is None
    everything = entry.text + json.dumps(withheld_of(entry))
    assert "Wrong-Password-8" not in everything
    assert email not in everything


@pytest.mark.parametrize("typed", ["13906350417", "+86 139-0635-0417"])
def test_a_failed_sign_in_by_mobile_number_names_the_account(
    make: Factory, client: FlaskClient, typed: str
) -> None:
    person, other = make.person("firm"), make.person("firm")
    person.mobile, other.mobile = "+8613906350417", "+8613906350418"
    db.session.commit()
    begin = next_position()

    client.post("/login", data={"email": typed, "password": "Wrong-Password-8"})

    (entry,) = named(begin, "sign_in.failed")
    assert entry.thing == str(person.id)
    assert "0417" not in entry.text + json.dumps(withheld_of(entry))


@pytest.mark.parametrize("page", ["/tf-validate", "/mf-recovery"])
def test_a_wrong_code_is_recorded_with_the_account(
    page: str,
    app: Flask,
    make: Factory,
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.config, "SECOND_FACTOR", True)
    person = make.person("operator")
    set_up(client, person)
    client.post("/mf-recovery-codes")
    elsewhere = app.test_client()
    enter(elsewhere, person)
    begin = next_position()

    elsewhere.post(page, data={"code": "000000"})

    (entry,) = named(begin, "sign_in.failed")
    assert (entry.thing, entry.actor) == (str(person.id), None)


def test_an_export_is_recorded_with_its_rows(make: Factory, sign_in: SignIn) -> None:
    operator = make.person("operator")
    demand = make.demand("轴承异音的审计")
    begin = next_position()
    answer = sign_in(operator).get("/search.xlsx?kind=demand&q=轴承异音的审计")

    assert answer.status_code == 200
    (entry,) = named(begin, "listing.export")
    assert entry.actor == operator.id
    assert demand.id in content_of(entry)["values"]["rows"]


def test_a_look_at_a_contact_is_recorded_and_one_at_ones_own_is_not(
    make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    firm, other = make.organisation(), make.organisation()
    demand = make.demand(owner=firm)
    looker, owner = make.person("firm", other), make.person("firm", firm)
    begin = next_position()
    address = f"/demands/{demand.id}"
    seen = sign_in(looker).get(address).text
    sign_in(owner).get(address)
    client.get(address)

    looks = named(begin, "contact.read")
    assert demand.contact_phone in seen
    assert [(look.actor, look.organisation, look.thing) for look in looks] == [
        (looker.id, other.id, str(demand.id))
    ]


def test_a_look_that_cannot_be_recorded_sees_the_mask(
    make: Factory, sign_in: SignIn
) -> None:
    demand = make.demand()
    browser = sign_in(make.person("firm", make.organisation()))
    # As with a full disk: the database refuses the entry, and the page is shown all the same.
    refuse = "create temp trigger no_more before insert on audit_entry begin select raise(abort, 'full'); end"
    if db.engine.dialect.name != "sqlite":
        pytest.skip("a trigger of SQLite stands for the full disk")
    db.session.connection().exec_driver_sql(refuse)
    page = browser.get(f"/demands/{demand.id}")
    db.session.connection().exec_driver_sql("drop trigger if exists no_more")

    assert page.status_code == 200
    assert demand.contact_phone not in page.text
    assert "0635****" in page.text


def test_what_was_refused_is_recorded(make: Factory, sign_in: SignIn) -> None:
    firm = make.person("firm", make.organisation())
    begin = next_position()
    assert sign_in(firm).get("/office/chains").status_code == 403

    (entry,) = named(begin, "refused")
    assert entry.actor == firm.id
    assert content_of(entry)["values"]["endpoint"] == "dictionaries.chains"


# -- the page ----------------------------------------------------------------------------------------------------------


def test_the_page_is_the_auditors_alone(
    make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    for role in ("operator", "broker"):
        browser = sign_in(make.person(role))
        assert browser.get("/audit").status_code == 403
        assert browser.get("/audit.csv").status_code == 403
    assert client.get("/audit").status_code == 302
    browser = sign_in(make.person("auditor"))
    assert browser.get("/audit").status_code == 200
    assert "审计日志" in browser.get("/mine").text


def test_an_auditor_may_do_nothing_but_read(make: Factory) -> None:
    person = make.person("auditor")
    granted = {deed for deed, who in TABLE.items() if auditor in who}
    assert granted == {
        "audit.read",
        "audit.export",
        "ledger.export",
        "report.list",
        "report.read",
        "evidence.list",
        # A copy of what is recorded, with its proofs: nothing of a deal changes.
        "evidence.make",
    }
    operators = {
        "listing.review",
        "dictionary.edit",
        "organisation.verify",
        "audit.resume",
    }
    for deed in operators:
        assert not any(who(person, None) for who in TABLE[deed])
    # Nor in a house of their own, and not with what they wrote before they were one.
    house = make.organisation()
    inside, _other = (make.person("firm", house, administers=True) for _ in range(2))
    add_staff(inside.email, name="", role="auditor", by=make.person("operator"))
    row = make.demand(owner=house, state="draft")
    row.owner_id = inside.id
    for deed in ("listing.edit", "listing.submit", "imports.write"):
        assert not any(who(inside, row) for who in TABLE[deed])
    assert not publishing_ids(inside)


def test_filters_narrow_by_person_deed_thing_and_day(
    make: Factory, sign_in: SignIn
) -> None:
    browser = sign_in(make.person("auditor"))
    one, other = make.organisation("甲厂（示例）"), make.organisation("乙厂（示例）")
    for number, thing in enumerate((one, one, other)):
        deeds.record(
            "organisation.visit",
            kind="organisation",
            thing=thing.id,
            values={"number": f"第{number}次"},
        )
        db.session.flush()
        db.session.commit()

    def lines(query: str) -> int:
        page = browser.get(f"/audit?deed=organisation.visit{query}").text
        found = re.search(r"共 (\d+) 条", page)
        assert found
        return int(found[1])

    assert lines("") == 3
    assert lines(f"&kind=organisation&thing={one.id}") == 2
    assert lines(f"&thing={other.id}") == 1
    assert lines("&person=999") == 0
    assert lines("&since=2999-01-01") == 0
    assert lines("&until=2000-01-01") == 0
    assert lines("&since=2000-01-01&until=2999-12-31") == 3
    # As people type: full-width figures, another sign between them.
    assert lines("&person=９９９") == 0
    assert lines("&until=２０００年１月１日") == 0
    assert lines("&until=2000/1/1") == 0
    page = browser.get("/audit?person=abc&since=yesterday&until=2026-99-01").text
    assert "没有这个人" in page
    assert page.count("日期写成") == 2


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 27, 15, 59, 59), date(2026, 11, 27)),
        (datetime(2026, 11, 27, 16, 0, 0), date(2026, 11, 28)),
        (datetime(2026, 11, 28, 15, 59, 59), date(2026, 11, 28)),
    ],
)
def test_a_day_is_one_in_china(
    make: Factory, stop_clock: Callable[..., None], moment: datetime, day: date
) -> None:
    """Between midnight and eight in China the UTC day is still yesterday."""
    stop_clock(moment)
    deeds.record("organisation.visit", kind="organisation", thing=1)
    db.session.add(Chain(code="bamboo", name="竹编", position=9))
    db.session.commit()

    only = Filters(deed="organisation.visit", since=day, until=day)
    assert find_entries(only, 1).total == 1
    for other in (day - timedelta(days=1), day + timedelta(days=1)):
        only = Filters(deed="organisation.visit", since=other, until=other)
        assert find_entries(only, 1).total == 0


@pytest.mark.parametrize(
    "query",
    [
        "person=%00", "person=99999999999999999999", "person=-1", "person=１２", "page=0", "page=99999999999", "page=x",
        "since=0001-01-01", "until=9999-12-31", "since=9999-12-31&until=0001-01-01", "thing=%25", "deed='", "kind=<b>",
        "since=2026-02-30", "person=1&person=2",
    ],
)  # fmt: skip
def test_awkward_addresses_are_answered(
    make: Factory, sign_in: SignIn, query: str
) -> None:
    browser = sign_in(make.person("auditor"))
    for path in ("/audit", "/audit.csv"):
        assert browser.get(f"{path}?{query}").status_code in (200, 302, 422)


def test_pages_follow_each_other_and_beyond_the_last_leads_to_it(
    make: Factory, sign_in: SignIn
) -> None:
    browser = sign_in(make.person("auditor"))
    for _ in range(101):
        deeds.record("organisation.visit", kind="organisation", thing=1)
    db.session.add(make.organisation())
    db.session.commit()
    address = "/audit?deed=organisation.visit"
    first = browser.get(address).text
    assert first.count('data-label="做了什么"') == 50
    assert "page=3" in first
    assert browser.get(f"{address}&page=3").text.count('data-label="做了什么"') == 1
    beyond = browser.get(f"{address}&page=77")
    assert beyond.status_code == 302
    assert "page=3" in beyond.headers["Location"]


def test_a_csv_holds_what_was_filtered_and_is_itself_recorded(
    make: Factory, sign_in: SignIn
) -> None:
    person = make.person("auditor")
    firm = make.organisation()
    deeds.record(
        "organisation.visit",
        kind="organisation",
        thing=firm.id,
        values={"note": "=1+1"},
    )
    firm.address = "东"
    db.session.commit()
    begin = next_position()

    answer = sign_in(person).get("/audit.csv?deed=organisation.visit")

    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert answer.mimetype == "text/csv"
    assert len(rows) == 2
    assert rows[1][4:7] == ["organisation.visit", "organisation", str(firm.id)]
    assert not any(cell.startswith("=") for cell in rows[1])
    (entry,) = named(begin, "audit.export")
    assert entry.actor == person.id
    assert content_of(entry)["values"]["filters"] == {"deed": "organisation.visit"}


def test_the_first_entry_has_its_number_in_the_csv(
    make: Factory, sign_in: SignIn
) -> None:
    make.organisation()

    answer = sign_in(make.person("auditor")).get("/audit.csv")

    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[1][0] == "0"


def test_texts_of_people_are_shown_as_texts(make: Factory, sign_in: SignIn) -> None:
    browser = sign_in(make.person("auditor"))
    firm = make.organisation("<script>alert(1)</script>厂")
    firm.address = "<img src=x>"
    db.session.commit()
    page = browser.get(f"/audit?kind=organisation&thing={firm.id}").text

    assert "<img src=x>" not in page
    assert "&lt;img src=x&gt;" in page


# -- in words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("sign_in", "登录"),  # named by its room
        ("organisation.verify", "核验"),
        ("job.mail", "系统：发送邮件"),
        ("demand.unheard_of", "demand.unheard_of"),
        ("unheard_of.approve", "unheard_of.approve"),
        ("", ""),
    ],
)
def test_a_deed_is_named_in_chinese_or_stands_as_it_is(
    app: Flask, code: str, name: str
) -> None:
    with app.app_context():
        assert naming.deed_name(code, contributions.deed_names()) == name


def test_every_table_that_is_audited_has_a_name() -> None:
    audited = set(db.metadata.tables) - policy.TECHNICAL_TABLES.keys()
    assert audited <= naming.THINGS.keys(), audited - naming.THINGS.keys()


def test_a_person_is_looked_up_by_name_address_or_number(
    make: Factory, sign_in: SignIn
) -> None:
    browser = sign_in(make.person("auditor"))
    one = make.person("firm", make.organisation())
    one.name = "郭独一"
    twins = [make.person("firm", make.organisation()) for _ in range(2)]
    for twin in twins:
        twin.name = "孙同名"
    db.session.flush()
    for person in (one, *twins):
        deeds.record("organisation.visit", by=person)
    db.session.commit()

    def page(text: str) -> str:
        address = "/audit?deed=organisation.visit"
        return browser.get(f"{address}&person={text}").text

    for text in ("郭独一", one.email.upper(), str(one.id)):
        assert "共 1 条" in page(text), text
    numbers = "、".join(str(twin.id) for twin in twins)
    assert f"有 2 位，请写编号：{numbers}" in page("孙同名")
    assert "没有这个人" in page("郭独")


def test_what_became_of_a_thing_is_shown_in_words(
    make: Factory, sign_in: SignIn
) -> None:
    """Entries of things with a life have another line than those that only changed a value."""
    row = make.demand()
    listing_deeds.withdraw(row, by=None, seen=row.revision)

    page = sign_in(make.person("auditor")).get("/audit")

    assert page.status_code == 200
    assert "published → withdrawn" in page.text


def test_the_page_shows_whatever_values_an_entry_has(
    make: Factory, client: FlaskClient, sign_in: SignIn
) -> None:
    """What was read lists ids or counts where a change lists rows."""
    make.achievement("降噪磨削工艺")
    reader = sign_in(make.person("firm", make.organisation()))
    begin = next_position()
    assert reader.get("/search.xlsx?kind=achievement").status_code == 200
    (export,) = named(begin, "listing.export")
    shapes = ({"rows": 7}, {"rows": []}, {"life": "—"}, {"rows": None, "life": [1]})
    for values in shapes:
        deeds.record("listing.export", kind="achievement", values=values)
    db.session.flush()

    assert content_of(export)["values"]["rows"]
    page = sign_in(make.person("auditor")).get("/audit?deed=listing.export")
    assert page.status_code == 200
    assert page.text.count("<summary>看内容") >= len(shapes)
