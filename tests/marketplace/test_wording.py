"""How dates, money and shares are said."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from marketplace import wording


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "未填写"),
        (date(2026, 1, 2), "2026-01-02"),
        (
            datetime(2026, 11, 20, 17, 0),
            "2026-11-21",
        ),  # 17:00 UTC is already the next day in China
    ],
)
def test_day(value: Any, expected: str) -> None:
    assert wording.day(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (date(2026, 12, 7), "2026-12-07"),
        # Stored in UTC: the first moment that is too late.
        (datetime(2026, 12, 7, 16), "2026-12-07 24:00（北京时间）"),
        (datetime(2026, 12, 31, 16), "2026-12-31 24:00（北京时间）"),
        (datetime(2026, 12, 7, 16, 1), "2026-12-08 00:01"),
        (datetime(2026, 12, 7, 1, 30), "2026-12-07 09:30"),
    ],
)
def test_a_period_ends_on_the_same_day_in_letters_and_on_pages(
    value: date | datetime, expected: str
) -> None:
    assert wording.period_end(value) == expected


@pytest.mark.parametrize(
    ("low", "high", "negotiable", "expected"),
    [
        (None, None, False, "未填写"),
        (None, None, True, "面议"),
        (Decimal("50.0000"), None, False, "50 万元"),
        (Decimal("1E+3"), Decimal("1000"), False, "1000 万元"),
        (Decimal("0.5"), Decimal(30), False, "0.5–30 万元"),
        (None, Decimal(30), False, "30 万元"),
        (
            Decimal(0),
            None,
            False,
            "0 万元",
        ),  # a given nought is a figure, an unknown one never is
    ],
)
def test_money(
    low: Decimal | None, high: Decimal | None, negotiable: bool, expected: str
) -> None:
    assert wording.money(low, high, negotiable=negotiable) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, "0%"), (0.004, "不到 1%"), (0.126, "13%"), (1.0, "100%")],
)
def test_percent(share: float, expected: str) -> None:
    assert wording.percent(share) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("示例运营", "已等示例运营天"),
        (3, "已等 3 天"),
        ("不到 1", "已等不到 1 天"),
        ("2026-12-02 24:00（北京时间）", "已等 2026-12-02 24:00（北京时间）天"),
        ("Li 明", "已等 Li 明天"),
        ("", "已等天"),
    ],
)
def test_a_blank_stands_only_beside_letters_and_figures(
    value: object, expected: str
) -> None:
    assert f"已等{wording.spaced(value)}天" == expected


@pytest.mark.parametrize(
    ("fen", "words"),
    [(0, "0.00"), (1, "0.01"), (-50, "-0.50"), (123_456_789, "1,234,567.89")],
)
def test_yuan(fen: int, words: str) -> None:
    assert wording.yuan(fen) == words


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("轴承降噪工艺", "「轴承降噪工艺」"),
        ("「鲁西」专利权转让", "「『鲁西』专利权转让」"),
        ("『鲁西』与「聊城」", "「『鲁西』与『聊城』」"),
        ("「鲁西『超精』」转让", "「『鲁西「超精」』转让」"),
        ("鲁西」与「聊城」", "「鲁西』与『聊城』」"),
        # A title that was cut where it ended.
        ("「鲁西", "「『鲁西」"),
        ("“鲁西”《规程》", "「“鲁西”《规程》」"),
        ("", "「」"),
    ],
)
def test_marks_of_a_title_become_the_inner_ones(title: str, expected: str) -> None:
    assert wording.in_quotes(title) == expected
