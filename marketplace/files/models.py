"""Tables of files: contents that are stored once, what is attached to listings, and requests to see one."""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now, today
from marketplace.extensions import Model
from marketplace.files.life import ACCESS_LIFE, SCANS, USES, VISIBILITIES
from marketplace.files.recognising import TYPES, FileType
from marketplace.lifecycle import Life
from marketplace.listings.models import Achievement, Demand
from marketplace.listings.queries import load_row
from marketplace.listings.schema.choices import one_of
from marketplace.organisations.models import Organisation

MAX_REASON = 500  # characters, as the columns hold them


class StoredFile(Model):
    """A content that is stored once, however many listings bear it. Its bytes lie where `storage.place_of` says.

    Attributes:
        scan: a key of `SCANS`; what is held is offered to nobody.
    """

    __tablename__ = "stored_file"
    __table_args__ = (
        CheckConstraint(one_of("file_type", TYPES), name="file_type"),
        CheckConstraint(one_of("scan", SCANS), name="scan"),
        CheckConstraint("size > 0", name="size"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int]
    file_type: Mapped[str] = mapped_column(String(10))
    scan: Mapped[str] = mapped_column(String(10), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Attachment(Model):
    """A file of a listing. One that was removed stays as a row without content.

    Attributes:
        name: as it is shown and saved; `use`: a key of `USES`.
        visibility: `public`: whoever reads the whole listing; `request`: whom its owner lets.
        endorsed_at: since when its institution has nothing to decide about it; None: it waits at the desk.
        approved_at: since when others may know of it; None: only its owner and the reviewers do.
        returned: what the operators want changed before they approve it.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint(
            "listing_kind in ('achievement', 'demand')", name="listing_kind"
        ),
        CheckConstraint(one_of("use", USES), name="use"),
        CheckConstraint(one_of("visibility", VISIBILITIES), name="visibility"),
        # A row without content is one that was removed, and nothing between the two.
        CheckConstraint("(removed_at is null) = (file_id is not null)", name="removed"),
        Index("ix_attachment_row", "listing_kind", "listing_id"),
        # The same content twice at one listing, as by two presses of one button.
        Index(
            "uq_attachment_content",
            "listing_kind",
            "listing_id",
            "file_id",
            unique=True,
            sqlite_where=text("file_id is not null"),
            postgresql_where=text("file_id is not null"),
        ),
    )
    kind: ClassVar[str] = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_kind: Mapped[str] = mapped_column(String(20))
    listing_id: Mapped[int]
    file_id: Mapped[int | None] = mapped_column(
        ForeignKey("stored_file.id"), index=True
    )
    name: Mapped[str] = mapped_column(String(130))
    use: Mapped[str] = mapped_column(String(20))
    visibility: Mapped[str] = mapped_column(String(10))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    endorsed_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    returned: Mapped[str] = mapped_column(
        String(MAX_REASON), default="", server_default=""
    )
    removed_at: Mapped[datetime | None]
    # Its owner who changes it while an operator approves: the second one is told.
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    file: Mapped[StoredFile | None] = relationship(lazy="joined")
    uploader: Mapped[Person | None] = relationship(foreign_keys=[by_id])

    @cached_property
    def listing(self) -> Achievement | Demand:
        """The listing, which is always the same one; none is ever deleted."""
        row = load_row(self.listing_kind, self.listing_id)
        assert row is not None  # noqa: S101
        return row

    @property
    def organisation_id(self) -> int | None:
        """Whose the listing is now, as the permission table asks."""
        return self.listing.organisation_id

    @property
    def owner_id(self) -> int | None:
        """Who began the listing, as the permission table asks."""
        return self.listing.owner_id

    @property
    def file_type(self) -> FileType:
        """What it is. Only of one that is not removed."""
        assert self.file is not None  # noqa: S101
        return TYPES[self.file.file_type]

    @property
    def use_name(self) -> str:
        """What it is for, in Chinese."""
        return USES[self.use]

    @property
    def visibility_name(self) -> str:
        """Who may have it, in Chinese."""
        return VISIBILITIES[self.visibility]

    @property
    def is_held(self) -> bool:
        """Whether it waits for the scanner, so that nobody may have it."""
        return self.file is not None and self.file.scan == "held"


_IS_UNDECIDED = text("state = 'requested'")


class FileAccess(Model):
    """A request of somebody of a verified organisation to see a file that is handed out on request.

    Attributes:
        organisation_id: for whom they read; who leaves it may not read any more.
        until: the last day on which they may.
    """

    __tablename__ = "file_access"
    __table_args__ = (
        CheckConstraint(one_of("state", ACCESS_LIFE.states), name="state"),
        CheckConstraint("state <> 'granted' or until is not null", name="until"),
        CheckConstraint(
            "(state = 'requested') = (decided_at is null)", name="decided_at"
        ),
        # Who is declined learns why.
        CheckConstraint("state <> 'declined' or answer <> ''", name="answer"),
        Index("ix_file_access_person", "person_id", "attachment_id"),
        # Two presses of one button are one request.
        Index(
            "uq_file_access_open",
            "attachment_id",
            "person_id",
            unique=True,
            sqlite_where=_IS_UNDECIDED,
            postgresql_where=_IS_UNDECIDED,
        ),
    )
    kind: ClassVar[str] = "file_access"
    life: ClassVar[Life] = ACCESS_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachment.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    state: Mapped[str] = mapped_column(String(12), index=True)
    reason: Mapped[str] = mapped_column(String(MAX_REASON))
    answer: Mapped[str] = mapped_column(
        String(MAX_REASON), default="", server_default=""
    )
    until: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    attachment: Mapped[Attachment] = relationship(lazy="joined")
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    organisation: Mapped[Organisation] = relationship(lazy="joined")

    @property
    def state_name(self) -> str:
        """The state in Chinese; what has run out today is over before the job has said so."""
        if self.state == "granted" and not self.is_open:
            return self.life.names["expired"]
        return self.life.names[self.state]

    @property
    def is_open(self) -> bool:
        """Whether it lets somebody read today."""
        return (
            self.state == "granted" and self.until is not None and self.until >= today()
        )


class ThingFile(Model):
    """A file of a thing that is no listing: of a case of a broker, of a decision on a price. Never public.

    Who may have it is decided by the room whose thing it is. One that was removed stays as a row without content.

    Attributes:
        shared: also those may have it who take part without having uploaded it, as the room of the thing says.
    """

    __tablename__ = "thing_file"
    __table_args__ = (
        CheckConstraint("(removed_at is null) = (file_id is not null)", name="removed"),
        Index("ix_thing_file_thing", "thing_kind", "thing_id"),
        # The same content twice at one thing, as by two presses of one button.
        Index(
            "uq_thing_file_content",
            "thing_kind",
            "thing_id",
            "file_id",
            unique=True,
            sqlite_where=text("file_id is not null"),
            postgresql_where=text("file_id is not null"),
        ),
    )
    kind: ClassVar[str] = "thing_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    thing_kind: Mapped[str] = mapped_column(String(20))
    thing_id: Mapped[int]
    file_id: Mapped[int | None] = mapped_column(
        ForeignKey("stored_file.id"), index=True
    )
    name: Mapped[str] = mapped_column(String(130))
    shared: Mapped[bool] = mapped_column(default=False)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]

    file: Mapped[StoredFile | None] = relationship(lazy="joined")
    uploader: Mapped[Person | None] = relationship(foreign_keys=[by_id])

    @property
    def is_held(self) -> bool:
        """Whether it waits for the scanner, so that nobody may have it."""
        return self.file is not None and self.file.scan == "held"
