"""The tables of stories (成功案例): the story, its texts, and the consents of both sides to one text."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.audit.entries import canonical
from marketplace.clock import now
from marketplace.contracts.models import TechContract
from marketplace.deals.models import SIDES
from marketplace.extensions import Model
from marketplace.lifecycle import Life
from marketplace.listings.schema.choices import one_of
from marketplace.stories.life import STORY_LIFE

MAX_TITLE = 60
MAX_NAME = 120
MAX_BODY = 5000
MAX_REASON = 500
# What was withdrawn is no bar: a side may agree to the same text once more.
_STANDS = text("withdrawn_at is null")
# One that was taken down for good makes room for another one of the same contract.
_LIVES = text("state <> 'ended'")


class Story(Model):
    """What a registered contract brought about, public with the consent of both sides."""

    __tablename__ = "story"
    __table_args__ = (
        CheckConstraint(one_of("state", STORY_LIFE.states), name="state"),
        CheckConstraint(
            "state <> 'published' or published_at is not null", name="published_at"
        ),
        CheckConstraint("state <> 'ended' or reason <> ''", name="reason"),
        # One of a contract: the second of two writers is refused.
        Index(
            "uq_story_contract",
            "contract_id",
            unique=True,
            sqlite_where=_LIVES,
            postgresql_where=_LIVES,
        ),
    )
    kind: ClassVar[str] = "story"
    life: ClassVar[Life] = STORY_LIFE

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("tech_contract.id"))
    state: Mapped[str] = mapped_column(String(12), default="waiting", index=True)
    published_at: Mapped[datetime | None]
    # Why it was taken down for good; both sides read it.
    reason: Mapped[str] = mapped_column(String(MAX_REASON), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    # Written by each deed, so that the revision goes on also where only a text or a consent is new.
    changed_at: Mapped[datetime] = mapped_column(default=now)
    # Two who press at once: the second one is refused.
    revision: Mapped[int] = mapped_column(server_default="1")

    __mapper_args__ = {"version_id_col": revision}

    contract: Mapped[TechContract] = relationship()
    texts: Mapped[list[StoryText]] = relationship(
        order_by="StoryText.number", back_populates="story"
    )

    @property
    def deal(self) -> Any:
        """The deal behind it, as the permission table asks."""
        return self.contract.deal

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return self.life.names[self.state]

    @property
    def text(self) -> StoryText:
        """The newest text; each story has one from its beginning."""
        return self.texts[-1]

    @property
    def title(self) -> str:
        """The title of the newest text."""
        return str(self.text.values["title"])


class StoryText(Model):
    """A text of a story as it is shown, hashed; never changed: another text takes its place, without consents.

    Attributes:
        content: title, names of both sides and body, as canonical JSON.
        sha256: of it.
    """

    __tablename__ = "story_text"
    __table_args__ = (
        UniqueConstraint("story_id", "number", name="uq_story_text_number"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    story_id: Mapped[int] = mapped_column(ForeignKey("story.id"), index=True)
    number: Mapped[int]
    # Text and not JSON: what is hashed is the stored text, and a JSON column may order its keys in another way.
    content: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=now)

    story: Mapped[Story] = relationship(back_populates="texts")
    consents: Mapped[list[StoryConsent]] = relationship(
        order_by="StoryConsent.id", back_populates="text"
    )

    @property
    def values(self) -> dict[str, str]:
        """Title, names of both sides and body."""
        values: dict[str, str] = json.loads(self.content)
        return values

    @property
    def standing(self) -> dict[str, StoryConsent]:
        """Side → its consent, where it stands."""
        found = {}
        for one in self.consents:
            if one.withdrawn_at is None:
                found[one.side] = one
        return found

    @property
    def is_agreed(self) -> bool:
        """Whether both sides agree to exactly this text, and it is what was hashed."""
        # Hashed again at each look: a text that was changed past the deeds is public to nobody (decision 129).
        return len(self.standing) == len(SIDES) and hash_of(self.content) == self.sha256


class StoryConsent(Model):
    """One side agrees that a text is public; withdrawn by it, or void because the text was changed."""

    __tablename__ = "story_consent"
    __table_args__ = (
        CheckConstraint("side in ('holder', 'receiver')", name="side"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
        # By its side, or because the text was changed: the two look alike without the reason.
        CheckConstraint(
            "(withdrawn_at is null) = (withdrawn_why = '')", name="withdrawn"
        ),
        # Two people of one side are one consent.
        Index(
            "uq_story_consent_side",
            "text_id",
            "side",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    text_id: Mapped[int] = mapped_column(ForeignKey("story_text.id"), index=True)
    side: Mapped[str] = mapped_column(String(10))
    # Empty once the account is closed: the consent is the side's, and goes on.
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    # Of the text that was on the page: a consent says by itself what it was given to.
    sha256: Mapped[str] = mapped_column(String(64))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    withdrawn_why: Mapped[str] = mapped_column(String(MAX_REASON), default="")

    text: Mapped[StoryText] = relationship(back_populates="consents")
    by: Mapped[Person | None] = relationship(foreign_keys=[by_id])


def canonical_text(title: str, holder: str, receiver: str, body: str) -> str:
    """What is shown as one text, for hashing: the same values, the same text."""
    # One form for the same values, or an unchanged story would get another hash and lose its consents.
    return canonical(
        {"title": title, "holder": holder, "receiver": receiver, "body": body}
    )


def hash_of(content: str) -> str:
    """The SHA-256 of a text, hexadecimal."""
    return hashlib.sha256(content.encode()).hexdigest()
