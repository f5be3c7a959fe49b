"""What operators do to accounts. One function a button, and the only file of this room that commits.

Nobody does any of it to themselves: so an operator is always left, and two people know of each change.
"""

from __future__ import annotations

from marketplace import persistence
from marketplace.accounts import granting, mail, person_deeds, sessions
from marketplace.accounts.models import ROLES, STAFF_ROLES, Person
from marketplace.accounts.queries import find_person
from marketplace.errors import Invalid, NotAllowed, NotNow, Stale
from marketplace.permissions import require
from marketplace.staff.queries import hold_operators, login_mark
from marketplace.typed_texts import LEAST, checked_text, judged_together

MAX_REASON = 200  # characters


def add_staff(email: str, *, name: str, role: str, by: Person) -> Person:
    """给予角色 to an address: to the account of it, or to one that is made; its owner gets a mail.

    Args:
        email: the sign-in name.
        name: of a new account; that of an existing one stays.
        role: `operator` or `auditor`.
        by: an operator.

    Raises:
        NotAllowed: they are no operator any more.
        Invalid: no proper address, name or role.
        NotNow: the account has that role, has one that does not go with it, or is stopped.
    """
    # Before anything is looked up: two operators who take each other's role meet here, and one is refused.
    _hold_and_require(by)
    known = None
    with judged_together() as part:
        with part():
            if role not in STAFF_ROLES:
                raise Invalid("没有选角色。", problems={"role": ["选一个角色。"]})
        with part():
            known = find_person(person_deeds.checked_address(email))
        with part():
            # That of an account that is there stays.
            if known is None:
                person_deeds.checked_name(name)
    if known is not None:
        # Held before its roles are read: of two who give one address two roles the second one is refused.
        persistence.hold_row(known)
        _refuse_role(known, role, by)
        # Anybody may have registered the address and wait for its owner to press the link of confirming.
        if known.confirmed_at is None and known.password:
            person_deeds.forget_password(known)
    person = person_deeds.prepare_account(email, name=name, roles=[role], by=by)
    # Rights of the session before must not be mixed with those of the role, and staff have short sessions.
    sessions.drop_sessions(person)
    # To the mailbox and never to the operator: who hands over a role cannot sign in with it (decision 143).
    link = "" if person.password else person_deeds.make_link(person)
    # In the transaction of the role: a role without its letter would be a secret one.
    mail.send_notice(person, "role_given", role=ROLES[role], link=link)
    persistence.commit()
    return person


def take_role(person: Person, role: str, *, reason: str, by: Person) -> None:
    """收回角色: they go on as whatever else they are, once they have signed in again.

    Raises:
        NotAllowed: `by` is no operator any more.
        NotNow: it is their own, or they have it no longer.
        Invalid: no reason.
    """
    _hold_and_require(by)
    persistence.hold_row(person)
    _refuse_oneself(person, by)
    # Other roles are not taken here: a place is its administrators' to give, a broker's role goes by certificate.
    if role not in STAFF_ROLES or role not in person.role_names:
        raise NotNow("对方已经没有这个角色。", "请刷新后再看。")
    reason = _checked_reason(reason)
    # A new list and no removal: the collection notes it as one change.
    person.roles = [row for row in person.roles if row.name != role]
    granting.bring_back_organisations(person, by=by)
    sessions.drop_sessions(person)
    mail.send_notice(person, "role_taken", role=ROLES[role], reason=reason)
    person_deeds.note_account_deed(
        person, "role_end", by=by, note=f"{ROLES[role]}：{reason}"
    )
    persistence.commit()


def stop_account(person: Person, *, reason: str, by: Person) -> None:
    """停用: nobody signs in with it until it is opened again; its owner learns why.

    Raises:
        NotAllowed: `by` is no operator any more.
        NotNow: it is their own, or stopped already.
        Invalid: no reason.
    """
    _hold_and_require(by)
    persistence.hold_row(person)
    _refuse_oneself(person, by)
    if not person.active:
        raise NotNow("这个账号已经停用。", "请刷新后再看。")
    reason = _checked_reason(reason)
    # Nothing else is sent to a stopped account; of being stopped its owner has to learn.
    mail.send_farewell(person, "account_stopped", reason=reason)
    # Commits, ends every session, and hands what a broker carried to the operators.
    person_deeds.close_account(person, by=by, note=reason)


def open_account(person: Person, *, by: Person) -> None:
    """恢复: its owner signs in with the password they had. Raises NotAllowed, NotNow."""
    _hold_and_require(by)
    persistence.hold_row(person)
    if person.active:
        raise NotNow("这个账号没有停用。", "请刷新后再看。")
    # Nobody opens their own account: who is stopped cannot sign in to do so.
    granting.let_act(person, by=by)
    mail.send_notice(person, "account_opened")
    person_deeds.note_account_deed(
        person, "activate", by=by, before="inactive", after="active"
    )
    persistence.commit()


def reset_account(person: Person, *, by: Person, seen: str) -> None:
    """重置登录: for who has lost password or telephone; the link to a new password goes to their mailbox alone.

    Args:
        person: whose account it is.
        by: the acting person.
        seen: what `login_mark` said of it when the page was made.

    Raises:
        NotAllowed: `by` is no operator any more.
        NotNow: it is their own, or stopped.
        Stale: it was reset since; a second mail would make the link of the first one worthless.
    """
    _hold_and_require(by)
    persistence.hold_row(person)
    _refuse_oneself(person, by)
    if not person.active:
        raise NotNow("这个账号已经停用。", "先恢复，再重置。")
    # Under the lock: of two presses the second one finds another mark.
    if seen != login_mark(person):
        raise Stale(
            "没有再次重置：您打开页面以后，这个账号的登录已经重置过，或对方换了密码。",
            "请刷新后核对；设密码的邮件以最近一封为准。",
        )
    # Mailed: an operator who could read the link could sign in as anybody (decision 143).
    person_deeds.reset_account(person, by=by, mails_link=True)


def _hold_and_require(by: Person) -> None:
    """Nobody decides with a role that somebody has taken from them a moment ago."""
    # Whoever gives, takes or stops waits here first, so that two operators never each hold the row of the other.
    hold_operators()
    persistence.hold_row(by)
    # Read under the lock: the session of who was stopped a moment ago still began this request.
    if not by.active:
        raise NotAllowed("您的账号已停用。", "请联系其他运营人员。")
    require(by, "staff.change")


def _refuse_oneself(person: Person, by: Person) -> None:
    # So there is always an operator left, and two people know of each change.
    if person.id == by.id:
        raise NotNow("这是您自己的账号。", "请由另一位运营人员办理。")


def _refuse_role(person: Person, role: str, by: Person) -> None:
    _refuse_oneself(person, by)
    if not person.active:
        raise NotNow("这个账号已经停用。", "先恢复，再给角色。")
    if role in person.role_names:
        raise NotNow(f"对方已经是{ROLES[role]}。", "不用再给。")


def _checked_reason(text: str) -> str:
    missing = f"写明原因，{LEAST}–{MAX_REASON} 字，对方会看到。"
    return checked_text("reason", text, MAX_REASON, missing=missing)
