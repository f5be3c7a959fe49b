"""All fields, columns and rules of one kind of listing, and the order in which each surface has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import CheckConstraint

from marketplace.listings.schema.field import Field, ListColumn, Report, Rule
from marketplace.listings.schema.rights import Rights, join_rights
from marketplace.listings.schema.rows import Rows


@dataclass(frozen=True)
class Step:
    """One block of questions of the form.

    Attributes:
        anchor: its place on the page.
        title: its name.
        hint: one sentence before them.
    """

    anchor: str
    title: str
    hint: str = ""


class ListingSchema:
    """The schema of one kind of listing: the one place where its fields are declared.

    Args:
        kind: `achievement` or `demand`.
        main_text: name of the field that says what is offered or asked.
        steps: the blocks of the form, in order.
        fields: every field, in the order in which a reviewer reads them; within a step the form has the same order.
        columns: the columns of lists that are no fields.
        rules: what holds between fields.
    """

    def __init__(
        self,
        kind: str,
        *,
        main_text: str,
        steps: Sequence[Step],
        fields: Sequence[Field],
        columns: Sequence[ListColumn],
        rules: Sequence[Rule],
    ) -> None:
        self.kind = kind
        self.main_text = main_text
        self.steps = tuple(steps)
        self.fields = tuple(fields)
        self.columns = tuple(columns)
        self.rules = tuple(rules)
        self._by_name = {field.name: field for field in self.fields}

    def __getitem__(self, name: str) -> Field:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    @cached_property
    def labels(self) -> dict[str, str]:
        """Field → its Chinese name, in the order of a review."""
        return {field.name: field.label for field in self.fields}

    @cached_property
    def stored(self) -> tuple[Field, ...]:
        """The fields that are columns of the listing's own table."""
        return tuple(field for field in self.fields if field.is_column)

    @cached_property
    def rows(self) -> dict[str, Rows]:
        """The fields that have rows of their own."""
        return {field.name: field for field in self.fields if isinstance(field, Rows)}

    @cached_property
    def reviewed(self) -> tuple[Field, ...]:
        """What a reviewer reads in the list of contents."""
        return tuple(field for field in self.fields if field.reviewed)

    @cached_property
    def facts(self) -> tuple[Field, ...]:
        """The table of facts of the public page, in its order."""
        placed = [field for field in self.fields if field.fact_place]
        return tuple(sorted(placed, key=lambda field: field.fact_place))

    @cached_property
    def texts(self) -> tuple[Field, ...]:
        """The texts that are searched and compared, in their order."""
        placed = [field for field in self.fields if field.text_place]
        return tuple(sorted(placed, key=lambda field: field.text_place))

    @cached_property
    def list_columns(self) -> tuple[ListColumn, ...]:
        """The columns of a list, in the order in which they are written."""
        every: list[ListColumn] = [*self.fields, *self.columns]
        placed = [column for column in every if column.list_place]
        return tuple(sorted(placed, key=lambda column: column.list_place))

    def fields_of_step(self, anchor: str) -> tuple[Field, ...]:
        """The fields that a step of the form asks for, in order."""
        return tuple(field for field in self.fields if field.step == anchor)

    def constraints(self) -> list[CheckConstraint]:
        """What the database checks of the listing's own table."""
        constraints = []
        for field in self.stored:
            constraints += field.constraints()
        for rule in self.rules:
            constraints += rule.constraints()
        return constraints

    def broken_rules(self, values: Mapping[str, Any]) -> list[Rule]:
        """The rules between fields that these values break."""
        return [rule for rule in self.rules if rule.broken(values)]

    def values_of_cells(
        self, cells: Mapping[str, Any], report: Report
    ) -> dict[str, Any]:
        """The values of a listing from what the cells of its row say; what a row does not say is left out.

        Args:
            cells: key of a column → what `read_cell` gave, without the empty ones.
            report: takes what does not fit together, and what was done that a reader would not expect.
        """
        values: dict[str, Any] = {}
        # In the order of the list, so that remarks come in the order of its columns.
        present = [column for column in self.list_columns if column.name in cells]
        for column in present:
            column.fill_values(values, cells, report)
        # What a column implies for others comes after what the others say themselves.
        for column in present:
            column.complete_values(values, cells, report)
        for field in self.rows.values():
            if isinstance(field, Rights):
                rights = join_rights(field, cells, report)
                if rights is not None:
                    values[field.name] = rights
        for rule in self.broken_rules(values):
            if rule.cell is not None:
                report.report_error(rule.column, rule.cell)
        return values
