"""The word lists of the trade: terms, stop words, synonyms, related terms, how they are read and which are in use.
Not here: what is done with the words (text, search), who edits them (the caller hands lists over by `use_lists`).

One process cuts with one edition of the lists at a time. Everything that was computed with an edition (its cutter, what
is remembered of texts) hangs on its object, so that exchanging the lists is one assignment: a thread that is still
under way remembers its answer with the lists it began with, and none mixes with the next (decision 107).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import (
    cache,
    lru_cache,
    wraps,
)
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import (
    Any,
    ParamSpec,
    TypeVar,
    cast,
)

from matching.folding import normalise

# Latin words of so few letters mean too many things.
SHORT_LATIN = 2
# The lists that are exchanged, by the file that a site begins with.
TERMS, STOP_WORDS, SYNONYMS = "terms.txt", "stopwords.txt", "synonyms.txt"
# Those by which talk around a trouble, and places, weigh nothing (decisions 145, 149), the same in every edition.
OF_TALK = ("grams.txt", "places.txt")
# Words that are one with their group in searches and not in matches, the same in every edition too.
OF_MANY_TRADES = "many_trades.txt"

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")


def read_lines(file: Traversable) -> tuple[str, ...]:
    """The lines of a list, without blank lines and comments."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


@cache
def lexicon_lines(name: str) -> tuple[str, ...]:
    """The lines of a list of this folder."""
    return read_lines(files("matching.lexicon").joinpath(name))


class WordLists:
    """One edition of the word lists. Nothing in it changes once it is made but what is remembered with it.

    Args:
        term_lines: each a word, its frequency in the cutter's dictionary and its part of speech, blanks between.
        stop_lines: each a word that carries no technical content.
        synonym_lines: each a group, commas between its words.
        edition: number of the edition; 0 are the lists as they are shipped.
        since: from when it is in use, as it is shown; empty for the shipped lists.

    Attributes:
        terms: the terms of the trade, normalised.
        stop_words: the stop words, normalised.
        groups: word, normalised → the words that are one term with it in matches as they were written, itself among
            them. Latin words of two letters are in none: mL is not machine learning, eV no electric vehicle. A bare
            word that other trades use (many_trades.txt) is apart from the longer ones: 保持架 from 轴承保持架.
        words_digest: fingerprint of what decides how a text is cut and what of it weighs.
        groups_digest: that of which words are one.
        cutter: what cuts with these lists, made at the first cut (text).
    """

    def __init__(
        self,
        term_lines: Sequence[str],
        stop_lines: Sequence[str],
        synonym_lines: Sequence[str],
        *,
        edition: int = 0,
        since: str = "",
    ) -> None:
        self.term_lines = tuple(term_lines)
        self.stop_lines = tuple(stop_lines)
        self.synonym_lines = tuple(synonym_lines)
        self.edition = edition
        self.since = since
        # The frequency and the part of speech are the cutter's affair.
        self.terms = frozenset(normalise(line.split(" ")[0]) for line in term_lines)
        self.stop_words = frozenset(normalise(line) for line in stop_lines)
        self.groups = _read_groups(synonym_lines)
        self.cutter: Any = None
        # What decides how a text is cut and what of it weighs, and which words are one.
        self.words_digest = _fingerprint(
            term_lines, stop_lines, *map(lexicon_lines, OF_TALK), size=6
        )
        self.groups_digest = _fingerprint(
            synonym_lines, lexicon_lines(OF_MANY_TRADES), size=4
        )
        self._memories: dict[Callable[..., Any], Callable[..., Any]] = {}

    def memory_of(
        self, function: Callable[..., Any], most: int | None
    ) -> Callable[..., Any]:
        """A function that remembers its answers as long as these lists are in use.

        Args:
            function: what depends on the lists and its arguments alone.
            most: answers that are remembered; None: all.
        """
        memory = self._memories.get(function)
        if memory is None:
            # Two threads may make one each; the first to arrive is kept by both.
            made = lru_cache(maxsize=most)(function)
            memory = self._memories.setdefault(function, made)
        return memory

    def forget_answers(self) -> None:
        """Forget all answers."""
        self._memories.clear()


def _fingerprint(*lists: Sequence[str], size: int) -> str:
    """The hash of the lines of some lists, two hexadecimal digits for each byte of its size."""
    digest = blake2b(digest_size=size)
    for lines in lists:
        digest.update("\n".join(lines).encode())
    return digest.hexdigest()


def _read_groups(lines: Sequence[str]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    for line in lines:
        forms = [form.strip() for form in line.split(",")]
        group = tuple(form for form in forms if not _is_short_latin(form))
        for some in _of_one_sense(group):
            for form in some:
                groups.setdefault(normalise(form), some)
    return groups


def _of_one_sense(group: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """A group without its words that other trades use for other things, and those of each of their lines."""
    apart: set[str] = set()
    for line in lexicon_lines(OF_MANY_TRADES):
        bare = tuple(form for form in line.split(",") if form in group)
        apart.update(bare)
        yield bare
    yield tuple(form for form in group if form not in apart)


def _is_short_latin(form: str) -> bool:
    return form.isascii() and len(form) <= SHORT_LATIN


@cache
def shipped_lists() -> WordLists:
    """The lists as they come with the program."""
    return WordLists(
        lexicon_lines(TERMS), lexicon_lines(STOP_WORDS), lexicon_lines(SYNONYMS)
    )


# One element, exchanged as a whole. Loops over words read it here: a call for each word would be felt.
IN_USE = [shipped_lists()]


def word_lists() -> WordLists:
    """The lists in use in this process."""
    return IN_USE[0]


def use_lists(lists: WordLists) -> None:
    """Cut and compare with other lists from now on. Indexes of other lists are of no more use (their versions say so).

    Args:
        lists: with its cutter made already (`text.prepare_lists`), or the next reader waits for it.
    """
    # A text that is read bit by bit while lists are exchanged was read with both: lists that come back begin afresh.
    lists.forget_answers()
    IN_USE[0] = lists


def remembered_with_lists(
    most: int | None = None,
) -> Callable[[Callable[_Arguments, _Answer]], Callable[_Arguments, _Answer]]:
    """`functools.lru_cache` for what depends on the word lists: exchanging them forgets it.

    Args:
        most: answers that are remembered; None: all.
    """

    def decorate(
        function: Callable[_Arguments, _Answer],
    ) -> Callable[_Arguments, _Answer]:
        @wraps(function)
        def answer(*args: _Arguments.args, **named: _Arguments.kwargs) -> _Answer:
            memory = word_lists().memory_of(function, most)
            return cast(_Answer, memory(*args, **named))

        return answer

    return decorate


def stop_words() -> frozenset[str]:
    """Words that carry no technical content, normalised."""
    return IN_USE[0].stop_words


def synonym_groups() -> dict[str, tuple[str, ...]]:
    """Word, normalised → the words that are one with it in matches as they were written, itself among them."""
    return IN_USE[0].groups


def lexicon_terms() -> frozenset[str]:
    """The terms of the trade, normalised."""
    return IN_USE[0].terms
