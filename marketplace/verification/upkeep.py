"""What becomes of supplied files without anybody pressing anything."""

from __future__ import annotations

from datetime import datetime

from marketplace.clock import now
from marketplace.extensions import db
from marketplace.files.models import ThingFile
from marketplace.persistence import count_changed
from marketplace.verification.queries import ANSWER, CERTIFICATE, certificate_files


def remove_files(before: datetime) -> int:
    """Take the content from files that were supplied before a moment; how many there were (no commit)."""
    # The row stays and says that there was a file; the sweep of contents removes the bytes.
    statement = (
        db.update(ThingFile)
        .where(
            ThingFile.thing_kind.in_((ANSWER, CERTIFICATE)),
            ThingFile.file_id.is_not(None),
            ThingFile.created_at < before,
        )
        .values(file_id=None, removed_at=now())
    )
    return count_changed(statement)


def forget_person(person_id: int) -> None:
    """An account was closed: the files of its certificates go with it (no commit)."""
    # Those of an organisation stay with the organisation.
    for row in certificate_files(person_id):
        db.session.delete(row)
