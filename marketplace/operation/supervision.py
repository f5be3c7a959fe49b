"""Runs one `flask jobs` next to a served site: started with it, restarted when it dies, ended with it.

What that process does and when is in `background.py`, and also which of several such processes leads.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

ROOT = Path(__file__).resolve().parents[2]
POLL = 0.5  # seconds between two checks whether it lives
# Seconds before the first restart; doubled each time up to the last, so that a broken site is not busy with restarts.
RESTART = 1.0
RESTART_MAX = 60.0
LONG_LIFE = (
    60.0  # seconds of life after which the pauses start with the short one again
)
# Seconds for what is under way, as long as gunicorn gives its workers; what takes longer ends by itself.
STOP_TIMEOUT = 20.0


def jobs_command() -> list[str]:
    """The command of the work in the background, which ends when this process does, however that comes about."""
    flask = [sys.executable, "-m", "flask", "--app", "wsgi"]
    return [*flask, "jobs", "--parent", str(os.getpid())]


class Supervisor:
    """One process next to this one, in the care of a thread.

    gunicorn's master reaps every child of its own accord; a process that was reaped there counts as ended here.

    Args:
        command: the program and its arguments; it runs in the project's folder.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.command = list(command)
        self.process: subprocess.Popen[bytes] | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(
            target=self._supervise, name="jobs", daemon=True
        )

    def start(self) -> None:
        """Begin, and return at once."""
        self._thread.start()

    def stop(self, patience: float = STOP_TIMEOUT) -> None:
        """Ask the process to end and wait for it.

        Args:
            patience: seconds to wait at most.
        """
        self._ending.set()
        self._thread.join()
        if self.process is None:
            return
        self.process.terminate()
        try:
            # Not killed when the time is over: it ends by itself as soon as its parent has gone.
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            log.warning("jobs_still_busy", pid=self.process.pid)

    def _supervise(self) -> None:
        pause = RESTART
        while not self._ending.is_set():
            began = time.monotonic()
            try:
                self.process = self._start_process()
            except OSError as error:
                # No memory or no process to be had just now: the next time may go well.
                log.warning("jobs_not_begun", reason=str(error))
            while self.process is not None and self.process.poll() is None:
                if self._ending.wait(POLL):
                    return
            if time.monotonic() - began > LONG_LIFE:
                pause = RESTART
            log.warning("jobs_begin_again", seconds=pause)
            self._ending.wait(pause)
            pause = min(2 * pause, RESTART_MAX)

    def _start_process(self) -> subprocess.Popen[bytes]:
        environ = dict(os.environ)
        # Figures of requests are the workers'; its own would lie in their folder.
        environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
        return subprocess.Popen(  # noqa: S603  a command of our own
            self.command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL
        )
