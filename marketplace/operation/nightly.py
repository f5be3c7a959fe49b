"""The backup of each night: made, carried to a second place, and the old ones removed. Never with the signing secrets.

What is in a backup stands in `backups.py`, when it is made in `commands.py`.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from flask import current_app

from marketplace.clock import now
from marketplace.errors import Invalid
from marketplace.operation import backups
from marketplace.operation.working_folders import put_in_place, working_folder


def make_nightly(folder: Path, keep: int) -> str:
    """Write a backup named by the moment and remove the oldest ones.

    Args:
        folder: where the backups are.
        keep: how many stay; 0 for all.

    Returns:
        what was done, in a few words for the log.
    """
    name = f"market-{now():%Y%m%dT%H%M%SZ}.tar.gz"
    if current_app.config["BACKUP_KEY"]:
        name += ".enc"
    backups.make_backup(folder / name)
    removed = _remove_old(folder, keep)
    copied = _copy_elsewhere(folder / name, keep)
    return f"{name}, {removed} old removed{copied}"


def _remove_old(folder: Path, keep: int) -> int:
    """Remove all but the newest backups of a folder; 0 keeps all. How many went."""
    if keep <= 0:
        return 0
    # The names carry the moment, so that their order is that of time.
    old = sorted(folder.glob("market-*Z.tar.gz*"))[:-keep]
    for path in old:
        path.unlink()
    return len(old)


def _copy_elsewhere(path: Path, keep: int) -> str:
    """Carry a backup to the second place: BACKUP_COPY, a folder, or BACKUP_COMMAND, a program that gets its path.

    Returns:
        what was done, in a few words.

    Raises:
        Invalid: that failed; the first copy stays.
    """
    done = ""
    if place := current_app.config["BACKUP_COPY"]:
        folder = Path(place)
        try:
            _copy_checked(path, folder)
            _remove_old(folder, keep)
        except OSError as error:
            raise Invalid(
                f"备份没有复制到第二处 {place}：{error}",
                "请检查那里的目录、权限和空间。",
            ) from None
        done = f", copied to {place}"
    if command := current_app.config["BACKUP_COMMAND"]:
        ran = subprocess.run(  # noqa: S603  the operator's own command, without a shell
            [*shlex.split(command), str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise Invalid(f"BACKUP_COMMAND 没有成功：{ran.stderr.strip()[-300:]}")
        done += ", handed to BACKUP_COMMAND"
    return done


def _copy_checked(path: Path, folder: Path) -> None:
    """Copy a backup into a folder, in which it is whole or not there; only its owner may read it.

    Raises:
        OSError: the folder takes no file, or another one than was written.
    """
    # It is not made here: a disk that is not mounted must not be taken for an empty folder of this one. Of other copies
    # only those go that a killed process has left.
    with working_folder(folder, ".copy-") as place:
        fresh = place / path.name
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with path.open("rb") as source, os.fdopen(descriptor, "wb") as copy:
            shutil.copyfileobj(source, copy)
        if backups.hash_of(fresh) != backups.hash_of(path):
            raise OSError(f"{fresh} is not what was written")
        put_in_place(fresh, folder / path.name)
