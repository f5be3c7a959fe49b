"""The rows of an import that need somebody, as a file to be corrected and sent again."""

from __future__ import annotations

from marketplace.exchange.fault_files import FaultyRow, fault_file
from marketplace.imports import queries
from marketplace.imports.forms import errors_by_column
from marketplace.imports.models import ListImport
from marketplace.imports.stored_cells import box_text, layout_of
from marketplace.listings.schema import SCHEMAS


def fault_file_of(list_import: ListImport) -> bytes:
    """The file of faults of an import: every faulty row, with what is wrong with its cells."""
    rows = []
    columns = SCHEMAS[list_import.listing_kind].list_columns
    sums = {column.name for column in columns if column.unit}
    for staged in queries.all_rows(list_import, "faulty"):
        wrong = errors_by_column(list_import, staged)
        words = []
        for finding in staged.findings:
            header = f"「{finding['header']}」" if finding["header"] else ""
            words.append(f"{header}{finding['message']}{finding['allowed']}")
        rows.append(
            FaultyRow(
                number=staged.number,
                texts={
                    name: box_text(cell, is_sum=name in sums)
                    for name, cell in staged.cells.items()
                },
                layout=layout_of(list_import, staged),
                author=staged.author,
                finding="\n".join(words),
                # What is about the whole row marks no cell.
                faulty=frozenset(wrong) - {""},
            )
        )
    return fault_file(list_import.listing_kind, list_import.source, rows)
