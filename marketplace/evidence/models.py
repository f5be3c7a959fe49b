"""The table of evidence packs: what was frozen of a deal, and the files made of it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.deals.models import Deal
from marketplace.evidence.life import EVIDENCE_LIFE
from marketplace.extensions import Model
from marketplace.lifecycle import Life

_UNFINISHED = text("state in ('requested', 'printed')")
# In the entry of the audit their hashes stand for them.
_NOT_REPEATED = {"audit": "technical"}


class EvidencePack(Model):
    """What shows that those who decided on a deal did so with care (尽职免责), as it stood on one day.

    Attributes:
        number: 1, 2 … of the deal.
        record: canonical JSON of what is frozen; the printed pages say nothing else.
        manifest: canonical JSON with the SHA-256 of every part; its own is in the audit, which proves all of them.
        tree_size: of the checkpoint that its proofs lead to.
        printed: the PDF without its proofs, until they are there.
        archive: the zip. The PDF that is handed out is made of what is in it.
    """

    __tablename__ = "evidence_pack"
    __table_args__ = (
        UniqueConstraint("deal_id", "number", name="uq_evidence_pack_number"),
        CheckConstraint(
            "state in ('requested', 'printed', 'ready', 'removed')", name="state"
        ),
        CheckConstraint("length(record_sha256) = 64", name="record_sha256"),
        CheckConstraint(
            "(state = 'requested') = (manifest_sha256 is null)", name="manifest"
        ),
        # The print is in the archive once there is one: a second copy of 50 MB would be stored for nothing.
        CheckConstraint("(state = 'printed') = (printed is not null)", name="printed"),
        CheckConstraint("(state = 'ready') = (archive is not null)", name="archive"),
        CheckConstraint(
            "(state in ('ready', 'removed')) = (tree_size is not null)",
            name="tree_size",
        ),
        # Two presses at once are one pack.
        Index(
            "uq_evidence_pack_unfinished",
            "deal_id",
            unique=True,
            sqlite_where=_UNFINISHED,
            postgresql_where=_UNFINISHED,
        ),
    )
    kind: ClassVar[str] = "evidence_pack"
    life: ClassVar[Life] = EVIDENCE_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), index=True)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(12), default="requested", index=True)
    # Text and not JSON: what is hashed is the stored text, and a JSON column may order its keys in another way.
    record: Mapped[str] = mapped_column(Text, info=_NOT_REPEATED)
    record_sha256: Mapped[str] = mapped_column(String(64))
    manifest: Mapped[str | None] = mapped_column(Text, info=_NOT_REPEATED)
    manifest_sha256: Mapped[str | None] = mapped_column(String(64))
    # Whoever verifies the pack finds the checkpoint of this size at /checkpoint/SIZE.
    tree_size: Mapped[int | None] = mapped_column(BigInteger)
    # Deferred: megabytes that a list of packs never needs.
    printed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    archive: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    requested_at: Mapped[datetime] = mapped_column(default=now)
    ready_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    deal: Mapped[Deal] = relationship()
    by: Mapped[Person] = relationship()

    @property
    def title(self) -> str:
        """How people name it: the number of its deal, and which pack of it this is."""
        return f"{self.deal.number}-{self.number}"

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]
