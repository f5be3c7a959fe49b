"""The contact of a listing as a list names it: a person or a desk, perhaps with a number beside the name.

Telephones and addresses in columns of their own are in `kinds.py`; how a cell is read is in `parsing.contact_cells`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import Report
from marketplace.listings.schema.kinds import Line
from marketplace.parsing import ParseError
from marketplace.parsing.contact_cells import NamedContact, read_contact
from marketplace.parsing.telephones import read_email, read_phone

# The fields that take what stands beside the name in its cell: 张三 13800000000.
CONTACT_PHONE = "contact_phone"
CONTACT_EMAIL = "contact_email"


class ContactName(Line):
    """Whom to ask: a person as they are called, or a desk."""

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        return read_contact(raw)

    def fill_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        found: NamedContact = cells[self.name]
        if len(found.name) > self.most:
            message = f"「{found.name[:20]}…」太长，不像联系人。"
            report.report_error(
                self.name, ParseError(message, f"最多 {self.most} 字。")
            )
        values[self.name] = found.name
        for remark in found.remarks:
            report.report_notice(self.name, remark)

    def complete_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        found: NamedContact = cells[self.name]
        if not found.number:
            return
        # A number beside the contact is theirs where their own column says none.
        for name, read in ((CONTACT_PHONE, read_phone), (CONTACT_EMAIL, read_email)):
            number = _read_quietly(read, found.number)
            if number is None:
                continue
            if values.get(name):
                break
            values[name] = number
            report.report_notice(self.name, f"联系人旁边的「{number}」也记录了。")
            return
        report.report_notice(self.name, f"联系人旁边的「{found.number}」没有记录。")


def _read_quietly(read: Callable[[Any], str | None], raw: str) -> str | None:
    """What a reader makes of a text; None where it is nothing of the kind."""
    try:
        return read(raw)
    except ParseError:
        return None
