"""A matcher whose documents lie in a store: candidates by heavy terms, scored exactly as in the whole catalogue.
Not here: the store (store), how it is filled (building), the score (ranking).
"""

from __future__ import annotations

from collections.abc import (
    Collection,
    Iterable,
    Sequence,
)
from pathlib import Path
from typing import (
    NamedTuple,
    Self,
    cast,
)

import numpy as np

from matching.arrays import (
    Float64s,
    Int64s,
)
from matching.artefact import (
    check_words,
    load_vectors,
)
from matching.documents import (
    Document,
    Id,
)
from matching.errors import UnusableArtefact
from matching.explaining.query_text import read_query
from matching.explaining.reasons import (
    QueryAnalysis,
    Reasons,
)
from matching.features import (
    FEATURE_KINDS,
    FeatureCounts,
    Features,
)
from matching.index import storage
from matching.index.postings import posting_numbers
from matching.index.reading import (
    read_each,
    read_features,
)
from matching.index.weighting import WeightedQuery
from matching.match import ExplainedPair, Match, Pair
from matching.matcher import Matcher
from matching.ranking import QueryRun
from matching.remote.building import (
    build_store,
    max_frequency,
)
from matching.remote.frequencies import DocumentFrequencies
from matching.remote.selection import (
    CandidateCatalogue,
    select_features,
)
from matching.remote.store import (
    CandidateStore,
    unpack_candidates,
)
from matching.vectors import no_vectors

# Documents that are scored exactly.
CANDIDATES = 300
# Terms they are asked for by: benchmarks/candidates.py prints the curve, decision 025 has its figures.
TERMS = 96
# k1 of the store's BM25: counts come softened already, so that it should hardly bend them again.
BM25_K1 = 20.0


class _TermWeight(NamedTuple):
    """A term of a query: what it may earn, its kind and number, and the weight it is asked for with."""

    worth: float
    kind: str
    number: int
    weight: float


