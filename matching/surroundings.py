"""What a text says about who writes it and how to reach them, and not about a technology: greetings, contact details,
self-praise, dates of founding. And the sentence that names the trouble, which heads a text without a title.
Not here: how a stretch is judged (sentence_kinds), names (names), single words without content (word_classes).

A firm's description of 500 characters must be ranked as its gist is, so what any firm could say of itself weighs
nothing. Only whole sentences and clauses go: what is left out wrongly is lost, while what is left in wrongly weighs a
little (decisions 080, 149).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from matching.code_points import code_points_of, texts_of
from matching.lexicon import stop_words
from matching.names import without_names
from matching.sentence_kinds import learned_weights, matter_of

# Left in place of what goes: no word reaches over it, and every place stays what it was.
_BLANK = "\n"
_SENTENCE = re.compile(r"[^。！？；!?;\n]*[。！？；!?;\n]?")
_CLAUSE = re.compile("[^,，]*[,，]|[^,，]+")
# A sentence heads a text that speaks of a matter at least this part as much as the one that does most, or so much:
_MUCH = 0.5
_ENOUGH = 4.0
# and its clauses at both ends this part as much as the one of them that does most.
_LITTLE = 0.1
# A sentence that names a trouble or an aim heads a text without a title.
_TROUBLE = re.compile(
    r"难以|不足|不良|不稳|不均|不匀|不齐|不牢|不准|不耐|不能|不了|不够|不高|不合格|"
    r"不达标|达不到|无法|没法|超标|超差|偏差|偏大|偏高|偏低|过大|"
    r"过高|过低|太大|太高|太低|太慢|太多|太短|太差|裂|断|变形|磨损|脱落|漏|堵|腐蚀|锈|噪|异响|异音|杂音|振动|抖|跑偏|烧|"
    r"粘|起泡|气孔|缺陷|废品|次品|返工|报废|报警|停机|故障|失效|老化|"
    r"发黄|变色|结块|沉淀|浪费|污染|排放|效率低|成本高|能耗高|寿命短|损耗|"
    r"问题|难题|难点|困难|困扰|瓶颈|卡脖子|没办法|怎么|如何|能否|有没有|有什么|为什么|急需|求助|求购|"
    r"寻求|寻找|需解决|要解决|攻克|亟待|亟需|希望解决|希望开发|希望研发|"
    r"希望能|想要|想找|想把|替代进口|国产化"
)
_HAN = re.compile("[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[^\W_][\w.+#-]*[^\W_]|[^\W_]")


def cores_of(norms: Sequence[str]) -> list[str]:
    """Texts without what says nothing about a technology.

    Args:
        norms: folded, as `text.plain_texts` gives them.

    Returns:
        of the same lengths, line feeds in place of what went; a text itself where nothing would be left of it.
    """
    left, empty = _blanked(norms)
    # Nothing but surroundings: better weighed as it is than not at all.
    for place in empty:
        left[place] = norms[place]
    return left


def core_of(norm: str) -> str:
    """One text without what says nothing about a technology: cores_of()."""
    return cores_of([norm])[0]


def speaks_of_no_matter(norm: str) -> bool:
    """Whether a folded text has nothing but surroundings: praise of a firm, a letter of thanks."""
    return bool(_blanked([norm])[1])


def _blanked(norms: Sequence[str]) -> tuple[list[str], list[int]]:
    """Texts with line feeds over what surrounds a matter, and the places of those that have nothing else."""
    codes, ends = code_points_of(norms)
    cores = code_points_of(without_names(norms))[0].copy()
    has_han = learned_weights().blank_surroundings(codes, ends, cores)
    left = texts_of(cores, ends)
    without_han = np.flatnonzero(~has_han).tolist()
    return left, [n for n in without_han if not _says_anything(norms[n], left[n])]


def heading_of(core: str) -> str:
    """The sentence that names the trouble, else the first one that says something; "" where none does.

    Talk that stayed, as none of it is known well enough, heads no text: neither sentences that speak far less of a
    matter than others do, nor clauses around those that speak of one.

    Args:
        core: as core_of() gives it.
    """
    found = [found.group().strip(_BLANK) for found in _SENTENCE.finditer(core)]
    matter_by_sentence = {
        sentence: matter_of(sentence) for sentence in filter(_says_something, found)
    }
    for sentence, matter in matter_by_sentence.items():
        if matter > 0 and _TROUBLE.search(sentence):
            return _of_matters(sentence)
    most = max(matter_by_sentence.values(), default=0.0)
    least = min(_MUCH * most, _ENOUGH)
    for sentence, matter in matter_by_sentence.items():
        if matter >= least > 0:
            return _of_matters(sentence)
    sentences = list(matter_by_sentence)
    troubles = filter(_TROUBLE.search, sentences)
    return next(troubles, next(iter(sentences), ""))


def _of_matters(sentence: str) -> str:
    """A sentence from the first of its clauses that speaks of a matter to the last one."""
    clauses = _CLAUSE.findall(sentence)
    matters = list(map(matter_of, clauses))
    least = _LITTLE * max(matters, default=0.0)
    speaking = [n for n, matter in enumerate(matters) if matter >= least]
    if not speaking:
        return sentence
    return "".join(clauses[speaking[0] : speaking[-1] + 1]).strip(_BLANK)


def _says_something(text: str) -> bool:
    """Whether a sentence has a word, and is none of English that mostly joins words or greets."""
    if _HAN.search(text):
        return True
    words = _LATIN_WORD.findall(text)
    telling = [word for word in words if word not in stop_words()]
    return bool(telling) and 2 * len(telling) >= len(words)


def _says_anything(norm: str, core: str) -> bool:
    """Whether any sentence of a text says something, by what is left of it."""
    sentences = _SENTENCE.finditer(norm)
    return any(_says_something(core[slice(*found.span())]) for found in sentences)
