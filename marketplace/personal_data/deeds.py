"""Closing one's own account: what is personal is erased, what was done stays. Only this file of the room commits."""

from __future__ import annotations

from datetime import datetime

from flask_security.utils import verify_password

from marketplace import contributions, persistence
from marketplace.accounts import passwords, person_deeds
from marketplace.accounts.models import ERASED_DOMAIN, Person
from marketplace.audit.deeds import erase_personal, record
from marketplace.audit.entries import moment_text
from marketplace.audit.models import Withheld
from marketplace.clock import now
from marketplace.errors import Invalid, NotAllowed
from marketplace.extensions import db
from marketplace.listings import deeds as listing_deeds
from marketplace.listings import departures
from marketplace.listings.models import LISTINGS
from marketplace.memberships.models import JoinRequest
from marketplace.memberships.queries import invitations_to_address
from marketplace.notices.deeds import forget_person
from marketplace.permissions import require
from marketplace.profiles.queries import own_broker, own_researcher
from marketplace.retention import edge_of

# In place of the address of an invitation to somebody who has closed their account.
ERASED_ADDRESS = f"closed{ERASED_DOMAIN}"


def close_own_account(person: Person, *, password: str) -> None:
    """注销: close one's account for good.

    Name, addresses and telephone go; drafts that belong to no organisation are withdrawn and their contacts erased; the
    listings of organisations stay, lose them as their contact (085) and are looked after by an administrator; what was
    done stays under 已注销用户. The erasure is itself recorded.

    Args:
        person: whose account it is.
        password: typed once more, so that nobody closes the account of somebody who left a browser open.

    Raises:
        Invalid: the password is wrong.
        NotNow: an organisation would lose its last administrator, and others are there.
        NotAllowed: they run or audit the site; another operator takes their role first.
    """
    require(person, "personal_data.change")
    # Read as it is at this moment: an operator may give it a role meanwhile, who waits here and finds it closed.
    persistence.hold_row(person)
    # The last operator could else lock everybody out of the office.
    if person.is_staff:
        raise NotAllowed(
            "运营和审计人员的账号不能自己注销。",
            "请先由另一位运营人员在「账号和角色」里收回角色。",
        )
    # Checked in the deed and not in the form: no other caller may leave it out.
    if not person.password or not verify_password(password, person.password):
        message = "密码不对，账号没有注销。"
        raise Invalid(message, problems={"password": [message]})
    # For what follows the erasure.
    number = person.id
    address = person.email
    # The name is no address: a namesake's values would go with it.
    typed = [text for text in (address, person.mobile, person.phone) if text]
    departure = departures.part_from(person)
    _withdraw_drafts(person)
    for invitation in invitations_to_address(address):
        if invitation.is_open:
            invitation.revoked_at = now()
        invitation.email = ERASED_ADDRESS
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
    forget_person(number, address)
    contributions.forget_person(number)
    db.session.flush()
    persistence.commit()
    listing_deeds.sync_index(*departure.rows)
    # The entry of this very deed holds what was before: it can be erased once it has its place. A process
    # that is killed here leaves it to the job.
    erase_personal(subject=number)
    persistence.commit()
    # What others typed of them: invitations, contacts of their colleagues' listings.
    erase_personal(holding=[*typed, *departure.values])
    persistence.commit()


def finish_erasures() -> int:
    """Erase what is still stored of accounts that were closed, for the background: in the audit, and of passwords.

    Earlier releases left the hashes of former passwords; one that is changed at the moment of closing leaves one too.

    Returns:
        how many values and hashes were erased.
    """
    # `.invalid` (RFC 2606) is no domain, so no living account has such an address.
    closed = db.select(Person.id).where(Person.email.like(f"%{ERASED_DOMAIN}"))
    held = db.select(Withheld.subject).where(Withheld.subject.in_(closed))
    # What is read is then erased; on SQLite a reader is not let to write once others have saved.
    persistence.begin_write()
    erased = passwords.forget_passwords_of(closed)
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
