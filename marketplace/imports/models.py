"""Tables of imports: an uploaded list, and its rows as they were read, until they are written or thrown away."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.exchange.source_columns import SOURCES
from marketplace.extensions import Model
from marketplace.imports.life import IMPORT_LIFE, ROW_STATES, WRITTEN
from marketplace.lifecycle import Life
from marketplace.listings.models import KIND_NAMES
from marketplace.organisations.models import Organisation


def _one_of(column: str, values: Any) -> str:
    return f"{column} in ({', '.join(repr(value) for value in values)})"


class ListImport(Model):
    """A list that somebody uploaded, from its first check to its end.

    Attributes:
        source: a key of `SOURCES`: our own form of a list, or that of a database of patents or papers.
        organisation_id: whose listings its rows are; None of an operator's list, whose rows name their owner.
        sha256: of the file, hexadecimal: the same file uploaded twice is one import.
        layouts: the columns of its tables, as `stored_cells.pack_layout` gives them.
        publish: an operator's own list: complete rows are published.
    """

    __tablename__ = "list_import"
    __table_args__ = (
        CheckConstraint(_one_of("listing_kind", KIND_NAMES), name="listing_kind"),
        CheckConstraint(_one_of("source", SOURCES), name="source"),
        CheckConstraint(_one_of("state", IMPORT_LIFE.states), name="state"),
    )
    kind: ClassVar[str] = "list_import"
    life: ClassVar[Life] = IMPORT_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_kind: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(12), default="list")
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisation.id"), index=True
    )
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(200))
    sheet: Mapped[str] = mapped_column(String(100), default="")
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12), index=True)
    publish: Mapped[bool] = mapped_column(default=False, server_default=false())
    remarks: Mapped[list[str]] = mapped_column(JSON, info={"audit": "technical"})
    layouts: Mapped[list[Any]] = mapped_column(JSON, info={"audit": "technical"})
    created_at: Mapped[datetime] = mapped_column(default=now)
    # Of the import or one of its rows, by somebody: rows themselves leave no entry in the audit.
    changed_at: Mapped[datetime] = mapped_column(default=now)
    committed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    committed_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    # Two people at one import: the second one is told.
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    organisation: Mapped[Organisation | None] = relationship(lazy="joined")
    owner: Mapped[Person | None] = relationship(foreign_keys=[owner_id])
    committed_by: Mapped[Person | None] = relationship(foreign_keys=[committed_by_id])

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]

    @property
    def kind_name(self) -> str:
        """成果 or 需求."""
        return KIND_NAMES[self.listing_kind]


class StagedRow(Model):
    """A row of an import as it was read, what is wrong with it, and what became of it.

    Attributes:
        number: row number as the spreadsheet program shows it; rows that came later count on.
        cells: column → its cell, as `stored_cells.pack_cell` gives it.
        layout: index of its columns in `ListImport.layouts`.
        author: whom it names as its author, as written.
        title_key: of its title: what may be the same listing within the list.
        findings: what is wrong with its cells, or was done with them.
        conflicts: what people wrote by hand and the list says otherwise.
        choices: field → whose value counts.
        listing_id: the listing that it is about, or has become.
        deed: what became of it; empty while it is not written.
        history_id: the last History row of the listing when it was written: a later one is somebody's deed.
        before: field → what a changed listing said before.
        reason: why it was not taken back.
    """

    __tablename__ = "staged_row"
    __table_args__ = (
        UniqueConstraint("import_id", "number"),
        CheckConstraint(_one_of("state", ROW_STATES), name="state"),
        CheckConstraint(_one_of("deed", ("", *WRITTEN)), name="deed"),
        Index("ix_staged_row_state", "import_id", "state"),
        Index("ix_staged_row_title", "import_id", "title_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(
        ForeignKey("list_import.id", ondelete="CASCADE")
    )
    number: Mapped[int]
    cells: Mapped[dict[str, Any]] = mapped_column(JSON)
    layout: Mapped[int] = mapped_column(default=0)
    author: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(200), default="")
    title_key: Mapped[str] = mapped_column(String(200), default="")
    owner_name: Mapped[str] = mapped_column(String(200), default="")
    findings: Mapped[list[Any]] = mapped_column(JSON)
    conflicts: Mapped[list[Any]] = mapped_column(JSON)
    choices: Mapped[dict[str, str]] = mapped_column(JSON)
    listing_id: Mapped[int | None]
    deed: Mapped[str] = mapped_column(String(10), default="")
    history_id: Mapped[int | None]
    before: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)
    reason: Mapped[str] = mapped_column(String(500), default="")
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    list_import: Mapped[ListImport] = relationship()

    @property
    def state_name(self) -> str:
        """What the row is, or what became of it, in Chinese."""
        return WRITTEN.get(self.deed) or ROW_STATES[self.state]
