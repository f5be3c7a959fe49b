"""What is done to achievements and demands: one function per button. The only file of this room that commits a change.

The shape of input is checked by forms and importer, what a listing needs to be public by `readiness.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.clock import day_in_china, now, today
from marketplace.errors import Invalid, MarketError, NotAllowed, NotNow
from marketplace.extensions import db
from marketplace.listings import (
    announcements,
    assignments,
    departures,
    index,
    places,
    writing,
)
from marketplace.listings.models import (
    LISTINGS,
    Achievement,
    Demand,
)
from marketplace.listings.readiness import publication_problems
from marketplace.listings.writing import (
    check_revision,
    new_draft,
    reject_duplicate_title,
    reject_second_press,
    set_values,
    values_of,
)
from marketplace.organisations.models import Organisation
from marketplace.parsing.secrecy import REFUSAL, secret_mark
from marketplace.permissions import Reader, may, require

log = structlog.get_logger(__name__)
# What is public, or will be again without another review, must stay complete.
PUBLIC_STATES = ("published", "suspended")
OWNER_MISSING = "先选这一条归哪个单位；还没有加入单位的，在「我的单位」里加入或登记。"
OWN_LISTING = "这一条是您自己填报或送审的，不能由您通过。"
# A change of one of these may make a firm one more, or one less, of those that share a place.
PLACING = frozenset({"chain_code", "visibility", "anonymous"})
VALID_DAYS = 365  # how long a listing is valid unless its owner says otherwise


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
    if opened is not None and by is not None:
        reject_second_press(row, by, opened)
    reject_duplicate_title(row)
    db.session.add(row)
    # Its History needs the id, so the row is written before the commit: here too somebody may have been quicker.
    with persistence.refusals(duplicates=_duplicate_titles()):
        db.session.flush()
    row.life.born(row, by=by)
    if commit:
        _commit()
    return row


def create_many(
    kind: str,
    drafts: Iterable[tuple[Organisation, Mapping[str, Any]]],
    *,
    by: Reader | None,
    note: str = "",
) -> list[Achievement | Demand]:
    """Write many new drafts in one flush, for an importer that has looked for twins itself (no commit).

    Args:
        kind: `achievement` or `demand`.
        drafts: owner and values of each, as for `create`; a twin among them breaks a constraint of the database.
        by: the acting person, or None for the command line.
        note: what their History says of where they come from.

    Raises:
        NotAllowed: `by` does not belong to one of the organisations.
    """
    rows = []
    for organisation, values in drafts:
        rows.append(new_draft(kind, values, organisation, by))
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
    try:
        if organisation is not None and row.organisation_id is None:
            _give_owner(row, organisation, by)
        changed = set_values(row, values)
        reject_duplicate_title(row)
    except Invalid:
        if commit:
            db.session.rollback()  # what was set must not reach the database with the next query
        raise
    row.life.move(row, "edit", by=by, changed=changed)
    if row.state in PUBLIC_STATES and (problems := publication_problems(row)):
        if commit:
            db.session.rollback()
        raise Invalid(
            "已发布的内容要保持完整，这次修改没有保存。",
            "请补齐标出的几处。",
            problems=problems,
        )
    row.updated_at = now()  # a change of child rows alone is a change of the listing
    before = row.state
    departures.settle_contact(row, by=by)
    if commit:
        others: list[Achievement | Demand] = []
        if before != row.state or PLACING.intersection(changed):
            others = _settle_places(row)
        _commit()
        sync_index(row, *others)
    return row


def _give_owner(
    row: Achievement | Demand, organisation: Organisation, by: Reader | None
) -> None:
    """Let a draft of one person become one of their organisation."""
    row.organisation = organisation
    row.organisation_id = organisation.id
    require(by, "listing.edit", row)


def submit(row: Achievement | Demand, *, by: Reader | None, seen: int) -> None:
    """Hand a draft in for review.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: it is not complete enough to be public.
    """
    require(by, "listing.submit", row)
    check_revision(row, seen)
    problems = publication_problems(row)
    if row.organisation_id is None:
        problems = {"organisation": [OWNER_MISSING], **problems}
    if problems:
        raise Invalid("还不能送审，有几处要补齐。", problems=problems)
    row.submitted_at = now()
    _move(row, "submit", by=by)


def recall(row: Achievement | Demand, *, by: Reader | None, seen: int) -> None:
    """Take a listing back from the queue before anybody has taken it up. Raises NotAllowed, NotNow, Stale."""
    require(by, "listing.submit", row)
    check_revision(row, seen)
    _move(row, "recall", by=by)


def approve(
    row: Achievement | Demand, *, by: Reader | None, seen: int, note: str = ""
) -> None:
    """Publish what was handed in (taking it up first where nobody has yet).

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: the listing is not complete, or its organisation is not verified.
        NotAllowed: also where `by` wrote it or handed it in.
    """
    require(by, "listing.review", row)
    if by is not None and not may_approve(row, by):
        raise NotAllowed(OWN_LISTING, "请其他运营人员审核这一条；退回修改可以自己做。")
    check_revision(row, seen)
    problems = publication_problems(row) | _holder_problems(row)
    if problems:
        raise Invalid("还不能发布。", "可以退回，请对方补齐。", problems=problems)
    _take_up(row, by=by)
    row.published_at = now()
    published_on = day_in_china(row.published_at)
    # What was to be valid until today would be over before anybody saw it.
    if row.valid_until is None or row.valid_until <= published_on:
        row.valid_until = _year_from(row.published_at)
    _move(row, "approve", by=by, note=note)


def _holder_problems(row: Achievement | Demand) -> dict[str, list[str]]:
    """What keeps a listing from being public in who stands behind it, as `publication_problems` says it."""
    if row.organisation is not None and row.organisation.is_verified:
        return {}
    return {"organisation": [f"「{row.holder_name}」还没有核验，不能公开发布。"]}


def may_approve(row: Achievement | Demand, by: Reader) -> bool:
    """Whether a person may let a listing through: an operator who neither wrote it nor handed it in."""
    if not may(by, "listing.approve", row):
        return False
    return writing.handed_in_by(row) != by.id


def send_back(
    row: Achievement | Demand, *, by: Reader | None, seen: int, note: str
) -> None:
    """Return a listing to its owner with what is to be mended.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: no reason given.
    """
    _refuse(row, "return", by=by, seen=seen, note=note)


def reject(
    row: Achievement | Demand, *, by: Reader | None, seen: int, note: str
) -> None:
    """Refuse a listing for good, with the reason. Raises as `send_back`."""
    _refuse(row, "reject", by=by, seen=seen, note=note)


def withdraw(
    row: Achievement | Demand, *, by: Reader | None, seen: int, note: str = ""
) -> None:
    """Take a listing out of the public; its address then answers like a missing one.

    Raises NotAllowed, NotNow, Stale.
    """
    require(by, "listing.withdraw", row)
    check_revision(row, seen)
    _move(row, "withdraw", by=by, note=note)


def close(row: Demand, *, by: Reader | None, seen: int, note: str = "") -> None:
    """End a demand that is met or no longer pursued; its page stays and says so. Raises NotAllowed, NotNow, Stale."""
    require(by, "listing.close", row)
    check_revision(row, seen)
    _move(row, "close", by=by, note=note)


def archive(
    row: Achievement | Demand, *, by: Reader | None, seen: int, note: str = ""
) -> None:
    """Put away what has ended: not renewed, not listed with the others any more. Raises NotAllowed, NotNow, Stale."""
    require(by, "listing.archive", row)
    check_revision(row, seen)
    _move(row, "archive", by=by, note=note)


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
    values = values_of(row) | {"valid_until": None}
    row.life.move(row, "copy", by=by)
    draft = new_draft(row.kind, values, row.organisation, by)
    try:
        reject_duplicate_title(draft)
    except Invalid:
        db.session.rollback()  # the move must not reach the database with the next query
        raise
    db.session.add(draft)
    with persistence.refusals(duplicates=_duplicate_titles()):
        db.session.flush()
    draft.life.born(draft, by=by)
    _commit()
    sync_index(row)
    return draft


def suspend(
    row: Achievement | Demand, *, by: Reader | None, seen: int, note: str
) -> None:
    """Hide a published listing for the time being, with the reason. Raises as `send_back`."""
    require(by, "listing.suspend", row)
    check_revision(row, seen)
    _move(row, "suspend", by=by, note=_checked_reason(note))


def resume(row: Achievement | Demand, *, by: Reader | None, seen: int) -> None:
    """Show a suspended listing again. Raises NotAllowed, NotNow, Stale; Invalid where it lacks something."""
    require(by, "listing.suspend", row)
    check_revision(row, seen)
    _require_complete(row, "恢复公开")
    _move(row, "resume", by=by)


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
    persistence.commit(duplicates={"uq_assignment_open": twice})
    sync_index(*rows)


def renew(row: Achievement | Demand, *, by: Reader | None, seen: int) -> None:
    """Make an expired listing valid for another year. Raises NotAllowed, NotNow, Stale; Invalid as `resume`."""
    require(by, "listing.edit", row)
    check_revision(row, seen)
    _require_complete(row, "续期")
    row.valid_until = _year_from(now())
    _move(row, "renew", by=by)


def _require_complete(row: Achievement | Demand, deed: str) -> None:
    # What was public once may have lost its contact, or be older than what the public needs today.
    if problems := publication_problems(row):
        advice = "；".join("；".join(messages) for messages in problems.values())
        raise Invalid(f"内容不全，不能{deed}。", advice, problems=problems)


def expire_due() -> int:
    """Move every published listing whose validity has ended to 已过期.

    Returns:
        number of listings moved.
    """
    moved: list[Achievement | Demand] = []
    persistence.begin_write()
    for table in LISTINGS.values():
        query = db.select(table).where(
            table.state == "published", table.valid_until < today()
        )
        for row in db.session.scalars(query):
            row.life.move(row, "expire", by=None)
            announcements.announce_end(row)
            moved.append(row)
    if moved:
        moved += _settle_places(moved[-1])
    db.session.commit()
    sync_index(*moved)
    return len(moved)


def expire_imported(row: Achievement | Demand) -> bool:
    """Move a published listing to 已过期 whose validity a list has put into the past (no commit).

    Returns:
        whether it was moved.
    """
    if row.state != "published" or not is_over(row):
        return False
    row.life.move(row, "expire", by=None, note="批量导入")
    return True


def is_over(row: Achievement | Demand) -> bool:
    """Whether the validity of a listing has ended, whatever its state."""
    return row.valid_until is not None and row.valid_until < today()


def publish_imported(row: Achievement | Demand, *, by: Reader | None) -> None:
    """Carry a freshly imported draft through review to publication in one go, for an operator's own lists (no commit).

    Raises:
        NotAllowed.
        Invalid: it is not complete enough to be public, or its organisation is not verified.
    """
    require(by, "listing.review", row)
    if problems := publication_problems(row):
        raise Invalid("内容不全，存为草稿。", problems=problems)
    # A list says whose a listing is; that they are who they claim to be only an operator can say.
    if problems := _holder_problems(row):
        raise Invalid(
            "单位还没有核验，存为草稿，没有发布。",
            "请运营人员凭统一社会信用代码核验该单位，再导入一次。",
            problems=problems,
        )
    if row.id is None:
        db.session.flush()  # the History rows need it
    row.published_at = now()
    row.submitted_at = row.published_at
    if row.valid_until is None:
        row.valid_until = _year_from(row.published_at)
    for deed in ("submit", "take", "approve"):
        row.life.move(row, deed, by=by, note="批量导入")


def _year_from(moment: datetime) -> date:
    """The last day on which a listing is valid that is published at this moment, counted by the days of China."""
    return day_in_china(moment) + timedelta(days=VALID_DAYS)


def _take_up(row: Achievement | Demand, *, by: Reader | None) -> None:
    if row.state == "submitted":
        row.life.move(row, "take", by=by)


def _refuse(
    row: Achievement | Demand, deed: str, *, by: Reader | None, seen: int, note: str
) -> None:
    require(by, "listing.review", row)
    check_revision(row, seen)
    reason = _checked_reason(note)
    _take_up(row, by=by)
    _move(row, deed, by=by, note=reason)


def _checked_reason(note: str) -> str:
    reason = note.strip()
    if not 2 <= len(reason) <= 500:
        message = "写明原因（2–500 字），对方才知道怎么办。"
        raise Invalid(message, problems={"note": [message]})
    return reason


def _move_note(note: str) -> str:
    """What is said with a deed, unless it bears the mark of a state secret."""
    if secret_mark(note):
        raise Invalid(REFUSAL, problems={"note": [REFUSAL]})
    return note


def _move(
    row: Achievement | Demand, deed: str, *, by: Reader | None, note: str = ""
) -> None:
    row.life.move(row, deed, by=by, note=_move_note(note))
    others = _settle_places(row)
    announcements.announce_decision(row, deed, by=by, note=note)
    _commit()
    sync_index(row, *others)


def _settle_places(row: Achievement | Demand) -> list[Achievement | Demand]:
    """After a firm came or went: other unnamed demands of which another part of their place is shown now."""
    with persistence.refusals(duplicates=_duplicate_titles()):
        settled = places.settle_places()
    others: list[Achievement | Demand] = []
    for row_id in settled:
        other = db.session.get(Demand, row_id)
        if other is not None and other is not row:
            others.append(other)
    return others


def _commit() -> None:
    persistence.commit(duplicates=_duplicate_titles())


def _duplicate_titles() -> dict[str, MarketError]:
    """What is raised where two drafts of one title were saved at the same moment: constraint → error."""
    message = "同一单位已有同名的一条。"
    duplicate = Invalid(message, problems={"title": [message]})
    return {f"uq_{kind}_owner_title": duplicate for kind in LISTINGS}


def sync_index(*rows: Achievement | Demand) -> None:
    """After the commit: the copy in the index follows; whatever fails there leaves the rows dirty, never undone."""
    try:
        if index.sync(rows):
            db.session.commit()
    # SQLite locked by another writer, or a server gone since the commit: `upkeep.index_sync` finds the rows later.
    except OperationalError as error:
        db.session.rollback()
        log.warning("index_note_behind", rows=len(rows), reason=str(error.orig))
