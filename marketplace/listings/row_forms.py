"""The forms of fields that have rows of their own: one form a row, and what must be right within it.

Which fields a row has is in `schema/`, their controls in `widgets.py`; the form around the rows is in `forms.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from wtforms import Field, FieldList, Form, FormField

from marketplace.forms import OwnWords
from marketplace.listings.schema.rights import Rights
from marketplace.listings.schema.rows import Metrics, Rows
from marketplace.listings.widgets import control_of, data_of
from marketplace.parsing import ParseError
from marketplace.parsing.figures import read_metric, unit_key
from marketplace.parsing.numbers import read_ip_number
from marketplace.parsing.text import clean_text

MAX_ROWS = 60


class Row(OwnWords, Form):
    """One of several rows of the same kind. An empty row is no row."""

    schema: ClassVar[Rows]

    @property
    def filled(self) -> bool:
        """Whether anything was typed or ticked in this row."""
        return any(
            # What was typed counts as well as what could be read of it: 「abc」 in a box of figures is no empty row.
            control.raw_data and clean_text(str(control.raw_data[0])) or control.data
            for control in self
            # A list that every row has a value of, such as the sign of a figure, makes no row.
            if control.short_name not in self.schema.always
        )

    def validate(self, extra_validators: Any = None) -> bool:
        # The form offers empty rows; nobody has to fill them.
        if not self.filled:
            return True
        super().validate(extra_validators)
        self._check_row()
        return not self.errors

    def values(self) -> dict[str, Any]:
        """Column → value."""
        return {control.short_name: data_of(control) for control in self}

    def _check_row(self) -> None:
        """What a row needs, and what must agree within it; a control that is wrong already says nothing more."""
        for field in self.schema.row:
            control = self[field.name]
            is_empty = control.data in (None, "")
            if field.needed and is_empty and not control.errors:
                _add_error(control, field.needed)
        values = self.values()
        for rule in self.schema.rules:
            if rule.broken(values) and not self[rule.field].errors:
                _add_error(self[rule.field], rule.message)


class MetricRow(Row):
    """A technical figure; one that is written in one go in its first field is taken apart."""

    def process(self, formdata: Any = None, *args: Any, **kwargs: Any) -> None:
        super().process(formdata, *args, **kwargs)
        if not formdata or not self["name"].data:
            return
        numbers = (self["value"].raw_data, self["value_max"].raw_data)
        # A number in its own box was meant as it is.
        if not any(raw and clean_text(raw[0]) for raw in numbers):
            self._take_apart(read_metric(self["name"].data) or {})

    def _take_apart(self, figure: Mapping[str, Any]) -> None:
        """Fill the row from the figure in its first field, unless the box for the unit holds another unit."""
        unit = self["unit"]
        written = figure.get("unit")
        typed = unit.data
        # Neither is dropped in silence; the writer says which one is right.
        if written and typed and unit_key(written) != unit_key(typed):
            unit.process_errors.append(
                f"第一格里写的单位是「{written}」，与这里不同；留下对的一个。"
            )
            return
        for name, value in figure.items():
            # Else the control would show again what was typed.
            self[name].raw_data = None
            self[name].data = value
        # The box for the unit counts where the sentence has none.
        if figure and not written:
            unit.data = typed

    def _check_row(self) -> None:
        super()._check_row()
        # The two units are to be looked at first: the number is there, in the sentence.
        if self["unit"].process_errors and self["value"].data is None:
            self["value"].errors = []


class RightRow(Row):
    """A patent or another right, its number checked by its type."""

    def _check_row(self) -> None:
        # By its type, so a control cannot check it alone.
        number = self["number"]
        if number.data:
            try:
                number.data, _ = read_ip_number(number.data, self["ip_type"].data)
            except ParseError as error:
                _add_error(number, error.sentence)
        super()._check_row()


def rows_control(rows: Rows) -> FieldList:
    """The control of a field that has rows of its own."""
    base: type[Row] = Row
    if isinstance(rows, Metrics):
        base = MetricRow
    elif isinstance(rows, Rights):
        base = RightRow
    controls = {field.name: control_of(field) for field in rows.row}
    row_form = type(f"{rows.name}_row", (base,), {"schema": rows, **controls})
    return FieldList(
        FormField(row_form),
        rows.form_label,
        min_entries=rows.blank_rows,
        # One more than are taken, so that too many are refused; without an end a request could ask for a million.
        max_entries=MAX_ROWS + 1,
        description=rows.help,
    )


def _add_error(control: Field, message: str) -> None:
    control.errors = [*control.errors, message]
