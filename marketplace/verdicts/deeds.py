"""Giving, changing and taking back a verdict; grade models and measurements. The only file that commits here.

What is read of verdicts lives in `queries.py`; what they say of pairs in `judgements.py`, `grading.py`, `quality.py`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from marketplace import persistence
from marketplace.clock import now
from marketplace.errors import Invalid, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.listings import queries as listing_queries
from marketplace.listings.models import Row
from marketplace.parsing.secrecy import REFUSAL, secret_mark
from marketplace.parsing.text import clean_text, too_long
from marketplace.permissions import Reader, organisations_of, require, roles_of
from marketplace.verdicts import queries
from marketplace.verdicts.effects import measure_effect
from marketplace.verdicts.grading import (
    active_grader,
    active_model,
    fit_grades,
    obstacle_of,
    ranker_version,
)
from marketplace.verdicts.judgements import count_voices
from marketplace.verdicts.models import (
    GRADE_LIFE,
    LEVELS,
    LIFE,
    MAX_NOTE,
    MIN_NOTE,
    REASONS,
    GradeModel,
    Impression,
    ImpressionItem,
    Measurement,
    Verdict,
)
from marketplace.verdicts.quality import measure_quality
from marketplace.verdicts.ranked_lists import RankedItem, RankedList, outdated_list

# Constraints that somebody who was quicker breaks: the same verdict, or the same list, at the same moment.
UNIQUE = (
    "uq_grade_model_active",
    "uq_shown_to_id_digest",
    "uq_verdict_side_demand_id_achievement_id_by_id",
)


def like(
    subject: Row, offered_id: int, *, by: Reader, ranked_list: RankedList
) -> Verdict:
    """感兴趣.

    Args:
        subject: the listing on whose matches the verdict is given.
        offered_id: the listing judged, of the other kind.
        by: the signed-in person.
        ranked_list: the list they had on the page.

    Raises:
        NotAllowed: they are neither of the owner's people nor a broker or operator.
        NotFound: the other listing is no longer to be found.
        Stale: one of both has changed since, or it is not on that list.
    """
    return _give("like", subject, offered_id, by=by, ranked_list=ranked_list)


def decline(
    subject: Row,
    offered_id: int,
    *,
    reason: str,
    note: str = "",
    by: Reader,
    ranked_list: RankedList,
) -> Verdict:
    """不合适, with a reason of `models.REASONS`; `other` needs a note.

    Raises:
        Invalid: the reason or the note is missing, or the note too long.
        NotAllowed, NotFound, Stale: as `like`.
    """
    problems = {}
    if reason not in REASONS:
        problems["reason"] = ["选一个原因。"]
    # Looked at before the list is, so that the form comes back with every box that is wrong.
    note = _checked_note(note, problems, required=reason == "other")
    _refuse_problems(problems)
    return _give(
        "decline",
        subject,
        offered_id,
        by=by,
        ranked_list=ranked_list,
        reason=reason,
        note=note,
    )


def grade(
    subject: Row,
    offered_id: int,
    *,
    level: int | None,
    note: str,
    by: Reader,
    ranked_list: RankedList,
) -> Verdict:
    """评定: a broker's or operator's own level, 1–4, with a note. It is stored along with the matcher's score.

    Raises:
        Invalid: the level or the note is missing, or the note too long.
        NotAllowed, NotFound, Stale: as `like`.
    """
    # First: who may not grade learns nothing of what their form lacks.
    require(by, "verdict.grade", subject)
    problems = {}
    if level not in LEVELS:
        problems["level"] = ["选一个级别。"]
    note = _checked_note(note, problems, required=True)
    _refuse_problems(problems)
    return _give(
        "grade",
        subject,
        offered_id,
        by=by,
        ranked_list=ranked_list,
        level=level,
        note=note,
    )


def retract(subject: Row, offered_id: int, *, by: Reader) -> Verdict:
    """收回: take one's own verdict back; its history stays.

    Raises:
        NotAllowed: as `like`.
        NotFound: this person has given none.
        NotNow: it was taken back already.
    """
    require(by, "verdict.give", subject)
    # With those that were taken back: a second press is refused by the life table, not called missing.
    row = queries.own_verdict(subject, offered_id, by=by, retracted=True)
    if row is None:
        raise NotFound(
            "没有找到您的这条评价。", "它可能已经收回。可以回到匹配列表看看。"
        )
    # The CHECKs tie reason and level to the state, so they leave with it; History keeps what was said.
    row.reason = None
    row.level = None
    row.note = ""
    LIFE.move(row, "retract", by=by)
    _commit()
    return row


def calibrate(*, by: Reader | None) -> GradeModel:
    """Fit the grades on all verdicts: a candidate for the operators where it did better than the fixed cut points.

    Raises:
        NotAllowed: `by` is no operator.
        TooOneSided: fewer than three people or two organisations judged.
        matching.judging.quality.TooFew: fewer than 50 demand texts were judged.
        SearchUnavailable: the matcher is being prepared.
    """
    require(by, "quality.read")
    # Before the verdicts are read: one that is given while this learns is news for the next night.
    read_at = now()
    model = fit_grades()
    voices = count_voices()
    effect = {}
    # It ranks every public demand, so it is worked out before the transaction that writes begins.
    if model.is_better:
        effect = measure_effect(active_grader().grade, model.grade)
    persistence.begin_write()  # learning took long, and somebody may have saved since it read
    # One question at a time: what was not answered is asked again with all that is known now.
    waiting = db.select(GradeModel).where(GradeModel.state == "candidate")
    for older in db.session.scalars(waiting):
        GRADE_LIFE.move(older, "drop", by=by, note="有了新的候选")
    row = GradeModel(
        ranker=ranker_version(),
        demands=model.demands_,
        verdicts=model.pairs_,
        people=voices.people,
        organisations=voices.organisations,
        parameters=model.to_json(),
        better=model.is_better,
        effect=effect,
        at=read_at,
    )
    db.session.add(row)
    _flush()  # its History needs the id
    GRADE_LIFE.born(row, by=by)
    # A row all the same, so that the next night does not learn the same once more.
    if not row.better:
        GRADE_LIFE.move(row, "drop", by=by, note="没有比固定界线准")
    _commit()
    return row


def use_grades(row: GradeModel, *, by: Reader) -> GradeModel:
    """起用: this model grades from now on, instead of the fixed cut points or another model.

    Raises:
        NotAllowed: `by` is no operator.
        NotNow: it rests on too few people, organisations or demands, was no better, is of another ranking or damaged,
            or its state does not allow it.
        Stale: another operator decided at the same moment.
    """
    require(by, "quality.decide")
    problem = obstacle_of(row)
    if problem:
        raise NotNow(f"这个模型不能起用：{problem}。", "档位仍按现在的办法定。")
    # Of whatever ranking: the index allows one in force, also where that one grades nothing any more.
    before = active_model()
    if before is not None and before.id != row.id:
        GRADE_LIFE.move(before, "stop", by=by, note="换成另一个模型")
        _flush()  # one at a time: the rule of the table looks at each row
    row.used_at = now()
    row.used_by_id = by.id
    GRADE_LIFE.move(row, "use", by=by)
    _commit()
    return row


def drop_grades(row: GradeModel, *, by: Reader) -> GradeModel:
    """不起用: the candidate leaves the queue; the next new verdicts bring another.

    Raises:
        NotAllowed: `by` is no operator.
        NotNow: it is no candidate any more.
    """
    require(by, "quality.decide")
    GRADE_LIFE.move(row, "drop", by=by)
    _commit()
    return row


def stop_grades(row: GradeModel, *, by: Reader) -> GradeModel:
    """回到固定界线: the fixed cut points grade again.

    Raises:
        NotAllowed: `by` is no operator.
        NotNow: it is not in force.
    """
    require(by, "quality.decide")
    GRADE_LIFE.move(row, "stop", by=by)
    _commit()
    return row


def measure(*, by: Reader | None) -> Measurement:
    """Measure how good matching is today and store it for the operators' page.

    Raises:
        NotAllowed: `by` is no operator.
        SearchUnavailable: the matcher is being prepared.
    """
    require(by, "quality.read")
    figures = measure_quality()
    persistence.begin_write()  # measuring took long, as learning does
    row = Measurement(ranker=ranker_version(), figures=figures)
    db.session.add(row)
    _commit()
    return row


def _give(
    deed: str,
    subject: Row,
    offered_id: int,
    *,
    by: Reader,
    ranked_list: RankedList,
    reason: str | None = None,
    level: int | None = None,
    note: str = "",
) -> Verdict:
    require(by, "verdict.give", subject)
    listing = listing_queries.get_findable(subject.counterpart, [offered_id], by=by)
    offered = listing.get(offered_id)
    # Not only shown but still to be found: a verdict on what is gone would teach from a text nobody can read.
    if offered is None:
        raise NotFound(
            "这一条现在找不到了。", "它可能刚被撤回或过期。可以回到匹配列表看看。"
        )
    item = _checked_item(ranked_list, subject, offered)
    row = queries.own_verdict(subject, offered_id, by=by, retracted=True)
    if row is None:
        row = _new_verdict(subject, offered, by, item)
        # Before the flush: the database takes no verdict without the list it was given on.
        row.impression = _store_impression(ranked_list, by)
        db.session.add(row)
        _flush()  # its History needs the id
    elif _is_repeated(row, deed, (reason, level, note)):
        return row
    # A flush in between would break the constraints that tie reason and level to the state.
    with db.session.no_autoflush:
        row.impression = _store_impression(ranked_list, by)
        row.score = item.score
        row.grade = item.grade
        row.reason = reason
        row.level = level
        row.note = note
        LIFE.move(row, deed, by=by, note=_history_note(row))
    _commit()
    return row


def _is_repeated(
    row: Verdict, deed: str, given: tuple[str | None, int | None, str]
) -> bool:
    """Whether the button was pressed twice: nothing would change."""
    same_state = row.state == LIFE.moves[row.state, deed]
    # Another reason or note in the same state is a change of mind, with a History row of its own.
    return same_state and (row.reason, row.level, row.note) == given


def _checked_item(ranked_list: RankedList, subject: Row, offered: Row) -> RankedItem:
    """The row of a list that is judged.

    Raises:
        Stale: it is not on that list, or one of both listings has changed since the list was made.
    """
    item = ranked_list.item_of(offered.id)
    of_subject = (ranked_list.side, ranked_list.subject_id)
    if item is None or of_subject != (subject.kind, subject.id):
        raise outdated_list()
    # What was read is what is judged: an edit in between may have answered the very objection.
    revisions = (ranked_list.revision, item.revision)
    if revisions != (subject.revision, offered.revision):
        raise Stale(
            "其中一条在您打开之后被改过。", "请重新打开匹配页面，看过新的内容再评价。"
        )
    return item


def _new_verdict(subject: Row, offered: Row, by: Reader, item: RankedItem) -> Verdict:
    """An open verdict of this person on this pair, not yet in the session."""
    demand_id, achievement_id = queries.pair_ids(subject, offered.id)
    return Verdict(
        side=subject.kind,
        demand_id=demand_id,
        achievement_id=achievement_id,
        # Stored as it is today: in whose name somebody spoke does not change with their roles.
        by_id=by.id,
        by_role=_role_of(by, subject),
        score=item.score,
        grade=item.grade,
    )


def _role_of(by: Reader, subject: Row) -> str:
    """In which role somebody judges: for their own firm first."""
    # Roles may be several: a broker who judges for the own firm judges as its owner.
    if subject.organisation_id in organisations_of(by):
        return "owner"
    return "operator" if "operator" in roles_of(by) else "broker"


def _history_note(row: Verdict) -> str:
    """What History says of a verdict: its reason or level, then its note."""
    # As the person chose it: some reasons are worded otherwise on the list of an achievement.
    reasons = queries.reason_names(row.side)
    given = reasons.get(row.reason or "") or LEVELS.get(row.level or 0, "")
    return "：".join(part for part in (given, row.note) if part)


def _store_impression(ranked_list: RankedList, by: Reader) -> Impression:
    """The list as a row: the one that is stored already, or a new one."""
    content = asdict(
        ranked_list
    )  # named as the columns, so that a new one cannot be forgotten in either
    # The moment is left out: the same list on the same day is stored once, however often the page was made.
    hashed = json.dumps({**content, "at": None}, sort_keys=True)
    digest = hashlib.sha256(hashed.encode()).hexdigest()
    query = db.select(Impression).where(
        Impression.to_id == by.id, Impression.digest == digest
    )
    row: Impression | None = db.session.scalar(query)
    if row is None:
        items = [ImpressionItem(**item) for item in content.pop("items")]
        row = Impression(**content, digest=digest, to_id=by.id, items=items)
        db.session.add(row)
    return row


def _checked_note(note: str, problems: dict[str, list[str]], *, required: bool) -> str:
    """A note as it is stored; `problems` gets what is wrong with it."""
    # Blanks alone are no note, and what nobody sees turns round what stands behind it.
    note = clean_text(note)
    if required and len(note) < MIN_NOTE:
        problems["note"] = [f"写明情况，{MIN_NOTE}–{MAX_NOTE} 个字。"]
    elif problem := too_long(note, MAX_NOTE):
        problems["note"] = [problem]
    elif secret_mark(note):
        problems["note"] = [REFUSAL]
    return note


def _refuse_problems(problems: dict[str, list[str]]) -> None:
    if problems:
        raise Invalid("还没有记下，有一处要补。", problems=problems)


def _flush() -> None:
    """Give a new row its id; somebody may have been quicker."""
    with persistence.refusals(**_refusals()):
        db.session.flush()


def _commit() -> None:
    persistence.commit(**_refusals())


def _refusals() -> dict[str, Any]:
    """A colleague was quicker, or the same person with a second press: whichever rule of the tables noticed it."""
    quicker = Stale("同一时刻有别的操作在保存，这一次没有记上。", "请再点一次。")
    return {"stale": quicker, "duplicates": dict.fromkeys(UNIQUE, quicker)}
