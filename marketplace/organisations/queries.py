"""What is read of organisations. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_
from sqlalchemy.orm import aliased

from marketplace.clock import day_in_china
from marketplace.counting import as_count
from marketplace.errors import Invalid, NotFound, NotNow
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.organisations.models import (
    Organisation,
    OrganisationMerge,
    OrganisationName,
    TwinCrowd,
    TwinPair,
    key_of,
)
from marketplace.persistence import Page, find_row
from marketplace.workdays.calendar import VERIFY_DAYS, Calendar, Deadline
from marketplace.workdays.queries import load_calendar

# Rows of one page in the office.
PAGE = 50


def find_organisation(name: str, uscc: str | None = None) -> Organisation | None:
    """The organisation of that code, else of that name, a former name or an alias (spelling aside).

    A row that was merged leads to the one that stayed.
    """
    # The code first: names change and are spelt in many ways, a code belongs to one body for good.
    organisation: Organisation | None = None
    if uscc:
        by_code = db.select(Organisation).where(Organisation.uscc == uscc)
        organisation = db.session.scalar(by_code)
    key = key_of(name)
    if organisation is None and key:
        by_name = db.select(Organisation).where(Organisation.name_key == key)
        organisation = db.session.scalar(by_name) or _find_by_other_name(key)
    # A row may be merged into one that is merged itself; no circle can arise, for a merged row takes part in no
    # merge.
    while organisation is not None and organisation.merged_into_id is not None:
        organisation = db.session.get(Organisation, organisation.merged_into_id)
    return organisation


def one_of_code_and_name(
    by_code: Organisation | None, by_name: Organisation | None, code: str | None
) -> Organisation | None:
    """The organisation that a list means which gives both: that of the code, else that of the name.

    Args:
        by_code, by_name: who has the code, and who bears the name; None where nobody does.
        code: the code, as it is said.

    Raises:
        Invalid: they belong to two of them: only a person can tell which one is meant.
    """
    if by_code is not None and by_name is not None and by_code.id != by_name.id:
        raise Invalid(
            f"代码 {code} 在平台登记给「{by_code.name}」，名称却是「{by_name.name}」的。",
            "请核对；是同一个单位的，先在「疑似重复单位」里合并。",
        )
    return by_code or by_name


def refuse_former_name(organisation: Organisation, name: str) -> None:
    """Refuse a code for an organisation that is known by a former name or an alias only.

    Who bore a name once need not be who bears it now: the code would go to the wrong one.

    Raises:
        Invalid.
    """
    if organisation.name_key == key_of(name):
        return
    message = f"「{name}」是平台上「{organisation.name}」的曾用名或别名，不能确定代码是不是它的。"
    advice = "是同一个单位的，请改成现在的名称。"
    raise Invalid(message, advice, problems={"uscc": [message]})


def holder_of_name(name: str) -> Organisation | None:
    """The row that has this very name (spelling aside), in use or merged; former names and aliases do not count."""
    query = db.select(Organisation).where(Organisation.name_key == key_of(name))
    holder: Organisation | None = db.session.scalar(query)
    return holder


def _find_by_other_name(key: str) -> Organisation | None:
    query = (
        db.select(Organisation)
        .join(OrganisationName, OrganisationName.organisation_id == Organisation.id)
        .where(OrganisationName.name_key == key)
        # Two are enough to know that the name is ambiguous.
        .limit(2)
    )
    rows = list(db.session.scalars(query))
    # A name that two bodies had says nothing of which is meant.
    return rows[0] if len(rows) == 1 else None


def get_organisation(organisation_id: int) -> Organisation:
    """The organisation of that number.

    Raises:
        NotFound: there is none.
    """
    row = find_row(Organisation, organisation_id)
    if row is None:
        raise NotFound("没有找到这个单位。", "网址可能有误，可以用搜索找找看。")
    return row


def unverified_page(page: int) -> tuple[list[Organisation], int, int]:
    """Those that are not verified, or object to being suspended: (rows of a page, its number, number of pages).

    First those that wait for an operator, the longest waiting first; then those that a list brought and nobody belongs
    to; last those that have been asked for more.
    """
    unverified = or_(Organisation.state == "unverified", _has_appealed())
    count = db.select(func.count()).where(unverified)
    arithmetic = Page(db.session.scalar(count) or 0, PAGE)
    query = (
        db.select(Organisation)
        .where(unverified)
        .order_by(
            Organisation.state_note != "",
            Organisation.waiting_since.is_(None),
            Organisation.waiting_since,
            # By number too: a list enters hundreds in one moment, and pages must not overlap.
            Organisation.id,
        )
        .limit(PAGE)
        .offset(arithmetic.offset(page))
    )
    return list(db.session.scalars(query)), arithmetic.clamp(page), arithmetic.pages


@as_count()
def unverified_count() -> Any:
    """How many wait for an operator to verify them, or to answer what they say of their suspension.

    Not those that have been asked for more, nor those of lists, which nobody belongs to.
    """
    unverified = and_(
        Organisation.state == "unverified",
        Organisation.state_note == "",
        Organisation.waiting_since.is_not(None),
    )
    return db.select(func.count()).where(or_(unverified, _has_appealed()))


def _has_appealed() -> ColumnElement[bool]:
    """`Organisation.has_appealed`, in SQL."""
    return and_(Organisation.state == "suspended", Organisation.state_note == "")


def verification_due(
    organisation: Organisation, calendar: Calendar | None = None
) -> Deadline | None:
    """Until when operators verify an organisation, or answer it; None where they have nothing to do or nobody waits.

    Args:
        organisation: the row.
        calendar: the working days, where the caller has read them already.
    """
    since = organisation.waiting_since
    waits = organisation.state == "unverified" and not organisation.is_asked
    if since is None or not (waits or organisation.has_appealed):
        return None
    calendar = calendar or load_calendar()
    return calendar.after_workdays(day_in_china(since), VERIFY_DAYS)


def _undecided() -> Select[tuple[TwinPair]]:
    """The pairs that nobody has decided on, whose rows both are in use."""
    one, other = aliased(Organisation), aliased(Organisation)
    query: Select[tuple[TwinPair]] = (
        db.select(TwinPair)
        .join(one, one.id == TwinPair.one_id)
        .join(other, other.id == TwinPair.other_id)
        .where(
            TwinPair.state == "proposed",
            # A merge leaves other proposed pairs of the row that is gone; there is nothing left to decide about them.
            one.state != "merged",
            other.state != "merged",
        )
    )
    return query


def proposed_count() -> int:
    """How many pairs wait for somebody to decide."""
    query = db.select(func.count()).select_from(_undecided().subquery())
    return db.session.scalar(query) or 0


def proposed_twins(page: int = 1) -> list[TwinPair]:
    """A page of the pairs that nobody has decided on: those that are sure first, then oldest first.

    Args:
        page: its number, from 1.
    """
    query = (
        _undecided()
        .order_by(
            TwinPair.is_sure.desc(), TwinPair.at, TwinPair.one_id, TwinPair.other_id
        )
        .limit(PAGE)
        .offset(Page(proposed_count(), PAGE).offset(page))
    )
    return list(db.session.scalars(query))


def merge_obstacle(gone: Organisation, kept: Organisation) -> NotNow | None:
    """Why one organisation may not be merged into another as both are now; None where it may.

    For the deed and for the pages that offer it.
    """
    # Chains are built by merging the row that stayed; a row that is merged already leads on.
    if gone.id == kept.id:
        return NotNow(
            "这就是同一个单位，不能并入它自己。", "写另一个单位的名称或代码。"
        )
    for row in (gone, kept):
        if row.state == "merged":
            return NotNow(
                f"「{row.name}」已经合并过，不能再合并。",
                "打开它的页面看并入了哪个单位；合并错了的，先在那里撤销。",
            )
    # Merged, its people could act again, or what the other has published would be that of a suspended one.
    for row in (gone, kept):
        if row.state == "suspended":
            return NotNow(
                f"「{row.name}」已暂停，不能合并。",
                "先恢复它；合并后仍要暂停的，再暂停。",
            )
    if gone.uscc and kept.uscc and gone.uscc != kept.uscc:
        return NotNow(
            f"两个单位的统一社会信用代码不同（{gone.uscc}、{kept.uscc}）。",
            "代码不同就不是同一个单位；填错的请先改代码。",
        )
    return None


def crowded_brands() -> list[TwinCrowd]:
    """The brands that too many organisations bear to be compared, the most crowded first."""
    order = (TwinCrowd.bearers.desc(), TwinCrowd.key)
    return list(db.session.scalars(db.select(TwinCrowd).order_by(*order)))


def merges_of(organisation: Organisation) -> list[OrganisationMerge]:
    """The merges an organisation took part in that were not undone, newest first."""
    query = db.select(OrganisationMerge).where(
        or_(
            OrganisationMerge.kept_id == organisation.id,
            OrganisationMerge.gone_id == organisation.id,
        ),
        # Only what may still be undone is offered.
        OrganisationMerge.undone_at.is_(None),
    )
    return list(db.session.scalars(query.order_by(OrganisationMerge.id.desc())))


def get_merge(merge_id: int) -> OrganisationMerge:
    """The merge of that number. Raises NotFound."""
    row = find_row(OrganisationMerge, merge_id)
    if row is None:
        raise NotFound("没有找到这次合并。", "请从单位页面进入。")
    return row


def history_of_organisation(organisation: Organisation) -> list[History]:
    """What was done to an organisation, newest first; at most 100."""
    query = db.select(History).where(
        History.kind == "organisation", History.thing_id == organisation.id
    )
    return list(db.session.scalars(query.order_by(History.id.desc()).limit(PAGE * 2)))


def names_of_organisations(ids: Iterable[int]) -> dict[str, str]:
    """Id, as an address writes it → name, of the organisations with these ids."""
    # Two columns through the core connection: a search names dozens, and whole rows cost three times as much.
    query = db.select(Organisation.id, Organisation.name).where(
        Organisation.id.in_(list(ids))
    )
    return {str(row.id): row.name for row in db.session.connection().execute(query)}


def read_merged() -> dict[str, str]:
    """Id, as an address writes it → that of the organisation it has become, of those that were merged."""
    query = db.select(Organisation.id, Organisation.merged_into_id).where(
        Organisation.merged_into_id.is_not(None)
    )
    following = {row.id: row.merged_into_id for row in db.session.execute(query)}
    last = {}
    for number in following:
        kept = number
        # To the end of a chain; no circle can arise, for a merged row takes part in no merge.
        while kept in following:
            kept = following[kept]
        last[str(number)] = str(kept)
    return last


def names_in_use(ids: Iterable[int]) -> dict[str, str]:
    """As `names_of_organisations`, for the public: no suspended one, and a merged one by the name of what it became.

    The index may be behind: for a moment it still counts what has left the public with its organisation.
    """
    kept = aliased(Organisation)
    query = (
        db.select(Organisation.id, func.coalesce(kept.name, Organisation.name))
        .outerjoin(kept, kept.id == Organisation.merged_into_id)
        .where(
            Organisation.id.in_(list(ids)),
            # Of a merged row the state of what it became decides.
            func.coalesce(kept.state, Organisation.state) != "suspended",
        )
    )
    # Of a chain of merges the middle is no name in use either; the index has its last link within a minute.
    rows = db.session.connection().execute(query.where(kept.merged_into_id.is_(None)))
    return {str(number): name for number, name in rows}
