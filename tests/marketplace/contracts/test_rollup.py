"""The yearly sums and the subsidy of 聊政字〔2023〕11号 art. 19: ten cases worked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.contracts.rollup import (
    Line,
    Reading,
    YearSum,
    total_of,
    yearly_sums,
)

WAN = 1_000_000  # 分
READING = Reading(rate=Decimal("1.5"), cap=50 * WAN)
APRIL = date(2026, 4, 1)


def line(exempt: int, day: date = APRIL, *, seller: str = "lab", contract: int = 1, counts: int = 1,
         signed: date | None = None, total: int | None = None, buyer: str = "firm") -> Line:  # fmt: skip
    most = exempt if total is None else total
    return Line(contract, seller, buyer, day, signed, most, most, exempt, counts)


@pytest.mark.parametrize(
    ("lines", "reading", "expected"),
    [
        # 1: the example of the reference: 20 million exempt are 300,000.
        ([line(2000 * WAN)], READING, {("lab", 2026): (1, 2000 * WAN, 30 * WAN)}),
        # 2: 50 million would be 750,000: capped.
        ([line(5000 * WAN)], READING, {("lab", 2026): (1, 5000 * WAN, 50 * WAN)}),
        # 3: exactly at the cap: 500,000 / 1.5 % = 33,333,333.34 (rounded up to where it is reached).
        ([line(3_333_333_334)], READING, {("lab", 2026): (1, 3_333_333_334, 50 * WAN)}),
        # 4: one cent below: 33,333,333.33 are 499,999.99995, rounded down.
        ([line(3_333_333_333)], READING, {("lab", 2026): (1, 3_333_333_333, 50 * WAN - 1)}),
        # 5: two contracts of one year: the cap is taken once.
        ([line(2000 * WAN), line(3000 * WAN, contract=2)], READING, {("lab", 2026): (2, 5000 * WAN, 50 * WAN)}),
        # 6: the last day of a year and the first of the next: each has a cap of its own.
        (
            [line(4000 * WAN, date(2025, 12, 31)), line(4000 * WAN, date(2026, 1, 1), contract=2)],
            READING,
            {("lab", 2025): (1, 4000 * WAN, 50 * WAN), ("lab", 2026): (1, 4000 * WAN, 50 * WAN)},
        ),
        # 7: signed in 2025, registered in 2026: registration decides, unless it is read the other way.
        ([line(1000 * WAN, signed=date(2025, 12, 20))], READING, {("lab", 2026): (1, 1000 * WAN, 15 * WAN)}),
        (
            [line(1000 * WAN, signed=date(2025, 12, 20))],
            Reading(Decimal("1.5"), 50 * WAN, year_by="signing"),
            {("lab", 2025): (1, 1000 * WAN, 15 * WAN)},
        ),
        # 8: corrected from 5000 to 2000 later: the year it was registered moves, not that of the correction.
        (
            [line(5000 * WAN), line(-5000 * WAN, counts=0), line(2000 * WAN, counts=0)],
            READING,
            {("lab", 2026): (1, 2000 * WAN, 30 * WAN)},
        ),
        # 9: cancelled: nothing is left of it, the other one stands.
        (
            [line(2000 * WAN), line(-2000 * WAN, counts=-1), line(100 * WAN, contract=2)],
            READING,
            {("lab", 2026): (1, 100 * WAN, 15 * WAN // 10)},
        ),
        # 10: nothing is exempt: a contract, and no subsidy.
        ([line(0, total=800 * WAN)], READING, {("lab", 2026): (1, 0, 0)}),
        # 11: two sellers, and the buyer as payee.
        (
            [line(1000 * WAN), line(1000 * WAN, seller="school", contract=2)],
            READING,
            {("lab", 2026): (1, 1000 * WAN, 15 * WAN), ("school", 2026): (1, 1000 * WAN, 15 * WAN)},
        ),
        (
            [line(1000 * WAN), line(1000 * WAN, seller="school", contract=2)],
            Reading(Decimal("1.5"), 50 * WAN, payee="buyer"),
            {("firm", 2026): (2, 2000 * WAN, 30 * WAN)},
        ),
        # 12: the cap of each contract, the other reading: 50 + 30.
        (
            [line(5000 * WAN), line(2000 * WAN, contract=2)],
            Reading(Decimal("1.5"), 50 * WAN, cap_holder="contract"),
            {("lab", 2026): (2, 7000 * WAN, 80 * WAN)},
        ),
    ],
)  # fmt: skip
def test_worked_by_hand(
    lines: list[Line],
    reading: Reading,
    expected: dict[tuple[str, int], tuple[int, int, int]],
) -> None:
    sums = yearly_sums(lines, reading)
    found = {key: (one.count, one.exempt, one.subsidy) for key, one in sums.items()}
    assert found == expected


def test_three_sums_apart() -> None:
    one = Line(1, "lab", "firm", APRIL, None, 900 * WAN, 500 * WAN, 300 * WAN)
    other = Line(2, "lab", "firm", APRIL, None, 100 * WAN, 80 * WAN, 0)
    (found,) = yearly_sums([one, other], READING).values()
    assert found == YearSum(
        2, 1000 * WAN, 580 * WAN, 300 * WAN, 45 * WAN // 10, 45 * WAN // 10
    )
    assert not found.is_capped
    assert total_of([one, other]).total == 1000 * WAN


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**11), st.sampled_from(["a", "b"]), st.integers(2024, 2026)
        ),
        max_size=12,
    )
)
def test_counter_entries_leave_nothing(rows: list[tuple[int, str, int]]) -> None:
    lines = []
    for number, (exempt, seller, year) in enumerate(rows):
        lines.append(line(exempt, date(year, 5, 1), seller=seller, contract=number))
    taken_back = []
    for number, (exempt, seller, year) in enumerate(rows):
        taken_back.append(
            line(-exempt, date(year, 5, 1), seller=seller, contract=number, counts=-1)
        )
    for found in yearly_sums(lines, READING).values():
        assert 0 <= found.subsidy <= min(READING.cap, found.uncapped)
    for found in yearly_sums([*lines, *taken_back], READING).values():
        assert found == YearSum()
