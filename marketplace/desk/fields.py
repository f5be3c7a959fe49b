"""The kinds of fields a form is made of, each with its shape. Which fields a listing has stands in `forms.py`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from wtforms import Field, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from marketplace.desk.typed import clean, day_of, wan
from marketplace.wording import amount

TEXT_SHAPE = 20_000  # characters of one text that a draft may hold; the public is told less by `rules.TEXT_LIMIT`
PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}(-\d{1,6})?|[48]00-?\d{3}-?\d{4}", re.ASCII)


class Typed(Field):
    """A field of one line whose text is read by a function and shown again exactly as typed when it cannot be read.

    Args:
        read: text → value; raises ValueError with a Chinese message.
        say: value → text.
    """

    widget = TextInput()

    def __init__(self, label: str = "", *, read: Callable[[str], Any], say: Callable[[Any], str] = str, **kw: Any):
        super().__init__(label, **kw)
        self.read, self.say = read, say

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.say(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        if valuelist and (text := clean(valuelist[0])):
            self.data = self.read(text)


class Choice(SelectField):
    """One of a closed list, or nothing yet. A stored value that has left the list may stay.

    Args:
        choices: code → name, or group → (code → name); may be set later.
        blank: what stands for nothing yet; None where the field always has a value.
        whole: the codes are whole numbers.
    """

    def __init__(
        self,
        label: str = "",
        choices: Mapping[Any, Any] | None = None,
        *,
        blank: str | None = "未选",
        whole: bool = False,
        **kw: Any,
    ) -> None:
        super().__init__(label, coerce=str, choices=[], validate_choice=False, **kw)
        self.named: Mapping[Any, Any] = choices or {}
        self.once: Mapping[Any, str] = {}
        self.blank, self.whole = blank, whole

    def groups(self) -> Iterator[tuple[str, list[tuple[str, str, bool]]]]:
        """Groups of (code, name, selected); the group without a name comes first."""
        chosen = "" if self.data is None else str(self.data)
        plain = {k: v for k, v in self.named.items() if not isinstance(v, Mapping)}
        first = {} if self.blank is None else {"": self.blank}
        known = set(map(str, plain)).union(*(map(str, v) for v in self.named.values() if isinstance(v, Mapping)))
        gone = {} if not chosen or chosen in known else {chosen: f"{self.once.get(chosen, chosen)}（已停用）"}
        for name, codes in [("", first | plain | gone)] + [
            (k, v) for k, v in self.named.items() if isinstance(v, Mapping)
        ]:
            yield name, [(str(code), text, str(code) == chosen) for code, text in codes.items()]

    def process_data(self, value: Any) -> None:
        self.data = value

    def process_formdata(self, valuelist: list[str]) -> None:
        text = clean(valuelist[0]) if valuelist else ""
        self.data = text or None
        if self.whole and text:
            self.data = int(text) if re.fullmatch(r"\d{1,4}", text, re.ASCII) else text

    def pre_validate(self, form: Any) -> None:
        if self.data is None:
            if self.blank is None:
                raise ValidationError("请选一项。")
            return
        allowed = {code for _, codes in self.groups() for code, name, _ in codes if not name.endswith("（已停用）")}
        if str(self.data) not in allowed and self.data != self.object_data:
            raise ValidationError("选的内容不在列表里，请重新选。")


class Several(SelectMultipleField):
    """Any number of a closed list, as tick boxes.

    Args:
        choices: code → name.
    """

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: str = "", choices: Mapping[str, str] | None = None, **kw: Any) -> None:
        super().__init__(label, choices=list((choices or {}).items()), validate_choice=False, **kw)

    def pre_validate(self, form: Any) -> None:
        if set(self.data or ()) - {code for code, _ in self.choices}:
            raise ValidationError("选的内容不在列表里，请重新选。")


class Words(StringField):
    """Short words in one line, kept as a list."""

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else "、".join(self.data or ())

    def process_data(self, value: Iterable[str] | None) -> None:
        self.data = list(value or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        words = [clean(word) for word in re.split(r"[、；;,，\n\t]+", valuelist[0])] if valuelist else []
        self.data = list(dict.fromkeys(filter(None, words)))

    def pre_validate(self, form: Any) -> None:
        if any(len(word) > 40 for word in self.data) or len(self.data) > 20:
            raise ValidationError("关键词之间用顿号隔开，每个不超过 40 个字。")


def line(label: str, most: int, help: str = "", *checks: Any) -> StringField:
    """One line of at most `most` characters."""
    length = Length(max=most, message=f"{label}最多 {most} 个字。")
    return StringField(label, [unless_empty, length, *checks], filters=[clean], description=help)


def text(label: str, help: str = "", most: int = TEXT_SHAPE) -> TextAreaField:
    """Some lines of at most `most` characters."""
    length = Length(max=most, message=f"{label}最多 {most} 个字。")
    return TextAreaField(label, [length], filters=[clean], description=help)


def unless_empty(_form: Any, field: Any) -> None:
    """Leave the further checks of an empty field aside: a draft may have holes."""
    if not field.data:
        raise StopValidation


def is_phone(_form: Any, field: Any) -> None:
    """A mobile, landline or service number."""
    if not PHONE.fullmatch(re.sub(r"\s", "", field.data)):
        raise ValidationError("电话应像 0635-8239999 或 13800000000。")


def money_field(label: str, help: str = "") -> Typed:
    return Typed(label, read=wan, say=amount, description=help)


def day_field(label: str, help: str = "如 2026-11-21") -> Typed:
    return Typed(label, read=day_of, say=lambda value: value.isoformat(), description=help)
