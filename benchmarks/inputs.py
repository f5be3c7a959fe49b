"""What a benchmark is given on its command line, refused in a sentence where it is missing.
Not here: how tables are read (texts), what is measured.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path


def existing_path(written: str) -> Path:
    """A file or folder of the command line, for argparse.

    Raises:
        argparse.ArgumentTypeError: there is none.
    """
    path = Path(written)
    if not path.exists():
        raise argparse.ArgumentTypeError(f"there is no file or folder {written}")
    return path


def require_columns(
    path: Path, rows: csv.DictReader[str], *choices: Sequence[str]
) -> None:
    """See that a table has one column of each choice, or end with a sentence."""
    has = set(rows.fieldnames or ())
    for names in choices:
        if has.isdisjoint(names):
            wanted = " or ".join(names)
            raise SystemExit(
                f"{path} has no column {wanted}: name one so in its first line"
            )
