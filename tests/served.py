"""A site served by gunicorn on its own data folder, for the browser tests and the screenshots. No test lives here."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CHROMIUM = next(
    (p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(p).exists()),
    "",
)
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def site(data_dir: Path, **settings: str) -> Iterator[str]:
    """Prepare and serve a demonstration site.

    Args:
        data_dir: empty folder for everything the site writes.
        settings: further environment variables.

    Yields:
        the site's address, as soon as it answers.
    """
    port = free_port()
    env = {
        **os.environ,
        "MARKET_ENV": "demo",
        "DATA_DIR": str(data_dir),
        "PORT": str(port),
        "JOBS": "0",  # what a test waits for must not be done beside it
        **settings,
    }
    subprocess.run([BIN / "flask", "prepare"], cwd=ROOT, env=env, check=True)
    log = (data_dir / "gunicorn.log").open("wb")
    command = [BIN / "gunicorn", "--config", "gunicorn.conf.py", "wsgi:application"]
    server = subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(server, address, data_dir / "gunicorn.log")
        yield address
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    for _ in range(1200):
        if server.poll() is not None:
            raise RuntimeError(
                f"gunicorn ended:\n{log.read_text(errors='replace')[-3000:]}"
            )
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5):  # noqa: S310  # our own loopback address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("no answer in two minutes")
