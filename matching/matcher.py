"""The matcher: fit a catalogue, rank it against a document, tell why, take documents in and out, save and load.
Not here: one channel's arithmetic (channel), reasons (reasons), files (storage), facts and grades.

score = (grams · cos over grams + titles · cos over title units + words · cos over words + vectors · cos of mean word
vectors · worth of the document's) / (grams + titles + words + vectors · worth of the query's), in 0…1; worth is
n / (n + 10) for a text of n words, so that a text is nearest to itself with 1.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from matching import features, vectors
from matching import text as words_of
from matching.documents import Document, Id, Match, order
from matching.errors import NotFitted, UnusableArtefact
from matching.explaining.reasons import Earned, Reading, Reasons, Understanding
from matching.features import CHANNELS, Counted, Features, Keys
from matching.index import kernels, storage
from matching.index import segment as segments
from matching.index.feature_index import Asked, Channel, Floats, Sums, Whole
from matching.index.segment import Segment
from matching.vectors import Means, WordVectors

_FEW = 1_000  # documents that are read one by one, without loading numba
_MERGE_AT = 5_000  # later documents from which put() draws everything together, if they are also
_MERGE_SHARE = 0.25  # this share of the fitted ones


class Matcher:
    """Ranks the documents of a catalogue by how near they are to a text.

    grams, titles, words and vectors: weights of the three channels and of the word vectors, not all 0.
    Word vectors are trained by fit() on the first texts of a catalogue that is large enough and stay until the next
    fit: a catalogue that grew equals a refit with the same vectors (`like`), and any refit while those first texts are
    the same or too few to train on. The constructor only stores; fit() learns what ends in an underscore. One matcher
    belongs to one thread while put() or remove() runs.
    """

    ids_: list[Id]  # by number; a removed document keeps its number until merge()
    number_: dict[Id, int]
    alive_: npt.NDArray[np.bool_]
    ranked_: npt.NDArray[np.bool_]  # alive, and with a word that tells something
    channels_: dict[str, Channel]
    vectors_: WordVectors
    means_: Means  # of the words of each document that was fitted; later_means_ of those that were put since
    later_means_: Means

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

    def fit(
        self, documents: Iterable[Document], *, like: Matcher | None = None
    ) -> Self:
        """Learn a catalogue, any number of documents, none too.

        like: a fitted matcher whose word vectors are taken instead of training new ones.

        Raises ValueError when an id occurs twice.
        """
        used = self._used()
        texts = vectors.MOST_TEXTS if self.vectors and like is None else 0
        in_order: list[Keys] = []
        documents = iter(documents)
        first = list(itertools.islice(documents, _FEW + 1))
        if len(first) > _FEW:
            from matching.index import (
                bulk,  # here: a process that only answers does without
            )

            ids, many = bulk.read(itertools.chain(first, documents), used, texts)
            telling, in_order, laid = many.telling, many.texts, many.segments()
        else:
            read = [features.read(document) for document in first]
            ids, telling = (
                [document.id for document in first],
                [r.telling for r in read],
            )
            laid = {
                name: segments.of([getattr(r, name) for r in read]) for name in used
            }
        if len(set(ids)) < len(ids):
            raise ValueError("two documents of the catalogue have the same id")
        self.vectors_ = vectors.learnt(in_order) if like is None else like.vectors_
        channels = {name: Channel(segment) for name, segment in laid.items()}
        self._set(ids, telling, channels, self.vectors_.means_of(laid["words"]))
        return self

    def rank(
        self, document: Document, top: int = 20, among: Collection[Id] | None = None
    ) -> list[Match]:
        """The best documents of the catalogue, best first, equal scores by id.

        top how many at most; among the only ids to be ranked, all if None. Documents without a telling word are never
        ranked, and a query without one ranks nothing: understand() says why.
        """
        return self._rank(_Question(self, document), top, among)

    def rank_all(
        self, documents: Iterable[Document], top: int = 20
    ) -> list[list[Match]]:
        """What rank() gives for each of many documents, sooner: they are read together and ranked side by side."""
        from matching.index import (
            bulk,  # here: a process that only answers does without
        )

        self._check()
        documents = list(documents)
        _, many = bulk.read(documents, self._used())
        laid = many.segments()
        asks = {
            name: channel.ask_all(laid[name], len(self))
            for name, channel in self.channels_.items()
        }
        means = self.vectors_.means_of(laid["words"])
        nothing = Counted(np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.uint8))

        def ranked(number: int) -> list[Match]:
            asked = {name: ask(number) for name, ask in asks.items()}
            counted = dict.fromkeys(CHANNELS, nothing) | {
                name: one.counted for name, one in asked.items()
            }
            read = Features(**counted, telling=many.telling[number])
            return self._rank(
                _Question(self, documents[number], read, asked, means[number]), top
            )

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(ranked, range(len(documents))))

    def _rank(
        self, asked: _Question, top: int, among: Collection[Id] | None = None
    ) -> list[Match]:
        if top <= 0 or not asked.read.telling:
            return []
        allowed = self.ranked_
        if among is not None:
            allowed = np.zeros(len(allowed), dtype=np.bool_)
            wanted = self._numbers(among)
            allowed[wanted] = self.ranked_[wanted]
        sums = asked.sums()
        depth = max(top, vectors.RESCORED) if asked.weights["vectors"] else top
        numbers = asked.best(sums, allowed, min(depth, len(allowed)))
        norms = asked.norms(numbers)
        scores = _rounded(asked.scores(sums, numbers, norms))
        least = np.partition(scores, -top)[-top] if len(scores) > top else 0.0
        best = []
        for place in np.flatnonzero(scores >= least).tolist():
            number, score = int(numbers[place]), float(scores[place])
            best.append(
                Match(
                    self.ids_[number], score, _Why(asked, number, norms, place, score)
                )
            )
        best.sort(key=lambda match: (-match.score, order(match.id)))
        return best[:top]

    def score(self, document: Document, ids: Sequence[Id]) -> Floats:
        """The scores of given documents, shape (len(ids),); 0 for those that are not ranked or not there."""
        asked = _Question(self, document)
        numbers = np.array([self.number_.get(i, -1) for i in ids], dtype=np.int64)
        there = np.flatnonzero(numbers >= 0)
        found = np.zeros(len(ids))
        found[there] = self._scored(asked, numbers[there], asked.norms(numbers[there]))
        return found

    def _scored(
        self, asked: _Question, numbers: Whole, norms: dict[str, Floats]
    ) -> Floats:
        """The scores of some documents of those lengths, 0 where nothing is ranked. shape (len(numbers),)."""
        if not asked.read.telling:
            return np.zeros(len(numbers))
        scores = _rounded(asked.scores(asked.sums(), numbers, norms))
        found: Floats = np.where(self.ranked_[numbers], scores, 0.0)
        return found

    def explain(self, document: Document, other: Document | Id) -> Reasons:
        """Why `other` has its score for `document`; `other` by id, or any document weighed as if it stood there.

        Raises KeyError when no document has the id.
        """
        asked = _Question(self, document)
        if isinstance(other, Document):
            return asked.explain(features.read(other))
        self._check()
        numbers = np.array([self.number_[other]])
        norms = asked.norms(numbers)
        return _Why(
            asked,
            int(numbers[0]),
            norms,
            0,
            float(self._scored(asked, numbers, norms)[0]),
        )()

    def understand(self, document: Document) -> Understanding:
        """What a text is taken to say, and why it gets no ranking if it gets none."""
        return _Question(self, document).reading.understanding

    def put(self, documents: Iterable[Document]) -> Self:
        """Take documents in, in the place of those with their ids. The result equals a fit of everything.

        Where an id occurs twice the last counts.
        """
        self._check()
        new = {document.id: document for document in documents}
        if not new:
            return self
        gone = [self.number_[i] for i in new if i in self.number_]
        read = [features.read(document) for document in new.values()]
        first = len(self.ids_)
        for name, channel in self.channels_.items():
            channel.change(gone, [getattr(r, name) for r in read])
        self._kill(gone)
        self.ids_.extend(new)
        self.number_.update(zip(new, range(first, first + len(new)), strict=True))
        self.alive_ = np.concatenate([self.alive_, np.ones(len(new), dtype=np.bool_)])
        self.ranked_ = np.concatenate(
            [self.ranked_, np.array([r.telling for r in read], dtype=np.bool_)]
        )
        self.later_means_ = np.concatenate(
            [self.later_means_, self.vectors_.means([r.words for r in read])]
        )
        later = len(self.ids_) - self.channels_["words"].main.size
        if later > max(_MERGE_AT, _MERGE_SHARE * len(self.ids_)):
            self.merge()
        return self

    def remove(self, ids: Iterable[Id]) -> Self:
        """Take documents out; ids that are not there are passed over. The result equals a fit of the rest."""
        self._check()
        numbers = self._numbers(set(ids))
        if numbers:
            for channel in self.channels_.values():
                channel.change(numbers, [])
            self._kill(numbers)
        return self

    def merge(self) -> Self:
        """Draw what was put and removed together with what was fitted; answers stay the same and come faster."""
        self._check()
        channels = {
            name: channel.merged(self.alive_)
            for name, channel in self.channels_.items()
        }
        kept = np.flatnonzero(self.alive_).tolist()
        means = np.concatenate([self.means_, self.later_means_])[kept]
        self._set([self.ids_[n] for n in kept], self.ranked_[kept], channels, means)
        return self

    def save(self, directory: str | Path) -> str:
        """Write a new generation into a directory and make it the current one in one step.

        Returns the generation's name. What was put and removed is merged first.
        """
        self._check()
        if len(self.number_) < len(self.ids_) or self.channels_["words"].later:
            self.merge()
        arrays: storage.Arrays = {"ranked": self.ranked_}
        for name, channel in self.channels_.items():
            main = channel.main
            for part in (
                "keys",
                "term_ends",
                "by_term",
                "document_ends",
                "by_document",
            ):
                arrays[f"{name}-{part}"] = getattr(main, part)
            arrays[f"{name}-sums"] = channel.sums
        arrays |= {
            "vectors-keys": self.vectors_.keys,
            "vectors-rows": self.vectors_.rows,
            "means": self.means_,
        }
        weights = {name: getattr(self, name) for name in (*CHANNELS, "vectors")}
        facts: dict[str, Any] = {"words": words_of.VERSION, "weights": weights}
        if all(type(i) is int and abs(i) < 2**63 for i in self.ids_):
            arrays["ids"] = np.array(self.ids_, dtype=np.int64)
        else:
            facts["ids"] = list(self.ids_)
        return storage.write(Path(directory), arrays, facts)

    @classmethod
    def load(cls, directory: str | Path) -> Self:
        """Open what save() wrote; the arrays are mapped, so processes share them.

        Raises UnusableArtefact when it is missing, truncated, of other words or not ours: the caller fits anew.
        """
        arrays, facts = storage.read(Path(directory))
        try:
            if facts["words"] != words_of.VERSION:
                raise UnusableArtefact(
                    f"{directory} was fitted with words {facts['words']!r}, now {words_of.VERSION!r}"
                )
            matcher = cls(
                **{name: float(weight) for name, weight in facts["weights"].items()}
            )
            ids = arrays["ids"].tolist() if "ids" in arrays else list(facts["ids"])
            channels = {}
            for name in matcher._used():
                parts = ("keys", "term_ends", "by_term", "document_ends", "by_document")
                main = Segment(*(arrays[f"{name}-{part}"] for part in parts))
                if main.size != len(ids) or arrays[f"{name}-sums"].shape != (
                    len(ids),
                    3,
                ):
                    raise UnusableArtefact(
                        f"{directory}: channel {name} is not of the same documents"
                    )
                channels[name] = Channel(main, arrays[f"{name}-sums"])
            if arrays["means"].shape != (len(ids), arrays["vectors-rows"].shape[1]):
                raise UnusableArtefact(
                    f"{directory}: the means are not of the same documents"
                )
            matcher._set(ids, arrays["ranked"], channels, arrays["means"])
            matcher.vectors_ = WordVectors(
                arrays["vectors-keys"], arrays["vectors-rows"]
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UnusableArtefact(
                f"{directory} does not hold a matcher: {error!r}"
            ) from error
        return matcher

    def __len__(self) -> int:
        self._check()
        return len(self.number_)

    def __contains__(self, id_: object) -> bool:
        self._check()
        return id_ in self.number_

    def _set(
        self,
        ids: list[Id],
        telling: npt.ArrayLike,
        channels: dict[str, Channel],
        means: Means,
    ) -> None:
        self.ids_ = ids
        self.number_ = dict(zip(ids, range(len(ids)), strict=True))
        self.alive_ = np.ones(len(ids), dtype=np.bool_)
        self.ranked_ = np.array(telling, dtype=np.bool_)
        self.channels_ = channels
        self.means_ = means
        self.later_means_ = means[:0]

    def _means(self, numbers: Whole) -> Means:
        """The means of some documents. shape (len(numbers), d)."""
        first = len(self.means_)
        found = np.empty((len(numbers), self.means_.shape[1]), dtype=np.float16)
        fitted = numbers < first
        found[fitted] = self.means_[numbers[fitted]]
        found[~fitted] = self.later_means_[numbers[~fitted] - first]
        return found

    def _used(self) -> tuple[str, ...]:
        """The channels that count; the words always, for the reasons."""
        return tuple(
            name for name in CHANNELS if getattr(self, name) or name == "words"
        )

    def _kill(self, numbers: list[int]) -> None:
        for number in numbers:
            if self.number_.get(self.ids_[number]) == number:
                del self.number_[self.ids_[number]]
        self.alive_[numbers] = False
        self.ranked_[numbers] = False

    def _numbers(self, ids: Collection[Id]) -> list[int]:
        return [self.number_[i] for i in ids if i in self.number_]

    def _check(self) -> None:
        if not hasattr(self, "channels_"):
            raise NotFitted("the matcher has not been fitted")


class _Question:
    """A query weighed against a matcher as it is now."""

    def __init__(
        self,
        matcher: Matcher,
        document: Document,
        read: Features | None = None,
        asked: dict[str, Asked] | None = None,
        mean: Means | None = None,
    ) -> None:
        matcher._check()
        self.document = document
        self.read = features.read(document) if read is None else read
        self.documents = len(matcher)
        self.channels = dict(matcher.channels_)
        self.asked = asked or {
            name: channel.ask(getattr(self.read, name), self.documents)
            for name, channel in self.channels.items()
        }
        self.word_vectors, self.means = matcher.vectors_, matcher._means
        self._mean = mean
        weights = {name: getattr(matcher, name) for name in CHANNELS}
        weights["vectors"] = matcher.vectors if len(matcher.vectors_.keys) else 0.0
        total = sum(weights.values()) + weights["vectors"] * (
            vectors.worth(len(self.read.words.keys)) - 1
        )
        self.weights = {name: weight / total for name, weight in weights.items()}
        self._reading: Reading | None = None

    @property
    def reading(self) -> Reading:
        if self._reading is None:
            words = self.channels[
                "words"
            ]  # and not this question: in a circle they would outlive the answer
            weigh, frequency = (
                partial(_weigh, words, self.documents),
                partial(_frequency, words),
            )
            written = partial(_written, self.channels.get("grams"))
            self._reading = Reading(
                self.document, weigh, frequency, written, self.documents
            )
        return self._reading

    def sums(self) -> dict[str, Sums]:
        """The products of the query with every document, by channel. Each shape (n,)."""
        loops = kernels.loops()
        return {
            name: channel.dot(self.asked[name], loops)
            for name, channel in self.channels.items()
        }

    def best(
        self, sums: dict[str, Sums], allowed: npt.NDArray[np.bool_], top: int
    ) -> Whole:
        """The numbers of those that may be among the `top` best."""
        if not len(allowed):
            return np.zeros(0, dtype=np.int64)
        loops = kernels.loops()
        scores = np.zeros(len(allowed), dtype=np.float32)
        for name, one in sums.items():
            factors = self.channels[name].inverse(self.documents, loops)
            loops.blend(one, factors, np.float32(self.weights[name]), scores)
        return loops.best(scores, allowed, top)

    def norms(self, numbers: Whole) -> dict[str, Floats]:
        """The lengths of some documents' vectors, by channel. Each shape (len(numbers),)."""
        return {
            name: channel.norms(self.documents, numbers)
            for name, channel in self.channels.items()
        }

    def scores(
        self, sums: dict[str, Sums], numbers: Whole, norms: dict[str, Floats]
    ) -> Floats:
        """The scores of some documents of those lengths, in 64 bits. shape (len(numbers),)."""
        total = np.zeros(len(numbers))
        if not len(numbers):
            return total
        for name in sums:
            products = sums[name][numbers].astype(np.float64) * self.weights[name]
            total += np.divide(
                products, norms[name], out=np.zeros(len(numbers)), where=norms[name] > 0
            )
        if self.weights["vectors"]:
            total += self.weights["vectors"] * self._near(self.means(numbers))
        return total

    def _near(self, others: Means) -> Floats:
        """How near the query is to others by the vectors of their words. shape (len(others),)."""
        if self._mean is None:
            self._mean = self.word_vectors.means([self.read.words])[0]
        return vectors.near(self._mean, others)

    def explain(self, read: Features) -> Reasons:
        """Why a document from outside would have its score, weighed as if it stood in the catalogue."""
        others = {name: getattr(read, name) for name in self.channels}
        norms = {
            name: self.channels[name].norm(others[name], self.documents)
            for name in self.channels
        }
        earned = self._earned(others, norms)
        both = self.read.telling and read.telling
        score = _total(earned) if both else 0.0
        if both and self.weights["vectors"]:
            score += self.weights["vectors"] * float(
                self._near(self.word_vectors.means([read.words]))[0]
            )
        return self._reasons(others, norms, float(_rounded(score)))

    def _reasons(
        self, others: dict[str, Counted], norms: dict[str, float], score: float
    ) -> Reasons:
        earned = self._earned(others, norms)
        if score <= 0:
            earned = {}
        alike = max(0.0, score - _total(earned)) if self.weights["vectors"] else 0.0
        theirs = set(others["words"].keys.tolist())
        parts = Earned(
            earned.get("grams", {}),
            earned.get("titles", {}),
            earned.get("words", {}),
            alike,
        )
        return self.reading.reasons(score, parts, theirs)

    def _earned(
        self, others: dict[str, Counted], norms: dict[str, float]
    ) -> dict[str, dict[int, float]]:
        return {
            name: {
                k: v * self.weights[name]
                for k, v in self.asked[name].shared(others[name], norms[name]).items()
            }
            for name in self.channels
        }


