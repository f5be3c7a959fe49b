"""What is done to substitutes: naming one, ending it, reporting. The only file of this room that commits."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import or_

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.accounts.queries import hold_person
from marketplace.audit.deeds import record
from marketplace.clock import now, today
from marketplace.errors import Invalid, NotAllowed, NotNow
from marketplace.extensions import db
from marketplace.permissions import Reader, reader_id, require
from marketplace.substitutes import announcements, queries
from marketplace.substitutes.models import Substitution
from marketplace.substitutes.queries import HeldSeat
from marketplace.wording import day

# Who is away for longer has left the seat: then somebody else is given it.
MAX_DAYS = 180


def name_substitute(
    seat: HeldSeat,
    substitute: Person,
    *,
    first_day: date,
    last_day: date,
    by: Person | None,
) -> Substitution:
    """指定代办人 for a seat.

    Args:
        seat: whose, and which.
        substitute: somebody who holds the same seat.
        first_day, last_day: both are days on which they stand in.
        by: the person who is away, or who looks after them.

    Raises:
        NotAllowed: `by` does not look after that person, or would name themselves.
        Invalid: the days, or the person, do not do.
        NotNow: somebody stands in for them on some of these days already.
    """
    require(by, "substitutes.name")
    # Page and deed decide by the same rule: a form may be sent to any address.
    if not queries.may_name(by, seat):
        raise NotAllowed("您不能替这个人指定代办人。", "请本人或单位管理员来指定。")
    if by is not None and by.id == substitute.id and by.id != seat.person.id:
        # Otherwise an administrator would read by their own word what a broker was given in confidence.
        raise NotAllowed("不能替别人指定自己代办。", "请本人，或另一位管理员来指定。")
    _check_days(first_day, last_day)
    # Two who name at the same moment: the second sees what the first has done.
    hold_person(seat.person.id)
    # After the lock: the page may be from before they left the seat.
    if not queries.holds_seat(seat.person, seat.role, seat.organisation_id):
        raise NotNow(f"「{seat.person.name}」已不在这个岗位。", "请刷新后再选。")
    if substitute.id not in {one.id for one in queries.colleagues_at(seat)}:
        message = f"「{substitute.name}」不在同一单位的同一岗位，不能代办。"
        raise Invalid(message, problems={"substitute": [message]})
    other = queries.overlapping(seat, first_day, last_day)
    if other is not None:
        raise NotNow(
            f"{day(other.first_day)} 到 {day(other.last_day)} 已由「{other.substitute.name}」代办。",
            "先结束那一份，或换别的日期。",
        )
    # There is no chain: the work would wait with somebody who is away as well.
    if queries.overlapping(seat, first_day, last_day, away=substitute) is not None:
        message = f"「{substitute.name}」这些天自己也不在，请换一位或换日期。"
        raise Invalid(message, problems={"substitute": [message]})
    row = Substitution(
        role=seat.role,
        organisation_id=seat.organisation_id,
        absent=seat.person,
        substitute=substitute,
        first_day=first_day,
        last_day=last_day,
        named_by_id=reader_id(by),
    )
    db.session.add(row)
    with persistence.refusals():
        db.session.flush()
        # No life table and so no History: the audit is where it says who let whom in.
        record("substitutes.name", kind="substitution", thing=row.id, by=by)
        announcements.announce_named(row)
    persistence.commit()
    return row


def end_substitution(row: Substitution, *, by: Reader) -> None:
    """结束代办 before its last day.

    Raises:
        NotAllowed, Stale.
        NotNow: it is over already.
    """
    require(by, "substitutes.end")
    if not queries.may_end(by, row):
        raise NotAllowed("您不能结束这份代办。")
    if row.is_over:
        raise NotNow("这份代办已经结束。", "不用再做什么。")
    row.ended_at = now()
    # Reported here and now, so that the job of the morning does not report it again.
    row.reported_at = row.ended_at
    with persistence.refusals():
        db.session.flush()
        record("substitutes.end", kind="substitution", thing=row.id, by=by)
        announcements.announce_over(row)
    persistence.commit()


def report_over() -> int:
    """Notify everybody who is back of what happened meanwhile, once.

    Returns:
        number of substitutions.
    """
    persistence.begin_write()
    rows = queries.unreported()
    for row in rows:
        # In the transaction of the notices: killed in between, both come with the next run.
        row.reported_at = now()
        announcements.announce_over(row)
    persistence.commit()
    return len(rows)


def forget_person(person_id: int) -> None:
    """End what is left of somebody whose account is closed (no commit)."""
    open_rows = db.select(Substitution).where(
        or_(
            Substitution.absent_id == person_id,
            Substitution.substitute_id == person_id,
        ),
        Substitution.ended_at.is_(None),
    )
    # Without a report: there is nobody left to read it.
    for row in db.session.scalars(open_rows):
        row.ended_at = now()
        row.reported_at = row.ended_at


def _check_days(first_day: date, last_day: date) -> None:
    problems: dict[str, list[str]] = {}
    # Nobody stood in yesterday: what was done then was done in one's own right.
    if first_day < today():
        problems["first_day"] = ["从今天或以后的日期开始。"]
    if last_day < first_day:
        problems["last_day"] = ["结束的日期要在开始之后，可以是同一天。"]
    # Both ends count as days.
    elif last_day - first_day >= timedelta(days=MAX_DAYS):
        problems["last_day"] = [f"一次最多 {MAX_DAYS} 天；更久的，请换人任这个岗位。"]
    if problems:
        raise Invalid("没有保存，日期要改。", problems=problems)
