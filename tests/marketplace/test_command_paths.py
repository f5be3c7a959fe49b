"""Paths that commands write to: one that cannot be written ends every command with one line and before its work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from marketplace.command_paths import FileToWrite, FolderToWrite

# Command → the words around its path.
WRITING = {
    "audit export": "{}",
    "audit prove": "0 {}",
    "backup make": "{}",
    "contracts export-ocds": "{}",
    "dictionaries export": "{}",
    "listings export": "{} --kind demand",
    "listings import": "README.md --kind demand --errors {}",
    "listings template": "--directory {}",
    "organisations import": "README.md --errors {}",
    "rehearse": "--folder {}",
}
# These take paths that need not be there and are not written before the command ends: the service of the background
# work notes each night what became of its backup, and the files to verify are opened one by one.
OTHERS = {"jobs", "issues verify"}


def commands_below(
    group: click.Group, words: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands_below(command, (*words, name))
        else:
            yield " ".join((*words, name)), command


def test_every_command_that_writes_to_a_path_looks_at_it_first(app: Flask) -> None:
    writing, unchecked = set(), set()
    for name, command in commands_below(app.cli):
        for parameter in command.params:
            if isinstance(parameter.type, FileToWrite | FolderToWrite):
                writing.add(name)
            elif isinstance(parameter.type, click.Path) and not parameter.type.exists:
                unchecked.add(name)

    assert writing == set(WRITING)
    # Those of Flask-Migrate are not ours.
    assert {name for name in unchecked if not name.startswith("db ")} == OTHERS


@pytest.mark.parametrize("name", WRITING)
def test_a_path_that_cannot_be_written_is_refused(
    app: Flask, session: Session, name: str
) -> None:
    for path in ("/proc/refused", "/proc/no/folder", f"{__file__}/refused"):
        words = [*name.split(), *WRITING[name].format(path).split()]
        result = app.test_cli_runner().invoke(args=words)

        said = result.output.splitlines()[-1]
        assert (result.exit_code, result.exception.__class__) == (2, SystemExit), said
        assert f"{path!r} cannot be written: " in said


@pytest.mark.parametrize(
    "name", ["audit export", "contracts export-ocds", "dictionaries export"]
)
def test_a_disk_that_fills_up_is_said_in_one_line(
    app: Flask, session: Session, name: str
) -> None:
    result = app.test_cli_runner().invoke(args=[*name.split(), "/dev/full"])

    assert result.exit_code == 1
    assert (
        result.output.splitlines()[-1]
        == "Error: '/dev/full' cannot be written: No space left on device"
    )


def test_a_backup_replaces_no_device_and_makes_its_folder(
    app: Flask, tmp_path: Path
) -> None:
    kind = FileToWrite(renamed=True)
    command = click.Command("make", params=[click.Argument(["file"], type=kind)])
    made = tmp_path / "new" / "folder" / "site.tar.gz"

    with command.make_context("make", [str(made)]) as context:
        assert context.params["file"] == made
    with pytest.raises(click.BadParameter, match="is not a file"):
        command.make_context("make", ["/dev/null"])
    assert list(tmp_path.iterdir()) == []
