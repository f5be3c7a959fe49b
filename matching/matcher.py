"""The matcher: fit a catalogue, rank it against a document, explain, change it, save and load.
Not here: the score (ranking), the documents by number (catalogue), grades (judging).
"""

from __future__ import annotations

from collections.abc import (
    Collection,
    Iterable,
    Sequence,
)
from pathlib import Path
from typing import Self

from matching import (
    artefact,
    vectors,
)
from matching.arrays import Float64s
from matching.batch import QueryBatch
from matching.catalogue import Catalogue
from matching.documents import (
    Document,
    Id,
)
from matching.errors import NotFitted
from matching.explaining.reasons import (
    QueryAnalysis,
    Reasons,
)
from matching.features import (
    FEATURE_KINDS,
    Features,
)
from matching.index.feature_index import FeatureIndex
from matching.index.reading import (
    read_catalogue,
    read_each,
    read_features,
)
from matching.match import ExplainedPair, Match, Pair
from matching.ranking import QueryRun, stored_features


class Matcher:
    """Ranks the documents of a catalogue by how near they are to a text.

    Word vectors are trained by fit() on the first texts of a catalogue that is large enough and stay until the next
    fit: a catalogue that grew equals a refit with the same vectors (`like`), and any refit while those first texts are
    the same or too few to train on. The constructor only stores; fit() learns what ends in an underscore. A matcher
    belongs to one thread at a time; the reasons of matches that it returned belong to anybody.

    Args:
        grams, titles, words, vectors: weights of the three kinds of features and of the word vectors, not all 0.
    """

    catalogue_: Catalogue

    def __init__(
        self,
        *,
        grams: float = 1.0,
        titles: float = 0.5,
        words: float = 0.25,
        vectors: float = 0.4,
    ) -> None:
        self.grams = grams
        self.titles = titles
        self.words = words
        self.vectors = vectors

    @property
    def weights(self) -> dict[str, float]:
        """The weights by kind of feature, and of `vectors`."""
        return {kind: getattr(self, kind) for kind in (*FEATURE_KINDS, "vectors")}

    def fit(
        self, documents: Iterable[Document], *, like: Matcher | None = None
    ) -> Self:
        """Learn a catalogue, any number of documents, none too.

        Args:
            documents: read once.
            like: a fitted matcher whose word vectors are taken instead of training new ones.

        Raises:
            ValueError: an id occurs twice.
        """
        given = None if like is None else like._fitted().word_vectors
        # Texts are kept in order only for training: they are as large as the index.
        trains = bool(self.vectors) and given is None
        texts = vectors.MAX_TEXTS if trains else 0
        read = read_catalogue(documents, self._used_kinds(), texts=texts)
        if len(set(read.ids)) < len(read.ids):
            raise ValueError("two documents of the catalogue have the same id")
        word_vectors = given or vectors.train_if_enough(read.texts)
        indexes: dict[str, FeatureIndex] = {}
        for kind, segment in read.segments.items():
            indexes[kind] = FeatureIndex(segment)
        means = word_vectors.segment_means(read.segments["words"])
        self.catalogue_ = Catalogue(
            read.ids,
            read.has_content,
            indexes,
            word_vectors,
            means,
        )
        return self

    # asking

    def rank(
        self,
        document: Document,
        top: int = 20,
        only: Collection[Id] | None = None,
        *,
        read: Features | None = None,
    ) -> list[Match]:
        """The best documents of the catalogue, best first, equal scores by id.

        Reasons cost as much as the ranking, so each match works them out when they are first read; a page reads those
        of what it shows.

        Args:
            document: the query. Without a content word it ranks nothing: analyze() says why.
            top: how many at most.
            only: the only ids that may be ranked, all if None. Documents without a content word are never ranked.
            read: as of pair().
        """
        return self._run(document, read).rank(top, only)

    def rank_all(
        self, documents: Iterable[Document], top: int = 20
    ) -> list[list[Match]]:
        """What rank() gives for each of many documents, sooner: they are read together and ranked side by side."""
        catalogue = self._fitted()
        queries = list(documents)
        read = read_catalogue(queries, self._used_kinds())
        return QueryBatch(catalogue, self.weights, queries, read).rank(top)

    def score(
        self,
        document: Document,
        ids: Sequence[Id],
    ) -> Float64s:
        """The scores of documents by id, shape (len(ids),); 0 for those that are not ranked or not there."""
        return self._run(document).score(ids)

    def explain(
        self,
        document: Document,
        other: Document | Id,
    ) -> Reasons:
        """Why `other` has its score for `document`: pair() with its reasons."""
        return self.pair(document, other).reasons

    def pair(
        self,
        document: Document,
        other: Document | Id,
        read: Features | None = None,
    ) -> Pair:
        """The score of `other` for `document`, and why it has it.

        Args:
            document: the query.
            other: an id, or any document, weighed as if it were in the catalogue.
            read: the features of the query where they are known (`Match.features`); its text is then read only for
                the reasons.

        Returns:
            a pair; that of a document of the catalogue works its reasons out when they are first read.

        Raises:
            KeyError: no document has the id.
        """
        run = self._run(document, read)
        if isinstance(other, Document):
            return ExplainedPair(run.explain_features(read_features(other)))
        return run.match_of(other)

    def features_of(self, id_: Id) -> Features | None:
        """What a document of the catalogue is ranked by; None where it is not here, or has no content word."""
        catalogue = self._fitted()
        number = catalogue.number_of.get(id_)
        if number is None or not catalogue.is_ranked[number]:
            return None
        return stored_features(catalogue.indexes, number)

    def analyze(self, document: Document) -> QueryAnalysis:
        """What a text is taken to say, and why it gets no ranking if it gets none."""
        return self._run(document).analysis

    # changing

    def put(self, documents: Iterable[Document]) -> Self:
        """Add documents, each in place of the one with its id; of two with the same id the last counts.

        The result equals a fit of everything.
        """
        catalogue = self._fitted()
        # A dictionary: of two documents with one id the last remains.
        new = {document.id: document for document in documents}
        if new:
            catalogue.put(list(new), read_each(new.values()))
        return self

    def remove(self, ids: Iterable[Id]) -> Self:
        """Remove documents; ids that are not there are ignored. The result equals a fit of the rest."""
        catalogue = self._fitted()
        catalogue.remove(catalogue.numbers(set(ids)))
        return self

    def merge(self) -> Self:
        """Draw what was put and removed together with what was fitted; answers stay the same and come faster."""
        self._fitted().merge()
        return self

    # files

    def save(self, directory: str | Path) -> str:
        """Write a new generation into a directory and make it the current one in one step.

        What was put and removed is merged first.

        Returns:
            the generation's name.
        """
        catalogue = self._fitted()
        if not catalogue.is_merged:
            catalogue.merge()
        return artefact.save_catalogue(
            Path(directory),
            catalogue,
            self.weights,
        )

    @classmethod
    def load(cls, directory: str | Path) -> Self:
        """Open what save() wrote; the arrays are mapped, so processes share them.

        Raises:
            UnusableArtefact: it is missing, truncated, of other words, or not ours: fit and save again.
        """
        catalogue, weights = artefact.load_catalogue(Path(directory))
        matcher = cls(**weights)
        matcher.catalogue_ = catalogue
        return matcher

    def __len__(self) -> int:
        return self._fitted().size

    def __contains__(self, id_: object) -> bool:
        return id_ in self._fitted().number_of

    def _run(self, document: Document, read: Features | None = None) -> QueryRun:
        return QueryRun(self._fitted(), self.weights, document, read=read)

    def _used_kinds(self) -> tuple[str, ...]:
        """The kinds of features that count; the words always, for the reasons."""
        weights = self.weights
        return tuple(k for k in FEATURE_KINDS if weights[k] or k == "words")

    def _fitted(self) -> Catalogue:
        if not hasattr(self, "catalogue_"):
            raise NotFitted("the matcher has not been fitted")
        return self.catalogue_
