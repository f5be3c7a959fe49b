"""What a text says it does not want, and what it says a thing is to be without.
Not here: words that begin with 不 or 无 and name something themselves (不锈钢, 无损检测): the cutter knows them.

「不要轴承，要齿轮」 asks for nothing about bearings, so what is refused weighs nothing and is missed nowhere. Only
things and processes can be refused: 不要毛刺 is a trouble to be solved, 不要增加成本 a condition, 占地不要太大 neither.
What a thing is without (不含甲醛的胶) is what the text is about: it weighs, and its absence on the other side is no
lack (decision 155).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from matching import text as words_of
from matching.lexicon import synonym_groups
from matching.names import Stretch
from matching.screening import Screen, Signs

# No word reaches over it, every place stays what it was, and a sentence stays one.
_BLANK = " "
# A name may be quoted: 不要「轴承」.
_MARKS = "「」『』“”‘’《》\"'"
_END = r"(?=[,。;!?:)\]\s]|$)"
_IN_CLAUSE = r"[^,。;!?:()\[\]\n]"
# What is refused goes on over 、 and 和; so many characters without an end are a clause and not a thing.
_LONGEST = 14
# 要不要 and 能不要 ask.
_REFUSED = re.compile(
    r"(?<![要需想能否])(?:不要|不(?:再)?需要|不想要|不想用|不打算用|不考虑|不接受|而不是|而非)(?:了|再|任何|什么|用|做|搞|采用|使用){0,2}"
    rf"(?P<thing>{_IN_CLAUSE}{{1,{_LONGEST + 8}}})"
)
# 排除故障 is work to be done: here what is ruled out has to be called a way, a supplier or a cause.
_RULED_OUT = re.compile(
    r"排除(?:掉|了)?(?P<thing>[^,。;!?:()\[\]\n]{2,10}?)(?:类|的)?(?:方案|路线|做法|产品|厂家|供应商|原因|的?可能性?)(?:了|吧)?"
    + _END
)
_EXCEPT_THIS = re.compile(rf"(?P<thing>[^,。;!?:()\[\]\n、]{{2,8}})除外{_END}")
# 除了焊接以外的办法; 除了焊接以外，别的都可以, or only 都可以. With 还要 and 也要 both are wanted; 除铁器外壳 is no
# exception.
_OTHERS = r"(?:其他|其它|别的|什么|任何|所有|剩下的|哪些|哪种|啥)"
_EXCEPT = re.compile(
    r"(?:除了(?P<thing>[^,。;!?:()\[\]\n]{2,10}?)(?:以外|之外|外)?|除(?P<other>[^,。;!?:()\[\]\n]{2,10}?)(?:以外|之外))"
    rf"(?:(?<=外)的(?!话)|(?=,?(?:还?有|有没有|能不能用|换|想要?|想找|要|找|求)?{_OTHERS}{_IN_CLAUSE}{{0,10}}"
    r"(?:都|均|也)?(?:可以|可|行|能|考虑|接受|办法|方法|工艺|方案|方式|路线|材料|途径))"
    rf"|(?=,?[都均](?:可以|可|行|能接受|考虑){_END}))"
)
_RATHER = re.compile(
    rf"(?<![是要])不是(?!所有|全部|每|很|太|特别|那么|只|光|单)(?:想?[要找])?(?P<thing>[^,。;!?:()\[\]\n]{{1,{_LONGEST}}}?)(?:,?而是|,是(?!否|不是))"
)
# What is to be without what. 不加工 and 不加热 say what is not done.
_WITHOUT = re.compile(
    r"(?:不(?:得|能|应|可)?含有?|不得检出|未检出|不带有?|不添加|不(?:再)?加(?![工热压速湿氧氢大快强长宽厚高深班以]))"
    r"(?P<thing>[^,。;!?:()\[\]\n的]{1,12})"
)
# Where a thing that is refused is over and what is wanted begins: 不要轴承要齿轮.
_GOES_ON = re.compile(
    r"[、]?(?:(?:而|只|就|想|需|但|却)要|要(?![求素点害件领塞])|只(?=[要想用找求])|但|却|改[用成为]|换成|就|才|的话|时)"
)
# 不考虑热处理时, 不需要焊接的情况下: under which something else is so.
_CONDITION = re.compile(r"时|的(?:话|情况|前提|条件|基础|时候)|下$")
_PARTICLES = "了啦吧哦啊呢嘛"
_ASKS = re.compile(r"[吗么]$|行不行|可不可以|能不能|可以$|也行$|怎么")
# Troubles that are nouns: not wanted is what everybody says of them.
_TROUBLE = re.compile(
    r"毛刺|飞边|气孔|砂眼|裂|变形|磨损|噪|异[响音味声]|味|锈(?!钢)|漏|渗|起皮|起泡|杂质|缺陷|废品|次品|返工|故障|停机|污染|划[痕伤]|色差|腐蚀|"
    r"脱落|老化|残留|超标|误差|偏差|波动|死角|堵|结块|沉淀|粉尘|损伤|事故|隐患|问题|麻烦|浪费|损失|失真|黑[点斑边]|斑|痕|疵"
)
# 不要太贵, 不要影响强度: a condition, though the dictionary has these as nouns too.
_EFFECT = re.compile(
    "太(?![阳空极])|影响|改[变动]|占用|妨碍|耽误|干扰|增[加大]|减[少小]|降低|提高"
)
_VERBS = frozenset("有含带让使把被换拆改做用加去给停动")
_TAGS_OF_THINGS = ("n", "b", "j", "vn", "l", "i")


def without_refused(norms: Sequence[str]) -> list[str]:
    """Normalised texts with blanks in place of what they refuse.

    Args:
        norms: as `text.plain_texts` gives them.

    Returns:
        of the same lengths, the text itself where nothing is refused.
    """
    left = list(norms)
    for place, _ in _screen().find(norms):
        norm = norms[place]
        for start, end in refused_stretches(norm):
            norm = f"{norm[:start]}{_BLANK * (end - start)}{norm[end:]}"
        left[place] = norm
    return left


def refused_stretches(norm: str) -> list[Stretch]:
    """Where a normalised text refuses something, from the word that refuses; in reading order."""
    return [(start, end) for start, _, end in _refused(norm)]


def refused_things(norm: str) -> list[Stretch]:
    """Where a normalised text names what it refuses, in reading order."""
    return [(start, end) for _, start, end in _refused(norm)]


def refused_words(text: str) -> tuple[str, ...]:
    """What a text refuses, each once, in its own letters.

    Args:
        text: as typed.
    """
    norm = words_of.plain_text(text)
    # Places in what is folded and in what was typed are the same in nearly every text.
    written = text if len(text) == len(norm) else norm
    things = []
    for start, end in refused_things(norm):
        things.append(written[start:end].translate(dict.fromkeys(map(ord, _MARKS))))
    return tuple(dict.fromkeys(thing.strip() for thing in things))


def without_stretches(norm: str) -> list[Stretch]:
    """Where a normalised text names what something is to be without, in reading order."""
    return [found.span("thing") for found in _WITHOUT.finditer(norm)]


def _refused(norm: str) -> Iterator[tuple[int, int, int]]:
    """Where a refusal begins, where what it refuses begins, and where that ends; none overlaps another."""
    found = sorted({*_refused_alone(norm), *_refused_with_others(norm)})
    last = 0
    for start, thing, end in found:
        if start >= last:
            yield start, thing, end
            last = end


def _refused_alone(norm: str) -> Iterator[tuple[int, int, int]]:
    for found in _REFUSED.finditer(norm):
        thing = found["thing"]
        if _ASKS.search(thing) or _CONDITION.search(thing):
            continue
        cut = _GOES_ON.search(thing)
        if cut:
            thing = thing[: cut.start()]
        # 不要液压的压力机, 不需要酸洗的除锈: what stands before 的 is refused, the rest may be wanted.
        thing, _, _ = thing.partition("的")
        thing = thing.rstrip(_PARTICLES)
        if _is_thing(thing):
            start = found.start("thing")
            yield found.start(), start, start + len(thing)
    for found in _EXCEPT_THIS.finditer(norm):
        if _is_thing(found["thing"]):
            yield found.start(), *found.span("thing")


def _refused_with_others(norm: str) -> Iterator[tuple[int, int, int]]:
    for found in _RATHER.finditer(norm):
        yield found.start(), *found.span("thing")
    for found in [*_RULED_OUT.finditer(norm), *_EXCEPT.finditer(norm)]:
        group = "thing" if found["thing"] else "other"
        if _is_thing(found[group]):
            yield found.start(), *found.span(group)


def _is_thing(phrase: str) -> bool:
    """Whether a phrase begins with the name of a thing or a process and names no trouble."""
    phrase = phrase.lstrip(_MARKS)
    if not 0 < len(phrase) <= _LONGEST:
        return False
    if _TROUBLE.search(phrase) or _EFFECT.match(phrase):
        return False
    first = next(iter(words_of.tokens(phrase)), None)
    if first is None or first.start:
        return False
    word = first.word
    if not words_of.is_han(word) or word in words_of.lexicon_terms():
        return True
    if word in synonym_groups():
        return True
    # The cutter's model makes 有钎剂 one word, and the tagger a noun of it.
    if not words_of.in_dictionary(word) and word[0] in _VERBS:
        return False
    return words_of.part_of_speech(word).startswith(_TAGS_OF_THINGS)


@cache
def _screen() -> Screen:
    """What finds the texts that may refuse something."""
    signs = [
        Signs("不", "[要想考接打再]"),
        Signs("不", "需", "要"),
        Signs("[而不]", "[不非是]"),
        Signs("排", "除"),
        Signs("除", "外"),
        Signs("除", "了"),
        Signs("[以之]", "外"),
    ]
    return Screen(signs)
