"""Cards: what a list shows of a listing, from the copy that the search index keeps, or from the row.

A copy is believed only where the database says that this reader may find the row and that it is as it was copied.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import search
from marketplace.listings import index, labels, queries, terms
from marketplace.listings.models import LISTINGS
from marketplace.wording import day

WAYS = {"achievement": terms.CONVERSION_MODES, "demand": terms.COOPERATION_MODES}
STAGE = {"achievement": "阶段", "demand": "希望的成果阶段"}
COST = {"achievement": "价格", "demand": "预算"}


@dataclass(frozen=True)
class Card:
    """One listing in a list.

    Attributes:
        kind, id: of the listing.
        title: as stored; text: what its public page says, in one line.
        facts: (name, value), or a value that says by itself what it is.
    """

    kind: str
    id: int
    title: str
    text: str
    facts: list[tuple[str, str] | str]


def of_hits(
    hits: Iterable[search.Hit], fields: Mapping[str, str], *, by: Any
) -> list[Card]:
    """The cards of what was found, in the same order; what this reader may not find (any more) is left out.

    Args:
        hits: as the search engine gave them.
        fields: code → name of the fields of level 1.
        by: the reader.
    """
    hits = list(hits)
    asked = {kind: [hit.id for hit in hits if hit.kind == kind] for kind in LISTINGS}
    standing = queries.current_fingerprints(asked, by=by) if hits else {}
    copies = {(hit.kind, hit.id): json.loads(hit.shown) for hit in hits if hit.shown}
    glances: dict[tuple[str, int], Mapping[str, Any]] = {
        one: copies[one]
        for one, state in standing.items()
        if one in copies and copies[one]["state"] == state
    }
    other = standing.keys() - glances.keys()
    for kind in {kind for kind, _ in other}:
        rows = queries.get_findable(
            kind, [one for of, one in other if of == kind], by=by
        )
        glances |= {(kind, one): index.glance(row) for one, row in rows.items()}
    return [
        card(glances[hit.kind, hit.id], fields)
        for hit in hits
        if (hit.kind, hit.id) in glances
    ]


def card(glance: Mapping[str, Any], fields: Mapping[str, str]) -> Card:
    """The card of a listing.

    Args:
        glance: as `listings.indexing.glance` gives it, or its copy, where days, moments and figures are text.
        fields: code → name of the fields of level 1.
    """
    kind = glance["kind"]
    facts: list[tuple[str, str] | str] = [
        ("单位", glance["holder"]),
        (STAGE[kind], terms.STAGES.get(glance["stage"], "")),
        ("领域", fields.get(glance["field"], "")),
        (
            "合作方式",
            "、".join(
                WAYS[kind][code] for code in glance["modes"] if code in WAYS[kind]
            ),
        ),
    ]
    if glance["money"] is not None:
        figures = [
            None if figure is None else Decimal(figure) for figure in glance["money"]
        ]
        facts.append(f"{COST[kind]} {labels.cost(figures, glance['price_mode'])}")
    if glance["deadline"]:
        facts.append(f"期限 {day(date.fromisoformat(str(glance['deadline'])))}")
    facts.append(f"更新 {day(datetime.fromisoformat(str(glance['updated_at'])))}")
    return Card(kind, glance["id"], glance["title"], glance["text"], facts)
