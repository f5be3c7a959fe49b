"""Tables of the audit: entries, what of them may be erased, signed checkpoints. Migrations make them append-only."""

from __future__ import annotations

from typing import cast

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.extensions import Model

# As INTEGER it is the number of the row in SQLite itself, so that reading in its order jumps nowhere: of a million
# entries that took three of ten seconds.
POSITION = BigInteger().with_variant(Integer(), "sqlite")


def table_of(model: type[Model]) -> Table:
    """The table of a model, for statements that need no object: ten thousand rows of an import are one of them."""
    return cast(Table, model.__table__)


class Entry(Model):
    """One thing that was done, as the exact text that is hashed; the other columns repeat it, to be searched by.

    Attributes:
        position: place in the tree, from 0 without gaps.
        text: canonical JSON. Stored as it was hashed: a type of the database that orders keys or rounds moments would
            give back another text.
        leaf: RFC 6962 hash of the text, 32 bytes.
        at: moment in UTC, as ISO 8601 with microseconds.
        actor: id of the person; None for a guest and for the site itself.
        organisation: id of the organisation they acted for; None where there is none.
        deed: what was done, as room.deed.
        kind, thing: what it was done to: name of its table, and its key as text; empty where it is no row.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        # With the position at the end, so that the newest of a filter are read without sorting.
        Index("ix_audit_entry_thing", "kind", "thing", "position"),
        Index("ix_audit_entry_actor", "actor", "position"),
        Index("ix_audit_entry_deed", "deed", "position"),
    )

    position: Mapped[int] = mapped_column(
        POSITION, primary_key=True, autoincrement=False
    )
    text: Mapped[str] = mapped_column(Text)
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32))
    # Text of one length, so that filters by day compare it as it is.
    at: Mapped[str] = mapped_column(String(27), index=True)
    # No foreign keys: an entry outlives what it is about, and nothing may keep it from being written.
    actor: Mapped[int | None] = mapped_column(BigInteger)
    organisation: Mapped[int | None] = mapped_column(BigInteger)
    deed: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(60))
    thing: Mapped[str] = mapped_column(String(80))


class Withheld(Model):
    """Values of an entry that belong to a person: the entry holds their salted digest only, so they can be erased.

    Without the salt, eight digits of a telephone would be guessed from their digest in a second.

    Attributes:
        position, number: the entry, and which of its digests this is, from 0.
        subject: id of the person they belong to; None where that is nobody with an account.
        salt: 16 random bytes, in hexadecimal digits.
        text: canonical JSON.
    """

    __tablename__ = "audit_personal"
    __table_args__ = {"sqlite_with_rowid": False}

    position: Mapped[int] = mapped_column(
        POSITION,
        ForeignKey("audit_entry.position"),
        primary_key=True,
        autoincrement=False,
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # Indexed for the closing of an account, which erases by it.
    subject: Mapped[int | None] = mapped_column(BigInteger, index=True)
    salt: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)


class StoredCheckpoint(Model):
    """A signed checkpoint, as it was published.

    Attributes:
        number: order in which they were signed.
        size: entries it covers. It falls only where a signed entry says why (`deeds.resume`).
        note: the signed note, to the byte.
        at: when it was signed, in UTC, as ISO 8601.
    """

    __tablename__ = "audit_checkpoint"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[str] = mapped_column(String(27))
