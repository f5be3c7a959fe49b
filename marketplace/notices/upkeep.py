"""What the site does to notices by itself: claiming, noting what became of a mail, restored and old ones.

The loop that sends is in `sending.py`, the daily mails are made in `digests.py`. Each function here is one transaction,
none of which is open while a server is spoken to: a lock held over the network stops everybody who saves.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import func

from marketplace import contributions, persistence
from marketplace.clock import in_china, in_real_time, now
from marketplace.extensions import db
from marketplace.notices import digests, queries
from marketplace.notices.letters import write_letter
from marketplace.notices.models import MAX_ERROR, UNSENT, Notice

log = structlog.get_logger(__name__)

# A crashed sender gives its mail up after so long. Longer than one mail may take (`delivery.LONGEST`) and connecting
# before it, or a slow server would get it twice.
LEASE = timedelta(minutes=15)
FIRST_PAUSE = 60.0  # seconds before a second try, doubled with each further one up to
LONGEST_PAUSE = 3600.0
LONGEST_URGENT = 300.0  # somebody waits at their screen for the link
# Mails an address gets within an hour; more wait. Urgent ones are counted with the others and have more room, so that a
# flood of listings never holds up the link to a new password, and nobody is flooded with such links.
HOURLY = 10
HOURLY_URGENT = 20
RESTORED = "restored-at"  # in the data folder, from before a backup is put back until its mails are held
FROM_BACKUP = "恢复备份以前的通知，不再发邮件"
BROKEN = "邮件写不出来"


@dataclass(frozen=True)
class Claimed:
    """A mail that one sender has to itself.

    Attributes:
        id: of the notice.
        name: of its file, where mail goes into a folder: the same with every try, and sorted by time.
        lease: what shows that it is still ours.
        address: the recipient.
        message: what is sent, the same letters with every try.
        attempts: tries with this one.
        urgent: somebody waits for it.
    """

    id: int
    name: str
    lease: str
    address: str
    message: str
    attempts: int
    urgent: bool


def claim_next() -> Claimed | None:
    """Take the next mail that is due, writing it first where it was never tried; None where nothing is due.

    Mails that are not to be sent (stopped, too old, an account that was closed) are put away on the way; those that
    must wait (quiet hours, too many to one address) get their time.
    """
    while True:
        persistence.begin_write()
        notice = _next_due(now())
        if notice is None:
            db.session.rollback()
            return None
        try:
            claimed = _claim(notice)
        except Exception as error:
            # One that cannot be written must not hold up all that come after it.
            db.session.rollback()
            log.error("notice_unwritable", notice=notice.id, reason=repr(error))
            _put_away_broken(notice.id, repr(error))
            continue
        db.session.commit()
        if claimed is not None:
            return claimed


def _next_due(moment: datetime) -> Notice | None:
    """The first of the mails that are due, urgent ones first; a lease that ran out is due again."""
    queued = db.and_(Notice.state == "queued", Notice.not_before <= moment)
    left_lying = db.and_(Notice.state == "sending", Notice.lease_until <= moment)
    query = db.select(Notice).where(db.or_(queued, left_lying))
    first = query.order_by(Notice.urgent.desc(), Notice.not_before, Notice.id).limit(1)
    # On PostgreSQL two senders look at the same moment; SQLite lets one write at a time.
    notice: Notice | None = db.session.scalar(first.with_for_update(skip_locked=True))
    return notice


def _claim(notice: Notice) -> Claimed | None:
    """Take a mail, or put it away or off; None where it is not sent now."""
    moment = now()
    kind = contributions.notice_kinds().get(notice.kind)
    if reason := queries.reason_against(notice, kind, moment):
        notice.state = "failed" if reason == queries.TOO_OLD else "suppressed"
        notice.lease = ""
        notice.lease_until = None
        notice.error = _cut(f"{reason}；{notice.error}" if notice.error else reason)
        return None
    assert kind is not None  # noqa: S101  without a kind there is a reason against it
    later = _end_of_quiet(notice, moment) or _end_of_flood(notice, moment)
    if later is not None:
        notice.state = "queued"
        notice.lease = ""
        notice.lease_until = None
        notice.not_before = later
        return None
    # Written once: each further try sends the same letters, whatever the templates have become.
    if not notice.message:
        notice.message = write_letter(notice, kind)
    notice.state = "sending"
    notice.lease = uuid.uuid4().hex
    notice.lease_until = moment + in_real_time(LEASE)
    # Before the try, in the transaction of the claim: a sender that is killed has tried too.
    notice.attempts += 1
    return Claimed(
        id=notice.id,
        name=f"{notice.created_at:%Y%m%dT%H%M%S%f}-{notice.uid}",
        lease=notice.lease,
        address=notice.address,
        message=notice.message,
        attempts=notice.attempts,
        urgent=notice.urgent,
    )


def _end_of_quiet(notice: Notice, moment: datetime) -> datetime | None:
    """When the quiet hours of the recipient end; None where there are none now."""
    if notice.urgent:
        return None
    setting = queries.setting_of(notice.person_id)
    local = in_china(moment)
    begin, end = setting.quiet_from, setting.quiet_until
    # Hours until they end, counted round the clock: from 22 to 7, 23 o'clock is 1 of 9 and 6 o'clock 8 of 9.
    into = (local.hour - begin) % 24
    if into >= (end - begin) % 24:
        return None
    hours_left = (end - begin) % 24 - into
    full_hour = local.replace(minute=0, second=0, microsecond=0)
    until = full_hour + timedelta(hours=hours_left)
    return until.astimezone(UTC).replace(tzinfo=None)


def _end_of_flood(notice: Notice, moment: datetime) -> datetime | None:
    """When an address may get a further mail; None where it may now."""
    most = HOURLY_URGENT if notice.urgent else HOURLY
    hour_ago = moment - timedelta(hours=1)
    sent = db.select(Notice.sent_at).where(
        Notice.address == notice.address, Notice.sent_at > hour_ago
    )
    # The one that has to be an hour old before the next may go.
    query = sent.order_by(Notice.sent_at.desc()).offset(most - 1).limit(1)
    crowded: datetime | None = db.session.scalar(query)
    if crowded is None:
        return None
    return crowded + timedelta(hours=1, seconds=1)


def _put_away_broken(notice_id: int, reason: str) -> None:
    persistence.begin_write()
    values = {
        "state": "failed",
        "lease": "",
        "lease_until": None,
        "error": _cut(f"{BROKEN}：{reason}"),
    }
    db.session.execute(db.update(Notice).where(Notice.id == notice_id).values(**values))
    db.session.commit()


# -- what became of a mail ---------------------------------------------------------------------------------------------


def note_sent(claimed: Claimed) -> bool:
    """Write down that a mail went out. What it said is erased: the notice is enough, and some links open accounts.

    Returns:
        False where somebody else has taken it meanwhile.
    """
    values: dict[str, Any] = {"state": "sent", "sent_at": now(), "error": ""}
    return _release(claimed, values)


def note_refused(claimed: Claimed, reason: str) -> bool:
    """Write down that a mail will never be taken; the letter stays for 再发一次. Returns as `note_sent`."""
    return _release(claimed, {"state": "failed", "error": _cut(reason)})


def note_deferred(claimed: Claimed, reason: str) -> bool:
    """Write down that a mail is to be tried again, later with each try. Returns as `note_sent`."""
    pause = min(FIRST_PAUSE * 2 ** min(claimed.attempts - 1, 20), LONGEST_PAUSE)
    if claimed.urgent:
        pause = min(pause, LONGEST_URGENT)
    # Spread, so that all mails of an hour without a server do not come back in one second.
    pause *= random.uniform(0.75, 1.25)  # noqa: S311  no secret
    values = {
        "state": "queued",
        "not_before": now() + in_real_time(timedelta(seconds=pause)),
        "error": _cut(reason),
    }
    return _release(claimed, values)


def _release(claimed: Claimed, values: dict[str, Any]) -> bool:
    persistence.begin_write()
    # Whose lease ran out writes nothing: by now another sender has the mail.
    mine = db.update(Notice).where(
        Notice.id == claimed.id, Notice.lease == claimed.lease
    )
    statement = mine.values(lease="", lease_until=None, **values)
    released: int = db.session.execute(statement).rowcount  # type: ignore[attr-defined]
    if released and values["state"] == "sent":
        db.session.execute(
            db.update(Notice).where(Notice.id == claimed.id).values(message="")
        )
        secret = [c for c, kind in contributions.notice_kinds().items() if kind.secret]
        own = db.update(Notice).where(Notice.id == claimed.id, Notice.kind.in_(secret))
        db.session.execute(own.values(link="", happened="", to_do=""))
    db.session.commit()
    if not released:
        log.warning("notice_lease_lost", notice=claimed.id)
    return bool(released)


def _cut(text: str) -> str:
    return text[:MAX_ERROR]


# -- digests -----------------------------------------------------------------------------------------------------------


def gather_digests() -> int:
    """Make one mail for each person who has notices waiting for it, once a day.

    Returns:
        number of digests made.
    """
    boundary = digests.last_digest_time(now())
    made = 0
    # A transaction each: one person with a hundred items holds up nobody who saves.
    for person_id in digests.people_waiting(boundary):
        persistence.begin_write()
        made += digests.gather_for(person_id, boundary)
        db.session.commit()
    return made


# -- restored and old ones ---------------------------------------------------------------------------------------------


def mark_restore() -> None:
    """Before a backup is put back: leave a mark in the data folder.

    Whatever ends the process on the way, the next sender sees it before it sends.
    """
    path = _restore_mark()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{now().isoformat()}\n")


def unmark_restore() -> None:
    """Take the mark away, where no backup was put back after all."""
    _restore_mark().unlink(missing_ok=True)


def hold_restored() -> int:
    """After a backup was put back: what waited in it is not mailed, for the site it comes from has mailed it since.

    On the page of notices it stays, and operators see how many they were (`suppressed`).

    Returns:
        number of mails held.
    """
    path = _restore_mark()
    if not path.exists():
        return 0
    persistence.begin_write()
    # The whole of it: everything in the database is as old as the backup, and nobody has worked on it yet.
    restored = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)
    waiting = (Notice.state.in_(UNSENT), Notice.created_at <= restored)
    # Nothing waits: nothing is written, and a site that came back is what it was.
    if db.session.scalar(db.select(Notice.id).where(*waiting).limit(1)) is None:
        db.session.rollback()
        unmark_restore()
        return 0
    old = db.update(Notice).where(*waiting)
    statement = old.values(
        state="suppressed", lease="", lease_until=None, error=FROM_BACKUP
    )
    held: int = db.session.execute(statement).rowcount  # type: ignore[attr-defined]
    db.session.commit()
    # After the commit: a kill in between holds the same mails once more, which changes nothing.
    unmark_restore()
    if held:
        log.warning("notices_of_backup_held", notices=held)
    return held


def _restore_mark() -> Path:
    return Path(current_app.config["DATA_DIR"]) / RESTORED


def remove_notices(before: datetime) -> int:
    """Remove the notices older than a moment with which nothing is to be done; how many there were (no commit)."""
    # What still waits for its mail is older than that only where no server was there for so long.
    over = db.and_(Notice.created_at < before, Notice.state.not_in(UNSENT))
    ids = db.select(Notice.id).where(over)
    # An item may outlive the digest it was in.
    loose = db.update(Notice).where(Notice.digest_id.in_(ids)).values(digest_id=None)
    db.session.execute(loose)
    return persistence.count_changed(db.delete(Notice).where(over))


def remove_texts(before: datetime) -> int:
    """Remove the letters themselves of mails that went out before a moment; how many there were (no commit)."""
    statement = (
        db.update(Notice)
        .where(Notice.sent_at < before, Notice.message != "")
        .values(message="")
        .execution_options(synchronize_session=False)
    )
    return persistence.count_changed(statement)


def due_count() -> int:
    """How many mails are due now."""
    query = db.select(func.count()).where(
        Notice.state == "queued", Notice.not_before <= now()
    )
    return db.session.scalar(query) or 0
