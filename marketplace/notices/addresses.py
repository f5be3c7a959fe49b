"""Who gets a notice: addresses of mail as people write them, checked without asking the network, and recipients.

What is sent to them stands in `deeds.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from marketplace.errors import Invalid
from marketplace.parsing import ParseError
from marketplace.parsing.emails import ascii_address, plain_address


class Addressed(Protocol):
    """A person as this room knows them."""

    @property
    def id(self) -> int:
        """Their number."""

    @property
    def email(self) -> str:
        """Their address."""


@dataclass(frozen=True)
class Recipient:
    """Whom a notice is for: a person, or somebody of whom only an address is known.

    Attributes:
        address: where mail goes.
        person_id: their number; None for an address alone, as that of an invitation.
    """

    address: str
    person_id: int | None = None

    @classmethod
    def of(cls, person: Addressed) -> Recipient:
        """A person, at their present address."""
        return cls(person.email, person.id)

    @property
    def key(self) -> str:
        """What rows call them; one person stays the same whatever their address becomes."""
        if self.person_id is not None:
            return f"person {self.person_id}"
        # Of an address alone it is all there is: two spellings of it must not get one notice each.
        return self.address.strip().lower()


def check_address(text: str) -> str:
    """An address as mail is sent to it: a Chinese domain in the letters of the network.

    Args:
        text: as typed.

    Returns:
        the address, its domain in small letters.

    Raises:
        Invalid: it cannot be an address, with the reason under `email`.
    """
    try:
        return ascii_address(plain_address(text))
    except ParseError as error:
        problems = {"email": [error.sentence]}
        raise Invalid(error.message, error.allowed, problems=problems) from None
