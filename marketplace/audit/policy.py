"""What the audit writes of each column: its value, its value apart from the entry, its name only, or nothing.

A room decides by `info={"audit": …}` of a column or a table; what nobody decided goes by its name, here. Every value is
written unless something says otherwise: forgetting this file writes too much, never too little.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from sqlalchemy import Column, Table

Treatment = Literal["plain", "personal", "secret", "technical"]

# Table → why a write of it leaves no entry of its own.
TECHNICAL_TABLES = {
    "audit_entry": "the audit itself",
    "audit_personal": "the audit itself",
    "audit_checkpoint": "the audit itself",
    "alembic_version": "the version of the schema",
    "alerted": "follows from a notice, which is recorded",
    "deal_release": "what a deed changed in a deal, chained by hashes of its own; the deed is in the entry of the deal",
    "rehearsal_mark": "says what the whole database is, written once when it is made",
    "history": "names the deed of the entry about the thing it belongs to",
    "shown": "what a list looked like: measured, and hashed in its own `digest`",
    "shown_place": "as `shown`",
    "held_form": "typed before signing in, thrown away within days; what becomes of it is a draft, which is recorded",
    "review_batch": "what became of each listing is in the entry of that listing",
    "unsaved_form": "typed and not saved yet, thrown away once it is; what becomes of it is a draft, which is recorded",
    "review_claim": "who looks at a listing now: gone in minutes, decides nothing",
    "staged_row": "copies of the cells of a file, thrown away after months; what a row becomes is a listing, and who"
    " corrects one leaves an entry about its import",
    "match_scan": "which publications were compared: follows from listings and notices",
    "measurement": "figures that are computed from other rows, at any time again",
}
# Columns that follow from others, or that change with every look: no write worth an entry.
TECHNICAL_COLUMNS = frozenset(
    {
        "card",
        "created_at",
        "current_login_at",
        "current_login_ip",
        "failed_at",
        "failed_count",
        "fs_uniquifier",
        "indexed_revision",
        "last_login_at",
        "last_login_ip",
        "login_count",
        "name_key",
        "revision",
        "seen_at",
        "tf_counter",
        "title_key",
        "updated_at",
    }
)
SECRET = re.compile(
    r"password|secret|token|totp|recovery|_hash$|salt|(^|_)digest$", re.ASCII
)
PERSONAL = re.compile(
    r"^contact_|(^|_)(e?mail|phone|mobile|id_number|address_ip)$|^legal_representative$",
    re.ASCII,
)
# Personal by where they stand, not by their name.
PERSONAL_COLUMNS = frozenset(
    {
        ("person", "name"),
        ("person_session", "address"),
        ("person_session", "agent"),
        ("contributor", "name"),
        ("contributor", "title"),
    }
)
# Columns that say whose the personal values of a row are, the first one that has a value.
SUBJECTS = ("person_id", "owner_id", "by_id", "reporter_id")


@cache
def treatment_of(column: Column[object]) -> Treatment:
    """How the audit treats a column."""
    table = column.table
    # What a room has decided goes before every rule by name.
    decided = column.info.get("audit") or table.info.get("audit")
    if decided:
        treatment: Treatment = decided
        return treatment
    if table.name in TECHNICAL_TABLES or column.name in TECHNICAL_COLUMNS:
        return "technical"
    # Before personal: a name that fits both must not be written.
    if SECRET.search(column.name):
        return "secret"
    if PERSONAL.search(column.name) or (table.name, column.name) in PERSONAL_COLUMNS:
        return "personal"
    return "plain"


@cache
def is_technical(table: Table) -> bool:
    """Whether writes of a table leave no entry."""
    return table.name in TECHNICAL_TABLES or table.info.get("audit") == "technical"


@cache
def parent_column(table: Table) -> Column[object] | None:
    """The column that names the row this one belongs to; None where it stands for itself.

    A child is what its parent's removal takes along (ON DELETE CASCADE); of two parents the first.
    """
    for column in table.columns:
        for key in column.foreign_keys:
            if key.ondelete == "CASCADE":
                return column
    return None
