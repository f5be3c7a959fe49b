"""What the room lays out for the hubs and beside a listing: pairs to decide on, and where a listing went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marketplace.contributions import Panel, Tray
from marketplace.duplicates import queries
from marketplace.duplicates.life import PAIR_LIFE
from marketplace.listings.models import Achievement, Demand
from marketplace.permissions import Reader, may, operator


def trays(person: Reader, filters: Mapping[str, str]) -> Iterator[Tray]:
    """The pairs that wait for an operator."""
    # Pairs across organisations are the operators' alone; a desk has those within its own on 我的.
    if operator(person, None):
        yield Tray(
            "duplicates",
            "疑似重复",
            count=queries.proposed_count,
            page=_tray_page,
            position=2,
        )


def _tray_page(page: int) -> Panel:
    pairs, arithmetic = queries.proposed_page(page)
    values = {
        "pairs": pairs,
        # So that a slip can be taken back; once, and not again on every further page.
        "settled": queries.settled_lately() if page == 1 else [],
        "page": arithmetic.clamp(page),
        "pages": arithmetic.pages,
    }
    return Panel("duplicates/_tray.html", values)


def sections(person: Reader, filters: Mapping[str, str]) -> Iterator[Panel]:
    """On 我的: the pairs within an organisation, for its desk; left out of a list that is narrowed."""
    if filters or not person.handled_ids:
        return
    pairs = queries.proposed_within(sorted(person.handled_ids))
    if pairs:
        yield Panel("duplicates/_section.html", {"pairs": pairs}, position=8)


def panels(row: Any, reader: Reader) -> Iterator[Panel]:
    """Beside a listing, for those who may decide: what resembles it, and what it was merged into."""
    if not isinstance(row, Achievement | Demand):
        return
    # Nearly all readers decide about no pair of this listing: nothing is read for them.
    if not operator(reader, row) and row.organisation_id not in reader.handled_ids:
        return
    offered = []
    # Each by the table: of the pairs of one listing some lead to another organisation.
    for pair in queries.pairs_of(row):
        if may(reader, "duplicates.settle", pair):
            offered.append(pair)
    if offered:
        yield Panel("duplicates/_beside.html", {"pairs": offered}, position=4)


def deed_names() -> Iterator[tuple[str, str]]:
    """What is done to pairs."""
    for deed, name in PAIR_LIFE.deeds.items():
        yield f"listing_pair.{deed}", f"疑似重复：{name}"
    yield "duplicates.settle", "处理疑似重复"
    yield "job.new-duplicates", "查找新的疑似重复"
    yield "job.duplicates", "查找疑似重复"
