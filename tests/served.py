"""A site served by gunicorn on its own data folder, for the browser tests and the screenshots. No test lives here."""

from __future__ import annotations

import fcntl
import os
import shutil
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
# Without these a live site does not start; its secrets are long and without a pattern.
LIVE_SETTINGS = {
    "SECRET_KEY": "Zr4-quBn8w_TeYx2kLp7vHs0dGfAc9Jm",
    "PASSWORD_SALT": "m3Vb_Qo6XtWz1nRy-5hKdPa8uLc0EgSi",
    "SITE_HOST": "market.example",
    "MAIL_URL": "smtp://127.0.0.1:9?from=noreply@market.example",
    "AUDIT_KEY": "PRIVATE+KEY+market.example+7d9257e6+ARgInQCuTRWWq02orAwcv8/d516OMgsdes3RMD8A2jAz",
}
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


def prepare(data_dir: Path, env: dict[str, str], like: Path | None = None) -> None:
    """Fill the folder of a site with dictionaries, samples, index and matcher.

    Args:
        data_dir: empty folder.
        env: environment of the command.
        like: where the first who asks puts a copy, which all others take: preparing costs ten seconds of processor.
    """
    command = [BIN / "flask", "prepare"]
    if like is None:
        subprocess.run(command, cwd=ROOT, env=env, check=True)
        return
    with like.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go when it is closed
        if not like.exists():
            fresh = like.with_suffix(".fresh")
            own = {**env, "DATA_DIR": str(fresh)}
            subprocess.run(command, cwd=ROOT, env=own, check=True)
            fresh.rename(like)
    shutil.copytree(like, data_dir, dirs_exist_ok=True)


@contextmanager
def site(data_dir: Path, *, like: Path | None = None, **settings: str) -> Iterator[str]:
    """Prepare and serve a demonstration site.

    Args:
        data_dir: empty folder for everything the site writes.
        like: see `prepare`.
        settings: further environment variables.

    Yields:
        the site's address, as soon as it answers.
    """
    env = {
        **os.environ,
        "MARKET_ENV": "demo",
        "DATA_DIR": str(data_dir),
        "PORT": str(free_port()),
        "JOBS": "0",  # what a test waits for must not be done beside it
        **settings,
    }
    prepare(data_dir, env, like)
    command = [
        str(BIN / "gunicorn"),
        "--config",
        "gunicorn.conf.py",
        "wsgi:application",
    ]
    with _served(command, env, data_dir / "gunicorn.log") as address:
        yield address


@contextmanager
def rehearsal(data_dir: Path, speed: int, database: str = "") -> Iterator[str]:
    """Serve a rehearsal by its command, with the work in the background, and end it.

    Args:
        data_dir: empty folder.
        speed: seconds of the house in one second.
        database: address of an empty one; empty: a file in the folder.

    Yields:
        the site's address, as soon as it answers.
    """
    # As somebody's own site, which is not the one that is rehearsed.
    other = data_dir.with_name(f"{data_dir.name}-other")
    env = {**os.environ, "MARKET_ENV": "demo", "DATA_DIR": str(other)}
    env |= {"PORT": str(free_port()), "LIMITS": "0"}
    command = [str(BIN / "flask"), "rehearse", "--speed", str(speed)]
    command += ["--folder", str(data_dir)]
    if database:
        command += ["--database", database]
    # It is prepared before it is served.
    log = data_dir.with_suffix(".log")
    with _served(command, env, log, seconds=600, ending=60) as address:
        yield address


@contextmanager
def _served(
    command: list[str],
    env: dict[str, str],
    log: Path,
    *,
    seconds: int = 120,
    ending: int = 60,
) -> Iterator[str]:
    """Run a command that serves at the PORT of its environment; yield the address when it answers, and end it.

    Args:
        command, env: what runs.
        log: file for what it says.
        seconds, ending: how long it may take to answer, and to end.
    """
    address = f"http://127.0.0.1:{env['PORT']}"
    with log.open("wb") as out:
        server = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            _wait(server, address, log, seconds)
            yield address
        finally:
            server.terminate()
            server.wait(ending)


def _wait(
    server: subprocess.Popen[bytes], address: str, log: Path, seconds: int
) -> None:
    for _ in range(10 * seconds):
        if server.poll() is not None:
            raise RuntimeError(
                f"gunicorn ended:\n{log.read_text(errors='replace')[-3000:]}"
            )
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5):  # noqa: S310  # our own loopback address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"no answer in {seconds} seconds")
