"""What the people of a listing are notified of: decisions about it, and that it ends.

How a notice goes out stands in the room `notices`; no deed is here, and nothing is committed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from marketplace.accounts.models import Person
from marketplace.accounts.queries import people_by_id
from marketplace.clock import today
from marketplace.contributions import NoticeKind
from marketplace.extensions import db
from marketplace.listings import renewal_links, writing
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.listings.review_models import ListingRewriting
from marketplace.memberships.queries import administrators_of, desk_of
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.permissions import Reader
from marketplace.wording import day, in_quotes

Row = Achievement | Demand
DECIDED = "listing.decided"
ENDING = "listing.ending"
CONTACT_GONE = "listing.contact_gone"
REWRITTEN = "listing.rewritten"
REWRITING_DECIDED = "listing.rewriting_decided"
# Deed → what happened, and what to do. What the owner's own people do is no news to them.
DECISIONS = {
    "approve": ("已通过审核，公开发布", ""),
    "return": ("被退回修改", "按原因修改后再送审。"),
    "reject": ("没有通过审核", "可以按原因修改后再送审。"),
    "endorse": ("已由本单位审核通过，送到平台审核", ""),
    "desk_return": ("被本单位退回修改", "按原因修改后再送审。"),
    "desk_reject": ("没有通过本单位审核", "可以按原因修改后再送审。"),
    "endorse_change": ("的修改已由本单位审核通过，送到平台审核", ""),
    "return_change": ("的修改被退回", "公开的仍是原来的版本；按原因改好再送审。"),
    "reject_change": ("的修改没有被采用", "公开的仍是原来的版本。"),
    "approve_change": ("的修改已通过审核，公开页面已更新", ""),
    "suspend": ("被暂停公开", "按原因修改；平台核对后恢复公开。"),
    "resume": ("恢复公开", ""),
    "withdraw": ("被撤下，不再公开", "有疑问请联系平台运营方。"),
    "close": ("已关闭", ""),
    "merge": (
        "因为重复被撤下",
        "原来的网址会转到保留的一条；弄错了的，请联系平台运营方撤销。",
    ),
    "unmerge": ("恢复公开", ""),
}
# What is said with these is no reason against anything.
PASSED = frozenset({"approve", "approve_change", "endorse", "endorse_change"})
# Days before its end on which the people of a listing are reminded: in time for a new decision, and once more.
REMINDED = (30, 7)
# A notice names so many listings; the rest wait on the desk all the same.
MAX_TITLES = 10


def notice_kinds() -> Iterator[NoticeKind]:
    """The kinds of notices of this room."""
    yield NoticeKind(
        DECIDED,
        "审核和公开状态的变化",
        "您收到这封邮件，是因为您填报或送审了这一条，或您是它所属单位的管理员。",
    )
    yield NoticeKind(
        ENDING,
        "有效期快到和已到",
        "您收到这封邮件，是因为您填报或送审了这一条，或您是它所属单位的管理员。",
    )
    yield NoticeKind(
        CONTACT_GONE,
        "本单位成果、需求的联系人注销了账号",
        "您收到这封邮件，是因为您是这个单位的管理员，或负责它的成果和需求。",
    )
    yield NoticeKind(
        REWRITTEN,
        "别人代为改写的内容等我确认",
        "您收到这封邮件，是因为您填报或送审了这一条，或您负责它所属单位的成果和需求。",
    )
    yield NoticeKind(
        REWRITING_DECIDED,
        "我代为改写的内容有了答复",
        "您收到这封邮件，是因为这份改写是您写的。",
    )


def announce_decision(row: Row, deed: str, *, by: Reader | None, note: str) -> None:
    """Notify the people of a listing of what somebody else did to it (no commit).

    Args:
        row: the listing, whose state has been moved.
        deed: code of the deed; those that concern nobody else are passed over.
        by: who did it; they are not notified of their own deed.
        note: the reason given, empty where there is none.
    """
    if deed not in DECISIONS:
        return
    happened, to_do = DECISIONS[deed]
    word = "审核意见" if deed in PASSED else "原因"
    reason = f"\n{word}：{note.strip()}" if note.strip() else ""
    # Only where it begins to be valid: other decisions leave the end as it was.
    until = row.valid_until if deed in ("approve", "resume") else None
    if until is not None:
        to_do = f"有效期到 {day(until)}；到期前请续期或关闭。"
    for person in people_of(row, by):
        notify(
            DECIDED,
            Recipient.of(person),
            # Each deed raises the revision, so that no two bear the same.
            key=f"{row.kind} {row.id} {deed} {row.revision}",
            subject=f"{row.kind_word}{in_quotes(row.title)}{happened}",
            happened=f"{row.kind_word}{in_quotes(row.title)}{happened}。{reason}",
            to_do=to_do,
            link=_link_to(row, deed),
            about=(row.kind, row.id),
        )


def announce_rewriting(
    row: Row, rewriting: ListingRewriting, people: Sequence[Person], *, until: date
) -> None:
    """Notify those who confirm for a listing that somebody wrote in it for them (no commit).

    Args:
        row: the listing.
        rewriting: what was written; it has its number.
        people: who is notified.
        until: the last day on which they should decide.
    """
    writer = people_by_id([rewriting.by_id]).get(rewriting.by_id)
    name = writer.name if writer is not None else "平台"
    for person in people:
        notify(
            REWRITTEN,
            Recipient.of(person),
            # By revision: each time the text is written on there is something else to confirm.
            key=f"rewriting {rewriting.id} {rewriting.revision}",
            subject=f"{row.kind_word}{in_quotes(row.title)}的改写等您确认",
            happened=f"{name} 代为改写了{row.kind_word}{in_quotes(row.title)}。您确认以前不会生效，也不会公开。",
            to_do="打开链接，对照原文逐项看；可以采用全部或几项，也可以不采用。",
            until=until,
            link=path_of("listings.rewriting", kind=row.kind, listing_id=row.id),
            about=(row.kind, row.id),
        )


def announce_rewriting_decided(
    row: Row, rewriting: ListingRewriting, writer: Person | None
) -> None:
    """Notify who wrote for the owner of a listing of what they decided (no commit)."""
    # An account that is closed or stopped gets no mail.
    if writer is None or not writer.active:
        return
    said = f"\n原因：{rewriting.remark}" if rewriting.remark else ""
    happened = f"您代为改写的{row.kind_word}{in_quotes(row.title)}，对方{rewriting.state_name}。"
    notify(
        REWRITING_DECIDED,
        Recipient.of(writer),
        key=f"rewriting decided {rewriting.id}",
        subject=f"改写{rewriting.state_name}：{row.title}",
        happened=f"{happened}{said}",
        link=path_of("listings.rewriting", kind=row.kind, listing_id=row.id),
        about=(row.kind, row.id),
    )


def announce_end(row: Row) -> None:
    """Notify the people of a listing that its validity has ended (no commit)."""
    for person in people_of(row, None):
        notify(
            ENDING,
            Recipient.of(person),
            # By its end: a listing that was renewed and ends again is news once more.
            key=f"{row.kind} {row.id} ended {row.valid_until}",
            subject=f"{row.kind_word}{in_quotes(row.title)}已到期",
            happened=f"{row.kind_word}{in_quotes(row.title)}的有效期到 {day(row.valid_until)}，已不再公开和参与匹配。",
            to_do="还需要的，打开链接按「仍然有效」，不用登录、不用再审核，马上重新公开。",
            link=_renewal_path(row, person),
            about=(row.kind, row.id),
        )


def announce_contact_gone(
    organisation_id: int, rows: Sequence[Row], *, by: Person
) -> None:
    """Notify an organisation that listings of it have lost their contact; once, however many they are (no commit).

    Args:
        organisation_id: whose they are.
        rows: the listings, in their new states.
        by: who closed their account, and is not named: they have just asked to be forgotten.
    """
    # Drafts and what is over lose their contact as well, but nothing of them leaves the public.
    hidden = sum(row.state == "suspended" for row in rows)
    titles = [
        f"{row.kind_word}{in_quotes(row.title)}（{row.state_name}）" for row in rows
    ]
    named = "；".join(titles[:MAX_TITLES])
    more = f"等 {len(titles)} 条" if len(titles) > MAX_TITLES else ""
    pause = f"其中已公开的 {hidden} 条暂停公开。" if hidden else ""
    for person in desk_of(organisation_id):
        if person == by:
            continue
        notify(
            CONTACT_GONE,
            Recipient.of(person),
            key=f"contact gone {by.id} {organisation_id}",
            subject=f"{len(titles)} 条成果、需求要补联系人",
            happened=f"本单位一位联系人注销了账号，联系方式已从这些内容里删除：{named}{more}。{pause}",
            to_do="打开每一条，写上新的联系人和电话或邮箱（可以写部门）；暂停的，保存后恢复公开。",
            link=path_of("desk.mine"),
            about=(rows[0].kind, rows[0].id),
        )


def announce_endings() -> int:
    """Remind the people of the published listings that end soon (no commit).

    Returns:
        number of notices; who was reminded already is not counted.
    """
    count = 0
    for table in LISTINGS.values():
        soon = today() + timedelta(days=max(REMINDED))
        query = db.select(table).where(
            table.state == "published", table.valid_until.between(today(), soon)
        )
        for row in db.session.scalars(query):
            count += _remind(row)
    return count


def _remind(row: Row) -> int:
    end = row.valid_until
    assert end is not None  # noqa: S101  asked for by its end
    left = (end - today()).days
    # The nearest of the days that have come: who was away for the first gets one mail, not two.
    stage = min(days for days in REMINDED if left <= days)
    count = 0
    for person in people_of(row, None):
        number = notify(
            ENDING,
            Recipient.of(person),
            # By the day it ends and the stage, so that a job that runs twice reminds once.
            key=f"{row.kind} {row.id} ends {end} {stage}",
            subject=f"{row.kind_word}{in_quotes(row.title)}{day(end)} 到期",
            happened=f"{row.kind_word}{in_quotes(row.title)}的有效期到 {day(end)}，还有 {left} 天。",
            to_do="到期后不再公开和参与匹配。还需要的，打开链接按「仍然有效」，不用登录。",
            until=end,
            link=_renewal_path(row, person),
            about=(row.kind, row.id),
        )
        # None comes back where the same notice is there already.
        count += number is not None
    return count


def _renewal_path(row: Row, person: Person) -> str:
    token = renewal_links.link_token(row, person)
    # A link of each person's own: it renews in their name, and only while they may edit (095).
    return path_of("listings.renew_page", token=token)


def people_of(row: Row, by: Reader | None) -> list[Person]:
    """Who wrote a listing and who handed it, or a change of it, in, as far as they still belong to its organisation;
    else those who look after its people. Never who acts.
    """
    people = people_by_id({row.owner_id} | writing.handed_in_by(row))
    belonging = []
    for person in people.values():
        if person.active and row.organisation_id in person.organisation_ids:
            belonging.append(person)
    # A draft of nobody's organisation is its writer's alone.
    if row.organisation_id is None:
        belonging = [person for person in people.values() if person.active]
    elif not belonging:
        belonging = administrators_of(row.organisation_id)
    acting = by.id if by is not None else None
    return [person for person in belonging if person.id != acting]


def _link_to(row: Row, deed: str) -> str:
    if deed in ("return", "suspend", "desk_return", "return_change"):
        return path_of("listings.edit", kind=row.kind, listing_id=row.id)
    if deed == "withdraw":
        return path_of("desk.mine")
    return path_of(f"listings.{row.kind}", listing_id=row.id)
