"""Tables of the lists: versions of each on top of the shipped one, and editions, which put one of each in force."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.extensions import Model, db

# Code of a list → its name: how texts are cut and compared, and what listings are filed under.
WORD_KINDS = {"synonyms": "同义词", "terms": "专业词", "stop_words": "停用词"}
DICTIONARY_KINDS = {"chains": "产业链", "districts": "县市区", "fields": "高新技术领域"}
KINDS = WORD_KINDS | DICTIONARY_KINDS
STATES = {
    "draft": "草稿",
    "building": "重建中",
    "in_force": "已生效",
    "former": "已被替代",
    "withdrawn": "已作废",
}
EDITION_STATES = {
    "building": "重建中",
    "in_force": "已生效",
    "former": "已被替代",
    "cancelled": "已停止",
}
PREVIEWS = {
    "": "还没有预览",
    "asked": "正在算预览",
    "ready": "已有预览",
    "failed": "预览没有算成",
}
MAX_NOTE = 300  # characters


class WordListVersion(Model):
    """One version of a list: what it adds to the shipped list and what it takes out, whole, not against another one.

    So a version stays what it is when the program ships longer lists.
    """

    __tablename__ = "word_list_version"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('synonyms', 'terms', 'stop_words', 'chains', 'districts', 'fields')",
            name="kind",
        ),
        CheckConstraint(
            "state IN ('draft', 'building', 'in_force', 'former', 'withdrawn')",
            name="state",
        ),
        CheckConstraint(
            "state IN ('draft', 'building', 'withdrawn') OR in_force_since IS NOT NULL",
            name="in_force_since",
        ),
        Index("uq_word_list_version_number", "kind", "number", unique=True),
        # One draft at a time: of two operators who begin one the second finds that of the first.
        Index(
            "uq_word_list_version_draft",
            "kind",
            unique=True,
            sqlite_where=text("state IN ('draft', 'building')"),
            postgresql_where=text("state IN ('draft', 'building')"),
        ),
        # Of each list one version is in force, whatever two processes do at once.
        Index(
            "uq_word_list_version_in_force",
            "kind",
            unique=True,
            sqlite_where=text("state = 'in_force'"),
            postgresql_where=text("state = 'in_force'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[int]
    # Lines as they were written; what they mean is read in `content`.
    added: Mapped[str] = mapped_column(Text, default="")
    removed: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(String(MAX_NOTE), default="")
    state: Mapped[str] = mapped_column(String(20), default="draft")
    # SHA-256 of what it adds and takes out.
    fingerprint: Mapped[str] = mapped_column(String(64), info={"audit": "plain"})
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    in_force_since: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1)

    author: Mapped[Person | None] = relationship()

    __mapper_args__ = {"version_id_col": revision}

    @property
    def is_dictionary(self) -> bool:
        """Whether it is of what listings are filed under."""
        return self.kind in DICTIONARY_KINDS

    @property
    def kind_name(self) -> str:
        """The name of its list."""
        return KINDS[self.kind]

    @property
    def state_name(self) -> str:
        """Its state in a word."""
        return STATES[self.state]


class WordPreview(Model):
    """What a draft would change: computed in the background, stored with it, and void when the draft changes."""

    __tablename__ = "word_preview"

    version_id: Mapped[int] = mapped_column(
        ForeignKey("word_list_version.id"), primary_key=True
    )
    state: Mapped[str] = mapped_column(String(10), default="asked")
    # The fingerprint of the draft, and the edition in force, that it was computed for.
    fingerprint: Mapped[str] = mapped_column(String(64))
    edition: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(default=now)
    # Computed from other rows, at any time again.
    figures: Mapped[dict[str, Any]] = mapped_column(
        db.JSON, default=dict, info={"audit": "technical"}
    )


class WordEdition(Model):
    """One version of each list, used together; its number is in the fingerprint of each index and of each matcher."""

    __tablename__ = "word_edition"
    __table_args__ = (
        CheckConstraint(
            "state IN ('building', 'in_force', 'former', 'cancelled')", name="state"
        ),
        CheckConstraint(
            "state NOT IN ('in_force', 'former') OR in_force_since IS NOT NULL",
            name="in_force_since",
        ),
        # One rebuild at a time, and one edition in force.
        Index(
            "uq_word_edition_building",
            "state",
            unique=True,
            sqlite_where=text("state = 'building'"),
            postgresql_where=text("state = 'building'"),
        ),
        Index(
            "uq_word_edition_in_force",
            "state",
            unique=True,
            sqlite_where=text("state = 'in_force'"),
            postgresql_where=text("state = 'in_force'"),
        ),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # None: the list as it is shipped.
    synonyms_id: Mapped[int | None] = mapped_column(ForeignKey("word_list_version.id"))
    terms_id: Mapped[int | None] = mapped_column(ForeignKey("word_list_version.id"))
    stop_words_id: Mapped[int | None] = mapped_column(
        ForeignKey("word_list_version.id")
    )
    chains_id: Mapped[int | None] = mapped_column(ForeignKey("word_list_version.id"))
    districts_id: Mapped[int | None] = mapped_column(ForeignKey("word_list_version.id"))
    fields_id: Mapped[int | None] = mapped_column(ForeignKey("word_list_version.id"))
    state: Mapped[str] = mapped_column(String(20), default="building")
    # What brought it about, for the list of editions.
    note: Mapped[str] = mapped_column(String(MAX_NOTE), default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)
    in_force_since: Mapped[datetime | None]
    # Why the last attempt to rebuild failed, in Chinese; it is tried again.
    failure: Mapped[str] = mapped_column(String(300), default="")

    by: Mapped[Person | None] = relationship()

    @property
    def state_name(self) -> str:
        """Its state in a word."""
        return EDITION_STATES[self.state]

    @property
    def version_ids(self) -> dict[str, int | None]:
        """Kind → id of the version that it uses."""
        return {kind: getattr(self, f"{kind}_id") for kind in KINDS}


class MovedCode(Model):
    """What named a code that a version handed over to another one, so that leaving the version moves it back.

    Whether it still names the other one is looked at then: what somebody changed since stays.
    """

    __tablename__ = "moved_code"
    __table_args__ = (
        CheckConstraint(
            "dictionary IN ('chains', 'districts', 'fields')", name="dictionary"
        ),
        CheckConstraint(
            "thing_kind IN ('achievement', 'demand', 'organisation')",
            name="thing_kind",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dictionary: Mapped[str] = mapped_column(String(20), index=True)
    thing_kind: Mapped[str] = mapped_column(String(20))
    thing_id: Mapped[int]
    was: Mapped[str] = mapped_column(String(30))
    became: Mapped[str] = mapped_column(String(30))
