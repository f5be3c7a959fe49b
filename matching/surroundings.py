"""What a text says about who writes it and how to reach them, and not about a technology: greetings, contact details,
self-praise, dates of founding. And the sentence that names the trouble, which heads a text without a title.
Not here: single words without content (word_classes), folding (folding).

A firm's description of 500 characters must be ranked as its gist is, so what any firm could say of itself weighs
nothing. Only whole sentences and clauses go, each by a cue that speaks of the writer, and none that names a trouble:
what is left out wrongly is lost, while what is left in wrongly weighs a little (decision 080).
"""

from __future__ import annotations

import re
from functools import cache

from matching.cues import (
    BUSINESS,
    COURTESY,
    LABELLED,
    NAMED_TROUBLE,
    NO_TROUBLE,
    OF_MATTER,
    OF_THINGS,
    PRAISE,
    TROUBLE,
    WRITER,
)
from matching.lexicon import (
    lexicon_lines,
    lexicon_terms,
    remembered_with_lists,
    stop_words,
    synonym_groups,
)
from matching.names import (
    SURNAMES,
    address_stretches,
    body_stretches,
    is_person,
    is_place,
    place_stretches,
    signature_stretches,
    without_labelled_people,
)
from matching.text import cut_plain, in_dictionary, is_han, part_of_speech, tokens
from matching.word_classes import is_content_term

# Left in place of what goes: no word reaches over it, and every place stays what it was.
_BLANK = "\n"
_AROUND_CLAUSE = ' \n\t，,、。！？；!?;:“”"'
_SENTENCE = re.compile(r"[^。！？；!?;\n]*[。！？；!?;\n]?")
# 1,350 is one figure.
_CLAUSE = re.compile(r"(?:[^，,]|(?<=\d),(?=\d{3}))*[，,]?")
# The number of a paper, SD20240098, and its year, 〔2026〕.
_CODE = re.compile(r"(?:19|20)\d{2}|[a-z]{0,6}[-/]?\d{6,}|[a-z]{1,4}-\d{4}-\d{2,}")
_OF_TOKENS = re.compile("[a-z0-9]")
# Parts of speech in the cutter's dictionary of words that join, count, point or tell when: adverbs, prepositions,
# conjunctions, pronouns, particles, time, numerals, measures, sides, exclamations, idioms.
_JOINING_TAGS = ("d", "p", "c", "r", "u", "t", "m", "q", "f", "y", "e", "i", "o", "z")
# Verbs, verbal nouns, adjectives and phrases of them.
_VERBAL_TAGS = ("v", "a", "b", "l", "s")
_REMEMBERED = 20_000
# Words of offices in a clause from which on one may be in no list.
_OFFICES = 2
# Characters of a clause that may say nothing; longer ones do so only by a cue of their own.
_LONGEST_CLAUSE = 60
_LONGEST_SENTENCE = 120
# Words of a sentence that may go without a cue.
_FEWEST_WORDS = 3
# Characters of things in a sentence that needs no cue: 带 in 带着一家人, 口 in 糊口.
_MOST_OF_THINGS = 3
# What follows the name of a road, a river or a district that is in no list: 青银|高速, 金水|大道.
_AFTER_PLACE_NAME = frozenset(
    [
        "高速",
        "国道",
        "省道",
        "大道",
        "大街",
        "路",
        "街",
        "街道",
        "镇",
        "乡",
        "村",
        "河",
        "工业园",
        "园区",
        "大厦",
        "小区",
        "社区",
        "广场",
    ]
)
# Places that are in no list: 沙镇, 闫庄村.
_PLACE_WORD = re.compile(r"[\u4e00-\u9fff]{1,3}(?:镇|乡|村|街道|社区|路)")
_HAN = re.compile("[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[^\W_][\w.+#-]*[^\W_]|[^\W_]")


