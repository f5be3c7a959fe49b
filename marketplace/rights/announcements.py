"""What people are notified of: co-owners who are asked, what they said, and patents that end soon. No commit here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from marketplace.accounts.models import Person
from marketplace.clock import now, today
from marketplace.contributions import NoticeKind
from marketplace.extensions import db
from marketplace.listings.announcements import people_of
from marketplace.listings.child_models import IntellectualProperty
from marketplace.listings.life import ENDED
from marketplace.listings.models import Achievement
from marketplace.listings.schema import terms
from marketplace.memberships.queries import desk_of
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.permissions import Reader
from marketplace.rights.models import CoOwnerConsent
from marketplace.wording import day, in_quotes

ASKED = "rights.asked"
LINK = "rights.link"
ANSWERED = "rights.answered"
ENDING = "rights.ending"
# Days without an answer after which both sides are reminded.
UNANSWERED = (7, 30)
# Days before a fee is due or a term ends on which the people of a listing are reminded.
REMINDED = (90, 30, 7)


@dataclass(frozen=True)
class Ending:
    """A day on which a patent may end.

    Attributes:
        code: `fee` or `term`.
        day: the last day.
        words: what ends then, and how it is known.
    """

    code: str
    day: date
    words: str


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(
        ASKED,
        "征求本单位作为共有人的同意",
        "您收到这封邮件，是因为您负责这个单位的成果，或是它的管理员。",
    )
    # Its link lets whoever has it answer, so that it is erased once the mail is out.
    yield NoticeKind(
        LINK,
        "征求共有人同意的链接",
        "您收到这封邮件，是因为有单位填写了这个邮箱，作为一项成果共有人的邮箱。",
        urgent=True,
        in_digest=False,
        may_be_stopped=False,
        in_app=False,
        secret=True,
    )
    yield NoticeKind(
        ANSWERED,
        "共有人的答复",
        "您收到这封邮件，是因为您填报或送审了这一条，或您是它所属单位的管理员。",
    )
    yield NoticeKind(
        ENDING,
        "专利年费和保护期快到",
        "您收到这封邮件，是因为您填报或送审了这一条，或您是它所属单位的管理员。",
    )


def announce_asking(consent: CoOwnerConsent, token: str) -> None:
    """Ask a co-owner: its people by their accounts, an address by a link."""
    row = consent.achievement
    happened = (
        f"{row.holder_name}填报了成果{in_quotes(row.title)}，写明{in_quotes(consent.name)}是共有人，"
        f"征求你们同意公开发布和转化。\n{consent.terms}"
    )
    subject = f"征求共有人同意：成果{in_quotes(row.title)}"
    # The moment makes a repeated request another notice; without it the second would not go out.
    key = f"co-owner {consent.id} {consent.asked_at.isoformat()}"
    to_do = "打开链接看内容，选「同意」，或写明原因选「不同意」。没有答复以前不会公开。"
    if consent.co_owner_id is not None:
        for person in desk_of(consent.co_owner_id):
            notify(
                ASKED,
                Recipient.of(person),
                key=key,
                subject=subject,
                happened=happened,
                to_do=to_do,
                link=path_of("rights.answer", consent_id=consent.id),
                about=("achievement", row.id),
            )
    if consent.email:
        notify(
            LINK,
            Recipient(consent.email),
            key=key,
            subject=subject,
            happened=happened,
            to_do=to_do,
            link=path_of("rights.opened", token=token),
            about=("achievement", row.id),
        )


def announce_answer(consent: CoOwnerConsent, *, by: Reader | None) -> None:
    """Notify the people of an achievement of what a co-owner said."""
    row = consent.achievement
    agreed = consent.state == "agreed"
    words = "同意发布和转化" if agreed else "不同意发布和转化"
    reason = "" if agreed else f"\n原因：{consent.reason}"
    to_do = ""
    if not agreed:
        to_do = "与对方谈妥，改好后在「共有人」里重新征求。"
    assert consent.answered_at is not None  # noqa: S101  just answered
    for person in people_of(row, by):
        notify(
            ANSWERED,
            Recipient.of(person),
            key=f"co-owner {consent.id} {consent.state} {consent.answered_at.isoformat()}",
            subject=f"共有人{in_quotes(consent.name)}{words}",
            happened=f"共有人{in_quotes(consent.name)}（{consent.answered_as}）{words}成果{in_quotes(row.title)}。{reason}",
            to_do=to_do,
            link=path_of("rights.own", listing_id=row.id),
            about=("achievement", row.id),
        )


def announce_unanswered() -> int:
    """Remind of consents that nobody has answered: the people of the co-owner, and who asked.

    A link is not sent once more, for only its digest is stored: who asked makes a new one.

    Returns:
        number of notices; who was reminded already is not counted.
    """
    query = (
        db.select(CoOwnerConsent)
        .where(
            CoOwnerConsent.state == "requested",
            CoOwnerConsent.asked_at <= now() - timedelta(days=min(UNANSWERED)),
        )
        .order_by(CoOwnerConsent.id)
    )
    count = 0
    for consent in db.session.scalars(query).all():
        # What is over is not published any more.
        if consent.achievement.state not in ENDED:
            count += _remind_of_asking(consent)
    return count


def _remind_of_asking(consent: CoOwnerConsent) -> int:
    row = consent.achievement
    days = (now() - consent.asked_at).days
    # The latest of the days that have come: who was away for the first gets one mail, not two.
    stage = max(least for least in UNANSWERED if days >= least)
    key = f"co-owner {consent.id} {consent.asked_at.isoformat()} unanswered {stage}"
    owner_desk: list[Person] = []
    if consent.co_owner_id is not None:
        owner_desk = desk_of(consent.co_owner_id)
    numbers = []
    for person in owner_desk:
        number = notify(
            ASKED,
            Recipient.of(person),
            key=key,
            subject=f"还没有答复：成果{in_quotes(row.title)}征求共有人同意",
            happened=f"{row.holder_name} {day(consent.asked_at)} 征求{in_quotes(consent.name)}作为共有人同意"
            f"成果{in_quotes(row.title)}公开发布和转化，{days} 天还没有答复。",
            to_do="打开链接看内容，选「同意」，或写明原因选「不同意」。",
            link=path_of("rights.answer", consent_id=consent.id),
            about=("achievement", row.id),
        )
        numbers.append(number)
    for person in people_of(row, None):
        number = notify(
            ANSWERED,
            Recipient.of(person),
            key=key,
            subject=f"共有人{in_quotes(consent.name)}还没有答复",
            happened=f"成果{in_quotes(row.title)}{day(consent.asked_at)} 征求共有人{in_quotes(consent.name)}，"
            f"{days} 天还没有答复。答复以前不能发布。",
            to_do="请联系对方；链接丢了或过期，在「共有人」里重新征求。",
            link=path_of("rights.own", listing_id=row.id),
            about=("achievement", row.id),
        )
        numbers.append(number)
    return sum(number is not None for number in numbers)


def endings_of(right: IntellectualProperty) -> Iterator[Ending]:
    """The days on which a patent ends unless something is done; none of one that has ended, or of other rights.

    The fee of a year is due before its day of application comes round (专利法实施细则 on 年费), so that the next one is
    known of a granted patent of which nobody has written until when it is paid.
    """
    # None is no patent: only patents have a yearly fee and a term.
    if right.standing is None or right.standing == "lapsed":
        return
    if right.fee_paid_until is not None:
        yield Ending("fee", right.fee_paid_until, "年费缴到这一天")
    # Only a granted one: before the grant no yearly fee is due.
    elif right.legal_status == "granted" and right.applied_on is not None:
        anniversary = _next_anniversary(right.applied_on)
        # No fee is due for a year that the patent does not reach.
        if right.expires_on is None or anniversary < right.expires_on:
            yield Ending("fee", anniversary, "下一年度年费的期限（按申请日推算）")
    if right.expires_on is not None:
        yield Ending("term", right.expires_on, "保护期届满")


def announce_endings() -> int:
    """Remind the people of published achievements of patents that end soon.

    Returns:
        number of notices; who was reminded already is not counted.
    """
    query = (
        db.select(IntellectualProperty, Achievement)
        .join(Achievement, Achievement.id == IntellectualProperty.achievement_id)
        .where(
            Achievement.state == "published",
            IntellectualProperty.ip_type.in_(terms.PATENT_YEARS),
        )
        .order_by(IntellectualProperty.id)
    )
    count = 0
    latest = today() + timedelta(days=max(REMINDED))
    for right, row in db.session.execute(query).tuples().all():
        for ending in endings_of(right):
            if today() <= ending.day <= latest:
                count += _remind(row, right, ending)
    return count


def _remind(row: Achievement, right: IntellectualProperty, ending: Ending) -> int:
    left = (ending.day - today()).days
    # The nearest of the days that have come: who was away for the first gets one mail, not two.
    stage = min(days for days in REMINDED if left <= days)
    name = right.name or right.number or terms.IP_TYPES[right.ip_type]
    # By its own words: the row of a right is another one after each change of the listing.
    mark = hashlib.sha256(f"{right.number} {right.name}".encode()).hexdigest()[:16]
    to_do = "缴费后在成果里更新「年费缴至」。"
    if ending.code == "term":
        to_do = "届满后不能再以许可、转让转化；请改转化方式，或撤回。"
    count = 0
    for person in people_of(row, None):
        number = notify(
            ENDING,
            Recipient.of(person),
            key=f"patent {row.id} {mark} {ending.code} {ending.day} {stage}",
            subject=f"专利「{name}」{day(ending.day)} {ending.words.split('（')[0]}",
            happened=f"成果{in_quotes(row.title)}的专利「{name}」，{day(ending.day)} {ending.words}，还有 {left} 天。",
            to_do=to_do,
            until=ending.day,
            link=path_of("listings.edit", kind="achievement", listing_id=row.id),
            about=("achievement", row.id),
        )
        count += number is not None
    return count


def _next_anniversary(applied: date) -> date:
    year = today().year
    # Two rounds at most: the next anniversary is this year's or next year's.
    while True:
        try:
            anniversary = applied.replace(year=year)
        except ValueError:  # 29 February
            anniversary = applied.replace(year=year, day=28)
        if anniversary >= today():
            return anniversary
        year += 1
