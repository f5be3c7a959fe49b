"""Which words of a text may be shown to people, and which of them name a thing, a process or a fault.
Not here: which words carry content for the score (word_classes), which of them the catalogue has (query_explainer).

A word that is shown begins and ends where words do, so pieces that the cutter's model for unknown words makes up are
never shown unless they are built as names of faults and foreign names are. Names of people, places and firms, and what
people say to each other, are neither weighed words nor missing ones to a reader.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from matching import text as words_of
from matching.lexicon import lexicon_lines
from matching.text import Span

# A firm by its full name, and a person by what they are called: 联系人王建国, 李工.
_FIRM = re.compile(
    r"[\u4e00-\u9fff（()）·]{2,20}(?:有限责任公司|股份有限公司|有限公司|集团|合作社|大学|学院|研究院|研究所)"
)
_PERSON = re.compile(
    r"(?:联系人|联络人|负责人|经办人|姓名|我叫|我是|本人|姓)[是为:：,，\s]{0,2}[\u4e00-\u9fff]{1,4}"
    r"|[\u4e00-\u9fff]{1,3}(?:工程师|经理|老师|教授|主任|厂长|老板|先生|女士|师傅|博士|书记|总工|院长)"
)
# Parts of speech in jieba's dictionary of what may name a thing, a process or a fault; the tags of names are out.
_NAMING_TAGS = ("n", "v", "b")
_NAME_TAGS = ("nr", "ns", "nt")
# 渗油, 掉渣, 断条, 起皮, 偏磨: a verb of damage and what it befalls, which no dictionary lists in full.
_FAULT = re.compile(
    "[渗漏掉夹粘起断崩咬拉烧发开异偏跑卡堵塌脱爆翘鼓缩变抖窜锈蚀裂磨划刮碰压凹凸烂糊渣]"
    "[油水气渣皮条边毛黑白黄脆硬软裂泡响味磨偏料屑刀辊刃口丝线粉砂孔纹锈痕伤斑点层胶辙轴轮]"
)
# 巴克豪森, 维氏, 罗茨: foreign names are written with few characters, and a model for Chinese cuts them anywhere.
_TRANSLITERATED = re.compile(
    "[阿艾埃安奥巴贝毕宾波伯勃博布查达戴德登迪蒂丁杜顿多厄恩尔法菲费冯弗伏夫福盖戈格古哈海汉豪赫亨胡霍惠基吉加贾杰卡凯康考科克肯库"
    "拉莱兰朗劳勒雷黎里利列林隆卢鲁伦罗洛马迈曼梅门蒙米密明莫默穆纳南内尼努诺欧帕派潘庞培佩彭皮普奇恰乔丘让热瑞萨塞桑森沙舍圣施舒"
    "斯松苏索塔泰坦汤特廷图托瓦万威维韦魏温沃乌武西希锡夏肖谢辛休雅亚延耶伊因英尤约扎詹珍芝朱兹]{3,8}"
)
_ENGLISH = frozenset(
    "about after all also am an and any are as at be been before but by can could dear did do does for from had has have"
    " he hello help her hi him his how if in into is it its just like may me more most my new no not of on one only or"
    " our out over please regards she should so some than thank thanks that the their them then there these they this"
    " to too up us very want was way we were what when where which who why will with would yes you your com cn www http"
    " https mail email qq tel mob fax wechat net org".split()
)


def showable_spans(norm: str, spans: Sequence[Span]) -> list[Span]:
    """The spans of a normalised text that may be shown: words of the lexicon, of the dictionary, Latin ones.

    Args:
        norm: the text.
        spans: of it, as text.normal_spans() gives them.
    """
    hidden = _hidden_places(norm)
    return [
        span
        for span in spans
        if is_word(span.word)
        and not _is_name(span.word)
        and not any(start < span.end and span.start < end for start, end in hidden)
    ]


def naming_spans(norm: str) -> list[Span]:
    """The words of a normalised text that name a thing, a process or a fault, whole terms, in reading order."""
    hidden = _hidden_places(norm)
    foreign = [Span(m.group(), m.start(), m.end()) for m in _foreign_names(norm)]
    spans: list[Span] = list(foreign)
    taken = hidden + [(span.start, span.end) for span in foreign]
    for token in words_of.tokens(norm):
        end = token.start + len(token.word)
        is_taken = any(start < end and token.start < stop for start, stop in taken)
        if not is_taken and token.content and _names_something(token.word):
            spans.append(Span(token.word, token.start, end))
    return sorted(spans, key=lambda span: span.start)


def is_word(word: str) -> bool:
    """Whether a word is one by itself: of Latin letters, of the lexicon, of jieba's dictionary, or built as a fault is."""
    if not words_of.is_han(word) or word in words_of.lexicon_terms():
        return True
    return words_of.in_dictionary(word) or _FAULT.fullmatch(word) is not None


def _foreign_names(norm: str) -> list[re.Match[str]]:
    """Names in transliteration that the dictionary does not have; a word of it inside shows that they are none."""
    names = []
    for match in _TRANSLITERATED.finditer(norm):
        parts = [t.word for t in words_of.tokens(match.group()) if len(t.word) > 1]
        has_word = any(p in words_of.lexicon_terms() or _is_common(p) for p in parts)
        if not has_word:
            names.append(match)
    return names


def _is_common(word: str) -> bool:
    """Whether the dictionary has a word, and as none of the names of people and places that transliterations look like."""
    return words_of.in_dictionary(word) and not _is_name(word)


def _names_something(word: str) -> bool:
    if not words_of.is_han(word):
        return word not in _ENGLISH and any(c.isalpha() for c in word)
    if word in words_of.lexicon_terms() or _FAULT.fullmatch(word):
        return True
    if word in everyday_words() or not words_of.in_dictionary(word):
        return False
    tag = words_of.part_of_speech(word)
    return tag.startswith(_NAMING_TAGS) and not tag.startswith(_NAME_TAGS)


def _is_name(word: str) -> bool:
    """Whether a word is the name of a person, a place or an institution, or English that names nothing."""
    if not words_of.is_han(word):
        return word in _ENGLISH
    if word in words_of.lexicon_terms():
        return False
    return words_of.part_of_speech(word).startswith(_NAME_TAGS)


def _hidden_places(norm: str) -> list[tuple[int, int]]:
    """Where a text names firms and people."""
    places = [match.span() for match in _FIRM.finditer(norm)]
    return places + [match.span() for match in _PERSON.finditer(norm)]


@cache
def everyday_words() -> frozenset[str]:
    """Words that people talk with and that name no thing, process or fault of any trade (everyday.txt)."""
    return frozenset(" ".join(lexicon_lines("everyday.txt")).split())
