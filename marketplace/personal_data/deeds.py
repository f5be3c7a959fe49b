"""Closing one's own account: what is personal is erased, what was done stays. Only this file of the room commits."""

from __future__ import annotations

from datetime import datetime

from flask_security.utils import verify_password

from marketplace import contributions, persistence
from marketplace.accounts import person_deeds
from marketplace.accounts.models import Person
from marketplace.audit.deeds import erase_personal, record
from marketplace.audit.entries import moment_text
from marketplace.audit.models import Withheld
from marketplace.clock import now
from marketplace.errors import Invalid, NotAllowed
from marketplace.extensions import db
from marketplace.listings.models import LISTINGS
from marketplace.memberships.models import JoinRequest
from marketplace.notices.deeds import forget_person
from marketplace.permissions import require
from marketplace.profiles.queries import own_broker, own_researcher
from marketplace.retention import edge_of


def close_own_account(person: Person, *, password: str) -> None:
    """注销: close one's account for good.

    Name, addresses and telephone go; drafts that belong to no organisation are withdrawn and their contacts erased; the
    listings of organisations, and what was done, stay under 已注销用户. The erasure is itself recorded.

    Args:
        person: whose account it is.
        password: typed once more, so that nobody closes the account of somebody who left a browser open.

    Raises:
        Invalid: the password is wrong.
        NotNow: an organisation would lose its last administrator.
        NotAllowed: they run or audit the site; another operator takes their role first.
    """
    require(person, "personal_data.change")
    # The last operator could else lock everybody out of the office.
    if person.is_staff:
        raise NotAllowed(
            "运营和审计人员的账号不能自己注销。", "请先由其他运营人员收回角色。"
        )
    # Checked in the deed and not in the form: no other caller may leave it out.
    if not person.password or not verify_password(password, person.password):
        message = "密码不对，账号没有注销。"
        raise Invalid(message, problems={"password": [message]})
    # For what follows the erasure.
    number = person.id
    _withdraw_drafts(person)
    for request in db.session.scalars(
        db.select(JoinRequest).where(
            JoinRequest.person_id == number, JoinRequest.state == "waiting"
        )
    ):
        # Nobody shall decide on the request of an account that is gone.
        request.state, request.decided_at = "withdrawn", now()
    for profile in (own_researcher(person), own_broker(person)):
        if profile is not None:
            # A profile is personal through and through: it is deleted and not emptied.
            db.session.delete(profile)
    person_deeds.erase_account(person)
    forget_person(number)
    contributions.forget_person(number)
    db.session.flush()
    persistence.commit()
    # The entry of this very deed holds what was before: it can be erased once it has its place. A process
    # that is killed here leaves it to the job.
    erase_personal(subject=number)
    persistence.commit()


def finish_erasures() -> int:
    """Erase what the audit still holds of accounts that were closed, for the background.

    Returns:
        how many values were erased.
    """
    # `.invalid` (RFC 2606) is no domain, so no living account has such an address.
    closed = db.select(Person.id).where(Person.email.like("%@closed.invalid"))
    held = db.select(Withheld.subject).where(Withheld.subject.in_(closed))
    erased = 0
    for number in db.session.scalars(held.distinct()).all():
        erased += erase_personal(subject=number)
    persistence.commit()
    return erased


def carry_out_retention() -> dict[str, int]:
    """Remove whatever has been stored as long as the table of retention says, each kind in a transaction of its own.

    Returns:
        code of the table → how many there were.
    """
    removed = {}
    for code, remove in contributions.removals().items():
        persistence.begin_write()
        edge = edge_of(code)
        removed[code] = remove(edge)
        if removed[code]:
            # Statements leave numbers in the audit and no values: what was removed does not live on there.
            values = {"removed": removed[code], "before": moment_text(edge)}
            record("retention.remove", kind="retention", thing=code, values=values)
        persistence.commit()
    return removed


def remove_audit_values(before: datetime) -> int:
    """Erase the personal values of entries of the audit older than a moment; the entries stay (no commit)."""
    return erase_personal(before=moment_text(before))


def _withdraw_drafts(person: Person) -> None:
    for table in LISTINGS.values():
        own = db.select(table).where(
            table.owner_id == person.id, table.organisation_id.is_(None)
        )
        for row in db.session.scalars(own):
            # Only from states that have this move; what is over stays as it is, without contacts.
            if row.life.can(row.state, "withdraw"):
                row.life.move(row, "withdraw", by=person)
            row.contact_name = row.contact_phone = row.contact_email = ""
