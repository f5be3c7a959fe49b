"""THE definition of a word: cutting with our lexicon, sub-terms, Latin and grade tokens, terms of mixed script.
Not here: which words carry content (word_classes), what they weigh (index), how a search query is built (search).
"""

from __future__ import annotations

import re
from collections.abc import (
    Callable,
    Iterator,
    Sequence,
)
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

from matching.folding import (
    EITHER,
    drop_unseen,
    keeps_offsets,
    normalise,
    normalise_all,
    original_offsets,
)
from matching.latin_tokens import (
    HAN,
    LATIN,
    STAND_INS,
    is_han,
    mark_texts,
    replace_latin,
)
from matching.lexicon import (
    IN_USE,
    WordLists,
    lexicon_terms,
    remembered_with_lists,
    stop_words,
    use_lists,
    word_lists,
)
from matching.misread_text import FILLER
from matching.mixed_terms import mixed_terms_in
from matching.pasted_text import repair_text, repair_texts
from matching.quantities import (
    join_all_quantities,
    join_quantities,
    quantities_in,
)
from matching.segmenting import (
    Segmenter,
    make_segmenter,
)
from matching.word_classes import (
    GRADE,
    is_amount,
    is_content_term,
    is_quantity,
)

__all__ = [
    "EITHER",
    "HAN",
    "LATIN",
    "Piece",
    "Span",
    "Token",
    "WordLists",
    "analyze_piece",
    "cut_texts",
    "drop_unseen",
    "frequency_for",
    "in_dictionary",
    "is_han",
    "is_of_unit",
    "is_quantity",
    "join_quantities",
    "lexicon_terms",
    "mixed_terms_in",
    "names_a_thing",
    "normal_spans",
    "normalise",
    "part_of_speech",
    "piece_of",
    "plain_text",
    "plain_texts",
    "prepare_lists",
    "remembered_with_lists",
    "repair_text",
    "spans",
    "stop_words",
    "tokens",
    "use_lists",
    "word_lists",
    "words",
    "words_version",
]

# Raise when the code below would give other words; the word lists count by themselves.
RULES = "15"

# Wi-Fi, 7075-T6 are written WiFi and 7075T6 as well; 10-20 is a range.
_HYPHEN = re.compile(r"(?<=[^\W\d_])-(?=[^\W_])|(?<=\d)-(?=[^\W\d_])")
_HAN_RUN = re.compile(f"[{HAN}]+")
# Lone characters that make a word of the word of two characters before them.
_SUFFIXES = frozenset("机器仪剂率性法线板炉工者员盐硅铝钠铁氢油浆斑")

# What stands before a word of two characters and is none of its parts.
_BEFORE_A_WORD = "新旧主副大小中微厚薄裸单双多冷热高低长短粗细宽窄重轻快慢软硬湿干铜铝铁钢木竹内外前后上下左右圆方"

# One answer cuts its query for the ranking, the reasons and the marks.
_RECENT_TEXTS = 32
# Pieces whose parts are remembered; then the table begins again.
_PIECES_REMEMBERED = 400_000


class Span(NamedTuple):
    """A word and its place: text[start:end] of the original text, in the original letters."""

    word: str
    start: int
    end: int


class Piece(NamedTuple):
    """What a piece consists of, wherever it occurs.

    Attributes:
        parts: (offset, word) of the piece itself and its sub-terms, itself first.
        is_stop: whether the piece carries no content.
        content: the parts that carry content; none of a stop word.
    """

    parts: tuple[tuple[int, str], ...]
    is_stop: bool
    content: tuple[tuple[int, str], ...]


class Token(NamedTuple):
    """A piece of a normalised text at its place; `start` in characters, the rest as in Piece."""

    word: str
    start: int
    parts: tuple[tuple[int, str], ...]
    is_stop: bool
    content: tuple[tuple[int, str], ...]


