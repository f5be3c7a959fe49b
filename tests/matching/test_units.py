"""Units convert into each other exactly, both ways, and into nothing else; checked against pint's own table."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.explaining.units import from_base, in_base, read_unit

# (as written here, as pint writes it): of each dimension, with prefixes, composed and in Chinese.
SAME_IN_PINT = [
    ("μm", "micrometer"),
    ("微米", "micrometer"),
    ("um", "micrometer"),
    ("nm", "nanometer"),
    ("毫米", "millimeter"),
    ("cm", "centimeter"),
    ("公里", "kilometer"),
    ("英寸", "inch"),
    ("m2", "meter**2"),
    ("平方毫米", "millimeter**2"),
    ("ha", "hectare"),
    ("mL", "milliliter"),
    ("立方米", "meter**3"),
    ("cm³", "centimeter**3"),
    ("公斤", "kilogram"),
    ("毫克", "milligram"),
    ("吨", "metric_ton"),
    ("μg", "microgram"),
    ("ms", "millisecond"),
    ("分钟", "minute"),
    ("小时", "hour"),
    ("天", "day"),
    ("周", "week"),
    ("N", "newton"),
    ("kN", "kilonewton"),
    ("MPa", "megapascal"),
    ("Mpa", "megapascal"),
    ("兆帕", "megapascal"),
    ("N/mm²", "newton/millimeter**2"),
    ("GPa", "gigapascal"),
    ("bar", "bar"),
    ("大气压", "atm"),
    ("mPa·s", "millipascal*second"),
    ("J", "joule"),
    ("kWh", "kilowatt*hour"),
    ("度电", "kilowatt*hour"),
    ("KW", "kilowatt"),
    ("千瓦", "kilowatt"),
    ("N·m", "newton*meter"),
    ("Nm", "newton*meter"),
    ("kV", "kilovolt"),
    ("mA", "milliampere"),
    ("mAh", "milliampere*hour"),
    ("MΩ", "megaohm"),
    ("μS/cm", "microsiemens/centimeter"),
    ("kHz", "kilohertz"),
    ("GHz", "gigahertz"),
    ("mg/L", "milligram/liter"),
    ("g/cm3", "gram/centimeter**3"),
    ("m3/h", "meter**3/hour"),
    ("L/min", "liter/minute"),
    ("mm/s", "millimeter/second"),
    ("km/h", "kilometer/hour"),
    ("m/s²", "meter/second**2"),
    ("W/(m·K)", "watt/(meter*kelvin)"),
    ("kg/(m2·h)", "kilogram/(meter**2*hour)"),
    ("kWh/t", "kilowatt*hour/metric_ton"),
    ("mL/100g", "milliliter/hectogram"),
    ("毫克/立方米", "milligram/meter**3"),
    ("千克/立方米", "kilogram/meter**3"),
    ("瓦/平方米", "watt/meter**2"),
    ("平方米/小时", "meter**2/hour"),
    ("%", "percent"),
    ("ppm", "ppm"),
    ("mg/kg", "milligram/kilogram"),
    ("kg/t", "kilogram/metric_ton"),
    ("mm/m", "millimeter/meter"),
]
# One of each pair is so many of the other.
PAIRS = [
    ("dB(A)", "分贝", "1"),
    ("dBA", "dB", "1"),
    ("rpm", "r/min", "1"),
    ("转/分", "RPM", "1"),
    ("r/s", "rpm", "60"),
    ("万元", "元", "10000"),
    ("亿元", "万元", "10000"),
    ("万元/套", "元/套", "10000"),
    ("元/公斤", "元/吨", "1000"),
    ("%", "‰", "10"),
    ("‰", "ppm", "1000"),
    ("年", "个月", "12"),
    ("年", "月", "12"),
    ("小时", "min", "60"),
    ("丝", "μm", "10"),
    ("片/min", "件/h", "60"),
    ("次/h", "次/天", "24"),
    ("HBW", "HB", "1"),
    ("hrc", "HRC", "1"),
    ("亩", "m2", None),
    ("℃", "K", None),
    ("kg/t", "g/t", "1000"),
    ("％", "%", "1"),
    ("kw", "W", "1000"),
    ("Kg", "g", "1000"),
    # Multiples are of the unit and of its power: 100m² are no square of a hundred metres.
    ("万吨", "吨", "10000"),
    ("万吨/年", "吨/年", "10000"),
    ("万次", "次", "10000"),
    ("十万件", "个", "100000"),
    ("亿立方米", "万m3", "10000"),
    ("万m3/d", "立方米/天", "10000"),
    ("kWh/m2", "kWh/100m2", "100"),
    ("千伏安", "kVA", "1"),
    ("百万元", "万元", "100"),
]
APART = [
    ("dB", "%"),
    ("HRC", "HV"),
    ("HRC", "HB"),
    ("%", "百分点"),
    ("%", "倍"),
    ("%", ""),
    ("%", "%IACS"),
    ("mg/L", "ppm"),
    ("mg/m3", "ppm"),
    ("MPa", "N"),
    ("月", "天"),
    ("套", "件"),
    ("次", "件"),
    ("元", "件"),
    ("kW", "kVA"),
    ("r/min", "Hz"),
    ("mpa·s", "mPa·s"),
    ("CFU/g", "件/g"),
    ("krad(Si)", "rad"),
    ("级", "分"),
    ("m", ""),
]
UNITS = st.sampled_from([ours for ours, _ in SAME_IN_PINT])
VALUES = st.decimals(
    min_value=-(10**9), max_value=10**9, places=6, allow_nan=False, allow_infinity=False
)


@pytest.fixture(scope="module")
def registry() -> pint.UnitRegistry:
    return pint.UnitRegistry(non_int_type=Fraction)


@pytest.mark.parametrize(("ours", "theirs"), SAME_IN_PINT)
def test_a_factor_is_that_of_pint(
    ours: str, theirs: str, registry: pint.UnitRegistry
) -> None:
    unit = read_unit(ours)

    # g, not kg, is what pint's own root units begin with, so it is asked for base units.
    expected = registry.Quantity(Fraction(1), theirs).to_base_units()

    assert unit.factor == expected.magnitude
    powers = {
        str(base): power for base, power in expected.dimensionality.items() if power
    }
    named = {
        "kg": "mass",
        "m": "length",
        "s": "time",
        "A": "current",
        "K": "temperature",
    }
    assert {f"[{named[base]}]": power for base, power in unit.dimension} == powers


@pytest.mark.parametrize(("one", "other", "times"), PAIRS)
def test_one_of_a_pair_converts_into_the_other(
    one: str, other: str, times: str | None
) -> None:
    first, second = read_unit(one), read_unit(other)

    assert first.dimension == second.dimension
    if times is not None:
        assert from_base(in_base(Decimal(1), first), second) == Decimal(times)


@pytest.mark.parametrize(("one", "other"), APART)
def test_what_has_no_common_measure_is_kept_apart(one: str, other: str) -> None:
    assert read_unit(one).dimension != read_unit(other).dimension


@pytest.mark.parametrize(
    ("value", "unit", "other", "expected"),
    [
        ("0", "℃", "K", "273.15"),
        ("-40", "℃", "℉", "-40"),
        ("212", "°F", "°C", "100"),
        ("1", "亩", "m2", "666.666666667"),
        ("0.1", "μm", "mm", "0.0001"),
        ("333", "kPa", "GPa", "0.000333"),
        ("3", "万元/套", "元/套", "30000"),
        ("90", "km/h", "m/s", "25"),
    ],
)
def test_values_are_converted_exactly(
    value: str, unit: str, other: str, expected: str
) -> None:
    amount = in_base(Decimal(value), read_unit(unit))

    assert from_base(amount, read_unit(other)) == Decimal(expected)


def test_a_difference_of_temperatures_has_no_zero() -> None:
    amount = in_base(Decimal(45), read_unit("℃"), difference=True)

    assert from_base(amount, read_unit("K"), difference=True) == 45


@given(VALUES, UNITS, UNITS)
def test_there_and_back_is_the_same(value: Decimal, one: str, other: str) -> None:
    first, second = read_unit(one), read_unit(other)
    if first.dimension != second.dimension:
        return
    amount = in_base(value, first)
    there = amount / second.factor * second.factor

    assert there == amount
    assert from_base(amount, first) == value
    # What is rounded is rounded in the twelfth digit.
    back = in_base(from_base(amount, second), second)
    assert abs(back - amount) * 10**11 <= abs(amount)


@given(VALUES, VALUES, UNITS)
def test_the_order_of_values_stays(one: Decimal, other: Decimal, name: str) -> None:
    unit = read_unit(name)

    assert (one < other) == (in_base(one, unit) < in_base(other, unit))


@given(st.text(max_size=60))
def test_any_text_is_some_unit(text: str) -> None:
    unit = read_unit(text)

    assert unit.factor > 0
    assert unit == read_unit(f" {text} ")