class CandidateMatcher(Matcher):
    """A Matcher over documents in a store; ids are whole numbers.

    It answers as Matcher does but for documents that are not among the candidates. What is put later stays in memory,
    so a catalogue is fitted again before that is much. Without a store it begins empty.

    Args:
        store: of a fitted catalogue.
        terms: how many a query is asked for by.
        candidates: how many documents are scored exactly.
    """

    def __init__(
        self,
        store: CandidateStore | None = None,
        *,
        terms: int = TERMS,
        candidates: int = CANDIDATES,
    ) -> None:
        super().__init__()
        self.store = store
        self.terms = terms
        self.candidates = candidates
        self._frequencies = {k: DocumentFrequencies.empty() for k in FEATURE_KINDS}
        self._mean_norms = dict.fromkeys(FEATURE_KINDS, 1.0)
        # Ids in the store, ascending, shape (n,); of these the removed ones; documents put later.
        self._fitted_ids: Int64s = np.zeros(0, dtype=np.int64)
        self._removed: set[int] = set()
        self._later: dict[int, Features] = {}
        self._word_vectors = no_vectors()

    @classmethod
    def build(
        cls,
        documents: Iterable[Document],
        directory: str | Path,
        store: CandidateStore,
    ) -> int:
        """Fill a store with a catalogue and write what open() needs. Returns how many documents there are.

        Raises:
            ValueError: an id occurs twice.
        """
        return build_store(documents, directory, store)

    @classmethod
    def open(
        cls, directory: str | Path, store: CandidateStore, **settings: int
    ) -> Self:
        """Open what build() wrote; `settings` as of the constructor.

        Raises:
            UnusableArtefact: it is missing, cut, of other words, or not ours.
        """
        directory = Path(directory)
        arrays, facts = storage.read_generation(directory)
        matcher = cls(store, **settings)
        try:
            check_words(directory, facts)
            # 1 is the form of candidates; an artefact of the matcher in memory has none.
            if facts["candidates"] != 1:
                raise UnusableArtefact(f"{directory} is of another form")
            for kind in FEATURE_KINDS:
                matcher._frequencies[kind] = DocumentFrequencies(
                    arrays[f"{kind}-keys"],
                    arrays[f"{kind}-frequency"],
                )
                # A kind that no document has would have norm 0, and a weight is divided by it.
                matcher._mean_norms[kind] = float(facts["lengths"][kind]) or 1.0
            matcher._fitted_ids = arrays["ids"]
            matcher._word_vectors = load_vectors(arrays)
        except (KeyError, TypeError, ValueError) as error:
            raise UnusableArtefact(
                f"{directory} does not hold a catalogue of candidates: {error!r}"
            ) from error
        return matcher

    # asking

    def rank(
        self,
        document: Document,
        top: int = 20,
        only: Collection[Id] | None = None,
        *,
        read: Features | None = None,
    ) -> list[Match]:
        """As Matcher.rank, over the best candidates and everything that was put later."""
        read = read or read_query(document).features
        if top <= 0 or not read.has_content:
            return []
        # A long list needs candidates to spare.
        size = max(self.candidates, 2 * top)
        wanted = None if only is None else {cast(int, id_) for id_ in only}
        # What was put later is always scored: no store could leave it out.
        later = [id_ for id_ in self._later if wanted is None or id_ in wanted]
        candidates = self._candidates(read, size, wanted)
        return self._run_selected(document, candidates, later, read).rank(top)

    def _candidates(
        self, read: Features, size: int, wanted: set[int] | None
    ) -> list[tuple[int, bytes]]:
        if self.store is None or not len(self._fitted_ids):
            # Nothing was fitted, so all there is was put later.
            return []
        # Few enough to score them all: exact, whatever their terms.
        if wanted is not None and len(wanted) <= size:
            return self._fetch(wanted)
        terms = self.select_query_terms(read)
        if not terms:
            return []
        # Removed ones are excluded there, or they would take places among the best.
        return self.store.nearest(terms, size, wanted, self._removed)

    def rank_all(
        self, documents: Iterable[Document], top: int = 20
    ) -> list[list[Match]]:
        """What rank() gives for each of many documents."""
        return [self.rank(document, top) for document in documents]

    def select_query_terms(self, read: Features) -> dict[str, list[tuple[int, float]]]:
        """The terms of a query that a store is asked for: those that may earn most.

        A weight is divided by the rarity that BM25 multiplies by, so that a store sums what the cosine would.

        Returns:
            kind of feature → (number, weight).
        """
        weighted: list[_TermWeight] = []
        for kind in FEATURE_KINDS:
            weighted.extend(self._weigh_terms(kind, getattr(read, kind)))
        # Ties by kind and number, so that a query always asks the same.
        weighted.sort(key=lambda term: (-term.worth, term.kind, term.number))
        chosen: dict[str, list[tuple[int, float]]] = {}
        for term in weighted[: self.terms]:
            chosen.setdefault(term.kind, []).append((term.number, term.weight))
        return chosen

    def _weigh_terms(
        self,
        kind: str,
        counted: FeatureCounts,
    ) -> list[_TermWeight]:
        frequencies = self._frequencies[kind]
        terms = frequencies.find(counted.keys)
        # By the frequencies of now and not of the fit, as the scores are.
        query = WeightedQuery(
            counted,
            terms,
            frequencies.frequency(counted.keys),
            len(self),
        )
        worth = query.weights * self.weights[kind] / self._mean_norms[kind]
        size = len(self._fitted_ids)
        having = frequencies.fitted_frequency(terms)
        # BM25's own idf (Lucene), of the fitted catalogue as the store has it.
        rarity = np.log(1 + (size - having + 0.5) / (having + 0.5))
        is_selective = (having > 0) & (having <= max_frequency(size))
        weights: list[_TermWeight] = []
        for place in np.flatnonzero(is_selective).tolist():
            weight = float(worth[place] / rarity[place]) * BM25_K1
            number = int(terms[place])
            weights.append(_TermWeight(float(worth[place]), kind, number, weight))
        return weights

    def score(
        self,
        document: Document,
        ids: Sequence[Id],
    ) -> Float64s:
        """As Matcher.score."""
        return self._run_with(document, ids).score(ids)

    def explain(
        self,
        document: Document,
        other: Document | Id,
    ) -> Reasons:
        """As Matcher.explain."""
        return self.pair(document, other).reasons

    def pair(
        self,
        document: Document,
        other: Document | Id,
        read: Features | None = None,
    ) -> Pair:
        """As Matcher.pair."""
        if isinstance(other, Document):
            run = self._run_with(document, [], read)
            return ExplainedPair(run.explain_features(read_features(other)))
        return self._run_with(document, [other], read).match_of(other)

    def features_of(self, id_: Id) -> Features | None:
        """None: asking the store takes longer than reading the text."""
        return None

    def analyze(self, document: Document) -> QueryAnalysis:
        """As Matcher.analyze."""
        return self._run_with(document, []).analysis

    # changing

    def put(self, documents: Iterable[Document]) -> Self:
        """As Matcher.put."""
        new = {document.id: document for document in documents}
        # First out, then in: frequencies count a changed document once.
        self.remove(new)
        for id_, read in zip(new, read_each(new.values()), strict=True):
            self._change_frequencies(read, 1)
            self._later[cast(int, id_)] = read
        return self

    def remove(self, ids: Iterable[Id]) -> Self:
        """As Matcher.remove; the features of documents in the store are fetched, so that frequencies stay exact."""
        leaving = {cast(int, id_) for id_ in ids}
        # Before anything changes: a store that does not answer leaves the matcher as it was.
        fetched = self._fetch(leaving)
        for id_ in leaving & self._later.keys():
            self._change_frequencies(self._later.pop(id_), -1)
        for id_, packed in fetched:
            for kind, postings in unpack_candidates([packed]).postings.items():
                frequencies = self._frequencies[kind]
                keys = np.asarray(frequencies.keys[posting_numbers(postings)])
                # The key of a fitted feature, for the store has numbers only.
                frequencies.change(keys, -1)
            # Remembered, since nobody writes to the store between two fits (025).
            self._removed.add(id_)
        return self

    def merge(self) -> Self:
        """Nothing to merge: what was put later is drawn in by the next build()."""
        return self

    def save(self, directory: str | Path) -> str:
        """Not this one: what it needs is written once, by build()."""
        raise NotImplementedError("a matcher of candidates is written by build()")

    def __len__(self) -> int:
        return len(self._fitted_ids) - len(self._removed) + len(self._later)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._later or (isinstance(id_, int) and self._is_stored(id_))

    def _is_stored(self, id_: int) -> bool:
        if id_ in self._removed:
            return False
        # Sorted by number when it was built, so a search by halves finds it.
        at = int(np.searchsorted(self._fitted_ids, id_))
        return at < len(self._fitted_ids) and int(self._fitted_ids[at]) == id_

    def _fetch(self, ids: Iterable[int]) -> list[tuple[int, bytes]]:
        """(id, packed) of those of some documents that are in the store and not removed."""
        stored = [id_ for id_ in sorted(ids) if self._is_stored(id_)]
        if not stored or self.store is None:
            return []
        return self.store.fetch(stored)

    def _change_frequencies(
        self,
        read: Features,
        by: int,
    ) -> None:
        for kind, frequencies in self._frequencies.items():
            frequencies.change(getattr(read, kind).keys, by)

    def _run_with(
        self,
        document: Document,
        ids: Sequence[Id],
        read: Features | None = None,
    ) -> QueryRun:
        """A query against the documents with these ids."""
        # In one order, so that equal calls are equal to the store.
        wanted = sorted({cast(int, id_) for id_ in ids})
        later = [id_ for id_ in wanted if id_ in self._later]
        return self._run_selected(document, self._fetch(wanted), later, read)

    def _run_selected(
        self,
        document: Document,
        packed: Sequence[tuple[int, bytes]],
        later: Sequence[int],
        read: Features | None = None,
    ) -> QueryRun:
        """A query against documents from the store and later ones, weighed as in the whole catalogue."""
        stored = unpack_candidates([features for _, features in packed])
        later_features = [self._later[id_] for id_ in later]
        ids: list[Id] = [*(id_ for id_, _ in packed), *later]
        has_content = [bool(content) for content in stored.has_content.tolist()]
        has_content += [features.has_content for features in later_features]
        indexes = select_features(self._frequencies, stored, later_features)
        catalogue = CandidateCatalogue(
            ids,
            has_content,
            indexes,
            self._word_vectors,
            len(self),
        )
        return QueryRun(catalogue, self.weights, document, read=read)