def core_of(norm: str, *, thorough: bool = False) -> str:
    """A text without what says nothing about a technology.

    Args:
        norm: folded, as `text.plain_text` gives it.
        thorough: of a text without a title, as people paste it: every sentence is looked at that has the beginning of
            a word of offices. It takes three times as long, which a catalogue of listings would feel.

    Returns:
        of the same length, line feeds in place of what went; the text itself where nothing would be left of it.
    """
    unnamed = _without_names(norm)
    pieces = []
    for found in _SENTENCE.finditer(norm):
        # By the sentences of the text itself: blanks divide, and a name does not.
        sentence = unnamed[found.start() : found.end()]
        pieces.append(_core_of_sentence(sentence, thorough))
    # Nothing but surroundings: better weighed as it is than not at all.
    if not any(map(_says_something, pieces)):
        return norm
    return "".join(pieces)


def heading_of(core: str) -> str:
    """The sentence that names the trouble, else the first one that says something; "" where none does.

    Args:
        core: as core_of() gives it.
    """
    sentences = [found.group().strip(_BLANK) for found in _SENTENCE.finditer(core)]
    sentences = [sentence for sentence in sentences if _says_something(sentence)]
    # One with a thing before one without: what stayed of talk has none.
    of_things = [s for s in sentences if OF_THINGS.search(s) or OF_MATTER.search(s)]
    sentences = of_things or sentences
    for sentence in sentences:
        if TROUBLE.search(sentence):
            return sentence
    # A place by its short name, and talk without a cue, are no headings.
    telling = [sentence for sentence in sentences if not _says_nothing(sentence)]
    return next(iter(telling or sentences), "")


def _says_something(text: str) -> bool:
    """Whether a sentence has a word, and is none of English that mostly joins words or greets."""
    if _HAN.search(text):
        return True
    words = _LATIN_WORD.findall(text)
    telling = [word for word in words if word not in stop_words()]
    return bool(telling) and 2 * len(telling) >= len(words)


def _without_names(text: str) -> str:
    """A text with blanks in place of addresses, places, firms and institutions."""
    for start, end in [*address_stretches(text), *signature_stretches(text)]:
        text = text[:start] + _BLANK * (end - start) + text[end:]
    for start, end in [*place_stretches(text), *body_stretches(text)]:
        text = text[:start] + _BLANK * (end - start) + text[end:]
    return text


def _core_of_sentence(sentence: str, thorough: bool) -> str:
    """A sentence with blanks in place of the clauses that are surroundings.

    Args:
        sentence: with blanks in place of names.
        thorough: as of core_of().
    """
    if _names_nothing(sentence):
        return _BLANK * len(sentence)
    speaks_of_writer = PRAISE.search(sentence) or _speaks_of_writer(sentence, thorough)
    if not speaks_of_writer and _BLANK not in sentence.rstrip(_BLANK):
        return sentence
    # A trouble may stand in one sentence with the praise, the greeting and the telephone.
    clauses = [found.group() for found in _CLAUSE.finditer(sentence)]
    stay = []
    for number, clause in enumerate(clauses):
        may_go = speaks_of_writer or _BLANK in clause
        if clause and not (may_go and _is_surrounding(clause)):
            stay.append(number)
    # Most of them went: the others have the benefit of a doubt less.
    if stay and 3 * len(stay) <= len(list(filter(None, clauses))):
        stay = [number for number in stay if not _is_surrounding(clauses[number], 1)]
    kept = [_BLANK * len(clause) for clause in clauses]
    for number in stay:
        kept[number] = _without_lead(clauses[number])
    return "".join(kept)


