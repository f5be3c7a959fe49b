"""Texts that people type for others to read, checked in one place.

Not here: how cells and lists are read (`parsing`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from marketplace.errors import NOT_SAVED, Invalid
from marketplace.parsing import ParseError
from marketplace.parsing.contacts import holds_contact
from marketplace.parsing.secrecy import REFUSAL, secret_mark
from marketplace.parsing.text import escape_formula, read_prose

NO_CONTACT = "不要写电话和邮箱，这一栏会公开。"
LEAST = 2  # characters of a reason that somebody understands


def checked_text(
    name: str, raw: str, most: int, *, missing: str = "", is_public: bool = False
) -> str:
    """A text as it is stored.

    Args:
        name: the box it was typed in, which bears what is wrong.
        raw: as it was typed.
        most: largest number of characters.
        missing: what the person reads who typed nothing, or one character; empty: nothing need be typed.
        is_public: everybody will read it: it has no telephone and no mail address.

    Raises:
        Invalid: it is missing, too long, bears the mark of a state secret, or names a contact that may not be public.
    """
    try:
        # Typed into a box, =A1 is a text; in a cell it is a formula without its result.
        text = read_prose(escape_formula(raw), most) or ""
    except ParseError as error:
        raise Invalid(error.message, problems={name: [error.sentence]}) from None
    if secret_mark(text):
        raise Invalid(REFUSAL, problems={name: [REFUSAL]})
    if is_public and holds_contact(text):
        raise Invalid(NO_CONTACT, problems={name: [NO_CONTACT]})
    if missing and len(text) < LEAST:
        raise Invalid(missing, problems={name: [missing]})
    return text


def gathered_text(
    problems: dict[str, list[str]],
    name: str,
    raw: str,
    most: int,
    *,
    missing: str = "",
    is_public: bool = False,
) -> str:
    """As `checked_text`; what is wrong goes into `problems`, so that one try names all faults. Empty then."""
    try:
        return checked_text(name, raw, most, missing=missing, is_public=is_public)
    except Invalid as error:
        problems |= error.problems
        return ""


@contextmanager
def judged_together() -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Parts of one form, judged one after the other and refused together (150).

    Yields:
        what surrounds a part: a part that is wrong is noted, and the next one is judged.

    Raises:
        Invalid: all of it.
    """
    problems: dict[str, list[str]] = {}

    @contextmanager
    def part() -> Iterator[None]:
        try:
            yield
        except Invalid as error:
            problems.update(error.problems)

    yield part
    if problems:
        raise Invalid(*NOT_SAVED, problems=problems)
