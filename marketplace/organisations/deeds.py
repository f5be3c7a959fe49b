"""What is done to organisations. The only file of this room that commits."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from marketplace import contributions, persistence
from marketplace.clock import day_in_china, now, today
from marketplace.dictionaries.models import current_districts
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.organisations import twins
from marketplace.organisations.changing import (
    duplicates,
    move,
    quicker,
    require_state,
    start,
    stop,
    wrong_state,
)
from marketplace.organisations.identity import (
    checked_name,
    checked_uscc,
    remember_name,
)
from marketplace.organisations.models import (
    ORGANISATION_KINDS,
    WRITING,
    Organisation,
    OrganisationMerge,
    OrganisationSeat,
    key_of,
    released_key,
)
from marketplace.organisations.queries import (
    find_organisation,
    holder_of_name,
    merge_obstacle,
    refuse_former_name,
)
from marketplace.permissions import Reader, reader_id, require
from marketplace.typed_texts import checked_text, judged_together

# Characters, as the columns hold them.
MAX_NOTE = 500
CHANGED = ("这个单位刚有改动。", "请重新打开，看过新的内容再决定。")
NOBODY_LEFT = ("这个单位里已没有人员。", "有人申请加入并得到同意以后，它自动恢复。")


def draft_organisation(
    name: str,
    *,
    kind: str,
    uscc: str | None = None,
    district_code: str | None = None,
) -> Organisation:
    """Find an organisation or add one to the session (no commit: the calling rule commits).

    Where the one that is there lacks a code it is filled in; another code than the one it has is refused.

    Args:
        name: its name; spelling aside, that of one organisation only.
        kind: a code of `ORGANISATION_KINDS`.
        uscc: its 统一社会信用代码, as typed.
        district_code: where it is seated.

    Raises:
        Invalid: no name, an unknown kind, a wrong code, or the name is known under another code, or is the former
            name of one without a code.
    """
    name = checked_name(name)
    if kind not in ORGANISATION_KINDS:
        raise Invalid(
            "单位类型不在列表中。",
            problems={"kind": [f"只能是：{'、'.join(ORGANISATION_KINDS.values())}。"]},
        )
    code = None
    if uscc:
        code = checked_uscc(uscc)
    # By code, name, former name or alias: a list may spell a body as it was called years ago.
    organisation = find_organisation(name, code)
    if organisation is None:
        organisation = Organisation(
            name=name,
            name_key=key_of(name),
            kind=kind,
            uscc=code,
            district_code=district_code,
        )
        db.session.add(organisation)
        # For its id. Two may enter one code or one name at the same moment.
        with persistence.refusals(stale=quicker(), duplicates=duplicates()):
            db.session.flush()
    elif code and organisation.uscc is None:
        refuse_former_name(organisation, name)
        organisation.uscc = code
    elif code and organisation.uscc != code:
        # Two organisations of one name: only a person can tell which one is meant.
        message = f"「{organisation.name}」在平台登记的统一社会信用代码是 {organisation.uscc}，与 {code} 不同。"
        raise Invalid(message, "请核对名称和代码。", problems={"uscc": [message]})
    # A list completes what is not known and overwrites nothing: `move_seat` does that, with its day.
    if district_code and not organisation.district_code:
        organisation.district_code = district_code
    return organisation


def add_organisation(
    name: str,
    *,
    kind: str,
    uscc: str | None,
    district_code: str | None = None,
    checked: str = "",
    by: Reader | None,
) -> Organisation:
    """Enter an organisation, or complete the one that is known by its code or name.

    Args:
        name, kind, uscc, district_code: as for `draft_organisation`.
        checked: what its identity was checked against, which verifies it; empty leaves it as it is.
        by: the acting person; None from the command line.

    Raises:
        NotAllowed, Invalid.
    """
    require(by, "organisation.verify")
    organisation = draft_organisation(
        name, kind=kind, uscc=uscc, district_code=district_code
    )
    # Entered again, a suspended organisation must not come back as verified.
    if checked and organisation.state == "unverified":
        _verify(organisation, "", checked, by)
    _commit()
    return organisation


def verify_organisation(
    organisation: Organisation,
    *,
    by: Reader | None,
    uscc: str = "",
    checked: str,
    seen: int | None = None,
) -> None:
    """Note that an organisation's identity was checked against its 统一社会信用代码.

    Args:
        organisation: the row.
        by: the acting person; None for the site itself.
        uscc: its code, where the row has none yet.
        checked: what was looked at, e.g. 营业执照.
        seen: the revision that was compared with it; None for the site itself.

    Raises:
        NotAllowed: the person does not verify organisations.
        Stale: it got another name or code since.
        NotNow: it is not waiting for it.
        Invalid: no code, a wrong one, one that belongs to another organisation, or nothing was looked at.
    """
    require(by, "organisation.verify")
    # Its administrator may rename it at any moment: what was compared must be what is verified.
    if seen is not None and seen != organisation.revision:
        raise Stale(*CHANGED)
    _verify(organisation, uscc, checked, by)
    # Two operators at the same moment, or a code that was registered meanwhile.
    _commit()


def ask_organisation(
    organisation: Organisation, *, note: str, by: Reader | None, seen: int | None = None
) -> None:
    """Tell an unverified organisation what is missing, or a suspended one why it stays so.

    Args:
        organisation: the row.
        note: what it shall supply, or why; its people read it.
        by: an operator.
        seen: the revision that was on the page: two presses are one question. None for the site itself.

    Raises:
        NotAllowed, NotNow, Stale, Invalid.
    """
    require(by, "organisation.verify")
    require_state(organisation, "要求补充", *WRITING)
    if seen is not None and seen != organisation.revision:
        raise Stale(*CHANGED)
    organisation.state_note = note = _checked_note(note)
    # The state stays; its people answer on their page (room verification), and History holds both.
    move(organisation, "ask", organisation.state, by=by, note=note)
    _commit()


def draft_answer(
    organisation: Organisation, note: str, *, by: Reader | None
) -> History:
    """Note what its people supplied for its verification, or said of its suspension; operators are to act (no commit).

    Returns:
        the row of History, whose number the files of this answer bear.

    Raises:
        NotNow: it does not wait to be verified, and is not suspended.
    """
    require_state(organisation, "补充核验材料", *WRITING)
    organisation.state_note = ""
    return move(organisation, "answer", organisation.state, by=by, note=note)


def suspend_organisation(
    organisation: Organisation, *, note: str, by: Reader | None
) -> None:
    """Let nobody act for an organisation, and hide what it has published, with the reason.

    Raises:
        NotAllowed, Invalid.
        NotNow: it is suspended or merged already.
    """
    require(by, "organisation.suspend")
    if not organisation.is_active:
        raise wrong_state(organisation, "暂停")
    stop(organisation, note=_checked_note(note), by=by)
    _commit()


def resume_organisation(organisation: Organisation, *, by: Reader | None) -> None:
    """Let its people act for a suspended organisation again.

    Raises:
        NotAllowed.
        NotNow: it is not suspended, or nobody is left who could act for it (159).
    """
    require(by, "organisation.suspend")
    require_state(organisation, "恢复", "suspended")
    if organisation.is_forsaken:
        raise NotNow(*NOBODY_LEFT)
    start(organisation, by=by)
    _commit()


def change_identity(
    organisation: Organisation,
    *,
    name: str,
    uscc: str = "",
    seen: int,
    by: Reader | None,
) -> None:
    """Give an organisation another name or code; its former name finds it still, and it is to be verified again.

    Args:
        organisation: the row.
        name: its name from now on.
        uscc: its code from now on; empty leaves it.
        seen: the revision the writer saw.
        by: one of its administrators, or an operator.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: no name, a wrong code, or one of both belongs to another organisation.
    """
    require(by, "organisation.edit", organisation)
    # Before anything else: a form filled in for another name must not be applied to this one.
    if organisation.revision != seen:
        raise Stale(*CHANGED)
    if not organisation.is_active:
        raise wrong_state(organisation, "修改")
    # Empty leaves the code: a form that forgot it must not delete it.
    code = organisation.uscc
    with judged_together() as part:
        with part():
            name = checked_name(name)
        with part():
            if uscc.strip():
                code = checked_uscc(uscc)
    if name == organisation.name and code == organisation.uscc:
        raise Invalid("没有改动。", problems={"name": ["名称和代码都没有变。"]})
    # Both are looked up, so that the message stands at the field that is wrong.
    for field, other in (
        ("name", find_organisation(name)),
        ("uscc", find_organisation("", code) if code else None),
    ):
        if other is not None and other.id != organisation.id:
            message = f"已登记给「{other.name}」，请核对是不是同一个单位。"
            raise Invalid(message, problems={field: [message]})
    note = f"{organisation.name}（{organisation.uscc or '无代码'}）→ {name}（{code or '无代码'}）"
    # A new spelling of the same name needs no second entry: the key finds both.
    if key_of(name) != organisation.name_key:
        remember_name(organisation, organisation.name, "former", today())
        _release_name(name)
    organisation.name, organisation.name_key = name, key_of(name)
    organisation.uscc = code
    # What was checked was another name or code.
    organisation.verified_at = None
    organisation.state_note = ""
    move(organisation, "rename", "unverified", by=by, note=note)
    _commit()


def move_seat(
    organisation: Organisation, district_code: str, *, since: date, by: Reader | None
) -> None:
    """Note where an organisation is seated from a day on; where it was before stays on record.

    Raises:
        NotAllowed.
        Invalid: there is no such district today, or the day lies in the future.
    """
    require(by, "organisation.edit", organisation)
    if district_code not in current_districts():
        message = "选一个现行的县市区。"
        raise Invalid(message, problems={"district": [message]})
    if since > today():
        message = "日期不能在今天以后。"
        raise Invalid(message, problems={"since": [message]})
    of_that_day = [one for one in organisation.seats if one.since == since]
    # Pressed twice.
    if of_that_day and of_that_day[-1].district_code == district_code:
        return
    if not organisation.seats and organisation.district_code:
        # Where it was until now; since when is not known, so the day it was entered stands for it.
        entered = day_in_china(organisation.created_at)
        first = OrganisationSeat(
            district_code=organisation.district_code,
            since=min(entered, since - timedelta(days=1)),
        )
        organisation.seats.append(first)
    seat = OrganisationSeat(district_code=district_code, since=since)
    organisation.seats.append(seat)
    # A seat of the past may be entered later; of two with the latest day the second corrects the first.
    if all(one.since <= since for one in organisation.seats):
        organisation.district_code = district_code
    move(organisation, "seat", organisation.state, by=by, note=district_code)
    _commit()


def add_alias(organisation: Organisation, name: str, *, by: Reader | None) -> None:
    """Let another name find an organisation. Raises NotAllowed; Invalid where it is that of another."""
    require(by, "organisation.edit", organisation)
    name = checked_name(name, "alias")
    other = find_organisation(name)
    if other is not None:
        message = f"「{name}」已经是「{other.name}」的名称。"
        raise Invalid(message, problems={"alias": [message]})
    remember_name(organisation, name, "alias", None)
    move(organisation, "alias", organisation.state, by=by, note=name)
    _commit()


def merge_organisations(
    gone: Organisation, kept: Organisation, *, by: Reader | None
) -> OrganisationMerge:
    """Make two rows of one body one: people, listings, names and code of one go over to the other.

    Args:
        gone: the row that is no longer used; its names lead to the other.
        kept: the row that stays.
        by: an operator.

    Raises:
        NotAllowed.
        NotNow: they are one row, one of them is merged or suspended, they have different codes, or something of both
            stands in the way of the other.
    """
    require(by, "organisation.merge")
    # Nobody may suspend one meanwhile.
    twins.hold_both(gone, kept)
    obstacle = merge_obstacle(gone, kept)
    if obstacle is not None:
        raise obstacle
    # All that undoing needs, written before anything changes.
    moved: dict[str, Any] = {
        "gone": _identity_of(gone),
        "kept": _identity_of(kept),
        "rooms": contributions.move_between(gone.id, kept.id),
    }
    code = gone.uscc
    gone.uscc = None
    gone.verified_at = None
    gone.merged_into_id = kept.id
    move(gone, "merge", "merged", by=by, note=kept.name)
    # The code is free before it is given on: both databases look at each row by itself.
    db.session.flush()
    if kept.uscc is None:
        kept.uscc = code
    merge = OrganisationMerge(gone=gone, kept=kept, moved=moved, by_id=reader_id(by))
    db.session.add(merge)
    move(kept, "merge", kept.state, by=by, note=gone.name)
    twins.settle_pair(gone, kept, "merged", by)
    _commit()
    return merge


def undo_merge(merge: OrganisationMerge, *, by: Reader | None) -> None:
    """Take a merge back: what went over comes back, but for what has been ended or given on since.

    Raises:
        NotAllowed.
        NotNow: it was undone already, the row that stayed was merged itself since, or its name is that of another now.
    """
    require(by, "organisation.merge")
    gone, kept = merge.gone, merge.kept
    if merge.undone_at is not None or gone.merged_into_id != kept.id:
        raise NotNow("这次合并已经撤销过。", "请刷新后再看。")
    if kept.state == "merged":
        raise NotNow(f"「{kept.name}」后来又被合并了。", "先撤销后一次合并。")
    # The row that stayed may have taken the name since; two in use could not be told apart by it.
    holder = holder_of_name(gone.name)
    if holder is not None and holder.id != gone.id:
        raise NotNow(
            f"「{gone.name}」现在是另一个单位（编号 {holder.id}）的名称。",
            "先给那个单位改名，再撤销合并。",
        )
    gone.name_key = key_of(gone.name)
    # As it was when it was merged, not as its columns say now.
    before = merge.moved["gone"]
    # The code went over with the merge, so it goes back; the other row is to be verified again without it.
    if before["uscc"] and kept.uscc == before["uscc"]:
        kept.uscc = merge.moved["kept"]["uscc"]
        if kept.uscc is None:
            # Also of one that is suspended since: resuming asks it which state to come back to.
            kept.verified_at = None
            if kept.state == "verified":
                move(kept, "rename", "unverified", by=by)
        db.session.flush()
    gone.uscc = before["uscc"]
    gone.verified_at = None
    if before["verified_at"]:
        gone.verified_at = datetime.fromisoformat(before["verified_at"])
    gone.merged_into_id = None
    move(gone, "unmerge", before["state"], by=by, note=kept.name)
    db.session.flush()
    contributions.move_back(gone.id, kept.id, merge.moved["rooms"])
    # What was hidden with the other row would stay so: nobody can resume an owner that is not suspended.
    if kept.state == "suspended" and gone.is_active:
        contributions.start_organisation(gone.id, by)
    # The row stays as a record; the pair is proposed again, for it still looks alike.
    merge.undone_at, merge.undone_by_id = now(), reader_id(by)
    twins.settle_pair(gone, kept, "proposed", by)
    _commit()


def keep_apart(one: Organisation, other: Organisation, *, by: Reader | None) -> None:
    """Note that two that look alike are two, so that nobody asks again. Raises NotAllowed; NotNow: one was merged."""
    require(by, "organisation.merge")
    twins.hold_both(one, other)
    if one.id == other.id or "merged" in (one.state, other.state):
        raise NotNow("这一对已经没有要决定的。", "请从「疑似重复单位」进入。")
    # The background proposes no pair that has a row, whatever its state.
    twins.settle_pair(one, other, "apart", by)
    move(one, "apart", one.state, by=by, note=other.name)
    _commit()


def propose_twins() -> int:
    """Look for organisations that may be one body, for the background; what people have decided stays.

    Returns:
        how many pairs are new.
    """
    new = twins.propose_pairs()
    # Jobs have one leader, so that no other process proposes the same pair meanwhile.
    persistence.commit()
    return len(new)


def _verify(
    organisation: Organisation, uscc: str, checked: str, by: Reader | None
) -> None:
    require_state(organisation, "核验", "unverified")
    # Verified means that a code was checked: the database demands one too.
    if not organisation.uscc and not uscc.strip():
        message = "核验前填上统一社会信用代码。"
        raise Invalid(message, problems={"uscc": [message]})
    if not checked.strip():
        message = "写明核对了什么，比如营业执照。"
        raise Invalid(message, problems={"checked": [message]})
    code = organisation.uscc or checked_uscc(uscc)
    # The column is unique too; this is for words that name the other one.
    other = find_organisation("", code)
    if other is not None and other.id != organisation.id:
        message = f"代码 {code} 已登记给「{other.name}」，请核对是不是同一个单位。"
        raise Invalid(message, problems={"uscc": [message]})
    organisation.uscc = code
    organisation.verified_at = now()
    organisation.state_note = ""
    move(organisation, "verify", "verified", by=by, note=checked.strip()[:500])


def _checked_note(note: str) -> str:
    missing = f"写明原因（2–{MAX_NOTE} 字），对方才知道怎么办。"
    return checked_text("note", note, MAX_NOTE, missing=missing)


def _release_name(name: str) -> None:
    """Let a merged row give its name on to the row that it became."""
    holder = holder_of_name(name)
    # Another that took the name at this very moment keeps it: the column is unique, and this deed is refused.
    if holder is not None and holder.state == "merged":
        holder.name_key = released_key(holder.id)
        # The column is unique: the name is free before it is taken.
        with persistence.refusals(stale=quicker()):
            db.session.flush()


def _identity_of(organisation: Organisation) -> dict[str, Any]:
    verified_at = organisation.verified_at
    return {
        "state": organisation.state,
        "uscc": organisation.uscc,
        # JSON has no moments.
        "verified_at": verified_at.isoformat() if verified_at else None,
    }


def _commit() -> None:
    persistence.commit(stale=quicker(), duplicates=duplicates())
