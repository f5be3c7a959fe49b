"""The folder everything is written to: made, closed to others, and where rate limits are counted. No secret is here."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path

from marketplace.settings.reading import ConfigError

MARKER = "live-site"
# Of everything below DATA_DIR: nobody but the owner and its group.
FOLDER_MODE = 0o750
FILE_MODE = 0o640
MEMORY = Path("/dev/shm")  # noqa: S108  a file system in memory, where there is one


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, for its owner and the group alone.

    Raises:
        ConfigError: that is not possible, or it is no folder.
    """
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"DATA_DIR {folder} cannot be made ({error.strerror}): make the folder and give it to the user of this"
            " process, or name another one"
        ) from None


def close_to_others(folder: Path) -> None:
    """Take from others what they may do with the folder and the databases in it, as far as they are ours."""
    for path in (folder, *folder.glob("*.db*")):
        with suppress(OSError):
            status = path.lstat()
            wanted = FOLDER_MODE if stat.S_ISDIR(status.st_mode) else FILE_MODE
            mode = stat.S_IMODE(status.st_mode)
            # A link leads to somebody else's file, whose mode is not ours to set.
            is_ours = status.st_uid == os.geteuid() and not path.is_symlink()
            if is_ours and mode & ~wanted:
                # Taken away only: an owner who closed it further meant it.
                path.chmod(mode & wanted)


def counters_url(data_dir: Path, *, is_test: bool) -> str:
    """Where the rate limits are counted for all workers of this machine: in memory, else next to the data."""
    folder = data_dir
    # In memory counting goes on when the disk is full. A test's counters end with its folder.
    if not is_test and MEMORY.is_mount() and os.access(MEMORY, os.W_OK):
        folder = MEMORY / f"market-limits-{os.getuid()}"
    # Two sites of one user count apart, and one goes on counting when it is restarted.
    site = hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]
    return f"shared://{folder / f'limits-{site}.db'}"
