"""Whether a stretch of a text speaks of a matter (a thing, a process, a trouble, a wish) or of what surrounds one.
Not here: which stretches are looked at and what becomes of them (surroundings), names (names).

A naive Bayes classifier over characters and pairs of characters, learned from written examples of both kinds
(`demo/sentences`, `python -m benchmarks.sentences`). Lists of words of talk never ended: of new sentences a third and
more had a word that was in none (decision 149).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from math import sqrt

from matching.lexicon import lexicon_lines

# Weights of grams: the logarithm of how much more often examples of a matter have one, rounded.
WEIGHTS = "grams.txt"
# What stands for everything that is neither Han character nor letter nor figure, and around a stretch.
GAP = "_"
_LATIN = "a"
# Below this a stretch surrounds a matter: of examples left out 88 % of those that do, and 3 % of the others.
_LEAST_MATTER = -1.0
# From this weight on a character is one of matters,
_WEIGHT_OF_MATTERS = 2
# and so many a stretch that surrounds one may have: 1 % of such examples have more, and most sentences of patents.
_MOST_OF_MATTERS = 2
_FEWEST = 3
_AROUND = ' \n\t，,、。！？；!?;:“”"'
_HAN = re.compile("[\u3400-\u9fff]")
_NOT_HAN = re.compile("[^\u3400-\u9fff]")
_FIGURES = re.compile(r"\d+")
# Signs of units stay.
_GAPS = re.compile("[^\u3400-\u9fffa-z0%°μ]+")
_LATIN_WORD = re.compile("[a-z]")
_UNITS = re.compile("[a-z]+|.")


def grams_of(stretch: str) -> set[str]:
    """The characters of a stretch and the pairs of neighbours.

    Args:
        stretch: of a normalised text.

    Returns:
        distinct ones; a number is one 0, a Latin word one character, and all between words one GAP. That there is a
        Latin word is a gram of its own, so that one which was never seen says something.
    """
    read = stretch.strip(_AROUND)
    if not read:
        return set()
    units: str | list[str] = read
    if _NOT_HAN.search(read):
        units = _UNITS.findall(_GAPS.sub(GAP, _FIGURES.sub("0", read)))
    grams = {*units, *map("".join, zip(units, units[1:], strict=False))}
    grams.add(f"{GAP}{units[0]}")
    grams.add(f"{units[-1]}{GAP}")
    if units is not read and any(map(_LATIN_WORD.match, units)):
        grams.add(_LATIN)
    return grams


def matter_of(stretch: str) -> float:
    """How much a stretch speaks of a matter.

    Args:
        stretch: of a normalised text, blanks in place of names.

    Returns:
        the sum of the weights of its grams over the root of their number, so that long stretches and short ones are
        on one scale; below 0 it rather surrounds a matter. 0 where none of its grams was ever seen.
    """
    return weigh(stretch, _weights())


def weigh(stretch: str, weights: Mapping[str, int]) -> float:
    """matter_of() by given weights: gram → how much it speaks of a matter, never 0."""
    known = list(filter(None, map(weights.get, grams_of(stretch))))
    return sum(known) / sqrt(len(known) + 1)


def surrounds_a_matter(stretch: str) -> bool:
    """Whether a sentence or clause speaks of no matter: matter_of() is low and it has few characters of matters."""
    # A look at its characters spares most of a technical text the counting. Two say too little.
    if len(stretch) < _FEWEST or len(_of_matters().findall(stretch)) > _MOST_OF_MATTERS:
        return False
    return matter_of(stretch) < _LEAST_MATTER


@cache
def _of_matters() -> re.Pattern[str]:
    characters = [
        gram
        for gram, weight in _weights().items()
        if len(gram) == 1 and weight >= _WEIGHT_OF_MATTERS and _HAN.match(gram)
    ]
    return re.compile(f"[{''.join(characters)}]")


@cache
def _weights() -> dict[str, int]:
    weights: dict[str, int] = {}
    for line in lexicon_lines(WEIGHTS):
        weight, *grams = line.split(" ")
        weights.update(dict.fromkeys(grams, int(weight)))
    return weights
