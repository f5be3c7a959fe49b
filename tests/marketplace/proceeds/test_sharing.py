"""How received money is shared: no gap and no overlap, floors rounded up, every cent with somebody."""

from __future__ import annotations

import ast
import random
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.contracts import rollup
from marketplace.proceeds import sharing
from marketplace.proceeds.sharing import (
    Bracket,
    Pools,
    bracket_problems,
    floor_of,
    net_income,
    share_more,
    share_out,
    split_exactly,
)

LAW = {
    "reward.institution.provincial.transfer": Decimal(70),
    "reward.institution.national.transfer": Decimal(50),
    "reward.institution.provincial.profit": Decimal(10),
    "reward.institution.national.profit": Decimal(5),
    "reward.firm.default.transfer": Decimal(50),
}
WAN = 1_000_000  # 分


def flat(inventors: int, office: int = 0) -> list[Bracket]:
    rest = Decimal(100 - inventors - office)
    return [Bracket(0, None, Decimal(inventors), rest, Decimal(office))]


STEPS = [
    Bracket(0, 100 * WAN, Decimal(90), Decimal(10)),
    Bracket(100 * WAN, 500 * WAN, Decimal(80), Decimal(15), Decimal(5)),
    Bracket(500 * WAN, None, Decimal(70), Decimal(20), Decimal(10)),
]


@pytest.mark.parametrize(
    ("net", "brackets", "floor", "pools"),
    [
        # Worked by hand.
        (100 * WAN, flat(70), 70, Pools(70 * WAN, 30 * WAN, 0)),
        # 70 % of 1.01 yuan are 70.7 cents: no less than 71.
        (101, flat(70), 70, Pools(71, 30, 0)),
        # 60 % agreed, 70 % are due: the institution bears it.
        (100 * WAN, flat(60), 70, Pools(70 * WAN, 30 * WAN, 0)),
        # 85 % due, 60 % agreed, and 30 % for the office: the institution's 10 % first, then the office.
        (100, flat(60, 30), 85, Pools(85, 0, 15)),
        # A firm agreed 20 %: it stands.
        (100 * WAN, flat(20), 20, Pools(20 * WAN, 80 * WAN, 0)),
        # 100 at 90, 400 at 80, 100 at 70: 90 + 320 + 70.
        (600 * WAN, STEPS, 70, Pools(480 * WAN, 90 * WAN, 30 * WAN)),
        # On the very edge of the first step, and a cent beyond: 80 % of a cent are a cent.
        (100 * WAN, STEPS, 70, Pools(90 * WAN, 10 * WAN, 0)),
        (100 * WAN + 1, STEPS, 70, Pools(90 * WAN + 1, 10 * WAN, 0)),
        (0, STEPS, 70, Pools(0, 0, 0)),
        # Costs were higher than what came in.
        (-5 * WAN, STEPS, 70, Pools(0, 0, 0)),
        # A third of a cent for the office is none; 66.6… % are rounded up.
        (1, [Bracket(0, None, Decimal("66.667"), Decimal("0.003"), Decimal("33.33"))], 50, Pools(1, 0, 0)),
    ],
)  # fmt: skip
def test_shares_worked_by_hand(
    net: int, brackets: list[Bracket], floor: int, pools: Pools
) -> None:
    assert share_out(net, brackets, Decimal(floor)) == pools


@pytest.mark.parametrize(
    ("owner", "source", "institution", "agreed", "percent", "basis"),
    [
        ("government_university", "transfer", None, None, 70, "reward.institution.provincial.transfer"),
        ("government_university", "transfer", 80, None, 80, "institution"),
        ("government_university", "transfer", 60, 65, 70, "reward.institution.provincial.transfer"),
        ("government_institute", "transfer", None, 95, 95, "agreed"),
        ("government_institute", "profit", None, None, 10, "reward.institution.provincial.profit"),
        ("firm", "transfer", None, 20, 20, "agreed"),
        ("firm", "transfer", 30, 20, 20, "agreed"),
        ("firm", "transfer", 30, None, 30, "institution"),
        ("firm", "transfer", None, None, 50, "reward.firm.default.transfer"),
        ("other", "transfer", None, 0, 0, "agreed"),
    ],
)  # fmt: skip
def test_floor_by_owner(
    owner: str,
    source: str,
    institution: int | None,
    agreed: int | None,
    percent: int,
    basis: str,
) -> None:
    floor = floor_of(
        owner,
        source,
        LAW,
        institution=None if institution is None else Decimal(institution),
        agreed=None if agreed is None else Decimal(agreed),
    )
    assert (floor.percent, floor.basis) == (percent, basis)


