"""Processes that are killed while they write: no fork, no gap, no write without its entry (long: `make chaos`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.audit import run_trial
from tests.conftest import database

pytestmark = pytest.mark.long


def test_writers_that_are_killed_leave_no_fork_and_no_gap(
    tmp_path: Path, migrated: str
) -> None:
    with database(tmp_path, like=migrated) as address:
        outcome = run_trial(address, tmp_path, seconds=4)

    assert outcome.problems == []
    assert outcome.kills >= 8
    assert outcome.acknowledged > 20
    assert outcome.entries >= outcome.acknowledged
