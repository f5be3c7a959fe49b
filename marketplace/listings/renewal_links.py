"""The signed links of reminders by which one listing is renewed without signing in (decision 095).

What renewing does stands in `deeds.py`; who is reminded, in `announcements.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from marketplace.accounts.models import Person
from marketplace.accounts.queries import people_by_id
from marketplace.clock import today
from marketplace.errors import NotAllowed, NotFound, NotNow
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.listings.queries import load_row
from marketplace.permissions import may

Row = Achievement | Demand
SALT = "listing-renewal"
# Days after the end that it names: a mailbox is read after the holidays, and not years later by somebody else.
LINK_DAYS = 90
INVALID = "这个续期链接无效。"
ADVICE = "请从邮件里重新点开，或登录后在「我的」里续期。"


@dataclass(frozen=True)
class RenewalLink:
    """What a link says.

    Attributes:
        kind, listing_id: the one listing that it renews.
        person_id: whom it was sent to, and in whose name it renews.
        end: the last day of validity it was written for; once that has changed, the link is spent.
    """

    kind: str
    listing_id: int
    person_id: int
    end: date


def link_token(row: Row, person: Person) -> str:
    """The signed part of the address, for one person and the present end of a listing."""
    end = row.valid_until
    assert end is not None  # noqa: S101  reminders go out by it
    # The end is signed too: once it has changed the link renews nothing.
    return _serializer().dumps([row.kind, row.id, person.id, end.isoformat()])


def read_link(token: str) -> RenewalLink:
    """What a link says. Raises NotFound where this site has not signed it."""
    try:
        kind, listing_id, person_id, end = _serializer().loads(token)
        link = RenewalLink(kind, listing_id, person_id, date.fromisoformat(end))
    except (BadSignature, ValueError, TypeError):
        raise NotFound(INVALID, ADVICE) from None
    # A kind that was signed by an older release and is none any more.
    if link.kind not in LISTINGS:
        raise NotFound(INVALID, ADVICE)
    return link


def listing_of(link: RenewalLink) -> Row:
    """The listing of a link. Raises NotFound, NotNow where the link is too old."""
    if today() > link.end + timedelta(days=LINK_DAYS):
        raise NotNow(
            f"这个链接已经过了 {LINK_DAYS} 天，不能再用。", "请登录后在「我的」里续期。"
        )
    row = load_row(link.kind, link.listing_id)
    if row is None:
        raise NotFound(INVALID, ADVICE)
    return row


def person_of(link: RenewalLink, row: Row) -> Person:
    """Whom a link was sent to, if they still look after the listing. Raises NotAllowed."""
    person = people_by_id([link.person_id]).get(link.person_id)
    # As of today and not of the day of the mail: who has left the organisation takes no key along.
    if person is None or not person.active or not may(person, "listing.edit", row):
        raise NotAllowed(
            "收到这封邮件的账号已经不负责这一条，不能续期。",
            "请现在负责的人登录后在「我的」里续期。",
        )
    return person


def _serializer() -> URLSafeSerializer:
    # A salt of its own, so that no other signed address of the site is taken for one of these.
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=SALT)
