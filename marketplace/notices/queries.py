"""What is read of notices. Nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func

from marketplace import contributions
from marketplace.clock import in_real_time, now
from marketplace.contributions import NoticeKind
from marketplace.counting import as_count, count_rows
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.notices.models import STATES, UNSENT, Notice, NoticeSetting, NoticeStop
from marketplace.permissions import Reader
from marketplace.persistence import Page

# RFC 5321 §4.5.4.1: a sender gives up after 4 to 5 days. Also the age cap: what lay in a queue for longer is no news.
GIVE_UP = timedelta(days=5)
PAGE_SIZE = 20
MAX_LOG = 20  # lines of the log on the page of a thing
TOO_OLD = "超过五天没有发出"
GONE = "账号已停用"
STOPPED = "收件人停收这类邮件"


@dataclass(frozen=True)
class Listed:
    """A page of notices.

    Attributes:
        rows: newest first.
        page, pages: from 1.
        total: in all.
        newest: id of the newest of all pages; 0 where there is none.
    """

    rows: list[Notice]
    page: int
    pages: int
    total: int
    newest: int = 0


def own_notices(person: Reader, page: int = 1) -> Listed:
    """A page of what somebody was notified of."""
    own = db.select(Notice).where(Notice.person_id == person.id, Notice.in_app)
    return _listed(own, page)


def unread_count(person: Reader) -> int:
    """How many of them they have not read. A query, not a column: a stored number drifts."""
    return count_rows(_unread_query(), {"person_id": person.id})


@cache
def _unread_query() -> Any:
    """Built once: the header of every page asks, and building took longer than counting."""
    return db.select(func.count()).where(
        Notice.person_id == bindparam("person_id"),
        Notice.in_app,
        Notice.read_at.is_(None),
    )


def get_notice(notice_id: int) -> Notice:
    """One notice.

    Raises:
        NotFound: there is none.
    """
    notice: Notice | None = db.session.get(Notice, notice_id)
    if notice is None:
        raise NotFound("没有找到这条通知。")
    return notice


def setting_of(person_id: int | None) -> NoticeSetting:
    """When a person wants mail; the usual hours where they chose none, or nobody is known."""
    setting = None
    if person_id is not None:
        # Read in the middle of deeds, which are not ready to be written yet.
        with db.session.no_autoflush:
            setting = db.session.get(NoticeSetting, person_id)
    if setting is None:
        # Not added to the session, so that the defaults of the table are not there yet.
        setting = NoticeSetting(quiet_from=22, quiet_until=7, daily=False)
    return setting


def stopped_kinds(recipient: str) -> frozenset[str]:
    """Codes of the kinds that a recipient gets no mail of."""
    query = db.select(NoticeStop.kind).where(NoticeStop.recipient == recipient)
    return frozenset(db.session.scalars(query))


def reason_against(notice: Notice, kind: NoticeKind | None, moment: datetime) -> str:
    """Why a mail is not sent at all; empty where it is."""
    # First, for what follows reads the kind.
    if kind is None:
        return f"程序里已没有这类通知：{notice.kind}"
    # When it goes out and not when it was written: an account may be closed in between.
    if notice.person_id is not None and contributions.unreachable([notice.person_id]):
        return GONE
    if kind.may_be_stopped and notice.kind in stopped_kinds(notice.recipient):
        return STOPPED
    # The sender is at work by real time: within one of its turns a rehearsal passes more than five days.
    if moment - notice.created_at > in_real_time(GIVE_UP):
        return TOO_OLD
    return ""


@as_count()
def failed_count() -> Any:
    """How many mails did not go out and wait for an operator."""
    return db.select(func.count()).where(Notice.state == "failed")


def failed_notices(page: int = 1) -> Listed:
    """A page of the mails that did not go out."""
    return _listed(db.select(Notice).where(Notice.state == "failed"), page)


def notices_about(kind: str, thing_id: int) -> list[Notice]:
    """Who was notified of what about a thing, newest first."""
    about = db.select(Notice).where(
        Notice.about_kind == kind, Notice.about_id == thing_id
    )
    newest = about.order_by(Notice.id.desc()).limit(MAX_LOG)
    return list(db.session.scalars(newest))


def state_counts() -> dict[str, int]:
    """State → how many mails are in it, every state named."""
    query = db.select(Notice.state, func.count()).group_by(Notice.state)
    counts = dict.fromkeys(STATES, 0)
    for state, count in db.session.execute(query):
        counts[state] = count
    return counts


def oldest_due() -> float:
    """Seconds that the mail has been due that has waited longest; 0 where none is."""
    moment = now()
    # What waits for a digest waits on purpose and is no sign of a mail route that is down.
    due = db.select(func.min(Notice.not_before)).where(
        Notice.state.in_(UNSENT), Notice.state != "held", Notice.not_before <= moment
    )
    since: datetime | None = db.session.scalar(due)
    if since is None:
        return 0.0
    return (moment - since).total_seconds()


def _listed(query: Select[tuple[Notice]], number: int) -> Listed:
    every = query.subquery()
    # Of all pages: 全部标为已读 marks what was there when the page was made, and nothing newer.
    counted = db.select(func.count(), func.max(every.c.id)).select_from(every)
    total, newest = db.session.execute(counted).one()
    page = Page(total, PAGE_SIZE)
    offset = page.offset(number)
    rows = query.order_by(Notice.id.desc()).limit(PAGE_SIZE).offset(offset)
    return Listed(
        rows=list(db.session.scalars(rows)),
        page=page.clamp(number),
        pages=page.pages,
        total=page.total,
        newest=newest or 0,
    )
