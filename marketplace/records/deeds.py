"""What is recorded of a case and of a decision on a price: one function a button."""

from __future__ import annotations

from datetime import date

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.brokerage.models import BrokerageCase
from marketplace.brokerage.writing import move_case, require_seen
from marketplace.clock import day_in_china, now
from marketplace.deals.models import Deal
from marketplace.deals.terms import meeting_problem
from marketplace.errors import NOT_SAVED, Invalid, NotFound, NotNow
from marketplace.extensions import db
from marketplace.files import upkeep
from marketplace.files.deeds import Taken
from marketplace.files.models import ThingFile
from marketplace.files.taking import add_file
from marketplace.introductions.announcements import announce_file
from marketplace.introductions.disclosure import answers, asks
from marketplace.introductions.models import Introduction
from marketplace.permissions import Reader, require
from marketplace.records import announcements, queries
from marketplace.records.models import KINDS, MAX_ATTENDEES, MAX_TEXT, CaseNote
from marketplace.typed_texts import gathered_text


def write_note(
    case: BrokerageCase,
    *,
    note_kind: str,
    text: str,
    met_on: date | None,
    attendees: str,
    by: Person,
    seen: int,
) -> CaseNote:
    """记一笔: a note, or minutes of a meeting, of the broker's own or for both sides.

    Args:
        case: taken up by `by`, or by whom they stand in for, and not over.
        note_kind: a key of `KINDS`.
        text: what was said or is to be remembered.
        met_on, attendees: of minutes: the day, and who was there.
        seen: the revision that was on the page: two presses of one button are one note.

    Raises:
        NotAllowed, Stale.
        NotNow: not from here; or minutes for both before both want to talk.
        Invalid: something lacks.
    """
    _begin(case, by, seen)
    if note_kind not in KINDS:
        raise _wrong("note_kind", "选是备忘还是纪要。")
    # They name both sides: before both want to talk, one would be disclosed to the other (129).
    if note_kind == "shared_minutes" and case.introduction_id is None:
        raise NotNow("双方还没有都愿意对接，不能给双方看。", "先记内部的纪要。")
    problems: dict[str, list[str]] = {}
    missing = f"写内容，2–{MAX_TEXT} 字。"
    text = gathered_text(problems, "text", text, MAX_TEXT, missing=missing)
    # A note is of no meeting: it needs neither a day nor names.
    if note_kind != "note":
        if problem := meeting_problem(met_on, day_in_china(case.created_at)):
            problems["met_on"] = [problem]
        missing = f"写参加的人，2–{MAX_ATTENDEES} 字。"
        attendees = gathered_text(
            problems, "attendees", attendees, MAX_ATTENDEES, missing=missing
        )
    if problems:
        raise Invalid(*NOT_SAVED, problems=problems)
    row = CaseNote(
        case_id=case.id,
        note_kind=note_kind,
        text=text,
        # What was typed into the boxes of minutes does not go into a note.
        met_on=met_on if note_kind != "note" else None,
        attendees=attendees if note_kind != "note" else "",
        by_id=by.id,
    )
    db.session.add(row)
    # The move changes the revision of the case, by which a second press is refused.
    move_case(case, "record", by=by, note=KINDS[note_kind][0])
    if row.is_shared:
        announcements.announce_minutes(row)
    persistence.commit()
    return row


def add_case_file(
    case: BrokerageCase, taken: Taken, *, shared: bool, by: Person
) -> ThingFile:
    """加文件 to a case. Raises NotAllowed, NotNow, Invalid, CannotSave."""
    require(by, "brokerage.carry", case)
    # No revision is compared, for looking at the file took a while: the row is held instead.
    persistence.hold_row(case)
    _require_taken_up(case, by)
    if shared and case.introduction_id is None:
        raise NotNow("双方还没有都愿意对接，不能给双方看。", "先不给双方看。")
    row = add_file(queries.CASE, case.id, taken, shared=shared, by=by)
    move_case(case, "record", by=by, note=f"文件：{row.name}")
    persistence.commit()
    return row


def add_decision_file(deal: Deal, taken: Taken, *, by: Person) -> ThingFile:
    """加附件 to the decision on the price that waits or is in force: a report, minutes. Raises as `add_case_file`."""
    require(by, "deal.hold", deal)
    # The decision may have been overtaken while the file was looked at.
    persistence.hold_row(deal)
    decision = queries.decision_of(deal)
    if decision is None or not deal.is_running:
        raise NotNow("这笔交易现在没有定价决定。", "提交定价以后再加附件。")
    # Never shared with the receiver: what led to a price is the holder's own affair.
    row = add_file(queries.DECISION, decision.id, taken, shared=False, by=by)
    persistence.commit()
    return row


def add_introduction_file(case: Introduction, taken: Taken, *, by: Person) -> ThingFile:
    """传文件 to the other side, as with a message: both sides may have it.

    Raises:
        NotFound: `by` belongs to neither side.
        NotNow: nobody has accepted; it is there already.
        Invalid: there are too many.
        CannotSave: the disk is full.
    """
    # Who belongs to neither side learns not even its state.
    asking = asks(case, by)
    if not asking and not answers(case, by):
        raise NotFound("没有找到这次对接。", "请从「我的」进入。")
    persistence.hold_row(case)
    if case.state != "accepted":
        raise NotNow(
            f"这次对接现在是「{case.state_name}」。", "对方接受以后才能传文件。"
        )
    row = add_file(queries.INTRODUCTION, case.id, taken, shared=True, by=by)
    key = f"introduction file {row.id}"
    announce_file(case, row.name, key=key, by_asking_side=asking, by=by)
    persistence.commit()
    return row


def remove_file(row: ThingFile, *, by: Person) -> None:
    """删除文件: only who uploaded it. Raises NotNow."""
    # Held and read again: of two presses the second one finds it gone.
    persistence.hold_row(row)
    # Whoever uploaded it may have lost access to the case or deal since.
    if row.by_id != by.id or not queries.may_have(row, by):
        raise NotNow("只有上传的人能删除。", "请联系上传的人。")
    stored = row.file
    if stored is None:
        raise NotNow("这个文件已经删除。", "")
    # The row stays and says that there was a file.
    row.file, row.removed_at = None, now()
    persistence.commit()
    # After the commit, for no rollback brings bytes back; those that another file needs stay.
    upkeep.sweep_content(stored.id)


def _begin(case: BrokerageCase, by: Reader, seen: int) -> None:
    require(by, "brokerage.carry", case)
    require_seen(case, seen)
    _require_taken_up(case, by)


def _require_taken_up(case: BrokerageCase, by: Reader) -> None:
    if case.state == "dispatched":
        raise NotNow("还没有接单。", "申报利益关系、接单以后再记。")
    case.life.permits(case, "record", by)


def _wrong(box: str, message: str) -> Invalid:
    return Invalid(message, problems={box: [message]})