def words(
    text: str,
    *,
    stop: bool = False,
) -> list[str]:
    """The words of a text in reading order, each followed by its sub-terms, terms of mixed script last.

    Args:
        text: as written.
        stop: leave out what carries no content: stop words, single characters, figures and quantities.

    Returns:
        the same words that spans() gives; deterministic.
    """
    norm = plain_text(text)
    texts: list[str] = []
    for token in tokens(norm):
        parts = token.content if stop else token.parts
        texts.extend(word for _, word in parts)
    texts.extend(word for _, word in mixed_terms_in(norm))
    if not stop:
        texts.extend(span.word for span in inner_quantities(norm))
    return texts


def spans(
    text: str,
    *,
    stop: bool = False,
) -> list[Span]:
    """The places of the words of a text, ordered by start, longer ones first.

    Args:
        text: as written.
        stop: as in words().

    Returns:
        spans with offsets in the original text, also where normalising changes lengths (ﬁ, ㎡, ㌔).
    """
    repaired = join_quantities(repair_text(text))
    norm = normalise(repaired)
    normal = normal_spans(norm, stop=stop)
    # Repairs keep every character in its place, so places in the repaired text are those of the original.
    if keeps_offsets(repaired):
        return normal
    starts, ends = original_offsets(repaired)
    placed = []
    for span in normal:
        end = ends[span.end - 1]
        # The rest of a unit that is written with more characters than its sign: 40摄氏度.
        while repaired[end : end + 1] == FILLER and is_of_unit(text[end]):
            end += 1
        placed.append(Span(span.word, starts[span.start], end))
    return placed


def is_of_unit(character: str) -> bool:
    """Whether a character may belong to a spelled unit: letters and what joins them, no blank and no markup."""
    return character.isalnum() or character in "/()°²³"


def plain_text(text: str) -> str:
    """A text as it is cut and compared: repaired (pasted_text), figures with their units (quantities), folded."""
    return plain_texts([text])[0]


def plain_texts(texts: Sequence[str]) -> list[str]:
    """plain_text() of each of some texts, in fewer steps."""
    return normalise_all(join_all_quantities(repair_texts(texts)))


def normal_spans(
    norm: str,
    *,
    stop: bool = False,
) -> list[Span]:
    """spans() for a text that is normalised already, with offsets in it."""
    results: list[Span] = []
    for token in tokens(norm):
        parts = token.content if stop else token.parts
        for offset, word in parts:
            start = token.start + offset
            end = start + len(word)
            # 7075t6 is a part of 7075-t6, and takes all of it.
            if norm[start:end] != word:
                end = token.start + len(token.word)
            results.append(Span(word, start, end))
    for start, word in mixed_terms_in(norm):
        results.append(Span(word, start, start + len(word)))
    if not stop:
        results.extend(inner_quantities(norm))
    results.sort(key=lambda span: (span.start, -span.end))
    return results


def inner_quantities(norm: str) -> list[Span]:
    """The quantities of a normalised text that are no tokens: φ20mm holds 20mm, 10-20mpa holds 10mpa and 20mpa."""
    quantities = {
        Span(word, start, end): None for start, end, word in quantities_in(norm)
    }
    if quantities:
        for token in tokens(norm):
            end = token.start + len(token.word)
            quantities.pop(Span(token.word, token.start, end), None)
    return list(quantities)


def tokens(norm: str) -> tuple[Token, ...]:
    """The tokens of a normalised text from left to right; between two tokens is no letter and no figure."""
    return cutter().recent_tokens(norm)


def _all_tokens(norm: str) -> tuple[Token, ...]:
    return tuple(_tokens(norm))


def _tokens(norm: str) -> Iterator[Token]:
    # One stand-in serves for all: tokens come back in the order they were replaced.
    latin: list[str] = []

    def stand_in(match: re.Match[str]) -> str:
        latin.append(match.group())
        return chr(STAND_INS[0].start)

    def replace(text: str, start: int, end: int) -> str:
        return replace_latin(text[start:end], stand_in)

    following = iter(latin)
    start = 0
    for cut in cut_texts([norm], replace):
        if cut[0] == chr(STAND_INS[0].start):
            word = next(following)
            end = start + len(word)
            piece = piece_of(word, amount=is_amount(norm, start, end))
            yield Token(word, start, *piece)
        else:
            end = start + len(cut)
            if is_han(cut):
                yield Token(cut, start, *piece_of(cut))
        start = end


