"""What is done to people and organisations. The only file of this room that commits."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterable

from flask_security import hash_password

from marketplace import persistence
from marketplace.accounts.models import (
    ORGANISATION_KINDS,
    ROLES,
    Membership,
    Organisation,
    Person,
    Role,
    key_of,
)
from marketplace.accounts.queries import find_organisation, find_person
from marketplace.clock import now
from marketplace.errors import Invalid, NotNow, Stale
from marketplace.extensions import db
from marketplace.lifecycle import History
from marketplace.parsing import ParseError
from marketplace.parsing.numbers import check_uscc
from marketplace.permissions import Reader, reader_id, require


def checked_uscc(text: str) -> str:
    """A 统一社会信用代码 in its stored form.

    Args:
        text: as typed: full-width, lower case, blanks and hyphens are understood.

    Returns:
        18 upper-case characters.

    Raises:
        Invalid: wrong length, alphabet or check character (GB 32100-2015), with what is wrong.
    """
    try:
        return check_uscc(text)
    except ParseError as error:
        # The parser knows no field of a form; here it is always this one.
        raise Invalid(error.message, problems={"uscc": [error.message]}) from None


def draft_organisation(
    name: str,
    *,
    kind: str,
    uscc: str | None = None,
    district_code: str | None = None,
    verified: bool = False,
) -> Organisation:
    """Find an organisation or add one to the session (no commit: the calling rule commits).

    Where the one that is there lacks a code it is filled in; another code than the one it has is refused.

    Args:
        name: its name; spelling aside, that of one organisation only.
        kind: a code of `ORGANISATION_KINDS`.
        uscc: its 统一社会信用代码, as typed.
        district_code: where it is seated.
        verified: whether its identity was checked.

    Raises:
        Invalid: no name, an unknown kind, a wrong code, or the name is known under another code.
    """
    name = unicodedata.normalize("NFC", name).strip()
    # A name of signs only has an empty key, so that all such names would be one organisation.
    if not key_of(name) or len(name) > 120:
        raise Invalid(
            "单位名称应为 1–120 个字。",
            problems={"name": ["单位名称应为 1–120 个字。"]},
        )
    if kind not in ORGANISATION_KINDS:
        raise Invalid(
            "单位类型不在列表中。",
            problems={"kind": [f"只能是：{'、'.join(ORGANISATION_KINDS.values())}。"]},
        )
    code = None
    if uscc:
        code = checked_uscc(uscc)
    organisation = find_organisation(name, code)
    if organisation is None:
        organisation = Organisation(
            name=name,
            name_key=key_of(name),
            kind=kind,
            uscc=code,
            district_code=district_code,
        )
        db.session.add(organisation)
        db.session.flush()  # for its id
    elif code and organisation.uscc is None:
        organisation.uscc = code
    elif code and organisation.uscc != code:
        # Two organisations of one name: only a person can tell which one is meant.
        message = f"「{organisation.name}」在平台登记的统一社会信用代码是 {organisation.uscc}，与 {code} 不同。"
        raise Invalid(message, "请核对名称和代码。", problems={"uscc": [message]})
    if district_code and not organisation.district_code:
        organisation.district_code = district_code
    if verified and organisation.verified_at is None:
        organisation.verified_at = now()
    return organisation


def verify_organisation(
    organisation: Organisation, *, by: Reader | None, uscc: str = ""
) -> None:
    """Note that an organisation's identity was checked against its 统一社会信用代码.

    Args:
        organisation: the row.
        by: the acting person; None for the site itself.
        uscc: its code, where the row has none yet.

    Raises:
        NotAllowed: the person does not verify organisations.
        NotNow: it is verified already.
        Invalid: no code, a wrong one, or one that belongs to another organisation.
    """
    require(by, "organisation.verify")
    if organisation.verified_at is not None:
        raise NotNow(f"「{organisation.name}」已经核验过。", "不用再核验。")
    if not organisation.uscc and not uscc.strip():
        message = "核验前填上统一社会信用代码。"
        raise Invalid(message, problems={"uscc": [message]})
    code = organisation.uscc or checked_uscc(uscc)
    # The column is unique too; this is for words that name the other one.
    other = find_organisation("", code)
    if other is not None and other.id != organisation.id:
        message = f"代码 {code} 已登记给「{other.name}」，请核对是不是同一个单位。"
        raise Invalid(message, problems={"uscc": [message]})
    organisation.uscc = code
    organisation.verified_at = now()
    db.session.add(
        History(
            kind="organisation",
            thing_id=organisation.id,
            deed="verify",
            before="unverified",
            after="verified",
            by_id=reader_id(by),
        )
    )
    # Two operators at the same moment, or a code that was registered meanwhile.
    message = "同一时刻有别人核验或登记了这个代码。"
    quicker = Stale(message, "请刷新后再看。")
    persistence.commit(stale=quicker, duplicates={"uq_organisation_uscc": quicker})


def seed_roles() -> None:
    """Make sure that every role of `ROLES` has its row."""
    known = set(db.session.scalars(db.select(Role.name)))
    for code, name in ROLES.items():
        if code not in known:
            db.session.add(Role(name=code, description=name))
    persistence.commit()


def add_person(
    email: str,
    *,
    name: str,
    password: str,
    roles: Iterable[str],
    organisations: Iterable[Organisation] = (),
    by: Reader | None = None,
) -> Person:
    """Add a person, or give the one with that address the named roles and organisations.

    Args:
        email: the sign-in name.
        name: how the person is called.
        password: in clear; stored as argon2 hash. That of a person who exists does not change.
        roles: codes of `ROLES`.
        organisations: rows the person belongs to.
        by: the acting person; None from the command line.

    Raises:
        Invalid: an unknown role.
    """
    wanted = set(roles)
    # A typing error in a command must not make somebody who may do nothing.
    if wanted - ROLES.keys():
        raise Invalid(f"没有这样的角色：{'、'.join(sorted(wanted - ROLES.keys()))}。")
    person = find_person(email)
    if person is None:
        person = Person(
            # Lower case, as Flask-Security compares it (`SECURITY_USER_IDENTITY_ATTRIBUTES`).
            email=email.strip().lower(),
            name=name,
            password=hash_password(password),
            fs_uniquifier=uuid.uuid4().hex,
            confirmed_at=now(),
        )
        db.session.add(person)
    # Only what is missing: a second row of the same person and role would break the key of the table.
    for role in db.session.scalars(db.select(Role).where(Role.name.in_(wanted))):
        if role not in person.roles:
            person.roles.append(role)
    db.session.flush()
    for organisation in organisations:
        if organisation.id not in person.organisation_ids:
            person.memberships.append(Membership(organisation=organisation))
    persistence.commit()
    return person
