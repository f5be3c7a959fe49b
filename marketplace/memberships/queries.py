"""What is read of places, requests and invitations. Nothing is written here."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_

from marketplace.accounts.models import Membership, Person
from marketplace.accounts.queries import (
    can_act,
    is_last_administrator,
    leaves_nobody,
    was_verified,
)
from marketplace.clock import now
from marketplace.counting import Count, as_count
from marketplace.errors import NotFound
from marketplace.extensions import db
from marketplace.memberships.models import Invitation, JoinRequest
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, require
from marketplace.persistence import find_row


def get_managed(organisation_id: int, *, by: Reader | None) -> Organisation:
    """The organisation whose people somebody looks after.

    Raises:
        NotFound: there is none, or they do not: one answer for both.
    """
    row = find_row(Organisation, organisation_id)
    if row is None:
        raise NotFound("没有找到这个单位。", "请从「我的单位」进入。")
    require(by, "people.manage", row)
    return row


def people_of(organisation: Organisation) -> list[Membership]:
    """The places of an organisation: administrators first, then by name."""
    query = (
        db.select(Membership)
        .join(Person)
        .where(Membership.organisation_id == organisation.id)
        .order_by(Membership.is_administrator.desc(), Person.name, Person.id)
    )
    return list(db.session.scalars(query))


def way_out(place: Membership) -> str:
    """How somebody may leave: `free`; `alone`, for nobody else is left and it is suspended; `last`, not yet."""
    if leaves_nobody(place):
        return "alone" if was_verified(place.organisation) else "free"
    if place.is_administrator and is_last_administrator(place):
        return "last"
    return "free"


def administrators_of(organisation_id: int) -> list[Person]:
    """The people who look after an organisation, may sign in and act for it."""
    query = (
        db.select(Person)
        .join(Membership)
        .where(
            Membership.organisation_id == organisation_id,
            Membership.is_administrator,
            # A closed account and an auditor decide on nothing: an organisation of such people counts as unattended.
            can_act(),
        )
    )
    return list(db.session.scalars(query))


def desk_of(organisation_id: int) -> list[Person]:
    """Who looks after the people or the listings of an organisation, may sign in and act for it; by number."""
    query = (
        db.select(Person)
        .join(Membership)
        .where(
            Membership.organisation_id == organisation_id,
            looks_after(),
        )
    )
    return list(db.session.scalars(query.order_by(Person.id)))


def looks_after() -> ColumnElement[bool]:
    """Filter of places and their people: who looks after people or listings, may sign in and act."""
    return and_(or_(Membership.is_administrator, Membership.role == "desk"), can_act())


def requests_for(organisation_ids: Iterable[int]) -> list[JoinRequest]:
    """The requests that wait for the administrators of these organisations, oldest first."""
    query = (
        db.select(JoinRequest)
        .where(
            JoinRequest.organisation_id.in_(list(organisation_ids)),
            JoinRequest.state == "waiting",
        )
        .order_by(JoinRequest.created_at, JoinRequest.id)
    )
    return list(db.session.scalars(query))


def request_count(organisation_ids: Collection[int]) -> Count | int:
    """How many those are: the header of every page asks, and most people administer nothing."""
    # Spares a query on every page of nearly everybody.
    if not organisation_ids:
        return 0
    # Sorted, so that equal sets are equal values to what counts all rooms in one statement (109).
    return Count(_count_query(), {"ids": sorted(organisation_ids)})


@cache
def _count_query() -> Any:
    """Built once: building took longer than counting."""
    return db.select(func.count()).where(
        JoinRequest.organisation_id.in_(bindparam("ids", expanding=True)),
        JoinRequest.state == "waiting",
    )


def unattended_requests() -> list[JoinRequest]:
    """The requests for organisations without an administrator, oldest first: they are the operators'."""
    query = db.select(JoinRequest).where(*_unattended())
    order = (JoinRequest.created_at, JoinRequest.id)
    return list(db.session.scalars(query.order_by(*order)))


