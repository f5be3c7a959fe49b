"""What both search engines promise: the shapes that go in and come out, and the errors.
Not here: how words are cut (terms, analysis), what is stored (schema), how an engine answers (embedded, cluster).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

FACETS = (
    "kind",
    "district",
    "field",
    "stage",
    "mode",
    "year",
    "chain",
    "institution",
    "need",
    "achievement_type",
)
# The kind has an argument of its own in a query, so it is a facet but no filter.
FILTERS = FACETS[1:]
SORTS = ("relevance", "newest", "deadline")
PUBLIC = "public"
MAX_SIZE = 1_000  # hits per page; a page is read by a person, an export by the database
FACET_VALUES = 1_000  # values of one facet that are counted; a page offers forty, the largest dictionary has a hundred
DEFAULT_SUGGESTIONS = 8  # texts at a time, as many as one takes in at a glance
DEFAULT_CORRECTIONS = 3  # texts that may have been meant; more would be guessing

Value = str | int
Version = tuple[str, int, int]
FacetCounts = list[tuple[Value, int]]


class SearchError(Exception):
    """The engine refused the call (a second rebuild at once, a document that does not fit)."""


class SearchUnavailable(SearchError):  # noqa: N818  the name the whole house knows it by
    """The index is missing, broken, locked or out of reach: there is no answer, which is not an empty answer."""


class NotBuilt(SearchUnavailable):
    """The engine answers, but holds no index, or none that anything can be found in: it has to be rebuilt."""


class TakesNoWrites(SearchUnavailable):
    """The index answers and takes nothing in: a disk of the cluster is nearly full, or somebody has blocked it."""


@dataclass(frozen=True, slots=True)
class Document:
    """One listing as search sees it. The only projection of a database row.

    Attributes:
        kind: "achievement" or "demand".
        id: the row's integer.
        version: the row's revision, which never goes down.
        title, body, holder: texts to search in; the holder with whom else, and what numbers, it is found by.
        audience: the groups that may find it.
        district, field, stage, chain, modes, need, achievement_type: codes of the dictionaries.
        institution: what its holder is known by in a facet; None where the holder is not for everybody to know.
        year: the year of the facet.
        published_at: the moment the order "newest" goes by, UTC without zone.
        deadline: the day the order "deadline" goes by.

    Raises:
        TypeError: id or version is no integer.
        ValueError: version is negative.
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
    institution: str | None = None
    need: str | None = None
    achievement_type: str | None = None
    published_at: datetime | None = None
    deadline: date | None = None

    def __post_init__(self) -> None:
        for name in ("id", "version"):
            if not isinstance(getattr(self, name), int):
                raise TypeError(f"{name} must be an integer")
        if self.version < 0:
            raise ValueError("version must not be negative")
        # Lists and sets are welcome; a sorted tuple makes equal documents equal.
        _set_field(self, "audience", _sorted_once(self.audience))
        _set_field(self, "modes", _sorted_once(self.modes))


