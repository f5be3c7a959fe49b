"""How a loop over arrays is compiled (numba), and how its signature names arrays.
Not here: the loops (kernels here and in explaining).

Signatures are given, so that the import compiles, or loads what was compiled before, next to the file of the loop
or from NUMBA_CACHE_DIR: before gunicorn forks its workers and not under a reader's first request (decision 033).

A loop is compiled into those that call it, from other files too. numba by itself compiles again where the file of a
loop has changed; here, where any file has changed that a loop may be made of (decision 156).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import (
    Any,
    TypeVar,
    cast,
)

import numba.core.config
from numba import (
    njit,
    types,
)
from numba.core.caching import (
    InTreeCacheLocator,
    UserProvidedCacheLocator,
    UserWideCacheLocator,
)
from numba.core.types import Type

# Kinds of features that loops over queries take together.
KINDS = 3

_MATCHING = Path(__file__).parents[1]
# What files with loops have in them, and others of which loops take constants.
_SIGN_OF_LOOPS = b"matching.index.compiling import"
_OF_CONSTANTS = ("code_points.py", "index/postings.py", "index/weighting.py")
_Loop = TypeVar("_Loop", bound=Callable[..., Any])


def read_only(
    dtype: Type,
    dimensions: int = 1,
) -> Type:
    """An argument that a loop only reads: writeable arrays and those mapped from files both convert to it."""
    return types.Array(dtype, dimensions, "C", readonly=True)


def writeable(
    dtype: Type,
    dimensions: int = 1,
) -> Type:
    """An argument that a loop changes in place."""
    return types.Array(dtype, dimensions, "C")


def by_kind(dtype: Type) -> Type:
    """An array that a loop only reads for each kind of features; one that does not count has an empty one."""
    return types.UniTuple(read_only(dtype), KINDS)  # type: ignore[no-untyped-call]


def compiled_loop(signature: Any) -> Callable[[_Loop], _Loop]:
    """Compile a loop for one signature, without fast-math: sums equal numpy's bit for bit."""
    return lambda loop: _compile(loop, signature)


def inlined_loop(loop: _Loop) -> _Loop:
    """A loop that only others call, compiled with them for what they give it."""
    return _compile(loop)


def _compile(loop: _Loop, signature: Any = None) -> _Loop:
    options: dict[str, Any] = {"nogil": True, "boundscheck": False}
    try:
        with _one_stamp_for_all():
            return cast(_Loop, njit(signature, cache=True, **options)(loop))
    except (RuntimeError, OSError):
        # No folder may be written to, or its disk is full: compile at each start, which takes some ten seconds.
        return cast(_Loop, njit(signature, **options)(loop))


def files_of_loops() -> Iterator[Path]:
    """Those that have loops, and those of which loops take constants."""
    for path in sorted(_MATCHING.rglob("*.py")):
        has_loops = _SIGN_OF_LOOPS in path.read_bytes()
        if has_loops or path.relative_to(_MATCHING).as_posix() in _OF_CONSTANTS:
            yield path


@cache
def stamp_of_loops() -> str:
    """What was compiled is good for: the digest of all files of loops."""
    digest = hashlib.sha256()
    for path in files_of_loops():
        source = path.read_bytes()
        digest.update(f"{path.name} {len(source)}\n".encode() + source)
    return digest.hexdigest()


class _OneStamp:
    """Where compiled loops are stored, with the one stamp of all of them instead of that of their file."""

    def get_source_stamp(self) -> str:
        """See numba's locators: another one makes what is stored void."""
        return stamp_of_loops()


class FolderOfSetting(_OneStamp, UserProvidedCacheLocator):
    """NUMBA_CACHE_DIR."""


class FolderOfLoop(_OneStamp, InTreeCacheLocator):
    """Next to the file of a loop."""


class FolderOfUser(_OneStamp, UserWideCacheLocator):
    """In the home of the user."""


_LOCATORS = ",".join(
    f"{__name__}.{locator.__name__}"
    for locator in (FolderOfSetting, FolderOfLoop, FolderOfUser)
)


@contextmanager
def _one_stamp_for_all() -> Iterator[None]:
    """Let loops that are made now be stored so, and not those of other packages."""
    config: Any = numba.core.config
    before = config.CACHE_LOCATOR_CLASSES
    config.CACHE_LOCATOR_CLASSES = _LOCATORS
    try:
        yield
    finally:
        config.CACHE_LOCATOR_CLASSES = before
