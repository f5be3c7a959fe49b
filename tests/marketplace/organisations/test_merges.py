"""Merging organisations and taking it back: names, codes and states that stand in the way, and what people may do."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.errors import Invalid, NotNow
from marketplace.lifecycle import history_of
from marketplace.listings import change_deeds, review_deeds
from marketplace.listings.changes_waiting import open_change
from marketplace.memberships import deeds as membership_deeds
from marketplace.organisations import deeds
from marketplace.organisations.models import TwinPair
from marketplace.organisations.queries import find_organisation
from tests.factories import Factory


def test_one_suspended_since_is_resumed_after_its_merge_is_undone(
    make: Factory,
) -> None:
    kept, gone = make.organisation(verified=False), make.organisation()
    shown = make.demand("公开的需求", owner=gone)
    merge = deeds.merge_organisations(gone, kept, by=None)
    # Verified by the code that came with the merge.
    deeds.verify_organisation(kept, by=None, checked="营业执照")
    deeds.suspend_organisation(kept, note="被举报，核实中", by=None)
    hidden = shown.state

    deeds.undo_merge(merge, by=None)
    states = (hidden, shown.state, gone.state, kept.state)
    deeds.resume_organisation(kept, by=None)

    # What was hidden with the other is shown again: nobody could resume it for its owner, which is not suspended.
    assert states == ("suspended", "published", "verified", "suspended")
    assert (kept.state, kept.uscc, kept.verified_at) == ("unverified", None, None)


def test_the_name_of_a_merged_row_may_be_taken_by_the_one_that_stays(
    make: Factory,
) -> None:
    gone = make.organisation("临清甲轴承厂（示例）", verified=False)
    kept, other = make.organisation("临清乙轴承厂（示例）"), make.organisation()
    merge = deeds.merge_organisations(gone, kept, by=None)
    name = gone.name

    deeds.change_identity(kept, name=name, seen=kept.revision, by=None)

    assert kept.name == name
    assert find_organisation(name) is kept
    assert find_organisation("临清乙轴承厂（示例）") is kept
    # Two rows in use of one name could not be told apart.
    with pytest.raises(NotNow, match=f"编号 {kept.id}"):
        deeds.undo_merge(merge, by=None)
    deeds.change_identity(
        kept, name="临清乙轴承厂（示例）", seen=kept.revision, by=None
    )
    deeds.undo_merge(merge, by=None)
    assert find_organisation(name) is gone
    assert find_organisation("临清乙轴承厂（示例）") is kept
    # And nobody else may take it, as before.
    with pytest.raises(Invalid, match="已登记给"):
        deeds.change_identity(other, name=name, seen=other.revision, by=None)


@pytest.mark.parametrize("stopped", ["gone", "kept"])
def test_one_that_is_suspended_is_not_merged(stopped: str, make: Factory) -> None:
    rows = {"gone": make.organisation(verified=False), "kept": make.organisation()}
    people = make.person("firm", rows["gone"])
    shown = make.demand("公开的需求", owner=rows["kept"])
    deeds.suspend_organisation(rows[stopped], note="被举报，核实中", by=None)
    before = shown.state

    with pytest.raises(NotNow, match="已暂停") as refused:
        deeds.merge_organisations(rows["gone"], rows["kept"], by=None)

    assert rows[stopped].name in refused.value.message
    assert "恢复" in refused.value.advice
    assert (rows[stopped].state, shown.state) == ("suspended", before)
    assert people.organisation_ids == {rows["gone"].id}


def test_what_is_merged_is_not_kept_apart(make: Factory, session: Any) -> None:
    kept, gone = make.organisation(), make.organisation(verified=False)
    deeds.merge_organisations(gone, kept, by=None)

    # From a page that somebody opened before, or an address that was typed.
    for one, other in ((gone, kept), (kept, gone), (kept, kept)):
        with pytest.raises(NotNow, match="没有要决定的"):
            deeds.keep_apart(one, other, by=None)

    assert [pair.state for pair in session.query(TwinPair)] == ["merged"]


def test_people_of_a_firm_have_places_of_a_university_after_a_merge(
    make: Factory, session: Any
) -> None:
    firm = make.organisation(verified=False)
    university = make.organisation(kind="university")
    chief = make.person("firm", firm, administers=True)
    worker = make.person("firm", firm)
    membership_deeds.invite_person(firm, "new@demo.example", place="member", by=None)
    invitation = session.query(membership_deeds.Invitation).one()

    merge = deeds.merge_organisations(firm, university, by=None)
    session.expire_all()
    after = [one.place_in(university.id).role for one in (chief, worker)]
    handled = [one.handled_ids for one in (chief, worker)]
    invited = invitation.role
    deeds.undo_merge(merge, by=None)
    session.expire_all()

    # Who administers speaks for it; everybody else writes their own until an administrator says otherwise.
    assert after == ["desk", "researcher"]
    assert handled == [{university.id}, frozenset()]
    assert invited == "researcher"
    assert [one.place_in(firm.id).role for one in (chief, worker)] == ["member"] * 2
    assert invitation.role == "member"


def test_people_of_a_university_are_members_of_a_firm_after_a_merge(
    make: Factory, session: Any
) -> None:
    institute = make.organisation(kind="institute", verified=False)
    firm = make.organisation()
    people = make.person("researcher", institute), make.person("desk", institute)

    merge = deeds.merge_organisations(institute, firm, by=None)
    session.expire_all()
    after = [one.place_in(firm.id).role for one in people]
    deeds.undo_merge(merge, by=None)
    session.expire_all()

    assert after == ["member", "member"]
    before = [one.place_in(institute.id).role for one in people]
    assert before == ["researcher", "desk"]


@pytest.mark.parametrize("kind", ["firm", "university"])
def test_what_waits_at_a_desk_goes_on_where_there_is_none(
    kind: str, make: Factory, session: Any
) -> None:
    institute = make.organisation(kind="institute")
    kept = make.organisation(kind=kind, verified=False)
    writer = make.person("researcher", institute)
    waiting = make.achievement("等机构审核的成果", owner=institute, state="draft")
    public = make.achievement("改了等机构审核的成果", owner=institute)
    waiting.owner_id = public.owner_id = writer.id
    session.commit()
    review_deeds.submit(waiting, by=writer, seen=waiting.revision)
    change_deeds.propose_change(public, {"summary": "改过的简介。" * 12}, by=writer)
    session.commit()
    handed_in = (waiting.state, open_change(public).state)

    merge = deeds.merge_organisations(institute, kept, by=None)
    after = (waiting.state, open_change(public).state)
    # Handed in again since, one of them goes the way of the firm.
    change_deeds.propose_change(public, {"summary": "又改过的简介。" * 12}, by=writer)
    session.commit()
    deeds.undo_merge(merge, by=None)

    assert handed_in == ("at_desk", "at_desk")
    if kind == "university":
        assert after == ("at_desk", "at_desk")
        assert waiting.state == "at_desk"
        return
    assert after == ("submitted", "submitted")
    assert waiting.state == "at_desk"
    assert open_change(public).state == "submitted"
    deeds_done = [event.deed for event in history_of(waiting)]
    assert deeds_done[-2:] == ["skip_desk", "await_desk"]
