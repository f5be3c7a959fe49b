"""Which words of a text may be shown to people, and which of them name a thing, a process or a fault.
Not here: which words carry content for the score (word_classes), which of them the catalogue has (query_explainer).

A word that is shown begins and ends where words do, so pieces that the cutter's model for unknown words makes up are
never shown unless they are built as names of faults and foreign names are. Names of people, places and firms, and what
people say to each other, are neither weighed words nor missing ones to a reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from matching import text as words_of
from matching.explaining.overlaps import longest_spans
from matching.explaining.word_ends import SHORTEST_PHRASE, cut_starts, pieces_of
from matching.lexicon import (
    lexicon_lines,
    remembered_with_lists,
    synonym_groups,
)
from matching.names import (
    SURNAMES,
    address_stretches,
    body_stretches,
    is_abroad,
    is_person,
    is_place,
    person_stretches,
    place_stretches,
    signature_stretches,
)
from matching.text import Span, Token

# Parts of speech in jieba's dictionary of what may name a thing, a process or a fault; the tags of names are out.
_NAMING_TAGS = ("n", "v", "b")
_NAME_TAGS = ("nrt", "nrfg", "nt")
# How places end. jieba's dictionary calls 阳极, 海鲜 and 密封 places as well.
_PLACE_END = re.compile(
    "(?:[省市县区州旗盟江河湖海山岛湾洋洲国镇乡村庄港峡关寨浦沟岭峰坪坡东西南北中]|平原|高原|流域|盆地|沙漠|江口|河口)$"
)
# 渗油, 掉渣, 断条, 起皮, 偏磨: a verb of damage and what it befalls, which no dictionary lists in full.
_FAULT = re.compile(
    "[渗漏掉夹粘起断崩咬拉烧发开异偏跑卡堵塌脱爆翘鼓缩变抖窜锈蚀裂磨划刮碰压凹凸烂糊渣滴冒蹦打顶]"
    "[油水气渣皮条边毛黑白黄脆硬软裂泡响味磨偏料屑刀辊刃口丝线粉砂孔纹锈痕伤斑点层胶辙轴轮针纱纸带网杆齿股管绳漆锌镀钉栓键壳版袋卷片块根苗链销簧环圈膜布经纬道沫]"
)
# 巴克豪森, 维氏, 罗茨: foreign names are written with few characters, and a model for Chinese cuts them anywhere.
_TRANSLITERATED = re.compile(
    "[阿艾埃安奥巴贝毕宾波伯勃博布查达戴德登迪蒂丁杜顿多厄恩尔法菲费冯弗伏夫福盖戈格古哈海汉豪赫亨胡霍惠基吉加贾杰卡凯康考科克肯库"
    "拉莱兰朗劳勒雷黎里利列林隆卢鲁伦罗洛马迈曼梅门蒙米密明莫默穆纳南内尼努诺欧帕派潘庞培佩彭皮普奇恰乔丘让热瑞萨塞桑森沙舍圣施舒"
    "斯松苏索塔泰坦汤特廷图托瓦万威维韦魏温沃乌武西希锡夏肖谢辛休雅亚延耶伊因英尤约扎詹珍芝朱兹]{3,8}"
)
# Characters that join words or count them, and common verbs of one character, which a model takes for parts of names.
_JOINING = frozenset(
    "的了着过和与及或等在对为以由从向到于把被让使将并且而但也都还就又才只不没无非是有可能会该要想总老很太更最再各每某本该此其"
    "这那哪些个们我你他她它咱俺您一二三四五六七八九十百千万半两几多少上下里外中间前后左右处边头时候地得之所且乎吗呢吧啊"
    "未已仍另先却按较越约"
    "治管弄搞做干来去走跑给叫请问说看听拿放送买卖用换修找求省花赚赔怕愁靠凭嫌挨狠完愿忽"
)
# The end of a quantity's name and how much of it there is, 漏检率|高, 粘度|低, or any name and that: 缸差|大, 味|大.
_HOW_MUCH = re.compile(
    "[率度量性值比力层壁皮][高低大小多少快慢强弱好差偏达超升降薄]|[\u4e00-\u9fff]{1,2}[大小多少高低快慢好坏稀脏贵全开起成人]"
)
_AND_HOW = re.compile("[\u4e00-\u9fff]{2}[大小多少高低快慢好坏差短]")
# 太湿, 越浅, 老松, 全裂: how much, and what is so.
_MUCH = re.compile(
    "[偏过][大小多少高低]|[越太最更很挺老全真特][大小多少高低快慢好坏硬软浅深长短厚薄粗细冷热湿干脏稀稠松紧裂断碎漏堵黑黄糊烂散塌歪弯飘卡贵勤频吵响重轻强弱满空乱旧嫩差累费难猛糟]"
)
# 低于, 不大于: how a figure is limited.
_LIMIT = re.compile("不?(?:[高低大小多少优]于|超过)")
# 收到, 打得, 切完, 装进去, 找不着, 配不上: a verb and what came of it. 得率 is a yield.
_RESULT = re.compile(
    r"[\u4e00-\u9fff]{1,2}(?:[到得完]|了个|(?<=[化坏烂死丢])掉|(?<=[制做产炼熬])出|[没不][着来去上下住出掉了动起见]|[进上下出回过起开][来去])|[上下进出]不[来去]|得(?!率)[\u4e00-\u9fff]|[\u4e00-\u9fff]得[上下来去着]|[一两几三]件事"
    r"|[\u4e00-\u9fff]一|[\u4e00-\u9fff]{2}里|[\u4e00-\u9fff]{1,2}[了着]"
)
# 货响, 家说: with what people talk of, no part of a machine.
_OF_PEOPLE = frozenset("货家户店话钱咱客村")
# 出胶率, 落果率: how much of something, which dictionaries have few of.
_SHARE = re.compile("[\u4e00-\u9fff]{2}率(?![先领真性土直])")
# 碰上, 不吃, 有伤, 没谱: to jieba's dictionary verbs. 有机 and 有色 are none.
_VERBAL = re.compile(r"[\u4e00-\u9fff][上过]|[不没有][\u4e00-\u9fff]")
# 弯弯扭扭, 死死的, 一圈圈: how something is or sounds.
_REPEATED = re.compile(
    r"([\u4e00-\u9fff])\1(?:(?!\1)([\u4e00-\u9fff])\2|(?=[的地响叫]))|一([\u4e00-\u9fff])\3"
)
# The head of a mail: 发件人：刘海涛; of its subject the label alone.
_MAIL_HEAD = re.compile(
    r"(?:发件人|收件人|抄送|(?<![a-z])(?:from|to|cc))\s?:[^\n;,，。>:]{0,30}|(?:主题|(?<![a-z])subject)\s?:"
)
# Whom to call, and who signs, by what stands before; surnames that are substances and measures are left out.
_TO_BE_CALLED = re.compile(
    f"(?:联系|联络|请找|致电|敬礼|敬上)[ ,，:]{{0,2}}(?![石金毛田方汤钱雷白龙江万段马常高黄钟])[{''.join(SURNAMES)}]"
    "[\u4e00-\u9fff]{1,2}(?![\u4e00-\u9fff])"
)
# What English says of any trouble.
_ENGLISH_OF_TROUBLE = """
problem problems trouble issue issues solution solve solved high higher low lower large small bad poor fast slow
long short filled used using caused reduce reduced increase improve improved required requirement less more quality cost
"""
# What makes the name of a thing of what is done before it.
_HEADS = re.compile("[机仪釜罐阀泵油剂液膜炉](?![\u4e00-\u9fff]?[大小多少高低])")
# Characters on one side of an end of a word that are looked at for a word which reaches over it.
_REACH = 3
# Words whose kind is remembered: texts of one trade have most of theirs in common.
_REMEMBERED = 20_000


def showable_spans(norm: str, spans: Sequence[Span]) -> list[Span]:
    """The spans of a normalised text that may be shown: whole words that are no names.

    Args:
        norm: the text.
        spans: of it, as text.normal_spans() gives them.
    """
    hidden = _covered(norm, _hidden_places(norm))
    pieces = _pieces(words_of.tokens(norm))
    return [
        span
        for span in spans
        if is_word(norm, span)
        and (span.start, span.end) not in pieces
        and not _is_name(span.word)
        and not _is_measure(span.word)
        and not any(hidden[span.start : span.end])
    ]


def naming_spans(norm: str) -> list[Span]:
    """The words of a normalised text that name a thing, a process or a fault, whole terms, in reading order."""
    spans = [
        Span(match.group(), match.start(), match.end())
        for match in [*_foreign_names(norm), *_fault_names(norm), *_shares(norm)]
    ]
    spans = longest_spans([*spans, *_mixed_names(norm)])
    taken = _hidden_places(norm) + [(span.start, span.end) for span in spans]
    taken += [match.span() for match in _REPEATED.finditer(norm)]
    covered = _covered(norm, taken)
    last = 0
    tokens = words_of.tokens(norm)
    pieces = _pieces(tokens)
    for place, token in enumerate(tokens):
        if not token.content or _is_cut_from_name(tokens, place):
            continue
        end = token.start + len(token.word)
        # 轴承防锈 in 轴承防锈油 is half of a name.
        if len(token.word) >= SHORTEST_PHRASE and _HEADS.match(norm, end):
            continue
        # 压出 in 压出来 is no better than the whole.
        if _is_talk(token.word):
            continue
        # Of a piece that is no word its parts may be: 铷原子钟 is none, 原子钟 is.
        for offset, part in token.content:
            start = token.start + offset
            span = Span(part, start, start + len(part))
            is_free = start >= last and not any(covered[start : span.end])
            is_free = is_free and (start, span.end) not in pieces
            if is_free and is_word(norm, span) and _names_something(part):
                spans.append(span)
                last = span.end
    return sorted(spans, key=lambda span: span.start)


def is_word(norm: str, span: Span) -> bool:
    """Whether what stands at a place is a word by itself and no piece of others.

    Args:
        norm: a normalised text.
        span: a word of it as it is cut.

    Returns:
        true for Latin letters and for words of the lexicon and of jieba's dictionary. Of what the cutter's model made
        up it is true where no word of the dictionary reaches over an end of it, and no character of it only joins
        words: 兜孔, and neither 人能 in 机器人能 nor 总落.
    """
    word = span.word
    if not words_of.is_han(word) or _is_of_lists(word):
        return True
    if words_of.in_dictionary(word):
        return not _is_two_words(word)
    if not _JOINING.isdisjoint(word) or _HOW_MUCH.match(word):
        return False
    if word[0] in _OF_PEOPLE:
        return False
    return not any(_is_cut_through(norm, end) for end in (span.start, span.end))


def _is_of_lists(word: str) -> bool:
    """Whether a word is one of the trade by the lists: 飞边 has a synonym."""
    return word in words_of.lexicon_terms() or word in synonym_groups()


@remembered_with_lists(_REMEMBERED)
def _is_two_words(word: str) -> bool:
    """Whether a word of the dictionary is one by itself: the tagger cuts 省点 and 老长 in two, and one joins."""
    return not _JOINING.isdisjoint(word) and not words_of.part_of_speech(word)


def _is_cut_through(norm: str, place: int) -> bool:
    """Whether a word of the dictionary stands on both sides of a place."""
    has_word = words_of.cutter().segmenter.has_word
    for start in range(max(0, place - _REACH), place):
        for end in range(place + 1, min(len(norm), start + _REACH + 1) + 1):
            piece = norm[start:end]
            if has_word(piece) and words_of.is_han(piece):
                return True
    # 针刺机|断|针: a fault that no dictionary has is a word as well.
    return _FAULT.fullmatch(norm, max(0, place - 1), place + 1) is not None


def _is_cut_from_name(tokens: Sequence[Token], place: int) -> bool:
    """Whether a verb of two characters was made of parts of other words: 观看 in 看外观看花眼.

    Its first character is the end of a noun that begins before it: 油榨 in 菜籽油榨出来.
    """
    token = tokens[place]
    if not place or len(token.word) != 2:
        return False
    before = tokens[place - 1]
    if before.start + len(before.word) != token.start or not words_of.is_han(
        before.word
    ):
        return False
    is_verb = words_of.part_of_speech(token.word).startswith("v")
    # 看外 before it is a word to nobody, so that its end alone counts.
    is_piece = len(before.word) > 1 and not words_of.in_dictionary(before.word)
    left = before.word[-1] if is_piece else before.word
    name = left + token.word[0]
    return is_verb and words_of.in_dictionary(name) and words_of.names_a_thing(name)


def _pieces(tokens: Sequence[Token]) -> frozenset[tuple[int, int]]:
    """Where a text has parts of words, and ends of words in a row, that are no words themselves."""
    wrong = cut_starts(tokens)
    pieces: set[tuple[int, int]] = set()
    for token in tokens:
        if token.start in wrong:
            # What begins with it is cut in two as well: 大面 of 大面积.
            ends = [len(part) for offset, part in token.content if not offset]
            pieces.update((token.start, token.start + end) for end in ends)
        if len(token.content) > 1 and words_of.is_han(token.word):
            numbers: Iterable[int] = pieces_of(token.word)
            # 黄土 of 黄土高原 is a part of a name.
            if _is_name(token.word):
                numbers = range(len(token.content))
            for number in numbers:
                offset, part = token.content[number]
                start = token.start + offset
                pieces.add((start, start + len(part)))
    return frozenset(pieces)


def _covered(norm: str, places: Sequence[tuple[int, int]]) -> bytearray:
    """For each character of a text whether one of some places covers it."""
    covered = bytearray(len(norm))
    for start, end in places:
        covered[start:end] = b"\x01" * (end - start)
    return covered


def _foreign_names(norm: str) -> list[re.Match[str]]:
    """Names in transliteration that the dictionary does not have; a word of it inside shows that they are none."""
    names = []
    for match in _TRANSLITERATED.finditer(norm):
        parts = [t.word for t in words_of.tokens(match.group()) if len(t.word) > 1]
        has_word = any(p in words_of.lexicon_terms() or _is_common(p) for p in parts)
        if not has_word:
            names.append(match)
    return names


def _fault_names(norm: str) -> Iterator[re.Match[str]]:
    """Names of faults that no dictionary has, whether they were cut as one piece or character by character."""
    for match in _FAULT.finditer(norm):
        is_known = words_of.in_dictionary(match.group())
        if not is_known and not any(_is_cut_through(norm, end) for end in match.span()):
            yield match


def _shares(norm: str) -> Iterator[re.Match[str]]:
    """Names that end with 率 and were not cut as one word: 出|胶率, 落果|率."""
    ends = {}
    wrong = cut_starts(words_of.tokens(norm))
    for token in words_of.tokens(norm):
        end = token.start + len(token.word)
        ends[end] = token
    for match in _SHARE.finditer(norm):
        cut = ends.get(match.end())
        is_whole = cut is not None and len(cut.word) > 1 and _is_common(cut.word)
        is_whole = is_whole and cut is not None and cut.start not in wrong
        if is_whole or not _JOINING.isdisjoint(match.group()):
            continue
        if not _is_cut_through(norm, match.start()):
            yield match


def _mixed_names(norm: str) -> list[Span]:
    """Terms of both scripts, which are cut in two: 3d|打印."""
    mixed = words_of.mixed_terms_in(norm)
    return [Span(word, start, start + len(word)) for start, word in mixed]


def _is_common(word: str) -> bool:
    """Whether the dictionary has a word, and as no name of a person or a place, which transliterations look like."""
    tag = words_of.part_of_speech(word)
    return words_of.in_dictionary(word) and not tag.startswith(("nr", "ns"))


@remembered_with_lists(_REMEMBERED)
def _names_something(word: str) -> bool:
    if not words_of.is_han(word):
        return any(c.isalpha() for c in word) and word not in _english_words()
    if word in words_of.lexicon_terms() or _FAULT.fullmatch(word):
        return True
    if _is_talk(word) or word.endswith("厂"):
        return False
    # What no dictionary has is no word of everyday speech.
    if not words_of.in_dictionary(word):
        return not is_person(word)
    # 寿命短, 效率高: the name of something, and how it is.
    if _AND_HOW.fullmatch(word) and words_of.in_dictionary(word[:-1]):
        return False
    # A word of the dictionary that the tagger cuts in two is a compound noun: 原子钟.
    tag = words_of.part_of_speech(word) or "n"
    if tag.startswith("v") and _VERBAL.fullmatch(word):
        return False
    return tag.startswith(_NAMING_TAGS) and not _is_name(word)


@remembered_with_lists(_REMEMBERED)
def _is_talk(word: str) -> bool:
    """Whether a word says how something is, what came of it, or what people talk of."""
    if word in words_of.lexicon_terms():
        return False
    if word in everyday_words():
        return True
    return any(kind.fullmatch(word) for kind in (_MUCH, _RESULT, _LIMIT))


@remembered_with_lists(_REMEMBERED)
def _is_measure(word: str) -> bool:
    """Whether a word only counts, limits or says how it is: 一支, 低于, 太贵, 锈了."""
    if not words_of.is_han(word) or _is_of_lists(word):
        return False
    if words_of.part_of_speech(word) == "m" or word.endswith(("了", "着", "到")):
        return True
    return any(kind.fullmatch(word) for kind in (_LIMIT, _MUCH))


@remembered_with_lists(_REMEMBERED)
def _is_name(word: str) -> bool:
    """Whether a word is the name of a person, a place or an institution, or a greeting."""
    if word in _greetings():
        return True
    if not words_of.is_han(word) or word in words_of.lexicon_terms():
        return False
    # 马达 is a person to jieba's dictionary, and a motor to ours.
    if word in synonym_groups():
        return False
    if is_place(word) or (len(word) > 1 and is_person(word)):
        return True
    tag = words_of.part_of_speech(word)
    # jieba's dictionary calls 原子钟 and 胡萝卜 people: a person has a surname, and no word after it.
    if tag == "nr":
        return word[0] in SURNAMES and words_of.part_of_speech(word[1:]) != "n"
    if tag == "ns":
        return is_abroad(word) or _PLACE_END.search(word) is not None
    return tag.startswith(_NAME_TAGS)


def _hidden_places(norm: str) -> list[tuple[int, int]]:
    """Where a text names firms, people, places and addresses."""
    return [
        *body_stretches(norm),
        *place_stretches(norm),
        *person_stretches(norm),
        *address_stretches(norm),
        *signature_stretches(norm),
        *(found.span() for found in _MAIL_HEAD.finditer(norm)),
        *(found.span() for found in _TO_BE_CALLED.finditer(norm)),
    ]


@cache
def _greetings() -> frozenset[str]:
    """What people say to each other and nobody looks for."""
    return frozenset(" ".join(lexicon_lines("greetings.txt")).split())


@cache
def _english_words() -> frozenset[str]:
    """English words that letters are written with, and by which things are described."""
    listed = " ".join(lexicon_lines("english.txt")).split()
    return frozenset([*listed, *_ENGLISH_OF_TROUBLE.split()])


@cache
def everyday_words() -> frozenset[str]:
    """Words that people talk with and that name no thing, process or fault of any trade (everyday.txt)."""
    return frozenset(" ".join(lexicon_lines("everyday.txt")).split())
