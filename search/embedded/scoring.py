"""What a parsed query finds among the visible documents, and what each find is worth.
Not here: filters, facets and order (docvalues), the weights (schema), reading posting lists (postings).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from search.embedded.arrays import Bools, Float64s, Int32s, Int64s
from search.embedded.docvalues import DocValues
from search.embedded.postings import PostingReader
from search.schema import (
    K1,
    PAIR_WEIGHT,
    SHARE_SCORE,
    SYNONYM_WEIGHT,
    TERM_SCORE,
    TERM_TITLE_SCORE,
    WHOLE_SCORE,
    WHOLE_TITLE_SCORE,
    B,
    inverse_document_frequency,
)
from search.terms import ParsedQuery, Term, fallback_terms, scores_in_title


@dataclass(frozen=True, slots=True)
class ScoredDocuments:
    """The documents that a text finds among those a reader may see, before any filter.

    Attributes:
        rows: shape (m,), int64; their row numbers, ascending.
        scores: shape (m,), float64.
        shares: shape (m,), float64, 0 to 1; how much of the query each has.
        relaxed: they have some of the words, none has all.
        missing: the reader's words that no visible document contains.
    """

    rows: Int64s
    scores: Float64s
    shares: Float64s
    relaxed: bool = False
    missing: tuple[str, ...] = ()


def score_everything(visible: Bools) -> ScoredDocuments:
    """All visible documents, for a query without terms.

    Args:
        visible: shape (n,), bool, per document number.
    """
    rows = np.flatnonzero(visible)
    return ScoredDocuments(
        rows=rows,
        scores=np.zeros(len(rows)),
        shares=np.ones(len(rows)),
    )


class TermScorer:
    """Scores one query in one transaction. Arrays over all documents have shape (n,), n the numbers in the file."""

    def __init__(
        self,
        postings: PostingReader,
        doc_values: DocValues,
        visible: Bools,
        documents: int,
    ) -> None:
        """Bring together what a query is scored with.

        Args:
            postings: of the same transaction.
            doc_values: as of this transaction or newer.
            visible: shape (n,), bool, per document number.
            documents: living documents, visible or not; every reader sees the same weights of words.
        """
        self.postings = postings
        self.doc_values = doc_values
        self.visible = visible
        self.documents = documents

    def score_documents(self, query: ParsedQuery) -> ScoredDocuments:
        """The visible documents with all terms; where there is none, those with some of them (decision 020)."""
        masks = {term.phrase: self.term_mask(term) for term in query.terms}
        # A copy: the mask of the visible documents is shared by all readers.
        having_all = self.visible.copy()
        for mask in masks.values():
            having_all &= mask
        # Decided before any filter, so that choosing a facet value never changes the meaning of the list, and every
        # count shown is the count one gets (decision 020).
        if not having_all.any():
            return self._score_any_term(query, masks)
        scores = self._whole_phrase_scores(query)
        for term in query.terms:
            self._add_term_score(term, scores, having_all)
        rows = np.flatnonzero(having_all)
        return ScoredDocuments(
            rows=rows,
            scores=scores[rows],
            shares=np.ones(len(rows)),
        )

    def _score_any_term(
        self, query: ParsedQuery, masks: dict[str, Bools]
    ) -> ScoredDocuments:
        """Documents with some of the terms; a share weighs a term by its rarity among what the reader may see."""
        # What this reader may not see counts as absent: a word of a confidential listing is missing for the public.
        nowhere = []
        for term in query.terms:
            if not (masks[term.phrase] & self.visible).any():
                nowhere.append(term)
        terms = fallback_terms(query.terms, nowhere)
        weights = self._term_weights(terms, masks)
        # Every weight is 0 only when there is nothing to share.
        total = sum(weights) or 1.0
        shares = np.zeros(len(self.visible))
        scores = self._unmet_scores(query)
        for term, weight in zip(terms, weights, strict=True):
            shares[masks[term.phrase]] += weight / total
            self._add_term_score(term, scores, self.visible)
        rows = np.flatnonzero(self.visible & (shares > 0))
        # Sums of floats may end a hair above one.
        share = np.minimum(shares[rows], 1.0)
        found = scores[rows]
        if not query.pairs:
            found += SHARE_SCORE * share
        return ScoredDocuments(
            rows=rows,
            scores=found,
            shares=share,
            relaxed=len(rows) > 0,
            missing=tuple(term.surface for term in nowhere),
        )

    def _term_weights(
        self, terms: Iterable[Term], masks: dict[str, Bools]
    ) -> list[float]:
        """The rarity of each term among the visible documents. masks: gains the masks of terms that are new."""
        visible = int(np.count_nonzero(self.visible))
        weights = []
        for term in terms:
            # The parts of a word that was found nowhere are new here.
            if term.phrase not in masks:
                masks[term.phrase] = self.term_mask(term)
            having = masks[term.phrase] & self.visible
            count = int(np.count_nonzero(having))
            weights.append(inverse_document_frequency(count, visible))
        return weights

    def count_visible(self, terms: Iterable[Term]) -> list[int]:
        """How many visible documents have each term."""
        counts = []
        for term in terms:
            having = self.term_mask(term) & self.visible
            counts.append(int(np.count_nonzero(having)))
        return counts

    def term_mask(self, term: Term) -> Bools:
        """Which documents have a term or a synonym. shape (n,), bool.

        A word that stands in a text also stands there as characters, unless it is spelled otherwise.
        """
        mask = np.zeros(len(self.visible), dtype=np.bool_)
        if not term.whole:
            mask[self.postings.phrase(term.phrase)] = True
        for word in term.spellings:
            mask[self.postings.word(word)] = True
        for other in term.alternatives:
            # A short Latin alias counts as a word only: PE is not in "speed".
            if other.whole:
                mask[self.postings.word(other.word)] = True
            else:
                mask[self.postings.phrase(other.phrase)] = True
        return mask

    def _add_term_score(self, term: Term, scores: Float64s, among: Bools) -> None:
        """Add what a term is worth, in the documents of a mask at least.

        Args:
            term: of the query.
            scores: shape (n,), float64; changed in place.
            among: shape (n,), bool; BM25 is worked out for these alone.
        """
        phrase = "" if term.whole else term.phrase
        self._add_form_score(term.word, phrase, 1.0, scores, among)
        for other in term.alternatives:
            phrase = "" if other.whole else other.phrase
            self._add_form_score(other.word, phrase, SYNONYM_WEIGHT, scores, among)

    def _add_form_score(
        self,
        word: str,
        phrase: str,
        weight: float,
        scores: Float64s,
        among: Bools,
    ) -> None:
        """Add what one way to say a term is worth; "" for a word or phrase leaves it out."""
        # A posting list has each document once, so adding by row numbers adds once.
        if word:
            rows, values = self.bm25(word, among)
            scores[rows] += weight * values
        if phrase:
            scores[self.postings.phrase(phrase)] += weight * TERM_SCORE
            if scores_in_title(phrase):
                in_title = self.postings.phrase(phrase, title=True)
                scores[in_title] += weight * TERM_TITLE_SCORE

    def _unmet_scores(self, query: ParsedQuery) -> Float64s:
        """What a query is worth beyond its terms where no document has them all. shape (n,), float64."""
        if not query.pairs:
            return self._whole_phrase_scores(query)
        # The text as one phrase is not looked for: who has it has all the terms, and nobody has.
        scores = np.zeros(len(self.visible))
        for rows in self.postings.pairs(query.pairs):
            rarity = inverse_document_frequency(len(rows), self.documents)
            scores[rows] += PAIR_WEIGHT * rarity
        return scores

    def _whole_phrase_scores(self, query: ParsedQuery) -> Float64s:
        """What the query as one phrase is worth. shape (n,), float64."""
        scores = np.zeros(len(self.visible))
        if query.whole:
            scores[self.postings.phrase(query.whole)] += WHOLE_SCORE
            in_title = self.postings.phrase(query.whole, title=True)
            scores[in_title] += WHOLE_TITLE_SCORE
        return scores

    def bm25(self, word: str, among: Bools) -> tuple[Int32s, Float64s]:
        """The documents of a mask that have a word, and BM25 of each by Lucene's formula.

        FTS5's own bm25() takes ten times as long, and calls a word worthless once half the documents have it
        (decision 021).

        Args:
            word: a token.
            among: shape (n,), bool.

        Returns:
            Row numbers, shape (k,), int32, and scores, shape (k,), float64.
        """
        everywhere = self.postings.word(word)
        # Only documents that can be hits: the other scores would be thrown away.
        here = among[everywhere]
        rows = everywhere[here]
        if not len(rows):
            return rows, np.zeros(0)
        # Saturation by Lucene's BM25: k1 bends the frequency, b weighs the length against the mean.
        frequencies = self.postings.term_frequencies(word)[here]
        lengths = self.doc_values.relative_lengths[rows]
        saturation = K1 * (1 - B + B * lengths)
        # Rarity is that in the whole index, not among the visible documents: one order for all readers.
        rarity = inverse_document_frequency(len(everywhere), self.documents)
        return rows, frequencies / (frequencies + saturation) * rarity
