"""What is done to achievements and demands: one function per button. The only file of this room that commits a change.

The shape of input is checked by forms and importer, what a listing needs to be public by `readiness.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from marketplace import contributions, persistence
from marketplace.accounts.models import Person
from marketplace.clock import now, today
from marketplace.errors import Invalid, NotNow
from marketplace.extensions import db
from marketplace.listings import (
    announcements,
    assignments,
    change_deeds,
    departures,
    rewriting_deeds,
    rewritings,
    versions,
)
from marketplace.listings.ending_deeds import (
    close,
    expire_imported,
    is_over,
    renew,
    renew_by_link,
    reopen,
)
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.listings.readiness import publication_problems
from marketplace.listings.review_deeds import (
    approve,
    desk_reject,
    desk_return,
    endorse,
    holder_problems,
    recall,
    refuse_own,
    reject,
    send_back,
    submit,
    year_from,
)
from marketplace.listings.settling import (
    checked_reason,
    commit_listing,
    duplicate_titles,
    finish_move,
    let_through,
    move_listing,
    refuse_holes,
    require_complete,
    settle_others,
    sync_index,
)
from marketplace.listings.writing import (
    check_revision,
    new_draft,
    reject_duplicate_title,
    reject_second_press,
    set_values,
    values_of,
)
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, may, require

# What is public, or will be again without another review, must stay complete.
PUBLIC_STATES = ("published", "suspended")
# A change of one of these may make a firm one more, or one less, of those that share a place.
PLACING = frozenset({"chain_code", "visibility", "anonymous"})


def create(
    kind: str,
    values: Mapping[str, Any],
    *,
    organisation: Organisation | None,
    by: Reader | None,
    opened: datetime | None = None,
    commit: bool = True,
) -> Achievement | Demand:
    """Write a new draft; it may have holes, but it has a title.

    Args:
        kind: `achievement` or `demand`.
        values: column → value; child rows (see `CHILDREN`) as lists of column → value.
        organisation: the owner; None for the draft of somebody who has no organisation yet.
        by: the acting person, or None for the command line.
        opened: when the form was shown in which it was written, UTC; None where there is no form.
        commit: False where the calling rule commits many at once.

    Raises:
        NotAllowed: `by` does not belong to the organisation.
        Invalid: no title.
        AlreadySaved: the form was saved before.
        DuplicateTitle: the organisation has one of that title already.
    """
    row = new_draft(kind, values, organisation, by)
    # Only a form can be sent twice: the command line and lists have none.
    if opened is not None and by is not None:
        reject_second_press(row, by, opened)
    # The unique index would refuse it too; here the refusal can name the listing that has the title.
    reject_duplicate_title(row)
    db.session.add(row)
    # Its History needs the id, so the row is written before the commit: here too somebody may have been quicker.
    with persistence.refusals(duplicates=duplicate_titles()):
        db.session.flush()
    # History names the row by its number, which it has only since the flush.
    row.life.born(row, by=by)
    if commit:
        commit_listing()
    return row


def create_many(
    kind: str,
    drafts: Iterable[tuple[Organisation, Mapping[str, Any]]],
    *,
    by: Reader | None,
    note: str = "",
    owner_ids: Sequence[int | None] = (),
) -> list[Achievement | Demand]:
    """Write many new drafts in one flush, for an importer that has looked for twins itself (no commit).

    Args:
        kind: `achievement` or `demand`.
        drafts: owner and values of each, as for `create`; a twin among them breaks a constraint of the database.
        by: the acting person, or None for the command line.
        note: what their History says of where they come from.
        owner_ids: who is the author of each, in their order; None, or empty: `by`.

    Raises:
        NotAllowed: `by` does not belong to one of the organisations.
    """
    rows: list[Achievement | Demand] = []
    for organisation, values in drafts:
        row = new_draft(kind, values, organisation, by)
        author = owner_ids[len(rows)] if owner_ids else None
        # A file may name who looks after each row: reminders and questions then reach them and not who uploaded it.
        if author is not None:
            row.owner_id = author
        rows.append(row)
    # One flush for all: an INSERT of many rows is several times as fast as many of one.
    db.session.add_all(rows)
    db.session.flush()
    for row in rows:
        row.life.born(row, by=by).note = note
    return rows


def save(
    row: Achievement | Demand,
    values: Mapping[str, Any],
    *,
    by: Reader | None,
    seen: int,
    organisation: Organisation | None = None,
    commit: bool = True,
) -> Achievement | Demand:
    """Change a draft, a returned listing or a published one (which must stay fit for the public).

    Args:
        row: the listing.
        values: as for `create`; what is not named stays.
        by: the acting person.
        seen: the revision the editor saw.
        organisation: the owner of a draft that had none; None leaves it as it is.
        commit: False where the calling rule commits many at once; it then calls this inside a savepoint, which takes
            back what was set where this raises.

    Raises:
        NotAllowed, NotNow, Stale.
        DuplicateTitle: the new title is that of another.
        Invalid: a published listing would no longer be complete.
    """
    require(by, "listing.edit", row)
    check_revision(row, seen)
    # An import is a list of the organisation itself and waits for nobody (138, 140); it saves without a commit.
    if commit and by is not None and rewritings.is_for_others(row, by):
        return _save_for_owner(row, values, by=by)
    # What operators bring in as a list they have reviewed; nobody else changes at once what is public.
    in_one_go = by is None or (not commit and may(by, "listing.approve", row))
    if row.state == "published" and not in_one_go:
        return _save_published(row, values, by=by, commit=commit)
    try:
        if organisation is not None and row.organisation_id is None:
            _give_owner(row, organisation, by)
        changed = set_values(row, values)
        reject_duplicate_title(row)
        row.life.move(row, "edit", by=by, changed=changed)
        if row.state in PUBLIC_STATES:
            refuse_holes(row)
    except Invalid:
        if commit:
            db.session.rollback()  # what was set must not reach the database with the next query
        raise
    row.updated_at = now()  # a change of child rows alone is a change of the listing
    before = row.state
    # Who gives a new contact brings back what was hidden because the old one had closed their account (085).
    departures.settle_contact(row, by=by)
    # What came with a list was approved with the list, so it is a version at once (092).
    if row.state == "published":
        versions.add_version(row, by=by, from_list=True)
    if commit:
        # Most edits cannot change who shares a place, and counting the firms reads all that is public.
        others: list[Achievement | Demand] = []
        if before != row.state or PLACING.intersection(changed):
            others = settle_others(row)
        commit_listing()
        sync_index(row, *others)
    return row


def _save_published(
    row: Achievement | Demand,
    values: Mapping[str, Any],
    *,
    by: Reader | None,
    commit: bool,
) -> Achievement | Demand:
    """Change the contact, the validity and the note at once; hand everything else in as a change."""
    free, reviewed = change_deeds.split_values(row, values)
    try:
        # A form sends all fields: what is equal to what is public is neither set nor handed in.
        changed = set_values(row, free)
        if changed or not reviewed:
            row.life.move(row, "edit", by=by, changed=changed)
            refuse_holes(row)
        if reviewed:
            # Last, since the change is judged with the new contact and validity already in the row.
            change_deeds.propose_change(row, reviewed, by=by)
    except Invalid:
        if commit:
            db.session.rollback()  # what was set must not reach the database with the next query
        raise
    row.updated_at = now()
    if commit:
        commit_listing()
        sync_index(row)
    return row


def _save_for_owner(
    row: Achievement | Demand, values: Mapping[str, Any], *, by: Reader
) -> Achievement | Demand:
    """Change contact, validity and note at once, as everybody may who edits; what it says waits for its owner."""
    free, worded = change_deeds.split_values(row, values)
    try:
        changed = set_values(row, free)
        # A save that only rewords leaves no 修改 in History: nothing of the listing has changed yet.
        if changed:
            row.life.move(row, "edit", by=by, changed=changed)
            row.updated_at = now()
            if row.state in PUBLIC_STATES:
                refuse_holes(row)
        if worded:
            rewriting_deeds.propose_rewriting(row, worded, by=by)
    except Invalid:
        db.session.rollback()  # what was set must not reach the database with the next query
        raise
    commit_listing()
    sync_index(row)
    return row


def _give_owner(
    row: Achievement | Demand, organisation: Organisation, by: Reader | None
) -> None:
    """Let a draft of one person become one of their organisation."""
    # Both: the relationship fills its column only at the flush, and the permission reads the column.
    row.organisation = organisation
    row.organisation_id = organisation.id
    # Once more, now that it has an owner: anybody may write a draft of their own, not one of every organisation.
    require(by, "listing.edit", row)


def withdraw(
    row: Achievement | Demand, *, by: Reader | None, seen: int, note: str = ""
) -> None:
    """Take a listing out of the public; its address then answers like a missing one.

    Raises NotAllowed, NotNow, Stale.
    """
    require(by, "listing.withdraw", row)
    check_revision(row, seen)
    # A waiting change of what is not public any more would be decided on by nobody.
    change_deeds.drop_change(row)
    rewriting_deeds.drop_rewriting(row, by=by)
    move_listing(row, "withdraw", by=by, note=note)


def archive(
    row: Achievement | Demand, *, by: Reader | None, seen: int, note: str = ""
) -> None:
    """Put away what has ended: not renewed, not listed with the others any more. Raises NotAllowed, NotNow, Stale."""
    require(by, "listing.archive", row)
    check_revision(row, seen)
    move_listing(row, "archive", by=by, note=note)


def copy_listing(
    row: Achievement | Demand, *, by: Reader | None, seen: int
) -> Achievement | Demand:
    """Begin a new draft with the words of a listing that has ended; one that was refused is put away with it.

    Returns:
        the new draft. Its validity is not that of the old one.

    Raises:
        NotAllowed, NotNow, Stale.
        DuplicateTitle: the organisation has a living listing of that title.
    """
    require(by, "listing.edit", row)
    check_revision(row, seen)
    # A validity that has passed would end the copy as soon as it is published.
    values = values_of(row) | {"valid_until": None}
    row.life.move(row, "copy", by=by)
    # Owned by who copies: the writer of the old one may have left.
    draft = new_draft(row.kind, values, row.organisation, by)
    try:
        reject_duplicate_title(draft)
    except Invalid:
        db.session.rollback()  # the move must not reach the database with the next query
        raise
    db.session.add(draft)
    with persistence.refusals(duplicates=duplicate_titles()):
        db.session.flush()
    draft.life.born(draft, by=by)
    commit_listing()
    # The old one may have moved; the draft itself is found by nobody before it is published.
    sync_index(row)
    return draft


def suspend(
    row: Achievement | Demand, *, by: Reader | None, seen: int, note: str
) -> None:
    """Hide a published listing for the time being, with the reason. Raises as `send_back`."""
    require(by, "listing.suspend", row)
    check_revision(row, seen)
    move_listing(row, "suspend", by=by, note=checked_reason(note))


def resume(row: Achievement | Demand, *, by: Reader | None, seen: int) -> None:
    """Show a suspended listing again, and approve by that what was mended in it meanwhile.

    Raises:
        NotAllowed: also where it says what nobody approved and `by` may not approve it.
        NotNow, Stale.
        Invalid: it lacks something.
    """
    require(by, "listing.suspend", row)
    check_revision(row, seen)
    # What the public needs may have grown, or its contact may have gone, while it was hidden.
    require_complete(row, "恢复公开")
    row.life.permits(row, "resume", by)
    if not versions.is_approved(row):
        # Who mended it would else publish their own words by this button, unread by anybody (092).
        refuse_own(row, "operator", by=by)
        # As at any approval: a co-owner or a document may have come into it whom nobody has heard or seen.
        if problems := contributions.publication_blocks(row, "approve"):
            advice = "；".join("；".join(messages) for messages in problems.values())
            raise Invalid("还不能恢复公开。", advice, problems=problems)
    versions.add_version(row, by=by)  # what was mended while it was suspended
    row.life.move(row, "resume", by=by)
    # What was over when it was hidden is over when it is shown again: never found, never matched.
    if getattr(row, "closed_at", None) is not None:
        row.life.move(row, "close", by=by)
    elif is_over(row):
        row.life.move(row, "expire", by=by)
    # Files that were added meanwhile were seen by who shows it again, as at any approval.
    let_through(row)
    finish_move(row, "resume", by=by)


def assign_broker(
    row: Achievement | Demand, broker: Person, *, by: Reader | None
) -> None:
    """Give a listing to a broker, who may then read it whole and know whose it is.

    Raises:
        NotAllowed: `by` gives out no listings.
        Invalid: the person is no broker, may not sign in, or their certificate is over.
        NotNow: they have it already.
    """
    require(by, "listing.assign", row)
    assignments.give_listing(row, broker, by=by)
    commit_brokers(row)


def end_assignment(
    row: Achievement | Demand, broker: Person, *, by: Reader | None
) -> None:
    """Take a listing back from a broker. Raises NotAllowed; NotNow where they do not have it."""
    require(by, "listing.assign", row)
    assignments.take_back(row, broker, by=by)
    commit_brokers(row)


def commit_brokers(*rows: Achievement | Demand) -> None:
    """Commit who looks after listings, and let the index know their new audience; for rooms above, too.

    Raises:
        NotNow: a broker was given one of them at the same moment.
    """
    twice = NotNow("同一时刻已经交给这位技术经理人。", "请刷新后再看。")
    # The index of open assignments is the last word: both may have read that nobody has it.
    persistence.commit(duplicates={"uq_assignment_open": twice})
    # The audience of a confidential listing names its brokers, so the index has to learn who they are.
    sync_index(*rows)


def retract_imported(
    row: Achievement | Demand, *, by: Reader | None, note: str
) -> None:
    """Put away a listing that an import made by mistake, for who takes the whole import back (no commit).

    No listing is ever deleted: SQLite gives the number of a deleted row to the next one, and History, notices and
    the audit would then speak of another.

    Args:
        row: the listing.
        by: the acting person, who may take the import back.
        note: what its History says.
    """
    # Withdrawn first: only what has ended may be put away.
    for deed in ("withdraw", "archive"):
        row.life.move(row, deed, by=by, note=note)


def publish_imported(row: Achievement | Demand, *, by: Reader | None) -> None:
    """Carry a freshly imported draft through review to publication in one go, for an operator's own lists (no commit).

    Raises:
        NotAllowed.
        Invalid: it is not complete enough to be public, another room has something against it (evidence, co-owners), or
            its organisation is not verified.
    """
    require(by, "listing.review", row)
    if row.id is None:
        db.session.flush()  # the History rows need it, and so do the blocks of other rooms
    if problems := publication_problems(row):
        raise Invalid("内容不全，存为草稿。", problems=problems)
    # A list goes past the people of the review, not past what nobody may publish without.
    if problems := contributions.publication_blocks(row, "approve"):
        raise Invalid(
            "还不能发布，存为草稿。", "在草稿里补齐以后送审。", problems=problems
        )
    # A list says whose a listing is; that they are who they claim to be only an operator can say.
    if problems := holder_problems(row):
        raise Invalid(
            "单位还没有核验，存为草稿，没有发布。",
            "请运营人员凭统一社会信用代码核验该单位，再导入一次。",
            problems=problems,
        )
    # The table wants a moment of publication of what is public, and one of handing in of what waits.
    row.published_at = now()
    row.submitted_at = row.published_at
    if row.valid_until is None:
        # A validity that the list gives stays, unlike at an approval: the list is the word of its organisation.
        row.valid_until = year_from(row.published_at)
    # Each step of the life leaves its History row, so that readers of it find the same stations as after a review.
    for deed in ("submit", "take", "approve"):
        row.life.move(row, deed, by=by, note="批量导入")
    # What nobody has touched since it was made has neither versions nor files: ten thousand new rows ask for none.
    if row.revision == 1:
        versions.add_first_version(row, by=by)
        return
    versions.add_version(row, by=by, from_list=True)
    # Not by `let_through`: what the database refuses here rolls back and is said of the whole list, not of one row.
    contributions.listing_approved(row)


def expire_due() -> int:
    """Move every published listing whose validity has ended to 已过期.

    Returns:
        number of listings moved.
    """
    moved: list[Achievement | Demand] = []
    # Begun as a writer (036), so that on SQLite nobody renews between the reading and the move.
    persistence.begin_write()
    for table in LISTINGS.values():
        query = db.select(table).where(
            table.state == "published", table.valid_until < today()
        )
        for row in db.session.scalars(query):
            row.life.move(row, "expire", by=None)
            announcements.announce_end(row)
            moved.append(row)
    # One look at all places after the last row, not one for each that ended.
    if moved:
        moved += settle_others(moved[-1])
    db.session.commit()
    sync_index(*moved)
    return len(moved)


__all__ = [
    "approve",
    "archive",
    "assign_broker",
    "close",
    "commit_brokers",
    "copy_listing",
    "create",
    "create_many",
    "desk_reject",
    "desk_return",
    "end_assignment",
    "endorse",
    "expire_due",
    "expire_imported",
    "is_over",
    "publish_imported",
    "recall",
    "reject",
    "renew",
    "renew_by_link",
    "reopen",
    "resume",
    "save",
    "send_back",
    "submit",
    "suspend",
    "sync_index",
    "withdraw",
]
