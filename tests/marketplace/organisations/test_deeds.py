"""Organisations: codes of GB 32100-2015, one organisation for one code, verification."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.errors import Invalid, NotAllowed, NotNow
from marketplace.lifecycle import History
from marketplace.organisations import deeds as organisation_deeds
from marketplace.organisations.models import Organisation
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
    assert organisation_deeds.checked_uscc(spelled(code)) == code


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
        organisation_deeds.checked_uscc(code)

    assert said in wrong.value.message
    assert list(wrong.value.problems) == ["uscc"]


@given(st.sampled_from(VALID), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_never_passes(
    code: str, place: int, character: str
) -> None:
    wrong = code[:place] + character + code[place + 1 :]

    if wrong == code:
        assert organisation_deeds.checked_uscc(wrong) == code
    else:
        with pytest.raises(Invalid):
            organisation_deeds.checked_uscc(wrong)


@given(st.text(max_size=30))
def test_any_text_is_a_code_or_refused(text: str) -> None:
    try:
        found = organisation_deeds.checked_uscc(text)
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


def test_verification_is_noted_with_who_and_not_repeated(
    make: Factory, session: Any
) -> None:
    organisation, operator = make.organisation(verified=False), make.person("operator")
    outsider = make.person("firm", organisation)

    with pytest.raises(NotAllowed):
        organisation_deeds.verify_organisation(organisation, by=outsider, uscc=VALID[1])
    organisation_deeds.verify_organisation(
        organisation, by=operator, uscc=VALID[1].lower()
    )
    with pytest.raises(NotNow):
        organisation_deeds.verify_organisation(organisation, by=operator)

    note = session.query(History).filter_by(kind="organisation").one()
    assert (organisation.uscc, note.deed, note.by_id) == (
        VALID[1],
        "verify",
        operator.id,
    )
    assert organisation.verified_at is not None
