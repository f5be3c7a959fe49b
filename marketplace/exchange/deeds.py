"""Lists taken into the catalogue: `import_rows`, in one transaction. The only file of this room that commits.

How a list is read and checked is in `importing.py`, what each listing must be in `listings`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

import structlog
from sqlalchemy.exc import OperationalError

from marketplace import persistence
from marketplace.errors import Busy
from marketplace.exchange import queries
from marketplace.exchange.reports import Outcome, Problem, Progress, Report
from marketplace.exchange.taking import Importer, taking_turn
from marketplace.extensions import db
from marketplace.listings import places, upkeep
from marketplace.listings.models import Achievement, Demand
from marketplace.permissions import Reader, require

log = structlog.get_logger(__name__)
# Seconds before each try to bring the index in step. Beside other writers one alone left 2,000 of 2,500 rows behind.
SYNC_PAUSES = (0.0, 0.5, 2.0)


def import_rows(
    report: Report,
    *,
    by: Reader | None,
    strict: bool = False,
    publish: bool = False,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Take the good rows of a list into the catalogue, in one transaction, and bring the index in step.

    A listing of the same organisation and title is the same one: where nothing differs it is passed over, else it is
    changed, if its state lets it be edited. A cell that is empty leaves what is there as it is, and so does one whose
    value was changed by hand since the last import, unless `overwrite` says otherwise.

    Args:
        report: what `importing.parse_file` gave.
        by: the acting person; None from the command line.
        strict: take nothing if there is any problem.
        publish: an operator's own list: rows that are complete are published, where their organisation is verified.
        overwrite: also change what people have changed by hand on the site.
        dry_run: go through everything and then take it all back.
        progress: takes (rows done, rows in all) after each batch.

    Raises:
        NotAllowed.
        Invalid: somebody else added the same listings at the same moment; nothing was written.
        Busy, Stale: somebody else was saving; nothing was written.
    """
    require(by, "listing.import")
    # Publishing one's own list passes over the review, so it takes the right to review.
    if publish:
        require(by, "listing.review")
    outcome = Outcome(
        problems=list(report.problems),
        notices=list(report.notices),
        drafts=list(report.drafts),
        remarks=list(report.remarks),
        dry=dry_run,
    )
    # A cell that was left out is a problem to who wants all or nothing.
    if strict and (outcome.problems or outcome.drafts):
        outcome.problems = _in_order([*outcome.problems, *outcome.drafts])
        outcome.drafts = []
        outcome.stopped = True
        return outcome
    _write_rows(
        report,
        outcome,
        by=by,
        publish=publish,
        overwrite=overwrite,
        progress=progress,
    )
    # Those only the database knew came last; a reader goes through the sheet from top to bottom.
    outcome.problems = _in_order(outcome.problems)
    outcome.drafts = _in_order(outcome.drafts)
    outcome.notices = _in_order(outcome.notices)
    # Only now is it known what the database refuses; the counts so far are of what is taken back.
    if strict and outcome.problems:
        db.session.rollback()
        return Outcome(
            problems=outcome.problems,
            notices=outcome.notices,
            remarks=outcome.remarks,
            stopped=True,
        )
    # Everything was written and is taken back: only so a dry run knows what the database refuses.
    if dry_run:
        db.session.rollback()
        return outcome
    # Firms came with the list: unnamed ones may now show their place, or are to hide it.
    places.settle_places()
    persistence.commit()
    is_moved = outcome.new or outcome.changed or outcome.published or outcome.expired
    if is_moved and not sync_index(report.kind):
        outcome.remarks.append("内容已经写入，检索稍后才能找到它们。")
    return outcome


def _write_rows(
    report: Report,
    outcome: Outcome,
    *,
    by: Reader | None,
    publish: bool,
    overwrite: bool,
    progress: Progress | None,
) -> None:
    """Write everything without committing; what the database refuses is raised in our words."""
    with taking_turn(report.kind):
        importer = Importer(
            report.kind, outcome, by=by, publish=publish, overwrite=overwrite
        )
        importer.import_entries(report.entries, progress)


def sync_index(kind: str) -> bool:
    """Bring the index in step; an import stands even where that does not work at once.

    What is left is looked at, not what was raised: an index that is away and a database that is busy end the work
    without an error.

    Returns:
        whether nothing of the kind is behind.
    """
    reason = ""
    for pause in SYNC_PAUSES:
        time.sleep(pause)
        try:
            upkeep.index_sync()
        except (Busy, OperationalError) as error:
            # Another writer was first: what is dirty stays dirty, and is found by the next sync.
            db.session.rollback()
            reason = str(error)
        if not upkeep.rows_behind(kind):
            return True
    log.warning("index_behind", kind=kind, reason=reason)
    return False


def note_last(row: Achievement | Demand, note: str) -> None:
    """Say in the newest History row of a listing why it was written (no commit)."""
    queries.last_history(row).note = note


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems as a reader goes through the sheet: by row, then by column (AA after Z)."""
    return sorted(
        problems, key=lambda one: (one.row, len(one.column), one.column, one.header)
    )
