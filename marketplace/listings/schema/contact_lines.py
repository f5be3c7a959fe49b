"""Lines that say how somebody is reached: telephones and mail addresses, each perhaps with more than its column holds.

Other lines are in `kinds.py`; how a number is read is in `parsing.telephones`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import Report
from marketplace.listings.schema.kinds import Line
from marketplace.parsing.telephones import (
    Contact,
    read_email,
    read_emails,
    read_phone,
    read_phones,
)

CONTACT_NAME = "contact_name"  # the field that takes a name written beside a telephone


class ContactLine(Line):
    """A line of a list that may hold more than the column: who is named beside a number, a second address."""

    is_short: ClassVar[bool] = True

    def fill_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        found: Contact = cells[self.name]
        values[self.name] = found.text
        if found.remark:
            report.report_notice(self.name, found.remark)


class Phone(ContactLine):
    """One or two telephone numbers."""

    def remark_on(self, raw: Any) -> str:
        found = read_phones(raw)
        return found.remark if found else ""

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        return read_phone(raw)

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        return read_phones(raw)

    def complete_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        name = cells[self.name].name
        known = values.get(CONTACT_NAME, "")
        if not name or name in known:
            return
        # 张三 13800000000 names whom the number reaches; beside another name it is only said.
        if known:
            report.report_notice(self.name, f"号码旁边的「{name}」没有记录。")
            return
        values[CONTACT_NAME] = name
        report.report_notice(self.name, f"号码旁边的「{name}」记为联系人。")


class Email(ContactLine):
    """A mail address."""

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        return read_email(raw)

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        return read_emails(raw)
