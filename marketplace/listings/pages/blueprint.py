"""The blueprint of the room, what its templates say codes with, and the parts of its addresses. No view lives here."""

from __future__ import annotations

from typing import Protocol

from flask import Blueprint, url_for

from marketplace.listings.models import KIND_NAMES
from marketplace.listings.schema import SCHEMAS, terms

blueprint = Blueprint("listings", __name__)
KIND = "<any(achievement, demand):kind>"


class Addressed(Protocol):
    """A listing, or what a list shows of one."""

    kind: str
    id: int


@blueprint.context_processor
def words() -> dict[str, object]:
    """What the templates of this room say codes with."""
    return {"terms": terms, "schemas": SCHEMAS, "KIND_NAMES": KIND_NAMES}


@blueprint.app_template_filter()
def address(row: Addressed) -> str:
    """The address of the page of a listing."""
    return url_for(f"listings.{row.kind}", listing_id=row.id)
