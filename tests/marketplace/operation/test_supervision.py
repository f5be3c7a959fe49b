"""A process in the care of another: begun again when it dies, ended with it. A served one: `test_serving.py`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from marketplace.operation import supervision
from marketplace.operation.supervision import Supervisor

PATIENCE = 90.0  # seconds for what takes two on an idle machine


def waited_for(question: Callable[[], object]) -> object:
    """The first true answer to a question."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if answer := question():
                return answer
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError("waited in vain")


def lives(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.fixture
def sleeper() -> Iterator[Supervisor]:
    """The care of a process that only waits."""
    supervisor = Supervisor([sys.executable, "-c", "import time; time.sleep(600)"])
    supervisor.start()
    waited_for(lambda: supervisor.process)
    yield supervisor
    supervisor.stop()


@pytest.mark.long
def test_a_process_that_dies_is_begun_again(
    sleeper: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "RESTART", 0.05)
    first = sleeper.process
    assert first is not None

    first.kill()
    waited_for(lambda: sleeper.process is not first)

    assert sleeper.process is not None
    assert lives(sleeper.process.pid)


@pytest.mark.long
def test_a_process_that_somebody_else_reaped_is_begun_again(
    sleeper: Supervisor,
) -> None:
    """gunicorn's master waits for every child it has."""
    first = sleeper.process
    assert first is not None

    first.kill()
    try:
        os.waitpid(first.pid, 0)
    except ChildProcessError:
        pytest.skip("the supervisor was quicker")
    waited_for(lambda: sleeper.process is not first)


def test_a_process_that_cannot_be_begun_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "RESTART", 0.05)
    program = tmp_path / "program"
    with capture_logs() as lines:
        supervisor = Supervisor([str(program), "600"])
        supervisor.start()
        waited_for(lambda: len(lines) >= 2)
        assert supervisor.process is None
        # What kept it from beginning is over.
        program.symlink_to("/bin/sleep")
        process = waited_for(lambda: supervisor.process)
    supervisor.stop()

    assert [line["event"] for line in lines[:2]] == [
        "jobs_not_begun",
        "jobs_begin_again",
    ]
    assert isinstance(process, subprocess.Popen)
    assert process.returncode == -signal.SIGTERM


def test_what_is_stopped_stays_so(sleeper: Supervisor) -> None:
    process = sleeper.process
    assert process is not None

    sleeper.stop()

    assert not lives(process.pid)
    assert process.returncode == -signal.SIGTERM


def test_what_does_not_end_in_time_is_left_to_itself() -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
    supervisor = Supervisor([sys.executable, "-c", stubborn])
    supervisor.start()
    process = waited_for(lambda: supervisor.process)
    assert isinstance(process, subprocess.Popen)
    waited_for(lambda: _ignores(process.pid, signal.SIGTERM))

    supervisor.stop(patience=0.2)

    assert lives(process.pid)
    process.kill()
    process.wait(10)


def _ignores(pid: int, number: int) -> bool:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    mask = next(line for line in lines if line.startswith("SigIgn:")).split()[1]
    return bool(int(mask, 16) & 1 << (number - 1))


@pytest.mark.long
def test_the_jobs_end_when_their_parent_is_killed(
    own_database: str, tmp_path: Path
) -> None:
    """Neither asked to end nor reaped: gone soon all the same."""
    script = (
        "import os, subprocess, sys, time;"
        " command = [*sys.argv[1:], str(os.getpid())];"
        " print(subprocess.Popen(command).pid, flush=True); time.sleep(600)"
    )
    environ = {
        **os.environ,
        "MARKET_ENV": "demo",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": own_database,
    }
    command = [sys.executable, "-c", script, *supervision.jobs_command()[:-1]]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environ, stdout=pipe, stderr=pipe) as parent:
        assert parent.stdout is not None
        assert parent.stderr is not None
        jobs = int(parent.stdout.readline())
        while b"jobs_began" not in parent.stderr.readline():
            assert lives(jobs)
        parent.kill()

        waited_for(lambda: not lives(jobs))
