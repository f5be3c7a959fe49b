"""A file is looked through by the scanner of the site (`SCAN_COMMAND`) before anybody else may have it.

What becomes of one that could not be scanned is decided in `deeds.py` and `upkeep.py`.
"""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import structlog
from flask import current_app

from marketplace.errors import Invalid
from marketplace.files.recognising import refused

log = structlog.get_logger(__name__)

# A scan of 30 MB takes some 2 s; a scanner that is reading its signatures, up to a minute.
SECONDS = 90
INFECTED = 1  # clamscan and clamdscan: 0 clean, 1 infected, 2 could not be scanned
CLEAN, HELD, UNSCANNED = "clean", "held", "unscanned"


def scan(path: Path) -> str:
    """Scan a file.

    Returns:
        `clean`, `held` where the scanner could not answer, `unscanned` where the site has none.

    Raises:
        Invalid: it is infected.
    """
    command = current_app.config["SCAN_COMMAND"]
    if not command:
        # A site without a scanner says so on each file, rather than that it was found clean.
        return UNSCANNED
    try:
        # Of the operator's own setting; no shell reads it, and the path is ours.
        done = subprocess.run(  # noqa: S603
            [*shlex.split(command), str(path)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        # Held and not refused: the file may be good, and its owner need not send it again.
        log.error("scan_failed", reason=repr(error)[:200])
        return HELD
    if done.returncode == 0:
        return CLEAN
    if done.returncode == INFECTED:
        log.warning("scan_infected", said=done.stdout[-200:].decode(errors="replace"))
        raise infected()
    said = (done.stderr or done.stdout)[-200:].decode(errors="replace")
    log.error("scan_failed", code=done.returncode, said=said)
    return HELD


def infected() -> Invalid:
    """What is said of an infected file."""
    return refused(
        "查出恶意程序，没有保存。", "请先在自己的电脑上杀毒，再传一份干净的。"
    )
