"""What is done to diagnoses by those who begin and lead them: one function a button. What firms do: `answers.py`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.diagnosis import announcements, queries
from marketplace.diagnosis.answers import PART_FIELDS
from marketplace.diagnosis.life import CONCLUSIONS
from marketplace.diagnosis.models import DiagnosisCase, DiagnosisQuestion
from marketplace.diagnosis.settling import (
    MAX_WORDS,
    check_seen,
    checked_words,
    commit_case,
    move_case,
    second_cases,
)
from marketplace.errors import Invalid, NotNow
from marketplace.extensions import db
from marketplace.listings import writing
from marketplace.listings.models import Demand
from marketplace.listings.review_deeds import send_back
from marketplace.listings.snapshots import base_of, packed
from marketplace.parsing.text import too_long
from marketplace.permissions import Reader, reader_id, require

MAX_PARTS = 8  # drafts that a demand is split into
MAX_TEXT = 5000  # characters of a text of one of them
MAX_ADVICE = 2000


def request_diagnosis(row: Demand, *, reason: str, by: Person) -> DiagnosisCase:
    """请诊断: a firm asks for it. Raises NotAllowed, Invalid, NotNow: one is open already."""
    require(by, "diagnosis.request", row)
    return _begin(row, "requested", reason=reason, by=by)


def take_demand(row: Demand, *, reason: str, by: Person) -> DiagnosisCase:
    """接手诊断: of a demand that is not fit to be dealt with as it is.

    What waits for the operators goes back to its firm with it, so that nobody publishes what is being rewritten.

    Args:
        row: the demand.
        reason: why, as its firm reads it.
        by: an operator, or a broker to whom it was given.

    Raises:
        NotAllowed, Invalid.
        NotNow: it is over, waits at the desk of its institution, or somebody diagnoses it already.
    """
    require(by, "diagnosis.take", row)
    reason = checked_words("reason", reason, MAX_WORDS)
    case = queries.open_case(row)
    # A request of the firm is taken up and no second case begun, or the firm's words would be lost.
    if case is not None and case.state == "requested":
        case.taken_by_id = by.id
        move_case(case, "take", by=by, note=reason)
        # Before it is given back, which commits: letters, case and return are stored together.
        announcements.announce_to_firm(case, "take", by=by, note=reason)
        _give_back(row, reason, by=by)
        commit_case()
        return case
    _refuse_second(case)
    return _begin(row, "diagnosing", reason=reason, by=by)


def inquire(
    case: DiagnosisCase, field: str, question: str, *, by: Reader, seen: int
) -> DiagnosisQuestion:
    """提问 about one field. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "diagnosis.work", case)
    check_seen(case, seen)
    # Only what may be proposed: a question about a contact would bring one into the diagnosis.
    if field not in queries.LABELS:
        message = "选要问的是哪一项。"
        raise Invalid(message, problems={"field": [message]})
    text = checked_words("question", question, MAX_WORDS)
    move_case(case, "inquire", by=by)
    asked = DiagnosisQuestion(
        case=case, field=field, question=text, by_id=reader_id(by)
    )
    db.session.add(asked)
    label = queries.LABELS[field]
    announcements.announce_to_firm(case, "inquire", by=by, note=f"{label}：{text}")
    commit_case()
    return asked


def propose_rewriting(
    case: DiagnosisCase, values: Mapping[str, Any], *, by: Reader, seen: int
) -> None:
    """提出改写 beside the original; the demand itself stays as it is until its firm has confirmed.

    Args:
        case: the case.
        values: as `writing.set_values` takes them; what may not be proposed is left out.
        by: who rewrote.
        seen: the revision they saw.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: nothing differs from the original, there is no title, or a text bears the mark of a secret.
    """
    require(by, "diagnosis.work", case)
    check_seen(case, seen)
    row = case.demand
    # Contact, visibility and anonymity are left out whatever the form sends (decision 098).
    values = {name: values[name] for name in queries.PROPOSED if name in values}
    # Before anything is stored: the mark of a state secret must not get into a proposal either.
    writing.refuse_secrets("demand", values)
    changed = writing.changed_names(row, values)
    if not changed:
        raise Invalid("改写与原文没有不同。", "改好再提出，或选别的结论。")
    # Only what differs: a field that is proposed unchanged would block what the firm changes there.
    case.content = packed({name: values[name] for name in changed})
    # What it was written against; a field that the firm changes afterwards is not overwritten.
    case.base = base_of(row, changed)
    # One proposal at a time, a rewriting or a split: the firm has to know what it confirms.
    case.parts = []
    _propose(case, "propose", by=by)


def propose_split(
    case: DiagnosisCase, parts: Collection[Mapping[str, str]], *, by: Reader, seen: int
) -> None:
    """提出拆分 into several drafts.

    Args:
        case: the case.
        parts: title, problem and expected_goal of each; those without any are left out.
        by: who proposes.
        seen: the revision they saw.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: fewer than two, too many, or a text that does not do.
    """
    require(by, "diagnosis.work", case)
    check_seen(case, seen)
    case.parts = _checked_parts(parts)
    case.content = {}
    # The two texts that are split: where the firm has changed them the parts no longer fit.
    case.base = base_of(case.demand, ("title", "problem"))
    _propose(case, "propose_split", by=by)


def advise_firm(
    case: DiagnosisCase, *, conclusion: str, advice: str, by: Reader, seen: int
) -> None:
    """给出结论, with the reason and what the firm may do next.

    Args:
        case: the case.
        conclusion: a key of `CONCLUSIONS`.
        advice: why, and what next; its firm reads it.
        by: who diagnoses.
        seen: the revision they saw.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: no conclusion is chosen, or no reason is given.
    """
    require(by, "diagnosis.work", case)
    check_seen(case, seen)
    if conclusion not in CONCLUSIONS:
        message = "选一个结论：可对接、需补充或长期攻关。"
        raise Invalid(message, problems={"conclusion": [message]})
    case.advice = checked_words("advice", advice, MAX_ADVICE)
    case.conclusion = conclusion
    note = f"{case.conclusion_name}\n{case.advice}"
    move_case(case, "advise", by=by, note=case.conclusion_name)
    announcements.announce_to_firm(case, "advise", by=by, note=note)
    commit_case()


def stop_diagnosis(case: DiagnosisCase, *, remark: str, by: Reader, seen: int) -> None:
    """停止诊断, with the reason. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "diagnosis.work", case)
    check_seen(case, seen)
    reason = checked_words("remark", remark, MAX_WORDS)
    move_case(case, "stop", by=by, note=reason)
    announcements.announce_to_firm(case, "stop", by=by, note=reason)
    commit_case()


def _begin(row: Demand, state: str, *, reason: str, by: Person) -> DiagnosisCase:
    reason = checked_words("reason", reason, MAX_WORDS)
    if row.state not in queries.TAKEABLE:
        raise NotNow(
            f"需求现在是「{row.state_name}」，不能诊断。",
            "在机构审核的，等审核结果；已结束的，可以复制为新草稿。",
        )
    _refuse_second(queries.open_case(row))
    case = DiagnosisCase(demand=row, state=state, reason=reason)
    if state == "diagnosing":
        case.taken_by_id = by.id
    else:
        case.requested_by_id = by.id
    db.session.add(case)
    # Of two presses at the same moment one meets the other here.
    with persistence.refusals(duplicates=second_cases()):
        db.session.flush()
    case.life.born(case, by=by).note = reason
    if state == "diagnosing":
        announcements.announce_to_firm(case, "take", by=by, note=reason)
        _give_back(row, reason, by=by)
    commit_case()
    return case


def _give_back(row: Demand, reason: str, *, by: Person) -> None:
    """Return what waits for the operators; a broker has no say there.

    It commits, as every deed of a review does: called last, so that the case is stored with it.
    """
    if row.state not in ("submitted", "in_review"):
        return
    # Who may take a demand may still not decide a review: a broker takes what is not under review.
    require(by, "listing.review", row)
    # At most the 500 characters of a reason of a review; the whole stands in the case.
    send_back(row, by=by, seen=row.revision, note=f"转需求诊断：{reason}"[:500])


def _propose(case: DiagnosisCase, deed: str, *, by: Reader) -> None:
    case.proposed_by_id = reader_id(by)
    # What the firm wanted changed is answered by the new proposal.
    case.remark = ""
    move_case(case, deed, by=by)
    announcements.announce_to_firm(case, deed, by=by)
    commit_case()


def _checked_parts(parts: Collection[Mapping[str, str]]) -> list[dict[str, str]]:
    checked = []
    problems: dict[str, list[str]] = {}
    titles = set()
    for place, part in enumerate(parts):
        texts = {name: str(part.get(name, "")).strip() for name in PART_FIELDS}
        # The form has eight rows; those nobody filled in are no parts.
        if not any(texts.values()):
            continue
        for name in ("title", "problem"):
            if len(texts[name]) < 2:
                problems[f"{name}-{place}"] = [f"写上「{queries.LABELS[name]}」。"]
        most = {"title": 200}
        for name, text in texts.items():
            if problem := too_long(text, most.get(name, MAX_TEXT)):
                problems[f"{name}-{place}"] = [problem]
        # Drafts of one organisation need names of their own: the second one would be refused when it is made.
        if texts["title"] in titles:
            problems[f"title-{place}"] = ["这个名称上面已经有了，每条用不同的名称。"]
        titles.add(texts["title"])
        for name, wrong in writing.secret_problems("demand", texts).items():
            problems[f"{name}-{place}"] = wrong
        checked.append(texts)
    # One part is a rewriting, for which there is another button.
    if not problems and not 2 <= len(checked) <= MAX_PARTS:
        problems["parts"] = [f"拆成 2 到 {MAX_PARTS} 条，现在 {len(checked)} 条。"]
    if problems:
        raise Invalid("还不能提出拆分。", problems=problems)
    return checked


def _refuse_second(case: DiagnosisCase | None) -> None:
    if case is not None:
        raise NotNow(f"这条需求的诊断现在是「{case.state_name}」。", "不用再开始一份。")
