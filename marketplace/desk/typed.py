"""What people type into a form, read: text → value or a sentence that says what is wrong. Pure functions.

The fields that use them stand in `fields.py`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date
from decimal import Decimal, InvalidOperation
from typing import Any

from marketplace.lifecycle import now
from marketplace.listings import terms
from marketplace.wording import SHANGHAI

_UNITS = {"": 1, "万": 1, "万元": 1, "亿": 10_000, "亿元": 10_000, "元": Decimal("0.0001")}
_SIGNS = {
    **{sign: code for code, sign in terms.METRIC_OPERATORS.items() if code not in ("pm", "range")},
    "不低于": "ge",
    "不小于": "ge",
    "不少于": "ge",
    ">=": "ge",
    "不高于": "le",
    "不大于": "le",
    "不超过": "le",
    "<=": "le",
    "大于": "gt",
    "高于": "gt",
    "小于": "lt",
    "低于": "lt",
    "为": "eq",
    ":": "eq",
    "：": "eq",
}
_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_METRIC = re.compile(
    rf"(?P<name>.+?)\s*(?P<sign>{'|'.join(sorted(map(re.escape, _SIGNS), key=len, reverse=True))}|(?=\s[+-]?\d))\s*"
    rf"(?P<value>{_NUMBER})\s*(?:(?P<to>[~～–—±]|至)\s*(?P<value_max>{_NUMBER}))?\s*(?P<unit>[^\d\s].{{0,29}})?"
)


def clean(text: str | None) -> str:
    """A text as it is kept: NFC, no control characters but line breaks, no blanks at its ends."""
    text = unicodedata.normalize("NFC", text or "").replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()


def halved(text: str) -> str:
    """Full-width figures and signs made half-width, without blanks and thousands separators."""
    return re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", text))


def number(text: str, *, digits: int, places: int) -> Decimal:
    """A plain decimal number.

    Args:
        text: as typed.
        digits: most digits before the point.
        places: most digits after it.

    Raises:
        ValueError: not a number of that shape; the message says why, in Chinese.
    """
    compact = halved(text)
    if not re.fullmatch(_NUMBER, compact, re.ASCII):
        raise ValueError(f"「{text.strip()[:20]}」不是数字。")
    value = Decimal(compact)
    if abs(value) >= 10**digits or -value.normalize().as_tuple().exponent > places:
        raise ValueError(f"数字太长：整数最多 {digits} 位，小数最多 {places} 位。")
    return value


def wan(text: str) -> Decimal:
    """Money in 万元 from 「50」「50 万」「0.5 亿」「300000 元」.

    Raises:
        ValueError: not a sum of money, or below zero.
    """
    found = re.fullmatch(r"([^万亿元]*)(万元|亿元|万|亿|元)?", halved(text))
    if found is None:
        raise ValueError(f"「{text.strip()[:20]}」看不懂，请写数字，单位万元，如 50。")
    try:
        value = number(found[1], digits=12, places=4) * _UNITS[found[2] or ""]
    except (ValueError, InvalidOperation):
        raise ValueError(f"「{text.strip()[:20]}」看不懂，请写数字，单位万元，如 50。") from None
    if value < 0:
        raise ValueError("金额不能小于 0。")
    return number(f"{value.normalize():f}", digits=10, places=4)


def day_of(text: str) -> date:
    """A day from 「2026-11-21」「2026/11/21」「2026.11.21」「2026年11月21日」「20261121」.

    Raises:
        ValueError: no such day between 1950 and 2100.
    """
    found = re.fullmatch(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))", halved(text), re.ASCII)
    try:
        value = date(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5]))  # type: ignore[index]
    except (TypeError, ValueError):
        raise ValueError(f"「{text.strip()[:20]}」不是日期，请写成 2026-11-21 这样。") from None
    if not 1950 <= value.year <= 2100:
        raise ValueError("年份应在 1950 到 2100 之间。")
    return value


def month_of(text: str) -> str:
    """A month as YYYY-MM from 「2026-11」「2026.11」「2026年11月」.

    Raises:
        ValueError: no such month.
    """
    found = re.fullmatch(r"(\d{4})(?:[-/.年](\d{1,2})月?|(\d{2}))", halved(text), re.ASCII)
    if found is None or not 1 <= int(found[2] or found[3]) <= 12 or not 1950 <= int(found[1]) <= 2100:
        raise ValueError(f"「{text.strip()[:20]}」不是年月，请写成 2026-11 这样。")
    return f"{found[1]}-{int(found[2] or found[3]):02}"


def year_of(text: str) -> int:
    """A year of four digits.

    Raises:
        ValueError: no year between 1950 and 2100.
    """
    compact = halved(text).removesuffix("年")
    if not re.fullmatch(r"\d{4}", compact, re.ASCII) or not 1950 <= int(compact) <= 2100:
        raise ValueError(f"「{text.strip()[:20]}」不是年份，请写四位数字，如 2027。")
    return int(compact)


def metric_of(text: str) -> dict[str, Any] | None:
    """A technical figure written in one go, like 「抗拉强度 ≥ 350 MPa」 or 「硬度 58～62 HRC」.

    Returns:
        the values of a metric row, or None where the text is not of that form.
    """
    found = _METRIC.fullmatch(unicodedata.normalize("NFC", text).strip())
    if found is None:
        return None
    second = found["value_max"]
    operator = {"±": "pm"}.get(found["to"], "range") if second else _SIGNS.get(found["sign"], "eq")
    return {
        "name": found["name"].strip(),
        "operator": operator,
        "value": found["value"],
        "value_max": second or "",
        "unit": (found["unit"] or "").strip(),
    }


def today() -> date:
    """The present day in China."""
    return now().replace(tzinfo=UTC).astimezone(SHANGHAI).date()
