"""Accounts as operators look after them: roles, stopping, resetting, what their owners are notified of."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.accounts.models import Person
from marketplace.accounts.queries import find_person
from marketplace.accounts.sessions import sessions_of
from marketplace.errors import Invalid, NotAllowed, NotNow
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.personal_data.queries import OWN_CONTACT
from marketplace.staff import deeds, queries
from tests.factories import Factory
from tests.marketplace.accounts.conftest import mailbox as mailbox
from tests.marketplace.accounts.mailbox import Mailbox

SignIn = Callable[..., FlaskClient]
PASSWORD = "Dongchang+7Lake"
PEOPLE = "/office/people"


@pytest.fixture
def operator(make: Factory) -> Person:
    return make.person("operator")


def notes_on(person: Person) -> list[tuple[str, str]]:
    """What was done to an account, as History has it."""
    query = db.select(History).filter_by(kind="person", thing_id=person.id)
    rows = db.session.scalars(query.order_by(History.id))
    return [(row.deed, row.note) for row in rows]


def last_mail(mailbox: Mailbox, to: str) -> str:
    """What the last mail to an address says."""
    texts = [
        text
        for receiver, text in zip(mailbox.receivers(), mailbox.texts(), strict=True)
        if receiver == to
    ]
    return texts[-1]


def test_a_second_operator_and_an_auditor_come_in_by_the_browser_alone(
    operator: Person, sign_in: SignIn, client: FlaskClient, mailbox: Mailbox
) -> None:
    desk = sign_in(operator)
    page = desk.get(PEOPLE)
    data = {"email": "shen.ji@lc.example", "name": "申纪", "role": "auditor"}
    given = desk.post(PEOPLE, data=data)
    link = mailbox.link("/reset/")
    set_up = client.post(
        link, data={"password": PASSWORD, "password_confirm": PASSWORD}
    )
    entered = client.post(
        "/login", data={"email": "shen.ji@lc.example", "password": PASSWORD}
    )

    assert page.status_code == 200
    assert given.status_code == 303
    # The link is the owner's: nobody at the desk could sign in as them.
    assert "/reset/" not in desk.get(given.location).text
    assert set_up.status_code in (302, 303)
    assert entered.status_code in (302, 303)
    assert client.get("/audit").status_code == 200
    person = find_person("shen.ji@lc.example")
    assert person.role_names == {"auditor"}
    assert {("add", ""), ("role", "auditor")} <= {*notes_on(person)}


AWKWARD = [
    ({"email": "", "name": "申纪", "role": "auditor"}, "邮箱"),
    ({"email": "no address", "name": "申纪", "role": "auditor"}, "邮箱"),
    ({"email": "x@lc.example", "name": " ", "role": "auditor"}, "姓名"),
    ({"email": "x@lc.example", "name": "申" * 41, "role": "auditor"}, "姓名"),
    ({"email": "x@lc.example", "name": "申纪", "role": ""}, "选一个角色"),
    ({"email": "x@lc.example", "name": "申纪", "role": "broker"}, "选一个角色"),
]


@pytest.mark.parametrize(("data", "words"), AWKWARD)
def test_what_is_wrong_is_said_and_nobody_is_made(
    operator: Person, sign_in: SignIn, data: dict[str, str], words: str
) -> None:
    answer = sign_in(operator).post(PEOPLE, data=data)

    assert answer.status_code == 422
    summary = re.search(r'class="error-summary".*?</div>', answer.text, re.S)
    assert words in summary[0]  # type: ignore[index]
    assert find_person("x@lc.example") is None


def test_nobody_runs_and_audits_the_site_at_once(
    operator: Person, make: Factory, sign_in: SignIn
) -> None:
    auditor, other = make.person("auditor"), make.person("operator")
    values = {"name": "", "by": operator}

    for person, role in (
        (auditor, "operator"),
        (other, "auditor"),
        (other, "operator"),
        (operator, "auditor"),
        (make.broker(make.organisation()), "auditor"),
    ):
        before = person.role_names
        with pytest.raises(NotNow):
            deeds.add_staff(person.email, role=role, **values)
        assert person.role_names == before
    data = {"email": auditor.email, "role": "operator"}
    answer = sign_in(operator).post(PEOPLE, data=data)
    assert answer.status_code == 409
    assert "由不同的人担任" in answer.text


def test_no_organisation_loses_its_last_administrator_to_the_audit(
    operator: Person, make: Factory
) -> None:
    firm = make.organisation()
    person = make.person("firm", firm, administers=True)
    values = {"name": "", "role": "auditor", "by": operator}

    with pytest.raises(NotNow, match="最后一位管理员"):
        deeds.add_staff(person.email, **values)
    assert person.role_names == set()
    make.person("firm", firm, administers=True)
    deeds.add_staff(person.email, **values)
    assert person.role_names == {"auditor"}


def test_who_has_an_account_signs_in_again_with_the_role(
    operator: Person, make: Factory, sign_in: SignIn, mailbox: Mailbox
) -> None:
    firm = make.organisation()
    person = make.person("firm", firm)
    before = sign_in(person)
    deeds.add_staff(person.email.upper(), name="", role="operator", by=operator)

    assert person.role_names == {"operator"}
    assert person.place_in(firm.id) is not None
    assert before.get("/mine").status_code == 302
    assert "请重新登录" in last_mail(mailbox, person.email)
    assert sign_in(person).get("/office/review").status_code == 200


def test_who_registered_the_address_of_another_gets_no_role(
    operator: Person,
    make: Factory,
    sign_in: SignIn,
    client: FlaskClient,
    mailbox: Mailbox,
) -> None:
    person = make.person("firm")
    person.confirmed_at = None
    make.session.commit()
    data = {"email": person.email, "role": "operator"}
    assert sign_in(operator).post(PEOPLE, data=data).status_code == 303
    stranger = {"email": person.email, "password": "a-long-enough-password"}
    link = mailbox.link("/reset/")
    client.post(link, data={"password": PASSWORD, "password_confirm": PASSWORD})

    assert client.post("/login", data=stranger).status_code == 200
    owner = stranger | {"password": PASSWORD}
    assert client.post("/login", data=owner).status_code == 302


def test_a_role_is_taken_with_a_reason(
    operator: Person, make: Factory, sign_in: SignIn, mailbox: Mailbox
) -> None:
    other = make.person("operator")
    inside, desk = sign_in(other), sign_in(operator)
    address = f"{PEOPLE}/{other.id}/take/operator"
    silent = desk.post(address, data={"operator-reason": "x"})
    taken = desk.post(address, data={"operator-reason": "调离岗位"})
    again = desk.post(address, data={"operator-reason": "调离岗位"})

    assert (silent.status_code, taken.status_code, again.status_code) == (422, 303, 409)
    assert "写明原因" in silent.text
    assert other.role_names == frozenset()
    assert other.active
    assert inside.get("/office/review").status_code == 302
    assert sign_in(other).get("/office/review").status_code == 403
    assert "调离岗位" in last_mail(mailbox, other.email)
    assert desk.post(f"{PEOPLE}/{other.id}/take/broker").status_code == 409


def test_an_account_is_stopped_and_opened_again(
    operator: Person,
    make: Factory,
    sign_in: SignIn,
    client: FlaskClient,
    mailbox: Mailbox,
) -> None:
    person = make.person("firm", make.organisation())
    desk, inside = sign_in(operator), sign_in(person)
    address = f"{PEOPLE}/{person.id}"
    form = {"email": person.email, "password": "a-long-enough-password"}
    stopped = desk.post(f"{address}/stop", data={"reason": "账号被盗用"})
    refused = client.post("/login", data=form)
    page = desk.get(address).text
    too_early = desk.post(f"{address}/reset")

    assert stopped.status_code == 303
    assert inside.get("/mine").status_code == 302
    assert "已停用" in refused.text
    # Notified, though nothing else is sent to a stopped account.
    assert "账号被盗用" in last_mail(mailbox, person.email)
    assert "恢复账号" in page
    assert too_early.status_code == 409
    assert desk.post(f"{address}/open").status_code == 303
    assert client.post("/login", data=form).status_code == 302
    assert desk.post(f"{address}/open").status_code == 409
    assert ("deactivate", "账号被盗用") in notes_on(person)


def test_a_reset_sends_the_link_to_the_mailbox_alone(
    operator: Person,
    make: Factory,
    sign_in: SignIn,
    client: FlaskClient,
    mailbox: Mailbox,
) -> None:
    person = make.person("firm", make.organisation())
    desk = sign_in(operator)
    form = {"seen": queries.login_mark(person)}
    answer = desk.post(f"{PEOPLE}/{person.id}/reset", data=form)
    again = desk.post(f"{PEOPLE}/{person.id}/reset", data=form)
    link = mailbox.link("/reset/")
    client.post(link, data={"password": PASSWORD, "password_confirm": PASSWORD})
    form = {"email": person.email}

    assert answer.status_code == 303
    assert "/reset/" not in answer.text
    # Pressed twice: a second mail would have made the link of the first one worthless.
    assert again.status_code == 409
    assert "已经重置过" in again.text
    old = client.post("/login", data=form | {"password": "a-long-enough-password"})
    assert old.status_code == 200
    assert client.post("/login", data=form | {"password": PASSWORD}).status_code == 302


def test_nobody_does_it_to_themselves(operator: Person, sign_in: SignIn) -> None:
    desk = sign_in(operator)
    address = f"{PEOPLE}/{operator.id}"

    for path, data in (
        ("take/operator", {"operator-reason": "不干了"}),
        ("stop", {"reason": "不干了"}),
        ("reset", {}),
    ):
        answer = desk.post(f"{address}/{path}", data=data)
        assert answer.status_code == 409, path
        assert "另一位运营人员" in answer.text
    assert operator.active
    assert operator.role_names == {"operator"}
    page = desk.get(address).text
    assert "停用账号" not in page
    assert len(sessions_of(operator)) == 1


def test_who_lost_the_role_a_moment_ago_decides_nothing(
    operator: Person, make: Factory
) -> None:
    other = make.person("operator")
    deeds.take_role(other, "operator", reason="调离岗位", by=operator)

    with pytest.raises(NotAllowed):
        deeds.take_role(operator, "operator", reason="报复一下", by=other)
    with pytest.raises(NotAllowed):
        deeds.add_staff("x@lc.example", name="某人", role="operator", by=other)
    assert operator.role_names == {"operator"}
    with pytest.raises(Invalid):
        deeds.stop_account(other, reason="", by=operator)


def test_accounts_are_found_and_a_look_is_shown_to_its_owner(
    operator: Person, make: Factory, sign_in: SignIn
) -> None:
    firm = make.organisation("临清寻人轴承厂（示例）")
    person = make.person("firm", firm)
    gone = make.person("firm", firm)
    gone.email = "closed-1-x@closed.invalid"
    person.mobile = "+8613900139999"
    make.session.commit()
    desk = sign_in(operator)
    for typed in ("13900139999", "１３９ ００１３ ９９９９", "+8613900139999"):
        assert queries.find_people(typed, 1).people == [person]
    found = desk.get(f"{PEOPLE}?q=寻人轴承")
    listed = queries.find_people("寻人轴承", 9)
    one = desk.get(f"{PEOPLE}/{person.id}").text
    mine = sign_in(person).get("/account/data").text

    assert [row.id for row in listed.people] == [person.id]
    assert (listed.page, listed.pages, listed.total) == (1, 1, 1)
    # In the list nobody's address is whole.
    assert person.email not in found.text
    assert person.name in found.text
    assert person.email in one
    assert OWN_CONTACT in mine
    assert desk.get(f"{PEOPLE}/{gone.id}").status_code == 404
    for text in ("%", "__", "x", "' or 1=1", "\U0001f600\U0001f600"):
        answer = desk.get(PEOPLE, query_string={"q": text})
        assert answer.status_code == 200
        assert person.name not in answer.text
    own = desk.get(f"{PEOPLE}/{operator.id}").text
    assert operator.email in own
    assert OWN_CONTACT not in sign_in(operator).get("/account/data").text


@pytest.mark.parametrize("who", ["auditor", "firm", "broker"])
def test_nobody_else_sees_or_changes_accounts(
    who: str, make: Factory, sign_in: SignIn
) -> None:
    person: Any = make.person("firm", make.organisation())
    if who == "auditor":
        person = make.person("auditor")
    elif who == "broker":
        person = make.broker(make.organisation())
    target = make.person("operator")
    browser = sign_in(person)

    assert browser.get(PEOPLE).status_code == 403
    assert browser.get(f"{PEOPLE}/{target.id}").status_code == 403
    for path in ("", f"/{target.id}/take/operator", f"/{target.id}/stop"):
        assert browser.post(f"{PEOPLE}{path}").status_code == 403
    assert target.role_names == {"operator"}
    assert target.active
