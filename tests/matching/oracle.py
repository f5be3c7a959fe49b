"""Plain forms of what the product does in batches and compiled loops: the oracles of the tests.
Not here: the tests; nothing of the product imports this.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np

from benchmarks.sentences import grams_of
from matching import Document, names, text
from matching.arrays import (
    Bools,
    Float32s,
    Float64s,
    Int32s,
    Int64s,
    UInt8s,
    UInt32s,
    UInt64s,
)
from matching.features import (
    BREAK,
    TITLE_WEIGHT,
    FeatureCounts,
    Features,
    bigram_keys,
    mix_bits,
    term_key,
    title_and_text,
    word_key,
)
from matching.index.kernels import NEAR
from matching.index.keys import find_keys
from matching.index.postings import MAX_COUNT, posting_counts, posting_numbers
from matching.lexicon import lexicon_lines
from matching.sentence_kinds import WEIGHTS
from matching.text import Token
from matching.word_classes import is_amount

_RUN = re.compile(rf"([{text.HAN}]+)|(?:{text.LATIN})")


def read_tokens(norm: str) -> list[Token]:
    """The tokens of a normalised text, cut run by run."""
    found = []
    for run in _RUN.finditer(norm):
        start = run.start()
        if run.lastindex == 1:
            for word in text.cutter().cut(run.group()):
                found.append(Token(word, start, *text.piece_of(word)))
                start += len(word)
        else:
            amount = is_amount(norm, start, run.end())
            piece = text.piece_of(run.group(), amount=amount)
            found.append(Token(run.group(), start, *piece))
    return found


def read_features(document: Document) -> Features:
    """The features of a document, counted token by token."""
    grams: Counter[int] = Counter()
    titles: Counter[int] = Counter()
    words: Counter[int] = Counter()
    sides = title_and_text(document)
    for norm, weight in zip(sides, (TITLE_WEIGHT, 1), strict=True):
        kept, plain, content = _codes(norm)
        for key in _gram_keys(kept):
            grams[key] += weight
        for key in content:
            words[key] += weight
        if weight == TITLE_WEIGHT:
            titles.update(mix_bits(_array(c for c in plain if c != BREAK)).tolist())
    return Features(
        _counted(grams), _counted(titles), _counted(words), has_content=bool(words)
    )


def whole_words(document: Document) -> list[int]:
    """Keys of the content words that are no part of another, title first: what word vectors are trained on."""
    tokens = [token for norm in title_and_text(document) for token in read_tokens(norm)]
    return [term_key(token.word) for token in tokens if token.content]


def _codes(norm: str) -> tuple[list[int], list[int], list[int]]:
    """Codes of the units without and with stop words, and keys of the content terms."""
    kept: list[int] = []
    plain: list[int] = []
    content: list[int] = []
    last = 0
    for token in read_tokens(norm):
        if token.start > last:
            kept.append(BREAK)
            plain.append(BREAK)
        last = token.start + len(token.word)
        is_han = text.is_han(token.word)
        codes = list(map(ord, token.word)) if is_han else [word_key(token.word)]
        plain.extend(codes)
        kept.extend([BREAK] if token.is_stop else codes)
        content.extend(dict.fromkeys(term_key(word) for _, word in token.content))
    content.extend(term_key(word) for _, word in text.mixed_terms_in(norm))
    return kept, plain, content


def _gram_keys(codes: list[int]) -> list[int]:
    singles = [code for code in codes if code != BREAK]
    pairs = zip(codes, codes[1:], strict=False)
    neighbours = [(a, b) for a, b in pairs if a != BREAK and b != BREAK]
    left, right = _array(a for a, _ in neighbours), _array(b for _, b in neighbours)
    return [*mix_bits(_array(singles)).tolist(), *bigram_keys(left, right).tolist()]


def _array(codes: Iterable[int]) -> UInt64s:
    return np.array(list(codes), dtype=np.uint64)


def _counted(counts: Counter[int]) -> FeatureCounts:
    keys = sorted(counts)
    capped = [min(counts[key], MAX_COUNT) for key in keys]
    return FeatureCounts(_array(keys), np.array(capped, dtype=np.uint8))


_SENTENCE = re.compile(r"[^。！？；!?;\n]*[。！？；!?;\n]?")
# 1,350 is one figure, and 14:22 or 3:1 too.
_CLAUSE = re.compile(r"(?:[^，,:]|(?<=\d),(?=\d{3})|(?<=\d):(?=\d))*[，,:]?")
_LATIN_WORD = re.compile(r"[^\W_][\w.+#-]*[^\W_]|[^\W_]")


def core_of(norm: str) -> str:
    """surroundings.core_of() sentence by sentence, clause by clause, gram by gram."""
    unnamed = without_names(norm)
    sentences = [unnamed[slice(*found.span())] for found in _SENTENCE.finditer(norm)]
    stays = _which_stay(sentences)
    pieces = []
    for sentence in sentences:
        if not sentence.strip("\n"):
            pieces.append(sentence)
            continue
        left = [
            clause if next(stays) else "\n" * len(clause)
            for clause in _clauses(sentence)
        ]
        pieces.append("".join(left))
    return "".join(pieces) if any(map(_says_something, pieces)) else norm


def without_names(norm: str) -> str:
    """names.without_names() of one text, by all of its finders."""
    for finders in (
        (names.address_stretches, names.signature_stretches),
        (names.place_stretches, names.body_stretches),
    ):
        for start, end in [*finders[0](norm), *finders[1](norm)]:
            norm = norm[:start] + "\n" * (end - start) + norm[end:]
    return norm


def _which_stay(sentences: list[str]) -> Iterator[bool]:
    """Whether each clause of the sentences that have any stays: the cheapest way, and that which leaves more."""
    # Where the last clause goes, and where it stays: what the best way up to it costs, and that way.
    gone: tuple[float, list[bool]] = (0.0, [])
    left: tuple[float, list[bool]] = (0.0, [])
    for sentence in filter(lambda one: one.strip("\n"), sentences):
        for number, clause in enumerate(_clauses(sentence)):
            over = 3.0 if number else 0.5
            over_gone, over_left = gone[0] + over, left[0] + over
            before = (over_left, left[1]) if over_left < gone[0] else gone
            stay = left if left[0] <= over_gone else (over_gone, gone[1])
            gone = before[0] + _cost_of(clause), [*before[1], False]
            left = stay[0], [*stay[1], True]
    return iter(left[1] if left[0] <= gone[0] else gone[1])


def _clauses(sentence: str) -> list[str]:
    return [found.group() for found in _CLAUSE.finditer(sentence) if found.group()]


def _cost_of(clause: str) -> float:
    if not grams_of(clause) - {"_", "__"}:
        return 0.0
    own = [c for c in clause if "\u3400" <= c <= "\u9fff" and weights().get(c, 0) >= 4]
    return 8.0 if len(own) > 2 else matter_of(clause) + 0.25


def _says_something(sentence: str) -> bool:
    if re.search("[\u3400-\u9fff]", sentence):
        return True
    latin = _LATIN_WORD.findall(sentence)
    telling = [word for word in latin if word not in text.stop_words()]
    return bool(telling) and 2 * len(telling) >= len(latin)


def matter_of(stretch: str) -> float:
    """sentence_kinds.matter_of()."""
    known = [weights()[gram] for gram in grams_of(stretch) if gram in weights()]
    return sum(known) / math.sqrt(len(known) + 1)


@cache
def weights() -> dict[str, int]:
    """Gram → weight, as they were learned."""
    learned: dict[str, int] = {}
    for line in lexicon_lines(WEIGHTS):
        weight, *grams = line.split(" ")
        learned.update(dict.fromkeys(grams, int(weight)))
    return learned


class NumpyKernels:
    """The loops of matching.index.kernels in numpy; arguments and results as there."""

    @staticmethod
    def sum_postings(
        packed: UInt32s,
        starts: Int64s,
        ends: Int64s,
        weights: Float32s,
        by_count: Float32s,
        sums: Float32s,
    ) -> None:
        for start, end, weight in zip(starts, ends, weights, strict=True):
            one = packed[start:end]
            sums[posting_numbers(one)] += (weight * by_count)[posting_counts(one)]

    @staticmethod
    def accumulate(
        sums: Float32s, factors: Float32s, weight: np.float32, scores: Float32s
    ) -> None:
        scores += sums * factors * weight

    @staticmethod
    def top_candidates(
        scores: Float32s, allowed: Bools, top: int, near: np.float32 = NEAR
    ) -> Int64s:
        scores = np.where(allowed, scores, np.float32(0))
        last = np.float32(0)
        if top < len(scores):
            last = np.partition(scores, len(scores) - top)[len(scores) - top]
        return np.flatnonzero((scores > 0) & (scores >= last - near))

    @staticmethod
    def update_norm_sums(
        packed: UInt32s,
        starts: Int64s,
        ends: Int64s,
        old: Int64s,
        new: Int64s,
        by_count: Int64s,
        sums: Int64s,
    ) -> None:
        for start, end, before, after in zip(starts, ends, old, new, strict=True):
            one = packed[start:end]
            numbers, squared = posting_numbers(one), by_count[posting_counts(one)]
            sums[numbers, 1] += squared * (after - before)
            sums[numbers, 2] += squared * (after * after - before * before)

    @staticmethod
    def inverse_norms(sums: Int64s, top: int, scale: np.float32) -> Float32s:
        squared = top * top * sums[:, 0] - 2 * top * sums[:, 1] + sums[:, 2]
        roots = np.sqrt(np.maximum(squared, 0).astype(np.float32))
        return np.divide(scale, roots, out=np.zeros_like(roots), where=roots > 0)

    @staticmethod
    def norm_sums(
        by_document: UInt32s, document_ends: Int64s, logs: Int64s, by_count: Int64s
    ) -> Int64s:
        squared = by_count[posting_counts(by_document)]
        log = logs[posting_numbers(by_document)]
        found = np.zeros((len(document_ends) - 1, 3), dtype=np.int64)
        for column, values in enumerate((squared, squared * log, squared * log * log)):
            sums = np.concatenate([[0], np.cumsum(values)])
            found[:, column] = np.diff(sums[document_ends])
        return found

    @staticmethod
    def invert_postings(
        by_document: UInt32s, document_ends: Int64s, term_ends: Int64s
    ) -> UInt32s:
        size = len(document_ends) - 1
        documents = np.repeat(np.arange(size, dtype=np.uint32), np.diff(document_ends))
        order = np.argsort(posting_numbers(by_document), kind="stable")
        return (documents[order] << np.uint32(6)) | posting_counts(by_document)[order]

    @staticmethod
    def count_numbers(numbers: UInt32s, size: int) -> Int64s:
        return np.bincount(numbers, minlength=size)[:size]


class PlainReasons:
    """The loops of matching.explaining.kernels in numpy and Python; arguments and results as there."""

    @staticmethod
    def earn_parts(
        known: UInt64s,
        weights: Float64s,
        keys: UInt64s,
        counts: UInt8s,
        by_count: Float64s,
        norm: float,
        factor: float,
        parts: Float64s,
        shared: Bools,
    ) -> float:
        places = find_keys(known, keys)
        theirs = np.flatnonzero(places >= 0)
        mine = places[theirs]
        shared[mine] = True
        if norm:
            parts[mine] = weights[mine] * by_count[counts[theirs]] / norm * factor
        return float(sum(parts.tolist()))

    @staticmethod
    def share_places(
        parts: Float64s,
        features: Int64s,
        starts: Int64s,
        ends: Int64s,
        shares: Float64s,
        owners: Int32s,
        words: Int32s,
        earned: Float64s,
    ) -> None:
        for feature, start, end, share in zip(
            features, starts, ends, shares, strict=True
        ):
            span = set(owners[start:end].tolist())
            if len(span) == 1 and span != {-1}:
                earned[words[span.pop()]] += parts[feature] * share
