"""The files of published issues: rendered once, in the background, and stored for everybody.

What they look like is in `printing.py` and `workbooks.py`.
"""

from __future__ import annotations

import time

import structlog
from sqlalchemy import exists

from marketplace import persistence
from marketplace.errors import NotNow
from marketplace.extensions import db
from marketplace.issues.content import read_content, sha256_of
from marketplace.issues.models import FORMATS, Issue, IssueFile
from marketplace.issues.printing import render_pdf
from marketplace.issues.workbooks import render_workbook

log = structlog.get_logger(__name__)
RENDERERS = {"pdf": render_pdf, "xlsx": render_workbook}
AT_ONCE = 20  # issues of one run; the next one goes on
PAUSE = 3600.0  # seconds after which a file that could not be rendered is tried again
# (number of an issue, format) → when that is, by `time.monotonic`. Of this process: after a start all are tried.
_put_off: dict[tuple[int, str], float] = {}


def render_missing() -> int:
    """Render the files that issues do not have yet; a run that was killed is gone on with by the next one.

    Returns:
        number of files that were stored.
    """
    stored = 0
    for issue_id, missing in _incomplete():
        for format in missing:
            stored += _render_one(issue_id, format)
    return stored


def _incomplete() -> list[tuple[int, list[str]]]:
    """(number of an issue, formats it lacks), oldest first."""
    found: dict[int, list[str]] = {}
    for format in FORMATS:
        has_file = exists().where(
            IssueFile.issue_id == Issue.id, IssueFile.format == format
        )
        # What is frozen fails the same way again: trying it in every run would take the processor for itself.
        is_tried = Issue.id.not_in(_refused(format))
        query = db.select(Issue.id).where(~has_file, is_tried).order_by(Issue.id)
        for number in db.session.scalars(query.limit(AT_ONCE)):
            found.setdefault(number, []).append(format)
    return sorted(found.items())


def _refused(format: str) -> list[int]:
    """The issues of which a file of that format could not be rendered just now."""
    present = time.monotonic()
    return [
        number
        for (number, of_file), again in _put_off.items()
        if of_file == format and again > present
    ]


def _render_one(issue_id: int, format: str) -> int:
    # The content alone: the row would bring its files along.
    raw = db.session.scalar(db.select(Issue.content).where(Issue.id == issue_id))
    # Nobody waits for the printer.
    db.session.rollback()
    try:
        content = RENDERERS[format](read_content(raw))
    # One issue that cannot be printed must not hold up the others; whoever looks after the site reads why.
    except Exception as error:
        log.error(
            "issue_not_rendered", issue=issue_id, format=format, error=repr(error)
        )
        _put_off[issue_id, format] = time.monotonic() + PAUSE
        return 0
    persistence.begin_write()
    # Looked at once more, as a writer: another host may have stored it meanwhile.
    if db.session.get(IssueFile, (issue_id, format)) is not None:
        db.session.rollback()
        return 0
    db.session.add(
        IssueFile(
            issue_id=issue_id,
            format=format,
            content=content,
            file_hash=sha256_of(content),
            size=len(content),
        )
    )
    try:
        persistence.commit(duplicates={"pk_issue_file": NotNow("已经有了。")})
    except NotNow:
        return 0  # another host was quicker, with the same bytes
    return 1
