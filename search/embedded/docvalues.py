"""Doc values: the short fields of every document in memory, as codes, for filters, facets and order.
Not here: text and scores (scoring), the tables they are read from (rows). A snapshot never changes; a newer one
replaces it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from search.contract import FACETS, FacetCounts, Value, order_facet
from search.embedded.arrays import Bools, Float64s, Int64s

# Documents without the date come last, whichever way the order runs.
NO_DATE = np.iinfo(np.int64).max
COLUMNS = (*FACETS, "audience")
REMEMBERED_AUDIENCES = 16  # sets of audiences whose visible documents are remembered

Filters = Mapping[str, frozenset[Value]]
Values = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class DocRow:
    """The doc values of one document.

    Attributes:
        number: its row number in the file.
        alive: False when it was removed.
        kind, id: of the document.
        values: for every name of COLUMNS its values: none, one or several.
        published_at: microseconds since 1970, what "newest" goes by; None without.
        deadline: what "deadline" goes by.
        length: tokens of its text.
    """

    number: int
    alive: bool
    kind: str
    id: int
    values: Mapping[str, Values]
    published_at: int | None
    deadline: date | None
    length: int


class DocValuesColumn:
    """One field of all documents: few combinations of values, so a code for each combination.

    Attributes:
        codes: shape (n,), int64; per document number the code of its combination.
        meanings: per code its combination of values.
    """

    def __init__(self, codes: Int64s, meanings: list[Values]) -> None:
        self.codes = codes
        self.meanings = meanings

    def resized(self, size: int) -> DocValuesColumn:
        """A copy with room for more documents."""
        codes = _resized(self.codes, size, 0)
        return DocValuesColumn(codes, list(self.meanings))

    def accepts(self, accepted: Iterable[Value]) -> Bools:
        """Per code, whether its combination has any of the accepted values. shape (codes,), bool."""
        wanted = frozenset(accepted)
        return np.fromiter(
            (not wanted.isdisjoint(values) for values in self.meanings),
            dtype=np.bool_,
            count=len(self.meanings),
        )

    def having(self, accepted: Iterable[Value]) -> Bools:
        """Per document number, whether it has any of the accepted values. shape (n,), bool."""
        return self.accepts(accepted)[self.codes]


class DocValues:
    """A snapshot of all documents as of one change counter; every array is indexed by the document's row number.

    Attributes:
        generation, counter: which tables it was read from and how often they had been written.
        alive: shape (n,), bool; not removed.
        ids: shape (n,), int64.
        published: shape (n,), int64; minus the microseconds since 1970, NO_DATE without a moment.
        deadlines: shape (n,), int64; the day's ordinal, NO_DATE without one.
        lengths: shape (n,), int64; tokens of the text.
        columns: name of COLUMNS → its column.
    """

    def __init__(self, generation: int, counter: int) -> None:
        self.generation = generation
        self.counter = counter
        # SQLite's row numbers begin at 1; number 0 is no document.
        self.alive: Bools = np.zeros(1, dtype=np.bool_)
        self.ids: Int64s = np.zeros(1, dtype=np.int64)
        self.published: Int64s = np.full(1, NO_DATE, dtype=np.int64)
        self.deadlines: Int64s = np.full(1, NO_DATE, dtype=np.int64)
        self.lengths: Int64s = np.zeros(1, dtype=np.int64)
        self.columns: dict[str, DocValuesColumn] = {}
        for name in COLUMNS:
            codes = np.zeros(1, dtype=np.int64)
            self.columns[name] = DocValuesColumn(codes, [()])
        self._visible: dict[frozenset[str], Bools] = {}

    def with_rows(self, counter: int, rows: Sequence[DocRow]) -> DocValues:
        """A newer snapshot with these rows written over."""
        # Readers of the old snapshot go on with it, so nothing is shared. Copying takes far less than reading.
        newer = DocValues(self.generation, counter)
        highest = max((row.number for row in rows), default=0)
        size = max(len(self.alive), highest + 1)
        newer.alive = _resized(self.alive, size, False)
        newer.ids = _resized(self.ids, size, 0)
        newer.published = _resized(self.published, size, NO_DATE)
        newer.deadlines = _resized(self.deadlines, size, NO_DATE)
        newer.lengths = _resized(self.lengths, size, 0)
        for name, column in self.columns.items():
            newer.columns[name] = column.resized(size)
        for row in rows:
            newer._write_row(row)
        for name in COLUMNS:
            _write_codes(newer.columns[name], name, rows)
        return newer

    def _write_row(self, row: DocRow) -> None:
        self.alive[row.number] = row.alive
        self.ids[row.number] = row.id
        self.published[row.number] = NO_DATE
        if row.published_at is not None:
            # Newest first is the one order of dates that runs backwards, so its number is turned round.
            self.published[row.number] = -row.published_at
        self.deadlines[row.number] = NO_DATE
        if row.deadline is not None:
            self.deadlines[row.number] = row.deadline.toordinal()
        self.lengths[row.number] = row.length

    @property
    def count(self) -> int:
        """Documents that are not removed."""
        return int(np.count_nonzero(self.alive))

    def visible(self, audiences: frozenset[str]) -> Bools:
        """Per document number: not removed and open to one of these groups.

        Returns:
            shape (n,), bool; read-only, as all readers of the same groups share it.
        """
        mask = self._visible.get(audiences)
        if mask is None:
            mask = self.alive & self.columns["audience"].having(audiences)
            mask.flags.writeable = False
            # Guests are one set, each organisation's people another: few at a time, and cheap to make again.
            if len(self._visible) >= REMEMBERED_AUDIENCES:
                self._visible.clear()
            self._visible[audiences] = mask
        return mask

    def filter_and_count_facets(
        self,
        rows: Int64s,
        filters: Filters,
    ) -> tuple[Bools, dict[str, FacetCounts]]:
        """Apply filters to found documents and count every facet under all filters but its own.

        Args:
            rows: shape (m,), int64; numbers of the found documents.
            filters: facet → accepted values.

        Returns:
            Which of them pass every filter, shape (m,), bool, and the counts by facet.
        """
        # One pass over the found documents gives all counts; in SQL it is a query for each facet, and slow
        # (decision 021).
        refused: dict[str, Bools] = {}
        for name, accepted in filters.items():
            column = self.columns[name]
            accepts = column.accepts(accepted)
            refused[name] = ~accepts[column.codes[rows]]
        # Ten facets at most, so a byte counts the filters that refuse a document.
        refusals = np.zeros(len(rows), dtype=np.int8)
        for mask in refused.values():
            refusals += mask
        passes = refusals == 0
        passed = rows[passes]
        facets = {}
        for name in FACETS:
            counted = passed
            if name in refused:
                # A document counts here when the only filter that refuses it, if any, is this very facet's.
                counted = rows[refusals == refused[name]]
            facets[name] = self._count_facet(name, counted, filters.get(name, ()))
        return passes, facets

    def _count_facet(
        self, name: str, rows: Int64s, accepted: Collection[Value]
    ) -> FacetCounts:
        column = self.columns[name]
        # Documents are counted by combination first: few combinations, many documents.
        codes = column.codes[rows]
        per_code = np.bincount(codes, minlength=len(column.meanings))
        counts: dict[Value, int] = {}
        for code in np.flatnonzero(per_code):
            documents = int(per_code[code])
            for value in column.meanings[code]:
                counts[value] = counts.get(value, 0) + documents
        return order_facet(counts, accepted)

    @cached_property
    def relative_lengths(self) -> Float64s:
        """Per document number its length against the mean of all. shape (n,), float64."""
        # Removed documents have the length 0 and are not counted.
        total: float = self.lengths.sum()
        mean = total / max(1, self.count)
        return self.lengths / max(1.0, mean)

    @cached_property
    def by_id(self) -> Int64s:
        """Per document number its rank by id, then kind: the tie-break of most orders. shape (n,), int64."""
        # lexsort takes the most important key last.
        return _ranks(np.lexsort((self._kind_ranks, self.ids)))

    @cached_property
    def _kind_ranks(self) -> Int64s:
        """Per document number the place of its kind in the alphabet. shape (n,), int64."""
        kinds = self.columns["kind"]
        # The first meaning is that of no document, an empty combination.
        names = [str(*values) for values in kinds.meanings]
        by_name = np.argsort(np.array(names))
        return _ranks(by_name)[kinds.codes]

    @cached_property
    def by_newest(self) -> Int64s:
        """Per document number its rank from the newest to the oldest, ties by the larger id. shape (n,), int64."""
        return _ranks(np.lexsort((self._kind_ranks, -self.ids, self.published)))

    @cached_property
    def by_deadline(self) -> Int64s:
        """Per document number its rank from the nearest deadline on; without one last. shape (n,), int64."""
        return _ranks(np.lexsort((self.by_id, self.deadlines)))


def _write_codes(
    column: DocValuesColumn,
    name: str,
    rows: Sequence[DocRow],
) -> None:
    """Write the codes of some documents, with new codes for combinations not met before."""
    known = {values: code for code, values in enumerate(column.meanings)}
    for row in rows:
        values = row.values[name]
        code = known.get(values)
        if code is None:
            code = len(column.meanings)
            known[values] = code
            column.meanings.append(values)
        column.codes[row.number] = code


def _resized(
    values: npt.NDArray[Any], size: int, empty: int | bool
) -> npt.NDArray[Any]:
    """A copy with room for more documents. shape (n,) → (size,), dtype as given."""
    resized = np.full(size, empty, dtype=values.dtype)
    resized[: len(values)] = values
    return resized


def _ranks(order: Int64s) -> Int64s:
    """Per document number its place in an order of all numbers. shape (n,) → (n,), int64."""
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks
