"""Many documents read at once: the same features as features.read() gives one by one, an order of magnitude faster.
Not here: what the features are (features), how they are laid down (segment).

The texts of a batch are cut in one call, tokens become numbers, and everything per token is looked up in tables.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from matching import features
from matching import text as words_of
from matching.documents import Document
from matching.features import CHANNELS, Keys
from matching.index import segment as segments
from matching.index.segment import Segment

BATCH = 2_000  # documents cut at once
_GAP = "\n"  # stands for what is no letter and no figure
_END = "\x01"  # between two texts
_PRIVATE = (
    range(0xF0000, 0xFFFFE),
    range(0x100000, 0x10FFFE),
)  # each stands for one Latin token
_LATIN = re.compile(words_of.LATIN)
_JOINERS = "+#&._%-"  # what jieba does not cut off from the Han beside it
_RESERVED = re.compile(
    f"[{_END}\ud800-\udfff\U000f0000-\U0010ffff]"
)  # no end, no stand-in, no half character

Numbers = npt.NDArray[np.int64]


class Bulk:
    """Gathers documents batch by batch and gives the segments of all channels."""

    def __init__(self, channels: Sequence[str] = CHANNELS, texts: int = 0) -> None:
        self._wanted = texts
        self.telling: list[bool] = []
        self.texts: list[Keys] = []
        self._tokens = _Tokens()
        self._counts = {name: _Counts() for name in channels}

    def add(self, documents: Sequence[Document]) -> None:
        """Take some documents in."""
        if self._tokens.full:
            self._tokens = _Tokens()
        sides = [side for document in documents for side in features.parts(document)]
        numbers, side_of = self._cut(sides)
        if len(self.texts) < self._wanted:
            self._keep_texts(
                *self._tokens.whole.gather(numbers, side_of), len(documents)
            )
        told, told_side = self._tokens.told.gather(numbers, side_of)
        told, told_side = _with_mixed(told, told_side, sides)
        if "grams" in self._counts:
            kept, kept_side = self._tokens.kept.gather(numbers, side_of)
            self._count("grams", *_grams(kept, kept_side), len(documents))
        if "titles" in self._counts:
            plain, plain_side = self._tokens.plain.gather(numbers, side_of)
            titles = (plain_side % 2 == 0) & (plain != 0)
            once = np.ones(int(titles.sum()), dtype=np.int32)
            self._counts["titles"].add(
                features.spread(plain[titles]),
                plain_side[titles] // 2,
                once,
                len(documents),
            )
        self._count("words", told, told_side, len(documents))
        self.telling.extend(
            (np.bincount(told_side // 2, minlength=len(documents)) > 0).tolist()
        )

    def _keep_texts(self, whole: Keys, side_of: Numbers, documents: int) -> None:
        sizes = np.bincount(side_of // 2, minlength=documents)
        self.texts.extend(
            np.split(whole, np.cumsum(sizes)[:-1])[: self._wanted - len(self.texts)]
        )

    def segments(self) -> dict[str, Segment]:
        """The segment of each channel, documents in the order they came."""
        return {name: counts.segment() for name, counts in self._counts.items()}

    def _count(self, name: str, keys: Keys, side_of: Numbers, documents: int) -> None:
        weights = np.where(side_of % 2 == 0, features.TITLE, 1).astype(np.int32)
        self._counts[name].add(keys, side_of // 2, weights, documents)

    def _cut(self, sides: Sequence[str]) -> tuple[Numbers, Numbers]:
        """The number of each token, and of which side it is; the ends between sides count to the one after."""
        if _odd("".join(sides)):
            sides = [_RESERVED.sub(_GAP, side) for side in sides]
        marked = _END.join([_LATIN.sub(self._tokens.stand_in, side) for side in sides])
        for joiner in _JOINERS:
            marked = marked.replace(joiner, _GAP)
        tokens = words_of.cut(marked)
        numbers = np.fromiter(
            map(self._tokens.__getitem__, tokens), dtype=np.int64, count=len(tokens)
        )
        return numbers, np.cumsum(numbers == self._tokens[_END])


class _Tokens(dict[str, int]):
    """Token → its number, with what each number stands for in the three tables."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = _Ragged()
        self.plain = _Ragged()
        self.told = _Ragged()
        self.whole = _Ragged()
        self._private = iter(chr(code) for codes in _PRIVATE for code in codes)
        self._left = sum(len(codes) for codes in _PRIVATE)
        self._stand_ins: dict[tuple[str, bool], str] = {}
        self._latin: dict[str, tuple[str, bool]] = {}

    @property
    def full(self) -> bool:
        """Whether it is time to begin anew: one batch's Latin tokens might not find a stand-in."""
        return self._left < sum(len(codes) for codes in _PRIVATE) // 2

    def stand_in(self, match: re.Match[str]) -> str:
        """One private character for a Latin token as it stands there."""
        word = match.group()
        seen = word, words_of.in_figures(match.string, match.start(), match.end(), word)
        sign = self._stand_ins.get(seen)
        if sign is None:
            if (
                self._left == 0
            ):  # a batch of nothing but new Latin tokens: the rest are left out as gaps
                return _GAP
            self._left -= 1
            self._stand_ins[seen] = sign = next(self._private)
            self._latin[sign] = seen
        return sign

    def __missing__(self, token: str) -> int:
        if token in self._latin:
            word, in_figures = self._latin[token]
            codes: tuple[int, ...] = (features.word_key(word),)
        elif words_of.is_han(token):
            word, in_figures = token, False
            codes = tuple(map(ord, token))
        else:
            return self._append(token, (features.BREAK,), (features.BREAK,), (), ())
        _, stopped, telling = words_of.entry(word)
        if in_figures:
            stopped, telling = True, ()
        told = tuple(features.word_key(part) for _, part in telling)
        whole = (features.word_key(word),) if telling and not stopped else ()
        return self._append(
            token, (features.BREAK,) if stopped else codes, codes, told, whole
        )

    def _append(
        self,
        token: str,
        kept: tuple[int, ...],
        plain: tuple[int, ...],
        told: tuple[int, ...],
        whole: tuple[int, ...],
    ) -> int:
        self.kept.append(kept)
        self.plain.append(plain)
        self.told.append(told)
        self.whole.append(whole)
        number = len(self) + 1
        self[token] = number
        return number


class _Ragged:
    """Rows of different lengths, 64-bit numbers, end to end."""

    def __init__(self) -> None:
        self._values = array("Q")
        self._ends = array("q", [0, 0])  # row 0 is empty: numbers begin with 1

    def append(self, row: tuple[int, ...]) -> None:
        self._values.extend(row)
        self._ends.append(len(self._values))

    def gather(self, numbers: Numbers, side_of: Numbers) -> tuple[Keys, Numbers]:
        """The rows of some numbers end to end, and for each value of which side it is."""
        values, ends = (
            np.array(self._values, dtype=np.uint64),
            np.array(self._ends, dtype=np.int64),
        )
        starts = ends[numbers]
        sizes = ends[numbers + 1] - starts
        before = np.cumsum(sizes) - sizes
        total = int(sizes.sum())
        at = np.repeat(starts - before, sizes) + np.arange(total)
        return values[at], np.repeat(side_of, sizes)


class _Counts:
    """Occurrences of keys by document, counted as they come."""

    def __init__(self) -> None:
        self._slots = np.full(
            1 << 16, -1, dtype=np.int32
        )  # open addressing: place → number of the key
        self._keys = np.zeros(1 << 15, dtype=np.uint64)
        self._size = 0
        self._terms: list[npt.NDArray[np.uint32]] = []
        self._times: list[npt.NDArray[np.uint8]] = []
        self._sizes: list[Numbers] = [np.zeros(1, dtype=np.int64)]

    def add(
        self,
        keys: Keys,
        document_of: Numbers,
        weights: npt.NDArray[np.int32],
        documents: int,
    ) -> None:
        """Count keys, grouped by document, shape (n,) each."""
        compiled = _compiled()
        need = self._size + len(keys)
        if need > len(self._keys):
            self._keys = np.concatenate(
                [self._keys, np.zeros(max(need, len(self._keys)), dtype=np.uint64)]
            )
        if 2 * need > len(self._slots):
            self._slots = np.full(1 << (2 * need).bit_length(), -1, dtype=np.int32)
            compiled.place(self._keys, self._size, self._slots)
        self._size, terms, times, sizes = compiled.count(
            keys,
            document_of,
            weights,
            documents,
            self._slots,
            self._keys,
            self._size,
            features.MOST,
        )
        self._terms.append(terms)
        self._times.append(times)
        self._sizes.append(sizes)

    def segment(self) -> Segment:
        order = np.argsort(self._keys[: self._size])
        place = np.empty(self._size, dtype=np.uint32)
        place[order] = np.arange(self._size, dtype=np.uint32)
        none = np.zeros(0, dtype=np.uint32)
        terms = place[np.concatenate([none, *self._terms])]
        times = np.concatenate([none.astype(np.uint8), *self._times])
        self._terms, self._times = [], []
        return segments.laid_down(
            self._keys[: self._size][order],
            terms,
            times,
            np.cumsum(np.concatenate(self._sizes)),
        )


