"""What the lines of a version mean: read, refused by line, and laid over the shipped list. No database and no web.

Which words a chain has is given by the caller: no word of a trade is written here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from matching import lexicon
from matching import text as words_of

MAX_LINES = 2000  # of one version; more belong in the program
MAX_CHARACTERS = 200_000
MAX_WORD = 30  # characters; the longest shipped one has 23
MAX_STOP = 10  # a longer one is a sentence
MAX_GROUP = 12  # words of a group: search looks for six of them beside the reader's own
MAX_FREQUENCY = 100_000
DEFAULT_TAG = "n"
# Tags of jieba's dictionary that a term may have.
TAGS = re.compile(r"[a-z]{1,3}")
BETWEEN = re.compile(r"\s*[,，、]\s*")
# What the cutter's dictionary parts its columns by, and search its words.
BLANK = re.compile(r"\s")
# The kinds of which the program ships a file; dictionaries are shipped by `dictionary_lines`.
SHIPPED = {
    "synonyms": lexicon.SYNONYMS,
    "terms": lexicon.TERMS,
    "stop_words": lexicon.STOP_WORDS,
}


@dataclass(frozen=True)
class Line:
    """One line as somebody wrote it.

    Attributes:
        number: from 1, as the box shows it.
        text: without blanks at both ends.
    """

    number: int
    text: str


def lines_of(text: str) -> list[Line]:
    """The lines of a box that say something; a line that begins with # is a remark."""
    lines = []
    # By the number in the box, with remarks and blank lines, so that a reader finds the line.
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            lines.append(Line(number, stripped))
    return lines


def fingerprint_of(added: str, removed: str) -> str:
    """SHA-256 of what a version adds and takes out, whatever remarks and blank lines stand between."""
    digest = sha256()
    for text in (added, removed):
        for line in lines_of(text):
            digest.update(line.text.encode("utf-8", "replace") + b"\n")
        # What moved from one box to the other is another version.
        digest.update(b"\0")
    return digest.hexdigest()


def shipped_lines(kind: str) -> tuple[str, ...]:
    """The lines of the list that comes with the program."""
    return lexicon.lexicon_lines(SHIPPED[kind])


def words_in(kind: str, line: str) -> tuple[str, ...]:
    """The words of a line, normalised: a group has several, other lines one."""
    if kind == "synonyms":
        return tuple(words_of.normalise(form) for form in BETWEEN.split(line) if form)
    # The frequency and the tag of a term are no words; a stop word has no blank in it.
    return (words_of.normalise(line.split(" ")[0]),)


def laid_over(kind: str, added: str, removed: str) -> list[str]:
    """The shipped list without what is taken out, then what is added, as `WordLists` takes it."""
    # As sets: the order of the words in a group is how people wrote it.
    gone = {frozenset(words_in(kind, line.text)) for line in lines_of(removed)}
    lines = []
    for line in shipped_lines(kind):
        if frozenset(words_in(kind, line)) not in gone:
            lines.append(line)
    lines.extend(_canonical(kind, line.text) for line in lines_of(added))
    return lines


def changed_words(kind: str, added: str, removed: str) -> list[str]:
    """Every word that a version adds or takes out, normalised, each once, in order."""
    words: dict[str, None] = {}
    for text in (added, removed):
        for line in lines_of(text):
            # In order and once each, so that the same draft explains its moves by the same words.
            words.update(dict.fromkeys(words_in(kind, line.text)))
    return list(words)


def with_frequencies(added: str) -> str:
    """New terms, each with how frequent it has to be so that it is cut as one word; what people wrote stays.

    Written down once when it is saved: computed at each use it would depend on what the dictionary is at that moment.
    """
    lines = []
    for line in added.splitlines():
        word, *rest = line.split() or [""]
        normal = words_of.normalise(word)
        # A frequency that somebody wrote is their decision.
        if rest or not normal or word.startswith("#"):
            lines.append(line)
        elif all(map(words_of.is_han, normal)):
            lines.append(f"{word} {min(words_of.frequency_for(normal), MAX_FREQUENCY)}")
        else:
            # Latin letters are cut by their form, not by a dictionary.
            lines.append(f"{word} 1")
    return "\n".join(lines)