@pytest.mark.parametrize(
    ("brackets", "problem"),
    [
        ([], "至少"),
        ([Bracket(1, None, Decimal(70), Decimal(30))], "空档"),
        ([Bracket(0, 5, Decimal(70), Decimal(30)), Bracket(6, None, Decimal(70), Decimal(30))], "空档"),
        ([Bracket(0, 5, Decimal(70), Decimal(30)), Bracket(4, None, Decimal(70), Decimal(30))], "重叠"),
        ([Bracket(0, None, Decimal(70), Decimal(30)), Bracket(4, None, Decimal(70), Decimal(30))], "没有封顶"),
        ([Bracket(0, 5, Decimal(70), Decimal(30))], "不能封顶"),
        ([Bracket(0, 0, Decimal(70), Decimal(30)), Bracket(0, None, Decimal(70), Decimal(30))], "大于下限"),
        ([Bracket(0, None, Decimal(70), Decimal("29.99"))], "99.99%"),
        ([Bracket(0, None, Decimal(110), Decimal(-10))], "负的比例"),
    ],
)  # fmt: skip
def test_faulty_brackets(brackets: list[Bracket], problem: str) -> None:
    assert any(problem in one for one in bracket_problems(brackets))
    with pytest.raises(ValueError, match="brackets"):
        share_out(100, brackets, Decimal(0))


@given(
    net=st.integers(0, 10**13),
    edges=st.lists(st.integers(1, 10**12), max_size=4, unique=True),
    shares=st.lists(st.integers(0, 10000), min_size=5, max_size=5),
    floor=st.integers(0, 10000),
    cuts=st.lists(st.integers(0, 10**13), max_size=4),
)
def test_nothing_is_lost(
    net: int, edges: list[int], shares: list[int], floor: int, cuts: list[int]
) -> None:
    lows = [0, *sorted(edges)]
    highs: list[int | None] = [*lows[1:], None]
    brackets = []
    for low, high, share in zip(lows, highs, shares, strict=False):
        percent = Decimal(share) / 100
        brackets.append(Bracket(low, high, percent, 100 - percent))
    assert bracket_problems(brackets) == []
    least = Decimal(floor) / 100
    pools = share_out(net, brackets, least)
    assert pools.inventors + pools.institution + pools.office == net
    assert pools.inventors * 10000 >= net * floor
    # In however many parts the money comes, the same is shared in the end.
    before, parts = 0, []
    for after in [*sorted(min(net, cut) for cut in cuts), net]:
        parts.append(share_more(before, after, brackets, least))
        before = after
    assert sum(part.inventors for part in parts) == pools.inventors
    assert sum(part.institution for part in parts) == pools.institution


def test_ten_thousand_amounts() -> None:
    chance = random.Random(15)  # noqa: S311 - the same amounts in every run
    off = 0
    for _ in range(10_000):
        total = chance.randrange(10 ** chance.randrange(1, 13))
        weights = [
            Decimal(chance.randrange(0, 10_000)) / 100
            for _ in range(chance.randrange(1, 12))
        ] + [Decimal("0.01")]
        shares = split_exactly(total, weights)
        off += abs(total - sum(shares))
        for share, weight in zip(shares, weights, strict=True):
            # Nobody is a whole cent away from their exact part.
            assert abs(share * sum(weights) - total * weight) < sum(weights)
    assert off == 0


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (100, ["1", "1", "1"], [34, 33, 33]),
        (101, ["1", "1", "1"], [34, 34, 33]),
        (1, ["33.3", "33.4", "33.3"], [0, 1, 0]),
        (7, ["0", "100"], [0, 7]),
        (0, ["50", "50"], [0, 0]),
    ],
)
def test_split_by_hand(total: int, weights: list[str], shares: list[int]) -> None:
    assert split_exactly(total, [Decimal(one) for one in weights]) == shares


def test_refusals() -> None:
    for total, weights in ((-1, [Decimal(1)]), (5, []), (5, [Decimal(0)])):
        with pytest.raises(ValueError):  # noqa: PT011 - of a caller, not of people
            split_exactly(total, weights)
    with pytest.raises(ValueError, match="negative"):
        net_income(100, [-1])
    with pytest.raises(ValueError, match="gone back"):
        share_more(2, 1, flat(70), Decimal(70))
    assert net_income(100, [30, 20, 60]) == -10


@pytest.mark.parametrize("module", [sharing, rollup])
def test_no_float(module: object) -> None:
    path = Path(str(getattr(module, "__file__", "")))
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        is_float = isinstance(node, ast.Constant) and isinstance(node.value, float)
        is_name = isinstance(node, ast.Name) and node.id == "float"
        # A quotient of two integers is a float: only Decimal is divided here.
        assert not is_float
        assert not is_name
