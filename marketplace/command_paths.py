"""Files and folders that commands write to: a place that cannot be written is refused before the work begins.

What is written there is said by the command of each room.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click


class FileToWrite(click.Path):
    """A file that can be written; refused before the work and not after it, when a list has been imported already.

    Args:
        renamed: it is written under another name and then put in its place whole, in a folder that is made where it is
            missing.
    """

    def __init__(self, *, renamed: bool = False) -> None:
        super().__init__(dir_okay=False, writable=True, path_type=Path)
        self.renamed = renamed

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """The path; what is in the way is named."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        try:
            if self.renamed and path.exists() and not path.is_file():
                # Or a device would be replaced by a file.
                self.fail(f"{str(path)!r} is not a file", param, ctx)
            if self.renamed:
                _try_folder(_nearest_folder(path.resolve().parent))
            elif path.is_file():
                # Nothing is changed by it; permissions alone do not say it, above all to root.
                path.open("ab").close()
            elif not path.exists():
                _try_folder(path.resolve().parent)
        except OSError as error:
            self.fail(_in_the_way(path, error), param, ctx)
        return path


class FolderToWrite(click.Path):
    """A folder in which files can be written, or one that can be made."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, writable=True, path_type=Path)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """The path; what is in the way is named."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        try:
            _try_folder(_nearest_folder(path.resolve()))
        except OSError as error:
            self.fail(_in_the_way(path, error), param, ctx)
        return path


@contextmanager
def failures_named(path: Path) -> Iterator[None]:
    """End the command with one line where writing fails after all: a disk that filled up, a folder that went away.

    Raises:
        click.ClickException: what is in the way.
    """
    try:
        yield
    except OSError as error:
        raise click.ClickException(_in_the_way(path, error)) from None


def _try_folder(folder: Path) -> None:
    """Write a file without a name in a folder. Raises OSError where that cannot be done."""
    with tempfile.TemporaryFile(dir=folder):
        pass


def _nearest_folder(folder: Path) -> Path:
    """A folder, or the one above it in which it would be made."""
    while not folder.exists():
        folder = folder.parent
    return folder


def _in_the_way(path: Path, error: OSError) -> str:
    return f"{str(path)!r} cannot be written: {error.strerror or error}"
