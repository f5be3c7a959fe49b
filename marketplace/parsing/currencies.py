"""Units of money and signs of currency: what a word or a sign next to a figure says of it, and what a header names.
Not here: sums (money), formats of cells (number_formats), which column a header means (exchange).

All texts are compared folded: half-width, simplified, in small letters.
"""

from __future__ import annotations

import re
from decimal import Decimal

from matching.folding import fold_label, normalise

_YUAN = Decimal("0.0001")  # 万元
_MULTIPLES = {
    "亿": Decimal(10_000),
    "千万": Decimal(1_000),
    "百万": Decimal(100),
    "十万": Decimal(10),
    "万": Decimal(1),
    "w": Decimal(1),
}


def _list_units() -> dict[str, Decimal]:
    units = dict(_MULTIPLES)
    for word in ("元", "圆", "块", "块钱"):
        units[word] = _YUAN
        # Without 元 a thousand or a hundred may be one of the column's own unit.
        units[f"百{word}"] = 100 * _YUAN
        units[f"千{word}"] = 1000 * _YUAN
        for multiple, size in _MULTIPLES.items():
            units[f"{multiple}{word}"] = size
    return units


# Unit of money → 万元 of one.
UNITS = _list_units()
# What stands for a header whose figures are no sums in yuan: foreign currency, or so much for each year or piece.
NOT_YUAN = Decimal("NaN")
# Before or after a figure these say 元 where no other unit is written.
RENMINBI = re.compile(r"人民币|rmb|cny|cn¥|¥")
# Codes of ISO 4217 and names of what is traded with; the yen and the yuan share a sign and 元 ends many of the names.
_FOREIGN = re.compile(
    r"[$€£₩₽₹฿₫₱₺₴₪₿円]|jp¥|"
    r"美元|美金|美刀|美币|欧元|英镑|日元|日圆|日币|[港台澳加新韩泰]币|[港台澳加新韩]元|港圆|韩圆|港纸|澳洲元|澳门元|澳门币|葡币|"
    r"新加坡元|新台币|卢布|瑞郎|法郎|泰铢|卢比|林吉特|令吉|越南盾|印尼盾|比索|克朗|里亚尔|迪拉姆|兰特|外币|外汇|比特币|"
    r"(?<![a-z])(?:usdt?|eur|gbp|jpy|hkd|twd|ntd|aud|cad|sgd|nzd|krw|rub|chf|thb|inr|mop|myr|vnd|idr|php|sek|nok|dkk|"
    r"sar|aed|zar|brl|mxn|euros?|dollars?|yen)(?![a-z])"
)
_PIECE_SIGNS = re.compile(
    r"[()\[\]【】〔〕{}<>《》:,;、/|*]+|计量单位|金额单位|单位|或者?|及|和"
)
# 资金（万）元 has one unit.
_BRACKETED_STEP = re.compile(r"\(([十百千]?[万亿]|千)\)(?=元)")
_NOTED = re.compile(r"单位\s*[:：].*", re.DOTALL)
# 拟投入资金万元: 元 alone may end another word.
UNIT_BEHIND = re.compile(r"(?<=[\u4e00-\u9fff])(亿元|[千百十]?万元|千元)$")
_STEPS = "十百千万亿km"
_OTHER_UNIT = re.compile(rf"\d+[{_STEPS}w]*[元圆块]?|[{_STEPS}]+[元圆块]?")
_EACH = "年|月|季|天|日|小时|台|套|件|吨|亩|次|人|项|个|只|米|公斤|kg|t"
RATE = re.compile(
    rf"/(?:每)?(?:{_EACH})|每(?:一)?(?:{_EACH}|季度)|单价|年费|年租|(?:一|1)年$|^年(?=[\d一二三四五六七八九])"
)


def find_foreign(folded: str) -> str:
    """The sign or word of a foreign currency in a folded text; empty where there is none."""
    match = _FOREIGN.search(folded)
    return match[0] if match else ""


def unit_of_word(folded: str) -> Decimal | None:
    """万元 of one in the unit that a folded text is, 人民币 before or after it left out; None where it is no unit."""
    return UNITS.get(RENMINBI.sub("", folded))


def unit_of_label(text: str) -> Decimal | None:
    """万元 of one in the unit that a header names: 预期价格(元), 资金/百万元, 美元预算.

    Args:
        text: the header as it is in the sheet.

    Returns:
        None where it names no unit; `NOT_YUAN` where its figures are no sums in yuan, or in a unit nobody knows.
    """
    if find_foreign(fold_label(text)):
        return NOT_YUAN
    return _unit_in(text)


def unit_of_note(text: str) -> Decimal | None:
    """万元 of one in the unit that a line above the table names after 单位：, as `unit_of_label` has it.

    填报单位：新元公司 names who fills in, and no currency.
    """
    for place in _NOTED.finditer(text):
        unit = _unit_in(place[0])
        if unit is not None:
            return unit
    return None


def _unit_in(text: str) -> Decimal | None:
    folded = _BRACKETED_STEP.sub(r"\1", fold_label(text))
    # 万 元 has a blank inside, 单位：万元 日期：… has one behind.
    spaced = _BRACKETED_STEP.sub(r"\1", ",".join(normalise(text).split()))
    for pieces in (_PIECE_SIGNS.split(folded), _PIECE_SIGNS.split(spaced)):
        units = [_unit_of_piece(piece) for piece in pieces]
        named = [unit for unit in units if unit is not None]
        if named:
            # 元/万元 leaves open which of them a figure has.
            is_sure = len(set(named)) == 1
            return NOT_YUAN if RATE.search(folded) or not is_sure else named[0]
    behind = UNIT_BEHIND.search(folded)
    return UNITS[behind[1]] if behind else None


def _unit_of_piece(piece: str) -> Decimal | None:
    unit = unit_of_word(piece)
    if unit is not None:
        return unit
    bare = re.sub(f"[{_STEPS}]", "", piece)
    # 万美元, and 千 or k of nobody knows what.
    is_other = bool(piece) and (not bare or _FOREIGN.fullmatch(bare) is not None)
    return NOT_YUAN if is_other or _OTHER_UNIT.fullmatch(piece) else None
