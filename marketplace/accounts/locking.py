"""The lock of an account after failed tries, counted in the database by the account that was found.

How often one address, or all of them together, may try is counted in `sign_in.py`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import case, or_

from marketplace import persistence
from marketplace.accounts import mail
from marketplace.accounts.models import Person
from marketplace.clock import in_real_time, now
from marketplace.extensions import db

# 等保二级 (GB/T 22239-2019): five failures in a row, then a quarter of an hour.
MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)


def is_locked(person: Person) -> bool:
    """Whether nobody gets into an account for now, as the database has it at this moment."""
    # As a column: the row in memory was read before the password was compared, and others may have failed meanwhile.
    query = db.select(Person.locked_until).where(Person.id == person.id)
    until = db.session.scalar(query)
    return until is not None and until > now()


def count_failure(person: Person) -> None:
    """Count a failed try, and lock the account with the fifth in a row; its owner is told by mail. Commits.

    Tries during a lock neither count nor prolong it: else who knows an address could keep its owner out for good.
    """
    persistence.begin_write()
    # One statement, so that eight tries at the same moment count as eight.
    statement = _counting(person.id).returning(Person.locked_until)
    until = db.session.scalar(statement)
    if until is not None and until > now():
        mail.send_notice(person, "locked", until=until)
    persistence.commit()


def imitate_counting() -> None:
    """What `count_failure` does, where there is no account: an answer must not come sooner for that. Commits."""
    persistence.begin_write()
    # No account has that number, and the statement costs what the real one costs.
    db.session.execute(_counting(-1))
    persistence.commit()


def _counting(person_id: int) -> db.Update:  # type: ignore[name-defined]
    moment = now()
    in_a_row = case(
        # A failure of yesterday is not in a row with one of today.
        (Person.failed_at < moment - in_real_time(LOCKED_FOR), 1),
        else_=Person.failed_count + 1,
    )
    is_last = in_a_row >= MAX_FAILURES
    return (
        db.update(Person)
        .where(Person.id == person_id)
        # During a lock no row fits, so nothing is returned and no second mail goes out.
        .where(or_(Person.locked_until.is_(None), Person.locked_until <= moment))
        .values(
            failed_at=moment,
            # From nought again, so that the lock is followed by five tries and not by one.
            failed_count=case((is_last, 0), else_=in_a_row),
            locked_until=case((is_last, moment + in_real_time(LOCKED_FOR)), else_=None),
        )
        .execution_options(synchronize_session=False)
    )


def forget_failures(person: Person) -> None:
    """After a success, or a new password: begin counting from nought. No commit."""
    person.failed_count = 0
    person.failed_at = None
    person.locked_until = None


def remove_failures(before: datetime) -> int:
    """Set the failures back that were counted before a moment; how many accounts had some (no commit)."""
    statement = (
        db.update(Person)
        .where(Person.failed_at < before)
        .values(failed_count=0, failed_at=None, locked_until=None)
        .execution_options(synchronize_session=False)
    )
    return persistence.count_changed(statement)
