"""One sum in a box of its own, and what is advised where it cannot be read."""

from decimal import Decimal

import pytest

from marketplace.parsing import ParseError
from marketplace.parsing.single_sums import read_single_sum


@pytest.mark.parametrize(
    ("written", "sum_"), [("50", "50"), ("0.5亿", "5000"), ("５０万元", "50")]
)
def test_a_sum_is_read(written: str, sum_: str) -> None:
    assert read_single_sum(written) == Decimal(sum_)


@pytest.mark.parametrize(
    "written", ["约五万", "不超过86万", "50万以上", "50万（含税）"]
)
def test_what_is_decided_is_exact(written: str) -> None:
    assert read_single_sum(written) is not None
    with pytest.raises(ParseError):
        read_single_sum(written, exact=True)
    assert read_single_sum("五十万元整", exact=True) == Decimal(50)


@pytest.mark.parametrize(
    "written", ["-5", "很多", "面议", "30-60万", "1e5", "50，100", "50 10"]
)
def test_nothing_is_advised_that_the_box_refuses(written: str) -> None:
    with pytest.raises(ParseError) as refused:
        read_single_sum(written)

    advice = refused.value.allowed
    for offered in ("50", "50万", "0.5亿"):
        assert offered in advice
        assert read_single_sum(offered) is not None
    assert "面议" not in advice
    assert "30-60" not in advice
    assert "50-100" not in advice
