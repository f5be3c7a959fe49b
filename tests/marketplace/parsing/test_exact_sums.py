"""Sums to the cent and shares in per cent: exact or refused, never taken for about right."""

from __future__ import annotations

from decimal import Decimal

import pytest

from marketplace.parsing import ParseError
from marketplace.parsing.exact_sums import YUAN, read_fen, read_per_cent
from marketplace.parsing.number_formats import FormattedNumber

SUMS = {
    "50": 5_000, "５０．５": 5_050, "0": 0, "0.01": 1, "50,000": 5_000_000, "1,234,567.89": 123_456_789,
    "￥500,000.00": 50_000_000, "¥500000元": 50_000_000, "50万": 50_000_000, "50万元": 50_000_000,
    "0.5亿": 5_000_000_000, "五十万": 50_000_000, "50 000": 5_000_000, "\u202e50\u200b": 5_000, "3000元": 300_000,
}  # fmt: skip
NO_SUMS = [
    "5,5", "50，100", "5 0", "1,23,456", "50.555", "0.001", "1e5", "1_000", "-5", "50%", "约50", "50万以内", "50-80万",
    "50左右", "面议", "$50", "0x10", "٥٠", "²", "½", "50元/吨", "50万/年", "abc", "1" * 400, "50。5", "Infinity",
]  # fmt: skip


@pytest.mark.parametrize(("raw", "fen"), SUMS.items())
def test_a_sum_is_read_to_the_cent(raw: str, fen: int) -> None:
    assert read_fen(raw) == fen


@pytest.mark.parametrize(
    ("raw", "unit", "fen"),
    [
        (FormattedNumber(50, '0"万元"'), YUAN, 50_000_000),
        (FormattedNumber(500_000, '#,##0"元"'), Decimal(1), 50_000_000),
        (FormattedNumber(500_000, '0!.0,"万"'), YUAN, 50_000_000),
        (FormattedNumber(0.5, '0"亿"'), YUAN, 5_000_000_000),
        ("50", Decimal(1), 50_000_000),
        ("50.123456", Decimal(1), 50_123_456),
        ("500000元", Decimal(1), 50_000_000),
        (50.0, Decimal(1), 50_000_000),
    ],
)
def test_the_unit_of_a_cell_or_a_table_counts(
    raw: object, unit: Decimal, fen: int
) -> None:
    assert read_fen(raw, unit) == fen


@pytest.mark.parametrize("raw", NO_SUMS)
def test_what_is_no_exact_sum_is_refused(raw: str) -> None:
    with pytest.raises(ParseError) as refused:
        read_fen(raw)
    assert "单位元" in refused.value.sentence


@pytest.mark.parametrize("raw", ["", " ", "-", "无"])
def test_nothing_is_no_sum(raw: str) -> None:
    assert read_fen(raw) is None
    assert read_per_cent(raw) is None


@pytest.mark.parametrize(
    ("raw", "share"),
    {
        "70": "70", "70%": "70", "33.33％": "33.33", "１００": "100", "5 %": "5", "百分之5": "5", "0": "0",
        "\u200b3": "3",
    }.items(),
)  # fmt: skip
def test_a_share_is_read(raw: str, share: str) -> None:
    assert read_per_cent(raw) == Decimal(share)


NO_SHARES = ["5,5", "101", "-1", "1e1", "1_0", "五", "50%-60%", "不低于50%", "100.0001"]


@pytest.mark.parametrize("raw", NO_SHARES)
def test_what_is_no_share_is_refused(raw: str) -> None:
    with pytest.raises(ParseError, match="0–100"):
        read_per_cent(raw)


@pytest.mark.parametrize("raw", ["5 0 0", "50，100", "5 10万"])
def test_what_may_be_two_sums_is_shown_as_typed(raw: str) -> None:
    with pytest.raises(ParseError, match=f"「{raw}」分不清"):
        read_fen(raw)
