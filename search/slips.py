"""How far two words are from each other in slips of the hand and of the ear.
Not here: which words are compared (spelling), syllables (pinyin). Pure functions.
"""

from __future__ import annotations

from itertools import combinations

LONG_LATIN = 7  # letters from which on two slips are allowed
# What speakers of Shandong and of the south mix up, and what is left out in haste.
_SLURS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"))


def slur_syllable(syllable: str) -> str:
    """A syllable as it is said in haste: zh and z, n and ng are one."""
    for careful, hasty in _SLURS:
        syllable = syllable.replace(careful, hasty)
    return syllable


def count_slips(one: str, other: str) -> int:
    """Damerau's distance: characters wrong, missing, too many or changed with their neighbour."""
    # Two rows of the table are all that is looked back at; the first has none before it.
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, typed in enumerate(one, 1):
        line = [row]
        for column, wanted in enumerate(other, 1):
            cost = min(
                last[column] + 1,
                line[column - 1] + 1,
                last[column - 1] + (typed != wanted),
            )
            swapped = (
                row > 1
                and column > 1
                and one[row - 2 : row] == other[column - 2 : column][::-1]
            )
            if swapped:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        before, last = last, line
    return last[-1]


def letter_deletions(letters: str) -> set[str]:
    """The deletions of a word as it is written: long Latin words may have two slips."""
    return deletions(
        letters, 2 if letters.isascii() and len(letters) >= LONG_LATIN else 1
    )


def deletions(letters: str, most: int = 1) -> set[str]:
    """A word and what is left of it without some of its characters.

    Two words that differ by one slip share one of these (the method of SymSpell, W. Garbe 2012).
    """
    cuts = {letters}
    # At least one character stays: nothing at all would be near to every word.
    for number in range(1, min(most, len(letters) - 1) + 1):
        for places in combinations(range(len(letters)), number):
            cuts.add(
                "".join(c for place, c in enumerate(letters) if place not in places)
            )
    return cuts