def _weigh(words: Channel, documents: int, keys: list[int]) -> list[float]:
    return [float(w) for w in words.idf(np.array(keys, dtype=np.uint64), documents)]


def _frequency(words: Channel, keys: list[int]) -> list[int]:
    found: list[int] = words.frequency(np.array(keys, dtype=np.uint64)).tolist()
    return found


def _written(grams: Channel | None, word: str) -> bool:
    """Whether all characters of a Han word stand side by side in the catalogue, each with the next one."""
    if grams is None or len(word) < 2 or not words_of.is_han(word):
        return False
    return all(_frequency(grams, features.pairs_of(word)))


def _rounded(scores: Any) -> Any:
    """As told: in 0…1, to nine places; a number or an array of them."""
    return np.round(np.clip(scores, 0.0, 1.0), 9)


def _total(earned: dict[str, dict[int, float]]) -> float:
    return sum(sum(parts.values()) for parts in earned.values())


class _Why:
    """The reasons of one match, worked out when asked for, from the catalogue as it was ranked.

    Segments do not change and numbers are never given again, so only the norms must be held as they were.
    """

    def __init__(
        self,
        asked: _Question,
        number: int,
        norms: dict[str, Floats],
        place: int,
        score: float,
    ) -> None:
        self._asked = asked
        self._number = number
        self._norms = norms  # of all that were ranked
        self._place = place
        self._score = score

    def __call__(self) -> Reasons:
        norms = {
            name: float(lengths[self._place]) for name, lengths in self._norms.items()
        }
        others = {
            name: channel.document(self._number)
            for name, channel in self._asked.channels.items()
        }
        return self._asked._reasons(others, norms, self._score)
