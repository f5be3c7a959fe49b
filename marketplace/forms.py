"""The form that all forms of the house are made from: it reads what was typed into fields, and nothing else.

Which fields a form has is in the rooms; what may come in a request at all is looked at in `door.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar

from flask import g, request
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from flask_wtf.i18n import translations
from wtforms import DateField, HiddenField, IntegerField, PasswordField, StringField
from wtforms.fields.core import UnboundField
from wtforms.validators import StopValidation

from marketplace import persistence
from marketplace.errors import Invalid
from marketplace.parsing import ParseError
from marketplace.parsing.days import DAY_NEEDED, read_single_day
from marketplace.parsing.text import clean_text, compact_text

Value = TypeVar("Value")
# What nobody types to be read by others: passwords are taken as they are, tokens and revisions are compared.
_AS_SENT = (PasswordField, HiddenField)


NOT_OFFERED = "请从列出的选项里选。"
# What the library says by itself → what we say; its own translation names neither what was typed nor what to do.
OUR_WORDS = {
    "Field cannot be longer than %(max)d characters.": "有 %(length)d 字，太长了。最多 %(max)d 字。",
    "Field must be at least %(min)d characters long.": "有 %(length)d 字，太短了。至少 %(min)d 字。",
    "Field must be exactly %(max)d characters long.": "有 %(length)d 字，应为 %(max)d 字。",
    "Field must be between %(min)d and %(max)d characters long.": "有 %(length)d 字，应为 %(min)d–%(max)d 字。",
    "Number must be at least %(min)s.": "不能小于 %(min)s。",
    "Number must be at most %(max)s.": "不能大于 %(max)s。",
    "Number must be between %(min)s and %(max)s.": "写 %(min)s 到 %(max)s 之间的数。",
    "This field is required.": "请填写这一项。",
    "Not a valid choice.": NOT_OFFERED,
    "Invalid Choice: could not coerce.": NOT_OFFERED,
    "Invalid choice(s): one or more data inputs could not be coerced.": NOT_OFFERED,
    "'%(value)s' are not valid choices for this field.": NOT_OFFERED,
}


class _OurWords:
    """What a form's library says, in our words where we have any."""

    def gettext(self, string: str) -> str:
        return OUR_WORDS.get(string) or str(translations.gettext(string))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return OUR_WORDS.get(plural) or str(translations.ngettext(singular, plural, n))


class OwnWords:
    """A form that refuses in our words; goes before the class of the library."""

    class Meta:
        """Where a form has its words from."""

        def get_translations(self, form: Any) -> _OurWords:
            """Ours."""
            return _OurWords()


class PageForm(OwnWords, FlaskForm):
    """A form of a page.

    Flask-WTF would also take files and JSON for what was typed: a file sent under the name of a text field then is
    the text, and whatever reads it next fails.
    """

    form_errors: list[str]

    class Meta(OwnWords.Meta, FlaskForm.Meta):
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
            misread = isinstance(field, _READ) and field.is_misread
            if box == name and misread:
                # To the deed a day that is none is a missing one; what is wrong with it is said, and once.
                field.errors = list(field.process_errors)
            else:
                field.errors = [*field.errors, *messages]

    @cached_property
    def unread(self) -> dict[str, list[str]]:
        """Box → what is wrong, of the boxes that could not be read."""
        misread = {}
        for field in self:
            if isinstance(field, _READ) and field.is_misread:
                misread[field.short_name] = list(field.process_errors)
        return misread

    @contextmanager
    def judged_whole(self) -> Iterator[None]:
        """Around a deed: what cannot be read is refused with all that the deed itself finds wrong.

        To the deed such a box is empty; it is judged to its end, and `persistence.commit` refuses.

        Raises:
            Invalid: all of it.
        """
        token = persistence.unread_boxes.set(self.unread)
        try:
            yield
            # A deed that had nothing to commit.
            if self.unread:
                persistence.commit()
        except Invalid as error:
            # What a deed says of a box that is empty to it is not so.
            error.problems |= self.unread
            raise
        finally:
            persistence.unread_boxes.reset(token)

    def read_box(self, name: str, read: Callable[[str], Value]) -> Value | None:
        """What was typed into a box, as a value; None where it cannot be read, which goes into `unread`.

        Args:
            name: of the box.
            read: makes the value of the text; raises ParseError.
        """
        try:
            return read(self[name].data or "")
        except ParseError as error:
            self.unread[name] = [error.sentence]
            return None


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

    @property
    def is_misread(self) -> bool:
        """Whether something was typed that is no number."""
        return bool(self.process_errors)

    def pre_validate(self, form: Any) -> None:
        """What is no number lies in no range either: that is said once."""
        if self.process_errors:
            raise StopValidation


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


# Boxes that say themselves what is wrong with what was typed.
_READ = (DayField, WholeField)


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
