"""The signs of Unicode's block CJK Radicals Supplement, each with the character that people mean by it.
Not here: what is done with them (folding).

Source: property Equivalent_Unified_Ideograph of Unicode 15. NFKC folds the Kangxi radicals (U+2F00–2FD5), but only two
signs of this block, and fonts of PDF files map plain characters (长, 车, 风) to any of them.
"""

from __future__ import annotations

_FIRST = 0x2E80
# U+2E80 and the free U+2E9A stand for themselves.
_EQUIVALENTS = (
    "⺀厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣"
    "尢𡯂巳幺彑彐忄㣺扌攵⺚旡日月歺母"
    "民氵氺灬爫爫丬牛犭王疋目示礻𥫗糹"
    "纟罓罒㓁冗罓羊羊羋耂肀聿肉臼艹艹"
    "艹虎衤覀西见角𧢲讠贝足车辶辶辶阝"
    "钅長镸长门阜阝雨青韦页风飞食𩙿飠"
    "饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜"
    "龙龜亀龟"
)

# Code point of a radical → the unified ideograph.
RADICALS = dict(enumerate(_EQUIVALENTS, start=_FIRST))
