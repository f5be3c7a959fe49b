"""The fields that all forms of the house share."""

from __future__ import annotations

import pytest
from flask import Flask
from wtforms import (
    Field,
    Form,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from marketplace.accounts.forms import AccountForm, RegisterForm
from marketplace.forms import (
    NOT_OFFERED,
    DayField,
    OwnWords,
    PageForm,
    WholeField,
)
from marketplace.parsing.days import DAY_NEEDED


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


TOO_LONG = "有 41 字，太长了。最多 40 字。"


@pytest.mark.parametrize(
    ("field", "typed", "problem"),
    [
        (StringField("", [Length(max=40)]), "名" * 41, TOO_LONG),
        (StringField("", [Length(min=3)]), "名", "有 1 字，太短了。至少 3 字。"),
        (StringField("", [Length(2, 3)]), "名", "有 1 字，应为 2–3 字。"),
        (StringField("", [Length(2, 2)]), "名", "有 1 字，应为 2 字。"),
        (StringField("", [InputRequired()]), "", "请填写这一项。"),
        (WholeField("", [NumberRange(1, 9)]), "10", "写 1 到 9 之间的数。"),
        (WholeField("", [NumberRange(max=9)]), "10", "不能大于 9。"),
        (WholeField("", [NumberRange(min=1)]), "0", "不能小于 1。"),
        (SelectField("", choices=["a"]), "b", NOT_OFFERED),
        (SelectField("", choices=[1], coerce=int), "b", NOT_OFFERED),
        (RadioField("", choices=["a"]), "", NOT_OFFERED),
        (SelectMultipleField("", choices=["a"]), "b", NOT_OFFERED),
        (SelectMultipleField("", choices=[1], coerce=int), "b", NOT_OFFERED),
    ],
)
def test_what_the_library_refuses_is_said_in_our_words(
    app: Flask, field: Field, typed: str, problem: str
) -> None:
    form_class = type("OneFieldForm", (PageForm,), {"box": field})
    with app.test_request_context(method="POST", data={"box": typed}):
        form = form_class()
        form.validate()

        assert form.box.errors[0] == problem


@pytest.mark.parametrize("form_class", [AccountForm, RegisterForm])
def test_a_long_name_is_counted(app: Flask, form_class: type[Form]) -> None:
    with app.test_request_context(method="POST", data={"name": "名" * 41}):
        form = form_class()
        form.name.validate(form)

        assert form.name.errors == [TOO_LONG]


def forms_below(kind: type) -> set[type]:
    found = set(kind.__subclasses__())
    return found.union(*map(forms_below, found))


def test_every_form_refuses_in_our_words(app: Flask) -> None:
    ours = {form for form in forms_below(Form) if "marketplace" in form.__module__}

    assert len(ours) > 100
    assert [form for form in ours if not issubclass(form, OwnWords)] == []
