"""The forms in which a listing is written, made from the schema: controls, steps, and what is wrong with them.

The controls are in `widgets.py`, rows in `row_forms.py`, the fields and the rules between them in `schema/`; what a
listing needs to be public is in `readiness.py`. A draft may keep holes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import request
from wtforms import Field, FieldList, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, ValidationError

from marketplace.clock import today
from marketplace.forms import SeenForm
from marketplace.listings import readiness
from marketplace.listings.life import OUTCOMES
from marketplace.listings.row_forms import MAX_ROWS, rows_control
from marketplace.listings.schema import SCHEMAS, ListingSchema
from marketplace.listings.schema.choices import Code, Codes
from marketplace.listings.schema.dictionaries import Dictionary
from marketplace.listings.schema.kinds import Day
from marketplace.listings.settling import MAX_NOTE
from marketplace.listings.step_forms import Step, StepForm
from marketplace.listings.typed_controls import Typed
from marketplace.listings.widgets import Several, control_of, data_of
from marketplace.listings.writing import secret_problems, unreadable_problems, values_of
from marketplace.organisations.models import Organisation, key_of
from marketplace.parsing.text import clean_text


@dataclass(frozen=True)
class Fault:
    """Something wrong with one control: its id on the page, its name, and what to do."""

    id: str
    label: str
    text: str


def _form_step(schema: ListingSchema, step: Any) -> Step:
    names = tuple(field.name for field in schema.fields_of_step(step.anchor))
    return Step(step.anchor, step.title, names, step.hint)


class ListingForm(StepForm):
    """The form of one kind of listing.

    Args:
        organisations: those the writer may write for; asked only where there are several.
        row: the listing that is being edited; None for a new one.
        step: the anchor of the only step that is asked; empty for all of them.
        need: the need of a demand, of which only what concerns it is asked; empty asks everything.
    """

    schema: ClassVar[ListingSchema]
    kind: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.schema = SCHEMAS[cls.kind]
        cls.steps = tuple(_form_step(cls.schema, one) for one in cls.schema.steps)
        rows = [field for field in cls.schema.rows.values() if field.step]
        cls.row_kinds = tuple(field.name for field in rows)
        for field in cls.schema:
            if field.step and field not in rows:
                setattr(cls, field.name, control_of(field))
        # Rows last: WTForms reads controls in the order in which they were made, and rows are many.
        for field in rows:
            setattr(cls, field.name, rows_control(field))

    def __init__(
        self,
        *args: Any,
        organisations: Iterable[Organisation] = (),
        row: Any = None,
        step: str = "",
        need: str = "",
        **kwargs: Any,
    ) -> None:
        self.row = row
        self.asked_need = need
        self.owners = {str(one.id): one for one in organisations}
        if row is not None:
            kwargs.setdefault("obj", row)
        super().__init__(*args, **kwargs)
        # What a deed found wrong that belongs to no control.
        self.problems: list[str] = []
        if need:
            self.ask_only(need)
        # All that this need is asked, for the list of steps; what is on the page follows.
        self.all_steps = self.steps
        if step:
            self.show_only(step)
        is_owned = row is not None and row.organisation_id is not None
        # A draft that was begun without an organisation may be given one; one's only organisation is not asked for.
        if is_owned or len(self.owners) < (1 if row is not None else 2):
            self.leave_out("organisation")
        elif "organisation" in self:
            names = {code: one.name for code, one in self.owners.items()}
            self["organisation"].named = names
        # A form that comes back keeps the revision its writer saw, or a later change would be lost unseen.
        typed = self.is_submitted() and kwargs.get("formdata", request.form) is not None
        if row is not None and not typed:
            self.seen.data = row.revision
        if row is not None:
            del self.once
        elif not typed:
            self.renew()
        self.offer_choices()

    def offer_choices(self) -> None:
        """Fill the lists that come from the dictionaries, each read once."""
        for field in self.schema:
            if field.name not in self:
                continue
            if isinstance(field, Code):
                self[field.name].named = field.dictionary.offered()
                self[field.name].once = field.dictionary.all_names()
            elif isinstance(field, Codes):
                offered = _offered_codes(field.dictionary)
                last = len(field.entry_labels) - 1
                for number, entry in enumerate(self[field.name]):
                    entry.named = offered
                    entry.label.text = field.entry_labels[min(number, last)]

    @property
    def owner(self) -> Organisation | None:
        """The organisation the writer chose, or their only one; None for a listing that has its owner already."""
        if "organisation" in self:
            return self.owners.get(self["organisation"].data)
        if self.row is not None:
            return None
        return next(iter(self.owners.values()), None)

    def more(self, name: str) -> str:
        """Add an empty row.

        Args:
            name: one of `row_kinds`.

        Returns:
            the id of the new row's first control; empty where there is no such list.
        """
        if name not in self.row_kinds or len(self[name]) >= MAX_ROWS:
            return ""
        controls = self[name].append_entry().form
        return str(next(iter(controls)).id)

    def leave_room(self) -> None:
        """See that each list ends with an empty row."""
        for name in self.row_kinds:
            if not len(self[name]) or self[name][-1].form.filled:
                self.more(name)

    def main_text(self) -> str:
        """Title and the first texts as they are in the form now, for a look at what they would be matched with."""
        names = ["title", *(field.name for field in self.schema.texts[:2])]
        texts = []
        for name in names:
            # A step that has no such question goes on with what is stored.
            text = self[name].data if name in self else getattr(self.row, name, "")
            texts.append(text)
        return "\n".join(text for text in texts if text)

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        for name in self.row_kinds:
            if len(self[name]) > MAX_ROWS:
                self.blame({name: [f"最多 {MAX_ROWS} 行。"]})
        for rule in self.schema.broken_rules(self._known_values()):
            if rule.field not in self:
                continue
            # A field that is wrong by itself is mended first; what it does not fit together with may go with it.
            if not _messages_of(self[rule.field]):
                self.blame({rule.field: [rule.message]})
        self.blame(self._doubts_about_days())
        # Here too, for a form that is wrong elsewhere must say at once what has to leave it.
        self.blame(secret_problems(self.kind, self.values()))
        self.blame(unreadable_problems(self.kind, self._typed_values()))
        return not self.errors

    def validate_title(self, control: Field) -> None:
        if not key_of(control.data):
            raise ValidationError("先起个名称，不能只有标点。")

    def validate_valid_until(self, control: Field) -> None:
        changed = control.data and control.data != control.object_data
        if changed and control.data <= today():
            raise ValidationError("有效期应晚于今天。")

    def _typed_values(self) -> dict[str, Any]:
        """The values that differ from what is stored: an old text is not refused to who mends another."""
        typed = {}
        for name, value in self.values().items():
            is_row = name in self.row_kinds
            if is_row or name not in self or value != self[name].object_data:
                typed[name] = value
        return typed

    def _doubts_about_days(self) -> dict[str, list[str]]:
        """Field → what is doubtful about a day that was typed now; what is stored already was typed before."""
        doubts = {}
        for field in self.schema.stored:
            if not isinstance(field, Day) or field.name not in self:
                continue
            control = self[field.name]
            doubt = field.doubt_about(control.data)
            if doubt and control.data != control.object_data and not control.errors:
                doubts[field.name] = [doubt]
        return doubts

    def blame(self, problems: Mapping[str, list[str]], otherwise: str = "") -> None:
        """Take over what a deed found wrong; what is about no box stands above the form."""
        for name, messages in problems.items():
            if name not in self:
                self.problems += messages
            if name in self or otherwise:
                super().blame({name: messages}, otherwise)

    def values(self) -> dict[str, Any]:
        """Column → value and list of rows → values, as the deeds take them."""
        values: dict[str, Any] = {}
        for name in self.names():
            control = self[name]
            if name in self.row_kinds:
                rows = [entry.form for entry in control]
                values[name] = [row.values() for row in rows if row.filled]
            elif isinstance(control, FieldList):
                codes = [code for code in control.data if code]
                values[name] = list(dict.fromkeys(codes))
            elif data_of(control) in (None, ""):
                values[name] = None if self.schema[name].nullable else ""
            else:
                values[name] = control.data
        return values

    def remarks(self) -> list[str]:
        """What was taken for something else than it says, each with the name of its field."""
        remarks = []
        for name in self.names():
            control = self[name]
            if isinstance(control, Typed) and control.taken_as:
                remarks.append(f"{control.label.text}：{control.taken_as}")
        return remarks

    def needed(self) -> frozenset[str]:
        """The names of the fields that an empty form lacks for review."""
        empty = self._empty_values()
        if self.asked_need:
            empty["need"] = self.asked_need
        missing = readiness.missing_for_publication(self.kind, empty, organisation=None)
        return frozenset(missing)

    def lacking(self, organisation: Organisation | None) -> dict[str, list[str]]:
        """What keeps the typed from being public, beyond the fields that are wrong already: field → what is missing.

        Args:
            organisation: the owner; None where it is not chosen yet.
        """
        wrong = set(self.errors)
        empty = self._empty_values()
        values = empty | self._known_values()
        # What cannot be read is already named; as an empty field it would be named a second time.
        for name in wrong - set(self.row_kinds):
            if name in empty:
                values[name] = empty[name]
        missing = readiness.missing_for_publication(
            self.kind, values, organisation=organisation
        )
        return {name: texts for name, texts in missing.items() if name not in wrong}

    def differing(self, row: Any) -> list[str]:
        """The names of the fields in which the form differs from the stored row."""
        stored = type(self)(formdata=None, row=row, meta={"csrf": False}).values()
        typed = self.values()
        return [name for name in self.names() if typed[name] != stored[name]]

    def names(self) -> list[str]:
        """The names of the fields that are stored, in the order of the steps."""
        names: list[str] = []
        for step in self.steps:
            names += step.fields
        return [name for name in names if name != "organisation"]

    def target(self, name: str) -> str:
        """The id of the control that a link to a question leads to."""
        control = self[name]
        if name in self.row_kinds:
            return str(next(iter(control[0].form)).id)
        if isinstance(control, FieldList):
            return str(control[0].id)
        if isinstance(control, Several):
            return f"{control.id}-0"
        return str(control.id)

    def faults(self) -> list[Fault]:
        """What is wrong, in the order of the page."""
        faults = [Fault("", "", text) for text in self.problems]
        for step in self.steps:
            for name in step.fields:
                if name in self:
                    faults += self._faults_of(name)
        return faults

    def _faults_of(self, name: str) -> list[Fault]:
        """What is wrong with one question, each with the control to go to."""
        control = self[name]
        label = control.label.text
        target = self.target(name)
        faults = [Fault(target, label, text) for text in _messages_of(control)]
        if name in self.row_kinds:
            for place, entry in enumerate(control, 1):
                faults += _faults_of_controls(entry.form, f"{label}第 {place} 行，")
        elif isinstance(control, FieldList):
            faults += _faults_of_controls(control, "")
        return faults

    def _known_values(self) -> dict[str, Any]:
        """What is typed, and of the other steps what is stored."""
        if self.row is None or self.steps == type(self).steps:
            return self.values()
        return {**values_of(self.row), **self.values()}

    def _empty_values(self) -> dict[str, Any]:
        """The values of a form in which nothing was typed."""
        return type(self)(formdata=None, meta={"csrf": False}).values()


class AchievementForm(ListingForm):
    """科技成果."""

    kind = "achievement"


class DemandForm(ListingForm):
    """技术需求."""

    kind = "demand"


FORMS: dict[str, type[AchievementForm] | type[DemandForm]] = {
    "achievement": AchievementForm,
    "demand": DemandForm,
}


class DeedForm(SeenForm):
    """A button: which revision its presser saw, and what they said."""

    note = TextAreaField(
        "说明",
        [Length(max=MAX_NOTE)],
        filters=[clean_text],
    )


class CloseForm(DeedForm):
    """How a demand ended, which is public, and what its own people note of it."""

    # None is chosen beforehand: what stays solved in public is said, not guessed.
    outcome = RadioField(
        "怎么结束的",
        choices=[SelectChoice(code, name) for code, name in OUTCOMES.items()],
        validate_choice=False,
    )


def _offered_codes(dictionary: Dictionary) -> Mapping[str, Any]:
    """What a dictionary offers, in groups where its codes of two digits are groups of longer ones."""
    names = dictionary.offered()
    if not dictionary.grouped:
        return names
    groups: dict[str, dict[str, str]] = {}
    for code, name in names.items():
        shown = f"{name}（不细分）" if len(code) == 2 else name
        groups.setdefault(names[code[:2]], {})[code] = shown
    return groups


def _messages_of(control: Field) -> list[str]:
    """What is wrong with a control itself, its rows and entries apart."""
    return [str(one) for one in control.errors if not isinstance(one, dict | list)]


def _faults_of_controls(controls: Iterable[Field], before: str) -> list[Fault]:
    faults = []
    for control in controls:
        for message in control.errors:
            label = f"{before}{control.label.text}"
            faults.append(Fault(control.id, label, str(message)))
    return faults