def cut_texts(
    norms: Sequence[str], replace: Callable[[str, int, int], str]
) -> list[str]:
    """Cut normalised texts in one call, which is an order of magnitude faster than run by run.

    Args:
        norms, replace: as of latin_tokens.mark_texts().

    Returns:
        the pieces of all texts in order, TEXT_END between two texts: words of Han characters, replaced Latin tokens,
        and everything else character by character. Together they are as long as the texts with the tokens replaced.
    """
    return cutter().cut(mark_texts(norms, replace))


def piece_of(
    word: str,
    *,
    amount: bool = False,
) -> Piece:
    """What a piece consists of; `amount`: where it occurs its figures are an amount, so it carries no content."""
    piece = cutter().piece(word)
    return Piece(piece.parts, True, ()) if amount else piece


def analyze_piece(word: str, *, amount: bool = False) -> Piece:
    """What piece_of() gives, for who remembers it by themselves."""
    piece = cutter().analyze(word)
    return Piece(piece.parts, True, ()) if amount else piece


def names_a_thing(word: str) -> bool:
    """Whether a word is a term of the lexicon, a noun or Latin letters; not so verbs, figures and most odd pieces."""
    if not is_han(word):
        return any(c.isalpha() for c in word)
    return word in lexicon_terms() or part_of_speech(word).startswith("n")


def part_of_speech(word: str) -> str:
    """The tag that jieba's dictionary has for a word of Han characters; "" where it would be cut further."""
    return cutter().part_of_speech(word)


def in_dictionary(word: str) -> bool:
    """Whether a piece of Han characters is a word by itself, of the lexicon or of jieba's dictionary."""
    return cutter().segmenter.has_word(word)


def frequency_for(word: str) -> int:
    """How frequent a normalised word of Han characters has to be in the cutter's dictionary so that it stays whole."""
    return max(1, cutter().segmenter.frequency_for(word))


class Cutter:
    """jieba or its compiled twin, with our lexicon, and what pieces consist of.

    Args:
        segmenter: cuts Han characters; it gets our terms, so no other cutter may have it.
        lists: the word lists; None: those in use.

    Attributes:
        segmenter: the same.
        recent_tokens: `tokens`, remembered for the last few texts.
    """

    def __init__(self, segmenter: Segmenter, lists: WordLists | None = None) -> None:
        lists = lists or word_lists()
        self.segmenter = segmenter
        self._terms = lists.terms
        self._pieces: dict[str, Piece] = {}
        # With the cutter, so that nothing that another one cut is an answer of this one.
        self.recent_tokens = lru_cache(_RECENT_TEXTS)(_all_tokens)
        for line in lists.term_lines:
            term, frequency, tag = line.split(" ")
            # Folded as the texts are in which it is looked for.
            word = normalise(term)
            if _HAN_RUN.fullmatch(word):
                segmenter.add_word(word, int(frequency), tag)

    def cut(self, text: str) -> list[str]:
        """The pieces of a text in order; together they are the text."""
        return self.segmenter.cut_text(text)

    def part_of_speech(self, word: str) -> str:
        """The tag of a word in jieba's dictionary; "" where the tagger cuts it further."""
        return self.segmenter.part_of_speech(word)

    def piece(self, word: str) -> Piece:
        """The parts of a piece, remembered."""
        known = self._pieces.get(word)
        if known is None:
            if len(self._pieces) >= _PIECES_REMEMBERED:
                self._pieces.clear()
            known = self._pieces[word] = self.analyze(word)
        return known

    def analyze(self, word: str) -> Piece:
        """The parts of a piece, found each time."""
        # Sub-terms were worth +.022 ± .007 NDCG@10: 轴承保持架 must meet 保持架.
        sub_terms = self._han_parts(word) if is_han(word) else _latin_parts(word)
        parts = ((0, word), *sub_terms)
        if not is_content_term(word):
            return Piece(parts, True, ())
        if not sub_terms:
            return Piece(parts, False, parts)
        content = [part for part in sub_terms if is_content_term(part[1])]
        return Piece(parts, False, ((0, word), *content))

    def _han_parts(self, word: str) -> list[tuple[int, str]]:
        parts: list[tuple[int, str]] = []
        if len(word) <= 2:
            return parts
        for start, part in candidate_parts(word):
            if self._is_part(part):
                parts.append((start, part))
        size = len(word)
        starts = [start for start, _ in parts]
        # 注塑|机, 成功|率, 空压|机: 塑机, 功率 and 压机 are none of their parts; 微|电机 and 铜|导线 have such.
        has_suffix = size == 3 and word[2] in _SUFFIXES and starts[-1:] == [1]
        if has_suffix and (len(starts) > 1 or word[0] not in _BEFORE_A_WORD):
            parts.pop()
        joints = _joints(size, parts)
        return [part for part in parts if not _spans_joint(part, joints)]

    def _is_part(self, part: str) -> bool:
        # jieba's cut_for_search looks up parts of two characters, and of three in words of more.
        if len(part) <= 3 and self.segmenter.has_word(part):
            return True
        return part in self._terms


