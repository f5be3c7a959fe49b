"""A matcher on disk: plain arrays that map into memory, a manifest, generations swapped in one step. No pickle.
Not here: what the arrays mean (segment, channel, matcher).

directory/CURRENT names the generation; directory/<generation>/ holds one .npy per array, ids and manifest.json.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.errors import UnusableArtefact

FORMAT = "liaocheng-matcher 3"
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
KEPT = 2  # generations: a process may still be opening the one before
_ENDS = (
    1 << 16
)  # bytes at both ends of a file that its check sum covers: enough for a cut or foreign file

Arrays = dict[str, npt.NDArray[Any]]


def write(directory: Path, arrays: Arrays, facts: dict[str, Any]) -> str:
    """Write a new generation and make it the current one; readers see the old or the new, never a half.

    arrays by name; facts whatever JSON holds. Returns the generation's name. Older generations but one are removed.
    """
    directory.mkdir(parents=True, exist_ok=True)
    numbers = [int(name.split("-")[0]) for name in _generations(directory)]
    name = f"{max(numbers, default=0) + 1:08d}-{uuid.uuid4().hex[:8]}"
    folder = directory / name
    folder.mkdir()
    try:
        described = {}
        for key, values in arrays.items():
            path = folder / f"{key}.npy"
            np.save(path, values, allow_pickle=False)
            described[key] = _seal(path)
        manifest = {"format": FORMAT, "facts": facts, "files": described}
        (folder / MANIFEST).write_text(
            json.dumps(manifest, ensure_ascii=False, sort_keys=True), encoding="utf-8"
        )
        pointer = directory / f"{CURRENT}.{name}"
        pointer.write_text(name, encoding="utf-8")
        os.replace(pointer, directory / CURRENT)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    for old in _generations(directory)[:-KEPT]:
        shutil.rmtree(directory / old, ignore_errors=True)
    return name


def current(directory: Path) -> str:
    """The name of the current generation. Raises UnusableArtefact where there is none."""
    try:
        name = (directory / CURRENT).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableArtefact(f"{directory} holds no matcher: {error}") from error
    if name not in _generations(directory):
        raise UnusableArtefact(
            f"{directory}: the current generation {name[:40]!r} is not there"
        )
    return name


def read(directory: Path) -> tuple[Arrays, dict[str, Any]]:
    """The arrays of the current generation, mapped read-only, and the facts.

    Raises UnusableArtefact where anything is missing, cut, changed or not ours. Nothing in the files is executed.
    """
    folder = directory / current(directory)
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            raise UnusableArtefact(
                f"{folder} is of format {manifest['format']!r}, this program reads {FORMAT!r}"
            )
        arrays: Arrays = {}
        for key, seal in manifest["files"].items():
            path = folder / f"{key}.npy"
            if _seal(path) != seal:
                raise UnusableArtefact(f"{path} is not the file that was saved")
            mapped = np.load(path, mmap_mode="r", allow_pickle=False)
            arrays[key] = mapped.view(
                np.ndarray
            )  # a plain array: the pages are still the file's
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


def _generations(directory: Path) -> list[str]:
    """Names of the generations, oldest first."""
    found = (
        [p.name for p in directory.iterdir() if p.is_dir()]
        if directory.is_dir()
        else []
    )
    return sorted(
        name
        for name in found
        if len(name) == 17 and name[:8].isdigit() and name[8] == "-"
    )


def _seal(path: Path) -> list[int]:
    """Size of a file and a check sum over its ends."""
    size = path.stat().st_size
    with path.open("rb") as file:
        check = zlib.crc32(file.read(_ENDS))
        if size > _ENDS:
            file.seek(max(_ENDS, size - _ENDS))
            check = zlib.crc32(file.read(), check)
    return [size, check]