@as_count()
def unattended_count() -> Any:
    """How many those are."""
    return db.select(func.count()).select_from(JoinRequest).where(*_unattended())


def own_requests(person: Person) -> list[JoinRequest]:
    """The requests of a person, newest first; at most twenty."""
    query = db.select(JoinRequest).where(JoinRequest.person_id == person.id)
    # Older ones are history; the page is about what waits.
    return list(db.session.scalars(query.order_by(JoinRequest.id.desc()).limit(20)))


def waiting_request(person: Person, organisation: Organisation) -> JoinRequest | None:
    """Their request to join this organisation that has no answer yet."""
    query = db.select(JoinRequest).where(
        JoinRequest.person_id == person.id,
        JoinRequest.organisation_id == organisation.id,
        JoinRequest.state == "waiting",
    )
    request: JoinRequest | None = db.session.scalar(query)
    return request


def open_invitations(organisation: Organisation) -> list[Invitation]:
    """The invitations of an organisation that may still be taken up, newest first."""
    query = db.select(Invitation).where(
        Invitation.organisation_id == organisation.id, *_is_open()
    )
    return list(db.session.scalars(query.order_by(Invitation.id.desc())))


def invitations_to(person: Person) -> list[Invitation]:
    """The invitations to a person's address that they may still take up."""
    # An auditor takes no place; a button for it would only be refused.
    if not person.acts:
        return []
    # The address of an account is confirmed, so that nobody finds a place by typing the address of another.
    query = db.select(Invitation).where(Invitation.email == person.email, *_is_open())
    return list(db.session.scalars(query.order_by(Invitation.id)))


def invitations_to_address(email: str) -> list[Invitation]:
    """Every invitation to an address, open or not."""
    query = db.select(Invitation).where(Invitation.email == email)
    return list(db.session.scalars(query.order_by(Invitation.id)))


def _is_open() -> tuple[object, ...]:
    return (
        # The same as `Invitation.is_open`, in SQL.
        Invitation.used_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > now(),
    )


def _unattended() -> tuple[object, ...]:
    # One condition for list and count, so that the number on the tray is that of its rows.
    attended = exists().where(
        Membership.organisation_id == JoinRequest.organisation_id,
        Membership.is_administrator,
        Membership.person_id == Person.id,
        can_act(),
    )
    return (JoinRequest.state == "waiting", ~attended)


def get_request(request_id: int) -> JoinRequest | None:
    """The request of that number."""
    return find_row(JoinRequest, request_id)


def get_invitation(invitation_id: int) -> Invitation | None:
    """The invitation of that number."""
    return find_row(Invitation, invitation_id)


def used_invitation(token: str, *, by: Reader) -> Invitation | None:
    """The invitation of a link that this reader has taken themselves; None for everybody else."""
    invitation = invitation_of_link(token)
    # Nobody has used an open one, and a guest is nobody.
    if invitation is None or by.id is None or invitation.used_by_id != by.id:
        return None
    return invitation


def invitation_of_link(token: str) -> Invitation | None:
    """The invitation that a link is of, open or not; None where it was not made here."""
    try:
        number, nonce = link_signer().loads(token)
    # A link that a mail program cut off unpacks to something else.
    except (BadSignature, ValueError, TypeError):
        return None
    # Signed by us, but perhaps for another purpose of an older version.
    if not isinstance(number, int) or not isinstance(nonce, str):
        return None
    invitation = find_row(Invitation, number)
    # In constant time, so that no digest can be guessed letter by letter.
    if invitation is None or not hmac.compare_digest(
        invitation.digest, digest_of(nonce)
    ):
        return None
    return invitation


def digest_of(nonce: str) -> str:
    """What is stored of the secret part of a link."""
    return hashlib.sha256(nonce.encode()).hexdigest()


def link_signer() -> URLSafeSerializer:
    """What signs the links of invitations."""
    # Its own salt: a signed value of another purpose is no invitation.
    return URLSafeSerializer(current_app.secret_key or "", salt="invitation")
