"""The daily mail of those who want one mail a day, made of the notices that wait for it.

How it goes out stands in `sending.py`, as for every other mail.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import ColumnElement

from marketplace import contributions
from marketplace.clock import SHANGHAI, in_china, now
from marketplace.extensions import db
from marketplace.notices import deeds, queries
from marketplace.notices.addresses import Recipient
from marketplace.notices.letters import absolute
from marketplace.notices.models import Notice

DIGEST_AT = time(8, 30)  # in China: when desks begin
DIGEST = "notices.digest"
MAX_DIGEST = 50  # items named in one mail; more are on the page


def people_waiting(boundary: datetime) -> list[int]:
    """The people who have notices waiting since before a moment."""
    return list(
        db.session.scalars(
            db.select(Notice.person_id).where(*_waiting(boundary)).distinct()
        )
    )


def gather_for(person_id: int, boundary: datetime) -> int:
    """Make the daily mail of one person (no commit).

    By what waits, not by a window of time: a run that was missed makes the next one longer, and no item is in two
    digests or in none. Nobody gets one without an item.

    Args:
        person_id: who wants one mail a day.
        boundary: what came before this moment is in it.

    Returns:
        number of digests made, 0 or 1.
    """
    query = db.select(Notice).where(*_waiting(boundary), Notice.person_id == person_id)
    # Held: somebody who gives up the daily mail at this moment sends them one by one (`deeds.choose_mail`).
    items = list(db.session.scalars(query.order_by(Notice.id).with_for_update()))
    return int(bool(items) and _gather(items, boundary))


def _waiting(boundary: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Notice.state == "held", Notice.created_at <= boundary)


def _gather(items: list[Notice], boundary: datetime) -> bool:
    """Put the notices of one person into a digest, except those that are not to be mailed any more."""
    kinds = contributions.notice_kinds()
    moment = now()
    mailed = []
    for notice in items:
        # Once more than when it was written: the kind may have been stopped while it waited.
        reason = queries.reason_against(notice, kinds.get(notice.kind), moment)
        if reason:
            notice.state = "suppressed"
            notice.error = reason
        else:
            mailed.append(notice)
    if not mailed:
        return False
    newest = mailed[-1]
    # Before `notify`, which writes past the session.
    db.session.flush()
    # The newest address: that of the first notice may be a week old.
    digest_id = deeds.notify(
        DIGEST,
        Recipient(newest.address, newest.person_id),
        key=f"digest {in_china(boundary):%Y-%m-%d}",
        subject=f"今天的 {len(mailed)} 条通知",
        happened=_digest_text(mailed),
        to_do="逐条打开处理；站内「通知」里也有这些内容。",
        link=deeds.path_of("notices.own"),
    )
    # They have one of this day already: what came late waits for tomorrow's.
    if digest_id is None:
        return False
    for notice in mailed:
        # In the transaction of the digest: a kill in between leaves both undone, and no item in none.
        notice.state = "gathered"
        notice.digest_id = digest_id
    return True


def _digest_text(items: Iterable[Notice]) -> str:
    """The items of a digest, numbered."""
    parts = []
    rest = 0
    for number, notice in enumerate(items, 1):
        if number > MAX_DIGEST:
            rest += 1
            continue
        lines = [f"{number}. {notice.subject}"]
        if notice.until:
            lines.append(f"   截止：{notice.until}")
        if notice.link:
            lines.append(f"   {absolute(notice.link)}")
        parts.append("\n".join(lines))
    if rest:
        parts.append(f"另有 {rest} 条，请在站内查看。")
    return "\n\n".join(parts)


def last_digest_time(moment: datetime) -> datetime:
    """The last time of day at which digests are made, at or before a moment; both in UTC without zone."""
    local = in_china(moment)
    boundary = datetime.combine(local.date(), DIGEST_AT, tzinfo=SHANGHAI)
    if boundary > local:
        boundary -= timedelta(days=1)
    return boundary.astimezone(UTC).replace(tzinfo=None)
