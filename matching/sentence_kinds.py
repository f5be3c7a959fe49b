"""Whether a stretch of a text speaks of a matter (a thing, a process, a trouble, a wish) or of what surrounds one.
Not here: which stretches are looked at and what becomes of them (surroundings), the loops (sentence_kernels), how the
weights are learned (benchmarks.sentences).

A naive Bayes classifier over characters and pairs of characters, learned from written examples of both kinds
(`demo/sentences`, `python -m benchmarks.sentences`). Lists of words of talk never ended: of new sentences a third and
more had a word that was in none (decision 149).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import chain

import numpy as np

from matching import sentence_kernels
from matching.arrays import Bools, Int64s, UInt8s, UInt32s
from matching.code_points import OTHER_PLANE, code_points_of, ranges_of
from matching.index.kernels import fill_hash_table
from matching.lexicon import lexicon_lines

# Weights of grams: the natural logarithm of how much more often examples of a matter have one, in halves.
WEIGHTS = "grams.txt"
# From this weight on a character is one of matters: 1 % of examples of surroundings have three and more of them, and
# most sentences of patents.
_WEIGHT_OF_MATTERS = 4
_HAN = re.compile("[\u3400-\u9fff]")
_AROUND = ' \n\t，,、。！？；!?;:“”"'
_ENDS_SENTENCE = "。！？；!?;\n"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
# Signs of units stay.
_SIGNS = "%°μ"


class GramWeights:
    """How much each gram speaks of a matter, in the arrays that the compiled loops read.

    The grams of a stretch are its characters and the pairs of neighbours, each once: a number is one 0, a Latin word
    one unit, and everything between words one gap, which is also on both sides of the stretch. That there is a Latin
    word is a gram of its own, so that one which was never seen says something.

    Args:
        weights: gram → how much it speaks of a matter, a whole number, never 0; gaps are `_`, the gram of Latin is `a`.
    """

    def __init__(self, weights: Mapping[str, int]) -> None:
        kinds = _kinds_of_characters(weights)
        keys = sentence_kernels.gram_keys(*code_points_of(list(weights)), kinds)
        slots = np.full(2 << len(weights).bit_length(), -1, dtype=np.int32)
        fill_hash_table(keys, len(weights), slots)
        values = np.array(list(weights.values()), dtype=np.int8)
        # As the loops take them.
        self._tables = (kinds, slots, keys, values)

    def matter_of(self, stretch: str) -> float:
        """How much a stretch speaks of a matter.

        Args:
            stretch: of a normalised text, blanks in place of names.

        Returns:
            the sum of the weights of its grams over the root of their number, so that long stretches and short ones
            are on one scale; below 0 it rather surrounds a matter. 0 where none of its grams was ever seen.
        """
        codes, _ = code_points_of([stretch])
        room = np.empty(sentence_kernels.room_for(len(codes)), dtype=np.int32)
        return sentence_kernels.matter_of_stretch(
            codes, 0, len(codes), *self._tables, room
        )

    def blank_surroundings(
        self, norms: UInt32s, ends: Int64s, unnamed: UInt32s
    ) -> Bools:
        """Lay line feeds over what surrounds a matter in many texts, sentence by sentence and clause by clause.

        Args:
            norms, ends: normalised texts as code_points_of() gives them; n texts.
            unnamed: the same without names, shape (c,); changed in place.

        Returns:
            whether a text has a Han character left, shape (n,).
        """
        return sentence_kernels.blank_surroundings(norms, ends, *self._tables, unnamed)


def matter_of(stretch: str) -> float:
    """How much a stretch speaks of a matter by the weights that were learned: GramWeights.matter_of()."""
    return learned_weights().matter_of(stretch)


@cache
def learned_weights() -> GramWeights:
    """The weights that were learned from the examples."""
    weights: dict[str, int] = {}
    for line in lexicon_lines(WEIGHTS):
        weight, *grams = line.split(" ")
        weights.update(dict.fromkeys(grams, int(weight)))
    return GramWeights(weights)


def _kinds_of_characters(weights: Mapping[str, int]) -> UInt8s:
    """The kinds of sentence_kernels of each code point, shape (0x110000,)."""
    kinds = np.zeros(0x110000, dtype=np.uint8)
    kinds[0x3400:0xA000] = sentence_kernels.HAN
    kinds[_figures()] |= sentence_kernels.FIGURE
    of_matters = [
        gram
        for gram, weight in weights.items()
        if len(gram) == 1 and weight >= _WEIGHT_OF_MATTERS and _HAN.match(gram)
    ]
    for characters, kind in (
        (_LETTERS, sentence_kernels.LETTER),
        (_SIGNS, sentence_kernels.SIGN),
        (_AROUND, sentence_kernels.AROUND),
        (_ENDS_SENTENCE, sentence_kernels.ENDS_SENTENCE),
        (of_matters, sentence_kernels.OF_MATTERS),
    ):
        kinds[list(map(ord, characters))] |= kind
    return kinds


@cache
def _figures() -> list[int]:
    """The code points of decimal figures in all scripts; those beyond the second plane are none."""
    later = [code for code in range(OTHER_PLANE, 0x20000) if chr(code).isdecimal()]
    return [*chain.from_iterable(range(*found) for found in ranges_of(r"\d")), *later]
