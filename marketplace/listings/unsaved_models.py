"""What somebody has typed into the form of a listing and not saved yet, as a table of its own.

What is done with it is in `unsaved_deeds.py`. A draft is a listing; this is what stands in a form before it is one.
"""

from __future__ import annotations

from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.clock import now
from marketplace.extensions import Model, db
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.choices import one_of


class UnsavedForm(Model):
    """What one person has typed into one form.

    `fields` has, for each step of the form that was typed in, the names and values in the order in which a browser
    sends them: also what a listing could not hold yet, such as a price that cannot be read.
    """

    __tablename__ = "unsaved_form"
    __table_args__ = (
        UniqueConstraint("person_id", "kind", "place", name="uq_unsaved_form_place"),
        Index("ix_unsaved_form_updated_at", "updated_at"),
        CheckConstraint(one_of("kind", SCHEMAS), name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(20))
    # The number of the listing; of one that is new the mark of its form (`OnceForm.once`).
    place: Mapped[str] = mapped_column(String(40))
    fields: Mapped[dict[str, list[Any]]] = mapped_column(db.JSON)
    # One more with each change: two windows of one person cannot overwrite each other unseen.
    revision: Mapped[int] = mapped_column(default=1)
    # The revision of the listing when the first of it was typed; 0 for one that is new.
    seen: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def is_new(self) -> bool:
        """Whether no listing has been made of it yet."""
        return not self.place.isdigit()

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Names and values of all steps."""
        every = chain.from_iterable(self.fields.values())
        return [(name, value) for name, value in every]

    @property
    def title(self) -> str:
        """What it would be called; empty where no name was typed."""
        values = [value for name, value in self.pairs if name == "title"]
        return " ".join(values).strip()[:200]