@dataclass(frozen=True, slots=True)
class Query:
    """One search as an engine takes it.

    Attributes:
        text: as typed, never syntax.
        kinds: kinds to keep; empty keeps all.
        filters: facet → accepted values: any of the values inside one facet, all facets together. An empty set
            filters nothing.
        audiences: the groups the reader belongs to.
        sort: one of SORTS.
        page: counts from 1.
        size: hits per page, 0 to MAX_SIZE.

    Raises:
        ValueError: a sort, page, size or facet name that our own pages would not make. A reader's text never raises.
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
        # A size of 0 asks for the counts alone, as shortcuts do.
        if self.page < 1 or not 0 <= self.size <= MAX_SIZE:
            raise ValueError(f"page starts at 1, size is 0 to {MAX_SIZE}")
        unknown = set(self.filters) - set(FILTERS)
        if unknown:
            raise ValueError(f"no such facet: {', '.join(sorted(unknown))}")
        _set_field(self, "kinds", _sorted_once(self.kinds))
        _set_field(self, "audiences", frozenset(self.audiences))
        chosen: dict[str, frozenset[Value]] = {}
        for name, values in self.filters.items():
            accepted = _accepted_values(name, values)
            # An empty set asks for nothing; as a filter it would let nothing through.
            if accepted:
                chosen[name] = accepted
        _set_field(self, "filters", chosen)

    def active_filters(self) -> dict[str, frozenset[Value]]:
        """Every facet that is filtered, kinds among them, as facet → accepted values."""
        active: dict[str, frozenset[Value]] = {}
        for name, values in self.filters.items():
            active[name] = frozenset(values)
        if self.kinds:
            active["kind"] = frozenset(self.kinds)
        return active


def _set_field(row: object, name: str, value: object) -> None:
    """Put a field of a frozen dataclass in its final form, while it is being made."""
    object.__setattr__(row, name, value)


def _sorted_once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


def _accepted_values(name: str, values: Iterable[Value]) -> frozenset[Value]:
    # To Python a text is a set of its letters, and no error.
    if isinstance(values, str):
        raise TypeError("a filter takes a set of values, not one string")
    if name == "year":
        # An address carries the year as text.
        return frozenset(int(value) for value in values)
    return frozenset(values)


@dataclass(frozen=True, slots=True)
class Hit:
    """One found document: which it is and how well it fits. What it says, the database knows.

    Attributes:
        kind, id: of the document.
        score: orders within one result only; higher is better.
        matched_share: 0 to 1, how much of the query by rarity of its words; 1.0 when every word was found.
    """

    kind: str
    id: int
    score: float
    matched_share: float = 1.0


@dataclass(frozen=True, slots=True)
class Result:
    """One page of hits.

    Attributes:
        total: hits on all pages.
        hits: of this page, best first.
        facets: facet → [(value, count)], most frequent first, each facet counted under all filters but its own; at most
            `FACET_VALUES` of them, and behind these the values that are filtered by.
        relaxed: no visible document has all the words, so these have some of them.
        missing: the reader's words that no visible document contains (filled only when not all words were found
            together).
        degraded: answered by the simpler engine because the first one is out of reach.
        signs_only: the text holds no letter and no figure, so that nothing was looked for.
    """

    total: int
    hits: list[Hit]
    facets: dict[str, FacetCounts]
    relaxed: bool = False
    missing: list[str] = field(default_factory=list)
    degraded: bool = False
    signs_only: bool = False


class Engine(Protocol):
    """The interface of every engine; tests/search runs the same tests over each."""

    def put(self, documents: Iterable[Document]) -> int:
        """Write documents unless a higher version is stored.

        Returns:
            How many were written.
        """

    def remove(self, versions: Iterable[Version]) -> int:
        """Take (kind, id, version) out unless a higher version is stored; a late put of a lower one stays out.

        Returns:
            How many tombstones were written.
        """

    def find(self, query: Query) -> Result:
        """Answer a query.

        Raises:
            SearchUnavailable: the index is missing or broken. Never an empty result in its place.
        """

    def suggest(
        self,
        text: str,
        audiences: Iterable[str],
        kinds: Iterable[str] = (),
        size: int = DEFAULT_SUGGESTIONS,
    ) -> list[str]:
        """Words of titles, titles and titles that hold a word beginning with what was typed, or its pinyin or initials.

        Args:
            text: what was typed so far; "" gives nothing.
            audiences: only documents that one of these groups may find.
            kinds: only of these kinds; all when empty.
            size: how many texts at most.

        Returns:
            Each text once: words, titles that begin so, titles that hold it further in. Among words what was typed in
            full comes first, then what most documents say (decision 046).

        Raises:
            SearchUnavailable: as for find.
        """

    def corrections(
        self, text: str, audiences: Iterable[str], size: int = DEFAULT_CORRECTIONS
    ) -> list[str]:
        """What may have been meant by a text in which a word is found nowhere: typed in pinyin, or with a slip.

        Args:
            text: as typed.
            audiences: only words of documents that one of these groups may find are offered.
            size: how many texts at most.

        Returns:
            The text with what was mistyped replaced, likeliest first; [] where nothing has to be mended.

        Raises:
            SearchUnavailable: as for find.
        """

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Replace everything while readers and writers go on; what is written meanwhile is kept.

        The database is the truth: tombstones from before the rebuild are forgotten (a restored backup may hold lower
        versions again).

        Returns:
            How many documents the new index holds.

        Raises:
            SearchError: another rebuild is running.
        """

    def versions(self) -> Iterator[Version]:
        """(kind, id, version) of every document that can be found, in order."""

    def state(self) -> dict[str, Any]:
        """engine, count, version, expected, current, built_at, age in seconds."""

    def discard(self) -> None:
        """Remove the whole index: its word lists are no longer in use."""

    def close(self) -> None:
        """Close connections; the engine may be used again."""


def order_facet(
    counts: Mapping[Value, int], accepted: Collection[Value] = ()
) -> FacetCounts:
    """Counts as a list, most frequent first, ties by value as text; zero counts left out.

    Args:
        counts: of the values of one facet.
        accepted: values that are filtered by, which stay where the list is cut.
    """
    counted = [pair for pair in counts.items() if pair[1]]
    # Years are integers, so values are compared as text; the second sort is stable.
    counted.sort(key=lambda pair: str(pair[0]))
    counted.sort(key=lambda pair: -pair[1])
    rest = [pair for pair in counted[FACET_VALUES:] if pair[0] in accepted]
    return counted[:FACET_VALUES] + rest
