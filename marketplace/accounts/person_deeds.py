"""What is done to accounts: made, registered, changed, closed, given back to their owner. Organisations: `deeds.py`."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable

from flask_security.recoverable import generate_reset_link

from marketplace import contributions, persistence
from marketplace.accounts import (
    agreements,
    contact_consents,
    granting,
    held_forms,
    locking,
    mail,
    passwords,
    second_factor,
    sessions,
)
from marketplace.accounts.models import ERASED_DOMAIN, ROLES, Person
from marketplace.accounts.queries import (
    find_person,
    find_person_of_mobile,
    has_operator,
    hold_person,
    hold_sole_administrations,
    leaves_nobody,
    was_verified,
)
from marketplace.clock import now
from marketplace.errors import Invalid, NotFound, NotNow, Stale
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.organisations.changing import forsake
from marketplace.parsing import ParseError
from marketplace.parsing.emails import read_address
from marketplace.parsing.person_names import unfit_sign
from marketplace.parsing.text import too_long
from marketplace.permissions import Reader, reader_id
from matching.folding import drop_unseen

# Characters, as the column holds them.
MAX_NAME = 40
ERASED_NAME = "已注销用户"


class RegisteredTwice(NotNow):
    """Two presses of the button that registers."""


def finish_registration(person: Person) -> None:
    """注册: give a new person what belongs to them; no commit, the view of the library does.

    Raises:
        NotNow: the same address (RegisteredTwice), or the same telephone, was registered a moment ago.
    """
    # Set by us: the defaults of columns come with the flush, after the library has read them.
    person.failed_count = 0
    person.password_set_at = now()
    db.session.add(person)
    words = ("这份注册刚才已经提交过。", "请到邮箱里找确认邮件。")
    # A telephone alone may be that of two people who register at one moment.
    taken = {
        "uq_person_email": RegisteredTwice(*words),
        "uq_person_mobile": NotNow(*words),
    }
    with persistence.refusals(duplicates=taken):
        db.session.flush()
    # After the flush: consents and held forms name the person by number.
    agreements.note_consents(person)
    held_forms.claim_forms(person)
    note_account_deed(person, "register", by=person)


def finish_password(person: Person, former: str | None) -> None:
    """A new password is set: end every session, forget failures and the eldest password; no commit."""
    passwords.note_password(person, former)
    locking.forget_failures(person)
    sessions.drop_sessions(person)
    note_account_deed(person, "password", by=person)


def change_account(person: Person, *, name: str, mobile: str | None) -> None:
    """保存: change one's own name and second sign-in name.

    Raises:
        Invalid: the number belongs to another account.
    """
    taken = Invalid(
        "手机号没有保存。",
        problems={"mobile": ["这个号码不能用作登录名，请换一个，或只用邮箱登录。"]},
    )
    other = mobile and find_person_of_mobile(mobile)
    # Looked up for the answer; two at the same moment are told apart by the unique column.
    if other and other.id != person.id:
        raise taken
    changed = []
    if person.name != name:
        changed.append("name")
    if person.mobile != mobile:
        changed.append("mobile")
    person.name = name
    person.mobile = mobile
    if changed:
        note_account_deed(person, "account", by=person, changed=changed)
    persistence.commit(duplicates={"uq_person_mobile": taken})


def finish_address(person: Person, former: str) -> None:
    """The address was changed: tell the old one; no commit."""
    # To the former address: an intruder reads the new one.
    mail.send_notice(person, "email_changed", to=former, former=former)
    note_account_deed(person, "email", by=person, changed=["email"])


def leave_everywhere(person: Person) -> None:
    """全部退出: end every session of oneself."""
    sessions.drop_sessions(person)
    note_account_deed(person, "sign_out_all", by=person)
    persistence.commit()


def add_first_operator(email: str, *, name: str) -> Person:
    """Make the first operator of a site.

    Raises:
        NotNow: there is one.
        Invalid: no proper address or name.
    """
    if has_operator():
        raise NotNow(
            "平台已有运营人员，不能再添加第一位。",
            "请由现有的运营人员在「账号和角色」里添加，或先停用再重来（flask people deactivate）。",
        )
    return add_account(email, name=name, roles=["operator"])


def add_account(
    email: str, *, name: str, roles: Iterable[str] = (), by: Reader | None = None
) -> Person:
    """Make an account without a password, which its owner sets by a link; or give the one there is further roles.

    Arguments and errors as of `prepare_account`, which commits nothing.
    """
    person = prepare_account(email, name=name, roles=roles, by=by)
    persistence.commit()
    return person


def prepare_account(
    email: str, *, name: str, roles: Iterable[str] = (), by: Reader | None = None
) -> Person:
    """What `add_account` does, without its commit.

    Args:
        email: the sign-in name.
        name: how the person is called; that of a person who exists does not change.
        roles: codes of `ROLES`.
        by: the acting person; None from the command line.

    Raises:
        Invalid: no proper address, name or role.
        NotNow: roles that do not go together (`granting`).
    """
    # Once each, in the order they were named, for messages and History.
    wanted = list(dict.fromkeys(roles))
    unknown = [role for role in wanted if role not in ROLES]
    if unknown:
        raise Invalid(
            f"没有这样的角色：{'、'.join(unknown)}。", f"可以用：{'、'.join(ROLES)}。"
        )
    address = checked_address(email)
    person = find_person(address)
    if person is None:
        # Before there is a row: what is refused leaves no account.
        granting.require_compatible(wanted)
        name = checked_name(name)
        person = Person(
            email=address,
            name=name,
            fs_uniquifier=uuid.uuid4().hex,
            # Set by nobody yet; the default of the column would be the day of making.
            password_set_at=None,
        )
        db.session.add(person)
        db.session.flush()
        note_account_deed(person, "add", by=by)
    for role in granting.give_roles(person, wanted):
        note_account_deed(person, "role", by=by, note=role)
    return person


def checked_name(text: str) -> str:
    """A name of a person as it is stored: one line of what people see.

    Raises:
        Invalid: nothing is left of it, it has no letter, is too long, or holds a sign that is no part of a name.
    """
    name = " ".join(drop_unseen(text).split())
    problem = too_long(name, MAX_NAME)
    if not any(character.isalpha() for character in name):
        problem = "请填写姓名，不能只有符号。"
    elif sign := unfit_sign(name):
        problem = (
            f"姓名里不能有「{sign}」，请照证件填写；文字、空格、「·」和连字符都可以用。"
        )
    if problem:
        raise Invalid(problem, problems={"name": [problem]})
    return name


def checked_address(email: str) -> str:
    """An address as a sign-in name; DNS is never asked. Raises Invalid."""
    try:
        return read_address(email)
    except ParseError as error:
        problems = {"email": [error.sentence]}
        raise Invalid(error.message, error.allowed, problems=problems) from None


def make_link(person: Person) -> str:
    """A link by which a person sets their password once; it ends with `SECURITY_RESET_PASSWORD_WITHIN`."""
    link: str = generate_reset_link(person)[0]  # type: ignore[no-untyped-call]
    return link


def get_account(email: str) -> Person:
    """The person of an address. Raises NotFound."""
    person = find_person(checked_address(email))
    if person is None:
        raise NotFound(f"没有「{email}」这个账号。")
    return person


def close_account(person: Person, *, by: Reader | None, note: str = "") -> None:
    """停用: nobody signs in with it any more, and who has is out at once.

    Args:
        person: whose account it is.
        by: the acting person; None from the command line.
        note: why, as History holds it.

    Raises:
        NotNow: it is closed already.
    """
    # Said and not passed over: a typing error may have named somebody else.
    if not person.active:
        raise NotNow(f"「{person.email}」已经停用。")
    # What a broker carried waits for nobody who cannot sign in; it goes to the operators in the same transaction.
    if "broker" in person.role_names:
        contributions.stop_broker(person.id, "账号已停用", by)
    person.active = False
    sessions.drop_sessions(person)
    note_account_deed(
        person, "deactivate", by=by, before="active", after="inactive", note=note
    )
    persistence.commit()


def agree_to_texts(person: Person, *, seen: Collection[str]) -> None:
    """同意 to the texts that have changed since one agreed, or that one never agreed to; twice is once.

    Args:
        person: who agrees.
        seen: versions of the texts that were on their page.

    Raises:
        Stale: a text was changed while they read.
    """
    # Before what is due is read: of two presses the second one finds nothing due.
    hold_person(person.id)
    due = agreements.due_agreements(person)
    if any(text.version not in seen for text in due):
        raise Stale("文本刚刚又改了，没有记下您的同意。", "请看过现在的文本再决定。")
    if not due:
        return
    agreements.note_consents(person, due)
    note_account_deed(
        person, "agree", by=person, note="、".join(text.title for text in due)
    )
    persistence.commit()


def set_consent(person: Person, kind: str, *, given: bool) -> None:
    """同意 or 撤回同意: one of the two consents about one's contacts, as easily withdrawn as given.

    Raises:
        NotFound: there is no such consent.
    """
    if kind not in contact_consents.CONSENTS:
        raise NotFound("没有这一项同意。", "请从「我的数据」进入。")
    if given:
        contact_consents.give(person, kind)
    else:
        contact_consents.withdraw(person, kind)
    note_account_deed(person, "agree" if given else "withdraw", by=person, note=kind)
    persistence.commit()


def erase_account(person: Person) -> None:
    """注销: erase what is personal of an account; deeds and the listings of organisations stay (no commit, 159).

    Raises:
        NotNow: an organisation would lose its last administrator, and others are there.
    """
    # Under the hold: of two last administrators who both leave, one is refused.
    for place in hold_sole_administrations(person):
        if not leaves_nobody(place):
            raise NotNow(
                f"您是「{place.organisation.name}」最后一位管理员。",
                "先在「单位人员」里把管理员交给别人，再注销。",
            )
    forsaken = [one.organisation for one in person.memberships if leaves_nobody(one)]
    sessions.drop_sessions(person)
    # The encrypted secret and the spare codes are personal too.
    second_factor.reset_factor(person)
    # One by one, as orphans, so that the audit sees each place end.
    person.memberships.clear()
    # After they are gone: nobody is notified of it who has just left.
    for organisation in forsaken:
        forsake(organisation, verified=was_verified(organisation), by=person)
    person.roles.clear()
    for kind in contact_consents.CONSENTS:
        # Withdrawn and not deleted: the rows prove until when contacts might be read.
        contact_consents.withdraw(person, kind)
    person.name = ERASED_NAME
    # Unique, and an address that mail can never reach (RFC 2606).
    person.email = f"closed-{person.id}-{uuid.uuid4().hex[:8]}{ERASED_DOMAIN}"
    # The row stays, for deeds and listings name it by number.
    person.phone = ""
    person.mobile = None
    person.password = None
    person.password_set_at = None
    # What people build passwords from is personal, and here there is nothing left that must not be repeated.
    passwords.forget_passwords(person)
    person.confirmed_at = None
    person.active = False
    person.fs_uniquifier = uuid.uuid4().hex
    note_account_deed(person, "erase", by=person, before="active", after="erased")


def reset_account(
    person: Person, *, by: Reader | None, mails_link: bool = False
) -> None:
    """重置: for who has lost their telephone or password; password and second factor end, sessions too.

    An account that was closed opens again. Its owner sets a new password by a link.

    Args:
        person: whose account it is.
        by: the acting person; None from the command line.
        mails_link: the link goes to the owner's mailbox and nowhere else; else the caller hands it over.
    """
    forget_password(person)
    granting.let_act(person, by=by)
    second_factor.reset_factor(person)
    locking.forget_failures(person)
    sessions.drop_sessions(person)
    # Also a warning, should an operator have been talked into it.
    link = make_link(person) if mails_link else ""
    mail.send_notice(person, "second_factor_reset", link=link)
    note_account_deed(person, "reset", by=by)
    persistence.commit()


def forget_password(person: Person) -> None:
    """Let nobody sign in with the password of an account, nor by a link that was sent before (no commit)."""
    # It counts among the last five: it may be known to somebody.
    passwords.note_password(person, person.password)
    person.password = None
    person.password_set_at = None
    # What cookies and links say of the person means nothing any more.
    person.fs_uniquifier = uuid.uuid4().hex


def note_account_deed(
    person: Person,
    deed: str,
    *,
    by: Reader | None,
    before: str = "",
    after: str = "",
    note: str = "",
    changed: Iterable[str] = (),
) -> None:
    """Note in History what was done to an account (no commit)."""
    db.session.add(
        History(
            kind="person",
            thing_id=person.id,
            deed=deed,
            before=before,
            after=after,
            note=note,
            changed=list(changed),
            by_id=reader_id(by),
        )
    )
