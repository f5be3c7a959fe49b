"""Who cuts runs of Han characters: jieba, which is the definition, or its compiled twin, which gives the same words.
Not here: what is cut, our lexicon, what a piece consists of (text).

The twin (jieba-rs, `rjieba`) is ten times as fast and has no wheel for some machines (LoongArch, RISC-V, Windows on
ARM, PyPy). There jieba itself cuts: same words, same artefacts, slower. Tests hold both to each other (decision 082).
"""

from __future__ import annotations

import logging
from typing import (
    Any,
    Protocol,
)

try:
    import rjieba
except ImportError:
    rjieba = None  # type: ignore[assignment]  # the machine has no wheel

log = logging.getLogger(__name__)


class Segmenter(Protocol):
    """What cuts; all of it deterministic, and `add_word` before the first cut only."""

    def add_word(
        self,
        word: str,
        frequency: int,
        tag: str,
    ) -> None:
        """Put a word into the dictionary, or give it another frequency and tag."""

    def cut_text(self, text: str) -> list[str]:
        """The pieces of a text in order; together they are the text, which holds no Latin letters."""

    def has_word(self, word: str) -> bool:
        """Whether the dictionary has the word."""

    def frequency_for(self, word: str) -> int:
        """How frequent a word has to be in the dictionary so that it stays whole where it stands alone."""

    def part_of_speech(self, word: str) -> str:
        """The tag of a word that stays whole when it is cut, else "". A word that is in no dictionary is tagged by a
        guess, which is each one's own. It chooses what is shown to people, and weighs nothing.
        """


class CompiledSegmenter:
    """jieba-rs. The first of a process takes the dictionary that the import made; further ones make their own (.4 s).

    Words can be added to a dictionary and not taken out again, so each edition of the word lists has one of its own.
    """

    _is_taken = False

    def __init__(self) -> None:
        self._jieba: Any = rjieba
        if CompiledSegmenter._is_taken:
            self._jieba = rjieba.Jieba()
        CompiledSegmenter._is_taken = True

    def add_word(
        self,
        word: str,
        frequency: int,
        tag: str,
    ) -> None:
        """See Segmenter."""
        self._jieba.add_word(word, frequency, tag)

    def cut_text(self, text: str) -> list[str]:
        """See Segmenter."""
        found: list[str] = self._jieba.cut(text)
        return found

    def has_word(self, word: str) -> bool:
        """See Segmenter."""
        return bool(self._jieba.has_word(word))

    def frequency_for(self, word: str) -> int:
        """See Segmenter."""
        return int(self._jieba.suggest_freq(word))

    def part_of_speech(self, word: str) -> str:
        """See Segmenter."""
        tagged = self._jieba.tag(word)
        return str(tagged[0][1]) if len(tagged) == 1 else ""


class PlainSegmenter:
    """jieba itself: an instance of its own, without the cache file that jieba lays into the temporary folder.

    Anyone who may write there could lay another dictionary into our way; reading the dictionary takes a second.
    """

    def __init__(self) -> None:
        # Imported where it is used: it takes memory and a second, and most machines have the twin.
        import jieba.posseg

        self._jieba: Any = jieba.Tokenizer()
        frequencies, total = self._jieba.gen_pfdict(self._jieba.get_dict_file())
        self._jieba.FREQ = frequencies
        self._jieba.total = total
        self._jieba.initialized = True
        self._tagger: Any = jieba.posseg.POSTokenizer(self._jieba)

    def add_word(
        self,
        word: str,
        frequency: int,
        tag: str,
    ) -> None:
        """See Segmenter."""
        # Without the tag: the twin leaves words that have one the one they have.
        self._jieba.add_word(word, frequency)
        self._tagger.word_tag_tab.setdefault(word, tag)

    def cut_text(self, text: str) -> list[str]:
        """See Segmenter."""
        found: list[str] = self._jieba.lcut(text)
        return found

    def has_word(self, word: str) -> bool:
        """See Segmenter."""
        # The beginnings of words stand there too, with the frequency 0.
        return bool(self._jieba.FREQ.get(word))

    def frequency_for(self, word: str) -> int:
        """See Segmenter."""
        return int(self._jieba.suggest_freq(word))

    def part_of_speech(self, word: str) -> str:
        """See Segmenter."""
        if self.cut_text(word) != [word]:
            return ""
        tag = self._tagger.word_tag_tab.get(word)
        if tag is not None:
            return str(tag)
        # No word of the dictionary: by the model of characters, as a whole or not at all.
        guessed = self._tagger.lcut(word)
        return str(guessed[0].flag) if len(guessed) == 1 else ""


def make_segmenter() -> Segmenter:
    """The compiled twin where it can be imported, else jieba itself, which is said in the log."""
    if rjieba is not None:
        return CompiledSegmenter()
    log.warning(
        "rjieba cannot be imported on this machine: jieba itself cuts, which gives the same words and takes longer"
    )
    return PlainSegmenter()
