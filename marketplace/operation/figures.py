"""Where the figures of a worker lie: in a file with room of its own, or in memory alone where no file system has room.

Not here: which figures there are and who may read them (pages).
"""

from __future__ import annotations

import mmap
import os
from contextlib import suppress
from typing import IO, Any

from prometheus_client import mmap_dict, values
from prometheus_client.mmap_dict import MmapedDict

GROWTH = 2  # times: how the library itself enlarges a file


class ReservedDict(MmapedDict):
    """The library's file of figures, whose room is taken before anything is written to it.

    The library writes to a mapped file with holes; where the file system has no room for a hole, that kills the worker
    (SIGBUS). Here room is taken first, and where there is none the figures live in memory that belongs to no file
    system: this worker's are then missing from /metrics, and it goes on serving.
    """

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        """Open a file of figures.

        Args:
            filename: made where it is missing.
            read_mode: as the library has it.
        """
        if read_mode:
            super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]
            return
        try:
            with open(filename, "a+b") as file:
                # The library takes the size that it finds for the room that there is.
                size = os.fstat(file.fileno()).st_size
                _take_room(file, size or mmap_dict._INITIAL_MMAP_SIZE)
        except OSError:
            with suppress(OSError):
                os.unlink(filename)
            self._begin_in_memory(filename)
        else:
            super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]

    def _begin_in_memory(self, filename: str) -> None:
        """What the library's constructor does, without a file."""
        self._f = open(os.devnull, "rb")  # noqa: SIM115  the library closes it
        self._fname = filename
        self._capacity = mmap_dict._INITIAL_MMAP_SIZE
        self._m = mmap.mmap(-1, self._capacity)
        self._positions: dict[str, int] = {}
        self._used = 8  # bytes of the head: how much is used, as the library packs it
        mmap_dict._pack_integer(self._m, 0, self._used)  # type: ignore[no-untyped-call]

    def _init_value(self, key: str) -> None:
        # The most that an entry takes: its key, two numbers, its length and what aligns it.
        wanted = self._used + len(key.encode()) + 40
        capacity = self._capacity
        while wanted > capacity:
            capacity *= GROWTH
        if capacity > self._capacity:
            self._enlarge(capacity)
        super()._init_value(key)  # type: ignore[no-untyped-call]

    def _enlarge(self, capacity: int) -> None:
        """Make the mapped file larger, or go on in memory where the file system has no room for that."""
        before = self._m
        try:
            _take_room(self._f, capacity)
            self._m = mmap.mmap(self._f.fileno(), capacity)
        except (OSError, ValueError):
            self._m = mmap.mmap(-1, capacity)
            self._m[: self._used] = before[: self._used]
        before.close()
        self._capacity = capacity


def _take_room(file: IO[Any], size: int) -> None:
    """Give a file a size, with all of its room taken from the file system.

    Raises:
        OSError: there is no room, or the file system cannot promise any.
    """
    os.posix_fallocate(file.fileno(), 0, size)


def reserve_room() -> None:
    """Have the library use `ReservedDict` for every figure that is made from now on."""
    values.MmapedDict = ReservedDict  # type: ignore[attr-defined]
