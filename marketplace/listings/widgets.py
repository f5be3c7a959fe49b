"""The controls of a form: one for each kind of field of the schema. Which fields a listing has is in `schema/`.

What is typed is read by the same readers as the cells of a list; the forms themselves are in `forms.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from markupsafe import Markup
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    widgets,
)
from wtforms.validators import Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.listings.schema import choices, contacts, kinds, price
from marketplace.listings.schema.field import Field as SchemaField
from marketplace.listings.schema.shared import Owner
from marketplace.listings.typed_controls import Checked, Typed, first_text
from marketplace.parsing.text import MAX_TEXT, clean_text, too_long

NOT_CHOSEN = "未选"
# Shown, so that the writer knows why the entry is gone from the list; choosing it newly is refused.
NOT_OFFERED = "（已停用）"
NOT_IN_LIST = "选的内容不在列表里，请重新选。"
# A draft may hold more than review lets pass: nothing typed is lost.
KEYWORD_SIGNS = 40  # characters of one key word
KEYWORDS_TYPED = 20  # key words a draft may hold


class Select(widgets.Select):
    """The box of a `Choice`, with its groups."""

    def __call__(self, field: Choice, **attributes: Any) -> Markup:
        options = Markup()
        for group, codes in field.groups():
            listed = Markup().join(_option(*one) for one in codes)
            if group:
                listed = Markup('<optgroup label="{}">{}</optgroup>').format(
                    group, listed
                )
            options += listed
        # Written with escaping at each step: names of chains are typed by operators.
        named = {"id": field.id, "name": field.name, **attributes}
        written = Markup()
        for name, value in named.items():
            plain = name.rstrip("_").replace("_", "-")
            written += Markup(' {}="{}"').format(plain, value)
        return Markup("<select{}>{}</select>").format(written, options)


class Choice(SelectField):
    """One of a closed list, or nothing yet. A stored value that has left the list may stay.

    Args:
        choices: code → name, or group → (code → name); may be set later.
        blank: what is shown where nothing is chosen yet; None where the field always has a value.
        whole: the codes are whole numbers.

    Attributes:
        named: the choices.
        once: code → name of what the list held at some time.
    """

    widget = Select()

    def __init__(
        self,
        label: str = "",
        choices: Mapping[Any, Any] | None = None,
        *,
        blank: str | None = NOT_CHOSEN,
        whole: bool = False,
        **kw: Any,
    ) -> None:
        # Not checked by WTForms, which knows no groups and would refuse an entry that left the list.
        super().__init__(label, coerce=str, choices=[], validate_choice=False, **kw)
        self.named: Mapping[Any, Any] = choices or {}
        self.once: Mapping[Any, str] = {}
        self.blank = blank
        self.whole = whole
        self.type = "SelectField"  # the name by which the templates know it

    def groups(self) -> Iterator[tuple[str, list[tuple[str, str, bool]]]]:
        """Groups of (code, name, chosen); what is in no group comes first, under an empty name."""
        chosen = "" if self.data is None else str(self.data)
        loose: dict[str, str] = {}
        grouped: dict[str, dict[str, str]] = {}
        for key, value in self.named.items():
            if isinstance(value, Mapping):
                grouped[key] = {str(code): name for code, name in value.items()}
            else:
                loose[str(key)] = value
        known = set(loose).union(*grouped.values())
        first = {} if self.blank is None else {"": self.blank}
        # A chain that was closed since must not vanish from a listing because somebody mended a typing error.
        if chosen and chosen not in known:
            loose[chosen] = f"{self.once.get(chosen, chosen)}{NOT_OFFERED}"
        for group, codes in {"": first | loose, **grouped}.items():
            yield group, [(code, name, code == chosen) for code, name in codes.items()]

    def process_data(self, value: Any) -> None:
        self.data = value

    def process_formdata(self, valuelist: list[str]) -> None:
        text = first_text(valuelist)
        self.data = text or None
        # Digits alone: `int` takes other figures too, and a level of twenty digits.
        if self.whole and re.fullmatch(r"\d{1,4}", text, re.ASCII):
            self.data = int(text)

    def pre_validate(self, form: Any) -> None:
        if self.data is None and self.blank is None:
            raise ValidationError("请选一项。")
        if not self.is_offered():
            raise ValidationError(NOT_IN_LIST)

    def is_offered(self) -> bool:
        """Whether what is chosen may be: nothing, what the list offers, or what the row holds already."""
        # What the row already holds may stay, though nobody else can choose it.
        if self.data is None or self.data == self.object_data:
            return True
        allowed = set()
        for _, codes in self.groups():
            for code, name, _ in codes:
                if not name.endswith(NOT_OFFERED):
                    allowed.add(code)
        return str(self.data) in allowed


def data_of(control: Field) -> Any:
    """What a control holds; None for a code that its list does not offer, with which a form may be looked at again."""
    if isinstance(control, Choice) and not control.is_offered():
        return None
    return control.data


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
        offered = [SelectChoice(*one) for one in (choices or {}).items()]
        super().__init__(label, choices=offered, validate_choice=False, **kw)
        self.type = "SelectMultipleField"

    def pre_validate(self, form: Any) -> None:
        offered = {choice.value for choice in self.choices}
        if set(self.data or ()) - offered:
            raise ValidationError(NOT_IN_LIST)


class Words(StringField):
    """Short words in one line, stored as a list."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "、".join(self.data or ())

    def process_data(self, value: Iterable[str] | None) -> None:
        self.data = list(value or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0] if valuelist else ""
        # Each sign that people put between words, for nobody reads the help first.
        words = [clean_text(word) for word in re.split(r"[、；;,，\n\t]+", text)]
        # Once each and in the order typed: the first words count most.
        self.data = list(dict.fromkeys(word for word in words if word))

    def pre_validate(self, form: Any) -> None:
        too_long = any(len(word) > KEYWORD_SIGNS for word in self.data)
        if too_long or len(self.data) > KEYWORDS_TYPED:
            raise ValidationError(
                f"关键词之间用顿号隔开，每个不超过 {KEYWORD_SIGNS} 个字。"
            )


