"""What the site holds of one person, and who looked at their contacts. Nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import inspect, or_

from marketplace import contributions
from marketplace.accounts.agreements import consents_of
from marketplace.accounts.models import Person
from marketplace.accounts.sessions import sessions_of
from marketplace.audit.models import Entry
from marketplace.extensions import db
from marketplace.listings.models import LISTINGS
from marketplace.memberships.models import Invitation, JoinRequest
from marketplace.notices.models import Notice
from marketplace.organisations.queries import names_of_organisations
from marketplace.profiles.queries import own_broker, own_researcher

MAX_VIEWS = 200
# Tables of the copy: what they are called, and the columns that are the person's own; secrets are never among them.
ACCOUNT = ("id", "name", "email", "mobile", "phone", "created_at", "confirmed_at")
CONTACT = ("contact_name", "contact_phone", "contact_email")
PROFILE = (
    "title",
    "discipline",
    "offer",
    "number",
    "level",
    "issuer",
    "valid_to",
    "introduction",
    "changed_at",
)


# What is recorded of contacts → how it is called.
LOOKS = {"contact.read": "查看", "contact.export": "导出清单"}
OWN_CONTACT = "您本人的联系方式"


@dataclass(frozen=True)
class ContactView:
    """One look at the contact of a listing of the person, or at their own in an introduction or a case.

    Attributes:
        at: moment in UTC.
        kind, listing_id, title: the listing; the number is 0 where the contact is that of the account.
        organisation: for whom the reader looked; empty where it is not known.
        how: looked at or exported, in words.
    """

    at: datetime
    kind: str
    listing_id: int
    title: str
    organisation: str
    how: str


def contact_views(person: Person) -> list[ContactView]:
    """Who looked at or exported the contacts that a person typed, and their own, newest first; at most MAX_VIEWS."""
    # The audit names things by text, so the numbers of listings are compared as text.
    titles = {("person", str(person.id)): OWN_CONTACT}
    for kind, table in LISTINGS.items():
        rows = db.session.execute(
            db.select(table.id, table.title).where(table.owner_id == person.id)
        )
        for row in rows:
            titles[kind, str(row.id)] = row.title
    entries: list[Entry] = []
    for kind in (*LISTINGS, "person"):
        things = [thing for one, thing in titles if one == kind]
        # One query for each kind: numbers of achievements, demands and people overlap.
        query = db.select(Entry).where(
            Entry.deed.in_(LOOKS),
            Entry.kind == kind,
            Entry.thing.in_(things),
            # One's own looks are no news.
            or_(Entry.actor.is_(None), Entry.actor != person.id),
        )
        # By position, not by time: two entries of one moment have an order.
        newest = query.order_by(Entry.position.desc()).limit(MAX_VIEWS)
        entries += db.session.scalars(newest)
    entries.sort(key=lambda entry: entry.position, reverse=True)
    names = names_of_organisations(
        entry.organisation for entry in entries if entry.organisation is not None
    )
    views = []
    for entry in entries[:MAX_VIEWS]:
        view = ContactView(
            at=datetime.fromisoformat(entry.at.rstrip("Z")),
            kind=entry.kind,
            listing_id=0 if entry.kind == "person" else int(entry.thing),
            title=titles[entry.kind, entry.thing],
            organisation=names.get(str(entry.organisation), ""),
            how=LOOKS[entry.deed],
        )
        views.append(view)
    return views


def copy_of(
    person: Person, views: list[ContactView]
) -> dict[str, list[dict[str, Any]]]:
    """Everything the site holds of a person, as tables of plain values (个人信息保护法 art. 45).

    Args:
        person: whose data.
        views: what `contact_views` gives for them.

    Returns:
        name of a table → its rows, column → text, number or None.
    """
    copy: dict[str, list[dict[str, Any]]] = {
        "账号": [_plain(person, ACCOUNT)],
        "单位": [
            {
                "单位": place.organisation.name,
                "身份": place.role_name,
                "加入": _text(place.since),
            }
            for place in person.memberships
        ],
        "同意": [
            _plain(row, ("kind", "version", "given_at", "withdrawn_at"))
            for row in consents_of(person)
        ],
        "登录的设备": [
            _plain(row, ("created_at", "seen_at", "agent", "address"))
            for row in sessions_of(person)
        ],
    }
    copy["加入申请"] = [
        _plain(row, ("note", "state", "reason", "created_at", "decided_at"))
        | {"单位": row.organisation.name}
        for row in _own(JoinRequest, JoinRequest.person_id == person.id)
    ]
    # By address: an invitation knows no account until it is taken.
    copy["收到的邀请"] = [
        _plain(row, ("email", "role", "created_at", "used_at", "revoked_at"))
        | {"单位": row.organisation.name}
        for row in _own(Invitation, Invitation.email == person.email)
    ]
    # Their texts belong to the organisation; the person's own are title, state and contacts.
    copy["填报的成果和需求"] = _own_listings(person)
    copy["公开资料"] = []
    for profile in (own_researcher(person), own_broker(person)):
        if profile is not None:
            copy["公开资料"].append(_plain(profile, PROFILE))
    copy["通知"] = [
        _plain(row, ("created_at", "subject", "happened", "state", "sent_at"))
        for row in _own(Notice, Notice.person_id == person.id)
    ]
    # Organisations and no names: who looked has a right to their own data too.
    copy["谁看过我的联系方式"] = [
        {
            "时间": _text(view.at),
            "内容": view.title,
            "单位": view.organisation,
            "怎样": view.how,
        }
        for view in views
    ]
    return copy | contributions.personal_copy(person)


def _own_listings(person: Person) -> list[dict[str, Any]]:
    rows = []
    for table in LISTINGS.values():
        for row in _own(table, table.owner_id == person.id):
            values = _plain(row, ("id", "title", "state", "created_at", *CONTACT))
            rows.append({"kind": table.kind} | values)
    return rows


def _own(model: Any, condition: Any) -> list[Any]:
    return list(
        db.session.scalars(db.select(model).where(condition).order_by(model.id))
    )


def _plain(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Columns of a row as plain values; the column's own name where it has no other."""
    known: Mapping[str, Any] = inspect(row).mapper.columns
    # Researchers and brokers have different columns of one list.
    return {name: _text(getattr(row, name)) for name in names if name in known}


def _text(value: Any) -> Any:
    if isinstance(value, datetime | date):
        # JSON has no moments, and a cell with a date would be worded by Excel's own language.
        return value.isoformat()
    return value