def candidate_parts(word: str) -> Iterator[tuple[int, str]]:
    """What is looked up to find the parts of a Han word: (offset, part), longer ones first.

    No part is longer than the longest term, so the work grows with the length of the word and not with its cube:
    jieba's model for unknown words may give thousands of characters as one word.
    """
    size = len(word)
    # The words of two and three characters consist of no terms, only of words of jieba.
    longest = min(size - 1, 2 if size <= 3 else longest_term())
    for start in range(size - 1):
        for length in range(min(size - start, longest), 1, -1):
            yield start, word[start : start + length]


def _joints(
    size: int,
    parts: list[tuple[int, str]],
) -> set[int]:
    """Where a word of `size` characters falls into two of its parts: 轴承|保持架, so that 承保 is no part."""
    heads = {len(part) for start, part in parts if start == 0}
    tails = {start for start, part in parts if start + len(part) == size}
    both = heads & tails
    return both if len(both) == 1 else set()


def _spans_joint(
    part: tuple[int, str],
    joints: set[int],
) -> bool:
    start, word = part
    return any(start < joint < start + len(word) for joint in joints)


def _latin_parts(word: str) -> list[tuple[int, str]]:
    """GPT-4 → gpt4, gpt; Al-Zn-Mg → alznmg, al, zn, mg: without hyphens, then the parts, figures only as grades."""
    # One piece, as nearly all are.
    if word.isalnum():
        return []
    pieces = [(m.start(), m.group()) for m in re.finditer(r"[^\W_]+", word)]
    # 5MW is no part of 1.5MW.
    if len(pieces) < 2 or is_quantity(word):
        return []
    parts: list[tuple[int, str]] = []
    joined = _HYPHEN.sub("", word)
    if joined != word:
        parts.append((0, joined))
    for at, part in pieces:
        if len(part) > 1 and (not part.isdigit() or GRADE.fullmatch(part)):
            parts.append((at, part))
    return parts


@remembered_with_lists()
def longest_term() -> int:
    """Characters of the longest term of the lexicon, and at least the three of jieba's parts."""
    return max(3, *map(len, lexicon_terms()))


_cutter_lock = Lock()


def cutter() -> Cutter:
    """What cuts in this process with the lists in use."""
    made: Cutter | None = IN_USE[0].cutter
    # The dictionary takes .2 s to read (jieba: 1 s), so it is made when a text is first cut, and once.
    return made if made is not None else prepare_lists(word_lists())


def prepare_lists(lists: WordLists) -> Cutter:
    """Make what cuts with some lists, before they are used, so that nobody waits for it.

    Args:
        lists: get the cutter, once.
    """
    with _cutter_lock:
        if lists.cutter is None:
            lists.cutter = Cutter(make_segmenter(), lists)
        made: Cutter = lists.cutter
        return made


def use_cutter(other: Cutter) -> None:
    """Have another one cut from now on: two that are made alike give the same words, which tests hold them to."""
    with _cutter_lock:
        word_lists().cutter = other


def words_version() -> str:
    """What an index is made with: another version means other words."""
    lists = word_lists()
    version = f"{RULES}-{lists.words_digest}"
    return f"{version}+{lists.edition}" if lists.edition else version
