"""Readers of what people type or spreadsheets hold: text, money, days, figures, people, numbers of the trade.

Forms and the importer use the same ones. No HTTP, no database and no room of the house is known here.

Every reader takes what a form or a spreadsheet gives (text, number, date, truth value, nothing), returns None where
nothing is filled in, and raises `ParseError` where it cannot be understood; it never raises anything else.
"""

from __future__ import annotations


class ParseError(ValueError):
    """A cell or a typed text that cannot be understood.

    Args:
        message: what is wrong, in Chinese.
        allowed: what may be written instead, in Chinese; may be empty.
    """

    def __init__(self, message: str, allowed: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.allowed = allowed

    @property
    def sentence(self) -> str:
        """What is wrong and what is allowed in one go, as a form puts it under a control."""
        return f"{self.message}{self.allowed}"
