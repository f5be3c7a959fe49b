"""The form that all forms of the house are made from: it reads what was typed into fields, and nothing else.

Which fields a form has is in the rooms; what may come in a request at all is looked at in `door.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import g, request
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from wtforms import DateField, HiddenField, IntegerField, PasswordField, StringField
from wtforms.fields.core import UnboundField

from marketplace.errors import Invalid
from marketplace.parsing import ParseError
from marketplace.parsing.days import read_single_day
from marketplace.parsing.text import clean_text, compact_text

Value = TypeVar("Value")
# What nobody types to be read by others: passwords are taken as they are, tokens and revisions are compared.
_AS_SENT = (PasswordField, HiddenField)
DAY_NEEDED = "写日期，如 2026-11-28。"


class PageForm(FlaskForm):
    """A form of a page.

    Flask-WTF would also take files and JSON for what was typed: a file sent under the name of a text field then is
    the text, and whatever reads it next fails.
    """

    form_errors: list[str]

    class Meta(FlaskForm.Meta):
        """Where the form takes its data from, and what is done to every text."""

        def bind_field(
            self, form: FlaskForm, unbound_field: UnboundField, options: dict[str, Any]
        ) -> Any:
            """A field of the form; a text loses what nobody sees: U+202E turns round all that stands behind it."""
            kind = unbound_field.field_class
            if issubclass(kind, StringField) and not issubclass(kind, _AS_SENT):
                own = unbound_field.kwargs.get("filters", ())
                options = {**options, "filters": [_cleaned, *own]}
            return super().bind_field(form, unbound_field, options)

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """The fields of the request where it was sent to be saved; what the caller gives, where they give it.

            On a page that is opened after signing in once more, what was typed before (`accounts/held_forms.py`).
            """
            if formdata is not _Auto:
                return formdata
            if not form.is_submitted():
                return _held_fields()
            # Empty: Flask-WTF shows the stored values then.
            return request.form or None

    @property
    def is_fresh(self) -> bool:
        """Whether the page is opened and nothing is held for it: only then stored values belong into its boxes.

        Else they would take the place of what somebody typed before they had to sign in again, and the revision of now
        that of the row they saw.
        """
        return not self.is_submitted() and g.get("held_fields") is None

    def blame(self, problems: Mapping[str, list[str]], otherwise: str = "") -> None:
        """Put what a deed found wrong next to the boxes it is about.

        Args:
            problems: field → messages.
            otherwise: the box that takes what is about none; empty: the list on top of the page says it alone.
        """
        for name, messages in problems.items():
            box = name if name in self else otherwise
            if box not in self:
                self.form_errors = [*self.form_errors, *messages]
                continue
            field = self[box]
            if box == name and isinstance(field, DayField) and field.is_misread:
                # To the deed a day that is none is a missing one; what is wrong with it is said, and once.
                field.errors = list(field.process_errors)
            else:
                field.errors = [*field.errors, *messages]

    def read_box(self, name: str, read: Callable[[str], Value]) -> Value:
        """What was typed into a box, as a value.

        Args:
            name: of the box.
            read: makes the value of the text; raises ParseError.

        Raises:
            Invalid: what is wrong, for the box.
        """
        try:
            return read(self[name].data or "")
        except ParseError as error:
            raise Invalid(error.message, problems={name: [error.sentence]}) from None


def _cleaned(value: Any) -> Any:
    # A form that is opened shows stored values, which may be no texts.
    return clean_text(value) if isinstance(value, str) else value


class WholeField(IntegerField):
    """A whole number of at most nine digits: a longer one fits no column and no bound of a float."""

    data: Any  # an int, or None where nothing was typed; validators say which

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; full-width digits are understood."""
        self.data = None
        if not valuelist or not valuelist[0]:
            return
        # A blank passes `InputRequired`, and nothing that is seen is no number.
        plain = compact_text(valuelist[0])
        if not re.fullmatch(r"-?\d{1,9}", plain, re.ASCII):
            raise ValueError("写整数，只用阿拉伯数字，最多 9 位。")
        self.data = int(plain)


class DayField(DateField):
    """One day, as a calendar sends it or as people type it where there is none: 2026年11月28日, 2026/11/28."""

    data: Any  # a date, or None where nothing was typed or what was typed is none; validators and deeds say which

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; of what is no day it says why."""
        self.data = None
        if not valuelist:
            return
        typed = compact_text(valuelist[0])
        # Validators let it pass where none is needed.
        if not typed:
            raise ValueError(DAY_NEEDED)
        try:
            self.data = read_single_day(typed)
        except ParseError as error:
            raise ValueError(f"{error.message}{DAY_NEEDED}") from None

    @property
    def is_misread(self) -> bool:
        """Whether something was typed that is no day."""
        return bool(self.process_errors) and bool(compact_text(self._value()))

    def _value(self) -> str:
        # A calendar shows nothing else; what is no day is quoted by its message.
        if self.data:
            return str(self.data.isoformat())
        return " ".join(self.raw_data or ())


class SeenForm(PageForm):
    """A form that knows which revision of a row its writer saw."""

    seen = HiddenField()

    @property
    def seen_revision(self) -> int:
        """The revision the writer saw; -1, which is stale for any row, where the page did not say."""
        return read_revision(self.seen.data)


def read_revision(raw: Any) -> int:
    """The number of a revision that a page sends along; -1, which is stale for any row, where it is none."""
    # The field is hidden, not safe: anything may be posted in it. Nine digits: no database takes a longer number.
    text = str(raw or "")
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        return -1
    return int(text)


def _held_fields() -> Any:
    """What is held for the form of this page; None where nothing is."""
    fields = g.get("held_fields")
    if fields is not None:
        g.held_used = True
    return fields
