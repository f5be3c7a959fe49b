"""Changing what is published: a change is handed in and decided on while the version approved last stays public.

What a first publication goes through is in `review_deeds.py`; which fields change at once, in `snapshots.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace import contributions
from marketplace.clock import now
from marketplace.errors import Invalid, NotNow
from marketplace.extensions import db
from marketplace.listings import settling, versions, writing
from marketplace.listings.changes_waiting import (
    open_change,
    waiting_change,
    with_change,
)
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.readiness import publication_problems
from marketplace.listings.review_deeds import (
    Station,
    checked_scores,
    checked_todos,
    needs_desk,
    note_decision,
    refuse_own,
)
from marketplace.listings.review_models import ListingChange, Scores
from marketplace.listings.snapshots import FREE_FIELDS, packed, unpacked
from marketplace.listings.writing import check_revision
from marketplace.permissions import Reader, reader_id, require

Row = Achievement | Demand
NO_CHANGE = ("这一条没有等您审核的修改。", "它可能刚被别人处理，请刷新后再看。")


def split_values(
    row: Row, values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of some values changes at once, and what only through review: (column → value) of both."""
    free = {}
    reviewed = {}
    for name, value in values.items():
        if name in FREE_FIELDS[row.kind]:
            free[name] = value
        else:
            reviewed[name] = value
    return free, reviewed


def propose_change(
    row: Row, values: Mapping[str, Any], *, by: Reader | None
) -> ListingChange | None:
    """Hand in what is to change of a published listing (no commit); the listing itself stays as it is.

    Args:
        row: the listing.
        values: as for `save`: column → value; of child rows, lists of column → value. What is not named stays as it is,
            or as the open change has it.
        by: who wants it.

    Returns:
        the open change; None where the values are those that are public: then an open change is taken back.

    Raises:
        Invalid: the listing would not be fit for the public, or a text bears the mark of a state secret.
        DuplicateTitle.
    """
    writing.refuse_secrets(row.kind, values)
    change = open_change(row)
    if change is not None:
        # What is not named stays as somebody wants it already: a list names some fields, a form all of them.
        values = unpacked(row.kind, change.content) | dict(values)
    changed = writing.changed_values(row, values)
    if not changed:
        if change is not None:
            drop_change(row)
            row.life.move(row, "recall_change", by=by)
            row.updated_at = now()
        return None
    content = packed({name: values[name] for name in changed})
    if change is not None and change.content == content and change.state != "returned":
        return change
    if change is None:
        change = ListingChange(kind=row.kind, listing_id=row.id)
        db.session.add(change)
    change.content = content
    change.state = "at_desk" if needs_desk(row, by) else "submitted"
    change.reason = ""
    change.by_id = reader_id(by)
    change.submitted_at = now()
    with db.session.no_autoflush:
        proposed = with_change(row, change)
        writing.reject_duplicate_title(proposed)
        settling.refuse_holes(proposed)
        blocks = contributions.publication_blocks(proposed, "submit")
    if blocks:
        raise Invalid("这样不能公开，修改没有送审。", problems=blocks)
    row.life.move(row, "propose", by=by, changed=list(changed))
    row.updated_at = now()  # who reviews has seen another change
    return change


def drop_change(row: Row) -> None:
    """End an open change that nobody decides on any more (no commit)."""
    change = open_change(row)
    if change is not None:
        change.state = "withdrawn"
        change.decided_at = now()


# -- deciding ----------------------------------------------------------------------------------------------------------


def endorse_change(row: Row, *, by: Reader | None, seen: int, note: str = "") -> None:
    """Let a change go on from its institution to the operators. Raises as `endorse`."""
    require(by, "listing.desk_review", row)
    change = _decidable(row, "desk", by=by, seen=seen)
    change.state = "submitted"
    change.submitted_at = now()
    note_decision(row, "desk", "pass", by=by, note=note)
    _note_move(row, "endorse_change", by=by, note=note)
    _commit_change(row)


def approve_change(
    row: Row,
    *,
    by: Reader | None,
    seen: int,
    note: str = "",
    scores: Scores | None = None,
) -> None:
    """Let a change become public. Arguments and errors as `approve`."""
    require(by, "listing.review", row)
    change = _decidable(row, "operator", by=by, seen=seen)
    judged = with_change(row, change)
    problems = publication_problems(judged)
    problems |= contributions.publication_blocks(judged, "approve")
    if problems:
        raise Invalid("还不能公开。", "可以退回，请对方补齐。", problems=problems)
    text = checked_scores(scores, note, by=by)
    changed = writing.set_values(row, unpacked(row.kind, change.content))
    writing.reject_duplicate_title(row)
    note_decision(row, "operator", "pass", by=by, note=note, scores=scores)
    change.state = "approved"
    change.decided_at = now()
    versions.add_version(row, by=by)
    row.life.move(
        row, "approve_change", by=by, note=settling.checked_note(text), changed=changed
    )
    others = settling.settle_others(row)
    row.updated_at = now()
    settling.let_through(row)
    settling.announce(row, "approve_change", by=by, note=text)
    settling.commit_listing()
    settling.sync_index(row, *others)


def return_change(
    row: Row,
    *,
    by: Reader | None,
    seen: int,
    note: str,
    station: Station = "operator",
    todos: Mapping[str, str] | None = None,
) -> None:
    """Return a change with what is to be mended; arguments and errors as `send_back`."""
    _decide_against(row, "return", by=by, seen=seen, note=note, at=station, todos=todos)


def reject_change(
    row: Row,
    *,
    by: Reader | None,
    seen: int,
    note: str,
    station: Station = "operator",
) -> None:
    """Refuse a change: the listing stays as it is public. Raises as `reject`."""
    _decide_against(row, "reject", by=by, seen=seen, note=note, at=station)


def _decide_against(
    row: Row,
    decision: str,
    *,
    by: Reader | None,
    seen: int,
    note: str,
    at: Station,
    todos: Mapping[str, str] | None = None,
) -> None:
    deed = "listing.desk_review" if at == "desk" else "listing.review"
    require(by, deed, row)
    check_revision(row, seen)
    change = waiting_change(row, at)
    if change is None:
        raise NotNow(*NO_CHANGE)
    wanted, text = checked_todos(row, note, todos)
    note_decision(row, at, decision, by=by, note=note, todos=wanted)
    change.reason = text
    change.state = "returned" if decision == "return" else "rejected"
    change.decided_at = now()
    _note_move(row, f"{decision}_change", by=by, note=text)
    _commit_change(row)


def _decidable(
    row: Row, station: Station, *, by: Reader | None, seen: int
) -> ListingChange:
    check_revision(row, seen)
    change = waiting_change(row, station)
    if change is None:
        raise NotNow(*NO_CHANGE)
    refuse_own(row, station, by=by, change=change)
    return change


def _note_move(row: Row, deed: str, *, by: Reader | None, note: str) -> None:
    row.life.move(row, deed, by=by, note=settling.checked_note(note))
    row.updated_at = now()
    settling.announce(row, deed, by=by, note=note)


def _commit_change(row: Row) -> None:
    settling.commit_listing()
    # The revision rose with it, so the copy in the index has to say so too.
    settling.sync_index(row)
