"""The fields that all forms of the house share."""

from __future__ import annotations

import pytest
from flask import Flask
from wtforms.validators import InputRequired, Optional

from marketplace.forms import DAY_NEEDED, DayField, PageForm, WholeField


class OneDayForm(PageForm):
    """A form with one day."""

    day = DayField("哪天", [Optional()])


@pytest.mark.parametrize(
    ("typed", "day", "problem"),
    [
        ("2026-11-28", "2026-11-28", ""),
        ("2026/11/28", "2026-11-28", ""),
        ("2026年11月28日", "2026-11-28", ""),
        ("２０２６．１１．２８", "2026-11-28", ""),
        ("2026-11-28\u200b", "2026-11-28", ""),
        ("", "", ""),
        ("\u200b", "", DAY_NEEDED),
        ("2027-02-30", "", "2027年2月没有 30 日。" + DAY_NEEDED),
        ("2026年11月", "", DAY_NEEDED),
        ("2026-11-28 至 2026-11-30", "", DAY_NEEDED),
        ("0001-01-01", "", DAY_NEEDED),
        ("长期", "", DAY_NEEDED),
        ("很快", "", DAY_NEEDED),
    ],
)
def test_a_day_is_read_as_people_type_it(
    app: Flask, typed: str, day: str, problem: str
) -> None:
    with app.test_request_context(method="POST", data={"day": typed}):
        form = OneDayForm()
        form.validate()
        problems = " ".join(form.day.errors)

        assert str(form.day.data or "") == day
        assert problems.endswith(problem)
        assert bool(problems) == bool(problem)
        assert f'value="{day or typed}"' in form.day()


class OneNumberForm(PageForm):
    """A form with a number that must be there."""

    number = WholeField("几", [InputRequired("写一个数。")])


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("2027", 2027),
        ("２０２７", 2027),
        (" 2027\u200b", 2027),
        ("", None),
        (" ", None),
        ("\u200b", None),
        ("\u3000", None),
        ("5,5", None),
        ("50万", None),
        ("1e3", None),
        ("1234567890", None),
    ],
)
def test_a_number_is_read_or_refused(
    app: Flask, typed: str, number: int | None
) -> None:
    with app.test_request_context(method="POST", data={"number": typed}):
        form = OneNumberForm()
        form.validate()

        assert form.number.data == number
        assert (form.number.errors == []) is (number is not None)
