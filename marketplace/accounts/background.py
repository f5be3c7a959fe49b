"""Work of this room in the background: what was promised to be stored for a time only is removed."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.accounts import held_forms, sessions
from marketplace.contributions import Job


def jobs() -> Iterator[Job]:
    """The jobs of this room."""
    yield Job("sessions", sweep, {"minutes": 30}, lane="accounts", at_start=True)


def sweep() -> str:
    """Remove sessions that ended, and forms that were held for a week."""
    ended = sessions.sweep_sessions()
    held = held_forms.sweep_held()
    return f"removed {ended} sessions, {held} held forms"
