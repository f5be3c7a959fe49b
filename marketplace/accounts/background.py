"""Work of this room in the background: what was promised to be stored for a time only is removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from marketplace.accounts import held_forms, mail, sessions
from marketplace.contributions import Job

MAIL_FILES = timedelta(days=30)


def jobs() -> Iterator[Job]:
    """The jobs of this room."""
    yield Job("sessions", sweep, {"minutes": 30}, lane="accounts", at_start=True)


def sweep() -> str:
    """Remove sessions that ended, forms that were held for a week, and files of old mails."""
    ended = sessions.sweep_sessions()
    held = held_forms.sweep_held()
    files = mail.sweep_files(MAIL_FILES)
    return f"removed {ended} sessions, {held} held forms, {files} mails"
