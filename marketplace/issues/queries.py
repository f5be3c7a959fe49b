"""What is read of published lists: the archive, one issue, its lines with what became of them, and proofs.

Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, extract, func, or_, select
from sqlalchemy.orm import lazyload, selectinload

from marketplace import contributions
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.issues.columns import place_of
from marketplace.issues.content import Content
from marketplace.issues.models import (
    CHOSEN_BY,
    KINDS,
    Issue,
    IssueFile,
    IssueProof,
    IssueRow,
)
from marketplace.listings.disclosure import view_of
from marketplace.listings.life import OPEN_STATES
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.listings.queries import without_children
from marketplace.permissions import Guest, Reader, may, publishing_ids
from marketplace.persistence import Page, find_row

PAGE_SIZE = 50  # issues of a page of the archive
NEWEST = 10  # of each kind on its first page
LINES_SIZE = 100  # lines of a page of an issue
MAX_PROOFS = 100
CITY = "city"  # what the address calls the holder that is no organisation
GUEST = Guest()
# State → (what became of a listing, how it looks).
FATES = {
    "expired": ("已过期", "plain"),
    "solved": ("已解决", "good"),
    "closed": ("已结束", "plain"),
    "withdrawn": ("已撤回", "over"),
    "suspended": ("暂停公开", "over"),
    "archived": ("已归档", "over"),
}
HELD = "（被举报，暂停展示）"
GONE = ("不再公开", "over")


@dataclass(frozen=True)
class Fate:
    """What became of a line since it was published, as of this moment.

    Attributes:
        text, look: in a word, and how that looks.
        is_withdrawn: it keeps its line and is marked.
        listing: (kind, number) of the page that a guest may open; None where there is none.
    """

    text: str
    look: str
    is_withdrawn: bool = False
    listing: tuple[str, int] | None = None


@dataclass(frozen=True)
class IssuePage:
    """A page of the lines of an issue.

    Attributes:
        lines: (number of the line, its cells, what became of it).
        number, pages: the page, from 1, and how many there are.
    """

    lines: list[tuple[int, tuple[str, ...], Fate]]
    number: int
    pages: int


def untouched_proof(proof: IssueProof) -> IssueProof | None:
    """The proof that the same person has begun with the values of a new one and not touched since; None: none."""
    chosen = [getattr(IssueProof, name) == getattr(proof, name) for name in CHOSEN_BY]
    query = select(IssueProof).where(
        IssueProof.owner_id == proof.owner_id,
        IssueProof.kind == proof.kind,
        IssueProof.organisation_id.is_not_distinct_from(proof.organisation_id),
        IssueProof.state == "open",
        # The first revision: no line was taken out or moved yet.
        IssueProof.revision == 1,
        IssueProof.since == proof.since,
        IssueProof.until == proof.until,
        *chosen,
    )
    begun: IssueProof | None = db.session.scalar(query.order_by(IssueProof.id).limit(1))
    return begun


def get_issue(issue_id: int, *, held_too: bool = False) -> Issue:
    """A published issue; one that is hidden for now only where the site itself wants it. Raises NotFound."""
    issue = find_row(Issue, issue_id)
    is_held = not held_too and issue_id in contributions.held_ids("issue")
    # Hidden while a complaint is open, and answered like a missing one.
    if issue is None or is_held:
        raise NotFound("没有找到这一期清单。", "可以从「清单」里重新打开。")
    return issue


def issue_of(proof: IssueProof) -> Issue | None:
    """What a proof was published as; None where it was not, or where nobody may see it for now."""
    query = db.select(Issue).where(Issue.proof_id == proof.id, _is_shown())
    return db.session.scalars(query).one_or_none()


def get_file(issue: Issue, format: str) -> IssueFile:
    """A file of an issue. Raises NotFound: it is not rendered yet."""
    row: IssueFile | None = db.session.get(IssueFile, (issue.id, format))
    if row is None:
        raise NotFound("文件正在生成。", "一般一分钟内就有，请稍后再下载。")
    return row


def line_title(issue: Issue, position: int) -> str:
    """What stands first on a line. Raises NotFound."""
    rows = issue.as_read.rows
    if not 1 <= position <= len(rows):
        raise NotFound(f"没有第 {position} 项。", f"这一期有 {len(rows)} 项。")
    title: str = rows[position - 1][0]
    return title


def lines_page(issue: Issue, content: Content, number: int) -> IssuePage:
    """A page of lines, each with what became of it."""
    page = Page(len(content.rows), LINES_SIZE)
    first = page.offset(number)
    rows = content.rows[first : first + LINES_SIZE]
    fates = _fates_of(issue, first, rows)
    held = contributions.held_ids("issue_line")
    lines = []
    for place, cells in enumerate(rows, first + 1):
        if (issue.id, place) in held:
            # The line stays, as it was published; what it says is not shown for now.
            cells = (HELD, *("" for _ in cells[1:]))
            fates[place] = Fate(*FATES["suspended"], is_withdrawn=True)
        # A listing that is not there any more is as withdrawn as one that says so.
        lines.append((place, cells, fates.get(place, Fate(*GONE, is_withdrawn=True))))
    return IssuePage(lines, page.clamp(number), page.pages)


def _fates_of(
    issue: Issue, first: int, rows: Collection[tuple[str, ...]]
) -> dict[int, Fate]:
    """Number of a line → what became of its listing."""
    standing = db.session.execute(
        db.select(IssueRow.position, IssueRow.listing_id).where(
            IssueRow.issue_id == issue.id,
            IssueRow.position > first,
            IssueRow.position <= first + len(rows),
        )
    ).all()
    places = {listing_id: place for place, listing_id in standing}
    table = LISTINGS[issue.kind]
    query = db.select(table).where(table.id.in_(places))
    fates = {}
    holder = place_of(issue.kind, "organisations")
    cells_of = dict(enumerate(rows, first + 1))
    for row in db.session.scalars(query.options(*without_children(issue.kind))):
        place = places[row.id]
        fates[place] = _fate_of(row, cells_of[place][holder])
    return fates


def _fate_of(row: Achievement | Demand, holder: str) -> Fate:
    listing = None
    if row.state in OPEN_STATES and row.visibility != "confidential":
        view = view_of(row, GUEST)
        # Whose it is and was named then may be unnamed by now: its page is not tied to the old name from here.
        if view.knows.firm or holder == view.holder:
            listing = (row.kind, row.id)
    elif row.state in OPEN_STATES:
        return Fate(*GONE, is_withdrawn=True)
    # By the day too: the job that moves what is over runs at night.
    state = row.state
    if state == "published" and not row.in_matching:
        state = "expired"
    if state == "published":
        return Fate("仍在公开", "good", listing=listing)
    if getattr(row, "is_solved", False):
        state = "solved"
    text, look = FATES.get(state, GONE)
    return Fate(text, look, is_withdrawn=look == "over", listing=listing)


# -- the archive -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ArchiveFilters:
    """What the archive is narrowed to; empty: to nothing.

    Attributes:
        kind: of the lists.
        year: in which they were published.
        holder: `city`, or the number of an organisation.
    """

    kind: str = ""
    year: int = 0
    holder: str = ""

    @classmethod
    def from_address(cls, args: Any) -> ArchiveFilters:
        """What an address says; what it cannot mean is left out."""
        kind = args.get("kind", "")
        year = args.get("year", 0, type=int)
        holder = args.get("holder", "")
        is_number = holder.isascii() and holder.isdigit() and len(holder) < 10
        return cls(
            kind=kind if kind in KINDS else "",
            # Years that a date can bear on both ends.
            year=year if 2000 <= year <= 9998 else 0,
            holder=holder if holder == CITY or is_number else "",
        )

    def address_values(self, **changes: Any) -> dict[str, Any]:
        """The parts of the address, some of them changed; what narrows nothing is left out."""
        values = {"kind": self.kind, "year": self.year, "holder": self.holder}
        return {name: value for name, value in (values | changes).items() if value}

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same in SQL, but for the kind."""
        parts: list[ColumnElement[bool]] = []
        if self.year:
            first, last = date(self.year, 1, 1), date(self.year, 12, 31)
            parts.append(Issue.published_on.between(first, last))
        if self.holder == CITY:
            parts.append(Issue.organisation_id.is_(None))
        elif self.holder:
            parts.append(Issue.organisation_id == int(self.holder))
        return parts


@dataclass(frozen=True)
class ArchivePage:
    """A page of the issues of a kind.

    Attributes:
        kind: of the lists.
        issues: newest first.
        total: how many there are in all.
        number, pages: the page, from 1, and how many there are.
    """

    kind: str
    issues: list[Issue]
    total: int
    number: int
    pages: int


def archive_page(filters: ArchiveFilters, kind: str, number: int) -> ArchivePage:
    """A page of the issues of a kind."""
    query = db.select(Issue).where(
        Issue.kind == kind, _is_shown(), *filters.conditions()
    )
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    # Next to those of the other kind only the newest stand; the rest is one link away.
    page = Page(total, PAGE_SIZE if filters.kind else NEWEST)
    rows = _newest_first(query).offset(page.offset(number)).limit(page.size)
    issues = list(db.session.scalars(rows.options(selectinload(Issue.corrections))))
    return ArchivePage(kind, issues, total, page.clamp(number), page.pages)


def _is_shown() -> ColumnElement[bool]:
    """Filter: nobody hides the issue for now."""
    return Issue.id.not_in(contributions.held_ids("issue"))


def _newest_first(query: Select[tuple[Issue]]) -> Select[tuple[Issue]]:
    return query.order_by(Issue.published_on.desc(), Issue.id.desc())


def newest_issues(count: int) -> list[Issue]:
    """The issues that were published last, of both kinds."""
    return list(
        db.session.scalars(
            _newest_first(db.select(Issue).where(_is_shown())).limit(count)
        )
    )


def archive_years() -> list[int]:
    """The years in which anything was published, newest first."""
    year = extract("year", Issue.published_on)
    return sorted(db.session.scalars(select(year).distinct()), reverse=True)


def archive_holders() -> list[tuple[str, str]]:
    """(how the address calls a holder, its name), of everybody who has published a list; the city first."""
    # A holder may have been renamed between two issues; one of its names represents it in the list.
    query = select(Issue.organisation_id, func.max(Issue.holder))
    rows = db.session.execute(query.group_by(Issue.organisation_id)).tuples()
    holders = []
    for number, name in rows:
        holders.append((CITY if number is None else str(number), name))
    return sorted(holders, key=lambda one: (one[0] != CITY, one[1]))


def issues_of(row: Achievement | Demand) -> list[Issue]:
    """The issues in which a listing stands, newest first."""
    place = {"kind": row.kind, "listing": row.id}
    return list(db.session.scalars(_issues_query(), place))


@cache
def _issues_query() -> Select[Any]:
    """Built once, for the page of every listing asks; it names the issues and shows none of their files."""
    query = (
        db.select(Issue)
        .join(IssueRow, IssueRow.issue_id == Issue.id)
        .where(
            IssueRow.kind == bindparam("kind"),
            IssueRow.listing_id == bindparam("listing"),
        )
        .options(lazyload(Issue.files))
    )
    return _newest_first(query).limit(NEWEST)


# -- proofs ------------------------------------------------------------------------------------------------------------


def get_proof(proof_id: int, *, by: Reader) -> IssueProof:
    """A proof that somebody may work on.

    Raises:
        NotFound: there is none, or it is another holder's.
    """
    proof = find_row(IssueProof, proof_id)
    if proof is None or not may(by, "issue.prepare", proof):
        raise NotFound("没有找到这份校样。", "可以从「发布清单」里重新打开。")
    return proof


def open_proofs(reader: Reader) -> list[IssueProof]:
    """The proofs that somebody may work on, newest first."""
    query = db.select(IssueProof).where(IssueProof.state == "open", _held_by(reader))
    return list(
        db.session.scalars(query.order_by(IssueProof.id.desc()).limit(MAX_PROOFS))
    )


def open_city_count() -> int:
    """How many proofs of the city there are."""
    query = select(func.count()).select_from(IssueProof)
    return (
        db.session.scalar(
            query.where(
                IssueProof.state == "open", IssueProof.organisation_id.is_(None)
            )
        )
        or 0
    )


def _held_by(reader: Reader) -> ColumnElement[bool]:
    """Filter of proofs: those of the holders for whom somebody publishes."""
    parts: list[ColumnElement[bool]] = [
        IssueProof.organisation_id.in_(publishing_ids(reader))
    ]
    if may(reader, "issue.publish_city"):
        parts.append(IssueProof.organisation_id.is_(None))
    return or_(*parts)


def next_number(kind: str, organisation_id: int | None) -> int:
    """The number that an issue published now would get."""
    query = select(func.max(Issue.number)).where(
        Issue.kind == kind, _of_holder(organisation_id)
    )
    return (db.session.scalar(query) or 0) + 1


def latest_until(kind: str, organisation_id: int | None) -> date | None:
    """The last day of the period of the newest issue: the next one goes on from there."""
    query = select(func.max(Issue.until)).where(
        Issue.kind == kind, _of_holder(organisation_id)
    )
    last: date | None = db.session.scalar(query)
    return last


def _of_holder(organisation_id: int | None) -> ColumnElement[bool]:
    # None becomes "is null": the city's.
    return Issue.organisation_id == organisation_id
