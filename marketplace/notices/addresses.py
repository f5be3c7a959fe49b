"""Who gets a notice: addresses of mail as people write them, checked without asking the network, and recipients.

What is sent to them stands in `deeds.py`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Protocol

from email_validator import EmailNotValidError, validate_email

from marketplace.errors import Invalid

WRONG = "邮箱写得不对，应像 name@example.com。"
NOT_LATIN = (
    "邮箱 @ 前面只能用英文字母、数字和符号，很多邮件服务器送不到中文名称的邮箱。"
)


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
        return self.address.strip().lower()


def check_address(text: str) -> str:
    """An address as mail is sent to it: full-width letters folded, a Chinese domain in the letters of the network.

    The network is never asked: a name server that is away must not close the door to people, and an address that
    exists is proved by the mail that arrives.

    Args:
        text: as typed.

    Returns:
        the address, its domain in lower case.

    Raises:
        Invalid: it cannot be an address, with the reason under `email`.
    """
    typed = unicodedata.normalize("NFKC", text).strip()
    try:
        checked = validate_email(
            typed,
            check_deliverability=False,
            allow_smtputf8=False,
            # Names that no name server answers for, as those of the demonstration, are addresses too.
            globally_deliverable=False,
        )
    except EmailNotValidError:
        local = typed.partition("@")[0]
        message = WRONG if local.isascii() else NOT_LATIN
        raise Invalid(message, problems={"email": [message]}) from None
    address = str(checked.ascii_email)
    # A domain of one word is a slip of the pen (name@gmail) or a machine inside somebody's network.
    if "." not in address.rpartition("@")[2]:
        raise Invalid(WRONG, problems={"email": [WRONG]})
    return address
