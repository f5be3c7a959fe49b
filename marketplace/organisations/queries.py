"""What is read of organisations. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable

from marketplace.extensions import db
from marketplace.organisations.models import Organisation, key_of


def find_organisation(name: str, uscc: str | None = None) -> Organisation | None:
    """The organisation of that code, else of that name (spelling aside)."""
    # The code first: names change and are spelt in many ways, a code belongs to one body for good.
    if uscc:
        by_code = db.select(Organisation).where(Organisation.uscc == uscc)
        registered: Organisation | None = db.session.scalar(by_code)
        if registered is not None:
            return registered
    by_name = db.select(Organisation).where(Organisation.name_key == key_of(name))
    named: Organisation | None = db.session.scalar(by_name)
    return named


def names_of_organisations(ids: Iterable[int]) -> dict[str, str]:
    """Id, as an address writes it → name, of the organisations with these ids."""
    # Two columns through the core connection: a search names dozens, and whole rows cost three times as much.
    query = db.select(Organisation.id, Organisation.name).where(
        Organisation.id.in_(list(ids))
    )
    return {str(row.id): row.name for row in db.session.connection().execute(query)}
