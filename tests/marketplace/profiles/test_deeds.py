"""What is stored of a profile, what is refused, who may check a certificate, and when its badge goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.clock import today
from marketplace.dictionaries.models import HitechField
from marketplace.errors import Invalid, NotAllowed, NotNow, Stale
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.profiles import deeds, queries
from marketplace.profiles.models import BrokerProfile, ResearcherProfile
from marketplace.profiles.writing import BrokerValues, ResearcherValues
from marketplace.staff import deeds as staff_deeds
from tests.factories import Factory


def stored(person: Any) -> ResearcherProfile:
    profile = queries.own_researcher(person)
    assert profile is not None
    return profile


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": "教" * 41}, "title"),
        ({"discipline": "机" * 61}, "discipline"),
        ({"offer": "磨" * 501}, "offer"),
        ({"offer": "请打 13905351234"}, "offer"),
        ({"offer": "电话：0635-823 0001"}, "offer"),
        ({"offer": "１３９ ０５３５ １２３４"}, "offer"),
        ({"offer": "微信同号一三九零五三五一二三四"}, "offer"),
        ({"title": "教授 zhang.san@lcu.edu.cn"}, "title"),
        ({"discipline": "机械，+86 139-0535-1234"}, "discipline"),
        ({"field_codes": ("99",)}, "fields"),
        ({"field_codes": ("80",)}, "fields"),  # of level 1
        ({"field_codes": ("101", "102", "103", "104")}, "fields"),
        ({"public": frozenset({"phone"})}, "fields"),
    ],
)
def test_what_a_researcher_may_not_say(
    values: dict[str, Any], field: str, make: Factory
) -> None:
    person = make.person("researcher", make.organisation(kind="university"))

    with pytest.raises(Invalid) as refused:
        deeds.save_researcher(ResearcherValues(**values), seen=0, by=person)

    assert field in refused.value.problems
    assert queries.own_researcher(person) is None


@pytest.mark.parametrize(
    "offer",
    [
        "2019、2020、2021、2022 年各做过一条产线，振动由 0.15-0.35 降到 0.05 mm/s。",
        "专利 ZL201910345678.9、CN201310987654X，转速 1500～30000 r/min，累计 12,000,000 件。",
        "磨头 Φ0.15-0.35-0.55-0.75，寿命 1 500 000 次",
    ],
)
def test_figures_that_are_no_telephone(offer: str, make: Factory) -> None:
    person = make.person("researcher", make.organisation(kind="university"))

    deeds.save_researcher(ResearcherValues(offer=offer), seen=0, by=person)

    assert stored(person).offer == offer


def test_an_old_page_does_not_overwrite(make: Factory) -> None:
    person = make.person("researcher", make.organisation(kind="university"))
    make.researcher(person)
    seen = stored(person).revision
    only_field = ResearcherValues(field_codes=("401",))

    deeds.save_researcher(only_field, seen=seen, by=person)

    assert stored(person).field_codes == ["401"]
    for old in (0, seen):
        with pytest.raises(Stale):
            deeds.save_researcher(ResearcherValues(), seen=old, by=person)
    assert stored(person).field_codes == ["401"]


def test_agreeing_and_withdrawing_are_recorded(make: Factory) -> None:
    person = make.person("desk", make.organisation(kind="university"))
    make.researcher(person, public=frozenset({"title"}), desk_public=True)
    seen = stored(person).revision
    same = ResearcherValues(
        title="研究员", public=frozenset({"title"}), desk_public=True
    )
    deeds.save_researcher(same, seen=seen, by=person)
    deeds.hide_researcher(by=person)

    query = db.select(History.note).where(
        History.kind == "researcher", History.thing_id == person.id
    )
    assert list(db.session.scalars(query.order_by(History.id))) == [
        "公开：职称、在单位页面上的姓名",
        "全部不公开",
    ]
    assert stored(person).title == "研究员"
    with pytest.raises(NotNow):
        deeds.hide_researcher(by=person)


def test_a_retired_field_is_not_chosen_and_one_that_is_held_stays(
    make: Factory, sign_in: Callable[..., FlaskClient]
) -> None:
    university = make.organisation(kind="university")
    holder, other = (make.person("researcher", university) for _ in range(2))
    make.researcher(holder, field_codes=("101", "804"))
    make.certificate(holder, field_codes=("10",))
    for code in ("10", "101", "102"):
        db.session.get_one(HitechField, code).active = False
    db.session.commit()

    def offered(person: Any, page: str, code: str) -> bool:
        return f'value="{code}"' in sign_in(person).get(page).text

    with pytest.raises(Invalid, match="有几处要改"):
        deeds.save_researcher(ResearcherValues(("102",)), seen=0, by=other)
    with pytest.raises(Invalid, match="没有保存"):
        deeds.save_broker(BrokerValues(field_codes=("10",)), seen=0, by=other)
    seen = stored(holder).revision
    deeds.save_researcher(ResearcherValues(("101", "103")), seen=seen, by=holder)

    assert stored(holder).field_codes == ["101", "103"]
    for page, code in (("/mine/profile", "101"), ("/mine/broker", "10")):
        assert offered(holder, page, code)
        assert not offered(other, page, code)
    assert not offered(holder, "/mine/profile", "102")


CERTIFICATE = {
    "number": "SD-1",
    "level": "junior",
    "issuer": "协会",
    "valid_to": date(2031, 5, 1),
}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"number": ""}, "number"),
        ({"number": "号" * 41}, "number"),
        ({"level": ""}, "level"),
        ({"level": "master"}, "level"),
        ({"issuer": " "}, "issuer"),
        ({"issuer": "协" * 81}, "issuer"),
        ({"valid_to": None}, "valid_to"),
        ({"unlimited": True}, "valid_to"),
        ({"introduction": "找我：13905351234"}, "introduction"),
        ({"field_codes": ("804",)}, "fields"),  # of level 2
    ],
)
def test_a_certificate_is_whole_or_not_there(
    changed: dict[str, Any], field: str, make: Factory
) -> None:
    person = make.person("firm", make.organisation())

    with pytest.raises(Invalid) as refused:
        deeds.save_broker(BrokerValues(**(CERTIFICATE | changed)), seen=0, by=person)

    assert list(refused.value.problems) == [field]
    assert queries.own_broker(person) is None


def test_the_number_is_one_however_it_is_copied(make: Factory) -> None:
    person = make.person("firm")

    profile = make.certificate(person, number=" ｓｄ 2026-０1 ")

    assert (profile.number, profile.state) == ("SD2026-01", "waiting")


def test_nothing_about_a_certificate_is_no_certificate(make: Factory) -> None:
    person = make.person("firm")

    profile = deeds.save_broker(
        BrokerValues(introduction="做过对接"), seen=0, by=person
    )

    assert (profile.state, profile.level) == ("none", None)
    assert int(queries.waiting_count()) == 0


@pytest.mark.parametrize(
    ("days", "certified"), [(-1, False), (0, True), (1, True), (None, True)]
)
def test_the_badge_goes_by_itself(
    days: int | None, certified: bool, make: Factory
) -> None:
    broker = make.broker()
    profile = queries.own_broker(broker)
    assert profile is not None
    profile.valid_to = None if days is None else today() + timedelta(days=days)
    db.session.commit()

    assert profile.is_certified(today()) is certified
    (shown,) = queries.find_brokers("", False, 1).rows
    assert shown.certified is certified
    assert bool(shown.level) is certified
    assert queries.find_brokers("", True, 1).total == certified


def test_checking_makes_a_broker_and_another_certificate_waits_again(
    make: Factory,
) -> None:
    operator = make.person("operator")
    person = make.person("firm", make.organisation())
    profile = make.certificate(person)
    assert "broker" not in person.role_names
    assert queries.find_brokers("", False, 1).total == 0

    deeds.check_certificate(
        profile, checked="证书原件或扫描件", seen=profile.revision, by=operator
    )

    assert "broker" in person.role_names
    assert profile.is_certified(today())
    assert [one.deed for one in queries.history_of_broker(person.id)] == [
        "check",
        "save",
    ]
    kept = BrokerValues(
        number=profile.number,
        level="intermediate",
        issuer=profile.issuer,
        valid_to=profile.valid_to,
        introduction="只改介绍",
        listed=True,
    )
    deeds.save_broker(kept, seen=profile.revision, by=person)
    assert profile.is_certified(today())
    renewed = BrokerValues(**(CERTIFICATE | {"listed": True}))
    deeds.save_broker(renewed, seen=profile.revision, by=person)
    assert (profile.state, profile.is_certified(today())) == ("waiting", False)
    assert "broker" in person.role_names


@pytest.mark.parametrize("name", ["oneself", "auditor", "broker", "firm"])
def test_who_may_not_check(name: str, make: Factory) -> None:
    if name == "oneself":
        by = person = make.person("operator")
    else:
        by, person = make.person(name), make.person("firm")
    profile = make.certificate(person)

    with pytest.raises(NotAllowed):
        deeds.check_certificate(profile, checked="原件", seen=profile.revision, by=by)
    with pytest.raises(NotAllowed):
        deeds.return_certificate(profile, note="不清楚", seen=profile.revision, by=by)
    with pytest.raises(NotAllowed):
        deeds.end_broker(person, note="不做了", by=by)
    assert profile.state == "waiting"


@pytest.mark.parametrize("role", ["auditor"])
def test_an_auditor_writes_nothing(role: str, make: Factory) -> None:
    person = make.person(role)

    with pytest.raises(NotAllowed):
        deeds.save_researcher(ResearcherValues(), seen=0, by=person)
    with pytest.raises(NotAllowed):
        deeds.save_broker(BrokerValues(), seen=0, by=person)


@pytest.mark.parametrize(
    ("checked", "valid", "refusal"),
    [
        ("", 10, "写明核对了什么"),
        ("原" * 61, 10, "太长"),
        ("证书原件", -1, "已经到期"),
    ],
)
def test_what_is_not_checked(
    checked: str, valid: int, refusal: str, make: Factory
) -> None:
    person = make.person("firm")
    end = today() + timedelta(days=valid)
    profile = make.certificate(person, valid_to=end)

    with pytest.raises(Invalid, match=refusal):
        deeds.check_certificate(
            profile, checked=checked, seen=profile.revision, by=None
        )

    assert "broker" not in person.role_names


def test_an_auditor_becomes_no_broker(make: Factory) -> None:
    person, operator = make.person("firm"), make.person("operator")
    profile = make.certificate(person)
    staff_deeds.add_staff(person.email, name="", role="auditor", by=operator)

    with pytest.raises(NotNow, match="审计人员"):
        deeds.check_certificate(
            profile, checked="证书原件", seen=profile.revision, by=operator
        )

    assert person.role_names == {"auditor"}
    assert profile.state == "waiting"


def test_who_looked_at_another_certificate_decides_nothing(make: Factory) -> None:
    person = make.person("firm")
    profile = make.certificate(person)
    seen = profile.revision
    deeds.save_broker(BrokerValues(**CERTIFICATE), seen=seen, by=person)

    with pytest.raises(Stale):
        deeds.check_certificate(profile, checked="证书原件", seen=seen, by=None)
    with pytest.raises(Stale):
        deeds.return_certificate(profile, note="不清楚", seen=seen, by=None)
    assert profile.state == "waiting"


def test_one_certificate_is_one_persons(make: Factory) -> None:
    holder = make.broker(number="SD-77")
    other = make.person("firm")
    profile = make.certificate(other, number="sd-77")
    assert queries.same_number(profile) == [holder]

    with pytest.raises(NotNow, match="SD-77"):
        deeds.check_certificate(
            profile, checked="证书原件", seen=profile.revision, by=None
        )

    assert "broker" not in other.role_names
    assert db.session.get(BrokerProfile, other.id).state == "waiting"


def test_what_was_returned_waits_again_when_it_is_saved(make: Factory) -> None:
    person = make.person("firm")
    profile = make.certificate(person, **CERTIFICATE)
    deeds.return_certificate(
        profile, note="请传清楚的扫描件", seen=profile.revision, by=None
    )
    assert queries.troubled_certificate(person) is profile

    deeds.save_broker(BrokerValues(**CERTIFICATE), seen=profile.revision, by=person)

    assert (profile.state, profile.note) == ("waiting", "")
    assert queries.troubled_certificate(person) is None


def test_taking_the_role_away(make: Factory) -> None:
    broker = make.broker()
    older = make.person("broker")  # without a profile

    deeds.end_broker(broker, note="被取消资格", by=None)
    deeds.end_broker(older, note="已调离", by=None)

    profile = queries.own_broker(broker)
    assert profile is not None
    assert (profile.state, profile.note) == ("returned", "被取消资格")
    assert not profile.is_certified(today())
    assert not broker.role_names | older.role_names
    assert queries.find_brokers("", False, 1).total == 0
    with pytest.raises(NotNow):
        deeds.end_broker(broker, note="再来一次", by=None)