def _canonical(kind: str, line: str) -> str:
    """A line as the lists are written: commas between the words of a group, a term with frequency and tag."""
    if kind == "synonyms":
        return ",".join(form for form in BETWEEN.split(line) if form)
    if kind == "stop_words":
        return line
    word, *rest = line.split()
    frequency = rest[0] if rest else "1"
    tag = rest[1] if len(rest) > 1 else DEFAULT_TAG
    return f"{word} {frequency} {tag}"


class Checking:
    """What is wrong with a version, line by line.

    Args:
        kind: which list it is of.
        added, removed: the two boxes.
        others: kind → the lines in force of the other two lists.
        chain_words: what the industry chains are called, whole and in words, normalised.
    """

    def __init__(
        self,
        kind: str,
        added: str,
        removed: str,
        *,
        others: Mapping[str, Sequence[str]],
        chain_words: Collection[str],
    ) -> None:
        self.kind = kind
        self.added = lines_of(added)
        self.removed = lines_of(removed)
        self._size = len(added) + len(removed)
        self._others = others
        self._chain_words = chain_words

    def problems(self) -> dict[str, list[str]]:
        """Box → what is wrong, each with its line and what to do; empty where nothing is."""
        found: dict[str, list[str]] = {}
        if added := list(self._added_problems()):
            found["added"] = added
        if removed := list(self._removed_problems()):
            found["removed"] = removed
        return found

    def _added_problems(self) -> Iterator[str]:
        if len(self.added) > MAX_LINES or self._size > MAX_CHARACTERS:
            yield (
                f"最多 {MAX_LINES} 行、{MAX_CHARACTERS // 10000} 万字，现在有 {len(self.added)} 行。"
                "请分几版，或请维护程序的人放进自带的词表。"
            )
            # With thousands of lines each check of one would only add to the list.
            return
        # Word → the line that has it first.
        seen: dict[str, int] = {}
        for line in self.added:
            yield from self._line_problems(line)
            for word in dict.fromkeys(words_in(self.kind, line.text)):
                first = seen.setdefault(word, line.number)
                # The first line stays right, the second one is named.
                if first != line.number:
                    yield _at(line, self._twice(word, first))
                elif word in self._standing:
                    yield _at(line, self._already(word))

    def _removed_problems(self) -> Iterator[str]:
        shipped = {
            frozenset(words_in(self.kind, line)) for line in shipped_lines(self.kind)
        }
        for line in self.removed:
            if frozenset(words_in(self.kind, line.text)) not in shipped:
                yield _at(
                    line,
                    f"自带的词表里没有「{_short(line.text)}」。请从自带的词表里原样复制一行。",
                )

    @cached_property
    def _standing(self) -> dict[str, str]:
        """Word → the shipped line that it stands in and goes on standing in."""
        # What is taken out in the same version may be written again: that is how a group is changed.
        gone = {frozenset(words_in(self.kind, line.text)) for line in self.removed}
        standing: dict[str, str] = {}
        for line in shipped_lines(self.kind):
            words = words_in(self.kind, line)
            if frozenset(words) not in gone:
                standing.update(dict.fromkeys(words, line))
        return standing

    def _twice(self, word: str, first: int) -> str:
        if self.kind == "synonyms":
            return f"「{word}」在第 {first} 行的一组里已经有了。一个词只能在一组里，请把两组合成一行。"
        return f"「{word}」和第 {first} 行重复，请删去一行。"

    def _already(self, word: str) -> str:
        if self.kind == "synonyms":
            line = self._standing[word]
            return (
                f"「{word}」已经在自带的一组「{_short(line)}」里。"
                "要改这一组：把它原样写进「去掉」，再在这里写完整的一组。"
            )
        if self.kind == "terms":
            return f"「{word}」自带的词表里已经有了。只要改词频时，先把它写进「去掉」。"
        return f"「{word}」自带的词表里已经有了，请删去这一行。"

    def _line_problems(self, line: Line) -> Iterator[str]:
        if self.kind == "synonyms":
            yield from self._group_problems(line)
        elif self.kind == "terms":
            yield from self._term_problems(line)
        else:
            yield from self._stop_problems(line)

    def _group_problems(self, line: Line) -> Iterator[str]:
        forms = [form for form in BETWEEN.split(line.text) if form]
        if len(set(map(words_of.normalise, forms))) < 2:
            # A group of one word says nothing; two that fold to one are one.
            yield _at(line, "一组至少要有两个不同的词，中间用逗号隔开。")
        if len(forms) > MAX_GROUP:
            yield _at(
                line,
                f"一组最多 {MAX_GROUP} 个词，现在有 {len(forms)} 个，请分开或减少。",
            )
        for form in forms:
            yield from _word_problems(line, form)
            if form.isascii() and len(form) <= lexicon.SHORT_LATIN:
                # Not refused: search uses it. Only the matcher leaves it out, and shipped groups have some.
                continue
            if words_of.normalise(form) in self._other_words("stop_words"):
                yield _at(
                    line,
                    f"「{form}」是停用词，不参加比较。先在停用词里去掉它，或换一个词。",
                )

    def _term_problems(self, line: Line) -> Iterator[str]:
        word, *rest = line.text.split()
        yield from _word_problems(line, word)
        if len(rest) > 2 or (rest and not _is_frequency(rest[0])):
            yield _at(
                line,
                f"写成「词」或「词 词频」，词频是 1 到 {MAX_FREQUENCY} 的整数；词里不能有空格。",
            )
        elif len(rest) == 2 and not TAGS.fullmatch(rest[1]):
            yield _at(line, "词性用一到三个小写字母，如 n（名词）、vn（动名词）。")
        # Single characters are in every text and would take longer words apart.
        if len(words_of.normalise(word)) < 2:
            yield _at(line, f"「{word}」只有一个字，单字不作专业词。")
        if words_of.normalise(word) in self._other_words("stop_words"):
            yield _at(line, f"「{word}」是停用词。先在停用词里去掉它，再作专业词。")

    def _stop_problems(self, line: Line) -> Iterator[str]:
        word = line.text
        if BLANK.search(word) or len(BETWEEN.split(word)) > 1:
            yield _at(line, "一行写一个停用词，中间不能有空格和逗号。")
            return
        yield from _word_problems(line, word, most=MAX_STOP)
        normal = words_of.normalise(word)
        if normal in self._chain_words:
            yield _at(
                line,
                f"「{word}」是产业链名称里的词，停用后这条产业链就比不出来了。请删去这一行。",
            )
        # A term that is a stop word would be dropped again right after it was cut.
        elif normal in self._other_words("terms"):
            yield _at(line, f"「{word}」是专业词。先在专业词里去掉它，再作停用词。")
        elif normal in self._other_words("synonyms"):
            yield _at(
                line, f"「{word}」在一组同义词里。先在同义词里去掉它，再作停用词。"
            )

    def _other_words(self, kind: str) -> Collection[str]:
        return self._words_by_kind[kind]

    # Once a draft: for each line the other lists would be read through again.
    @cached_property
    def _words_by_kind(self) -> dict[str, set[str]]:
        words: dict[str, set[str]] = {}
        for kind, lines in self._others.items():
            words[kind] = set()
            for line in lines:
                words[kind].update(words_in(kind, line))
        return words


