"""Facts beside the text: what agrees, differs, is unknown, and what one mended gate would make fit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from matching import Document
from matching.explaining.facts import compare_facts, is_close, near_miss
from matching.explaining.figures import Figure, compare_figures

FIT: dict[str, Any] = {
    "field": "03",
    "chain": "bearing",
    "stage": "pilot",
    "modes": frozenset({"license"}),
    "price_min": Decimal(30),
    "price_max": Decimal(50),
    "due": date(2027, 1, 1),
}


def verdicts(wanted: dict[str, Any], offered: dict[str, Any]) -> dict[str, str]:
    return {
        f.name: f.verdict
        for f in compare_facts(
            Document(1, "求", **wanted), Document("1", "供", **offered)
        )
    }


@pytest.mark.parametrize(
    ("wanted", "offered", "name", "expected"),
    [
        ({"field": "03"}, {"field": "03"}, "field", "agree"),
        ({"field": "03"}, {"field": "04"}, "field", "differ"),
        ({"field": "03"}, {}, "field", "unknown"),
        ({}, {}, "field", "unknown"),
        ({"chain": ""}, {"chain": ""}, "chain", "unknown"),
        ({"chain": "bearing"}, {"chain": "copper"}, "chain", "differ"),
        ({"stage": "pilot"}, {"stage": "industrialised"}, "stage", "agree"),
        ({"stage": "pilot"}, {"stage": "pilot"}, "stage", "agree"),
        ({"stage": "pilot"}, {"stage": "lab_scale"}, "stage", "differ"),
        ({"stage": "pilot"}, {"stage": "no such stage"}, "stage", "unknown"),
        (
            {"modes": frozenset({"license", "equity"})},
            {"modes": frozenset({"equity"})},
            "mode",
            "agree",
        ),
        (
            {"modes": frozenset({"license"})},
            {"modes": frozenset({"transfer"})},
            "mode",
            "differ",
        ),
        ({"modes": frozenset()}, {"modes": frozenset({"transfer"})}, "mode", "unknown"),
        (
            {"price_max": Decimal(50)},
            {"price_min": Decimal(50), "price_max": Decimal(80)},
            "money",
            "agree",
        ),
        (
            {"price_min": Decimal(20)},
            {"price_min": Decimal("20.0001")},
            "money",
            "differ",
        ),
        ({"price_max": Decimal(0)}, {"price_min": Decimal(0)}, "money", "agree"),
        ({"price_max": Decimal(50)}, {}, "money", "unknown"),
        ({"due": date(2027, 1, 1)}, {"due": date(2027, 1, 1)}, "due", "agree"),
        ({"due": date(2027, 1, 1)}, {"due": date(2027, 1, 2)}, "due", "differ"),
        ({"due": date(2027, 1, 1)}, {}, "due", "unknown"),
    ],
)
def test_each_fact(
    wanted: dict[str, Any], offered: dict[str, Any], name: str, expected: str
) -> None:
    assert verdicts(wanted, offered)[name] == expected


def test_all_six_are_always_told_in_order() -> None:
    expected = ["field", "chain", "stage", "mode", "money", "due"]

    assert list(verdicts({}, {})) == expected
    assert list(verdicts(FIT, FIT)) == expected
    assert set(verdicts(FIT, FIT).values()) == {"agree"}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, None),
        ({"price_min": Decimal(80), "price_max": Decimal(90)}, "money"),
        ({"stage": "rnd"}, "stage"),
        ({"stage": "rnd", "price_min": Decimal(80), "price_max": Decimal(90)}, None),
        ({"field": "04"}, None),
        ({"field": "04", "stage": "rnd"}, None),
        ({"stage": None, "modes": frozenset({"equity"})}, "mode"),
    ],
)
def test_a_near_miss_is_one_failed_gate(
    changed: dict[str, Any], expected: str | None
) -> None:
    missed = near_miss(
        compare_facts(Document(1, "求", **FIT), Document(2, "供", **{**FIT, **changed}))
    )

    assert (missed.name if missed else None) == expected


@pytest.mark.parametrize(
    ("wanted", "offered", "close"),
    [
        ("≥99.9 %", "≥99.5 %", False),
        ("≥99.9 %", "≥99.89 %", True),
        ("≥0.999 ‰", "≥0.95 ‰", True),
        ("≥98 %", "≥97 %", False),
        ("≥98 %", "≥97.8 %", True),
        # A small share goes by itself, and so does what has no whole.
        ("≥30 %", "≥27 %", True),
        ("≥30 %", "≥26 %", False),
        ("≥120 %", "≥110 %", True),
        ("≥98 dB", "≥90 dB", True),
        # What may stay is no share to be reached.
        ("≤99 %", "≤99.5 %", True),
    ],
)
def test_what_is_close_to_a_share_goes_by_the_rest(
    wanted: str, offered: str, close: bool
) -> None:
    figures = []
    for written in (wanted, offered):
        number, unit = written[1:].split()
        operator: Any = "ge" if written[0] == "≥" else "le"
        figures.append(Figure("纯度", operator, Decimal(number), unit=unit))
    verdict = compare_figures(figures[:1], figures[1:])[0]

    assert verdict.outcome == "unmet"
    assert is_close(verdict) is close
