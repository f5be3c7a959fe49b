"""A form of which a page may show one step: what it asks of whom, what it shows of what was typed, what it offers.

The form of a listing, with what is wrong and what is missing, is in `forms.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, ClassVar

from werkzeug.datastructures import MultiDict
from wtforms import FieldList, HiddenField

from marketplace.forms import read_revision
from marketplace.listings.schema import ListingSchema, terms
from marketplace.listings.schema.shared import CONTACT
from marketplace.listings.seen_forms import OnceForm
from marketplace.parsing.text import MAX_TEXT, clean_text


@dataclass(frozen=True)
class Step:
    """One block of questions.

    Attributes:
        anchor: its place on the page.
        title: its name.
        fields: names of its fields, in order.
        hint: one sentence before them.
    """

    anchor: str
    title: str
    fields: tuple[str, ...]
    hint: str = ""


class StepForm(OnceForm):
    """A form in steps; which questions there are is set by the form that is made from it."""

    # The revision of what was typed and not saved when the page was shown (`UnsavedForm`).
    typed = HiddenField()
    schema: ClassVar[ListingSchema]
    # Of the class all of them, of a form those that are on its page.
    steps: tuple[Step, ...]
    row_kinds: tuple[str, ...]
    row: Any
    contact_offered = False

    @property
    def typed_revision(self) -> int:
        """The revision of the unsaved text that the page showed; 0 where it showed none."""
        return max(read_revision(self.typed.data), 0)

    def ask_only(self, need: str) -> None:
        """Leave out what is not asked of this need, unless something stands in it: nobody loses what they wrote."""
        steps = []
        for step in self.steps:
            names = [name for name in step.fields if self._is_asked(name, need)]
            for name in step.fields:
                if name not in names:
                    self.leave_out(name)
            if names:
                steps.append(replace(step, fields=tuple(names)))
        self.steps = tuple(steps)

    def _is_asked(self, name: str, need: str) -> bool:
        if self.schema[name].is_asked(need):
            return True
        control = self[name]
        if name in self.row_kinds:
            # An empty row of the form is nobody's answer.
            return any(entry.form.filled for entry in control)
        if isinstance(control, FieldList):
            return any(control.data)
        return control.data not in (None, "", [], False)

    def show_only(self, anchor: str) -> None:
        """Leave out every question of another step."""
        self.steps = tuple(step for step in self.steps if step.anchor == anchor)
        shown = set(chain.from_iterable(step.fields for step in self.steps))
        for name in self.schema.labels:
            if name not in shown:
                self.leave_out(name)

    def leave_out(self, name: str) -> None:
        if name in self:
            del self[name]
        self.row_kinds = tuple(one for one in self.row_kinds if one != name)

    def offer_choices(self) -> None:
        """Fill the lists that come from the dictionaries."""
        raise NotImplementedError

    def values(self) -> dict[str, Any]:
        """Column → value and list of rows → values."""
        raise NotImplementedError

    def take_typed(self, typed: Mapping[str, Iterable[Iterable[str]]]) -> None:
        """Show what was typed and not saved, in place of what is stored.

        Args:
            typed: step → names and values, as `UnsavedForm.fields` has them.
        """
        for step in self.steps:
            if step.anchor not in typed:
                continue
            pairs = MultiDict([(name, value) for name, value in typed[step.anchor]])
            for name in step.fields:
                if name in self:
                    self[name].process(pairs, **self._stored_value(name))
        # The lists again: controls that were processed have lost what they offer.
        self.offer_choices()

    def take_stored(self, names: Iterable[str], other: StepForm) -> None:
        """Show another form's values in these questions, as their writer chose.

        Args:
            names: of questions.
            other: the same form with what is on the platform now.
        """
        for name in names:
            if name in self and name in other:
                self[name].process(None, other.stored_data(name))
        self.offer_choices()

    def stored_data(self, name: str) -> Any:
        """The value of one question as a control takes it."""
        if name in self.row_kinds:
            return self.values()[name]
        return self[name].data

    def _stored_value(self, name: str) -> dict[str, Any]:
        """What a control held before anything was typed; nothing for a new listing."""
        if self.row is None:
            return {}
        return {"data": getattr(self.row, name, None)}

    def prefill(self, values: Mapping[str, str]) -> None:
        """Take over a title, a main text and the kind of need, as the trial hands them on."""
        title = clean_text(values.get("title"))
        main = clean_text(values.get("problem") or values.get("summary"))
        # What is not handed on stays as it is: a form may hold what was typed before signing in.
        if title and "title" in self:
            # The limit of the column; a text from an address may be of any length.
            self["title"].data = title[:200]
        if main and self.schema.main_text in self:
            self[self.schema.main_text].data = main[:MAX_TEXT]
        # The trial hands on that somebody looks for people or money.
        need = values.get("need", "")
        if "need" in self and need in terms.NEEDS:
            self["need"].data = need
            self._imply_type(need)

    def prefill_contact(self, person: Any) -> None:
        """Offer the writer's own name, telephone and address where a draft names nobody; shown, and stored by them.

        Whether others see it is a consent of its own (`accounts/contact_consents.py`), which stays as it is.
        """
        if "contact_name" not in self:
            return
        # What is published or returned had its contact chosen; emptied, it was emptied on purpose.
        is_draft = self.row is None or self.row.state == "draft"
        if not is_draft or any(self[field.name].data for field in CONTACT):
            return
        offered = (person.name, person.phone or person.mobile or "", person.email)
        for field, value in zip(CONTACT, offered, strict=True):
            self[field.name].data = value
        self.contact_offered = True

    def _imply_type(self, need: str) -> None:
        """The type of demand that follows from the need, where nobody has chosen another."""
        for code, implied in terms.NEED_OF_TYPE.items():
            if implied == need and not self["demand_type"].data:
                self["demand_type"].data = code
