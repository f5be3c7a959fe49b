"""What is read of imports: one's own, their rows by state, what has become of the listings they made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Delete, Update, bindparam, func, or_

from marketplace import persistence
from marketplace.counting import Count
from marketplace.errors import NotFound
from marketplace.exchange.queries import KEYS
from marketplace.extensions import db
from marketplace.imports.life import ROW_STATES, WRITABLE
from marketplace.imports.models import ListImport, StagedRow
from marketplace.lifecycle import History
from marketplace.listings.life import DEMAND_LIFE
from marketplace.mediation.models import BrokerRequest
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, may, require
from marketplace.persistence import Page, chunked
from marketplace.verdicts.models import Verdict
from marketplace.wording import day

PAGE = 50  # rows of one page of a preview
LISTED = 20  # imports listed on the first page


@dataclass(frozen=True)
class RowPage:
    """One page of the rows of an import: rows, number from 1, pages, rows in all."""

    rows: Sequence[StagedRow]
    page: int
    pages: int
    total: int


def get_import(number: int, *, by: Reader, deed: str = "imports.read") -> ListImport:
    """An import, for somebody who may do a deed to it.

    Raises:
        NotFound: there is none, or the reader may not know of it.
        NotAllowed: they may look at it and no more.
    """
    row = persistence.find_row(ListImport, number)
    if row is None or not may(by, "imports.read", row):
        # Whether there is one is not for everybody to know, so both are answered alike.
        raise NotFound("没有这次导入。", "请从「导入清单」里重新打开。")
    require(by, deed, row)
    return row


def get_row(list_import: ListImport, number: int) -> StagedRow:
    """A row of an import. Raises NotFound."""
    query = db.select(StagedRow).filter_by(import_id=list_import.id, number=number)
    row: StagedRow | None = None
    if number <= persistence.MAX_ID:
        row = db.session.scalar(query)
    if row is None:
        raise NotFound("没有这一行。", "请从导入的页面重新打开；保存期满的行已经删除。")
    return row


def imports_of(person: Reader, page: int = 1) -> tuple[list[ListImport], Page]:
    """The imports that somebody may look at, newest first."""
    wanted: ColumnElement[bool] = ListImport.owner_id == person.id
    if may(person, "imports.read_all"):
        # True of every import: an operator looks after all of them.
        wanted = ListImport.id > 0
    elif person.handled_ids:
        wanted = or_(wanted, ListImport.organisation_id.in_(person.handled_ids))
    count = db.select(func.count()).select_from(ListImport).where(wanted)
    pages = Page(db.session.scalar(count) or 0, LISTED)
    query = db.select(ListImport).where(wanted).order_by(ListImport.id.desc())
    rows = db.session.scalars(query.limit(LISTED).offset(pages.offset(page)))
    return list(rows), pages


def undecided_imports(person: Reader) -> list[ListImport]:
    """Somebody's own imports that wait for their decision, oldest first."""
    query = db.select(ListImport).where(*_undecided(person.id)).order_by(ListImport.id)
    return list(db.session.scalars(query.limit(PAGE)))


def undecided_count(person: Reader) -> Count | int:
    """How many they are."""
    return Count(_undecided_query(), {"person_id": person.id})


@cache
def _undecided_query() -> Any:
    """Built once: the header of every page asks, and building took longer than counting."""
    query = db.select(func.count()).select_from(ListImport)
    return query.where(*_undecided(bindparam("person_id")))


def _undecided(person_id: Any) -> tuple[ColumnElement[bool], ...]:
    return ListImport.owner_id == person_id, ListImport.state == "checked"


def same_upload(wanted: ListImport) -> ListImport | None:
    """The import that the same person made of the same file to the same end, and has not decided about."""
    query = db.select(ListImport).where(
        ListImport.owner_id == wanted.owner_id,
        ListImport.sha256 == wanted.sha256,
        ListImport.listing_kind == wanted.listing_kind,
        ListImport.source == wanted.source,
        # By `is`, since a list of several organisations has none.
        ListImport.organisation_id.is_not_distinct_from(wanted.organisation_id),
        ListImport.publish.is_(wanted.publish),
        ListImport.state == "checked",
    )
    row: ListImport | None = db.session.scalar(query)
    return row


