"""Terms of the lexicon in which Han and other characters meet: 3D打印, PVC管材.
Not here: all other words of a text (text).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from matching.latin_tokens import HAN, is_han
from matching.lexicon import lexicon_terms, remembered_with_lists
from matching.screening import Screen, Signs, class_of


def mixed_terms_in(norm: str) -> list[tuple[int, str]]:
    """(start, term) of terms of Han and Latin (3D打印, PVC管材), where they do not cut a Latin token in two."""
    terms: list[tuple[int, str]] = []
    # Few texts have any, and a search for each term is faster than the pattern of all.
    if not any(term in norm for term in mixed_terms()):
        return terms
    for match in _mixed_pattern().finditer(norm):
        start, end = match.span()
        # PVC管材 is not found in UPVC管材: uPVC is another material.
        cuts_before = (
            start > 0 and _is_latin(norm[start]) and _is_latin(norm[start - 1])
        )
        cuts_after = (
            end < len(norm) and _is_latin(norm[end - 1]) and _is_latin(norm[end])
        )
        if not cuts_before and not cuts_after:
            terms.append((start, match.group()))
    return terms


def _is_latin(character: str) -> bool:
    return character.isalnum() and not is_han(character)


@remembered_with_lists()
def mixed_terms() -> tuple[str, ...]:
    """The terms of the lexicon that hold Han and Latin, longest first, so that the longest is found."""
    has_han = re.compile(f"[{HAN}]")
    has_other = re.compile(f"[^{HAN}]")
    mixed = [t for t in lexicon_terms() if has_han.search(t) and has_other.search(t)]
    return tuple(sorted(mixed, key=lambda term: (-len(term), term)))


def texts_with_mixed_terms(norms: Sequence[str]) -> Iterator[int]:
    """The places of those of some normalised texts that may have terms of Han and Latin."""
    for place, _ in _mixed_screen().find(norms):
        yield place


@remembered_with_lists()
def _mixed_screen() -> Screen:
    """What finds the texts with such terms: where Han and other characters meet in them."""
    signs = []
    for pattern in (rf"([{HAN}])([^{HAN}])", rf"([^{HAN}])([{HAN}])"):
        met = re.findall(pattern, "\n".join(mixed_terms()))
        if met:
            firsts, seconds = zip(*met, strict=True)
            signs.append(Signs(class_of(firsts), class_of(seconds)))
    return Screen(signs)


@remembered_with_lists()
def _mixed_pattern() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, mixed_terms())))
