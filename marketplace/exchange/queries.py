"""What an import and an export read from the database: organisations, listings, and what a list is made of.

Nothing is changed here; which listings a reader may find or open is decided in `listings.models`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import or_

from marketplace.exchange.reports import Entry
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.listings.child_models import IntellectualProperty
from marketplace.listings.life import ENDED
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.listings.schema.owners import NamedOwner
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import one_of_code_and_name
from marketplace.permissions import Reader
from marketplace.persistence import chunked

EXPORT_BATCH = 500  # listings read at a time
IMPORT_NOTE = "批量导入"  # how the notes of History rows begin that an import writes
TAKEN_BACK = "撤回导入"  # and those that take one back
BLANK: tuple[Any, ...] = (
    None,
    "",
    [],
    False,
)  # values of a field in which nobody has written anything
# Fields that say one thing together: half of it from a list would contradict the other half.
TOGETHER = (
    ("price_mode", "price_min", "price_max"),
    ("budget", "budget_negotiable"),
    ("rd_start", "rd_end"),
    ("start_year", "end_year"),
    ("stage", "trl"),
)
_DOI = "10."  # how every DOI begins, behind its address
_NUMBER_START = re.compile(r"(?:zl|cn(?=\d)|https?://(?:dx\.)?doi\.org/|doi[:：\s]*)")
KEYS = 400  # values in one IN list: below every database's limit of bound parameters


def organisations_of(owners: Iterable[NamedOwner]) -> dict[str, Organisation]:
    """The organisations that are there already, by 统一社会信用代码 and by the key of their name."""
    keys = set()
    codes = set()
    for owner in owners:
        keys.add(owner.key)
        if owner.uscc:
            codes.add(owner.uscc)
    organisations: dict[str, Organisation] = {}
    for column, values in ((Organisation.name_key, keys), (Organisation.uscc, codes)):
        for part in chunked(sorted(values), KEYS):
            # One that was merged is looked up by its name, which leads to the one that stayed.
            query = db.select(Organisation).where(
                column.in_(part), Organisation.merged_into_id.is_(None)
            )
            for row in db.session.scalars(query):
                organisations[row.name_key] = row
                if row.uscc:
                    organisations[row.uscc] = row
    return organisations


def owner_among(
    owner: NamedOwner, organisations: Mapping[str, Organisation]
) -> Organisation | None:
    """The organisation that a row names: the code comes first, for names are written in many ways, and change.

    Args:
        owner: what the row says of it.
        organisations: what `organisations_of` gave.

    Raises:
        Invalid: its code is that of one organisation and its name that of another. A code that was copied down a
            column would give the listings of one to the other.
    """
    by_code = organisations.get(owner.uscc or "")
    return one_of_code_and_name(by_code, organisations.get(owner.key), owner.uscc)


def living_ids(
    kind: str, organisation_ids: Iterable[int]
) -> dict[tuple[int, str], int]:
    """The living listings of these organisations: (id of the organisation, key of the title) → id."""
    table = LISTINGS[kind]
    ids = {}
    for part in chunked(sorted(organisation_ids), KEYS):
        query = db.select(table.organisation_id, table.title_key, table.id).where(
            table.organisation_id.in_(part), table.state.not_in(ENDED)
        )
        for organisation_id, key, listing_id in db.session.execute(query):
            ids[organisation_id, key] = listing_id
    return ids


def numbered_ids(organisation_ids: Iterable[int]) -> dict[tuple[int, str], int]:
    """The living achievements that rest on a patent or a paper: (id of the organisation, its number) → id."""
    ids = {}
    for part in chunked(sorted(organisation_ids), KEYS):
        query = (
            db.select(
                Achievement.organisation_id,
                IntellectualProperty.number,
                IntellectualProperty.name,
                Achievement.id,
            )
            .join(Achievement.ips)
            .where(
                Achievement.organisation_id.in_(part),
                Achievement.state.not_in(ENDED),
                or_(
                    IntellectualProperty.number != "",
                    IntellectualProperty.name.contains(_DOI),
                ),
            )
            .order_by(Achievement.id.desc())
        )
        # The oldest one of a number is the last one read.
        for organisation_id, number, name, listing_id in db.session.execute(query):
            ids[organisation_id, number_key(number, name)] = listing_id
    return ids


def number_key(number: str, name: str = "") -> str:
    """What spellings of the number of a patent or paper share: without ZL (granted) or the address before a DOI.

    Args:
        number: that of a right.
        name: its name, which is the DOI of a paper: numbers are too short for it.
    """
    if not number and _DOI in name:
        number = name
    key = _NUMBER_START.sub("", number.strip().casefold())
    return "".join(key.split())


def same_listing(
    entry: Entry,
    organisation_id: int,
    living: Mapping[tuple[int, str], int],
    numbered: Mapping[tuple[int, str], int],
) -> int | None:
    """The id of the listing that a row is about: that of a number of its rights, else that of its title.

    Args:
        entry: the row.
        organisation_id: its owner.
        living: what `living_ids` gave.
        numbered: what `numbered_ids` gave; empty where numbers do not count.
    """
    if numbered:
        for right in entry.values.get("ips", ()):
            key = number_key(right.get("number") or "", right.get("name") or "")
            listing_id = numbered.get((organisation_id, key)) if key else None
            if listing_id is not None:
                return listing_id
    return living.get((organisation_id, entry.key))


def listings_by_id(kind: str, ids: Iterable[int]) -> dict[int, Achievement | Demand]:
    """Listings of a kind by id."""
    table = LISTINGS[kind]
    listings = {}
    for part in chunked(ids, KEYS):
        for row in db.session.scalars(db.select(table).where(table.id.in_(part))):
            listings[row.id] = row
    return listings


def histories_of(
    kind: str, rows: Iterable[Achievement | Demand]
) -> dict[int, list[History]]:
    """Id of a listing of a kind → its History rows, oldest first."""
    histories: dict[int, list[History]] = {row.id: [] for row in rows}
    for part in chunked(sorted(histories), KEYS):
        query = (
            db.select(History)
            .where(History.kind == kind, History.thing_id.in_(part))
            .order_by(History.id)
        )
        for entry in db.session.scalars(query):
            histories[entry.thing_id].append(entry)
    return histories


def written_by_hand(
    row: Achievement | Demand, names: Iterable[str], history: Sequence[History]
) -> set[str]:
    """Of these fields those that people have written on the site, and no import since.

    Args:
        row: the listing.
        names: fields that an import would change.
        history: its History rows, oldest first.
    """
    by_hand: set[str] = set()
    imported: set[str] = set()
    is_undone = False
    for entry in reversed(history):
        # An import that was taken back and the taking back say nothing of who wrote what: nobody wrote in between.
        if is_undone or entry.note.startswith(TAKEN_BACK):
            is_undone = not is_undone
            continue
        # The command line and what an import noted; everything else was somebody at a form.
        if entry.by_id is None or entry.note.startswith(IMPORT_NOTE):
            imported.update(entry.changed)
            continue
        written = set(entry.changed)
        # The first row names no fields: the person who began the listing wrote all that it says.
        if entry.deed == "create":
            written = {name for name in names if getattr(row, name, None) not in BLANK}
        by_hand |= written - imported
    return with_companions(by_hand) & set(names)


def with_companions(names: Iterable[str]) -> set[str]:
    """Fields, and those that say one thing together with them."""
    together = set(names)
    for fields in TOGETHER:
        if not together.isdisjoint(fields):
            together.update(fields)
    return together


def last_history(row: Achievement | Demand) -> History:
    """The newest History row of a listing that has any."""
    query = db.select(History).where(
        History.kind == row.kind, History.thing_id == row.id
    )
    last: History = db.session.scalars(query.order_by(History.id.desc()).limit(1)).one()
    return last


def listings_to_export(
    kind: str, *, reader: Reader | None, everything: bool = False
) -> Iterator[Achievement | Demand]:
    """The listings of a kind in order of id, read in batches.

    Args:
        kind: `achievement` or `demand`.
        reader: who will read the list; None for the site itself.
        everything: drafts and ended ones too, as far as the reader may open them; else what they may find.
    """
    table = LISTINGS[kind]
    allowed = table.visible_to(reader) if everything else table.findable_by(reader)
    last_id = 0
    while True:
        query = db.select(table).where(allowed, table.id > last_id)
        # By id and not by offset, which reads again what is skipped.
        rows = list(db.session.scalars(query.order_by(table.id).limit(EXPORT_BATCH)))
        yield from rows
        if len(rows) < EXPORT_BATCH:
            return
        last_id = rows[-1].id
