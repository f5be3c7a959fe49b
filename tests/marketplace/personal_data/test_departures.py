"""A contact does not outlive the account of its person: every listing, surface and reader."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import load_workbook

from marketplace.accounts import contact_consents, passwords, person_deeds
from marketplace.accounts.child_models import PastPassword
from marketplace.accounts.models import Person
from marketplace.audit.models import Entry, Withheld
from marketplace.clock import now
from marketplace.lifecycle import History
from marketplace.listings import deeds as listing_deeds
from marketplace.memberships import deeds as membership_deeds
from marketplace.memberships.models import Invitation
from marketplace.notices.deeds import ERASED
from marketplace.notices.models import Notice
from marketplace.organisations import deeds as organisation_deeds
from marketplace.personal_data.deeds import close_own_account, finish_erasures
from tests.factories import DEMAND, Factory
from tests.marketplace.desk.pressing import filled

SignIn = Callable[..., FlaskClient]
PASSWORD = "a-long-enough-password"
NAME, MOBILE, DESK_PHONE = "闻人远航", "13906350417", "0635-7712345"
TITLE = "轴承异音攻关（离开的人）"


def _leaving(make: Factory, organisation: Any, **values: Any) -> Person:
    person = make.person("firm", organisation)
    person.name, person.mobile = NAME, f"+86{MOBILE}"
    for key, value in values.items():
        setattr(person, key, value)
    make.session.commit()
    person_deeds.set_consent(person, contact_consents.PUBLISH, given=True)
    return person


def _listing(make: Factory, writer: Person | None, owner: Any, **contact: str) -> Any:
    row = make.demand(TITLE, owner=owner, **contact)
    if writer is not None:
        row.owner_id = writer.id
        make.session.commit()
    return row


# (name, phone, mail, who typed it: the leaver, a colleague, a list), whether it is theirs.
# Awkward on purpose: spelling, several people in a cell, namesakes, desks.
CONTACTS = [
    (NAME, DESK_PHONE, "", "leaver", True),
    ("技术部", MOBILE, "", "leaver", True),
    ("技术部", "", "OWN", "leaver", True),
    ("技术部", "", "own", "leaver", True),
    ("技术部", DESK_PHONE, "", "leaver", False),
    ("科技处成果转化科", DESK_PHONE, "kjc@lcu.example", "leaver", False),
    ("高老师", DESK_PHONE, "", "leaver", True),
    ("技术部", "13500001111", "", "leaver", True),
    (f"{NAME}、李四", f"{DESK_PHONE}；0635-8800000", "", "colleague", True),
    (f"{NAME} 工程师", DESK_PHONE, "", "list", True),
    ("技术部", f"{DESK_PHONE}；{MOBILE}", "", "colleague", True),
    ("技术部", "", "own", "list", True),
    ("李四", "13500001111", "", "colleague", False),
    ("王五", DESK_PHONE, "wangwu@lcu.example", "list", False),
]


@pytest.mark.parametrize(("name", "phone", "mail", "typed_by", "theirs"), CONTACTS)
def test_what_is_theirs_goes_and_leaves_the_public(
    name: str, phone: str, mail: str, typed_by: str, theirs: bool, make: Factory
) -> None:
    firm = make.organisation()
    chief = make.person("firm", firm, administers=True)
    person = _leaving(make, firm)
    writers = {"leaver": person, "colleague": make.person("firm", firm)}
    address = {"own": person.email, "OWN": person.email.upper()}.get(mail, mail)
    row = _listing(
        make,
        writers.get(typed_by),
        firm,
        contact_name=name,
        contact_phone=phone,
        contact_email=address,
    )
    before = (name, phone, address)

    close_own_account(person, password=PASSWORD)
    make.session.expire_all()

    after = (row.contact_name, row.contact_phone, row.contact_email)
    assert after == (("", "", "") if theirs else before)
    assert row.state == ("suspended" if theirs else "published")
    # What they typed is looked after by somebody who can answer for it, and agree to its being shown.
    if typed_by == "leaver":
        assert row.owner_id == chief.id
    about = sa.select(Notice.person_id).where(Notice.kind == "listing.contact_gone")
    assert list(make.session.scalars(about)) == ([chief.id] if theirs else [])


def test_another_organisations_namesake_stays(make: Factory) -> None:
    firm, other = make.organisation(), make.organisation()
    make.person("firm", firm, administers=True)
    row = _listing(make, None, other, contact_name=NAME, contact_phone=DESK_PHONE)

    close_own_account(_leaving(make, firm), password=PASSWORD)
    make.session.expire_all()

    assert (row.contact_name, row.state) == (NAME, "published")


STATES = {
    "draft": "draft",
    "submitted": "draft",
    "returned": "returned",
    "published": "suspended",
    "suspended": "suspended",
    "expired": "expired",
    "closed": "closed",
    "withdrawn": "withdrawn",
    "rejected": "rejected",
    "archived": "archived",
}


@pytest.mark.parametrize("state", STATES)
def test_in_every_state_the_contact_goes(state: str, make: Factory) -> None:
    firm = make.organisation()
    make.person("firm", firm, administers=True)
    person = _leaving(make, firm)
    row = make.demand(TITLE, owner=firm, state=state, contact_name=NAME)

    close_own_account(person, password=PASSWORD)
    make.session.expire_all()

    assert (row.contact_name, row.contact_phone) == ("", "")
    assert row.state == STATES[state]


def test_one_in_review_goes_back(make: Factory) -> None:
    firm = make.organisation()
    chief = make.person("firm", firm, administers=True)
    row = make.demand(TITLE, owner=firm, state="submitted", contact_name=NAME)
    row.life.move(row, "take", by=None)
    make.session.commit()

    close_own_account(_leaving(make, firm), password=PASSWORD)
    make.session.expire_all()

    assert (row.state, row.contact_name) == ("returned", "")
    assert make.session.scalar(sa.select(Notice.id).where(Notice.person_id == chief.id))


SURFACES = (
    "/demands/{id}",
    "/demands/{id}/matches",
    "/search?kind=demand&q=轴承异音",
    "/suggest?q=闻人",
    "/organisations/{organisation}",
    "/mine",
    "/brokers",
    "/people",
    "/",
    "/sitemap.xml",
    "/search.xlsx?kind=demand&q=轴承异音",
)


def _text_of(answer: Any) -> str:
    if answer.mimetype.endswith("sheet"):
        book = load_workbook(io.BytesIO(answer.data))
        return str([list(sheet.values) for sheet in book])
    return str(answer.get_data(as_text=True))


@pytest.mark.parametrize(
    "role", ["guest", "other", "firm", "desk", "broker", "operator", "auditor"]
)
def test_no_reader_meets_them_on_any_surface(
    role: str, make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    firm = make.organisation()
    chief = make.person("firm", firm, administers=True)
    person = _leaving(make, firm)
    email = person.email
    row = _listing(
        make,
        person,
        firm,
        contact_name=NAME,
        contact_phone=MOBILE,
        contact_email=email,
    )
    readers = {
        "other": lambda: make.person("firm", make.organisation()),
        "firm": lambda: chief,
        "desk": lambda: make.person("desk", make.organisation(kind="university")),
        "broker": make.broker,
        "operator": lambda: make.person("operator"),
        "auditor": lambda: make.person("auditor"),
    }
    browser = client if role == "guest" else sign_in(readers[role]())
    before = _text_of(browser.get(f"/demands/{row.id}"))

    close_own_account(person, password=PASSWORD)

    assert row.title in before
    for surface in SURFACES:
        answer = browser.get(surface.format(id=row.id, organisation=firm.id))
        text = _text_of(answer)
        for value in (NAME, MOBILE, email, MOBILE[:4] + "****"):
            assert value not in text, surface
    # Only who may mend it meets the listing at all.
    status = browser.get(f"/demands/{row.id}").status_code
    assert status == (200 if role in ("firm", "operator") else 404)


def test_a_new_contact_shows_it_again_without_a_second_review(
    make: Factory, sign_in: SignIn, client: FlaskClient
) -> None:
    firm = make.organisation()
    chief = make.person("firm", firm, administers=True)
    person = _leaving(make, firm)
    row = _listing(make, person, firm, contact_name=NAME, contact_phone=MOBILE)
    close_own_account(person, password=PASSWORD)
    browser, address = sign_in(chief), f"/mine/demand/{row.id}/edit"

    task = browser.get("/mine").text
    page = browser.get(address).text
    without = browser.post(address, data=filled(page, deed="save"))
    form = filled(page, contact_name="技术部", contact_phone=DESK_PHONE, deed="save")
    saved = browser.post(address, data={**form, "publish_contact": "1"})
    make.session.expire_all()

    assert "写上新的联系人" in task
    assert (without.status_code, saved.status_code) == (422, 303)
    assert row.state == "published"
    reader = sign_in(make.person("firm", make.organisation()))
    assert DESK_PHONE in reader.get(f"/demands/{row.id}").text
    assert client.get(f"/demands/{row.id}").status_code == 200


def test_what_was_suspended_for_a_reason_of_its_own_stays_so(make: Factory) -> None:
    firm = make.organisation()
    chief = make.person("firm", firm, administers=True)
    row = make.demand(TITLE, owner=firm, state="suspended", contact_name=NAME)
    close_own_account(_leaving(make, firm), password=PASSWORD)
    values = {"contact_name": "技术部", "contact_phone": DESK_PHONE}

    listing_deeds.save(row, values, by=chief, seen=row.revision)

    assert row.state == "suspended"


def test_other_words_than_were_approved_are_not_shown_by_a_contact(
    make: Factory,
) -> None:
    firm = make.organisation()
    chief = make.person("firm", firm, administers=True)
    person = _leaving(make, firm)
    row = _listing(make, person, firm, contact_name=NAME, contact_phone=MOBILE)
    close_own_account(person, password=PASSWORD)
    values = {
        "title": "换过题目的需求",
        "contact_name": "技术部",
        "contact_phone": DESK_PHONE,
    }

    listing_deeds.save(row, values, by=chief, seen=row.revision)
    assert row.state == "suspended"
    # Nor by saving it once more.
    listing_deeds.save(row, {"contact_name": "销售部"}, by=chief, seen=row.revision)
    assert row.state == "suspended"


@pytest.mark.parametrize("deed", ["resume", "renew"])
def test_nothing_becomes_public_without_a_contact(deed: str, make: Factory) -> None:
    firm = make.organisation()
    make.person("firm", firm, administers=True)
    state = {"resume": "suspended", "renew": "expired"}[deed]
    row = make.demand(TITLE, owner=firm, state=state, contact_name=NAME)
    close_own_account(_leaving(make, firm), password=PASSWORD)

    with pytest.raises(Exception, match="内容不全") as refusal:
        getattr(listing_deeds, deed)(row, by=None, seen=row.revision)

    assert "联系" in refusal.value.advice
    assert row.state == state


def test_an_organisation_that_is_back_does_not_show_what_lost_its_contact(
    make: Factory,
) -> None:
    firm = make.organisation()
    chief = make.person("firm", firm, administers=True)
    person = _leaving(make, firm)
    row = _listing(make, person, firm, contact_name=NAME)
    other = make.demand("另一条需求（留下的）", owner=firm)
    organisation_deeds.suspend_organisation(firm, note="核对中", by=None)
    close_own_account(person, password=PASSWORD)
    make.session.expire_all()

    organisation_deeds.resume_organisation(firm, by=None)
    back = (row.state, other.state)
    values = {"contact_name": "技术部", "contact_phone": DESK_PHONE}
    listing_deeds.save(row, values, by=chief, seen=row.revision)

    assert back == ("suspended", "published")
    assert row.state == "published"


def test_an_organisation_that_is_back_does_not_show_what_nobody_approved(
    make: Factory,
) -> None:
    firm = make.organisation()
    row, other = make.demand(TITLE, owner=firm), make.demand("没有动过的", owner=firm)
    organisation_deeds.suspend_organisation(firm, note="核对中", by=None)
    helper = make.person("operator")
    values = {"title": "换过题目的需求"}
    listing_deeds.save(row, values, by=helper, seen=row.revision)

    organisation_deeds.resume_organisation(firm, by=helper)

    assert (row.state, other.state) == ("suspended", "published")
    listing_deeds.resume(row, by=make.person("operator"), seen=row.revision)
    assert row.state == "published"


def test_where_nobody_looks_after_the_people_who_writes_the_contact_does(
    make: Factory,
) -> None:
    firm = make.organisation()
    person, colleague = _leaving(make, firm), make.person("firm", firm)
    row = _listing(make, person, firm, contact_name=NAME, contact_phone=MOBILE)
    close_own_account(person, password=PASSWORD)
    make.session.expire_all()
    closed = row.owner_id
    values = {"contact_name": "技术部", "contact_phone": DESK_PHONE}

    listing_deeds.save(row, values, by=colleague, seen=row.revision)

    assert closed == person.id
    assert (row.owner_id, row.state) == (colleague.id, "published")


def test_a_sent_notice_of_a_colleague_names_them_no_longer(make: Factory) -> None:
    firm = make.organisation()
    chief = make.person("firm", firm, administers=True)
    person, other = _leaving(make, make.organisation()), make.person("firm")
    other.name = "欧阳留"
    for one in (person, other):
        membership_deeds.ask_to_join(firm, note="技术部", by=one)
    to_chief = sa.select(Notice).where(Notice.person_id == chief.id)
    for notice in make.session.scalars(to_chief):
        notice.message = f"写好的信：{notice.happened}"
        notice.state, notice.sent_at = "sent", now()
    make.session.commit()

    close_own_account(person, password=PASSWORD)
    make.session.expire_all()

    texts = [
        (one.subject, one.happened, one.message)
        for one in make.session.scalars(to_chief.order_by(Notice.id))
    ]
    assert texts[0] == (ERASED, ERASED, "")
    assert all(other.name in text for text in texts[1][:2])


def test_no_former_password_outlives_the_account(make: Factory) -> None:
    person, other = make.person("firm"), make.person("firm")
    for one in (person, other):
        passwords.note_password(one, one.password)
    make.session.commit()

    close_own_account(person, password=PASSWORD)

    left = make.session.scalars(sa.select(PastPassword.person_id)).all()
    assert left == [other.id]
    # As an earlier release left it: nobody changes the password of an account without one.
    make.session.add(PastPassword(person_id=person.id, password="argon2 of old"))
    make.session.commit()
    first, second = finish_erasures(), finish_erasures()
    left = make.session.scalars(sa.select(PastPassword.person_id)).all()
    assert (first, second, left) == (1, 0, [other.id])


def test_nothing_that_anybody_typed_of_them_is_left_in_the_database(
    make: Factory, app: Any
) -> None:
    firm, other = make.organisation(), make.organisation()
    chief = make.person("firm", firm, administers=True)
    asked = make.person("firm", other, administers=True)
    person = _leaving(make, firm)
    email = person.email
    membership_deeds.invite_person(other, email, place="member", by=asked)
    membership_deeds.ask_to_join(other, note="想参加", by=person)
    colleague = make.person("firm", firm)
    listing_deeds.create(
        "demand",
        {**DEMAND, "title": TITLE, "contact_name": NAME, "contact_phone": MOBILE},
        organisation=firm,
        by=colleague,
    )
    organisations = (firm.id, other.id)

    close_own_account(person, password=PASSWORD)
    make.session.expire_all()

    left = []
    for table in make.session.get_bind().dialect.get_table_names(
        make.session.connection()
    ):
        rows = make.session.execute(sa.text(f'select * from "{table}"')).all()  # noqa: S608
        for row in rows:
            if any(value in str(row) for value in (email, MOBILE)):
                left.append((table, row))
    # A letter that was written and not sent goes out as it is; in tests none is.
    assert left == []
    invitation = make.session.scalars(sa.select(Invitation)).one()
    assert invitation.revoked_at is not None
    assert organisations == (firm.id, other.id)
    assert chief.active


def test_histories_and_entries_name_invited_people_by_number(
    make: Factory, sign_in: SignIn
) -> None:
    firm = make.organisation()
    chief = make.person("firm", firm, administers=True)
    invited = make.person("firm", make.organisation())
    gone = make.person("firm", firm)
    first, _ = membership_deeds.invite_person(
        firm, "guest@else.example", place="member", by=chief
    )
    membership_deeds.revoke_invitation(first, by=chief)
    second, _ = membership_deeds.invite_person(
        firm, invited.email, place="member", by=chief
    )
    membership_deeds.take_invitation(second, by=invited)
    membership_deeds.change_place(
        gone.memberships[0], place="member", administers=True, by=chief
    )
    membership_deeds.remove_member(gone.memberships[0], by=chief)
    asking = make.person("firm", make.organisation())
    request = membership_deeds.ask_to_join(firm, by=asking)
    membership_deeds.accept_request(request, place="member", by=chief)
    again = membership_deeds.ask_to_join(
        firm, by=make.person("firm", make.organisation())
    )
    membership_deeds.decline_request(again, reason="不认识", by=chief)

    people = [chief, invited, gone, asking, again.person]
    texts = [*make.session.scalars(sa.select(Entry.text))]
    texts += make.session.scalars(sa.select(History.note))
    for value in ("guest@else.example", *(person.email for person in people)):
        assert not [text for text in texts if value in text]
    for person in people:
        assert not [text for text in texts if f'"{person.name}' in text]
    page = sign_in(make.person("operator")).get(f"/office/organisations/{firm.id}")
    assert f"{gone.name}（账号 {gone.id}）" in page.text


def test_an_erased_value_is_missing_from_the_audit_and_the_audit_says_so(
    make: Factory,
) -> None:
    firm = make.organisation()
    make.person("firm", firm, administers=True)
    person = _leaving(make, firm)
    colleague = make.person("firm", firm)
    listing_deeds.create(
        "demand",
        {**DEMAND, "title": TITLE, "contact_name": "技术部", "contact_phone": MOBILE},
        organisation=firm,
        by=colleague,
    )
    held = sa.select(Withheld).where(Withheld.text.contains(MOBILE))
    before = len(make.session.scalars(held).all())

    close_own_account(person, password=PASSWORD)

    assert before > 0
    assert make.session.scalars(held).all() == []
    # The colleague's other values stay: only what is of the leaver goes.
    kept = sa.select(Withheld.text).where(Withheld.subject == colleague.id)
    assert make.session.scalars(kept).all() != []
