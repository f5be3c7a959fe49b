"""From the content of one cell to a value: money, days, figures, people, numbers of patents and telephones.

Every reader takes what a spreadsheet gives (text, number, date, truth value, nothing), returns None for an empty cell,
and raises `CellError` with what is wrong and what is allowed; it never raises anything else. Which column holds what
stands in `columns.py`.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from marketplace.accounts.deeds import checked_uscc
from marketplace.errors import Invalid

TEXT_MOST = 20_000  # characters of one text: below what an Excel cell can hold (32,767), so that every list can go out
LIST_MOST = 2_000  # characters of a list of names or terms
METRIC_MOST = 150  # of one figure with its name and unit
KEYWORD_MOST = 40
MONEY_BELOW = Decimal(10) ** 10  # 万元, as the columns hold it
FIGURE_BELOW = Decimal(10) ** 9

# Full-width letters, digits and signs to half-width, one to one: places in the text stay the same.
HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: 0x20,
    0xFFE5: 0xA5,
}
CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\ud800-\udfff\ufeff\ufffe\uffff]"
)
EMPTY = {
    "",
    "-",
    "--",
    "—",
    "——",
    "–",
    "―",
    "/",
    "\\",
    "无",
    "暂无",
    "没有",
    "空",
    "n/a",
    "na",
    "null",
    "none",
    "nan",
    "未填写",
    "不详",
}
EMPTY_TEXT = {"", "-", "--", "—", "——", "–", "―", "/", "\\"}
NEGOTIABLE = {
    "面议",
    "可面议",
    "价格面议",
    "面谈",
    "协商",
    "双方协商",
    "协商确定",
    "待协商",
    "议价",
}
EXCEL_ERRORS = {
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#DIV/0!",
    "#NAME?",
    "#NUM!",
    "#NULL!",
    "#SPILL!",
    "#CALC!",
    "#GETTING_DATA",
}
# What stands before a text that a spreadsheet program could take for a formula (see `escaped`).
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


class CellError(ValueError):
    """A cell that cannot be understood.

    Args:
        message: what is wrong, in Chinese.
        allowed: what may stand there, in Chinese.
    """

    def __init__(self, message: str, allowed: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.allowed = allowed


class Money(NamedTuple):
    """A price or budget in 万元: one figure (low == high), a range, or both None where it is to be negotiated."""

    low: Decimal | None
    high: Decimal | None


# --- text ------------------------------------------------------------------------------------------------------------


def escaped(text: str) -> str:
    """A text as it goes into a cell: an apostrophe before what could be taken for a formula; `text` takes it off."""
    return f"'{text}" if text.startswith(RISKY) else text


def half_width(text: str) -> str:
    """Full-width ASCII and blanks as half-width ones; the length stays the same."""
    return text.translate(HALF_WIDTH)


def text(raw: Any) -> str:
    """The content of a cell as text, empty for an empty one.

    Raises:
        CellError: a formula's error value.
    """
    if raw is None:
        return ""
    if isinstance(raw, str):
        if raw.startswith("'") and raw[1:].startswith(RISKY):
            raw = raw[1:]
        plain = CONTROL.sub("", raw.replace("\r\n", "\n").replace("\r", "\n")).strip()
        if plain in EXCEL_ERRORS:
            raise CellError("这一格是公式算错的结果。", "改正公式，或直接填写内容。")
        return plain
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, float):
        return (
            str(int(raw))
            if raw.is_integer() and abs(raw) < 1e16
            else f"{Decimal(repr(raw)):f}"
            if raw - raw == 0
            else ""
        )
    if isinstance(raw, datetime) and raw.time() == time():
        return raw.date().isoformat()
    return str(raw)


def compact(raw: Any) -> str:
    """The content as half-width text without any blanks, empty where it only says that there is nothing."""
    plain = "".join(half_width(text(raw)).split())
    return "" if plain.casefold() in EMPTY else plain


def prose(raw: Any, most: int = TEXT_MOST) -> str | None:
    """A text of several lines, as written."""
    plain = text(raw)
    if plain in EMPTY_TEXT:
        return None
    if len(plain) > most:
        raise CellError(f"有 {len(plain)} 字，太长了。", f"最多 {most} 字。")
    return plain


def line(raw: Any, most: int = 200) -> str | None:
    """A text on one line."""
    plain = prose(raw)
    return None if plain is None else prose(" ".join(plain.split()), most)


def listed(raw: Any) -> str:
    """The text of a cell that holds a list of names or terms; empty where it only says that there is none."""
    plain = prose(raw, LIST_MOST) or ""
    return "" if plain.casefold() in EMPTY else plain


def flag(raw: Any) -> bool | None:
    """是 or 否."""
    plain = compact(raw).casefold()
    if text(raw).strip() in ("无", "没有"):
        return False
    if not plain:
        return None
    for words, value in (
        ({"是", "有", "y", "yes", "true", "1", "√", "对"}, True),
        ({"否", "不", "n", "no", "false", "0", "×"}, False),
    ):
        if plain in words:
            return value
    raise CellError(f"「{plain[:40]}」看不出是或否。", "填「是」或「否」。")


def whole(raw: Any, low: int, high: int) -> int | None:
    """A whole number, with or without 级 and the like around it."""
    plain = compact(raw)
    if not plain:
        return None
    found = re.fullmatch(r"(?:trl|第)?(\d{1,4})(?:\.0)?(?:级|年)?", plain.casefold())
    if found is None or not low <= int(found[1]) <= high:
        raise CellError(f"「{plain[:40]}」不在范围内。", f"填 {low}–{high} 的整数。")
    return int(found[1])


# --- money -----------------------------------------------------------------------------------------------------------

UNITS = {
    "亿元": Decimal(10_000),
    "亿": Decimal(10_000),
    "千万元": Decimal(1_000),
    "千万": Decimal(1_000),
    "百万元": Decimal(100),
    "百万": Decimal(100),
    "万元": Decimal(1),
    "万": Decimal(1),
    "w": Decimal(1),
    "千元": Decimal("0.1"),
    "元": Decimal("0.0001"),
}
_NUMBER = r"(\d+(?:\.\d+)?|\.\d+)"
_UNIT = f"({'|'.join(UNITS)})?"
_AMOUNT = re.compile(rf"{_NUMBER}{_UNIT}(?:人民币|整)?", re.ASCII)
_AMOUNTS = re.compile(
    rf"{_NUMBER}{_UNIT}(?:-{{1,2}}|~|—{{1,2}}|–|至|到){_NUMBER}{_UNIT}", re.ASCII
)
MONEY_FORMS = "填 50、50万、0.5亿、30-60万 或 面议；不写单位就是万元。"


def money(raw: Any, unit: Decimal = Decimal(1)) -> Money | None:
    """A sum or a range of sums in 万元.

    Args:
        raw: 50 (万元), 50万元, 0.5亿, 30-60万, 5000元, 面议.
        unit: 万元 of one where none is written, from the column's header.
    """
    if isinstance(raw, float) and not isinstance(raw, bool) and raw - raw == 0:
        raw = f"{Decimal(repr(round(raw, 6))):f}"  # what a formula has computed carries the noise of binary numbers
    plain = compact(raw).casefold()
    if not plain or plain == "待定":
        return None
    if plain.rstrip("。.") in NEGOTIABLE:
        return Money(None, None)
    bare = re.sub(
        r"(?<=\d),(?=\d{3}(?!\d))", "", re.sub(r"^(人民币|rmb|cny|¥)", "", plain)
    )
    if found := _AMOUNT.fullmatch(bare):
        amount = _amount(found[1], found[2], unit)
        return Money(amount, amount)
    if found := _AMOUNTS.fullmatch(bare):
        low = _amount(found[1], found[2] or found[4], unit)
        high = _amount(found[3], found[4] or found[2], unit)
        if low > high:
            raise CellError(f"「{plain[:40]}」的前一个数比后一个大。", MONEY_FORMS)
        return Money(low, high)
    raise CellError(f"「{plain[:40]}」不是能识别的金额。", MONEY_FORMS)


def _amount(digits: str, unit: str | None, default: Decimal) -> Decimal:
    amount = Decimal(digits) * (UNITS[unit] if unit else default)
    if amount >= MONEY_BELOW:
        raise CellError("金额太大。", "按万元填写，整数部分最多 10 位。")
    exact = amount.quantize(Decimal("0.0001"))
    if exact != amount:
        raise CellError("金额太细。", "精确到 1 元（0.0001 万元）即可。")
    return exact


# --- days ------------------------------------------------------------------------------------------------------------

DAY_FORMS = "填 2027-09-30、2027年9月30日、2027年9月 或 2027.09。"
_DAY = r"(\d{4})(?:[-./年](\d{1,2})(?:[-./月](\d{1,2})[日号]?|月)?|年)?(底|末)?"
_TO = r"(?:-{1,2}|~|—{1,2}|–|至|到)"
_ONE_DAY = re.compile(_DAY, re.ASCII)
_TWO_DAYS = re.compile(rf"{_DAY}{_TO}{_DAY}", re.ASCII)
_UNTIL_NOW = re.compile(rf"{_DAY}[-~—–]*至?(?:今|现在|目前)", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1950, 2100
EPOCH = date(1899, 12, 30)  # of Excel's serial numbers
SERIALS = range(18_264, 73_416)  # 1950 to 2100


def day(raw: Any, *, end: bool = True) -> date | None:
    """A day.

    Args:
        raw: a date cell, an Excel serial, 2027-09-30, 2027/9/30, 2027.09, 2027年9月, 2027年底, or two of them.
        end: take the last day of a month or year, and the second of two days; else the first.
    """
    if (known := _typed_day(raw)) is not None:
        return known
    plain = _day_text(raw)
    if not plain or plain in ("长期", "长期有效", "待定"):
        return None
    if found := _ONE_DAY.fullmatch(plain):
        return _built_day(found.groups(), end)
    if found := _TWO_DAYS.fullmatch(plain):
        first, last = (
            _built_day(found.groups()[:4], False),
            _built_day(found.groups()[4:], True),
        )
        if first > last:
            raise CellError(f"「{plain[:40]}」的起止写反了。", DAY_FORMS)
        return last if end else first
    raise CellError(f"「{plain[:40]}」不是能识别的日期。", DAY_FORMS)


def months(raw: Any) -> tuple[str | None, str | None] | None:
    """The first and last month of a period, each YYYY-MM; one month alone is the first, 至今 leaves the last open."""
    if (known := _typed_day(raw)) is not None:
        return f"{known:%Y-%m}", None
    plain = _day_text(raw)
    if not plain:
        return None
    if found := _TWO_DAYS.fullmatch(plain):
        first, last = (
            _built_day(found.groups()[:4], False),
            _built_day(found.groups()[4:], False),
        )
        if found[2] is None or found[6] is None:
            raise CellError(f"「{plain[:40]}」没有写月份。", "填 2022.03-2024.10。")
        if first > last:
            raise CellError(f"「{plain[:40]}」的起止写反了。", "填 2022.03-2024.10。")
        return f"{first:%Y-%m}", f"{last:%Y-%m}"
    if (found := _UNTIL_NOW.fullmatch(plain) or _ONE_DAY.fullmatch(plain)) and found[
        2
    ] is not None:
        return f"{_built_day(found.groups()[:4], False):%Y-%m}", None
    raise CellError(f"「{plain[:40]}」不是能识别的起止年月。", "填 2022.03-2024.10。")


def month(raw: Any) -> str | None:
    """One month, YYYY-MM."""
    found = months(raw)
    if found is not None and found[1] is not None:
        raise CellError(
            f"「{compact(raw)[:40]}」是两个年月。", "这一列只填一个年月，如 2022.03。"
        )
    return found[0] if found else None


def years(raw: Any) -> tuple[int, int] | None:
    """The first and last year of a period; a single year is both."""
    if not compact(raw):
        return None
    first, last = day(raw, end=False), day(raw, end=True)
    return (first.year, last.year) if first and last else None


def _day_text(raw: Any) -> str:
    """The text of a day without blanks and time of day; 202709 as 2027.09."""
    plain = re.sub(
        r"[\sT]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$",
        "",
        half_width(text(raw)),
        flags=re.ASCII,
    )
    return re.sub(r"^(\d{4})(\d{2})$", r"\1.\2", compact(plain), flags=re.ASCII)


def _typed_day(raw: Any) -> date | None:
    """The day of a cell that is not text."""
    if isinstance(raw, datetime | date):
        found = raw.date() if isinstance(raw, datetime) else raw
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise CellError(f"年份 {found.year} 不对。", DAY_FORMS)
        return found
    if isinstance(raw, time | timedelta):
        raise CellError("这一格只有时间，没有日期。", DAY_FORMS)
    if (
        isinstance(raw, float)
        and not raw.is_integer()
        and FIRST_YEAR <= raw <= LAST_YEAR + 1
        and f"{raw:.4f}"[4:] == ".1000"
    ):
        raise CellError(f"{raw} 是数字格式，分不清是 1 月还是 10 月。", DAY_FORMS)
    plain = (
        compact(raw)
        if isinstance(raw, str | int | float) and not isinstance(raw, bool)
        else ""
    )
    if re.fullmatch(r"\d{5}(\.\d+)?", plain, re.ASCII) and int(plain[:5]) in SERIALS:
        return EPOCH + timedelta(days=int(plain[:5]))
    if re.fullmatch(r"\d{8}", plain, re.ASCII):
        return _built_day((plain[:4], plain[4:6], plain[6:], None), True)
    return None


def _built_day(parts: Iterable[str | None], end: bool) -> date:
    year_text, month_text, day_text, last = parts
    year, month_number = (
        int(year_text or 0),
        int(month_text or (12 if end or last else 1)),
    )
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CellError(f"年份 {year} 不对。", DAY_FORMS)
    if not 1 <= month_number <= 12:
        raise CellError(f"没有 {month_number} 月。", DAY_FORMS)
    length = calendar.monthrange(year, month_number)[1]
    number = int(day_text) if day_text else length if end or last else 1
    if not 1 <= number <= length:
        raise CellError(f"{year}年{month_number}月没有 {number} 日。", DAY_FORMS)
    return date(year, month_number, number)


# --- figures ---------------------------------------------------------------------------------------------------------

METRIC_FORMS = "写成「名称 比较符 数值 单位」，如 圆度≤0.10 mm；多项用「；」分开。"
_SIGNS = {
    "ge": (
        "≥",
        "≧",
        "⩾",
        ">=",
        "=>",
        "不低于",
        "不小于",
        "不少于",
        "大于等于",
        "大于或等于",
        "至少",
    ),
    "le": (
        "≤",
        "≦",
        "⩽",
        "<=",
        "=<",
        "不高于",
        "不大于",
        "不超过",
        "不多于",
        "小于等于",
        "小于或等于",
        "至多",
    ),
    "gt": (">", "大于", "高于", "超过", "优于"),
    "lt": ("<", "小于", "低于", "少于"),
    "pm": ("±", "+/-", "+-"),
    "eq": ("=", *(_EQUAL_WORDS := ("达到", "可达", "为", "达"))),
}
_SIGN_OF = {sign: name for name, signs in _SIGNS.items() for sign in signs} | {
    ":": "eq"
}
_FIGURE = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"


def _signed(signs: Iterable[str]) -> re.Pattern[str]:
    listed = "|".join(re.escape(sign) for sign in sorted(signs, key=len, reverse=True))
    pattern = (
        rf"(?P<name>.*?)\s*:?\s*(?P<sign>{listed})\s*(?P<low>{_FIGURE})(?P<rest>.*)"
    )
    return re.compile(pattern, re.ASCII | re.DOTALL)


# Signs before words: in 大于25μm颗粒≤5 个 the word belongs to the name.
_BY_SIGN = _signed(sign for sign in _SIGN_OF if not re.match(r"[\u4e00-\u9fff:]", sign))
_BY_WORD = _signed(sign for sign in _SIGN_OF if re.match(r"[\u4e00-\u9fff]", sign))
_BY_COLON = re.compile(
    rf"(?P<name>.*?)\s*(?<!\d)(?P<sign>:)\s*(?P<low>{_FIGURE})(?P<rest>.*)",
    re.ASCII | re.DOTALL,
)
_RANGE = re.compile(
    rf"(?P<name>.*?)\s*(?:(?<=\S)(?P<sign>[=:]|为|达到|达)\s*|(?<![\dA-Za-z.]))"
    rf"(?P<low>{_FIGURE})(?P<unit>[%℃°]?)\s*(?:-|~|～|—{{1,2}}|–|至|到)\s*(?P<high>{_FIGURE})(?P<rest>.*)",
    re.ASCII | re.DOTALL,
)
_PLUS_MINUS = re.compile(
    rf"(?P<name>.*?)\s*(?:[=:]|为|(?<![\dA-Za-z.]))\s*(?P<low>{_FIGURE})\s*±\s*(?P<high>{_FIGURE})(?P<rest>.*)",
    re.ASCII | re.DOTALL,
)
_BARE = re.compile(
    rf"(?P<name>.*[^\dA-Za-z.,:+\-\s])\s*(?P<low>{_FIGURE})(?P<rest>.*)",
    re.ASCII | re.DOTALL,
)
_SHAPES = (
    (_PLUS_MINUS, "pm"),
    (_BY_SIGN, ""),
    (_BY_WORD, ""),
    (_BY_COLON, ""),
    (_RANGE, "range"),
    (_BARE, "eq"),
)
_POWER = re.compile(r"[×xX*]\s*10(?:\^(\d{1,2})|([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}))")  # 5×10⁶ 次
_NUMBERED = re.compile(
    r"\s*(?=[①-⑳])|(?<=\S)\s+(?=\d{1,2}[.、)）]\s*[^\d\s])"
)  # before 2. or ② of a list in one line
_SUFFIXES = {
    "以上": "ge",
    "及以上": "ge",
    "以下": "le",
    "及以下": "le",
    "以内": "le",
    "之内": "le",
}
# Chinese words that may stand behind a figure without an operator, where any other word would be a sentence.
_COUNTED = re.compile(
    r"(?:[十百千万亿]*(?:小时|分钟|个百分点|百分点|[个次元吨级倍秒度米件台人项家月天年套条份处辆只克颗粒组批]))(?:/.{1,10})?|[万亿]"
)


def metrics(raw: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """The figures of a text, and the pieces of it that hold none, in their order.

    Args:
        raw: items `name operator value unit`, parted by ；or line ends; by 、or ，where each piece is a figure.

    Returns:
        rows of {name, operator, value, value_max, unit} and the texts that are no figures (they belong to prose).

    Raises:
        CellError: a figure that cannot be kept, naming the item.
    """
    rows, rest = [], []
    plain = re.sub(r"[^\S\n]+", " ", prose(raw) or "")
    for item in pieces(_NUMBERED.sub("\n", plain), "；;\n"):
        if item in EMPTY_TEXT:
            continue
        found = [_metric(piece) for piece in pieces(item, "、，,。")]
        if not found or None in found:
            found = [_metric(item)]
        rows.extend(one for one in found if one is not None)
        if None in found:
            rest.append(item)
    return rows, rest


def _metric(item: str) -> dict[str, Any] | None:
    """One figure, or None where the item holds none that could be taken apart without guessing."""
    item = re.sub(r"^\s*([①-⑳]|[（(]?\d{1,2}[)）.、])\s*(?=[^\d\s])", "", item).strip(
        " \t。，,、"
    )
    if len(item) > METRIC_MOST:
        return None
    half = half_width(item)
    for pattern, operator in _SHAPES:
        found = pattern.fullmatch(half)
        if found is None:
            continue
        bare = pattern is _BARE
        if not operator:
            operator = _SIGN_OF[found["sign"]]
            if operator == "eq" and (
                _RANGE.fullmatch(half) or _PLUS_MINUS.fullmatch(half)
            ):
                continue  # 温度=20～40 is a range, and so is 温度为20-40
            bare = found["sign"] in _EQUAL_WORDS
        elif pattern is _RANGE:
            bare = found["sign"] not in ("=", ":")
        name = item[: found.end("name")].strip(" \t:：=,，")
        unit = half_width(item[found.start("rest") :]).strip()
        if pattern is _RANGE and found["unit"]:
            unit = unit or item[found.start("unit") : found.end("unit")]
        for suffix, sense in _SUFFIXES.items():
            if operator == "eq" and unit.endswith(suffix):
                operator, unit = sense, unit.removesuffix(suffix).strip()
                break
        power = _POWER.match(unit)
        unit = unit[power.end() :].strip() if power else unit
        if len(name) > 60 or len(unit) > 30 or not _plausible(name, unit, bare=bare):
            continue
        factor = (
            Decimal(10) ** int(unicodedata.normalize("NFKC", power[1] or power[2]))
            if power
            else Decimal(1)
        )
        low = _figure(found["low"], factor, item)
        high = (
            _figure(found["high"], factor, item)
            if pattern in (_RANGE, _PLUS_MINUS)
            else None
        )
        if operator == "range" and high is not None and high < low:
            raise CellError(f"指标「{item[:40]}」的区间写反了。", METRIC_FORMS)
        return {
            "name": name,
            "operator": operator,
            "value": low,
            "value_max": high,
            "unit": unit,
        }
    return None


def _plausible(name: str, unit: str, *, bare: bool) -> bool:
    """Whether this is a figure and not a number somewhere in a sentence."""
    outside, outside_name = (
        re.sub(r"[(（].*?[)）]", "", part) for part in (unit, name)
    )
    if (
        not re.search(r"[^\W\d_]", name)
        or re.search(r"[，。；,]", outside_name)
        or re.search(r"[，。；：,:]", outside)
        or re.match(r"[.\d,×^]", unit)
    ):
        return False
    if any(sign in unit or sign in name for sign in "≥≤≧≦＞＜><=±"):
        return False
    chinese = "".join(re.findall(r"[\u4e00-\u9fff]+", outside))
    if bare:
        return not chinese or _COUNTED.fullmatch(outside.strip()) is not None
    return len(chinese) <= 8


def _figure(digits: str, factor: Decimal, item: str) -> Decimal:
    try:
        value = Decimal(digits.replace(",", "")) * factor
        exact = value.quantize(Decimal("0.000001"))
    except InvalidOperation:
        raise CellError(
            f"指标「{item[:40]}」的数值太大。", "整数部分最多 9 位，请换一个单位。"
        ) from None
    if abs(value) >= FIGURE_BELOW or exact != value:
        raise CellError(
            f"指标「{item[:40]}」的数值位数太多。",
            "整数部分最多 9 位、小数最多 6 位，请换一个单位。",
        )
    return exact.normalize() + 0 if value else Decimal(0)


# --- lists -----------------------------------------------------------------------------------------------------------

_OPENING, _CLOSING = "（([【《“‘「", "）)]】》”’」"


def pieces(plain: str, separators: str) -> list[str]:
    """The parts of a text between separators that stand outside of brackets; empty parts are left out."""
    return [piece for piece in _places(plain, separators) if piece]


def _places(plain: str, separators: str) -> list[str]:
    """Like `pieces`, with the empty parts. A bracket that is never closed does not count."""
    depth, start, found = 0, 0, []
    for place, sign in enumerate(plain):
        if sign in _OPENING:
            depth += 1
        elif sign in _CLOSING:
            depth = max(0, depth - 1)
        elif sign in separators and not depth:
            found.append(plain[start:place].strip())
            start = place + 1
    if depth and any(sign in separators for sign in plain[start:]):
        return [
            piece.strip() for piece in re.split(f"[{re.escape(separators)}]", plain)
        ]
    return [*found, plain[start:].strip()]


def aligned(raw: Any, *, loose: bool) -> list[str] | None:
    """The items of a column whose items stand in the order of its neighbour's; an empty place is an empty string.

    Args:
        raw: items parted by ；or line ends.
        loose: 、and ，part as well (types and states, never names).
    """
    plain = listed(raw)
    if not plain:
        return None
    items = _places(plain.rstrip("；;\n、，,"), "；;\n、，," if loose else "；;\n")
    return [
        re.sub(r"^\d{1,2}[.、]\s*(?=\D)", "", "" if item in EMPTY_TEXT else item)
        for item in items
    ]


def keywords(raw: Any) -> list[str] | None:
    """Key words parted by ；、，or, where none of these stands between them, by blanks."""
    plain = listed(raw)
    if not plain:
        return None
    words = pieces(plain, "；;、，,|\n")
    if words == [plain] and re.search(r"[\u4e00-\u9fff]", plain):
        words = plain.split()
    for word in words:
        if len(word) > KEYWORD_MOST:
            raise CellError(
                f"关键词「{word[:20]}…」太长。",
                f"每个最多 {KEYWORD_MOST} 字，用「；」分开。",
            )
    return list(dict.fromkeys(words))


_ORGANISATION_END = re.compile(
    r"(大学|学院|公司|集团|研究院|研究所|[院所厂局站校社会部队]|中心|实验室|医院|合作社)(\s*[（(].*[)）])?$"
)


def organisations(raw: Any) -> list[str] | None:
    """Names of organisations in order.

    They are parted by ；or line ends; where there is none of these, by 、and ，if each part ends like a name.
    """
    plain = listed(raw)
    if not plain:
        return None
    names = pieces(plain, "；;\n|")
    if names == [plain]:
        parts = pieces(plain, "、，,")
        names = (
            parts if all(_ORGANISATION_END.search(part) for part in parts) else names
        )
    for name in names:
        if len(name) > 120:
            raise CellError(
                f"单位名称「{name[:20]}…」太长。", "最多 120 字；几个单位用「；」分开。"
            )
    return list(dict.fromkeys(names))


def people(raw: Any) -> list[dict[str, Any]] | None:
    """People in order: 张三、李四（教授；负责人；40%） → rows of {name, title, role, share}."""
    plain = listed(raw)
    if not plain:
        return None
    items = pieces(plain, "；;、，,|\n")
    if len(items) == 1 and re.fullmatch(r"[\u4e00-\u9fff·\s]+", plain):
        parts = plain.split()
        items = (
            [plain.replace(" ", "").replace("\u3000", "")]
            if any(len(part) < 2 for part in parts)
            else parts
        )
    return [_contributor(item) for item in items]


def _contributor(item: str) -> dict[str, Any]:
    found = re.fullmatch(
        r"(?P<name>[^（()）]+?)\s*[（(](?P<more>[^（()）]*)[)）]\s*", item
    )
    row: dict[str, Any] = {"name": (found["name"] if found else item).strip()}
    words = []
    for word in _places(found["more"], "；;，,、") if found else []:
        if share := re.fullmatch(
            r"(\d{1,3}(?:\.\d{1,2})?)%", half_width(word), re.ASCII
        ):
            row["share"] = Decimal(share[1])
        else:
            words.append(word)
    row |= {
        key: word for key, word in zip(("title", "role"), words, strict=False) if word
    }
    if not 0 < row.get("share", 1) <= 100:
        raise CellError(
            f"「{item[:40]}」的贡献比例不对。", "填大于 0、不超过 100 的百分比。"
        )
    for key, most in (("name", 60), ("title", 40), ("role", 60)):
        if len(row.get(key, "")) > most:
            raise CellError(
                f"「{item[:30]}…」不像一位完成人。",
                "几位之间用「、」分开，职称写在括号里，如 张三（教授）。",
            )
    return row


# --- numbers of the trade --------------------------------------------------------------------------------------------


def phone(raw: Any) -> str | None:
    """One or several telephone numbers: mobile, or land line with area code, or a 400 number."""
    plain = half_width(text(raw))
    if plain.casefold() in EMPTY:
        return None
    numbers = []
    for part in re.split(r"[/、,;，；|\n]+", plain):
        found = (
            [_phone(part)]
            if _phone(part)
            else [_phone(piece) for piece in part.split()]
        )
        if not found or None in found:
            allowed = "手机 11 位；固定电话带区号，如 0635-8230000。"
            raise CellError(f"「{part.strip()[:40]}」不是能识别的电话。", allowed)
        numbers.extend(number for number in found if number)
    if len("/".join(numbers)) > 30:
        raise CellError("电话太多。", "最多填两个。")
    return "/".join(numbers)


def _phone(part: str) -> str | None:
    """One number in its stored form, or None where it is none."""
    number = re.sub(
        r"^\+?86-?(?=1\d{10}$|0)", "", "".join(part.split()), flags=re.ASCII
    )
    number = re.sub(r"^\+?86-?(?=[1-9]\d{2}-?\d{7,8}$)", "0", number, flags=re.ASCII)
    number = re.sub(r"^\((0\d{2,3})\)-?", r"\1-", number, flags=re.ASCII)
    number = re.sub(r"—|–|转", "-", number)
    if re.fullmatch(r"1[3-9]\d-?\d{4}-?\d{4}", number, re.ASCII):
        return number.replace("-", "")
    land_line = r"0\d{2,3}-?\d{7,8}(-\d{1,6})?|400-?\d{3,4}-?\d{3,4}"
    return number if re.fullmatch(land_line, number, re.ASCII) else None


def email(raw: Any) -> str | None:
    """A mail address, with its domain in lower case."""
    plain = compact(raw)
    if not plain:
        return None
    found = re.fullmatch(
        r"([\w.!#$%&'*+/=?^`{|}~-]{1,64})@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63})",
        plain,
        re.I | re.A,
    )
    if found is None or len(plain) > 254:
        raise CellError(
            f"「{plain[:40]}」不是邮箱地址。", "如 name@lcu.edu.cn，只填一个。"
        )
    return f"{found[1]}@{found[2].lower()}"


def uscc(raw: Any) -> str | None:
    """A 统一社会信用代码, by the rule of accounts."""
    plain = compact(raw)
    if not plain:
        return None
    if isinstance(raw, int | float) and len(plain) > 15:
        raise CellError(
            "这一格是数字格式，末几位已经丢失。",
            "把单元格设成文本格式，再填 18 位代码。",
        )
    try:
        return checked_uscc(plain)
    except Invalid as error:
        raise CellError(error.message, "填营业执照或法人证书上的 18 位代码。") from None


PATENT_KINDS = {
    "1": "invention",
    "2": "utility_model",
    "3": "design",
    "8": "invention",
    "9": "utility_model",
}
PATENT_FORMS = (
    "填申请号 201710601862.3 或专利号 ZL201710601862.3；软件著作权填 2024SR0123456。"
)


def ip_number(plain: str, ip_type: str | None = None) -> tuple[str, str | None]:
    """A number of a right in its stored form, and the kind of right it tells.

    Args:
        plain: as written.
        ip_type: the kind of right where it is known; only patents and software copyrights have numbers to check.

    Check digit: Σ digit·weight mod 11, weights 2–9 and again from 2, 10 written X (国家知识产权局 专利申请号标准).

    Raises:
        CellError: it looks like a patent number and is none.
    """
    bare = (
        re.sub(r"[\s\-－—]|^专利号|^申请号|^登记号|^[:：]", "", half_width(plain))
        .upper()
        .lstrip(":：")
    )
    if re.fullmatch(r"\d{4}SR\d{6,7}", bare, re.ASCII):
        return bare, "software_copyright"
    if len(plain) > 30:
        raise CellError(f"「{plain[:20]}…」太长，不像编号。", PATENT_FORMS)
    if ip_type not in (None, *PATENT_KINDS.values()):
        return plain.strip(), ip_type
    found = re.fullmatch(r"(ZL|CN)?(\d{12}|\d{8})\.?([\dX])?", bare, re.ASCII)
    if found is None:
        if re.match(r"(ZL|CN)\d|\d{8}", bare, re.ASCII):
            published = (
                "，像是公开（公告）号"
                if re.fullmatch(r"CN\d{7,9}[A-Z]\d?", bare, re.ASCII)
                else ""
            )
            raise CellError(
                f"「{plain[:40]}」不是专利申请号{published}。", PATENT_FORMS
            )
        return plain.strip(), None
    prefix, digits, check = found.groups()
    weights = (2, 3, 4, 5, 6, 7, 8, 9)
    right = "0123456789X"[
        sum(int(digit) * weights[i % 8] for i, digit in enumerate(digits)) % 11
    ]
    kind = PATENT_KINDS.get(digits[4] if len(digits) == 12 else digits[2])
    if check is None:
        raise CellError(f"「{plain[:40]}」少了校验位。", PATENT_FORMS)
    if check != right or kind is None:
        raise CellError(
            f"专利号「{plain[:40]}」的校验位对不上，可能输错了一位。", PATENT_FORMS
        )
    return f"{'ZL' if prefix == 'ZL' else ''}{digits}.{check}", kind
