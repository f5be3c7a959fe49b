"""Organisations: codes of GB 32100-2015, one organisation for one code, verification."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
import stdnum.cn.uscc
from hypothesis import given
from hypothesis import strategies as st

from marketplace.errors import Invalid, NotAllowed, NotNow, Stale
from marketplace.lifecycle import History
from marketplace.memberships.deeds import ask_to_join
from marketplace.organisations import deeds as organisation_deeds
from marketplace.organisations.identity import checked_uscc
from marketplace.organisations.models import Organisation, key_of
from marketplace.organisations.queries import (
    crowded_brands,
    find_organisation,
    proposed_count,
    proposed_twins,
)
from tests.factories import Factory

VALID = (
    "91350100M000100Y43",
    "914403001922038216",
    "91440300562779925X",
    "913401003950868800",
)
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize("code", VALID)
@pytest.mark.parametrize(
    "spelled",
    [
        lambda code: code,
        lambda code: code.lower(),
        lambda code: f" {code[:8]}-{code[8:]} ",
        lambda code: code.translate({ord(c): ord(c) + 0xFEE0 for c in code}),
    ],
    ids=["plain", "lower", "spaced", "full-width"],
)
def test_a_code_is_known_in_every_spelling(code: str, spelled: Any) -> None:
    assert checked_uscc(spelled(code)) == code


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("914403001922038217", "校验位不对"),
        ("91440300192203821", "这里是 17 位"),
        ("9144030019220382166", "这里是 19 位"),
        ("440301103012345", "15 位的是旧工商注册号"),
        ("91440300192203821I", "不允许的字符"),
        ("9144030019220382O6", "不允许的字符"),
        ("S14403001922038216", "不允许的字符"),
        ("91440300V922038216", "不允许的字符"),
        ("9144030019220382Z6", "不允许的字符"),
        ("", "这里是 0 位"),
        ("聊城大学", "这里是 4 位"),
    ],
)
def test_a_wrong_code_is_told_why(code: str, said: str) -> None:
    with pytest.raises(Invalid) as wrong:
        checked_uscc(code)

    assert said in wrong.value.message
    assert list(wrong.value.problems) == ["uscc"]


@given(st.sampled_from(VALID), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_never_passes(
    code: str, place: int, character: str
) -> None:
    wrong = code[:place] + character + code[place + 1 :]

    if wrong == code:
        assert checked_uscc(wrong) == code
    else:
        with pytest.raises(Invalid):
            checked_uscc(wrong)


@given(st.text(max_size=30))
def test_any_text_is_a_code_or_refused(text: str) -> None:
    try:
        found = checked_uscc(text)
    except Invalid as wrong:
        found = wrong.problems["uscc"][0]

    assert len(found) == 18 or found.endswith("。")


def test_one_organisation_for_one_code_or_name(make: Factory, session: Any) -> None:
    first = organisation_deeds.draft_organisation(
        "聊城 轴承厂", kind="firm", district_code="371581"
    )
    again = organisation_deeds.draft_organisation(
        "聊城轴承厂", kind="firm", uscc="91440300192203821 6"
    )
    renamed = organisation_deeds.draft_organisation(
        "聊城轴承有限公司", kind="firm", uscc="914403001922038216"
    )

    assert first is again is renamed
    assert (first.name, first.uscc, first.district_code) == (
        "聊城 轴承厂",
        "914403001922038216",
        "371581",
    )
    with pytest.raises(Invalid, match="不同"):
        organisation_deeds.draft_organisation(
            "聊城轴承厂", kind="firm", uscc="913401003950868800"
        )


@pytest.mark.parametrize(
    ("name", "kind", "uscc", "field"),
    [
        ("", "firm", None, "name"),
        ("（）", "firm", None, "name"),
        ("长" * 121, "firm", None, "name"),
        ("新厂", "bank", None, "kind"),
        ("新厂", "firm", "123", "uscc"),
    ],
)
def test_a_wrong_organisation_is_refused(
    name: str, kind: str, uscc: str | None, field: str, session: Any
) -> None:
    with pytest.raises(Invalid) as wrong:
        organisation_deeds.draft_organisation(name, kind=kind, uscc=uscc)

    assert field in wrong.value.problems
    assert session.query(Organisation).count() == 0


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("临清第一\r\n轴承厂", "临清第一 轴承厂"),
        ("临清第一厂\nBcc: x@evil.example", "临清第一厂 Bcc: x@evil.example"),
        ("\u202e厂承轴清临", "厂承轴清临"),
        ("临清\u200b第一\u2066厂\u2069", "临清第一厂"),
        ("\ufeff临清第一厂\u2028", "临清第一厂"),
        ("临清第一厂\u00ad\u061c", "临清第一厂"),
        ("𠮷野轴承厂", "𠮷野轴承厂"),
    ],
)
def test_a_name_is_one_line_of_what_people_see(
    typed: str, stored: str, make: Factory
) -> None:
    row = organisation_deeds.add_organisation(typed, kind="firm", uscc=None, by=None)
    organisation_deeds.add_alias(row, f"{typed}分厂", by=None)

    assert row.name == stored
    assert row.names[-1].name.isprintable()


def test_verification_is_noted_with_who_and_not_repeated(
    make: Factory, session: Any
) -> None:
    organisation, operator = make.organisation(verified=False), make.person("operator")
    outsider = make.person("firm", organisation)

    with pytest.raises(NotAllowed):
        organisation_deeds.verify_organisation(
            organisation, by=outsider, uscc=VALID[1], checked="营业执照"
        )
    organisation_deeds.verify_organisation(
        organisation, by=operator, uscc=VALID[1].lower(), checked="营业执照"
    )
    with pytest.raises(NotNow):
        organisation_deeds.verify_organisation(
            organisation, by=operator, checked="营业执照"
        )

    note = session.query(History).filter_by(kind="organisation").one()
    assert (organisation.uscc, note.deed, note.by_id) == (
        VALID[1],
        "verify",
        operator.id,
    )
    assert organisation.verified_at is not None


def test_nothing_is_verified_without_a_code_and_what_was_looked_at(
    make: Factory,
) -> None:
    organisation, operator = make.organisation(verified=False), make.person("operator")

    for values, field in (
        ({"uscc": "", "checked": "营业执照"}, "uscc"),
        ({"uscc": VALID[2], "checked": " "}, "checked"),
        ({"uscc": "123", "checked": "营业执照"}, "uscc"),
    ):
        with pytest.raises(Invalid) as refused:
            organisation_deeds.verify_organisation(organisation, by=operator, **values)
        assert list(refused.value.problems) == [field]
    assert organisation.state == "unverified"


def test_a_new_name_is_verified_again_and_the_former_one_finds_it(
    make: Factory,
) -> None:
    firm = make.organisation("临清旧名轴承厂（示例）")
    chief = make.person("firm", firm, administers=True)
    other = make.organisation("临清别家轴承厂（示例）")
    seen = firm.revision

    with pytest.raises(NotAllowed):
        organisation_deeds.change_identity(
            firm, name="新名", seen=seen, by=make.person("firm", firm)
        )
    with pytest.raises(Stale):
        organisation_deeds.change_identity(firm, name="新名", seen=seen + 1, by=chief)
    for name, uscc, field in (
        (other.name, "", "name"),
        ("临清新名轴承厂（示例）", other.uscc, "uscc"),
        (firm.name, "", "name"),
        ("！", "", "name"),
    ):
        with pytest.raises(Invalid) as refused:
            organisation_deeds.change_identity(
                firm, name=name, uscc=uscc, seen=seen, by=chief
            )
        assert field in refused.value.problems
    organisation_deeds.change_identity(
        firm, name="临清新名轴承厂（示例）", seen=seen, by=chief
    )

    assert firm.state == "unverified"
    assert chief.verified_ids == frozenset()
    assert find_organisation("临清 旧名轴承厂(示例)") is firm
    assert find_organisation("临清新名轴承厂（示例）") is firm
    with pytest.raises(Invalid, match="已经是"):
        organisation_deeds.add_alias(
            other, "临清旧名轴承厂（示例）", by=make.person("operator")
        )


def test_where_it_was_seated_stays_on_record(make: Factory) -> None:
    firm, operator = make.organisation(district="371581"), make.person("operator")

    for code, day in (("371502", date(2999, 1, 1)), ("370102", date(2026, 1, 1))):
        with pytest.raises(Invalid):
            organisation_deeds.move_seat(firm, code, since=day, by=operator)
    organisation_deeds.move_seat(firm, "371502", since=date(2026, 3, 1), by=operator)
    organisation_deeds.move_seat(firm, "371526", since=date(2025, 3, 1), by=operator)

    # What is entered later and was earlier does not change where it is today.
    assert firm.district_code == "371502"
    assert {one.district_code for one in firm.seats} == {"371581", "371502", "371526"}


def test_a_seat_that_was_entered_wrong_is_corrected_with_the_same_day(
    make: Factory, session: Any
) -> None:
    firm, day = make.organisation(district="371581"), date(2026, 3, 1)

    organisation_deeds.move_seat(firm, "371526", since=day, by=None)
    organisation_deeds.move_seat(firm, "371502", since=day, by=None)
    # Pressed twice.
    organisation_deeds.move_seat(firm, "371502", since=day, by=None)
    session.expire_all()

    assert firm.district_code == "371502"
    seats = [one.district_code for one in firm.seats]
    assert seats == ["371581", "371526", "371502"]


def test_the_first_seat_is_of_the_day_in_china(make: Factory) -> None:
    firm = make.organisation(district="371581")
    # Half past six in the morning of the second in China.
    firm.created_at = datetime(2026, 3, 1, 22, 30)
    make.session.commit()

    organisation_deeds.move_seat(firm, "371502", since=date(2026, 4, 1), by=None)

    assert firm.seats[0].since == date(2026, 3, 2)


def test_a_merge_moves_everything_and_one_button_brings_it_back(
    make: Factory, session: Any
) -> None:
    kept = make.organisation("临清双生轴承有限公司（示例）")
    gone = make.organisation("临清双生轴承公司（示例）", verified=False)
    operator = make.person("operator")
    people = (
        make.person("firm", gone, administers=True),
        make.person("firm", gone, kept),
    )
    row = make.demand("轴承异音", owner=gone, state="draft")
    asker = make.person("firm")
    request = ask_to_join(gone, by=asker)

    merge = organisation_deeds.merge_organisations(gone, kept, by=operator)
    after = (
        gone.state,
        find_organisation(gone.name),
        row.organisation_id,
        [sorted(one.organisation_ids) for one in people],
        request.organisation_id,
    )
    organisation_deeds.undo_merge(merge, by=operator)

    assert after == ("merged", kept, kept.id, [[kept.id], [kept.id]], kept.id)
    assert (gone.state, find_organisation(gone.name)) == ("unverified", gone)
    assert row.organisation_id == request.organisation_id == gone.id
    session.expire_all()
    assert people[0].organisation_ids == {gone.id}
    assert people[1].organisation_ids == {gone.id, kept.id}
    assert people[0].administered_ids == {gone.id}
    with pytest.raises(NotNow):
        organisation_deeds.undo_merge(merge, by=operator)


def test_a_merge_gives_on_the_code_and_takes_it_back(make: Factory) -> None:
    kept = make.organisation("无代码的厂（示例）", verified=False)
    gone = make.organisation("有代码的厂（示例）")
    code, operator = gone.uscc, make.person("operator")

    merge = organisation_deeds.merge_organisations(gone, kept, by=operator)
    merged = (gone.uscc, kept.uscc)
    organisation_deeds.undo_merge(merge, by=operator)

    assert merged == (None, code)
    assert (gone.uscc, kept.uscc, gone.state) == (code, None, "verified")


def test_what_is_not_merged(make: Factory) -> None:
    operator = make.person("operator")
    first, second = make.organisation(), make.organisation()
    third = make.organisation(verified=False)
    make.demand("同名的需求", owner=first)
    make.demand("同名的需求", owner=third, state="draft")

    for gone, kept, said in (
        (first, first, "它自己"),
        (first, second, "代码不同"),
        (third, first, "同名的需求"),
    ):
        with pytest.raises(NotNow, match=said):
            organisation_deeds.merge_organisations(gone, kept, by=operator)
    with pytest.raises(NotAllowed):
        organisation_deeds.merge_organisations(third, second, by=make.person("firm"))


def test_a_suspended_organisation_hides_what_it_published_and_shows_it_again(
    make: Factory,
) -> None:
    firm, operator = make.organisation(), make.person("operator")
    shown = make.demand("公开的需求", owner=firm)
    hidden = make.demand("另有原因暂停的", owner=firm, state="suspended")

    organisation_deeds.suspend_organisation(firm, note="被举报，核实中", by=operator)
    during = (shown.state, hidden.state, firm.state)
    organisation_deeds.resume_organisation(firm, by=operator)

    assert during == ("suspended", "suspended", "suspended")
    assert (shown.state, hidden.state, firm.state) == (
        "published",
        "suspended",
        "verified",
    )


def test_twins_are_proposed_once_and_what_is_decided_stays(make: Factory) -> None:
    one = make.organisation("聊城鑫达精密轴承有限公司（示例）", verified=False)
    other = make.organisation("聊城市鑫达精密轴承有限责任公司（示例）", verified=False)
    make.organisation("聊城恒澜精密轴承有限公司（示例）", verified=False)
    operator = make.person("operator")

    first, again = (
        organisation_deeds.propose_twins(),
        organisation_deeds.propose_twins(),
    )
    pairs = [(pair.one_id, pair.other_id) for pair in proposed_twins()]
    organisation_deeds.keep_apart(other, one, by=operator)
    organisation_deeds.propose_twins()

    assert (first, again) == (1, 0)
    assert pairs == [(one.id, other.id)]
    assert proposed_twins() == []


def test_sure_twins_come_before_near_ones(make: Factory) -> None:
    near = make.organisation("聊城华祥轴承有限公司", verified=False)
    make.organisation("聊城华翔轴承有限公司", verified=False)
    sure = make.organisation("聊城鑫达精密轴承有限公司", verified=False)
    make.organisation("聊城市鑫达精密轴承有限责任公司", verified=False)

    organisation_deeds.propose_twins()

    found = [(pair.one_id, pair.is_sure) for pair in proposed_twins()]
    assert found == [(sure.id, True), (near.id, False)]


def test_two_codes_of_one_subject_are_sure(make: Factory) -> None:
    one = make.organisation("聊城甲光电厂", verified=False)
    other = make.organisation("山东乙照明有限公司", verified=False)
    # 主体标识 M000100Y4 stays; district and check character do not.
    one.uscc, other.uscc = "91350100M000100Y43", _recoded("91371500M000100Y4")
    make.session.commit()

    organisation_deeds.propose_twins()

    assert [(pair.one_id, pair.is_sure) for pair in proposed_twins()] == [
        (one.id, True)
    ]


def _recoded(body: str) -> str:
    return body + stdnum.cn.uscc.calc_check_digit(body)


def test_a_crowded_brand_is_named_and_its_surest_twins_are_found(
    make: Factory,
) -> None:
    trades = "轴承 阀门 电缆 钢管 纺织 造纸 化工 食品".split()  # noqa: SIM905
    for number in range(61):
        name = f"聊城鑫达{trades[number % 8]}第{number}有限公司"
        row = Organisation(name=name, name_key=key_of(name), kind="firm")
        make.session.add(row)
    make.organisation("聊城鑫达酿酒有限公司", verified=False)
    twin = make.organisation("聊城市鑫达酿酒有限责任公司", verified=False)

    organisation_deeds.propose_twins()

    (crowd,) = crowded_brands()
    assert crowd.bearers == 63
    assert "聊城鑫达" in crowd.examples
    assert twin.id in {pair.other_id for pair in proposed_twins()}


def test_more_twins_than_a_page_are_all_reached(make: Factory) -> None:
    syllables = "东南西北中金木水火土天地山海江河湖田林石"
    for number in range(52):
        brand = syllables[number % 20] + syllables[(number * 7 + number // 20) % 20]
        for form in ("有限公司", "有限责任公司"):
            name = f"莘县{brand}{number}号酿酒{form}"
            row = Organisation(name=name, name_key=key_of(name), kind="firm")
            make.session.add(row)
    make.session.commit()

    organisation_deeds.propose_twins()

    total = proposed_count()
    pages = [proposed_twins(1), proposed_twins(2)]
    assert total > 50
    assert sum(map(len, pages)) == min(total, 100)
