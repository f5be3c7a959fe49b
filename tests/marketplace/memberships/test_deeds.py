"""Joining, founding, inviting and leaving: who may, what is refused, and that somebody always administers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from marketplace.accounts import granting, person_deeds
from marketplace.clock import now
from marketplace.errors import Invalid, NotAllowed, NotFound, NotNow
from marketplace.memberships import deeds, queries
from marketplace.notices.models import Notice
from marketplace.organisations import deeds as organisation_deeds
from marketplace.staff import deeds as staff_deeds
from tests.factories import Factory, new_uscc


def test_who_founds_an_organisation_looks_after_its_people(
    make: Factory, session: Any
) -> None:
    founder, lecturer = make.person("firm"), make.person("firm")

    firm = deeds.found_organisation(
        "临清新来的轴承厂（示例）",
        uscc=new_uscc(),
        kind="firm",
        district_code="371581",
        by=founder,
    )
    institute = deeds.found_organisation(
        "聊城新来的研究院（示例）",
        uscc=new_uscc(),
        kind="institute",
        district_code=None,
        by=lecturer,
    )

    of_firm, of_institute = founder.place_in(firm.id), lecturer.place_in(institute.id)
    assert firm.state == institute.state == "unverified"
    assert (of_firm.role, of_firm.is_administrator) == ("member", True)
    assert (of_institute.role, of_institute.is_administrator) == ("desk", True)
    assert founder.verified_ids == frozenset()


def test_a_known_organisation_is_never_founded_twice(make: Factory) -> None:
    known, founder = make.organisation("临清第一轴承厂（示例）"), make.person("firm")
    other_code = new_uscc()

    for name, code in (
        ("换了名字的厂", known.uscc),
        ("临清 第一轴承厂(示例)", known.uscc),
        ("临清第一轴承厂（示例）", other_code),
    ):
        with pytest.raises(NotNow, match="没有重复登记"):
            deeds.found_organisation(
                name, uscc=code, kind="firm", district_code=None, by=founder
            )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "（）"}, "name"),
        ({"name": "长" * 121}, "name"),
        ({"uscc": "91371502DEMA00137K"}, "uscc"),
        ({"uscc": ""}, "uscc"),
        ({"kind": "operator"}, "kind"),
        ({"kind": "bank"}, "kind"),
    ],
)
def test_what_cannot_be_founded(
    change: dict[str, str], field: str, make: Factory
) -> None:
    values = {"name": "新厂（示例）", "uscc": new_uscc(), "kind": "firm", **change}

    with pytest.raises(Invalid) as refused:
        deeds.found_organisation(
            values["name"],
            uscc=values["uscc"],
            kind=values["kind"],
            district_code=None,
            by=make.person("firm"),
        )

    assert field in refused.value.problems


def test_a_request_is_decided_once_by_an_administrator(make: Factory) -> None:
    firm = make.organisation()
    chief = make.person("firm", firm, administers=True)
    colleague, stranger = make.person("firm", firm), make.person("firm")
    asker = make.person("firm")
    request = deeds.ask_to_join(firm, note="技术部", by=asker)

    assert queries.unattended_requests() == []
    for nobody in (colleague, stranger, asker):
        with pytest.raises(NotAllowed):
            deeds.accept_request(request, place="member", by=nobody)
    with pytest.raises(NotNow, match="已经申请"):
        deeds.ask_to_join(firm, by=asker)
    with pytest.raises(Invalid, match="身份"):
        deeds.accept_request(request, place="desk", by=chief)
    deeds.accept_request(request, place="member", by=chief)
    with pytest.raises(NotNow):
        deeds.decline_request(request, reason="来晚了", by=chief)
    with pytest.raises(NotNow, match="已经在"):
        deeds.ask_to_join(firm, by=asker)

    assert asker.handled_ids == {firm.id}


def test_without_an_administrator_the_operators_decide(make: Factory) -> None:
    firm, operator, asker = (
        make.organisation(),
        make.person("operator"),
        make.person("firm"),
    )
    request = deeds.ask_to_join(firm, by=asker)

    waiting = queries.unattended_requests()
    with pytest.raises(Invalid, match="原因"):
        deeds.decline_request(request, reason=" ", by=operator)
    deeds.accept_request(request, place="member", administers=True, by=operator)

    assert waiting == [request]
    assert int(queries.unattended_count()) == 0
    assert asker.administered_ids == {firm.id}


def test_an_organisation_never_loses_its_last_administrator(make: Factory) -> None:
    firm = make.organisation()
    first = make.person("firm", firm, administers=True)
    second = make.person("firm", firm)
    place, other = first.place_in(firm.id), second.place_in(firm.id)

    with pytest.raises(NotNow, match="最后一位"):
        deeds.leave_organisation(firm, by=first)
    with pytest.raises(NotNow, match="最后一位"):
        deeds.change_place(place, place="member", administers=False, by=first)
    with pytest.raises(NotNow, match="最后一位"):
        deeds.remove_member(place, by=first)
    deeds.change_place(other, place="member", administers=True, by=first)
    deeds.leave_organisation(firm, by=first)
    with pytest.raises(NotNow, match="最后一位"):
        deeds.remove_member(other, by=second)

    # Not even the operators send the last one away; who is alone goes when they know what follows.
    with pytest.raises(Invalid, match="只有您一位"):
        deeds.leave_organisation(firm, by=second)

    assert first.organisation_ids == frozenset()
    assert [one.person_id for one in queries.people_of(firm)] == [second.id]


def test_an_organisation_that_everybody_left_is_hidden_until_somebody_comes(
    make: Factory,
) -> None:
    firm, operator = make.organisation(), make.person("operator")
    last, stopped = make.person("firm", firm, administers=True), make.person("firm", firm)  # fmt: skip
    next_one = make.person("firm")
    # Who cannot sign in is nobody to hand it over to.
    stopped.active = False
    listing = make.demand(owner=firm)
    _, token = deeds.invite_person(firm, next_one.email, place="member", by=last)
    seen = []

    for come in (
        lambda: deeds.take_invitation(deeds.opened_invitation(token), by=next_one),
        lambda: deeds.accept_request(
            deeds.ask_to_join(firm, by=last),
            place="member",
            administers=True,
            by=operator,
        ),
        # Who could not sign in has a place all the while, and nobody to object or to ask.
        lambda: staff_deeds.open_account(stopped, by=operator),
    ):
        deeds.leave_organisation(
            firm, sure=True, by=last if last.place_in(firm.id) else next_one
        )
        seen.append((firm.state, listing.state))
        come()
        seen.append((firm.state, listing.state))

    assert seen == [("suspended", "suspended"), ("verified", "published")] * 3
    # What the operators suspend themselves comes back by them alone.
    organisation_deeds.suspend_organisation(firm, note="核查中", by=operator)
    deeds.leave_organisation(firm, sure=True, by=stopped)
    with pytest.raises(NotNow, match="暂停"):
        deeds.ask_to_join(firm, by=next_one)
    # One that was never verified has nothing to hide.
    new = make.organisation(verified=False)
    granting.give_place(last, new, "member", administers=True)
    deeds.leave_organisation(new, by=last)
    assert (new.state, new.waiting_since) == ("unverified", None)


def test_an_invitation_is_for_one_address_and_one_use(make: Factory) -> None:
    university = make.organisation("聊城示范学院（示例）", kind="university")
    chief = make.person("desk", university, administers=True)
    invited, other = make.person("firm"), make.person("firm")
    row, token = deeds.invite_person(
        university, f" {invited.email.upper()} ", place="researcher", by=chief
    )

    opened = deeds.opened_invitation(token)
    with pytest.raises(NotAllowed, match="发给"):
        deeds.take_invitation(opened, by=other)
    deeds.take_invitation(opened, by=invited)
    with pytest.raises(NotFound):
        deeds.opened_invitation(token)
    with pytest.raises(NotNow):
        deeds.take_invitation(opened, by=invited)

    assert opened is row
    assert invited.place_in(university.id).role == "researcher"
    assert token not in row.digest


def test_the_last_invitation_counts_and_none_outlives_its_place(make: Factory) -> None:
    university = make.organisation("聊城示范学院（示例）", kind="university")
    elsewhere = make.organisation("另一家学院（示例）", kind="university")
    chief = make.person("desk", university, administers=True)
    invited, asking = make.person("firm"), make.person("firm")
    values = {"place": "researcher", "by": chief}
    first, token = deeds.invite_person(university, invited.email, **values)
    # A second press of the same button would make the link useless that is in the mail.
    with pytest.raises(NotNow, match="刚才已经"):
        deeds.invite_person(university, invited.email, **values)
    second, _ = deeds.invite_person(
        university, invited.email, **values | {"place": "desk"}
    )
    other, _ = deeds.invite_person(
        elsewhere, invited.email, place="researcher", by=make.person("operator")
    )

    with pytest.raises(NotFound):
        deeds.opened_invitation(token)
    assert queries.invitations_to(invited) == [second, other]
    deeds.take_invitation(second, by=invited)
    assert invited.place_in(university.id).role == "desk"
    assert queries.invitations_to(invited) == [other]
    # Who is let in by their request needs the link no more.
    row, _ = deeds.invite_person(university, asking.email, **values)
    request = deeds.ask_to_join(university, by=asking)
    deeds.accept_request(request, place="researcher", by=chief)
    assert queries.invitations_to(asking) == []
    assert row.used_at is None


@pytest.mark.parametrize("end", ["revoked", "over", "forged", "torn", "empty"])
def test_what_no_longer_opens_a_place(end: str, make: Factory, session: Any) -> None:
    firm = make.organisation()
    chief = make.person("firm", firm, administers=True)
    row, token = deeds.invite_person(firm, "x@demo.example", place="member", by=chief)
    if end == "revoked":
        deeds.revoke_invitation(row, by=chief)
    if end == "over":
        row.expires_at = now() - timedelta(seconds=1)
        session.commit()
    links = {
        "forged": token[:-2] + ("aa" if token[-2:] != "aa" else "bb"),
        "torn": token[:20],
        "empty": "x",
    }

    with pytest.raises(NotFound):
        deeds.opened_invitation(links.get(end, token))


@pytest.mark.parametrize("address", ["", "nobody", "a@b", "a b@demo.example", "@x.cn"])
def test_who_cannot_be_invited(address: str, make: Factory) -> None:
    firm = make.organisation()
    chief = make.person("firm", firm, administers=True)

    with pytest.raises(Invalid) as refused:
        deeds.invite_person(firm, address, place="member", by=chief)

    assert "email" in refused.value.problems


def test_nobody_acts_for_a_suspended_organisation(make: Factory, session: Any) -> None:
    firm = make.organisation()
    chief = make.person("firm", firm, administers=True)
    firm.state = "suspended"
    session.commit()

    with pytest.raises(NotAllowed):
        deeds.invite_person(firm, "x@demo.example", place="member", by=chief)
    with pytest.raises(NotNow, match="已暂停"):
        deeds.ask_to_join(firm, by=make.person("firm"))
    assert (chief.handled_ids, chief.verified_ids) == (frozenset(), frozenset())


def test_an_invitation_waits_while_its_organisation_is_stopped(
    make: Factory, session: Any
) -> None:
    firm, guest = make.organisation(), make.person("firm")
    asked = deeds.ask_to_join(firm, by=make.person("firm"))
    invitation, _ = deeds.invite_person(firm, guest.email, place="member", by=None)
    organisation_deeds.suspend_organisation(firm, note="有投诉", by=None)

    with pytest.raises(NotNow, match="已暂停"):
        deeds.take_invitation(invitation, by=guest)
    with pytest.raises(NotNow, match="已暂停"):
        deeds.accept_request(asked, place="member", by=None)
    organisation_deeds.resume_organisation(firm, by=None)
    deeds.take_invitation(invitation, by=guest)

    assert guest.place_in(firm.id) is not None


@pytest.mark.parametrize("away", ["leave", "close"])
@pytest.mark.parametrize("case", ["alone", "colleague", "verified once"])
def test_whoever_entered_a_wrong_organisation_is_not_bound_to_it(
    case: str, away: str, make: Factory
) -> None:
    founder, operator = make.person("firm"), make.person("operator")
    firm = deeds.found_organisation(
        "登记错了的厂（示例）",
        uscc=new_uscc(),
        kind="firm",
        district_code=None,
        by=founder,
    )
    if case == "colleague":
        make.person("firm", firm)
    if case == "verified once":
        organisation_deeds.verify_organisation(firm, by=operator, checked="营业执照")
        organisation_deeds.change_identity(
            firm, name="改了名的厂（示例）", seen=firm.revision, by=operator
        )

    def go() -> None:
        if away == "leave":
            deeds.leave_organisation(firm, sure=case != "alone", by=founder)
        else:
            person_deeds.erase_account(founder)

    if case == "colleague":
        with pytest.raises(NotNow, match="最后一位管理员"):
            go()
    else:
        go()
        assert (queries.people_of(firm), firm.waiting_since) == ([], None)
        # What was verified once may have published something.
        assert firm.is_forsaken is (case == "verified once")
        # With nobody in it what it published would be public, and nobody would answer.
        with pytest.raises(NotNow, match="已没有人员" if firm.is_forsaken else "恢复"):
            organisation_deeds.resume_organisation(firm, by=operator)


def test_who_cannot_sign_in_is_no_remaining_administrator(
    make: Factory, session: Any
) -> None:
    firm = make.organisation()
    chief, closed = (make.person("firm", firm, administers=True) for _ in range(2))
    person_deeds.close_account(closed, by=None)

    with pytest.raises(Invalid, match="只有您一位"):
        deeds.leave_organisation(firm, by=chief)
    deeds.remove_member(closed.place_in(firm.id), by=chief)

    assert [place.person_id for place in queries.people_of(firm)] == [chief.id]


def test_who_only_looks_on_is_no_remaining_administrator(
    make: Factory, session: Any
) -> None:
    firm, chief_operator = make.organisation(), make.person("operator")
    chief, auditor = (make.person("firm", firm, administers=True) for _ in range(2))
    staff_deeds.add_staff(auditor.email, name="", role="auditor", by=chief_operator)

    with pytest.raises(Invalid, match="只有您一位"):
        deeds.leave_organisation(firm, by=chief)
    assert queries.administrators_of(firm.id) == [chief]
    assert queries.desk_of(firm.id) == [chief]
    person_deeds.close_account(chief, by=None)
    request = deeds.ask_to_join(firm, by=make.person("firm"))
    # Nobody of the firm can answer: the operators do.
    assert queries.unattended_requests() == [request]
    # Nothing is lost with the place of an auditor.
    deeds.leave_organisation(firm, by=auditor)
    assert auditor.place_in(firm.id) is None


def test_an_auditor_is_given_no_place_and_no_more_of_theirs(make: Factory) -> None:
    university, firm = make.organisation(kind="university"), make.organisation()
    chief = make.person("desk", university, administers=True)
    person, operator = make.person("researcher", university), make.person("operator")
    request = deeds.ask_to_join(firm, by=person)
    staff_deeds.add_staff(person.email, name="", role="auditor", by=operator)
    place = person.place_in(university.id)

    with pytest.raises(NotNow, match="审计人员"):
        deeds.accept_request(request, place="member", administers=True, by=operator)
    for values in (
        {"place": "desk", "administers": False},
        {"place": "researcher", "administers": True},
    ):
        with pytest.raises(NotNow, match="审计人员"):
            deeds.change_place(place, by=chief, **values)
    assert (request.state, person.place_in(firm.id)) == ("waiting", None)
    assert (place.role, place.is_administrator) == ("researcher", False)
    # Whoever administers takes it from them nevertheless, and answers the request.
    deeds.remove_member(place, by=chief)
    deeds.decline_request(request, reason="现在是审计人员", by=operator)
    assert person.organisation_ids == frozenset()


def test_an_auditor_takes_no_place(make: Factory) -> None:
    firm, auditor = make.organisation(), make.person("auditor")
    chief = make.person("firm", firm, administers=True)
    invitation, _ = deeds.invite_person(
        firm, auditor.email, place="member", administers=True, by=chief
    )

    with pytest.raises(NotAllowed):
        deeds.take_invitation(invitation, by=auditor)

    assert queries.invitations_to(auditor) == []
    assert auditor.place_in(firm.id) is None
    assert invitation.is_open


def test_each_step_is_told_to_whom_it_concerns(make: Factory, session: Any) -> None:
    firm = make.organisation(verified=False)
    chief = make.person("firm", firm, administers=True)
    operator, asker, other = (make.person(r) for r in ("operator", "firm", "firm"))
    first = deeds.ask_to_join(firm, note="技术部", by=asker)
    second = deeds.ask_to_join(firm, by=other)
    deeds.accept_request(first, place="member", by=chief)
    deeds.decline_request(second, reason="不认识", by=chief)
    _, token = deeds.invite_person(firm, "new@demo.example", place="member", by=chief)
    deeds.remove_member(asker.place_in(firm.id), by=chief)
    organisation_deeds.verify_organisation(
        firm, by=operator, uscc=new_uscc(), checked="营业执照"
    )

    told = [
        (notice.kind, notice.address)
        for notice in session.query(Notice).order_by(Notice.id)
    ]
    links = [notice.link for notice in session.query(Notice)]

    assert told == [
        ("membership.asked", chief.email),
        ("membership.asked", chief.email),
        ("membership.place", asker.email),
        ("membership.place", other.email),
        ("membership.invited", "new@demo.example"),
        ("membership.place", asker.email),
        ("organisation.state", chief.email),
    ]
    assert f"/invitations/{token}" in links
