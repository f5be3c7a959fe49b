"""How a loop over arrays is compiled (numba), and how its signature names arrays.
Not here: the loops (kernels here and in explaining).

Signatures are given, so that the import compiles, or loads what was compiled before, next to the file of the loop
or from NUMBA_CACHE_DIR: before gunicorn forks its workers and not under a reader's first request (decision 033).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import (
    Any,
    TypeVar,
    cast,
)

from numba import (
    njit,
    types,
)
from numba.core.types import Type

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


def compiled_loop(signature: Any) -> Callable[[_Loop], _Loop]:
    """Compile a loop for one signature, without fast-math: sums equal numpy's bit for bit."""

    def decorate(loop: _Loop) -> _Loop:
        options: dict[str, Any] = {"nogil": True, "boundscheck": False}
        try:
            return cast(_Loop, njit(signature, cache=True, **options)(loop))
        except (RuntimeError, OSError):
            # No folder may be written to, or its disk is full: compile at each start, which takes some ten seconds.
            return cast(_Loop, njit(signature, **options)(loop))

    return decorate
