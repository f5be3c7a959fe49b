"""The two consents about contacts, apart from each other and from the agreements (个人信息保护法 art. 23, 25).

Each is given and withdrawn on its own, with the text as it was and the moment; nothing is committed here.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Select, or_, select

from marketplace import persistence
from marketplace.accounts.child_models import AgreementText, Consent
from marketplace.accounts.models import Person
from marketplace.accounts.queries import hold_person
from marketplace.clock import now
from marketplace.extensions import db
from marketplace.persistence import count_changed

# Stored with each consent and part of its version: another name would orphan what was agreed to.
PUBLISH = "publish_contact"
SHARE = "share_contact"
# Kind → its name, and the text that is agreed to, word for word.
CONSENTS = {
    PUBLISH: (
        "公开我的联系方式",
        "我同意把我在成果、需求里填写的联系人、电话和邮箱，显示给已核验单位的登录用户，用于技术对接。"
        "每次查看都有记录，我可以随时查看和撤回；撤回后不再显示，不影响使用其他功能。",
    ),
    SHARE: (
        "把联系方式转给对接的另一方",
        "我同意平台或接手的技术经理人，在促成对接时把我的联系方式转给对接的另一方，只用于这次对接。"
        "我可以随时撤回；撤回后不再转给新的对接方，不影响使用其他功能。",
    ),
}


def current_consent(person: Person, kind: str) -> Consent | None:
    """The consent of a kind that is in force; None where there is none."""
    query = _open_consents(person, kind).order_by(Consent.id.desc())
    row: Consent | None = db.session.scalars(query).first()
    return row


def _open_consents(person: Person, kind: str) -> Select[tuple[Consent]]:
    return select(Consent).where(
        Consent.person_id == person.id,
        Consent.kind == kind,
        Consent.withdrawn_at.is_(None),
    )


def agreed_at(person: Person, kind: str, moment: datetime | None) -> bool:
    """Whether a consent of a kind was in force at a moment (UTC without zone); None: at no moment."""
    if moment is None:
        return False
    ended = or_(Consent.withdrawn_at.is_(None), Consent.withdrawn_at > moment)
    query = db.select(Consent.id).where(
        Consent.person_id == person.id,
        Consent.kind == kind,
        # As of the moment that is named: a consent given afterwards covers nothing of it.
        Consent.given_at <= moment,
        ended,
    )
    return db.session.scalar(query.limit(1)) is not None


def give(person: Person, kind: str) -> None:
    """Note that a person agrees, to the text as it is now; twice is once."""
    # Of two presses the second one waits here, and finds the consent of the first.
    hold_person(person.id)
    # Another row would be a second consent, which one withdrawal would not end.
    if current_consent(person, kind) is not None:
        return
    _, text = CONSENTS[kind]
    # Twenty digits and the longest kind fit into the 40 characters of the column.
    version = f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:20]}"
    if db.session.get(AgreementText, version) is None:
        persistence.add_once(AgreementText(version=version, kind=kind, text=text))
    db.session.add(Consent(person_id=person.id, kind=kind, version=version))
    # Repeated in the row, so that who shows a contact reads the owner and no consents.
    if kind == PUBLISH:
        person.publishes_contact = True


def withdraw(person: Person, kind: str) -> None:
    """Note that a person no longer agrees."""
    hold_person(person.id)
    # Every one that is open: of two that two presses once made, one would stay in force.
    for row in db.session.scalars(_open_consents(person, kind)):
        row.withdrawn_at = now()
    if kind == PUBLISH:
        person.publishes_contact = False


def remove_withdrawn(before: datetime) -> int:
    """Remove the consents that were withdrawn before a moment; how many there were (no commit)."""
    # One in force has no moment of withdrawal, and null is before nothing.
    return count_changed(db.delete(Consent).where(Consent.withdrawn_at < before))
