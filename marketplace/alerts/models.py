"""Tables of saved searches, and of what somebody was alerted to already."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.extensions import Model

MAX_NAME = 120  # characters
MAX_QUERY = 2000  # characters of an address


class SavedSearch(Model):
    """A search that a person wants to be alerted to. It is an address: what the page shows is what is looked for."""

    __tablename__ = "saved_search"
    __table_args__ = (
        # Of two presses of one button the second finds what the first has saved.
        UniqueConstraint("person_id", "query", name="uq_saved_search_query"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    # The arguments of the address without order and page, always in the same order.
    query: Mapped[str] = mapped_column(String(MAX_QUERY))
    # What was published before is no news.
    created_at: Mapped[datetime] = mapped_column(default=now)

    person: Mapped[Person] = relationship()


class Alerted(Model):
    """A listing that a person was alerted to, for one of their listings or for a search: never a second time."""

    __tablename__ = "alerted"
    __table_args__ = (
        CheckConstraint(
            "(for_kind = 'search') = (for_id = 0)",
            name="for_id",
        ),
        UniqueConstraint(
            "person_id", "for_kind", "for_id", "kind", "listing_id", name="uq_alerted"
        ),
        Index("ix_alerted_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    # `search` with 0, for a listing is announced once however many searches find it; else the listing it fits.
    for_kind: Mapped[str] = mapped_column(String(20))
    for_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    listing_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=now)


class MatchScan(Model):
    """The publication of a listing for which everybody whom it may concern was looked for."""

    __tablename__ = "match_scan"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    listing_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # Published once more, it is looked at once more: its text may have changed.
    published_at: Mapped[datetime]
