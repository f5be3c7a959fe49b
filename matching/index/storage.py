"""A matcher on disk: plain arrays, a manifest, generations swapped in one step. No pickle.
Not here: what the arrays mean (artefact, remote).

directory/CURRENT names the generation; directory/<generation>/ holds one .npy for each array, and manifest.json.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import uuid
import weakref
import zlib
from contextlib import suppress
from pathlib import Path
from typing import (
    Any,
    TypeAlias,
)

import numpy as np
import numpy.typing as npt

from matching.errors import UnusableArtefact

FORMAT = "liaocheng-matcher 4"
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
# Generations that stay: a process may still be opening the one before.
MAX_GENERATIONS = 2
# Bytes of a generation up to which its arrays are copied into memory. What a process maps it reads at every use from a
# file that somebody may cut or overwrite: cut, that kills the process (SIGBUS). The catalogue of a city takes some tens
# of megabytes; a far larger one is mapped, so that the workers of a host share it (decision 042).
COPIED = 96 << 20
_PIECE = 1 << 20  # bytes read at a time for a check sum
# 00000007-1a2b3c4d
_NAME_LENGTH = 17
_NUMBER_LENGTH = 8

# What reading files of unknown content raises.
_UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    EOFError,
    SyntaxError,
    MemoryError,
)

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
        manifest: dict[str, Any] = {"format": FORMAT, "facts": facts, "files": seals}
        manifest["seal"] = _seal_text(manifest)
        text = json.dumps(manifest, ensure_ascii=False, sort_keys=True)
        (folder / MANIFEST).write_text(text, encoding="utf-8")
        # Written under another name and moved over: os.replace is atomic on one file system.
        pointer = directory / f"{CURRENT}.{name}"
        pointer.write_text(name, encoding="utf-8")
        os.replace(pointer, directory / CURRENT)
    except BaseException:
        # A half generation would only take room: nothing points to it.
        shutil.rmtree(folder, ignore_errors=True)
        raise
    for old in _generations(directory)[:-MAX_GENERATIONS]:
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
    """The arrays of the current generation, read-only, and the facts. Nothing in the files is executed.

    Every byte is held against its check sum. Processes that read a generation twice have its arrays once.

    Raises:
        UnusableArtefact: anything is missing, cut, changed or not ours.
    """
    folder = directory / current_generation(directory)
    try:
        manifest = _read_manifest(folder)
        seals = manifest["files"]
        is_small = sum(size for size, _ in seals.values()) <= COPIED
        read = _copy_array if is_small else _map_array
        arrays: Arrays = {}
        for key, seal in seals.items():
            arrays[key] = read(folder / f"{key}.npy", seal)
        return arrays, manifest["facts"]
    except _UNREADABLE as error:
        raise UnusableArtefact(f"{folder} cannot be read: {error!r}") from error


def check_files(directory: Path) -> None:
    """Read every file of the current generation and compare its check sum.

    Raises:
        UnusableArtefact: anything is missing, cut or changed.
    """
    folder = directory / current_generation(directory)
    try:
        for key, seal in _read_manifest(folder)["files"].items():
            if _seal(folder / f"{key}.npy") != seal:
                raise UnusableArtefact(f"{folder / key} is not what was saved")
    except _UNREADABLE as error:
        raise UnusableArtefact(f"{folder} cannot be read: {error!r}") from error


def _read_manifest(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(
        (folder / MANIFEST).read_text(encoding="utf-8")
    )
    if manifest["format"] != FORMAT:
        raise UnusableArtefact(
            f"{folder} is of format {manifest['format']!r}, this program reads {FORMAT!r}"
        )
    # Of itself too: a changed bit in it may be another id of the same form.
    seal = manifest.pop("seal")
    if seal != _seal_text(manifest):
        raise UnusableArtefact(f"{folder / MANIFEST} is not what was saved")
    return manifest


def _seal_text(manifest: dict[str, Any]) -> int:
    text = json.dumps(manifest, ensure_ascii=False, sort_keys=True)
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def file_identities(directory: Path) -> dict[str, tuple[int, ...]]:
    """File of the current generation → what changes when somebody writes to it or replaces it; some microseconds each.

    Empty where there is no current generation, or no folder of it.
    """
    identities: dict[str, tuple[int, ...]] = {}
    with suppress(OSError, UnusableArtefact):
        for entry in os.scandir(directory / current_generation(directory)):
            status = entry.stat()
            identities[entry.name] = (status.st_ino, status.st_size, status.st_mtime_ns)
    return identities


# Path and seal → the copy, as long as anybody uses it: matchers for two circles of readers read the same files.
_copies: weakref.WeakValueDictionary[tuple[str, int, int], npt.NDArray[Any]] = (
    weakref.WeakValueDictionary()
)


def _copy_array(path: Path, seal: list[int]) -> npt.NDArray[Any]:
    """An array in memory, read once and checked as it was read."""
    content = path.read_bytes()
    if [len(content), zlib.crc32(content)] != seal:
        raise UnusableArtefact(f"{path} is not the file that was saved")
    key = (str(path), seal[0], seal[1])
    known = _copies.get(key)
    if known is not None:
        return known
    values = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    # What two matchers share neither may change, just as with mapped files.
    values.flags.writeable = False
    _copies[key] = values
    return values


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
    """Size of a file in bytes and a check sum over all of it: a disk may change any bit of it."""
    size = 0
    check = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            size += len(piece)
            check = zlib.crc32(piece, check)
    return [size, check]