def _word_problems(line: Line, word: str, most: int = MAX_WORD) -> Iterator[str]:
    """What no word may be, whatever list it is for."""
    if len(word) > most:
        yield _at(line, f"「{_short(word)}」有 {len(word)} 个字，最多 {most} 个。")
        return
    odd = sorted({c for c in word if _is_never_in_text(c)})
    # By their codes, since nobody can see them.
    if odd:
        codes = "、".join(f"U+{ord(character):04X}" for character in odd)
        yield _at(
            line, f"有看不见或不能用的字符（{codes}），没有文本会含有它。请删去重打。"
        )
    elif not any(map(str.isalnum, word)):
        yield _at(line, f"「{_short(word)}」没有字母、汉字或数字，没有文本会按它来找。")
    elif words_of.plain_text(word) != words_of.normalise(word):
        # Markup and the like is taken out of every text before it is cut, so such a word would never be met.
        yield _at(
            line, f"「{_short(word)}」里的符号在文本里会被去掉或改写，请只写词本身。"
        )


def _is_never_in_text(character: str) -> bool:
    """Whether a character is taken out of every text: controls, format characters, private use, surrogates."""
    category = unicodedata.category(character)
    # Category C is what is taken out before a text is cut: controls, formats, private use, surrogates.
    return category.startswith("C") or words_of.drop_unseen(character) == ""


def _is_frequency(text: str) -> bool:
    # A number of a thousand figures is cut before it is read: nine are beyond the limit already.
    return text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_FREQUENCY


def _at(line: Line, problem: str) -> str:
    return f"第 {line.number} 行：{problem}"


def _short(text: str) -> str:
    return text if len(text) <= MAX_WORD else f"{text[:MAX_WORD]}…"
