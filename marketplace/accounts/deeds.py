"""What is done to people and organisations. The only file of this room that commits."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterable

from flask_security import hash_password

from marketplace.accounts.models import (
    ORGANISATION_KINDS,
    ROLES,
    Membership,
    Organisation,
    Person,
    Role,
    key_of,
)
from marketplace.clock import now
from marketplace.errors import Invalid, NotNow
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
        raise Invalid(error.message, problems={"uscc": [error.message]}) from None


def find_organisation(name: str, uscc: str | None = None) -> Organisation | None:
    """The organisation of that code, else of that name (spelling aside)."""
    if uscc:
        by_code = db.select(Organisation).where(Organisation.uscc == uscc)
        registered: Organisation | None = db.session.scalar(by_code)
        if registered is not None:
            return registered
    by_name = db.select(Organisation).where(Organisation.name_key == key_of(name))
    named: Organisation | None = db.session.scalar(by_name)
    return named


def draft_organisation(
    name: str,
    *,
    kind: str,
    uscc: str | None = None,
    district_code: str | None = None,
    verified: bool = False,
) -> Organisation:
    """Find an organisation or add one to the session (no commit: the calling rule commits).

    A code that the found one lacks is filled in; a code that contradicts it is refused.

    Raises:
        Invalid: no name, an unknown kind, a wrong code, or the name is known under another code.
    """
    name = unicodedata.normalize("NFC", name).strip()
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
    code = checked_uscc(uscc) if uscc else None
    found = find_organisation(name, code)
    if found is None:
        found = Organisation(
            name=name,
            name_key=key_of(name),
            kind=kind,
            uscc=code,
            district_code=district_code,
        )
        db.session.add(found)
        db.session.flush()
    elif code and found.uscc is None:
        found.uscc = code
    elif code and found.uscc != code:
        message = f"「{found.name}」在平台登记的统一社会信用代码是 {found.uscc}，与 {code} 不同。"
        raise Invalid(message, "请核对名称和代码。", problems={"uscc": [message]})
    if district_code and not found.district_code:
        found.district_code = district_code
    if verified and found.verified_at is None:
        found.verified_at = now()
    return found


def verify_organisation(
    organisation: Organisation, *, by: Reader | None, uscc: str = ""
) -> None:
    """Note that an organisation's identity was checked against its 统一社会信用代码.

    Args:
        organisation: the row.
        by: the acting person.
        uscc: its code, where the row has none yet.

    Raises:
        NotAllowed.
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
    other = find_organisation("", code)
    if other is not None and other.id != organisation.id:
        message = f"代码 {code} 已登记给「{other.name}」，请核对是不是同一个单位。"
        raise Invalid(message, problems={"uscc": [message]})
    organisation.uscc, organisation.verified_at = code, now()
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
    db.session.commit()


def people_by_id(ids: Iterable[int | None]) -> dict[int, Person]:
    """The people of those ids, in one query."""
    wanted = {one for one in ids if one is not None}
    return {
        one.id: one
        for one in db.session.scalars(db.select(Person).where(Person.id.in_(wanted)))
    }


def seed_roles() -> None:
    """Make sure that every role of `ROLES` has its row."""
    known = set(db.session.scalars(db.select(Role.name)))
    db.session.add_all(
        Role(name=code, description=name)
        for code, name in ROLES.items()
        if code not in known
    )
    db.session.commit()


def find_person(email: str) -> Person | None:
    """The person of that sign-in name."""
    query = db.select(Person).where(Person.email == email.strip().lower())
    person: Person | None = db.session.scalar(query)
    return person


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
        password: in clear; stored as argon2 hash. Kept unchanged where the person exists.
        roles: codes of `ROLES`.
        organisations: rows the person belongs to.
        by: the acting person; None from the command line.

    Raises:
        Invalid: an unknown role.
    """
    wanted = set(roles)
    if wanted - ROLES.keys():
        raise Invalid(f"没有这样的角色：{'、'.join(sorted(wanted - ROLES.keys()))}。")
    person = find_person(email)
    if person is None:
        person = Person(
            email=email.strip().lower(),
            name=name,
            password=hash_password(password),
            fs_uniquifier=uuid.uuid4().hex,
        )
        db.session.add(person)
    person.roles.extend(
        role
        for role in db.session.scalars(db.select(Role).where(Role.name.in_(wanted)))
        if role not in person.roles
    )
    db.session.flush()
    for organisation in organisations:
        if organisation.id not in person.organisation_ids:
            person.memberships.append(Membership(organisation=organisation))
    db.session.commit()
    return person
