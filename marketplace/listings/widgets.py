"""The kinds of fields a form is made of, each with its shape. Which fields a listing has stands in `forms.py`.

How a figure, a sum or a day is read is the same as in a spreadsheet: `exchange.cells`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from markupsafe import Markup
from wtforms import (
    Field,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    widgets,
)
from wtforms.validators import Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from marketplace.exchange import cells
from marketplace.wording import amount

TEXT_SHAPE = 20_000  # characters of one text that a draft may hold; the public is told less by `rules.TEXT_LIMIT`
GONE = "（已停用）"
# In a spreadsheet NaN or N/A stands for nothing, left by a program; a person who types letters means something.
LETTERS = re.compile("[A-Za-zＡ-Ｚａ-ｚ]")


class Typed(Field):
    """A field of one line whose text is read by a function and shown again exactly as typed when it cannot be read.

    Args:
        read: text → value; raises ValueError with a Chinese message.
        say: value → text.
    """

    widget = TextInput()

    def __init__(
        self,
        label: str = "",
        *,
        read: Callable[[str], Any],
        say: Callable[[Any], str] = str,
        **kw: Any,
    ):
        super().__init__(label, **kw)
        self.read, self.say = read, say

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.say(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        if valuelist and (text := clean(valuelist[0])):
            try:
                self.data = self.read(text)
            except cells.CellError as error:
                raise ValueError(f"{error.message}{error.allowed}") from None
            if self.data is None and LETTERS.search(text):
                raise ValueError(f"「{text[:20]}」看不懂；没有就空着。")


def clean(text: str | None) -> str:
    """A text as it is kept: NFC, no control characters but line breaks, no blanks at its ends."""
    text = (
        unicodedata.normalize("NFC", text or "")
        .replace("\r\n", "\n")
        .replace("\r", "\n")
    )
    return cells.CONTROL.sub("", text).strip()


def sum_of(text: str) -> Decimal | None:
    """One sum of money in 万元.

    Raises:
        ValueError: not a sum; the message says why, in Chinese.
    """
    found = cells.money(text)
    if found is None:
        return None
    if found.low is None:
        raise ValueError("这里只填数字；没有定价就选「面议」。")
    if found.low != found.high:
        raise ValueError("这里只填一个数。")
    return found.low


def number(text: str, *, below: int, places: int) -> Decimal | None:
    """A plain decimal number.

    Args:
        text: as typed; full-width digits and thousands separators are understood.
        below: its absolute value stays below.
        places: most digits after the point.

    Raises:
        ValueError: not a number of that shape; the message says why, in Chinese.
    """
    plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", cells.compact(text))
    if not plain:
        return None
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?", plain, re.ASCII):
        raise ValueError(f"「{text.strip()[:20]}」不是数字。")
    value = Decimal(plain[:40])
    if abs(value) >= below or value != round(value, places):
        raise ValueError(f"数字太长：小于 {below}，小数最多 {places} 位。")
    return value + 0


def metric_of(text: str) -> dict[str, Any] | None:
    """The values of one technical figure written in one go, like 「抗拉强度 ≥ 350 MPa」; None where it is none."""
    try:
        rows, rest = cells.metrics(text)
    except cells.CellError:
        return None
    return rows[0] if len(rows) == 1 and not rest else None


def unit_key(unit: str) -> str:
    """What two spellings of one unit share: NFKC, no blanks; capitals stay, as mW is not MW."""
    return "".join(unicodedata.normalize("NFKC", unit).split())


class Select(widgets.Select):
    """The box of a `Choice`, with its groups."""

    def __call__(self, field: Choice, **attributes: Any) -> Markup:
        options = Markup()
        for group, codes in field.groups():
            listed = Markup().join(
                Markup('<option value="{}"{}>{}</option>').format(
                    code, Markup(" selected") if chosen else "", name
                )
                for code, name, chosen in codes
            )
            options += (
                Markup('<optgroup label="{}">{}</optgroup>').format(group, listed)
                if group
                else listed
            )
        written = Markup().join(
            Markup(' {}="{}"').format(name.rstrip("_").replace("_", "-"), value)
            for name, value in {
                "id": field.id,
                "name": field.name,
                **attributes,
            }.items()
        )
        return Markup("<select{}>{}</select>").format(written, options)


class Choice(SelectField):
    """One of a closed list, or nothing yet. A stored value that has left the list may stay.

    Args:
        choices: code → name, or group → (code → name); may be set later.
        blank: what stands for nothing yet; None where the field always has a value.
        whole: the codes are whole numbers.
    """

    widget = Select()

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
        self.type = "SelectField"  # what the templates know it by

    def groups(self) -> Iterator[tuple[str, list[tuple[str, str, bool]]]]:
        """Groups of (code, name, chosen); what stands in no group comes first, under an empty name."""
        chosen = "" if self.data is None else str(self.data)
        plain = {str(k): v for k, v in self.named.items() if not isinstance(v, Mapping)}
        grouped = {
            k: {str(code): name for code, name in v.items()}
            for k, v in self.named.items()
            if isinstance(v, Mapping)
        }
        first = {} if self.blank is None else {"": self.blank}
        known = set(plain).union(*grouped.values())
        gone = (
            {}
            if not chosen or chosen in known
            else {chosen: f"{self.once.get(chosen, chosen)}{GONE}"}
        )
        for name, codes in {"": first | plain | gone, **grouped}.items():
            yield name, [(code, text, code == chosen) for code, text in codes.items()]

    def process_data(self, value: Any) -> None:
        self.data = value

    def process_formdata(self, valuelist: list[str]) -> None:
        text = clean(valuelist[0]) if valuelist else ""
        self.data = text or None
        if self.whole and text:
            self.data = int(text) if re.fullmatch(r"\d{1,4}", text, re.ASCII) else text

    def pre_validate(self, form: Any) -> None:
        if self.data is None and self.blank is None:
            raise ValidationError("请选一项。")
        if self.data is None:
            return
        allowed = {
            code
            for _, codes in self.groups()
            for code, name, _ in codes
            if not name.endswith(GONE)
        }
        if str(self.data) not in allowed and self.data != self.object_data:
            raise ValidationError("选的内容不在列表里，请重新选。")


class Several(SelectMultipleField):
    """Any number of a closed list, as tick boxes.

    Args:
        choices: code → name.
    """

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(
        self, label: str = "", choices: Mapping[str, str] | None = None, **kw: Any
    ) -> None:
        super().__init__(
            label,
            choices=[SelectChoice(*one) for one in (choices or {}).items()],
            validate_choice=False,
            **kw,
        )
        self.type = "SelectMultipleField"

    def pre_validate(self, form: Any) -> None:
        if set(self.data or ()) - {choice.value for choice in self.choices}:
            raise ValidationError("选的内容不在列表里，请重新选。")


class Words(StringField):
    """Short words in one line, kept as a list."""

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else "、".join(self.data or ())

    def process_data(self, value: Iterable[str] | None) -> None:
        self.data = list(value or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        words = (
            [clean(word) for word in re.split(r"[、；;,，\n\t]+", valuelist[0])]
            if valuelist
            else []
        )
        self.data = list(dict.fromkeys(filter(None, words)))

    def pre_validate(self, form: Any) -> None:
        if any(len(word) > 40 for word in self.data) or len(self.data) > 20:
            raise ValidationError("关键词之间用顿号隔开，每个不超过 40 个字。")


def line(label: str, most: int, help: str = "", *checks: Any) -> StringField:
    """One line of at most `most` characters."""
    length = Length(max=most, message=f"{label}最多 {most} 个字。")
    return StringField(label, [length, *checks], filters=[clean], description=help)


def text(
    label: str, help: str = "", most: int = TEXT_SHAPE, *, fit: int | None = None
) -> TextAreaField:
    """Some lines of at most `most` characters; where only `fit` of them pass review, a script counts along to these."""
    length = Length(max=most, message=f"{label}最多 {most} 个字。")
    counted = {"data-count": fit} if fit else None
    return TextAreaField(
        label, [length], filters=[clean], description=help, render_kw=counted
    )


def money_field(label: str, help: str = "") -> Typed:
    return Typed(label, read=sum_of, say=amount, description=help)


def day_field(label: str, help: str = "如 2026-11-21") -> Typed:
    return Typed(label, read=cells.day, say=date.isoformat, description=help)