def state_counts(list_import: ListImport) -> Counter[str]:
    """State → how many rows that are not written have it; `written_` and a deed → of how many that became."""
    query = (
        db.select(StagedRow.state, StagedRow.deed, func.count())
        .where(StagedRow.import_id == list_import.id)
        .group_by(StagedRow.state, StagedRow.deed)
    )
    counts: Counter[str] = Counter()
    for state, deed, count in db.session.execute(query):
        counts[deed and f"written_{deed}" or state] += count
    return counts


def rows_page(list_import: ListImport, state: str = "", page: int = 1) -> RowPage:
    """One page of rows: what needs somebody first (conflicts, then faults), then by number.

    Args:
        list_import: the import.
        state: only this state, or `written`, or `stuck` (what could not be taken back); empty for all.
        page: from 1.
    """
    wanted = _rows_in(list_import, state)
    count = db.select(func.count()).select_from(StagedRow).where(*wanted)
    pages = Page(db.session.scalar(count) or 0, PAGE)
    order = [
        # What is written last: the page is about what is left to do.
        db.case((StagedRow.deed != "", 9), else_=_rank_of_state()),
        StagedRow.number,
    ]
    query = db.select(StagedRow).where(*wanted).order_by(*order)
    rows = db.session.scalars(query.limit(PAGE).offset(pages.offset(page)))
    return RowPage(list(rows), pages.clamp(page), pages.pages, pages.total)


def _rank_of_state() -> Any:
    ranks = {state: rank for rank, state in enumerate(ROW_STATES)}
    return db.case(ranks, value=StagedRow.state, else_=8)


def _rows_in(list_import: ListImport, state: str) -> list[ColumnElement[bool]]:
    wanted = [StagedRow.import_id == list_import.id]
    if state == "written":
        wanted.append(StagedRow.deed != "")
    elif state == "stuck":
        wanted.append(StagedRow.reason != "")
    elif state in ROW_STATES:
        wanted += [StagedRow.state == state, StagedRow.deed == ""]
    return wanted


def all_rows(list_import: ListImport, state: str = "") -> list[StagedRow]:
    """The rows of an import in the order of their numbers; `state` as of `rows_page`."""
    query = db.select(StagedRow).where(*_rows_in(list_import, state))
    return list(db.session.scalars(query.order_by(StagedRow.number)))


def twins_of(list_import: ListImport, keys: Iterable[str]) -> list[StagedRow]:
    """The rows of these titles that are not written, in the order of their numbers."""
    query = db.select(StagedRow).where(
        StagedRow.import_id == list_import.id,
        StagedRow.title_key.in_(set(keys)),
        StagedRow.deed == "",
    )
    return list(db.session.scalars(query.order_by(StagedRow.number)))


def last_number(list_import: ListImport) -> int:
    """The highest number of a row."""
    query = db.select(func.max(StagedRow.number)).where(
        StagedRow.import_id == list_import.id
    )
    return db.session.scalar(query) or 0


def next_to_write(list_import: ListImport, size: int) -> list[StagedRow]:
    """The next rows that a commit writes."""
    query = (
        db.select(StagedRow)
        .where(
            StagedRow.import_id == list_import.id,
            StagedRow.deed == "",
            StagedRow.state.in_(("new", "changed")),
        )
        .order_by(StagedRow.number)
        .limit(size)
    )
    return list(db.session.scalars(query))


def mark_same(list_import: ListImport) -> Update:
    """The statement by which the rows that change nothing are done with."""
    statement: Update = (
        db.update(StagedRow)
        .where(
            StagedRow.import_id == list_import.id,
            # A row that was marked already may not be touched again by a second process.
            StagedRow.deed == "",
            StagedRow.state == "same",
        )
        .values(deed="same")
        .execution_options(synchronize_session=False)
    )
    return statement


def delete_rows(which: ColumnElement[bool]) -> Delete:
    """The statement that removes staged rows."""
    statement: Delete = (
        db.delete(StagedRow).where(which).execution_options(synchronize_session=False)
    )
    return statement


def next_to_undo(list_import: ListImport, size: int) -> list[StagedRow]:
    """The next rows that are taken back: those that left something, and are not stuck."""
    query = (
        db.select(StagedRow)
        .where(
            StagedRow.import_id == list_import.id,
            StagedRow.deed.in_(("new", "changed")),
            # Stuck rows are passed over, or the next batch would be the same one.
            StagedRow.reason == "",
        )
        .order_by(StagedRow.number)
        .limit(size)
    )
    return list(db.session.scalars(query))


