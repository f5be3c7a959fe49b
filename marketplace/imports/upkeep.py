"""What a commit and a taking back go on with, batch by batch, whoever began them: each batch is one transaction.

Killed in between, the rows that were committed are marked as written in the same transaction, and the next pass goes
on with the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy.exc import IntegrityError

from marketplace import persistence
from marketplace.accounts.queries import people_by_id
from marketplace.clock import now
from marketplace.errors import Busy, Invalid, MarketError, NotAllowed, Stale
from marketplace.exchange import deeds as exchange_deeds
from marketplace.exchange import queries as exchange_queries
from marketplace.exchange.checking import CellMemory
from marketplace.exchange.reports import Outcome
from marketplace.exchange.source_columns import LIST
from marketplace.exchange.taking import Choices, Importer, taking_turn
from marketplace.extensions import db
from marketplace.imports import announcements, assessing, queries
from marketplace.imports.authors import People
from marketplace.imports.models import ListImport, StagedRow
from marketplace.imports.stored_cells import pack_value, unpack_value
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import places
from marketplace.listings.models import Achievement, Demand
from marketplace.permissions import Reader, require

log = structlog.get_logger(__name__)
BATCH = (
    250  # rows of one transaction: on SQLite nobody else saves meanwhile, some 0.4 s
)
TRIES = 3  # times that a batch is tried while somebody else adds the same listings


def write_rows(import_id: int, *, by: Reader | None, announce: bool = False) -> None:
    """Write the rows of an import that wait to be written, until none does.

    Args:
        import_id: the import; nothing is done where it is not being written.
        by: who committed it.
        announce: notify them at the end, who does not wait for it.
    """
    # Cells repeat from batch to batch: 济南大学 is read once.
    memory: CellMemory = {}
    while _write_batch(import_id, by=by, announce=announce, memory=memory):
        pass
    # Once, at the end: until then the index is only behind, which its own job would mend as well.
    _sync_index(import_id)


def undo_rows(import_id: int, *, by: Reader | None, announce: bool = False) -> None:
    """Take the rows of an import back that were written, until none is left. Arguments as of `write_rows`."""
    while _undo_batch(import_id, by=by, announce=announce):
        pass
    _sync_index(import_id)


def go_on() -> int:
    """Go on with every import that is being written or taken back; how many there were."""
    # The numbers alone: each import takes several transactions.
    ids = queries.waiting_ids()
    for import_id in ids:
        row = db.session.get(ListImport, import_id)
        if row is None:
            continue
        # The rights of who committed it, as they are today.
        by = people_by_id([row.committed_by_id]).get(row.committed_by_id or 0)
        step = write_rows if row.state == "writing" else undo_rows
        try:
            step(import_id, by=by, announce=True)
        except (Busy, Stale) as error:
            # The next pass goes on with it.
            db.session.rollback()
            log.info("import_waits", import_id=import_id, reason=error.message)
    return len(ids)


def remove_rows(before: datetime) -> int:
    """Remove the rows of imports that were uploaded before a moment; that there was an import stays (no commit)."""
    # What is being written has its rows in use.
    old = db.select(ListImport.id).where(
        ListImport.created_at < before, ListImport.state.not_in(("writing", "undoing"))
    )
    for row in db.session.scalars(
        db.select(ListImport).where(
            ListImport.id.in_(old), ListImport.state == "checked"
        )
    ):
        # Moved, for an import without rows cannot be written any more.
        row.life.move(row, "discard", by=None, note="保存期满")
    return persistence.count_changed(queries.delete_rows(StagedRow.import_id.in_(old)))


def _sync_index(import_id: int) -> None:
    row = db.session.get(ListImport, import_id)
    if row is not None:
        exchange_deeds.sync_index(row.listing_kind)


# --- writing ---


def _write_batch(
    import_id: int,
    *,
    by: Reader | None,
    announce: bool,
    memory: CellMemory | None = None,
) -> bool:
    """Write the next rows in one transaction; whether there may be more."""
    for attempt in range(TRIES):
        try:
            return _try_batch(import_id, by, announce, memory)
        except Invalid as error:
            # Somebody added the same listing at this moment: it is there now, and compared with.
            if attempt == TRIES - 1:
                raise Busy from error
    return False


def _try_batch(
    import_id: int, by: Reader | None, announce: bool, memory: CellMemory | None
) -> bool:
    row = db.session.get(ListImport, import_id)
    if row is None:
        return False
    # One list of a kind at a time, or two would make the same listing.
    with taking_turn(row.listing_kind):
        # Two processes: the second waits here, and finds these rows written.
        persistence.hold_row(row)
        if row.state != "writing":
            return False
        rows = queries.next_to_write(row, BATCH)
        if not rows:
            # A row that says what is there writes nothing, so nothing has to be looked at again.
            db.session.execute(queries.mark_same(row))
            places.settle_places()
            _end(row, "finish", by, "", announce)
            persistence.commit()
            return False
        try:
            require(by, "imports.write", row)
            _write_listings(row, rows, by, memory)
        # Somebody lost their right in the middle of the list.
        except NotAllowed as refused:
            _stop(import_id, by, refused, announce)
            return False
        # Published firms may uncover or cover the place of others; drafts do not.
        if row.publish:
            places.settle_places()
        persistence.commit()
    return True


def _stop(
    import_id: int, by: Reader | None, refused: NotAllowed, announce: bool
) -> None:
    """End what its person may not go on with; else the job would come back to it for ever."""
    why = _why_refused(by, refused)
    # Nothing of a batch is written whose first row may be and whose last may not.
    persistence.begin_write()
    row = db.session.get_one(ListImport, import_id)
    persistence.hold_row(row)
    if row.state == "writing":
        _end(row, "stop", by, why, announce)
        persistence.commit()


def _why_refused(by: Reader | None, refused: NotAllowed) -> str:
    """Why somebody may not go on with what they began, in words that are right for whoever reads it."""
    if not getattr(by, "active", True):
        return "写入它的人的账号已停用或注销。"
    return f"写入它的人现在没有这个权限（{refused.message.removesuffix('。')}）。"


def _write_listings(
    row: ListImport,
    rows: Sequence[StagedRow],
    by: Reader | None,
    memory: CellMemory | None,
) -> None:
    """Write the listings of some rows; each row says what became of it."""
    # What people saw before they pressed the button, compared with what is there at this moment.
    seen = {one.number: (one.state, one.conflicts, one.listing_id) for one in rows}
    entries = assessing.assess_rows(row, rows, by=by, memory=memory)
    for one in rows:
        now_is = (one.state, one.conflicts, one.listing_id)
        if now_is == seen[one.number]:
            continue
        # Nobody has seen what it would do now.
        entries.pop(one.number, None)
        one.state = "faulty" if one.state in ("new", "changed", "same") else one.state
        refusal = assessing.row_finding(
            assessing.REFUSED,
            "平台上的内容在您看过以后变了，这一行没有写入。",
            "请打开这一行再看一遍。",
        )
        one.findings = [*one.findings, refusal]
    # By the organisation of the list, whose people alone may be named.
    people = People(row.organisation_id)
    outcome = Outcome()
    choices = Choices(
        by_row={one.number: one.choices for one in rows},
        taken=queries.written_ids(row),
        find_author=lambda text: people.author_of(text, by),
        by_numbers=row.source != LIST,
    )
    importer = Importer(
        row.listing_kind, outcome, by=by, publish=row.publish, choices=choices
    )
    importer.import_entries(list(entries.values()))
    # History needs the numbers of the new rows.
    db.session.flush()
    written = importer.written
    ids = [one.row.id for one in written.values()]
    last = queries.last_histories(row.listing_kind, ids)
    findings = assessing.findings_of(outcome)
    for one in rows:
        one.findings = [*one.findings, *findings.get(one.number, [])]
        became = written.get(one.number)
        # Refused by the database or a rule at the last moment; the outcome says why.
        if became is None:
            if one.number in entries:
                one.state = "faulty"
            continue
        one.deed = became.deed
        one.listing_id = became.row.id
        # Whatever is later than this has been done by somebody (094).
        one.history_id = last.get(became.row.id)
        # As JSON with its kinds, so that a sum comes back as the sum it was.
        one.before = pack_value(became.before)


# --- taking back ---


def _undo_batch(import_id: int, *, by: Reader | None, announce: bool) -> bool:
    """Take the next rows back in one transaction; whether there may be more."""
    row = db.session.get(ListImport, import_id)
    if row is None:
        return False
    with taking_turn(row.listing_kind):
        persistence.hold_row(row)
        if row.state != "undoing":
            return False
        rows = queries.next_to_undo(row, BATCH)
        if not rows:
            places.settle_places()
            deed = "leave" if queries.has_stuck_rows(row) else "end"
            _end(row, deed, by, "", announce)
            persistence.commit()
            return False
        # Somebody may have dealt with one since the first look.
        reasons = queries.dealt_with(row, rows)
        ids = [one.listing_id for one in rows if one.listing_id is not None]
        listings = exchange_queries.listings_by_id(row.listing_kind, ids)
        for one in rows:
            reason = reasons.get(one.number, "")
            listing = listings.get(one.listing_id or 0)
            if not reason and listing is not None:
                reason = _undo_listing(row, one, listing, by)
            if reason:
                # The reason is what marks it as stuck, so it may not be empty.
                one.reason = reason[:500]
            else:
                one.deed = "undone"
        persistence.commit()
    return True


def _undo_listing(
    row: ListImport,
    staged: StagedRow,
    listing: Achievement | Demand,
    by: Reader | None,
) -> str:
    """Take back what a row did to its listing; why that is not possible, or empty."""
    note = f"{exchange_queries.TAKEN_BACK}：第 {row.id} 次导入的第 {staged.number} 行"
    try:
        if staged.deed == "new":
            # Without a savepoint, which takes longer than the rest: nothing is set where it cannot be taken back.
            listing_deeds.retract_imported(listing, by=by, note=note)
            return ""
        with db.session.begin_nested():
            values = unpack_value(staged.before)
            # By a save as any other, so that History, card and version follow.
            listing_deeds.save(
                listing, values, by=by, seen=listing.revision, commit=False
            )
            # A conflict with what is there by now is met here, inside the savepoint.
            db.session.flush()
            exchange_deeds.note_last(listing, note)
    except MarketError as error:
        return error.message
    except IntegrityError:
        return "改回去会与现在的内容合不到一起。"
    return ""


def _end(
    row: ListImport, deed: str, by: Reader | None, note: str, announce: bool
) -> None:
    """Move an import to its end, and notify who committed it."""
    # The site itself where the background ends it; the button was pressed long before.
    row.life.move(row, deed, by=None if announce else by, note=note)
    row.finished_at = now()
    if announce:
        announcements.announce_end(row, queries.state_counts(row), note)
