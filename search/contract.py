"""What both search engines promise: the shapes that go in and come out, and the errors.
Not here: how words are cut (terms), what is stored (schema), how an engine answers (fts, elastic).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

FACETS = ("kind", "district", "field", "stage", "mode", "year", "chain")
FILTERS = FACETS[1:]
SORTS = ("relevance", "newest", "deadline")
PUBLIC = "public"
MAX_SIZE = 1_000  # hits per page; a page is read by a person, an export by the database

Value = str | int
Key = tuple[str, int]
Version = tuple[str, int, int]


class SearchError(Exception):
    """The engine refused this deed (a second rebuild at once, a document that does not fit)."""


class SearchUnavailable(SearchError):  # noqa: N818  the name the whole house knows it by
    """The index is missing, broken, locked or out of reach: there is no answer, which is not an empty answer."""


class NotBuilt(SearchUnavailable):
    """The engine answers, but holds no index: somebody has to rebuild it."""


@dataclass(frozen=True, slots=True)
class Document:
    """One listing as search sees it. The only projection of a database row.

    kind "achievement" or "demand"; id the row's integer; version its revision (never goes down); field, stage,
    chain, district and modes are codes of the dictionaries; audience the groups that may find it; shown is kept as it
    is and given back with a hit.
    """

    kind: str
    id: int
    version: int
    title: str
    body: str
    holder: str = ""
    audience: tuple[str, ...] = (PUBLIC,)
    district: str | None = None
    field: str | None = None
    stage: str | None = None
    modes: tuple[str, ...] = ()
    year: int | None = None
    chain: str | None = None
    published_on: date | None = None
    deadline: date | None = None
    shown: str = ""

    def __post_init__(self) -> None:
        for name in ("id", "version"):
            if not isinstance(getattr(self, name), int):
                raise TypeError(f"{name} must be an integer")
        if self.version < 0:
            raise ValueError("version must not be negative")
        # Lists and sets are welcome; a sorted tuple makes equal documents equal.
        object.__setattr__(self, "audience", tuple(sorted(set(self.audience))))
        object.__setattr__(self, "modes", tuple(sorted(set(self.modes))))

    def values(self, facet: str) -> tuple[Value, ...]:
        """The values under which this document is counted in a facet; () when it has none."""
        if facet == "mode":
            return self.modes
        value = getattr(self, facet)
        return () if value is None or value == "" else (value,)


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for.

    text is never syntax; kinds and filters narrow (any of the values inside one facet, all facets together; an empty
    set narrows nothing); audiences are the groups the reader belongs to; page counts from 1. A malformed sort, page,
    size or facet name is a ValueError: those come from our own pages, not from a reader's text.
    """

    text: str = ""
    kinds: tuple[str, ...] = ()
    filters: Mapping[str, Iterable[Value]] = field(default_factory=dict)
    audiences: frozenset[str] = frozenset({PUBLIC})
    sort: str = "relevance"
    page: int = 1
    size: int = 20

    def __post_init__(self) -> None:
        if self.sort not in SORTS:
            raise ValueError(f"sort is one of {', '.join(SORTS)}")
        if self.page < 1 or not 0 <= self.size <= MAX_SIZE:
            raise ValueError(f"page starts at 1, size is 0 to {MAX_SIZE}")
        unknown = set(self.filters) - set(FILTERS)
        if unknown:
            raise ValueError(f"no such facet: {', '.join(sorted(unknown))}")
        object.__setattr__(self, "kinds", tuple(sorted(set(self.kinds))))
        object.__setattr__(self, "audiences", frozenset(self.audiences))
        chosen = {name: _chosen(name, values) for name, values in self.filters.items()}
        object.__setattr__(
            self, "filters", {name: values for name, values in chosen.items() if values}
        )

    def narrowed(self) -> dict[str, frozenset[Value]]:
        """Every facet that is narrowed, kinds among them, as facet → accepted values."""
        narrowed = {name: frozenset(values) for name, values in self.filters.items()}
        if self.kinds:
            narrowed["kind"] = frozenset(self.kinds)
        return narrowed


def _chosen(name: str, values: Iterable[Value]) -> frozenset[Value]:
    if isinstance(values, str):
        raise TypeError("a filter takes a set of values, not one string")
    if name != "year":
        return frozenset(values)
    return frozenset(
        int(value) for value in values
    )  # an address carries the year as text


@dataclass(frozen=True, slots=True)
class Hit:
    """One found document.

    score orders within one result only; matched_share is 1.0 when every word was found; shown is as it was put in, or
    "" where the document has changed since it was found.
    """

    kind: str
    id: int
    score: float
    matched_share: float = 1.0
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One page of hits.

    total counts all pages. facets: facet → [(value, count)], most frequent first, each facet counted under all
    filters but its own. relaxed: no visible document has all the words, so those with some of them are shown.
    missing: the reader's words that no visible document contains (filled only when not all words were found
    together). degraded: answered by the simpler engine because the first one is out of reach.
    """

    total: int
    hits: list[Hit]
    facets: dict[str, list[tuple[Value, int]]]
    relaxed: bool = False
    missing: list[str] = field(default_factory=list)
    degraded: bool = False


class Engine(Protocol):
    """The interface of every engine; tests/search runs the same tests over each."""

    def put(self, documents: Iterable[Document]) -> int:
        """Write documents unless a higher version is stored. Returns how many were written."""

    def remove(self, versions: Iterable[Version]) -> int:
        """Take (kind, id, version) out unless a higher version is stored; a late put of a lower one stays out."""

    def find(self, query: Query) -> Result:
        """Answer, or raise SearchUnavailable. Never an empty result for a broken index."""

    def suggest(
        self,
        text: str,
        audiences: Iterable[str],
        kinds: Iterable[str] = (),
        size: int = 8,
    ) -> list[str]:
        """Words of titles, then titles, that begin with what was typed or whose pinyin or its initials do.

        Only of documents that one of the audiences may find, of these kinds (all when empty); each text once, by
        weight, then by the letters they were found under. "" asks for nothing. Raises SearchUnavailable.
        """

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Replace everything while readers and writers go on; what is written meanwhile is kept. Returns the count.

        The database is the truth: tombstones from before the rebuild are forgotten (a restored backup may hold lower
        versions again).
        """

    def versions(self) -> Iterator[Version]:
        """(kind, id, version) of every document that can be found, in order."""

    def state(self) -> dict[str, Any]:
        """engine, count, version, expected, current, built_at, age in seconds."""

    def close(self) -> None:
        """Let go of connections; the engine may be used again."""


def order_facet(counts: Mapping[Value, int]) -> list[tuple[Value, int]]:
    """Counts as a list, most frequent first, ties by value; zero counts left out."""
    return sorted(
        ((v, n) for v, n in counts.items() if n),
        key=lambda pair: (-pair[1], str(pair[0])),
    )
