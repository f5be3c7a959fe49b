"""Handing in and deciding: the way of a listing from its draft over the desk of its institution to the operators.

What an owner does else is in `deeds.py`, what becomes of a change of something published in `change_deeds.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from datetime import date, datetime, timedelta
from typing import Literal

from marketplace import contributions
from marketplace.accounts.models import INSTITUTIONS
from marketplace.clock import day_in_china, now
from marketplace.errors import Invalid, NotAllowed
from marketplace.extensions import db
from marketplace.lifecycle import history_of
from marketplace.listings import rewritings, settling, versions, writing
from marketplace.listings.life import HANDED_IN
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.queries import is_held_by
from marketplace.listings.readiness import publication_problems
from marketplace.listings.review_models import (
    COMMENT_BELOW,
    CRITERIA,
    MAX_SCORE,
    MAX_TODO,
    ListingChange,
    ReviewDecision,
    Scores,
)
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.writing import check_revision
from marketplace.parsing.text import too_long
from marketplace.permissions import Reader, may, reader_id, require

Row = Achievement | Demand
Station = Literal["desk", "operator"]
OWNER_MISSING = "先选这一条归哪个单位；还没有加入单位的，在「我的单位」里加入或登记。"
OWN_LISTING = "这一条是您自己或您的单位持有、填报、修改或送审的，不能由您通过。"
VALID_DAYS = 365  # how long a listing is valid unless its owner says otherwise
OTHERS = {
    "desk": "请单位里其他成果转化岗的同事审核这一条。",
    "operator": "请其他运营人员审核这一条；退回修改可以自己做。",
}
# Deeds by which somebody writes in a listing that waits, or in a change of one; the contact of one that is public is
# in neither.
# Who rewrote a demand for its firm has written it as well (`diagnosis`).
WROTE = frozenset({"create", "edit", "attach", "rewrite"})
WROTE_CHANGE = frozenset({"propose", "attach", "rewrite"})
ENDORSED = frozenset({"endorse", "endorse_change"})
# With these, what waited is over; in the next change nobody has had a hand yet.
SETTLED = frozenset({"approve", "approve_change", "reject_change", "recall_change"})


def submit(row: Row, *, by: Reader | None, seen: int) -> None:
    """Hand a draft in for review: of an institution to its desk, else to the operators.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: it is not complete enough to be public, or a twin was written meanwhile.
    """
    require(by, "listing.submit", row)
    check_revision(row, seen)
    rewritings.refuse_unconfirmed(row, by)
    problems = publication_problems(row) | contributions.publication_blocks(
        row, "submit"
    )
    if row.organisation_id is None:
        problems = {"organisation": [OWNER_MISSING], **problems}
    if problems:
        raise Invalid("还不能送审，有几处要补齐。", problems=problems)
    if row.state == "rejected":
        # What was refused gave its title free; somebody may have taken it.
        writing.reject_duplicate_title(row)
    row.submitted_at = now()
    to_desk = needs_desk(row, by)
    deed = "hand_to_desk" if to_desk else "submit"
    institution = row.organisation is not None and row.organisation.kind in INSTITUTIONS
    if institution and not to_desk and by is not None:
        # Who hands it in for the institution has approved of it by that.
        row.life.permits(row, deed, by)
        note_decision(row, "desk", "pass", by=by)
    settling.move_listing(row, deed, by=by)


def needs_desk(row: Row, by: Reader | None) -> bool:
    """Whether the desk of an institution decides first: not where it hands in itself, and never in a firm."""
    organisation = row.organisation
    if organisation is None or organisation.kind not in INSTITUTIONS or by is None:
        return False
    return organisation.id not in by.handled_ids


def recall(row: Row, *, by: Reader | None, seen: int) -> None:
    """Take a listing back from the queue before anybody has taken it up. Raises NotAllowed, NotNow, Stale."""
    require(by, "listing.submit", row)
    check_revision(row, seen)
    settling.move_listing(row, "recall", by=by)


# -- the desk ----------------------------------------------------------------------------------------------------------


def endorse(row: Row, *, by: Reader | None, seen: int, note: str = "") -> None:
    """Let a listing go on from its institution to the operators.

    Raises:
        NotAllowed: also where `by` wrote it or handed it in.
        NotNow, Stale.
        Invalid: it is not complete any more.
    """
    require(by, "listing.desk_review", row)
    refuse_own(row, "desk", by=by)
    check_revision(row, seen)
    problems = publication_problems(row)
    if problems := problems | contributions.publication_blocks(row, "submit"):
        raise Invalid("还不能通过。", "可以退回，请填报人补齐。", problems=problems)
    row.submitted_at = now()
    row.life.permits(row, "endorse", by)
    note_decision(row, "desk", "pass", by=by, note=note)
    settling.move_listing(row, "endorse", by=by, note=note)


def desk_return(
    row: Row,
    *,
    by: Reader | None,
    seen: int,
    note: str,
    todos: Mapping[str, str] | None = None,
) -> None:
    """Return a listing from the desk of its institution, with what is to be mended. Raises as `send_back`."""
    require(by, "listing.desk_review", row)
    _decide_against(row, "desk_return", by=by, seen=seen, note=note, todos=todos)


def desk_reject(row: Row, *, by: Reader | None, seen: int, note: str) -> None:
    """Refuse a listing at the desk of its institution, with the reason. Raises as `send_back`."""
    require(by, "listing.desk_review", row)
    _decide_against(row, "desk_reject", by=by, seen=seen, note=note)


# -- the operators -----------------------------------------------------------------------------------------------------


def approve(
    row: Row,
    *,
    by: Reader | None,
    seen: int,
    note: str = "",
    scores: Scores | None = None,
) -> None:
    """Publish what was handed in (taking it up first where nobody has yet).

    Args:
        row: the listing.
        by: the operator; None for the site itself, which scores nothing.
        seen: the revision they saw.
        note: their comment; needed below a total of COMMENT_BELOW.
        scores: what they gave it.

    Raises:
        NotAllowed: also where `by` wrote it, handed it in or let it through at its desk.
        NotNow, Stale.
        Invalid: the listing is not complete, its organisation is not verified, or the score does not let it through.
    """
    require(by, "listing.review", row)
    refuse_own(row, "operator", by=by)
    check_revision(row, seen)
    problems = publication_problems(row) | holder_problems(row)
    problems |= contributions.publication_blocks(row, "approve")
    if problems:
        raise Invalid("还不能发布。", "可以退回，请对方补齐。", problems=problems)
    take_up(row, by=by)
    row.life.permits(row, "approve", by)
    text = checked_scores(scores, note, by=by)
    row.published_at = now()
    published_on = day_in_china(row.published_at)
    # What was to be valid until today would be over before anybody saw it.
    if row.valid_until is None or row.valid_until <= published_on:
        row.valid_until = year_from(row.published_at)
    note_decision(row, "operator", "pass", by=by, note=note, scores=scores)
    versions.add_version(row, by=by)
    row.life.move(row, "approve", by=by, note=settling.checked_note(text))
    settling.let_through(row)
    settling.finish_move(row, "approve", by=by, note=text)


def send_back(
    row: Row,
    *,
    by: Reader | None,
    seen: int,
    note: str,
    todos: Mapping[str, str] | None = None,
) -> None:
    """Return a listing to its owner with what is to be mended.

    Args:
        row: the listing.
        by: who returns it.
        seen: the revision they saw.
        note: the reason; may be empty where `todos` says it all.
        todos: field → what is to be done there.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: no reason given, or a field that the listing does not have.
    """
    require(by, "listing.review", row)
    _decide_against(row, "return", by=by, seen=seen, note=note, todos=todos)


def reject(row: Row, *, by: Reader | None, seen: int, note: str) -> None:
    """Refuse a listing, with the reason; it may be mended and handed in again. Raises as `send_back`."""
    require(by, "listing.review", row)
    _decide_against(row, "reject", by=by, seen=seen, note=note)


def may_pass(
    row: Row, by: Reader, station: Station, *, change: ListingChange | None = None
) -> bool:
    """Whether a person may let through what waits at a station: of the station, and with no hand in it so far.

    An operator who belongs to its organisation as well, or to a co-owner of it, would let through what is their own
    firm's. The market's own listings are let through by another of its operators.

    Args:
        row: the listing.
        by: who would let it through.
        station: where it waits.
        change: what waits of a published listing; None where the listing itself does.
    """
    deed = "listing.endorse" if station == "desk" else "listing.approve"
    if not may(by, deed, row):
        return False
    if station == "operator" and is_held_by(row, by):
        return False
    return by.id not in _hands_in(row, station, change)


def refuse_own(
    row: Row,
    station: Station,
    *,
    by: Reader | None,
    change: ListingChange | None = None,
) -> None:
    """Refuse who may not let something through; arguments as `may_pass`. Raises NotAllowed."""
    if by is not None and not may_pass(row, by, station, change=change):
        raise NotAllowed(OWN_LISTING, OTHERS[station])


def checked_scores(scores: Scores | None, note: str, *, by: Reader | None) -> str:
    """The score and the comment as History says them.

    Raises:
        Invalid: a person scored nothing, a criterion is 0 or none of 0 to 5, or a low total has no comment.
    """
    if scores is None:
        if by is None:
            return note
        missing = {
            code: [f"给「{name}」打分。"] for code, (name, _) in CRITERIA.items()
        }
        raise Invalid("还没有打分，没有发布。", problems=missing)
    values = dict(zip(CRITERIA, astuple(scores), strict=True))
    problems: dict[str, list[str]] = {}
    for code, value in values.items():
        name = CRITERIA[code][0]
        if not 0 <= value <= MAX_SCORE:
            problems[code] = [f"「{name}」打 0 到 {MAX_SCORE} 分。"]
        elif value == 0:
            problems[code] = [f"「{name}」是 0 分，不能发布；请退回或不予通过。"]
    if not problems and scores.total < COMMENT_BELOW and len(note.strip()) < 2:
        problems["note"] = [
            f"总分 {scores.total} 低于 {COMMENT_BELOW} 分，要写明意见，填报人会看到。"
        ]
    if problems:
        raise Invalid("没有发布。", problems=problems)
    return f"{scores}\n{note.strip()}".strip()


def holder_problems(row: Row) -> dict[str, list[str]]:
    """What keeps a listing from being public in who stands behind it, as `publication_problems` says it."""
    if row.organisation is not None and row.organisation.is_verified:
        return {}
    return {"organisation": [f"「{row.holder_name}」还没有核验，不能公开发布。"]}


def year_from(moment: datetime) -> date:
    """The last day on which a listing is valid that is published at this moment, counted by the days of China."""
    return day_in_china(moment) + timedelta(days=VALID_DAYS)


def take_up(row: Row, *, by: Reader | None) -> None:
    """Take a listing up that nobody has taken up yet (no commit)."""
    if row.state == "submitted":
        row.life.move(row, "take", by=by)


def checked_todos(
    row: Row, note: str, todos: Mapping[str, str] | None
) -> tuple[dict[str, str], str]:
    """What is to be done field by field, and all of it as History and notices say it.

    Raises:
        Invalid: neither a reason nor a field, a field that the listing does not have, a text that is too long.
    """
    labels = SCHEMAS[row.kind].labels
    wanted: dict[str, str] = {}
    for name, text in (todos or {}).items():
        text = text.strip()
        if not text:
            continue
        if name not in labels:
            raise Invalid(
                "没有这一项。", problems={"note": ["没有这一项，请刷新后再写。"]}
            )
        if problem := too_long(text, MAX_TODO):
            raise Invalid("有一项写得太长。", problems={f"todo_{name}": [problem]})
        wanted[name] = settling.checked_note(text)
    if note.strip() or not wanted:
        note = settling.checked_reason(note)
    lines = [f"{labels[name]}：{text}" for name, text in wanted.items()]
    return wanted, "\n".join([note, *lines]).strip()


def _decide_against(
    row: Row,
    deed: str,
    *,
    by: Reader | None,
    seen: int,
    note: str,
    todos: Mapping[str, str] | None = None,
) -> None:
    check_revision(row, seen)
    wanted, text = checked_todos(row, note, todos)
    desk = deed.startswith("desk_")
    if not desk:
        take_up(row, by=by)
    row.life.permits(row, deed, by)
    decision = deed.removeprefix("desk_")
    station: Station = "desk" if desk else "operator"
    note_decision(row, station, decision, by=by, note=note, todos=wanted)
    settling.move_listing(row, deed, by=by, note=text)


def _hands_in(
    row: Row, station: Station, change: ListingChange | None
) -> set[int | None]:
    """Who wrote in what waits, handed it in the last time, or let it through at its desk before."""
    counted = WROTE if change is None else WROTE_CHANGE
    # What a desk let through once and the operators returned, it looks at again.
    if station == "operator":
        counted |= ENDORSED
    hands: set[int | None] = set()
    handed_in: int | None = None
    for event in history_of(row):
        if event.deed in SETTLED:
            hands, handed_in = set(), None
        elif event.deed in HANDED_IN:
            handed_in = event.by_id
        elif event.deed in counted:
            hands.add(event.by_id)
    return hands | {row.owner_id, handed_in}


def note_decision(
    row: Row,
    station: Station,
    decision: str,
    *,
    by: Reader | None,
    note: str = "",
    scores: Scores | None = None,
    todos: Mapping[str, str] | None = None,
) -> None:
    """Store what was decided (no commit)."""
    values: dict[str, int] = {}
    if scores is not None:
        values = dict(zip(CRITERIA, astuple(scores), strict=True))
    db.session.add(
        ReviewDecision(
            kind=row.kind,
            listing_id=row.id,
            station=station,
            decision=decision,
            note=note.strip(),
            todos=dict(todos or {}),
            by_id=reader_id(by),
            **values,
        )
    )
