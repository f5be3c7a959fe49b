"""The word lists of the trade: terms, stop words, synonyms, related terms, and how their files are read.
Not here: what is done with the words (text, search).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from matching.folding import normalise

# Latin words of so few letters mean too many things.
SHORT_LATIN = 2


@cache
def lexicon_lines(name: str) -> tuple[str, ...]:
    """The lines of a file of this folder, without blank lines and comments."""
    text = files("matching.lexicon").joinpath(name).read_text(encoding="utf-8")
    lines = text.splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


@cache
def stop_words() -> frozenset[str]:
    """Words that carry no technical content (stopwords.txt), normalised."""
    return frozenset(normalise(line) for line in lexicon_lines("stopwords.txt"))


@cache
def synonym_groups() -> dict[str, tuple[str, ...]]:
    """Word, normalised → the words of its group as synonyms.txt writes them, itself among them.

    Latin words of two letters are in none: mL is not machine learning, eV no electric vehicle.
    """
    groups: dict[str, tuple[str, ...]] = {}
    for line in lexicon_lines("synonyms.txt"):
        forms = [form.strip() for form in line.split(",")]
        group = tuple(form for form in forms if not _is_short_latin(form))
        for form in group:
            groups.setdefault(normalise(form), group)
    return groups


def _is_short_latin(form: str) -> bool:
    return form.isascii() and len(form) <= SHORT_LATIN


@cache
def lexicon_terms() -> frozenset[str]:
    """The terms of the trade (terms.txt: word, frequency, part of speech), normalised."""
    # The frequency and the part of speech are the cutter's affair.
    lines = lexicon_lines("terms.txt")
    return frozenset(normalise(line.split(" ")[0]) for line in lines)
