"""The short fields of every document in memory, one number per document and field: filters, facets and order.
Not here: text, scores, the file they are read from (fts). A snapshot never changes; a newer one replaces it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from search.contract import FACETS, Value, order_facet

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]

NO_DATE = np.iinfo(
    np.int64
).max  # documents without the date come last, whichever way the order runs
COLUMNS = (*FACETS, "audience")
GROUPS = 16  # sets of audiences for which it is kept what they may see


@dataclass(frozen=True, slots=True)
class Line:
    """What the memory keeps of one document. number is its place in the file; alive False when it was removed."""

    number: int
    alive: bool
    kind: str
    id: int
    values: Mapping[str, tuple[Value, ...]]  # every name of COLUMNS
    published_on: date | None
    deadline: date | None
    length: int  # words of its text


class Column:
    """One field: a code per document, and what each code stands for (a tuple of values: none, one or several)."""

    def __init__(self, codes: Codes, meanings: list[tuple[Value, ...]]) -> None:
        self.codes = codes
        self.meanings = meanings

    def grown(self, size: int) -> Column:
        """A copy with room for more documents; what a code means is never taken back, so the list is shared."""
        codes = np.zeros(size, dtype=np.int64)
        codes[: len(self.codes)] = self.codes
        return Column(codes, list(self.meanings))

    def having(self, accepted: Iterable[Value]) -> Mask:
        """Per code, whether it stands for any of the accepted values."""
        wanted = frozenset(accepted)
        return np.fromiter(
            (not wanted.isdisjoint(m) for m in self.meanings),
            dtype=np.bool_,
            count=len(self.meanings),
        )


class Columns:
    """A snapshot of all documents as of one change counter. Index everything by the document's number in the file."""

    def __init__(self, generation: int, counter: int) -> None:
        self.generation = generation
        self.counter = counter
        self.alive: Mask = np.zeros(1, dtype=np.bool_)
        self.ids: Rows = np.zeros(1, dtype=np.int64)
        self.published: Rows = np.full(1, NO_DATE, dtype=np.int64)
        self.deadline: Rows = np.full(1, NO_DATE, dtype=np.int64)
        self.lengths: Rows = np.zeros(1, dtype=np.int64)
        self.columns = {
            name: Column(np.zeros(1, dtype=np.int64), [()]) for name in COLUMNS
        }
        self._visible: dict[frozenset[str], Mask] = {}

    def updated(self, counter: int, lines: Sequence[Line]) -> Columns:
        """A newer snapshot with these lines written over."""
        fresh = Columns(self.generation, counter)
        size = max([len(self.alive), *(line.number + 1 for line in lines)])
        fresh.alive = _grown(self.alive, size, False)
        fresh.ids = _grown(self.ids, size, 0)
        fresh.published = _grown(self.published, size, NO_DATE)
        fresh.deadline = _grown(self.deadline, size, NO_DATE)
        fresh.lengths = _grown(self.lengths, size, 0)
        fresh.columns = {
            name: column.grown(size) for name, column in self.columns.items()
        }
        known = {
            name: {m: c for c, m in enumerate(col.meanings)}
            for name, col in fresh.columns.items()
        }
        for line in lines:
            number = line.number
            fresh.alive[number] = line.alive
            fresh.ids[number] = line.id
            # Newest first is the one order of dates that runs backwards, so its number is turned round.
            fresh.published[number] = (
                NO_DATE if line.published_on is None else -line.published_on.toordinal()
            )
            fresh.deadline[number] = (
                NO_DATE if line.deadline is None else line.deadline.toordinal()
            )
            fresh.lengths[number] = line.length
            for name in COLUMNS:
                meaning = line.values[name]
                codes, column = known[name], fresh.columns[name]
                code = codes.get(meaning)
                if code is None:
                    code = codes[meaning] = len(column.meanings)
                    column.meanings.append(meaning)
                column.codes[number] = code
        return fresh

    @property
    def count(self) -> int:
        """Documents that are not removed."""
        return int(np.count_nonzero(self.alive))

    def visible(self, audiences: frozenset[str]) -> Mask:
        """Per number: not removed and open to one of these groups; read-only, as all guests share it."""
        mask = self._visible.get(audiences)
        if mask is None:
            column = self.columns["audience"]
            mask = self.alive & column.having(audiences)[column.codes]
            mask.flags.writeable = False
            if len(self._visible) >= GROUPS:
                self._visible.clear()
            self._visible[audiences] = mask
        return mask

    def narrow(
        self, rows: Rows, narrowed: Mapping[str, frozenset[Value]]
    ) -> tuple[Mask, dict[str, list[tuple[Value, int]]]]:
        """Apply the filters to found rows: which of them pass, and each facet counted with all filters but its own."""
        refused: dict[str, Mask] = {}
        for name, accepted in narrowed.items():
            column = self.columns[name]
            refused[name] = ~column.having(accepted)[column.codes[rows]]
        faults = np.zeros(len(rows), dtype=np.int8)
        for mask in refused.values():
            faults += mask
        passes = faults == 0
        passed = rows[passes]
        facets = {}
        for name in FACETS:
            # A row counts here when its only fault, if any, is this very facet.
            counted = rows[faults == refused[name]] if name in refused else passed
            facets[name] = self._counts(name, counted)
        return passes, facets

    def _counts(self, name: str, rows: Rows) -> list[tuple[Value, int]]:
        column = self.columns[name]
        per_code = np.bincount(column.codes[rows], minlength=len(column.meanings))
        counts: dict[Value, int] = {}
        for code in np.flatnonzero(per_code):
            for value in column.meanings[code]:
                counts[value] = counts.get(value, 0) + int(per_code[code])
        return order_facet(counts)

    @cached_property
    def relative_lengths(self) -> npt.NDArray[np.float64]:
        """Per number its length against the mean of all."""
        mean: float = self.lengths.sum() / max(1, self.count)
        return self.lengths / max(1.0, mean)

    @cached_property
    def by_id(self) -> Rows:
        """Per number its place when everything is ordered by id, then kind: the tie of every order."""
        kinds = self.columns["kind"]
        names = [str(m[0]) if m else "" for m in kinds.meanings]
        place = np.argsort(np.argsort(np.array(names)))[kinds.codes]
        return _ranks(np.lexsort((place, self.ids)))

    @cached_property
    def by_newest(self) -> Rows:
        """Per number its place from the newest to the oldest."""
        return _ranks(np.lexsort((self.by_id, self.published)))

    @cached_property
    def by_deadline(self) -> Rows:
        """Per number its place from the nearest deadline on; without one last."""
        return _ranks(np.lexsort((self.by_id, self.deadline)))


def page_of(
    rows: Rows, keys: Sequence[npt.NDArray[Any]], first: int, size: int
) -> Rows:
    """Positions in rows of one page as ordered by keys (most important first); what nobody looks at stays unordered.

    keys: arrays as long as rows; the last must have no ties.
    """
    last = min(first + size, len(rows))
    if first >= last:
        return rows[:0]
    keep = np.arange(len(rows))
    if last < len(rows):
        # Everything not beyond the page's last main key is a candidate, ties included.
        bound = np.partition(keys[0], last - 1)[last - 1]
        keep = np.flatnonzero(keys[0] <= bound)
    order = np.lexsort(tuple(key[keep] for key in reversed(keys)))
    return keep[order[first:last]]


def _grown(values: npt.NDArray[Any], size: int, empty: int | bool) -> npt.NDArray[Any]:
    grown = np.full(size, empty, dtype=values.dtype)
    grown[: len(values)] = values
    return grown


def _ranks(order: Rows) -> Rows:
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks
