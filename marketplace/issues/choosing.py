"""Which listings a list holds: what a guest may find, by the day it was published and what a guest may know of it.

What stands on a line is written in `columns.py`. Nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, String, cast

from marketplace.audit.entries import canonical
from marketplace.clock import begin_of_day
from marketplace.dictionaries.models import (
    Chain,
    HitechField,
    current_districts,
    names_by_code,
)
from marketplace.extensions import db
from marketplace.issues.columns import LineWriter
from marketplace.issues.content import MAX_ROWS, sha256_of
from marketplace.issues.models import IssueProof
from marketplace.listings.disclosure import View, view_of
from marketplace.listings.models import LISTINGS
from marketplace.listings.schema import terms
from marketplace.organisations.models import Organisation
from marketplace.permissions import Guest

GUEST = Guest()


@dataclass(frozen=True)
class Line:
    """A listing on a proof.

    Attributes:
        listing_id: its number.
        cells: what a guest may know of it, column by column.
    """

    listing_id: int
    cells: tuple[str, ...]


@dataclass
class Choice:
    """What a proof holds at this moment.

    Attributes:
        lines: what will be published, in order.
        left_out: what somebody took out of it.
        is_cut: more fit than one issue takes.
    """

    lines: list[Line] = field(default_factory=list)
    left_out: list[Line] = field(default_factory=list)
    is_cut: bool = False

    @property
    def fingerprint(self) -> str:
        """What somebody who publishes it has seen: a line that changes meanwhile is noticed by it."""
        # Numbers and cells: another listing with the same words is another line.
        seen = [[line.listing_id, *line.cells] for line in self.lines]
        return sha256_of(canonical(seen).encode())


def choose_lines(proof: IssueProof) -> Choice:
    """The lines of a proof as its listings are now."""
    writer = LineWriter(proof.kind)
    choice = Choice()
    left_out = set(proof.left_out)
    fitting = 0
    # Without a limit, for nobody knows how many of them the view does not open; it ends one beyond the limit.
    query = _candidates(proof).execution_options(yield_per=500)
    # Closed at once: a cursor of the server would stay open where the loop ends early.
    with closing(db.session.scalars(query)) as rows:
        for row in rows:
            view = view_of(row, GUEST)
            # The database narrowed by what is stored; an unnamed firm's district, say, must not be known by being here.
            if not _is_open_about(proof, view):
                continue
            fitting += 1
            # One beyond the limit is enough to know that the proof has to be narrowed.
            if fitting > MAX_ROWS:
                choice.is_cut = True
                break
            line = Line(row.id, writer.cells_of(view))
            if row.id in left_out:
                choice.left_out.append(line)
            else:
                choice.lines.append(line)
    places = {number: place for place, number in enumerate(proof.arranged)}
    # Stable: what nobody has placed follows by the day it was published.
    choice.lines.sort(key=lambda line: places.get(line.listing_id, len(places)))
    return choice


def _candidates(proof: IssueProof) -> Select[Any]:
    table: Any = LISTINGS[proof.kind]
    query = db.select(table).where(
        # As a guest: a list is for everybody, whoever publishes it.
        table.findable_by(GUEST),
        table.published_at >= begin_of_day(proof.since),
        # Until the end of the last day in China, both days included.
        table.published_at < begin_of_day(proof.until + timedelta(days=1)),
    )
    if proof.organisation_id is not None:
        # Whoever is unnamed, or only partly public, would be named by the list of their own house.
        query = query.where(
            table.organisation_id == proof.organisation_id,
            table.visibility == "public",
        )
        if proof.kind == "demand":
            query = query.where(table.anonymous.is_(False))
    if proof.chain_code:
        query = query.where(table.chain_code == proof.chain_code)
    if proof.field_code:
        # A list of codes as JSON text; a code begins with those of the level above it. Narrowed exactly by the view.
        codes = cast(table.field_codes, String)
        query = query.where(codes.like(f'%"{proof.field_code}%'))
    if proof.district_code:
        query = query.join(Organisation, table.organisation_id == Organisation.id)
        query = query.where(Organisation.district_code == proof.district_code)
    if proof.need and proof.kind == "demand":
        query = query.where(table.need == proof.need)
    ordered: Select[Any] = query.order_by(table.published_at, table.id)
    return ordered


def _is_open_about(proof: IssueProof, view: View) -> bool:
    """Whether a guest may know of a listing everything that the list is narrowed to."""
    if proof.chain_code and view.chain_code != proof.chain_code:
        return False
    if proof.district_code:
        district = view.district
        if district is None or district.code != proof.district_code:
            return False
    if proof.need and proof.kind == "demand" and view.need != proof.need:
        return False
    if not proof.field_code:
        return True
    # By its beginning: a list of a field of level 1 holds those of level 2 below it.
    return any(code.startswith(proof.field_code) for code in view.field_codes)


def narrowing_options() -> dict[str, dict[str, str]]:
    """Field of a proof → code → name, of everything a list may be narrowed to."""
    fields = names_by_code(HitechField)
    return {
        "chain_code": names_by_code(Chain),
        "field_code": {code: fields[code] for code in fields if len(code) == 2},
        "district_code": dict(current_districts()),
        "need": dict(terms.NEEDS),
    }


_NARROWED_BY = {
    "chain_code": "产业链",
    "field_code": "技术领域",
    "district_code": "县市区",
    "need": "需求类别",
}


def narrowed_words(proof: IssueProof) -> str:
    """What a list is narrowed to, besides its days, in words; empty: to nothing."""
    return "；".join(_narrowed_parts(proof))


def _narrowed_parts(proof: IssueProof) -> Iterator[str]:
    options = narrowing_options()
    for name, label in _NARROWED_BY.items():
        code = getattr(proof, name)
        # A chain that was renamed or retired since is called by its code rather than by nothing.
        if code and (name != "need" or proof.kind == "demand"):
            yield f"{label}：{options[name].get(code, code)}"