# --- from the schema -------------------------------------------------------------------------------------------------


def control_of(field: SchemaField) -> Any:
    """The control for a field of the schema: an unbound field of WTForms.

    Rows and the lists of a dictionary's codes are put together in `forms.py`.

    Raises:
        TypeError: a kind of field that has no control.
    """
    for kind, make in _CONTROLS.items():
        if isinstance(field, kind):
            return make(field)
    raise TypeError(f"no control for {type(field).__name__}")


class _Named:
    """Refuses what is no name of a person or a desk."""

    def __init__(self, field: contacts.ContactName) -> None:
        self.field = field

    def __call__(self, form: Any, field: Field) -> None:
        if fault := self.field.fault(field.data or ""):
            raise ValidationError(fault.sentence)


class _DraftLength(Length):
    """What no draft can hold is refused with the bound of its box, which is lower."""

    def __call__(self, form: Any, field: Field) -> None:
        if len(field.data or "") > self.max:
            raise ValidationError(too_long(field.data, kinds.TEXT_LIMIT))


def _option(code: str, name: str, chosen: bool) -> Markup:
    mark = Markup(" selected") if chosen else ""
    return Markup('<option value="{}"{}>{}</option>').format(code, mark, name)


def _line_control(field: kinds.Line) -> Any:
    checks: list[Any] = [Length(max=field.most)]
    if isinstance(field, contacts.ContactName):
        checks.append(_Named(field))
    if field.unread:
        return Checked(
            field.form_label,
            checks,
            filters=[clean_text],
            description=field.help,
            read=field.read,
            refusal=field.unread,
        )
    return StringField(
        field.form_label, checks, filters=[clean_text], description=field.help
    )


def _text_control(field: kinds.Text) -> Any:
    # Even without a limit of its own a text stays within what a cell of a spreadsheet can take.
    most = field.most or MAX_TEXT
    # A draft may hold more than review lets pass; a script counts along to what passes.
    counted = {"data-count": kinds.TEXT_LIMIT} if field.public else None
    bound = _DraftLength if field.public else Length
    return TextAreaField(
        field.form_label,
        [bound(max=most)],
        filters=[clean_text],
        description=field.help,
        render_kw=counted,
    )


def _typed_control(field: SchemaField) -> Any:
    return Typed(
        field.form_label,
        read=field.read_typed,
        say=field.typed,
        remark=field.remark_on,
        description=field.help,
    )


def _flag_control(field: kinds.Flag) -> Any:
    return BooleanField(field.form_label, description=field.help)


def _level_control(field: kinds.Level) -> Any:
    # With its meaning: nobody knows by heart what level 6 is.
    levels = {level: field.words(level) for level in field.names}
    return Choice(field.form_label, levels, whole=True, description=field.help)


def _term_control(field: choices.Term) -> Any:
    return Choice(
        field.form_label,
        field.vocabulary,
        # A field with a default is never empty, so nothing needs to be offered for that.
        blank=None if field.default else NOT_CHOSEN,
        default=field.first or field.default or None,
        description=field.help,
    )


def _terms_control(field: choices.Terms) -> Any:
    return Several(field.form_label, field.vocabulary, description=field.help)


def _code_control(field: choices.Code) -> Any:
    return Choice(field.form_label, description=field.help)


def _codes_control(field: choices.Codes) -> Any:
    return FieldList(
        Choice(field.form_label),
        field.form_label,
        # As many boxes as entries are allowed, for adding one must work without scripts.
        min_entries=field.most,
        description=field.help,
    )


def _words_control(field: kinds.Words) -> Any:
    return Words(field.form_label, description=field.help)


def _owner_control(field: Owner) -> Any:
    return Choice(field.form_label, blank=None, description=field.help)


# Looked through in this order: a kind comes before the kind it is made from.
_CONTROLS: dict[type[SchemaField], Callable[[Any], Any]] = {
    Owner: _owner_control,
    contacts.Phone: _typed_control,
    contacts.Email: _typed_control,
    kinds.Line: _line_control,
    kinds.Text: _text_control,
    kinds.Flag: _flag_control,
    kinds.Level: _level_control,
    kinds.Whole: _typed_control,
    kinds.Day: _typed_control,
    kinds.Month: _typed_control,
    price.Amount: _typed_control,
    kinds.Number: _typed_control,
    kinds.Words: _words_control,
    choices.Term: _term_control,
    choices.Terms: _terms_control,
    choices.Code: _code_control,
    choices.Codes: _codes_control,
}
