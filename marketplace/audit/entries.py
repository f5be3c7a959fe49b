"""What an entry of the audit is: its canonical text, its hash, and the salted digests of what is withheld from it.

Nothing is read or stored here; who is acting stands in `acting.py`, what is collected in `collecting.py`.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from marketplace.audit.tree import leaf_hash

SALT = 16  # bytes
# Sorted keys, no blanks, characters as they are: RFC 8785 for what has no fractions, and fractions are written as text.
_encoder = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
)


@dataclass(frozen=True)
class Personal:
    """Values that belong to a person and may be erased.

    Attributes:
        subject: id of that person; None where they have no account.
        values: name → value.
    """

    subject: int | None
    values: Mapping[str, Any]


@dataclass
class Draft:
    """An entry that has no place in the tree yet.

    Attributes:
        deed: what was done.
        kind, thing: what it was done to; empty where it is no row.
        actor: id of the person who did it; None for a guest and for the site itself.
        organisation: id of the organisation they acted for.
        values: what was changed, from what to what.
        personal: what of it belongs to people.
        is_complete: who acts, for whom and from where is filled in already.
    """

    deed: str
    kind: str = ""
    thing: str = ""
    actor: int | None = None
    organisation: int | None = None
    values: dict[str, Any] = field(default_factory=dict)
    personal: list[Personal] = field(default_factory=list)
    is_complete: bool = False


@dataclass(frozen=True)
class Digest:
    """A value that was salted and hashed.

    Attributes:
        salt: hexadecimal digits.
        text: canonical JSON of the values.
        digest: SHA-256 of the bytes of the salt and the text, in hexadecimal digits.
    """

    salt: str
    text: str
    digest: str


def moment_text(moment: datetime) -> str:
    """A moment as it is hashed and stored, to the microsecond: both databases and Python have no finer one.

    Args:
        moment: UTC without zone, as `clock.now()` gives it.
    """
    return f"{moment.isoformat(timespec='microseconds')}Z"


def canonical(value: Any) -> str:
    """Canonical JSON of what `plain_value` gives."""
    return _encoder.encode(value)


def plain_value(value: Any) -> Any:
    """A value of a column as JSON has it: the same value gives the same text whatever database it came from."""
    if value is None or isinstance(value, bool | int | str):
        return value
    # Before `date`, of which every datetime is one.
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            value = value.astimezone(UTC).replace(tzinfo=None)
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        # 1.50 is written and 1.5000 read back: without the zeros that only a database adds.
        return f"{value.normalize():f}" if value.is_finite() else str(value)
    # As text: JSON of two languages writes one float in two ways.
    if isinstance(value, float):
        return repr(value)
    # Files and keys are not copied into the audit; the digest proves which they were.
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, Mapping):
        return {str(name): plain_value(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_value(one) for one in value]
    return str(value)


def salted(personal: Personal) -> Digest:
    """Personal values with the digest that stands for them; whose they are is hashed with them."""
    # A salt for each value: two entries of one telephone must not be recognised as such.
    salt = secrets.token_hex(SALT)
    # With the subject inside, nobody can hand the value of one person to another in the table.
    values = {"subject": personal.subject, "values": plain_value(personal.values)}
    text = canonical(values)
    return Digest(salt, text, digest_of(salt, text))


def digest_of(salt: str, text: str) -> str:
    """The digest of a stored text, in hexadecimal digits."""
    return hashlib.sha256(bytes.fromhex(salt) + text.encode()).hexdigest()


def head_of(
    actor: int | None,
    at: str,
    deed: str,
    organisation: int | None,
    kind: str,
    position: int,
    thing: str,
) -> str:
    """How the text of an entry begins, as its other columns repeat it.

    The names of the keys are chosen so that these come first in their order: verifying compares the columns with the
    text by comparing two strings, where reading the JSON of a million entries takes 3 s more.
    """
    return (
        f'{{"actor":{_number(actor)},"at":"{at}","deed":"{deed}",'
        f'"for":{_number(organisation)},"kind":"{kind}","position":{position},'
        f'"thing":"{thing}","values":'
    )


def _number(number: int | None) -> str:
    return "null" if number is None else str(number)


def tail_of(digests: list[str]) -> str:
    """How the text of an entry ends: with the digests of what is withheld."""
    return f',"withheld":{canonical(digests)}}}'


def entry_text(draft: Draft, position: int, at: str, digests: list[str]) -> str:
    """The text of an entry.

    Args:
        draft: what was done.
        position: its place in the tree.
        at: the moment, as `moment_text` gives it.
        digests: of its personal values, in their order.
    """
    return canonical(
        {
            "actor": draft.actor,
            "at": at,
            "deed": draft.deed,
            "for": draft.organisation,
            "kind": draft.kind,
            "position": position,
            "thing": draft.thing,
            "values": plain_value(draft.values),
            "withheld": digests,
        }
    )


def entry_leaf(text: str) -> bytes:
    """The hash of an entry by its text."""
    return leaf_hash(text.encode())
