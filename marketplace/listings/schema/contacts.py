"""The contact of a listing as a list names it: a person or a desk, telephones and addresses, perhaps several in a cell.

How a cell is read is in `parsing.contact_cells` and `parsing.telephones`; other lines are in `kinds.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import Report
from marketplace.listings.schema.kinds import Line
from marketplace.parsing import ParseError
from marketplace.parsing.contact_cells import NamedContact, read_contact
from marketplace.parsing.emails import read_email, read_emails
from marketplace.parsing.person_names import pictured_sign
from marketplace.parsing.telephones import Contact, read_phone, read_phones
from marketplace.parsing.text import too_long
from marketplace.parsing.unnamed import is_unnamed_person

# The fields that take what stands next to the name in its cell: 张三 13800000000.
CONTACT_PHONE = "contact_phone"
CONTACT_EMAIL = "contact_email"
# And the field that takes a name written next to a number.
CONTACT_NAME = "contact_name"


class ContactName(Line):
    """Whom to ask: a person as they are called, or a desk."""

    def fault(self, text: str) -> ParseError | None:
        """What is wrong with a name, in a form and in a list."""
        if sign := pictured_sign(text):
            return ParseError(f"联系人里不能有「{sign}」。", "写姓名或部门。")
        return None

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        return read_contact(raw)

    def fill_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        contact: NamedContact = cells[self.name]
        if fault := self.fault(contact.name):
            report.report_error(self.name, fault)
        if problem := too_long(contact.name, self.most):
            message = f"「{contact.name[:20]}…」不像联系人："
            report.report_error(self.name, ParseError(message, problem))
        values[self.name] = contact.name
        for remark in contact.remarks:
            report.report_notice(self.name, remark)

    def complete_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        contact: NamedContact = cells[self.name]
        if not contact.number:
            return
        # A number next to the contact is theirs where their own column says none.
        readers = ((CONTACT_PHONE, read_phones), (CONTACT_EMAIL, read_emails))
        for name, read in readers:
            number = _read_if_any(read, contact.number)
            if number is None:
                continue
            if values.get(name):
                break
            values[name] = number.text
            message = f"联系人旁边的「{number.text}」也记录了。{number.remark}"
            report.report_notice(self.name, message)
            return
        report.report_notice(self.name, f"联系人旁边的「{contact.number}」没有记录。")


class ContactLine(Line):
    """A line of a list that may hold more than the column: who is named next to a number, a second address."""

    is_short: ClassVar[bool] = True

    def fill_values(
        self, values: dict[str, Any], cells: Mapping[str, Any], report: Report
    ) -> None:
        contact: Contact = cells[self.name]
        values[self.name] = contact.text
        if contact.remark:
            report.report_notice(self.name, contact.remark)


class Phone(ContactLine):
    """One or two telephone numbers."""

    def remark_on(self, raw: Any) -> str:
        contact = read_phones(raw)
        return contact.remark if contact else ""

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
        # 张三 13800000000 names whom the number reaches; next to another name it is only said.
        if known or is_unnamed_person(name):
            report.report_notice(self.name, f"号码旁边的「{name}」没有记录。")
            return
        values[CONTACT_NAME] = name
        report.report_notice(self.name, f"号码旁边的「{name}」记为联系人。")


class Email(ContactLine):
    """A mail address."""

    def remark_on(self, raw: Any) -> str:
        found = read_emails(raw)
        return found.remark if found else ""

    def read(self, raw: Any, dictionaries: Dictionaries | None = None) -> Any:
        return read_email(raw)

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        return read_emails(raw)


def _read_if_any(read: Callable[[Any], Contact | None], raw: str) -> Contact | None:
    """What a reader makes of a text, with what it leaves out; None where it is nothing of the kind."""
    try:
        return read(raw)
    except ParseError:
        return None
