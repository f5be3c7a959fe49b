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
            # Nothing a reader judges the listing by, so no review has to read it: a dead telephone number is mended
            # at once.
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
    # Here too, since these values pass by `set_values` only when the change is approved.
    writing.refuse_secrets(row.kind, values)
    change = open_change(row)
    if change is not None:
        # What is not named stays as somebody wants it already: a list names some fields, a form all of them.
        values = unpacked(row.kind, change.content) | dict(values)
    # Against what is public, not against the open change: what was changed back is no change any more.
    changed = writing.changed_values(row, values)
    if not changed:
        if change is not None:
            drop_change(row)
            row.life.move(row, "recall_change", by=by)
            row.updated_at = now()
        return None
    content = packed({name: values[name] for name in changed})
    # A second press hands nothing in twice; what was returned goes in again, even in the same words.
    if change is not None and change.content == content and change.state != "returned":
        return change
    # Each time, for the one who saves again may be of the desk where the first was not. Before the row is added: their
    # places may have to be read, which would write it half made.
    state = "at_desk" if needs_desk(row, by) else "submitted"
    if change is None:
        change = ListingChange(kind=row.kind, listing_id=row.id)
        db.session.add(change)
    change.content = content
    change.state = state
    # The reason of a return belongs to the words before; a CHECK wants it only of what is returned or refused.
    change.reason = ""
    change.by_id = reader_id(by)
    # The time of waiting begins once more: there is something else to read.
    change.submitted_at = now()
    with db.session.no_autoflush:
        # A copy in no session: the stored row must stay what the public reads.
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
        # Withdrawn and not deleted: the review of its words stays to be read.
        change.state = "withdrawn"
        change.decided_at = now()


# -- deciding ----------------------------------------------------------------------------------------------------------


def endorse_change(row: Row, *, by: Reader | None, seen: int, note: str = "") -> None:
    """Let a change go on from its institution to the operators. Raises as `endorse`."""
    require(by, "listing.desk_review", row)
    change = _decidable(row, "desk", by=by, seen=seen)
    change.state = "submitted"
    # The operators' time begins now, not when the desk received it.
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
    # As it would be, not as it is: the change alone may close a hole or open one.
    problems = publication_problems(judged)
    problems |= contributions.publication_blocks(judged, "approve")
    if problems:
        raise Invalid("还不能公开。", "可以退回，请对方补齐。", problems=problems)
    text = checked_scores(scores, note, by=by)
    changed = writing.set_values(row, unpacked(row.kind, change.content))
    # A twin may have been written since the change was handed in.
    writing.reject_duplicate_title(row)
    note_decision(row, "operator", "pass", by=by, note=note, scores=scores)
    change.state = "approved"
    change.decided_at = now()
    # After the values are set: the version is what becomes public by this.
    versions.add_version(row, by=by)
    row.life.move(
        row, "approve_change", by=by, note=settling.checked_note(text), changed=changed
    )
    # A change may name another chain or name its firm, and so uncover or cover the place of others.
    others = settling.settle_others(row)
    row.updated_at = now()
    # Other rooms follow in the same commit, as with files that wait for the approval.
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
    # Not `refuse_own`: to return or refuse one's own does nobody a favour, so only passing is closed to the writer.
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
    # By station, since it may have gone on to the operators while the page of the desk was open.
    change = waiting_change(row, station)
    if change is None:
        raise NotNow(*NO_CHANGE)
    # Hands are counted in the change; who wrote the draft it once was has been settled by an approval.
    refuse_own(row, station, by=by, change=change)
    return change


def _note_move(row: Row, deed: str, *, by: Reader | None, note: str) -> None:
    row.life.move(row, deed, by=by, note=settling.checked_note(note))
    # A decision changes no column of the listing itself; without this the revision would not rise.
    row.updated_at = now()
    settling.announce(row, deed, by=by, note=note)


def _commit_change(row: Row) -> None:
    settling.commit_listing()
    # The revision rose with it, so the copy in the index has to say so too.
    settling.sync_index(row)
