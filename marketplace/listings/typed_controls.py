"""Controls of one line whose text is read by a reader of the lists, and what is said of a text that says more.

Controls with a choice are in `widgets.py`, the forms in `forms.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from wtforms import Field, StringField
from wtforms.validators import ValidationError
from wtforms.widgets import TextInput

from marketplace.parsing import ParseError
from marketplace.parsing.text import clean_text

# In a spreadsheet NaN or N/A means nothing, left by a program; a person who types letters means something.
LETTERS = re.compile("[A-Za-zＡ-Ｚａ-ｚ]")


def first_text(valuelist: list[str]) -> str:
    """The text of a control that is sent once; empty where it was not sent."""
    return clean_text(valuelist[0]) if valuelist else ""


def _no_remark(_text: str) -> str:
    return ""


class Typed(Field):
    """A field of one line whose text is read by a function and shown again exactly as typed when it cannot be read.

    Args:
        read: text → value; raises ParseError.
        say: value → text.
        remark: text → what is said of it where it was taken for something else than it says.
    """

    widget = TextInput()

    def __init__(
        self,
        label: str = "",
        *,
        read: Callable[[str], Any],
        say: Callable[[Any], str] = str,
        remark: Callable[[str], str] = _no_remark,
        **kw: Any,
    ) -> None:
        super().__init__(label, **kw)
        self.read = read
        self.say = say
        self.remark = remark

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        return self.say(self.data)

    @property
    def taken_as(self) -> str:
        """What is said of the typed text where it was taken for something else than it says; empty mostly."""
        text = first_text(list(self.raw_data or ()))
        if not text or self.errors:
            return ""
        # What is stored was typed before, and its remark was read then.
        if self.data is not None and self.data == self.object_data:
            return ""
        return self.remark(text)

    def process_formdata(self, valuelist: list[str]) -> None:
        # Nothing is left of an old value where the new text cannot be read.
        self.data = None
        text = first_text(valuelist)
        if not text:
            return
        try:
            self.data = self.read(text)
        except ParseError as error:
            raise ValueError(error.sentence) from None
        # The readers of lists take such words for an empty cell.
        if self.data is None and LETTERS.search(text):
            raise ValueError(f"「{text[:20]}」看不懂；没有就空着。")


class Checked(StringField):
    """A line that is stored in the form in which a reader gives it.

    Args:
        read: text → value; raises ParseError.
        refusal: what is said where it cannot be read.
    """

    data: Any

    def __init__(
        self,
        label: str = "",
        validators: Any = None,
        *,
        read: Callable[[str], Any],
        refusal: str,
        **kw: Any,
    ) -> None:
        super().__init__(label, validators, **kw)
        self.read = read
        self.refusal = refusal

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        try:
            value = self.read(self.data)
        except ParseError:
            value = None
        if value is None:
            raise ValidationError(self.refusal)
        self.data = value
