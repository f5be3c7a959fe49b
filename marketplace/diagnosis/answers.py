"""What a firm does in the diagnosis of its demand: answering, confirming, asking for changes, declining.

What it has confirmed goes into its demand by `writing`, and on to the operators by the deeds of the listings: nothing
that somebody else wrote becomes public by this room.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.diagnosis import announcements, queries
from marketplace.diagnosis.models import DiagnosisCase, DiagnosisPart
from marketplace.diagnosis.settling import (
    MAX_WORDS,
    check_seen,
    checked_words,
    commit_case,
    move_case,
)
from marketplace.errors import Invalid, MarketError, NotAllowed, NotNow, Stale
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import rewriting_deeds, settling, writing
from marketplace.listings.models import Achievement, Demand
from marketplace.permissions import Reader, reader_id, require
from marketplace.wording import in_quotes

CONFIRMED = "确认诊断的改写。"
PART_FIELDS = ("title", "problem", "expected_goal")


def withdraw_request(case: DiagnosisCase, *, by: Reader, seen: int) -> None:
    """撤回, before anybody has taken it. Raises NotAllowed, NotNow, Stale."""
    require(by, "diagnosis.answer", case)
    check_seen(case, seen)
    move_case(case, "withdraw", by=by)
    commit_case()


def answer_questions(
    case: DiagnosisCase, answers: Mapping[int, str], *, by: Reader, seen: int
) -> int:
    """回答 some of the questions.

    Args:
        case: the case.
        answers: number of a question → its answer; empty ones are left for later.
        by: somebody of the firm.
        seen: the revision they saw.

    Returns:
        how many were answered.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: nothing is written, or a text does not do.
    """
    require(by, "diagnosis.answer", case)
    check_seen(case, seen)
    # Blanks are no answer: the question goes on waiting.
    written = {number: text for number, text in answers.items() if text.strip()}
    if not written:
        message = "还没有写回答。"
        raise Invalid(message, problems={"answers": [message]})
    count = 0
    # By the row and not by the form: a number of another case answers nothing.
    for asked in case.unanswered:
        if asked.id in written:
            name = f"answer-{asked.id}"
            asked.answer = checked_words(name, written[asked.id], MAX_WORDS)
            asked.answered_by_id = reader_id(by)
            asked.answered_at = now()
            count += 1
    if not count:
        raise NotNow("这些问题已经回答过。", "请刷新后再看。")
    move_case(case, "answer", by=by)
    announcements.announce_to_diagnoser(case, "answer", by=by)
    commit_case()
    return count


def confirm_rewriting(
    case: DiagnosisCase, fields: Collection[str], *, by: Person, seen: int
) -> bool:
    """确认改写, whole or of some fields, and hand the demand in.

    Args:
        case: the case.
        fields: the proposed fields that the firm takes.
        by: somebody of the firm, who is not the one who rewrote.
        seen: the revision they saw.

    Returns:
        whether it was handed in: False where it lacks something, and stays a draft with what was confirmed.

    Raises:
        NotAllowed, NotNow.
        Stale: the firm, or who rewrote, has changed something since.
        Invalid: no field is chosen, or the title is taken.
    """
    require(by, "diagnosis.answer", case)
    # Four eyes: what somebody rewrote is their hand in the text, also within the firm (decision 098).
    _refuse_writer(case, by)
    check_seen(case, seen)
    case.life.permits(case, "confirm", by)
    row = case.demand
    # In the order of the proposal; a name that was not proposed is not written.
    chosen = [name for name in case.content if name in fields]
    if not chosen:
        message = "勾选要采用的项；都不要的，选「不采用」或「请再改」。"
        raise Invalid(message, problems={"fields": [message]})
    _refuse_changed(case, chosen)
    published = row.state == "published"
    # Of what is public a change is proposed, which a review has to pass: the old text stays until then.
    if published:
        require(by, "listing.edit", row)
    elif row.state not in queries.WRITABLE:
        raise NotNow(
            f"需求现在是「{row.state_name}」，不能改写。", "撤回送审后再确认。"
        )
    content = {name: case.content[name] for name in chosen}
    notes = ("改写由企业确认。", CONFIRMED)
    rewriting_deeds.take_over(row, content, writer=case.proposed_by, by=by, notes=notes)
    labels = [queries.LABELS[name] for name in chosen]
    case.conclusion = "ready"
    move_case(case, "confirm", by=by, note="、".join(labels))
    announcements.announce_to_diagnoser(case, "confirm", by=by)
    commit_case()
    # After the commit: the index cannot undo it.
    settling.sync_index(row)
    # A second transaction: what was confirmed is stored even where the demand cannot be handed in yet.
    return published or _hand_in(row, by=by)


def confirm_split(
    case: DiagnosisCase, numbers: Collection[int], *, by: Person, seen: int
) -> list[Achievement | Demand]:
    """确认拆分: make a draft of each part that is chosen; the original stays, for its firm to end or to keep.

    Args:
        case: the case.
        numbers: places of the parts, from 0.
        by: somebody of the firm, who is not the one who wrote them.
        seen: the revision they saw.

    Returns:
        the drafts.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: none is chosen, or a title is taken: then none is made.
    """
    require(by, "diagnosis.answer", case)
    _refuse_writer(case, by)
    check_seen(case, seen)
    case.life.permits(case, "confirm_split", by)
    parts = [one for place, one in enumerate(case.parts) if place in numbers]
    if not parts:
        message = "勾选要拆出的几条；都不要的，选「不采用」或「请再改」。"
        raise Invalid(message, problems={"parts": [message]})
    # All of it and not only the chosen parts: they divide one text among them.
    _refuse_changed(case, list(case.base))
    row = case.demand
    drafts: list[Achievement | Demand] = []
    try:
        for number, part in enumerate(parts, 1):
            values = _part_values(row, part)
            # All drafts in one transaction: half a split would leave the firm to find out what is missing.
            draft = listing_deeds.create(
                "demand", values, organisation=row.organisation, by=by, commit=False
            )
            # Who wrote it counts as a hand in the draft, and may not let it through in a review.
            event = draft.life.move(
                draft, "rewrite", by=case.proposed_by, changed=list(PART_FIELDS)
            )
            event.note = f"由需求{in_quotes(row.title)}拆出，企业已确认。"
            # Last, for the audit names who pressed the button by it.
            draft.life.move(draft, "edit", by=by, note=CONFIRMED)
            db.session.add(
                DiagnosisPart(case_id=case.id, number=number, demand_id=draft.id)
            )
            drafts.append(draft)
    except MarketError:
        # All of them or none: half a split would be found by nobody.
        db.session.rollback()
        raise
    move_case(case, "confirm_split", by=by, note=f"拆成 {len(drafts)} 条")
    announcements.announce_to_diagnoser(case, "confirm_split", by=by)
    commit_case()
    settling.sync_index(*drafts)
    return drafts


def ask_changes(case: DiagnosisCase, *, remark: str, by: Reader, seen: int) -> None:
    """请再改, with what. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "diagnosis.answer", case)
    check_seen(case, seen)
    case.remark = checked_words("remark", remark, MAX_WORDS)
    move_case(case, "ask_changes", by=by, note=case.remark)
    announcements.announce_to_diagnoser(case, "ask_changes", by=by, note=case.remark)
    commit_case()


