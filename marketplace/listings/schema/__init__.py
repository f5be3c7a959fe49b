"""Each field of a listing once: column, label, help, header and aliases, example, step, check, who sees it.

Forms, importer, exporter, review, detail page, history and readiness read it here; nothing of HTTP or files is here.
"""

from __future__ import annotations

from marketplace.listings.schema.achievement import ACHIEVEMENT
from marketplace.listings.schema.demand import DEMAND
from marketplace.listings.schema.listing import ListingSchema

SCHEMAS: dict[str, ListingSchema] = {"achievement": ACHIEVEMENT, "demand": DEMAND}

__all__ = ["ACHIEVEMENT", "DEMAND", "SCHEMAS", "ListingSchema"]
