"""Anybody reports what is public; it is hidden, ruled upon and shown again; both sides learn why, and once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace import contributions
from marketplace.accounts.models import Person
from marketplace.audit.models import Withheld
from marketplace.clock import now, today
from marketplace.complaints import deeds, queries
from marketplace.complaints.life import COMPLAINT_LIFE
from marketplace.complaints.models import Complaint
from marketplace.complaints.subjects import Subject, subject_at
from marketplace.errors import Invalid, NotAllowed, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.issues.choosing import choose_lines
from marketplace.issues.deeds import begin_proof, publish_proof
from marketplace.notices.models import Notice
from marketplace.organisations.deeds import suspend_organisation
from marketplace.permissions import Guest, may
from marketplace.personal_data.deeds import carry_out_retention, close_own_account
from marketplace.profiles import queries as profile_queries
from tests.factories import Factory
from tests.racing import Racer, at_once, committing_site

SignIn = Callable[..., FlaskClient]
TEXT = "这项技术的专利权属于别人，有判决书为证。"
NOTE = "已核对判决书"


class World:
    """A firm with a public demand, an operator, and one who belongs to the firm."""

    def __init__(self, make: Factory) -> None:
        self.make = make
        self.firm = make.organisation("被举报的轴承厂（示例）")
        self.chief = make.person("firm", self.firm, administers=True)
        self.row = make.demand("被举报的保持架难题", owner=self.firm)
        self.operator = make.person("operator")

    def file(self, path: str = "", nonce: str = "n1", **values: Any) -> Complaint:
        subject = subject_at(path or f"/demands/{self.row.id}")
        given = {"reason": "rights", "text": TEXT, "by": Guest()} | values
        return deeds.file_complaint(subject, nonce=nonce, **given)[0]

    def rule(self, row: Complaint, deed: str, by: Any = None) -> None:
        decide = getattr(deeds, deed)
        decide(row, seen=row.revision, note=NOTE, by=by or self.operator)


@pytest.fixture
def world(make: Factory) -> World:
    return World(make)


def notices(kind: str) -> list[Notice]:
    query = db.select(Notice).where(Notice.kind == kind).order_by(Notice.id)
    return list(db.session.scalars(query))


def form_of(client: FlaskClient, path: str) -> dict[str, str]:
    page = client.get(f"/complaints/new?page={path}").text
    nonce = re.search(r'name="nonce"[^>]*value="([^"]+)"', page)
    assert nonce is not None, page
    return {"page": path, "nonce": nonce[1], "reason": "rights", "text": TEXT}


def test_a_guest_reports_gets_a_number_and_reads_what_became_of_it(
    world: World, client: FlaskClient
) -> None:
    path = f"/demands/{world.row.id}"
    assert f"/complaints/new?page={path}" in client.get(path).text
    data = form_of(client, path)

    first = client.post("/complaints/new", data=data, follow_redirects=True).text
    # Gone back, the form is opened once more.
    data = form_of(client, path)
    again = client.post("/complaints/new", data=data, follow_redirects=True).text

    number, code = re.search(r"受理编号 (JB\S+?)，查询码 (\w+)", first).groups()  # type: ignore[union-attr]
    assert f"{number}，查询码 {code}" in again
    (row,) = db.session.scalars(db.select(Complaint))
    assert code not in str(vars(row))
    world.rule(row, "hold")
    asked = {"number": number.lower(), "code": f"{code[:4]} {code[4:].lower()}"}
    assert NOTE in client.post("/complaints/status", data=asked).text
    for wrong in (
        {"code": "AAAAAAAAAAAA"},
        {"number": "JB20200101-00001"},
        {"code": ""},
    ):
        answer = client.post("/complaints/status", data=asked | wrong)
        assert answer.status_code == 422
        assert NOTE not in answer.text


# What is wrong with a form → where it says so.
FAULTS = [
    ({"reason": ""}, "选一项"),
    ({"reason": "nonsense"}, "选一项"),
    ({"text": "假的"}, "10–2000"),
    ({"text": "长" * 2001}, "10–2000"),
    ({"link": "javascript:alert(1)"}, "https://"),
    ({"link": "https://" + "a" * 500}, "https://"),
    ({"contact": "1" * 201}, "200"),
]


@pytest.mark.parametrize(("values", "words"), FAULTS)
def test_a_faulty_form_keeps_what_was_typed(
    values: dict[str, str], words: str, world: World, client: FlaskClient
) -> None:
    data = form_of(client, f"/demands/{world.row.id}") | {"contact": "0635-8230000"}

    answer = client.post("/complaints/new", data=data | values)

    assert answer.status_code == 422
    assert words in answer.text
    assert values.get("contact", "0635-8230000") in answer.text
    assert db.session.scalar(db.select(Complaint)) is None


def test_what_is_not_public_cannot_be_reported(world: World) -> None:
    hidden = world.make.demand(visibility="confidential")
    draft = world.make.demand(state="draft")
    paths = [
        f"/demands/{hidden.id}",
        f"/demands/{draft.id}",
        "/demands/99999",
        "/organisations/99999",
        "/people/99999",
        "/lists/99999",
        "//evil.example/x",
        "https://evil.example/",
        "",
        "/" + "a" * 600,
    ]
    for path in paths:
        with pytest.raises(NotFound):
            subject_at(path)


# State of the listing when it is reported → whether it is found again after the complaint was dismissed.
@pytest.mark.parametrize("state", ["published", "expired", "closed"])
@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        (["hold"], False),
        (["hold", "dismiss"], True),
        (["uphold"], False),
        (["hold", "uphold", "appeal", "overturn"], True),
        (["uphold", "appeal", "confirm"], False),
        (["dismiss"], True),
    ],
)
def test_a_listing_is_hidden_at_once_and_shown_again_as_it_was(
    state: str, steps: list[str], shown: bool, world: World, client: FlaskClient
) -> None:
    row = world.make.demand(f"{state}的难题", state=state, owner=world.firm)
    complaint = world.file(f"/demands/{row.id}")

    for step in steps:
        if step == "appeal":
            deeds.appeal(
                complaint,
                seen=complaint.revision,
                text="我们有许可合同。",
                by=world.chief,
            )
        else:
            world.rule(complaint, step)

    assert client.get(f"/demands/{row.id}").status_code == (200 if shown else 404)
    found = row.title in client.get("/search?kind=demand").text
    assert found == (shown and state == "published")
    expected = {"confirm": "withdrawn"}.get(steps[-1], "suspended")
    assert row.state == (state if shown else expected)


def test_both_sides_are_notified_and_the_owner_answers_once(
    world: World, sign_in: SignIn
) -> None:
    reporter = world.make.person(
        "researcher", world.make.organisation(kind="institute")
    )
    complaint = world.file(by=reporter)
    owner = sign_in(world.chief)
    address = f"/mine/complaints/{complaint.id}"
    before = owner.get(address).status_code
    world.rule(complaint, "uphold")

    page = owner.get(address).text
    data = {"seen": complaint.revision, "text": "我们有许可合同。"}
    answers = [owner.post(address, data=data).status_code for _ in range(2)]
    stranger = sign_in(reporter).get(address).status_code

    assert before == 404  # nothing has been done about it yet
    assert NOTE in page
    assert reporter.name not in page
    assert answers == [303, 409]
    assert stranger == 404
    assert complaint.state == "appealed"
    (concerned,) = notices("complaint.concerns")
    assert concerned.person_id == world.chief.id
    (ruled,) = notices("complaint.ruled")
    assert ruled.person_id == reporter.id
    assert NOTE in ruled.happened


def test_who_left_an_address_is_written_to(world: World) -> None:
    for nonce, contact in (("a", "someone@example.com"), ("b", "0635-8230000")):
        world.rule(world.file(nonce=nonce, contact=contact), "dismiss")
    (notice,) = notices("complaint.ruled")
    assert notice.address == "someone@example.com"


# State → whether the reporter is forgotten a year after the ruling: not while anything may follow.
FORGOTTEN = [
    (("dismiss",), True),
    (("hold",), False),
    (("uphold",), False),
    (("uphold", "appeal"), False),
    (("uphold", "appeal", "overturn"), True),
]


@pytest.mark.parametrize(("ways", "forgotten"), FORGOTTEN)
def test_who_reported_is_removed_a_year_after_the_ruling(
    ways: tuple[str, ...], forgotten: bool, world: World
) -> None:
    reporter = world.make.person("broker")
    row = world.file(by=reporter, contact="0635-8230000")
    for way in ways:
        if way == "appeal":
            deeds.appeal(row, seen=row.revision, text="权利是我们的。", by=world.chief)
        else:
            world.rule(row, way)
    for days, removed in ((364, 0), (366, int(forgotten))):
        row.ruled_at = now() - timedelta(days=days)
        db.session.commit()
        assert carry_out_retention()["complaint_reporter"] == removed
    db.session.expire_all()

    known = (row.contact_reply, row.reporter_id)
    expected = ("", None) if forgotten else ("0635-8230000", reporter.id)
    assert known == expected
    assert row.text == TEXT


def test_a_suspended_organisation_is_heard(world: World) -> None:
    # Of a person, whose complaint may have the number of the organisation.
    profile = Complaint(id=world.firm.id, thing_kind="profile", thing_id=world.operator.id)  # fmt: skip
    rows = [world.file(), world.file(f"/organisations/{world.firm.id}")]
    for row in rows:
        world.rule(row, "hold")
    suspend_organisation(world.firm, note="收到冒用名义的举报。", by=world.operator)
    plain = world.make.person("firm", world.firm)
    assert not may(world.chief, "complaint.answer", profile)
    assert queries.concerning(world.chief) == rows
    assert int(queries.concerning_count(world.chief)) == 2
    for row in rows:
        assert not may(plain, "complaint.answer", row)
        deeds.appeal(row, seen=row.revision, text="权利是我们的。", by=world.chief)


def test_the_copy_of_a_reporter_holds_it_and_a_closed_account_leaves_no_contact(
    world: World,
) -> None:
    reporter = world.make.person("broker")
    row = world.file(by=reporter, contact="0635-8230000")
    world.rule(row, "hold")
    seen = row.revision
    deeds.appeal(row, seen=seen, text="权利是我们的。", by=world.chief)
    # Pressed twice: they have said it, nobody else was quicker.
    with pytest.raises(NotNow, match="已经说明过一次"):
        deeds.appeal(row, seen=seen, text="权利是我们的。", by=world.chief)

    copy = contributions.personal_copy(reporter)
    others = contributions.personal_copy(world.chief)

    assert [one["联系方式"] for one in copy["提交的举报"]] == ["0635-8230000"]
    # Whom it concerns does not learn who reported.
    assert others["提交的举报"] == []
    assert [one["说明"] for one in others["对举报的说明"]] == ["权利是我们的。"]
    close_own_account(reporter, password="a-long-enough-password")
    assert (row.contact_reply, row.text) == ("", TEXT)
    held = db.select(Withheld.text).where(Withheld.text.contains("8230000"))
    assert db.session.scalars(held).all() == []


@pytest.mark.parametrize("case", ["own organisation", "own report", "owner", "guest"])
def test_nobody_rules_on_what_concerns_them(case: str, world: World) -> None:
    ruler: Any = world.make.person("operator", world.firm)
    complaint = world.file(by=Guest())
    if case == "own report":
        ruler = world.make.person("operator")
        complaint = world.file(nonce="own", by=ruler)
    elif case == "owner":
        ruler = world.chief
    elif case == "guest":
        ruler = Guest()
    for deed in ("hold", "uphold", "dismiss"):
        with pytest.raises(NotAllowed):
            world.rule(complaint, deed, by=ruler)
    assert complaint.state == "received"


@pytest.mark.parametrize("state", COMPLAINT_LIFE.states)
def test_every_deed_in_every_state(state: str, world: World) -> None:
    for number, deed in enumerate(("hold", "uphold", "dismiss", "confirm", "overturn")):
        complaint = world.file("/search", nonce=f"{state}{number}")
        complaint.ruling = NOTE
        complaint.appealed_at = now()
        complaint.state = state
        db.session.commit()
        if COMPLAINT_LIFE.can(state, deed):
            world.rule(complaint, deed)
            assert complaint.state == COMPLAINT_LIFE.moves[state, deed]
            continue
        with pytest.raises(NotNow):
            world.rule(complaint, deed)
        assert complaint.state == state


def test_a_ruling_needs_a_reason_and_the_present_revision(world: World) -> None:
    complaint = world.file()
    with pytest.raises(Invalid):
        deeds.hold(complaint, seen=complaint.revision, note=" ", by=world.operator)
    with pytest.raises(Stale):
        deeds.hold(complaint, seen=0, note=NOTE, by=world.operator)
    assert world.row.state == "published"


def test_two_complaints_about_one_thing_are_both_dismissed_before_it_is_back(
    world: World,
) -> None:
    first, second = world.file(nonce="1"), world.file(nonce="2")
    for one in (first, second):
        world.rule(one, "hold")

    world.rule(first, "dismiss")
    between = world.row.state
    world.rule(second, "dismiss")

    assert (between, world.row.state) == ("suspended", "published")


def test_an_organisation_and_people_are_hidden_everywhere(
    world: World, client: FlaskClient
) -> None:
    broker = world.make.broker(world.make.organisation(kind="service_body"))
    firm = f"/organisations/{world.firm.id}"
    complaint = world.file(firm)
    about_broker = deeds.file_complaint(
        Subject("broker", broker.id, 0, broker.name, "/brokers"),
        nonce="b", reason="false", text=TEXT, by=Guest(),
    )[0]  # fmt: skip
    before = client.get(firm).status_code, broker.name in client.get("/brokers").text

    world.rule(complaint, "hold")
    world.rule(about_broker, "hold")
    during = client.get(firm).status_code, broker.name in client.get("/brokers").text
    world.rule(complaint, "dismiss")
    world.rule(about_broker, "dismiss")
    after = client.get(firm).status_code, broker.name in client.get("/brokers").text

    assert (before, during, after) == ((200, True), (404, False), (200, True))


def test_who_is_hidden_is_not_counted_either(world: World) -> None:
    university = world.make.organisation(kind="university")
    person = world.make.researcher(
        world.make.person("desk", university), desk_public=True
    )
    complaint = deeds.file_complaint(
        Subject("profile", person.id, 0, person.name, f"/people/{person.id}"),
        nonce="p", reason="false", text=TEXT, by=Guest(),
    )[0]  # fmt: skip

    def listed() -> tuple[int, bool, list[str]]:
        known = profile_queries.institutions_listed()
        desk = profile_queries.desk_names(university.id)
        count = profile_queries.researchers_of(university.id)
        return count, university.id in known, desk

    before = listed()
    world.rule(complaint, "hold")
    during = listed()
    world.rule(complaint, "dismiss")

    # The page of the university would lead to an empty directory.
    shown = (1, True, [person.name])
    assert (before, during, listed()) == (shown, (0, False, []), shown)


def test_a_line_of_a_list_stays_with_a_mark(world: World, client: FlaskClient) -> None:
    days = {"since": today() - timedelta(days=300), "until": today()}
    proof = begin_proof("demand", None, days, by=world.operator)
    lines = choose_lines(proof).fingerprint
    issue = publish_proof(
        proof, seen=proof.revision, fingerprint=lines, by=world.operator
    )
    path = f"/lists/{issue.id}"
    data = form_of(client, path)
    wrong = client.post("/complaints/new", data=data | {"line": "99"})
    done = client.post("/complaints/new", data=data | {"line": "1"})
    complaint = db.session.scalars(db.select(Complaint)).one()
    title = issue.as_read.rows[0][0]

    world.rule(complaint, "hold")

    page = client.get(path).text
    assert (wrong.status_code, done.status_code) == (422, 303)
    assert "没有第 99 项" in wrong.text
    assert title not in page
    assert "被举报，暂停展示" in page
    whole = world.file(path, nonce="whole")
    world.rule(whole, "hold")
    for address in (path, f"{path}.json", f"{path}/json"):
        assert client.get(address).status_code == 404
    assert issue.title not in client.get("/lists").text


def test_the_queue_has_a_clock_and_names_who_else_looks(
    world: World, sign_in: SignIn
) -> None:
    late = world.file()
    late.created_at = now() - timedelta(days=40)
    db.session.commit()
    other = world.make.person("operator")
    address = f"/office/complaints/{late.id}"
    sign_in(other).get(address)
    browser = sign_in(world.operator)

    queue = browser.get("/office/review?tray=complaints").text
    page = browser.get(address).text

    assert late.number in queue
    assert "已超过期限" in queue
    assert other.name in page


def test_what_nobody_answers_is_taken_down(world: World) -> None:
    complaint = world.file()
    world.rule(complaint, "uphold")
    assert deeds.settle_unanswered() == 0
    complaint.ruled_at = now() - timedelta(days=40)
    db.session.commit()

    assert deeds.settle_unanswered() == 1

    assert (complaint.state, world.row.state) == ("confirmed", "withdrawn")


def test_two_who_rule_at_once_are_one_ruling(tmp_path: Path, migrated: str) -> None:
    with committing_site(tmp_path, migrated) as site:
        world = World(Factory(db.session))
        number = world.file().id
        people = [world.operator.id, world.make.person("operator").id]
        db.session.remove()

        def rule(deed: str, person_id: int) -> Racer:
            def race() -> Callable[[], object]:

                row = db.session.get(Complaint, number)
                person = db.session.get(Person, person_id)
                assert row is not None
                decide = getattr(deeds, deed)
                seen = row.revision
                return lambda: decide(row, seen=seen, note=NOTE, by=person)

            return race

        outcomes = at_once(site, rule("hold", people[0]), rule("dismiss", people[1]))

        assert outcomes.count("done") == 1
        assert sum(isinstance(one, (Stale, NotNow)) for one in outcomes) == 1
        row = db.session.get(Complaint, number)
        assert row is not None
        held = row.state == "held"
        assert row.subject.listing is not None
        assert row.subject.listing.state == ("suspended" if held else "published")
