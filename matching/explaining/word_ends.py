"""Where the cutter ended a word in the middle of others, and which parts of a word are none of its own.
Not here: which words are shown and which name something (naming), how texts are cut (text).

塔板|结焦 is cut 塔|板结|焦, and 换热|效率 换|热效率. 化硅 is a part of 碳化硅 to a dictionary alone: the name of
a substance is one, and so is a word that means something else than its parts do (密度板 has no density).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matching import text as words_of
from matching.lexicon import remembered_with_lists
from matching.text import Token

# Characters that names of substances are made of.
_OF_SUBSTANCES = frozenset(
    "氢氦锂铍硼碳氮氧氟钠镁铝硅磷硫氯钾钙钛钒铬锰铁钴镍铜锌镓砷硒溴锆铌钼镉铟锡锑碘钡镧铈钨铂汞铅铋"
    "甲乙丙丁戊己庚辛化酸碱醇醛酮酯醚胺氨铵烷烯炔苯酚萘蒽酰羟羧磺硝氰巯吡咪噻呋亚过次聚盐一二三四五六七八九十"
)
# Behind a word they make another substance of it: 石墨烯, 纤维素, 葡萄糖. 阿胶肽 is made of 阿胶.
_MAKES_ANOTHER = frozenset("烯醇酮醛酸酯醚胺烷炔酚糖素")
# What is something else than its parts.
_ONE_THING = frozenset(
    [
        "密度板",
        "玻璃钢",
        "气凝胶",
        "半固态",
        "刨花板",
        "羽毛晶",
        "加工中心",
        "铁氧体",
    ]
)
# What is written before any word: how a thing is, where and when, and what joins it.
_BEFORE_ANY = frozenset(
    "大小高低长短多少新老旧冷热干湿厚薄粗细硬软轻重快慢深浅单可能应有是为使被让时内外上下中前后间里端处起出受取看含设用以对水"
)
_ENDS_A_NAME = frozenset("率机炉釜罐仪泵阀板")
# Behind a word they tell what came of it: 装运|到.
_COMES_OF_IT = frozenset("的了着过到出至为在于上下成起能给")
# Characters at least of a compound of two words.
SHORTEST_PHRASE = 4
# Parts and properties of things.
_OF_ANY_THING = """
外圈 内圈 滚道 沟道 端面 表面 内孔 内壁 外壁 齿面 边部 接头 薄膜 板材 型材 铸件 锻件 噪声 寿命 强度 硬度 精度 热处理
故障诊断 密封 润滑 废水 废气 废渣 清洁度 杂质
"""
_OF_A_THING = frozenset(_OF_ANY_THING.split())
# By what something is done: who has 激光 and 清洗 need not clean by it, and 机器学习 is no learning of a thing.
_ALL_MEANS = """
激光 超声 红外 光学 光谱 化学 生物 基因 分子 电子 等离子 机器 机器人 深度 迁移 智能 柔性 绿色 精密 数字 数据 网络 硬质
等温 电解 有限元
"""
_MEANS = frozenset(_ALL_MEANS.split())
# Words remembered.
_REMEMBERED = 20_000


def cut_starts(tokens: Sequence[Token]) -> frozenset[int]:
    """Where tokens begin that were made of the ends of others: 板结 in 塔板结焦.

    Args:
        tokens: of a normalised text, in reading order.
    """
    return frozenset(_cut_starts(tokens))


def _cut_starts(tokens: Sequence[Token]) -> Iterator[int]:
    for place in range(1, len(tokens)):
        token, before = tokens[place], tokens[place - 1]
        word, left = token.word, before.word
        is_after_one = len(left) == 1 and before.start + 1 == token.start
        if not is_after_one or len(word) < 2 or not words_of.is_han(left + word):
            continue
        if left in _BEFORE_ANY or not words_of.in_dictionary(left + word[0]):
            continue
        if not words_of.part_of_speech(left).startswith(("n", "v", "j")):
            continue
        if _is_better_cut(tokens, place):
            yield token.start


def _is_better_cut(tokens: Sequence[Token], place: int) -> bool:
    """Whether the first character of a token belongs to the single one before it, and the rest is a word too."""
    word = tokens[place].word
    if len(word) > 2:
        # 换热|效率
        return words_of.in_dictionary(word[1:]) and word not in words_of.lexicon_terms()
    # 开机|率, 压接|机
    if word[1] in _ENDS_A_NAME:
        return True
    if place + 1 == len(tokens):
        return False
    after = tokens[place + 1]
    is_before_one = len(after.word) == 1 and after.start == tokens[place].start + 2
    if after.word in _COMES_OF_IT:
        return False
    return is_before_one and words_of.in_dictionary(word[1] + after.word)


@remembered_with_lists(_REMEMBERED)
def pieces_of(word: str) -> frozenset[int]:
    """Which parts of a word are none by themselves, as numbers in its content parts: 化硅 of 碳化硅."""
    content = words_of.piece_of(word).content
    return frozenset(
        number
        for number, (start, part) in enumerate(content)
        if part != word and _is_piece(word, start, start + len(part))
    )


def _is_piece(word: str, start: int, end: int) -> bool:
    if word in _ONE_THING:
        return True
    before = word[start - 1 : start]
    # 催化|氧化: what 化 ends is over.
    if before and before != "化" and {before, word[start]} <= _OF_SUBSTANCES:
        return True
    after = word[end : end + 1]
    if not after:
        return False
    return after in _MAKES_ANOTHER or {word[end - 1], after} <= _OF_SUBSTANCES


@remembered_with_lists(_REMEMBERED)
def parts_of_phrase(word: str) -> frozenset[str] | None:
    """The two words of a compound that only says what is done with a thing, or which part of it: 套圈|磨削, 轴承|外圈.

    Kinds of things are no such phrases: who speaks of 关节 and of 轴承 need not speak of 关节轴承.
    """
    if not words_of.is_han(word) or len(word) < SHORTEST_PHRASE:
        return None
    parts = {part for _, part in words_of.piece_of(word).content}
    for cut in range(2, len(word) - 1):
        thing, rest = word[:cut], word[cut:]
        if thing in parts and rest in parts and thing not in _MEANS:
            is_thing = words_of.part_of_speech(thing).startswith("n")
            is_done = words_of.part_of_speech(rest).startswith("v")
            if is_thing and (is_done or rest in _OF_A_THING):
                return frozenset([thing, rest])
    return None
