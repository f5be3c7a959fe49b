"""The form of an upload, and the boxes in which one of its rows is corrected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, RadioField, SelectField

from marketplace.exchange.headers import PlacedColumn
from marketplace.exchange.source_columns import SOURCES
from marketplace.forms import PageForm, SeenForm
from marketplace.imports.models import ListImport, StagedRow
from marketplace.imports.stored_cells import box_text, layout_of
from marketplace.listings.models import KIND_NAMES
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.organisations.models import Organisation
from marketplace.persistence import row_number

SEVERAL = "0"  # of an operator: the rows say whose they are
PREFIX = "cell-"
LONG = 60  # characters from which a cell has a box of several lines


class UploadForm(PageForm):
    """What a list is, and whose."""

    kind = RadioField("清单里是", default="achievement", validate_choice=False)
    source = SelectField("表格的格式", default="list", validate_choice=False)
    organisation = SelectField("哪个单位的", validate_choice=False)
    publish = BooleanField(
        "内容齐全、单位已核验的，写入时直接发布",
        description="不勾选时都先存为草稿。",
    )

    def __init__(
        self,
        *args: Any,
        organisations: Iterable[Organisation],
        for_several: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = list(KIND_NAMES.items())
        self.source.choices = list(SOURCES.items())
        choices = [(str(one.id), one.name) for one in organisations]
        if for_several:
            choices.insert(0, (SEVERAL, "清单里每行写明单位"))
        self.organisation.choices = choices
        # The right to publish is that of the review.
        if not for_several:
            del self.publish

    @property
    def organisation_id(self) -> int | None:
        """The organisation chosen; None: the rows say whose they are."""
        try:
            number = row_number(str(self.organisation.data or SEVERAL))
        except ValueError:
            # No organisation has it, so the page says that none was chosen.
            return -1
        return number or None

    @property
    def publishes(self) -> bool:
        """Whether complete rows are published."""
        return "publish" in self and bool(self.publish.data)


class RowForm(SeenForm):
    """The revision of a row that its corrector saw; its boxes are `row_boxes`."""


@dataclass(frozen=True)
class Box:
    """One cell of a row as a form asks for it.

    Attributes:
        name, label, value, help: of the control.
        errors: what is wrong with the cell.
        options: what may be chosen; other texts may be typed as well.
        is_long: it needs several lines.
        is_used: the list has it, or something is wrong with it.
    """

    name: str
    label: str
    value: str
    help: str
    errors: tuple[str, ...]
    options: tuple[str, ...]
    is_long: bool
    is_used: bool


def row_boxes(
    list_import: ListImport, row: StagedRow, typed: Mapping[str, str] | None = None
) -> list[Box]:
    """The boxes of a row, in the order of the list: those in use, then the others.

    Args:
        list_import: its import.
        row: the row.
        typed: column → what was typed and could not be stored.
    """
    dictionaries = Dictionaries()
    placed = _placed_of(list_import, row)
    wrong = errors_by_column(list_import, row)
    boxes = []
    for column in SCHEMAS[list_import.listing_kind].list_columns:
        value = box_text(row.cells.get(column.name), is_sum=bool(column.unit))
        if typed is not None:
            value = typed.get(column.name, value)
        vocabulary = column.options(dictionaries)
        errors = tuple(wrong.get(column.name, ()))
        one = placed.get(column.name)
        boxes.append(
            Box(
                name=f"{PREFIX}{column.name}",
                label=_label_of(column, one),
                value=value,
                help=column.advice,
                errors=errors,
                options=() if vocabulary is None else tuple(vocabulary.values()),
                is_long="\n" in value or len(value) > LONG,
                # What the list lacks and the public needs is offered too; the rest is folded away.
                is_used=bool(value or errors) or one is not None or column.is_starred,
            )
        )
    return sorted(boxes, key=lambda box: not box.is_used)


def typed_cells(form: MultiDict[str, str]) -> dict[str, str]:
    """Column → what was typed into its box."""
    typed = {}
    for name, text in form.items():
        if name.startswith(PREFIX):
            typed[name.removeprefix(PREFIX)] = text
    return typed


def errors_by_column(list_import: ListImport, row: StagedRow) -> dict[str, list[str]]:
    """Column → what is said of its cell; the empty name for what is about the whole row."""
    names = {}
    for column in SCHEMAS[list_import.listing_kind].list_columns:
        names[column.header] = column.name
    for name, one in _placed_of(list_import, row).items():
        names[one.header] = name
    errors: dict[str, list[str]] = {}
    for finding in row.findings:
        name = names.get(finding["header"], "")
        text = f"{finding['message']}{finding['allowed']}"
        errors.setdefault(name, []).append(text)
    return errors


def labelled_cells(list_import: ListImport, row: StagedRow) -> list[tuple[str, str]]:
    """(label, text) of the filled cells of a row, in the order of the list."""
    cells = []
    for column in SCHEMAS[list_import.listing_kind].list_columns:
        text = box_text(row.cells.get(column.name), is_sum=bool(column.unit))
        if text:
            cells.append((column.label, text))
    return cells


def _placed_of(list_import: ListImport, row: StagedRow) -> dict[str, PlacedColumn]:
    return {one.column.name: one for one in layout_of(list_import, row)}


def _label_of(column: Any, placed: PlacedColumn | None) -> str:
    """The label of a box: with the header of the file where that says something else, its unit for one."""
    label = f"{column.label}（{column.unit}）" if column.unit else str(column.label)
    if placed is not None and placed.header not in (column.label, label):
        return f"{column.label}（表里是「{placed.header}」）"
    return label
