"""What a published list says, as one canonical text whose SHA-256 everybody can compute again.

The canonical text is RFC 8785 (JSON Canonicalization Scheme): keys in order, no blanks, characters as they are, UTF-8.
All values are texts or whole numbers, for which the encoder of the audit writes exactly that. No table is known here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from marketplace.audit.entries import canonical

FORMAT = "tech-market-list/1"  # of the content; another meaning of a field gets another number
# Lines of one issue. Its proof is one form with up to three fields a line, and no form has more than 5,000.
MAX_ROWS = 1_500
GROUP = 4  # figures of a hash that stand together on a page


class ContentError(Exception):
    """A text is no content of a list."""


@dataclass(frozen=True)
class Content:
    """Everything that is frozen of an issue.

    Attributes:
        kind: `achievement` or `demand`.
        title: what stands on top of it, with its number.
        holder: who publishes it.
        number: which one of this holder and kind.
        since, until: days on which its listings were published.
        narrowed: what else it is narrowed to, in words; empty: to nothing.
        published_on: the day it was published.
        address: of its page.
        contact: who is reached about every line.
        columns: headers.
        rows: a text for each column, in order; empty where there is nothing, or nothing for the public.
    """

    kind: str
    title: str
    holder: str
    number: int
    since: str
    until: str
    narrowed: str
    published_on: str
    address: str
    contact: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def day(self) -> date:
        """The day it was published."""
        return date.fromisoformat(self.published_on)

    def as_bytes(self) -> bytes:
        """The canonical text."""
        values = {
            "format": FORMAT,
            "kind": self.kind,
            "title": self.title,
            "holder": self.holder,
            "number": self.number,
            "period": [self.since, self.until],
            "narrowed": self.narrowed,
            "published_on": self.published_on,
            "address": self.address,
            "contact": self.contact,
            "columns": list(self.columns),
            "rows": [list(row) for row in self.rows],
        }
        return canonical(values).encode()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of that, which stands in every file."""
        return sha256_of(self.as_bytes())


def read_content(raw: bytes) -> Content:
    """The content that a text holds, canonical or not.

    Raises:
        ContentError: it is none.
    """
    try:
        # Not by the canonical text: whoever stored it again in another order says the same.
        values = json.loads(raw)
        # Another format may mean something else by the same names.
        if values["format"] != FORMAT:
            raise ContentError("another format")
        since, until = values["period"]
        content = Content(
            columns=_texts(values["columns"]),
            rows=tuple(_texts(row) for row in values["rows"]),
            since=_text(since),
            until=_text(until),
            number=_whole(values["number"]),
            **_named_texts(values),
        )
        # Characters that no encoding has, as half of a pair, are found here and not when somebody hashes it.
        content.as_bytes()
    # What is uploaded may be anything: a list where a text belongs, or brackets nested a thousand deep.
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ContentError(repr(error)) from None
    return content


_TEXT_NAMES = ("kind", "title", "holder", "narrowed", "published_on", "address", "contact")  # fmt: skip


def _named_texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(values[name]) for name in _TEXT_NAMES}


def _texts(values: Sequence[Any]) -> tuple[str, ...]:
    # A text is a sequence too and would become a list of characters.
    if not isinstance(values, list):
        raise ContentError("no list")
    return tuple(_text(value) for value in values)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ContentError("no text")
    return value


def _whole(value: Any) -> int:
    # True is a whole number for Python.
    if not isinstance(value, int) or isinstance(value, bool):
        raise ContentError("no number")
    return value


def sha256_of(raw: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(raw).hexdigest()


def grouped(digits: str) -> str:
    """A hash in groups of four, which people can compare with the eye."""
    starts = range(0, len(digits), GROUP)
    return " ".join(digits[start : start + GROUP] for start in starts)
