"""Writing for the owner of a listing: what an operator changes waits until its owner has taken it over.

How a demand is discussed before that stands in the room `diagnosis`; who confirms what, in `rewritings.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from marketplace import contributions, persistence
from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.errors import Invalid, NotAllowed, NotNow, Stale
from marketplace.extensions import db
from marketplace.listings import announcements, change_deeds, settling, writing
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.review_models import ListingRewriting
from marketplace.listings.rewritings import (
    confirmers,
    deadline_of,
    labels_of,
    moved_fields,
    open_rewriting,
)
from marketplace.listings.snapshots import (
    base_of,
    packed,
    proposed_row,
    unpacked,
)
from marketplace.permissions import Reader, reader_id, require

Row = Achievement | Demand
TAKEN_NOTE = "改写由对方确认。"
CONFIRMED_NOTE = "确认改写。"
NOT_OPEN = ("这份改写已经处理过。", "请刷新，看现在的内容。")


def propose_rewriting(
    row: Row, values: Mapping[str, Any], *, by: Reader
) -> ListingRewriting | None:
    """Write for the owner of a listing (no commit): the listing stays as it is until they have taken it over.

    Args:
        row: the listing.
        values: as for `save`; what is not named stays as it is, or as the open rewriting has it.
        by: who writes.

    Returns:
        what waits for the owner; None where nothing differs: then an open rewriting is taken back.

    Raises:
        NotNow: the listing cannot be changed now.
        Invalid: no title, a text bears the mark of a state secret, or what is public would not be fit for it.
    """
    writing.refuse_secrets(row.kind, values)
    row.life.permits(row, "propose_rewriting", by)
    rewriting = open_rewriting(row)
    if rewriting is not None:
        # What the operator wrote an hour ago and does not send now stays proposed.
        values = unpacked(row.kind, rewriting.content) | dict(values)
    changed = writing.changed_names(row, values)
    if not changed:
        if rewriting is not None:
            # Changed back to what the listing says: there is nothing left to confirm.
            _end(rewriting, "withdrawn", by=by)
            row.life.move(row, "withdraw_rewriting", by=by)
        return None
    content = packed({name: values[name] for name in changed})
    # Now, and not when the owner presses 「采用」: they could do nothing about what the operator left out.
    _refuse_unfit(row, content)
    if rewriting is not None and rewriting.content == content:
        return rewriting
    if rewriting is None:
        rewriting = ListingRewriting(kind=row.kind, listing_id=row.id, state="proposed")
        db.session.add(rewriting)
    rewriting.content = content
    # Frozen with it: by this the owner's own later edits are recognised and not overwritten.
    rewriting.base = base_of(row, changed)
    assert by.id is not None  # noqa: S101  who may edit has signed in
    rewriting.by_id = by.id
    # The days of the owner count from the last time it was written on.
    rewriting.at = now()
    row.life.move(row, "propose_rewriting", by=by, changed=changed)
    row.updated_at = now()
    with persistence.refusals(duplicates=settling.duplicate_titles()):
        # Flushed before it is announced: of two operators at one moment the second is refused in words here.
        db.session.flush()
    # Working days by the official calendar (091), so the notice names the day and not their number.
    deadline, _ = deadline_of(rewriting)
    announcements.announce_rewriting(
        row, rewriting, confirmers(row, by), until=deadline.day
    )
    return rewriting


def accept_rewriting(
    rewriting: ListingRewriting,
    row: Row,
    fields: Collection[str],
    *,
    by: Person,
    seen: int,
) -> None:
    """采用改写, whole or of some fields; what is public changes by a review, as any edit.

    Args:
        rewriting: what was written for the owner.
        row: its listing.
        fields: what the owner takes of it; the rest stays as it was.
        by: somebody of the owner, who has not written it.
        seen: the revision of the rewriting that they saw.

    Raises:
        NotAllowed, NotNow.
        Stale: it was written on, or the owner changed a chosen field since.
        Invalid: nothing is chosen, the title is taken, or what is public would lack something.
    """
    require(by, "listing.confirm", row)
    # A CHECK of the table refuses it as well: nobody confirms their own words for somebody else (140).
    if by.id == rewriting.by_id:
        raise NotAllowed("改写是您写的，要由对方确认。", "请单位里其他同事确认。")
    _hold(rewriting, seen)
    # The state may have changed since it was written, and what is being reviewed is not edited.
    row.life.permits(row, "propose_rewriting", by)
    # In the order of the rewriting, and nothing that it does not hold, whatever the form sends.
    chosen = [name for name in rewriting.content if name in fields]
    if not chosen:
        message = "勾选要采用的项；都不要的，选「不采用」。"
        raise Invalid(message, problems={"take": [message]})
    # Only of the chosen fields: what the owner changed elsewhere does not stop them.
    moved = [name for name in moved_fields(row, rewriting) if name in chosen]
    if moved:
        labels = "、".join(labels_of(row, moved))
        raise Stale(
            f"提出改写以后，原来的「{labels}」改过。",
            "不勾选这几项，或不采用，请对方按新的内容再改。",
        )
    content = {name: rewriting.content[name] for name in chosen}
    writer = db.session.get(Person, rewriting.by_id)
    before = row.state
    take_over(row, content, writer=writer, by=by, notes=(TAKEN_NOTE, CONFIRMED_NOTE))
    if before == "suspended":
        settling.refuse_holes(row)
    row.updated_at = now()
    _end(rewriting, "accepted", by=by)
    announcements.announce_rewriting_decided(row, rewriting, writer)
    # What is published changes only by the review, which settles the places itself.
    others = settling.settle_others(row) if before == "suspended" else []
    settling.commit_listing()
    settling.sync_index(row, *others)


def take_over(
    row: Row,
    content: Mapping[str, Any],
    *,
    writer: Person | None,
    by: Person,
    notes: tuple[str, str],
) -> None:
    """Write into a listing what somebody of its owner has confirmed (no commit); of what is public, as a change.

    Args:
        row: the listing, in a state in which it may be edited.
        content: field → value as `packed` gives it.
        writer: whose words they are: the history names them, and they may not let the listing through.
        by: who has confirmed.
        notes: of the move of the writer, and of that of who has confirmed.

    Raises:
        NotNow.
        Invalid: the title is taken, or what is public would lack something.
    """
    taken, confirmed = notes
    values = unpacked(row.kind, content)
    if row.state == "published":
        # Noted on the listing too, so that who wrote the words may not let the change through.
        row.life.move(row, "rewrite", by=writer, note=taken, changed=list(content))
        change_deeds.propose_change(row, values, by=by)
        return
    # A twin is refused in words; a flush of the half-set row would meet the constraint first.
    with db.session.no_autoflush:
        changed = writing.set_values(row, values)
        writing.reject_duplicate_title(row)
    row.life.move(row, "rewrite", by=writer, note=taken, changed=changed)
    # Last, for the audit names who pressed the button by the last move: the owner's people, and not who rewrote.
    row.life.move(row, "edit", by=by, note=confirmed, changed=changed)
    row.updated_at = now()


def decline_rewriting(
    rewriting: ListingRewriting, row: Row, *, remark: str, by: Reader, seen: int
) -> None:
    """不采用改写, with the reason: the listing stays as it is. Raises NotAllowed, NotNow, Stale, Invalid."""
    require(by, "listing.confirm", row)
    _hold(rewriting, seen)
    reason = settling.checked_note(settling.checked_reason(remark))
    # The reason stays in History too, where the operators read how their words were received.
    row.life.move(row, "decline_rewriting", by=by, note=reason)
    row.updated_at = now()
    rewriting.remark = reason
    _end(rewriting, "declined", by=by)
    writer = db.session.get(Person, rewriting.by_id)
    announcements.announce_rewriting_decided(row, rewriting, writer)
    settling.commit_listing()
    settling.sync_index(row)


def withdraw_rewriting(
    rewriting: ListingRewriting, row: Row, *, by: Reader, seen: int
) -> None:
    """收回改写, before its owner has decided. Raises NotAllowed, NotNow, Stale."""
    require(by, "listing.review", row)
    _hold(rewriting, seen)
    row.life.move(row, "withdraw_rewriting", by=by)
    row.updated_at = now()
    _end(rewriting, "withdrawn", by=by)
    settling.commit_listing()
    settling.sync_index(row)


def drop_rewriting(row: Row, *, by: Reader | None) -> None:
    """End what nobody decides on any more, because its listing has ended (no commit)."""
    # Whoever ended the listing has ended this with it, so nobody is notified of it separately.
    rewriting = open_rewriting(row)
    if rewriting is not None:
        _end(rewriting, "withdrawn", by=by)


def _refuse_unfit(row: Row, content: Mapping[str, Any]) -> None:
    """Refuse for what is public what its owner could not hand in as it stands."""
    # A draft may have holes; what is public, or will be again, may not.
    if row.state not in ("published", "suspended"):
        return
    with db.session.no_autoflush:
        # On a copy that is in no session, so that nothing of it can be stored by a later flush.
        proposed = proposed_row(row, content)
        writing.reject_duplicate_title(proposed)
        settling.refuse_holes(proposed)
        blocks = contributions.publication_blocks(proposed, "submit")
    if blocks:
        raise Invalid("这样不能公开，改写没有提出。", problems=blocks)


def _hold(rewriting: ListingRewriting, seen: int) -> None:
    """Hold a rewriting for this deed: of two who decide at once the second one finds it decided."""
    # Held before its state is read, or both would read that it is open.
    persistence.hold_row(rewriting)
    if not rewriting.is_open:
        raise NotNow(*NOT_OPEN)
    # Decided on is what was read: the operator may have gone on writing since.
    if rewriting.revision != seen:
        raise Stale("这份改写在您打开之后又改过。", "请看过新的内容再决定。")


def _end(rewriting: ListingRewriting, state: str, *, by: Reader | None) -> None:
    rewriting.state = state
    rewriting.decided_by_id = reader_id(by)
    rewriting.decided_at = now()