def _names_nothing(sentence: str) -> bool:
    """Whether no word of a whole sentence names anything of a trade, so that it needs no cue to go."""
    # A look at its characters spares nearly every sentence of a technical text the cutting.
    if len(sentence) > _LONGEST_SENTENCE or OF_MATTER.search(sentence):
        return False
    if len(OF_THINGS.findall(sentence)) > _MOST_OF_THINGS:
        return False
    words = _words_of(sentence)
    if not all(map(_is_no_matter, words)):
        return _is_english_talk(sentence, words)
    # 超精: without a cue a word of no dictionary is no name, and a line of one word is a keyword unless it is listed.
    if not all(map(_is_known, words)):
        return False
    spoken = [word for word in words if word.isalnum()]
    if len(spoken) < _FEWEST_WORDS and not _words_of_surroundings().issuperset(spoken):
        return False
    return not _names_a_trouble(sentence, words)


def _is_known(word: str) -> bool:
    return not is_han(word) or in_dictionary(word) or _is_talk(word)


def _names_a_trouble(clause: str, words: list[str]) -> bool:
    """Whether a clause of talk names a trouble by more than its words of talk: 火烧眉毛 has 烧, and 买断 has 断."""
    clause = NO_TROUBLE.sub("", clause)
    if not NAMED_TROUBLE.search(clause):
        return False
    listed = _words_of_surroundings()
    for word in words:
        if len(word) > 1 and word in listed:
            clause = clause.replace(word, _BLANK)
    return NAMED_TROUBLE.search(clause) is not None


def _without_lead(clause: str) -> str:
    """A clause without what leads to it: 现将有关情况报告如下:."""
    lead, colon, _ = clause.partition(":")
    if not colon or not _is_surrounding(lead):
        return clause
    return _BLANK * (len(lead) + 1) + clause[len(lead) + 1 :]


def _speaks_of_writer(sentence: str, thorough: bool) -> bool:
    """Whether a sentence may speak of its writer: by a cue, by the beginning of a word of offices, or in English."""
    if WRITER.search(sentence) or not _HAN.search(sentence):
        return True
    if not thorough:
        return False
    pairs = map("".join, zip(sentence, sentence[1:], strict=False))
    return not _beginnings().isdisjoint(pairs)


@cache
def _words_of_offices() -> frozenset[str]:
    words = " ".join(lexicon_lines("surroundings.txt")).split()
    return frozenset(word for word in words if len(word) > 1)


@cache
def _beginnings() -> frozenset[str]:
    """The first two characters of the words of surroundings.txt."""
    return frozenset(word[:2] for word in _words_of_offices())


def _is_surrounding(clause: str, strange: int = 0) -> bool:
    """Whether a clause of a sentence about its writer says nothing else; `strange` as of _says_nothing()."""
    spoken = clause.strip(_AROUND_CLAUSE)
    is_cue = PRAISE.search(spoken) or COURTESY.match(spoken) or LABELLED.match(spoken)
    if is_cue and not TROUBLE.search(NO_TROUBLE.sub("", spoken)):
        return True
    return _says_nothing(spoken, strange)


def _says_nothing(clause: str, strange: int = 0) -> bool:
    """Whether no word of a clause names anything of a trade.

    Args:
        clause: of a normalised text.
        strange: words that may be in no list of talk, as long as they do not look like the name of a thing.
    """
    if len(clause) > _LONGEST_CLAUSE or OF_MATTER.search(clause):
        return False
    words = _words_of(without_labelled_people(clause, _BLANK))
    if _names_a_trouble(clause, words):
        return False
    others = _strange_words(words)
    if not others or _is_english_talk(clause, others):
        return True
    # One that is in no list, among words of offices: 热切 in 热切盼望各位专家.
    if not BUSINESS.search(clause):
        offices = _words_of_offices()
        strange = max(strange, sum(word in offices for word in words) >= _OFFICES)
    return len(others) <= strange and not any(map(_names_a_matter, others))


def _strange_words(words: list[str]) -> list[str]:
    """The words of a clause that are in no list of talk, without names by what is next to them: 李|春生, 青银|高速."""
    around = zip(["", *words], words, [*words[1:], ""], strict=False)
    return [
        word
        for before, word, following in around
        if not _is_no_matter(word)
        and following not in _AFTER_PLACE_NAME
        and not (before in SURNAMES and _may_be_given_name(word))
    ]


