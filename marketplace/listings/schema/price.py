"""Prices and budgets: the way of pricing, the sums, the one column that a list has for them, and what must agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.types import TypeEngine

from marketplace.listings.schema import terms
from marketplace.listings.schema.choices import Term
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import Field, ListColumn, Report, Rule
from marketplace.listings.schema.kinds import Exact
from marketplace.parsing import ParseError
from marketplace.parsing.amounts import MONEY_FORMS
from marketplace.parsing.money import (
    Money,
    describe_odd,
    read_money,
    refuse_doubtful,
    sum_in_words,
    write_money,
)
from marketplace.parsing.single_sums import read_sum
from marketplace.wording import amount, money

NEGOTIABLE = "negotiable"
FREE_PRICE = "免费"
ZERO_PRICE = "价格写的是 0，按免费记录；没有定价请写「面议」。"
NO_BUDGET = "资金不能是 0。"
# On a form 面议 has a box of its own.
BUDGET_FORMS = (
    "填 50、50万、0.5亿 或 30-60万；不写单位就是万元。没有定下来的勾选「资金面议」。"
)
NO_BUDGET_ADVICE = "没有定下来就写「面议」，或留空。"


def format_price(figures: Sequence[Decimal | None], mode: str | None) -> str:
    """A price or budget in words, and whether it was appraised.

    Args:
        figures: 万元, one or the lower and the upper one; None where it is not filled in.
        mode: the way of pricing, a code of `terms.PRICE_MODES`; that of a budget is `negotiable` or None.
    """
    words = money(*figures, negotiable=mode == NEGOTIABLE)
    if mode == "appraised" and figures[0] is not None:
        return f"{words}（评估参考价）"
    return words


class Amount(Field):
    """A sum of money in 万元."""

    is_short: ClassVar[bool] = True
    empty: ClassVar[Any] = None
    # 1 亿元: more than any price or budget of these lists that was no slip of the unit. A list says so, a form asks.
    usual_most: ClassVar[Decimal] = Decimal(10_000)

    def sql_type(self) -> TypeEngine[Any]:
        # 万元 with four places is one yuan.
        return Exact(14, 4)

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        return read_sum(raw)

    def read_typed(self, raw: Any) -> Any:
        return read_sum(raw, self.usual_most)

    def remark_on(self, raw: Any) -> str:
        price = read_money(raw)
        if price is None:
            return ""
        return price.remark or describe_odd(price.high, self.usual_most)

    def words(self, value: Any) -> str:
        return amount(value)

    def typed(self, value: Any) -> str:
        # As it must be written to be taken: a stored sum of this size is not asked for again.
        if value > self.usual_most:
            return sum_in_words(value)
        return self.words(value)


class PriceMode(Term):
    """The way of pricing; 面议 in a list that has no column of prices takes a stored price away."""

    def complete_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        if "price" not in cells and values[self.name] == NEGOTIABLE:
            values["price_min"] = None
            values["price_max"] = None


class Price(Amount):
    """The price, or the lower end of a range; put in words together with the upper end and the way of pricing."""

    def describe(self, row: Any) -> str:
        return format_price((row.price_min, row.price_max), row.price_mode)


class Budget(Amount):
    """What a firm will spend; a list says 面议 in the same cell."""

    def constraints(self) -> list[CheckConstraint]:
        condition = f"{self.name} is null or {self.name} >= 0"
        return [CheckConstraint(condition, name=self.name)]

    def describe(self, row: Any) -> str:
        return format_price((row.budget,), NEGOTIABLE if row.budget_negotiable else "")

    def read_cell(
        self,
        raw: Any,
        dictionaries: Dictionaries | None,
        unit: Decimal | None = None,
    ) -> Any:
        price = read_money(raw, unit)
        if price is not None and price.high is not None and not price.high:
            raise ParseError(NO_BUDGET, NO_BUDGET_ADVICE)
        return price

    def write_cell(self, row: Any, dictionaries: Dictionaries) -> Any:
        if row.budget_negotiable:
            return terms.PRICE_MODES[NEGOTIABLE]
        return row.budget

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        try:
            price = self.read_cell(raw, dictionaries)
        except ParseError as error:
            if error.allowed != MONEY_FORMS:
                raise
            raise ParseError(error.message, BUDGET_FORMS) from error
        if price is None:
            return None
        if price.high is None:
            raise ParseError("这里只填金额；没有定下来就勾选「资金面议」。")
        return price.high

    def read_typed(self, raw: Any) -> Any:
        value = self.read(raw)
        price = read_money(raw)
        if price is not None:
            refuse_doubtful(price, self.usual_most)
        return value

    def remark_on(self, raw: Any) -> str:
        price = read_money(raw)
        if price is None or price.high is None:
            return ""
        return _remark_on_range(price) or describe_odd(price.high, self.usual_most)

    def fill_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        # What a firm is ready to spend at most is what can be compared with a price.
        price = cells[self.name]
        values["budget"] = price.high
        values["budget_negotiable"] = price.high is None
        remarks = (_remark_on_range(price), describe_odd(price.high, self.usual_most))
        for message in remarks:
            if message:
                report.report_notice(self.name, message)


@dataclass(frozen=True, kw_only=True, eq=False)
class PriceColumn(ListColumn):
    """价格 of a list: way of pricing and sums in one cell, such as 面议, 50 or 30-60."""

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        return read_money(raw, unit)

    def write_cell(self, row: Any, dictionaries: Dictionaries) -> Any:
        if row.price_mode == NEGOTIABLE:
            return terms.PRICE_MODES[NEGOTIABLE]
        # 0 alone would be read as a slip; the word says that it is meant.
        if row.price_min == 0 and not row.price_max:
            return FREE_PRICE
        return write_money(row.price_min, row.price_max)

    def complete_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        price = cells[self.name]
        low, high = price.low, price.high
        free = ZERO_PRICE if high == 0 and not price.is_sure else ""
        odd = describe_odd(high, Amount.usual_most)
        for message in (price.remark, odd, free):
            if message:
                report.report_notice(self.name, message)
        written = values.get("price_mode")
        meant = mode_of_sums(low, high)
        # An appraised price is a single figure as well; every other pair of words and figures contradicts itself.
        fits = written == meant or (written, meant) == ("appraised", "fixed")
        if written is not None and not fits:
            message = (
                f"定价方式写的是「{terms.PRICE_MODES[written]}」，"
                f"价格却是「{terms.PRICE_MODES[meant]}」。"
            )
            report.report_error(
                self.name, ParseError(message, "两列改成一致，或把定价方式留空。")
            )
        # Set even where it contradicts: the row is refused, and later rules need not expect holes.
        values["price_mode"] = written or meant
        values["price_min"] = low
        values["price_max"] = high if meant == "range" else None


def _remark_on_range(price: Money) -> str:
    """What is said of a budget: a range is taken by its upper end, which is what can be compared with a price."""
    if price.low != price.high and price.high is not None:
        return f"写的是一个区间，按上限 {price.high.normalize():f} 万元记录。"
    return price.remark


def mode_of_sums(low: Decimal | None, high: Decimal | None) -> str:
    """The way of pricing that the sums of a cell imply."""
    if low is None:
        return NEGOTIABLE
    if low == high:
        return "fixed"
    return "range"


def _has_sum(values: Mapping[str, Any]) -> bool:
    low = values.get("price_min")
    high = values.get("price_max")
    return low is not None or high is not None


def _mode_is_missing(values: Mapping[str, Any]) -> bool:
    return _has_sum(values) and values.get("price_mode") is None


def _sum_though_negotiable(values: Mapping[str, Any]) -> bool:
    return _has_sum(values) and values.get("price_mode") == NEGOTIABLE


def _upper_without_range(values: Mapping[str, Any]) -> bool:
    mode = values.get("price_mode")
    return values.get("price_max") is not None and mode not in (NEGOTIABLE, "range")


def _upper_without_lower(values: Mapping[str, Any]) -> bool:
    is_range = values.get("price_mode") == "range"
    has_upper = values.get("price_max") is not None
    return is_range and has_upper and values.get("price_min") is None


def _upper_below_lower(values: Mapping[str, Any]) -> bool:
    low = values.get("price_min")
    high = values.get("price_max")
    if values.get("price_mode") != "range" or low is None or high is None:
        return False
    return bool(high < low)


def _budget_though_negotiable(values: Mapping[str, Any]) -> bool:
    negotiable = values.get("budget_negotiable")
    return bool(negotiable) and values.get("budget") is not None


PRICE_RULES = (
    Rule(_mode_is_missing, "price_mode", "填了金额，请选定价方式。"),
    Rule(
        _sum_though_negotiable,
        "price_min",
        "选了「面议」就不填金额；要写金额，请换一种定价方式。",
        sql=(
            "negotiable",
            "(price_mode is not null and price_mode <> 'negotiable')"
            " or (price_min is null and price_max is null)",
        ),
    ),
    Rule(
        _upper_without_range,
        "price_max",
        "最高价格只在定价方式选「区间」时填。",
    ),
    Rule(_upper_without_lower, "price_min", "写上最低价格。"),
    Rule(
        _upper_below_lower,
        "price_max",
        "最高价格不能低于最低价格。",
        sql=(
            "price",
            "price_min is null or (price_min >= 0"
            " and (price_max is null or price_max >= price_min))",
        ),
    ),
)
BUDGET_RULES = (
    Rule(
        _budget_though_negotiable,
        "budget",
        "金额和「面议」只留一个。",
        sql=("budget_negotiable", "not budget_negotiable or budget is null"),
    ),
)
