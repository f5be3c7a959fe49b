"""Cards: what a list shows of a listing, from the card that is stored in its row.

A card is the common view of the listing with codes and ids only. Names of organisations, fields and chains are joined
when a list is shown, so that a renamed one is right at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import CompoundSelect, bindparam

from marketplace.clock import today
from marketplace.dictionaries.models import Chain, District
from marketplace.extensions import db
from marketplace.listings import index
from marketplace.listings.disclosure import UNNAMED, common_view
from marketplace.listings.models import (
    KIND_NAMES,
    LISTINGS,
    Achievement,
    Demand,
    alias_of,
)
from marketplace.listings.schema import DEMAND, SCHEMAS, terms
from marketplace.listings.schema.price import format_price
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, audiences
from marketplace.wording import day

VERSION = 3  # raised when `card_of` stores something else: `upkeep.write_cards` then writes every card again
# Audiences change with the seats of a reader and the day with midnight, so old entries have to go.
QUERIES_CACHED = 64  # kinds of readers whose statement is kept: building one takes longer than running it
NAMED, ALIAS, HIDDEN = "named", "alias", "hidden"  # who is shown as the holder
MODE_NAMES = {
    "achievement": terms.CONVERSION_MODES,
    "demand": terms.COOPERATION_MODES,
}
STAGE_LABELS = {"achievement": "阶段", "demand": DEMAND["stage_wished"].label}
COST_LABELS = {"achievement": "价格", "demand": "预算"}


@dataclass(frozen=True)
class Card:
    """One listing in a list.

    Attributes:
        kind, id: of the listing.
        kind_name: the word before its title: 成果, or the kind of need of a demand, where it is known.
        title: as stored; texts: what its public page says, field by field, the main one first.
        keywords: its keywords in one text; names: people and numbers that it is found by, field by field.
        facts: (name, value), or a value that says by itself what it is.
    """

    kind: str
    id: int
    kind_name: str
    title: str
    texts: tuple[str, ...]
    keywords: str
    names: tuple[str, ...]
    facts: list[tuple[str, str] | str]


def card_of(row: Achievement | Demand) -> dict[str, Any]:
    """What a row stores of itself for lists, as JSON: the common view, in codes, without any name."""
    # The common view, for one stored card is read by everybody who finds the row.
    view = common_view(row)
    if view.is_achievement:
        modes = view.conversion_modes
        figures = [view.price_min, view.price_max]
        price_mode = view.price_mode
        deadline = None
    else:
        modes = view.cooperation_modes
        figures = [view.budget]
        # Of a demand 面议 is a tick of its own, of an achievement a way of pricing: lists show one word for both.
        price_mode = "negotiable" if view.budget_negotiable else None
        deadline = view.deadline
    by_label = index.texts(view)
    # Taken out of the texts: lists show them as words of their own, and a snippet never ends in them.
    keywords = by_label.pop(SCHEMAS[view.kind]["keywords"].label, "")
    sections = list(by_label.values())
    holder = NAMED
    if not view.knows.firm:
        holder = ALIAS if view.knows.full else HIDDEN
    card: dict[str, Any] = {
        "version": VERSION,
        # Field by field: a snippet is a sentence of one of them, never the end of one and the beginning of the next.
        "texts": sections,
        "keywords": keywords,
        "names": [f"{label} {text}" for label, text in index.names(view).items()],
        "need": index.need(view),
        "holder": holder,
        "field": index.main_field(view) or "",
        "stage": index.stage(view),
        "modes": list(modes or ()),
        "price_mode": price_mode,
        "deadline": deadline.isoformat() if deadline else None,
        "money": None,
    }
    # None where money is hidden, a list with None where it was not filled in: a list says "未填写" for the latter only.
    if view.knows.full:
        card["money"] = [_figure_text(figure) for figure in figures]
    return card


def _figure_text(figure: Decimal | None) -> str | None:
    """A figure as JSON keeps it: as text, for a float would not be exact."""
    return None if figure is None else str(figure)


def _figure(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def find_cards(
    keys: Iterable[tuple[str, int]], fields: Mapping[str, str], *, by: Reader | None
) -> list[Card]:
    """The cards of listings, in the order asked for; what this reader may not find is left out.

    Args:
        keys: (kind, id) of the listings.
        fields: code → name of the high-tech fields of level 1.
        by: the reader; None for the site itself.
    """
    keys = list(keys)
    if not keys:
        return []
    wanted: dict[str, list[int]] = {kind: [] for kind in LISTINGS}
    for kind, listing_id in keys:
        wanted[kind].append(listing_id)
    # The day is part of the key of the remembered statement: validity is judged by today.
    query = _card_query(None if by is None else audiences(by), today())
    # The connection, not the session: 20 rows without ORM objects take a third of the time (decision 034).
    rows = db.session.connection().execute(query, wanted).all()
    cards = {}
    for kind, listing_id, *values in rows:
        cards[kind, listing_id] = _card(kind, listing_id, *values, fields=fields)
    # What is not found is left out without a gap: the reader may not know that there was something.
    return [cards[key] for key in keys if key in cards]


@lru_cache(QUERIES_CACHED)
def _card_query(audience: frozenset[str] | None, day: date) -> CompoundSelect[Any]:
    """The statement of `find_cards`: one for both kinds, its ids bound as `achievement` and `demand`.

    Args:
        audience: audiences of the reader; None for the site itself.
        day: the day to judge validity by.
    """
    selects = []
    for kind, table in LISTINGS.items():
        columns = db.select(
            db.literal_column(f"'{kind}'"),
            table.id,
            table.title,
            table.updated_at,
            table.card,
            Organisation.name,
            District.name,
            Chain.name,
            # Only demands may be unnamed.
            getattr(table, "place_shown", db.literal_column("''")),
        )
        # Inner: what may be found has an owner, and a draft without one is found by nobody.
        joined = columns.join(Organisation, Organisation.id == table.organisation_id)
        joined = joined.outerjoin(
            District, District.code == Organisation.district_code
        ).outerjoin(Chain, Chain.code == table.chain_code)
        selects.append(
            joined.where(
                table.id.in_(bindparam(kind, expanding=True)),
                table.findable_among(audience, day),
            )
        )
    query: CompoundSelect[Any] = db.union_all(*selects)
    return query


def _card(
    kind: str,
    listing_id: int,
    title: str,
    updated_at: datetime,
    stored: Mapping[str, Any] | None,
    organisation: str,
    district: str | None,
    chain: str | None,
    place: str,
    *,
    fields: Mapping[str, str],
) -> Card:
    """The card of a row; one whose card was never written is worked out from the row itself."""
    # Cards of an older version are read between an upgrade and `upkeep.write_cards`.
    if stored is None or stored["version"] != VERSION:
        row = db.session.get(LISTINGS[kind], listing_id)
        stored = card_of(row)  # type: ignore[arg-type]  # the row was found by the same transaction
    holders = {
        NAMED: organisation,
        ALIAS: alias_of(district, chain, place),
        HIDDEN: UNNAMED,
    }
    names = MODE_NAMES[kind]
    # A code that the vocabulary has lost is left out instead of breaking the whole list.
    modes = "、".join(names[code] for code in stored["modes"] if code in names)
    facts: list[tuple[str, str] | str] = [
        ("单位", holders[stored["holder"]]),
        (STAGE_LABELS[kind], terms.STAGES.get(stored["stage"] or "", "")),
        ("领域", fields.get(stored["field"], "")),
        ("合作方式", modes),
    ]
    if stored["money"] is not None:
        figures = [_figure(text) for text in stored["money"]]
        facts.append(
            f"{COST_LABELS[kind]} {format_price(figures, stored['price_mode'])}"
        )
    # The deadline of a partly public demand is not in the card at all (044).
    if stored["deadline"]:
        facts.append(f"期限 {day(date.fromisoformat(stored['deadline']))}")
    facts.append(f"更新 {day(updated_at)}")
    kind_name = kind_name_of(kind, stored["need"])
    return Card(
        kind=kind,
        id=listing_id,
        kind_name=kind_name,
        title=title,
        texts=tuple(stored["texts"]),
        keywords=stored["keywords"],
        names=tuple(stored["names"]),
        facts=facts,
    )


def kind_name_of(kind: str, need: str | None) -> str:
    """The word for a listing: 成果, 需求, or what a demand needs where that is known: 技术需求, 人才需求, 资金需求."""
    if kind == "demand" and need:
        return terms.NEEDS[need] + KIND_NAMES[kind]
    return KIND_NAMES[kind]
