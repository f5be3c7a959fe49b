"""The table of dated values of law and policy: every version of every value, none ever removed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.clock import now
from marketplace.extensions import Model
from marketplace.rules.content import (
    CHECKED,
    IN_FORCE,
    KINDS,
    MAX_CLAUSE,
    MAX_DOCUMENT,
    MAX_KEY,
    MAX_SENTENCE,
    MAX_UNIT,
    REFERENCE_ONLY,
    Value,
    shown_note,
    shown_value,
    source_line,
)

_STANDS = text("replaced_at IS NULL")


class RuleValue(Model):
    """One version of a value: from when until when it stands, where it is written, what that is worth."""

    __tablename__ = "rule_value"
    __table_args__ = (
        CheckConstraint(f"kind IN {tuple(KINDS)}", name="kind"),
        CheckConstraint(f"in_force IN {tuple(IN_FORCE)}", name="in_force"),
        CheckConstraint(f"checked IN {tuple(CHECKED)}", name="checked"),
        CheckConstraint("value <> ''", name="value"),
        CheckConstraint("unit <> ''", name="unit"),
        # Nobody can check a value that names no source.
        CheckConstraint("document <> ''", name="document"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="period"),
        # Of two who add a version to the same one the second finds its number taken.
        Index("uq_rule_value_number", "key", "number", unique=True),
        # Of the versions that stand no two begin on one day.
        Index(
            "uq_rule_value_first_day",
            "key",
            "valid_from",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(MAX_KEY))
    number: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(String(10))
    # As text: what was typed is what is computed with, on either database.
    value: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(String(MAX_UNIT))
    valid_from: Mapped[date] = mapped_column()
    # Follows from the version after it; None: the last one.
    valid_to: Mapped[date | None] = mapped_column()
    document: Mapped[str] = mapped_column(String(MAX_DOCUMENT))
    clause: Mapped[str] = mapped_column(String(MAX_CLAUSE), default="")
    says: Mapped[str] = mapped_column(String(MAX_SENTENCE))
    in_force: Mapped[str] = mapped_column(String(10))
    checked: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(String(MAX_SENTENCE), default="")
    made_at: Mapped[datetime] = mapped_column(default=now)
    # None: it came with the platform.
    made_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # Since when another version stands for all of its days; it is still shown among the versions.
    replaced_at: Mapped[datetime | None] = mapped_column()
    revision: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": revision}

    @property
    def content(self) -> Value:
        """The version as what it says."""
        return Value(
            key=self.key,
            kind=self.kind,
            value=self.value,
            unit=self.unit,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            document=self.document,
            clause=self.clause,
            says=self.says,
            in_force=self.in_force,
            checked=self.checked,
            note=self.note,
        )

    @property
    def shown(self) -> str:
        """The value with its unit, as pages show it."""
        return shown_value(self.kind, self.value, self.unit)

    @property
    def shown_note(self) -> str:
        """What its reader should know, as pages show it."""
        return shown_note(self.note)

    @property
    def source(self) -> str:
        """Document and clause, in force, checked."""
        return source_line(self.document, self.clause, self.in_force, self.checked)

    @property
    def is_reference(self) -> bool:
        """Whether it is only shown, and nothing is computed with it."""
        return self.key in REFERENCE_ONLY

    @property
    def period(self) -> str:
        """From when until when it stands."""
        if self.valid_to is None:
            return f"{self.valid_from} 起"
        return f"{self.valid_from} 至 {self.valid_to}"
