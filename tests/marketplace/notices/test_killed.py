"""Senders that are killed at every step: nothing is lost, and a kill sends at most one mail twice.

The long form, with 1,000 mails, is `python -m tests.chaos.mail`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.mail import STEPS, trial
from tests.conftest import database

pytestmark = pytest.mark.long


def test_a_killed_sender_loses_nothing(tmp_path: Path, migrated: str) -> None:
    with database(tmp_path, like=migrated) as address:
        environ = {
            "MARKET_ENV": "test",
            "DATA_DIR": str(tmp_path),
            "DATABASE_URL": address,
        }
        outcome = trial(environ, messages=60, kills=1, lease=8.0)

    assert (outcome.lost, outcome.unsent) == (0, 0)
    assert outcome.doubled <= outcome.allowed
    # Each of them was killed where it was to be; the one that was answered may have been quicker.
    assert set(outcome.killed) >= set(STEPS) - {"answered"}
