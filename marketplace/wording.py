"""How dates, money and numbers are written on every page: Jinja filters. No sentence of a page lives here."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from flask import Flask

from marketplace.clock import day_in_china, in_china

UNKNOWN = "未填写"
OPENING, CLOSING = "「『", "」』"  # by level


def day(value: date | datetime | None) -> str:
    """A day as 2026-11-21; moments are stored in UTC and shown in Chinese time."""
    if value is None:
        return UNKNOWN
    # To Python a moment is a date too, and would be written as the day in UTC.
    if isinstance(value, datetime):
        value = day_in_china(value)
    return value.isoformat()


def minute(value: datetime | None) -> str:
    """A moment as 2026-11-21 09:30, Chinese time."""
    if value is None:
        return UNKNOWN
    return in_china(value).strftime("%Y-%m-%d %H:%M")


def period_end(value: date | datetime) -> str:
    """The end of a period: its last day, or a moment. Midnight is the end of the day before, as `Deadline` has it."""
    if not isinstance(value, datetime):
        return day(value)
    moment = in_china(value)
    if moment.time() != time.min:
        return minute(value)
    # Else the page would say until the 7th, 24:00, and the letter until the 8th.
    return f"{moment.date() - timedelta(days=1)} 24:00（北京时间）"


def last_day(value: date | None) -> tuple[str, str]:
    """What a last day is called and how it is written in lists of what waits; both empty where there is none."""
    if value is None:
        return "", ""
    return "最后一天", f"最晚 {day(value)}"


def amount(value: Decimal) -> str:
    """A number of 万元 without trailing zeros: 50, 0.5, 1200."""
    # "f", for `normalize` alone would write 1200 as 1.2E+3.
    return f"{value.normalize():f}"


def money(
    low: Decimal | None, high: Decimal | None = None, *, negotiable: bool = False
) -> str:
    """Money in 万元: 「50 万元」, 「30–60 万元」, 「面议」 or 「未填写」; unknown is never 0."""
    if negotiable:
        return "面议"
    if low is not None and high is not None and low != high:
        return f"{amount(low)}–{amount(high)} 万元"
    # One of the two, or both the same.
    known = low
    if known is None:
        known = high
    if known is None:
        return UNKNOWN
    return f"{amount(known)} 万元"


def yuan(fen: int) -> str:
    """A sum of whole 分 in 元, with two places and thousands: 1,234.50."""
    sign = "-" if fen < 0 else ""
    # Of the absolute sum: divmod rounds down, so -1 分 would become -1.99 元.
    whole, rest = divmod(abs(fen), 100)
    return f"{sign}{whole:,}.{rest:02d}"


def percent(share: float) -> str:
    """A share of 0–1 as whole percent, never rounded down to nothing."""
    if 0 < share < 0.01:
        return "不到 1%"
    return f"{share:.0%}"


def spaced(value: object) -> str:
    """A value inside a Chinese sentence: a blank between it and the words around where it begins or ends in ASCII."""
    text = str(value)
    before = " " if text[:1].isascii() and text[:1].isalnum() else ""
    after = " " if text[-1:].isascii() and text[-1:].isalnum() else ""
    return f"{before}{text}{after}"


def in_quotes(title: object) -> str:
    """A title in quotation marks; marks of its own become the inner ones: 「『甲』专利权转让」.

    Source: GB/T 15834-2011 4.8.3.3: the marks alternate by level.
    """
    depth = 1
    signs = []
    for sign in str(title):
        if sign in OPENING:
            signs.append(OPENING[depth % 2])
            depth += 1
        elif sign in CLOSING:
            # A title that was cut where it began has one too many.
            depth = max(depth - 1, 1)
            signs.append(CLOSING[depth % 2])
        else:
            signs.append(sign)
    return f"「{''.join(signs)}」"


def prepare_templates(app: Flask) -> None:
    """Make the filters known to the templates of `app`, and let their tags leave no blank lines."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    for function in (day, minute, amount, money, yuan, percent, spaced, in_quotes):
        app.add_template_filter(function)
