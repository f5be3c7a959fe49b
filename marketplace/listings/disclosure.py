"""What a reader may know of a listing: decided here, field by field, for every page, list, export and index.

Which rows a reader may find or open is decided in `models.py`; who may do which deed in `permissions.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from marketplace.listings.models import (
    Achievement,
    Demand,
    shows_chain,
    shows_district,
)
from marketplace.listings.schema import SCHEMAS, ListingSchema
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import ListColumn, SeenBy
from marketplace.permissions import Reader, may

UNNAMED = "单位未公开"
# What is no field of the listing but its place in the house: every reader of the page knows it.
ALWAYS = frozenset(
    {
        "id",
        "kind",
        "life",
        "state",
        "state_name",
        "is_solved",
        "outcome_name",
        "closed_at",
        "revision",
        "visibility",
        "anonymous",
        "alias",
        "published_at",
        "updated_at",
        "valid_until",
        "in_matching",
    }
)
# The chain is part of the place of a firm that is not to be named (`places.py`).
CHAIN = frozenset({"chain", "chain_code"})
# Columns of a listing that are no fields and only its owner and the operators know.
OWN = frozenset({"organisation_id", "owner", "owner_id"})


def _levels_of(schema: ListingSchema) -> dict[str, SeenBy]:
    """Field → who sees it; a field that may tell whose the listing is needs the right to know that."""
    # What is not in the schema has no level of its own and would be taken for part of the text.
    levels = dict.fromkeys(OWN, SeenBy.OWN)
    for field in schema:
        # A field that names the firm is seen by who may know the firm, even if its own level is lower.
        levels[field.name] = SeenBy.FIRM if field.naming else field.seen_by
    return levels


# Looked up for every field of every row of a list, so worked out once.
LEVELS = {kind: _levels_of(schema) for kind, schema in SCHEMAS.items()}


@dataclass(frozen=True)
class Knowledge:
    """How much of one listing one reader may know.

    Attributes:
        full: the whole text, not only title, field, stage and summary.
        firm: the name of the owner, and with it that there is a contact desk.
        contact: the contact desk unmasked.
        own: what is between the owner and the operators, such as the note.
    """

    full: bool
    firm: bool
    contact: bool
    own: bool

    def sees(self, level: SeenBy) -> bool:
        """Whether the reader sees what is marked with this level in the schema."""
        if level is SeenBy.FULL:
            return self.full
        if level is SeenBy.FIRM:
            return self.firm
        if level is SeenBy.CONTACT:
            return self.contact
        if level is SeenBy.OWN:
            return self.own
        # OPEN is left: title, field, stage and summary, which a partly public listing shows as well.
        return True


class View:
    """A listing as one reader may know it: its fields by name, each empty where the reader may not know it.

    An empty field is None, an empty text or an empty list, as an unfilled one would be, so that what shows a view need
    not ask who reads it.

    Args:
        row: the listing.
        knows: how much of it the reader may know.
    """

    def __init__(self, row: Achievement | Demand, knows: Knowledge) -> None:
        self._row = row
        self.knows = knows

    def __getattr__(self, name: str) -> Any:
        if self.shows(name):
            return getattr(self._row, name)
        value = getattr(self._row, name)
        if isinstance(value, str):
            return ""
        return [] if isinstance(value, list) else None

    def shows(self, name: str) -> bool:
        """Whether the reader may know a field, filled in or not."""
        if name in ALWAYS:
            return True
        # With the chain of a county that has one such firm, its name is known.
        if name in CHAIN and not self._shows_place(shows_chain):
            return False
        # A name that no schema knows is treated as part of the full text: closed rather than open.
        return self._sees(LEVELS[self._row.kind].get(name, SeenBy.FULL))

    @property
    def is_achievement(self) -> bool:
        """Whether the listing is an achievement; else it is a demand."""
        return isinstance(self._row, Achievement)

    @property
    def organisation(self) -> Any:
        """The owner; None where the reader may not know who it is."""
        return self._row.organisation if self.knows.firm else None

    @property
    def district(self) -> Any:
        """Where the owner is seated; None where the reader may not know it."""
        # Of a partly public listing the district is hidden whoever owns it.
        if not self.knows.full or not self._shows_place(shows_district):
            return None
        owner = self._row.organisation
        return None if owner is None else owner.district

    @property
    def holder(self) -> str:
        """Who stands on the page: the organisation, or what stands for one that is not to be named."""
        if self.knows.firm:
            return self._row.holder_name
        # A partly public one shows not even its place, which may be enough to know it.
        if isinstance(self._row, Demand) and self._row.visibility != "partial":
            return self._row.alias
        return UNNAMED

    def cell_of(self, column: ListColumn, dictionaries: Dictionaries) -> Any:
        """The cell of a list, as the reader may know it; None where they may not.

        Args:
            column: a column of lists of this kind.
            dictionaries: those of this list.
        """
        # Before the column is written: the cell would name the owner.
        if column.holder and not self.knows.firm:
            return self.holder
        if column.name in CHAIN and not self._shows_place(shows_chain):
            return None
        if column.name == "district" and not self._shows_place(shows_district):
            return None
        # As in `_levels_of`, for a column may hold several fields or a part of one.
        level = SeenBy.FIRM if column.naming else column.seen_by
        if not self._sees(level):
            return None
        return column.write_cell(self._row, dictionaries)

    @property
    def contact_desk(self) -> list[tuple[str, str]]:
        """(name, value) of the contact desk: whole, masked, or nothing where the owner is not to be named."""
        if not self.knows.firm:
            return []
        # Who has what they wanted is not to be rung up about it.
        if self._row.state == "closed" and not self.knows.own:
            return []
        desk = {}
        for field in SCHEMAS[self._row.kind]:
            if field.seen_by is SeenBy.CONTACT:
                desk[field.label] = getattr(self._row, field.name)
        filled = [(name, text) for name, text in desk.items() if text]
        if self.sees_contact:
            return filled
        return [(name, masked(text)) for name, text in filled]

    @property
    def sees_contact(self) -> bool:
        """Whether the contact desk is whole: the reader may see it, and who typed it agrees that others do."""
        # Its own people see what they typed, whatever the writer has agreed to.
        if not self.knows.contact or self.knows.own:
            return self.knows.contact
        # What an organisation's list brought in was typed by nobody with an account.
        owner = self._row.owner
        return owner is None or owner.publishes_contact

    def _sees(self, level: SeenBy) -> bool:
        if level is SeenBy.CONTACT:
            return self.sees_contact
        return self.knows.sees(level)

    def _shows_place(self, part: Callable[[str], bool]) -> bool:
        """Whether the reader may know a part of where the firm is; anyone who may know the firm may."""
        if self.knows.firm or not isinstance(self._row, Demand):
            return True
        # A row that is not stored yet has no place, which shows nothing.
        return part(self._row.place_shown or "") or not self._row.anonymous


def knowledge_of(row: Achievement | Demand, reader: Reader | None) -> Knowledge:
    """How much of a listing a reader may know.

    Args:
        row: a listing whose page the reader may open.
        reader: the reader; None for the site itself, which knows all.
    """
    # One leads to the next: who may not read the text may not know the firm, and then not its telephone.
    full = may(reader, "listing.read_full", row)
    firm = full and may(reader, "demand.read_firm", row)
    return Knowledge(
        full=full,
        firm=firm,
        contact=firm and may(reader, "listing.read_contact", row),
        own=may(reader, "listing.edit", row),
    )


def is_own(
    row: Achievement | Demand, other: Achievement | Demand, reader: Reader | None
) -> bool:
    """Whether both belong to one organisation, as far as this reader may know: nobody is offered their own.

    To readers who may not know whose either of them is, partly public or unnamed, it is treated as anybody's: what is
    missing from a list would tell them.
    """
    if row.organisation_id != other.organisation_id:
        return False
    return knowledge_of(row, reader).firm and knowledge_of(other, reader).firm


def view_of(row: Achievement | Demand, reader: Reader | None) -> View:
    """A listing as a reader may know it.

    Args:
        row: a listing whose page the reader may open.
        reader: the reader; None for the site itself.
    """
    return View(row, knowledge_of(row, reader))


def common_view(row: Achievement | Demand) -> View:
    """What every reader who may find a listing may know of it: this goes to the index, the matcher and lists.

    A confidential listing is found only by readers who may read its whole text, though not by all who may know whose
    it is; of a partly public one neither text nor owner is common.
    """
    full = row.visibility != "partial"
    anonymous = isinstance(row, Demand) and row.anonymous
    return View(
        row,
        Knowledge(full=full, firm=full and not anonymous, contact=False, own=False),
    )


def masked(text: str) -> str:
    """A name, telephone number or address as a guest sees it: enough to recognise, too little to use."""
    text = text.strip()
    if not text:
        return ""
    if "@" in text:
        name, _, host = text.partition("@")
        return f"{name[:1]}***@{host}"
    if not any(c.isdigit() for c in text):
        return text[:1] + "*" * min(len(text) - 1, 3)
    if len(text) < 8:
        # A short number is an extension: four digits and a star would show all of it.
        return re.sub(r"\d", "*", text[:-2]) + "**"
    return f"{text[:4]}****{text[-2:]}"