def decline_proposal(
    case: DiagnosisCase, *, remark: str, by: Reader, seen: int
) -> None:
    """不采用, with the reason: the demand stays as its firm wrote it. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "diagnosis.answer", case)
    check_seen(case, seen)
    case.remark = checked_words("remark", remark, MAX_WORDS)
    move_case(case, "decline", by=by, note=case.remark)
    announcements.announce_to_diagnoser(case, "decline", by=by, note=case.remark)
    commit_case()


def _hand_in(row: Demand, *, by: Person) -> bool:
    try:
        listing_deeds.submit(row, by=by, seen=row.revision)
    except Invalid:
        # What was confirmed is stored already; its firm fills in the rest and hands it in.
        db.session.rollback()
        return False
    return True


def _part_values(row: Demand, part: Mapping[str, str]) -> dict[str, Any]:
    """The values of a draft: those of the original, but what is one part's own. Sums and figures are not guessed."""
    values = writing.values_of(row)
    values |= {name: part[name] for name in PART_FIELDS}
    # They belong to one part or another, and nobody here can say to which.
    for name in ("metrics", "keywords"):
        values[name] = []
    for name in list(values):
        # One sum cannot be divided among the parts: only the firm knows what each is worth.
        if name.startswith("budget"):
            del values[name]
    return values


def _refuse_writer(case: DiagnosisCase, by: Person) -> None:
    """Who rewrote a demand does not confirm it for its firm, also where they belong to it."""
    if by.id == case.proposed_by_id:
        raise NotAllowed("改写是您写的，要由企业的人确认。")


def _refuse_changed(case: DiagnosisCase, names: list[str]) -> None:
    # Only among those that are taken: the firm may confirm the rest.
    moved = [name for name in queries.changed_since(case) if name in names]
    if moved:
        labels = "、".join(queries.LABELS[name] for name in moved)
        raise Stale(
            f"提出改写以后，原文的「{labels}」改过。",
            "请技术经理人或平台按新的内容再改，或不勾选这几项。",
        )
