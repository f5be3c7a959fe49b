"""A version of a dictionary is brought into its table and to what names its codes, and taken back (no commit here).

Who decides it is in `deeds.py`; what a version says, in `dictionary_lines.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm.attributes import flag_modified

from marketplace.clock import today
from marketplace.dictionaries.models import Chain, District, HitechField
from marketplace.extensions import db
from marketplace.listings import places
from marketplace.listings.models import LISTINGS, Row
from marketplace.organisations.models import Organisation
from marketplace.wordlists.dictionary_lines import Entry, replaced_codes
from marketplace.wordlists.models import MovedCode

BATCH = 500  # rows read and written at a time


def present_entries(dictionary: str) -> dict[str, Entry]:
    """Code → entry, as the table has them now."""
    if dictionary == "chains":
        chains = db.session.scalars(
            # In the order of the list, so that a draft begins as people see the chains.
            db.select(Chain).order_by(Chain.position, Chain.code)
        )
        return {
            one.code: Entry(
                one.code,
                one.name,
                position=one.position,
                official=one.official,
                active=one.active,
                successor=one.successor,
            )
            for one in chains
        }
    if dictionary == "districts":
        districts = db.session.scalars(db.select(District).order_by(District.code))
        return {
            one.code: Entry(
                one.code,
                one.name,
                kind=one.kind,
                # A district that was abolished is not offered, though its code stays valid for what was seated there.
                active=not one.valid_to,
                successor=one.successor,
                until=one.valid_to,
            )
            for one in districts
        }
    fields = db.session.scalars(db.select(HitechField).order_by(HitechField.code))
    return {
        one.code: Entry(one.code, one.name, active=one.active, successor=one.successor)
        for one in fields
    }


def apply_entries(
    dictionary: str, before: Mapping[str, Entry], after: Mapping[str, Entry]
) -> None:
    """Write to the table in what two versions differ, then move what names a code that was handed over, or back.

    What somebody changed in the table by another way stays, unless the versions differ in that very entry.

    Args:
        dictionary: which one.
        before, after: code → entry of the version that was in force, and of the one that comes into force.
    """
    # Those that only one of both versions has are among them.
    for code in (*before, *after):
        entry = after.get(code)
        if entry is None:
            # It came with the version that is left: whoever named it meanwhile goes on naming it.
            entry = _retired(before[code])
        if entry != before.get(code):
            _write_entry(dictionary, entry)
    # What names the codes is looked up below, and the foreign keys need the new entries first.
    db.session.flush()
    replaced = replaced_codes(after)
    # First back, then on: a code may be handed over to another one than before.
    _move_back(dictionary, replaced)
    _move_on(dictionary, replaced)
    # A firm that is in another district now may share its place with others, or no longer.
    places.settle_places()


def _retired(entry: Entry) -> Entry:
    # Only districts have a year: for them it is the mark of having been abolished.
    until = str(today().year) if entry.kind else ""
    return replace(entry, active=False, successor="", until=until)


def _write_entry(dictionary: str, entry: Entry) -> None:
    if dictionary == "chains":
        chain = db.session.get(Chain, entry.code) or Chain(code=entry.code)
        chain.name, chain.position = entry.name, entry.position
        chain.official, chain.active = entry.official, entry.active
        chain.successor = entry.successor
        db.session.add(chain)
    elif dictionary == "districts":
        district = db.session.get(District, entry.code)
        if district is None:
            # All districts of the dictionary are in 聊城 (371500), and no line names a parent.
            district = District(code=entry.code, parent="371500")
            db.session.add(district)
        district.name, district.kind = entry.name, entry.kind
        district.valid_to, district.successor = entry.until, entry.successor
    else:
        field = db.session.get(HitechField, entry.code)
        if field is None:
            # Two digits are level 1, three are level 2, whose first two name the parent.
            level = len(entry.code) - 1
            parent = entry.code[:2] if level > 1 else ""
            field = HitechField(code=entry.code, level=level, parent=parent)
            db.session.add(field)
        field.name, field.active = entry.name, entry.active
        field.successor = entry.successor


def _move_on(dictionary: str, replaced: Mapping[str, str]) -> None:
    """Let what names a code that was handed over name the other one, and note what it named."""
    for kind, rows in _naming(dictionary, replaced):
        for row in rows:
            # The codes as they were read: the row changes while they are walked through.
            for code in _codes_of(dictionary, row):
                if code in replaced:
                    _move_row(dictionary, kind, row, code, replaced[code])
        db.session.flush()


def _move_row(
    dictionary: str, kind: str, row: Row | Organisation, code: str, by: str
) -> None:
    # Noted only where something moved, or leaving the version would move it back for nothing.
    if _replace(dictionary, row, code, by):
        moved = MovedCode(
            dictionary=dictionary,
            thing_kind=kind,
            thing_id=row.id,
            was=code,
            became=by,
        )
        db.session.add(moved)


def _move_back(dictionary: str, replaced: Mapping[str, str]) -> None:
    """Let what was moved by a version that is left name again what it named, unless somebody changed it since."""
    query = db.select(MovedCode).where(MovedCode.dictionary == dictionary)
    for moved in db.session.scalars(query).all():
        # The coming version hands it over to the same code as well, so it stays where it is.
        if replaced.get(moved.was) == moved.became:
            continue
        row: Any  # both have the codes that `_codes_of` reads
        if dictionary == "districts":
            row = db.session.get(Organisation, moved.thing_id)
        else:
            row = db.session.get(LISTINGS[moved.thing_kind], moved.thing_id)
        # Somebody may have named another code since; that is theirs and stays.
        if row is not None and moved.became in _codes_of(dictionary, row):
            _replace(dictionary, row, moved.became, moved.was)
        db.session.delete(moved)
    db.session.flush()


def _naming(
    dictionary: str, replaced: Mapping[str, str]
) -> Iterator[tuple[str, list[Row] | list[Organisation]]]:
    """(kind, rows that name one of these codes), some at a time."""
    if not replaced:
        return
    if dictionary == "districts":
        query = db.select(Organisation).where(Organisation.district_code.in_(replaced))
        yield "organisation", list(db.session.scalars(query))
        return
    for kind, table in LISTINGS.items():
        # The numbers first: rows that are moved leave the query, and the next batch would pass over others.
        ids = _listing_ids(dictionary, table, replaced)
        for start in range(0, len(ids), BATCH):
            piece = db.select(table).where(table.id.in_(ids[start : start + BATCH]))
            yield kind, list(db.session.scalars(piece))


def _listing_ids(
    dictionary: str, table: type[Row], replaced: Mapping[str, str]
) -> list[int]:
    if dictionary == "chains":
        query = db.select(table.id).where(table.chain_code.in_(replaced))
        return list(db.session.scalars(query.order_by(table.id)))
    # A list in one column: both kinds of database would need another query for it.
    rows = db.session.execute(db.select(table.id, table.field_codes))
    return [row.id for row in rows if not replaced.keys().isdisjoint(row.field_codes)]


def _codes_of(dictionary: str, row: Row | Organisation) -> list[str]:
    if isinstance(row, Organisation):
        return [row.district_code] if row.district_code else []
    if dictionary == "chains":
        return [row.chain_code] if row.chain_code else []
    return list(row.field_codes)


def _replace(dictionary: str, row: Row | Organisation, code: str, by: str) -> bool:
    """Let a row name another code. Returns False where it names both already: nothing is moved then."""
    if isinstance(row, Organisation):
        row.district_code = by
        _touch_listings(row)
        return True
    if dictionary == "chains":
        row.chain_code = by
    else:
        # A list with one code twice would count twice in every facet.
        if by in row.field_codes:
            return False
        codes = list(row.field_codes)
        codes[codes.index(code)] = by
        # A list of its own: a change inside the stored one is not noticed.
        row.field_codes = codes
    # Nobody changed what it says: its date stays, though its revision rises and its copies follow.
    flag_modified(row, "updated_at")
    return True


def _touch_listings(organisation: Organisation) -> None:
    """Let index and matchers follow what stands in the row of the owner."""
    for table in LISTINGS.values():
        query = db.select(table).where(table.organisation_id == organisation.id)
        # The district of a listing is that of its owner, and its copies hold it.
        for row in db.session.scalars(query):
            flag_modified(row, "updated_at")
