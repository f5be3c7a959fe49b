"""What is done to notices by people, and how other rooms notify them. What the site does by itself: `upkeep.py`.

For other rooms: `notify` and `path_of`. A kind of notice is declared by the room that sends it, in `notice_kinds()` of
its `__init__`:

    from marketplace.notices.addresses import Recipient
    from marketplace.notices.deeds import notify, path_of

    notify(
        "listing.returned",
        Recipient.of(person),
        key=f"demand 12 returned 345",
        subject="需求「…」被退回",
        happened="平台退回了需求「…」，原因：…",
        to_do="按原因修改后再送审。",
        until=date(2026, 12, 31),
        link=path_of("listings.edit", kind="demand", listing_id=12),
        about=("demand", 12),
    )
    persistence.commit()
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from flask import current_app
from sqlalchemy import case, or_

from marketplace import contributions, persistence
from marketplace.clock import now
from marketplace.contributions import NoticeKind
from marketplace.errors import Invalid, NotFound, NotNow
from marketplace.extensions import db
from marketplace.notices import queries
from marketplace.notices.addresses import Recipient, check_address
from marketplace.notices.letters import one_line, plain_text
from marketplace.notices.models import (
    MAX_SUBJECT,
    UNSENT,
    Notice,
    NoticeSetting,
    NoticeStop,
    new_uid,
)
from marketplace.permissions import Reader, require
from marketplace.wording import period_end

IN_APP_ONLY = "这类通知只在站内显示"
NO_ADDRESS = "地址不对，没有发出"
ERASED = "（账号已注销，内容已删除）"
MAX_KEY = 200


def notify(
    code: str,
    to: Recipient,
    *,
    key: str,
    subject: str,
    happened: str,
    to_do: str = "",
    until: date | datetime | None = None,
    link: str = "",
    about: tuple[str, int] | None = None,
) -> int | None:
    """Notify somebody of an event, within the transaction of the deed it belongs to (no commit).

    Both are stored, or neither. Nothing that people typed makes this raise: an address that is none is stored as a
    notice that did not go out, which operators see.

    Args:
        code: a kind that some room declares in `notice_kinds()`.
        to: the recipient; a person must have been written to the database.
        key: what happened, in at most 200 characters of ours: the same recipient gets one notice of one key.
        subject: what happened in a line; longer ones than 120 characters are cut.
        happened: what happened, to what, and who did it where the recipient may know.
        to_do: what the recipient may do now.
        until: the last day or moment for that.
        link: path of the page where it is done (`path_of`).
        about: (kind, id) of the thing, for the log on its page.

    Returns:
        id of the notice; None where the recipient has it already.

    Raises:
        ValueError: a fault of the caller: an unknown kind, a key that is too long, a link that leaves the site.
    """
    kind = _known_kind(code)
    if not 0 < len(key) <= MAX_KEY:
        raise ValueError(f"key of {len(key)} characters")
    # A browser reads `//host` as another site, and a mail of ours must lead nowhere else.
    if link and (not link.startswith("/") or link.startswith("//")):
        raise ValueError(f"{link!r} is no path of the site")
    moment = now()
    state, address, error = _first_state(kind, to)
    last_day = ""
    if until is not None:
        # In words and frozen: a later change of how days are worded alters no notice that is out.
        last_day = period_end(until)
    about_kind, about_id = about or ("", None)
    values = {
        "uid": new_uid(),
        "kind": code,
        "person_id": to.person_id,
        # The longest address and some room; the column holds no more.
        "recipient": to.key[:270],
        "address": address,
        "key": key,
        "subject": one_line(subject, MAX_SUBJECT),
        "happened": plain_text(happened),
        "to_do": plain_text(to_do),
        "until": last_day,
        "link": link,
        "about_kind": about_kind,
        "about_id": about_id,
        "urgent": kind.urgent,
        # A link that opens something belongs into the mailbox alone, and an address has no page.
        "in_app": kind.in_app and not kind.secret and to.person_id is not None,
        "state": state,
        "not_before": moment,
        "attempts": 0,
        "lease": "",
        "message": "",
        "error": error,
        "created_at": moment,
    }
    return _insert_once(values)


def path_of(endpoint: str, **values: Any) -> str:
    """The path of a page, also for work in the background, which has no request.

    Args:
        endpoint: as `url_for` takes it.
        values: of its address.
    """
    adapter = current_app.url_map.bind("localhost")
    path: str = adapter.build(endpoint, values)
    return path


def _known_kind(code: str) -> NoticeKind:
    kind = contributions.notice_kinds().get(code)
    if kind is None:
        raise ValueError(f"no room declares the kind of notice {code!r}")
    return kind


def _first_state(kind: NoticeKind, to: Recipient) -> tuple[str, str, str]:
    """(state, address, error) in which a notice begins."""
    try:
        address = check_address(to.address)
    except Invalid as error:
        if not kind.mailed:
            return "suppressed", to.address[:254], IN_APP_ONLY
        return "failed", to.address[:254], f"{NO_ADDRESS}：{error.message}"
    if not kind.mailed:
        return "suppressed", address, IN_APP_ONLY
    # What nobody may stop, such as a new password, does not wait for half past eight either.
    may_wait = kind.in_digest and kind.may_be_stopped and not kind.urgent
    if may_wait and queries.setting_of(to.person_id).daily:
        return "held", address, ""
    return "queued", address, ""


def _insert_once(values: dict[str, Any]) -> int | None:
    """Insert a notice unless its recipient has one of its key.

    By the database, for of two deeds at once neither sees what the other one has not committed; and past the session,
    which would write everything else of the deed before that deed is ready for it.
    """
    statement = persistence.insert_into(Notice).values(**values)
    # An error would end the whole transaction on PostgreSQL, and with it the deed.
    statement = statement.on_conflict_do_nothing(index_elements=["recipient", "key"])
    with db.session.no_autoflush:
        number: int | None = db.session.scalar(
            statement.returning(Notice.__table__.c.id)
        )
    return number


# -- buttons -----------------------------------------------------------------------------------------------------------


def mark_read(notice: Notice, *, by: Reader) -> None:
    """标为已读.

    Raises:
        NotFound: it is somebody else's.
    """
    if notice.person_id is None or notice.person_id != by.id:
        raise NotFound("没有找到这条通知。")
    # The first look counts; pressing again changes nothing.
    if notice.read_at is None:
        notice.read_at = now()
    persistence.commit()


def mark_all_read(*, by: Reader, up_to: int) -> int:
    """全部标为已读.

    Args:
        by: whose they are.
        up_to: id of the newest one on the page: what came since was not seen.

    Returns:
        how many were unread.
    """
    unread = (
        db.update(Notice)
        .where(Notice.person_id == by.id, Notice.in_app, Notice.read_at.is_(None))
        .where(Notice.id <= up_to)
        .values(read_at=now())
    )
    count: int = db.session.execute(unread).rowcount  # type: ignore[attr-defined]
    persistence.commit()
    return count


def choose_mail(
    *,
    by: Reader,
    quiet_from: int,
    quiet_until: int,
    daily: bool,
    stopped: Collection[str],
) -> None:
    """保存通知设置.

    Args:
        by: whose they are.
        quiet_from, quiet_until: hours in China between which no mail goes out; the same: it may at any hour.
        daily: one mail a day with all that may wait.
        stopped: codes of kinds that come by mail no more; those that may not be stopped are passed over.

    Raises:
        Invalid: an hour that is none.
        NotFound: a guest, who has no settings.
    """
    if by.id is None:
        raise NotFound("请先登录。")
    if not (0 <= quiet_from <= 23 and 0 <= quiet_until <= 23):
        message = "时间要从列出的整点里选。"
        raise Invalid(message, problems={"quiet_from": [message]})
    setting = db.session.get(NoticeSetting, by.id)
    if setting is None:
        setting = NoticeSetting(person_id=by.id)
        db.session.add(setting)
    setting.quiet_from = quiet_from
    setting.quiet_until = quiet_until
    setting.daily = daily
    recipient = Recipient("", by.id).key
    # Set as a whole: what is ticked on the page is what comes by mail from now on.
    db.session.execute(db.delete(NoticeStop).where(NoticeStop.recipient == recipient))
    for code, kind in contributions.notice_kinds().items():
        if code in stopped and kind.may_be_stopped:
            db.session.add(NoticeStop(recipient=recipient, kind=code))
    if not daily:
        # What waited for a digest that will not come goes out by itself.
        waiting = db.update(Notice).where(
            Notice.person_id == by.id, Notice.state == "held"
        )
        db.session.execute(waiting.values(state="queued", not_before=now()))
    persistence.commit()


def stop_kind(recipient: str, code: str) -> None:
    """停收: no more mail of one kind to a recipient; on the page of notices it still comes.

    Args:
        recipient: as `Recipient.key` names them.
        code: of the kind.

    Raises:
        NotNow: this kind may not be stopped.
    """
    kind = contributions.notice_kinds().get(code)
    # The link of an old mail may name a kind that has become one of safety since.
    if kind is None or not kind.may_be_stopped:
        raise NotNow("这类邮件关系到账号安全，不能停收。", "不想再收，请注销账号。")
    values = {"recipient": recipient, "kind": code, "at": now()}
    statement = persistence.insert_into(NoticeStop).values(**values)
    # Mail programs send it again where an answer was lost.
    db.session.execute(statement.on_conflict_do_nothing())
    persistence.commit()


def resume_kind(recipient: str, code: str) -> None:
    """恢复接收. Arguments as `stop_kind`."""
    stop = db.delete(NoticeStop).where(
        NoticeStop.recipient == recipient, NoticeStop.kind == code
    )
    db.session.execute(stop)
    persistence.commit()


def send_again(notice: Notice, *, by: Reader | None) -> None:
    """再发一次: try a mail that did not go out once more, as it was written.

    Raises:
        NotAllowed.
        NotNow: it has gone out, is under way, or its address is none.
    """
    require(by, "notice.operate")
    if notice.state != "failed":
        raise NotNow(f"这封邮件现在「{notice.state_name}」，不用再发。")
    if notice.error.startswith(NO_ADDRESS):
        raise NotNow("这个地址不对，再发也送不到。", "请对方登录后改正邮箱。")
    notice.state = "queued"
    notice.not_before = now()
    # The pause between tries grows with them, and begins short again.
    notice.attempts = 0
    # Its age begins again too, or it would be given up at once.
    notice.created_at = now()
    persistence.commit()


def put_aside(notice: Notice, *, by: Reader | None) -> None:
    """不再处理: take a mail that did not go out from the operators' queue.

    Raises:
        NotAllowed.
        NotNow: it has not failed.
    """
    require(by, "notice.operate")
    if notice.state != "failed":
        raise NotNow(f"这封邮件现在「{notice.state_name}」。")
    notice.state = "suppressed"
    persistence.commit()


def forget_person(person_id: int, address: str) -> None:
    """Erase what notices hold of a person whose account is closed (no commit): addresses and texts; the rows stay.

    Args:
        person_id: their number.
        address: what it was; invitations were sent to it, and notices of others may name it.
    """
    values = {
        "subject": ERASED,
        "happened": ERASED,
        "to_do": "",
        "link": "",
        "message": "",
        "address": "",
    }
    whose = or_(
        Notice.person_id == person_id,
        Notice.recipient == Recipient(address).key,
    )
    own = db.update(Notice).where(whose)
    db.session.execute(
        # Nothing goes to a mailbox that its owner has taken back.
        own.where(Notice.state.in_(UNSENT)).values(
            state="suppressed", lease="", lease_until=None
        )
    )
    db.session.execute(own.values(**values))
    # Notices of colleagues: `… 申请加入` names the address of who requested it.
    naming = or_(
        Notice.happened.contains(address, autoescape=True),
        Notice.message.contains(address, autoescape=True),
    )
    others = db.update(Notice).where(
        naming, Notice.person_id.is_distinct_from(person_id)
    )
    # A letter that is written but not sent goes out as it is, the same with every try.
    gone_out = Notice.state.not_in(UNSENT)
    left = case((gone_out, ""), else_=Notice.message)
    # In one statement: after a first one the texts that are asked for would name nobody any more.
    db.session.execute(others.values(subject=ERASED, happened=ERASED, message=left))
    recipient, alone = Recipient("", person_id).key, Recipient(address).key
    # What went to the address alone, as an invitation, was theirs too, and its column holds the address.
    known = db.update(Notice).where(Notice.recipient == alone)
    db.session.execute(known.values(recipient=recipient))
    stops = db.delete(NoticeStop)
    db.session.execute(stops.where(NoticeStop.recipient.in_((recipient, alone))))
    setting = db.delete(NoticeSetting).where(NoticeSetting.person_id == person_id)
    db.session.execute(setting)