def read(
    documents: Iterable[Document], channels: Sequence[str] = CHANNELS, texts: int = 0
) -> tuple[list[Any], Bulk]:
    """Read a catalogue. Returns the ids and what was read; of the first `texts` documents also the words in order."""
    bulk = Bulk(channels, texts)
    ids: list[Any] = []
    waiting: list[Document] = []
    for document in documents:
        ids.append(document.id)
        waiting.append(document)
        if len(waiting) == BATCH:
            bulk.add(waiting)
            waiting = []
    if waiting:
        bulk.add(waiting)
    return ids, bulk


def _grams(codes: Keys, side_of: Numbers) -> tuple[Keys, Numbers]:
    """Keys of single units and of pairs side by side, still in the order of the documents."""
    after = np.append(codes[1:], np.uint64(features.BREAK))
    real = codes != features.BREAK
    both = np.empty((len(codes), 2), dtype=np.uint64)
    both[:, 0] = features.spread(codes)
    both[:, 1] = features.spread(both[:, 0] + after)
    wanted = np.stack([real, real & (after != features.BREAK)], axis=1).ravel()
    return both.ravel()[wanted], np.repeat(side_of, 2)[wanted]


def _odd(text: str) -> bool:
    """Whether some of a text's characters may be _RESERVED ones: told at once, where looking for them takes long."""
    try:
        return _END in text or len(text.encode("utf-16-le")) > 2 * len(text)
    except UnicodeEncodeError:
        return True


def _with_mixed(
    told: Keys, side_of: Numbers, sides: Sequence[str]
) -> tuple[Keys, Numbers]:
    """With the terms of mixed script, which no token is."""
    whole = _END.join(sides)
    places = [
        m.start()
        for term in words_of.mixed_terms()
        for m in re.finditer(re.escape(term), whole)
    ]
    ends = np.cumsum([len(side) + 1 for side in sides])
    numbers = np.unique(np.searchsorted(ends, places, side="right")).tolist()
    found = [
        (number, features.word_key(term))
        for number in numbers
        for _, term in words_of.mixed(sides[number])
    ]
    if not found:
        return told, side_of
    more_sides = np.array([number for number, _ in found], dtype=np.int64)
    more = np.array([key for _, key in found], dtype=np.uint64)
    where = np.searchsorted(side_of, more_sides, side="right")
    return np.insert(told, where, more), np.insert(side_of, where, more_sides)


def _compiled() -> Any:
    from matching.index import compiled

    return compiled
