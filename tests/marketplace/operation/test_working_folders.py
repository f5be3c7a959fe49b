"""Folders that backups work in: what a killed one left goes with the next, what runs and what is others' stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from marketplace.operation.working_folders import put_in_place, working_folder

PREFIX = ".backup-"
# Works in a folder, says which, and waits.
WORKER = """
import sys
from pathlib import Path
from marketplace.operation.working_folders import working_folder
with working_folder(Path(sys.argv[1]), ".backup-") as folder:
    (folder / "database.sqlite").write_text("people")
    folder.with_suffix(".tar.gz").write_text("people")
    print(folder, flush=True)
    sys.stdin.read()
"""


def begin_work(place: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process that works in a folder of that place, and the folder."""
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    return worker, Path(worker.stdout.readline().strip())


def names_in(place: Path) -> set[str]:
    return {path.name for path in place.iterdir()}


@pytest.mark.long
def test_what_was_killed_goes_and_what_runs_stays(tmp_path: Path) -> None:
    # Of people, and of a backup that was killed after its folder was gone.
    own = {".backup-notes", ".backup-abcdefgh9", "market-1.tar.gz", "backup-abcd1234"}
    for name in {*own, ".backup-abcd123_.tar.gz"}:
        (tmp_path / name).touch()
    (tmp_path / ".backup-linked__").symlink_to(tmp_path / "market-1.tar.gz")
    killed, left = begin_work(tmp_path)
    running, folder = begin_work(tmp_path)
    killed.kill()
    killed.communicate()
    was_there = (left / "database.sqlite").exists()

    with working_folder(tmp_path, PREFIX) as other:
        during = names_in(tmp_path)
    running.communicate()

    theirs = {folder.name, f"{folder.name}.tar.gz"}
    assert was_there
    assert during == own | theirs | {".backup-linked__", other.name}
    assert [folder.exists(), other.exists()] == [False, False]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_fails_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def fail() -> None:
        with working_folder(tmp_path, PREFIX) as folder:
            (folder / "part").mkdir()
            raise error

    with pytest.raises(error):
        fail()

    assert names_in(tmp_path) == set()


def test_a_file_is_on_the_disk_before_it_takes_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh, target = tmp_path / "fresh", tmp_path / "market-1.tar.gz"
    fresh.write_text("all of it")
    flushed, sync = [], os.fsync

    def note_sync(descriptor: int) -> None:
        sync(descriptor)
        flushed.append((os.fstat(descriptor).st_ino, target.exists()))

    monkeypatch.setattr(os, "fsync", note_sync)
    put_in_place(fresh, target)

    # Its bytes first, and then the folder that has the name.
    inodes = [path.stat().st_ino for path in (target, tmp_path)]
    assert flushed == list(zip(inodes, (False, True), strict=True))
    assert names_in(tmp_path) == {"market-1.tar.gz"}
