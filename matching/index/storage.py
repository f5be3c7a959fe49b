"""A matcher on disk: plain arrays that map into memory, a manifest, generations swapped in one step. No pickle.
Not here: what the arrays mean (artefact, remote).

directory/CURRENT names the generation; directory/<generation>/ holds one .npy for each array, and manifest.json.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
import zlib
from pathlib import Path
from typing import (
    Any,
    TypeAlias,
)

import numpy as np
import numpy.typing as npt

from matching.errors import UnusableArtefact

FORMAT = "liaocheng-matcher 3"
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
# Generations that stay: a process may still be opening the one before.
GENERATIONS_KEPT = 2
# Bytes at both ends of a file that its check sum covers: enough for a cut or foreign file, and no read of gigabytes.
_CHECKED_ENDS = 1 << 16
# 00000007-1a2b3c4d
_NAME_LENGTH = 17
_NUMBER_LENGTH = 8

# Arrays by name, of any dtype and shape.
Arrays: TypeAlias = dict[str, npt.NDArray[Any]]


def write_generation(
    directory: Path,
    arrays: Arrays,
    facts: dict[str, Any],
) -> str:
    """Write a new generation and make it the current one; readers see the old or the new, never a half.

    Generations older than the one before are removed.

    Args:
        directory: made where it is missing.
        arrays: become a file each.
        facts: whatever JSON holds.

    Returns:
        the generation's name.
    """
    directory.mkdir(parents=True, exist_ok=True)
    numbers = [int(name.split("-")[0]) for name in _generations(directory)]
    name = f"{max(numbers, default=0) + 1:08d}-{uuid.uuid4().hex[:8]}"
    folder = directory / name
    folder.mkdir()
    try:
        seals: dict[str, list[int]] = {}
        for key, values in arrays.items():
            path = folder / f"{key}.npy"
            np.save(path, values, allow_pickle=False)
            seals[key] = _seal(path)
        manifest = {"format": FORMAT, "facts": facts, "files": seals}
        text = json.dumps(manifest, ensure_ascii=False, sort_keys=True)
        (folder / MANIFEST).write_text(text, encoding="utf-8")
        # Written beside and moved over: os.replace is atomic on one file system.
        pointer = directory / f"{CURRENT}.{name}"
        pointer.write_text(name, encoding="utf-8")
        os.replace(pointer, directory / CURRENT)
    except BaseException:
        # A half generation would only take room: nothing points to it.
        shutil.rmtree(folder, ignore_errors=True)
        raise
    for old in _generations(directory)[:-GENERATIONS_KEPT]:
        shutil.rmtree(directory / old, ignore_errors=True)
    return name


def current_generation(directory: Path) -> str:
    """The name of the current generation.

    Raises:
        UnusableArtefact: there is none.
    """
    try:
        name = (directory / CURRENT).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableArtefact(f"{directory} holds no matcher: {error}") from error
    if name not in _generations(directory):
        raise UnusableArtefact(
            f"{directory}: the current generation {name[:40]!r} is not there"
        )
    return name


def read_generation(directory: Path) -> tuple[Arrays, dict[str, Any]]:
    """The arrays of the current generation, mapped read-only, and the facts. Nothing in the files is executed.

    Raises:
        UnusableArtefact: anything is missing, cut, changed or not ours.
    """
    folder = directory / current_generation(directory)
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            raise UnusableArtefact(
                f"{folder} is of format {manifest['format']!r}, this program reads {FORMAT!r}"
            )
        arrays: Arrays = {}
        for key, seal in manifest["files"].items():
            arrays[key] = _map_array(folder / f"{key}.npy", seal)
        return arrays, manifest["facts"]
    except UnusableArtefact:
        raise
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        EOFError,
    ) as error:
        raise UnusableArtefact(f"{folder} cannot be read: {error!r}") from error


def _map_array(
    path: Path,
    seal: list[int],
) -> npt.NDArray[Any]:
    if _seal(path) != seal:
        raise UnusableArtefact(f"{path} is not the file that was saved")
    # Mapped pages are shared by all workers of a host (decision 012).
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    # A plain array over the same pages: every operation on np.memmap is slower.
    plain: npt.NDArray[Any] = mapped.view(np.ndarray)
    return plain


def _generations(directory: Path) -> list[str]:
    """Names of the generations, oldest first."""
    if not directory.is_dir():
        return []
    names = [path.name for path in directory.iterdir() if path.is_dir()]
    return sorted(name for name in names if _is_generation(name))


def _is_generation(name: str) -> bool:
    if len(name) != _NAME_LENGTH or name[_NUMBER_LENGTH] != "-":
        return False
    return name[:_NUMBER_LENGTH].isdigit()


def _seal(path: Path) -> list[int]:
    """Size of a file in bytes and a check sum over its ends."""
    size = path.stat().st_size
    with path.open("rb") as file:
        check = zlib.crc32(file.read(_CHECKED_ENDS))
        if size > _CHECKED_ENDS:
            file.seek(max(_CHECKED_ENDS, size - _CHECKED_ENDS))
            check = zlib.crc32(file.read(), check)
    return [size, check]