def written_ids(list_import: ListImport) -> frozenset[int]:
    """The listings that rows of an import have become."""
    query = db.select(StagedRow.listing_id).where(
        StagedRow.import_id == list_import.id,
        StagedRow.deed.in_(("new", "changed", "same")),
        StagedRow.listing_id.is_not(None),
    )
    return frozenset(one for one in db.session.scalars(query) if one is not None)


def count_writable(list_import: ListImport) -> int:
    """How many rows a commit would write."""
    query = (
        db.select(func.count())
        .select_from(StagedRow)
        .where(
            StagedRow.import_id == list_import.id,
            StagedRow.deed == "",
            StagedRow.state.in_(WRITABLE),
        )
    )
    return db.session.scalar(query) or 0


def has_stuck_rows(list_import: ListImport) -> bool:
    """Whether a row could not be taken back."""
    query = db.select(StagedRow.id).where(*_rows_in(list_import, "stuck")).limit(1)
    return db.session.scalar(query) is not None


def waiting_ids() -> list[int]:
    """The imports that are being written or taken back, oldest first."""
    query = db.select(ListImport.id).where(ListImport.state.in_(("writing", "undoing")))
    return list(db.session.scalars(query.order_by(ListImport.id)))


def last_histories(kind: str, ids: Iterable[int]) -> dict[int, int]:
    """Id of a listing → number of its last History row."""
    last = {}
    # A statement takes only so many numbers.
    for part in chunked(sorted(ids), KEYS):
        query = (
            # By number, for moments of one batch may be equal.
            db.select(History.thing_id, func.max(History.id))
            .where(History.kind == kind, History.thing_id.in_(part))
            .group_by(History.thing_id)
        )
        for thing_id, number in db.session.execute(query):
            last[thing_id] = number
    return last


def dealt_with(list_import: ListImport, rows: Sequence[StagedRow]) -> dict[int, str]:
    """Number of a row → what somebody has done with its listing since it was written.

    Args:
        list_import: the import.
        rows: rows of it that were written.
    """
    kind = list_import.listing_kind
    since = list_import.committed_at
    by_listing = {row.listing_id: row for row in rows if row.listing_id is not None}
    reasons: dict[int, str] = {}
    for part in chunked(sorted(by_listing), KEYS):
        query = (
            db.select(History)
            .where(History.kind == kind, History.thing_id.in_(part))
            .order_by(History.id)
        )
        for event in db.session.scalars(query):
            row = by_listing[event.thing_id]
            # The list's own History rows are up to that number; whatever is later somebody has done.
            if event.id > (row.history_id or 0):
                name = DEMAND_LIFE.deeds.get(event.deed, event.deed)
                reasons[row.number] = f"写入以后，{day(event.at)}又有过「{name}」。"
        judged = getattr(Verdict, f"{kind}_id")
        for listing_id in db.session.scalars(
            db.select(judged).where(judged.in_(part), Verdict.at >= since)
        ):
            row = by_listing[listing_id]
            # Not over the reason above, which says more.
            reasons.setdefault(row.number, "写入以后，有人在匹配里评价过它。")
        requested = db.select(BrokerRequest.listing_id).where(
            BrokerRequest.listing_kind == kind,
            BrokerRequest.listing_id.in_(part),
            BrokerRequest.created_at >= since,
        )
        for listing_id in db.session.scalars(requested):
            row = by_listing[listing_id]
            reasons.setdefault(row.number, "写入以后，已经为它请过技术经理人。")
    return reasons


def uploading_organisations(person: Any) -> list[Organisation]:
    """The organisations for which somebody may upload a list."""
    # Only those for which they may act today.
    return [one for one in person.organisations if one.id in person.active_ids]


def find_organisation(number: int) -> Organisation | None:
    """An organisation that stands for itself, by its number."""
    row = persistence.find_row(Organisation, number)
    # A merged one has no listings of its own any more.
    if row is None or row.merged_into_id is not None:
        return None
    return row


def standing_organisations() -> list[Organisation]:
    """Every organisation that stands for itself and is not suspended, by name, for an operator's list."""
    query = (
        db.select(Organisation)
        .where(Organisation.merged_into_id.is_(None))
        .order_by(Organisation.name)
        # A box of more names could not be used; the list may name the organisation in its rows instead.
        .limit(2_000)
    )
    return [one for one in db.session.scalars(query) if one.is_active]