def _may_be_given_name(word: str) -> bool:
    return not in_dictionary(word) or part_of_speech(word).startswith("nr")


def _is_english_talk(clause: str, words: list[str]) -> bool:
    """Whether a clause is English and has no word but those of letters."""
    return not _HAN.search(clause) and _english_talk().issuperset(words)


@cache
def _english_talk() -> frozenset[str]:
    return frozenset(" ".join(lexicon_lines("english.txt")).split())


def _words_of(clause: str) -> list[str]:
    """The words of a clause or sentence, where it has figures or letters without those that are stop words."""
    if _OF_TOKENS.search(clause):
        # An amount is none where it stands, and a grade of steel elsewhere.
        found = tokens(clause)
        return [
            token.word for token in found if not token.is_stop or is_han(token.word)
        ]
    # Han characters alone need no tokens, which take three times as long.
    return cut_plain(clause)


def _names_a_matter(word: str) -> bool:
    """Whether a word that is in no list of talk may name a thing, as far as its characters tell."""
    if not is_han(word) or _is_of_trade(word):
        return True
    # 热切, 丰厚: no thing, whatever their characters.
    is_adjective = in_dictionary(word) and part_of_speech(word).startswith("a")
    return not is_adjective and OF_THINGS.search(word) is not None


@remembered_with_lists(_REMEMBERED)
def _is_no_matter(word: str) -> bool:
    """Whether a word is one of those by which a text speaks of its writer, joins words, counts, or is a name."""
    if not is_han(word):
        is_sign = not any(map(str.isalnum, word)) or _CODE.fullmatch(word) is not None
        return is_sign or _is_talk(word) or not is_content_term(word)
    if _is_talk(word):
        return True
    if _is_of_trade(word):
        return False
    is_known = in_dictionary(word)
    if is_known and _is_general(word):
        return True
    # 积极开展: a phrase of two words that name nothing.
    is_phrase = len(word) == 4 and not part_of_speech(word).startswith("n")
    if is_phrase and _is_no_matter(word[:2]) and _is_no_matter(word[2:]):
        return True
    if word in _technical_words():
        return False
    if 2 <= len(word) <= 3 and word[0] in SURNAMES:
        return not is_known or part_of_speech(word).startswith("nr")
    # 技术负责人, 副总经理, 慈溪人: two of them in one. Two single characters are no reason: 滚轮, 绝缘.
    if is_known and len(word) == 2:
        return False
    places = range(1, len(word))
    return any(_is_talk(word[:at]) and _is_talk(word[at:]) for at in places)


def _is_of_trade(word: str) -> bool:
    return word in lexicon_terms() or word in synonym_groups()


def _is_general(word: str) -> bool:
    """Whether a word of the dictionary joins, counts or points, or is a verb or adjective of no trade."""
    tag = part_of_speech(word)
    if tag.startswith(_JOINING_TAGS):
        return word not in _technical_words()
    # Nouns are listed (general.txt): most of them name a thing.
    is_verbal = tag.startswith(_VERBAL_TAGS) and len(word) > 1
    return is_verbal and word not in _technical_words() and not OF_THINGS.search(word)


@cache
def _technical_words() -> frozenset[str]:
    return frozenset(" ".join(lexicon_lines("technical.txt")).split())


def _is_talk(word: str) -> bool:
    if word in _words_of_surroundings() or word in stop_words() or is_place(word):
        return True
    if is_person(word):
        return True
    if _PLACE_WORD.fullmatch(word):
        return True
    return len(word) > 1 and not is_content_term(word)


@cache
def _words_of_surroundings() -> frozenset[str]:
    lines: list[str] = []
    for name in ("surroundings.txt", "talk.txt", "everyday.txt", "general.txt"):
        lines.extend(lexicon_lines(name))
    return frozenset(" ".join(lines).split())
