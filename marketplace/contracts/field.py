"""One field of a contract: how it is read from what people type or a cell holds, shown, and typed again.

Which fields there are is declared in `fields.py`. No web and no database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from marketplace.parsing import ParseError
from marketplace.parsing.days import read_day
from marketplace.parsing.exact_sums import read_fen
from marketplace.parsing.text import (
    cell_text,
    check_length,
    compact_text,
    read_flag,
    read_prose,
)
from marketplace.wording import yuan


@dataclass(frozen=True)
class Field:
    """One field of a contract.

    Attributes:
        name: of its column.
        label: on forms and papers.
        kind: `text`, `prose`, `day`, `money` (stored in 分), `choice`, `flag`, `code`.
        block: a key of `BLOCKS`.
        header: in the register; empty: it is no column of it.
        types: contract types that have it; empty: all.
        printed: whether it stands in the paper that both sides confirm.
        needed: whether a paper can be made without it.
        choices: code → words.
        most: characters.
        help: what its writer should know.
        pattern: what a `code` must look like, and what is said of one that does not.
    """

    name: str
    label: str
    kind: str = "text"
    block: str = "basics"
    header: str = ""
    types: tuple[str, ...] = ()
    printed: bool = True
    needed: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    most: int = 200
    help: str = ""
    pattern: tuple[str, str] = ("", "")

    def belongs_to(self, contract_type: str) -> bool:
        """Whether contracts of a type have it."""
        return not self.types or contract_type in self.types

    def read(self, raw: Any) -> Any:
        """The value that was typed, or stands in a cell; None where nothing does.

        Raises:
            ParseError: it is no value of this field; says in Chinese what to do.
        """
        return _READERS[self.kind](self, raw)

    def shown(self, value: Any) -> str:
        """A stored value in words; empty where there is none."""
        # False and 0 are answers, and have words.
        if value is None or value == "":
            return ""
        if self.kind == "choice":
            return self.choices.get(value, str(value))
        if self.kind == "money":
            return f"{yuan(value)} 元"
        if self.kind == "flag":
            return "是" if value else "否"
        if isinstance(value, date):
            return value.isoformat()
        return str(value)

    def typed(self, value: Any) -> str:
        """A stored value as its writer would type it again."""
        if value is None:
            return ""
        if self.kind == "money":
            return yuan(value).replace(",", "")
        if self.kind == "flag":
            return "yes" if value else "no"
        return value.isoformat() if isinstance(value, date) else str(value)


def _read_text(one: Field, raw: Any) -> str | None:
    # One line: what is pasted brings line ends and runs of blanks along.
    text = " ".join(cell_text(raw).split())
    check_length(text, one.most)
    return text or None


def _read_prose(one: Field, raw: Any) -> str | None:
    return read_prose(raw, one.most)


def _read_day(_one: Field, raw: Any) -> date | None:
    return read_day(raw)


def _read_money(_one: Field, raw: Any) -> int | None:
    return read_fen(raw)


def _read_choice(one: Field, raw: Any) -> str | None:
    text = compact_text(raw)
    if not text:
        return None
    # A code as forms send it, or words as the register has them.
    if text in one.choices:
        return text
    for code, words in one.choices.items():
        if compact_text(words) == text:
            return code
    raise ParseError("没有这一项。", f"可以填：{'、'.join(one.choices.values())}。")


def _read_flag(_one: Field, raw: Any) -> bool | None:
    text = compact_text(raw)
    # As the boxes send it; a list says 是 or 否.
    if text in ("yes", "no"):
        return text == "yes"
    return read_flag(raw)


def _read_code(one: Field, raw: Any) -> str | None:
    text = compact_text(raw).upper()
    pattern, advice = one.pattern
    # Without ASCII, \d would take digits of other scripts.
    if text and not re.fullmatch(pattern, text, re.ASCII):
        raise ParseError(f"「{text[:30]}」不是{one.label}。", advice)
    return text or None


_READERS = {
    "text": _read_text,
    "prose": _read_prose,
    "day": _read_day,
    "money": _read_money,
    "choice": _read_choice,
    "flag": _read_flag,
    "code": _read_code,
}
